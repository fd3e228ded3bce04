"""Studies over a real lake: their days, their registration, and the commands that show both."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from parquetry import list_studies, register, show_study
from parquetry.errors import Config, Integrity, NoSuchDataset, NoSuchSnapshot, Usage
from parquetry.studies import registration
from parquetry.studies.declared import found
from parquetry.verbs.panels import Gathered, panels
from tests.console import console

from .conftest import App

NOW = datetime(2026, 2, 1, tzinfo=UTC)
STUDY = """\
question = "Does p1 score more from February on?"
design = "ITS"

[outcome]
dataset = "visits"
value = "score"
where = "person = 'p1'"
smallest_effect = 2

[phases]
intervention = 2026-02-01
first = 2026-01-10
"""
PHASES = """
create table "PhaseAssignment" (
    id text primary key, "protocolId" text not null, "phaseLabel" text not null, "phaseType" text not null,
    "startDate" timestamp(3) not null, "endDate" timestamp(3), "plannedDuration" int not null
);
insert into "PhaseAssignment" values
    ('a', 'one', 'baseline_1', 'BASELINE', '2026-01-10', '2026-01-20', 10),
    ('b', 'one', 'intervention_1', 'INTERVENTION_A', '2026-01-20', '2026-01-30', 10),
    ('c', 'one', 'rest', 'WASHOUT', '2026-01-30', null, 2),
    ('d', 'one', 'baseline_2', 'BASELINE', '2026-02-01', '2026-02-11', 10),
    ('e', 'one', 'intervention_2', 'INTERVENTION_A', '2026-02-11', null, 10);
"""
PHASE_CONTRACT = """


class Phase(DataFrameModel):
    id: str
    protocolId: str
    phaseLabel: str
    phaseType: str
    startDate: Moment
    endDate: Moment = Field(nullable=True)
    plannedDuration: pl.Int32
"""
PHASE_TOML = """
[datasets.phases]
source = "app"
table = "PhaseAssignment"
contract = "contracts.app:Phase"
key = ["id"]
"""


@pytest.fixture
def exported(app: App) -> App:
    """With a study, and a snapshot."""
    study(app, STUDY)
    app.export()
    return app


def study(app: App, text: str, name: str = "one") -> Path:
    (app.root / "studies").mkdir(exist_ok=True)
    file = app.root / f"studies/{name}.toml"
    file.write_text(text)
    return file


def gathered(app: App, name: str = "one", at: int | None = None) -> Gathered:
    return panels(app.project, found(app.root, name)[0], at=at)


def test_the_days_of_a_dataset(exported: App) -> None:
    """Every second day has a visit of p1; its number is the score. All that was read is named."""
    found = gathered(exported)
    panel = found.panels[""]
    assert ["2026-01-10", "2026-03-09"] == [str(panel.calendar()[i]) for i in (0, -1)]
    assert [0.0, 2.0, 4.0] == panel.outcome[:5:2].tolist()
    assert np.isnan(panel.outcome[1::2]).all()
    assert ["A"] * 22 + ["B"] * 37 == list(panel.phases)
    assert (1, 30) == (found.snapshot, found.rows)
    manifest = exported.lake.snapshot(1).manifest
    assert manifest.sha256 == found.manifest
    assert ["visits"] == list(found.datasets)
    assert exported.lake.snapshot(1).number == found.snapshot


def test_a_snapshot_gives_the_same_days_whatever_came_after(exported: App) -> None:
    before = gathered(exported)
    exported.sql('update "Visit" set score = 100 where id = 2')
    exported.export()
    now, then = gathered(exported), gathered(exported, at=1)
    assert 100.0 == now.panels[""].outcome[2]
    assert before.panels[""].to_dict() == then.panels[""].to_dict()
    assert before.datasets == then.datasets != now.datasets
    with pytest.raises(NoSuchSnapshot):
        gathered(exported, at=9)


def test_days_of_a_query_with_parameters_macros_and_a_covariate(exported: App) -> None:
    """Two uses of one query with other values stay apart."""
    (exported.root / "queries").mkdir()
    (exported.root / "queries/macros.sql").write_text("CREATE MACRO twice(x) AS 2 * x;")
    (exported.root / "queries/daily.sql").write_text(
        '-- Scores a day.\n-- @param who VARCHAR  whose\nselect "at"::date as day, score from research.visits\n'
        "where person = $who; -- the end\n"
    )
    text = STUDY.replace('dataset = "visits"', 'query = "daily"').replace(
        "where = \"person = 'p1'\"", "params = {who = 'p1'}"
    )
    study(
        exported,
        text.replace('"score"', '"twice(score)"')
        + '[covariates.other]\nquery = "daily"\nvalue = "score"\nparams = {who = "p2"}\n',
    )
    panel = gathered(exported).panels[""]
    assert [0.0, 4.0] == panel.outcome[:3:2].tolist()
    assert [1.0, 3.0] == panel.covariates["other"][1:4:2].tolist()
    assert ["visits"] == list(gathered(exported).datasets)


def test_phases_of_a_dataset(app: App) -> None:
    """Treated labels are what its types say; the washout keeps its days and does not count."""
    app.sql(PHASES)
    with (app.root / "contracts/app.py").open("a") as contract, (app.root / "parquetry.toml").open("a") as toml:
        contract.write(PHASE_CONTRACT)
        toml.write(PHASE_TOML)
    app.export()
    study(app, STUDY.partition("[phases]")[0].replace("ITS", "ABAB") + '[phases]\ndataset = "phases"\n')
    found = gathered(app)
    panel = found.panels[""]
    assert ("intervention_1", "intervention_2") == found.study.phases.treated
    assert ["2026-01-10", "2026-02-20"] == [str(panel.calendar()[i]) for i in (0, -1)]
    assert {20: "washout", 21: "washout"} == panel.excluded
    assert ["baseline_2"] * 2 == list(panel.phases[20:22])
    assert {"phases", "visits"} == set(found.datasets)
    shown = str(show_study(app.project, "one"))
    assert "2 washout" in shown
    assert "█" in shown
    study(app, STUDY.partition("[phases]")[0] + '[phases]\ndataset = "visits"\n')
    with pytest.raises(Config, match="visits does not hold phases"):
        gathered(app)


def test_what_a_study_names_and_nobody_has(exported: App) -> None:
    for change, error, told in (
        (('"visits"', '"visit"'), NoSuchDataset, "did you mean 'visits'"),
        (('"score"', '"scores"'), Usage, "DuckDB cannot compute the days of one"),
        (('dataset = "visits"', 'query = "none"'), Usage, "no query 'none'"),
        (('dataset = "visits"', ""), Config, "names no dataset and no query"),
        (('"score"', '"person"'), Config, "'person' is VARCHAR, which is no number"),
        (('"visits"', '"people"'), Usage, "cannot compute"),
    ):
        study(exported, STUDY.replace(*change))
        with pytest.raises(error, match=told):
            gathered(exported)


def test_an_expression_cannot_write(exported: App) -> None:
    """A condition is an expression: it can neither end its statement nor begin another."""
    study(exported, STUDY.replace("person = 'p1'", "true); COPY (SELECT 1) TO 'leak.csv'; SELECT (true"))
    with pytest.raises(Config, match="is not an SQL expression"):
        gathered(exported)


def test_registering_says_how_many_days_had_data(exported: App) -> None:
    done = register(exported.project, "one", now=NOW)
    assert done.new
    known = done.registration.known
    assert (1, 30, date(2026, 3, 9)) == (known.snapshot, known.days, known.last_day)
    assert "it was registered after they were recorded" in str(done)
    again = register(exported.project, "one")
    assert (False, NOW) == (again.new, again.registration.registered_at)
    assert "and is the same" in str(again)


def test_a_study_without_data_can_be_registered(app: App) -> None:
    file = study(app, STUDY)
    done = register(app.project, "one", now=NOW)
    assert (None, None) == (done.registration.known.snapshot, done.registration.known.days)
    assert "no snapshot" in done.registration.known.why
    registration.file_of(file).unlink()
    app.export()
    study(app, STUDY.replace("2026-01-10", "2027-01-10").replace("2026-02-01", "2027-02-01"))
    known = register(app.project, "one").registration.known
    assert (1, 0, None) == (known.snapshot, known.days, known.last_day)


def test_a_registered_study_that_changed_is_refused_with_what_changed(exported: App) -> None:
    file = registration.file_of(study(exported, STUDY))
    register(exported.project, "one")
    before = file.read_bytes()
    study(exported, STUDY.replace("= 2\n", "= 1\n"))
    with pytest.raises(Config, match="no longer as it was") as told:
        register(exported.project, "one")
    assert ("outcome.smallest: registered 2.0, now 1.0",) == told.value.what
    assert before == file.read_bytes()
    shown = show_study(exported.project, "one")
    assert ["outcome.smallest"] == [each.path for each in shown.deviations]
    assert "1 deviation: its answer will be exploratory" in str(shown)
    file.write_bytes(before.replace(b"2.0", b"1.0"))
    with pytest.raises(Integrity):
        register(exported.project, "one")


def test_the_list_of_studies(exported: App) -> None:
    """One that cannot be read does not hide the others."""
    assert "yes" not in str(list_studies(exported.project))
    register(exported.project, "one", now=NOW)
    study(exported, STUDY, "changed")
    register(exported.project, "changed", now=NOW)
    study(exported, STUDY.replace("more", "less"), "changed")
    study(exported, STUDY.replace("ITS", "XYZ"), "wrong")
    found = {each.name: each for each in list_studies(exported.project).studies}
    assert ["changed", "one", "wrong"] == list(found)
    assert (1, 0) == (found["changed"].deviations, found["one"].deviations)
    assert "'XYZ' is not known" in found["wrong"].problem
    told = str(list_studies(exported.project))
    assert "2026-02-01, 1 deviation" in told
    assert "cannot be read" in told


def test_a_study_without_days_is_shown_with_the_reason(app: App) -> None:
    study(app, STUDY)
    shown = show_study(app.project, "one")
    assert shown.problem
    assert f"days        none: {shown.problem}" in str(shown)


def test_the_commands(exported: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(exported.root)
    monkeypatch.setenv("DATABASE_URL", exported.url)
    with console() as run:
        assert 0 == run("study", "list")
        assert "Does p1 score more" in capsys.readouterr().out
        assert 0 == run("study", "show", "one", "--json")
        document = json.loads(capsys.readouterr().out)
        assert [22, 37] == [phase["days"] for phase in document["phases"]]
        assert [11, 19] == [phase["usable"] for phase in document["phases"]]
        assert 0 == run("study", "register", "one")
        assert "one is registered" in capsys.readouterr().out
        study(exported, STUDY.replace("= 2\n", "= 1\n"))
        assert 20 == run("study", "register", "one")
        assert "registered 2.0, now 1.0" in capsys.readouterr().err
        assert 2 == run("study", "show", "two")
        assert "studies: one" in capsys.readouterr().err


def test_a_study_and_a_csv_file_need_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mood.toml").write_text(
        'question = "?"\ndesign = "AB"\n[outcome]\nvalue = "mood"\n[phases]\ncolumn = "p"\n'
    )
    (tmp_path / "mood.csv").write_text("day,mood,p\n2026-01-01,3,A\n2026-01-02,4,B\n")
    monkeypatch.chdir(tmp_path)
    with console() as run:
        assert 0 == run("study", "show", "mood.toml", "--csv", "mood.csv")
        assert "2026-01-02" in capsys.readouterr().out
        assert 0 == run("study", "register", "mood.toml", "--csv", "mood.csv")
        assert "2 days had data in the file, the last 2026-01-02" in capsys.readouterr().out
        assert 0 == run("study", "show", "mood.toml")
        assert "days        none: no project" in capsys.readouterr().out
        assert 20 == run("study", "show", "mood")
