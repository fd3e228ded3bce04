"""The report on a terminal: short, as wide as a terminal, and as silent as the page where it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parquetry.analysis.studied import Studied
from parquetry.report import document, summary
from parquetry.report.figures.rows import conditions, shortened
from parquetry.report.sentences import result

from .made import DESIGNS, made, paged, refused_although_computed, reported

LINES, COLUMNS = 60, 100


def together(text: str) -> str:
    """*text* without the breaks of its lines."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", DESIGNS)
def test_a_summary_of_each_design(name: str) -> None:
    """All sentences of the page, on a terminal of usual width, and how to compute it again."""
    given = reported(name)
    found, said = summary(given), result(given)
    for sentence in (said.headline, said.label, *said.more):
        assert together(sentence) in together(found)
    assert f"again: {given.reproduce}" == found.splitlines()[-1]
    assert COLUMNS >= max(map(len, found.splitlines()))
    assert LINES >= len(found.splitlines())
    assert not [line for line in found.splitlines() if line.endswith((">", "<")) or line.lstrip().startswith("% ")]


@pytest.mark.parametrize("name", ["ITS", "AB", "ABAB"])
def test_which_labels_are_treatment_is_said(name: str) -> None:
    """By name, here, on the page and in its JSON: from a label taken for another comes the other sign."""
    given = reported(name)
    assert "treatment: B; without it: A" in summary(given)
    assert "<dt>Treatment</dt><dd>B; without it: A</dd>" in paged(name)
    rows = [row for table in document(given)["tables"] if table["name"] == "days" for row in table["rows"]]
    assert {("A", "no"), ("B", "yes")} == {(row[0], row[1]) for row in rows}


def test_where_no_label_is_known_none_is_named() -> None:
    given = made("refused")
    bare = tuple(replace(each, panel=replace(each.panel, phases=())) for each in given.series)
    assert "treatment:" not in summary(reported(replace(given, series=bare)))


@pytest.mark.parametrize("name", ["ITS", "ABAB", "alternating", "multiple baseline"])
def test_a_refused_study_has_reasons_and_days_only(name: str) -> None:
    """Although all of it was computed: no table, no sentence and no count of other models tells of an effect."""
    given = reported(refused_although_computed(made(name)))
    found = summary(given)
    assert "No answer: " in found
    assert "40% of the days of phase B are missing" in together(found)
    assert f"days: {len(given.studied.series[0].panel)}, of which" in found
    assert not [word for word in ("raised", "lowered", "no clear change", "p =", "interval", "Effects", "Each")
                if word in found]  # fmt: skip


def test_the_series_that_could_be_answered_are_named() -> None:
    """Where another one is refused: its own checks are passed, and yet it has no number."""
    given = made("multiple baseline")
    first = refused_although_computed(given).series[0]
    found = summary(reported(replace(given, series=(first, *given.series[1:]))))
    assert "No answer: Ann: 40% of the days of phase B are missing" in found
    assert "Bo, Cy: withheld, because Ann has no answer." in found
    assert "interval" not in found


def named(names: tuple[str, ...]) -> Studied:
    """The study of several series, under other names."""
    given = made("multiple baseline")
    series = tuple(replace(each, name=name) for each, name in zip(given.series, names, strict=True))
    members = tuple(replace(each, name=name) for each, name in zip(given.study.series, names, strict=True))
    return replace(given, series=series, study=replace(given.study, series=members))


def test_long_names_keep_the_table_on_the_terminal() -> None:
    """Cut in the middle, so that names that begin alike stay apart; in full in the sentences."""
    names = tuple(f"the participant of the second cohort in the northern clinic, room {i}" for i in (11, 12, 13))
    given = reported(named(names))
    found = summary(given)
    assert COLUMNS >= max(map(len, found.splitlines()))
    rows = [line for line in found.splitlines() if "…" in line]
    assert ["room 11", "room 12", "room 13"] == [row.partition("…")[2].split("  ")[0][-7:] for row in rows]
    assert all(f"{name}: the treatment raised" in together(found) for name in names)


def test_several_series_have_one_table_and_their_own_counts() -> None:
    """What they say together, each by itself and drawn together; not a table of each."""
    given = reported("multiple baseline")
    found = summary(given)
    assert 1 == found.count("one more series")
    assert "Effects" not in found
    assert 3 == found.count("days: 50, of which 50 count")
    assert document(given)["together"]["spread"] > 0


def test_the_washout_does_not_count() -> None:
    given = made("ABAB")
    panel = given.series[0].panel
    counted = int(panel.usable.sum())
    assert len(panel) - 3 == counted
    assert f"days: {len(panel)}, of which {counted} count" in summary(reported("ABAB"))


@pytest.mark.parametrize("name", ["unknown", "multiple baseline"])
def test_where_a_date_says_when_the_treatment_was_on_no_label_is_named(name: str) -> None:
    """Its labels are those of parquetry itself, and say nothing."""
    assert ([], []) == conditions(made(name).series, made(name).study)
    assert "treatment: B" not in summary(reported(name)) and "<dt>Treatment</dt>" not in paged(name)


def test_names_that_differ_only_in_the_middle_stay_apart() -> None:
    names = ["a" * 30 + middle + "z" * 30 for middle in "xy"]
    assert ["b"] == shortened(["b"])
    first, second = shortened(names)
    assert first != second and 40 > len(first)
