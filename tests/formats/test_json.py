"""JSON and JSON Lines keep every value as it is written, and say which row has not the shape that was declared."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parquetry.errors import BadInput, Config, SchemaDrift
from parquetry.formats.parsed import Unfit
from parquetry.formats.shape import Each, Shape, Variant, row_path, value_path

from .reading import AB, read, values

# As an index advisor writes it: the time around the recommendations is the time of each.
ADVICE = """
{"timestamp": "2025-10-28T04:00:00Z", "status": "healthy",
 "recommendations": [
  {"table": "embeddings", "index": "idx_vector", "estimated_speedup": 3.50, "cost": {"cpu": 1e3}},
  {"table": "docs", "index": null, "tags": ["a", {"n": 1.10}]}]}
"""
ADVISED = {"timestamp": "TIMESTAMP", "table_name": "VARCHAR", "estimated_speedup": "DOUBLE", "cpu": "DOUBLE",
           "tags": "JSON"}  # fmt: skip
ADVISOR = Shape(
    "json", rows="recommendations[*]", columns={"timestamp": "$.timestamp", "table_name": "table", "cpu": "cost.cpu"}
)


def test_rows_within_a_document_inherit_from_around_them(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(ADVICE)
    found, rows = read(path, ADVISOR, ADVISED)
    assert [
        ("2025-10-28T04:00:00Z", "embeddings", "3.50", "1e3", None, 1),
        ("2025-10-28T04:00:00Z", "docs", None, None, '["a",{"n":1.10}]', 2),
    ] == rows
    assert ((), ("index",)) == (found.lacking, found.beyond)


def test_a_report_of_nothing_has_no_rows(tmp_path: Path) -> None:
    """``"recommendations": []`` says that all is well."""
    path = tmp_path / "r.json"
    path.write_text('{"timestamp": "2025-10-27T17:14:03.597Z", "recommendations": []}')
    found, rows = read(path, ADVISOR, ADVISED, required=("timestamp", "table_name"))
    assert (0, 0, (), (), []) == (found.rows, found.excluded, found.unfit, found.lacking, rows)


# Two programs append to one file.
TWO = (
    '{"query": "SELECT 1", "duration_ms": 45}\n'
    '{"ts":"2025-10-21T21:42:33.528Z","query":"phase","timings":{"fts_ms":18.772375,"total_ms":433.778583},"n":10}\n'
    '{"query": "SELECT 2", "duration_ms": 52}\n'
)
SHAPES = (
    Variant({"ms": "timings.total_ms"}, when=("timings.total_ms",)),
    Variant({"ms": "duration_ms"}, when=("duration_ms",)),
)
TIMED = {"ts": "TIMESTAMP", "query": "VARCHAR", "ms": "DOUBLE"}


def test_a_file_may_mix_shapes(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(TWO)
    found, rows = read(path, Shape("jsonl", variants=SHAPES), TIMED)
    assert [
        (None, "SELECT 1", "45", 1),
        ("2025-10-21T21:42:33.528Z", "phase", "433.778583", 2),
        (None, "SELECT 2", "52", 3),
    ] == rows
    assert ("n",) == found.beyond
    left = (SHAPES[0], Variant(when=("duration_ms",), excluded=True))
    found, rows = read(path, Shape("jsonl", variants=left), TIMED)
    assert (1, 2, [2]) == (found.rows, found.excluded, [row[-1] for row in rows])


def test_a_path_of_a_shape_that_is_null_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"timings": {"total_ms": null}, "duration_ms": 6}\n{"duration_ms": null}\n')
    found, rows = read(path, Shape("jsonl", variants=SHAPES), TIMED)
    assert ([(None, None, "6", 1)], [2]) == (rows, [unfit.line for unfit in found.unfit])


def test_a_row_of_no_shape_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(TWO + '{"q": 1}\n[1]\n{"timings": 5, "duration_ms": 1}\n')
    found, rows = read(path, Shape("jsonl", variants=SHAPES), TIMED)
    assert (4, 4, 6) == (found.rows, len(rows), rows[-1][-1])
    assert (
        Unfit(4, '{"q": 1}', "it has the paths of no variant that is declared"),
        Unfit(5, "[1]", "a list where an object belongs"),
    ) == found.unfit
    found, rows = read(path, Shape("jsonl", columns={"ms": "timings.total_ms"}), TIMED)
    assert [Unfit(6, '{"timings": 5, "duration_ms": 1}', "'timings' is a number where an object belongs")] == list(
        found.unfit[1:]
    )
    (tmp_path / "r.json").write_text('[{"a": 1}, 7, {"a": 2}]')
    found, rows = read(tmp_path / "r.json", Shape("json"))
    assert ((Unfit(2, "7", "a number where an object belongs"),), [1, 3]) == (found.unfit, [r[-1] for r in rows])


def test_a_given_column_is_read_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": 1, "b": "x"}\n')
    found, rows = read(path, Shape("jsonl"), required=("a", "b"), given=("b",))
    assert ((), (), [("1", "x", 1)]) == (found.lacking, found.beyond, rows)


def test_too_many_rows_of_no_shape_refuse_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": 1}\n' + "2\n" * 1000)
    assert 1000 == len(read(path, Shape("jsonl"))[0].unfit)
    path.write_text('{"a": 1}\n' + "2\n" * 1001)
    with pytest.raises(BadInput, match="line 2, byte 9: the first of more than 1,000 lines"):
        read(path, Shape("jsonl"))


@pytest.mark.parametrize(
    "number",
    ["123456789012345678901234567890", "0.1000000000000000055", "-0.0", "1E400", "1.50", "9223372036854775808", "-0"],
)
def test_a_number_keeps_its_digits(tmp_path: Path, number: str) -> None:
    """None of these survives a double."""
    path = tmp_path / "r.jsonl"
    path.write_text(f'{{"a": {number}, "b": {{"x": [{number}]}}}}\n')
    assert [(number, f'{{"x":[{number}]}}', 1)] == read(path, Shape("jsonl"))[1]


def test_truth_and_nothing(tmp_path: Path) -> None:
    """``null`` and an absent key are NULL; the empty text, the word null and a quoted number are texts."""
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": true, "b": ""}\n{"b": "null"}\n{"a": null, "b": "1"}\n{"a": false, "b": false}\n')
    _, rows = read(path, Shape("jsonl"), {"a": "BOOLEAN", "b": "VARCHAR"})
    assert [("true", "", 1), (None, "null", 2), (None, "1", 3), ("false", "false", 4)] == rows


def test_a_key_in_no_row_is_lacking_and_in_some_is_null(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": 1}\n{"a": 2, "b": null}\n')
    assert () == read(path, Shape("jsonl"), required=("b",))[0].lacking
    path.write_text('{"a": 1}\n{"a": 2, "B": null}\n')
    assert ("b",) == read(path, Shape("jsonl"))[0].lacking
    with pytest.raises(SchemaDrift, match=r"r\.jsonl has no 'b'"):
        read(path, Shape("jsonl"), required=("b",))
    # Another variant's key of that name is not this column.
    variants = (Variant({"b": "x.y"}),)
    path.write_text('{"a": 1, "b": 5}\n')
    with pytest.raises(SchemaDrift, match=r"r\.jsonl has no 'b'"):
        read(path, Shape("jsonl", variants=variants), required=("b",))


def test_documents_of_one_object_and_of_a_list(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('\ufeff{"a": 1, "b": "x"}')
    assert [("1", "x", 1)] == read(path, Shape("json"))[1]
    path.write_text('[{"a": 1}, {"a": 2}]')
    assert [("1", None, 1), ("2", None, 2)] == read(path, Shape("json"))[1]
    path.write_text('{"x": [{"y": [{"a": 1}, {"a": 2}]}, {"y": []}, {"y": [{"a": 3}]}], "z": {"a": 4}}')
    assert ["1", "2", "3"] == [row[0] for row in read(path, Shape("json", rows="x[*].y[*]"))[1]]
    assert [("4", None, 1)] == read(path, Shape("json", rows="$.z"))[1]
    with pytest.raises(Config, match="x is a list") as refused:
        read(path, Shape("json", rows="x"))
    assert 'rows = "x[*]"' in refused.value.next
    path.write_text('{"x": [{"y": []}, {"y": true}]}')
    with pytest.raises(BadInput, match=r"x\[1\]\.y is true or false where a list belongs"):
        read(path, Shape("json", rows="x[*].y[*]"))


def test_paths() -> None:
    assert (False, ("a", "b")) == value_path("a.b")
    assert (True, ("time", "at")) == value_path("$.time.at")
    assert (False, ("a", "b.c", 'say "x"', "$.d", "e[*]")) == value_path(r'a."b.c"."say \"x\""."$.d"."e[*]"')
    assert (False, ("fts ms", "größe")) == value_path("fts ms.größe")
    assert ("a", "[*]", "b", "[*]") == row_path("a[*].b[*]") == row_path("$.a[*].b[*]")
    assert isinstance(row_path("a[*]")[1], Each)
    assert (("[*]",), ()) == (row_path("$[*]"), row_path(""))
    for wrong in ("", ".", "a.", ".a", "a..b", "a[0]", 'a"b', "a[*]", '"a', "$.", 'a"b".c', "[*]"):
        with pytest.raises(ValueError):
            value_path(wrong)


def test_keys_with_points_are_quoted_in_a_path(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"a.x": 1, "a": {"x": 2}, "b c": {"d": {"e": "x"}}}\n')
    assert [("1", "x", 1)] == read(path, Shape("jsonl", columns={"a": '"a.x"', "b": "b c.d.e"}))[1]
    assert [("1", "2", 1)] == read(path, Shape("jsonl", columns={"b": "a.x"}), {"a.x": "BIGINT", "b": "VARCHAR"})[1]
    with pytest.raises(Config, match="no path in JSON: a..b"):
        read(path, Shape("jsonl", columns={"a": "a..b"}))


def test_a_large_file_is_read_in_batches(tmp_path: Path) -> None:
    """And its rows stay in order."""
    path = tmp_path / "r.jsonl"
    with path.open("w") as file:
        file.writelines(f'{{"a": {i}, "b": "x"}}\n' for i in range(50_001))
    found, rows = read(path, Shape("jsonl"))
    assert 50_001 == found.rows
    assert [(str(i), "x", i + 1) for i in range(50_001)] == rows
    assert 3 == len(list((tmp_path / "temp").iterdir()))


JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | JSON_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JSON_TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40)
@given(st.lists(st.fixed_dictionaries({"a": JSON_VALUES, "b": JSON_VALUES}), min_size=1, max_size=5), st.booleans())
def test_whatever_json_holds_is_read_back(rows: list[dict[str, Any]], ascii_only: bool) -> None:
    """In both forms alike, and nested values are the same JSON again."""
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    fields = {"a": "VARCHAR", "b": "JSON"}
    with TemporaryDirectory() as folder:
        (jsonl := Path(folder) / "r.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (document := Path(folder) / "r.json").write_text(f'{{"rows": [{",".join(lines)}]}}', encoding="utf-8")
        _, found = read(jsonl, Shape("jsonl"), fields)
        assert found == read(document, Shape("json", rows="rows[*]"), fields)[1]
    for row, (a, b, _) in zip(rows, found, strict=True):
        for written, value in ((a, row["a"]), (b, row["b"])):
            if isinstance(value, str) or value is None:
                assert value == written
            else:
                again = json.loads(written)
                assert again == value
                assert not isinstance(value, float) or math.copysign(1, again) == math.copysign(1, value)


def test_types_are_the_contracts(tmp_path: Path) -> None:
    """A number that its column cannot hold exactly is a misfit, whatever JSON says of numbers."""
    path = tmp_path / "r.jsonl"
    path.write_text(
        '{"a": 9223372036854775807, "b": "x"}\n{"a": 9223372036854775808}\n{"a": 1.5}\n{"a": "7"}\n{"a": 1e3}\n'
    )
    assert [9223372036854775807, None, None, 7, None] == [row[0] for row in values(path, Shape("jsonl"), AB)]
