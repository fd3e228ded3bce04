"""
The rows of one dataset in two snapshots: which were added, removed and changed, and in what.

Keys and a digest of each row are joined first; only rows whose digest differs are read a second
time, value by value. So memory holds keys, not rows, and DuckDB spills what is more than its limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import duckdb

from parquetry.contracts import sql
from parquetry.lake import Snapshot
from parquetry.lake.common_type import between, column_sql
from parquetry.lake.differences import DatasetDiff, Example, PartitionDiff, Shift
from parquetry.lake.digest import quoted, row_sql, value_sql
from parquetry.lake.manifest import Dataset
from parquetry.lake.write import literal

_SHOWN = 80
_FILE = "parquetry:file"

Seen = Callable[[str], bool]
"""Whether the values of a column may be shown."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of both: its type in comparison, and SQL for it on either side."""

    name: str
    type: str
    before: str
    after: str
    numeric: bool

    @property
    def plain(self) -> bool:
        """Whether DuckDB's own equality tells apart what the digest does, such as 0.0 and -0.0."""
        return not any(word in self.type for word in ("DOUBLE", "FLOAT", "INTERVAL", "STRUCT", "WITH TIME ZONE"))


@dataclass(frozen=True, slots=True)
class Rows:
    """What is compared: the columns that both have, and which of them are the key."""

    before: Dataset
    after: Dataset
    columns: tuple[_Column, ...]
    key: tuple[int, ...]

    @classmethod
    def between(cls, before: Dataset, after: Dataset) -> Rows:
        columns = []
        for name in (n for n in after.schema if n in before.schema):
            common = between(before.schema[name], after.schema[name])
            old, new = (column_sql(sql, name) for sql in (common.before_sql, common.after_sql))
            columns.append(_Column(name, common.type, old, new, common.numeric))
        names = [c.name for c in columns]
        known = after.key and all(k in names for k in after.key)
        return cls(before, after, tuple(columns), tuple(names.index(k) for k in after.key) if known else ())

    def into(
        self,
        found: DatasetDiff,
        duck: duckdb.DuckDBPyConnection,
        snapshots: tuple[Snapshot, Snapshot],
        parts: Sequence[str],
        examples: int,
        seen: Seen,
    ) -> DatasetDiff:
        """*found* with what the rows of the partitions *parts* say."""
        for view, snapshot, dataset in zip(("o", "n"), snapshots, (self.before, self.after), strict=True):
            self._open(duck, view, snapshot, found.name, dataset, parts)
        notes = []
        keyed = self
        if not self.key:
            notes.append("no key is declared, so rows were compared whole")
        elif twice := self._twice(duck):
            notes.append(f"{twice}, so rows were compared whole")
            keyed = replace(self, key=())
        partitions = {p: PartitionDiff(_rows(self.before, p), _rows(self.after, p)) for p in parts}
        found = replace(found, partitions=partitions, notes=tuple(notes))
        return _Keyed(keyed).counted(found, duck, examples, seen) if keyed.key else keyed.whole(found, duck)

    def _open(
        self,
        duck: duckdb.DuckDBPyConnection,
        view: str,
        snapshot: Snapshot,
        name: str,
        dataset: Dataset,
        parts: Sequence[str],
    ) -> None:
        """A view over the rows of one side: their partition, and a column ``c0``, ``c1`` … for each of ours."""
        paths = dict(zip((f.path for f in dataset.files), snapshot.files(name), strict=True))
        held = [(paths[f.path], p) for p in parts if p in dataset.partitions for f in dataset.partitions[p].files]
        chosen = [
            f"{column.before if view == 'o' else column.after} AS c{i}" for i, column in enumerate(self.columns)
        ] or ["NULL AS c0"]
        if not held:
            empty = ", ".join(f"NULL::{column.type} AS c{i}" for i, column in enumerate(self.columns))
            duck.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT '' AS part, {empty or 'NULL AS c0'} LIMIT 0")
            return
        where = ", ".join(f"({literal(path)}, {literal(part)})" for path, part in held)
        duck.execute(f"CREATE OR REPLACE TEMP TABLE {view}_parts AS SELECT * FROM (VALUES {where}) AS t(file, part)")
        files = sql.files(str(path) for path, _ in held)
        read = f"read_parquet({files}, union_by_name = true, hive_partitioning = false, filename = '{_FILE}')"
        there = {row[0] for row in duck.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()}
        typed = [
            f"CAST({quoted(c.name) if c.name in there else 'NULL'} AS {dataset.schema[c.name]}) AS {quoted(c.name)}"
            for c in self.columns
        ]
        rows = f"SELECT {', '.join([*typed, quoted(_FILE)])} FROM {read}"
        duck.execute(
            f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT p.part, {', '.join(chosen)} FROM ({rows}) r "
            f"JOIN {view}_parts p ON p.file = r.{quoted(_FILE)}"
        )

    def _twice(self, duck: duckdb.DuckDBPyConnection) -> str:
        """Why the key does not tell rows apart, should a snapshot have been published unchecked; or nothing."""
        key = ", ".join(f"c{i}" for i in self.key)
        for view, dataset, when in (("o", self.before, "before"), ("n", self.after, "after")):
            if dataset.contract.validated and dataset.key == self.after.key:
                continue
            sql = f"SELECT count(*) FROM (SELECT 1 FROM {view} GROUP BY {key} HAVING count(*) > 1)"
            (found,) = duck.execute(sql).fetchone() or (0,)
            if found:
                return f"{', '.join(self.after.key)} is not unique {when}"
        return ""

    def digested(self, view: str, *more: str) -> str:
        """A row's digest and partition, and columns of it."""
        row = row_sql({f"c{i}": c.type for i, c in enumerate(self.columns)}) if self.columns else "''"
        return f"SELECT {', '.join(['part', f'md5_number({row}) AS f', *more])} FROM {view}"

    def whole(self, found: DatasetDiff, duck: duckdb.DuckDBPyConnection) -> DatasetDiff:
        """Rows without a key: how often each occurs."""
        sides = [
            f"(SELECT f, min(part) AS part, count(*) AS n FROM ({self.digested(v)}) GROUP BY f)" for v in ("o", "n")
        ]
        some = duck.execute(
            "SELECT coalesce(n.part, o.part), sum(greatest(coalesce(n.n, 0) - coalesce(o.n, 0), 0))::BIGINT, "
            "sum(greatest(coalesce(o.n, 0) - coalesce(n.n, 0), 0))::BIGINT "
            f"FROM {sides[0]} o FULL JOIN {sides[1]} n ON o.f = n.f "
            "WHERE o.n IS DISTINCT FROM n.n GROUP BY 1"
        ).fetchall()
        partitions = dict(found.partitions)
        for part, added, removed in some:
            partitions[part] = replace(partitions[part], added=added, removed=removed)
        return replace(
            found, key=(), added=sum(r[1] for r in some), removed=sum(r[2] for r in some), partitions=partitions
        )


def _rows(dataset: Dataset, part: str) -> int:
    return dataset.partitions[part].rows if part in dataset.partitions else 0


@dataclass(frozen=True, slots=True)
class _Keyed:
    """Rows that are recognised by a key."""

    rows: Rows

    def counted(self, found: DatasetDiff, duck: duckdb.DuckDBPyConnection, examples: int, seen: Seen) -> DatasetDiff:
        """*found* with every count of rows, and with examples."""
        key = [f"c{i}" for i in self.rows.key]
        chosen = ", ".join(f"CASE WHEN n.part IS NULL THEN o.{c} ELSE n.{c} END AS {c}" for c in key)
        for view in ("o", "n"):
            # First reading, then joining: what both need at once is more than either.
            duck.execute(f"CREATE OR REPLACE TEMP TABLE {view}_rows AS {self.rows.digested(view, *key)}")
        duck.execute(
            f"CREATE OR REPLACE TEMP TABLE moves AS SELECT {chosen}, o.part AS before, n.part AS after, "
            "o.f IS DISTINCT FROM n.f AND o.part IS NOT NULL AND n.part IS NOT NULL AS changed "
            f"FROM o_rows o FULL JOIN n_rows n ON {self._same_key('o', 'n')} "
            "WHERE o.f IS DISTINCT FROM n.f OR o.part <> n.part"
        )
        duck.execute("DROP TABLE o_rows; DROP TABLE n_rows")
        try:
            found = self._with_counts(found, duck)
            if found.changed:
                found = self._with_columns(found, duck)
            return replace(found, examples=tuple(self._examples(duck, examples, seen)) if examples else ())
        finally:
            duck.execute("DROP TABLE moves")

    def _with_counts(self, found: DatasetDiff, duck: duckdb.DuckDBPyConnection) -> DatasetDiff:
        some = duck.execute(
            "SELECT before, after, count(*), count(*) FILTER (changed) FROM moves GROUP BY before, after"
        ).fetchall()
        partitions = dict(found.partitions)

        def add(part: str, **counts: int) -> None:
            old = partitions[part]
            partitions[part] = replace(old, **{name: getattr(old, name) + n for name, n in counts.items()})

        moved = 0
        for before, after, rows, changed in some:
            if before is None:
                add(after, added=rows)
            elif after is None:
                add(before, removed=rows)
            else:
                add(after, changed=changed)
            if before is not None and after is not None and before != after:
                moved += rows
                add(before, left=rows)
                add(after, arrived=rows)
        sums = {n: sum(getattr(p, n) for p in partitions.values()) for n in ("added", "removed", "changed")}
        return replace(found, moved=moved, partitions=partitions, **sums)

    def _with_columns(self, found: DatasetDiff, duck: duckdb.DuckDBPyConnection) -> DatasetDiff:
        """In which columns rows changed, and how far numbers did; values are read again for these rows alone."""
        columns = self.rows.columns
        counts = [f"count(*) FILTER ({self._differs(i)})" for i in range(len(columns))]
        numeric = [i for i, c in enumerate(columns) if c.numeric]
        shifts = [
            f"{end}({side}.c{i}) FILTER ({self._differs(i)})"
            for i in numeric
            for end in ("avg", "min", "max")
            for side in ("o", "n")
        ]
        every = duck.execute(
            f"SELECT m.after, {', '.join([*counts, *shifts])} FROM {self._pairs()} WHERE m.changed "
            "GROUP BY GROUPING SETS ((m.after), ())"
        ).fetchall()
        partitions = dict(found.partitions)
        totals: tuple[Any, ...] = ()
        for part, *row in every:
            if part is None:
                totals = tuple(row)
            else:
                named = _named(columns, row)
                partitions[part] = replace(partitions[part], columns=named)
        moved = dict(zip(numeric, _sixes(totals[len(columns) :]), strict=True))
        changed = _named(columns, totals)
        return replace(
            found,
            partitions=partitions,
            columns=changed,
            shifts={columns[i].name: Shift(*six) for i, six in moved.items() if columns[i].name in changed},
        )

    def _examples(self, duck: duckdb.DuckDBPyConnection, limit: int, seen: Seen) -> Iterator[Example]:
        key = [f"m.c{i}" for i in self.rows.key]
        shown = [self._shown(i, "m", seen) for i in self.rows.key]
        names = self.rows.after.key
        for kind, which in (("added", "m.before IS NULL"), ("removed", "m.after IS NULL")):
            some = duck.execute(
                f"SELECT {', '.join(shown)} FROM moves m WHERE {which} ORDER BY {', '.join(key)} LIMIT {limit}"
            ).fetchall()
            yield from (Example(kind, dict(zip(names, row, strict=True))) for row in some)  # type: ignore[arg-type]
        first = f"(SELECT * FROM moves m WHERE m.changed ORDER BY {', '.join(key)} LIMIT {limit})"
        others = [i for i in range(len(self.rows.columns)) if i not in self.rows.key]
        values = [[self._differs(i), self._shown(i, "o", seen), self._shown(i, "n", seen)] for i in others]
        some = duck.execute(
            f"SELECT {', '.join(chain(shown, *values))} FROM {self._pairs(first)} ORDER BY {', '.join(key)}"
        ).fetchall()
        for row in some:
            threes = zip(others, *(row[len(key) + n :: 3] for n in range(3)), strict=True)
            differing = {self.rows.columns[i].name: (before, after) for i, differs, before, after in threes if differs}
            yield Example("changed", dict(zip(names, row[: len(key)], strict=True)), differing)

    def _pairs(self, moves: str = "moves") -> str:
        return f"{moves} m JOIN o ON {self._same_key('o', 'm')} JOIN n ON {self._same_key('n', 'm')}"

    def _same_key(self, left: str, right: str) -> str:
        return " AND ".join(f"{left}.c{i} IS NOT DISTINCT FROM {right}.c{i}" for i in self.rows.key)

    def _differs(self, i: int) -> str:
        column = self.rows.columns[i]
        before, after = (v if column.plain else value_sql(v, column.type) for v in (f"o.c{i}", f"n.c{i}"))
        return f"{before} IS DISTINCT FROM {after}"

    def _shown(self, i: int, side: str, seen: Seen) -> str:
        """SQL for a value as text to show."""
        value = f"{side}.c{i}"
        if not seen(self.rows.columns[i].name):
            return f"CASE WHEN {value} IS NULL THEN 'NULL' ELSE '(sensitive)' END"
        return f"coalesce(left(CAST({value} AS VARCHAR), {_SHOWN}), 'NULL')"


def _named(columns: Sequence[_Column], counts: Sequence[Any]) -> Mapping[str, int]:
    return {c.name: n for c, n in zip(columns, counts, strict=False) if n}


def _sixes(values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    return zip(*(values[n::6] for n in range(6)), strict=True)
