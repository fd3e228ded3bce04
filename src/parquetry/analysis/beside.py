"""
CausalPy's answer to the same question, where it is installed: to compare with, never to quote.

It fits the baseline alone and subtracts what that predicts. It takes errors for independent, and its
priors have a fixed scale: the same series in other units has another answer. No reversal designs.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from parquetry.analysis.classical import Row
from parquetry.analysis.design import Design

METHOD = "CausalPy, independent errors"
_LEAST = 2
"""Baseline days a column; with fewer, its sampler only reads the prior."""


def installed() -> bool:
    return find_spec("causalpy") is not None


def causalpy(design: Design, window: tuple[int, int], *, level: float = 0.95, seed: int = 0) -> Row | None:
    """
    Mean effect over the rows of *window*, of an interrupted series; takes seconds.

    Returns:
        None where CausalPy is not installed, and for a design that it does not have.
    """
    columns = [i for i in range(len(design.names)) if i not in design.effects and design.names[i] != "intercept"]
    start = int(np.flatnonzero(design.treated)[0])
    rows = np.flatnonzero(design.usable)
    baseline = int((rows < start).sum())
    if not installed() or not design.treated[start:].all() or baseline < _LEAST * (len(columns) + 1):
        return None
    impact = _impact(design, columns, rows, start, seed)
    after = rows[rows >= start]
    mean = impact[:, (after >= window[0]) & (after <= window[1])].mean(axis=1)
    low, high = np.quantile(mean, [(1 - level) / 2, (1 + level) / 2])
    return Row(METHOD, float(low), float(mean.mean()), float(high), float(mean.std()), 0.0)


def _impact(design: Design, columns: list[int], rows: Any, start: int, seed: int) -> Any:
    """Draws of observed less predicted on the usable days from *start* on, shape (draws, days)."""
    # Late imports: seconds, and only this comparison needs them.
    import pandas
    from causalpy import InterruptedTimeSeries
    from causalpy.pymc_models import LinearRegression

    names = [f"x{number}" for number in range(len(columns))]
    frame = pandas.DataFrame(design.matrix[rows][:, columns], columns=names, index=rows)
    frame["y"] = design.panel.outcome[rows]
    model = LinearRegression(sample_kwargs={"random_seed": seed, "progressbar": False})
    formula = "y ~ 1" + "".join(f" + {name}" for name in names)
    found = InterruptedTimeSeries(frame, treatment_time=start, formula=formula, model=model)
    impact = found.post_impact
    if "treated_units" in impact.dims:
        impact = impact.isel(treated_units=0)
    return impact.stack(sample=("chain", "draw")).transpose("sample", "obs_ind").to_numpy()
