"""`study power`: from the days before the treatment, whichever way the study says when that is."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import parquetry
from parquetry.errors import Refused, Usage
from parquetry.verbs.power import Designed
from tests.analysis.series import noise
from tests.console import console

FIRST = date(2025, 1, 1)
HEAD = """question = "?"
design = "{design}"
[outcome]
value = "value"
time = "day"
unit = "min"
smallest_effect = 4.0
"""


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Designed]:
    """Asks of a study with 60 days of which the last 20, 100 higher, are treated; of few simulations."""
    values = 50 + 2 * noise(60, 0.3, 1)
    rows = [f"{FIRST + timedelta(days=i)},{v + 100 * (i >= 40):.3f},{'AB'[i >= 40]}" for i, v in enumerate(values)]
    (tmp_path / "days.csv").write_text("\n".join(["day,value,phase", *rows, ""]), encoding="utf-8")

    def asked(rest: str, design: str = "AB", **options: Any) -> Designed:
        file = tmp_path / "sleep.toml"
        file.write_text(HEAD.format(design=design) + rest, encoding="utf-8")
        chosen: dict[str, Any] = {
            "days": (40,),
            "phases": (4,),
            "simulations": 10,
            "seed": 3,
            "start": date(2025, 2, 10),
            **options,
        }
        return parquetry.power(None, str(file), csv=tmp_path / "days.csv", **chosen)

    return asked


@pytest.mark.parametrize(
    "phases",
    [
        "[phases]\nintervention = 2025-02-10",
        '[phases]\ncolumn = "phase"',
        (
            "[[phases.listed]]\nlabel = 'A'\nfirst = 2025-01-01\nlast = 2025-02-09\n"
            "[[phases.listed]]\nlabel = 'B'\nfirst = 2025-02-10\nlast = 2025-03-01\ntreated = true"
        ),
        f'[phases]\nfirst = 2025-01-01\nlabels = "{"A" * 40}{"B" * 20}"',
        "[phases]\nunknown = true\nlast = 2025-02-09",
    ],
    ids=["intervention", "column", "listed", "labels", "unknown"],
)
def test_only_days_before_the_treatment_are_the_baseline(ask: Callable[..., Designed], phases: str) -> None:
    """The treated days are fifty standard deviations higher; with one of them the noise would show it."""
    found = ask(phases)
    assert (FIRST, date(2025, 2, 9), 40) == (found.first, found.last, found.powered.baseline)
    assert 1.0 < found.powered.noise < 4.0


def test_a_study_that_is_yet_to_come_takes_the_days_that_there_are(ask: Callable[..., Designed]) -> None:
    found = ask("[phases]\nfirst = 2025-02-05\nintervention = 2025-02-10")
    assert FIRST == found.first
    found = ask("[phases]\nfirst = 2025-01-20\nintervention = 2025-02-10")
    assert (date(2025, 1, 20), 21) == (found.first, found.powered.baseline)
    found = ask("[phases]\nfirst = 2027-01-20\nintervention = 2027-02-10")
    assert (FIRST, date(2025, 3, 1)) == (found.first, found.last)


@pytest.mark.parametrize("design", ["ITS", "AB", "ABAB", "alternating"])
def test_every_design_gets_a_table_and_a_schedule_that_its_file_can_hold(
    ask: Callable[..., Designed], design: str
) -> None:
    rest = '[phases]\ncolumn = "phase"' if design in ("ABAB", "alternating") else "[phases]\nintervention = 2025-02-10"
    found = ask(rest, design)
    assert design == found.powered.design and 1 == len(found.powered.designs)
    assert found.schedule and date(2025, 2, 10) == found.schedule.phases[0].first
    assert 40 == len(found.schedule.labels)
    assert ask(f"{found.schedule.toml.replace('2025-', '2026-')}", design).powered.baseline
    assert str(found).endswith(found.schedule.toml)


def test_the_schedule_is_for_the_shortest_design_that_suffices(ask: Callable[..., Designed]) -> None:
    found = ask("[phases]\nintervention = 2025-02-10", days=(30, 40, 80), effect=40.0)
    assert 30 == found.powered.chosen.days == len(found.schedule.labels if found.schedule else ())


def test_nobody_knows_a_schedule_before_it_is_drawn(ask: Callable[..., Designed]) -> None:
    """Without a seed two runs differ, in the schedule alone."""
    one, other = (ask("[phases]\nintervention = 2025-02-10", seed=None) for _ in range(2))
    assert one.powered == other.powered
    assert one.schedule and other.schedule and one.schedule.seed != other.schedule.seed
    assert date(2025, 2, 10) == one.schedule.phases[0].first
    today = datetime.now().astimezone().date()
    later = ask("[phases]\nintervention = 2025-02-10", start=None).schedule
    assert later and later.phases[0].first >= today, "days that are past cannot be treated"


def test_of_several_series_the_first_is_simulated(ask: Callable[..., Designed]) -> None:
    found = ask(
        "[[series]]\nname = 'one'\nintervention = 2025-02-10\n[[series]]\nname = 'two'\nintervention = 2025-02-15",
        "multiple baseline",
    )
    assert (40, None) == (found.powered.baseline, found.schedule)
    assert any("one series alone (one)" in note for note in found.powered.notes)


def test_what_cannot_be_designed_is_said(ask: Callable[..., Designed]) -> None:
    with pytest.raises(Refused, match="13 usable days of baseline"):
        ask("[phases]\nintervention = 2025-01-14")
    with pytest.raises(Usage, match="is none"):
        ask("[phases]\nintervention = 2025-02-10", effect=-1.0)
    with pytest.raises(Usage, match="is none"):
        ask("[phases]\nintervention = 2025-02-10", effect=float("nan"))
    for days in (3, 1_000_000):
        with pytest.raises(Usage, match="days"):
            ask("[phases]\nintervention = 2025-02-10", days=(days,))


def test_the_command(ask: Callable[..., Designed], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table on stdout, as JSON too; a list that is none is misuse."""
    ask("[phases]\nintervention = 2025-02-10")
    words = ["study", "power", str(tmp_path / "sleep.toml"), "--csv", str(tmp_path / "days.csv"), "--simulations", "10"]
    with console() as run:
        assert 0 == run(*words, "--days", "30,40", "--seed", "5", "--start", "2026-01-01")
        told = capsys.readouterr()
        assert "power at 4 min" in told.out and 'chosen = "randomised"' in told.out
        assert "2026-01-01" in told.out and "" == told.err
        assert 0 == run(*words, "--days", "30,40", "--seed", "5", "--json")
        document = json.loads(capsys.readouterr().out)
        assert [30, 40] == [row["days"] for row in document["powered"]["designs"]]
        assert 5 == tomllib.loads(document["schedule"]["toml"])["schedule"]["seed"]
        assert 2 == run(*words, "--days", "30,few")
        assert "whole numbers such as 30,60" in capsys.readouterr().err
