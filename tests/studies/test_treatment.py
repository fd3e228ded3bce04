"""Which labels are the treatment: never because of the day on which one stands first."""

from __future__ import annotations

from pathlib import Path

import pytest

from parquetry.errors import Config
from parquetry.studies.treatment import with_treatment

from .files import small


def treated(folder: Path, labels: str, design: str, more: str = "") -> tuple[str, ...]:
    """Labels are given one a day, separated by blanks."""
    study = small(folder, design=design, phases=f'column = "phase"\n{more}')
    return with_treatment(study, labels.split()).phases.treated


@pytest.mark.parametrize("design", ["ABAB", "alternating"])
def test_a_baseline_that_is_known_by_name_tells_wherever_it_stands(tmp_path: Path, design: str) -> None:
    assert ("B",) == treated(tmp_path, "A B A B", design)
    assert ("B",) == treated(tmp_path, "B A B A", design)
    assert ("on_1", "on_2") == treated(tmp_path, "on_1 off_1 on_2 off_2", design)
    assert () == treated(tmp_path, "off off", design)


@pytest.mark.parametrize("design", ["ABAB", "alternating"])
@pytest.mark.parametrize("labels", ["T U T U", "A control A control", "A B C A"])
def test_labels_that_say_nothing_are_asked_about(tmp_path: Path, design: str, labels: str) -> None:
    """Before, the first day decided, so that a row more or less turned the sign of the answer."""
    with pytest.raises(Config, match="nothing says which phases of sleep are the treatment ") as told:
        treated(tmp_path, labels, design)
    assert "treated" in told.value.next
    first, other, *_ = labels.split()
    if len(set(labels.split())) == 2:
        assert (first,) == treated(tmp_path, labels, design, f'treated = ["{first}"]')
        assert (other,) == treated(tmp_path, labels, design, f'treated = ["{other}"]')


def test_a_misspelt_label_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(Config, match="2 conditions: 'U', 't'"):
        treated(tmp_path, "T U t U", "alternating", 'treated = ["T"]')
    assert ("T",) == treated(tmp_path, "T1 U1 T2 U2", "alternating", 'treated = ["T"]')


def test_an_interrupted_series_begins_without_the_treatment(tmp_path: Path) -> None:
    assert ("walk",) == treated(tmp_path, "sofa sofa walk", "AB")
    assert ("B",) == treated(tmp_path, "A A B", "ITS")
    for labels, more in (("on on off", ""), ("sofa walk walk", 'treated = ["sofa"]')):
        with pytest.raises(Config, match="begins with the treatment"):
            treated(tmp_path, labels, "AB", more)
