"""What a study file says twice, or says against itself: each with the keys that lead there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from parquetry.settings.lines import Keys
from parquetry.studies import DRIFTING, Phases, Reading, Schedule, Study
from parquetry.studies.treatment import INTERRUPTED, besides, condition, named_baseline

Mistake = tuple[Keys, str]
_WAYS = ("intervention", "unknown", "listed", "labels", "dataset", "column")
_NEEDS: Mapping[str, str] = {"starts": "dates", "changes": "shortest", "blocks": "block", "listed": "listed"}


def contradictions(study: Study, values: Mapping[str, Any]) -> list[Mistake]:
    """
    What cannot be meant so.

    Args:
        values: The tables of the file: a key that is not there cannot be where the mistake is.
    """
    found = [
        *_source(("outcome",), study.reading),
        *(each for c in study.covariates for each in _source(("covariates", c.name), c.reading)),
        *_outcome(study),
        *_ways(study),
        *_either_first(study),
        *_phases(study.phases),
        *_series(study),
        *_model(study),
        *_schedule(study),
        *_excluded(study),
    ]
    return [(_there(values, keys), says) for keys, says in found]


def _there(values: Any, keys: Keys) -> Keys:
    """As many of *keys* as lead somewhere."""
    for count, key in enumerate(keys):
        listed = isinstance(values, list) and isinstance(key, int) and key < len(values)
        if not listed and not (isinstance(values, dict) and key in values):
            return keys[:count]
        values = values[key]
    return keys


def _source(keys: Keys, reading: Reading) -> Iterator[Mistake]:
    if reading.dataset and reading.query:
        yield (*keys, "query"), "rows come from a dataset or from a query; give one"
    if reading.params and not reading.query:
        yield (*keys, "params"), "params are a query's, and no query is named"
    if reading.tracked and reading.empty != "zero":
        yield (*keys, "tracked"), "tracked says which empty periods are zero: it goes with empty = 'zero'"
    if reading.empty == "zero" and reading.aggregate == "share":
        yield (*keys, "empty"), "a share of nothing is not zero; empty is 'missing'"
    if reading.empty == "zero" and reading.weight:
        yield (*keys, "empty"), "a period without rows has no exposure; with a weight, empty is 'missing'"


def _outcome(study: Study) -> Iterator[Mistake]:
    outcome, reading = study.outcome, study.reading
    if outcome.kind == "share" and reading.aggregate != "share":
        yield ("outcome", "aggregate"), "kind = 'share' needs aggregate = 'share': it counts the trials"
    if outcome.kind != "share" and reading.aggregate == "share":
        yield ("outcome", "kind"), "aggregate = 'share' gives a share; leave 'kind' out"
    if outcome.kind == "count" and reading.aggregate not in ("count", "sum"):
        yield ("outcome", "aggregate"), "kind = 'count' needs aggregate = 'count' or 'sum'"
    if outcome.kind == "continuous" and reading.weight:
        yield ("outcome", "weight"), "weight is the exposure of a count or the trials of a share; say which with 'kind'"
    if outcome.kind == "share" and outcome.smallest is not None and outcome.smallest >= 1:
        yield ("outcome", "smallest_effect"), "smallest_effect of a share is between 0 and 1: 0.1 is ten points"
    if outcome.region is not None and not outcome.region[0] <= 0 <= outcome.region[1]:
        yield ("outcome", "region"), "region holds what is as good as no effect, so 0 lies in it"


def _ways(study: Study) -> Iterator[Mistake]:
    phases = study.phases
    given = [way for way in _WAYS if getattr(phases, way)]
    if study.design == "multiple baseline":
        if given:
            yield ("phases", given[0]), f"{given[0]}: in a multiple-baseline study each [[series]] has its intervention"
        return
    if not given:
        ways = "intervention, [[phases.listed]], labels, dataset, column, or unknown = true"
        yield ("phases",), f"[phases] nothing says when the treatment was on: give {ways}"
    for way in given[1:]:
        yield ("phases", way), f"[phases] {way}: {given[0]} says already when the treatment was on; give one"
    for way in ("intervention", "unknown"):
        if getattr(phases, way) and study.design not in ("ITS", "AB"):
            yield ("phases", way), f"[phases] {way}: a study of design {study.design} has more than one change"


def _either_first(study: Study) -> Iterator[Mistake]:
    """No label is the treatment because of the day on which it stands; those of a column are looked at later."""
    phases = study.phases
    if phases.labels and not phases.treated and study.design not in INTERRUPTED and not named_baseline(phases.labels):
        yield ("phases",), "[phases] treated: say which labels are the treatment; the first day may have either"


def _phases(phases: Phases) -> Iterator[Mistake]:
    if phases.protocol and not phases.dataset:
        yield ("phases", "protocol"), "[phases] protocol is one in 'dataset', which is not given"
    if phases.first and phases.last and phases.first > phases.last:
        yield ("phases", "last"), f"[phases] last, {phases.last}, is before first, {phases.first}"
    yield from _intervention(phases)
    yield from _listed(phases)
    if phases.labels and len(set(phases.labels)) < 2:
        yield ("phases", "labels"), "[phases] labels: they are all the same"
    labels = set(phases.labels)
    for label in phases.treated if labels else ():
        if label not in labels and not any(each.startswith(label) for each in labels):
            yield ("phases", "treated"), f"[phases] treated: no period has the label {label!r}"
    yield from _one_baseline(phases)


def _one_baseline(phases: Phases) -> Iterator[Mistake]:
    """Where the labels stand in the file; those of a column are looked at with the days."""
    others = besides(phases.labels, phases.treated)
    if 1 < len(others) < len(set(map(condition, phases.labels))):
        says = f"[phases] labels: {' and '.join(map(repr, others))} are not treated, and a study has one baseline"
        yield ("phases", "labels"), says


def _intervention(phases: Phases) -> Iterator[Mistake]:
    day = phases.intervention
    if day and ((phases.first and day <= phases.first) or (phases.last and day > phases.last)):
        yield ("phases", "intervention"), "[phases] intervention: there are no days before it, or none after"
    if day and phases.treated:
        yield ("phases", "treated"), "[phases] treated: with 'intervention', the days from it on are"


def _listed(phases: Phases) -> Iterator[Mistake]:
    for number, phase in enumerate(phases.listed):
        keys: Keys = ("phases", "listed", number)
        if phase.first > phase.last:
            yield (*keys, "last"), f"[[phases.listed]] {phase.label} ends before it begins"
        if (phases.first and phase.first < phases.first) or (phases.last and phase.last > phases.last):
            yield keys, f"[[phases.listed]] {phase.label} lies outside of the study's first and last day"
    for number, (before, after) in enumerate(pairwise(phases.listed), 1):
        if after.first <= before.last:
            says = f"[[phases.listed]] {after.label} begins on {after.first}, when {before.label} is not over"
            yield ("phases", "listed", number, "first"), says
    flags = {phase.treated for phase in phases.listed}
    if len(flags) == 1:
        says = "all of them" if True in flags else "none"
        yield ("phases", "listed"), f"[[phases.listed]] {says} is treated: say which with treated = true"
    both = {p.label for p in phases.listed if p.treated} & {p.label for p in phases.listed if not p.treated}
    for label in sorted(both):
        yield ("phases", "listed"), f"[[phases.listed]] {label} is treated in one place and not in another"


def _series(study: Study) -> Iterator[Mistake]:
    if study.design != "multiple baseline":
        if study.series:
            yield ("series",), f"[[series]] belongs to a multiple-baseline study; this one is {study.design}"
        return
    if len(study.series) < 2:
        yield ("series",), "a multiple-baseline study has two or more [[series]], each with name and intervention"
    seen: set[str] = set()
    for number, member in enumerate(study.series):
        if member.name in seen:
            yield ("series", number, "name"), f"[[series]] {member.name} is there twice"
        seen.add(member.name)
        phases = study.phases
        if (phases.first and member.intervention <= phases.first) or (
            phases.last and member.intervention > phases.last
        ):
            yield (
                ("series", number, "intervention"),
                f"[[series]] {member.name}: no days before its intervention, or after",
            )


def _model(study: Study) -> Iterator[Mistake]:
    model, phases = study.model, study.phases
    drifts = study.design in DRIFTING if model.trend is None else model.trend
    if model.impact != "level" and study.design in ("ABAB", "alternating"):
        yield ("model", "impact"), f"[model] impact: a study of design {study.design} has changes of level"
    elif model.impact != "level" and not drifts:
        yield ("model", "impact"), "[model] impact: a change of slope needs a slope to change; give trend = true"
    if model.window is None:
        return
    first, last = model.window
    if study.design != "ITS":
        yield ("model", "window"), "[model] window: only an ITS study has one"
    elif first > last:
        yield ("model", "window"), "[model] window: it ends before it begins"
    elif (phases.intervention and first < phases.intervention) or (phases.last and last > phases.last):
        yield ("model", "window"), "[model] window: not all of its days are treated days of the study"


def _schedule(study: Study) -> Iterator[Mistake]:
    schedule = study.schedule
    keys: Keys = ("schedule",)
    if schedule.chosen == "fixed":
        given = [
            name
            for name in ("candidates", "seed", "dates", "shortest", "block", "listed", "shared")
            if _given(schedule, name)
        ]
        if given:
            yield (*keys, given[0]), f"[schedule] {given[0]}: nothing is drawn unless chosen = 'randomised'"
        return
    if schedule.candidates is None:
        yield keys, "[schedule] 'candidates' is missing: the set of schedules that was drawn from"
        return
    need = _NEEDS.get(schedule.candidates)
    if need and not getattr(schedule, need):
        yield (*keys, "candidates"), f"[schedule] candidates = '{schedule.candidates}' needs '{need}'"
    for name in set(_NEEDS.values()) - {need}:
        if getattr(schedule, name):
            yield (*keys, name), f"[schedule] {name} does not go with candidates = '{schedule.candidates}'"
    if schedule.shared and study.design != "multiple baseline":
        yield (*keys, "shared"), "[schedule] shared: only the series of a multiple-baseline study can share dates"
    yield from _drawn(study)


def _given(schedule: Schedule, name: str) -> bool:
    return getattr(schedule, name) not in (None, (), False)


def _drawn(study: Study) -> Iterator[Mistake]:
    schedule, phases = study.schedule, study.phases
    starts = study.design in ("ITS", "AB")
    if (schedule.candidates == "starts") != starts and schedule.candidates != "listed":
        says = "'starts', dates of which one was drawn" if starts else "'changes', 'blocks', 'complete' or 'listed'"
        if study.design != "multiple baseline":
            yield ("schedule", "candidates"), f"[schedule] candidates: a study of design {study.design} has {says}"
    if schedule.dates and phases.intervention and phases.intervention not in schedule.dates:
        yield ("schedule", "dates"), f"[schedule] dates: the intervention, {phases.intervention}, is none of them"
    if len({len(each) for each in schedule.listed}) > 1:
        yield ("schedule", "listed"), "[schedule] listed: they are not all of the same length"
    elif schedule.listed and phases.labels and phases.labels not in schedule.listed:
        yield ("schedule", "listed"), "[schedule] listed: what was done ([phases] labels) is none of them"


def _excluded(study: Study) -> Iterator[Mistake]:
    for number, each in enumerate(study.exclude):
        if each.first > each.last:
            yield ("exclude", number, "last"), "[[exclude]] it ends before it begins"
