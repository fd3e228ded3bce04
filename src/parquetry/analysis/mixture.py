"""
The posterior of one number: a mixture of Student's t distributions, one for each node of the grid.

Everything that a result says of a number (quantiles, probabilities, mean) is computed from it
exactly, without draws, so that it does not depend on a seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, stdtr, stdtrit

from parquetry.analysis.estimates import Floats

_STEPS = 200
_TOLERANCE = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """
    A mixture of t distributions with equal degrees of freedom.

    Attributes:
        weights: Of the nodes, shape (nodes,); they sum to 1.
        locations, scales: Of each node's t, shape (nodes,); a scale of 0 is a number known for sure.
        freedom: Degrees of freedom.
    """

    weights: Floats
    locations: Floats
    scales: Floats
    freedom: float

    @property
    def mean(self) -> float:
        return float(self.weights @ self.locations)

    @property
    def sd(self) -> float:
        """Infinite with 2 or fewer degrees of freedom."""
        if self.freedom <= 2:
            return float("inf")
        spread = self.scales**2 * self.freedom / (self.freedom - 2)
        return float(np.sqrt(self.weights @ (spread + (self.locations - self.mean) ** 2)))

    def cdf(self, x: float) -> float:
        """P(≤ *x*)."""
        return float(self.weights @ stdtr(self.freedom, self._standard(x)))

    def above(self, x: float) -> float:
        """P(> *x*), without the loss of 1 - cdf far out."""
        return float(self.weights @ stdtr(self.freedom, -self._standard(x)))

    def between(self, low: float, high: float) -> float:
        return max(0.0, self.cdf(high) - self.cdf(low))

    def quantile(self, probability: float) -> float:
        """
        The number below which the mixture has *probability*, to 13 digits of its spread.

        By Newton's method, kept between the smallest and the largest of the nodes' own quantiles.
        """
        own = self.locations + self.scales * stdtrit(self.freedom, probability)
        low, high = float(own.min()), float(own.max())
        size = float(self.weights @ self.scales) + (high - low)
        x = float(self.weights @ own)
        for _ in range(_STEPS):
            if high - low <= _TOLERANCE * size:
                break
            over = self.cdf(x) - probability
            low, high = (low, x) if over > 0 else (x, high)
            density = self._density(x)
            step = over / density if density > 0 else np.inf
            if abs(step) <= _TOLERANCE * size:
                return x - step
            x = x - step if low < x - step < high else (low + high) / 2
        return x

    def _standard(self, x: float) -> Floats:
        # A number known for sure is at most itself, and all that is below it is infinitely far.
        found: Floats = (x - self.locations) / np.maximum(self.scales, 1e-300)
        return found

    def _density(self, x: float) -> float:
        if not self.scales.all():
            return 0.0
        nu = self.freedom
        constant = np.exp(gammaln((nu + 1) / 2) - gammaln(nu / 2)) / np.sqrt(nu * np.pi)
        z = self._standard(x)
        return float(self.weights @ ((1 + z * z / nu) ** (-(nu + 1) / 2) / self.scales) * constant)
