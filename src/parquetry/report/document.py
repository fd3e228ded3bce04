"""
The report as plain JSON: everything of the page, and the numbers behind it unrounded.

A refused study's document has no number of an effect in it, not even under a check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from parquetry.analysis.estimates import plain
from parquetry.analysis.studied import Analysed
from parquetry.report.checklists import Checklist
from parquetry.report.checklists.cent import cent
from parquetry.report.checklists.facts import facts
from parquetry.report.checklists.scribe import scribe
from parquetry.report.figures.drawn import figures
from parquetry.report.figures.rows import fates
from parquetry.report.limits import limits
from parquetry.report.reported import Label, Reported
from parquetry.report.sentences import Result, result
from parquetry.report.tables import BLIND, Table, tables

VERSION: Literal[1] = 1


class FigureDocument(TypedDict):
    """
    A figure of the page, in words.

    Attributes:
        name: By which its SVG and PNG are asked for.
        series: Which series it shows, from 0 on; None where it shows the study.
        title: Its caption.
        alt: What it shows.
    """

    name: str
    series: int | None
    title: str
    alt: str


class SeriesDocument(TypedDict):
    """
    One series of a study: its days, and what was found.

    Attributes:
        name: Of the series in a multiple-baseline study, else empty.
        panel: Its days: outcome, phases, covariates, what was excluded.
        not_counted: For each day why it does not count, or an empty text.
        refused: It has no answer of its own; where any series has none, the numbers of all are withheld.
        reasons: Why its numbers are withheld; empty where they are not.
        checks: What was looked at.
        answer: The effects, unrounded; None where the study is refused, as with all that follow. The `unit` of an
            estimate is `y` where its numbers are in the unit of `panel`, `y/day` (or week, month) for a slope in
            it, `ratio` for a number without a unit. A share's are parts of 1, not per cent.
        variants: The rows of the sensitivity forest.
        effect_sizes: Descriptive, each under its exact name.
        randomised: The randomisation test; None unless the schedule was randomised.
        untested: Why there is no such test although it was; else empty.
        beside: The same quantity by other methods.
        curves: Fitted, untreated, effect and cumulative, day by day.
        change_points: Where the day of the change was looked for, if it was.
    """

    name: str
    panel: Mapping[str, Any]
    not_counted: Sequence[str]
    refused: bool
    reasons: Sequence[Mapping[str, Any]]
    checks: Sequence[Mapping[str, Any]]
    answer: Mapping[str, Any] | None
    variants: Sequence[Mapping[str, Any]]
    effect_sizes: Sequence[Mapping[str, Any]]
    randomised: Mapping[str, Any] | None
    untested: str
    beside: Sequence[Mapping[str, Any]]
    curves: Mapping[str, Any] | None
    change_points: Mapping[str, Any] | None


class ReportDocument(TypedDict):
    """
    The report of a study.

    Attributes:
        format: Of this document; a key may be added within one, never changed or removed.
        made: When, in UTC.
        study: The study as declared.
        label: Whether the answer is confirmatory.
        exploratory: Why it is not, or empty.
        refused: There is no answer; no number of an effect is in this document.
        headline: The result in one sentence, what it depends on first; or `No answer: …`.
        sentences: What must be read beside it.
        depends_on: Models under which the answer is another one.
        series: One, or each of a multiple-baseline study.
        pooled: The common effect of a multiple-baseline study, in the units of `answer`.
        together: All that its series say together: each by itself and drawn towards the others, and their spread.
        randomised: The joint randomisation test of its series; None unless their dates were randomised.
        untested: Why there is no such test although they were; else empty.
        tables: As texts, rounded as on the page.
        figures: Those of the page, in words.
        checklists: SCRIBE 2016 and CENT 2015, filled.
        limits: What the study cannot show.
        registration: The registered document; None where the study was not registered.
        deviations: What differs from it.
        provenance: Where the numbers came from.
        engine: `exact`, or `nuts` where it was sampled.
        seed: Of all that was drawn.
        reproduce: The command that computes it again.
    """

    format: Literal[1]
    made: str
    study: Mapping[str, Any]
    label: Label
    exploratory: Sequence[str]
    refused: bool
    headline: str
    sentences: Sequence[str]
    depends_on: Sequence[str]
    series: Sequence[SeriesDocument]
    pooled: Mapping[str, Any] | None
    together: Mapping[str, Any] | None
    randomised: Mapping[str, Any] | None
    untested: str
    tables: Sequence[Table]
    figures: Sequence[FigureDocument]
    checklists: Sequence[Checklist]
    limits: Sequence[str]
    registration: Mapping[str, Any] | None
    deviations: Sequence[Mapping[str, Any]]
    provenance: Mapping[str, Any]
    engine: str
    seed: int
    reproduce: str


def checklists(reported: Reported, said: Result) -> tuple[Checklist, ...]:
    """Both, filled."""
    known = facts(reported, said)
    return (scribe(known), cent(known))


def document(reported: Reported) -> dict[str, Any]:
    """The report as JSON values; see `ReportDocument` for what each key is."""
    said = result(reported)
    studied = reported.studied
    found: ReportDocument = {
        "format": VERSION,
        "made": reported.made.isoformat(),
        "study": studied.study.to_dict(),
        "label": reported.label,
        "exploratory": reported.exploratory,
        "refused": reported.refused,
        "headline": said.headline,
        "sentences": said.more,
        "depends_on": reported.depends_on,
        "series": [_series(each, reported) for each in studied.series],
        "pooled": plain(reported.pooled),
        "together": plain(reported.together),
        "randomised": plain(reported.randomised),
        "untested": "" if reported.refused else studied.untested,
        "tables": tables(reported),
        "figures": [
            {"name": each.name, "series": each.series, "title": each.title, "alt": each.alt}
            for each in figures(reported).values()
        ],
        "checklists": checklists(reported, said),
        "limits": limits(reported),
        "registration": reported.registration,
        "deviations": reported.deviations,
        "provenance": reported.provenance,
        "engine": studied.engine,
        "seed": studied.seed,
        "reproduce": reported.reproduce,
    }
    return {key: _json(value) for key, value in found.items()}


def _series(analysed: Analysed, reported: Reported) -> SeriesDocument:
    withheld = reported.refused
    shown = [each for each in analysed.checks if not withheld or each.name in BLIND]
    return {
        "name": analysed.name,
        "panel": plain(analysed.panel),
        "not_counted": fates(analysed.panel),
        "refused": analysed.refused,
        "reasons": plain(reported.reasons(analysed)),
        "checks": plain(shown),
        "answer": None if withheld else plain(analysed.answer),
        "variants": [] if withheld else plain(analysed.variants),
        "effect_sizes": [] if withheld else plain(analysed.effect_sizes),
        "randomised": None if withheld else plain(analysed.randomised),
        "untested": "" if withheld else analysed.untested,
        "beside": [] if withheld else plain(analysed.beside),
        "curves": None if withheld else plain(analysed.curves),
        "change_points": None if withheld else plain(analysed.change_points),
    }


def _json(value: Any) -> Any:
    """*value* as JSON holds it; what it cannot hold, such as a path, as text, and half of a pair as a mark."""
    text = json.dumps(plain(value), default=str, ensure_ascii=False, allow_nan=False)
    return json.loads(text.encode("utf-8", "replace"))
