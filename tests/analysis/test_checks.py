"""What is looked at besides the answer: each check passes on a healthy series and fails on a sick one."""

from __future__ import annotations

import json

import numpy as np
import pytest

from parquetry.analysis import abab, its
from parquetry.analysis.checks import checks, influence, ljung_box, placebo, predictive
from parquetry.analysis.counterfactual import counterfactual
from parquetry.analysis.estimates import Verdict, plain
from parquetry.analysis.panel import Panel, Period
from parquetry.analysis.sensitivity import depends_on, sensitivity

from .series import noise, stepped, switched


def test_a_healthy_series_passes_everything() -> None:
    for answer in (its(stepped(90), start=45), abab(*switched(25))):
        found = checks(answer)
        assert [] == [check.name for check in found if check.verdict is Verdict.FAILED]
        assert len(found) == len({check.name for check in found}) >= 14
        json.dumps(plain(found))


def test_an_outlier_is_named() -> None:
    outcome = stepped()
    outcome[40] += 15
    check = influence(its(outcome, start=30))
    assert (Verdict.FAILED, 40) == (check.verdict, check.facts["row"])


def test_an_outlier_is_not_what_the_model_draws() -> None:
    outcome = stepped()
    outcome[40] += 15
    failed = [c.name for c in predictive(its(outcome, start=30).fit) if c.verdict is Verdict.FAILED]
    assert "posterior predictive: largest" in failed


def test_ljung_box_sees_what_one_lag_does_not_explain() -> None:
    """A cycle of four days beside the autoregression; the answer keeps its autoregression all the same."""
    cycle = 2 * np.sin(2 * np.pi * np.arange(90) / 4)
    assert Verdict.FAILED is ljung_box(its(stepped(90) + cycle, start=45).fit).verdict
    assert Verdict.PASSED is ljung_box(its(stepped(90), start=45).fit).verdict


def test_ljung_box_is_that_of_statsmodels() -> None:
    from statsmodels.stats.diagnostic import acorr_ljungbox

    from parquetry.analysis.checks import whitened

    fit = its(stepped(90), start=45).fit
    theirs = acorr_ljungbox(whitened(fit), lags=[10], model_df=1)
    ours = ljung_box(fit)
    assert ours.value == pytest.approx(float(theirs["lb_pvalue"].iloc[0]))


def test_placebo_dates_find_a_change_that_came_before() -> None:
    early = stepped(80, effect=0.0, phi=0.2)
    early[20:] += 2
    check = placebo(its(early, start=60, impact="level", trend=False))
    assert Verdict.FAILED is check.verdict
    # The first date leaves five days before it, the last five from it on.
    assert (5, 55) == (check.facts["rows"][0], check.facts["rows"][-1])
    assert Verdict.PASSED is placebo(its(stepped(80), start=40)).verdict
    assert Verdict.NOT_APPLICABLE is placebo(abab(*switched())).verdict
    assert Verdict.NOT_APPLICABLE is placebo(its(stepped(40), start=8)).verdict


def test_a_covariate_that_varies_only_later_is_no_obstacle() -> None:
    """A journey in the treated days is the same 0 on every day of the baseline, and part of its level there."""
    journey = np.zeros(80)
    journey[60:64] = 1
    answer = its(stepped(80), start=40, covariates={"journey": journey})
    assert placebo(answer).facts["effects"] == placebo(its(stepped(80), start=40)).facts["effects"]
    assert "placebo dates" in {check.name for check in checks(answer)}


@pytest.mark.parametrize(("period", "names"), [("week", {"washout of 1 week"}), ("month", {"washout of 1 month"})])
def test_washouts_are_counted_in_the_periods_of_the_study(period: Period, names: set[str]) -> None:
    """Seven weeks are no washout of seven days."""
    rows = sensitivity(its(Panel.of(stepped(60), period=period), start=30))
    assert names == {row.name for row in rows if row.group == "washout"}
    daily = sensitivity(its(stepped(60), start=30, washout=3))
    assert {"washout of 0 days", "washout of 1 day", "washout of 7 days"} == {
        row.name for row in daily if row.group == "washout"
    }


def test_the_sensitivity_forest_has_what_may_be_doubted() -> None:
    rows = sensitivity(its(stepped(90, covariate_free := 2.0), start=45))
    assert covariate_free
    assert {"prior", "errors", "washout", "trend", "season"} == {row.group for row in rows}
    names = [row.name for row in sensitivity(abab(*switched(25, effect=3.0)))]
    assert {"prior halved", "prior doubled", "independent errors", "with a trend"} <= set(names)
    assert {"without phase 1 (A)", "without phase 4 (B)", "one effect for all reversals"} <= set(names)


def test_a_clear_effect_depends_on_nothing() -> None:
    answer = abab(*switched(25, effect=5.0))
    assert () == depends_on(sensitivity(answer))


def test_what_hangs_on_the_errors_says_so() -> None:
    """Drift that independent errors take for an effect."""
    for seed in range(40):
        drift = 3 * noise(60, 0.85, seed)
        try:
            answer = its(drift, start=30, impact="level", trend=False)
        except Exception:  # noqa: BLE001
            continue
        if not answer.average.excludes_zero and "independent errors" in depends_on(sensitivity(answer)):
            return
    pytest.fail("no drift was taken for an effect by independent errors")


def test_a_variant_that_cannot_be_estimated_says_why() -> None:
    rows = sensitivity(abab(*switched(7, effect=3.0, phi=0.0)))
    (long,) = [row for row in rows if row.name == "washout of 7 days"]
    assert long.estimate is None and "leaves nothing" in long.note and long.agrees is None


def test_the_curves_are_the_series_and_what_would_have_been() -> None:
    outcome = stepped(effect=3.0)
    outcome[50] = np.nan
    answer = its(outcome, start=30)
    curves = counterfactual(answer.fit)
    assert np.all(curves.effect.mean[:30] == 0)
    assert np.allclose(curves.fitted.mean[:30], curves.untreated.mean[:30])
    assert np.mean(curves.effect.mean[30:]) == pytest.approx(answer.average.mean, abs=0.1 * answer.average.sd)
    assert curves.realised is not None and np.isnan(curves.realised.mean[50])
    assert np.array_equal(curves.fitted.low, counterfactual(answer.fit).fitted.low)
    assert counterfactual(abab(*switched()).fit).realised is None
    json.dumps(curves.to_dict(), allow_nan=False)
