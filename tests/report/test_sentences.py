"""The result in plain sentences: never more than the interval says, and what it depends on first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parquetry.analysis.estimates import Estimate, Interval
from parquetry.analysis.studied import studied
from parquetry.report.numbers import Scale, decimals, fixed, percent, significant
from parquetry.report.sentences import claim, depends, result
from parquetry.studies import Outcome, Phases

from .made import DESIGNS, made, panel, reported, study

MOOD = Outcome("mood", "points")


def estimate(mean: float, low: float, high: float, positive: float, **more: object) -> Estimate:
    said = {"name": "average effect", "unit": "y", **more}
    return Estimate(mean=mean, median=mean, sd=1.0, interval=Interval(low, high), positive=positive, **said)  # type: ignore[arg-type]


def test_an_increase_is_told_with_its_interval_and_its_probability() -> None:
    expected = "the treatment raised mood by 5.8 points (95 % interval 3.2 to 8.4; probability of any increase 99.7 %)"
    assert expected == claim(estimate(5.81, 3.21, 8.41, 0.997), MOOD)


def test_a_decrease_is_told_as_one() -> None:
    """The size without its sign, the interval from small to large, the probability of a decrease."""
    expected = "the treatment lowered mood by 5.8 points (95 % interval 3.2 to 8.4; probability of any decrease 99.7 %)"
    assert expected == claim(estimate(-5.81, -8.41, -3.21, 0.003), MOOD)


def test_an_interval_that_holds_no_effect_is_no_clear_change() -> None:
    said = claim(estimate(1.2, -1.0, 3.4, 0.86), MOOD)
    assert "no clear change in mood: the estimate is +1.2 points (95 % interval \N{MINUS SIGN}1.0 to +3.4; " in said
    assert "raised" not in said


def test_a_share_is_told_in_percentage_points() -> None:
    said = claim(estimate(0.058, 0.032, 0.084, 0.9999), Outcome("days kept", kind="share"))
    assert "raised days kept by 5.8 percentage points (95 % interval 3.2 to 8.4; " in said
    assert "> 99.9 %" in said


@pytest.mark.parametrize(
    ("ends", "words"),
    [((1.1, 1.9), "multiplied the rate of coughs by 1.45 (95 % interval 1.10 to 1.90; "),
     ((0.8, 1.9), "no clear change in coughs: the estimated rate ratio is 1.4 (95 % interval 0.8 to 1.9; ")],
)  # fmt: skip
def test_a_ratio_of_one_is_no_effect(ends: tuple[float, float], words: str) -> None:
    """A rate ratio is judged against 1: an interval from 0.8 to 1.9 excludes zero and shows nothing."""
    said = claim(estimate(1.45, *ends, 0.99, name="rate ratio", unit="ratio"), Outcome("coughs", kind="count"))
    assert words in said


@pytest.mark.parametrize(("width", "places"), [(5.2, 1), (52.0, 0), (0.52, 2), (5200.0, -2), (9.99, 1), (0.0, 2)])
def test_numbers_have_two_digits_of_the_intervals_width(width: float, places: int) -> None:
    assert places == decimals(width)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(5.81, 1, "5.8"), (-5.81, 1, "\N{MINUS SIGN}5.8"), (1234.5, -2, "1\u202f200"), (-0.01, 1, "0.0"),
     (float("nan"), 1, "\N{EN DASH}")],
)  # fmt: skip
def test_a_number_is_rounded_and_its_minus_is_one(value: float, places: int, text: str) -> None:
    assert text == fixed(value, places)


def test_nothing_is_certain() -> None:
    assert ["> 99.9 %", "< 0.1 %", "99.4 %", "50 %", "\N{EN DASH}"] == [
        percent(p) for p in (1.0, 0.0, 0.994, 0.5, None)
    ]


def test_three_significant_digits() -> None:
    assert ["0.0869", "400", "1\u202f230", "0", "0.5"] == [significant(v) for v in (0.08693, 400.0, 1234.0, 0.0, 0.5)]


def test_places_are_those_of_the_narrowest_interval() -> None:
    assert 1 == Scale().places(Interval(0.0, 5.0), Interval(0.0, 500.0), None)


def test_what_the_answer_depends_on_comes_first() -> None:
    assert "" == depends(())
    disagreeing = replace(made("ITS").series[0].variants[0], agrees=False, name="prior halved")
    series = replace(made("ITS").series[0], variants=(disagreeing,))
    said = result(reported(replace(made("ITS"), series=(series,))))
    assert said.headline.startswith("It depends on the model: the answer is another one under “prior halved”. The ")


def test_both_kinds_of_interval_are_named() -> None:
    said = result(reported("ITS"))
    assert any("That interval is for the expected effect. For this realised series" in each for each in said.more)


def test_reversals_are_told_beside_the_pooled_effect() -> None:
    """Never only the pooled number: each reversal by itself, and the probability that they agree."""
    said = " ".join(result(reported("ABAB")).more)
    assert "Each reversal by itself, not pooled: +" in said
    assert "All 3 reversals have the same sign with probability" in said
    assert "Randomisation test, two-sided: p = " in said


def test_several_series_are_told_together_and_each_by_itself() -> None:
    said = result(reported("multiple baseline"))
    assert "over all 3 series together." in said.headline
    for name in ("Ann", "Bo", "Cy"):
        assert any(each.startswith(f"{name}: the treatment raised minutes asleep by ") for each in said.more)


def test_a_schedule_that_was_drawn_and_not_tested_says_why() -> None:
    found = made("alternating")
    series = tuple(replace(each, untested="55 days are not whole blocks of 2") for each in found.series)
    said = " ".join(result(reported(replace(found, series=series))).more)
    assert "not applicable, although the schedule was randomised: 55 days are not whole blocks of 2." in said


def test_a_day_that_was_looked_for_and_not_found_depends_on_the_outcome() -> None:
    """Every other refusal does not, and says so."""
    asked = study("AB", phases=Phases(unknown=True))
    said = result(reported(studied(asked, {"": replace(panel("A" * 60, 0.0), phases=())}, seed=1)))
    assert "No answer: the day of the change is not known" in said.headline
    assert "This refusal depends on the outcome" in said.more[-1]
    assert "does not depend on the size" in result(reported("refused")).more[-1]


def test_no_effect_is_not_told_as_one() -> None:
    said = result(reported("nothing"))
    assert "No clear change in minutes asleep" in said.headline
    assert not any(word in said.headline for word in ("raised", "lowered"))


def test_a_refusal_has_its_reasons_and_no_effect() -> None:
    said = result(reported("refused"))
    assert "No answer: 4 usable days in phase A (2025-01-06 to 2025-01-09); 5 are needed." == said.headline
    assert 1 == len(said.more)


@pytest.mark.parametrize("name", DESIGNS)
def test_every_sentence_ends_once(name: str) -> None:
    said = result(reported(name))
    for sentence in (said.headline, *said.more, said.label):
        assert sentence.endswith(".") and not sentence.endswith("..")
        assert not any(wrong in sentence for wrong in ("  ", " ,", "None", "nan"))


def test_confirmatory_is_what_was_registered_and_is_as_it_was() -> None:
    registration = {"registered_at": "2025-01-01T08:00:00Z", "sha256": "ab", "snapshot": 1, "days": 0, "why": ""}
    alone = reported("ITS", registration=registration)
    assert "confirmatory" == alone.label
    assert "Confirmatory: analysed as it was registered on 2025-01-01, before any of its data." == result(alone).label
    late = reported("ITS", registration={**registration, "days": 12})
    assert "by then 12 days of the study had a value" in result(late).label
    unknown = reported("ITS", registration={**registration, "days": None, "why": "no lake"})
    assert "how much of the data was there by then is not known (no lake)" in result(unknown).label


def test_any_deviation_makes_it_exploratory() -> None:
    deviation = {"path": "outcome.smallest", "registered": 5, "now": 10, "wording": False}
    found = reported("ITS", registration={"sha256": "ab"}, deviations=(deviation,))
    assert ("1 deviation from what was registered",) == found.exploratory
    assert "exploratory" == found.label == reported("ITS").label


def test_a_date_that_was_found_in_the_data_makes_it_exploratory() -> None:
    found = reported(
        replace(made("ITS"), exploratory=("the date was found in the same data",)), registration={"days": 0}
    )
    assert "Exploratory: the date was found in the same data." == result(found).label
