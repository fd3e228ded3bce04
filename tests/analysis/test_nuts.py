"""The exact posterior against a sampler that shares nothing with it. Runs in .venv-bayes (make bayes)."""

from __future__ import annotations

import numpy as np
import pytest

from parquetry.analysis import its
from parquetry.analysis.estimates import Verdict

from .series import stepped

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
            difference = np.quantile(found.beta[:, i], probability) - exact.quantile(probability)
            assert abs(difference) < 0.06 * exact.sd, (name, probability)
    for probability in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert fit.posterior.phi_quantile(probability) == pytest.approx(np.quantile(found.phi, probability), abs=0.01)
