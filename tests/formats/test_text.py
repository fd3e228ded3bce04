"""Text of a declared grammar: lines that match are rows, ignored ones are counted, all others are set aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from parquetry.errors import BadInput, Config, SchemaDrift
from parquetry.formats.parsed import Unfit
from parquetry.formats.shape import Shape

from .reading import read

SUMMARY = """\
# nightly optimization
[2025-10-28T04:00:00Z] vacuum pages_freed=1234 {"table": "docs"}

[2025-10-28T04:00:07Z] analyze ratio=0.93
[2025-10-28T04:00:09Z] lost connection
[2025-10-28T04:01:00Z] vacuum pages_freed=- {}
"""
LINE = r"\[(?P<timestamp>[^\]]+)\] (?P<event>\w+) (?P<metric_name>\w+)=(?P<value>\S+)(?: (?P<metadata>\{.*\}))?"
SHAPE = Shape("text", line=LINE, ignore="#.*", null=("", "-"), columns={"event_type": "event", "metric_value": "value"})
FIELDS = {"timestamp": "TIMESTAMP", "event_type": "VARCHAR", "metric_value": "DOUBLE", "metadata": "JSON"}


def test_lines_become_rows(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text(SUMMARY)
    found, rows = read(path, SHAPE, FIELDS)
    assert [
        ("2025-10-28T04:00:00Z", "vacuum", "1234", '{"table": "docs"}', 2),
        ("2025-10-28T04:00:07Z", "analyze", "0.93", None, 4),
        ("2025-10-28T04:01:00Z", "vacuum", None, "{}", 6),
    ] == rows
    says = "it does not match the line that the dataset declares"
    assert (Unfit(5, "[2025-10-28T04:00:09Z] lost connection", says),) == found.unfit
    assert (3, 2, ("metric_name",)) == (found.rows, found.excluded, found.beyond)


def test_every_line_is_a_row_or_left_out_or_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes(SUMMARY.replace("\n", "\r\n").encode() * 300)
    found, rows = read(path, SHAPE, FIELDS)
    assert (900, 600, 300) == (found.rows, found.excluded, len(found.unfit))
    assert 6 * 300 == found.rows + found.excluded + len(found.unfit)
    assert len(rows) == found.rows


def test_text_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    for text in ("", "\n", "# nothing\n"):
        path.write_text(text)
        with pytest.raises(BadInput, match="it has no row"):
            read(path, SHAPE, FIELDS)
        assert [] == read(path, Shape("text", line=LINE, ignore="#.*", empty=True), {"timestamp": "TIMESTAMP"})[1]


def test_a_long_line_is_shown_in_part(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text(SUMMARY + "x" * 500 + "\n")
    assert "x" * 80 == read(path, SHAPE, FIELDS)[0].unfit[-1].text


def test_a_grammar_lacks_what_the_contract_needs(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text(SUMMARY)
    assert ("host",) == read(path, SHAPE, {**FIELDS, "host": "VARCHAR"})[0].lacking
    with pytest.raises(SchemaDrift, match=r"r\.txt has no 'values'; did you mean 'value'\?"):
        read(path, Shape("text", line=LINE, columns={"v": "values"}), {"v": "DOUBLE"}, required=("v",))
    with pytest.raises(Config, match="line is no regular expression"):
        read(path, Shape("text", line="(?P<a>"), FIELDS)


def test_half_a_line_is_no_match(tmp_path: Path) -> None:
    """The grammar is of the whole line, so that nothing behind it is lost."""
    path = tmp_path / "r.txt"
    path.write_text("1\n1 and more\n")
    found, rows = read(path, Shape("text", line=r"(?P<a>\d+)"), {"a": "BIGINT"})
    assert ([("1", 1)], [2]) == (rows, [u.line for u in found.unfit])
