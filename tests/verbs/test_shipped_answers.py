"""The self-tracker's queries beside SQL of PostgreSQL's own, which runs there, at the edges of days and phases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from benchmarks.queries.answers import same
from benchmarks.queries.ways import postgres

from parquetry import export
from parquetry.demo.server import EmbeddedServer
from parquetry.project.queries import catalogue

from .test_shipped_queries import EXAMPLE, Study, begun

QUERIES = sorted(path.stem for path in (EXAMPLE / "queries").glob("*.sql"))
ANOTHER, AGAIN = (f"c{'edge' * 6}"[:24] + end for end in "12")
TWICE = f"c{'twice' * 5}"[:25]

# Protocols of another person, and a second one of the participant's that overlaps the first. Phases begin and
# end at noon, and the last has no end.
PROTOCOL = """
insert into "ExperimentProtocol"
select (jsonb_populate_record(p, jsonb_build_object('id', %(id)s, 'userId', %(user)s, 'protocolName', %(id)s,
    'endDate', null))).*
from "ExperimentProtocol" p join "PhaseAssignment" a on a."protocolId" = p.id limit 1
"""
PHASES = """
insert into "PhaseAssignment"
select (jsonb_populate_record(a, jsonb_build_object('id', 'c' || substr(md5(%(id)s || label), 1, 24),
    'protocolId', %(id)s, 'phaseLabel', 'phase ' || label, 'phaseType', kind,
    'startDate', start, 'endDate', until, 'plannedDuration', 10))).*
from "PhaseAssignment" a, (values
    ('a', 'BASELINE', %(first)s::timestamp + interval '12 hours', %(first)s::timestamp + interval '10 days 12 hours'),
    ('b', 'INTERVENTION_B', %(first)s::timestamp + interval '10 days 12 hours', null)
) as phase (label, kind, start, until)
where a.id = (select min(id) from "PhaseAssignment")
"""
# At the first and the last millisecond of the days and phases, with scores that would be missed.
EVENTS = """
insert into "BehavioralEvent"
select (jsonb_populate_record(e, jsonb_build_object('id', 'c' || substr(md5(%(user)s || at), 1, 24), 'userId', %(user)s,
    'timestamp', at, 'sessionPerformanceScore', 1 + row_number() over () %% 99, 'experimentPhase', null))).*
from "BehavioralEvent" e, generate_series(0, 21) as day,
    unnest(array['0 hours', '11:59:59.999', '12 hours', '23:59:59.999']) as hour,
    cast(%(first)s::timestamp + day * interval '1 day' + hour::interval as timestamp(3)) as at
where e.id = (select min(id) from "BehavioralEvent")
"""


@pytest.fixture(scope="module")
def edges(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """The study with more protocols, an event recorded twice, and events at the edges."""
    with begun(server, tmp_path_factory.mktemp("edges"), 10_000) as study:
        participant, first = study.planted.user, study.planted.phases[0].first
        ((other,),) = study.server(f"""select min("userId") from "BehavioralEvent" where "userId" <> '{participant}'""")
        with psycopg.connect(study.url, autocommit=True) as admin:
            cursor = psycopg.ClientCursor(admin)
            for id, user, begin in ((ANOTHER, other, 3), (AGAIN, participant, 25)):
                facts = {"id": id, "user": user, "first": first + timedelta(days=begin)}
                for statement in (PROTOCOL, PHASES, EVENTS):
                    cursor.execute(statement.encode(), facts)
            cursor.execute(
                """insert into "BehavioralEvent" select (jsonb_populate_record(e, jsonb_build_object('id', %s))).*
                from "BehavioralEvent" e order by id limit 1""", [TWICE]
            )  # fmt: skip
        export(study.project)
        yield study


@pytest.mark.parametrize("name", QUERIES)
def test_postgresql_says_the_same(edges: Study, name: str) -> None:
    """With every default, and with each value that is asked for."""
    query = catalogue(edges.project.queries)[name]
    values = {"user": edges.planted.user, "type": "CARD_REVIEWED", "protocol": ANOTHER, "rows": "1000"}
    given = {p.name: values[p.name] for p in query.parameters if p.name in values}
    needed = {p.name: values[p.name] for p in query.parameters if p.required}
    with psycopg.connect(edges.url, autocommit=True) as server:
        for params in (needed, given):
            _, expected = postgres(server, query, params)
            found = edges.ask(name, **params).rows()
            assert len(expected) > 0
            assert same(expected, found), params


@pytest.mark.parametrize("name", ["its_series", "abab_series"])
def test_every_edge_is_in_the_series(edges: Study, name: str) -> None:
    """The participant's days count for both protocols; a phase without an end ends after its planned days."""
    found = edges.ask(name)
    days = dict(found.group_by("protocol").len().rows())
    assert (20, 20) == (days[ANOTHER], days[AGAIN])
    mine = edges.ask(name, protocol=ANOTHER).select("day", "scored").rows()
    first, last = mine[0][0], mine[-1][0]
    assert mine == edges.server(
        f"""select "timestamp"::date, count("sessionPerformanceScore") from "BehavioralEvent"
        join "ExperimentProtocol" p using ("userId") where p.id = '{ANOTHER}'
        and "timestamp"::date between '{first}' and '{last}' group by 1 order by 1"""
    )
    assert all(scored >= 4 for _, scored in mine)
