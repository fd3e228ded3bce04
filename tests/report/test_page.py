"""The page: one file that needs nothing else, that a screen reader can read and no name can break."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from parquetry.report import document, page
from parquetry.report.page import READ

from .made import DESIGNS, drawn, made, paged, reported
from .test_figures import HOSTILE, contrast

VOID = {"meta", "link", "br", "img", "input"}


class Read(HTMLParser):
    """The elements of a page with their attributes, what is open around each, and whether all were closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.mistakes: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.mistakes += [f"<{tag}> is open at the end" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.mistakes.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def tags(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.mark.parametrize("name", DESIGNS)
def test_a_page_is_whole_and_needs_nothing_else(name: str) -> None:
    """No script, no file, no address but its own sections; every name in it once."""
    text = paged(name)
    read = Read(text)
    assert [] == read.mistakes
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in read.found}
    ids = [attributes["id"] for _, attributes in read.found if "id" in attributes]
    assert [] == [each for each, count in Counter(ids).items() if count > 1]
    for _, attributes in read.found:
        assert not {"src", "srcset", "style" if "class" in attributes else "", "onload", "onclick"} & set(attributes)
        target = attributes.get("href")
        assert target is None or (target.startswith("#") and target[1:] in ids)
    assert not re.search(r"url\(|@import", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("name", ["ITS", "ABAB", "multiple baseline", "refused"])
def test_a_page_can_be_read_aloud(name: str) -> None:
    """A language, one title, landmarks with names, headings in order, tables with headings, figures in words."""
    read = Read(paged(name))
    assert ["en"] == [each["lang"] for each in read.tags("html")]
    assert 1 == len(read.tags("h1")) == len(read.tags("main")) == len(read.tags("header")) == len(read.tags("footer"))
    assert all(each.get("aria-label") for each in read.tags("nav"))
    assert all(each.get("aria-labelledby") for each in read.tags("section"))
    assert {"col", "row"} == {each.get("scope") for each in read.tags("th")}
    assert len(read.tags("table")) == len(read.tags("caption")) > 3
    assert all(each.get("role") == "img" and each.get("aria-label") for each in read.tags("svg"))
    assert all(each.get("aria-label") for _, each in read.found if each.get("role") == "region" and "tabindex" in each)
    labelled = {each["aria-labelledby"] for _, each in read.found if "aria-labelledby" in each}
    assert labelled <= {each.get("id") for _, each in read.found}


def test_the_result_stands_first() -> None:
    text = paged("ITS")
    assert text.index("The treatment raised minutes asleep by") < text.index("<nav") < text.index("<svg")
    assert '<span class="pill exploratory">exploratory</span>' in text


SECTIONS = {
    "ITS": ["study", "data", "sensitivity", "checks", "sizes", "registration", "limits", "checklists", "provenance"],
    "ABAB": ["study", "data", "reversals", "randomisation", "sensitivity", "checks", "sizes", "registration", "limits",
             "checklists", "provenance"],
    "refused": ["study", "data", "checks", "registration", "limits", "checklists", "provenance"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "sections"), SECTIONS.items())
def test_a_page_has_its_sections(name: str, sections: list[str]) -> None:
    assert sections == [each["id"] for each in Read(paged(name)).tags("section")]


def test_every_figure_says_how_to_read_it() -> None:
    kinds = {each.kind for name in DESIGNS for each in drawn(name)}
    assert set(READ) == kinds


def test_what_users_write_stays_text() -> None:
    """Markup in a name, a unit, a phase, a reason, the question or the provenance is shown, never run."""
    given = made("ITS")
    study = replace(
        given.study, name=HOSTILE, question=HOSTILE, hypothesis=HOSTILE, stopping=HOSTILE, about={HOSTILE: HOSTILE},
        outcome=replace(given.study.outcome, name=HOSTILE, unit=HOSTILE),
    )  # fmt: skip
    series = replace(given.series[0], panel=replace(given.series[0].panel, excluded={9: HOSTILE}))
    report = reported(
        replace(given, study=study, series=(series,)), provenance={HOSTILE: HOSTILE}, reproduce=HOSTILE,
        registration={"registered_at": HOSTILE, HOSTILE: {"x": [HOSTILE]}},
        deviations=({"path": HOSTILE, "registered": {"a": HOSTILE}, "now": [HOSTILE], "wording": True},),
    )  # fmt: skip
    text = page(report)
    read = Read(text)
    assert [] == read.mistakes
    assert "script" not in {tag for tag, _ in read.found}
    assert not [attributes for _, attributes in read.found if "alert(" in "".join(attributes)]
    assert sum('<script>alert("x")</script>' in words for words in read.words) > 15
    assert "\x08" not in text
    text.encode("utf-8")


def test_a_very_long_name_is_not_cut_and_breaks_nothing() -> None:
    given = made("AB")
    name = "minutes" * 300
    text = page(reported(replace(given, study=replace(given.study, outcome=replace(given.study.outcome, name=name)))))
    assert name in text and [] == Read(text).mistakes


def test_half_a_character_does_not_stop_a_report() -> None:
    """A name with half of a pair, as a broken export leaves it, cannot be written as UTF-8."""
    given = made("refused")
    found = reported(replace(given, study=replace(given.study, question="Why \ud83d?")))
    assert page(found).encode("utf-8")
    assert json.dumps(document(found), ensure_ascii=False).encode("utf-8")


def test_deviations_and_registration_are_shown() -> None:
    registration = {"registered_at": "2025-01-01T08:00:00Z", "sha256": "ab" * 32, "study": {"name": "hidden away"}}
    deviation = {"path": "outcome.smallest", "registered": 5, "now": 10, "wording": False}
    text = page(reported("ITS", registration=registration, deviations=(deviation,)))
    assert "outcome.smallest" in text and "ab" * 32 in text
    assert "hidden away" not in text
    assert "Nothing differs from what was registered." in page(reported("ITS", registration=registration))


def test_provenance_and_the_command_are_shown() -> None:
    text = paged("ITS")
    for words in ("versions.numpy", "datasets.1.digest", "ab12", "parquetry analyze bedtime --at 3 --seed 1"):
        assert words in text


def test_missing_and_excluded_days_are_counted() -> None:
    words = " ".join(" ".join(Read(paged("ITS")).words).split())
    assert "A no 6 Jan 2025 to 24 Feb 2025 50 46 2 0 2 8" in words
    assert "13 Jan 2025 to 14 Jan 2025 2 travelling" in words


def test_text_can_be_told_from_what_is_behind_it() -> None:
    """At least 4.5 to 1 (WCAG 1.4.3)."""
    colours = dict(re.findall(r"--(\w+): (#\w{6})", paged("refused")))
    for name in ("ink", "soft", "accent", "good", "bad"):
        assert contrast(colours[name], "#ffffff") >= 4.5, name
