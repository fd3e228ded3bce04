"""
What a report is made of: a study with its answers, what was registered, and where the numbers came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from parquetry.analysis.estimates import Estimate, Reason
from parquetry.analysis.multiple import Pooled
from parquetry.analysis.randomisation import Randomised
from parquetry.analysis.sensitivity import depends_on
from parquetry.analysis.studied import Analysed, Studied

Label: TypeAlias = Literal["confirmatory", "exploratory"]
NOT_REGISTERED = "the study was not registered before it was analysed"


@dataclass(frozen=True, slots=True, eq=False)
class Reported:
    """
    What a report is made of.

    Attributes:
        studied: The study and its answers.
        registration: The registered document; None where the study is not registered.
        deviations: What differs from it now: ``path``, ``registered``, ``now``, and whether only
            ``wording`` differs, on which nothing computed depends.
        provenance: Snapshot, datasets with digests, SQL, file with sha256, versions, platform, run …;
            under ``calibration``, what simulation says of studies like this one.
        reproduce: The command that computes it again.
        made: When, in UTC.
    """

    studied: Studied
    registration: Mapping[str, Any] | None
    deviations: tuple[Mapping[str, Any], ...]
    provenance: Mapping[str, Any]
    reproduce: str
    made: datetime

    @property
    def refused(self) -> bool:
        return self.studied.refused

    @property
    def exploratory(self) -> tuple[str, ...]:
        """Why the answer is exploratory; empty where it is confirmatory."""
        registered = () if self.registration is not None else (NOT_REGISTERED,)
        count = len(self.deviations)
        deviates = (f"{count} deviation{'s' * (count != 1)} from what was registered",) if count else ()
        return (*registered, *deviates, *self.studied.exploratory)

    @property
    def label(self) -> Label:
        return "exploratory" if self.exploratory else "confirmatory"

    @property
    def answered(self) -> tuple[Analysed, ...]:
        """The series whose numbers may be shown: none where any part of the study is refused."""
        return () if self.refused else self.studied.series

    def reasons(self, analysed: Analysed) -> tuple[Reason, ...]:
        """Why *analysed* has no numbers here: its own reasons, or that another series of the study has none."""
        without = [each.name for each in self.studied.series if each.refused]
        if analysed.refused or not without:
            return analysed.reasons
        named = f"{', '.join(without)} {'has' if len(without) == 1 else 'have'}"
        return (Reason("other-series", f"withheld, because {named} no answer", {"series": without}),)

    @property
    def calibrated(self) -> str | None:
        """What simulation says of studies like this one, in a sentence."""
        said = getattr(self.studied, "calibrated", None) or self.provenance.get("calibration")
        return str(said) if said else None

    @property
    def pooled(self) -> Estimate | None:
        """The common effect of several series; None where there is none, or where any part is refused."""
        return None if self.refused else self.studied.pooled

    @property
    def together(self) -> Pooled | None:
        """All that several series say together; None likewise."""
        return None if self.refused else self.studied.together

    @property
    def randomised(self) -> Randomised | None:
        """The joint test of several series; None where there is none, or where any part is refused."""
        return None if self.refused else self.studied.randomised

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The variants that disagree with the answer; in a study of several series, with the series' name."""
        return tuple(
            f"{each.name}: {variant}" if each.name else variant
            for each in self.answered
            for variant in depends_on(each.variants)
        )
