"""A database and report files in one project: one snapshot, one commit, references across both."""

from __future__ import annotations

import psycopg
import pytest

from parquetry import Project, Selection, export, plan
from parquetry.errors import InvalidData, Usage
from parquetry.verbs.sync import sync
from tests.reports.conftest import Reports
from tests.verbs.test_sync import reader

APP = """
[sources.app]
kind = "postgres"
url = "env:DATABASE_URL"

[datasets.hosts]
source = "app"
table = "hosts"
contract = "contracts.app:Host"
key = ["id"]

[datasets.perf.references]
note = "hosts.id"
"""

CONTRACT = """
from pandera.polars import DataFrameModel


class Host(DataFrameModel):
    id: str
"""


@pytest.fixture
def both(reports: Reports, database: str, monkeypatch: pytest.MonkeyPatch) -> Reports:
    monkeypatch.setenv("DATABASE_URL", database)
    reports.declare(APP)
    (reports.root / "contracts/app.py").write_text(CONTRACT)
    with psycopg.connect(database, autocommit=True) as server:
        server.execute("create table hosts (id text primary key)")
        server.execute("insert into hosts values ('x')")
    return reports


def test_one_run_commits_one_snapshot_of_both(both: Reports, database: str) -> None:
    both.days("2025-10-27", 2)
    exported = export(both.project, Selection())
    assert 1 == exported.snapshot
    assert {"hosts": 1, "perf": 2} == {d.name: d.read.published for d in exported.datasets}
    assert {"postgres", "files"} == {p["kind"] for p in exported.positions.values()}
    with psycopg.connect(database, autocommit=True) as server:
        server.execute("insert into hosts values ('y')")
    assert 2 == export(both.project).snapshot
    assert (2, 2) == (both.current.dataset("hosts").rows, both.current.dataset("perf").rows)


def test_a_bad_file_keeps_the_tables_from_being_published_too(both: Reports) -> None:
    """Datasets of one run belong together."""
    both.days("2025-10-27", 1)
    export(both.project)
    both.write("2025-10-28", "2025-10-28T01:00:00Z,-1,,")
    with pytest.raises(InvalidData):
        export(both.project)
    assert 1 == both.current.number


def test_references_lead_from_files_to_tables(both: Reports) -> None:
    both.write("2025-10-27", "2025-10-27T01:00:00Z,1,,x", "2025-10-27T02:00:00Z,1,,nobody")
    with pytest.raises(InvalidData, match="without the row of hosts") as caught:
        export(both.project)
    assert {"perf": {"note:references": 1}} == caught.value.facts["broken"]


def test_files_read_alone_are_held_against_the_tables_of_the_lake(both: Reports) -> None:
    both.write("2025-10-27", "2025-10-27T01:00:00Z,1,,x")
    export(both.project)
    both.write("2025-10-28", "2025-10-28T01:00:00Z,1,,nobody")
    done = export(both.project, Selection(("perf",)))
    assert (0, 2) == (done.exit_code, done.snapshot)
    assert "note: 1 row names no hosts.id of snapshot 1, which was read earlier (such as nobody); " in str(done)


def test_days_of_reports_leave_tables_alone(both: Reports) -> None:
    both.days("2025-10-27", 2)
    exported = export(both.project, Selection(historical=True))
    assert ["perf"] == [d.name for d in exported.datasets]
    assert ["perf"] == [d.name for d in plan(both.project, Selection(historical=True)).datasets]
    with pytest.raises(Usage, match="hosts is a table"):
        export(both.project, Selection(("hosts",), historical=True))


def test_a_live_catalog_shows_tables_live_and_files_as_published(
    both: Reports, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both.days("2025-10-27", 1)
    export(both.project)
    built = sync(Project.open(both.root), mode="live")
    assert {"hosts", "perf"} == set(built.views)
    with reader(built, monkeypatch) as catalog, psycopg.connect(database, autocommit=True) as server:
        server.execute("insert into hosts values ('later')")
        assert (2, 2) == catalog.execute("select (select count(*) from hosts), (select count(*) from perf)").fetchone()
