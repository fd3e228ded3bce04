"""
The exact posterior of a linear regression whose errors are autoregressive of order one.

For usable days t₁ < t₂ < … the model is::

    y = X·β + e,    e(t₁) ~ N(0, σ²/(1-φ²)),    e(tᵢ) | e(tᵢ₋₁) ~ N(φ^g·e(tᵢ₋₁), σ²·(1-φ^2g)/(1-φ²)),  g = tᵢ-tᵢ₋₁
    β | σ ~ Σ weight·N(0, σ²·diag(sd²)),    σ² ~ inverse gamma·σ^lost,    p(φ) ∝ (1+φ)³·(1-φ)^(-1/2)

so that a missing day is integrated out exactly and the series starts in its stationary state. Given
φ it is conjugate (normal-inverse-gamma); over φ, and over the *scales* of the prior where it has
several, it is a sum over a grid that is refined where the mass is. Nothing here knows what the
columns mean; units are the caller's, who standardises.

The prior on φ leans towards persistence on purpose: to take dependent errors for independent ones is
the mistake that costs false positives. Its upper end is the reference prior's of Berger & Yang
(1994), Econometric Theory 10:461-482. How it does is measured in `benchmarks/calibration.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln

from parquetry.analysis.estimates import Floats, Whole
from parquetry.analysis.mixture import Mixture

LOWEST, HIGHEST = -0.98, 0.998
"""The support of φ. The prior is proper without it; beyond it, a series of a lifetime could not tell."""
PRIOR_UP, PRIOR_DOWN = 3.0, -0.5
COARSE, FINE = 32, 64
DEPTH = 15.0
"""How far below the highest log density the fine grid reaches, and a scale is still looked at: e^-15 is 3e-7."""
NEGLIGIBLE = 1e-7
SHAPE = 0.5
RATE = 0.25
"""σ² ~ inverse gamma (SHAPE, RATE), in units of the spread: as much as one observation says, around 0.7 of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """
    What is believed of the coefficients, in units of σ a unit of the column.

    Attributes:
        sd: Standard deviations, shape (scales, columns): one row for each value of a scale that is
            integrated over, or just one.
        weights: Prior probability of each row, shape (scales,).
        phis: The values φ may take; None for all, ``[0.0]`` for independent errors.
        lost: Degrees of freedom of σ² that columns of no interest cost: as many factors σ stand before
            the prior, as if that of so many columns were flat. Like the restricted likelihood, which
            knows that what was fitted away tells nothing of the noise.
    """

    sd: Floats
    weights: Floats
    phis: Floats | None = None
    lost: int = 0

    @classmethod
    def of(cls, sd: Floats) -> Prior:
        """A normal prior: one standard deviation a column."""
        return cls(np.atleast_2d(sd), np.ones(1))


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Draws: ``beta`` of shape (draws, columns); ``sigma``, ``phi`` and the ``scale``'s row of shape (draws,)."""

    beta: Floats
    sigma: Floats
    phi: Floats
    scale: Whole


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """
    What the data say of β, σ and φ.

    Attributes:
        weights: Mass of each node, shape (nodes,).
        phi, scale: Each node's φ, and row of the prior's scales.
        location: β's mean at each node, shape (nodes, columns).
        root: A matrix whose square is β's covariance over σ², shape (nodes, columns, columns).
        shape, rate: Of σ²'s inverse gamma; the rate by node.
        edge: Mass at the ends of φ's support.
        evidence: Log of the marginal likelihood, up to a constant of the number of days.
    """

    weights: Floats
    phi: Floats
    scale: Whole
    location: Floats
    root: Floats
    shape: float
    rate: Floats
    edge: float
    evidence: float

    def linear(self, contrast: Floats, offset: float = 0.0, noise: Floats | float = 0.0) -> Mixture:
        """
        The posterior of ``offset + contrast·β``, plus noise of variance ``noise·σ²``.

        Args:
            contrast: Shape (columns,), or (nodes, columns) where it depends on φ.
            noise: A number, or by node.
        """
        rows = np.broadcast_to(contrast, self.location.shape)
        across = np.einsum("gp,gpq->gq", rows, self.root)
        variance = (across * across).sum(1) + noise
        scales = np.sqrt(self.rate / self.shape * variance)
        return Mixture(self.weights, offset + (rows * self.location).sum(1), scales, 2 * self.shape)

    def phi_mean(self) -> float:
        return float(self.weights @ self.phi)

    def phi_above(self, limit: float) -> float:
        """P(φ > *limit*)."""
        edges, below = self._phi_cells()
        return float(1 - np.interp(limit, edges, below, left=0.0, right=1.0))

    def phi_quantile(self, probability: float) -> float:
        edges, below = self._phi_cells()
        return float(np.interp(probability, below, edges))

    def _phi_cells(self) -> tuple[Floats, Floats]:
        """The ends of the cells around the grid's values of φ, and the mass below each, spread evenly within."""
        values, place = np.unique(self.phi, return_inverse=True)
        mass = np.bincount(place, self.weights)
        middle = (values[1:] + values[:-1]) / 2
        edges = np.concatenate([values[:1], middle, values[-1:]])
        return edges, np.concatenate([[0.0], np.cumsum(mass)])

    def sigma(self) -> float:
        """The posterior median of σ, of a mean over the nodes."""
        return float(np.sqrt(self.weights @ self.rate / self.shape))

    def mean(self) -> Floats:
        found: Floats = self.weights @ self.location
        return found

    def draws(self, count: int, seed: int) -> Draws:
        """*count* draws; the same seed gives the same numbers."""
        random = np.random.default_rng(seed)
        node = np.searchsorted(np.cumsum(self.weights)[:-1], random.random(count))
        sigma = np.sqrt(self.rate[node] / random.gamma(self.shape, size=count))
        normal = random.standard_normal((count, self.location.shape[1]))
        beta = self.location[node] + sigma[:, None] * np.matmul(self.root[node], normal[:, :, None])[:, :, 0]
        return Draws(beta, sigma, self.phi[node], self.scale[node])


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """
    All that the likelihood needs of the data: cross products of the rows of [X | y], by gap.

    A pair of neighbours enters as difference and level, x(tᵢ) - ψ·x(tᵢ₋₁) = D + (1-ψ)·L with ψ = φ^g,
    which loses no digits when φ is near 1 and the columns change slowly.

    Attributes:
        days: Number of usable days.
        first: Of the first row with itself.
        gaps: For each gap its length and number of pairs, D'D, D'L + L'D and L'L.
    """

    days: int
    first: Floats
    gaps: tuple[tuple[int, int, Floats, Floats, Floats], ...]

    @classmethod
    def of(cls, times: Whole, design: Floats, outcome: Floats) -> Moments:
        """From usable days only: increasing times of shape (days,), (days, columns) and (days,)."""
        rows = np.column_stack([design, outcome])
        change, level, gaps = np.diff(rows, axis=0), rows[:-1], np.diff(times)
        found = []
        for gap in np.unique(gaps):
            d, l = change[gaps == gap], level[gaps == gap]  # noqa: E741
            cross = d.T @ l
            found.append((int(gap), len(d), d.T @ d, cross + cross.T, l.T @ l))
        return cls(len(rows), np.outer(rows[0], rows[0]), tuple(found))

    def whitened(self, phi: Floats) -> tuple[Floats, Floats]:
        """The cross products of the whitened rows for each φ, shape (phis, columns + 1, columns + 1), and log |W|."""
        start = 1 - phi * phi
        products = start[:, None, None] * self.first
        determinant = np.log(start) / 2
        for gap, pairs, dd, dl, ll in self.gaps:
            psi = phi**gap
            weight, rest = start / (1 - psi * psi), 1 - psi
            products = products + weight[:, None, None] * dd
            products += (weight * rest)[:, None, None] * dl + (weight * rest * rest)[:, None, None] * ll
            determinant = determinant + pairs * np.log(weight) / 2
        return products, determinant


def integrate(times: Whole, design: Floats, outcome: Floats, prior: Prior) -> Posterior:
    """
    The posterior given the usable days.

    Args:
        times: Days counted from anywhere, increasing; shape (days,).
        design: Shape (days, columns).
        outcome: Centred, in units of the baseline's spread; shape (days,), without NaN.
    """
    moments = Moments.of(times, design, outcome)
    if prior.phis is not None:
        nodes = _Nodes.at(prior.phis, np.ones(len(prior.phis)), moments, prior)
        return _posterior(nodes, edge=0.0, scales=np.arange(len(prior.sd)))
    coarse = np.linspace(np.arctanh(LOWEST), np.arctanh(HIGHEST), COARSE)
    density = _Nodes.at(np.tanh(coarse), _jacobian(coarse), moments, prior).density
    alive = density > density.max() - DEPTH
    near, scales = np.flatnonzero(alive.any(axis=1)), np.flatnonzero(alive.any(axis=0))
    low, high = max(near[0] - 1, 0), min(near[-1] + 1, COARSE - 1)
    fine = np.linspace(coarse[low], coarse[high], FINE)
    measure = _jacobian(fine)
    measure[[0, -1]] /= 2
    left = replace(prior, sd=prior.sd[scales], weights=prior.weights[scales])
    nodes = _Nodes.at(np.tanh(fine), measure * (fine[1] - fine[0]), moments, left)
    mass = np.exp(nodes.density - nodes.density.max()).sum(axis=1)
    ends = (mass[0] if low == 0 else 0.0) + (mass[-1] if high == COARSE - 1 else 0.0)
    return _posterior(nodes, edge=float(ends / mass.sum()), scales=scales)


def log_prior(phi: Floats) -> Floats:
    """Up to a constant."""
    found: Floats = PRIOR_UP * np.log1p(phi) + PRIOR_DOWN * np.log1p(-phi)
    return found


def _jacobian(z: Floats) -> Floats:
    """dφ/dz for φ = tanh z, times the prior of φ."""
    phi = np.tanh(z)
    found: Floats = np.exp(log_prior(phi)) * (1 - phi * phi)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """Every pair of φ and scale: arrays of shape (phis, scales, …)."""

    phi: Floats
    density: Floats
    root: Floats
    location: Floats
    shape: float
    rate: Floats

    @classmethod
    def at(cls, phi: Floats, measure: Floats, moments: Moments, prior: Prior) -> _Nodes:
        products, determinant = moments.whitened(phi)
        columns = prior.sd.shape[1]
        augmented = np.repeat(products[:, None], len(prior.sd), axis=1)
        diagonal = np.arange(columns)
        augmented[:, :, diagonal, diagonal] += prior.sd**-2.0
        # The last row of the augmented factor is L⁻¹X'y, and its corner the root of the penalised residual sum.
        factor = np.linalg.cholesky(augmented).astype(np.float64, copy=False)
        lower, across = factor[..., :columns, :columns], factor[..., columns, :columns]
        shape = SHAPE + max(moments.days - prior.lost, 1) / 2
        rate = RATE + factor[..., columns, columns] ** 2 / 2
        density = (
            determinant[:, None]
            + np.log(measure)[:, None]
            + np.log(prior.weights)
            - np.log(prior.sd).sum(axis=1)
            - np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum(axis=-1)
            - shape * np.log(rate)
        )
        return cls(phi, density, lower, across, shape, rate)


def _posterior(nodes: _Nodes, edge: float, scales: Whole) -> Posterior:
    highest = nodes.density.max()
    weights = np.exp(nodes.density - highest).ravel()
    total = weights.sum()
    keep = np.flatnonzero(weights > NEGLIGIBLE * weights.max())
    columns = nodes.root.shape[-1]
    lower = nodes.root.reshape(-1, columns, columns)[keep]
    root = np.linalg.inv(lower).transpose(0, 2, 1).astype(np.float64, copy=False)
    across = nodes.location.reshape(-1, columns)[keep]
    return Posterior(
        weights=weights[keep] / weights[keep].sum(),
        phi=np.repeat(nodes.phi, len(scales))[keep],
        scale=np.tile(scales, len(nodes.phi))[keep],
        location=np.einsum("gpq,gq->gp", root, across),
        root=root,
        shape=nodes.shape,
        rate=nodes.rate.ravel()[keep],
        edge=edge,
        evidence=float(highest + np.log(total) + gammaln(nodes.shape)),
    )
