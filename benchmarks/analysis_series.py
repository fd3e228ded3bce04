"""The series that the analyses' speed is measured on: 365 days, autocorrelated, with four gaps and a step."""

from __future__ import annotations

import numpy as np

from parquetry.analysis.estimates import Floats

DAYS, START = 365, 182


def series(days: int = DAYS) -> Floats:
    random = np.random.default_rng(1)
    found = random.standard_normal(days)
    for day in range(1, days):
        found[day] += 0.5 * found[day - 1]
    found[[10, 11, 90, 300]] = np.nan
    stepped: Floats = 50 + found + 1.5 * (np.arange(days) >= days // 2)
    return stepped
