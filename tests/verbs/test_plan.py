"""A plan says what the export will do."""

from __future__ import annotations

from datetime import datetime

import pytest

from parquetry import plan
from parquetry.intake.selection import Selection

from .conftest import App


def test_a_first_plan_knows_no_costs(app: App) -> None:
    planned = plan(app.project)
    assert (None, None, [None, None]) == (planned.snapshot, planned.seconds, [d.bytes for d in planned.datasets])


def test_later_ones_tell_them_from_what_was(app: App) -> None:
    done = app.export()
    planned = plan(app.project)
    assert done.datasets[0].bytes == planned.datasets[0].bytes
    assert planned.seconds == pytest.approx(done.seconds["total"] / 100_000 * 100_000, rel=0.01)
    app.sql("insert into \"Visit\" select i, timestamp '2026-03-01', 'p1', null, 1 from generate_series(100, 159) i")
    more = plan(app.project).datasets[0]
    assert (120, 2 * done.datasets[0].bytes) == (sum(more.rows.values()), more.bytes)


def test_it_says_what_it_keeps(app: App) -> None:
    app.export()
    planned = plan(app.project, Selection(("visits",), since=datetime(2026, 3, 1)))
    assert (("2026-01", "2026-02"), ["2026-03"]) == (planned.datasets[0].kept, list(planned.datasets[0].rows))


def test_it_says_that_the_contract_has_changed(app: App) -> None:
    app.export()
    path = app.root / "contracts/app.py"
    path.write_text(path.read_text().replace("le=100", "le=99"))
    notes = {d.name: d.notes for d in plan(app.project).datasets}
    assert any("the contract has changed" in note for note in notes["visits"])
    assert not any("the contract has changed" in note for note in notes["people"])


def test_it_writes_nothing(app: App) -> None:
    app.export()
    before = {path: path.stat().st_mtime_ns for path in app.lake.path.rglob("*")}
    plan(app.project)
    assert before == {path: path.stat().st_mtime_ns for path in app.lake.path.rglob("*")}
