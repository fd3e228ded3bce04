"""SCRIBE 2016 and CENT 2015: every item, filled from what is known, and nothing made up."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from parquetry.analysis.sampler import CODES
from parquetry.report.checklists import NOT_STATED, Checklist
from parquetry.report.checklists.facts import ABOUT
from parquetry.report.document import checklists
from parquetry.report.looked import looked_at
from parquetry.report.sentences import result
from parquetry.studies import Schedule
from tests.architecture import ROOT

from .made import DESIGNS, made, reported


def filled(name: str = "ITS", **more: object) -> tuple[Checklist, Checklist]:
    given = reported(replace(made(name), study=replace(made(name).study, **more)))  # type: ignore[arg-type]
    scribe, cent = checklists(given, result(given))
    return scribe, cent


def stated(checklist: Checklist, number: str) -> str:
    (found,) = [item.stated for item in checklist.items if item.number == number]
    return found


def test_scribe_has_its_26_items() -> None:
    """Tate et al. (2016), table 1."""
    scribe, _ = filled()
    assert [str(number) for number in range(1, 27)] == [item.number for item in scribe.items]
    topics = {item.number: item.topic for item in scribe.items}
    assert ("Randomisation", "Procedural fidelity", "Adverse events", "Funding") == (
        topics["8"], topics["17"], topics["21"], topics["26"]
    )  # fmt: skip


def test_cent_has_its_44_items() -> None:
    """Vohra et al. (2015): 25 items, 44 with their parts."""
    _, cent = filled()
    numbers = [item.number for item in cent.items]
    assert 44 == len(numbers) == len(set(numbers))
    assert [str(n) for n in range(1, 26)] == list(dict.fromkeys(n.partition(".")[0].rstrip("abc") for n in numbers))
    assert {"2a.1", "2a.2", "4c", "6a.1", "6a.2", "8c", "12c", "13a.1", "17a.2"} <= set(numbers)


def test_what_is_not_stated_is_said_to_be() -> None:
    scribe, cent = filled()
    for number in ("3", "9", "11", "12", "13", "15", "16", "17", "21", "26"):
        assert NOT_STATED == stated(scribe, number)
    assert NOT_STATED == stated(cent, "19") == stated(cent, "25")
    assert scribe.stated == 26 - sum(item.stated == NOT_STATED for item in scribe.items)


@pytest.mark.parametrize("key", ABOUT)
def test_every_word_about_a_study_reaches_a_checklist(key: str) -> None:
    """What a person writes under ``about`` is shown in at least one item."""
    words = f"said of {key}"
    assert any(words in item.stated for each in filled(about={key: words}) for item in each.items)


def test_every_word_about_a_study_is_documented() -> None:
    """With the same words, on the page that says how to read a report."""
    told = (ROOT / "docs" / "how-to" / "read-a-report.md").read_text(encoding="utf-8")
    assert list(ABOUT.items()) == re.findall(r"^\| `(\w+)` \| (.*) \|$", told, re.MULTILINE)


def test_items_are_filled_from_the_study() -> None:
    schedule = Schedule("randomised", seed=3, candidates="changes", shortest=10)
    scribe, cent = filled("ABAB", schedule=schedule)
    assert "yes: the schedule was drawn from a declared set (changes), seed 3" == stated(scribe, "8")
    assert "phases of at least 10" == stated(cent, "8b")
    assert "ABAB; 4 phases (A B A B); washout 1 day; schedule randomised" == stated(cent, "3a")
    assert "stopping rule: After 60 nights." == stated(cent, "7b")
    assert "not registered" == stated(cent, "23")
    assert "56 days, of which not counted: 3 washout" == stated(cent, "16")
    assert stated(scribe, "20") == result(reported("ABAB")).headline


def test_a_refused_study_states_no_result() -> None:
    scribe, cent = filled("refused")
    assert stated(scribe, "20").startswith("No answer: ")
    assert "no answer, so none" == stated(cent, "18")


@pytest.mark.parametrize("name", DESIGNS)
def test_every_check_is_told_in_words(name: str) -> None:
    for series in made(name).series:
        for check in series.checks:
            assert looked_at(check.name), check.name


def test_every_check_of_a_sampler_is_told_in_words() -> None:
    assert all(map(looked_at, CODES))
