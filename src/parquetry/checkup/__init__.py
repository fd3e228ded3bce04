"""
What can be found wrong before a run finds it: with this machine, the lake, the project and its sources.

Each check gives a `Finding` and stops at nothing: what cannot be looked at is a finding too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from parquetry.errors import ParquetryError

Verdict = Literal["ok", "warning", "failure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One line of a check-up.

    Attributes:
        about: What was looked at: ``lake``, ``source app``, ``dataset visits`` …
        says: What was found, one sentence without a secret.
        next: The command, setting or statement that mends it; empty where all is well.
        code: Of a failure, the exit code that a run would end with; 0 else.
        facts: The same as data.
    """

    about: str
    verdict: Verdict
    says: str
    next: str = ""
    code: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{self.verdict:<8} {self.about}: {self.says}"]
        return "\n".join([*lines, f"{'':8}   next: {self.next}"] if self.next else lines)


def fine(about: str, says: str, **facts: Any) -> Finding:
    """All is well."""
    return Finding(about, "ok", says, facts=facts)


def doubtful(about: str, says: str, next: str, **facts: Any) -> Finding:
    """A run would work, but not as well as it could."""
    return Finding(about, "warning", says, next, facts=facts)


def failed(about: str, error: ParquetryError) -> Finding:
    """A run would end with *error*."""
    says = error.failed + (f" ({error.what[0]})" if error.what else "")
    return Finding(about, "failure", says, error.next, error.exit_code)
