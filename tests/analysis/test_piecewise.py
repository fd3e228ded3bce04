"""Piecewise regression: what the codings mean, and that what cannot be told apart is refused."""

from __future__ import annotations

import numpy as np
import pytest

from parquetry.analysis import Panel
from parquetry.analysis.classical import ols
from parquetry.analysis.design import interrupted
from parquetry.analysis.piecewise import piecewise
from parquetry.errors import Usage

from .series import stepped

PHASES = "A" * 6 + "B" * 8
TIMES = np.array([1, 2, 4, 5, 6, 9, 11, 12, 13, 14, 17, 18, 19, 20], dtype=float)
B = np.array([label == "B" for label in PHASES])


def line(level: float, slope: float) -> np.ndarray:
    """3 + 0.5 a day, then a jump on the first day of B, and a slope from it."""
    return 3 + 0.5 * (TIMES - 1) + B * (level + slope * (TIMES - 11))


def test_a_level_is_the_jump_on_the_first_treated_day() -> None:
    fit = piecewise(line(2, -0.25), PHASES, times=TIMES)
    assert ("intercept", "trend", "level B", "slope B") == fit.names
    assert fit.fit.coefficients == pytest.approx([3, 0.5, 2, -0.25])


def test_the_other_codings_move_only_what_time_is_counted_from() -> None:
    """Huitema & McKean: the intercept is at time 0. From the origin: so is the level, 11 days before."""
    same = piecewise(line(2, -0.25), PHASES, times=TIMES, coding="huitema-mckean")
    assert same.fit.coefficients == pytest.approx([2.5, 0.5, 2, -0.25])
    far = piecewise(line(2, -0.25), PHASES, times=TIMES, coding="from the origin")
    assert far.fit.coefficients == pytest.approx([2.5, 0.5, 2 + 0.25 * 11, -0.25])


def test_it_is_the_least_squares_of_our_own_design() -> None:
    """In less than three weeks, without weekdays, `its` has the same columns, time in shares of the study."""
    outcome = stepped(20, effect=2.0)
    design = interrupted(Panel.of(outcome), 10)
    theirs = ols(design.matrix, outcome)
    ours = piecewise(outcome, "A" * 10 + "B" * 10)
    assert theirs.coefficients[design.column("level")] == pytest.approx(ours["level B"])
    assert theirs.errors[design.column("level")] == pytest.approx(ours.error("level B"))
    low, high = ours.interval("level B")
    assert (low, high) == pytest.approx(np.array(theirs.interval(design.unit("level")))[[0, 2]])


def test_effects_of_later_phases_are_against_the_first_or_the_one_before() -> None:
    outcome = np.repeat([1.0, 5.0, 2.0, 7.0], 4) + np.tile([0.1, -0.1, -0.1, 0.1], 4)
    phases = ["A"] * 4 + ["B"] * 4 + ["A"] * 4 + ["B"] * 4
    first = piecewise(outcome, phases, trend=False, slope=False)
    assert ("intercept", "level B1", "level A2", "level B2") == first.names
    assert first.fit.coefficients == pytest.approx([1, 4, 1, 6])
    before = piecewise(outcome, phases, trend=False, slope=False, contrast="preceding")
    assert before.fit.coefficients == pytest.approx([1, 4, -3, 5])
    both = [piecewise(outcome, phases, trend=False, contrast=how) for how in ("first", "preceding")]
    assert both[0].fit.dispersion == pytest.approx(both[1].fit.dispersion)


def test_missing_values_keep_their_time() -> None:
    gaps = line(2, -0.25)
    gaps[[0, 6, 9]] = np.nan
    assert piecewise(gaps, PHASES, times=TIMES).fit.coefficients == pytest.approx([3, 0.5, 2, -0.25])


def test_covariates_and_families() -> None:
    rain = np.cos(TIMES)
    fit = piecewise(line(2, 0) + 4 * rain, PHASES, times=TIMES, covariates={"rain": rain})
    assert fit["rain"] == pytest.approx(4)
    counts = np.round(np.exp(line(1, 0) / 3))
    normal = piecewise(counts, PHASES, times=TIMES, family="poisson")
    reach = 1.959963984540054 * normal.error("trend")
    assert normal.interval("trend") == pytest.approx((normal["trend"] - reach, normal["trend"] + reach))


def test_what_values_cannot_tell_is_refused() -> None:
    with pytest.raises(Usage, match="cannot tell 4 coefficients"):
        piecewise([1, 2, 3, 4, 5], "AAAAB")
    with pytest.raises(Usage, match="3 values, 2 phases"):
        piecewise([1, 2, 3], "AB")
    with pytest.raises(Usage, match="needs trials"):
        piecewise([1, 0, 1, 1, 0, 1], "AAABBB", family="binomial", slope=False)
