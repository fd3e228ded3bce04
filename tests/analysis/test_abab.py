"""Reversal designs: an effect for each change of phase, pooled in part, never only the pooled number."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parquetry.analysis import abab
from parquetry.analysis.abab import mean_of_reversals, pooled
from parquetry.analysis.design import SPREAD_SD, phases_of, reversal
from parquetry.analysis.fit import Asked, Spreads, baseline, fitted, prior_of
from parquetry.analysis.panel import Panel
from parquetry.errors import Usage

from .series import noise, switched


def test_every_change_of_phase_has_an_effect_of_the_treatment() -> None:
    """A change back to the baseline counts with its sign turned."""
    outcome, phases = switched(effect=3.0)
    answer = abab(outcome, phases)
    assert [("A", "B", 20), ("B", "A", 40), ("A", "B", 60)] == [(r.before, r.after, r.row) for r in answer.reversals]
    for change in answer.reversals:
        assert change.unpooled.interval.holds(3.0) and change.pooled.interval.holds(3.0)
        assert change.pooled.sd < change.unpooled.sd
    assert answer.unpooled is not None and answer.here is not None and answer.agree is not None
    assert answer.here.sd < answer.effect.sd
    assert answer.agree[0] > 0.99
    assert json.loads(json.dumps(answer.to_dict()))["reversals"][1]["row"] == 40


def test_pooling_keeps_what_differs_apart() -> None:
    """Planted: +4 the first time, nothing the second; the pooled effects must not hide it."""
    phases = [label for label in "ABAB" for _ in range(25)]
    outcome = 0.3 * noise(100, 0.2, 3)
    outcome[25:50] += 4
    answer = abab(outcome, phases)
    first, back, second = (reversal.pooled.mean for reversal in answer.reversals)
    assert first > 3.3 and back > 3.3 and abs(second) < 0.7
    assert answer.spread is not None and answer.agree is not None
    assert answer.spread > 0.3
    assert answer.agree[0] < 0.9


def test_equal_effects_are_pooled() -> None:
    """Where reversals agree, the pooled effects lie nearer together than the unpooled ones."""
    outcome, phases = switched(effect=2.0, seed=9)
    answer = abab(outcome, phases)
    pooled = np.ptp([reversal.pooled.mean for reversal in answer.reversals])
    assert pooled < 0.8 * np.ptp([reversal.unpooled.mean for reversal in answer.reversals])


@pytest.mark.parametrize(("days", "apart", "phi"), [(15, 2.0, 0.0), (30, 10.0, 0.5), (60, 0.5, 0.3)])
def test_the_spread_is_integrated_and_not_sampled(days: int, apart: float, phi: float) -> None:
    """Beside 300 spreads evenly apart, ends of intervals differ by less than a hundredth of a standard deviation."""
    outcome, phases = switched(days, phi=phi, seed=7)
    outcome += apart * np.random.default_rng(days).standard_normal(4).repeat(days)
    design = reversal(Panel.of(outcome, phases=phases), season=False)
    even = (np.arange(300) + 0.5) * 6 / 300
    mass = np.exp(-(even**2) / 2)
    fine = fitted(design, prior=prior_of(design, spreads=Spreads(SPREAD_SD * even, mass / mass.sum())))
    for contrast in (design.unit("effect"), mean_of_reversals(design)):
        ours, theirs = (fit.estimate("effect", contrast, Asked()) for fit in (pooled(design), fine))
        for own, other in zip(
            (ours.mean, ours.interval.low, ours.interval.high),
            (theirs.mean, theirs.interval.low, theirs.interval.high),
            strict=True,
        ):
            assert own == pytest.approx(other, abs=0.01 * theirs.sd)


def test_the_washout_is_removed_after_every_change() -> None:
    outcome, phases = switched(effect=2.0)
    for change in (20, 40, 60):
        outcome[change : change + 2] = 1e3
    answer = abab(outcome, phases, washout=2)
    assert answer.effect.interval.holds(2.0)
    assert 6 == len(answer.design.panel.excluded)


@pytest.mark.parametrize(("season", "lost"), [(False, 1), (True, 7)])
def test_what_is_of_no_interest_costs_days(season: bool, lost: int) -> None:
    """A level, and six columns of weekdays: an interval is as much wider as that many days are of its study."""
    outcome, phases = switched(days=15)
    design = reversal(Panel.of(outcome, phases=phases), season=season)
    prior, rows = prior_of(design), design.names.index("reversal 1")
    contrast = np.arange(len(design.names)) == rows
    free = fitted(design, prior=replace(prior, lost=0)).estimate("", contrast.astype(float), Asked())
    found = fitted(design).estimate("", contrast.astype(float), Asked())
    assert lost == prior.lost
    assert np.sqrt(60 / (60 - lost)) == pytest.approx(found.sd / free.sd, rel=0.05)
    assert found.sd > 1.005 * free.sd


def test_alternating_treatments_have_one_effect() -> None:
    random = np.random.default_rng(8)
    phases = random.permutation(["A", "B"] * 20).tolist()
    outcome = noise(40, 0.3, 8) + 3 * (np.array(phases) == "B")
    answer = abab(outcome, phases, alternating=True, treated="B")
    assert () == answer.reversals
    assert answer.effect.interval.holds(3.0) and answer.agree is None


@pytest.mark.parametrize("run", [1, 2])
def test_the_noise_of_alternating_treatments_is_that_of_their_untreated_days(run: int) -> None:
    """A level for each phase of a day left none, and then that of the whole series was taken, effect and all."""
    phases = ["AB"[day // run % 2] for day in range(60)]
    outcome = noise(60, 0.0, 3) + 100.0 * (np.array(phases) == "B")
    untreated = outcome[np.array(phases) == "A"]
    assert untreated.std(ddof=1) == pytest.approx(baseline(reversal(Panel.of(outcome, phases=phases), each=False))[1])


@pytest.mark.parametrize("treated", [1, [1], "1"])
def test_a_label_that_is_a_number_may_be_named_as_one(treated: Any) -> None:
    labels = np.repeat([0, 1, 0, 1], 3)
    assert [False, True, False, True] == [phase.treated for phase in phases_of([*map(str, labels)], treated=treated)]


def test_labels_with_numbers_are_one_condition() -> None:
    labels = ["baseline_1"] * 3 + ["coffee 1"] * 2 + ["baseline_2"] * 2 + ["coffee 2"] * 3
    found = phases_of(labels)
    assert [(False, 0, 2), (True, 3, 4), (False, 5, 6), (True, 7, 9)] == [(p.treated, p.first, p.last) for p in found]
    assert [True, False, True, False] == [p.treated for p in phases_of(labels, treated="baseline")]


@pytest.mark.parametrize(
    ("phases", "says"),
    [
        ([], "needs the phase"),
        (["A", "", "B"], "no phase"),
        (list("ABC"), "3 conditions"),
        (list("AAA"), "1 conditions"),
    ],
)
def test_phases_that_make_no_sense_are_said(phases: list[str], says: str) -> None:
    with pytest.raises(Usage, match=says):
        phases_of(phases)


def test_the_effect_of_a_decrease_is_negative() -> None:
    outcome, phases = switched(effect=-3.0)
    answer = abab(outcome, phases, smallest=1.0, direction="decrease")
    assert answer.effect.mean < -2 and answer.effect.important is not None
    assert answer.effect.important > 0.9
