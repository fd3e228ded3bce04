"""What a check found: the broken rules, and the marks on rows that break them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parquetry.contracts import Broken

SHOWN = 5
"""How many rows are shown of each broken rule."""


@dataclass(frozen=True, slots=True)
class Mark:
    """
    A temporary table that says which rows break rules that SQL over one row cannot express.

    Attributes:
        table: Its name in the connection that checked.
        columns: Empty: it holds ``file_index, file_row_number, rule``. Otherwise it holds the
            values of these columns, and every row with such values breaks *rule*.
        rule: The rule, where there is only one.
    """

    table: str
    columns: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What a check found.

    Attributes:
        rows: Rows in all files.
        rejected: Rows that break at least one rule.
        broken: Each broken rule, in the contract's order.
        files: By path: ``rows``, and each of the caller's *extra* values.
        marks: Needed by `quarantine`, in the same connection.
    """

    rows: int
    rejected: int
    broken: tuple[Broken, ...]
    files: Mapping[str, Mapping[str, Any]]
    marks: tuple[Mark, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether no rule is broken."""
        return not self.broken
