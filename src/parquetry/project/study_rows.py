"""
The rows behind a study's days: found in one snapshot or in a CSV file, and made into days there.

Which expressions a person wrote is checked before (`studies.declared`); here they run, in the private
DuckDB that queries run in. What the days mean is not decided here.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from parquetry import catalog
from parquetry.errors import BadInput, Config, Usage
from parquetry.lake import Lake, Snapshot
from parquetry.lake.digest import as_text, quoted
from parquetry.project import Project, asking, queries
from parquetry.project.study_sql import expressions
from parquetry.stoppable import stoppable
from parquetry.studies import Member, Reading, Study, csv_table
from parquetry.studies.csv_table import Loaded
from parquetry.studies.days import Day, Source, day_of, of_member, probe, statement
from parquetry.studies.spans import Assigned, Span, bounds, spans, with_treated

_PLAIN_DAY = "day"
"""The time column where nothing else says one."""
_ASSIGNED = {
    "protocolId": "VARCHAR", "phaseLabel": "VARCHAR", "phaseType": "VARCHAR", "plannedDuration": "INTEGER",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Series:
    """The days that have rows, the phases by date, and the first and last day as far as anybody said them."""

    days: tuple[Day, ...]
    spans: tuple[Span, ...]
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Rows:
    """
    What was found.

    Attributes:
        study: As declared, with the treated labels that the phases' dataset says.
        series: By name; one without a name where the study has no ``[[series]]``.
        dated: Whether days have dates; in a CSV file without a time column they have none.
        datasets: Those that were read, each with the digest of its rows.
        statements: The SQL that ran.
    """

    study: Study
    series: Mapping[str, Series]
    dated: bool
    snapshot: int | None
    manifest: str
    datasets: Mapping[str, str]
    csv: str
    statements: tuple[str, ...]


def of_lake(project: Project, study: Study, at: int | str | date | None = None) -> Rows:
    """
    The rows of *study* in a snapshot.

    Raises:
        Config: It names what is not there, or rows come from nowhere.
        Usage: DuckDB cannot run an expression of it.
        BadInput: Phases that cannot be.
        NoSuchSnapshot: There is none such.
    """
    if not study.reading.dataset and not study.reading.query:
        raise Config(
            f"the study {study.name} names no dataset and no query",
            next="write dataset = … below [outcome], or give the rows as a file: --csv FILE",
        )
    settings = project.settings
    lake = Lake(settings.lake_path)
    lake.mend()
    snapshot = lake.snapshot(at)
    with (
        catalog.opened(
            snapshot, settings.duckdb_schema, memory=settings.memory_limit, threads=settings.threads
        ) as connection,
        _translating(study, f"datasets: {', '.join(snapshot.datasets)}"),
    ):
        catalog.confine(connection, settings.lake_path)
        return _OfLake(connection, study, project, lake, snapshot).found()  # fmt: skip


def of_csv(study: Study, path: Path) -> Rows:
    """
    The rows of *study* in the CSV file at *path*; a dataset or query that it names is not looked at.

    Raises:
        BadInput: The file is no whole CSV, lacks a column, or has a cell that is no number.
        Config: Phases come from a dataset.
        Usage: DuckDB cannot run an expression of the study.
    """
    with closing(duckdb.connect(config=dict(catalog.OFFLINE))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        loaded = csv_table.load(connection, path)
        catalog.confine(connection)
        with _translating(study, f"columns of {path.name}: {', '.join(loaded.columns)}"):
            return _OfCsv(connection, study, loaded).found()


@contextmanager
def _translating(study: Study, known: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise Usage(
            f"DuckDB cannot compute the days of {study.name}", what=lines[:6], next=f"correct its file; {known}"
        ) from error


@dataclass(slots=True)
class _Finding(ABC):
    """One study over one connection; what says where its rows lie is of the kind."""

    connection: duckdb.DuckDBPyConnection
    study: Study

    def source(self, reading: Reading, value: str) -> Source:
        """Where the rows of *reading* lie, and of which types they are."""
        relation, time = self.place(reading)
        described = self.connection.sql(probe(reading, relation, time, value))
        kinds = dict(zip(described.columns, map(str, described.types), strict=True))
        return Source(relation, time, kinds)

    @abstractmethod
    def place(self, reading: Reading) -> tuple[str, str]:
        """The relation, quoted, and its time column."""

    def series(self, study: Study, assigned: Sequence[Assigned], ran: list[str]) -> dict[str, Series]:
        members: Sequence[Member | None] = study.series or (None,)
        return {member.name if member else "": self._one(study, member, assigned, ran) for member in members}

    def _one(self, study: Study, member: Member | None, assigned: Sequence[Assigned], ran: list[str]) -> Series:
        phases = spans(study, member, assigned)
        first, last = bounds(study, phases)
        value, _ = of_member(study.reading, member)
        sources = [self.source(study.reading, value)]
        sources += [self.source(each.reading, each.reading.value) for each in study.covariates]
        sql = statement(study, sources, member=member, bounds=(first, last))
        ran.append(sql)
        rows = stoppable(lambda: self.connection.execute(sql).fetchall(), self.connection.interrupt)
        return Series(tuple(map(Day.of, rows)), phases, first, last)


@dataclass(slots=True)
class _OfLake(_Finding):
    project: Project
    lake: Lake
    snapshot: Snapshot
    texts: list[str] = field(default_factory=list)
    tables: dict[tuple[str, tuple[tuple[str, str], ...]], str] = field(default_factory=dict)

    def found(self) -> Rows:
        study = self.study
        said = expressions(study)
        asking.require_macros(self.connection, self.project, f"{said} {self._queries()}")
        self.connection.execute(f"USE {quoted(self.project.settings.duckdb_schema)}")
        assigned = self._assigned()
        study = with_treated(study, assigned)
        series = self.series(study, assigned, self.texts)
        return Rows(
            study, series, True, self.snapshot.number, self.snapshot.manifest.sha256, self._datasets(said),
            "", tuple(self.texts),
        )  # fmt: skip

    def place(self, reading: Reading) -> tuple[str, str]:
        if reading.query:
            relation = self._of_query(reading.query, reading.params)
            columns = self.connection.sql(f"SELECT * FROM {relation} LIMIT 0").columns
            time = reading.time or next((name for name in ("time", _PLAIN_DAY) if name in columns), _PLAIN_DAY)
            if time not in columns:
                raise Config(
                    f"the query {reading.query} has no column '{time}'",
                    what=f"columns: {', '.join(columns)}",
                    next="say with time = … which column says when",
                )
            return relation, time
        return self._of_dataset(reading.dataset, reading.time)

    def _of_dataset(self, name: str, time: str) -> tuple[str, str]:
        of = catalog.typed_views(self.snapshot).get(name, name)
        dataset = self.snapshot.dataset(of)
        return f"{quoted(self.project.settings.duckdb_schema)}.{quoted(name)}", time or dataset.time or _PLAIN_DAY

    def _queries(self) -> str:
        readings = (self.study.reading, *(covariate.reading for covariate in self.study.covariates))
        names = dict.fromkeys(reading.query for reading in readings if reading.query)
        return " ".join(queries.found(self.project.queries, name).sql for name in names)

    def _of_query(self, name: str, params: Mapping[str, str]) -> str:
        """The query's rows in a table of their own: it runs once, and parameters of the same name stay apart."""
        key = (name, tuple(sorted(params.items())))
        if key not in self.tables:
            sql = queries.found(self.project.queries, name).sql
            ready = asking.bound(self.connection, self.project, self.lake, sql, params)
            table = f"_query_{len(self.tables)}"
            rows = self.connection.sql(ready)
            stoppable(lambda: rows.create(table), self.connection.interrupt)
            self.tables[key] = quoted(table)
            self.texts.append(f"-- queries/{name}.sql as {table}\n{sql}")
        return self.tables[key]

    def _assigned(self) -> list[Assigned]:
        name = self.study.phases.dataset
        if not name:
            return []
        relation, _ = self._of_dataset(name, "")
        schema = self.snapshot.dataset(name).schema
        columns = {each.lower(): each for each in schema}
        if missing := [each for each in (*_ASSIGNED, "startDate", "endDate") if each.lower() not in columns]:
            raise Config(
                f"{name} does not hold phases: it has no column {', '.join(missing)}",
                next="name a dataset like PhaseAssignment, or list the phases with [[phases.listed]]",
            )
        texts = [f"CAST({quoted(columns[each.lower()])} AS {kind})" for each, kind in _ASSIGNED.items()]
        protocol, label, type_, planned = texts
        start, end = columns["startdate"], columns["enddate"]
        local = [day_of(quoted(each), schema[each], self.study.reading) for each in (start, end)]
        plain = [f"CAST({quoted(each)} AS TIMESTAMP)" for each in (start, end)]
        sql = (
            f"SELECT {protocol}, {label}, {type_}, {local[0]}, {local[1]}, {planned}, {plain[0]}, {plain[1]} "
            f"FROM {relation} ORDER BY 4, 2"
        )
        self.texts.append(sql)
        return [Assigned(*row) for row in self.connection.execute(sql).fetchall()]

    def _datasets(self, said: str) -> dict[str, str]:
        """Every dataset that the SQL may have read; the macros may read any that they name."""
        macros = " ".join(sql for _, sql in queries.macros(self.project.queries).statements)
        text = " ".join([said, macros, *self.texts])
        names = [
            name
            for view, name in {**{n: n for n in self.snapshot.datasets}, **catalog.typed_views(self.snapshot)}.items()
            if re.search(rf"(?<!\w){re.escape(view)}(?!\w)", text, re.IGNORECASE)
        ]
        return {name: _digest(self.snapshot, name) for name in sorted(set(names))}


def _digest(snapshot: Snapshot, name: str) -> str:
    return as_text(sum(int(file.digest, 16) for file in snapshot.dataset(name).files))


@dataclass(slots=True)
class _OfCsv(_Finding):
    loaded: Loaded

    def found(self) -> Rows:
        study, loaded = self.study, self.loaded
        if study.phases.dataset:
            raise Config(
                f"the phases of {study.name} are in the dataset {study.phases.dataset}, and a CSV file has none",
                next="say them with column, labels, intervention or [[phases.listed]]",
            )
        if study.phases.column:
            loaded.require(study.phases.column)
        for reading in (study.reading, *(covariate.reading for covariate in study.covariates)):
            for expression in (reading.value, reading.weight):
                if re.fullmatch(r'[^\W\d]\w*|"[^"]+"', expression):
                    loaded.require(expression.strip('"'))
                loaded.require_numbers(expression)
        _, time = self.place(study.reading)
        if time:
            loaded.require_times(time)
        self._require_dates(time)
        ran: list[str] = []
        series = self.series(study, [], ran)
        return Rows(study, series, bool(time), None, "", {}, loaded.sha256, tuple(ran))

    def place(self, reading: Reading) -> tuple[str, str]:
        columns = {each.lower(): each for each in self.loaded.columns}
        if reading.time:
            return quoted(csv_table.NAME), self.loaded.require(reading.time)
        return quoted(csv_table.NAME), next((columns[n] for n in (_PLAIN_DAY, "date", "time") if n in columns), "")

    def _require_dates(self, time: str) -> None:
        phases, reading = self.study.phases, self.study.reading
        if time:
            return
        needs = [name for name in ("intervention", "listed", "first", "last") if getattr(phases, name)]
        needs += ["[[exclude]]"] if self.study.exclude else []
        needs += ["[[series]]"] if self.study.series else []
        needs += ["window"] if self.study.model.window else []
        needs += [f"period = '{reading.period}'"] if reading.period != "day" else []
        if needs:
            raise BadInput(
                f"{self.loaded.path} has no column that says when, and the study gives {', '.join(needs)}",
                what=f"columns: {', '.join(self.loaded.columns)}",
                next="name the column with time = …; without one the rows are the days, in order",
            )
