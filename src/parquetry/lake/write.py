"""
Rows to Parquet in a private folder: one streaming `COPY`, split into partitions as it goes.

What is written here nobody reads yet. Checking it is `contracts.check`, publishing it `commit`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from parquetry.contracts import sql, types
from parquetry.errors import Storage
from parquetry.lake.digest import as_text, digest_sql, quoted

Compression = Literal["zstd", "snappy", "gzip", "none"]

_GROUP_BYTES = 6 * 2**20
"""
What a row group takes in the source. Every partition that rows are on their way to, and every thread,
holds up to one in memory. Measured with 300 bytes a row: 20,480 rows instead of DuckDB's 122,880 take
the process from 385 MB to 174, an hour's rows out of a month's file come in 5 ms instead of 23, reading
all of it takes no longer, and files grow by a hundredth.
"""

_ROWS = (512, 122_880)
_VECTOR = 2_048  # rows that DuckDB moves at once: a larger group is a multiple
_USUAL_ROW_BYTES = 300.0

_PARTITION = "__partition"
# Level 2 of zstd takes an eighth less of the processor than DuckDB's 3, for files of the same size.
_CODEC = {"none": "uncompressed", "zstd": "zstd, COMPRESSION_LEVEL 2"}
_FULL = ("No space left on device", "failed to offload data block", "Disk quota exceeded", "max_temp_directory_size")
_CLOSED = ("Permission denied", "Read-only file system")


@dataclass(frozen=True, slots=True)
class Written:
    """
    The files of one dataset in staging.

    Attributes:
        files: Partition key to its files; at least one file in all, if need be an empty one.
    """

    files: Mapping[str, tuple[Path, ...]]

    @property
    def paths(self) -> list[str]:
        return [str(path) for key in sorted(self.files) for path in self.files[key]]

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for paths in self.files.values() for path in paths)


def stage(
    execute: Callable[[str], object],
    select: str,
    schema: Mapping[str, str],
    folder: Path,
    *,
    key: str | None,
    order: Sequence[str] = (),
    row_bytes: float | None = None,
    compression: Compression = "zstd",
    metadata: Mapping[str, Any],
    dictionaries: bool = True,
) -> Written:
    """
    Run *select* and write what it gives.

    Args:
        execute: Runs SQL on the connection in which *select* means something.
        select: DuckDB SQL with just the columns of *schema* (name to DuckDB type), in order.
        folder: Made, and must not exist: what is in it afterwards is what was written.
        key: An expression over *schema* that gives each row's partition; None: all in ``all``.
        order: Columns to sort the rows by, see `lake.order`. Then each row group holds one stretch of
            them; the groups of a partition nearly, but not strictly, follow each other.
        row_bytes: What a row takes in the source, if that is known.
        metadata: Stored in each file's footer as text.
        dictionaries: Off where *select* may give 0 and -0, of which DuckDB's dictionary keeps one
            (https://github.com/duckdb/duckdb/issues/25781).

    Raises:
        Storage: The disk is full or not writable.
    """
    folder.mkdir(parents=True)
    rows = group_rows(row_bytes)
    options = f"{_options(compression, metadata)}, ROW_GROUP_SIZE {rows}"
    options += "" if dictionaries else ", DICTIONARY_SIZE_LIMIT 0"
    columns = ", ".join(map(quoted, schema))
    by = f" ORDER BY {', '.join(map(quoted, order))}" if order else ""
    if key is None:
        statement = f"COPY (SELECT {columns} FROM ({select}){by}) TO {literal(folder / 'all.parquet')} ({options})"
    else:
        statement = (
            f"COPY (SELECT {columns}, {key} AS {_PARTITION} FROM ({select}){by}) TO {literal(folder)} "
            f"({options}, PARTITION_BY ({_PARTITION}), FILENAME_PATTERN 'part_{{i}}')"
        )
    with translating(folder):
        # Holding rows back to keep the source's order takes 120 MB and puts no row group into a better one.
        execute("SET preserve_insertion_order = false")
        # Rows that a thread collects before it passes them on to their partitions; DuckDB's default is 524,288.
        execute(f"SET partitioned_write_flush_threshold = {rows}")
        execute(statement)
        if not any(folder.iterdir()):
            nothing = ", ".join(f"NULL::{type_} AS {quoted(name)}" for name, type_ in schema.items())
            execute(f"COPY (SELECT {nothing} WHERE false) TO {literal(folder / 'empty.parquet')} ({options})")
    return Written(dict(_found(folder)))


def one_file(
    execute: Callable[[str], duckdb.DuckDBPyConnection],
    select: str,
    path: Path,
    *,
    row_bytes: float | None = None,
    compression: Compression = "zstd",
    metadata: Mapping[str, Any],
    dictionaries: bool = True,
) -> int:
    """
    Write what *select* gives into just one file, in the order of its rows; gives how many there are.

    Args: As `stage` has them.

    Raises:
        Storage: The disk is full or not writable.
    """
    options = f"{_options(compression, metadata)}, ROW_GROUP_SIZE {group_rows(row_bytes)}"
    options += "" if dictionaries else ", DICTIONARY_SIZE_LIMIT 0"
    with translating(path.parent):
        written = execute(f"COPY ({select}) TO {literal(path)} ({options})").fetchone()
    return int(written[0]) if written else 0


def group_rows(row_bytes: float | None) -> int:
    """Rows of a row group, from what a row takes in the source."""
    least, most = _ROWS
    rows = int(_GROUP_BYTES / max(row_bytes or _USUAL_ROW_BYTES, 1.0))
    return min(max(rows // _VECTOR * _VECTOR if rows >= _VECTOR else rows, least), most)


@contextmanager
def translating(place: Path) -> Iterator[None]:
    """Let DuckDB's own words about the disk at *place*, or about memory, out as `Storage`; other errors pass."""
    try:
        yield
    except duckdb.Error as error:
        text = str(error)
        if any(sign in text for sign in _FULL):
            raise Storage(
                f"no space left for {place}", next="free some space (parquetry gc --dry-run), then run again"
            ) from error
        if any(sign in text for sign in _CLOSED):
            raise Storage(f"{place} cannot be written", next=f"check the rights of {place}") from error
        if isinstance(error, duckdb.OutOfMemoryException):
            raise Storage(
                f"not enough memory to write {place}",
                what=text.partition("\n")[0],
                next="raise memory_limit, or sort nothing: order = 'none'",
            ) from error
        raise


def literal(value: object) -> str:
    """A DuckDB string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def _options(compression: Compression, metadata: Mapping[str, Any]) -> str:
    pairs = ", ".join(
        f"{quoted(key)}: {literal(value if isinstance(value, str) else json.dumps(value, sort_keys=True))}"
        for key, value in metadata.items()
    )
    footer = f", KV_METADATA {{{pairs}}}" if pairs else ""
    return f"FORMAT parquet, COMPRESSION {_CODEC.get(compression, compression)}{footer}"


def _found(folder: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            yield entry.name.removeprefix(f"{_PARTITION}="), tuple(sorted(entry.iterdir()))
        else:
            yield entry.stem, (entry,)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the manifest says of one file's rows."""

    rows: int
    digest: str
    min: str | None
    max: str | None


def facts_sql(schema: Mapping[str, str], time: str | None) -> dict[str, str]:
    """The aggregates behind `Facts`, by name, so that a check can compute them in its own pass."""
    ends = {f"_{end}": _time_text(end, quoted(time), schema[time]) if time else "NULL" for end in ("min", "max")}
    return {"_digest": digest_sql(schema), **ends}


def _time_text(end: str, time: str, type_: str) -> str:
    """The least or greatest as ISO text in UTC; DuckDB's own text of a time with zone is in the session's."""
    if type_ == "VARCHAR":
        return f"{end}({types.usual(time)})"
    value = f"{end}({time})"
    return f"timezone('UTC', {value})::VARCHAR || '+00'" if type_ == "TIMESTAMP WITH TIME ZONE" else f"{value}::VARCHAR"


def facts_of(row: Mapping[str, Any]) -> Facts:
    """`Facts` from what the aggregates of `facts_sql`, and ``rows``, gave for one file."""
    return Facts(row["rows"], as_text(row["_digest"]), row["_min"], row["_max"])


def facts(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[str], schema: Mapping[str, str], time: str | None
) -> dict[str, Facts]:
    """The facts of each of *paths*, read again."""
    found = {}
    wanted = facts_sql(schema, time)
    for path in paths:
        read = connection.execute(
            f"SELECT count(*) AS rows, {', '.join(f'{value} AS {name}' for name, value in wanted.items())} "
            f"FROM read_parquet({sql.file(path)}, hive_partitioning = false)"
        ).fetchone()
        found[path] = facts_of(dict(zip(("rows", *wanted), read or (), strict=True)))
    return found
