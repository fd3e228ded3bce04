"""The standardised difference between cases: by hand, and what it does not depend on."""

from __future__ import annotations

import numpy as np
import pytest

from parquetry.analysis import Panel
from parquetry.analysis.effect_sizes import BetweenCase, between_case
from parquetry.errors import Usage

from .series import noise

PHASES = ["A"] * 6 + ["B"] * 7 + ["A"] * 5 + ["B"] * 6


def people(count: int = 4, effect: float = 2.0) -> list[Panel]:
    """Each with a level of their own."""
    on = effect * (np.array(PHASES) == "B")
    levels = np.random.default_rng(5).standard_normal(count)
    return [Panel.of(level + on + noise(24, 0.3, seed), phases=PHASES) for seed, level in enumerate(levels)]


def test_its_parts_are_what_they_are_called() -> None:
    """D̄ by phase means, S² by days, and the correction by hand."""
    panels = people()
    found = between_case(panels)
    values = np.array([panel.outcome for panel in panels])
    pairs = [values[:, 6:13].mean(1) - values[:, :6].mean(1), values[:, 18:].mean(1) - values[:, 13:18].mean(1)]
    assert found.difference == pytest.approx(np.mean(pairs))
    assert found.total_variance == pytest.approx(values.var(axis=0, ddof=1).mean())
    assert found.uncorrected == pytest.approx(found.difference / np.sqrt(found.total_variance))
    assert found.effect == pytest.approx(found.uncorrected * (1 - 3 / (4 * found.freedom - 1)))
    assert found.intraclass == pytest.approx(1 - found.within_variance / found.total_variance)
    assert (4, 2) == (found.cases, found.pairs)
    assert found.interval().holds(found.effect) and found.interval().high == pytest.approx(
        found.effect + 1.959963984540054 * found.error
    )


def test_units_and_signs_and_order() -> None:
    panels, found = people(), between_case(people())
    scaled = between_case([Panel.of(7.3 * panel.outcome + 40, phases=PHASES) for panel in panels])
    assert (found.effect, found.variance) == pytest.approx((scaled.effect, scaled.variance))
    turned = between_case([Panel.of(-panel.outcome, phases=PHASES) for panel in panels])
    assert -found.effect == pytest.approx(turned.effect)
    assert found.effect == pytest.approx(between_case(panels[::-1]).effect)


def test_missing_days_are_left_out_and_keep_their_time() -> None:
    """A day that nobody has changes only the distances; with no autocorrelation it would change nothing."""
    panels = people()
    longer = [
        Panel.of(np.insert(panel.outcome, 3, np.nan), phases=["A", *PHASES]) for panel in panels
    ]  # fmt: skip
    one, other = between_case(panels), between_case(longer)
    assert one.uncorrected == pytest.approx(other.uncorrected)
    assert one.autocorrelation == pytest.approx(other.autocorrelation)
    assert one.theta != other.theta


def test_positions_that_not_all_have_do_not_enter_the_total_variance() -> None:
    panels = people()
    short = Panel.of(np.delete(panels[0].outcome, 5), phases=PHASES[1:])
    values = np.array([panel.outcome for panel in panels])
    complete = np.delete(values.var(axis=0, ddof=1), 5)
    assert between_case([short, *panels[1:]]).total_variance == pytest.approx(complete.mean())


@pytest.mark.parametrize(
    ("panels", "says"),
    [
        (people(1), "two or more"),
        ([*people(1), Panel.of([1, 2, 3, 4.0], phases="AABB")], "the same phases"),
        ([Panel.of([1, 2, 3.0], phases="ABA")] * 2, "in turn"),
        ([Panel.of([1, np.nan], phases="AB")] * 2, "a phase has no values"),
        ([Panel.of([1, 1, 5, 5.0], phases="AABB")] * 2, "does not vary"),
    ],
)
def test_what_gives_no_such_number(panels: list[Panel], says: str) -> None:
    with pytest.raises(Usage, match=says):
        between_case(panels)


def test_people_who_differ_only_by_chance_have_no_intraclass_correlation() -> None:
    found: BetweenCase = between_case([Panel.of(noise(24, 0.0, seed), phases=PHASES) for seed in range(20, 26)])
    assert 0 <= found.intraclass < 0.3 and abs(found.effect) < 1
