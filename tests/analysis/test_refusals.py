"""Each refusal is triggered by a series made for it, and not by its healthy neighbour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from parquetry.analysis import abab, its, refusals
from parquetry.analysis.design import reversal
from parquetry.analysis.estimates import Floats
from parquetry.analysis.panel import Panel
from parquetry.errors import Refused

from .series import noise, stepped, switched


def codes(analyse: Callable[[], object]) -> set[str]:
    """Of the reasons for a refusal; empty for an answer."""
    try:
        analyse()
    except Refused as refused:
        return {reason.code for reason in refused.facts["reasons"]}  # type: ignore[attr-defined]
    return set()


def missing(rows: Any) -> Floats:
    found = stepped()
    found[rows] = np.nan
    return found


WEEKEND = np.array([day % 7 >= 5 for day in range(70)])
LABELS = ["B" if weekend else "A" for weekend in WEEKEND]
MOSTLY = ["B" if weekend and day > 7 else "A" for day, weekend in enumerate(WEEKEND)]
RAIN = np.random.default_rng(3).standard_normal(60)
ON = (np.arange(60) >= 30).astype(float)


def walk(days: int, seed: int = 0) -> Floats:
    return np.asarray(np.cumsum(np.random.default_rng(seed).standard_normal(days)))


def formula(noisy: float) -> Floats:
    """A line and a step: exact, or with a little noise around it."""
    days = np.arange(60)
    return np.asarray(3 + 0.5 * days + 4 * (days >= 30) + noisy * noise(60, 0.2))


CASES: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "few-days": (
        lambda: its(stepped(11), start=5, impact="level", trend=False),
        lambda: its(stepped(12), start=6, impact="level", trend=False),
    ),
    "few-days-in-phase": (lambda: its(stepped(30), start=26), lambda: its(stepped(30), start=25)),
    "few-phases": (
        lambda: abab(switched(20)[0][:60], switched(20)[1][:60]),
        lambda: abab(*switched(20)),
    ),
    "missing": (lambda: its(missing(np.r_[0:5, 30:40]), start=30), lambda: its(missing(np.r_[0:5, 30:39]), start=30)),
    "missing-differs": (lambda: its(missing(slice(30, 37)), start=30), lambda: its(missing(slice(30, 36)), start=30)),
    "constant": (
        lambda: its(np.r_[np.full(30, 5.0), noise(30)], start=30),
        lambda: its(np.r_[np.full(29, 5.0), [5.1], noise(30)], start=30),
    ),
    "aliased": (
        lambda: abab(noise(70), LABELS, alternating=True),
        lambda: abab(noise(70), ["AB"[day // 2 % 2] for day in range(70)], alternating=True),
    ),
    "affected-covariate": (
        lambda: its(stepped(), start=30, covariates={"rain": RAIN}, affected=["rain"]),
        lambda: its(stepped(), start=30, covariates={"rain": RAIN}, affected=[]),
    ),
    "no-noise": (lambda: its(formula(0.0), start=30), lambda: its(formula(0.1), start=30)),
    "persistent": (lambda: its(walk(120), start=60), lambda: its(stepped(120, phi=0.6), start=60)),
    "grid-edge": (lambda: its(walk(1_500, 1), start=700), lambda: its(stepped(1_500, phi=0.8), start=700)),
}


@pytest.mark.parametrize("code", CASES)
def test_a_refusal_has_its_series_and_spares_the_neighbour(code: str) -> None:
    sick, healthy = CASES[code]
    assert code in codes(sick)
    assert set() == codes(healthy)


def test_every_ground_has_its_case() -> None:
    # Numbers that are not finite would be a bug: no series is known that makes them.
    assert refusals.CODES.keys() - CASES.keys() == {"not-finite"}


def test_weekdays_tell_of_the_treatment_before_they_are_in_the_model() -> None:
    """With fewer than three weeks the model has none, and Tuesdays and Thursdays are Tuesdays and Thursdays still."""
    by_weekday = ["AB"[day % 7 in (1, 3)] for day in range(20)]
    assert {"aliased"} == codes(lambda: abab(noise(20), by_weekday, alternating=True))
    assert set() == codes(lambda: abab(noise(20), ["AB"[day // 2 % 2] for day in range(20)], alternating=True))


def test_a_phase_that_varies_by_rounding_alone_is_constant() -> None:
    """0.1 + 0.2 is not 0.3, to the last digit."""
    assert {"constant"} == codes(lambda: its(np.r_[[0.3] * 15, [0.1 + 0.2] * 15, noise(30)], start=30))


def test_an_affected_covariate_may_be_named_alone() -> None:
    assert {"affected-covariate"} == codes(lambda: its(stepped(), start=30, covariates={"rain": RAIN}, affected="rain"))


@pytest.mark.parametrize("days", [20, 70])
def test_weekdays_that_are_left_out_of_the_model_tell_of_the_treatment_still(days: int) -> None:
    """Without them the model would call every weekend's rest an effect."""
    labels = ["AB"[day % 7 >= 5] for day in range(days)]
    assert {"aliased"} == codes(lambda: abab(noise(days), labels, alternating=True, season=False))
    neighbour = ["AB"[day // 2 % 2] for day in range(days)]
    assert set() == codes(lambda: abab(noise(days), neighbour, alternating=True, season=False))


def test_the_year_tells_of_the_treatment_as_weekdays_do() -> None:
    """As much of it, whether it is in the model or left out of it on purpose."""
    winters = ["AB"[month % 12 in (9, 10, 11, 0, 1, 2)] for month in range(48)]
    panel = Panel.of(noise(48), phases=winters, period="month")
    within, without = (reversal(panel, treated="B", each=False, season=season).explained() for season in (True, False))
    assert 0.8 < within == pytest.approx(without)


def test_a_covariate_that_follows_the_treatment_is_aliased() -> None:
    near = ON + 0.05 * RAIN
    assert "aliased" in codes(lambda: its(stepped(), start=30, covariates={"near": near}))
    assert set() == codes(lambda: its(stepped(), start=30, covariates={"far": ON + RAIN}))


@pytest.mark.parametrize("effect", [0.0, 1.0, 10.0, 100.0])
def test_a_refusal_does_not_depend_on_the_effect(effect: float) -> None:
    """The same series with any step in it is refused or answered alike."""
    for seed in range(6):
        quiet = noise(60, 0.93, seed)
        step = effect * (np.arange(60) >= 30)
        assert bool(codes(lambda: its(quiet, start=30))) == bool(codes(lambda: its(quiet + step, start=30)))  # noqa: B023


def test_alternating_treatments_are_judged_by_condition() -> None:
    """Phases of one day have no five days; the days with and without treatment have."""
    phases = ["AB"[day % 2] for day in range(40)]
    outcome = noise(40, 0.2)
    assert set() == codes(lambda: abab(outcome, phases, alternating=True))
    outcome[1:21:2] = np.nan
    assert {"missing", "missing-differs"} == codes(lambda: abab(outcome, phases, alternating=True))


def test_all_reasons_are_given() -> None:
    outcome = stepped(30)
    outcome[:12] = np.nan
    with pytest.raises(Refused, match="no answer: ") as refused:
        its(outcome, start=15)
    assert (14, 3) == (refused.value.exit_code, len(refused.value.facts["reasons"]))  # type: ignore[arg-type]
    assert {"missing", "missing-differs", "few-days-in-phase"} <= codes(lambda: its(outcome, start=15))
