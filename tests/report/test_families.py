"""Counts and shares in a report: a ratio beside the difference, rates in the figures, sums that count things."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from parquetry.analysis.estimates import Estimate, Interval
from parquetry.analysis.families.answers import Modelled
from parquetry.analysis.families.models import Draws, Kind, Seen
from parquetry.analysis.families.rates import Ratio
from parquetry.analysis.its import Interrupted
from parquetry.analysis.studied import Studied
from parquetry.report import document, figures, page
from parquetry.report.sentences import result
from parquetry.studies import Outcome

from .made import made, reported


def estimate(name: str, mean: float, low: float, high: float, unit: str = "y", **more: Any) -> Estimate:
    return Estimate(name, unit, mean, mean, 1.0, Interval(low, high), 0.99, **more)


def modelled(kind: Kind, outcome: Outcome) -> Studied:
    """An answer as the sampler gives it, with numbers of our own: a report does not look at draws."""
    given = made("ITS")
    gaussian = given.series[0].answer
    assert isinstance(gaussian, Interrupted)
    usable = gaussian.design.usable
    number = np.arange(int(usable.sum()), dtype=np.float64) % 7
    seen = Seen(gaussian.design, kind, number, np.full(len(number), 10.0), np.ones(len(number)))
    average = estimate("average effect", 0.058, 0.032, 0.084, important=0.7, negligible=0.1)
    answer = Modelled(
        kind=kind, design=gaussian.design, asked=gaussian.asked, seed=1, start=50, window=(50, 99), main=average,
        ratio=Ratio("rate ratio" if kind == "count" else "odds ratio", 1.42, 1.4, 0.1, Interval(1.1, 1.8), 0.99),
        average=average, cumulative=estimate("cumulative effect", 29.0, 16.0, 42.0),
        relative=estimate("relative effect", 0.42, 0.1, 0.8, "ratio"), level_change=None,
        slope_change=estimate("slope change", 0.01, -0.01, 0.03, "log rate/day"), effect=None, here=None,
        unpooled=None, reversals=(), spread=None, agree=None,
        autocorrelation=estimate("autocorrelation", 0.3, 0.1, 0.5, "ratio"), seen=seen, drawn=cast(Draws, None),
    )  # fmt: skip
    series = replace(given.series[0], answer=cast(Any, answer))
    return replace(given, study=replace(given.study, outcome=outcome), series=(series,))


COUGHS = Outcome("coughs", "an hour", kind="count", smallest=0.05)
KEPT = Outcome("cards kept", "", kind="share", smallest=0.05)


@pytest.mark.parametrize(
    ("kind", "outcome", "headline", "ratio"),
    [("count", COUGHS, "The treatment raised coughs by 0.058 an hour (95 % interval 0.032 to 0.084; ",
      "As a rate ratio: 1.42 (95 % interval 1.10 to 1.80; 1 is no effect)."),
     ("share", KEPT, "The treatment raised cards kept by 5.8 percentage points (95 % interval 3.2 to 8.4; ",
      "As a odds ratio: 1.42 (95 % interval 1.10 to 1.80; 1 is no effect).")],
)  # fmt: skip
def test_a_difference_is_told_with_its_ratio(kind: Kind, outcome: Outcome, headline: str, ratio: str) -> None:
    said = result(reported(modelled(kind, outcome)))
    assert headline in said.headline
    assert ratio.replace("a odds", "an odds") in said.more


def test_the_table_has_the_ratio_and_sums_that_count() -> None:
    tables = document(reported(modelled("share", KEPT)))["tables"]
    (rows,) = [table["rows"] for table in tables if table["name"] == "effects"]
    by_name = {row[0]: row[1:4] for row in rows}
    assert ["", "1.42", "1.10 to 1.80"] == by_name["odds ratio"]
    assert ["successes", "29", "16 to 42"] == by_name["cumulative effect"]
    assert ["percentage points", "5.8", "3.2 to 8.4"] == by_name["average effect"]
    assert "log rate a day" == by_name["slope change"][0]


def test_figures_show_rates() -> None:
    """Not the counts, which are beside a model of rates."""
    spec = figures(reported(modelled("count", COUGHS)))["data"].spec
    points = [
        row["y"]
        for rows in spec["datasets"].values()
        for row in rows
        if "with" in row.get("what", "") and "low" not in row
    ]
    assert 0.6 == max(points) and 0.0 == min(points)


def test_a_page_is_made() -> None:
    assert "rate ratio" in page(reported(modelled("count", COUGHS)))
