"""
Counts and shares with autocorrelated noise: the model, its prior, and draws from it.

For usable days t₁ < t₂ < … ::

    η = centre + X·β + s·u,   u(t₁) ~ N(0, 1),   u(tᵢ) | u(tᵢ₋₁) ~ N(φ^g·u(tᵢ₋₁), 1-φ^2g),   g = tᵢ-tᵢ₋₁
    counts   y ~ negative binomial (mean exposure·exp(η), variance mean + d²·mean²)
    shares   y ~ beta-binomial (trials, mean 1/(1+exp(-η)), a + b = 1/d²)

so that a missing day is stepped over exactly, as in `posterior`. What separates days from each
other on the scale of η is either lasting (s, with memory φ) or of a day (d); both are learned.

The prior has no unit: logarithms of rates and odds do not change when exposure is counted in hours
instead of days, and *centre* is the baseline's own rate or share. Its standard deviations are of
what happens to people: a treatment that multiplies a rate by seven is still within two of them, a
weekday by two and a half. Intercept, trend and effects have Student's t with 4 degrees of freedom
for those who are not like most. All of them halved and doubled stand in every sensitivity table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np

from parquetry.analysis import posterior as exact
from parquetry.analysis.design import Design
from parquetry.analysis.estimates import Flags, Floats
from parquetry.analysis.sampler import Drawn, compiled, drawn
from parquetry.errors import MissingExtra

Kind: TypeAlias = Literal["count", "share"]

INTERCEPT, EFFECT, TREND, NUISANCE, SPREAD = 2.0, 1.0, 1.0, 0.5, 0.25
"""Standard deviations on the scale of log rates and log odds."""
NOISE = 0.5
"""Of the half-normal priors of s and of d: a day's rate differs by some 50 % from what the model says of it."""
LEAST = 1e-3
"""The least d; below it a negative binomial is a Poisson to six digits, and its density loses digits."""
LOWEST, HIGHEST = -0.98, 0.98
"""
The support of φ, its prior as in `posterior`. Beyond 0.98 noise forgets half of itself in more than 34
days: a level, to a study of months, and a ridge beside the intercept that a sampler falls off.
"""
FREEDOM = 4
KEPT = ("beta", "own", "lasting", "daily", "phi", "spread", "latent")
WATCHED = ("beta", "own", "lasting", "daily", "phi", "spread")


@dataclass(frozen=True, slots=True)
class Told:
    """
    How the model is varied.

    Attributes:
        factor: Multiplies the prior's standard deviations of the coefficients.
        memory: Whether what lasts is autocorrelated.
        noise: Whether there is more noise than Poisson's or the binomial's, within a day or lasting.
        pooled: Whether reversals are drawn from a common effect.
        leave: Columns taken out.
    """

    factor: float = 1.0
    memory: bool = True
    noise: bool = True
    pooled: bool = True
    leave: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """
    What is modelled, on usable days: shape (usable days,) each.

    Attributes:
        design: Of the regression.
        kind: ``count`` or ``share``.
        number: Counts or successes.
        size: Exposure or trials.
        weight: 1 for a day that counts and 0 for one that does not, such as a washout's in a variant.
    """

    design: Design
    kind: Kind
    number: Floats
    size: Floats
    weight: Floats

    @property
    def centre(self) -> float:
        """The log rate or log odds of the baseline, half an event added so that none is not minus infinity."""
        chosen = ~self.design.treated[self.design.usable]
        number, size = float(self.number[chosen].sum()), float(self.size[chosen].sum())
        if self.kind == "count":
            return float(np.log((number + 0.5) / size))
        return float(np.log((number + 0.5) / (size - number + 0.5)))

    def without(self, rows: Flags) -> Seen:
        """Where *rows*, of the design's days, do not count."""
        return replace(self, weight=np.where(rows[self.design.usable], 0.0, self.weight))


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """
    Draws, all chains one after the other.

    Attributes:
        beta: On the design's columns, shape (draws, columns); 0 for those left out.
        lasting: s, the standard deviation of what lasts; daily: d; phi: of a day; each of shape (draws,).
        latent: s·u on the usable days, shape (draws, usable days).
        spread: Between reversals, shape (draws,); 0 where there are none.
        drawn: With the sampler's checks.
    """

    beta: Floats
    lasting: Floats
    daily: Floats
    phi: Floats
    latent: Floats
    spread: Floats
    drawn: Drawn


def draws(
    seen: Seen,
    told: Told = Told(),
    *,
    seed: int = 0,
    count: int = 1_500,
    tune: int = 1_000,
    watched: tuple[str, ...] = WATCHED,
    again: bool = True,
) -> Draws:
    """
    Sample the posterior: four chains of *count* draws; the same seed gives the same numbers.

    Args:
        watched: The variables whose mixing is checked.
        again: Try once more, with smaller steps, where it is not sound.

    Raises:
        MissingExtra: The extra ``bayes`` is not installed.
    """
    own = _own(seen.design)
    program = _program(seen.kind, len(seen.number), int((~own).sum()), int(own.sum()))
    found = drawn(
        program.with_data(**_data(seen, told)), _there(KEPT, own), _there(watched, own), draws=count, tune=tune,
        chains=4, seed=seed, again=again,
    )  # fmt: skip
    values = found.values
    beta = np.zeros((len(values["phi"]), len(own)))
    beta[:, ~own] = values["beta"]
    if own.any():
        beta[:, own] = values["own"]
    return Draws(
        beta, values["lasting"], values["daily"], values["phi"], values["latent"],
        values.get("spread", np.zeros(len(beta))), found,
    )  # fmt: skip


def prior_sd(design: Design) -> Floats:
    """Standard deviation of each coefficient's prior but those of the reversals, shape (columns,)."""
    sizes = {"intercept": INTERCEPT, "trend": TREND, "slope": TREND, "level": EFFECT, "effect": EFFECT}
    return np.array([sizes.get(name, NUISANCE) for name in design.names])


def _own(design: Design) -> Flags:
    return np.array([name.startswith("reversal ") for name in design.names])


def _there(names: tuple[str, ...], own: Flags) -> tuple[str, ...]:
    """The *names* without those that only reversals have, where there are none."""
    return names if own.any() else tuple(name for name in names if name not in ("own", "spread"))


def _data(seen: Seen, told: Told) -> dict[str, Any]:
    design, own = seen.design, _own(seen.design)
    left = np.array([name in told.leave for name in design.names])
    # A column whose coefficient is nothing is not there, and the machine code stays the same.
    sd = np.where(left, 0.0, prior_sd(design) * told.factor)
    rows = design.matrix[design.usable]
    gaps = np.concatenate([[0], np.diff(design.times)]).astype(float)
    found = {
        "columns": rows[:, ~own], "sd": sd[~own], "number": seen.number, "size": seen.size, "weight": seen.weight,
        "gaps": gaps, "odd": gaps % 2, "centre": np.array(seen.centre), "memory": np.array(float(told.memory)),
        "noise": np.array(float(told.noise)),
    }  # fmt: skip
    if own.any():
        found |= {
            "reversals": rows[:, own] * ~left[own], "pooled": np.array(float(told.pooled)),
            "spreads": np.array([SPREAD * told.factor, EFFECT * told.factor]),
        }  # fmt: skip
    return found


@lru_cache(maxsize=8)
def _program(kind: Kind, days: int, columns: int, reversals: int) -> Any:
    """The compiled model of data of these shapes; compiling takes longer than sampling."""
    try:
        # Late imports: seconds, and only a sampler needs them.
        import pymc as pm
        from pytensor import tensor as pt
    except ModuleNotFoundError:
        raise MissingExtra("bayes", "an analysis of counts or shares") from None
    with pm.Model() as made:

        def given(name: str, *shape: int) -> Any:
            return pt.specify_shape(pm.Data(name, np.ones(shape)), shape)

        sd = given("sd", columns)
        standard = pm.StudentT("standard", nu=FREEDOM, mu=0.0, sigma=1.0, shape=columns)
        beta = pm.Deterministic("beta", sd * standard)
        eta = given("centre") + pt.dot(given("columns", days, columns), beta)
        if reversals:
            pooled, spreads = given("pooled"), given("spreads", 2)
            spread = pm.Deterministic("spread", spreads[0] * pm.HalfNormal("standard spread", 1.0))
            scale = pooled * spread + (1 - pooled) * spreads[1]
            own = pm.Deterministic("own", scale * pm.Normal("standard own", 0.0, 1.0, shape=reversals))
            eta = eta + pt.dot(given("reversals", days, reversals), own)
        phi = pm.Uniform("phi", LOWEST, HIGHEST)
        pm.Potential("prior of phi", exact.PRIOR_UP * pt.log(1 + phi) + exact.PRIOR_DOWN * pt.log(1 - phi))
        # Two independent half-normals in polar coordinates: how much noise there is, the data say; how much of it
        # lasts, they say less of.
        noise = given("noise") * NOISE * pm.Weibull("radius", alpha=2.0, beta=2.0**0.5)
        angle = np.pi / 2 * pm.Uniform("angle", 0.0, 1.0)
        lasting = pm.Deterministic("lasting", noise * pt.sin(angle))
        daily = pm.Deterministic("daily", LEAST + noise * pt.cos(angle))
        steps = pm.Normal("steps", 0.0, 1.0, shape=days)
        path = autoregression(pt, phi * given("memory"), given("gaps", days), given("odd", days), steps, days)
        latent = pm.Deterministic("latent", lasting * path)
        density = _density(pm, pt, kind, given("number", days), given("size", days), eta + latent, daily)
        pm.Potential("likelihood", pt.sum(given("weight", days) * density))
    return compiled(made, "an analysis of counts or shares")


def autoregression(pt: Any, phi: Any, gaps: Any, odd: Any, steps: Any, days: int) -> Any:
    """
    A stationary series of variance 1 from independent *steps*, by doubling.

    u(i) = a(i)·u(i-1) + b(i) is a sum over all before; combined in pairs, then in pairs of pairs,
    it takes log₂(days) operations on whole vectors instead of a loop that the sampler must unroll.
    """
    # |φ|^g with its sign, since a real power of a negative number has no derivative; nor has that of 0.
    kept = pt.switch(phi < 0, 1 - 2 * odd, 1.0) * pt.exp(gaps * pt.log(pt.maximum(pt.abs(phi), 1e-12)))
    kept = pt.set_subtensor(kept[0], 0.0)
    found = pt.sqrt(1 - kept**2) * steps
    reach = 1
    while reach < days:
        none = pt.zeros(reach)
        found = found + kept * pt.concatenate([none, found[:-reach]])
        kept = kept * pt.concatenate([none, kept[:-reach]])
        reach *= 2
    return found


def _density(pm: Any, pt: Any, kind: Kind, number: Any, size: Any, eta: Any, daily: Any) -> Any:
    certainty = 1 / daily**2
    if kind == "count":
        return pm.logp(pm.NegativeBinomial.dist(mu=size * pt.exp(eta), alpha=certainty), number)
    mean = pm.math.sigmoid(eta)
    return pm.logp(pm.BetaBinomial.dist(alpha=mean * certainty, beta=(1 - mean) * certainty, n=size), number)
