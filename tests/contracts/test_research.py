"""The example's contracts: every rule that the study app's schema lists, each broken once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from parquetry.contracts import Contract
from parquetry.contracts.check import check
from parquetry.contracts.load import load, model
from parquetry.contracts.rules import clock_at
from parquetry.contracts.staged import Staged

ROOT = Path(__file__).parents[2] / "examples" / "self-tracker"
NOW = dt.datetime(2026, 11, 21, 12)
CUID = "c" + "0123456789abcdefghijklmn"
EVENT: dict[str, Any] = {
    "id": CUID,
    "userId": CUID,
    "eventType": "CARD_REVIEWED",
    "eventData": '{"score": 1}',
    "timestamp": dt.datetime(2026, 11, 20, 23, 30),
    "completionQuality": None,
    "contentType": None,
    "dayOfWeek": 5,
    "difficultyLevel": None,
    "engagementLevel": "LOW",
    "sessionPerformanceScore": 100,
    "timeOfDay": 23,
    "experimentPhase": "baseline_1",
    "randomizationSeed": None,
    "contextMetadataId": "x",
}


@pytest.fixture(scope="module")
def event() -> Contract:
    return load("contracts.research:BehavioralEvent", ROOT)


def broken(contract: Contract, tmp_path: Path, **change: Any) -> list[str]:
    """Rules that the good event breaks with *change*, compiled; held against plain Pandera."""
    found = model(contract.name, ROOT)
    types = {name: column.dtype.type for name, column in found.to_schema().columns.items()}
    frame = pl.DataFrame([{**EVENT, **change}], schema=types)
    frame.write_parquet(tmp_path / "a.parquet")
    with duckdb.connect() as con:
        verdict = check(con, Staged(contract, (f"{tmp_path}/a.parquet",), NOW, key=("id",)))
    with clock_at(NOW):
        if verdict.holds:
            found.validate(frame)
        else:
            with pytest.raises(Exception, match="failed|null values"):
                found.validate(frame)
    return [b.rule for b in verdict.broken]


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("id:str_matches", {"id": CUID.upper()}),
        ("id:str_matches", {"id": CUID + "\n"}),
        ("userId:str_matches", {"userId": "c1"}),
        ("userId:not_null", {"userId": None}),
        ("eventType:isin", {"eventType": "CARD_FLIPPED"}),
        ("eventData:not_null", {"eventData": None}),
        ("eventData:is_json", {"eventData": "{score: 1}"}),
        ("timestamp_not_future", {"timestamp": NOW + dt.timedelta(microseconds=1)}),
        ("timestamp_reasonable", {"timestamp": dt.datetime(2021, 11, 21, 11, 59, 59)}),
        ("completionQuality:isin", {"completionQuality": "FAST"}),
        ("dayOfWeek:ge", {"dayOfWeek": -1}),
        ("dayOfWeek:le", {"dayOfWeek": 7}),
        ("engagementLevel:isin", {"engagementLevel": "low"}),
        ("sessionPerformanceScore:le", {"sessionPerformanceScore": 101}),
        ("timeOfDay:le", {"timeOfDay": 24}),
        ("experimentPhase:isin", {"experimentPhase": "baseline_3"}),
        ("experimentPhase_requires_contextMetadataId", {"contextMetadataId": None}),
    ],
)
def test_each_rule_of_an_event_is_broken_by_one_value(
    event: Contract, tmp_path: Path, rule: str, change: dict[str, Any]
) -> None:
    assert [rule] == broken(event, tmp_path, **change)


def test_a_good_event_breaks_nothing(event: Contract, tmp_path: Path) -> None:
    assert [] == broken(event, tmp_path)
    assert [] == broken(event, tmp_path, experimentPhase=None, contextMetadataId=None)
    assert [] == broken(event, tmp_path, timestamp=NOW)
    assert [] == broken(event, tmp_path, timestamp=dt.datetime(2021, 11, 21, 12))


def test_the_calendar_is_optional(event: Contract, tmp_path: Path) -> None:
    """2026-11-20 is a Friday: 5, where the week starts on Sunday."""
    calendar = load("contracts.research:BehavioralEventOnCalendar", ROOT)
    assert [] == broken(calendar, tmp_path)
    assert [] == broken(event, tmp_path, dayOfWeek=4)
    assert ["dayOfWeek_matches_timestamp"] == broken(calendar, tmp_path, dayOfWeek=4)
    assert ["timeOfDay_matches_timestamp"] == broken(calendar, tmp_path, timeOfDay=0)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("BehavioralEvent", 15),
        ("ExperimentProtocol", 15),
        ("PhaseAssignment", 9),
        ("AnalysisRun", 17),
        ("ContextMetadata", 12),
    ],
)
def test_every_contract_is_all_sql(name: str, columns: int) -> None:
    """So that an export of the example never imports Pandera."""
    contract = load(f"contracts.research:{name}", ROOT)
    assert columns == len(contract.fields)
    assert [] == [rule.name for rule in contract.rules if not rule.broken]
    assert ("id",) in contract.unique
