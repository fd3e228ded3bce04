"""
docs/comparison.md and README's section of it: what stands between their markers, from what was measured.

    <!-- benchmarks: NAME -->
    …
    <!-- end -->

Prose around the markers is written by hand. Charts are files in docs/figures.
"""

# ruff: noqa: RUF001 (signs for people)

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import analysed, charts, report
from benchmarks.aims import ONE_MILLION, TEN_MILLION, aims
from benchmarks.files import shown
from benchmarks.files.told import Reports
from benchmarks.queries.answers import LIVE, POSTGRES, TABLE, VIEW, Queries
from benchmarks.report import MB, Result, Row
from benchmarks.tools import BASELINE
from benchmarks.values.run import OUTCOMES, Outcome, Values

PAGES = ("docs/comparison.md", "README.md")
FIGURES = "docs/figures"
_MARKED = re.compile(r"(<!-- benchmarks: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NOTHING = "Not measured yet."
_EXAMPLES = 4
# Which changed values to tell first: those that people have.
_TELLING = (
    ("int8", "9223372036854775807"), ("numeric", "NaN"), ("numeric(65,30)", "1.500"), ("timestamp", "infinity"),
    ("int4[]", "{{1,2}"), ("time", "24:00:00"), ("money", "-$12.34"), ("oid", "4294967295"), ("jsonb", "1234567890"),
    ("numeric", "0.00000000001"), ("interval", "1 mon"), ("timestamptz", "infinity"), ("date", "infinity"),
)  # fmt: skip


def write(results: Path, here: Path, into: Path) -> list[Path]:
    """
    Render everything that *results* hold.

    Args:
        here: The checkout, whose pages are taken.
        into: Where they go: the checkout itself, or a folder to look at them.
    """
    found, values, queries = report.results(results), report.values(results), report.queries(results)
    files, analyses = report.files(results), report.analyses(results)
    drawn = figures(found, values, queries)
    made = [(FIGURES + "/" + name, text) for name, text in drawn.items()]
    texts = {page: (here / page).read_text(encoding="utf-8") for page in PAGES}
    made += [(page, filled(text, found, values, queries, files, analyses)) for page, text in texts.items()]
    for name, text in made:
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        (into / name).write_text(text, encoding="utf-8")
    stale = {path.name for path in (into / FIGURES).glob("*.svg")} - drawn.keys()
    for name in stale:
        (into / FIGURES / name).unlink()
    return [into / name for name, _ in made]


def figures(results: Sequence[Result], values: Values | None, queries: Queries | None = None) -> dict[str, str]:
    """Each chart by the name of its file."""
    made = {f"{result.name}.svg": charts.costs(result) for result in results}
    made |= {"values.svg": charts.values(values)} if values else {}
    return made | ({"queries.svg": charts.queries(queries)} if queries else {})


def filled(
    page: str, results: Sequence[Result], values: Values | None, queries: Queries | None = None,
    files: Sequence[Reports] = (), analyses: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """*page* with what belongs between its markers."""
    made: dict[str, Callable[[], Iterable[str]]] = {
        "summary": lambda: _summary(results, values),
        "speed": lambda: _speed(results),
        "files": lambda: _files(files),
        "queries": lambda: _answers(queries),
        "analyses": lambda: analysed.table(analyses),
        "values": lambda: _families(values),
        "examples": lambda: _examples(values),
        "refusals": lambda: _refusals(values),
        "aims": lambda: _aims(results, values, queries, files),
    }
    return _MARKED.sub(lambda found: found[1] + ("\n".join(made[found[2]]()) or _NOTHING) + "\n" + found[3], page)


# ── speed ────────────────────────────────────────────────────────────────────────────────────────


def _speed(results: Sequence[Result]) -> Iterator[str]:
    before: Mapping[str, str] = {}
    for result in results:
        if result.machine != before:
            yield f"\n{_machine(result.machine)}."
        before = result.machine
        yield f"\n### {result.table}: {result.rows:,} rows\n"
        yield f"{result.does[0].upper()}{result.does[1:]}; {result.bytes / MB:,.0f} MB in PostgreSQL."
        yield f"Rounds: {result.rounds}.\n"
        yield f'<img src="figures/{result.name}.svg" alt="{escape(result.table)}: seconds and memory of each tool">\n'
        yield from _costs(result)
        if told := _stages(result):
            yield "\n" + told
        yield from (f"\nNot measured: {row.tool}, {row.failed}." for row in result.tools if not row.costs)


def _costs(result: Result) -> Iterator[str]:
    heads = ("tool", "wall s", "spread", f"× {BASELINE}", "CPU s", "server's CPU s", "peak MB", "Parquet MB")
    yield from _table(
        heads,
        (
            (
                row.tool, f"**{row.wall:.2f}**", row.spread, _times(result, row), f"{row.cpu:.2f}",
                f"{row.server_cpu:.2f}", f"{row.rss / MB:,.0f}", f"{row.bytes / MB:,.1f}" if row.bytes else "–",
            )
            for row in result.tools
            if row.costs
        ),
    )  # fmt: skip


def _times(result: Result, row: Row) -> str:
    ratio = result.ratio(row)
    return f"{ratio:.2f}" if ratio else "–"


def _stages(result: Result) -> str:
    row = result.row("parquetry")
    names = [name for name in (row.stages[0] if row and row.stages else {}) if name != "total"]
    if not row or not names:
        return ""
    told = ", ".join(f"{name} {row.stage(name):.2f} s" for name in names)
    return f"Of parquetry's time: {told}; the rest is starting Python and loading libraries."


def _machine(machine: Mapping[str, str]) -> str:
    return "On: " + ", ".join(f"{name} {value}" for name, value in machine.items())


# ── report files ─────────────────────────────────────────────────────────────────────────────────


def _files(files: Sequence[Reports]) -> Iterator[str]:
    for found in files:
        yield f"\n### {found.files} files of {found.each / 1000:,.0f} kB\n"
        yield f"{_machine(found.machine)}."
        yield from shown.said(found)
        yield ""
        yield from _table(shown.HEADS, shown.cells(found))
        yield from (f"\n{line}" for line in shown.below(found))


# ── queries ──────────────────────────────────────────────────────────────────────────────────────


def _answers(queries: Queries | None) -> Iterator[str]:
    if not queries:
        return
    size = {name: f"{count / MB:,.0f} MB" for name, count in queries.bytes.items()}
    yield f"{_machine(queries.machine)}. The machine's load before the first round was {queries.load:.2f}.\n"
    yield (
        f"{queries.rows:,} events of {queries.users:,} people: {size['PostgreSQL']} in PostgreSQL and "
        f"{size['its indexes']} of indexes, {size['Parquet']} of Parquet, {size['DuckDB tables']} as DuckDB tables. "
        f"Rounds: {queries.rounds}.\n"
    )
    yield f"PostgreSQL has the app's own indexes of the events, on {_listed(queries.indexes[POSTGRES])}; all of it is"
    yield "vacuumed and analyzed. " + ", ".join(f"`{k} = {v}`" for k, v in queries.settings.items()) + "."
    yield f"The tables have indexes on {_listed(queries.indexes['DuckDB tables'])}.\n"
    yield '<img src="figures/queries.svg" alt="milliseconds of each query, over views, in tables, in PostgreSQL">\n'
    heads = (
        "query",
        "rows",
        "view ms",
        "spread",
        "table ms",
        "live ms",
        "PostgreSQL ms",
        "× view",
        "× table",
        "answers",
    )
    yield from _table(
        heads,
        (
            (
                asked.query, f"{asked.rows:,}", f"**{asked.median(VIEW):.1f}**",
                "-".join(f"{end:.1f}" for end in asked.spread(VIEW)),
                *(f"{asked.median(way):.1f}" for way in (TABLE, LIVE, POSTGRES)),
                f"{asked.ratio(VIEW):.2f}", f"{asked.ratio(TABLE):.2f}",
                f"**differ: {', '.join(asked.differs)}**" if asked.differs else "agree",
            )
            for asked in queries.asked
        ),
    )  # fmt: skip


def _listed(indexes: Sequence[str]) -> str:
    return ", ".join(f"({columns})" for columns in indexes)


# ── values ───────────────────────────────────────────────────────────────────────────────────────


def _families(values: Values | None) -> Iterator[str]:
    if not values:
        return
    yield f"{values.values} values of {values.types} types. {_machine(values.machine)}.\n"
    yield f'<img src="figures/values.svg" alt="{", ".join(OUTCOMES)}: values of each tool">\n'
    counts = (
        (tool, *(f"**{n}**" if outcome == "changed" and n else str(n) for outcome, n in _totals(values, tool)))
        for tool in values.tools
    )
    yield from _table(("tool", *OUTCOMES), counts)
    yield "\nBy family, *changed + refused* of how many (raw ones are counted with the refused here):\n"
    first = next(iter(values.tools))
    rows = []
    for family in values.families:
        many = sum(values.count(first, outcome, family) for outcome in OUTCOMES)
        rows.append((family, str(many), *(_lost(values, tool, family) for tool in values.tools)))
    yield from _table(("family", "values", *values.tools), rows)


def _totals(values: Values, tool: str) -> list[tuple[str, int]]:
    return [(outcome, values.count(tool, outcome)) for outcome in OUTCOMES]


def _lost(values: Values, tool: str, family: str) -> str:
    changed = values.count(tool, "changed", family)
    refused = values.count(tool, "refused", family) + values.count(tool, "raw", family)
    return f"{changed} + {refused}" if changed or refused else "–"


def _examples(values: Values | None) -> Iterator[str]:
    if not values:
        return
    told = _alike({tool: tuple(telling(outcomes)) for tool, outcomes in values.tools.items()})
    rows = [
        (tools if not i else "", f"`{kind}`", _code(own), _code(came))
        for tools, changes in told
        for i, (kind, own, came) in enumerate(changes)
    ]
    yield from _table(("tool", "type", "PostgreSQL has", "what came"), rows)


_T = TypeVar("_T")


def _alike(told: Mapping[str, _T]) -> list[tuple[str, _T]]:
    """Tools of which the same is to be told, together."""
    found: list[tuple[str, _T]] = []
    for tool, what in told.items():
        same = next((i for i, (_, other) in enumerate(found) if other == what), None)
        if same is None:
            found.append((tool, what))
        else:
            found[same] = (f"{found[same][0]}, {tool}", what)
    return found


def telling(outcomes: Sequence[Outcome]) -> list[tuple[str, str, str]]:
    """A few changed values, those that people meet first, one a type: the type, PostgreSQL's text, what came."""
    found: list[tuple[str, str, str]] = []
    for change in sorted(((o.type, own, came) for o in outcomes for own, came in o.changed), key=_rank):
        if all(kind != change[0] and own != change[1] for kind, own, _ in found):
            found.append(change)
    return found[:_EXAMPLES]


def _rank(change: tuple[str, str, str]) -> int:
    kind, own, _ = change
    return next((i for i, (t, text) in enumerate(_TELLING) if t == kind and own.startswith(text)), len(_TELLING))


def _refusals(values: Values | None) -> Iterator[str]:
    if not values:
        return
    told = _alike({tool: _refused(outcomes) for tool, outcomes in values.tools.items()})
    yield from _table(("tool", "every value of", "and some of"), ((tools, *types) for tools, types in told))


def _refused(outcomes: Sequence[Outcome]) -> tuple[str, str]:
    refused = [o for o in outcomes if o.counts.get("refused")]
    whole = [f"`{o.type}`" for o in refused if set(o.counts) == {"refused"}]
    parts = [f"`{o.type}`" for o in refused if set(o.counts) != {"refused"}]
    return ", ".join(whole) or "–", ", ".join(parts) or "–"


# ── both ─────────────────────────────────────────────────────────────────────────────────────────


def _summary(results: Sequence[Result], values: Values | None) -> Iterator[str]:
    found = {r.rows: r for r in results if r.table == "events"}
    shown = [found[rows] for rows in (ONE_MILLION, TEN_MILLION) if rows in found]
    if not shown:
        return
    yield f'<img src="{FIGURES}/{shown[0].name}.svg" alt="Seconds and memory of each tool">\n'
    heads = [f"{head}, {result.rows // 10**6} M rows" for result in shown for head in ("seconds", "peak MB")]
    tools = list(dict.fromkeys(row.tool for result in shown for row in result.tools if row.costs))
    known = [f"values changed of {values.values}", "refused"] if values else []
    yield from _table(
        ("tool", *heads, *known),
        ((tool, *_cells(shown, tool), *(_kept(values, tool) if values else ())) for tool in tools),
    )


def _cells(shown: Sequence[Result], tool: str) -> Iterator[str]:
    for result in shown:
        if row := result.row(tool):
            yield f"{row.wall:.1f} (×{_times(result, row)})"
            yield f"{row.rss / MB:,.0f}"
        else:
            yield from ("–", "–")


def _kept(values: Values, tool: str) -> tuple[str, str]:
    if tool not in values.tools:
        return "–", "–"
    return f"**{values.count(tool, 'changed')}**", str(values.count(tool, "refused") + values.count(tool, "raw"))


def _aims(
    results: Sequence[Result], values: Values | None, queries: Queries | None, files: Sequence[Reports]
) -> Iterator[str]:
    rows = (
        (aim.what, aim.reached or "not measured", "" if not aim.reached else "yes" if aim.met else "**no**")
        for aim in aims(results, values, queries, files)
    )
    yield from _table(("aim", "reached", "met"), rows)


def _code(text: str) -> str:
    """As code in a cell of a table, whatever it holds."""
    said = escape("".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text))
    for sign in "|*_`":
        said = said.replace(sign, f"&#{ord(sign)};")
    return f"<code>{said}</code>" if said else "(empty)"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
