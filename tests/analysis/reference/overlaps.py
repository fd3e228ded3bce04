"""Overlap, Tau, differences of means and criteria: tables of the R package scan and of the papers behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parquetry.analysis.classical import dual_criterion
from parquetry.analysis.effect_sizes import (
    cohen_d,
    hedges_g,
    ird,
    mean_difference,
    nap,
    pand,
    pand_sorted,
    pem,
    pet,
    pnd,
    smd,
    tau,
    tau_bc,
    tau_test,
    trend_difference,
)
from parquetry.analysis.effect_sizes.standardised import spread
from parquetry.analysis.effect_sizes.tau import MODELS
from parquetry.analysis.estimates import Direction
from tests.analysis.published import SCAN_AB, SCAN_ABAB, numbers

from . import Case, Figure, figures, series

_BOOK = "Wilbert, Analysing single-case data with R and scan, chapter on overlapping indices"
_SITE = "scan, reference page of {}()"
_EXACT, _TWO_DECIMALS, _PERCENT = 1e-8, 0.00501, 0.501
_COLUMNS = (
    "PND, PEM, PET, NAP, NAP rescaled, PAND (sorted), IRD (robust), Tau-U (A vs B - trend A; tau-b), "
    "Tau-U (A vs B + trend B - trend A; tau-b), Tau-BC, mean difference, trend difference, SMD (baseline sd), Hedges' g"
)
_DIGITS = (*(_PERCENT,) * 6, *(_TWO_DECIMALS,) * 8)


def _overlaps(
    a: Sequence[float], b: Sequence[float], times: tuple[list[float], list[float]], direction: Direction = "increase"
) -> tuple[float, ...]:
    """One row of scan's table, whose Tau and differences do not turn with the direction."""
    share = nap(a, b, direction=direction)
    return (
        100 * pnd(a, b, direction=direction), 100 * pem(a, b, direction=direction),
        100 * pet(a, b, direction=direction, times=times), 100 * share, 100 * (2 * share - 1),
        100 * pand_sorted((a, b), direction=direction).pand, ird(a, b, direction=direction),
        tau(a, b, "A vs B - trend A", ties="b"), tau(a, b, "A vs B + trend B - trend A", ties="b"), tau_bc(a, b),
        mean_difference(a, b), trend_difference(a, b, times=times), smd(a, b, corrected=False), hedges_g(a, b),
    )  # fmt: skip


def _row(case: str, expected: Sequence[float], obtained: Sequence[float], digits: Sequence[float]) -> Iterator[Figure]:
    for found, tolerance in zip(figures(_COLUMNS, expected, obtained, 0), digits, strict=True):
        yield found._replace(quantity=f"{case}: {found.quantity}", tolerance=tolerance)


def _example_ab() -> Iterator[Figure]:
    table = {
        "Johanna": (100, 100, 100, 100, 100, 100, 1, 0.59172633541, 0.76517416746, 0.62994078835, 19.5333333333,
                    1.525, 8.110775199, 2.3477547525),
        "Karolina": (86.6666666667, 100, 93.3333333333, 96.6666666667, 93.3333333333, 90, 0.73333333333,
                     0.55374478924, 0.7830797442, 0.58950634475, 21.6666666667, 0.53928571429, 3.1705431024,
                     2.2577764868),
        "Anja": (93.3333333333, 100, 100, 98, 96, 90, 0.86666666667, 0.62370069548, 0.64179382476, 0.61290470215,
                 20.4666666667, 2.5, 6.7112843862, 2.8691934112),
    }  # fmt: skip
    for name, expected in table.items():
        a, b = _split(name)
        yield from _row(name, expected, _overlaps(a, b, _days(a, b)), (_EXACT,) * 14)


def _split(name: str) -> tuple[list[float], list[float]]:
    values = numbers(SCAN_AB[name][1])
    return values[:5], values[5:]


def _days(a: Sequence[float], b: Sequence[float]) -> tuple[list[float], list[float]]:
    return list(map(float, range(len(a)))), list(map(float, range(len(a), len(a) + len(b))))


def _differences() -> Iterator[Figure]:
    names = (
        "mean A, mean B, sd A, sd B, sd Cohen, sd Hedges, Glass' delta, Hedges' g uncorrected, Hedges' g, "
        "Hedges' g (Durlak), Cohen's d"
    )
    table = {
        "Johanna": (54.6, 74.1333333333, 2.4083189158, 8.9432070523, 6.5490820876, 7.9684563308, 8.110775199,
                    2.451332168, 2.3477547525, 2.2272757216, 2.9826062755),
        "Karolina": (51.8, 73.4666666667, 6.8337398253, 9.7604644698, 8.4251607304, 9.1909778628, 3.1705431024,
                     2.3573842729, 2.2577764868, 2.1419148437, 2.5716621154),
        "Anja": (53.6, 74.0666666667, 3.0495901364, 7.573135477, 5.7728840692, 6.8318426558, 6.7112843862,
                 2.9957754734, 2.8691934112, 2.7219558681, 3.5453105279),
    }  # fmt: skip
    for name, expected in table.items():
        for found in figures(names, expected, _means(*_split(name)), _EXACT):
            yield found._replace(quantity=f"{name}: {found.quantity}")


def _means(first: Sequence[float], second: Sequence[float]) -> tuple[float, ...]:
    a, b = series.array(first), series.array(second)
    return (
        float(a.mean()), float(b.mean()), spread(a, a, "baseline")[0], spread(b, b, "baseline")[0],
        spread(a, b, "average")[0], spread(a, b, "pooled")[0], smd(a, b, corrected=False),
        hedges_g(a, b, correct="none"), hedges_g(a, b), hedges_g(a, b, correct="durlak"), cohen_d(a, b),
    )  # fmt: skip


def _scores() -> Iterator[Figure]:
    names = (
        "mean A, mean B, sd A, sd B, sd Cohen, sd Hedges, Glass' delta, Hedges' g uncorrected, Hedges' g, "
        "Hedges' g (Durlak), Cohen's d"
    )
    table = {
        "Christiano": (2.70, 15.35, 1.42, 2.13, 1.81, 1.93, 8.92, 6.54, 6.37, 6.15, 6.98),
        "Lionel": (3.10, 15.35, 1.59, 1.60, 1.60, 1.60, 7.68, 7.67, 7.46, 7.21, 7.67),
        "Neymar": (2.30, 15.60, 1.49, 2.19, 1.87, 1.99, 8.90, 6.68, 6.50, 6.28, 7.10),
    }
    for name, expected in table.items():
        one = series.SCORES[name]
        for found in figures(names, expected, _means(one.of("A"), one.of("B")), 0.0052):
            yield found._replace(quantity=f"{name}: {found.quantity}")


def _huitema() -> Iterator[Figure]:
    one = series.HUITEMA
    expected = (40, 70, 100, 70, 40, 60, 0.4, -0.51, -0.69, -0.73, -20.4, -17.87, -0.9, -0.71)
    times = (one.times_of("A"), one.times_of("B"))
    yield from _row("decrease", expected, _overlaps(one.of("A"), one.of("B"), times, "decrease"), _DIGITS)


def _reversal() -> Iterator[Figure]:
    table = {
        "Pawel": (55, 100, 100, 94, 89, 85, 0.75, 0.54, 0.45, 0.65, 12.25, -0.05, 2.68, 2.07),
        "Moritz": (78, 100, 100, 97, 94, 85, 0.80, 0.44, 0.46, 0.68, 13.58, 0.00, 3.27, 2.72),
        "Jannis": (71, 100, 100, 98, 97, 90, 0.89, 0.43, 0.38, 0.68, 15.27, -0.54, 3.62, 2.98),
    }
    for name, expected in table.items():
        one, first, second = series.A1B1A2B2[name], ("A1", "A2"), ("B1", "B2")
        times = (one.times_of(*first), one.times_of(*second))
        yield from _row(name, expected, _overlaps(one.of(*first), one.of(*second), times), _DIGITS)


def _bob() -> Iterator[Figure]:
    names = "pairs, positive, negative, ties, S, Tau, 95 % low, 95 % high, variance of S, SE, Z, p"
    table = (
        (20, 17, 1, 2, 16, 0.8, 0.28990298393, 0.95613153925, 66.6666666667, 0.39965262694, 2.0017383749,
         0.045312876841),
        (6, 4, 1, 1, 3, 0.5, -0.88763374643, 0.9868585704, 8.6666666667, 0.4614791035, 1.0834726778,
         0.27859867184),
        (10, 8, 1, 1, 7, 0.7, -0.47662131375, 0.97816495604, 16.6666666667, 0.3958114029, 1.7685190342,
         0.076974172981),
        (20, 18, 5, 3, 13, 0.65, -0.024848123972, 0.91788844205, 71.8571428571, 0.42384296283, 1.5335868635,
         0.12513132209),
        (30, 25, 2, 3, 23, 0.76666666667, 0.20891727191, 0.94806938779, 79.3650793651, 0.29695693546,
         2.5817435969, 0.0098302588887),
        (36, 26, 6, 4, 20, 0.55555555556, -0.17204226512, 0.89095399274, 87.3333333333, 0.25958973646,
         2.140129125, 0.032344332934),
    )  # fmt: skip
    a, b = series.BOB.of("A"), series.BOB.of("B")
    for model, expected in zip(MODELS, table, strict=True):
        t = tau_test(a, b, model)
        # The table prints the variance without ties where one kind of pairs is compared, and tests with the other.
        variance = t.variance if "-" in model or "+" in model else t.variance_without_ties
        obtained = (
            t.pairs, t.positive, t.negative, t.ties, t.s, t.tau, t.low, t.high, variance, t.error, t.z, t.p
        )  # fmt: skip
        for found in figures(names, expected, obtained, _EXACT):
            yield found._replace(quantity=f"{model}: {found.quantity}")


def _johanna() -> Iterator[Figure]:
    """S, its variance and its Z as printed with two decimals; ties are in it for what is compared with two kinds."""
    table = (
        (75, 525, 3.27),
        (0, 16.67, 0),
        (70, 408.33, 3.47),
        (75, 541.22, 3.22),
        (145, 932.39, 4.75),
        (145, 949, 4.71),
    )
    for model, expected in zip(MODELS, table, strict=True):
        t = tau_test(*_split("Johanna"), model)
        variance = t.variance if "-" in model or "+" in model else t.variance_without_ties
        for found in figures("S, variance of S, Z", expected, (t.s, variance, t.z), _TWO_DECIMALS):
            yield found._replace(quantity=f"{model}: {found.quantity}")


def _tarlow() -> Iterator[Figure]:
    a, b = [33, 25, 17, 25, 14, 13, 15], [15, 16, 16, 5, 7, 9, 6, 5, 3, 3, 8, 11, 7]
    first, both = tau_test(a, b, "trend A"), tau_test(a, b)
    yield Figure("tau-b of the baseline with time", -0.68, tau(a, b, "trend A", ties="b"), _TWO_DECIMALS)
    yield Figure("its z", -2.13, first.z, _TWO_DECIMALS)
    yield Figure("tau-b of A vs B", -0.57, tau(a, b, ties="b"), _TWO_DECIMALS)
    yield Figure("its z", -2.94, both.z, _TWO_DECIMALS)
    yield Figure("Tau-BC", 0.70, tau_bc(a, b), _TWO_DECIMALS)


def _grosche() -> Iterator[Figure]:
    models = MODELS[3:]
    table = {
        "Eva": (69, 38.5, 0.38, 22.80, 1.32, 0.26, 0.49, 0.49),
        "Georg": (48, -4.2, -0.04, 31.49, -0.16, 0.06, 0.14, 0.19),
        "Olaf": (45, -10.4, -0.10, 25.92, -0.39, -0.06, -0.09, -0.07),
    }
    names = f"NAP, NAP rescaled, Tau (A vs B), sd of S, Z, {', '.join(f'{model} (tau-b)' for model in models)}"
    for name, expected in table.items():
        a, b = series.GROSCHE[name].of("A"), series.GROSCHE[name].of("B")
        test = tau_test(a, b)
        obtained = [100 * nap(a, b), 200 * nap(a, b) - 100, test.tau, test.variance_without_ties**0.5, test.z]
        obtained += [tau(a, b, model, ties="b") for model in models]
        digits = (_PERCENT, 0.0501, *(_TWO_DECIMALS,) * 6)
        for found, tolerance in zip(figures(names, expected, obtained, 0), digits, strict=True):
            yield found._replace(quantity=f"{name}: {found.quantity}", tolerance=tolerance)


def _sorting() -> Iterator[Figure]:
    cases = [(one.of("A"), one.of("B")) for one in series.PARKER_2007.values()]
    table = pand_sorted(*cases)
    yield from figures("A in A, A in B, B in A, B in B", (11, 2, 2, 13), table, 0)
    yield Figure("PAND % (sorted)", 85.7, 100 * table.pand, 0.0501)
    yield from figures("phi, chi-square", (0.713, 14.227), (table.phi, table.chi_square), 0.000501)
    kept = sum(pand(a, b) * (len(a) + len(b)) for a, b in cases) / sum(len(a) + len(b) for a, b in cases)
    yield Figure("PAND % (smallest removal)", 85.7, 100 * kept, 0.0501)


def _criterion() -> Iterator[Figure]:
    table = {"Howard": (10, 0.000976563), "Sheldon": (4, 0.828125), "Leonard": (7, 0.0078125)}
    for name, (beyond, p) in table.items():
        phases, text = SCAN_ABAB[name]
        values = series.array(numbers(text))
        edges = [0, *(i for i in range(1, len(phases)) if phases[i] != phases[i - 1]), len(phases)]
        found = dual_criterion(values[: edges[1]], values[edges[3] :])
        yield Figure(f"{name}: days of B2 beyond both lines of A1", beyond, found.beyond, 0)
        yield Figure(f"{name}: binomial p", p, found.p, 1e-6)


def _first_nap() -> Iterator[Figure]:
    yield Figure("NAP", 0.96, nap(series.PARKER_VANNEST.of("A"), series.PARKER_VANNEST.of("B")), _TWO_DECIMALS)


CASES = (
    Case("exampleAB, overlap", _BOOK, _example_ab),
    Case("exampleAB, differences of means", _SITE.format("smd"), _differences),
    Case("exampleAB_score", _BOOK, _scores, "The book prints Lionel's sd A, 1.5951, as 1.59: hence the tolerance."),
    Case("Huitema & McKean 2000, overlap", _SITE.format("overlap"), _huitema,
         "Tau and differences are of the outcome as it is, as scan has them, although a decrease is expected."),
    Case("exampleA1B1A2B2", _SITE.format("overlap"), _reversal, "Both A phases against both B phases."),
    Case("exampleABAB, dual criterion", _SITE.format("cdc"), _criterion),
    Case("Bob", "Parker, Vannest, Davis & Sauber (2011); " + _SITE.format("tau_u"), _bob),
    Case("exampleAB, Johanna, Tau-U", _BOOK, _johanna),
    Case("Tarlow 2017", _SITE.format("corrected_tau"), _tarlow),
    Case("Grosche 2011", _SITE.format("tau_u") + " and nap()", _grosche),
    Case("Parker 2007", "Parker, Hagan-Burke & Vannest (2007); " + _SITE.format("pand"), _sorting),
    Case("Parker & Vannest 2009", "Parker & Vannest (2009), Behavior Therapy 40(4):357-367", _first_nap),
)  # fmt: skip
