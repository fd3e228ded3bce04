"""Whether the lake is as fresh as the project says: a question that a scheduler can ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from parquetry import Project
from parquetry.errors import NoSuchDataset
from parquetry.verbs.status import Status, status
from tests.reports.conftest import Reports

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
