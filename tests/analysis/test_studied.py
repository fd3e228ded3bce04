"""A declared study meets its days: the answer, everything beside it, or the reasons for none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from parquetry.analysis import abab, its
from parquetry.analysis.estimates import Floats, Verdict
from parquetry.analysis.panel import Panel
from parquetry.analysis.studied import Studied, studied
from parquetry.errors import Usage
from parquetry.studies import Covariate, Member, Model, Outcome, Phases, Reading, Schedule, Study

FIRST = date(2026, 1, 1)
ITS = Study("late_coffee", "Does it?", "ITS", Outcome("minutes asleep", "min", smallest=1.0), Reading())
ABAB = replace(ITS, name="cards", design="ABAB")


def noise(days: int, phi: float = 0.4, seed: int = 1) -> Floats:
    random = np.random.default_rng(seed)
    found = random.standard_normal(days)
    for day in range(1, days):
        found[day] += phi * found[day - 1]
    return found


def panel(labels: str, effect: float = 3.0, **more: object) -> Panel:
    values = noise(len(labels)) + effect * np.array([label == "B" for label in labels])
    days = [FIRST + timedelta(days=i) for i in range(len(labels))]
    return Panel.of(values, phases=list(labels), days=days, **more)  # type: ignore[arg-type]


def one(study: Study, given: Panel) -> Studied:
    return studied(study, {"": given})


def test_an_interrupted_series_is_answered_as_its_answers() -> None:
    """The study's way to an answer is the front door's: same numbers, to the last bit."""
    given = panel("A" * 30 + "B" * 30)
    found = one(ITS, given).series[0]
    assert found.answer
    assert its(given, smallest=1.0).to_dict() == found.answer.to_dict()
    assert () == found.reasons
    assert {"prior halved", "independent errors"} <= {variant.name for variant in found.variants}
    assert "Ljung-Box" in {check.name for check in found.checks}
    assert {"OLS", "REML AR(1)"} <= {row.method for row in found.beside}
    assert "NAP" in {size.name for size in found.effect_sizes}
    assert found.curves
    assert 60 == len(found.curves.fitted.mean)


def test_a_reversal_study_has_its_reversals() -> None:
    given = panel("A" * 15 + "B" * 15 + "A" * 15 + "B" * 15)
    found = one(ABAB, given).series[0]
    assert found.answer
    assert abab(given, smallest=1.0).to_dict() == found.answer.to_dict()


def test_an_ab_study_has_a_level_only() -> None:
    """Without a trend to extrapolate, unless the study declares one."""
    found = one(replace(ITS, design="AB"), panel("A" * 20 + "B" * 20)).series[0].answer
    assert found
    assert "trend" not in found.design.names
    assert "slope" not in found.design.names
    declared = replace(ITS, design="AB", model=Model(trend=True))
    found = one(declared, panel("A" * 20 + "B" * 20)).series[0].answer
    assert found
    assert "trend" in found.design.names


def test_alternating_treatments_have_one_effect() -> None:
    found = one(replace(ITS, design="alternating"), panel("ABBABAABBABAABABBAABABBA")).series[0]
    assert found.answer
    assert found.answer.main.mean == pytest.approx(3.0, abs=1.5)
    assert () == found.effect_sizes


def test_a_refused_study_has_reasons_and_no_number() -> None:
    """Its reasons, data and the checks that say nothing of an effect; nothing else."""
    found = one(ABAB, panel("A" * 15 + "B" * 15))
    assert found.refused
    (series,) = found.series
    assert ["few-phases"] == [reason.code for reason in series.reasons]
    assert (None, (), (), (), None, None) == (
        series.answer, series.variants, series.effect_sizes, series.beside, series.curves, series.randomised,
    )  # fmt: skip
    assert {"missing days", "aliasing"} == {check.name for check in series.checks}
    assert 30 == len(series.panel)


def test_a_refusal_by_computation_shows_what_was_computed() -> None:
    """A walk is refused for its persistence, and the check says so."""
    walk = np.cumsum(np.random.default_rng(4).standard_normal(80))
    found = one(ITS, Panel.of(walk, phases=["A"] * 40 + ["B"] * 40)).series[0]
    assert "persistent" in [reason.code for reason in found.reasons]
    assert {"persistence": Verdict.FAILED}.items() <= {check.name: check.verdict for check in found.checks}.items()


def test_a_covariate_that_the_treatment_affects_is_refused() -> None:
    values = np.random.default_rng(2).standard_normal(60)
    given = panel("A" * 30 + "B" * 30, covariates={"steps": values})
    study = replace(ITS, covariates=(Covariate("steps", Reading(), affected=True),))
    assert ["affected-covariate"] == [reason.code for reason in one(study, given).series[0].reasons]
    study = replace(ITS, covariates=(Covariate("steps", Reading()),))
    assert not one(study, given).refused


def test_washout_and_window_are_the_studys() -> None:
    study = replace(
        ITS, phases=Phases(washout=3), model=Model(window=(FIRST + timedelta(days=40), FIRST + timedelta(days=49)))
    )
    found = one(study, panel("A" * 30 + "B" * 30)).series[0]
    assert {30: "washout", 31: "washout", 32: "washout"} == found.panel.excluded
    assert found.answer
    assert {"window": [40, 49]}.items() <= found.answer.to_dict().items()


def test_a_day_that_is_looked_for_makes_the_answer_exploratory() -> None:
    """The date comes from the data, so the study says why its answer is no test."""
    study = replace(ITS, phases=Phases(unknown=True))
    given = replace(panel("A" * 30 + "B" * 30, effect=6.0), phases=())
    found = one(study, given)
    assert ("the date was found in the same data",) == found.exploratory
    assert found.series[0].change_points
    assert found.series[0].change_points.points[0].row == pytest.approx(30, abs=2)
    assert found.calibrated
    assert "looked for in these data" in found.calibrated and "simulated" not in found.calibrated
    assert () == one(ITS, panel("A" * 30 + "B" * 30)).exploratory


def test_a_day_that_is_not_found_is_a_refusal() -> None:
    study = replace(ITS, phases=Phases(unknown=True))
    given = replace(panel("A" * 60, effect=0.0), phases=())
    assert ["no-change-point"] == [reason.code for reason in one(study, given).series[0].reasons]


def test_a_design_that_the_phases_do_not_have_is_misuse() -> None:
    with pytest.raises(Usage, match="4 phases"):
        one(ITS, panel("A" * 15 + "B" * 15 + "A" * 15 + "B" * 15))


def test_the_same_seed_gives_the_same_numbers() -> None:
    given = panel("A" * 15 + "B" * 15 + "A" * 15 + "B" * 15)
    first, second = (studied(ABAB, {"": given}, seed=5).to_dict() for _ in range(2))
    assert first == second
    assert first != studied(ABAB, {"": given}, seed=6).to_dict()


def test_everything_is_plain_data() -> None:
    """JSON without NaN holds the answer, the checks, the curves and the rest."""
    found = one(ITS, panel("A" * 30 + "B" * 30)).to_dict()
    assert found == json.loads(json.dumps(found, allow_nan=False))
    assert {"answer", "checks", "curves", "effect_sizes", "panel", "reasons", "variants"} <= found["series"][0].keys()


def test_a_drawn_schedule_is_tested_and_a_chosen_one_is_not() -> None:
    given = panel("ABBABAABBABAABABBAABABBA")
    drawn = Schedule(chosen="randomised", seed=7, candidates="blocks", block=1)
    found = one(replace(ITS, design="alternating", schedule=drawn), given).series[0].randomised
    assert found
    assert (2**12, True) == (found.admissible, found.exact)
    assert found.p < 0.05
    assert None is one(replace(ITS, design="alternating"), given).series[0].randomised


def test_a_drawn_schedule_that_cannot_be_tested_costs_the_test_alone() -> None:
    """A day too few for whole blocks: the answer stands, and why there is no test is said."""
    drawn = Schedule(chosen="randomised", candidates="blocks", block=1)
    study = replace(ITS, design="alternating", schedule=drawn)
    found = one(study, panel("ABBABAABBABAABABBAABABBAB")).series[0]
    assert found.answer and None is found.randomised
    assert "25 days are not whole blocks of 2" == found.untested
    elsewhere = replace(drawn, candidates="changes", block=None, shortest=20)
    other = one(replace(ABAB, schedule=elsewhere), panel("A" * 15 + "B" * 15 + "A" * 15 + "B" * 15)).series[0]
    assert other.answer and "4 phases of at least 20 days do not fit into 60" == other.untested
    assert "" == one(study, panel("ABBABAABBABAABABBAABABBA")).series[0].untested


def test_several_baselines_have_an_estimate_each_and_one_together() -> None:
    """And a joint test, if the days were drawn; nothing pooled where one of them is refused."""
    study = replace(ITS, design="multiple baseline", series=(Member("sleep", FIRST), Member("mood", FIRST)))
    dates = tuple(FIRST + timedelta(days=day) for day in (15, 20, 25, 30))
    study = replace(study, schedule=Schedule(chosen="randomised", candidates="starts", dates=dates))
    panels = {"sleep": panel("A" * 20 + "B" * 25), "mood": panel("A" * 25 + "B" * 20)}
    found = studied(study, panels)
    assert ["sleep", "mood"] == [each.name for each in found.series]
    assert found.pooled
    assert found.together
    assert found.together.effect == found.pooled
    assert found.randomised
    assert 16 == found.randomised.admissible
    elsewhere = replace(study, schedule=replace(study.schedule, dates=dates[:1]))
    assert "series 1 began on day 20, which is not one of the days" in studied(elsewhere, panels).untested
    assert [None, None] == [each.randomised for each in found.series]
    short = studied(study, {**panels, "mood": panel("A" * 3 + "B" * 20)})
    assert short.refused
    assert (None, None) == (short.pooled, short.randomised)
