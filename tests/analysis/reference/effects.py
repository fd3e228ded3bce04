"""Effect sizes with the standard errors of the literature: SingleCaseES, statpsych, scdhlm and the papers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parquetry.analysis.effect_sizes import (
    between_case,
    lor,
    lrm,
    lrrd,
    lrri,
    nap,
    pand,
    pand_sorted,
    pnd,
    pogo,
    smd,
    tau,
    tau_bc,
)
from parquetry.analysis.effect_sizes.independent import (
    lrm_error,
    lrr_error,
    nap_error,
    nap_interval,
    normal_interval,
    smd_error,
)
from parquetry.analysis.estimates import Direction

from . import Case, Figure, figures, series

_ARTICLE = "Pustejovsky, Swan & Chen, SingleCaseES: Basic effect size calculations"
# Its intervals of NAP are found with a root finder of four digits.
_ROOT = 1e-4


def _between() -> Iterator[Figure]:
    found = between_case([one.panel for one in series.LAMBERT.values()], treated="RC")
    obtained = (
        found.difference, found.total_variance, found.uncorrected, found.autocorrelation, found.within_variance,
        found.intraclass, found.theta, found.freedom, found.effect,
    )  # fmt: skip
    expected = (-5.457995, 4.673913, -2.524601, 0.224680, 4.534312, 0.029868, 0.144926, 164.492271, -2.513073)
    names = "D_bar, S_sq, delta uncorrected, phi, sigma_sq_w, rho, theta, nu, delta"
    yield from figures(names, expected, obtained, 1e-6)
    yield Figure("V of delta", 0.04054616, found.variance, 1e-8)


def _worked() -> Iterator[Figure]:
    a, b = [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29]
    yield Figure("NAP", 0.9166667, nap(a, b), 1e-7)
    errors = (nap_error(a, b), nap_error(a, b, method="hanley"), nap_error(a, b, method="null"))
    yield from figures("NAP SE, NAP SE (Hanley), NAP SE (null)", (0.06900656, 0.07739185, 0.1666667), errors, 1e-7)
    interval = nap_interval(a, b)
    yield from figures("NAP 95 % low, NAP 95 % high", (0.5973406, 0.9860176), (interval.low, interval.high), _ROOT)
    yield Figure("Tau", 0.8333333, tau(a, b), 1e-7)
    yield Figure("Tau-BC (line always taken out; tau-a)", 0.2857143, tau_bc(a, b, always=True, ties="a"), 1e-7)
    yield from figures("PND, PAND", (0.7142857, 0.8461538), (pnd(a, b), pand(a, b)), 1e-7)
    yield Figure("SMD", 1.649932, smd(a, b), 1e-6)
    yield Figure("SMD SE", 0.6340935, smd_error(a, b), 1e-6)
    yield Figure("SMD (pooled)", 1.876247, smd(a, b, by="pooled"), 1e-6)
    yield Figure("SMD (pooled) SE", 0.6374216, smd_error(a, b, by="pooled"), 1e-6)
    yield Figure("LRRi", 0.1953962, lrri(a, b), 1e-7)
    around = normal_interval(lrri(a, b), lrr_error(a, b))
    yield from figures(
        "LRRi SE, LRRi 95 % low, LRRi 95 % high", (0.05557723, 0.08646679, 0.3043255),
        (lrr_error(a, b), around.low, around.high), 1e-7,
    )  # fmt: skip
    yield Figure("LRRi of a percentage, decrease", -0.06553504, lrri(a, b, direction="decrease", most=100), 1e-7)
    a_percent, b_percent = [20, 20, 25, 25, 20, 25], [30, 25, 25, 25, 35, 30, 25]
    yield Figure("LOR", 0.2852854, lor(a_percent, b_percent, most=100), 1e-7)
    nothing = lor([0, 0, 0], b_percent, most=100, resolution=5)
    yield Figure("LOR of a baseline of zeros", 3.60657, nothing, 1e-5)
    zeros = [0.0] * 4
    rate, percent = 1 / 30, 1 / 1.8
    ratios = (lrrd(zeros, b, resolution=rate), lrr_error(zeros, b, resolution=rate), lrrd(zeros, b, resolution=percent))
    names = "LRRd of zeros (30 minutes), LRRd SE of zeros, LRRd of zeros (180 intervals; percentage)"
    yield from figures(names, (8.672947, 0.5010548, 5.859536), ratios, 1e-6)
    yield Figure("PAND % (sorted; scan)", 84.61538, 100 * pand_sorted((a, b)).pand, 5e-6)
    yield Figure("phi (sorted; scan)", 0.6905, pand_sorted((a, b)).phi, 5e-5)


def _mckissick() -> Iterator[Figure]:
    names = "NAP, NAP SE, PND, LRRi, LRRi SE, SMD, SMD SE, SMD (pooled), SMD (pooled) SE"
    table = {
        "Period 1": (1.0, 0.0440101, 1.0, 0.807, 0.198, 2.75, 0.943, 2.58, 0.853),
        "Period 2": (0.7714286, 0.1538619, 0.4285714, 0.610, 0.349, 1.21, 0.650, 1.12, 0.588),
        "Period 3": (0.9166667, 0.0833333, 0.75, 0.748, 0.353, 2.89, 1.08, 2.34, 0.727),
    }
    digits = (5e-8, 5e-8, 5e-8, 5e-4, 5.01e-4, 5e-3, 5e-3, 5e-3, 5e-4)
    for name, expected in table.items():
        a, b = series.MCKISSICK[name].of("A"), series.MCKISSICK[name].of("B")
        obtained = (
            nap(a, b, direction="decrease"), nap_error(a, b), pnd(a, b, direction="decrease"), -lrrd(a, b),
            lrr_error(a, b), smd(a, b, direction="decrease"), smd_error(a, b),
            smd(a, b, direction="decrease", by="pooled"), smd_error(a, b, by="pooled"),
        )  # fmt: skip
        for found, tolerance in zip(figures(names, expected, obtained, 0), digits, strict=True):
            yield found._replace(quantity=f"{name}: {found.quantity}", tolerance=tolerance)


_SCHMIDT = {
    ("Albert", 1): ((1.000, 0.007, 1.749, 0.210), (0.735, 0.145, 0.421, 0.162)),
    ("Albert", 2): ((0.861, 0.144, 0.947, 0.538), (0.444, 0.294, 0.052, 0.117)),
    ("Faith", 1): ((0.958, 0.042, 1.606, 0.324), (0.771, 0.127, 0.323, 0.129)),
    ("Faith", 2): ((1.000, 0.063, 1.651, 0.376), (0.933, 0.067, 0.241, 0.201)),
    ("Lilly", 1): ((0.777, 0.147, 1.168, 0.227), (0.580, 0.135, 0.015, 0.114)),
    ("Lilly", 2): ((1.000, 0.063, 1.427, 0.310), (0.867, 0.133, 0.604, 0.672)),
}


def _schmidt() -> Iterator[Figure]:
    for (name, pair), (disruptive, on_task) in _SCHMIDT.items():
        yield from _phases(f"{name} {pair}", series.SCHMIDT[name], pair, "decrease", disruptive)
        yield from _phases(f"{name} {pair}, on task", series.SCHMIDT_ON_TASK[name], pair, "increase", on_task)


def _phases(
    name: str, one: series.Series, pair: int, direction: Direction, expected: tuple[float, ...]
) -> Iterator[Figure]:
    a, b = one.of(f"A{pair}"), one.of(f"B{pair}")
    ratio = lrri(a, b) if direction == "increase" else -lrrd(a, b)
    obtained = (nap(a, b, direction=direction), nap_error(a, b), ratio, lrr_error(a, b))
    yield from figures(f"{name}: NAP, {name}: NAP SE, {name}: LRRi, {name}: LRRi SE".replace(", on", " on"),
                       expected, obtained, 5.01e-4)  # fmt: skip


def _goal() -> Iterator[Figure]:
    one = series.CROZIER
    found = (
        pogo(one.of("A1"), one.of("B1"), 0),
        pogo(one.of("B1"), one.of("A2"), 11.17),
        pogo(one.of("A2"), one.of("B2"), 0),
    )
    names = "PoGO % A1 to B1, PoGO % B1 to A2, PoGO % A2 to B2"
    yield from figures(names, (79.1, 64.2, 97.92), [100 * share for share in found], 0.1)


def _medians() -> Iterator[Figure]:
    first = [32, 39, 26, 35, 43, 27, 40, 37, 34, 29, 49, 42, 40]
    second = [36, 44, 47, 42, 49, 39, 46, 31, 33, 48]
    interval = normal_interval(lrm(first, second), lrm_error(first, second))
    obtained = np.exp([lrm(first, second), interval.low, interval.high]).tolist()
    yield from figures("ratio, 95 % low, 95 % high", (1.162162, 0.927667, 1.455933), obtained, 5e-7)


CASES = (
    Case("Lambert 2006", "Hedges, Pustejovsky & Shadish (2012), example 1; the digits of scdhlm's tests", _between),
    Case("Parker, Vannest & Davis 2011, worked example", _ARTICLE, _worked),
    Case("McKissick 2010", _ARTICLE, _mckissick, "A decrease is an improvement; LRRi is - LRRd of a count."),
    Case("Schmidt 2007", _ARTICLE, _schmidt),
    Case("Crozier & Tincani 2005", "Patrona et al. (2022), by way of SingleCaseES's tests", _goal,
         "The paper rounds the goal, and the tests hold whole percents."),
    Case("Ratio of medians", "statpsych, ci.ratio.median2(), after Bonett & Price (2020)", _medians),
)  # fmt: skip
