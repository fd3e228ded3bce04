"""Effect sizes: published figures, by hand, and intervals that cover what they estimate under autocorrelation."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from parquetry.analysis import Panel
from parquetry.analysis.effect_sizes import (
    EffectSize,
    cohen_d,
    effect_sizes,
    ird,
    lrrd,
    lrri,
    nap,
    pand,
    pem,
    pnd,
    smd,
    smd_gradual,
    tau,
    tau_bc,
)
from parquetry.analysis.effect_sizes.definitions import DEFINITIONS
from parquetry.analysis.effect_sizes.intervals import Days, of_nap, of_share
from parquetry.analysis.effect_sizes.standardised import gradual
from parquetry.analysis.effect_sizes.tau import MODELS, Model, Ties, trend_p
from parquetry.analysis.estimates import plain
from parquetry.errors import Usage

from .series import noise, stepped, switched

# Three cases of the example of R's scan package (Wilbert & Lüke, exampleAB), 5 days of A and 15 of B.
JOHANNA = [54, 53, 56, 58, 52, 61, 62, 71, 66, 64, 78, 70, 74, 82, 77, 86, 68, 80, 86, 87]
KAROLINA = [41, 59, 56, 51, 52, 57, 56, 67, 75, 66, 69, 68, 73, 77, 79, 86, 82, 75, 83, 89]
ANJA = [55, 58, 53, 50, 52, 55, 68, 68, 81, 67, 78, 73, 72, 78, 81, 78, 71, 85, 80, 76]
# Parker, Vannest & Davis (2011), Behavior Modification 35(4), their worked example.
PVD_A, PVD_B = [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29]


def size(found: tuple[EffectSize, ...], name: str) -> EffectSize:
    (one,) = [each for each in found if each.name == name]
    return one


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (JOHANNA, (100, 100, 100, 1, 0.59172633541, 0.76517416746, 0.62994078835, 8.110775199, 2.3477547525)),
        (KAROLINA, (86.6666666667, 100, 96.6666666667, 0.73333333333, 0.55374478924, 0.7830797442, 0.58950634475,
                    3.1705431024, 2.2577764868)),
        (ANJA, (93.3333333333, 100, 98, 0.86666666667, 0.62370069548, 0.64179382476, 0.61290470215, 6.7112843862,
                2.8691934112)),
    ],
)  # fmt: skip
def test_the_overlap_table_of_scan(series: list[float], expected: tuple[float, ...]) -> None:
    """
    PND, PEM, NAP, IRD, Tau-U (tau-b, A vs B - trend A, and + trend B - trend A), baseline-corrected Tau, SMD, g.

    Its PAND is another one (by sorting, not by the smallest removal), and is not compared.
    """
    a, b = series[:5], series[5:]
    found = (
        100 * pnd(a, b), 100 * pem(a, b), 100 * nap(a, b), ird(a, b), tau(a, b, "A vs B - trend A", ties="b"),
        tau(a, b, "A vs B + trend B - trend A", ties="b"), tau_bc(a, b), smd(a, b, corrected=False),
        smd(a, b, by="pooled"),
    )  # fmt: skip
    assert expected == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize(
    ("series", "expected"), [(JOHANNA, 2.9826062755), (KAROLINA, 2.5716621154), (ANJA, 3.5453105279)]
)
def test_cohens_d_of_scan(series: list[float], expected: float) -> None:
    assert expected == pytest.approx(cohen_d(series[:5], series[5:]), rel=1e-9)


def test_the_worked_example_of_parker_vannest_davis() -> None:
    """PND 5/7, PAND 11/13, PEM 7/7, robust IRD 6/7 - 1/6, NAP 38.5/42, Tau 35/42."""
    a, b = PVD_A, PVD_B
    found = (pnd(a, b), pand(a, b), pem(a, b), ird(a, b), nap(a, b), tau(a, b))
    assert (5 / 7, 11 / 13, 1, 6 / 7 - 1 / 6, 38.5 / 42, 35 / 42) == pytest.approx(found)
    assert (16 / 20, 11 / 20) == pytest.approx(
        (tau([3, 3, 4, 5], [4, 5, 6, 7, 7]), tau([3, 3, 4, 5], [4, 5, 6, 7, 7], "A vs B - trend A"))
    )


def test_nap_of_parker_and_vannest_2009() -> None:
    """0.96 in the paper."""
    a, b = [4, 3, 4, 3, 4, 7, 5, 2, 3, 2], [5, 9, 7, 9, 7, 5, 9, 11, 11, 10, 9]
    assert 0.96 == pytest.approx(nap(a, b), abs=0.005)


def test_tau_u_of_parker_2011() -> None:
    """Parker, Vannest, Davis & Sauber (2011), "Bob": 16/20, 3/6, 7/10, 13/20, 23/30, 20/36."""
    found = [tau([2, 3, 5, 3], [4, 5, 5, 7, 6], model) for model in MODELS]
    assert [16 / 20, 3 / 6, 7 / 10, 13 / 20, 23 / 30, 20 / 36] == pytest.approx(found)


def test_baseline_correction_of_tarlow_2017() -> None:
    """A line that only goes on: Tau 1, Tau-U 0.6, and baseline-corrected 0."""
    a, b = [1, 2, 3, 4, 5], [6, 7, 8, 9, 10]
    assert (1, 0.6, 0) == pytest.approx((tau(a, b), tau(a, b, "A vs B - trend A"), tau_bc(a, b)))
    thirds = np.arange(10) / 3
    assert 0 == tau_bc(thirds[:5], thirds[5:])


def test_baseline_correction_waits_for_a_trend() -> None:
    a, b = [3, 3, 4, 5, 5, 2], [5, 6, 3, 2, 4, 4]
    assert tau(a, b, ties="b") == tau_bc(a, b) != tau_bc(a, b, always=True)


def test_missing_days_keep_their_place_in_the_baselines_line() -> None:
    line = np.arange(12, dtype=float)
    line[[2, 8]] = np.nan
    assert 0 == tau_bc(line[:7], line[7:])


@pytest.mark.parametrize("values", [[3, 1, 2, 5, 4, 8], [1, 2, 2, 3, 3, 3, 9], list(range(9)), [2, 1]])
def test_the_trend_test_is_kendalls(values: list[float]) -> None:
    """Exact without ties, as SciPy; with ties within its normal approximation without continuity correction."""
    theirs = stats.kendalltau(range(len(values)), values).pvalue if len(values) > 2 else 1.0
    tied = len(set(values)) < len(values)
    assert theirs == pytest.approx(trend_p(values), abs=0.05 if tied else 1e-12)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("ties", ["a", "b"])
def test_tau_is_kendalls_tau_with_a_coded_time(model: Model, ties: Ties) -> None:
    a, b = [4, 2, 5, 5, 1], [5, 7, 6, 6, 9, 3]
    within_a = {"A vs B": [0] * 5, "A vs B + trend B": [0] * 5, "trend A": [0, 1, 2, 3, 4]}.get(model, [4, 3, 2, 1, 0])
    within_b = [5, 6, 7, 8, 9, 10] if "trend B" in model else [5] * 6
    time = {"trend A": within_a, "trend B": within_b}.get(model, within_a + within_b)
    values = {"trend A": a, "trend B": b}.get(model, a + b)
    found = tau(a, b, model, ties=ties)
    if ties == "b":
        assert stats.kendalltau(time, values).statistic == pytest.approx(found)
    concordant = sum(
        np.sign(values[j] - values[i]) * np.sign(time[j] - time[i]) for j in range(len(time)) for i in range(j)
    )
    pairs = {"A vs B": 30, "trend A": 10, "trend B": 15, "A vs B - trend A": 30, "A vs B + trend B": 45}.get(model, 55)
    if ties == "a":
        assert concordant / pairs == pytest.approx(found)


def test_pand_is_the_smallest_removal() -> None:
    """Against every subset of days, ties and all."""
    random = np.random.default_rng(3)
    for _ in range(40):
        a, b = random.integers(0, 5, size=3), random.integers(0, 6, size=4)
        most = 0
        for keep in product([False, True], repeat=7):
            first, second = a[np.array(keep[:3])], b[np.array(keep[3:])]
            if not len(first) or not len(second) or first.max() < second.min():
                most = max(most, sum(keep))
        assert most / 7 == pytest.approx(pand(a, b))


def test_direction_turns_every_index() -> None:
    """A decrease of the outcome is an increase of its opposite."""
    a, b = KAROLINA[:5], KAROLINA[5:]
    for of in (nap, pnd, pem, pand, ird, tau, tau_bc, smd, cohen_d, smd_gradual):
        assert of(a, b) == of([-v for v in a], [-v for v in b], direction="decrease"), of


@pytest.mark.parametrize("of", [nap, pnd, pem, pand, ird, tau, tau_bc, smd, cohen_d, smd_gradual, lrri, lrrd])
def test_an_empty_phase_has_no_effect_size(of: object) -> None:
    assert np.isnan(of([], [1, 2, 3])) and np.isnan(of([1, 2, 3], [np.nan]))  # type: ignore[operator]


def test_a_constant_phase() -> None:
    """What divides by its spread has no value; what counts ties has."""
    a, b = [3, 3, 3, 3], [3, 3, 3, 3]
    assert (0.5, 0, 0.5, 0) == (nap(a, b), pnd(a, b), pem(a, b), tau(a, b))
    assert np.isnan(smd(a, b)) and np.isnan(cohen_d(a, b)) and np.isnan(smd_gradual(a, b))
    assert np.isnan(smd(a, [1, 2, 5])) and 0 < cohen_d(a, [4, 5, 9])


def test_the_log_response_ratio_by_hand() -> None:
    """ln(6/4) + s²/(2·n·mean²): A has variance 4/3, B has 8/3."""
    a, b = [3, 5, 3, 5], [4, 6, 6, 8]
    plain_ratio = np.log(6 / 4)
    correction = (8 / 3) / (2 * 4 * 36) - (4 / 3) / (2 * 4 * 16)
    assert plain_ratio == pytest.approx(lrri(a, b, corrected=False))
    assert plain_ratio + correction == pytest.approx(lrri(a, b)) == pytest.approx(lrrd(a, b))
    assert np.isnan(lrri(a, b, direction="decrease")), "a decrease has no increasing side without a largest value"
    assert np.log(4 / 6) == pytest.approx(lrrd(a, b, direction="increase", most=10, corrected=False))


def test_zeros_in_a_log_response_ratio() -> None:
    """Nothing is made up: a mean of 0 has no logarithm, unless a resolution says how small it may be."""
    a, b = [4, 5, 6], [0, 0, 0, 0]
    assert np.isnan(lrrd(a, b)) and np.isnan(lrrd([4, -1, 5], [1, 2, 3])) and np.isnan(lrri(a, [9, 9], most=8))
    assert np.log(1 / 8 / 5) == pytest.approx(lrrd(a, b, resolution=1, corrected=False))
    found = effect_sizes([*a, 5, *b, 0], start=4, direction="decrease")
    assert "resolution" in size(found, "LRRd").note


def test_a_gradual_effect_is_the_last_days() -> None:
    """Without noise the model finds delay and effect; an immediate change is the difference of means."""
    steps = np.arange(1, 21)
    curve = gradual(np.array([10.0, 10, 10]), 10 + 5 * (1 - 0.8**steps) / (1 - 0.8**20))
    assert (5, 0.8) == pytest.approx((curve.effect, curve.delay), abs=0.02)
    at_once = gradual(np.array([1.0, 3, 2]), np.array([7.0, 7, 7, 7]))
    assert (5, 0) == pytest.approx((at_once.effect, at_once.delay))
    grown = smd_gradual([1, 3, 2, np.nan], [2 + 0.5 * k for k in range(10)])
    assert grown > smd([1, 3, 2], [2 + 0.5 * k for k in range(10)])


def test_the_table_has_each_by_its_exact_name() -> None:
    found = effect_sizes(stepped(40, effect=2.0), start=20, most=100, draws=40)
    assert list(DEFINITIONS) == [each.name for each in found]
    for each in found:
        assert each.interval is not None and np.isfinite(each.value) and each.comparison == "A vs B", each
        assert each.interval.low <= each.interval.high and each.source and each.definition
    assert size(found, "Tau (A vs B)").value == pytest.approx(2 * size(found, "NAP").value - 1)
    json.dumps(plain(found), allow_nan=False)
    assert plain(found) == plain(effect_sizes(stepped(40, effect=2.0), start=20, most=100, draws=40))


def test_an_interval_of_a_trend_that_is_too_short_says_so() -> None:
    """Where a day resembles the next very much, and only for what a trend enters."""
    persistent = effect_sizes(noise(60, 0.9, 1), start=30, draws=40)
    noted = {each.name for each in persistent if "too short" in each.note}
    trends = [name for name in DEFINITIONS if name.startswith(("Tau (trend", "Tau-")) or name == "SMD (gradual)"]
    assert set(trends) == noted
    for seed, about, said in ((1, 0.68, True), (2, 0.47, False)):
        found = effect_sizes(20 + noise(60, 0.6, seed), start=30, draws=40)
        assert about == pytest.approx(found[0].autocorrelation, abs=0.01)
        assert said == any(each.note for each in found)


def test_units_and_missing_days_change_nothing() -> None:
    outcome = stepped(40, effect=2.0)
    found = effect_sizes(outcome, start=20, draws=40)
    for one, other in zip(found, effect_sizes(7.3 * outcome, start=20, draws=40), strict=True):
        assert one.value == pytest.approx(other.value), one.name
        assert one.interval and other.interval and one.interval.high == pytest.approx(other.interval.high)
    gaps = np.insert(outcome, [5, 30], np.nan)
    for one, other in zip(found, effect_sizes(gaps, start=21, draws=40), strict=True):
        if one.name not in ("Tau-BC", "SMD (gradual)"):
            assert one.value == pytest.approx(other.value), one.name
    washed = Panel.of(outcome).without([20, 21], "washout")
    assert nap(outcome[:20], outcome[22:]) == size(effect_sizes(washed, start=20, draws=40), "NAP").value


def test_a_reversal_study_has_a_set_for_each_reversal() -> None:
    outcome, phases = switched(12, effect=3.0)
    found = effect_sizes(outcome, phases=phases, draws=40)
    assert ["A1 vs B1", "A2 vs B2"] == list(dict.fromkeys(each.comparison for each in found))
    assert nap(outcome[24:36], outcome[36:]) == [e.value for e in found if e.name == "NAP"][1]
    with pytest.raises(Usage, match="no treated phase follows"):
        effect_sizes(outcome[:24], phases=["B"] * 12 + ["A"] * 12, treated="B")
    with pytest.raises(Usage, match="before and after"):
        effect_sizes(outcome, start=0)


def test_too_few_days_have_values_without_intervals() -> None:
    found = effect_sizes([3, 4, 7, 8, 9], start=2)
    assert 1.0 == size(found, "NAP").value
    assert all(each.interval is None and "no interval" in each.note for each in found if np.isfinite(each.value))
    just = effect_sizes([3, 4, 2, 7, 8, 9, 6, 8], start=3, draws=20)
    assert size(just, "NAP").interval is not None, "three days in a phase and eight in all are enough"
    for values, start in (([3, 4, 7, 8, 9, 6, 8, 7], 2), ([3, 4, 2, 7, 8, 9, 6], 3)):
        assert size(effect_sizes(values, start=start, draws=20), "NAP").interval is None
    constant = effect_sizes([5.0] * 12, start=6)
    assert "does not vary" in size(constant, "NAP").note and "standard deviation" in size(constant, "Cohen's d").note


def test_the_score_interval_is_newcombes() -> None:
    """
    It solves (θ - NAP)² = z²·V(θ), with V of method 5; independent days count fully. Complete
    separation has a length too.
    """
    days = Days(10, 10.0, 1.0, 9.0)
    found = of_nap(0.8, days, days, 0.95)
    for theta in (found.low, found.high):
        v = theta * (1 - theta) / 100 * (1 + 9 * (1 - theta) / (2 - theta) + 9 * theta / (1 + theta))
        assert (theta - 0.8) ** 2 == pytest.approx(1.959963984540054**2 * v)
    assert 0.5 < of_nap(1.0, days, days, 0.95).low < 0.9 and 1.0 == of_nap(1.0, days, days, 0.95).high
    assert of_nap(0.0, days, days, 0.95).high == pytest.approx(1 - of_nap(1.0, days, days, 0.95).low)
    wilson = stats.binomtest(7, 12).proportion_ci(method="wilson")
    assert (wilson.low, wilson.high) == pytest.approx((of_share(7 / 12, 12, 0.95).low, of_share(7 / 12, 12, 0.95).high))


def covered(phi: float, days: int, count: int, draws: int, effect: float = 1.0) -> dict[str, float]:
    """The share of 95 % intervals that hold what they estimate, by effect size."""
    half, random = days // 2, np.random.default_rng(days)
    step = 10 + effect * (np.arange(days) >= half)
    truth = {"NAP": float(ndtr(effect / np.sqrt(2))), "LRRi": float(np.log((10 + effect) / 10))}
    truth |= dict.fromkeys(["SMD (baseline sd)", "SMD (pooled sd)", "Cohen's d"], effect)
    if draws > 50:
        truth |= expected_value(phi, days, step)
    held: dict[str, list[bool]] = {}
    for seed in random.integers(2**31, size=count).tolist():
        for each in effect_sizes(step + noise(days, phi, seed), start=half, draws=draws, seed=seed):
            if each.name in truth and each.interval:
                held.setdefault(each.name, []).append(each.interval.holds(truth[each.name]))
    return {name: float(np.mean(each)) for name, each in held.items()}


def expected_value(phi: float, days: int, step: np.ndarray) -> dict[str, float]:
    """What the indices without a parameter of their own are on average in studies as long."""
    names = [n for n in DEFINITIONS if n.startswith(("P", "I", "Tau")) or n == "SMD (gradual)"]
    half, found = days // 2, []
    for seed in range(10_000, 10_600):
        outcome = step + noise(days, phi, seed)
        a, b = outcome[:half], outcome[half:]
        taus = [tau(a, b, model) for model in MODELS]
        found.append([pnd(a, b), pem(a, b), pand(a, b), ird(a, b), *taus, tau_bc(a, b), smd_gradual(a, b)])
    return dict(zip(names, np.mean(found, axis=0).tolist(), strict=True))


def test_intervals_cover_under_autocorrelation() -> None:
    """φ = 0.6, 40 days: at least 88 % of 60 (binomial, 99 % for 95 %); taken for independent, far fewer."""
    found = covered(0.6, 40, 60, draws=2)
    assert all(share >= 0.88 for share in found.values()), found
    independent = Days(20, 20.0, 1.0, 19.0)
    naive = [
        of_nap(nap(y[:20], y[20:]), independent, independent, 0.95).holds(0.5)
        for y in (noise(40, 0.6, s) for s in range(150))
    ]
    assert np.mean(naive) < 0.8


@pytest.mark.torture
@pytest.mark.parametrize("phi", [0.0, 0.5, 0.7])
@pytest.mark.parametrize("days", [30, 60])
def test_coverage_of_every_effect_size(phi: float, days: int) -> None:
    """
    Levels at least 92 % of 95, trends 87, and 80 where φ = 0.7 makes trends of a phase; 300 series a
    cell, binomial error 1.3 to 2.3 points.
    """
    found = covered(phi, days, 300, draws=200)
    assert len(DEFINITIONS) - 1 == len(found), found.keys()
    for name, share in found.items():
        trends = name.startswith(("Tau (trend", "Tau-")) or name == "SMD (gradual)"
        least = (0.8 if phi > 0.6 else 0.87) if trends else 0.92
        assert share >= least, (name, share, found)
