"""
Randomness that is the same everywhere, and the ids made of it.

Only `random.Random.random` is asked, because of all its methods that one is promised to give the
same sequence in every version of Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from statistics import NormalDist

Draw = Callable[[], float]
"""The next number in [0, 1)."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS = [a + b for a in _DIGITS for b in _DIGITS]
_quantile = NormalDist().inv_cdf


def draws(seed: int, *place: object) -> Draw:
    """Numbers for one place: what is drawn there moves nothing elsewhere."""
    return Random("/".join(map(str, ("self-tracker-study", seed, *place)))).random


def normal(u: float) -> float:
    """The standard normal quantile; 0 is the only number in [0, 1) that has none."""
    return _quantile(u or 0.5)


def autoregressive(draw: Draw, length: int, phi: float, sd: float) -> list[float]:
    """A stationary AR(1) series with standard deviation *sd*, shape (length,)."""
    values = [sd * normal(draw())]
    innovation = sd * math.sqrt(1 - phi * phi)
    for _ in range(length - 1):
        values.append(phi * values[-1] + innovation * normal(draw()))
    return values


def cuid(milliseconds: int, number: int, fingerprint: str, draw: Draw) -> str:
    """A CUID as Prisma makes them: c, time, counter, fingerprint of four, randomness; 25 characters."""
    return f"c{base36(milliseconds, 8)}{base36(number, 4)}{fingerprint}{base36(int(draw() * 36**8), 8)}"


def base36(number: int, width: int) -> str:
    """The last *width* digits of *number*."""
    text = ""
    for _ in range((width + 1) // 2):
        number, pair = divmod(number, 1296)
        text = _PAIRS[pair] + text
    return text[-width:]


def hexadecimal(draw: Draw, width: int) -> str:
    """*width* digits, as of a hash."""
    return "".join("0123456789abcdef"[int(draw() * 16)] for _ in range(width))
