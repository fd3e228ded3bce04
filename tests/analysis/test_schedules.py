"""A study's schedule: tested if and only if it was drawn, over what it was drawn from; and drawn anew from a seed."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date, timedelta
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parquetry.analysis.design import interrupted, reversal
from parquetry.analysis.estimates import Floats
from parquetry.analysis.panel import Panel
from parquetry.analysis.randomisation import Schedules, blocks, changes, complete, listed, starts
from parquetry.analysis.schedules import drawn, numbered, randomised, randomised_together, redrawn, schedules_of
from parquetry.analysis.staggered import joint_test
from parquetry.errors import Usage
from parquetry.studies import DesignName, Outcome, Phases, Reading, Schedule, Study
from parquetry.studies.declared import read

from .series import noise

FIRST = date(2025, 3, 3)


def study(design: DesignName = "ABAB", phases: Phases | None = None, **schedule: object) -> Study:
    plan = Schedule("randomised", **schedule)  # type: ignore[arg-type]
    return Study("s", "?", design, Outcome("y"), Reading(), phases or Phases(), schedule=plan)


def panel(outcome: Floats, phases: str = "") -> Panel:
    days = [FIRST + timedelta(days=i) for i in range(len(outcome))]
    return Panel.of(outcome, phases=list(phases), days=days)


@pytest.mark.parametrize(
    "schedules",
    [changes(17, 4, 3), complete(8, 3), blocks(12, 2), starts(30, [12, 15, 20]), listed([[0, 1, 1], [1, 0, 1]])],
)
def test_each_schedule_has_one_number(schedules: Schedules) -> None:
    """Counting through the numbers gives every admissible schedule once, and nothing else is held for one."""
    numbered_ones = {schedules.at(i).tobytes() for i in range(schedules.count)}
    assert {row.tobytes() for row in schedules.every()} == numbered_ones
    days = len(schedules.at(0))
    random = np.random.default_rng(1).random((200, days)) < 0.5
    assert all(schedules.holds(row) for row in schedules.every())
    assert [row.tobytes() in numbered_ones for row in random] == [schedules.holds(row) for row in random]


def test_a_seed_draws_the_same_number_everywhere_and_each_as_often() -> None:
    """The first is pinned: another release or machine that draws another schedule breaks what was published."""
    assert 35_851 == numbered(7, 91_881)
    counts = Counter(numbered(seed, 7) for seed in range(7_000))
    assert 7 == len(counts) and max(abs(n - 1_000) for n in counts.values()) < 4 * np.sqrt(1_000)


def test_a_drawn_schedule_is_one_of_its_set_and_its_lines_are_toml() -> None:
    found = drawn(study(), 60, 7, FIRST, phases=4)
    assert found == drawn(study(), 60, 7, FIRST, phases=4) != drawn(study(), 60, 8, FIRST, phases=4)
    pasted = tomllib.loads(found.toml)
    assert {"chosen": "randomised", "seed": 7, "candidates": "changes", "shortest": 7} == pasted["schedule"]
    assert ("".join(found.labels), FIRST, date(2025, 5, 1)) == (
        pasted["phases"]["labels"], pasted["phases"]["first"], pasted["phases"]["last"],
    )  # fmt: skip
    assert "ABAB" == "".join(phase.label for phase in found.phases)
    assert all((phase.last - phase.first).days >= 6 for phase in found.phases)


def test_whoever_has_the_seed_can_draw_the_schedule_again() -> None:
    found = drawn(study(), 60, 7, FIRST)
    asked = study(candidates="changes", shortest=7, seed=7)
    used = reversal(panel(noise(60), "".join(found.labels)))
    assert redrawn(asked, used) is True
    assert redrawn(asked, reversal(panel(noise(60), "A" * 15 + "B" * 15 + "A" * 15 + "B" * 15))) is False
    assert redrawn(study(candidates="changes", shortest=7), used) is None


def test_an_interrupted_series_gets_its_date() -> None:
    """From the middle third, or from the study's own dates where they lie within its days."""
    pasted = tomllib.loads(drawn(study("ITS"), 42, 3, FIRST).toml)
    assert [FIRST + timedelta(days=i) for i in range(14, 29)] == pasted["schedule"]["dates"]
    assert pasted["phases"]["intervention"] in pasted["schedule"]["dates"]
    own = (FIRST + timedelta(days=9), FIRST + timedelta(days=11))
    assert own == tuple(
        tomllib.loads(drawn(study("ITS", candidates="starts", dates=own), 42, 3, FIRST).toml)["schedule"]["dates"]
    )
    days = {drawn(study("AB"), 42, seed, FIRST).phases[1].first for seed in range(60)}
    assert 12 < len(days) <= 15


@pytest.mark.parametrize("design", ["ITS", "AB", "ABAB", "alternating"])
def test_what_was_drawn_can_be_pasted_into_a_study(design: DesignName, tmp_path: Path) -> None:
    found = drawn(study(design), 60, 5, FIRST)
    file = tmp_path / "s.toml"
    head = f'question = "?"\ndesign = "{design}"\n[outcome]\nvalue = "y"\n\n'
    file.write_text(head + found.toml, encoding="utf-8")
    asked = read(file)
    assert ("randomised", 5) == (asked.schedule.chosen, asked.schedule.seed)
    treated = np.array(found.labels) == "B"
    labelled = panel(noise(60), "".join(found.labels))
    start = int(np.flatnonzero(treated)[0])
    used = interrupted(labelled, start) if design in ("ITS", "AB") else reversal(labelled, treated="B")
    assert redrawn(asked, used) is True


def test_the_test_is_there_only_if_the_schedule_was_drawn() -> None:
    design = reversal(panel(noise(40), "A" * 10 + "B" * 10 + "A" * 10 + "B" * 10))
    fixed = Study("s", "?", "ABAB", Outcome("y"), Reading())
    assert randomised(fixed, design) is None
    assert randomised_together(fixed, [design]) is None
    found = randomised(study(candidates="changes", shortest=8), design)
    assert found is not None and schedules_of(study(candidates="changes", shortest=8), design).count == found.admissible


def test_a_schedule_that_was_not_among_them_is_an_error_however_many_there_are() -> None:
    """With 10,000 draws it would not be noticed: the used one counts as one more."""
    design = reversal(panel(noise(120), "A" * 4 + "B" * 56 + "A" * 30 + "B" * 30))
    with pytest.raises(Usage, match="not one of those"):
        randomised(study(candidates="changes", shortest=10), design)


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ({}, "does not say from which"),
        ({"candidates": "changes"}, "does not say its shortest"),
        ({"candidates": "starts", "dates": (date(2031, 1, 1),)}, "no date that was drawn from"),
        ({"candidates": "listed", "listed": (("A",) * 5,)}, "has 5 days"),
        ({"candidates": "listed", "listed": (("A",) * 39 + ("C",),)}, "the label C"),
    ],
)
def test_what_a_study_leaves_open_is_said(schedule: dict[str, Any], says: str) -> None:
    design = reversal(panel(noise(40), "A" * 10 + "B" * 10 + "A" * 10 + "B" * 10))
    with pytest.raises(Usage, match=says):
        randomised(study(**schedule), design)


def test_listed_schedules_are_read_by_the_labels_of_the_study() -> None:
    labels = ["A1"] * 5 + ["B1"] * 5 + ["A2"] * 5 + ["B2"] * 5
    design = reversal(Panel.of(noise(20), phases=labels))
    other = ["B"] * 5 + ["A"] * 5 + ["B"] * 5 + ["A"] * 5
    found = randomised(study(candidates="listed", listed=(tuple(labels), tuple(other))), design)
    assert found is not None and 2 == found.admissible
    assert -found.distribution[0] == pytest.approx(found.distribution[1])


def test_a_washout_is_each_schedules_own() -> None:
    """The first two treated days are wild; another start that does not wash them out must show them."""
    outcome = np.zeros(20)
    outcome[10:12] = 100.0
    design = interrupted(panel(outcome + 0.01 * np.arange(20)), 10, impact="level", trend=False, washout=2)
    dates = tuple(FIRST + timedelta(days=i) for i in (8, 10))
    found = randomised(study("AB", candidates="starts", dates=dates), design)
    assert found is not None
    assert abs(found.statistic) < 1 < abs(found.distribution[0])


def test_a_washout_that_was_assigned_counts_for_no_schedule() -> None:
    """Days of a washout phase are in no condition, whichever schedule had been drawn."""
    outcome = np.concatenate([np.zeros(10), [100.0, 100.0], np.ones(8)])
    design = interrupted(panel(outcome).without([10, 11], "washout"), 12, impact="level", trend=False)
    found = randomised(study("AB", candidates="starts", dates=(FIRST + timedelta(days=12),)), design)
    assert found is not None and 1.0 == pytest.approx(found.statistic)


def test_a_date_without_days_beside_it_is_left_out_and_said() -> None:
    """The first and the last dates might have been drawn, and the data begin later or end earlier."""
    dates = tuple(FIRST + timedelta(days=i) for i in (-3, 0, 8, 10, 12, 20))
    design = interrupted(panel(noise(20) + 3 * (np.arange(20) >= 10)), 10, impact="level", trend=False)
    found = randomised(study("AB", candidates="starts", dates=dates), design)
    assert found is not None
    assert ("one of 6 starting days, less 3 without a day to compare with", 3) == (found.how, found.admissible)
    inner = randomised(study("AB", candidates="starts", dates=dates[2:5]), design)
    assert inner is not None and (inner.p, inner.smallest_p) == (found.p, found.smallest_p)
    together = randomised_together(study("multiple baseline", candidates="starts", dates=dates), [design] * 2)
    assert together is not None and 3**2 == together.admissible == len(together.distribution)


def test_the_joint_test_by_hand() -> None:
    """Three series, two dates each: the mean of the differences under all 8, or 6, assignments."""
    outcomes = [noise(12, 0, seed) + 2 * (np.arange(12) >= at) for seed, at in ((1, 4), (2, 6), (3, 8))]
    rows = [[4, 6, 8]] * 3

    def difference(series: int, at: int) -> float:
        return float(outcomes[series][at:].mean() - outcomes[series][:at].mean())

    for shared, assigned in ((False, list(product(rows[0], repeat=3))), (True, list(permutations(rows[0])))):
        by_hand = [np.mean([difference(i, at) for i, at in enumerate(each)]) for each in assigned]
        found = joint_test(outcomes, [4, 6, 8], rows, shared=shared, alternative="increase")
        assert (len(assigned), True) == (found.admissible, found.exact)
        assert sorted(by_hand) == pytest.approx(sorted(found.distribution))
        assert np.mean([each >= found.statistic - 1e-12 for each in by_hand]) == found.p


def test_many_assignments_are_drawn_from() -> None:
    outcomes = [noise(40, 0.3, seed) + 3 * (np.arange(40) >= 15 + seed) for seed in range(5)]
    rows = [range(10, 30)] * 5
    found = joint_test(outcomes, [15, 16, 17, 18, 19], rows, shared=True, seed=1)
    assert (False, 20 * 19 * 18 * 17 * 16, 10_000) == (found.exact, found.admissible, len(found.distribution))
    assert found.p < 0.01


def test_the_joint_test_of_a_study() -> None:
    dates = tuple(FIRST + timedelta(days=i) for i in (10, 15, 20))
    designs = [
        interrupted(panel(noise(30, 0.3, i) + 3 * (np.arange(30) >= at)), at, impact="level", trend=False)
        for i, at in enumerate((10, 15, 20))
    ]
    found = randomised_together(study("multiple baseline", candidates="starts", dates=dates, shared=True), designs)
    assert found is not None and (6, True) == (found.admissible, found.exact)
    apart = randomised_together(study("multiple baseline", candidates="starts", dates=dates), designs)
    assert apart is not None and 27 == apart.admissible
    with pytest.raises(Usage, match="not one of the days"):
        randomised_together(study("multiple baseline", candidates="starts", dates=dates[:2]), designs)
    with pytest.raises(Usage, match="handed out"):
        joint_test([noise(30)] * 2, [10, 10], [[10, 20]] * 2, shared=True)


def test_the_joint_test_holds_its_level() -> None:
    """No effect, autocorrelation 0.8: p is at most 0.1 in at most 10 % of 300 studies (binomial, 99.9 %)."""
    random, small = np.random.default_rng(4), 0
    for trial in range(300):
        outcomes = [noise(30, 0.8, 10 * trial + i) for i in range(3)]
        used = (10 + 4 * random.permutation(4)[:3]).tolist()
        small += joint_test(outcomes, used, [[10, 14, 18, 22]] * 3, shared=True).p <= 0.1
    assert small <= 48
