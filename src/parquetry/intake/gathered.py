"""
Report files into private Parquet: one file for each, typed where all its values are exact, as text where not.

Files are read side by side, each by one thread. What cannot be read whole is told, file by file, and
stops no other file; what becomes of it is for `reports` to decide.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Lock, get_ident

import duckdb

from parquetry.contracts import Field, exact, sql
from parquetry.errors import BadInput, ParquetryError, SchemaDrift
from parquetry.formats.content import require_same
from parquetry.formats.parsed import Parsed, Unfit, parsed, translating
from parquetry.intake.arrivals import Arrival, ReportsOf
from parquetry.intake.job import Job
from parquetry.lake import write
from parquetry.sources.files import Folder
from parquetry.text import counted

DAY = "date_partition"
"""A column of this name that a file does not have is filled with the day that the file is of."""

_MISFIT = "parquetry: a value is not exactly of its type"
_MINUS_ZERO = "parquetry: minus zero"
_TYPED = "parquetry:typed:"
_LISTEN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Gathered:
    """
    A report file in staging.

    Attributes:
        typed: Its values are in the contract's types; otherwise all are text, with their lines.
        rows: Records in *path*.
        excluded: Rows left out, as its dataset declares.
        unfit: Lines that fit nothing.
        lacking, beyond: Columns that only the contract has, and that only the file has.
        day: The first day that the file is of.
        seconds: What reading it took.
    """

    arrival: Arrival
    day: date
    path: Path
    typed: bool
    rows: int
    excluded: int
    unfit: tuple[Unfit, ...]
    lacking: tuple[str, ...]
    beyond: tuple[str, ...]
    seconds: float = 0.0


Broken = tuple[str, ParquetryError]
"""A file that cannot be read, and why."""


def gathered(
    connection: duckdb.DuckDBPyConnection, job: Job[Folder], of: ReportsOf, arrivals: Sequence[Arrival], folder: Path,
    *, as_text: bool = False,
) -> tuple[list[Gathered], list[Broken]]:  # fmt: skip
    """
    Read *arrivals* into *folder*, which is made; in their order, whoever was first.

    Args:
        as_text: Stage all values as text, even where all are exact.

    Raises:
        Storage: The disk is full.
    """
    folder.mkdir(parents=True)
    total, done = sum(a.content.bytes for a in arrivals), 0
    found: list[Gathered] = []
    broken: list[Broken] = []
    with _Workers(connection, job.project.settings.threads) as workers:
        each = [workers.begin(_Gathering(job, of, a, folder / f"{n:06d}", as_text)) for n, a in enumerate(arrivals)]
        for future, arrival in zip(each, arrivals, strict=True):
            try:
                found.append(workers.heard(future))
            except (BadInput, SchemaDrift) as error:
                broken.append((arrival.file.name, error))
            done += arrival.content.bytes
            job.seen(of.name, "files", done, total)
    return found, broken


@dataclass(frozen=True, slots=True)
class _Gathering:
    """One file on its way; *place* is the path of what is staged, without suffix."""

    job: Job[Folder]
    of: ReportsOf
    arrival: Arrival
    place: Path
    as_text: bool

    def gathered(self, connection: duckdb.DuckDBPyConnection) -> Gathered:
        began = time.perf_counter()
        file, contract = self.arrival.file, self.of.contract
        temp = self.place.with_suffix(".raw")
        temp.mkdir()
        given = [f.name for f in contract.fields if _is_day(f)]
        read = parsed(file.path, self.of.reports.shape, contract, temp, name=file.name, given=given)
        with translating(file.name):
            typed = None if self.as_text else self._typed(connection, read, minus_zero=self._listed())
            staged = typed or self._text(connection, read)
        require_same(file.path, self.arrival.content, file.name)
        for left in temp.iterdir():
            left.unlink()
        temp.rmdir()
        return replace(staged, seconds=time.perf_counter() - began)

    def _typed(self, connection: duckdb.DuckDBPyConnection, read: Parsed, *, minus_zero: bool) -> Gathered | None:
        """None: a value is not exactly of its type."""
        path = self.place.with_suffix(".parquet")
        try:
            rows = self._written(
                connection, self._typed_sql(read, minus_zero=minus_zero), path, read, dictionaries=not minus_zero
            )
        except duckdb.InvalidInputException as error:
            if _MINUS_ZERO in str(error):
                return self._typed(connection, read, minus_zero=True)
            if _MISFIT in str(error):
                return None
            raise
        self._require_all(rows, read)
        return self._staged(connection, read, path, typed=True)

    def _listed(self) -> bool:
        """Whether there are lists of floats, in which no -0 is looked for."""
        return any(f.type.endswith("[]") and f.type.startswith(("DOUBLE", "FLOAT")) for f in self.of.contract.fields)

    def _typed_sql(self, read: Parsed, *, minus_zero: bool) -> str:
        """
        The file's rows in the contract's types; it fails at the first value that is not exactly of its type.

        Values are converted below and looked at above: in one expression DuckDB would convert each as often
        as it is named, which takes twice the time.
        """
        fields = self.of.contract.fields
        both = [f"{exact.exactly(sql.name(f.name), 'VARCHAR', f.type)} AS {sql.name(_TYPED + f.name)}" for f in fields]
        above = [self._column(f, minus_zero=minus_zero) for f in fields]
        return f"SELECT {', '.join(above)} FROM (SELECT *, {', '.join(both)} FROM ({read.select}))"

    def _column(self, field: Field, *, minus_zero: bool) -> str:
        name, typed = sql.name(field.name), sql.name(_TYPED + field.name)
        value = typed
        if field.type != "VARCHAR":
            wrong = f"WHEN {typed} IS NULL AND {name} IS NOT NULL THEN error({sql.text(_MISFIT)})"
            if field.type in ("DOUBLE", "FLOAT") and not minus_zero:
                wrong += f" WHEN {typed} = 0 AND {name} LIKE '-%' THEN error({sql.text(_MINUS_ZERO)})"
            filled = f"coalesce({typed}, {self._day_sql()})" if _is_day(field) else typed
            value = f"CASE {wrong} ELSE {filled} END"
        flag = f", NULL::VARCHAR AS {sql.name(field.flag)}" if field.flag else ""
        return f"{value} AS {name}{flag}"

    def _day_sql(self) -> str:
        """The day that the file is of; where only its rows say it, each row's own."""
        if self.of.accumulates and self.of.time:
            zone = sql.text(self.of.reports.shape.timezone or "UTC")
            return f"CAST(timezone({zone}, timezone('UTC', {self._time_sql()})) AS DATE)"
        return f"DATE {sql.text(self.of.day(self.arrival.file, None).isoformat())}"

    def _text(self, connection: duckdb.DuckDBPyConnection, read: Parsed) -> Gathered:
        path = self.place.with_suffix(".text.parquet")
        select = read.numbered
        if any(map(_is_day, self.of.contract.fields)):
            select = f"SELECT * REPLACE (coalesce({DAY}, {self._day_sql()}::VARCHAR) AS {DAY}) FROM ({select})"
        self._require_all(self._written(connection, select, path, read, dictionaries=True), read)
        return self._staged(connection, read, path, typed=False)

    def _written(
        self, connection: duckdb.DuckDBPyConnection, select: str, path: Path, read: Parsed, *, dictionaries: bool
    ) -> int:
        row_bytes = self.arrival.content.bytes / max(read.rows, 1)
        return write.one_file(
            connection.execute, select, path, row_bytes=row_bytes,
            compression=self.job.options.compression, metadata=self.job.footer(self.of.name, self.of.contract),
            dictionaries=dictionaries,
        )  # fmt: skip

    def _require_all(self, rows: int, read: Parsed) -> None:
        """Two countings that share no code must agree; one that does not know the format sees what the other passes."""
        if rows != read.rows:
            raise BadInput(
                f"{self.arrival.file.name}: {counted(read.rows, 'record')} by its line ends, {rows:,} by its values",
                what="a quote in the middle of a value, or a line end within one, makes it mean two things",
                next="write the file with all quotes doubled inside quoted values (RFC 4180)",
                file=self.arrival.file.name,
            )

    def _staged(self, connection: duckdb.DuckDBPyConnection, read: Parsed, path: Path, *, typed: bool) -> Gathered:
        day = self.of.day(self.arrival.file, self._earliest(connection, read, path, typed=typed))
        return Gathered(self.arrival, day, path, typed, read.rows, read.excluded, read.unfit, read.lacking, read.beyond)

    def _earliest(self, connection: duckdb.DuckDBPyConnection, read: Parsed, path: Path, *, typed: bool) -> str | None:
        """The earliest time in what is staged, where that dates the file; without rows, the one they would have had."""
        if not self.of.accumulates or self.of.time is None:
            return None
        column = sql.name(self.of.time)
        value = f"timezone('UTC', {column})" if typed and self._zoned() else column if typed else self._time_sql()
        asked = f"SELECT min({value})::VARCHAR FROM {sql.parquet([str(path)])}"
        if read.inherited:
            asked = f"SELECT ({self._time_sql()})::VARCHAR FROM ({read.inherited})"
        found = connection.execute(asked).fetchone()
        return found[0] if found else None

    def _zoned(self) -> bool:
        return self.of.time is not None and self.of.contract.field(self.of.time).type == "TIMESTAMP WITH TIME ZONE"

    def _time_sql(self) -> str:
        """The time of a row of text, in UTC."""
        assert self.of.time is not None
        typed = exact.exactly(sql.name(self.of.time), "VARCHAR", self.of.contract.field(self.of.time).type)
        return f"timezone('UTC', {typed})" if self._zoned() else typed


def _is_day(field: Field) -> bool:
    return field.name == DAY and field.type == "DATE"


class _Workers:
    """Threads with a connection each; a signal heard while waiting for them stops them all."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, threads: int) -> None:
        self._connection = connection
        self._pool = ThreadPoolExecutor(threads, "parquetry-report")
        self._cursors: dict[int, duckdb.DuckDBPyConnection] = {}
        self._lock = Lock()
        self._begun: list[Future[Gathered]] = []

    def begin(self, work: _Gathering) -> Future[Gathered]:
        self._begun.append(self._pool.submit(lambda: work.gathered(self._own())))
        return self._begun[-1]

    def heard(self, future: Future[Gathered]) -> Gathered:
        """What *future* gives; unlike its own wait, this one hears signals."""
        while not future.done():
            wait([future], _LISTEN_SECONDS)
        return future.result()

    def _own(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if get_ident() not in self._cursors:
                self._cursors[get_ident()] = self._connection.cursor()
            return self._cursors[get_ident()]

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            for future in self._begun:
                future.cancel()
        while not all(future.done() for future in self._begun):
            with suppress(BaseException):  # somebody presses Ctrl-C twice
                for cursor in list(self._cursors.values()):
                    cursor.interrupt()
                wait(self._begun, _LISTEN_SECONDS)
        self._pool.shutdown()
        for cursor in self._cursors.values():
            cursor.close()
