"""What parquetry means to reach, held against what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.files import shown
from benchmarks.files.told import Reports
from benchmarks.queries.answers import VIEW, Queries
from benchmarks.report import MB, Result
from benchmarks.tools import BASELINE
from benchmarks.values.run import Values

ONE_MILLION, TEN_MILLION = 1_000_000, 10_000_000
_OURS, _SCRIPT = "parquetry", "pandas script"
_SERIES_MS = 50.0


class Aim(NamedTuple):
    """
    One aim.

    Attributes:
        reached: In words; empty if it was not measured.
    """

    what: str
    reached: str = ""
    met: bool = False


def aims(
    results: Sequence[Result], values: Values | None, queries: Queries | None = None, files: Sequence[Reports] = ()
) -> list[Aim]:
    """Each aim, in the order of its worth."""
    found = {(r.table, r.rows): r for r in results}
    small, large = found.get(("events", ONE_MILLION)), found.get(("events", TEN_MILLION))
    shuffled = found.get(("shuffled", ONE_MILLION))
    return [
        _equal(values),
        _ratio(f"1 M rows, in source order: at most 1.5 times {BASELINE}", small, 1.5),
        _ratio(f"10 M rows, in source order: at most 1.25 times {BASELINE}", large, 1.25),
        _ratio(f"1 M rows that must be ordered: at most 2 times {BASELINE}", shuffled, 2.0),
        _memory("1 M rows: at most 450 MB", small, 450),
        _memory("10 M rows: at most 450 MB", large, 450),
        _flat(small, large),
        _memory("then: 1 M rows in 250 MB", small, 250),
        *_script(small),
        _size(small),
        _check(small),
        _help(small),
        _again(small),
        _series("its_series", queries),
        _series("abab_series", queries),
        *(Aim(*told) for told in shown.aims(files)),
    ]


def _equal(values: Values | None) -> Aim:
    what = "every hostile value equal or refused"
    if not values or _OURS not in values.tools:
        return Aim(what)
    counts = {outcome: values.count(_OURS, outcome) for outcome in ("equal", "changed", "refused", "raw")}
    told = f"{counts['equal']} of {values.values} equal, {counts['refused']} refused, {counts['changed']} changed"
    return Aim(what, told, counts["changed"] + counts["raw"] == 0)


def _ratio(what: str, result: Result | None, most: float) -> Aim:
    row = result.row(_OURS) if result else None
    ratio = result.ratio(row) if result and row else None
    return Aim(what, f"{ratio:.2f}", ratio <= most) if ratio else Aim(what)


def _memory(what: str, result: Result | None, most: float) -> Aim:
    row = result.row(_OURS) if result else None
    return Aim(what, f"{row.rss / MB:.0f} MB", row.rss / MB <= most) if row else Aim(what)


def _flat(small: Result | None, large: Result | None) -> Aim:
    what = "memory at 10 M rows within a fifth of that at 1 M"
    rows = [result.row(_OURS) if result else None for result in (small, large)]
    if not rows[0] or not rows[1]:
        return Aim(what)
    share = rows[1].rss / rows[0].rss
    return Aim(what, f"{share:.2f} times", abs(share - 1) <= 0.2)


def _script(result: Result | None) -> list[Aim]:
    faster, leaner = "more than 10 times faster than the pandas script", "with a quarter of its memory"
    ours, theirs = (result.row(tool) if result else None for tool in (_OURS, _SCRIPT))
    if not ours or not theirs:
        return [Aim(faster), Aim(leaner)]
    speed, memory = theirs.wall / ours.wall, ours.rss / theirs.rss
    return [
        Aim(faster, f"{speed:.1f} times", speed > 10),
        Aim(leaner, f"{memory:.2f} of it", memory <= 0.25),
    ]


def _size(result: Result | None) -> Aim:
    what = "at most 45 MB of Parquet a million rows"
    row = result.row(_OURS) if result else None
    return Aim(what, f"{row.bytes / MB:.1f} MB", row.bytes / MB <= 45) if row else Aim(what)


def _check(result: Result | None) -> Aim:
    what = "a million rows checked within 0.5 s"
    row = result.row(_OURS) if result else None
    seconds = row.stage("check") if row else None
    return Aim(what, f"{seconds:.2f} s", seconds <= 0.5) if seconds is not None else Aim(what)


def _help(result: Result | None) -> Aim:
    what = "`--help` within 150 ms"
    return Aim(what, f"{result.help_seconds * 1000:.0f} ms", result.help_seconds <= 0.15) if result else Aim(what)


def _again(result: Result | None) -> Aim:
    what = "with nothing changed, cheaper than the full run"
    first, again = (result.row(tool) if result else None for tool in (_OURS, "parquetry again"))
    if not first or not again:
        return Aim(what)
    met = max(cost.wall for cost in again.costs) < min(cost.wall for cost in first.costs)
    return Aim(what, f"{again.wall / first.wall:.2f} of its time", met)


def _series(name: str, queries: Queries | None) -> Aim:
    what = f"{name} over views of 1 M events within {_SERIES_MS:.0f} ms"
    asked = queries.of(name) if queries and queries.rows >= ONE_MILLION else None
    return Aim(what, f"{asked.median(VIEW):.0f} ms", asked.median(VIEW) < _SERIES_MS) if asked else Aim(what)
