"""The self-tracker's queries, each run over a snapshot of the demo's study, against what was planted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars
import psycopg
import pytest

from parquetry import Project, demo, export, query
from parquetry.demo.server import EmbeddedServer
from parquetry.project.queries import catalogue
from parquetry.studies.declared import found
from parquetry.verbs.panels import panels
from parquetry.verbs.query import named

EXAMPLE = Path(__file__).parents[2] / "examples" / "self-tracker"
EVENTS = 12_000


class Study:
    """The demo's project with a snapshot, and what is true of it."""

    def __init__(self, project: Project, planted: demo.Planted, url: str) -> None:
        self.project, self.planted, self.url = project, planted, url

    def ask(self, name: str, **params: str) -> polars.DataFrame:
        return query(self.project, named(self.project, name), params=params).frame

    def server(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql.encode()).fetchall()


@pytest.fixture(scope="module")
def study(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with begun(server, tmp_path_factory.mktemp("self-tracker"), EVENTS) as made:
        export(made.project)
        yield made


@contextmanager
def begun(server: EmbeddedServer, root: Path, events: int) -> Iterator[Study]:
    """The demo's study in a database, and its project folder; nothing is exported yet."""
    ignored = shutil.ignore_patterns("data", ".parquetry", ".env", "__pycache__")
    shutil.copytree(EXAMPLE, root, dirs_exist_ok=True, ignore=ignored)
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f"create database shipped_queries_{events}".encode())
    url = server.url(f"shipped_queries_{events}")
    planted = demo.load(url, events=events)
    yield Study(Project.open(root, database_url=url), planted, url)
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f"drop database shipped_queries_{events} with (force)".encode())


def test_each_is_described_and_runs(study: Study) -> None:
    """All that need no value; and each parameter says what it is."""
    found = catalogue(study.project.queries)
    assert {
        "abab_series", "daily_counts", "data_by_week", "duplicates", "effect_by_reversal", "events_by_phase",
        "events_in_phases", "its_series", "null_rates", "user_timeline", "weekly_counts",
    } == set(found)  # fmt: skip
    for name, described in found.items():
        assert described.help.endswith((".", "?")), name
        assert all(p.about for p in described.parameters), name
        if described.runs_alone:
            assert study.ask(name).columns
    assert ["user_timeline"] == [name for name, q in found.items() if not q.runs_alone]


def test_the_studies_have_the_days_of_the_abab_query(study: Study) -> None:
    """Two ways from the same rows to the same days; the phases are those that were planted."""
    days = study.ask("abab_series")
    for name, phases in (("spaced_retrieval", study.planted.phases), ("first_evenings", study.planted.phases[:2])):
        declared, _ = found(study.project.root, name)
        gathered = panels(study.project, declared)
        panel = gathered.panels[""]
        rows = days.filter(polars.col("phase").is_in([phase.label for phase in phases]))
        score = next(column for column in rows.columns if "score" in column and rows[column].dtype.is_float())
        assert rows["day"].to_list() == [day.item() for day in panel.calendar()]
        assert rows["phase"].to_list() == list(panel.phases)
        assert rows[score].to_list() == pytest.approx(panel.outcome.tolist(), abs=0.01)
        assert len(panel) == panel.usable.sum()
    assert ("intervention_A_1", "intervention_A_2") == panels(
        study.project, found(study.project.root, "spaced_retrieval")[0]
    ).study.phases.treated


def test_counts(study: Study) -> None:
    for name in ("daily_counts", "weekly_counts"):
        assert EVENTS == study.ask(name)["events"].sum()
        mine = study.ask(name, user=study.planted.user)["events"].sum()
        reviewed = study.ask(name, type="CARD_REVIEWED")["events"].sum()
        assert [(mine, reviewed)] == study.server(
            f"""select count(*) filter (where "userId" = '{study.planted.user}'),
            count(*) filter (where "eventType" = 'CARD_REVIEWED') from "BehavioralEvent" """
        )


def test_the_timeline(study: Study) -> None:
    times = study.ask("user_timeline", user=study.planted.user, rows="7")["timestamp"].to_list()
    assert sorted(times, reverse=True) == times
    newest = study.server(f"""select max("timestamp") from "BehavioralEvent" where "userId" = '{study.planted.user}'""")
    assert (7, newest) == (len(times), [(times[0],)])
    before = study.ask("user_timeline", user=study.planted.user, until=str(times[3]), since=str(times[5]))
    assert times[4:6] == before["timestamp"].to_list()
    assert study.ask("user_timeline", user="nobody").is_empty()


def test_events_are_in_the_phases_that_they_say(study: Study) -> None:
    found = study.ask("events_in_phases")
    assert {phase.label for phase in study.planted.phases} == set(found["phase"])
    assert 0 == found["labelled_otherwise"].sum()
    labelled = """select count(*) from "BehavioralEvent" where "experimentPhase" is not null"""
    assert [(found["events"].sum(),)] == study.server(labelled)
    assert study.ask("events_in_phases", protocol="none").is_empty()


@pytest.mark.parametrize("name", ["its_series", "abab_series"])
def test_a_series_has_a_row_a_day(study: Study, name: str) -> None:
    found = study.ask(name)
    phases = study.planted.phases
    assert (phases[0].first, phases[-1].last) == (found["day"][0], found["day"][-1])
    assert sum(phase.days for phase in phases) == len(found) == found["day"].n_unique()


def test_the_series_of_the_reversals_shows_the_planted_difference(study: Study) -> None:
    found = study.ask("abab_series")
    assert [p.label for p in study.planted.phases for _ in range(p.days)] == found["phase"].to_list()
    assert list(range(1, 31)) * 4 == found["day_of_phase"].to_list()
    means = dict(found.group_by("treated").agg(polars.col("score").mean()).rows())
    assert abs(study.planted.seen - (means[1] - means[0])) < 0.01


def test_the_interrupted_series_steps_once(study: Study) -> None:
    found = study.ask("its_series")
    assert [0] * 30 + [1] * 90 == found["level"].to_list()
    assert [0] * 30 + list(range(1, 91)) == found["slope"].to_list()
    assert list(range(120)) == found["time"].to_list()


def test_null_rates(study: Study) -> None:
    rates = dict(study.ask("null_rates").rows())
    assert 0 == rates["id"]
    ((expected,),) = study.server(
        """select 100.0 * avg(("engagementLevel" is null)::int)::float8 from "BehavioralEvent" """
    )
    assert abs(expected - rates["engagementLevel"]) < 0.01
    assert 0 == dict(study.ask("null_rates", type="CARD_REVIEWED").rows())["eventType"]


def test_duplicates(study: Study) -> None:
    assert study.ask("duplicates").is_empty()
    twice = """insert into "BehavioralEvent"
        select (jsonb_populate_record(e, jsonb_build_object('id', 'c' || repeat('0', 24)))).*
        from "BehavioralEvent" e order by id limit 1"""
    with psycopg.connect(study.url, autocommit=True) as admin:
        admin.execute(twice.encode())
        try:
            export(study.project)
            assert [(2, "c" + "0" * 24)] == study.ask("duplicates").select("events", "first_id").rows()
        finally:
            admin.execute("""delete from "BehavioralEvent" where id = 'c' || repeat('0', 24)""")
