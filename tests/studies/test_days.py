"""The SQL of a study's days: which local day a row is of, and what its rows are together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from parquetry.catalog import OFFLINE
from parquetry.errors import Config
from parquetry.studies import Reading, Study
from parquetry.studies.days import Day, Source, day_of, probe, statement

from .files import small


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """As studies have it: in UTC, and without a way to load an extension."""
    with duckdb.connect(config=dict(OFFLINE)) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def days(
    connection: duckdb.DuckDBPyConnection, study: Study, first: date | None = None, last: date | None = None
) -> dict[object, Day]:
    """The days of *study* over the table ``t``."""
    kinds = connection.sql(probe(study.reading, "t", study.reading.time, study.reading.value))
    source = Source("t", study.reading.time, dict(zip(kinds.columns, map(str, kinds.types), strict=True)))
    rows = connection.execute(statement(study, [source], bounds=(first, last))).fetchall()
    return {day.period: day for day in map(Day.of, rows)}


def reading(study: Study, **changes: object) -> Study:
    return replace(study, reading=replace(study.reading, **changes))  # type: ignore[arg-type]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return small(tmp_path, outcome='value = "score"\ntime = "at"')


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_MS"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"])
@pytest.mark.parametrize("starts", [time(0), time(4), time(23, 30)])
def test_a_moment_is_of_the_day_that_python_says(
    connection: duckdb.DuckDBPyConnection, kind: str, zone: str, starts: time
) -> None:
    """Every half hour around both changes of the clock; the two know nothing of each other."""
    moments = [
        datetime(2026, month, day) + timedelta(minutes=30 * i)
        for month, day in ((3, 7), (3, 28), (10, 24), (10, 31))
        for i in range(48 * 3)
    ]
    sql = day_of('"at"', kind, Reading(timezone=zone, day_starts=starts))
    told = connection.execute(
        f'SELECT CAST({sql} AS DATE) FROM (SELECT CAST(unnest($1::TIMESTAMP[]) AS {kind}) AS "at")', [moments]
    ).fetchall()  # fmt: skip
    utc = ZoneInfo("UTC")
    local = [m.replace(tzinfo=utc).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for m in moments]
    shift = timedelta(hours=starts.hour, minutes=starts.minute)
    assert [(moment - shift).date() for moment in local] == [day for (day,) in told]


def test_a_date_is_its_own_day_in_every_zone(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    connection.execute("CREATE TABLE t AS SELECT DATE '2026-03-01' AS at, 5 AS score")
    found = days(connection, reading(study, timezone="America/New_York", day_starts=time(4)))
    assert [date(2026, 3, 1)] == list(found)


def test_a_text_is_no_time(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    connection.execute("CREATE TABLE t AS SELECT '2026-03-01' AS at, 5 AS score")
    with pytest.raises(Config, match="VARCHAR, neither a date nor a timestamp"):
        days(connection, study)


ROWS = """
CREATE TABLE t AS SELECT * FROM (VALUES
    (TIMESTAMP '2026-03-02 08:00', 1.0, true, 2, 'A'),
    (TIMESTAMP '2026-03-02 09:00', 2.0, false, 3, 'A'),
    (TIMESTAMP '2026-03-02 10:00', 9.0, NULL, 4, 'B'),
    (TIMESTAMP '2026-03-02 11:00', NULL, true, 5, NULL),
    (TIMESTAMP '2026-03-04 23:59:59.999', 7.0, NULL, 6, 'B')
) v("at", score, done, n, phase)
"""


@pytest.mark.parametrize(
    ("outcome", "monday", "wednesday"),
    [
        ({"aggregate": "mean"}, (4.0, None), (7.0, None)),
        ({"aggregate": "median"}, (2.0, None), (7.0, None)),
        ({"aggregate": "sum"}, (12.0, None), (7.0, None)),
        ({"aggregate": "count", "value": ""}, (4.0, None), (1.0, None)),
        ({"aggregate": "count", "value": "", "where": "score > 1"}, (2.0, None), (1.0, None)),
        ({"aggregate": "sum", "weight": "n"}, (12.0, 14.0), (7.0, 6.0)),
        ({"aggregate": "share", "value": "done"}, (2 / 3, 3.0), (None, 0.0)),
        ({"aggregate": "share", "value": "score", "weight": "n"}, (12 / 9, 9.0), (7 / 6, 6.0)),
        ({"aggregate": "mean", "value": "score * 2 -- twice"}, (8.0, None), (14.0, None)),
        ({"aggregate": "mean", "value": "n::DECIMAL(9,3)"}, (3.5, None), (6.0, None)),
    ],
)
def test_what_rows_are_together(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    outcome: dict[str, str],
    monday: tuple[float | None, float | None],
    wednesday: tuple[float | None, float | None],
) -> None:
    """A share's trials are the rows with a value; of a count, every row's exposure counts."""
    connection.execute(ROWS)
    found = days(connection, reading(study, **outcome))
    assert [date(2026, 3, 2), date(2026, 3, 4)] == list(found)
    told = [day.outcome for day in found.values()]
    assert [monday, wednesday] == [(each.value, each.weight) for each in told]


def test_the_phases_that_rows_say(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    connection.execute(ROWS)
    found = days(connection, replace(study, phases=replace(study.phases, intervention=None, column="phase")))
    assert [("A", "B"), ("B", "B")] == [(day.phase, day.last_phase) for day in found.values()]


@pytest.mark.parametrize(
    ("period", "expected"),
    [("week", [date(2026, 2, 23), date(2026, 3, 2)]), ("month", [date(2026, 2, 1), date(2026, 3, 1)])],
)
def test_weeks_begin_on_monday_and_months_on_the_first(
    connection: duckdb.DuckDBPyConnection, study: Study, period: str, expected: list[date]
) -> None:
    connection.execute(f"{ROWS}; INSERT INTO t VALUES ('2026-02-28', 1, NULL, 1, 'A')")
    assert expected == list(days(connection, reading(study, period=period)))


def test_first_and_last_are_inclusive_local_days(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    connection.execute(
        "CREATE TABLE t AS SELECT unnest(range(TIMESTAMP '2026-03-26', TIMESTAMP '2026-04-02', INTERVAL 30 MINUTE)) "
        "AS at, 1 AS score"
    )
    berlin = reading(study, timezone="Europe/Berlin", aggregate="count", value="", day_starts=time(4))
    found = days(connection, berlin, date(2026, 3, 28), date(2026, 3, 30))
    # From 04:00 on the day before to 04:00 on the day of the change are 23 hours.
    assert [46.0, 48.0, 48.0] == [day.outcome.value for day in found.values()]
    assert [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)] == list(found)


def test_nan_and_infinity_are_counted_and_hidden_by_no_median(
    connection: duckdb.DuckDBPyConnection, study: Study
) -> None:
    connection.execute(
        "CREATE TABLE t AS SELECT DATE '2026-03-01' AS at, unnest([1.0::DOUBLE, 2, 3, 'nan', '-inf']) AS score"
    )
    (day,) = days(connection, reading(study, aggregate="median")).values()
    assert 2 == day.outcome.unusable


def test_a_mean_does_not_depend_on_the_order_of_rows(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    """Threads meet rows in any order, and a sum of doubles depends on it."""
    connection.execute("SELECT setseed(0.5)")
    connection.execute(
        "CREATE TABLE s AS SELECT DATE '2026-03-01' AS at, (random() - 0.5) * 10 ** (random() * 16) AS score "
        "FROM range(5000)"
    )
    told = set()
    for order in ("score", "score DESC", "hash(score)"):
        connection.execute(f"CREATE OR REPLACE TABLE t AS SELECT * FROM s ORDER BY {order}")
        told |= {days(connection, reading(study, aggregate=a))[date(2026, 3, 1)].outcome.value for a in ("mean", "sum")}
    assert 2 == len(told)


def test_text_is_no_number(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    connection.execute("CREATE TABLE t AS SELECT DATE '2026-03-01' AS at, 'much' AS score")
    with pytest.raises(Config, match="'score' is VARCHAR, which is no number"):
        days(connection, study)


def test_columns_may_have_the_names_that_the_statement_uses(
    connection: duckdb.DuckDBPyConnection, study: Study
) -> None:
    connection.execute(
        "CREATE TABLE t AS SELECT DATE '2026-03-01' + i::INTEGER AS at, i AS score, 7 AS period, 9 AS value, "
        "'x' AS tracked, 0 AS rows, 'A' AS phase, 1 AS weight FROM range(5) r(i)"
    )
    counted = reading(study, aggregate="sum", value="value + score", where="period = 7 and value = 9 and rows = 0")
    found = days(connection, counted, date(2026, 3, 2), date(2026, 3, 4))
    assert [10.0, 11.0, 12.0] == [day.outcome.value for day in found.values()]
    assert [1, 1, 1] == [day.outcome.rows for day in found.values()]


def test_a_period_is_tracked_by_rows_that_the_condition_leaves_out(
    connection: duckdb.DuckDBPyConnection, study: Study
) -> None:
    connection.execute(
        "CREATE TABLE t AS SELECT DATE '2026-03-01' + i::INTEGER AS at, i AS score, i % 2 = 0 AS open "
        "FROM range(5) r(i)"
    )
    counted = reading(study, aggregate="count", value="", where="score = 1", empty="zero", tracked="open")
    found = days(connection, counted, date(2026, 3, 1), date(2026, 3, 4))
    assert [(1, None, True), (2, 1, None), (3, None, True)] == [
        (key.day, day.outcome.rows, day.outcome.tracked) for key, day in found.items() if isinstance(key, date)
    ]
