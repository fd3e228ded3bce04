"""
What was looked at besides the answer: is the computation sound, does the model look like the data?

A check is passed, failed or not applicable. Those that make an analysis refuse stand in `refusals`
and are shown here again; the others are only reported, and none of them ever changes the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from scipy.special import gammaincc

from parquetry.analysis import limits, refusals
from parquetry.analysis.abab import Reversed
from parquetry.analysis.design import Design
from parquetry.analysis.estimates import Check, Estimate, Floats, Verdict, Whole
from parquetry.analysis.fit import Fit, fitted, without_opinion
from parquetry.analysis.influence import left_out
from parquetry.analysis.its import Interrupted, mean_effect
from parquetry.analysis.panel import Panel
from parquetry.analysis.refusals import missing_shares

Answer: TypeAlias = Interrupted | Reversed
REPLICATES = 1_000
_Statistic: TypeAlias = Callable[[Floats], Floats]
_NONE: Mapping[str, _Statistic] = {}


def checks(answer: Answer, *, seed: int = 0) -> tuple[Check, ...]:
    """All checks of an answer; the same seed gives the same numbers."""
    fit = answer.fit
    return (
        *_persistence(fit), _missing(fit.design), _aliasing(fit.design), *predictive(fit, seed),
        ljung_box(fit), influence(answer), placebo(answer),
        *(Check(name, Verdict.NOT_APPLICABLE) for name in ("r-hat", "effective sample size", "divergences")),
    )  # fmt: skip


def of_refused(design: Design, fit: Fit | None) -> tuple[Check, ...]:
    """The checks of a study without an answer: those that say nothing of an effect."""
    computed = () if fit is None else _persistence(fit)
    return (*computed, _missing(design), _aliasing(design))


def verdict(passed: bool) -> Verdict:
    return Verdict.PASSED if passed else Verdict.FAILED


def _persistence(fit: Fit) -> Iterator[Check]:
    free = without_opinion(fit)
    yield Check("grid edge", verdict(free.edge <= limits.GRID_EDGE), free.edge, limits.GRID_EDGE, refuses=True)
    value, limit = free.phi_above(limits.PERSISTENT_PHI), limits.PERSISTENT_PROBABILITY
    yield Check("persistence", verdict(value <= limit), value, limit, refuses=True)


def _missing(design: Design) -> Check:
    shares = missing_shares(design)
    worst = max(shares.values())
    passed = not tuple(refusals.of_missing(design))
    return Check("missing days", verdict(passed), worst, limits.MISSING_SHARE, refuses=True, facts=shares)


def _aliasing(design: Design) -> Check:
    value = design.explained()
    return Check("aliasing", verdict(value < limits.ALIASED), value, limits.ALIASED, refuses=True)


def predictive(fit: Fit, seed: int = 0) -> Iterator[Check]:
    """
    Whether series drawn from the posterior look like the one that was observed.

    By mean, standard deviation, smallest and largest value, correlation from one day to the next,
    and the spread between weekdays; each with its two-sided posterior predictive probability.
    """
    usable, times = fit.design.usable, fit.design.times
    observed = (fit.design.panel.outcome[usable] - fit.centre) / fit.spread
    drawn = fit.posterior.draws(REPLICATES, seed)
    random = np.random.default_rng([seed, 2])
    mean = drawn.beta @ fit.design.matrix[usable].T
    replicated = mean + simulated(drawn.phi, drawn.sigma, np.diff(times), random)
    weekdays = fit.design.panel.period == "day" and len(times) >= 7 * limits.WEEKS
    yield from compared(observed, replicated, times, weekdays=weekdays)


def compared(
    observed: Floats, replicated: Floats, times: Whole, *, weekdays: bool, more: Mapping[str, _Statistic] = _NONE
) -> Iterator[Check]:
    """
    A series beside those that the model draws, by each statistic.

    Args:
        observed: Shape (days,).
        replicated: Shape (series, days).
        times: Rows of the days, shape (days,).
        weekdays: Whether there are enough days for them.
        more: Statistics besides the usual ones.
    """
    for name, statistic in {**_statistics(times, weekdays=weekdays), **more}.items():
        seen, values = float(statistic(observed[None, :])[0]), statistic(replicated)
        above, below = float((values >= seen).mean()), float((values <= seen).mean())
        probability = min(1.0, 2 * min(above, below))
        yield Check(
            f"posterior predictive: {name}", verdict(probability >= limits.PREDICTIVE_TAIL), probability,
            limits.PREDICTIVE_TAIL, facts={"observed": seen, "replicated": float(values.mean())},
        )  # fmt: skip
    if not weekdays:
        yield Check("posterior predictive: weekdays", Verdict.NOT_APPLICABLE)


def _statistics(times: Whole, *, weekdays: bool) -> Mapping[str, _Statistic]:
    """Each from a table of series, shape (series, days), to a number a series."""
    found: dict[str, _Statistic] = {
        "mean": lambda rows: rows.mean(axis=1),
        "sd": lambda rows: rows.std(axis=1),
        "smallest": lambda rows: rows.min(axis=1),
        "largest": lambda rows: rows.max(axis=1),
        "lag-1": lambda rows: _lag_one(rows, times),
    }
    return {**found, "weekdays": lambda rows: _weekday_spread(rows, times)} if weekdays else found


def _lag_one(rows: Floats, times: Whole) -> Floats:
    centred = rows - rows.mean(axis=1, keepdims=True)
    products = (centred[:, 1:] * centred[:, :-1])[:, np.diff(times) == 1]
    found: Floats = products.sum(axis=1) / (centred**2).sum(axis=1)
    return found


def _weekday_spread(rows: Floats, times: Whole) -> Floats:
    means = [rows[:, times % 7 == day].mean(axis=1) for day in range(7) if (times % 7 == day).any()]
    found: Floats = np.array(means).std(axis=0)
    return found


def simulated(phi: Floats, sigma: Floats, gaps: Whole, random: np.random.Generator) -> Floats:
    """Stationary autoregressive errors, shape (series, days), for *phi* and *sigma* of shape (series,)."""
    found = np.empty((len(phi), len(gaps) + 1))
    stationary = sigma / np.sqrt(1 - phi * phi)
    normal = random.standard_normal(found.shape)
    found[:, 0] = stationary * normal[:, 0]
    for day, gap in enumerate(gaps, 1):
        psi = phi**gap
        found[:, day] = psi * found[:, day - 1] + stationary * np.sqrt(1 - psi * psi) * normal[:, day]
    return found


def whitened(fit: Fit) -> Floats:
    """The residuals at the posterior mean with the autoregression taken out, shape (usable days,)."""
    phi, residuals = fit.posterior.phi_mean(), fit.residuals()
    psi = phi ** np.diff(fit.design.times)
    scale = np.sqrt((1 - phi * phi) / (1 - psi * psi))
    later = scale * (residuals[1:] - psi * residuals[:-1])
    return np.concatenate([[np.sqrt(1 - phi * phi) * residuals[0]], later])


def ljung_box(fit: Fit) -> Check:
    """Whether the whitened residuals are still correlated, at up to ten lags (Ljung & Box 1978)."""
    values = whitened(fit)
    count = len(values)
    lags = min(10, count // 5)
    if lags < 2:
        return Check("Ljung-Box", Verdict.NOT_APPLICABLE)
    centred = values - values.mean()
    correlations = [float(centred[k:] @ centred[:-k] / (centred @ centred)) for k in range(1, lags + 1)]
    q = count * (count + 2) * sum(r * r / (count - k) for k, r in enumerate(correlations, 1))
    # One degree of freedom less for φ.
    p = float(gammaincc((lags - 1) / 2, q / 2))
    facts = {"Q": q, "lags": lags, "correlations": correlations}
    return Check("Ljung-Box", verdict(p >= limits.LJUNG_BOX), p, limits.LJUNG_BOX, facts=facts)


def influence(answer: Answer) -> Check:
    """How far the one day that matters most moves the answer, in its posterior standard deviations."""
    moved = left_out(answer.fit, answer.contrast) - answer.main.mean
    scaled = moved / answer.main.sd
    worst = int(np.argmax(np.abs(scaled)))
    value = float(abs(scaled[worst]))
    row = int(answer.design.times[worst])
    facts = {"row": row, "without it": float(answer.main.mean + moved[worst]), "all": dict(_by_row(answer, scaled))}
    return Check("influence of one day", verdict(value <= limits.INFLUENTIAL), value, limits.INFLUENTIAL, facts=facts)


def _by_row(answer: Answer, values: Floats) -> Iterator[tuple[int, float]]:
    yield from zip(map(int, answer.design.times), map(float, values), strict=True)


def placebo(answer: Answer) -> Check:
    """
    Effects found at dates of the baseline, when nothing was done, by the same model on the baseline alone.

    Not applicable to reversal designs, and to a baseline too short for two phases.
    """
    if not isinstance(answer, Interrupted):
        return Check("placebo dates", Verdict.NOT_APPLICABLE)
    days = np.flatnonzero(answer.design.usable[: answer.start])
    # The first date that leaves enough days before it, and the last that leaves enough from it on.
    dates = days[limits.PHASE_DAYS : len(days) - limits.PHASE_DAYS + 1]
    if len(days) < limits.STUDY_DAYS or not len(dates):
        return Check("placebo dates", Verdict.NOT_APPLICABLE)
    panel = _varying(answer.design.options["panel"].until(answer.start))
    dates = dates[np.unique(np.linspace(0, len(dates) - 1, min(limits.PLACEBOS, len(dates))).round().astype(int))]
    found = [_placebo(answer, panel, int(date)) for date in dates]
    share = float(np.mean([effect.excludes_zero for effect in found]))
    larger = float(np.mean([abs(effect.mean) >= abs(answer.main.mean) for effect in found]))
    facts = {
        "dates": len(dates), "rows": dates.tolist(), "at least as large": larger,
        "effects": [effect.mean for effect in found],
    }  # fmt: skip
    return Check(
        "placebo dates", verdict(share <= limits.PLACEBO_SHARE), share, limits.PLACEBO_SHARE, facts=facts
    )  # fmt: skip


def _varying(panel: Panel) -> Panel:
    """Without the covariates that are the same on every day that counts, which are part of its level."""
    kept = {name: own for name, own in panel.covariates.items() if np.ptp(own[panel.usable & np.isfinite(own)]) > 0}
    return replace(panel, covariates=kept)


def _placebo(answer: Interrupted, panel: Panel, date: int) -> Estimate:
    fit = fitted(answer.design.again(panel=panel, start=date, washout=0))
    return fit.estimate("placebo effect", mean_effect(fit.design, (date, len(panel) - 1)), answer.asked)
