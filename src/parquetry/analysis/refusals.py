"""
On which grounds an analysis gives no answer: design, data quality and computation.

None of them looks at the size of the effect. To refuse on the outcome would make the answers that
remain too often significant. The thresholds and their sources stand in `limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np

from parquetry.analysis import limits
from parquetry.analysis.design import Design, Phase
from parquetry.analysis.estimates import Flags, Floats, Reason
from parquetry.analysis.fit import Fit, without_opinion
from parquetry.analysis.panel import unit_of
from parquetry.analysis.posterior import Posterior
from parquetry.errors import Refused, Usage
from parquetry.studies.spans import OF_NO_PHASE, WASHOUT

_UNASKED = OF_NO_PHASE | {WASHOUT}


def of_design(design: Design, *, affected: Collection[str] = (), reversals: bool = False) -> tuple[Reason, ...]:
    """
    Grounds that can be seen before anything is computed.

    Args:
        affected: Covariates that the treatment is declared to affect; one name or several.
        reversals: It is a reversal design.

    Raises:
        Usage: There is no such covariate.
    """
    found = [*_few_days(design), *of_missing(design), *_constant(design), *_aliased(design)]
    found += _affected(design, affected)
    return tuple(found + (list(_few_phases(design)) if reversals else []))


def of_fit(fit: Fit) -> tuple[Reason, ...]:
    """Grounds that the computation shows."""
    free = without_opinion(fit)
    return (*_not_finite(fit), *_edge(free), *_exact(fit), *_persistent(free))


def refuse(reasons: tuple[Reason, ...]) -> None:
    """
    Raise if there are any.

    Raises:
        Refused: With ``facts["reasons"]``.
    """
    if reasons:
        raise Refused(
            f"no answer: {reasons[0].text}",
            what=[reason.text for reason in reasons[1:]],
            next="change the design or collect more days; a refusal does not depend on the effect",
            reasons=reasons,
        )


def reasons_of(refused: Refused) -> tuple[Reason, ...]:
    """Why, of a refusal that was raised."""
    found = refused.facts["reasons"]
    assert isinstance(found, tuple)
    return found


def _few_days(design: Design) -> Iterator[Reason]:
    usable = design.usable
    if (days := int(usable.sum())) < limits.STUDY_DAYS:
        yield Reason(
            "few-days",
            f"{days} usable days; {limits.STUDY_DAYS} are needed",
            {"days": days, "least": limits.STUDY_DAYS},
        )
    for name, rows in groups(design):
        if (days := int((usable & rows).sum())) < limits.PHASE_DAYS:
            yield Reason(
                "few-days-in-phase",
                f"{days} usable days in phase {name}; {limits.PHASE_DAYS} are needed",
                {"phase": name, "days": days, "least": limits.PHASE_DAYS},
            )


def _few_phases(design: Design) -> Iterator[Reason]:
    if (phases := len(design.phases)) < limits.REVERSAL_PHASES:
        yield Reason(
            "few-phases",
            f"{phases} phases; a reversal design shows its effect with {limits.REVERSAL_PHASES} or more",
            {"phases": phases, "least": limits.REVERSAL_PHASES},
        )


def groups(design: Design) -> list[tuple[str, Flags]]:
    """The phases, or the two conditions where the treatments alternate: a name, and which days are in it."""
    if design.options.get("each", True):
        rows = np.arange(len(design.panel))
        return [(f"{p.label} ({_from_to(design, p)})", (rows >= p.first) & (rows <= p.last)) for p in design.phases]
    return [("without treatment", ~design.treated), ("with treatment", design.treated)]


def _from_to(design: Design, phase: Phase) -> str:
    """From when to when, by date where dates are known."""
    of = [row for row in range(phase.first, phase.last + 1) if design.panel.excluded.get(row) not in OF_NO_PHASE]
    first, last = (of[0], of[-1]) if of else (phase.first, phase.last)
    days = design.panel.days
    return f"days {first}-{last}" if days is None else f"{days[first]} to {days[last]}"


def missing_shares(design: Design) -> Mapping[str, float]:
    """The share of days without a usable value, by phase; a washout is not missing, nor what is of no phase."""
    asked, missing = ~_unasked(design), ~design.usable
    return {name: float((rows & asked & missing).sum() / max((rows & asked).sum(), 1)) for name, rows in groups(design)}


def of_missing(design: Design) -> Iterator[Reason]:
    shares = missing_shares(design)
    for phase, share in shares.items():
        if share > limits.MISSING_SHARE:
            yield Reason(
                "missing",
                f"{share:.0%} of the days of phase {phase} are missing; at most {limits.MISSING_SHARE:.0%} may be",
                {"phase": phase, "share": share, "most": limits.MISSING_SHARE},
            )
    difference = max(shares.values()) - min(shares.values())
    if difference > limits.MISSING_DIFFERENCE:
        yield Reason(
            "missing-differs",
            f"the phases differ by {100 * difference:.0f} points in what is missing; "
            f"at most {100 * limits.MISSING_DIFFERENCE:.0f} may be",
            {"difference": difference, "most": limits.MISSING_DIFFERENCE, "shares": shares},
        )


def _constant(design: Design) -> Iterator[Reason]:
    for name, rows in groups(design):
        values = design.panel.outcome[rows & design.usable]
        if len(values) > 1 and np.ptp(values) <= limits.ROUNDING * np.abs(values).max():
            yield Reason(
                "constant",
                f"the outcome is {values[0]:g} on every day of phase {name}",
                {"phase": name, "value": float(values[0])},
            )


def _aliased(design: Design) -> Iterator[Reason]:
    if (share := design.explained()) >= limits.ALIASED:
        yield Reason(
            "aliased",
            f"weekdays, season and covariates tell {share:.0%} of when the treatment was on; "
            "its effect cannot be told from theirs",
            {"explained": share, "most": limits.ALIASED},
        )


def _affected(design: Design, affected: Collection[str]) -> list[Reason]:
    named, known = {affected} if isinstance(affected, str) else set(affected), design.panel.covariates.keys()
    if strange := named - known:
        raise Usage(f"no covariate '{min(strange)}'", what=f"covariates: {', '.join(known) or 'none'}")
    return [
        Reason(
            "affected-covariate",
            f"the covariate '{name}' is declared as affected by the treatment; to hold it fixed takes part of the "
            "effect away",
            {"covariate": name},
        )
        for name in sorted(named)
    ]


def _not_finite(fit: Fit) -> Iterator[Reason]:
    if not (np.isfinite(fit.posterior.location).all() and np.isfinite(fit.posterior.weights).all()):
        yield Reason("not-finite", "the posterior has numbers that are not finite", {})


def _edge(free: Posterior) -> Iterator[Reason]:
    if free.edge > limits.GRID_EDGE:
        yield Reason(
            "grid-edge",
            f"{free.edge:.1%} of the posterior lies at the ends of the grid of the autocorrelation",
            {"mass": free.edge, "most": limits.GRID_EDGE},
        )


def _exact(fit: Fit) -> Iterator[Reason]:
    """By least squares, since the prior keeps the posterior's own variance above zero; against what is not effect."""
    usable = fit.design.usable
    outcome, matrix = fit.design.panel.outcome[usable], fit.design.matrix[usable]
    outcome = outcome / unit_of(outcome)
    kinds = np.column_stack([np.ones(len(outcome)), matrix[:, list(fit.design.effects)]])
    centred, rest = _rest(kinds, outcome), _rest(matrix, outcome)
    if len(outcome) > matrix.shape[1] and rest @ rest <= limits.RESIDUAL * (centred @ centred):
        yield Reason(
            "no-noise", "the model explains the outcome exactly; it is a formula, not a measurement", {"share": 0.0}
        )


def _rest(matrix: Floats, outcome: Floats) -> Floats:
    found: Floats = outcome - matrix @ np.linalg.lstsq(matrix, outcome, rcond=None)[0]
    return found


def _persistent(free: Posterior) -> Iterator[Reason]:
    probability = free.phi_above(limits.PERSISTENT_PHI)
    if probability > limits.PERSISTENT_PROBABILITY:
        yield Reason(
            "persistent",
            f"errors may be so persistent (autocorrelation above {limits.PERSISTENT_PHI} with probability "
            f"{probability:.0%}) that a step cannot be told from drift",
            {"probability": probability, "most": limits.PERSISTENT_PROBABILITY, "phi": limits.PERSISTENT_PHI},
        )


def _unasked(design: Design) -> Flags:
    found = np.zeros(len(design.panel), dtype=bool)
    found[[row for row, why in design.panel.excluded.items() if why in _UNASKED]] = True
    return found


CODES: Mapping[str, Callable[..., Iterator[Reason] | list[Reason]]] = {
    "few-days": _few_days, "few-days-in-phase": _few_days, "few-phases": _few_phases, "missing": of_missing,
    "missing-differs": of_missing, "constant": _constant, "aliased": _aliased, "affected-covariate": _affected,
    "not-finite": _not_finite, "grid-edge": _edge, "no-noise": _exact, "persistent": _persistent,
}  # fmt: skip
"""Every ground there is, by its code, and who finds it."""
