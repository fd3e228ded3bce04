"""
All effect sizes of a study in one table, each with its definition, its interval and what "nothing" is.

For each treated phase that follows a baseline: in a reversal design there is a set for A1 vs B1, one for
A2 vs B2, and none that mixes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from parquetry.analysis.design import Phase, phases_of
from parquetry.analysis.effect_sizes import intervals, overlap, standardised
from parquetry.analysis.effect_sizes.definitions import DEFINITIONS
from parquetry.analysis.effect_sizes.intervals import (
    Statistics,
    bootstrap,
    one_by_one,
    persistence,
    phase_columns,
    worth,
)
from parquetry.analysis.effect_sizes.tau import MODELS, every_tau, tau_bc, tau_name
from parquetry.analysis.estimates import Direction, Floats, Interval
from parquetry.analysis.fit import Asked
from parquetry.analysis.panel import Panel, unit_of
from parquetry.analysis.posterior import Posterior
from parquetry.errors import Usage

_SHARES = ("PND", "PEM", "PAND")
_TRENDS = frozenset({"Tau-BC", "SMD (gradual)", *map(tau_name, MODELS[1:])})
"""Indices that a trend within a phase enters: at strong autocorrelation, chance looks like one."""


@dataclass(frozen=True, slots=True)
class EffectSize:
    """
    One index of the difference between two phases.

    Attributes:
        name: Exactly which: ``Tau-U (A vs B - trend A)``, not ``Tau-U``.
        value: As its definition says; NaN where that gives none.
        interval: Of what it estimates, under autocorrelation; None where there is none.
        nothing: The value that no difference has; NaN where it depends on the number of days.
        comparison: Of which phases: ``A vs B``, ``A2 vs B2``.
        definition, source: What it is, and whose.
        autocorrelation: The φ that the interval reckons with, its posterior mean; NaN without an interval.
        note: Why there is no value or no interval, or that the interval is too short.
    """

    name: str
    value: float
    interval: Interval | None
    nothing: float
    comparison: str
    definition: str
    source: str
    autocorrelation: float
    note: str = ""


def effect_sizes(
    outcome: Panel | Sequence[float] | npt.NDArray[Any],
    start: object = None,
    *,
    treated: str | Sequence[str] = (),
    direction: Direction = "increase",
    level: float = 0.95,
    most: float | None = None,
    resolution: float | None = None,
    draws: int = 400,
    seed: int = 0,
    **series: Any,
) -> tuple[EffectSize, ...]:
    """
    Every effect size of every pair of a baseline and the treated phase after it.

    Args:
        outcome: A panel, or a value a day with NaN (or None) for a missing one, which is left out.
        start: The first treated day, as index or date; inclusive. Without it the phases' labels count.
        treated: Labels that are treatment; see `parquetry.analysis.design.phases_of`.
        direction: In which a change is an improvement.
        most, resolution: Of the outcome's scale, for the log response ratios; see `standardised.lrri`.
        draws, seed: Of the bootstrap; the same seed gives the same numbers.
        series: What `Panel.of` takes: ``phases``, ``days``, ``unit`` …

    Raises:
        Usage: No treated phase follows a baseline; no such direction, or a level that is no probability.

    Example:
        >>> effect_sizes([3, 4, 2, 5, 3, 4, 5, 7, 9, 6, 8, 7], start=6)[0].name
        'NAP'
    """
    panel = outcome if isinstance(outcome, Panel) else Panel.of(outcome, **series)
    asked = Asked(level, direction=direction)
    # No index has the outcome's unit, so they can be reckoned in any.
    unit = unit_of(panel.outcome)
    values = np.where(panel.usable, panel.outcome / unit, np.nan)
    options = _Options(asked.direction, asked.level, _over(most, unit), _over(resolution, unit), draws, seed)
    found: list[EffectSize] = []
    for name, first, second in _pairs(panel, start, treated):
        compared = _Compared(
            name, values[first.first : first.last + 1], values[second.first : second.last + 1], options
        )
        found += compared.sizes()
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Options:
    direction: Direction
    level: float
    most: float | None
    resolution: float | None
    draws: int
    seed: int


def _over(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit


def _pairs(panel: Panel, start: object, treated: str | Sequence[str]) -> Iterator[tuple[str, Phase, Phase]]:
    if start is not None:
        row = panel.row_of(start)
        if not 0 < row < len(panel):
            raise Usage(f"the first treated day, {row}, must have days before and after it (there are {len(panel)})")
        yield "A vs B", Phase("A", False, 0, row - 1), Phase("B", True, row, len(panel) - 1)
        return
    phases = phases_of(panel.phases, treated)
    found = [(a, b) for a, b in pairwise(phases) if b.treated and not a.treated]
    if not found:
        raise Usage("no treated phase follows a baseline", what=f"phases: {', '.join(p.label for p in phases)}")
    labels = [label for pair in found for label in (pair[0].label, pair[1].label)]
    repeated = len(set(labels)) < len(labels)
    for number, (a, b) in enumerate(found, 1):
        end = str(number) if repeated else ""
        yield f"{a.label}{end} vs {b.label}{end}", a, b


class _Compared:
    """The two phases of one comparison, at work."""

    def __init__(self, name: str, baseline: Floats, treatment: Floats, options: _Options) -> None:
        self._name, self._baseline, self._treatment, self._options = name, baseline, treatment, options
        self._a = overlap.improving(baseline, options.direction)
        self._b = overlap.improving(treatment, options.direction)
        self._known = overlap.two(baseline, treatment, options.direction)
        self._note = self._too_little()
        self._phi = None if self._note else self._persistence(lines=False)
        if not self._note and self._phi is None:
            self._note = "no interval: the outcome does not vary within the phases"
        self._days = None if self._phi is None else (worth(self._a, self._phi), worth(self._b, self._phi))

    def sizes(self) -> list[EffectSize]:
        found = self._overlaps() | self._taus() | self._standardised() | self._ratios()
        return [self._size(name, *found[name]) for name in DEFINITIONS if name in found]

    def _size(self, name: str, value: float, interval: Interval | None) -> EffectSize:
        known = DEFINITIONS[name]
        finite = np.isfinite(value)
        phi = self._phi.phi_mean() if self._phi and interval and finite else float("nan")
        note = self._short(name, phi) if interval else self._note or "no interval"
        note = note if finite else f"no value: {known.undefined}"
        return EffectSize(
            name, value, interval if finite else None, known.nothing, self._name, known.definition, known.source,
            phi, note,
        )  # fmt: skip

    def _short(self, name: str, phi: float) -> str:
        """What there is to say of an interval that is there."""
        if name not in _TRENDS or not phi > intervals.STRONG:
            return ""
        return (
            f"the interval is likely too short: it is calibrated for trends up to an autocorrelation of "
            f"{intervals.STRONG}, and here that is about {phi:.2f}"
        )

    def _too_little(self) -> str:
        a, b = map(len, self._known)
        if min(a, b) < intervals.PHASE_DAYS or a + b < intervals.STUDY_DAYS:
            return (
                f"no interval: {a} and {b} days; {intervals.PHASE_DAYS} in each phase and "
                f"{intervals.STUDY_DAYS} in all are needed"
            )
        return ""

    def _persistence(self, *, lines: bool) -> Posterior | None:
        return persistence(self._columns(lines=lines), np.concatenate([self._a, self._b]))

    def _columns(self, *, lines: bool) -> Floats:
        return phase_columns(len(self._a), len(self._b), lines=lines)

    def _overlaps(self) -> dict[str, tuple[float, Interval | None]]:
        a, b = self._known
        value, shares = overlap.nap(a, b), (overlap.pnd(a, b), overlap.pem(a, b), overlap.pand(a, b))
        found: dict[str, tuple[float, Interval | None]] = {"NAP": (value, None), "Tau (A vs B)": (2 * value - 1, None)}
        found |= {name: (share, None) for name, share in zip(_SHARES, shares, strict=True)}
        found["IRD (robust)"] = (overlap.ird(a, b), None)
        if self._days is None or self._phi is None:
            return found
        one = intervals.of_nap(value, *self._days, self._options.level)
        found["NAP"] = (value, one)
        found["Tau (A vs B)"] = (2 * value - 1, _mapped(one, lambda x: 2 * x - 1))
        columns = self._columns(lines=False)
        drawn = self._bootstrap(columns, self._phi, overlap.shares_of)
        best = self._bootstrap(columns, self._phi, lambda a, b: overlap.best_of(a, b)[:, None], smoothed=True)
        drawn[0] = best[0]
        second, both = self._days[1].effective, self._days[0].effective + self._days[1].effective
        for name, share, own in zip(_SHARES, shares, drawn, strict=True):
            # At the ends, where the bootstrap sees nothing, the share's own interval stands in.
            simple = intervals.of_share(share, both if name == "PAND" else second, self._options.level)
            found[name] = (share, _wider(own, simple))
        kept = found["PAND"][1]
        if kept:
            m, n = len(a), len(b)
            found["IRD (robust)"] = (overlap.ird(a, b), _mapped(kept, lambda x: overlap.ird_of(x, m, n)))
        return found

    def _taus(self) -> dict[str, tuple[float, Interval | None]]:
        names = (*map(tau_name, MODELS), "Tau-BC")
        values = _taus(self._a, self._b)
        phi = None if self._phi is None else self._persistence(lines=True)
        drawn = (
            [None] * len(names)
            if phi is None
            else self._bootstrap(self._columns(lines=True), phi, one_by_one(_taus), widened=True)
        )
        # The first, A vs B, has a better interval: that of NAP.
        return {name: (value, own) for name, value, own in list(zip(names, values, drawn, strict=True))[1:]}

    def _standardised(self) -> dict[str, tuple[float, Interval | None]]:
        a, b = self._known
        m, n = len(a), len(b)
        pooled = ((m - 1) / (m + n - 2), (n - 1) / (m + n - 2)) if m + n > 2 else (0.0, 0.0)
        found: dict[str, tuple[float, Interval | None]] = {
            "SMD (baseline sd)": (standardised.smd(a, b), self._difference((1.0, 0.0))),
            "SMD (pooled sd)": (standardised.smd(a, b, by="pooled"), self._difference(pooled)),
            "Cohen's d": (standardised.cohen_d(a, b), self._difference((0.5, 0.5))),
            "SMD (gradual)": (standardised.smd_gradual(self._a, self._b), None),
        }
        value = found["SMD (gradual)"][0]
        if self._phi is not None and np.isfinite(value):
            curve = standardised.gradual(self._a, self._b)
            columns = np.column_stack([np.ones(len(curve.fitted)), curve.fitted - curve.fitted[0]])
            phi = persistence(columns, np.concatenate([self._a, self._b])) or self._phi
            gradual = one_by_one(lambda a, b: [standardised.smd_gradual(a, b)])
            drawn = self._bootstrap(columns, phi, gradual, widened=True)
            found["SMD (gradual)"] = (value, drawn[0])
        return found

    def _difference(self, weights: tuple[float, float]) -> Interval | None:
        a, b = self._known
        if self._days is None or not weights[0] * a.var() + weights[1] * b.var() > 0:
            return None
        variances = (float(a.var(ddof=1)), float(b.var(ddof=1)))
        return intervals.of_difference(
            float(b.mean() - a.mean()), variances, weights, self._days, self._options.level
        )  # fmt: skip

    def _ratios(self) -> dict[str, tuple[float, Interval | None]]:
        asked = self._options
        found: dict[str, tuple[float, Interval | None]] = {}
        for name, of, wanted in (("LRRi", standardised.lrri, "increase"), ("LRRd", standardised.lrrd, "decrease")):
            own = asked.direction == wanted
            if not own and asked.most is None:
                continue
            value = of(
                self._baseline, self._treatment, direction=asked.direction, most=asked.most, resolution=asked.resolution
            )
            found[name] = (value, self._ratio(value, own) if np.isfinite(value) else None)
        return found

    def _ratio(self, value: float, own: bool) -> Interval | None:
        phases = overlap.two(self._baseline, self._treatment, "increase")
        if not own:
            phases = ((self._options.most or 0.0) - phases[0], (self._options.most or 0.0) - phases[1])
        means = (float(phases[0].mean()), float(phases[1].mean()))
        # A phase of zeros has no variance to reckon with.
        if self._days is None or not min(means) > 0:
            return None
        variances = (float(phases[0].var(ddof=1)), float(phases[1].var(ddof=1)))
        return intervals.of_mean_ratio(value, means, variances, self._days, self._options.level)

    def _bootstrap(
        self, columns: Floats, phi: Posterior, statistics: Statistics, *, widened: bool = False, smoothed: bool = False
    ) -> list[Interval | None]:
        asked = self._options
        return bootstrap(
            self._a, self._b, columns, phi, statistics,
            level=asked.level, draws=asked.draws, seed=asked.seed, widened=widened, smoothed=smoothed,
        )  # fmt: skip


def _taus(a: Floats, b: Floats) -> list[float]:
    return [*every_tau(a, b), tau_bc(a, b)]


def _mapped(interval: Interval, by: Callable[[float], float]) -> Interval:
    return Interval(by(interval.low), by(interval.high), interval.level, interval.kind)


def _wider(drawn: Interval | None, share: Interval) -> Interval:
    if drawn is None:
        return share
    return Interval(min(drawn.low, share.low), max(drawn.high, share.high), share.level, drawn.kind)
