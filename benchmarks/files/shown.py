"""What was measured over report files, as cells of a page and as aims."""

# ruff: noqa: RUF001 (signs for people)

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.files.told import ANSWER, MERGED, FileRow, Reports
from benchmarks.files.tools import DAYS, OURS, PART, TOLD

HEADS = (
    "tool", "files", "wall s", "spread", f"× {DAYS}", "CPU s", f"CPU × {DAYS}", f"CPU × {TOLD}", "peak MB",
    "Parquet MB", "smaller by",
)  # fmt: skip
_QUIET = 1.25  # of load for each processor


def cells(found: Reports) -> Iterator[Sequence[str]]:
    """A line of the table for each tool that was measured."""
    for row in found.tools:
        if row.costs:
            yield (
                row.tool, str(row.files), f"**{row.wall:.2f}**", row.spread, _times(found, row, "wall", DAYS),
                f"{row.cpu:.2f}", _times(found, row, "cpu", DAYS), _times(found, row, "cpu", TOLD),
                f"{row.rss / 1e6:,.0f}", f"{row.bytes / 1e6:,.1f}", f"{row.smaller:.1%}",
            )  # fmt: skip


def _times(found: Reports, row: FileRow, of: str, base: str) -> str:
    ratio = found.ratio(row, of, base)
    return f"{ratio:.2f}" if ratio and row.files == found.files else "–"


def said(found: Reports) -> Iterator[str]:
    """What goes with the table, in sentences."""
    yield f"{found.files} files of {found.each / 1000:,.0f} kB: {found.bytes / 1e6:,.0f} MB, {found.rows:,} rows."
    low, high = found.load
    yield f"Rounds: {found.rounds}. The machine's load was {low:.1f} before the first and {high:.1f} after the last."
    if _busy(found):
        yield "**So it had other work to do: its wall times say little, and seconds of the processor say more.**"


def _busy(found: Reports) -> bool:
    return max(found.load) > _QUIET * int(found.machine["processors"])


def below(found: Reports) -> Iterator[str]:
    """What goes below the table."""
    ours = found.row(OURS)
    names = [name for name in (ours.stages[0] if ours and ours.stages else {}) if name != "total"]
    if ours and names:
        told = ", ".join(f"{name} {ours.stage(name):.2f} s" for name in names)
        yield f"Of parquetry's time: {told}; the rest is starting Python and loading libraries."
    one, other = found.answer(), found.answer(MERGED)
    if one is not None and other is not None:
        yield (
            f"The aggregate over the last 30 days of the year takes `parquetry query` {one:.1f} ms with {ANSWER}, "
            f"and {other:.1f} ms after `parquetry compact`, with {MERGED} (medians, "
            f"fastest {min(found.answers[ANSWER]):.1f} and {min(found.answers[MERGED]):.1f})."
        )
    yield from (f"Not measured: {row.tool}, {row.failed}." for row in found.tools if not row.costs)


Told = tuple[str, str, bool]
"""An aim, what was reached (empty: not measured), and whether that meets it."""


def aims(files: Sequence[Reports]) -> Iterator[Told]:
    """The aims of report files."""
    known = {found.name: found for found in files}
    large, small = known.get("large"), known.get("small")
    ours = large.ours if large else None
    for of, says in (("wall", ""), ("cpu", ", in seconds of the processor")):
        for base in (DAYS, TOLD):
            ratio = large.ratio(ours, of, base) if large and ours else None
            form = _form("{:.2f}", large if of == "wall" else None)
            yield _aim(f"1 GB of report files: at most 1.3 times {base}{says}", ratio, form, 1.3)
    yield _aim("1 GB of report files: at most 450 MB", ours.rss / 1e6 if ours else None, "{:.0f} MB", 450)
    part = large.row(PART) if large else None
    share = ours.rss / part.rss if ours and part else None
    yield _aim("memory at 365 report files within a fifth of that at 100", share, "{:.2f} times", 1.2)
    yield _aim("… and Parquet at least 80 % smaller", 100 * ours.smaller if ours else None, "{:.1f} %", 80, least=True)
    yearly = small.ours if small else None
    yield _aim("365 report files of 200 kB within 20 s", yearly.wall if yearly else None, _form("{:.1f} s", small), 20)
    yield _aim(
        "30 days of a year of report files within 50 ms",
        large.answer() if large else None,
        _form("{:.1f} ms", large),
        50,
    )


def _form(form: str, found: Reports | None) -> str:
    """A wall time is told with what it is worth."""
    return f"{form}, on a busy machine" if found and _busy(found) else form


def _aim(what: str, reached: float | None, form: str, limit: float, *, least: bool = False) -> Told:
    if reached is None:
        return what, "", False
    return what, form.format(reached), reached >= limit if least else reached <= limit
