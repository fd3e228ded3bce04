"""CSV gives back exactly what its writer wrote, as text, or is refused; the count is not DuckDB's."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parquetry.errors import BadInput, Config, SchemaDrift
from parquetry.formats._glance import Glance
from parquetry.formats._quotes import Signs
from parquetry.formats.parsed import parsed
from parquetry.formats.shape import Shape

from .reading import AB, CONNECTION, contract, read

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
NASTY = st.lists(
    st.sampled_from(['"', ",", ";", "\n", "\r\n", "\r", " ", "a", "ü", "𝄞", "\ufeff", "'", "\\", "NA", "#"])
).map("".join)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], dict[str, object]]:
    width = draw(st.integers(1, 4))
    cell = st.one_of(TEXT, NASTY)
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=12))
    dialect: dict[str, object] = {
        "delimiter": draw(st.sampled_from(",;\t|")),
        "quotechar": draw(st.sampled_from("\"'")),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n"])),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
    }
    return rows, dialect


@settings(max_examples=50)
@given(tables(), st.booleans(), st.booleans())
def test_what_pythons_writer_writes_is_read_back(
    table: tuple[list[list[str]], dict[str, object]], final: bool, mark: bool
) -> None:
    """Whatever is in the values: quotes, line ends, delimiters, marks; and each row is where it was."""
    rows, dialect = table
    names = [f"c{i}" for i in range(len(rows[0]))]
    written = io.StringIO(newline="")
    if any("\r" in cell or "\n" in cell for row in rows for cell in row):
        dialect["quoting"] = csv.QUOTE_ALL  # it leaves a line end bare that is not the one it writes itself
    csv.writer(written, **dialect).writerows([names, *rows])  # type: ignore[arg-type]
    data = written.getvalue().encode()
    if not final:
        data = data[: -len(str(dialect["lineterminator"]))]
    shape = Shape(
        "csv", delimiter=str(dialect["delimiter"]), quote=str(dialect["quotechar"]), null=(), final_newline=final
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.csv"
        path.write_bytes((codecs.BOM_UTF8 if mark else b"") + data)
        _, found = read(path, shape, dict.fromkeys(names, "VARCHAR"))
    assert [(*row, i) for i, row in enumerate(rows, 2)] == found


ALPHABET = st.lists(st.sampled_from([b'"', b'"', b",", b"\n", b"\r\n", b"a", b"1"]), max_size=25).map(b"".join)


@settings(max_examples=200)
@given(ALPHABET)
@example(b'5",x\n6,"y\n')
@example(b'5",6"\n')
@example(b'"a,"b",c"\n')
@example(b'"a,"",b",1\n')
@example(b',",\n')
@example(b"1,2,\n")
@example(b'1,2,""\n')
@example(b'1,",",\n')
@example(b"1\n1,2,\n")
def test_no_reading_of_any_bytes_loses_or_joins_rows(data: bytes) -> None:
    """What is accepted is what Python's strict reader finds in it too; DuckDB and the count agree in `read`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.csv"
        path.write_bytes(b"a,b\n" + data)
        try:
            found = parsed(
                path, Shape("csv", null=()), contract(dict.fromkeys("ab", "VARCHAR")), Path(folder), name="r.csv"
            )
            with CONNECTION.cursor() as connection:
                rows = connection.execute(found.select).fetchall()
        except (BadInput, duckdb.InvalidInputException):
            return
        if len(rows) != found.rows:  # which a run refuses
            return
        text = data.decode()
    assert [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)] == rows
    unquoted = text.split('"')[::2]
    assert '""' not in ",".join(unquoted)
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    assert list(csv.reader(io.StringIO(written.getvalue(), newline=""))) == [list(row) for row in rows]


@settings(max_examples=200)
@given(ALPHABET, st.sampled_from([b"\n", b"\r\n"]))
def test_a_glance_never_sees_more_than_is_there(data: bytes, ends: bytes) -> None:
    """Where a glance is enough, every line is a record, none is blank, and all end alike."""
    data = data.replace(b"\r\n", b"\n").replace(b"\n", ends) + ends
    if Glance(Signs(b",", b'"', ends), 2).sound(data):
        lines = data.split(ends)[:-1]
        assert all(line.count(b'"') % 2 == 0 for line in lines)
        # A blank line that is made up for by one too wide: DuckDB's count of rows is another than ours then.
        assert all(lines) or any(line.count(b",") > 1 for line in lines)
        assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_columns_go_by_name(tmp_path: Path) -> None:
    """An order other than the contract's is fine, names may differ as declared, and case counts."""
    path = tmp_path / "r.csv"
    path.write_bytes(b"B,b,Quelle,more\nno,x,7,!\n")
    found, rows = read(path, Shape("csv", columns={"a": "Quelle"}))
    assert [("7", "x", 2)] == rows
    assert ((), ("B", "more")) == (found.lacking, found.beyond)


def test_a_nullable_column_may_be_lacking_and_another_may_not(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(b"a\n7\n")
    found, rows = read(path, Shape("csv"))
    assert (("b",), [("7", None, 2)]) == (found.lacking, rows)
    with pytest.raises(SchemaDrift) as refused:
        read(path, Shape("csv", columns={"b": "A"}), required=("b",))
    assert "r.csv has no 'A'" in refused.value.failed
    path.write_bytes(b"a,bee_count\n7,1\n")
    with pytest.raises(SchemaDrift, match=r"no 'bee_counts'; did you mean 'bee_count'\?"):
        read(path, Shape("csv", columns={"b": "bee_counts"}), required=("b",))


def test_a_column_that_is_given_is_not_asked_for_and_read_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(b"a\n7\n")
    found, rows = read(path, Shape("csv"), required=("a", "b"), given=("b",))
    assert ((), [("7", None, 2)]) == (found.lacking, rows)
    path.write_bytes(b"a,b\n7,8\n")
    found, rows = read(path, Shape("csv"), required=("a", "b"), given=("b",))
    assert ((), [("7", "8", 2)]) == (found.beyond, rows)


def test_words_for_null(tmp_path: Path) -> None:
    """Quoted or not; without one, an empty value is an empty text."""
    path = tmp_path / "r.csv"
    path.write_bytes(b'a,b\n,NA\n"","NA"\nn/a,na\n')
    assert [(None, "NA", 2), (None, "NA", 3), ("n/a", "na", 4)] == read(path, Shape("csv"))[1]
    assert [("", None, 2), ("", None, 3), (None, "na", 4)] == read(path, Shape("csv", null=("NA", "n/a")))[1]
    assert [("", "NA", 2), ("", "NA", 3), ("n/a", "na", 4)] == read(path, Shape("csv", null=()))[1]


def test_what_need_not_be_refused_is_accepted_when_declared(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(b"a,b\n")
    found, rows = read(path, Shape("csv", empty=True), required=("a",))
    assert (0, []) == (found.rows, rows)
    path.write_bytes(b"a,b")
    assert [] == read(path, Shape("csv", empty=True, final_newline=False))[1]
    path.write_bytes(b'a,b\n1,"x')
    with pytest.raises(BadInput, match="does not end"):
        read(path, Shape("csv", final_newline=False))


def test_without_a_quote_nothing_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(b'a|b\n1|5" x 6"\n2|"\n')
    assert [("1", '5" x 6"', 2), ("2", '"', 3)] == read(path, Shape("csv", delimiter="|", quote=""))[1]


def test_other_encodings_are_decoded_strictly(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    for encoding in ("utf-16", "utf-16-be", "latin-1", "cp1252", "utf-8-sig", "shift_jis"):
        path.write_bytes("a,b\n1,§x\n".encode(encoding))
        assert [("1", "§x", 2)] == read(path, Shape("csv", encoding=encoding))[1], encoding
    path.write_bytes(b"a,b\n1,\x81\n")
    with pytest.raises(BadInput, match="r.csv: byte 6: not cp1252"):
        read(path, Shape("csv", encoding="cp1252"))
    path.write_bytes("a,b\n1,x\n".encode("utf-16-le")[:-1])
    with pytest.raises(BadInput, match="r.csv: byte 14: not utf-16-le"):
        read(path, Shape("csv", encoding="utf-16-le"))
    for encoding in ("rot13", "klingon", "hex", "zlib"):
        with pytest.raises(Config, match=f"no encoding of text '{encoding}'"):
            read(path, Shape("csv", encoding=encoding))


def test_a_place_counts_every_line_before_it(tmp_path: Path) -> None:
    """DuckDB counts records, and reads large files in pieces; the message says lines."""
    path = tmp_path / "r.csv"
    block = b'1,"x\ny"\n' * 300_000
    path.write_bytes(b"a,b\n" + block + b"1,2,3\n" + block)
    with pytest.raises(BadInput) as refused:
        read(path, Shape("csv"))
    assert (600_002, 4 + len(block)) == (refused.value.facts["line"], refused.value.facts["byte"])


def test_records_over_many_lines_and_lines_longer_than_a_block(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    long, tall = "x" * 3_000_000, "y\n" * 2_000_000
    path.write_text(f'a,b\n1,{long}\n2,"{tall}"\n3,z\n')
    _, rows = read(path, Shape("csv"))
    assert [("1", long, 2), ("2", tall, 3), ("3", "z", 4)] == rows
    path.write_text(f'a,b\n1,x\n2,"{tall}"\n3,z\n')
    with pytest.raises(BadInput, match="line 3, byte 10: a record of more than 1,000,000 bytes"):
        read(path, Shape("csv", max_line=1_000_000))


def test_names_that_a_pattern_could_mean_are_only_names(tmp_path: Path) -> None:
    folder = tmp_path / "year=2025"
    folder.mkdir()
    for name in ("r[1].csv", "r*.csv", "r?.csv", "it's.csv", "{r1,x}.csv"):
        (folder / "r1.csv").write_bytes(b"a,b\n9,wrong\n")
        (folder / name).write_bytes(b"a,b\n1,right\n")
        assert [("1", "right", 2)] == read(folder / name, Shape("csv"))[1]


def test_files_are_read_side_by_side(tmp_path: Path) -> None:
    """Threads share a folder for what they unpack, and nothing else."""
    for i in range(16):
        (tmp_path / f"{i}.csv.gz").write_bytes(gzip.compress(b"a,b\n" + f"{i},x\n".encode() * 2000))

    def one(i: int) -> set[tuple[object, ...]]:
        found = parsed(tmp_path / f"{i}.csv.gz", Shape("csv"), contract(AB), tmp_path, name=f"{i}.csv.gz")
        with CONNECTION.cursor() as connection:
            rows = connection.execute(found.select).fetchall()
        assert 2000 == found.rows == len(rows)
        return set(rows)

    with ThreadPoolExecutor(4) as pool:
        assert [{(str(i), "x")} for i in range(16)] == list(pool.map(one, range(16)))
