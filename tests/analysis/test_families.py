"""Counts and shares: what is refused, and (in .venv-bayes: make bayes) planted effects found again."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from parquetry.analysis import Panel
from parquetry.analysis.classical import poisson, side_by_side
from parquetry.analysis.design import interrupted
from parquetry.analysis.estimates import Floats, Verdict
from parquetry.analysis.families import counts, prepared, shares
from parquetry.analysis.families.asked import of_design
from parquetry.analysis.families.checks import checks, sensitivity
from parquetry.analysis.families.models import Told, draws
from parquetry.errors import BadInput, MissingExtra, Refused, Usage

from .published import SICILY_COUNTS, SICILY_POPULATION
from .series import noise

DAYS = 60
SAMPLER = pytest.mark.skipif(find_spec("nutpie") is not None, reason="the sampler is installed")


def counted(
    log_effect: float = 0.7, *, seed: int = 0, days: int = DAYS, phi: float = 0.5, lasting: float = 0.25
) -> Floats:
    """Counts around 6 a day, with a step in the middle."""
    rate = np.exp(np.log(6) + lasting * noise(days, phi, seed) + log_effect * (np.arange(days) >= days // 2))
    found: Floats = np.random.default_rng([seed, 1]).poisson(rate).astype(float)
    return found


# ── what is refused, without a sampler ───────────────────────────────────────────────────────────


@SAMPLER
def test_without_the_extra_it_says_what_to_install() -> None:
    with pytest.raises(MissingExtra, match="bayes"):
        counts(counted(), start=30)


def test_a_count_is_a_whole_number() -> None:
    for wrong in (1.5, -1.0):
        values = counted()
        values[3] = wrong
        with pytest.raises(BadInput, match="whole"):
            counts(values, start=30)


def test_successes_are_at_most_the_trials() -> None:
    trials = np.full(DAYS, 5.0)
    with pytest.raises(BadInput, match="at most"):
        shares(np.full(DAYS, 6.0), trials=trials, start=30)
    with pytest.raises(BadInput, match="without trials"):
        shares(np.ones(DAYS), trials=np.zeros(DAYS), start=30)
    with pytest.raises(Usage, match="trials"):
        shares(np.ones(DAYS), start=30)


def test_what_was_counted_without_exposure_is_an_error_and_nothing_counted_is_a_day_less() -> None:
    values, exposure = counted(), np.full(DAYS, 8.0)
    exposure[4] = 0.0
    with pytest.raises(BadInput, match="exposure"):
        counts(np.maximum(values, 1.0), exposure=exposure, start=30)
    values[4] = 0.0
    panel = prepared("count", Panel.of(values, weight=exposure.tolist()))
    assert {4: "no exposure"} == panel.excluded
    assert not panel.usable[4]


def test_designs_are_refused_on_the_same_grounds() -> None:
    few = counted()
    few[30:50] = np.nan
    alike = counted()
    alike[:30] = 4.0
    for values, code in ((few, "missing"), (alike, "constant"), (counted(days=11), "few-days")):
        with pytest.raises(Refused) as refused:
            counts(values, start=30 if len(values) > 30 else 5)
        assert code in {reason.code for reason in refused.value.facts["reasons"]}  # type: ignore[attr-defined]


def test_a_washout_is_in_the_model_with_no_weight() -> None:
    """So that other washouts are the same program; the days of a washout never count."""
    panel = prepared("count", Panel.of(counted()))
    design = interrupted(panel, 30, washout=3)
    seen = of_design(design, "count")
    assert DAYS == len(seen.number)
    assert [30, 31, 32] == np.flatnonzero(seen.weight == 0).tolist()


# ── what is found, with one ──────────────────────────────────────────────────────────────────────


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore")
def test_planted_rate_ratios_are_covered() -> None:
    """Twenty series: 95 % intervals that miss the planted ratio four times have a probability of 1.6 %."""
    pytest.importorskip("nutpie")
    covered, ratios = 0, []
    for seed in range(20):
        found = counts(counted(seed=seed), start=30, trend=False, impact="level", seed=seed)
        covered += found.ratio.interval.holds(np.exp(0.7))
        ratios.append(found.ratio.median)
    assert covered >= 17
    assert np.median(ratios) == pytest.approx(np.exp(0.7), rel=0.15)


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore")
def test_planted_odds_ratios_are_covered() -> None:
    pytest.importorskip("nutpie")
    covered, ratios = 0, []
    for seed in range(20):
        odds = -0.4 + 0.3 * noise(DAYS, 0.4, seed) + 1.0 * (np.arange(DAYS) >= 30)
        trials = np.random.default_rng([seed, 2]).integers(4, 10, DAYS)
        successes = np.random.default_rng([seed, 3]).binomial(trials, 1 / (1 + np.exp(-odds)))
        found = shares(successes, trials=trials, start=30, trend=False, impact="level", seed=seed)
        covered += found.ratio.interval.holds(np.exp(1.0))
        ratios.append(found.ratio.median)
    assert covered >= 17
    assert np.median(ratios) == pytest.approx(np.exp(1.0), rel=0.2)


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore")
def test_without_noise_of_its_own_it_is_the_poisson_regression() -> None:
    """Sicily's smoking ban, 59 months, as Lopez Bernal et al. (2017) analyse it: a rate ratio of 0.894."""
    pytest.importorskip("nutpie")
    panel = Panel.of(SICILY_COUNTS, weight=SICILY_POPULATION, period="month")
    design = interrupted(prepared("count", panel), 36, impact="level", season=False)
    seen = of_design(design, "count")
    level = draws(seen, Told(noise=False, factor=10.0), seed=1, watched=("beta",)).beta[:, design.column("level")]
    glm = poisson(design.matrix, panel.outcome, np.array(SICILY_POPULATION), quasi=False)
    expected, error = glm.coefficients[design.column("level")], glm.errors[design.column("level")]
    assert np.exp(expected) == pytest.approx(0.894, abs=0.001)
    assert level.mean() == pytest.approx(expected, abs=0.06 * error)
    assert level.std() == pytest.approx(error, rel=0.05)


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore")
def test_without_noise_of_its_own_it_is_the_binomial_regression() -> None:
    """With a level alone, that is the log odds ratio of a fourfold table and its usual standard error."""
    pytest.importorskip("nutpie")
    random = np.random.default_rng(5)
    trials = np.full(DAYS, 20)
    successes = random.binomial(20, np.where(np.arange(DAYS) >= 30, 0.6, 0.4))
    panel = prepared("share", Panel.of(successes / trials, weight=trials.tolist()))
    seen = of_design(interrupted(panel, 30, impact="level", trend=False, season=False), "share")
    level = draws(seen, Told(noise=False, factor=10.0), seed=1, watched=("beta",)).beta[:, 1]
    a, b = successes[30:].sum(), 600 - successes[30:].sum()
    c, d = successes[:30].sum(), 600 - successes[:30].sum()
    assert level.mean() == pytest.approx(np.log(a * d / (b * c)), abs=0.06 * level.std())
    assert level.std() == pytest.approx(np.sqrt(1 / a + 1 / b + 1 / c + 1 / d), rel=0.05)


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore")
def test_a_reversal_study_of_counts_with_everything_around_it() -> None:
    """Reversals, curves, checks, other models; the same seed gives the same numbers; exposure has no unit."""
    pytest.importorskip("nutpie")
    labels = [label for label in "ABAB" for _ in range(15)]
    rate = np.exp(np.log(0.8) + 0.2 * noise(DAYS, 0.4, 9) + 0.7 * (np.array(labels) == "B"))
    hours = np.random.default_rng(4).integers(6, 12, DAYS).astype(float)
    values = np.random.default_rng(5).poisson(rate * hours).astype(float)
    values[[7, 40]] = np.nan
    found = counts(values, phases=labels, exposure=hours, smallest=0.2, seed=1)
    assert 3 == len(found.reversals)
    assert found.ratio.interval.holds(np.exp(0.7)) and found.agree is not None and found.agree[0] > 0.9
    assert found.main.interval.holds(0.8 * (np.exp(0.7) - 1))
    assert found.curves.realised is None and np.isfinite(found.curves.effect.mean).all()
    assert not [check for check in checks(found) if check.verdict is Verdict.FAILED and check.refuses]
    assert {"prior halved", "prior doubled", "independent errors"} <= {
        row.name for row in sensitivity(found, quick=True)
    }
    assert counts(values, phases=labels, exposure=hours, smallest=0.2, seed=1).to_dict() == found.to_dict()
    minutes = counts(values, phases=labels, exposure=60 * hours, seed=1)
    assert 60 * minutes.main.mean == pytest.approx(found.main.mean, abs=0.1 * found.main.sd)


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore")
def test_causalpy_where_installed_is_ols_of_the_baseline() -> None:
    """Independent errors: its interval is about the one of least squares, and too narrow as that is."""
    pytest.importorskip("causalpy")
    from parquetry.analysis import its
    from parquetry.analysis.beside import causalpy

    from .series import stepped

    answer = its(stepped(60, phi=0.5), start=30, season=False)
    row = causalpy(answer.design, answer.window)
    ols = side_by_side(answer.design, answer.contrast)[0]
    assert row is not None
    assert row.estimate == pytest.approx(ols.estimate, abs=0.1 * ols.error)
    assert row.error == pytest.approx(ols.error, rel=0.15)
