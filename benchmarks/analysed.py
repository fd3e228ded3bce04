"""The speed of the analyses, beside CausalPy, as lines of docs/comparison.md."""

# ruff: noqa: RUF001 (signs for people)

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from typing import Any

AIMS: Mapping[str, float] = {
    "fit and 4,000 draws": 30,
    "its: fit, checks, forest, effect sizes and report": 1_000,
    "randomisation, 10,000 of all changes": 100,
    "randomisation, 10,000 of all blocks": 100,
    "randomisation, 10,000 of all assignments": 100,
}
"""Milliseconds, by task."""
OURS = "its: refusals, fit, all estimates"
"""What CausalPy's fit stands beside."""


def table(told: Mapping[str, Any] | None) -> Iterator[str]:
    """The lines between the markers; none where nothing was measured."""
    if not told:
        return
    machine = ", ".join(f"{name} {value}" for name, value in told["machine"].items())
    yield f"On: {machine}. Rounds: {told['rounds']}. The machine's load before the first was {told['load']}."
    if told["load"] > 1:
        yield "Others were at work on it, so the seconds of the processor say more than those of the wall."
    yield "\n| what | wall ms | fastest ms | CPU ms | aim ms | met |\n|---|---|---|---|---|---|"
    for name, each in told["tasks"].items():
        yield _row(name, each)
    yield from _peer(told["tasks"][OURS]["wall ms"], told["CausalPy"])


def _row(name: str, each: Mapping[str, float]) -> str:
    aim, shown = AIMS.get(name), f"{name} | **{each['wall ms']:,}** | {each['fastest ms']:,} | {each['cpu ms']:,}"
    if aim is None:
        return f"| {shown} | – | – |"
    busy = "in time of the processor" if each["cpu ms"] < aim else "**no**"
    met = "yes" if each["wall ms"] < aim else busy
    return f"| {shown} | {aim:,} | {met} |"


def _peer(ours: float, told: Mapping[str, Any] | None) -> Iterator[str]:
    if not told:
        yield "\nCausalPy was not measured."
        return
    versions = " ".join(f"{name} {version}" for name, version in told["versions"].items())
    yield f"\nCausalPy ({versions}) on the same series and the same columns, × parquetry's `its`:"
    yield "\n| what | s | × |\n|---|---|---|"
    warm = statistics.median(told["warm fits s"])
    for name, seconds in (("import", told["import s"]), ("first fit", told["first fit s"]), ("warm fit", warm)):
        yield f"| {name} | {seconds:,} | {1e3 * seconds / ours:,.0f} |"
    yield "\nTheir intervals for the average effect, where the truth is 1.5 (CausalPy takes errors for independent):"
    for name, (low, middle, high) in told["answer"].items():
        yield f"{name} {middle:.2f} ({low:.2f} to {high:.2f})" + (";" if name == "CausalPy" else ".")
