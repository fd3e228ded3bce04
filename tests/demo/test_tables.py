"""The study in a real PostgreSQL obeys the rules of its app, and loading it harms nothing."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest

from parquetry import demo
from parquetry.errors import Denied, Unsafe, Usage
from tests.demo.conftest import Loaded

END = date(2026, 3, 31)
CUID = "^c[a-z0-9]{24}$"
PARTICIPANT = """(select "userId" from "ExperimentProtocol" where "designType" = 'ABAB')"""

BROKEN = {
    "ids are cuids": f""" "id" !~ '{CUID}' or "userId" !~ '{CUID}' """,
    "not in the future": """ "timestamp" > now() at time zone 'utc' """,
    "within five years": """ "timestamp" < now() at time zone 'utc' - interval '5 years' """,
    "dayOfWeek, 0 = Sunday": """ "dayOfWeek" is distinct from extract(dow from "timestamp") """,
    "timeOfDay": """ "timeOfDay" is distinct from extract(hour from "timestamp") """,
    "score": """ "sessionPerformanceScore" not between 0 and 100 """,
    "only scorable events have a score": """ "sessionPerformanceScore" is not null
        and "eventType" not in ('CARD_REVIEWED', 'VALIDATION_COMPLETED') """,
    "a phase has a context": """ "experimentPhase" is not null and "contextMetadataId" is null """,
    "a phase has its seed": """ ("experimentPhase" is null) <> ("randomizationSeed" is null) """,
    "only declared phases": """ "experimentPhase" not in (select "phaseLabel" from "PhaseAssignment") """,
    "the phase is that of the day": f""" "userId" = {PARTICIPANT}
        and "experimentPhase" is distinct from (select "phaseLabel" from "PhaseAssignment"
            where "timestamp" >= "startDate" and "timestamp" < "endDate") """,
    "only the participant is in a phase": f""" "experimentPhase" is not null and "userId" <> {PARTICIPANT} """,
    "the context is the user's, of that day": """ "contextMetadataId" is not null and not exists (
        select from "ContextMetadata" c where c."id" = "contextMetadataId" and c."userId" = e."userId"
        and c."timestamp"::date = e."timestamp"::date) """,
    "eventData is an object": """ jsonb_typeof("eventData") <> 'object' """,
}


@pytest.mark.parametrize("rule", BROKEN)
def test_no_event_breaks_a_rule(loaded: Loaded, rule: str) -> None:
    assert [(0,)] == loaded.ask(f'select count(*) from "BehavioralEvent" e where {BROKEN[rule]}')


@pytest.mark.parametrize(
    ("table", "broken"),
    [
        ("ExperimentProtocol", f""" "id" !~ '{CUID}' or "endDate" <= "startDate" """),
        ("PhaseAssignment", f""" "id" !~ '{CUID}'
            or "endDate" - "startDate" <> make_interval(days => "plannedDuration") """),
        ("AnalysisRun", f""" "id" !~ '{CUID}' or "startedAt" > now() at time zone 'utc'
            or "completedAt" < "startedAt" """),
        ("ContextMetadata", f""" "id" !~ '{CUID}' or "energyLevel" not between 1 and 10
            or "sleepHours" not between 0 and 24 """),
    ],
)  # fmt: skip
def test_no_other_row_breaks_a_rule(loaded: Loaded, table: str, broken: str) -> None:
    assert [(0,)] == loaded.ask(f'select count(*) from "{table}" where {broken}')


def test_it_says_what_is_there(loaded: Loaded) -> None:
    planted = loaded.planted
    assert 120_000 == planted.events == planted.rows["BehavioralEvent"]
    for table, rows in planted.rows.items():
        assert [(rows,)] == loaded.ask(f'select count(*) from "{table}"')
    assert [(planted.users,)] == loaded.ask('select count(distinct "userId") from "BehavioralEvent"')
    assert [(planted.start, planted.end)] == loaded.ask(
        'select min("timestamp")::date, max("timestamp")::date from "BehavioralEvent"'
    )
    assert [(planted.end + timedelta(days=1),)] == loaded.ask("select (now() at time zone 'utc')::date")
    phases = [(phase.label, phase.type, phase.first, phase.days) for phase in planted.phases]
    assert phases == loaded.ask(
        'select "phaseLabel", "phaseType"::text, "startDate"::date, "plannedDuration" from "PhaseAssignment" order by 3'
    )


def test_the_planted_effect_is_in_the_rows(loaded: Loaded) -> None:
    """The difference that the rows show is the one stated, and the truth is within its standard error."""
    [(seen,)] = loaded.ask(
        'select (avg(score) filter (where treated) - avg(score) filter (where not treated))::float8 from ('
        '  select avg("sessionPerformanceScore") as score, "experimentPhase" like \'intervention%\' as treated'
        '  from "BehavioralEvent" where "experimentPhase" is not null'
        '  group by "timestamp"::date, "experimentPhase") d'
    )  # fmt: skip
    planted = loaded.planted
    assert seen == pytest.approx(planted.seen)
    assert abs(seen - planted.effect) < planted.error
    assert "+6.0 points" in str(planted)


def test_every_event_type_and_null_occurs(loaded: Loaded) -> None:
    """A demo that leaves out a value proves nothing about it."""
    [(missing,)] = loaded.ask(
        'select count(*) from unnest(enum_range(null::"EventType")) t'
        ' where t not in (select "eventType" from "BehavioralEvent")'
    )
    assert 0 == missing
    nullable = loaded.ask(
        "select column_name::text from information_schema.columns"
        " where table_name = 'BehavioralEvent' and is_nullable = 'YES'"
        " and column_name not in ('dayOfWeek', 'timeOfDay')"
    )
    for (column,) in nullable:
        [(nulls, values)] = loaded.ask(
            f'select count(*) filter (where "{column}" is null), count("{column}") from "BehavioralEvent"'
        )
        assert nulls and values, column


def test_the_schema_is_the_apps(loaded: Loaded) -> None:
    indexes = loaded.ask(
        "select indexdef from pg_indexes where tablename = 'BehavioralEvent' and indexname like '%idx'"
    )
    assert {
        '("userId")',
        '("eventType")',
        '("timestamp")',
        '("userId", "eventType", "timestamp")',
        '("experimentPhase")',
    } == {definition[definition.index("(") :] for (definition,) in indexes}
    keys = loaded.ask("select conname::text from pg_constraint where contype = 'f'")
    assert {
        ("PhaseAssignment_protocolId_fkey",),
        ("AnalysisRun_protocolId_fkey",),
        ("BehavioralEvent_contextMetadataId_fkey",),
    } == set(keys)
    assert [(3,)] == loaded.ask(
        "select distinct datetime_precision from information_schema.columns"
        " where data_type like 'timestamp%' and table_schema = 'public'"
    )


# ── loading ──────────────────────────────────────────────────────────────────────────────────────


def rows(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return [
            row
            for table in ("BehavioralEvent", "ExperimentProtocol", "PhaseAssignment", "AnalysisRun", "ContextMetadata")
            for row in connection.execute(
                f"select count(*), md5(string_agg(t::text, '|' order by id)) from \"{table}\" t"
            )
        ]


def test_loading_again_gives_the_same_rows(database: str) -> None:
    first = demo.load(database, end=END, events=10_000)
    before = rows(database)
    with psycopg.connect(database) as connection:
        connection.execute('delete from "BehavioralEvent" where "dayOfWeek" = 3')
    assert first == demo.load(database, end=END, events=10_000)
    assert before == rows(database)
    assert first.digest != demo.load(database, end=END, events=10_000, seed=8).digest


def test_a_load_that_dies_leaves_the_earlier_study(database: str) -> None:
    demo.load(database, end=END, events=10_000)
    before = rows(database)

    def die(events: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.load(database, end=END, events=10_000, seed=8, progress=die)
    assert before == rows(database)


@pytest.mark.parametrize(
    "foreign",
    [
        'create table "BehavioralEvent" (id text)',
        'create table "AnalysisRun" (id text)',
        """create type "Mood" as enum ('SAD')""",
    ],
)
def test_what_somebody_else_made_is_never_dropped(database: str, foreign: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(foreign)
    with pytest.raises(Unsafe, match="did not make"):
        demo.load(database, end=END, events=10_000)
    with (
        psycopg.connect(database) as connection,
        pytest.raises(psycopg.errors.ProgrammingError, match="already exists"),
    ):
        connection.execute(foreign)


def test_a_view_on_the_demos_tables_is_never_dropped(database: str) -> None:
    demo.load(database, end=END, events=10_000)
    with psycopg.connect(database) as connection:
        connection.execute('create view mine as select * from "BehavioralEvent"')
    with pytest.raises(Unsafe) as refused:
        demo.load(database, end=END, events=10_000)
    assert "view mine" in str(refused.value)
    with psycopg.connect(database) as connection:
        assert (10_000,) == connection.execute("select count(*) from mine").fetchone()


def test_prismas_schema_is_understood(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute('create schema "My App"')
    demo.load(database + "?schema=My%20App", end=END, events=10_000)
    with psycopg.connect(database) as connection:
        assert (10_000,) == connection.execute('select count(*) from "My App"."BehavioralEvent"').fetchone()


def test_a_wrong_password_is_denied_and_not_repeated(database: str) -> None:
    with pytest.raises(Denied) as denied:
        demo.load(database.replace("parquetry@", "wrong-secret@"), end=END)
    assert "wrong-secret" not in str(denied.value)


def test_too_few_events_are_refused(database: str) -> None:
    with pytest.raises(Usage):
        demo.load(database, events=5)
