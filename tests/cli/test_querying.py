"""`query` and `sync` as a person types them: names and values, plans, charts, the source asked too."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars
import pytest

from parquetry.cli import plots
from parquetry.errors import Usage
from tests.verbs.conftest import App, app, template

from .test_shell import run, shell

__all__ = ["app", "shell", "template"]  # fixtures

QUERY = """-- Visits of one person, a day each.
-- @param person VARCHAR  who
SELECT "at"::date AS day, score FROM research.visits WHERE person = $person ORDER BY day
"""


@pytest.fixture(autouse=True)
def asked(app: App) -> None:
    app.export()
    (app.root / "queries").mkdir()
    (app.root / "queries/scores.sql").write_text(QUERY)


def test_names_and_values(shell: Any) -> None:
    assert ["scores", "  Visits of one person, a day each.", "  --param person VARCHAR  who"] == shell(
        "query", "--list"
    ).stdout.splitlines()
    document = json.loads(shell("query", "--list", "--json").stdout)
    assert "person" == document["queries"][0]["parameters"][0]["name"]
    done = shell("query", "--name", "scores", "--param", "person=p1", "--format", "csv")
    assert (0, 31) == (done.returncode, len(done.stdout.splitlines()))
    missing = shell("query", "--name", "scores")
    assert (2, True) == (missing.returncode, "--param person=VALUE" in missing.stderr)
    assert "did you mean 'person'" in shell("query", "--name", "scores", "-p", "persn=p1").stderr
    assert 2 == shell("query", "SELECT 1", "--param", "x").returncode
    document = json.loads(shell("query", "SELECT $a AS a", "-p", "a=b=c", "--json").stdout)
    assert [{"a": "b=c"}] == document["rows"]


def test_rows_of_no_dataset_are_signed_with_no_snapshot(shell: Any) -> None:
    assert "of no dataset, 1 row, " in shell("query", "SELECT 1").stderr
    assert "snapshot 1, 60 rows, " in shell("query", "FROM visits", "--format", "csv").stderr


def test_plans_and_comparisons(shell: Any, app: App) -> None:
    assert "READ_PARQUET" in shell("query", "SELECT count(*) FROM visits", "--explain").stdout
    done = shell("query", "SELECT count(*) FROM visits", "--compare", "postgres")
    assert (0, True) == (done.returncode, "the answers agree" in done.stdout)
    app.sql('delete from "Visit" where id = 4')
    done = shell("query", "SELECT count(*) FROM visits", "--compare", "postgres", "--json")
    assert (15, False) == (done.returncode, json.loads(done.stdout)["agree"])
    assert 2 == shell("query", "SELECT 1", "--explain", "--plot").returncode


def test_charts(shell: Any, app: App) -> None:
    line = ("query", "--name", "scores", "--param", "person=p1", "--plot")
    done = shell(*line)
    assert "score by day" in done.stdout.splitlines()[0]
    assert "█" in done.stdout
    assert 0 == shell(*line, "a.svg").returncode
    assert 30 == (app.root / "a.svg").read_text().count("<rect")
    assert 0 == shell(*line, "a.html").returncode
    assert "<svg" in (app.root / "a.html").read_text()
    assert 2 == shell(*line, "a.png").returncode
    assert "n by mood" in shell("query", "--plot", "SELECT mood, count(*) AS n FROM visits GROUP BY ALL").stdout


def test_the_catalog(shell: Any) -> None:
    assert "2 tables of snapshot 1" in shell("sync", "--mode", "table").stdout
    document = json.loads(shell("sync", "--mode", "auto", "--json").stdout)
    assert ("view", "scores: not measured, it needs a value") == (document["mode"], document["evidence"][0])
    assert "live" == json.loads(shell("sync", "--json", PARQUETRY_DUCKDB_MODE="live").stdout)["mode"]


def test_a_day_is_the_same_on_every_machine(shell: Any) -> None:
    """Of a moment with a zone, too: it is UTC's."""
    sql = "SELECT timestamptz '2026-03-08 02:30:00+00' AS t, t::DATE AS day, date_trunc('week', t)::DATE AS week"
    for zone in ("UTC", "America/New_York", "Pacific/Kiritimati"):
        done = shell("query", sql, "--format", "csv", TZ=zone)
        assert "2026-03-08 02:30:00+00,2026-03-08,2026-03-02" == done.stdout.splitlines()[1]


class TestOutput:
    LINE = ("query", "SELECT 1 AS a", "--format", "csv", "-o")

    def test_a_link_stays_one(self, shell: Any, app: App) -> None:
        (app.root / "link.csv").symlink_to("real.csv")
        assert 0 == shell(*self.LINE, "link.csv").returncode
        assert (True, "a\n1\n") == ((app.root / "link.csv").is_symlink(), (app.root / "real.csv").read_text())

    def test_a_pipe_with_a_name_is_written_into(self, shell: Any, app: App) -> None:
        """As is /dev/null, which must not become a file."""
        os.mkfifo(app.root / "pipe")
        reading = subprocess.Popen(["cat", "pipe"], cwd=app.root, stdout=subprocess.PIPE, text=True)
        assert 0 == shell(*self.LINE, "pipe").returncode
        assert "a\n1\n" == reading.communicate(timeout=60)[0]
        assert (app.root / "pipe").is_fifo()

    def test_a_folder_is_no_file(self, shell: Any, app: App) -> None:
        done = shell(*self.LINE, "queries")
        assert (2, True) == (done.returncode, "-o queries/rows.csv" in done.stderr)
        assert {"scores.sql"} == {path.name for path in (app.root / "queries").iterdir()}


def test_help_is_quick(tmp_path: Path) -> None:
    """Neither DuckDB nor polars is imported for it."""
    assert 0 == run("query", "--help", at=tmp_path).returncode


class TestPlots:
    def test_a_page_holds_nothing_of_the_values_as_markup(self) -> None:
        frame = polars.DataFrame({"<x>": ["<script>alert(1)</script>", "\x1b[31m&"], "n & m": [1.5, None]})
        drawn = plots.series(frame)
        picture = plots.in_file(drawn, ".svg")
        assert "svg" in ElementTree.fromstring(picture).tag
        assert not [w for w in ("<script", "\x1b") if w in picture or w in plots.in_file(drawn, ".html")]
        assert "\x1b" not in plots.on_terminal(drawn, 80)

    def test_bars_are_as_long_as_their_values(self) -> None:
        lines = plots.on_terminal(plots.series(polars.DataFrame({"a": ["x", "y", "z"], "n": [4, 2, None]})), 60)
        bars = [line.count("█") for line in lines.splitlines()[1:]]
        assert (True, 0) == (abs(bars[0] - 2 * bars[1]) <= 1 < bars[1], bars[2])

    def test_a_number_of_many_digits_is_told_without_an_exponent(self) -> None:
        drawn = plots.on_terminal(plots.series(polars.DataFrame({"a": ["x", "y"], "n": [1234567.891, 0.123456]})), 60)
        assert ["1,234,568", "0.1235"] == [line.split()[1] for line in drawn.splitlines()[1:]]

    def test_many_rows_are_a_line(self) -> None:
        frame = polars.DataFrame({"i": range(1000), "n": range(1000), "word": ["a"] * 1000})
        head, line, ends = plots.on_terminal(plots.series(frame), 80).splitlines()
        assert ("n by i, 0 to 999", 80, "▁", "█") == (head, len(line), line[0], line[-1])
        assert ends.startswith("0") and ends.endswith("999")

    def test_numbers_that_cannot_be_drawn_are_gaps(self) -> None:
        frame = polars.DataFrame({"i": range(50), "n": [float("nan") if i == 25 else float(i) for i in range(50)]})
        assert 2 == plots.svg(plots.series(frame)).count("<polyline")

    @pytest.mark.parametrize(
        "columns", [{"a": [1]}, {"a": ["x"], "b": ["y"]}, {"a": [], "b": []}, {"a": [1], "b": [float("nan")]}]
    )
    def test_nothing_to_draw(self, columns: dict[str, list[Any]]) -> None:
        with pytest.raises(Usage):
            plots.series(polars.DataFrame(columns))
