"""Series whose truth is known, for the tests of the analyses."""

from __future__ import annotations

import numpy as np

from parquetry.analysis.estimates import Floats


def noise(days: int, phi: float = 0.5, seed: int = 0) -> Floats:
    """Autoregressive, stationary, with standard deviation 1."""
    random = np.random.default_rng(seed)
    steps = random.standard_normal(days)
    found = steps.copy()
    for day in range(1, days):
        found[day] = phi * found[day - 1] + np.sqrt(1 - phi * phi) * steps[day]
    return found


def stepped(days: int = 60, effect: float = 2.0, phi: float = 0.4, seed: int = 1, level: float = 50.0) -> Floats:
    """A jump in the middle."""
    found: Floats = level + noise(days, phi, seed) + effect * (np.arange(days) >= days // 2)
    return found


def switched(days: int = 20, effect: float = 2.0, phi: float = 0.4, seed: int = 1) -> tuple[Floats, list[str]]:
    """Four phases of *days* each, and their labels."""
    phases = [label for label in "ABAB" for _ in range(days)]
    return 50 + noise(4 * days, phi, seed) + effect * (np.array(phases) == "B"), phases
