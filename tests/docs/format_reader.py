"""
A reader and verifier of lakes, written from docs/format.md alone: nothing of parquetry is imported.

What it computes is the independent truth for the manifests and digests that parquetry writes.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = tuple[Any, ...]

_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}


def current(lake: Path) -> dict[str, Any]:
    """The manifest of the highest number, its hash and its parent's checked."""
    number = max(int(path.stem) for path in (lake / "_manifests").glob("[0-9]" * 8 + ".json"))
    manifest = load(lake, number)
    if (lake / "_manifests" / f"{number - 1:08d}.json").exists():
        assert manifest["parent"] == load(lake, number - 1)["sha256"]
    return manifest


def load(lake: Path, number: int) -> dict[str, Any]:
    """One manifest. Raises AssertionError where it is not as it was written."""
    data = (lake / "_manifests" / f"{number:08d}.json").read_bytes()
    manifest: dict[str, Any] = json.loads(data)
    assert manifest["format"] == 1
    assert manifest["snapshot"] == number
    assert canonical(manifest) == data
    without = {key: value for key, value in manifest.items() if key != "sha256"}
    assert manifest["sha256"] == hashlib.sha256(canonical(without)).hexdigest()
    return manifest


def canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8") + b"\n"


def files(manifest: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Every file that a snapshot names, and the types of its columns by name."""
    for dataset in manifest["datasets"].values():
        types = {column["name"]: column["type"] for column in dataset["columns"]}
        for part in dataset["partitions"].values():
            account = part["account"]
            assert account["source"] == account["published"] + account["quarantined"] + account["excluded"]
            assert account["published"] == sum(file["rows"] for file in part["files"])
            assert part["position"] in manifest["positions"]
            yield from ((file, types) for file in part["files"])


def verify(lake: Path) -> int:
    """Read the current snapshot again, and give the number of its rows. Raises AssertionError."""
    rows = 0
    for file, types in files(current(lake)):
        data = (lake / file["path"]).read_bytes()
        assert len(data) == file["bytes"]
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        table = pq.read_table(lake / file["path"], partitioning=None)
        assert table.column_names == list(types)
        assert table.num_rows == file["rows"]
        assert digest(table, types) == file["digest"], file["path"]
        rows += table.num_rows
    return rows


def digest(table: pa.Table, types: Mapping[str, str]) -> str:
    """The digest of a table whose columns have the given lake *types*."""
    names = sorted(types)
    columns = [[text(value, types[name]) for value in plain(table.column(name))] for name in names]
    return f"{sum(number(row) for row in zip(*columns, strict=True)) % 2**128:032x}"


def number(row: Iterable[str | None]) -> int:
    told = "\0,".join("\0-" if value is None else value.replace("\0", "\0" + "0") for value in row)
    return int.from_bytes(hashlib.md5(told.encode("utf-8")).digest(), "little") // 2**32


def plain(column: pa.ChunkedArray) -> list[Any]:
    """Python values; times as microseconds, of which Python's own have no finer or earlier ones to lose."""
    kind = column.type
    if pa.types.is_list(kind):
        inner = kind.value_type
        if pa.types.is_timestamp(inner) or pa.types.is_time(inner):
            column = column.cast(pa.list_(pa.int64()))
    elif pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        column = column.cast(pa.int64())
    return list(column.to_pylist())


def text(value: Any, type_: str) -> str | None:
    """The text of one value; None for NULL."""
    if value is None:
        return None
    if type_.endswith("[]"):
        return "".join(_element(text(element, type_.removesuffix("[]"))) for element in value)
    if type_ in ("FLOAT", "DOUBLE"):
        return "nan" if value != value else struct.pack(">f" if type_ == "FLOAT" else ">d", value).hex().upper()
    if type_ == "BOOLEAN":
        return "true" if value else "false"
    if type_ == "BLOB":
        return str(value.hex().upper())
    if type_ == "DATE":
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    if type_.startswith("DECIMAL("):
        return f"{value:f}"
    assert type_ in _WHOLE or type_ == "VARCHAR" or type_.startswith("TIME"), type_
    return str(value)


def _element(told: str | None) -> str:
    return "-" if told is None else f"={len(told.encode('utf-8'))}:{told}"
