"""
The same model by sampling: a check of the exact posterior that shares no line of its algebra.

PyMC with nutpie's NUTS, imported only here and only when asked for (extra ``bayes``). The model is
written as the text of `posterior` writes it, in the same standardised units, so that its draws are
comparable number by number; `by_nuts` puts them through the same questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from parquetry.analysis import posterior as exact
from parquetry.analysis import refusals
from parquetry.analysis.abab import Reversed
from parquetry.analysis.abab import answered as reversed_answer
from parquetry.analysis.estimates import Check, Estimate, Floats, Verdict
from parquetry.analysis.fit import Fit
from parquetry.analysis.its import Interrupted
from parquetry.analysis.its import answered as interrupted_answer
from parquetry.analysis.posterior import Posterior
from parquetry.analysis.sampler import Drawn, compiled, drawn
from parquetry.errors import MissingExtra

AGREES = 0.06
"""Posterior standard deviations by which mean and ends of an interval may differ from the exact ones."""
_SURE = 1e9
"""Degrees of freedom of a σ that is known, as it is within one draw."""
_PARAMETERS = ("beta", "sigma", "phi")


@dataclass(frozen=True, slots=True, eq=False)
class ByNuts:
    """
    An answer by sampling.

    Attributes:
        answer: The exact one's kind, all its estimates from draws. Its fit is still the exact one, so
            that checks, curves and other models go on from there.
        checks: r-hat, effective sample size, divergences, and how far it is from the exact answer.
    """

    answer: Interrupted | Reversed
    checks: tuple[Check, ...]


def by_nuts(answer: Interrupted | Reversed, *, draws: int = 8_000, seed: int = 0) -> ByNuts:
    """
    The same questions answered from draws; takes a minute or so.

    Args:
        draws: Of each of four chains.

    Raises:
        Refused: The sampler did not settle; ``facts["reasons"]`` says how.
        MissingExtra: The extra ``bayes`` is not installed.
    """
    found = sampled(answer.fit, draws=draws, seed=seed)
    refusals.refuse(found.reasons)
    fit = _with_draws(answer.fit, found)
    if isinstance(answer, Interrupted):
        changed = interrupted_answer(fit, answer.start, answer.asked, answer.window)
        return ByNuts(replace(changed, fit=answer.fit), (*found.checks, *_agreement(answer.main, changed.main)))
    checks, alone = found.checks, None
    if answer.alone is not None:
        second = sampled(answer.alone, draws=draws, seed=seed + 1)
        refusals.refuse(second.reasons)
        alone, checks = _with_draws(answer.alone, second), _worse(checks, second.checks)
    switched = reversed_answer(fit, answer.asked, seed, alone=alone)
    switched = replace(switched, fit=answer.fit, alone=answer.alone)
    return ByNuts(switched, (*checks, *_agreement(answer.main, switched.main)))


def sampled(fit: Fit, *, draws: int = 2_000, tune: int = 1_000, chains: int = 4, seed: int = 0) -> Drawn:
    """
    Sample the posterior of a fitted design: ``beta`` (draws, columns), ``sigma`` and ``phi`` in units of its spread.

    Raises:
        MissingExtra: The extra ``bayes`` is not installed.
    """
    program = compiled(model(fit), "sampling a posterior")
    return drawn(program, _PARAMETERS, _PARAMETERS, draws=draws, tune=tune, chains=chains, seed=seed)


def _with_draws(fit: Fit, found: Drawn) -> Fit:
    """The fit with a posterior whose nodes are the draws: each coefficient known, σ known."""
    beta, sigma, phi = (found.values[name] for name in _PARAMETERS)
    count, columns = beta.shape
    scale = _scales(fit, beta, sigma)
    root = np.broadcast_to(np.zeros((1, 1, 1)), (count, columns, columns))
    posterior = Posterior(
        np.full(count, 1 / count), phi, scale, beta, root, _SURE, sigma**2 * _SURE, 0.0, float("nan")
    )  # fmt: skip
    return replace(fit, posterior=posterior)


def _scales(fit: Fit, beta: Floats, sigma: Floats) -> Any:
    """The row of the prior's scales that each draw most probably comes from."""
    best, found = np.full(len(beta), -np.inf), np.zeros(len(beta), dtype=np.int64)
    random = np.random.default_rng(0)
    for row, (sd, weight) in enumerate(zip(fit.prior.sd, fit.prior.weights, strict=True)):
        density = -0.5 * ((beta / (sigma[:, None] * sd)) ** 2).sum(axis=1) - np.log(sd).sum() + np.log(weight)
        # The largest of log densities with Gumbel noise is a draw with these densities' odds.
        density = density + random.gumbel(size=len(beta))
        found, best = np.where(density > best, row, found), np.maximum(density, best)
    return found


def _worse(one: tuple[Check, ...], other: tuple[Check, ...]) -> tuple[Check, ...]:
    """By name, the check that is nearer to its limit."""
    lowest = ("effective sample size",)
    return tuple(
        min(pair, key=lambda check: (check.value or 0.0) * (1 if check.name in lowest else -1))
        for pair in zip(one, other, strict=True)
    )


def _agreement(ours: Estimate, theirs: Estimate) -> Iterator[Check]:
    moved = [
        theirs.mean - ours.mean,
        theirs.interval.low - ours.interval.low,
        theirs.interval.high - ours.interval.high,
    ]
    value = float(np.abs(moved).max() / ours.sd)
    verdict = Verdict.PASSED if value <= AGREES else Verdict.FAILED
    yield Check("agreement with the exact posterior", verdict, value, AGREES, facts={"exact": ours.mean})


def model(fit: Fit) -> Any:
    """The PyMC model of a fitted design."""
    try:
        # Late import: seconds, and only a sampler needs it.
        import pymc as pm
    except ModuleNotFoundError:
        raise MissingExtra("bayes", "sampling a posterior") from None

    design = fit.design
    usable = design.usable
    outcome = (design.panel.outcome[usable] - fit.centre) / fit.spread
    gaps = np.diff(design.times).astype(float)
    with pm.Model() as made:
        variance = pm.InverseGamma("variance", exact.SHAPE, exact.RATE)
        sigma = pm.Deterministic("sigma", pm.math.sqrt(variance))
        phi = pm.Uniform("phi", exact.LOWEST, exact.HIGHEST)
        pm.Potential("prior of phi", exact.PRIOR_UP * pm.math.log(1 + phi) + exact.PRIOR_DOWN * pm.math.log(1 - phi))
        pm.Potential("degrees of freedom", fit.prior.lost * pm.math.log(sigma))
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
