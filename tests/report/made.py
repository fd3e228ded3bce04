"""Studies to report, made by the analysis itself: one of each design, of each kind of time, and refused ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from parquetry.analysis.estimates import Floats, Reason
from parquetry.analysis.panel import Panel, Period
from parquetry.analysis.studied import Studied, studied
from parquetry.report import Figure, Reported, figures, page
from parquetry.studies import Member, Outcome, Phases, Reading, Schedule, Study

MONDAY = date(2025, 1, 6)
MINUTES = Outcome("minutes asleep", "min", smallest=10.0)
DESIGNS = (
    "ITS",
    "AB",
    "ABAB",
    "alternating",
    "multiple baseline",
    "share",
    "weeks",
    "months",
    "undated",
    "unknown",
    "refused",
)


def noise(days: int, seed: int, phi: float = 0.3) -> Floats:
    random = np.random.default_rng(seed)
    found = random.standard_normal(days)
    for day in range(1, days):
        found[day] += phi * found[day - 1]
    return found


def panel(labels: str, effect: float, seed: int = 1, **more: Any) -> Panel:
    """A value a day, 400 and 20 times noise, and *effect* on the days of B."""
    values = 400 + 20 * noise(len(labels), seed) + effect * np.array([label == "B" for label in labels])
    period: Period = more.pop("period", "day")
    dated = more.pop("dated", True)
    days = [_day(period, i) for i in range(len(labels))] if dated else None
    return Panel.of(values, phases=list(labels), days=days, period=period, unit="min", **more)


def _day(period: Period, number: int) -> date:
    if period == "month":
        return date(2015 + number // 12, number % 12 + 1, 1)
    return MONDAY + timedelta(days=number * (7 if period == "week" else 1))


def study(design: Any = "ITS", **more: Any) -> Study:
    said: dict[str, Any] = {
        "outcome": MINUTES, "reading": Reading(dataset="sleep", value="minutes"), "hypothesis": "By ten minutes.",
        "stopping": "After 60 nights.",
    }  # fmt: skip
    return Study("bedtime", "Does a fixed bedtime lengthen my sleep?", design, **{**said, **more})


@cache
def made(name: str) -> Studied:
    """A study analysed, by its name in `DESIGNS`; ``nothing`` has no effect."""
    if name == "ITS":
        given = panel("A" * 50 + "B" * 50, 40.0, excluded={7: "travelling", 8: "travelling"})
        given.outcome[[3, 21, 70]] = np.nan
        return studied(study(), {"": given}, seed=1)
    if name == "nothing":
        return studied(study(), {"": panel("A" * 50 + "B" * 50, 0.0, seed=4)}, seed=1)
    if name == "AB":
        return studied(study("AB"), {"": panel("A" * 20 + "B" * 20, 60.0)}, seed=1)
    if name == "ABAB":
        labels = "A" * 14 + "B" * 14 + "A" * 14 + "B" * 14
        schedule = Schedule("randomised", seed=3, candidates="changes", shortest=10)
        return studied(study("ABAB", phases=Phases(washout=1), schedule=schedule), {"": panel(labels, 60.0)}, seed=1)
    if name == "alternating":
        return studied(study("alternating"), {"": panel("ABBABAAB" * 7, 40.0)}, seed=1)
    if name == "multiple baseline":
        return _several()
    if name == "share":
        values = np.clip(0.5 + 0.05 * noise(60, 5) + 0.2 * (np.arange(60) >= 30), 0, 1)
        asked = study("AB", outcome=Outcome("days kept", "", kind="continuous", smallest=0.1))
        found = studied(asked, {"": Panel.of(values, phases=["A"] * 30 + ["B"] * 30)}, seed=1)
        return replace(found, study=replace(asked, outcome=replace(asked.outcome, kind="share")))
    if name == "unknown":
        given = replace(panel("A" * 30 + "B" * 30, 60.0), phases=())
        return studied(study("AB", phases=Phases(unknown=True)), {"": given}, seed=1)
    if name == "refused":
        return studied(study(), {"": panel("A" * 4 + "B" * 30, 40.0)}, seed=1)
    period: Period = {"weeks": "week", "months": "month"}.get(name, "day")  # type: ignore[assignment]
    reading = Reading(dataset="sleep", value="minutes", period=period)
    given = panel("A" * 30 + "B" * 30, 40.0, period=period, dated=name != "undated")
    return studied(study("AB", reading=reading), {"": given}, seed=1)


def _several() -> Studied:
    starts = {"Ann": 20, "Bo": 27, "Cy": 34}
    panels = {
        name: panel("A" * start + "B" * (50 - start), 50.0, seed=seed)
        for seed, (name, start) in enumerate(starts.items())
    }
    members = tuple(Member(name, MONDAY + timedelta(days=start)) for name, start in starts.items())
    return studied(study("multiple baseline", series=members), panels, seed=1)


def reported(found: Studied | str, **more: Any) -> Reported:
    """A report of a study, or of the one that `made` makes of that name."""
    given = made(found) if isinstance(found, str) else found
    said: dict[str, Any] = {
        "registration": None, "deviations": (), "reproduce": "parquetry analyze bedtime --at 3 --seed 1",
        "provenance": {"snapshot": 3, "versions": {"numpy": "2.4"}, "datasets": [{"name": "sleep", "digest": "ab12"}]},
        "made": datetime(2025, 9, 1, 12, 30, tzinfo=UTC),
    }  # fmt: skip
    return Reported(studied=given, **{**said, **more})


@cache
def drawn(name: str) -> tuple[Figure, ...]:
    """The figures of `made`, drawn once for all tests that look at them."""
    return tuple(figures(reported(name)).values())


@cache
def paged(name: str) -> str:
    """The page of `made`."""
    return page(reported(name))


def refused_although_computed(found: Studied) -> Studied:
    """The same, its answers withheld and all else still there: what a report must not let through."""
    reasons = (Reason("missing", "40% of the days of phase B are missing; at most 30% may be"),)
    return replace(found, series=tuple(replace(each, answer=None, reasons=reasons) for each in found.series))
