"""
Piecewise regression as the literature on single cases has it: a trend, and a level and a slope for each phase.

Least squares with independent errors (or Poisson, or binomial), to stand beside `its` and `abab` and to
compare with published coefficients. It is what `its` corrects: standard errors here are too small where
one day resembles the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

import numpy as np

from parquetry.analysis.classical import Classical, logistic, ols, poisson
from parquetry.analysis.effect_sizes.overlap import Values
from parquetry.analysis.estimates import Flags, Floats
from parquetry.errors import Usage

Coding: TypeAlias = Literal["from the first", "huitema-mckean", "from the origin"]
Contrast: TypeAlias = Literal["first", "preceding"]
Family: TypeAlias = Literal["gaussian", "poisson", "binomial"]


@dataclass(frozen=True, slots=True, eq=False)
class Piecewise:
    """
    Attributes:
        names: Of the coefficients: ``intercept``, ``trend``, ``level B``, ``slope B`` …, covariates.
        fit: Coefficients and their covariance, in the same order.
        matrix: Shape (values, coefficients).
    """

    names: tuple[str, ...]
    fit: Classical
    matrix: Floats

    def __getitem__(self, name: str) -> float:
        """A coefficient by its name."""
        return float(self.fit.coefficients[self.names.index(name)])

    def error(self, name: str) -> float:
        """Its standard error, for independent values."""
        return float(self.fit.errors[self.names.index(name)])

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """By Student's t for least squares, else by the normal distribution (Wald)."""
        contrast = np.array([each == name for each in self.names], dtype=np.float64)
        low, _, high = self.fit.interval(contrast, level, normal=self.fit.method != "OLS")
        return low, high


def piecewise(
    outcome: Values,
    phases: Sequence[str],
    *,
    times: Values | None = None,
    coding: Coding = "from the first",
    contrast: Contrast = "first",
    family: Family = "gaussian",
    trials: Values | None = None,
    covariates: dict[str, Values] | None = None,
    trend: bool = True,
    level: bool = True,
    slope: bool = True,
) -> Piecewise:
    """
    Fit outcome = intercept + trend + (level + slope for each later phase).

    Args:
        phases: A label for each value; runs of the same label are phases.
        times: Of the values; their row by default. NaN is left out of *outcome*, not of the times.
        coding: Where time is counted from. ``from the first``: the trend from the first value, a slope
            from the first value of its phase, so that a level is the jump there (as `its` has it).
            ``huitema-mckean``: the same with the trend from time 0 as given; only the intercept differs.
            ``from the origin``: slopes too from time 0, so that a level is the distance of the two
            lines there, long before the change, which is no effect of anything.
        contrast: Levels and slopes less those of the ``first`` phase, or of the ``preceding`` one.
        family: ``poisson`` with a logarithmic link; ``binomial`` with *trials* and a logit link.
        trend, level, slope: Leave out what is False.

    Raises:
        Usage: Lengths differ, or coefficients that the values cannot tell apart.

    Source:
        Huitema & McKean (2000), Educational and Psychological Measurement 60(1):38-58.
    """
    values = np.asarray(outcome, dtype=np.float64)
    time = np.arange(len(values), dtype=np.float64) if times is None else np.asarray(times, dtype=np.float64)
    if not len(values) == len(phases) == len(time):
        raise Usage(f"{len(values)} values, {len(phases)} phases and {len(time)} times")
    columns: dict[str, Floats] = {"intercept": np.ones(len(values))}
    if trend:
        columns["trend"] = time - time[0] if coding == "from the first" else time
    columns |= _phases(phases, time, coding, contrast, level=level, slope=slope)
    columns |= {name: np.asarray(each, dtype=np.float64) for name, each in (covariates or {}).items()}
    matrix = np.column_stack(list(columns.values()))
    known = ~np.isnan(values) & np.isfinite(matrix).all(axis=1)
    if known.sum() <= matrix.shape[1] or np.linalg.matrix_rank(matrix[known]) < matrix.shape[1]:
        raise Usage(f"{int(known.sum())} values cannot tell {matrix.shape[1]} coefficients apart")
    return Piecewise(tuple(columns), _fitted(matrix[known], values[known], family, _of(trials, known)), matrix[known])


def _phases(
    phases: Sequence[str], time: Floats, coding: Coding, contrast: Contrast, *, level: bool, slope: bool
) -> dict[str, Floats]:
    """Level and slope of each run of a label but the first; names that repeat are numbered."""
    runs = [(label, len(list(rows))) for label, rows in groupby(phases)]
    starts = np.cumsum([0, *(length for _, length in runs)])
    repeated = len({label for label, _ in runs}) < len(runs)
    levels: dict[str, Floats] = {}
    slopes: dict[str, Floats] = {}
    for number, (label, _) in enumerate(runs[1:], 1):
        name = f"{label}{sum(each == label for each, _ in runs[: number + 1])}" if repeated else label
        on = np.zeros(len(time))
        on[starts[number] : starts[number + 1] if contrast == "first" else None] = 1.0
        levels[f"level {name}"] = on
        slopes[f"slope {name}"] = on * (time if coding == "from the origin" else time - time[starts[number]])
    return (levels if level else {}) | (slopes if slope else {})


def _of(trials: Values | None, known: Flags) -> Floats | None:
    return None if trials is None else np.asarray(trials, dtype=np.float64)[known]


def _fitted(matrix: Floats, values: Floats, family: Family, trials: Floats | None) -> Classical:
    if family == "gaussian":
        return ols(matrix, values)
    if family == "poisson":
        return poisson(matrix, values, quasi=False)
    if trials is None:
        raise Usage("a binomial regression needs trials")
    return logistic(matrix, values, trials)
