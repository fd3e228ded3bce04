"""What a report says of its own reliability is what was measured, and it says so where that is little."""

from __future__ import annotations

import json
from typing import Any

import pytest
from benchmarks.calibration import RESULTS
from benchmarks.calibration_page import MAIN, PAGE, TABLE, merged, page, table

from parquetry.analysis.calibrated import COVERAGE, MOST_FALSE, calibrated, measured_as, published
from parquetry.analysis.design import interrupted, reversal
from parquetry.analysis.panel import Panel

from .series import noise

DOCUMENT = json.loads(RESULTS.read_text(encoding="utf-8"))


def test_page_and_shipped_table_are_those_of_the_results() -> None:
    """``python -m benchmarks.calibration_page`` writes both; nobody types a number."""
    assert page(DOCUMENT) == PAGE.read_text(encoding="utf-8")
    assert table(DOCUMENT) == json.loads(TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("cell", published(), ids=lambda c: f"{c['design']}-{c['phi']}-{c['days']}")
def test_a_study_like_a_cell_gets_its_numbers(cell: dict[str, Any]) -> None:
    found = calibrated(cell["design"], cell["days"], cell["phi"])
    assert (cell["design"], cell["days"], cell["phi"], cell["series"]) == (
        found.design, found.days, found.phi, found.series,
    )  # fmt: skip
    assert cell["covers"] == list(found.covers or ()) and cell["false positives"] == list(found.false_positives or ())
    assert found.within
    told = "misses the aim" in found.text or "more than the aim" in found.text
    assert found.kept is not told
    assert found.kept == (cell["false positives"][0] <= MOST_FALSE and COVERAGE[0] <= cell["covers"][0] <= COVERAGE[1])


@pytest.mark.parametrize(
    ("days", "phi", "nearest"),
    [(41, 0.1, (30, 0.0)), (43, 0.35, (60, 0.3)), (500, 0.62, (120, 0.7)), (9, -0.5, (21, 0))],
)
def test_the_nearest_is_by_ratio_of_days_and_then_by_autocorrelation(
    days: int, phi: float, nearest: tuple[int, float]
) -> None:
    found = calibrated("its", days, phi)
    assert nearest == (found.days, found.phi)
    assert (30 <= days <= 120) is found.within is ("outside" not in found.text)


def test_an_autocorrelation_that_was_measured_for_other_lengths_only_lies_outside() -> None:
    assert calibrated("its", 60, 0.95).within
    assert not calibrated("ab", 60, 0.95).within


def test_what_was_not_measured_is_said() -> None:
    found = calibrated(None, 60, 0.3)
    assert not found.kept and found.covers is None and "has not been measured" in found.text


def test_each_design_counts_as_what_it_was_measured_as() -> None:
    panel = Panel.of(noise(40), phases=list("A" * 10 + "B" * 10 + "A" * 10 + "B" * 10))
    assert "its" == measured_as(interrupted(panel, 20))
    assert "its level" == measured_as(interrupted(panel, 20, impact="level"))
    assert "ab" == measured_as(interrupted(panel, 20, impact="level", trend=False))
    assert "abab" == measured_as(reversal(panel))
    assert "alternating" == measured_as(reversal(panel, each=False))
    assert measured_as(interrupted(panel, 20, impact="slope")) is measured_as(reversal(panel, trend=True)) is None


def test_the_cell_with_more_series_stays() -> None:
    few, many = {"design": "ab", "phi": 0, "days": 30, "effect": 0, "series": 5}, {"series": 9}
    other = {**few, "days": 60}
    assert (
        [{**few, **many}, other] == merged([few], [other, {**few, **many}]) == merged([{**few, **many}], [few, other])
    )


def test_every_measured_design_has_the_quantity_that_stands_for_it() -> None:
    assert {cell["quantity"] for cell in published()} <= set(MAIN.values())
