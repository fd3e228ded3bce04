"""Design help: what it foresees is what the shipped analysis would say of studies like this person's days."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from parquetry.analysis.binomial import Share
from parquetry.analysis.futures import Plan, futures, known
from parquetry.analysis.panel import Panel
from parquetry.analysis.power import power
from parquetry.errors import Refused, Usage

from .series import noise

WEEK = np.array([-4.0, 3.0, 4.0, 2.0, 1.0, -2.0, -4.0])


def baseline(days: int = 60, phi: float = 0.5, scale: float = 1.0, gaps: tuple[int, ...] = ()) -> Panel:
    outcome = scale * (50 + noise(days, phi, 3) + WEEK[np.arange(days) % 7])
    outcome[list(gaps)] = np.nan
    return Panel.of(outcome, unit="min")


def test_a_binomial_interval_is_that_of_the_textbook() -> None:
    """Clopper and Pearson for 15 of 20: 0.509 to 0.913 (R 4.3, binom.test)."""
    assert (0.75, 0.5089541, 0.9134285) == pytest.approx(Share.of(15, 20), abs=1e-6)
    assert (0.0, 0.0) == Share.of(0, 9)[:2] and 1.0 == Share.of(9, 9).high


def test_days_to_come_are_like_the_baselines() -> None:
    """Weekday by weekday, in spread, in autocorrelation and in the share of missing days."""
    panel = baseline(200, gaps=tuple(range(0, 200, 10)))
    studies = [each.outcome for each, _ in futures(known(panel), Plan("AB", 70), 300, 1)]
    table = np.array(studies)
    assert 0.1 == pytest.approx(np.isnan(table).mean(), abs=0.005)
    # The baseline begins on a Monday and has 200 days, so the first day to come is a Friday.
    mean = np.nanmean(table, axis=0)
    week = np.array([mean[(np.arange(70) + 200 % 7) % 7 == day].mean() for day in range(7)])
    assert np.abs(week - 50 - WEEK).max() < 0.6
    rest = table - mean
    assert 1.0 == pytest.approx(np.nanstd(rest), abs=0.25)
    pairs = rest[:, :-1] * rest[:, 1:]
    assert 0.5 == pytest.approx(np.nanmean(pairs) / np.nanvar(rest), abs=0.15)


def test_more_days_and_larger_effects_are_found_more_often() -> None:
    plans = [Plan("AB", 30), Plan("AB", 120)]
    small, large = (power(baseline(), plans, smallest=effect, simulations=40, seed=2) for effect in (0.5, 3.0))
    assert small.designs[0].power and small.designs[1].power and large.designs[0].power
    assert small.designs[0].power.share < large.designs[0].power.share
    assert (small.designs[0].width or 0) > 1.3 * (small.designs[1].width or 9)
    first, second = (row.detectable.effect or 99 for row in small.designs)
    assert first > second > 0
    assert large.chosen is large.designs[0] or large.designs[0].power.share < 0.8


def test_no_unit_and_no_direction_matters() -> None:
    one = power(baseline(), [Plan("AB", 40)], smallest=1.0, simulations=20)
    other = power(baseline(scale=8.0), [Plan("AB", 40)], smallest=8.0, simulations=20)
    assert 8 * one.noise == other.noise and 8 * (one.designs[0].width or 0) == other.designs[0].width
    assert one.designs[0].power == other.designs[0].power
    down = power(
        replace(baseline(), outcome=-baseline().outcome), [Plan("AB", 40)], smallest=1.0, direction="decrease",
        simulations=20,
    )  # fmt: skip
    assert down.designs[0].detectable.effect == pytest.approx(one.designs[0].detectable.effect, rel=0.5)


@pytest.mark.parametrize("kind", ["ITS", "AB", "ABAB", "alternating"])
def test_every_design_is_simulated_and_the_same_seed_gives_the_same_numbers(kind: str) -> None:
    plan = Plan(kind, 60, 4 if kind == "ABAB" else 2, trend=kind == "ITS")  # type: ignore[arg-type]
    seen: list[tuple[int, int]] = []
    found = power(
        baseline(), [plan], smallest=3.0, simulations=10, seed=4, seen=lambda done, of: seen.append((done, of))
    )
    assert found == power(baseline(), [plan], smallest=3.0, simulations=10, seed=4)
    assert found != power(baseline(), [plan], smallest=3.0, simulations=10, seed=5)
    assert (10, 10) == seen[-1]
    assert found.designs[0].width and found.designs[0].detectable.effect
    assert "power at 3 min" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["designs"][0]["power"] == list(found.designs[0].power or ())


def test_a_design_that_would_be_refused_finds_nothing_and_says_why() -> None:
    found = power(baseline(), [Plan("ABAB", 24, 6)], smallest=9.0, simulations=10)
    row = found.designs[0]
    assert (1.0, 0.0, None, None) == (
        row.refused.share,
        row.power and row.power.share,
        row.width,
        row.detectable.effect,
    )
    assert {"few-days-in-phase": 10} == row.codes
    assert any("get no answer (few-days-in-phase)" in note for note in found.notes)


def test_without_a_smallest_effect_there_is_no_power_but_what_can_be_found() -> None:
    found = power(baseline(), [Plan("AB", 60)], simulations=20)
    assert found.designs[0].power is None and found.designs[0].detectable.effect
    assert any("no smallest effect" in note for note in found.notes)


@pytest.mark.parametrize(
    ("panel", "code"),
    [
        (baseline(13), "few-baseline-days"),
        (baseline(30, gaps=tuple(range(12))), "missing"),
        (Panel.of(np.full(30, 4.0)), "constant"),
    ],
)
def test_a_baseline_that_says_too_little_is_refused(panel: Panel, code: str) -> None:
    with pytest.raises(Refused) as refused:
        power(panel, [Plan("AB", 60)], simulations=10)
    assert code in [reason.code for reason in refused.value.facts["reasons"]]  # type: ignore[attr-defined]
    known(baseline(14))


def test_what_cannot_be_simulated_is_said() -> None:
    with pytest.raises(Usage, match="a design at least"):
        power(baseline(), [], simulations=100)
    with pytest.raises(Usage, match="too few for 4 phases"):
        power(baseline(), [Plan("ABAB", 6, 4)], simulations=10)


@pytest.mark.torture
def test_an_effect_that_counts_as_detectable_is_found_in_four_of_five() -> None:
    """The detectable effect is read off other studies; simulated itself, its power is 80 % (binomial, 99.9 %)."""
    for plan in (Plan("AB", 60), Plan("ITS", 60, trend=True), Plan("ABAB", 60, 4)):
        guessed = power(baseline(), [plan], simulations=400, seed=1).designs[0].detectable
        assert guessed.effect
        found = power(baseline(), [plan], smallest=guessed.effect, simulations=400, seed=2).designs[0].power
        assert found and 0.72 <= found.share <= 0.88, plan
