"""Change points: found where they are, not found in a series that merely wanders, and never more than exploratory."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import ruptures

from parquetry.analysis import Panel, its
from parquetry.analysis.changepoints import ChangePoint, change_points, effect_at
from parquetry.analysis.segments import Series
from parquetry.errors import Refused, Usage

from .series import noise, stepped


def test_a_step_is_found_where_it_is() -> None:
    found = change_points(stepped(60, effect=3.0, phi=0.4), seed=1, draws=39)
    (point,) = found.points
    assert point.low <= 30 <= point.high and abs(point.row - 30) <= 2
    assert point.jump.interval.holds(3.0) and point.jump.excludes_zero
    assert 1 == pytest.approx(point.probability.sum()) and point.row == np.argmax(point.probability)
    assert 0.95 <= point.probability[point.low : point.high + 1].sum()
    assert found.p[0] < 0.05 <= found.p[1]


def test_up_and_back_again_is_two_changes() -> None:
    """Neither is a better fit than none on its own."""
    days = np.arange(70)
    outcome = 50 + noise(70, 0.3, 3) + 4 * ((days >= 30) & (days < 42))
    assert [30, 42] == pytest.approx([p.row for p in change_points(outcome, draws=39).points], abs=1)


def test_an_effect_at_a_date_that_was_found_is_exploratory() -> None:
    """It cannot be made anything else."""
    outcome = stepped(60, effect=4.0)
    found = change_points(outcome, draws=59)
    later = effect_at(outcome, found.points[0], impact="level", trend=False)
    assert found.exploratory and found.points[0].exploratory and later.exploratory
    assert its(outcome, start=found.points[0].row, impact="level", trend=False).average == later.answer.average
    assert later.to_dict()["exploratory"] is True and "same data" in later.why
    with pytest.raises(TypeError):
        ChangePoint(1, None, 1, 1, 0.95, np.ones(1), found.points[0].jump, exploratory=False)  # type: ignore[call-arg]
    with pytest.raises(ValueError):
        dataclasses.replace(found.points[0], exploratory=False)
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.to_dict()["points"][0]["exploratory"] is True


def test_a_series_that_wanders_has_no_change_points() -> None:
    """
    No change, φ = 0.5: a change in 5 % of 60 series (at most 9, binomial, 99.9 %).

    The likelihood and the bootstrap know the autocorrelation, and either alone is enough: with both
    taken for independent it is 18. The usual penalty finds a change in a third and more.
    """
    false, usual = 0, 0
    for seed in range(60):
        outcome = noise(40, 0.5, seed)
        false += bool(change_points(outcome, draws=39, most=2, seed=seed).points)
        cuts = ruptures.KernelCPD(kernel="linear", min_size=5).fit(outcome[:, None]).predict(pen=2 * np.log(40))
        usual += len(cuts) > 1
    assert false <= 9
    assert usual >= 20


@pytest.mark.torture
@pytest.mark.parametrize("days", [40, 60, 120])
@pytest.mark.parametrize("phi", [0.0, 0.5, 0.7])
def test_false_positives_stay_near_the_level(days: int, phi: float) -> None:
    """400 series a cell: at most 8.5 %, which is 5 % and three binomial errors."""
    found = sum(bool(change_points(noise(days, phi, s), seed=s).points) for s in range(400))
    assert found / 400 <= 0.085


@pytest.mark.torture
def test_dates_and_jumps_cover() -> None:
    """Of steps of 2 sd at φ = 0.4 that were found, 9 in 10 intervals hold the day; jumps look larger, being found."""
    days, jumps = list[bool](), list[bool]()
    for seed in range(150):
        found = change_points(stepped(60, effect=2.0, seed=seed), seed=seed, most=2)
        if len(found.points) == 1:
            days.append(found.points[0].low <= 30 <= found.points[0].high)
            jumps.append(found.points[0].jump.interval.holds(2.0))
    assert len(days) > 75 and np.mean(days) > 0.85 and np.mean(jumps) > 0.8


def test_the_likelihood_is_the_dense_one() -> None:
    """Levels between cuts under AR(1) errors, by generalised least squares with the whole matrix, gaps and all."""
    outcome = stepped(40, effect=1.0)
    outcome[[3, 4, 17, 30]] = np.nan
    at = Series.of(Panel.of(outcome), 3, 4)
    standard = (at.values - at.values.mean()) / at.values.std()
    gaps, columns = np.abs(at.times[:, None] - at.times), at.columns((6, 15, 29))
    differences = []
    for white, phi in zip(at.whitened(at.values), [-0.2, 0, 0.2, 0.35, 0.5, 0.65, 0.75, 0.85, 0.92, 0.97], strict=True):
        inverse = np.linalg.inv(np.float64(phi) ** gaps)
        beta = np.linalg.solve(columns.T @ inverse @ columns, columns.T @ inverse @ standard)
        rest = standard - columns @ beta
        dense = np.linalg.slogdet(inverse)[1] - len(standard) * np.log(rest @ inverse @ rest)
        differences.append(at.twice(white, (6, 15, 29)) - dense)
    assert differences == pytest.approx([differences[0]] * 10, abs=1e-8)


def test_missing_days_and_dates() -> None:
    """Rows are the panel's, with its days; a row that is not there is never the first of a level."""
    outcome = stepped(60, effect=4.0)
    outcome[[10, 11, 30]] = np.nan
    days = np.datetime64("2024-03-01") + np.arange(60)
    (point,) = change_points(outcome, days=days, draws=39).points
    assert 31 == point.row and "2024-04-01" == point.day
    assert 0 == point.probability[[10, 11, 30]].sum()


def test_unit_and_seed() -> None:
    outcome = stepped(50, effect=4.0)
    one, same = (change_points(outcome, seed=5, draws=59) for _ in range(2))
    assert one.to_dict() == same.to_dict()
    other = change_points(1000 + 0.25 * outcome, seed=5, draws=59)
    assert one.p == other.p and one.points[0].row == other.points[0].row
    assert 0.25 * one.points[0].jump.mean == pytest.approx(other.points[0].jump.mean)


def test_a_level_needs_its_days() -> None:
    outcome = stepped(40, effect=4.0)
    for point in change_points(outcome, least=8, draws=19).points:
        assert 8 <= point.low and point.high <= 32
    assert 1 == Series.of(Panel.of(outcome[:13]), 3, 5).most


@pytest.mark.parametrize("outcome", [[5.0] * 30, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2]])
def test_what_cannot_be_searched_is_refused(outcome: list[float]) -> None:
    with pytest.raises(Refused, match="no answer"):
        change_points(outcome)


@pytest.mark.parametrize("options", [{"most": 0}, {"least": 1}, {"alpha": 0.0}, {"draws": 5}])
def test_arguments_that_make_no_sense(options: dict[str, float]) -> None:
    with pytest.raises(Usage):
        change_points(stepped(), **options)  # type: ignore[arg-type]
