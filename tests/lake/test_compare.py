"""Two states of a dataset, compared by DuckDB and by a dictionary."""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import duckdb
import polars
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parquetry.lake import Lake, ledger
from parquetry.lake.commit import Draft, StagedFile, StagedPartition, commit, turn
from parquetry.lake.common_type import between, column_sql
from parquetry.lake.compare import compared
from parquetry.lake.differences import DatasetDiff
from parquetry.lake.manifest import Account, ContractUsed, Dataset, PublishedColumn
from parquetry.lake.write import facts, stage

SCHEMA = {"id": "BIGINT", "at": "TIMESTAMP", "name": "VARCHAR", "score": "DOUBLE", "tags": "VARCHAR[]"}
POLARS: dict[str, polars.DataType | type[polars.DataType]] = {
    "BIGINT": polars.Int64,
    "TIMESTAMP": polars.Datetime("us"),
    "VARCHAR": polars.String,
    "DOUBLE": polars.Float64,
    "VARCHAR[]": polars.List(polars.String),
}
POSITION = {"source": "app", "kind": "postgres", "clock": "2026-11-21T08:00:00.000000Z"}


class Row(NamedTuple):
    at: datetime | None
    name: str | None
    score: float | None
    tags: tuple[str | None, ...] | None


State = Mapping[int, Row]


def publish(
    lake: Lake, rows: list[tuple[Any, ...]], schema: Mapping[str, str], *, key: tuple[str, ...], validated: bool = True
) -> None:
    """Commit *rows* as the dataset ``events``, by month if there is a time ``at``."""
    frame = polars.DataFrame(rows, schema={n: POLARS[t] for n, t in schema.items()}, orient="row")
    with turn(lake.store, ledger.new_id()) as mine, duckdb.connect() as duck:
        source = mine.staging / "frame.parquet"
        frame.write_parquet(source)
        month = "coalesce(strftime(\"at\", '%Y-%m'), 'null')" if "at" in schema else None
        casts = ", ".join(f'"{n}"::{t} AS "{n}"' for n, t in schema.items())
        select = f"SELECT {casts} FROM read_parquet('{source}')"
        to = mine.staging / "events"
        staged = stage(duck.execute, select, schema, to, key=month, metadata={}, dictionaries=False)
        known = facts(duck, staged.paths, schema, None)
        replaced = {}
        for part, paths in staged.files.items():
            files = tuple(StagedFile(p, known[str(p)].rows, known[str(p)].digest) for p in paths)
            count = sum(f.rows for f in files)
            replaced[part] = StagedPartition(Account(count, count), files)
        columns = tuple(PublishedColumn(n, t, t, t.lower(), native=True) for n, t in schema.items())
        contract = ContractUsed("contracts.app:Event", "f" * 64, validated)
        dataset = Dataset("app", "table public.Event", contract, key, "at" if month else None, columns, {})
        draft = Draft(dataset, f"{mine.run}/app", replaced)
        commit(mine, {"events": draft}, {f"{mine.run}/app": POSITION}, {"parquetry": "test"}, full=True)


def difference(lake: Lake, **options: Any) -> DatasetDiff:
    with duckdb.connect() as duck:
        return compared(duck, "events", lake.snapshot(1), lake.snapshot(2), **{"seen": lambda _: True, **options})


def identity(value: Any) -> Any:
    """What makes a value another one: every NaN is one, -0.0 is not 0.0."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack("d", value)
    return value


def month(row: Row) -> str:
    return f"{row.at:%Y-%m}" if row.at else "null"


MOMENTS = st.none() | st.integers(0, 3).map(lambda n: datetime(2026, 1, 1) + timedelta(days=20 * n))
NAMES = st.none() | st.sampled_from(["", "a", "NULL", "\0", "a\0,b", "é"])
SCORES = st.none() | st.sampled_from([0.0, -0.0, 1.5, math.nan, -math.nan, math.inf, 1e300])
TAGS = st.none() | st.lists(st.none() | st.sampled_from(["", "x", "x,y"]), max_size=2).map(tuple)
ONE = {1: Row(None, "a", 0.0, ())}
MINUS = {1: Row(None, "a", -0.0, ())}
STATES = st.dictionaries(st.integers(0, 9), st.builds(Row, MOMENTS, NAMES, SCORES, TAGS), max_size=8)


def as_rows(state: State) -> list[tuple[Any, ...]]:
    return [(key, *row[:3], None if row.tags is None else list(row.tags)) for key, row in state.items()]


@settings(max_examples=40)
@given(before=STATES, after=STATES)
@example(before=ONE, after=MINUS)
@example(before={1: Row(None, None, math.nan, None)}, after={1: Row(None, None, -math.nan, (None,))})
def test_by_key_it_says_what_a_dictionary_says(before: State, after: State) -> None:
    """Whatever is edited: rows added, removed, changed, in which columns and which months."""
    columns: Counter[str] = Counter()
    parts: Counter[tuple[str, str]] = Counter()
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            parts[month(new), "added"] += 1
        elif new is None and old is not None:
            parts[month(old), "removed"] += 1
        elif old is not None and new is not None:
            names = [n for n in Row._fields if identity(getattr(old, n)) != identity(getattr(new, n))]
            columns.update(names)
            if names:
                parts[month(new), "changed"] += 1
            if month(old) != month(new):
                parts[month(old), "left"] += 1
                parts[month(new), "arrived"] += 1
    with TemporaryDirectory() as folder:
        lake = Lake(folder)
        for state in (before, after):
            publish(lake, as_rows(state), SCHEMA, key=("id",))
        found = difference(lake)
    words = ("added", "removed", "changed", "arrived", "left")
    said = {(p, w): n for p, d in found.partitions.items() for w in words if (n := getattr(d, w))}
    assert (dict(parts), dict(columns)) == (said, found.columns)
    assert tuple(sum(n for (_, w), n in parts.items() if w == word) for word in (*words[:3], "left")) == (
        found.added, found.removed, found.changed, found.moved,
    )  # fmt: skip
    assert ("changed" if parts or columns else "same") == found.status


@settings(max_examples=25)
@given(before=st.lists(STATES, max_size=2), after=st.lists(STATES, max_size=2))
@example(before=[ONE], after=[ONE, ONE])
@example(before=[ONE, ONE, MINUS], after=[ONE])
def test_without_a_key_it_says_what_a_multiset_says(before: list[State], after: list[State]) -> None:
    """Equal rows are counted, however often they occur."""

    def held(states: list[State]) -> Counter[tuple[Any, ...]]:
        return Counter((key, *map(identity, row)) for state in states for key, row in state.items())

    old, new = held(before), held(after)
    with TemporaryDirectory() as folder:
        lake = Lake(folder)
        for states in (before, after):
            publish(lake, [row for state in states for row in as_rows(state)], SCHEMA, key=())
        found = difference(lake)
    assert ((new - old).total(), (old - new).total(), 0) == (found.added, found.removed, found.changed)
    assert found.after == found.before + found.added - found.removed


def test_a_null_in_the_key_is_a_value(tmp_path: Path) -> None:
    """An unchecked dataset may hold it."""
    lake = Lake(tmp_path)
    for name in ("a", "b"):
        publish(lake, [(None, name), ("k", "x")], {"id": "VARCHAR", "name": "VARCHAR"}, key=("id",), validated=False)
    found = difference(lake, examples=1)
    assert (0, 0, 1) == (found.added, found.removed, found.changed)
    assert "changed id=NULL: name a → b" == str(found.examples[0])


def test_a_renamed_column_is_not_the_same(tmp_path: Path) -> None:
    """The digest does not know names, only their order: files of the same digest may differ in them."""
    lake = Lake(tmp_path)
    for names in (("a", "b"), ("b", "c")):
        publish(lake, [("1", "x")], dict.fromkeys(names, "VARCHAR"), key=("b",))
    digests = [next(lake.snapshot(n).dataset("events").files).digest for n in (1, 2)]
    assert digests[0] == digests[1]
    found = difference(lake)
    assert ["a VARCHAR removed", "c VARCHAR added"] == [str(c) for c in found.schema]
    assert ("changed", 1, 1, True) == (found.status, found.added, found.removed, found.schema_differs)


def test_equal_partitions_are_not_read(tmp_path: Path) -> None:
    """Their files may even be unreadable."""
    lake = Lake(tmp_path)
    january, february = datetime(2026, 1, 1), datetime(2026, 2, 1)
    schema = {"id": "BIGINT", "at": "TIMESTAMP"}
    publish(lake, [(1, january), (2, february)], schema, key=("id",))
    publish(lake, [(1, january), (3, february)], schema, key=("id",))
    for number in (1, 2):
        for path in lake.snapshot(number).files("events"):
            if "month=01" in str(path):
                size = path.stat().st_size
                path.chmod(0o644)
                path.write_bytes(b"x" * size)
    found = difference(lake)
    assert (1, 1, 1, ["2026-02"]) == (found.added, found.removed, found.unread, list(found.partitions))


@pytest.mark.parametrize(
    ("before", "after", "old", "new", "same"),
    [
        ("INTEGER", "BIGINT", 5, 5, True),
        ("INTEGER", "DECIMAL(10,2)", 5, Decimal("5.00"), True),
        ("INTEGER", "DECIMAL(10,2)", 5, Decimal("5.01"), False),
        ("DECIMAL(38,30)", "DECIMAL(38,2)", Decimal("1.50"), Decimal("1.50"), False),  # as text: no type holds both
        ("INTEGER", "DOUBLE", 5, 5.0, True),
        ("DATE", "TIMESTAMP", "2026-01-01", "2026-01-01 00:00:00", True),
        ("TIMESTAMP", "VARCHAR", "2026-01-01 10:00:00", "2026-01-01 10:00:00", True),
        ("TIMESTAMP", "VARCHAR", "2026-01-01 10:00:00", "2026-01-01 10:00:00.000", True),
        ("TIMESTAMP", "VARCHAR", "2026-01-01 10:00:00", "infinity", False),
        ("DECIMAL(10,2)", "VARCHAR", "1.50", "1.5", True),
        ("DOUBLE", "VARCHAR", "0.1", "1e-1", True),
        ("VARCHAR", "INTEGER", "007", "7", True),
        ("VARCHAR", "INTEGER", "7.5", "7", False),
        ("BOOLEAN", "VARCHAR", "true", "true", True),
        ("VARCHAR[]", "VARCHAR", ["a"], "{a}", True),
        ("VARCHAR[]", "VARCHAR", ["a", None, "NULL", "", 'x, "y\\'], r'{a,NULL,"NULL","","x, \"y\\"}', True),
        ("VARCHAR[]", "VARCHAR", ["a", "b"], '{"a, b"}', False),
        ("VARCHAR[]", "VARCHAR", [], "{}", True),
        ("VARCHAR[]", "VARCHAR", None, "{}", False),
        ("BIGINT[]", "VARCHAR", [1, 2], "{1,2}", True),
        ("BIGINT[]", "VARCHAR", [1, 2], "{1,3}", False),
        ("BIGINT[]", "VARCHAR", [1, 2], "{{1,2}}", False),
        ("VARCHAR", "DOUBLE[]", "{0.10,1}", [0.1, 1.0], True),
        ("VARCHAR", "TIMESTAMP[]", '{"2026-01-01 10:00:00"}', ["2026-01-01 10:00:00"], True),
        ("DECIMAL(10,2)[]", "VARCHAR", ["1.50"], "{1.5}", True),
        ("BOOLEAN[]", "VARCHAR", [True, None], "{t,NULL}", True),
    ],
)
def test_types_in_which_values_are_compared(before: str, after: str, old: Any, new: Any, same: bool) -> None:
    common = between(before, after)
    with duckdb.connect() as duck:
        found = duck.execute(
            f"SELECT {column_sql(common.before_sql, 'a')} IS NOT DISTINCT FROM {column_sql(common.after_sql, 'b')} "
            f"FROM (SELECT $1::{before} AS a, $2::{after} AS b)",
            [old, new],
        ).fetchone()
    assert (same,) == found


@pytest.mark.parametrize(
    ("type_", "numeric"), [("DECIMAL(10,2)", True), ("DECIMAL(10,2)[]", False), ("BIGINT[]", False)]
)
def test_only_numbers_shift(type_: str, numeric: bool) -> None:
    """A list of them has no mean, and DuckDB would refuse to give it."""
    assert numeric == between(type_, type_).numeric
