"""What a registration keeps beside the study's file: the SQL that it names, and the days that were known then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from parquetry import list_studies, register, show_study
from parquetry.errors import Config, Usage
from parquetry.project.registered import deviations
from parquetry.project.study_rows import of_lake
from parquetry.studies import registration
from parquetry.studies.declared import found
from parquetry.studies.registration import Deviation
from parquetry.verbs.panels import panels

from .conftest import App
from .test_study import PHASE_CONTRACT, PHASE_TOML, PHASES, STUDY, gathered, study

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
PLAIN = """\
question = "?"
design = "ABAB"
[outcome]
value = "mood"
[phases]
column = "phase"
treated = ["walk"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mood.toml").write_text(PLAIN)
    (tmp_path / "mood.csv").write_text(_rows())
    return tmp_path


def _rows(change: tuple[str, str] = ("", ""), days: int = 40) -> str:
    first = date(2026, 1, 1)
    lines = [f"{first + timedelta(n)},{n % 7},{('none', 'walk')[n // 10 % 2]}" for n in range(days)]
    return "\n".join(["day,mood,phase", *lines, ""]).replace(*change)


def _changed(folder: Path) -> list[str]:
    declared, file = found(None, str(folder / "mood.toml"))
    before = registration.registered(file)
    assert before is not None
    series = panels(None, declared, csv=folder / "mood.csv").series
    return [str(each) for each in deviations(None, declared, before, series)]


@pytest.mark.parametrize(
    "change",
    [
        ("2026-01-12,4,walk", "2026-01-12,9,walk"),
        ("2026-01-12,4,walk", "2026-01-12,4,none"),
        ("2026-01-12,4,walk\n", ""),
        ("2026-01-12,4,walk", "2026-01-12,,walk"),
    ],
)
def test_days_that_were_known_cannot_change_without_a_word(folder: Path, change: tuple[str, str]) -> None:
    """A value, a label, a row: whatever of them changes or goes is a deviation, and new days are none."""
    register(None, str(folder / "mood.toml"), csv=folder / "mood.csv", now=NOW)
    assert [] == _changed(folder)
    (folder / "mood.csv").write_text(_rows(days=50))
    assert [] == _changed(folder)
    assert change[0] in _rows()
    (folder / "mood.csv").write_text(_rows(change, days=50))
    (told,) = _changed(folder)
    assert told.startswith('data: registered "40 with a value to 2026-02-09, sha256 ')
    assert "to 2026-02-09" in told.partition("now")[2]
    shown = show_study(None, str(folder / "mood.toml"), csv=folder / "mood.csv")
    assert ["data"] == [each.path for each in shown.deviations]
    assert "its answer will be exploratory" in str(shown)


def test_a_day_that_is_not_over_may_still_grow(folder: Path) -> None:
    """Registered at noon of the tenth: rows of that evening change nothing that was known."""
    (folder / "mood.csv").write_text(_rows(days=41))
    done = register(None, str(folder / "mood.toml"), csv=folder / "mood.csv", now=NOW)
    assert date(2026, 2, 10) == done.registration.known.last_day
    assert date(2026, 2, 9) == done.registration.known.recorded[""].last
    (folder / "mood.csv").write_text(_rows(days=41) + "2026-02-10,1,none\n")
    assert [] == _changed(folder)


def test_rows_without_dates_are_known_by_their_number(folder: Path) -> None:
    bare = "".join(line.partition(",")[2] for line in _rows().splitlines(keepends=True))
    (folder / "mood.csv").write_text(bare)
    register(None, str(folder / "mood.toml"), csv=folder / "mood.csv")
    (folder / "mood.csv").write_text(bare + "3,walk\n")
    assert [] == _changed(folder)
    (folder / "mood.csv").write_text(bare.replace("mood,phase\n0,none", "mood,phase\n1,none"))
    assert 1 == len(_changed(folder))


def test_rows_of_the_lake_and_phases_that_are_data(app: App) -> None:
    """A row that is corrected, or a phase that is moved, among the days that were known."""
    _with_phases(app, "2026")
    app.export()
    register(app.project, "one")
    assert () == show_study(app.project, "one").deviations
    app.sql("""update "PhaseAssignment" set "phaseLabel" = 'baseline_3' where id = 'd'""")
    app.export()
    paths = ["phases of the dataset[3]", "data"]
    assert paths == [each.path for each in show_study(app.project, "one").deviations]


def test_a_schedule_in_a_dataset_is_frozen_before_its_days_come(app: App) -> None:
    """A phase that is to come cannot be moved; the last one may get its end, and more may follow."""
    _with_phases(app, "2027")
    app.export()
    register(app.project, "one")
    assert () == _of_lake(app)
    app.sql("""insert into "PhaseAssignment" values ('f', 'one', 'b3', 'BASELINE', '2027-02-21', null, 4)""")
    app.export()
    assert () == _of_lake(app)
    app.sql("""update "PhaseAssignment" set "startDate" = '2027-02-03' where id = 'd'""")
    app.export()
    (told,) = _of_lake(app)
    assert '["baseline_2", "2027-02-03", "2027-02-10", false]' in str(told)


def _of_lake(app: App) -> tuple[Deviation, ...]:
    declared, file = found(app.root, "one")
    before = registration.registered(file)
    assert before is not None
    return deviations(app.project, declared, before, of_lake(app.project, declared).series)


def _with_phases(app: App, year: str) -> None:
    app.sql(PHASES.replace("2026", year))
    with (app.root / "contracts/app.py").open("a") as contract, (app.root / "parquetry.toml").open("a") as toml:
        contract.write(PHASE_CONTRACT)
        toml.write(PHASE_TOML)
    declared = STUDY.replace("intervention = 2026-02-01\nfirst = 2026-01-10\n", 'dataset = "phases"\n')
    study(app, declared.replace("ITS", "ABAB"))


def test_a_file_in_place_of_the_lake_is_told(app: App, tmp_path: Path) -> None:
    """Even where no day was known at registration."""
    study(app, STUDY)
    register(app.project, "one")
    (tmp_path / "fake.csv").write_text("day,score,person\n2026-01-10,1,p1\n2026-02-10,2,p1\n")
    assert ["source"] == [each.path for each in show_study(app.project, "one", csv=tmp_path / "fake.csv").deviations]


def test_the_sql_of_a_query_and_its_macros_is_registered(app: App) -> None:
    """What a query or a macro says is the plan as much as the study's file; a macro that is not used is not."""
    (app.root / "queries").mkdir()
    macros, query = app.root / "queries/macros.sql", app.root / "queries/daily.sql"
    macros.write_text(
        "CREATE MACRO half(x) AS x / 2;\nCREATE MACRO quarter(x) AS half(half(x));\nCREATE MACRO other(x) AS x;\n"
    )
    query.write_text('select "at"::date as day, score from research.visits\n')
    study(
        app,
        STUDY.replace('dataset = "visits"', 'query = "daily"')
        .replace('"score"', '"quarter(score)"')
        .replace("where", "# "),
    )
    app.export()
    done = register(app.project, "one")
    names = ["queries/daily.sql", "queries/macros.sql half", "queries/macros.sql quarter"]
    assert names == sorted(done.registration.sql)
    assert query.read_text() == done.registration.sql["queries/daily.sql"]
    macros.write_text(macros.read_text().replace("other(x) AS x", "other(x) AS 2 * x"))
    assert not register(app.project, "one").new
    query.write_text(query.read_text() + "where score < 5\n")
    macros.write_text(macros.read_text().replace("x / 2", "x / 3"))
    with pytest.raises(Config, match="no longer as it was") as told:
        register(app.project, "one")
    assert names[:2] == [each.partition(":")[0] for each in told.value.what]
    assert 2 == list_studies(app.project).studies[0].deviations
    assert {*names[:2], "data"} == {each.path for each in show_study(app.project, "one").deviations}


def test_a_query_that_names_another_snapshot_is_read_all_the_same(app: App) -> None:
    (app.root / "queries").mkdir()
    (app.root / "queries/then.sql").write_text('select "at"::date as day, score from research@1.visits\n')
    study(app, STUDY.replace('dataset = "visits"', 'query = "then"').replace("where", "# "))
    app.export()
    before = gathered(app).panels[""].to_dict()
    app.sql('update "Visit" set score = 100')
    app.export()
    assert before == gathered(app).panels[""].to_dict()


def test_no_sql_of_a_study_reads_another_file(app: App, tmp_path: Path) -> None:
    """What is not in the lake, or in the CSV file, is not in the provenance, so it cannot be in the answer."""
    secret = tmp_path / "secret.csv"
    secret.write_text("day,mood,phase\n2026-01-01,1,A\n")
    study(app, STUDY.replace("where = \"person = 'p1'\"", f"where = \"(select count(*) from '{secret}') = 1\""))
    app.export()
    with pytest.raises(Usage, match="DuckDB cannot compute the days of one"):
        gathered(app)
    (tmp_path / "mood.toml").write_text(
        PLAIN.replace('"mood"', f"\"length((select content from read_text('{secret}')))\"")
    )
    (tmp_path / "mood.csv").write_text(_rows())
    with pytest.raises(Usage, match="DuckDB cannot compute the days of mood"):
        panels(None, found(None, str(tmp_path / "mood.toml"))[0], csv=tmp_path / "mood.csv")
