"""
What is looked at besides the answer of counts and shares: checks, and the same question asked of other models.

As `checks` and `sensitivity` do for Gaussian series. Another model is another prior, another noise or
another set of days of the same compiled program, so that it costs its sampling alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from parquetry.analysis import limits, refusals
from parquetry.analysis.checks import compared, simulated, verdict
from parquetry.analysis.estimates import Check, Estimate, Flags, Floats, Reason, Variant, Verdict
from parquetry.analysis.families import rates
from parquetry.analysis.families.answers import Modelled, difference, effects
from parquetry.analysis.families.models import Draws, Seen, Told, draws
from parquetry.analysis.families.rates import of_draws
from parquetry.analysis.sensitivity import judged, washouts

REPLICATES = 1_000
AS_IS = Told()
_DRAWS, _TUNE = 500, 700
_R_HAT, _EFFECTIVE = 1.05, 100


def checks(answer: Modelled) -> tuple[Check, ...]:
    """All checks of an answer; the same seed gives the same numbers."""
    shares = refusals.missing_shares(answer.design)
    missing = not tuple(refusals.of_missing(answer.design))
    explained = answer.design.explained()
    lasting, limit = persistence(answer.seen, answer.drawn), limits.PERSISTENT_PROBABILITY
    return (
        *answer.drawn.drawn.checks,
        Check("persistence", verdict(lasting <= limit), lasting, limit, refuses=True),
        Check("missing days", verdict(missing), max(shares.values()), limits.MISSING_SHARE, refuses=True, facts=shares),
        Check("aliasing", verdict(explained < limits.ALIASED), explained, limits.ALIASED, refuses=True),
        *predictive(answer),
        *(
            Check(name, Verdict.NOT_APPLICABLE)
            for name in ("grid edge", "Ljung-Box", "influence of one day", "placebo dates")
        ),
    )  # fmt: skip


def of_persistence(seen: Seen, drawn: Draws) -> tuple[Reason, ...]:
    """
    Whether most of the noise is of a kind that lasts so long that a step cannot be told from drift.

    Like `refusals`' ground for Gaussian series, where noise that lasts is more than half of it all.
    """
    value = persistence(seen, drawn)
    if value <= limits.PERSISTENT_PROBABILITY:
        return ()
    text = (
        f"most of the noise may be so persistent (autocorrelation above {limits.PERSISTENT_PHI} with probability "
        f"{value:.0%}) that a step cannot be told from drift"
    )
    return (
        Reason(
            "persistent",
            text,
            {"probability": value, "most": limits.PERSISTENT_PROBABILITY, "phi": limits.PERSISTENT_PHI},
        ),
    )


def persistence(seen: Seen, drawn: Draws) -> float:
    """P(φ is above its limit and the noise that lasts is more than half of the whole)."""
    rate = float(seen.number.sum() + 0.5) / float(seen.size.sum() + 1)
    size = float(seen.size.mean())
    # Variance on the scale of η of one day's number given its mean, by the delta method.
    share = min(rate, 1 - 1e-6)
    day = 1 / (size * rate) if seen.kind == "count" else 1 / (size * share * (1 - share))
    most = drawn.lasting**2 > day + drawn.daily**2
    return float(((drawn.phi > limits.PERSISTENT_PHI) & most).mean())


def predictive(answer: Modelled) -> Iterator[Check]:
    """Whether series drawn from the posterior look like the one observed; besides what `checks` compares, by zeros."""
    seen, kept = answer.seen, answer.seen.weight > 0
    times = seen.design.times[kept]
    observed = (seen.number / seen.size)[kept]
    replicated = replicates(seen, answer.drawn, answer.seed)[:, kept] / seen.size[kept]
    more = {"zeros": lambda rows: (rows == 0).mean(axis=1)}
    if seen.kind == "share":
        more["days of all"] = lambda rows: (rows == 1).mean(axis=1)
    weekdays = seen.design.panel.period == "day" and len(times) >= 7 * limits.WEEKS
    yield from compared(observed, replicated, times, weekdays=weekdays, more=more)


def replicates(seen: Seen, drawn: Draws, seed: int) -> Floats:
    """Counts or successes that the model might have shown, shape (REPLICATES, usable days)."""
    random = np.random.default_rng([seed, 2])
    chosen = random.integers(len(drawn.phi), size=REPLICATES)
    usable, phi, lasting = seen.design.usable, drawn.phi[chosen], drawn.lasting[chosen]
    path = simulated(phi, lasting * np.sqrt(1 - phi**2), np.diff(seen.design.times), random)
    eta = seen.centre + drawn.beta[chosen] @ seen.design.matrix[usable].T + path
    return rates.counted(seen.kind, eta, seen.size, drawn.daily[chosen], random)


def sensitivity(answer: Modelled, *, quick: bool = False) -> tuple[Variant, ...]:
    """
    The rows of the sensitivity forest; some seconds each.

    Args:
        quick: Prior and errors only.
    """
    found = [*_of_prior_and_noise(answer)]
    if not quick:
        found += [*_of_washout(answer), *_of_columns(answer), *_of_phases(answer)]
    return tuple(judged(answer.main, variant) for variant in found)


def _of_prior_and_noise(answer: Modelled) -> Iterator[Variant]:
    plain = "Poisson" if answer.kind == "count" else "binomial"
    for group, name, told in (
        ("prior", "prior halved", Told(factor=0.5)),
        ("prior", "prior doubled", Told(factor=2.0)),
        ("errors", "independent errors", Told(memory=False)),
        ("errors", f"{plain}, independent errors", Told(noise=False)),
    ):
        yield _variant(answer, group, name, told)


def _of_washout(answer: Modelled) -> Iterator[Variant]:
    for rows, name in washouts(answer.design):
        washed = np.zeros(len(answer.design.panel), dtype=bool)
        for phase in answer.design.phases[1:]:
            washed[phase.first : phase.first + rows] = True
        if any(washed[phase.first : phase.last + 1].all() for phase in answer.design.phases):
            continue
        yield _variant(answer, "washout", name, washed=washed, washout=rows)


def _of_columns(answer: Modelled) -> Iterator[Variant]:
    names = answer.seen.design.names
    seasonal = tuple(name for name in names if name.startswith(("weekday ", "year ")))
    covariates = tuple(name for name in names if name.startswith("covariate "))
    if "trend" in names and answer.start is None:
        yield _variant(answer, "trend", "without a trend", Told(leave=("trend",)))
    elif "slope" in names and "level" in names:
        yield _variant(answer, "trend", "level only", Told(leave=("slope",)))
    if seasonal:
        yield _variant(answer, "season", "without weekdays or season", Told(leave=seasonal))
    if covariates:
        yield _variant(answer, "covariates", "without covariates", Told(leave=covariates))


def _of_phases(answer: Modelled) -> Iterator[Variant]:
    if not answer.reversals:
        return
    own = tuple(name for name in answer.seen.design.names if name.startswith("reversal "))
    yield _variant(answer, "phases", "one effect for all reversals", Told(leave=own))
    for number, phase in enumerate(answer.design.phases, 1):
        left = np.zeros(len(answer.design.panel), dtype=bool)
        left[phase.first : phase.last + 1] = True
        yield _variant(answer, "phases", f"without phase {number} ({phase.label})", Told(leave=own), left=left)


def _variant(
    answer: Modelled,
    group: str,
    name: str,
    told: Told = AS_IS,
    *,
    washed: Flags | None = None,
    left: Flags | None = None,
    washout: int | None = None,
) -> Variant:
    seen = answer.seen
    if washed is not None:
        seen = replace(seen, weight=np.where(washed[seen.design.usable], 0.0, 1.0))
    if left is not None:
        seen = seen.without(left)
    drawn = draws(seen, told, seed=answer.seed, count=_DRAWS, tune=_TUNE, watched=("beta",), again=False)
    if note := _unsettled(drawn.drawn.checks):
        return Variant(group, name, None, note=note)
    return Variant(group, name, _main(answer, seen, drawn, washout))


def _unsettled(looked: tuple[Check, ...]) -> str:
    """
    Why the draws are not good enough for a row of a forest, or nothing.

    That is a mean and the ends of an interval to the eye; a hundred draws' worth tell them to a tenth of
    a standard deviation. A divergence among a few thousand moves no row; chains that disagree do.
    """
    values = {check.name: check.value or 0.0 for check in looked}
    if values["r-hat"] > _R_HAT or values["effective sample size"] < _EFFECTIVE:
        return (
            f"the sampler did not settle: r-hat {values['r-hat']:.3g}, "
            f"effective sample size {values['effective sample size']:.0f}"
        )
    return ""


def _main(answer: Modelled, seen: Seen, drawn: Draws, washout: int | None) -> Estimate:
    if answer.window is None or answer.start is None:
        common = drawn.beta[:, seen.design.column("effect")]
        own = [drawn.beta[:, i] for i, name in enumerate(seen.design.names) if name.startswith("reversal ")]
        each = [difference(seen, drawn, common + one) for one in own] or [difference(seen, drawn, common)]
        return of_draws("effect", np.mean(each, axis=0), answer.asked)
    days = answer.design.washout if washout is None else washout
    first = max(answer.window[0], min(answer.start + days, answer.window[1]))
    return of_draws("average effect", effects(seen, drawn, (first, answer.window[1])).difference, answer.asked)
