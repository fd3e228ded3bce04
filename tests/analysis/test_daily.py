"""A study's rows on the calendar: what is missing, what is zero, what does not count and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from parquetry.analysis import refusals
from parquetry.analysis.design import interrupted
from parquetry.analysis.panel import Panel
from parquetry.errors import BadInput, Config, Usage
from parquetry.studies.declared import read
from parquetry.studies.spans import Assigned, spans, with_treated
from parquetry.verbs.panels import panels

Made = Callable[..., Panel]
HEAD = 'question = "?"\n'


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """The panel of a study file over a CSV file, each given as text."""

    def make(study: str, rows: str, series: str = "") -> Panel:
        (tmp_path / "one.toml").write_text(HEAD + study)
        (tmp_path / "rows.csv").write_text(rows)
        return panels(None, read(tmp_path / "one.toml"), csv=tmp_path / "rows.csv").panels[series]

    return make


BY_COLUMN = 'design = "ABAB"\n[outcome]\nvalue = "score"\n[phases]\ncolumn = "phase"\n'


def test_six_lines_and_a_plain_file(made: Made) -> None:
    """A day that is not there is missing, and in the phase around it; between two phases it is in neither."""
    panel = made(BY_COLUMN, "day,score,phase\n2026-01-01,5,A\n2026-01-03,6.5,A\n2026-01-05,NA,B\n2026-01-06,7,B\n")
    assert [5.0, None, 6.5, None, None, 7.0] == [None if np.isnan(v) else v for v in panel.outcome]
    assert ("A", "A", "A", "A", "B", "B") == panel.phases
    assert "2026-01-06" == str(panel.calendar()[-1])
    assert {3: "phase not known"} == panel.excluded


def test_rows_without_dates_are_days_in_order(made: Made) -> None:
    panel = made(BY_COLUMN, "phase;score\nA;5\nA;\nB;7\n")
    assert panel.days is None
    assert ("A", "A", "B") == panel.phases
    assert np.array_equal([5.0, np.nan, 7.0], panel.outcome, equal_nan=True)
    labels = 'design = "AB"\n[outcome]\nvalue = "score"\n[phases]\nlabels = "AAB"\n'
    assert ("A", "A", "B") == made(labels, "score\n5\n6\n7\n").phases
    with pytest.raises(BadInput, match="3 labels for the 2 days"):
        made(labels, "score\n5\n6\n")


def test_dates_need_a_column_of_dates(made: Made) -> None:
    text = 'design = "AB"\n[outcome]\nvalue = "score"\n[phases]\nintervention = 2026-01-03\n'
    with pytest.raises(BadInput, match="no column that says when, and the study gives intervention"):
        made(text, "score\n5\n6\n")


def test_labels_count_from_the_first_day(made: Made) -> None:
    text = 'design = "AB"\n[outcome]\nvalue = "score"\n[phases]\nlabels = "AABB"\nfirst = 2026-01-02\n'
    rows = "day,score\n2026-01-01,1\n2026-01-02,2\n2026-01-04,4\n"
    panel = made(text, rows)
    assert ["2026-01-02", "2026-01-05"] == [str(panel.calendar()[i]) for i in (0, -1)]
    assert np.array_equal([2.0, np.nan, 4.0, np.nan], panel.outcome, equal_nan=True)
    with pytest.raises(BadInput, match="4 labels, and the data of one go on after them, to 2026-01-06"):
        made(text, rows + "2026-01-06,4\n")


COUNT = """\
design = "AB"
[outcome]
aggregate = "count"
kind = "count"
where = "what = 'headache'"
{}
[phases]
intervention = 2026-01-04
first = 2026-01-01
last = 2026-01-06
"""
EVENTS = """\
day,what
2026-01-02,headache
2026-01-02,headache
2026-01-04,opened
2026-01-05,headache
2026-01-05,opened
"""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", [None, 2, None, None, 1, None]),
        ('empty = "zero"', [0, 2, 0, 0, 1, 0]),
        ('empty = "zero"\ntracked = "what = \'opened\'"', [None, 2, None, 0, 1, None]),
    ],
)
def test_what_a_day_without_rows_means(made: Made, said: str, expected: list[float | None]) -> None:
    """Zero only where somebody was looking."""
    panel = made(COUNT.format(said), EVENTS)
    assert expected == [None if np.isnan(value) else value for value in panel.outcome]
    assert ("A", "A", "A", "B", "B", "B") == panel.phases


def test_values_that_are_null_are_missing_whatever_an_empty_day_means(made: Made) -> None:
    text = 'design = "AB"\n[outcome]\nvalue = "score"\naggregate = "sum"\nempty = "zero"\n[phases]\ncolumn = "phase"\n'
    panel = made(text, "day,score,phase\n2026-01-01,5,A\n2026-01-02,,A\n2026-01-04,7,B\n")
    assert np.array_equal([5.0, np.nan, 0.0, 7.0], panel.outcome, equal_nan=True)


def test_exclusions_keep_the_value_and_say_why(made: Made) -> None:
    text = BY_COLUMN + '[[exclude]]\nday = 2026-01-02\nreason = "travel"\n'
    panel = made(text, "day,score,phase\n2026-01-01,5,A\n2026-01-02,6,A\n2026-01-03,7,B\n")
    assert {1: "travel"} == panel.excluded
    assert [True, False, True] == panel.usable.tolist()
    assert 6.0 == panel.outcome[1]


WEEKS = """\
design = "AB"
[outcome]
value = "score"
period = "{}"
[phases]
intervention = {}
first = {}
last = {}
"""


def test_partial_weeks_and_those_in_which_the_phase_changes_do_not_count(made: Made) -> None:
    rows = "day,score\n" + "".join(f"2026-01-{day:02},{day}\n" for day in range(7, 31))
    panel = made(WEEKS.format("week", "2026-01-21", "2026-01-07", "2026-01-30"), rows)
    assert ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"] == [str(day) for day in panel.calendar()]
    assert {0: "partial week", 2: "phase changes within the week", 3: "partial week"} == panel.excluded
    assert ("A", "A", "B", "B") == panel.phases
    whole = made(WEEKS.format("week", "2026-01-19", "2026-01-12", "2026-01-25"), rows)
    assert {} == whole.excluded


SUMS = """\
design = "AB"
[outcome]
value = "score"
aggregate = "{}"
period = "{}"
{}
[phases]
column = "phase"
"""


def _days(first: str, last: str, lost: tuple[str, ...] = ()) -> str:
    days = np.arange(first, np.datetime64(last) + 1, dtype="M8[D]")
    change = np.datetime64("2026-01-19")
    return "day,score,phase\n" + "".join(f"{d},1,{'AB'[int(d >= change)]}\n" for d in days if str(d) not in lost)


@pytest.mark.parametrize("bounds", ["", "first = 2026-01-05\nlast = 2026-02-01\n"])
@pytest.mark.parametrize(("aggregate", "more"), [("sum", ""), ("count", 'kind = "count"')])
def test_a_week_whose_sum_lacks_a_day_does_not_count(made: Made, bounds: str, aggregate: str, more: str) -> None:
    """A day without rows is missing; five days of seven are no week, whatever the study says of its ends."""
    text = SUMS.format(aggregate, "week", more)
    text = (text.replace('value = "score"\n', "") if aggregate == "count" else text) + bounds
    whole = made(text, _days("2026-01-05", "2026-02-01"))
    assert ([7.0] * 4, {}) == (whole.outcome.tolist(), whole.excluded)
    gaps = made(text, _days("2026-01-05", "2026-02-01", ("2026-01-05", "2026-01-21", "2026-01-22")))
    first = "incomplete: 6 of 7 days recorded" if bounds else "partial week"
    assert {0: first, 2: "incomplete: 5 of 7 days recorded"} == gaps.excluded
    assert 5.0 == gaps.outcome[2]


def test_a_mean_a_rate_and_a_zero_lack_no_day(made: Made) -> None:
    rows = _days("2026-01-05", "2026-02-01", ("2026-01-21",))
    assert {} == made(SUMS.format("mean", "week", ""), rows).excluded
    assert {} == made(SUMS.format("sum", "week", 'kind = "count"\nweight = "1"'), rows).excluded
    assert {} == made(SUMS.format("sum", "week", 'empty = "zero"'), rows).excluded


def test_a_value_that_is_null_is_a_day_that_was_not_recorded(made: Made) -> None:
    rows = _days("2026-01-05", "2026-02-01").replace("2026-01-21,1", "2026-01-21,")
    assert {2: "incomplete: 6 of 7 days recorded"} == made(SUMS.format("sum", "week", ""), rows).excluded


def test_a_week_of_which_days_were_not_tracked_lacks_them(made: Made) -> None:
    """A day on which nobody was looking is missing in a week as it is by itself; one with a row is not."""
    text = SUMS.format("sum", "week", 'empty = "zero"\ntracked = "what = \'opened\'"\nwhere = "what = \'pain\'"')
    rows = _days("2026-01-05", "2026-02-01").replace("score,phase\n", "score,phase,what\n").replace("A\n", "A,opened\n")
    rows = rows.replace("B\n", "B,opened\n").replace("2026-01-07,1,A,opened", "2026-01-07,1,A,pain")
    text = text.replace('column = "phase"', "intervention = 2026-01-19\nfirst = 2026-01-05\nlast = 2026-02-01")
    whole = made(text, rows)
    assert ({}, [1.0, 0.0, 0.0, 0.0]) == (whole.excluded, whole.outcome.tolist())
    lost = made(text, rows.replace("2026-01-21,1,B,opened", "2026-01-21,1,B,slept"))
    assert {2: "incomplete: 6 of 7 days recorded"} == lost.excluded


def test_a_covariates_sum_lacks_a_day_too(made: Made) -> None:
    text = SUMS.format("mean", "week", "") + '[covariates.coffee]\nvalue = "score"\naggregate = "sum"\n'
    rows = _days("2026-01-05", "2026-02-01", ("2026-01-21",))
    assert {2: "coffee incomplete: 6 of 7 days recorded"} == made(text, rows).excluded


def test_rows_that_are_weeks_or_months_themselves_are_whole(made: Made) -> None:
    """One row a month, dated by its first day, is the month's number, and no day's."""
    rows = "day,score,phase\n" + "".join(f"2026-{m:02}-01,{m},{'AB'[m > 3]}\n" for m in range(1, 7))
    panel = made(SUMS.format("sum", "month", ""), rows)
    assert ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], {}) == (panel.outcome.tolist(), panel.excluded)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-01-05", "2026-02-01", {}),
        ("2026-01-06", "2026-02-01", {0: "partial week"}),
        ("2026-01-05", "2026-01-31", {3: "partial week"}),
    ],
)
def test_a_week_at_an_end_is_whole_where_the_data_reach_its_end(
    made: Made, first: str, last: str, expected: dict[int, str]
) -> None:
    assert expected == made(SUMS.format("mean", "week", ""), _days(first, last)).excluded


def test_months(made: Made) -> None:
    rows = "day,score\n2026-01-15,1\n2026-02-03,2\n2026-02-28,4\n2026-03-01,5\n"
    panel = made(WEEKS.format("month", "2026-03-01", "2026-01-01", "2026-03-30"), rows)
    assert [1.0, 3.0, 5.0] == panel.outcome.tolist()
    assert {2: "partial month"} == panel.excluded
    assert ("A", "A", "B") == panel.phases


def test_listed_phases_with_a_gap(made: Made) -> None:
    phase = '[[phases.listed]]\nlabel = "{}"\nfirst = 2026-01-0{}\nlast = 2026-01-0{}\ntreated = {}\n'
    text = (
        'design = "AB"\n[outcome]\nvalue = "score"\n'
        + phase.format("A", 1, 2, "false")
        + phase.format("B", 4, 5, "true")
    )
    panel = made(text, "day,score\n" + "".join(f"2026-01-0{day},{day}\n" for day in range(1, 8)))
    assert ("A", "A", "A", "B", "B") == panel.phases
    assert {2: "between phases"} == panel.excluded


def test_what_is_of_no_phase_is_not_missing(made: Made) -> None:
    """Three weeks off between two phases, and days that nobody wrote down around a change: no phase lacks them."""
    phase = '[[phases.listed]]\nlabel = "{}"\nfirst = {}\nlast = {}\ntreated = {}\n'
    listed = (
        'design = "AB"\n[outcome]\nvalue = "score"\n'
        + phase.format("A", "2026-01-01", "2026-01-14", "false")
        + phase.format("B", "2026-02-05", "2026-02-20", "true")
    )
    days = [
        str(d)
        for d in np.arange("2026-01-01", "2026-02-21", dtype="M8[D]")
        if not 14 <= int(d.astype(int)) - 20454 < 35
    ]
    rows = "day,score,phase\n" + "".join(f"{d},{i % 5},{'AB'[d >= '2026-02']}\n" for i, d in enumerate(days))
    for text, why in ((listed, "between phases"), (BY_COLUMN.replace("ABAB", "AB"), "phase not known")):
        panel = made(text, rows)
        assert [why] * 21 == list(panel.excluded.values())
        design = interrupted(panel, panel.phases.index("B"), impact="level", trend=False)
        shares = {"A (2026-01-01 to 2026-01-14)": 0.0, "B (2026-02-05 to 2026-02-20)": 0.0}
        assert shares == refusals.missing_shares(design)
        assert () == refusals.of_design(design)


def test_a_day_with_two_phases_does_not_count(made: Made) -> None:
    text = BY_COLUMN.replace('"score"', '"score"\ntime = "at"\ntimezone = "America/New_York"')
    rows = (
        "at,score,phase\n2026-01-01T20:00:00Z,1,A\n2026-01-02T20:00:00Z,2,A\n"
        "2026-01-03T03:00:00Z,3,B\n2026-01-04T20:00:00Z,4,B\n"
    )
    panel = made(text, rows)
    assert [1.0, 2.5, None, 4.0] == [None if np.isnan(v) else v for v in panel.outcome]
    assert {1: "phase changes within the day"} == panel.excluded


def test_covariates_and_weights_lie_beside(made: Made) -> None:
    text = """\
design = "AB"
[outcome]
value = "hits"
weight = "shots"
aggregate = "share"
[phases]
column = "phase"
[covariates.coffee]
value = "cups"
"""
    rows = "day,hits,shots,cups,phase\n2026-01-01,3,4,1,A\n2026-01-02,0,0,2,A\n2026-01-03,2,2,,B\n"
    panel = made(text, rows)
    assert np.array_equal([0.75, np.nan, 1.0], panel.outcome, equal_nan=True)
    assert panel.weight is not None
    assert [4.0, 0.0, 2.0] == panel.weight.tolist()
    assert np.array_equal([1.0, 2.0, np.nan], panel.covariates["coffee"], equal_nan=True)


def test_series_of_a_multiple_baseline_study(made: Made) -> None:
    one = "[[series]]\nname = '{0}'\nintervention = 2026-01-0{1}\nwhere = \"who = '{0}'\"\n"
    text = 'design = "multiple baseline"\n[outcome]\nvalue = "score"\n' + one.format("ann", 2) + one.format("bob", 3)
    rows = "day,who,score\n" + "".join(
        f"2026-01-0{d},{who},{d * size}\n" for d in (1, 2, 3) for who, size in (("ann", 1), ("bob", 10))
    )
    assert ("A", "B", "B") == made(text, rows, "ann").phases
    assert ("A", "A", "B") == made(text, rows, "bob").phases
    assert [10.0, 20.0, 30.0] == made(text, rows, "bob").outcome.tolist()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("day,score,phase\n2026-01-01,5,A\n2026-01-02,\"12,5\",A\n", "line 3: not a number: '12,5' in column 'score'"),
        ("day,score,phase\n2026-01-01,5,A\n2026-01-02,5\n", "line 3: 2 cells, and the header has 3"),
        ("day,score,phase\n2026-01-01,5,A\n2026-01-02,5,A,x\n", "line 3: 4 cells"),
        ("day,score,phase\n2026-01-01,5,A\n2026-01-02,inf,A\n", "2026-01-02: the outcome of one is NaN or infinite"),
        ("day,scores,phase\n2026-01-01,5,A\n", "no column 'score'; did you mean 'scores'?"),
        ("day,score\n2026-01-01,5\n", "no column 'phase'"),
        ("day,score,phase,score\n2026-01-01,5,A,1\n", "'score' is there twice"),
        ("day,score,phase\n2026-01-01,5,\n", "says a phase in 'phase'"),
        ("day,score,phase\n,5,A\n2026-01-02,5,B\n", "1 rows of one have no time"),
        ("day,score,phase\n0001-01-01,5,A\n2026-01-02,5,B\n", "one of its dates is wrong"),
        ("", "no header"),
        ("day,score,phase\n", "no row below the header"),
        ("day,score,phase\n2026-01-01,5,A\n02.01.2026,5,B\n", "line 3: not a date such as 2026-03-01: '02.01.2026'"),
        ("day,score,phase\n2026-01-01,5,A\n2026-02-30,5,B\n", "line 3: not a date"),
        ("day,score,phase\n2026-01-01,5,A\n2026-01-02T10:00Z,5,B\n", "mixes dates, times"),
        ("day,score,phase\n2026-01-01,5,\"A\n", "line 2: unexpected end of data"),
        ("day,score,phase\n2026-01-01,5\0,A\n", "line 2: a NUL byte"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_told_with_its_line(made: Made, rows: str, told: str) -> None:
    with pytest.raises(BadInput) as error:
        made(BY_COLUMN, rows)
    assert told in error.value.failed


@pytest.mark.parametrize(
    ("outcome", "row", "told"),
    [
        ('aggregate = "sum"\nkind = "count"', "2.5,1", "2.5 is no count"),
        ('aggregate = "sum"\nkind = "count"', "-1,1", "-1 is no count"),
        ('aggregate = "sum"\nkind = "count"\nweight = "n"', "2,0", "must be above 0"),
        ('aggregate = "share"', "1.5,1", "1.5 of 1 trials is no share"),
        ('aggregate = "share"', "0.5,1", "0.5 of 1 trials is no share"),
        ('aggregate = "share"\nweight = "n"', "3,2", "3 of 2 trials is no share"),
    ],
)
def test_values_that_cannot_be_counts_or_shares(made: Made, outcome: str, row: str, told: str) -> None:
    text = f'design = "AB"\n[outcome]\nvalue = "v"\n{outcome}\n[phases]\ncolumn = "phase"\n'
    with pytest.raises(BadInput, match=told):
        made(text, f"day,phase,v,n\n2026-01-01,A,{row}\n2026-01-02,B,1,1\n")


def test_an_expression_that_duckdb_cannot_run_is_told(made: Made) -> None:
    with pytest.raises(Usage, match="DuckDB cannot compute the days of one") as told:
        made(BY_COLUMN.replace('"score"', '"score + colour"'), "day,score,phase\n2026-01-01,5,A\n")
    assert "colour" in told.value.what[0]


def row(label: str, type_: str, start: str, end: str | None, planned: int | None = None, of: str = "p1") -> Assigned:
    """A phase as the database has it; local time is an hour later."""
    moments = [None if m is None else np.datetime64(m).astype("M8[us]").item() for m in (start, end)]
    hour = np.timedelta64(1, "h").astype("m8[us]").item()
    local = [None if m is None else m + hour for m in moments]
    return Assigned(of, label, type_, local[0], local[1], planned, moments[0], moments[1])


DATASET = 'design = "ABAB"\n[outcome]\nvalue = "score"\n[phases]\ndataset = "phase_assignments"\n'


def phases(folder: Path, *rows: Assigned, more: str = "") -> list[tuple[str, str, str, bool]]:
    (folder / "one.toml").write_text(HEAD + DATASET + more)
    return [(s.label, str(s.first), str(s.last), s.washout) for s in spans(read(folder / "one.toml"), None, rows)]


def test_midnights_in_utc_are_dates_and_other_moments_are_local(tmp_path: Path) -> None:
    """A moment in the middle of a local day leaves that day to no phase."""
    dates = (row("A", "BASELINE", "2026-01-01", "2026-01-08"), row("B", "INTERVENTION_A", "2026-01-08", "2026-01-15"))
    assert [("A", "2026-01-01", "2026-01-07", False), ("B", "2026-01-08", "2026-01-14", False)] == phases(
        tmp_path, *dates
    )
    local = (
        row("A", "BASELINE", "2025-12-31T23:00", "2026-01-07T23:00"),
        row("B", "INTERVENTION_A", "2026-01-07T23:00", "2026-01-14T10:00"),
    )
    assert [("A", "2026-01-01", "2026-01-07", False), ("B", "2026-01-08", "2026-01-13", False)] == phases(
        tmp_path, *local
    )
    noon = (local[0]._replace(end=dates[0].start), row("B", "INTERVENTION_A", "2026-01-08T12:00", "2026-01-14T23:00"))
    assert ("B", "2026-01-09", "2026-01-14", False) == phases(tmp_path, local[0], noon[1])[1]


def test_one_moment_in_the_middle_of_a_day_leaves_the_dates_of_the_others_alone(tmp_path: Path) -> None:
    """Before, it made moments of all midnights, and phases of other zones began a day earlier."""
    rows = (
        row("A", "BASELINE", "2026-01-01", "2026-01-08"),
        row("B", "INTERVENTION_A", "2026-01-08", "2026-01-14T15:00"),
    )
    assert [("A", "2026-01-01", "2026-01-07", False), ("B", "2026-01-08", "2026-01-13", False)] == phases(
        tmp_path, *rows
    )


def test_a_phase_without_an_end_ends_as_planned_or_with_the_next(tmp_path: Path) -> None:
    rows = (row("A", "BASELINE", "2026-01-01", None), row("W", "WASHOUT", "2026-01-08", None, 2))
    last = row("B", "INTERVENTION_A", "2026-01-10", None)
    assert [
        ("A", "2026-01-01", "2026-01-07", False),
        ("W", "2026-01-08", "2026-01-09", True),
        ("B", "2026-01-10", "None", False),
    ] == phases(tmp_path, last, *rows)


def test_phases_that_cannot_be(tmp_path: Path) -> None:
    first = row("A", "BASELINE", "2026-01-01", "2026-01-08")
    for wrong, told in (
        (row("B", "INTERVENTION_A", "2026-01-07", "2026-01-15"), "the phases A and B overlap"),
        (row("B", "INTERVENTION_A", "2026-01-08", "2026-01-08"), "before it begins"),
        (row("B", "INTERVENTION_A", "2026-01-08", "2026-01-09", of="p2"), "the phases of 2 protocols"),
    ):
        with pytest.raises(BadInput, match=told):
            phases(tmp_path, first, wrong)
    with pytest.raises(BadInput, match="no phase of the protocol 'p3'"):
        phases(tmp_path, first, more='protocol = "p3"\n')


def test_the_dataset_says_what_is_treated(tmp_path: Path) -> None:
    base, one = (
        row("x1", "BASELINE", "2026-01-01", "2026-01-08"),
        row("x2", "INTERVENTION_A", "2026-01-08", "2026-01-15"),
    )
    two = row("x3", "INTERVENTION_B", "2026-01-15", "2026-01-20")
    (tmp_path / "one.toml").write_text(HEAD + DATASET)
    study = read(tmp_path / "one.toml")
    assert ("x2",) == with_treated(study, [base, one]).phases.treated
    assert ("x3",) == with_treated(study, [one, two]).phases.treated
    with pytest.raises(Config, match="of 3 types"):
        with_treated(study, [base, one, two])
