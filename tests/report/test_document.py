"""The report as JSON: everything of the page, valid by its own schema, and nothing of an effect where refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from parquetry.analysis.estimates import plain
from parquetry.analysis.studied import studied
from parquetry.cli.schema import Writer
from parquetry.cli.words import WORDS
from parquetry.report import ReportDocument, document, page
from parquetry.report.limits import limits
from parquetry.studies import Schedule

from .made import DESIGNS, made, paged, refused_although_computed, reported


def schema() -> dict[str, Any]:
    writer = Writer({}, WORDS, {})
    found = writer.object_of(ReportDocument)
    return {**found, "$defs": writer.defs}


def floats(value: Any) -> Iterator[float]:
    """Every number in JSON with so many digits that it is there twice for a reason: not 3, not 0.95."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from floats(each)
    elif isinstance(value, float) and len(repr(value)) > 8:
        yield value


@pytest.mark.parametrize("name", DESIGNS)
def test_a_document_is_as_its_schema_says(name: str) -> None:
    """Stable keys, each of its type, all of them finite, none left out."""
    found = document(reported(name))
    jsonschema.Draft202012Validator(schema()).validate(found)
    assert found == json.loads(json.dumps(found, allow_nan=False))


def test_every_key_is_explained() -> None:
    found = schema()
    for shape in (found, *found["$defs"].values()):
        unsaid = [key for key, said in shape["properties"].items() if not said.get("description")]
        assert not set(unsaid) - {"name", "title", "topic", "study", "series", "seed", "engine", "figures", "columns",
                                  "items", "effect_sizes", "randomised", "change_points"}  # fmt: skip


@pytest.mark.parametrize("name", ["ABAB", "multiple baseline", "refused"])
def test_the_document_has_all_that_the_page_says(name: str) -> None:
    """Each cell, caption, sentence and text alternative of the page, in the JSON's own words."""
    given = reported(name)
    found, shown = document(given), paged(name)
    for text in (found["headline"], *found["sentences"], *found["limits"], found["reproduce"]):
        assert escaped(text) in shown
    for table in found["tables"]:
        for text in (table["title"], *table["columns"], *(cell for row in table["rows"] for cell in row)):
            assert escaped(text) in shown
    for checklist in found["checklists"]:
        for item in checklist["items"]:
            assert escaped(item["stated"]) in shown
    assert shown.count("<svg ") == len(found["figures"])
    assert shown.count("<table") == len(found["tables"]) + len(found["checklists"])


def escaped(text: str) -> str:
    found = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
    return found.replace('"', "&#34;").replace(" %", "\N{NO-BREAK SPACE}%")


@pytest.mark.parametrize("name", ["ITS", "ABAB", "alternating", "multiple baseline"])
def test_a_refused_study_shows_no_number_of_an_effect(name: str) -> None:
    """Although all of it was computed and lies in the result: not in the JSON, the page, or any figure."""
    given = made(name)
    secret = plain([[each.answer, each.variants, each.effect_sizes, each.beside, each.curves] for each in given.series])
    secret += plain([[c.value, c.facts] for each in given.series for c in each.checks
                     if c.name in ("influence of one day", "placebo dates")])  # fmt: skip
    report = reported(refused_although_computed(given))
    found = document(report)
    assert found["refused"]
    public = set(floats(plain([each.panel.outcome for each in given.series])))
    withheld = set(floats(secret)) - public
    assert len(withheld) > 100
    assert not withheld & set(floats(found))
    cells = {
        cell for table in document(reported(given))["tables"]
        if table["name"] in ("effects", "reversals", "sensitivity", "methods", "series")
        for row in table["rows"] for at, cell in enumerate(row) if at in table["numeric"] and " to " in cell
    }  # fmt: skip
    assert len(cells) > 5
    text = page(report) + json.dumps(found, ensure_ascii=False)
    assert not [cell for cell in cells if cell in text]
    assert not any(word in text for word in ("raised", "lowered", "no clear change", "p ="))
    assert not any(check in text for check in ("influence of one day", "placebo dates", "posterior predictive"))


def test_one_refused_series_withholds_all() -> None:
    given = made("multiple baseline")
    first = refused_although_computed(given).series[0]
    found = document(reported(replace(given, series=(first, *given.series[1:]))))
    assert found["refused"] and found["pooled"] is None
    assert [None] * 3 == [each["answer"] for each in found["series"]]
    assert [True, False, False] == [each["refused"] for each in found["series"]]
    assert ["missing", "other-series", "other-series"] == [each["reasons"][0]["code"] for each in found["series"]]
    assert "Bo, Cy: withheld, because Ann has no answer." == found["sentences"][0]
    assert found["headline"].startswith("No answer: Ann: ")
    assert {"design", "data"} == {figure["name"].partition("-")[0] for figure in found["figures"]}
    assert not {"effects", "sensitivity", "series"} & {table["name"] for table in found["tables"]}


def test_the_joint_test_of_several_series_is_shown() -> None:
    """Its sentence, its figure on the page and its numbers; why there is none; and neither where it is refused."""
    given = made("multiple baseline")
    dates = tuple(member.intervention for member in given.study.series)
    schedule = Schedule("randomised", seed=2, candidates="starts", dates=dates, shared=True)
    study = replace(given.study, schedule=schedule)
    found = studied(study, {each.name: each.panel for each in given.series})
    assert found.randomised is not None
    shown = document(reported(found))
    assert 6 == shown["randomised"]["admissible"] == len(shown["randomised"]["distribution"])
    assert [sentence for sentence in shown["sentences"] if sentence.startswith("Randomisation test, ")]
    assert "randomisation" in [figure["name"] for figure in shown["figures"]]
    text = page(reported(found))
    assert 'id="figure-randomisation"' in text and "of 6 admissible schedules" in text
    figure = text[text.index('id="figure-randomisation"') :].partition("</figure>")[0]
    assert ">1</text>" in figure and ">0.5</text>" not in figure, "schedules are whole"
    withheld = refused_although_computed(replace(found, untested="nothing"))
    for part in (withheld, replace(found, series=(withheld.series[0], *found.series[1:]), untested="nothing")):
        hidden = document(reported(part))
        assert (None, None, "") == (hidden["randomised"], hidden["together"], hidden["untested"])
        assert "admissible schedules" not in page(reported(part))
    why = document(reported(replace(given, untested="series 1 began on another day")))
    assert "series 1 began on another day" == why["untested"]


def test_what_json_cannot_hold_is_told_as_text() -> None:
    found = document(reported("refused", provenance={"file": Path("a") / "b.csv", "share": float("nan")}))
    assert {"file": "a/b.csv", "share": None} == found["provenance"]


def test_limits_are_those_of_the_design() -> None:
    assert any("Carry-over" in each for each in limits(reported("ABAB")))
    assert not any("Carry-over" in each for each in limits(reported("ITS")))
    assert any("began once" in each for each in limits(reported("ITS")))
    assert any("share a calendar" in each for each in limits(reported("multiple baseline")))


def test_what_simulation_says_of_such_a_study_is_in_the_report() -> None:
    found = reported(replace(made("ITS"), series=(replace(made("ITS").series[0], calibrated=None),)))
    assert any("has not been measured by simulation" in each for each in limits(found))
    said = replace(found, provenance={"calibration": "In 2,000 simulated studies, 96 % held."})
    assert "In 2,000 simulated studies, 96 % held." in document(said)["sentences"]
    assert not any("has not been measured" in each for each in limits(said))
