"""Study files: read strictly, and every mistake told at once, with its line."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from parquetry.errors import Config, Usage
from parquetry.studies import DESIGNS, Excluded, Model, Phases, Schedule
from parquetry.studies.declared import find, names, read

from .files import SMALL, WHOLE, study, written


def mistakes(folder: Path, text: str) -> list[str]:
    """What is said of a wrong file, without its path."""
    with pytest.raises(Config) as told:
        study(folder, text)
    said = told.value.failed.removeprefix(f"{folder / 'sleep.toml'} ")
    return list(told.value.what) or [said]


def test_eight_lines_are_a_study(tmp_path: Path) -> None:
    """All else has a default."""
    found = study(tmp_path, SMALL)
    assert ("sleep", "AB", "score", "score") == (found.name, found.design, found.outcome.name, found.reading.value)
    assert date(2026, 2, 1) == found.phases.intervention
    assert ("mean", "UTC", "day", "missing") == (
        found.reading.aggregate, found.reading.timezone, found.reading.period, found.reading.empty
    )  # fmt: skip
    assert Model(impact="level") == found.model
    assert Schedule() == found.schedule


def test_every_key_is_read(tmp_path: Path) -> None:
    found = study(tmp_path, WHOLE)
    assert ("ABAB", "After eight weeks.") == (found.design, found.stopping)
    assert (15.0, (-5.0, 10.5), "min") == (found.outcome.smallest, found.outcome.region, found.outcome.unit)
    reading = found.reading
    assert ("nights", "asleep", "ended", "nap = false", "sum") == (
        reading.dataset, reading.value, reading.time, reading.where, reading.aggregate
    )  # fmt: skip
    assert ("Europe/Berlin", time(4), "zero", "device = 'ring'") == (
        reading.timezone, reading.day_starts, reading.empty, reading.tracked
    )  # fmt: skip
    assert (
        Phases(
            labels=tuple("AAAABBBBAAAABBBB"), treated=("B",), first=date(2026, 1, 5), last=date(2026, 1, 20), washout=1
        )
        == found.phases
    )
    assert Model("level", trend=True, season=False, level=0.9) == found.model
    assert Schedule("randomised", 7, "changes", shortest=4) == found.schedule
    day = date(2026, 1, 9)
    assert Excluded(day, day, "travel") == found.exclude[0]
    assert {"participant": "One adult."} == found.about


def test_a_covariate_has_the_outcomes_source_zone_and_boundary_unless_it_says_another_source(tmp_path: Path) -> None:
    coffee, steps = study(tmp_path, WHOLE).covariates
    assert ("nights", "ended", "walks", "") == (
        coffee.reading.dataset, coffee.reading.time, steps.reading.dataset, steps.reading.time
    )  # fmt: skip
    assert {("Europe/Berlin", time(4))} == {(c.reading.timezone, c.reading.day_starts) for c in (coffee, steps)}
    assert "" == coffee.reading.where, "a condition is each reading's own"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("abab", "ABAB"), ("MULTIPLE_BASELINE", "multiple baseline"), ("Multiple-Baseline", "multiple baseline"),
        ("ALTERNATING", "alternating"), ("alternating treatments", "alternating"), ("its", "ITS"),
        ("interrupted_time_series", "ITS"), ("ab", "AB"),
    ],
)  # fmt: skip
def test_spellings_of_designs(tmp_path: Path, said: str, meant: str) -> None:
    phases = "[phases]\nintervention = 2026-02-01"
    if meant == "multiple baseline":
        one = '[[series]]\nname = "{}"\nintervention = 2026-02-0{}\n'
        phases = one.format("a", 1) + one.format("b", 5)
    elif meant not in ("ITS", "AB"):
        phases = '[phases]\ncolumn = "phase"\ntreated = ["B"]'
    text = f'question = "?"\ndesign = "{said}"\n[outcome]\nvalue = "score"\n{phases}\n'
    assert meant == study(tmp_path, text).design


@pytest.mark.parametrize("said", ["CHANGING_CRITERION", "changing criterion"])
def test_a_design_of_the_protocol_table_that_is_not_supported_names_those_that_are(tmp_path: Path, said: str) -> None:
    (told,) = mistakes(tmp_path, SMALL.replace('"AB"', f'"{said}"'))
    assert "line 2: design: changing criterion is not supported" in told
    assert told.endswith("supported are ITS, AB, ABAB, alternating, multiple baseline")


def test_all_mistakes_are_told_together_with_their_lines(tmp_path: Path) -> None:
    text = """\
design = "ABBA"
colour = "red"

[outcome]
value = "score +"
kind = "counts"
smallest_effect = -2
timezone = "Europe/Berln"
day_starts = "4am"
unitt = "min"

[phases]
intervention = "2026-02-01"
washout = -1

[[exclude]]
day = 2026-01-09

[model]
level = 95
"""
    told = mistakes(tmp_path, text)
    assert [
        "line 1: 'question' is missing",
        f"line 1: design: 'ABBA' is not known; did you mean 'abab'?; supported are {', '.join(DESIGNS)}",
        "line 2: unknown key 'colour'",
    ] == told[:3]
    lines = [int(line.split(":")[0].removeprefix("line ")) for line in told]
    assert [1, 1, 2, 5, 6, 7, 8, 9, 10, 13, 14, 16, 20] == lines
    said = "\n".join(told)
    for part in (
        "[outcome] value: 'score +' is not an SQL expression: Parser Error", "did you mean 'count'?",
        "smallest_effect is above 0", "did you mean 'Europe/Berlin'?", "day_starts is a time of day such as 04:00",
        "[outcome] unknown key 'unitt'; did you mean 'unit'?", "intervention is a date without quotes",
        "washout is a whole number of at least 0, not -1", "[[exclude]] 'reason' is missing", "such as 0.95",
    ):  # fmt: skip
        assert part in said


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        (("intervention = 2026-02-01", ""), 7, "nothing says when the treatment was on"),
        (("2026-02-01", '2026-02-01\ncolumn = "phase"'), 9, "intervention says already when the treatment was on"),
        (("2026-02-01", "2026-02-01\nfirst = 2026-02-01"), 8, "no days before it, or none after"),
        (("2026-02-01", "2026-02-01\nlast = 2026-01-31"), 8, "no days before it, or none after"),
        (("intervention = 2026-02-01", 'column = "p"\nfirst = 2026-01-02\nlast = 2026-01-01'), 10, "is before first"),
        (('"AB"', '"ABAB"'), 8, "a study of design ABAB has more than one change"),
        (("intervention = 2026-02-01", 'labels = "AAAA"'), 8, "they are all the same"),
        (("intervention = 2026-02-01", 'labels = "AABB"\ntreated = "C"'), 9, "no period has the label 'C'"),
        (("intervention = 2026-02-01", 'labels = "TUVT"\ntreated = "T"'), 8, "'U' and 'V' are not treated"),
        (("intervention = 2026-02-01", 'column = "phase"\nprotocol = "x"'), 9, "which is not given"),
        (('"score"', '"score"\ndataset = "a"\nquery = "b"'), 7, "rows come from a dataset or from a query"),
        (('"score"', '"score"\nparams = {a = 1}'), 6, "params are a query's"),
        (('"score"', '"score"\ntracked = "true"'), 6, "it goes with empty = 'zero'"),
        (('"score"', '"score"\naggregate = "count"'), 5, "an aggregate of count counts rows"),
        (('value = "score"', 'unit = "min"'), 4, "'value' is missing"),
        (('"score"', '"score"\nkind = "share"'), 4, "needs aggregate = 'share'"),
        (('"score"', '"score"\nkind = "count"'), 4, "needs aggregate = 'count' or 'sum'"),
        (('"score"', '"score"\nweight = "n"'), 6, "say which with 'kind'"),
        (('"score"', '"score"\naggregate = "share"\nempty = "zero"'), 7, "a share of nothing is not zero"),
        (('"score"', '"score"\naggregate = "share"\nsmallest_effect = 5'), 7, "0.1 is ten points"),
        (('"score"', '"score"\nregion = [1, 2]'), 6, "so 0 lies in it"),
        (('"score"', '"score"\nregion = [2, 1]'), 6, "two numbers, the smaller first"),
        (("2026-02-01", '2026-02-01\n[model]\nimpact = "slope"'), 10, "needs a slope to change"),
        (("2026-02-01", "2026-02-01\n[model]\nwindow = [2026-02-01, 2026-02-03]"), 10, "only an ITS study has one"),
        (("2026-02-01", '2026-02-01\n[schedule]\nchosen = "randomised"'), 9, "'candidates' is missing"),
        (("2026-02-01", "2026-02-01\n[schedule]\nseed = 7"), 10, "nothing is drawn unless chosen = 'randomised'"),
        (("2026-02-01", '2026-02-01\n[schedule]\nchosen = "randomised"\ncandidates = "starts"'), 11, "needs 'dates'"),
        (
            ("2026-02-01", "2026-02-01\n[schedule]\ndates = [2026-02-03]\nchosen = 'randomised'\ncandidates='starts'"),
            10, "the intervention, 2026-02-01, is none of them",
        ),
        (
            ("2026-02-01", '2026-02-01\n[schedule]\nchosen = "randomised"\ncandidates = "blocks"\nblock = 2'),
            11, "a study of design AB has 'starts'",
        ),
        (("2026-02-01", '2026-02-01\n[[series]]\nname = "a"\nintervention = 2026-02-01'), 9, "this one is AB"),
        (
            ("2026-02-01", '2026-02-01\n[[exclude]]\nfirst = 2026-02-02\nlast = 2026-02-01\nreason = "x"'),
            11, "it ends before it begins",
        ),
        (("2026-02-01", "2026-02-01T10:00:00"), 8, "not a date with a time"),
        (("2026-02-01", "2026-02-01\n[covariates.a]"), 9, "'value' is missing"),
        (("2026-02-01", '2026-02-01\n[covariates.a]\nvalue = "x"\nperiod = "week"'), 11, "is the outcome's"),
    ],
)  # fmt: skip
def test_contradictions(tmp_path: Path, change: tuple[str, str], line: int, told: str) -> None:
    (said,) = mistakes(tmp_path, SMALL.replace(*change))
    assert said.startswith(f"line {line}: "), said
    assert told in said


LISTED = """\
question = "?"
design = "ABAB"
[outcome]
value = "score"
[[phases.listed]]
label = "A1"
first = 2026-01-01
last = 2026-01-10
[[phases.listed]]
label = "B1"
first = 2026-01-11
last = 2026-01-20
treated = true
"""


def test_listed_phases_say_which_labels_are_treated(tmp_path: Path) -> None:
    found = study(tmp_path, LISTED)
    assert ("B1",) == found.phases.treated
    assert [False, True] == [phase.treated for phase in found.phases.listed]


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        (("2026-01-11", "2026-01-10"), 11, "B1 begins on 2026-01-10, when A1 is not over"),
        (("treated = true", ""), 5, "none is treated"),
        (("2026-01-20", "2026-01-02"), 12, "B1 ends before it begins"),
    ],
)
def test_listed_phases_that_cannot_be(tmp_path: Path, change: tuple[str, str], line: int, told: str) -> None:
    said = mistakes(tmp_path, LISTED.replace(*change))
    assert any(each.startswith(f"line {line}: ") and told in each for each in said), said


def test_a_multiple_baseline_study_has_series_and_nothing_else_says_its_phases(tmp_path: Path) -> None:
    one = '\n[[series]]\nname = "a"\nintervention = 2026-02-01\n'
    said = mistakes(tmp_path, SMALL.replace('"AB"', '"multiple baseline"') + one + one)
    assert [
        "line 8: intervention: in a multiple-baseline study each [[series]] has its intervention",
        "line 15: [[series]] a is there twice",
    ] == said
    (told,) = mistakes(tmp_path, SMALL.replace('"AB"', '"multiple baseline"').partition("[phases]")[0] + one)
    assert "two or more [[series]]" in told


@pytest.mark.parametrize(
    "value", ["1) , (2", "1, 2", "a; drop table x", "a as b", "x from secret", "count(*) from t where (true"]
)
def test_an_expression_is_one_expression(tmp_path: Path, value: str) -> None:
    """It can't end the brackets that it is put into, or begin another statement."""
    (said,) = mistakes(tmp_path, SMALL.replace('"score"', f'"{value}"'))
    assert "is not an SQL expression" in said


def test_labels_are_written_in_three_ways(tmp_path: Path) -> None:
    for text in ('"AABB"', '"A A B B"', '["A", "A", "B", "B"]'):
        found = study(tmp_path, SMALL.replace("intervention = 2026-02-01", f"labels = {text}"))
        assert ("A", "A", "B", "B") == found.phases.labels


def test_a_study_is_found_by_name_or_path(tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    file = written(tmp_path / "studies", SMALL)
    assert file == find(tmp_path, "sleep")
    assert file == find(None, str(file))
    assert ["sleep"] == names(tmp_path)
    for wrong in ("slep", "../studies/sleep"):
        with pytest.raises(Usage, match="no study") as told:
            find(tmp_path, wrong)
        assert ("studies: sleep",) == told.value.what
    with pytest.raises(Usage, match="no file"):
        find(tmp_path, "none.toml")
    with pytest.raises(Config, match="a study's name"):
        read(written(tmp_path, SMALL, "My Sleep"))
