"""
What the answer would be without one of its days, for every day at once and without fitting again.

A day left out is a day whose error is not known: an indicator column for it with a flat prior. Given
φ that changes the posterior by a rank of one, and the weight of φ by a factor, both in closed form.
"""

from __future__ import annotations

import numpy as np

from parquetry.analysis.estimates import Floats, Whole
from parquetry.analysis.fit import Fit


def left_out(fit: Fit, contrast: Floats) -> Floats:
    """
    The posterior mean of ``contrast·β`` without each usable day, in the outcome's unit, shape (usable days,).

    Exact on the grid of the full fit.
    """
    posterior, design = fit.posterior, fit.design
    usable = design.usable
    matrix = design.matrix[usable]
    outcome = (design.panel.outcome[usable] - fit.centre) / fit.spread
    diagonal, beside = error_precision(design.times, posterior.phi)
    # X'Qe and y'Qe for the unit vector of each day, shapes (nodes, days, columns) and (nodes, days).
    columns = _times_precision(diagonal, beside, matrix)
    values = _times_precision(diagonal, beside, outcome[:, None])[:, :, 0]
    covariance = posterior.root @ posterior.root.transpose(0, 2, 1)
    moved = columns @ covariance
    left = diagonal - (columns * moved).sum(axis=2)
    surprise = values - np.einsum("gdp,gp->gd", columns, posterior.location)
    rate = posterior.rate[:, None] - surprise**2 / left / 2
    weight = (
        np.log(posterior.weights)[:, None]
        + posterior.shape * np.log(posterior.rate)[:, None]
        - (posterior.shape - 0.5) * np.log(rate)
        - np.log(left) / 2
    )
    weight = np.exp(weight - weight.max(axis=0))
    weight /= weight.sum(axis=0)
    means = (posterior.location @ contrast)[:, None] - (moved @ contrast) * surprise / left
    found: Floats = (weight * means).sum(axis=0) * fit.spread
    return found


def error_precision(times: Whole, phi: Floats) -> tuple[Floats, Floats]:
    """
    The inverse covariance of the errors, times σ², by node: it has a diagonal and one beside it.

    Returns:
        Shapes (nodes, days) and (nodes, days - 1).
    """
    psi = phi[:, None] ** np.diff(times)
    start = (1 - phi * phi)[:, None]
    weight = start / (1 - psi * psi)
    diagonal = np.concatenate([start, weight], axis=1)
    diagonal[:, :-1] += weight * psi * psi
    return diagonal, -weight * psi


def _times_precision(diagonal: Floats, beside: Floats, rows: Floats) -> Floats:
    found: Floats = diagonal[:, :, None] * rows
    found[:, 1:] += beside[:, :, None] * rows[:-1]
    found[:, :-1] += beside[:, :, None] * rows[1:]
    return found
