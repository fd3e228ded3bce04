"""Whether the lake is as fresh as the project says: a question that a scheduler can ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from parquetry import Project
from parquetry.errors import NoSuchDataset
from parquetry.verbs.status import Status, status
from tests.reports.conftest import Reports

LOG = """
[datasets.log]
source = "reports"
files = "log.csv"
contract = "contracts.ops:Event"
time = "at"
every = "1 day"
"""
MORNING = datetime(2025, 10, 29, 6, tzinfo=UTC)


def asked(reports: Reports, now: datetime = MORNING, **flags: object) -> Status:
    return status(Project.open(reports.root, **flags), now=now)


def test_yesterdays_report_is_enough(reports: Reports) -> None:
    """A report of a day exists when the day is over, and the next one is due when its day is."""
    reports.days("2025-10-27", 2)
    reports.load()
    assert 0.0 == asked(reports).datasets[0].late_seconds
    assert 0 == asked(reports).exit_code
    assert 0 == asked(reports, datetime(2025, 10, 30, tzinfo=UTC)).exit_code
    late = asked(reports, datetime(2025, 10, 30, 2, tzinfo=UTC))
    assert 7200.0 == late.datasets[0].late_seconds
    assert 15 == late.exit_code
    assert "LATE by 2.0 h" in str(late)


def test_what_never_came_is_stale(reports: Reports) -> None:
    found = asked(reports)
    assert 15 == found.exit_code
    assert found.datasets[0].published is None
    assert "no snapshot yet" in str(found)


def test_without_a_rhythm_nothing_is_late(reports: Reports) -> None:
    file = reports.root / "parquetry.toml"
    file.write_text(file.read_text().replace('every = "1 day"', ""))
    reports.days("2025-10-27", 1)
    reports.load()
    found = asked(reports, MORNING + timedelta(days=1000))
    assert found.datasets[0].late_seconds is None
    assert 0 == found.exit_code


def test_rows_are_held_against_what_is_usual(reports: Reports) -> None:
    reports.days("2025-10-20", 8)
    reports.write("2025-10-28", *(f"2025-10-28T01:00:{n:02d}Z,1,," for n in range(9)))
    reports.load()
    dataset = asked(reports).datasets[0]
    assert (9, 2.0, True) == (dataset.rows, dataset.usual_rows, dataset.unusual)
    assert 0 == asked(reports).exit_code, "told, and no reason to call somebody"


def test_a_lake_beyond_its_limit_asks_for_attention(reports: Reports) -> None:
    reports.days("2025-10-27", 2)
    reports.load()
    assert 15 == asked(reports, lake_limit="1KB").exit_code
    assert asked(reports).bytes == sum(f.bytes for f in reports.current.dataset("perf").files)


def test_a_failed_run_since_is_told(reports: Reports) -> None:
    reports.days("2025-10-27", 2)
    reports.load()
    (reports.root / "g/daily/perf_20251029.csv").write_text("<html>")
    with pytest.raises(Exception, match="perf_20251029"):
        reports.load()
    assert "BAD_INPUT" in asked(reports).datasets[0].failed
    assert "BAD_INPUT" in str(asked(reports))


def test_a_name_that_nobody_declared(reports: Reports) -> None:
    with pytest.raises(NoSuchDataset):
        status(reports.project, ["prf"])


def test_a_day_left_out_between_others_is_late(reports: Reports) -> None:
    """Yesterday's report is asked for; that today's is there already does not answer that."""
    reports.days("2025-10-26", 1)
    reports.days("2025-10-28", 1)
    reports.load()
    assert 6 * 3600 == asked(reports, datetime(2025, 10, 28, 6, tzinfo=UTC)).datasets[0].late_seconds
    reports.days("2025-10-27", 1)
    reports.load()
    assert 0.0 == asked(reports, datetime(2025, 10, 28, 6, tzinfo=UTC)).datasets[0].late_seconds


def test_a_day_that_has_not_come_is_no_data(reports: Reports) -> None:
    reports.write("2062-01-01", "2025-10-28T05:00:00Z,7,true,new")
    reports.days("2025-10-26", 1)
    reports.load()
    reports.days("2025-10-27", 1)
    exported = reports.export()
    assert ["daily/perf_20251027.csv"] == [r.report for r in exported.datasets[0].reports]
    assert any("perf_20620101.csv" in note for note in exported.datasets[0].notes)
    assert "2025-10-28T00:00:00+00:00" == asked(reports).datasets[0].until


def test_a_growing_log_has_data_until_its_last_line(reports: Reports) -> None:
    reports.declare(LOG)
    log = reports.file("log.csv")
    log.write_text("at,kind,value\n2025-10-20T00:00:00Z,a,1\n2025-10-29T05:59:00Z,b,1\n")
    reports.export("log")
    found = {d.name: d for d in asked(reports).datasets}
    assert ("2025-10-29T05:59:00+00:00", 0.0) == (found["log"].until, found["log"].late_seconds)
