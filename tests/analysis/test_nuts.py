"""The exact posterior against a sampler that shares nothing with it. Runs in .venv-bayes (make bayes)."""

from __future__ import annotations

import numpy as np
import pytest

from parquetry.analysis import abab, its
from parquetry.analysis.abab import Reversed
from parquetry.analysis.estimates import Estimate, Verdict
from parquetry.analysis.its import Interrupted

from .series import stepped, switched

pytestmark = [pytest.mark.torture, pytest.mark.filterwarnings("ignore")]


def test_nuts_agrees_within_six_hundredths_of_a_standard_deviation() -> None:
    """Five quantiles of every coefficient, 20,000 draws, missing days included."""
    pytest.importorskip("nutpie")
    from parquetry.analysis.nuts import sampled

    outcome = stepped(60, phi=0.5)
    outcome[[5, 20, 21, 41]] = np.nan
    fit = its(outcome, start=30).fit
    found = sampled(fit, draws=5_000, seed=1)
    assert all(check.verdict is Verdict.PASSED for check in found.checks), found.checks
    for i, name in enumerate(fit.design.names):
        exact = fit.posterior.linear(fit.design.unit(name))
        for probability in (0.05, 0.25, 0.5, 0.75, 0.95):
            difference = np.quantile(found.values["beta"][:, i], probability) - exact.quantile(probability)
            assert abs(difference) < 0.06 * exact.sd, (name, probability)
    for probability in (0.05, 0.25, 0.5, 0.75, 0.95):
        drawn = np.quantile(found.values["phi"], probability)
        assert fit.posterior.phi_quantile(probability) == pytest.approx(drawn, abs=0.01)


def test_an_answer_by_sampling_is_the_exact_one() -> None:
    """All estimates of an interrupted series: mean, ends and probabilities, realised intervals included."""
    pytest.importorskip("nutpie")
    from parquetry.analysis.nuts import by_nuts

    answer = its(stepped(60, phi=0.5), start=30, smallest=1.0)
    found = by_nuts(answer, seed=1)
    assert all(check.verdict is Verdict.PASSED for check in found.checks), found.checks
    assert isinstance(found.answer, Interrupted)
    for name in ("level_change", "slope_change", "average", "cumulative", "relative", "autocorrelation"):
        same(getattr(answer, name), getattr(found.answer, name))
    assert found.answer.main.mean == by_nuts(answer, seed=1).answer.main.mean


def test_a_pooled_answer_by_sampling_is_the_exact_one() -> None:
    """The spread between reversals is integrated over a grid exactly, and summed over by the sampler."""
    pytest.importorskip("nutpie")
    from parquetry.analysis.nuts import by_nuts

    answer = abab(*switched(15), smallest=1.0)
    found = by_nuts(answer, seed=2)
    assert all(check.verdict is Verdict.PASSED for check in found.checks), found.checks
    assert isinstance(found.answer, Reversed)
    assert answer.here is not None and found.answer.here is not None
    same(answer.here, found.answer.here)
    for one, other in zip(answer.reversals, found.answer.reversals, strict=True):
        same(one.pooled, other.pooled)
        same(one.unpooled, other.unpooled)
    assert found.answer.agree == pytest.approx(answer.agree, abs=0.02)
    assert found.answer.spread == pytest.approx(answer.spread, rel=0.05)


def same(exact: Estimate, drawn: Estimate) -> None:
    assert drawn.mean == pytest.approx(exact.mean, abs=0.06 * exact.sd), exact.name
    assert drawn.median == pytest.approx(exact.median, abs=0.06 * exact.sd), exact.name
    for one, other in ((exact.interval, drawn.interval), (exact.realised, drawn.realised)):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=0.1 * exact.sd), exact.name
    for attribute in ("positive", "negligible", "important"):
        assert getattr(drawn, attribute) == pytest.approx(getattr(exact, attribute), abs=0.02), (exact.name, attribute)
