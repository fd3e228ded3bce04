"""One row a day: from plain sequences, frames and CSV files, and what of them is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from parquetry.analysis import Panel, effect_sizes, its
from parquetry.errors import BadInput, Usage

from .series import stepped


def test_days_are_put_in_order_and_gaps_become_missing() -> None:
    panel = Panel.of([3, 1, 5], days=[date(2025, 3, 3), date(2025, 3, 1), date(2025, 3, 6)], phases=["A", "A", "B"])
    assert [1.0, None, 3.0, None, None, 5.0] == panel.to_dict()["outcome"]
    assert ("A", "A", "A", "A", "A", "B") == panel.phases
    assert ["2025-03-01", "2025-03-06"] == [panel.to_dict()["days"][i] for i in (0, -1)]
    assert [True, False, True, False, False, True] == panel.usable.tolist()
    json.dumps(panel.to_dict(), allow_nan=False)


def test_weeks_and_months_are_rows_too() -> None:
    weeks = Panel.of([1, 2], days=["2025-01-06", "2025-01-20"], period="week")
    months = Panel.of([1, 2], days=["2024-12-01", "2025-03-01"], period="month")
    assert (3, 4) == (len(weeks), len(months))
    assert ["2025-01-06", "2025-01-13", "2025-01-20"] == weeks.to_dict()["days"]
    with pytest.raises(BadInput, match="weekday"):
        Panel.of([1, 2], days=["2025-01-06", "2025-01-21"], period="week")


@pytest.mark.parametrize("reader", ["csv", "frame"])
def test_a_file_and_a_frame_give_what_the_array_gives(tmp_path: Path, reader: str) -> None:
    outcome = stepped()
    days = np.datetime64("2025-01-01") + np.arange(60)
    frame = pl.DataFrame({"day": days, "mood": outcome, "rain": np.cos(np.arange(60.0))}).with_columns(
        pl.when(pl.col("day") == date(2025, 1, 5)).then(None).otherwise(pl.col("mood")).alias("mood")
    )
    if reader == "csv":
        frame.write_csv(tmp_path / "mood.csv")
        panel = Panel.from_csv(tmp_path / "mood.csv", "mood", day="day", covariates=["rain"])
    else:
        panel = Panel.from_frame(frame, "mood", day="day", covariates=["rain"])
    outcome[4] = np.nan
    plain = its(outcome, 30, days=days, covariates={"rain": np.cos(np.arange(60.0))})
    assert plain.average == its(panel, "2025-01-31").average


def test_a_missing_covariate_makes_a_day_unusable() -> None:
    rain = np.random.default_rng(1).standard_normal(60)
    rain[7] = np.nan
    answer = its(stepped(), 30, covariates={"rain": rain})
    assert 59 == answer.to_dict()["usable"]


def test_what_is_excluded_keeps_its_value_and_its_reason() -> None:
    panel = Panel.of(stepped(), excluded={40: "ill"})
    wild = stepped()
    wild[40] = 1e6
    assert its(panel, 30).average == its(Panel.of(wild, excluded={40: "ill"}), 30).average
    assert {40: "ill", 41: "washout"} == panel.without([40, 41], "washout").excluded


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Panel.of([1, 2], phases=["A"]), "phases has 1 rows, the outcome 2"),
        (lambda: Panel.of([1, float("inf")]), "row 1 is infinite"),
        (lambda: Panel.of([1, 2], days=["2025-01-01", "2025-01-01"]), "more than once"),
        (lambda: Panel.of([1], days=["yesterday"]), "'yesterday' is no date"),
        (lambda: Panel.of([1, 2], days=["20260101", "20260102"]), "'20260101' is no date"),
        (lambda: Panel.of([1, 2], days=[202412, 202501], period="month"), "'202412' is no date"),
        (lambda: Panel.of([1, 2], days=[1767225600, 1767312000]), "'1767225600' is no date"),
        (lambda: Panel.of([1, 2], days=["2026-02-01", "2026-02-30"]), "'2026-02-30' is no date"),
        (lambda: Panel.of([1, 2], days=["2026-01-01", "9999-01-01"]), "at most 36,525"),
        (lambda: Panel.of([1, 2], days=[0, 90_000]), "at most 36,525"),
        (lambda: Panel.of(["a"]), "outcome: could not convert"),  # type: ignore[list-item]
        (lambda: Panel.of([[1, 2], [3, 4]]), "2 dimensions"),  # type: ignore[list-item]
        (lambda: Panel.of([1, 2], excluded={2: "travelling"}), "no row 2"),
        (lambda: Panel.of([1], days=["2026-01-01"]).row_of("21.1.2026"), "'21.1.2026' is no date"),
    ],
)
def test_what_is_no_series_is_said(make: object, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        make()  # type: ignore[operator]


def test_a_csv_that_is_not_what_it_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mood.csv"
    path.write_text("day,mood\n2025-01-01,4\n2025-01-02,NA\n2025-01-03,good\n")
    with pytest.raises(BadInput, match="line 4: not a number: 'good'"):
        Panel.from_csv(path, "mood")
    with pytest.raises(BadInput, match="no column 'sleep'"):
        Panel.from_csv(path, "sleep")
    path.write_text("day,mood\n2025-01-01,4\n2025-01-02\n2025-01-03,5\n")
    with pytest.raises(BadInput, match="line 3: not as many cells"):
        Panel.from_csv(path, "mood")


def test_a_day_is_found_by_date_or_index() -> None:
    panel = Panel.of([1, 2, 3], days=["2025-01-01", "2025-01-02", "2025-01-03"])
    assert (1, 1, 3) == (panel.row_of("2025-01-02"), panel.row_of(1), panel.row_of(3))
    with pytest.raises(Usage, match="goes from 2025-01-01 to 2025-01-03"):
        panel.row_of("2025-02-01")


MANY = """mt,case,values,phase,trials
1,Johanna,54,A,20
2,Johanna,NA,A,20
4,Johanna,56,B,20
1,"Lisa, ""Li"" (Turkish)",3,A,10
2,"Lisa, ""Li"" (Turkish)",5,B,10
"""


@pytest.mark.parametrize("reader", ["csv", "frame"])
def test_one_case_of_a_table_with_several(tmp_path: Path, reader: str) -> None:
    """Rows are chosen by what stands in other columns; measurement times without a date keep their distances."""
    (tmp_path / "many.csv").write_text(MANY)
    where, columns = {"case": "Johanna"}, {"day": "mt", "phase": "phase", "weight": "trials"}
    if reader == "csv":
        panel = Panel.from_csv(tmp_path / "many.csv", "values", where=where, **columns)
    else:
        frame = pl.read_csv(tmp_path / "many.csv", null_values="NA")
        panel = Panel.from_frame(frame, "values", where=where, **columns)
    assert [54.0, None, None, 56.0] == panel.to_dict()["outcome"]
    assert ("A", "A", "A", "B") == panel.phases and panel.days is None
    assert [20.0, 20.0, None, 20.0] == panel.to_dict()["weight"]
    assert [56.0] == panel.phase("B").tolist()
    assert 1.0 == effect_sizes(panel)[0].value


def test_every_case_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "many.csv").write_text(MANY)
    panels = Panel.each_from_csv(tmp_path / "many.csv", "values", case="case", phase="phase")
    assert ["Johanna", 'Lisa, "Li" (Turkish)'] == list(panels)
    assert [3.0, 5.0] == list(panels.values())[1].outcome.tolist()
    some = Panel.each_from_csv(tmp_path / "many.csv", "values", case="case", where={"trials": 20})
    assert ["Johanna"] == list(some)


def test_rows_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "many.csv").write_text(MANY)
    with pytest.raises(BadInput) as error:
        Panel.from_csv(tmp_path / "many.csv", "values", where={"case": "Anna"})
    assert ("case = Anna",) == error.value.what
    with pytest.raises(BadInput, match="no column 'person'"):
        Panel.from_csv(tmp_path / "many.csv", "values", where={"person": "Anna"})
    with pytest.raises(BadInput, match="no rows"):
        Panel.from_frame(pl.DataFrame({"values": [1.0], "case": ["a"]}), "values", where={"case": "b"})


def test_the_values_of_phases() -> None:
    """What is excluded is NaN in its place; a label that is not there is an error, not an empty phase."""
    panel = Panel.of([1, 2, 3, 4, 5], phases=["A1", "A1", "B1", "A2", "B2"], excluded={1: "ill"})
    assert np.array_equal([1, np.nan, 4], panel.phase("A1", "A2"), equal_nan=True)
    with pytest.raises(Usage, match="no phase C"):
        panel.phase("A1", "C")


def test_measurement_times_may_begin_anywhere_and_stand_in_any_order() -> None:
    panel = Panel.of([30, 10, 20], days=[1998, 1996, 1997])
    assert [10, 20, 30] == panel.outcome.tolist()
    with pytest.raises(BadInput, match="more than once"):
        Panel.of([1, 2], days=[3, 3])
    weekly = Panel.of([1, 2], days=["4", "6"], period="week")
    assert 3 == len(weekly)
