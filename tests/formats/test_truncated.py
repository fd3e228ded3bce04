"""
A file cut at any byte is refused, or is a whole file of fewer rows.

The latter cannot be seen from the file: CSV, JSON Lines and text that end with a line are whole. Compressed
files and documents of JSON say where they end, so no cut of those passes.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from parquetry.errors import BadInput
from parquetry.formats.shape import Shape

from .hostile_files import HEALTHY, JSON, JSONL, TEXT
from .reading import read
from .test_unpacked import squeezed

QUOTED = 'a,b\r\n1,"x, ""ü""\r\n and more"\r\n2,\r\n3,"z"\r\n'.encode()


@pytest.mark.parametrize(
    ("data", "shape"),
    [(QUOTED, Shape("csv")), (JSONL, HEALTHY["jsonl"][1]), (TEXT, HEALTHY["text"][1])],
    ids=["csv", "jsonl", "text"],
)
def test_a_cut_passes_only_at_the_end_of_a_row(tmp_path: Path, data: bytes, shape: Shape) -> None:
    path = tmp_path / "r"
    path.write_bytes(data)
    whole = read(path, shape)[1]
    passed = []
    for size in range(len(data)):
        path.write_bytes(data[:size])
        try:
            _, rows = read(path, shape)
        except BadInput:
            continue
        assert whole[: len(rows)] == rows
        passed.append(len(rows))
        assert data[:size].endswith(b"\n")
    assert [1, 2] == passed


@pytest.mark.parametrize("final", [True, False])
def test_without_a_final_newline_a_cut_within_a_value_cannot_be_seen(tmp_path: Path, final: bool) -> None:
    """Why a file without one is refused unless its writer is known to leave it out."""
    path = tmp_path / "r.csv"
    path.write_bytes(b"a,b\n1,x\n2,yel")
    if final:
        with pytest.raises(BadInput, match="may have been cut"):
            read(path, Shape("csv"))
    else:
        assert ("2", "yel", 3) == read(path, Shape("csv", final_newline=False))[1][-1]


@pytest.mark.parametrize(
    ("name", "data", "shape"),
    [
        ("r.csv.gz", gzip.compress(QUOTED), Shape("csv")),
        ("r.csv.zst", squeezed(QUOTED), Shape("csv")),
        ("r.json", JSON.rstrip(), HEALTHY["json"][1]),
        ("r.json", json.dumps([{"a": 1, "b": "ü"}, {"a": 2}], ensure_ascii=False).encode(), Shape("json")),
    ],
    ids=["gzip", "zstd", "json", "json list"],
)
def test_no_cut_passes_where_the_end_is_known(tmp_path: Path, name: str, data: bytes, shape: Shape) -> None:
    path = tmp_path / name
    for size in range(len(data)):
        path.write_bytes(data[:size])
        with pytest.raises(BadInput):
            read(path, shape)
    path.write_bytes(data)
    assert read(path, shape)[0].rows


@pytest.mark.parametrize("name", ["r.csv.gz", "r.csv.zst"])
def test_no_flipped_bit_of_what_is_held_passes(tmp_path: Path, name: str) -> None:
    """Both have a checksum over the data; bits of a gzip's own header, such as its time, mean nothing here."""
    pack = squeezed if name.endswith("zst") else gzip.compress
    path, data = tmp_path / name, pack(QUOTED)
    path.write_bytes(data)
    whole = read(path, Shape("csv"))[1]
    for bit in range(0, 8 * len(data), 3):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            rows = read(path, Shape("csv"))[1]
        except BadInput:
            continue
        assert whole == rows, bit
