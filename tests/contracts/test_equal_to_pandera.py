"""The compiled contract and Pandera give one verdict: for every check, every value, row by row."""

from __future__ import annotations

import datetime as dt
import math
import os
import re
from pathlib import Path
from typing import Any

import duckdb
import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from parquetry.contracts.check import check
from parquetry.contracts.compile import checks_of, compile
from parquetry.contracts.quarantine import rejected_sql, release
from parquetry.contracts.staged import Staged
from parquetry.errors import BadContract

NOW = dt.datetime(2026, 11, 21, 12)
SETTINGS = settings(
    max_examples=int(os.environ.get("PARQUETRY_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

HOSTILE = [
    "", "a", "A", "b", "ab", "a\n", "\n", "a\nb", "'", '"', "''", "$now", "é", "e\u0301", "🤦🏼‍♂️", "\0", "a\0b", "٣",
    "7", "c1", " ", "\u00a0", "=1+1", "%", "_", "\\", "(", "LOW", "NULL", "\uffff", "\U0010ffff",
]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=4))
PATTERNS = st.sampled_from([
    "a", "^a", "a$", "^a$", "a|b", "^a|b$", ".", "^.$", "^.+$", "[a-c]+", "[^a]", "^[^a]$", r"\d", r"^\d+$", r"[\d.]",
    r"\D", r"\s", r"^\S$", "^c[a-z0-9]{1,3}$", "(ab)?", "(?:a|é)", "a{2,}", r"\.", "'", "é", "^$", "", "a*?b", "[']",
    r"^\W", r"\bx", "^[A-Z][a-z]*$", "(?i)low", r"\p{L}", "[[:alpha:]]", "[a&&b]", "[a-z--b]",
    r"[\]]", "[]a]", "x{0}", "$now", "^(a|b)$", "^a|b$|^$", r"^\$", r"^\\$", r"^a\$$", "^[$]$", "^a?|$",
])  # fmt: skip
INSTANTS = [
    dt.datetime(1, 1, 1), dt.datetime(1500, 2, 28, 23, 59, 59, 999999), dt.datetime(1582, 10, 10),
    dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(1970, 1, 1), dt.datetime(2024, 2, 29), NOW,
    NOW + dt.timedelta(microseconds=1), dt.datetime(2021, 11, 21, 12), dt.datetime(9999, 12, 31, 23, 59, 59),
]  # fmt: skip
MOMENTS = st.one_of(st.sampled_from(INSTANTS), st.datetimes())
ZONED = MOMENTS.map(lambda m: m.replace(tzinfo=dt.UTC))
FLOATS = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 0.1, 1.0, 1e-300, 5e-324, 1e308, 2.0**53, -1.5]),
    st.floats(),
)
DECIMALS = st.decimals(min_value=-(10**6), max_value=10**6, places=2)


def integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.one_of(st.sampled_from([low, low + 1, -1 if low else 0, 0, 1, high - 1, high]), st.integers(low, high))


KINDS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "str": (pl.String, TEXTS),
    "enum": (pl.Enum(["LOW", "", "'", "HIGH"]), st.sampled_from(["LOW", "", "'", "HIGH"])),
    "int8": (pl.Int8, integers(-(2**7), 2**7 - 1)),
    "int32": (pl.Int32, integers(-(2**31), 2**31 - 1)),
    "int64": (pl.Int64, integers(-(2**63), 2**63 - 1)),
    "uint64": (pl.UInt64, integers(0, 2**64 - 1)),
    "float64": (pl.Float64, FLOATS),
    "float32": (pl.Float32, st.one_of(st.sampled_from([math.nan, -0.0, 0.1, 16777216.0]), st.floats(width=32))),
    "bool": (pl.Boolean, st.booleans()),
    "decimal": (pl.Decimal(10, 2), DECIMALS),
    "date": (pl.Date, st.one_of(MOMENTS.map(dt.datetime.date), st.dates())),
    "time": (pl.Time, st.times()),
    "datetime": (pl.Datetime("us"), MOMENTS),
    "utc": (pl.Datetime("us", "UTC"), ZONED),
}


@st.composite
def cases(draw: st.DrawFn, kind: str) -> tuple[Any, list[Any], dict[str, Any]]:
    """A type, a column of it, and what is declared of it."""
    dtype, values = KINDS[kind]
    rows = draw(st.lists(st.one_of(st.none(), values), min_size=1, max_size=8))
    # Arguments are drawn from the rows too, or nothing would ever be equal; and now and then from a near type.
    present = [row for row in rows if row is not None]
    arguments = st.one_of(st.sampled_from(present), values) if present else values
    if kind.startswith(("int", "uint", "float")):
        arguments = st.one_of(arguments, integers(-(2**70), 2**70), FLOATS)
    if kind == "decimal":
        arguments = st.one_of(arguments, st.decimals(-1000, 1000, places=4), st.integers(-5, 5), st.just(1.1))
    if kind in ("datetime", "utc"):
        arguments = st.one_of(arguments, st.dates())
    checks: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(("eq", "ne", "gt", "ge", "lt", "le"), arguments)
    many = st.lists(st.one_of(arguments, st.none()), max_size=4)
    checks |= {"isin": many, "notin": many, "in_range": st.tuples(arguments, arguments, st.booleans(), st.booleans())}
    if kind in ("str", "enum"):
        checks |= {"str_matches": PATTERNS, "str_contains": PATTERNS, "str_startswith": TEXTS, "str_endswith": TEXTS}
        lengths = st.integers(0, 4)
        checks["str_length"] = st.one_of(
            st.fixed_dictionaries({"exact_value": lengths}),
            st.fixed_dictionaries({"min_value": lengths}, optional={"max_value": lengths}),
            st.fixed_dictionaries({"max_value": lengths}),
        )
    if kind in ("datetime", "utc", "date"):
        checks |= {"not_future": st.booleans(), "reasonable": st.just({"years": 5})}
    if kind == "str":
        checks["is_json"] = st.just(True)
    names = draw(st.lists(st.sampled_from(sorted(checks)), min_size=1, max_size=3, unique=True))
    declared = {name: draw(checks[name]) for name in names}
    return dtype, rows, {**declared, "nullable": draw(st.booleans()), "ignore_na": draw(st.booleans())}


def model_of(fields: dict[str, tuple[Any, Any]], **config: Any) -> type[pa.DataFrameModel]:
    """A model as if it were written as a class."""
    body: dict[str, Any] = {"__annotations__": {name: dtype for name, (dtype, _) in fields.items()}}
    body |= {name: field for name, (_, field) in fields.items()}
    body |= {"Config": type("Config", (), config), "__module__": __name__}
    return type("Model", (pa.DataFrameModel,), body)


def by_pandera(model: type[pa.DataFrameModel], frame: pl.DataFrame, rules: dict[str, str]) -> dict[str, set[int]]:
    """Per rule the rows that break it, from ``validate(lazy=True)``; *rules* maps Pandera's (column, number)."""
    from parquetry.contracts.rules import clock_at

    try:
        with clock_at(NOW):
            model.validate(frame, lazy=True)
    except SchemaErrors as errors:
        broken: dict[str, set[int]] = {}
        for error in errors.schema_errors:
            if error.check == "not_nullable":
                name = f"{error.schema.name}:not_null"
            else:
                column = error.schema.name if error.reason_code.name != "DATAFRAME_CHECK" or error.column_name else ""
                name = rules[f"{column} {error.check_index}"]
            output = error.check_output
            assert output is not None, (error.check, error.failure_cases)
            passed = (output if isinstance(output, pl.DataFrame) else output.collect()).to_series(-1)
            broken.setdefault(name, set()).update((~passed).arg_true().to_list())
        return broken
    return {}


def by_sql(
    model: type[pa.DataFrameModel], frame: pl.DataFrame, file: Path, types: dict[str, str] | None = None
) -> dict[str, set[int]]:
    """Per rule the rows that break it, from the compiled contract over Parquet."""
    frame.write_parquet(file)
    contract = compile(model, "tests:Model")
    with duckdb.connect() as con:
        staged = Staged(contract, (str(file),), NOW, types=types or {})
        verdict = check(con, staged, model=lambda: model)
        rejected = con.execute(f"SELECT _row, _rules FROM ({rejected_sql(staged, verdict)})").fetchall()
        release(con, verdict)
    broken: dict[str, set[int]] = {}
    for row, rules in rejected:
        for rule in rules:
            broken.setdefault(rule, set()).add(row)
    assert len(rejected) == verdict.rejected
    assert {b.rule: b.rows for b in verdict.broken} == {rule: len(rows) for rule, rows in broken.items()}
    return broken


def names_of(model: type[pa.DataFrameModel]) -> dict[str, str]:
    """Rule names by Pandera's own numbering of checks."""
    numbers: dict[str, int] = {}
    names = {}
    for named in checks_of(model.to_schema()):
        column = named.column or ""
        names[f"{column} {numbers.setdefault(column, 0)}"] = {
            f"{column}:not_future": f"{column}_not_future",
            f"{column}:reasonable": f"{column}_reasonable",
        }.get(named.name, named.name)
        numbers[column] += 1
    return names


@pytest.mark.parametrize("kind", KINDS)
def test_every_builtin_check_breaks_the_same_rows(kind: str, tmp_path: Path) -> None:
    """Whatever is declared, whatever the rows: the SQL and Pandera reject the same rows, rule by rule."""
    accepted = 0

    @SETTINGS
    @given(cases(kind))
    def holds(case: tuple[Any, list[Any], dict[str, Any]]) -> None:
        nonlocal accepted
        dtype, rows, declared = case
        frame = pl.DataFrame({"x": pl.Series("x", rows, dtype=dtype)})
        try:
            model = model_of({"x": (dtype, pa.Field(**declared))})
        except (ValueError, TypeError, FutureWarning, re.error):
            assume(False)  # Pandera itself refuses such an argument
        try:
            compile(model, "tests:Model")
        except BadContract:
            assume(False)  # it could never have run; test_compile says which
        accepted += 1
        assert by_pandera(model, frame, names_of(model)) == by_sql(model, frame, tmp_path / "x.parquet")

    holds()
    assert accepted > 20


@SETTINGS
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "title": st.one_of(st.none(), TEXTS),
                "need": st.one_of(st.none(), st.integers(0, 3)),
                "at": st.one_of(st.none(), MOMENTS),
                "day": st.one_of(st.none(), st.integers(-1, 7)),
                "hour": st.one_of(st.none(), st.integers(-1, 24)),
            }
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["sunday", "monday"]),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]
    ),
    st.booleans(),
)
@example(
    [{"title": None, "need": None, "at": dt.datetime(2025, 3, 30, 1), "day": 0, "hour": 3}],
    "sunday",
    "Europe/Berlin",
    False,
)
def test_every_frame_rule_breaks_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], week: str, zone: str, right: bool
) -> None:
    """`requires` and `calendar` too; and where day and hour are right, no row breaks."""
    if right:
        rows = [{**row, **_on_calendar(row["at"], week, zone)} for row in rows]
    schema: dict[str, Any] = {
        "title": pl.String,
        "need": pl.Int64,
        "at": pl.Datetime("us"),
        "day": pl.Int32,
        "hour": pl.Int64,
    }
    frame = pl.DataFrame(rows, schema=schema)
    calendar = {"time": "at", "day": "day", "hour": "hour", "week_starts": week, "zone": zone}
    model = model_of(
        {name: (dtype, pa.Field(nullable=True)) for name, dtype in schema.items()},
        requires={"title": "need"},
        calendar=calendar,
    )
    names = {" 0": "requires", " 1": "calendar"}
    told = by_sql(model, frame, tmp_path_factory.getbasetemp() / "frame.parquet")
    calendar_rows = told.pop("day_matches_at", set()) | told.pop("hour_matches_at", set())
    requires_rows = told.pop("title_requires_need", set())
    expected = by_pandera(model, frame, names)
    assert expected.get("requires", set()) == requires_rows
    assert expected.get("calendar", set()) == calendar_rows
    assert {} == told
    assert not right or not calendar_rows


def _on_calendar(at: dt.datetime | None, week: str, zone: str) -> dict[str, Any]:
    """Day and hour by a third implementation, Python's own."""
    from zoneinfo import ZoneInfo

    if at is None or not 1970 <= at.year < 2037:
        return {"at": None, "day": None, "hour": None}
    local = at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone))
    return {"day": local.isoweekday() % 7 if week == "sunday" else local.weekday(), "hour": local.hour}
