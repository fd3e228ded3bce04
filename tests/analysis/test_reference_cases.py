"""Published figures of published series, within their tolerances, and the page that shows them."""

from __future__ import annotations

import pytest

from .reference import Case, Figure
from .reference.page import CASES, PAGE, page


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_figures_of_a_publication(case: Case) -> None:
    """Each is what it was published as, to the tolerance that stands beside it."""
    wrong = [figure for figure in case.figures() if not figure.holds]
    assert [] == wrong


def test_a_figure_beyond_its_tolerance_is_found() -> None:
    assert Figure("", 1.0, 1.0009, 1e-3).holds and not Figure("", 1.0, 1.0011, 1e-3).holds
    assert not Figure("", 1.0, float("nan"), 1e-3).holds


def test_the_page_shows_what_the_tests_hold() -> None:
    """Else run `python -m tests.analysis.reference.page`."""
    assert page() == PAGE.read_text(encoding="utf-8")
