"""A study analysed and reported from the shell: answers, refusals, files, and what they can be proved by."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.console import console

STUDY = """
question = "Does a walk at noon shorten the time to fall asleep?"
design = "ITS"

[outcome]
name = "time to fall asleep"
unit = "min"
direction = "decrease"
smallest_effect = 2.0
value = "minutes"
time = "day"

[phases]
intervention = 2026-03-02
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a study's file and sixty days of data, and nothing else: no project and no lake."""
    (tmp_path / "walks.toml").write_text(STUDY)
    _write(tmp_path / "walks.csv", effect=-6.0)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(file: Path, effect: float, days: int = 60, constant: bool = False) -> None:
    random = np.random.default_rng(5)
    values = 20 + (0 if constant else 1) * random.standard_normal(days) + effect * (np.arange(days) >= 30)
    first = np.datetime64("2026-01-31")
    lines = [f"{first + np.timedelta64(i, 'D')},{value:.3f}" for i, value in enumerate(values)]
    file.write_text("\n".join(["day,minutes", *lines]) + "\n")


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    with console() as run:
        code = run(*words, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_a_study_is_analysed_without_a_project(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two files are enough; the summary says what changed, how sure that is, and how to compute it again."""
    with console() as run:
        assert 0 == run("analyze", "walks.toml", "--csv", "walks.csv")
    said = capsys.readouterr().out
    assert "The treatment lowered time to fall asleep by " in said
    assert "again: parquetry report walks.toml --csv walks.csv" in said
    assert [] == [path.name for path in folder.iterdir() if path.suffix not in (".toml", ".csv")]


@pytest.mark.parametrize(
    ("day", "told"),
    [("2026-08-01", "2026-08-01, is after the last day"), ("2025-08-01", "2025-08-01, is not after the first day")],
)
def test_an_intervention_outside_of_the_data_is_told_in_the_words_of_the_study(
    folder: Path, capsys: pytest.CaptureFixture[str], day: str, told: str
) -> None:
    (folder / "walks.toml").write_text(STUDY.replace("2026-03-02", day))
    with console() as run:
        assert 20 == run("analyze", "walks.toml", "--csv", "walks.csv")
        error = capsys.readouterr().err
        assert told in error
        assert "2026-01-31 to 2026-03-31" in error
        assert 0 == run("study", "show", "walks.toml", "--csv", "walks.csv")


def test_the_document_says_where_the_numbers_came_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file's hash, the SQL and the versions are in it; running its own command gives the same numbers."""
    code, found = _json(capsys, "analyze", "walks.toml", "--csv", "walks.csv", "--seed", "3")
    assert 0 == code
    digest = hashlib.sha256((folder / "walks.csv").read_bytes()).hexdigest()
    interval = found["series"][0]["answer"]["average"]["interval"]
    assert interval["low"] < -6 < interval["high"]
    provenance = found["provenance"]
    assert {"file": "walks.csv", "sha256": digest} == provenance["csv"]
    assert 60 == provenance["rows"]
    assert "minutes" in provenance["sql"]
    assert {"numpy", "scipy", "duckdb", "parquetry"} <= provenance["versions"].keys()
    words = shlex.split(found["reproduce"])[2:]
    code, again = _json(capsys, "analyze", *words)
    assert 0 == code
    assert found["series"] == again["series"]


def test_an_unregistered_study_is_exploratory(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Registered it is confirmatory, and a later change is told."""
    assert "exploratory" == _json(capsys, "analyze", "walks.toml", "--csv", "walks.csv")[1]["label"]
    with console() as run:
        assert 0 == run("study", "register", "walks.toml")
    capsys.readouterr()
    assert "confirmatory" == _json(capsys, "analyze", "walks.toml", "--csv", "walks.csv")[1]["label"]
    (folder / "walks.toml").write_text(STUDY.replace("smallest_effect = 2.0", "smallest_effect = 1.0"))
    found = _json(capsys, "analyze", "walks.toml", "--csv", "walks.csv")[1]
    assert "exploratory" == found["label"]
    assert [("outcome.smallest", 2.0, 1.0)] == [(d["path"], d["registered"], d["now"]) for d in found["deviations"]]


def test_a_day_that_was_known_at_registration_and_changed_makes_it_exploratory(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before, known days could be changed, relabelled or dropped, and the answer stayed confirmatory."""
    with console() as run:
        assert 0 == run("study", "register", "walks.toml", "--csv", "walks.csv")
    capsys.readouterr()
    code, found = _json(capsys, "analyze", "walks.toml", "--csv", "walks.csv")
    assert (0, "confirmatory", []) == (code, found["label"], found["deviations"])
    kept = [line for line in (folder / "walks.csv").read_text().splitlines(keepends=True) if "2026-03-20" not in line]
    (folder / "walks.csv").write_text("".join(kept))
    code, found = _json(capsys, "analyze", "walks.toml", "--csv", "walks.csv")
    assert (0, "exploratory", ["data"]) == (code, found["label"], [d["path"] for d in found["deviations"]])


def test_a_refusal_exits_with_14_and_shows_no_effect(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a constant outcome; the reasons are there, and no number of an effect is, in any form."""
    _write(folder / "walks.csv", effect=-7.25, constant=True)
    code, found = _json(capsys, "report", "walks.toml", "--csv", "walks.csv", "--output", "out")
    assert 14 == code
    assert found["refused"]
    assert "No answer: the outcome is 20 on every day of phase" in found["result"]
    page, document = Path(found["page"]).read_text(), Path(found["document"]).read_text()
    assert "No answer" in page
    assert None is json.loads(document)["series"][0]["answer"]
    assert "7.25" not in page + document


def test_a_report_is_a_page_and_a_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole files under the study's name, with figures by wish; the page asks nobody for anything."""
    code, found = _json(
        capsys, "report", "walks.toml", "--csv", "walks.csv", "--output", "out", "--figures", "svg", "--figures", "png"
    )
    assert 0 == code
    assert ["out/walks.html", "out/walks.json"] == [found["page"], found["document"]]
    page = Path(found["page"]).read_text()
    assert "<svg" in page
    assert "http-equiv" not in page.lower() or "refresh" not in page.lower()
    for asks in ('src="http', "src='http", "@import", "url(http", "<script src", "<link"):
        assert asks not in page
    kinds = {Path(other).suffix: Path(other).read_bytes() for other in found["others"]}
    assert {".svg", ".png"} == kinds.keys()
    assert kinds[".png"].startswith(b"\x89PNG")
    assert [] == [path.name for path in (folder / "out").iterdir() if path.name.startswith(".")]


def test_nothing_of_an_earlier_answer_stays_beside_another(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its PDF and figures are removed and told, where they are not written anew; files of others stay."""
    words = ("report", "walks.toml", "--csv", "walks.csv", "--output", "out")
    assert 0 == _json(capsys, *words, "--figures", "svg")[0]
    out = folder / "out"
    drawn = {path.name for path in out.glob("walks-*.svg")}
    theirs = {"walks-notes.svg", "walks-effect.txt", "walks2-effect.svg", "long-walks.pdf"}
    for name in ("walks.pdf", "walks-effect-2.png", *theirs):
        (out / name).write_text("earlier")
    _write(folder / "walks.csv", effect=-7.25, constant=True)
    code, found = _json(capsys, *words, "--figures", "svg")
    assert 14 == code
    kept = {"walks-design.svg", "walks-data.svg"}
    assert drawn - kept | {"walks.pdf", "walks-effect-2.png"} == {Path(path).name for path in found["removed"]}
    assert {"walks.html", "walks.json"} | kept | theirs == {path.name for path in out.iterdir()}
    assert len(drawn - kept) > 3


def test_a_folder_that_cannot_be_written_leaves_the_old_report(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file stands where the folder should be: exit 24, and nothing is half written."""
    (folder / "out").write_text("mine")
    code, found = _json(capsys, "report", "walks.toml", "--csv", "walks.csv", "--output", "out/deep")
    assert (24, "STORAGE") == (code, found["error"]["code"])
    assert "mine" == (folder / "out").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "out").mkdir(mode=0o500)
    assert 24 == _json(capsys, "report", "walks.toml", "--csv", "walks.csv", "--output", "out")[0]


def test_what_is_not_there_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No study, no file, no column, no lake: each its code."""
    assert 2 == _json(capsys, "analyze", "naps.toml", "--csv", "walks.csv")[0]
    assert 13 == _json(capsys, "analyze", "walks.toml", "--csv", "naps.csv")[0]
    assert 20 == _json(capsys, "analyze", "walks.toml")[0]
    (folder / "walks.toml").write_text(STUDY.replace('"minutes"', '"hours"'))
    code, found = _json(capsys, "analyze", "walks.toml", "--csv", "walks.csv")
    assert 13 == code
    assert "hours" in json.dumps(found)
