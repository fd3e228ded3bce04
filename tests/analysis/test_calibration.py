"""The short form of benchmarks/calibration.py: a defect that makes intervals wrong shows within seconds."""

from __future__ import annotations

import json

import pytest
from benchmarks.calibration import DESIGNS, LENGTHS, PHIS, RESULTS, cell, quantities
from benchmarks.calibration_page import MAIN
from scipy.stats import binom


@pytest.mark.parametrize(
    ("design", "phi", "days"), [("its", 0.7, 60), ("its", 0.0, 30), ("ab", 0.5, 60), ("alternating", 0.0, 30)]
)
def test_intervals_hold_the_truth_as_often_as_they_say(design: str, phi: float, days: int) -> None:
    """Without an effect, at most 8 % exclude zero; 150 series would show 17 % with near certainty."""
    outcomes = cell(design, phi, days, 0.0, 150)
    most = binom(150, 0.08).ppf(0.999)
    for i, name in enumerate(quantities(design)):
        assert sum(outcome.excludes[i] for outcome in outcomes) <= most, name


def test_an_effect_is_found_and_held() -> None:
    outcomes = cell("its", 0.3, 60, 3.0, 60)
    assert sum(outcome.excludes[0] for outcome in outcomes) >= 50
    assert sum(outcome.covers[0] for outcome in outcomes) >= binom(60, 0.92).ppf(0.001)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_recorded_table_keeps_its_promise(design: str) -> None:
    """
    2,000 series a cell; of what stands for a study at most 8 % false positives and at least 92 % coverage.

    For φ up to 0.7 and 30 to 120 days, among all series and those answered; of an interrupted one the level too.
    """
    cells = json.loads(RESULTS.read_text(encoding="utf-8"))["cells"]
    plain = [c for c in cells if c["design"] == design and c["effect"] == c.get("drift", 0) == 0]
    held = [c for c in plain if c["phi"] in PHIS and c["days"] in LENGTHS]
    assert {(phi, days) for phi in PHIS for days in LENGTHS} == {(c["phi"], c["days"]) for c in held}
    for each in held:
        assert 2_000 == each["series"]
        for chosen in ("all", "answered"):
            for name in {MAIN[design], *(("level change",) if design == "its" else ())}:
                found = each["intervals"][name][chosen]
                assert found["excludes zero"][0] <= 0.08, each
                assert found["covers"][0] >= 0.92, each
