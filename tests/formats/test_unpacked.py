"""Compressed files are read as what they hold, wholly or not at all, within limits."""

from __future__ import annotations

import gzip
import sys
import zlib
from pathlib import Path

import pytest

from parquetry.errors import BadInput, MissingExtra
from parquetry.formats.shape import Shape

from .hostile_files import CSV
from .reading import read

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROWS = [("1", "x", 2), ("2", "y", 3), ("3", "z", 4)]
CHECKED: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}


def squeezed(data: bytes) -> bytes:
    return zstd.compress(data, options=CHECKED)


@pytest.mark.parametrize("name", ["r.csv.gz", "r.gz", "R.CSV.GZ", "r.csv.zst"])
def test_a_compressed_file_is_what_it_holds(tmp_path: Path, name: str) -> None:
    """Also in several members or frames, as `cat` and parallel compressors make them, and empty ones between."""
    pack = squeezed if name.endswith("zst") else gzip.compress
    path = tmp_path / name
    for data in (pack(CSV), pack(CSV[:5]) + pack(b"") + pack(CSV[5:])):
        path.write_bytes(data)
        assert ROWS == read(path, Shape("csv"))[1]
        assert data == path.read_bytes()


def test_much_in_little_is_read_in_pieces(tmp_path: Path) -> None:
    """Output that exceeds a block many times, for either library."""
    data = CSV + b"4,w\n" * 1_000_000
    for name, pack in (("r.csv.gz", gzip.compress), ("r.csv.zst", squeezed)):
        path = tmp_path / name
        path.write_bytes(pack(data))
        assert 1_000_003 == read(path, Shape("csv"))[0].rows


ZSTD = squeezed(CSV)
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (ZSTD[:-1], f"its zstd data end in the middle, at byte {len(ZSTD) - 1}"),
        (ZSTD[:10], "its zstd data end in the middle, at byte 10"),
        (ZSTD + ZSTD[:9], "its zstd data end in the middle"),
        (ZSTD[:-1] + bytes([ZSTD[-1] ^ 1]), "its zstd data are damaged"),
        (ZSTD + b"the rest", "bytes follow the end of its zstd data"),
        (CSV, "its zstd data are damaged"),
        (b"", "it is empty"),
        (squeezed(ZSTD), "compressed with zstd"),
        (squeezed(b"a,b\n1,\0\n"), "line 2, byte 6 (decompressed): a NUL byte"),
    ],
)
def test_damaged_zstd_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "r.csv.zst"
    path.write_bytes(data)
    with pytest.raises(BadInput) as refused:
        read(path, Shape("csv"))
    assert says in refused.value.failed
    path.write_bytes(SKIPPABLE + ZSTD + SKIPPABLE)
    assert ROWS == read(path, Shape("csv"))[1]


def test_zstd_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names what to install."""
    path = tmp_path / "r.csv.zst"
    path.write_bytes(ZSTD)
    monkeypatch.setitem(sys.modules, "compression" if sys.version_info >= (3, 14) else "backports", None)
    with pytest.raises(MissingExtra) as refused:
        read(path, Shape("csv"))
    assert "pip install 'parquetry[zstd]'" == refused.value.next


def bomb() -> bytes:
    """140 MB in 140 KB; zeros would be refused for being NULs."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([packer.compress(b"a,b\n"), *(packer.compress(b"1" * 2**20) for _ in range(140)), packer.flush()])


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "r.csv.gz"
    path.write_bytes(bomb())
    with pytest.raises(BadInput, match="a decompression bomb"):
        read(path, Shape("csv"))
    (copy,) = (tmp_path / "temp").iterdir()
    assert 100 * 2**20 <= copy.stat().st_size < 110 * 2**20
    copy.unlink()
    with pytest.raises(BadInput, match=r"more than [\d,]+ bytes when decompressed, and at most 5,000,000"):
        read(path, Shape("csv", max_bytes=5_000_000))
    (copy,) = (tmp_path / "temp").iterdir()
    assert copy.stat().st_size <= 5_000_000


def test_a_document_stops_at_its_own_limit(tmp_path: Path) -> None:
    path = tmp_path / "r.json.gz"
    path.write_bytes(gzip.compress(b"[" + b'{"a": 1},' * (4 * 2**20) + b'{"a": 2}]', 1))
    with pytest.raises(BadInput, match="at most 33,554,432 may be of a JSON document"):
        read(path, Shape("json"))
    (copy,) = (tmp_path / "temp").iterdir()
    assert copy.stat().st_size <= 32 * 2**20


def test_copies_are_private_and_named_apart(tmp_path: Path) -> None:
    """Several threads read files of the same name at once; what they hold may be personal."""
    path = tmp_path / "r.csv.gz"
    path.write_bytes(gzip.compress(CSV))
    for _ in range(2):
        read(path, Shape("csv"))
    copies = list((tmp_path / "temp").iterdir())
    assert 2 == len(copies)
    assert {0o600} == {copy.stat().st_mode & 0o777 for copy in copies}
