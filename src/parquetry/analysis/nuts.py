"""
The same model by sampling: a check of the exact posterior that shares no line of its algebra.

PyMC with nutpie's NUTS, imported only here and only when asked for (extra ``bayes``). The model is
written as the text of `posterior` writes it, in the same standardised units, so that its draws are
comparable number by number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from parquetry.analysis import posterior as exact
from parquetry.analysis.estimates import Check, Floats, Verdict
from parquetry.analysis.fit import Fit
from parquetry.errors import MissingExtra

R_HAT, EFFECTIVE = 1.01, 400
"""Vehtari et al. (2021), Bayesian Analysis 16(2):667-718: r-hat below 1.01, 400 effective draws."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """
    Draws of the model's parameters, in units of the fit's spread, all chains one after the other.

    Attributes:
        beta: Shape (draws, columns).
        sigma, phi: Shape (draws,).
        checks: r-hat, effective sample size, divergences; a failure withholds the numbers.
    """

    beta: Floats
    sigma: Floats
    phi: Floats
    checks: tuple[Check, ...]


def sampled(fit: Fit, *, draws: int = 2_000, tune: int = 1_000, chains: int = 4, seed: int = 0) -> Sampled:
    """
    Sample the posterior of a fitted design.

    Raises:
        MissingExtra: The extra ``bayes`` is not installed.
    """
    try:
        # Late imports: seconds, and only this function needs them.
        import arviz
        import nutpie
    except ModuleNotFoundError:
        raise MissingExtra("bayes", "sampling a posterior") from None
    compiled = nutpie.compile_pymc_model(model(fit))
    trace = nutpie.sample(
        compiled, draws=draws, tune=tune, chains=chains, seed=seed, progress_bar=False, target_accept=0.95
    )  # fmt: skip
    values = {name: np.asarray(trace.posterior[name]) for name in ("beta", "sigma", "phi")}
    return Sampled(
        values["beta"].reshape(-1, values["beta"].shape[-1]), values["sigma"].ravel(), values["phi"].ravel(),
        _checks(arviz, trace),
    )  # fmt: skip


def model(fit: Fit) -> Any:
    """The PyMC model of a fitted design."""
    # Late imports: seconds, and only this function needs them.
    import pymc as pm

    design = fit.design
    usable = design.usable
    outcome = (design.panel.outcome[usable] - fit.centre) / fit.spread
    gaps = np.diff(design.times).astype(float)
    with pm.Model() as made:
        variance = pm.InverseGamma("variance", exact.SHAPE, exact.RATE)
        sigma = pm.Deterministic("sigma", pm.math.sqrt(variance))
        phi = pm.Uniform("phi", exact.LOWEST, exact.HIGHEST)
        pm.Potential("prior of phi", exact.PRIOR_UP * pm.math.log(1 + phi) + exact.PRIOR_DOWN * pm.math.log(1 - phi))
        beta = pm.Flat("beta", shape=design.matrix.shape[1])
        # Over the scales of the prior: a sum, since a sampler cannot jump between them.
        standard = beta / (sigma * fit.prior.sd)
        each = -0.5 * (standard**2).sum(axis=1) - np.log(fit.prior.sd).sum(axis=1) + np.log(fit.prior.weights)
        pm.Potential("prior of beta", pm.math.logsumexp(each) - design.matrix.shape[1] * pm.math.log(sigma))
        errors = outcome - pm.math.dot(design.matrix[usable], beta)
        stationary = sigma / pm.math.sqrt(1 - phi**2)
        # |φ|^g with its sign, since a real power of a negative number has no derivative.
        kept = pm.math.switch(phi < 0, np.where(gaps % 2, -1.0, 1.0), 1.0) * pm.math.abs(phi) ** gaps
        spread = pm.math.concatenate([pm.math.stack([stationary]), stationary * pm.math.sqrt(1 - kept**2)])
        mean = pm.math.concatenate([np.zeros(1), kept * errors[:-1]])
        pm.Potential("likelihood", pm.logp(pm.Normal.dist(mean, spread), errors).sum())
    return made


def _checks(arviz: Any, trace: Any) -> tuple[Check, ...]:
    summary = arviz.summary(trace, var_names=["beta", "sigma", "phi"], round_to="none")
    rhat, effective = float(summary["r_hat"].max()), float(summary["ess_bulk"].min())
    diverged = int(np.asarray(trace.sample_stats["diverging"]).sum())
    looked = [
        ("r-hat", rhat, R_HAT, rhat < R_HAT),
        ("effective sample size", effective, EFFECTIVE, effective >= EFFECTIVE),
    ]
    looked.append(("divergences", float(diverged), 0.0, diverged == 0))
    return tuple(
        Check(name, Verdict.PASSED if passed else Verdict.FAILED, value, limit, refuses=True)
        for name, value, limit, passed in looked
    )
