"""
The columns of the regression: what each coefficient means, and what would be without the treatment.

Time is counted in shares of the study, so that a coefficient of the trend is the drift from its
first to its last day, and a prior on it does not depend on how long the study is. The treated day
itself is treated; a slope counts from 0 on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from parquetry.analysis import limits
from parquetry.analysis.estimates import Flags, Floats, Whole
from parquetry.analysis.panel import Panel, unit_of
from parquetry.errors import Usage
from parquetry.studies import BASELINES
from parquetry.studies.treatment import condition
from parquetry.text import counted

Impact: TypeAlias = Literal["level", "slope", "both"]

# Standard deviations of the prior, in units of the day-to-day noise: an effect of four times the noise
# is still within one of them. Halved and doubled they stand in every sensitivity table.
INTERCEPT_SD, EFFECT_SD, TREND_SD, WEEKDAY_SD, NUISANCE_SD = 10.0, 4.0, 3.0, 2.0, 2.5
SCALES, NUISANCE_SCALES = ((1.0, 0.85), (4.0, 0.1), (16.0, 0.04), (64.0, 0.01)), ((1.0, 0.85), (4.0, 0.15))
"""
By what they are multiplied, with which probability: the prior has heavy tails, so that a series with
little noise around a steep trend, a large effect or a strong week is not drawn towards nothing. The
first holds for intercept, trend and effects together, the second for weekdays, season and covariates.
"""
SPREAD_SD = 0.75
"""Of the half-normal prior of the spread between reversals, in the same units."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A run of days under one label: rows from *first* to *last*, both inclusive."""

    label: str
    treated: bool
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """
    The regression's matrix.

    Attributes:
        panel: The series, with the washout's days excluded.
        names: Of the columns.
        matrix: Shape (days, columns), for missing days too.
        sd: Prior standard deviation of each coefficient, in units of σ.
        treated: Which days are, shape (days,).
        effects: The columns of the treatment's effects.
        phases: In order.
        washout: Days removed at the beginning of each phase but the first.
        maker, options: What made it, to make it again otherwise.
    """

    panel: Panel
    names: tuple[str, ...]
    matrix: Floats
    sd: Floats
    treated: Flags
    effects: tuple[int, ...]
    phases: tuple[Phase, ...]
    washout: int
    maker: Callable[..., Design]
    options: Mapping[str, Any]

    def again(self, **changes: Any) -> Design:
        """The same design with other options, such as ``washout=3`` or ``panel=…``."""
        return self.maker(**{**self.options, **changes})

    @property
    def usable(self) -> Flags:
        """Days with an outcome and all covariates, that are not excluded."""
        found: Flags = self.panel.usable & np.isfinite(self.matrix).all(axis=1)
        return found

    @property
    def times(self) -> Whole:
        """The usable rows."""
        return np.flatnonzero(self.usable).astype(np.int64)

    def untreated(self) -> Floats:
        """The matrix had there been no treatment, shape (days, columns)."""
        found = self.matrix.copy()
        found[:, list(self.effects)] = 0.0
        return found

    def only(self, keep: Sequence[int], sd: Floats, effects: Sequence[str]) -> Design:
        """The same design with the columns *keep*, their prior *sd*, and other *effects*."""
        names = tuple(self.names[i] for i in keep)
        chosen = tuple(i for i, name in enumerate(names) if name in effects)
        return replace(self, names=names, matrix=self.matrix[:, list(keep)], sd=sd, effects=chosen)

    def nuisance(self) -> Flags:
        """Which columns are weekdays, season and covariates, shape (columns,)."""
        return np.array([name.startswith(("weekday ", "year ", "covariate ")) for name in self.names])

    def column(self, name: str) -> int:
        return self.names.index(name)

    def unit(self, name: str) -> Floats:
        """The contrast that picks one coefficient."""
        found = np.zeros(len(self.names))
        found[self.column(name)] = 1.0
        return found

    def explained(self) -> float:
        """
        The share of the treatment's variance that weekdays, season and covariates explain, 0 to 1.

        Weekdays and season count even where they are not in the model, for want of days or on purpose:
        to leave them out takes nothing of theirs out of the outcome. A trend does not count: it is
        correlated with every intervention that lasts.
        """
        usable = self.usable
        treated = self.treated[usable].astype(float)
        others = self.matrix[usable][:, self.nuisance()]
        if not any(name.startswith(("weekday ", "year ")) for name in self.names):
            seasonal = _weekdays(self.panel) if self.panel.period == "day" else _season(self.panel)
            others = np.column_stack([others, *(values[usable] for _, values, _ in seasonal)])
        centred = treated - treated.mean()
        if not centred.any() or not others.shape[1]:
            return 0.0
        others = others - others.mean(axis=0)
        rest = centred - others @ np.linalg.lstsq(others, centred, rcond=None)[0]
        return float(max(0.0, 1 - (rest @ rest) / (centred @ centred)))


def interrupted(
    panel: Panel, start: int, *, impact: Impact = "both", trend: bool = True, washout: int = 0, season: bool = True
) -> Design:
    """
    The design of an interrupted time series, or of an AB study if there is no *trend*.

    Args:
        start: Row of the first treated day; inclusive.
        impact: A jump, a change of slope, or both.
        trend: Whether the baseline may drift.
        washout: Days from *start* on that do not count.
        season: Weekdays, or harmonics of the year, where the series is long enough.
    """
    if not 0 < start < len(panel):
        raise Usage(f"the first treated day, {start}, must have days before and after it (there are {len(panel)})")
    if impact not in get_args(Impact):
        raise Usage(f"no impact '{impact}'; it is one of {', '.join(get_args(Impact))}")
    if impact != "level" and not trend:
        raise Usage("a change of slope needs a slope to change: trend=False goes with impact 'level' only")
    rows = np.arange(len(panel))
    treated = rows >= start
    time = (rows - start) / len(panel)
    columns: list[Column] = [("intercept", np.ones(len(panel)), INTERCEPT_SD)]
    if trend:
        columns.append(("trend", time, TREND_SD))
    if impact != "slope":
        columns.append(("level", treated.astype(float), EFFECT_SD))
    if impact != "level":
        columns.append(("slope", time * treated, TREND_SD))
    phases = (Phase("A", False, 0, start - 1), Phase("B", True, start, len(panel) - 1))
    options = {
        "panel": panel, "start": start, "impact": impact, "trend": trend, "washout": washout, "season": season
    }  # fmt: skip
    return _design(panel, columns, treated, ("level", "slope"), phases, interrupted, options)


def reversal(
    panel: Panel,
    *,
    treated: str | Sequence[str] = (),
    trend: bool = False,
    washout: int = 0,
    season: bool = True,
    each: bool = True,
) -> Design:
    """
    The design of a reversal (ABAB) study, from the labels of the panel's days.

    Its effects are ``effect``, the treatment's, and for each change of phase ``reversal 1``,
    ``reversal 2`` …: how much the effect differs there. A change back to baseline counts with its
    sign turned, so that each is an effect of the treatment.

    Args:
        treated: Labels or conditions that are treatment; by default what is not ``A``, ``baseline``, ``control`` or
            ``off``, or, where neither condition is, whatever the first day is not.
        each: One effect for each change; without it (alternating treatments) one effect only.
    """
    phases = phases_of(panel.phases, treated)
    rows = np.arange(len(panel))
    flags = np.zeros(len(panel), dtype=bool)
    for phase in phases:
        flags[phase.first : phase.last + 1] = phase.treated
    columns: list[Column] = [("intercept", np.ones(len(panel)), INTERCEPT_SD)]
    if trend:
        columns.append(("trend", rows / len(panel) - 0.5, TREND_SD))
    columns.append(("effect", flags.astype(float), EFFECT_SD))
    names = ["effect"]
    for number, phase in enumerate(phases[1:] if each else (), 1):
        names.append(f"reversal {number}")
        sign = 1.0 if phase.treated else -1.0
        columns.append((names[-1], sign * (rows >= phase.first).astype(float), SPREAD_SD))
    options = {
        "panel": panel, "treated": treated, "trend": trend, "washout": washout, "season": season, "each": each
    }  # fmt: skip
    return _design(panel, columns, flags, tuple(names), phases, reversal, options)


def steady(panel: Panel, *, season: bool = True) -> Design:
    """The design of a series that nobody has treated: a level, and weekdays or season."""
    columns: list[Column] = [("intercept", np.ones(len(panel)), INTERCEPT_SD)]
    phases = (Phase("A", False, 0, len(panel) - 1),)
    options = {"panel": panel, "washout": 0, "season": season}
    return _design(panel, columns, np.zeros(len(panel), dtype=bool), (), phases, steady, options)


def phases_of(labels: Sequence[str], treated: str | Sequence[str] = ()) -> tuple[Phase, ...]:
    """
    The runs of equal labels, in order.

    ``A1`` and ``A2``, ``baseline_1`` and ``baseline_2`` are one condition, ``A`` and ``baseline``.

    Raises:
        Usage: There are not exactly two conditions, or a day has none.
    """
    if not len(labels):
        raise Usage("a reversal study needs the phase of each day", next="give phases: one label a day")
    if not all(labels):
        raise Usage(f"day {labels.index('')} has no phase; exclude it, or say to which phase it belongs")
    is_treated = _treatment(labels, treated)
    found, row = [], 0
    for label, run in groupby(labels):
        length = len(list(run))
        found.append(Phase(label, is_treated(label), row, row + length - 1))
        row += length
    if len({phase.treated for phase in found}) < 2:
        raise Usage("a study needs days with and without the treatment", what=f"phases: {', '.join(set(labels))}")
    return tuple(_joined(found))


def first_treated(panel: Panel) -> int:
    """
    The row where the second of two phases begins.

    Raises:
        Usage: There are not two.
    """
    if not panel.phases:
        raise Usage("no first treated day", next="give start, or the phase of each day")
    changes = [i for i in range(1, len(panel)) if panel.phases[i] != panel.phases[i - 1]]
    if len(changes) != 1:
        raise Usage(f"{len(changes) + 1} phases, and an interrupted series has two", next="give start, or use abab")
    return changes[0]


def _treatment(labels: Sequence[str], treated: str | Sequence[str]) -> Callable[[str], bool]:
    chosen = {each for each in map(str, [treated] if isinstance(treated, str | int) else treated) if each}
    if chosen:
        return lambda label: label in chosen or condition(label) in chosen
    conditions = list(dict.fromkeys(condition(label) for label in labels))
    if len(conditions) != 2:
        raise Usage(
            f"{len(conditions)} conditions, and a reversal study has two: {', '.join(conditions)}",
            next="say which labels are the treatment: treated=[…]",
        )
    named = [each for each in conditions if each.lower() in BASELINES]
    baseline = named[0] if len(named) == 1 else conditions[0]
    return lambda label: condition(label) != baseline


def _joined(phases: list[Phase]) -> list[Phase]:
    """Neighbouring labels of one condition are one phase."""
    found = phases[:1]
    for phase in phases[1:]:
        if condition(phase.label) == condition(found[-1].label) and phase.treated == found[-1].treated:
            found[-1] = Phase(found[-1].label, phase.treated, found[-1].first, phase.last)
        else:
            found.append(phase)
    return found


Column: TypeAlias = tuple[str, Floats, float]


def _design(
    panel: Panel,
    columns: list[Column],
    treated: Flags,
    effects: tuple[str, ...],
    phases: tuple[Phase, ...],
    maker: Callable[..., Design],
    options: Mapping[str, Any],
) -> Design:
    washout = int(options["washout"])
    if washout < 0 or washout != options["washout"]:
        raise Usage(f"a washout of {options['washout']}; it is a whole number of {panel.period}s, 0 or more")
    if any(washout > p.last - p.first for p in phases[1:]):
        raise Usage(f"a washout of {counted(washout, panel.period)} leaves nothing of a phase")
    for _, phase in pairwise(phases):
        panel = panel.without(range(phase.first, phase.first + washout), "washout")
    columns = columns + (_season(panel) if options["season"] else []) + _covariates(panel)
    names = tuple(name for name, _, _ in columns)
    return Design(
        panel,
        names,
        np.column_stack([values for _, values, _ in columns]),
        np.array([sd for _, _, sd in columns]),
        treated,
        tuple(i for i, name in enumerate(names) if name in effects),
        phases,
        washout,
        maker,
        options,
    )


def _season(panel: Panel) -> list[Column]:
    usable = int(panel.usable.sum())
    if panel.period == "day":
        return _weekdays(panel) if usable >= 7 * limits.WEEKS else []
    cycle = 365.2425 / 7 if panel.period == "week" else 12.0
    if len(panel) < limits.YEARS * cycle:
        return []
    first = panel.calendar()[0].astype("datetime64[D]")
    begun = (first - first.astype("datetime64[Y]")) / np.timedelta64(1, "D") / 365.2425
    angle = 2 * np.pi * (np.arange(len(panel)) / cycle + begun)
    waves = [(f"year {w.__name__} {k}", w(k * angle)) for k in range(1, limits.HARMONICS + 1) for w in (np.sin, np.cos)]
    return [(name, values, NUISANCE_SD) for name, values in waves]


def _weekdays(panel: Panel) -> list[Column]:
    """Six columns that span what differs between seven weekdays, none of them special."""
    # 1970-01-01, from which numpy counts, was a Thursday; 0 is Monday.
    weekday = (panel.calendar().astype("datetime64[D]").astype(np.int64) + 3) % 7
    contrasts = np.linalg.qr(np.column_stack([np.ones(7), np.eye(7)[:, :6]]))[0][:, 1:]
    # Times √(7/6): a weekday then differs from the week's mean by WEEKDAY_SD.
    values = contrasts[weekday] * np.sqrt(7 / 6)
    return [(f"weekday {i + 1}", values[:, i], WEEKDAY_SD) for i in range(6)]


def _covariates(panel: Panel) -> list[Column]:
    found: list[Column] = []
    for name, given in panel.covariates.items():
        values = given / unit_of(given)
        seen = values[panel.usable & np.isfinite(values)]
        if not len(seen) or not (spread := float(seen.std())) > 0:
            raise Usage(f"covariate '{name}' is the same on every day")
        found.append((f"covariate {name}", (values - seen.mean()) / spread, NUISANCE_SD))
    return found
