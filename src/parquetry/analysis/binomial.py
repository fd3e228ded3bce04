"""A share of so many trials with what chance alone leaves open of it: Clopper and Pearson's binomial interval."""

from __future__ import annotations

from typing import NamedTuple

from scipy.special import betaincinv

_TAIL = 0.025


class Share(NamedTuple):
    """
    A share, 0 to 1.

    Attributes:
        share: Hits of all trials.
        low, high: Of its 95 % interval.
    """

    share: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, trials: int) -> Share:
        """Raises ValueError: there were no trials."""
        if trials < 1:
            raise ValueError("a share of no trials")
        low = 0.0 if hits == 0 else float(betaincinv(hits, trials - hits + 1, _TAIL))
        high = 1.0 if hits == trials else float(betaincinv(hits + 1, trials - hits, 1 - _TAIL))
        return cls(hits / trials, low, high)

    def __str__(self) -> str:
        return f"{self.share:.1%} ({self.low:.1%} to {self.high:.1%})"
