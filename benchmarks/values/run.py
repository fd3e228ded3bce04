"""
Every hostile value through every tool, each cell judged: equal, raw, changed or refused.

*raw* is the server's own bytes for the value, in a column that no reader understands: nothing is
lost, and nothing can be read. *refused* is an error, of the tool or of whoever reads its file, where
the tool was given this value alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow
import pyarrow.parquet

from benchmarks.measure import anonymous
from benchmarks.tools import Tool
from benchmarks.values import cells, meaning, runs, tables
from benchmarks.values.kinds import FAMILIES
from benchmarks.values.tables import Table

OUTCOMES = ("equal", "raw", "changed", "refused")
_MOST, _MOST_SAID = 60, 160
"""Letters of a value, and of a refusal, that are kept."""


@dataclass(slots=True)
class Outcome:
    """
    What became of the values of one type.

    Attributes:
        counts: By outcome.
        changed: Examples: what PostgreSQL has, and what came.
        refused: What was said, once.
    """

    type: str
    family: str
    counts: dict[str, int] = field(default_factory=dict)
    changed: list[tuple[str, str]] = field(default_factory=list)
    refused: str = ""


@dataclass(slots=True)
class Values:
    """
    The whole comparison.

    Attributes:
        machine: Versions.
        tools: By tool, its types in the order of the hostile values.
    """

    machine: Mapping[str, str]
    types: int
    values: int
    tools: dict[str, list[Outcome]]

    def count(self, tool: str, outcome: str, family: str = "") -> int:
        """Values of a family, or of all."""
        return sum(o.counts.get(outcome, 0) for o in self.tools[tool] if family in ("", o.family))

    @property
    def families(self) -> list[str]:
        """Those that there are, as the page has them."""
        found = {outcome.family for outcomes in self.tools.values() for outcome in outcomes}
        return [family for family in FAMILIES if family in found]


def compared(
    everything: list[Table], url: str, tools: Sequence[Tool], peers: Path, machine: Mapping[str, str], folder: Path
) -> Values:
    """
    Run all *tools* over all values.

    Args:
        everything: The values, in the database of *url*.
        peers: The Python that has the other tools.
    """
    found = {}
    for tool in tools:
        found[tool.name] = _outcomes(tool, peers, url, everything, folder / tool.name.replace(" ", "-"))
        total = Counter[str]()
        for outcome in found[tool.name]:
            total.update(outcome.counts)
        print(f"{tool.name:<17}", "  ".join(f"{name} {total[name]:4}" for name in OUTCOMES), flush=True)
    types = {table.type for table in everything}
    return Values(machine, len(types), sum(table.values for table in everything), found)


def _outcomes(tool: Tool, peers: Path, url: str, everything: list[Table], folder: Path) -> list[Outcome]:
    judged = {table.type: Outcome(table.type, table.kind.family) for table in everything}
    whole = {table.name: table for table in everything}
    refused = runs.refused(tool, peers, url, whole, folder / "whole")
    again = []
    for table in everything:
        said = refused.get(table.name, "") or _judge(tool, table, range(table.values + 1), folder / "whole", judged)
        if said and table.values > 1:
            again.append(table)
        elif said:
            _refuse(judged[table.type], said, folder)
    tables.split(url, again)
    singles = {name: (table, n) for table in again for name, n in table.singles.items()}
    refused = runs.refused(tool, peers, url, {name: table for name, (table, _) in singles.items()}, folder / "singles")
    for name, (table, n) in singles.items():
        place = folder / "singles"
        if said := refused.get(name, "") or _judge(tool, table, (n, table.values), place, judged, name):
            _refuse(judged[table.type], said, folder)
    return list(judged.values())


def _refuse(outcome: Outcome, said: str, folder: Path) -> None:
    outcome.counts["refused"] = outcome.counts.get("refused", 0) + 1
    outcome.refused = outcome.refused or anonymous(said, folder)[:_MOST_SAID]


def _judge(
    tool: Tool, table: Table, rows: Iterable[int], folder: Path, judged: Mapping[str, Outcome], name: str = ""
) -> str:
    """Count the cells of one table; or why its file cannot be read."""
    place = folder / (name or table.name)
    try:
        found = _cells(sorted(place.glob("**/*.parquet" if tool.ours else tool.files)))
    except (pyarrow.ArrowException, OSError, NotImplementedError, KeyError) as error:
        return f"its file cannot be read: {error}"
    outcome = judged[table.type]
    for n in rows:
        own = table.own[n]
        if n not in found:
            verdict, came = "changed", "no such row"
        else:
            verdict, came = _verdict(table, n, found[n]), cells.shown(found[n])
        if own is None and verdict == "equal":
            continue  # the NULL beside the values is counted only if it is none any more
        outcome.counts[verdict] = outcome.counts.get(verdict, 0) + 1
        if verdict == "changed":
            outcome.changed.append((_short("NULL" if own is None else own), _short(came)))
    return ""


def _verdict(table: Table, n: int, came: cells.Cell) -> str:
    if meaning.same(table.own[n], table.kind, came):
        return "equal"
    return "raw" if _raw(table, n, came) else "changed"


def _raw(table: Table, n: int, came: cells.Cell) -> bool:
    """Whether it is the server's own form of the value, where a client asks for binary; of an array, each element's."""
    wire = table.wire[n]
    if wire is None or isinstance(came, bytes):
        return came == wire
    if table.type.startswith("reg"):  # the number of what it names
        return came == int.from_bytes(wire, "big")
    element = table.kind.element
    return (
        element is not None
        and element.name not in ("bytea", "uuid")
        and isinstance(came, list)
        and bool(came)
        and all(isinstance(part, bytes) and part in wire for part in came)
    )


def _cells(files: Sequence[Path]) -> dict[int, cells.Cell]:
    """Each row's value by its number; raises KeyError where a column is missing."""
    found: dict[int, cells.Cell] = {}
    for file in files:
        rows = pyarrow.parquet.ParquetFile(file).read()
        missing = {"n", "v"} - set(rows.column_names)
        if missing:
            raise KeyError(f"no column {missing.pop()} in it")
        for n, value in zip(rows["n"].to_pylist(), rows["v"], strict=True):
            found[int(n)] = cells.cell(value)
    return found


def _short(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
