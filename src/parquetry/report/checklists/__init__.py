"""
The reporting checklists: what each item asks, and what this study says of it.

Items and their numbers are those of SCRIBE 2016 (Tate et al. 2016) and CENT 2015 (Vohra et al. 2015, an
extension of CONSORT 2010); what they ask is told in our own words. An item that nothing in the study, its
registration, its data or its analysis answers is "not stated": a report does not make things up.
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_STATED = "not stated"
NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Item:
    """
    One item of a checklist.

    Attributes:
        number: As the checklist counts: ``8``, ``6a.1``.
        topic: Under which heading it stands.
        asks: What it asks.
        stated: What the study says, `NOT_STATED`, or `NOT_APPLICABLE`.
    """

    number: str
    topic: str
    asks: str
    stated: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """
    One checklist, filled.

    Attributes:
        name: ``SCRIBE 2016``.
        source: Where it was published.
        items: In its order.
    """

    name: str
    source: str
    items: tuple[Item, ...]

    @property
    def stated(self) -> int:
        """How many items the study answers."""
        return sum(item.stated != NOT_STATED for item in self.items)
