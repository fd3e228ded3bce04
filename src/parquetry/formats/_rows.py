"""Rows of text on their way into private Parquet, a batch at a time, so that memory stays flat."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parquetry.contracts import Contract, sql
from parquetry.contracts.sql import name
from parquetry.errors import BadInput, Storage
from parquetry.formats._normal import normalised
from parquetry.formats._place import Plain
from parquetry.formats.parsed import LINE, MOST_UNFIT, Parsed, Unfit
from parquetry.formats.shape import Shape

_BATCH = 20_000
_BATCH_CHARACTERS = 32 * 2**20


@dataclass(slots=True)
class Rows:
    """
    What was read of one file: `add` rows, `leave` and `unfit` the others, then ask for `parsed`.

    Attributes:
        columns: The contract's columns that the rows have values for, in order.
        temp: Where their text goes.
    """

    plain: Plain
    columns: Sequence[str]
    temp: Path
    rows: int = 0
    excluded: int = 0
    _unfit: list[Unfit] = field(default_factory=list)
    _lines: list[int] = field(default_factory=list)
    _values: list[Sequence[str | None]] = field(default_factory=list)
    _characters: int = 0
    _files: list[Path] = field(default_factory=list)
    _first: tuple[int, int] = (1, 0)

    def add(self, line: int, values: Sequence[str | None]) -> None:
        """A row; *values* in the order of `columns`."""
        self._lines.append(line)
        self._values.append(values)
        self.rows += 1
        self._characters += sum(map(len, filter(None, values)))
        if len(self._lines) >= _BATCH or self._characters >= _BATCH_CHARACTERS:
            self._flush()

    def unfit(self, line: int, byte: int, text: str, says: str) -> None:
        """
        A line that is none of those declared.

        Raises:
            BadInput: It is one too many: what is declared is not what the file has.
        """
        if not self._unfit:
            self._first = line, byte
        self._unfit.append(Unfit(line, text[:80], says))
        if len(self._unfit) > MOST_UNFIT:
            raise self._wrong(f"the first of more than {MOST_UNFIT:,} lines that are none of those declared: {says}")

    def parsed(self, shape: Shape, contract: Contract, lacking: Collection[str], beyond: Sequence[str]) -> Parsed:
        """
        The result.

        Raises:
            BadInput: Nothing but lines that do not fit.
        """
        if self._unfit and not self.rows:
            first = self._unfit[0]
            raise self._wrong(f"none of its lines is one of those declared; the first: {first.says}")
        self._flush()
        place = {column: f"c{i}" for i, column in enumerate(self.columns)}
        values = ", ".join(
            (normalised(place[f.name], f.type, shape) if f.name in place and f.name not in lacking else "NULL::VARCHAR")
            + f" AS {name(f.name)}"
            for f in contract.fields
        )
        table = f"read_parquet({sql.files(map(str, self._files))}, hive_partitioning = false)"
        if not self._files:
            empty = ", ".join(["NULL::BIGINT AS line", *(f"NULL::VARCHAR AS {c}" for c in place.values())])
            table = f"(SELECT {empty} LIMIT 0)"
        return Parsed(
            self.rows, self.excluded, tuple(self._unfit),
            select=f"SELECT {values} FROM {table}",
            numbered=f"SELECT {values}, line AS {name(LINE)} FROM {table}",
            lacking=tuple(lacking),
            beyond=tuple(beyond),
        )  # fmt: skip

    def _wrong(self, says: str) -> BadInput:
        line, byte = self._first
        return self.plain.wrong(says, byte, line=line, next="correct what the dataset declares, or the file")

    def _flush(self) -> None:
        if not self._lines:
            return
        # Late: a run of CSV files alone needs no polars here.
        import polars

        frame = polars.DataFrame(
            {"line": self._lines, **{f"c{i}": column for i, column in enumerate(zip(*self._values, strict=True))}},
            schema={"line": polars.Int64, **{f"c{i}": polars.String for i in range(len(self.columns))}},
        )
        path = self.temp / f"{uuid.uuid4().hex}.parquet"
        try:
            frame.write_parquet(path, compression="lz4", statistics=False)
        except OSError as error:
            raise Storage(
                f"no room to unpack {self.plain.name}", what=error.strerror or str(error), next="free some space"
            ) from error
        self._files.append(path)
        self._lines, self._values, self._characters = [], [], 0
