"""The command line as a script and a person meet it."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars
import pytest

from tests.verbs.conftest import App, app, template

__all__ = ["app", "template"]  # fixtures


def run(*arguments: str, at: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """One process, as a user would start it."""
    return subprocess.run(
        [sys.executable, "-m", "parquetry", *arguments],
        cwd=at,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PARQUETRY_RETRIES": "0", **(env or {})},
    )


@pytest.fixture
def shell(app: App) -> Any:
    (app.root / ".env").write_text(f"DATABASE_URL={app.url}\n")
    return lambda *arguments, **env: run(*arguments, at=app.root, env=env)


COMMANDS = [
    "doctor", "demo", "plan", "export", "validate", "sync", "query", "snapshots", "diff", "verify", "gc", "runs",
    "config", "completion",
]  # fmt: skip


def test_help_names_every_command(tmp_path: Path) -> None:
    done = run("--help", at=tmp_path)
    assert 0 == done.returncode
    for command in COMMANDS:
        assert f"  {command} " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    done = run(command, "--help", at=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
    assert "Usage: parquetry" in done.stdout


def test_the_main_job(shell: Any, app: App) -> None:
    """Data on stdout, everything else on stderr."""
    planned = shell("plan")
    assert "visits: 60 rows from table public.Visit" in planned.stdout
    done = shell("export", "--sync-duckdb")
    assert 0 == done.returncode, done.stderr
    assert "committed snapshot 1" in done.stdout
    assert "source 60 = published 60 + quarantined 0 + excluded 0" in done.stdout
    assert "person: 2 values (p1, p2)" in done.stdout
    assert "info lake.committed snapshot=1 datasets=2 rows=62" in done.stderr
    assert "nothing has changed" in shell("export").stdout
    assert "no problems" in shell("verify").stdout


@pytest.mark.parametrize("line", [("--json", "export"), ("export", "--json"), ("export", "people", "--json", "visits")])
def test_global_flags_work_anywhere(shell: Any, line: tuple[str, ...]) -> None:
    document = json.loads(shell(*line).stdout)
    assert (1, "export", 1, True) == tuple(document[k] for k in ("version", "command", "snapshot", "changed"))


def test_every_result_is_one_json_document(shell: Any) -> None:
    for line in (
        ["plan"], ["export"], ["sync"], ["query", "SELECT 1 AS one"], ["snapshots"], ["snapshots", "show"],
        ["snapshots", "tag", "t"], ["verify"], ["gc", "--keep", "1", "--dry-run"], ["runs"], ["config"],
    ):  # fmt: skip
        done = shell(*line, "--json")
        assert 0 == done.returncode, done.stderr
        json.loads(done.stdout)


def test_broken_rows(shell: Any, app: App) -> None:
    """Exit 10 and a message that says what, the state of the lake, and what next."""
    app.sql('update "Visit" set score = 101 where id = 3')
    done = shell("export")
    assert (10, "") == (done.returncode, done.stdout)
    assert "error[INVALID_DATA 10]: visits: 1 of 60 rows break the contract" in done.stderr
    assert "lake:  unchanged; no snapshot yet" in done.stderr
    assert "--non-strict" in done.stderr
    assert "Traceback" not in done.stderr
    again = shell("export", "--json")
    assert (10, "INVALID_DATA") == (again.returncode, json.loads(again.stdout)["error"]["code"])
    assert 11 == shell("export", "--non-strict").returncode


def test_no_validate_is_loud(shell: Any, app: App) -> None:
    app.sql('update "Visit" set score = 101 where id = 3')
    done = shell("export", "--no-validate")
    assert 0 == done.returncode
    assert "NO contract" in done.stdout
    assert "NOT CHECKED" in shell("snapshots", "show").stdout


def test_a_filtered_copy(shell: Any, app: App) -> None:
    assert 2 == shell("export", "visits", "--user-id", "p1").returncode
    app.sql('alter table "Visit" rename column person to "userId"')
    contract = app.root / "contracts/app.py"
    contract.write_text(contract.read_text().replace("person: str", "userId: str"))
    done = shell("export", "visits", "--user-id", "p1", "--as", "ada")
    assert 0 == done.returncode, done.stderr
    assert 30 == len(app.ids("ada"))
    assert 0 == shell("export", "visits", "--where", "mood=LOW", "--as", "low").returncode
    assert 20 == len(app.ids("low"))
    assert 2 == shell("export", "visits", "--where", "mood", "--as", "low").returncode


def test_current_follows_after_a_kill(shell: Any, app: App) -> None:
    """Killed between the commit and the views: the next command that looks mends them."""
    app.export()
    (app.lake.path / "current").unlink()
    assert 0 == shell("query", "SELECT 1").returncode
    assert (app.lake.path / "current/visits").is_dir()


class TestQuery:
    @pytest.fixture(autouse=True)
    def exported(self, app: App) -> None:
        app.export()

    def test_a_table(self, shell: Any) -> None:
        done = shell("query", "SELECT person, count(*) AS n FROM visits GROUP BY 1 ORDER BY 1")
        assert ["person   n", "──────  ──", "p1      30", "p2      30"] == done.stdout.splitlines()
        assert "snapshot 1, 2 rows" in done.stderr

    def test_formats(self, shell: Any, app: App) -> None:
        sql = "SELECT id, mood FROM visits ORDER BY id LIMIT 3"
        assert [["id", "mood"], ["0", "LOW"], ["1", "HIGH"], ["2", ""]] == list(
            csv.reader(io.StringIO(shell("query", sql, "--format", "csv").stdout))
        )
        assert {"id": 2, "mood": None} == json.loads(shell("query", sql, "--format", "json").stdout)[2]
        for form in ("parquet", "arrow"):
            assert 0 == shell("query", sql, "--format", form, "-o", f"out.{form}").returncode
        assert [0, 1, 2] == polars.read_parquet(app.root / "out.parquet")["id"].to_list()
        assert [0, 1, 2] == polars.read_ipc_stream(app.root / "out.arrow")["id"].to_list()

    def test_an_older_snapshot(self, shell: Any, app: App) -> None:
        app.sql('delete from "Visit" where id > 9')
        app.export()
        shell("snapshots", "tag", "before", "1")
        counts = [
            json.loads(shell("query", "SELECT count(*) AS n FROM visits", "--format", "json", *at).stdout)[0]["n"]
            for at in ([], ["--at", "1"], ["--at", "tag:before"])
        ]
        assert [10, 60, 60] == counts

    def test_mistakes(self, shell: Any) -> None:
        done = shell("query", "SELECT nonsense FROM visits")
        assert 2 == done.returncode
        assert "nonsense" in done.stderr
        assert 20 == shell("query", "SELECT 1", "--at", "99").returncode
        assert 2 == shell("query").returncode
        assert "queries:" in shell("query", "--name", "nothing").stderr

    def test_the_lake_is_out_of_reach_of_sql(self, shell: Any, app: App) -> None:
        """A query can't overwrite what was published."""
        before = (app.lake.path / next(app.lake.current().dataset("visits").files).path).read_bytes()
        target = app.lake.path / next(app.lake.current().dataset("visits").files).path
        shell("query", f"COPY (SELECT 1) TO '{target}' (FORMAT csv)")
        assert before == target.read_bytes()


def test_validate_a_file(shell: Any, app: App) -> None:
    app.export()
    app.lake.current().read("visits").with_columns(polars.lit(101).cast(polars.Int32).alias("score")).write_parquet(
        app.root / "bad.parquet"
    )
    line = ("validate", "bad.parquet", "--contract", "contracts.app:Visit", "--key", "id", "--junit", "report.xml")
    done = shell(*line)
    assert 10 == done.returncode
    assert "60 rows, 60 break contracts.app:Visit" in done.stdout
    suite = ElementTree.parse(app.root / "report.xml").getroot()
    assert ["score:le"] == [c.get("name", "")[:8] for c in suite if c.find("failure") is not None]


def test_validate_a_csv(shell: Any, app: App) -> None:
    """Cells are text until the contract says otherwise; nothing is sniffed."""
    (app.root / "people.csv").write_text('id,name\np1,"Ada"\np2,\n')
    assert 0 == shell("validate", "people.csv", "--contract", "contracts.app:Person").returncode
    (app.root / "visits.csv").write_text("id,at,person,mood,score\n1,2026-01-01,p1,LOW,5\n1,2026-01-01,p1,LOW,5.5\n")
    done = shell("validate", "visits.csv", "--contract", "contracts.app:Visit", "--key", "id")
    assert 10 == done.returncode
    assert "score:type" in done.stdout
    assert "id:unique" in done.stdout
    (app.root / "empty.csv").write_text("")
    assert 13 == shell("validate", "empty.csv", "--contract", "contracts.app:Person").returncode
    assert 13 == shell("validate", "none.csv", "--contract", "contracts.app:Person").returncode
    assert 2 == shell("validate", "people.csv", "--contract", "contracts.app:Person", "--key", "idd").returncode
    line = ("validate", "people.csv", "--contract", "contracts.app:Person", "--junit", "none/report.xml")
    assert 24 == shell(*line).returncode


def test_a_tag_stays_where_it_is(shell: Any, app: App) -> None:
    app.export()
    assert 0 == shell("snapshots", "tag", "paper").returncode
    app.sql('delete from "Visit" where id > 9')
    app.export()
    done = shell("snapshots", "tag", "paper")
    assert 2 == done.returncode
    assert "--move" in done.stderr
    assert {"paper": 1} == app.lake.tags
    assert 0 == shell("snapshots", "tag", "paper", "--move").returncode
    assert {"paper": 2} == app.lake.tags


def test_a_lake_that_is_a_file(shell: Any, app: App) -> None:
    """It is not a lake without snapshots."""
    app.lake.path.parent.mkdir()
    app.lake.path.write_text("")
    assert [24, 24] == [shell(command).returncode for command in ("snapshots", "verify")]


def test_a_typing_error(tmp_path: Path) -> None:
    done = run("exprot", at=tmp_path)
    assert 2 == done.returncode
    assert "Did you mean 'export'?" in done.stderr
    assert 2 == run("export", "--dayz", "3", at=tmp_path).returncode
    assert "2026-11-21" in run("export", "--since", "yesterday", at=tmp_path).stderr


def test_no_project(tmp_path: Path) -> None:
    done = run("export", at=tmp_path)
    assert 20 == done.returncode
    assert "parquetry.toml" in done.stderr


def test_no_colour_and_no_prompt_in_a_pipe(shell: Any) -> None:
    done = shell("export")
    assert "\x1b" not in done.stdout + done.stderr


def test_a_reader_that_has_seen_enough(app: App) -> None:
    """``parquetry query … | head -1`` is not an error."""
    app.export()
    line = f"{sys.executable} -m parquetry query 'FROM range(100000)' --format csv | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=app.root,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DATABASE_URL": app.url},
    )
    assert ("range\n", 0) == (done.stdout, done.returncode)
    assert "Traceback" not in done.stderr


def test_config_masks_secrets(shell: Any, app: App) -> None:
    done = shell("config", DATABASE_URL="postgresql://me:hunter2@db.example/app", LOG_LEVEL="debug")
    assert "hunter2" not in done.stdout + done.stderr
    assert "LOG_LEVEL" in done.stdout


def test_a_bug_is_one_line_and_a_log(app: App) -> None:
    """No traceback on the terminal; it is in the project's log."""
    (app.root / "contracts/app.py").write_text("raise KeyboardInterrupt")
    done = run("export", at=app.root, env={"DATABASE_URL": app.url})
    assert 130 == done.returncode
    assert "Traceback" not in done.stderr


class TestExactAnswers:
    """What a query prints or saves is what DuckDB computed, or text, or an error: never another value."""

    ODD = (
        "SELECT 1 AS a, 2 AS a, 'nan'::DOUBLE AS x, INTERVAL '1 month 2 hours' AS i, '\\x00ff'::BLOB AS b, "
        "TIME '24:00:00' AS t, TIMESTAMP '0044-03-15 (BC)' AS bc, TIMESTAMP 'infinity' AS never, [1, NULL] AS l, "
        "(SELECT sum(range) FROM range(5)) AS s"
    )

    @pytest.fixture(autouse=True)
    def exported(self, app: App) -> None:
        app.export("people")

    def test_as_json(self, shell: Any) -> None:
        row = json.loads(shell("query", self.ODD, "--json").stdout)["rows"][0]
        assert {
            "a": 1, "a_1": 2, "x": "nan", "i": "1 month 02:00:00", "b": "\\x00ff", "t": "24:00:00",
            "bc": "0044-03-15 (BC) 00:00:00", "never": "infinity", "l": [1, None], "s": 10,
        } == row  # fmt: skip
        bare = json.loads(shell("query", self.ODD, "--format", "json").stdout)[0]
        assert {**row, "x": "NaN"} == {**bare, "x": bare["x"].replace("nan", "NaN")}

    def test_as_csv_and_table(self, shell: Any) -> None:
        (row,) = csv.DictReader(io.StringIO(shell("query", self.ODD, "--format", "csv").stdout))
        assert ("1", "2", "nan", "1 month 02:00:00", "\\x00ff", "[1,null]") == tuple(
            row[k] for k in ("a", "a_1", "x", "i", "b", "l")
        )
        assert "infinity" in shell("query", self.ODD).stdout

    def test_as_files(self, shell: Any, app: App) -> None:
        for form in ("parquet", "arrow"):
            done = shell("query", self.ODD, "--format", form, "-o", f"odd.{form}")
            assert 0 == done.returncode, done.stderr
        frame = polars.read_parquet(app.root / "odd.parquet")
        assert ("1 month 02:00:00", "24:00:00") == (frame["i"][0], frame["t"][0])

    def test_an_integer_that_no_file_can_hold(self, shell: Any, app: App) -> None:
        """A double would be silently near."""
        sql = "SELECT 170141183460469231731687303715884105727::HUGEINT AS h"
        assert 2 == shell("query", sql, "--format", "parquet", "-o", "h.parquet").returncode
        assert not (app.root / "h.parquet").exists()
        assert "170141183460469231731687303715884105727" in shell("query", sql, "--format", "csv").stdout

    def test_one_statement(self, shell: Any) -> None:
        assert 2 == shell("query", "SELECT 1; SELECT 2").returncode
        assert 0 == shell("query", "SELECT 1;").returncode
        for sql in ("DESCRIBE people", "SUMMARIZE people", "SHOW TABLES"):
            assert 0 == shell("query", sql).returncode

    @pytest.mark.parametrize("line", [("query", "FROM range(99)"), ("query", "FROM range(99)", "--json"), ("config",)])
    def test_a_full_disk_at_the_other_end(self, app: App, line: tuple[str, ...]) -> None:
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "parquetry", *line], cwd=app.root, stdout=full, stderr=subprocess.PIPE,
                text=True, check=False, env={**os.environ, "DATABASE_URL": app.url},
            )  # fmt: skip
        assert 24 == done.returncode
        assert "Traceback" not in done.stderr


STARTS = """
import os, signal, sys
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from parquetry.cli import main
main(["config"])
"""


@pytest.mark.parametrize("name", ["click", "parquetry.cli.commands", "parquetry.errors", "parquetry.project"])
def test_ctrl_c_while_it_starts(name: str, tmp_path: Path) -> None:
    """Whatever is just being imported: one line and 130, as later on, and no traceback."""
    words = [sys.executable, "-c", STARTS.format(name=name)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (130, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error[INTERRUPTED 130]: ")
    assert "Traceback" not in done.stderr


def test_an_interrupt_that_the_caller_ignores_stays_ignored(tmp_path: Path) -> None:
    """As under nohup, or in the background of a script."""
    begins = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    words = [sys.executable, "-c", begins + STARTS.format(name="click")]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (20, False) == (done.returncode, "INTERRUPTED" in done.stderr)
