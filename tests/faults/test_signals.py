"""Ctrl-C, SIGTERM and kill -9 at the moments that differ: the lake, the folder and the server are left clean."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import IO

import psycopg
import pytest

from parquetry.scratch import PREFIX

from .study import Ended, Study, ended, eventually, untouched

CODES = {signal.SIGINT: ("INTERRUPTED", 130), signal.SIGTERM: ("TERMINATED", 143)}
SIGNALS = list(CODES)
INSIDE = "tests.faults.inside"


def require_stopped(run: Ended, number: signal.Signals, lake: str) -> None:
    name, code = CODES[number]
    assert code == run.code, run
    assert f"error[{name} {code}]: " in run.err
    assert run.says("lake:").startswith(lake), run
    assert run.says("next:")
    assert "Traceback" not in run.err, run


def slow(study: Study) -> None:
    """People become a view that takes the server three seconds to count and three to send."""
    study.execute(
        "alter table people rename to persons",
        "create view people as select id, version + length(pg_sleep(0.06)::text) as version from persons",
    )


def outcome(study: Study) -> tuple[str, int | None]:
    """What the ledger says of the last run."""
    record = json.loads(max((study.lake / "_runs").glob("*.json")).read_bytes())
    return record["outcome"], record["exit_code"]


def wait_for(study: Study, condition: str) -> None:
    """Until a session of parquetry is in the state that *condition* describes."""

    def there() -> bool:
        with psycopg.connect(study.url) as admin:
            found = admin.execute(
                "select 1 from pg_stat_activity where application_name like 'parquetry/%' "
                f"and datname = current_database() and state = 'active' and {condition}".encode()
            ).fetchall()
        return bool(found)

    eventually(there, condition)


def wait_inside(process: subprocess.Popen[str]) -> None:
    stream: IO[str] | None = process.stderr
    assert stream is not None
    said = stream.readline()
    assert "inside\n" == said, said + stream.read()


@pytest.mark.parametrize("number", SIGNALS)
def test_while_waiting_for_a_locked_table(exported: Study, number: signal.Signals) -> None:
    with psycopg.connect(exported.url) as other, untouched(exported):
        other.execute("lock table people in access exclusive mode")
        process = exported.start("export")
        wait_for(exported, "wait_event_type = 'Lock'")
        process.send_signal(number)
        run = ended(process)
    require_stopped(run, number, "unchanged; current snapshot is 1 (")
    eventually(lambda: not exported.sessions(), "no session is left")
    assert CODES[number] == outcome(exported)


@pytest.mark.parametrize("number", SIGNALS)
def test_in_the_middle_of_a_copy(exported: Study, number: signal.Signals) -> None:
    slow(exported)
    with untouched(exported):
        process = exported.start("export", "--accept-drift")
        wait_for(exported, "query ilike '%copy%people%'")
        process.send_signal(number)
        run = ended(process)
    require_stopped(run, number, "unchanged; current snapshot is 1 (")
    eventually(lambda: not exported.sessions(), "no session is left")


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("what", ["work", "sleep"])
def test_in_the_middle_of_a_check(exported: Study, number: signal.Signals, what: str) -> None:
    """DuckDB answers a signal with an error of its own, which must not look like a mistake of ours."""
    with untouched(exported):
        process = exported.start("export", module=(INSIDE, "parquetry.contracts.check:check", what))
        wait_inside(process)
        process.send_signal(number)
        run = ended(process)
    require_stopped(run, number, "unchanged; current snapshot is 1 (")
    eventually(lambda: not exported.sessions(), "no session is left")
    assert CODES[number] == outcome(exported)


@pytest.mark.parametrize("place", ["parquetry.lake.commit:_publish", "parquetry.lake.commit:_link"])
def test_just_before_the_commit(exported: Study, place: str) -> None:
    with untouched(exported):
        run = exported.export(module=(INSIDE, place, "INT"))
    require_stopped(run, signal.SIGINT, "unchanged; current snapshot is 1 (")


@pytest.mark.parametrize("place", ["parquetry.lake.views:repair", "parquetry.catalog:build"])
def test_just_after_the_commit(exported: Study, place: str) -> None:
    """What is committed stays committed, and the message says so."""
    run = exported.export("--sync-duckdb", module=(INSIDE, place, "TERM"))
    require_stopped(run, signal.SIGTERM, "this run's snapshot is committed and stands; current snapshot is 2 (")
    again = exported.export()
    assert 0 == again.code, again
    assert 2 == len(list((exported.lake / "_manifests").iterdir()))
    assert () == exported.verified().problems
    assert [] == exported.left_behind()


@pytest.mark.parametrize("where", ["lock", "copy", "check", "publish", "link", "views"])
def test_kill_9(exported: Study, where: str) -> None:
    """Nothing is said any more, so the next run has to find everything in order."""
    inside = {
        "check": "parquetry.contracts.check:check", "publish": "parquetry.lake.commit:_publish",
        "link": "parquetry.lake.commit:_link", "views": "parquetry.lake.views:_swap",
    }  # fmt: skip
    before = exported.published()
    if where in inside:
        run = exported.export(module=(INSIDE, inside[where], "KILL"))
    else:
        with psycopg.connect(exported.url) as other:
            if where == "lock":
                other.execute("lock table people in access exclusive mode")
            else:
                slow(exported)
            process = exported.start("export", "--accept-drift")
            wait_for(exported, "wait_event_type = 'Lock'" if where == "lock" else "query ilike '%copy%people%'")
            process.kill()
            run = ended(process)
    assert -signal.SIGKILL == run.code, run
    eventually(lambda: not exported.sessions(), "no session is left")
    committed = where == "views"
    assert (before == exported.published()) == (not committed)
    if where == "copy":
        exported.execute("drop view people", "alter table persons rename to people")
    assert ("running", None) == outcome(exported)
    again = exported.export()
    assert 0 == again.code, again
    assert () == exported.verified().problems
    assert [] == exported.left_behind()


LONG = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"


def test_a_signal_in_a_query(exported: Study) -> None:
    output = exported.root / "rows.csv"
    output.write_text("before")
    process = exported.start("query", LONG, "--format", "csv", "-o", str(output))
    eventually(lambda: list(exported.root.glob(f"{PREFIX}*/rows")), "DuckDB writes")
    process.send_signal(signal.SIGINT)
    run = ended(process)
    require_stopped(run, signal.SIGINT, "current snapshot is 1 (")
    assert f"{output} is as it was" == run.says("file:")
    assert "before" == output.read_text()
    assert [] == list(exported.root.glob(f"{PREFIX}*"))


def test_a_signal_in_a_sync_and_in_a_diff(exported: Study) -> None:
    assert 0 == exported.run("sync").code
    run = exported.run("sync", module=(INSIDE, "parquetry.catalog:define", "INT"))
    require_stopped(run, signal.SIGINT, "unchanged; current snapshot is 1 (")
    assert run.says("lake:").endswith("; the catalog is as it was")
    run = exported.run("diff", "1", "1", module=(INSIDE, "parquetry.verbs.diff:compared", "TERM"))
    require_stopped(run, signal.SIGTERM, "current snapshot is 1 (")


def test_what_a_killed_query_left_goes_with_the_next(exported: Study) -> None:
    """Its rows may be people's. What a living one uses stays, however long it has been at it."""
    place = exported.root / "out"
    place.mkdir()
    line = ("query", LONG, "--format", "csv", "-o")
    dead, living = exported.start(*line, str(place / "a.csv")), exported.start(*line, str(place / "b.csv"))
    eventually(lambda: 2 == len(list(place.glob(f"{PREFIX}*/rows"))), "both write")
    dead.kill()
    ended(dead)
    for left in place.iterdir():
        assert "*\n" == (left / ".gitignore").read_text()
        os.utime(left, (0, 0))
    run = exported.run("query", "SELECT 1", "--format", "csv", "-o", str(place / "c.csv"))
    assert 0 == run.code, run
    assert 1 == len(list(place.glob(f"{PREFIX}*/rows")))
    living.send_signal(signal.SIGINT)
    assert 130 == ended(living).code
    assert ["c.csv"] == [path.name for path in place.iterdir()]


def test_what_killed_runs_left_of_records_and_catalogs_is_removed(exported: Study) -> None:
    left = [exported.lake / "_runs" / ".01M.json.1", exported.root / "data" / "duckdb" / ".analytics.duckdb.1"]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_text("unfinished")
        os.utime(path, (0, 0))
    young = left[0].with_name(".01N.json.2")
    young.write_text("somebody is writing it")
    run = exported.export("--sync-duckdb")
    assert 0 == run.code, run
    assert [young] == [path for path in (*left, young) if path.exists()]
