"""
What a study states, by the words that the checklists' items are filled from.

The person's own words come from the study file's ``about``; the rest from the study's declaration,
its registration, its days and its analysis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from parquetry.report.checklists import NOT_APPLICABLE, NOT_STATED
from parquetry.report.figures.rows import Across, fates, phases
from parquetry.report.reported import Reported
from parquetry.report.sentences import Result, smallest_of_interest
from parquetry.studies import Reading, Schedule
from parquetry.text import counted

ABOUT: Mapping[str, str] = {
    "background": "what was known, and why it was studied",
    "rationale": "why a single person is studied",
    "participant": "who was studied, and what matters of them",
    "eligibility": "who could take part, and how they were found",
    "setting": "where it was done",
    "ethics": "approval, or why none was needed, and consent",
    "procedure": "what was done in each phase, so that others can do it",
    "measures": "how the outcome is measured, how reliable that is, and who measured",
    "equipment": "devices and materials",
    "fidelity": "whether the treatment was done as planned, and how that is known",
    "blinding": "who did not know which phase it was",
    "concealment": "whether the schedule was hidden beforehand, and who made it",
    "replication": "which repetitions were planned",
    "changes": "what was changed after the study began",
    "harms": "what happened that was unwanted",
    "interpretation": "what it means beside what else is known",
    "applicability": "for whom it may hold",
    "protocol": "where the plan can be read",
    "funding": "who paid, and what they had to say",
}
"""The keys of ``about`` that the checklists look for; any other is shown as it is."""


def facts(reported: Reported, result: Result) -> Mapping[str, str]:
    """What is stated, by key; a key that nothing answers is `NOT_STATED`."""
    about = {key: text.strip() for key, text in reported.studied.study.about.items() if text.strip()}
    found = dict.fromkeys(ABOUT, NOT_STATED) | about
    return found | dict(_computed(reported, result, about))


def _computed(reported: Reported, result: Result, about: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    study = reported.studied.study
    yield "title", f"{study.name}: {study.question} (single-case, {study.design})"
    yield "abstract", "the result section of this report"
    yield "aims", " ".join(filter(None, [study.question, study.hypothesis])) or NOT_STATED
    yield "design", _design(reported)
    yield "outcome", _outcome(reported)
    yield "size", f"stopping rule: {study.stopping}" if study.stopping else NOT_STATED
    yield "randomisation", _randomisation(study.schedule)
    yield "restriction", _restriction(study.schedule)
    yield "sequence planned", _planned(reported)
    yield "sequence", _sequence(reported)
    yield "losses", _losses(reported)
    yield "analysis", _analysis(reported)
    yield "carryover", _carryover(reported)
    yield "dates", _dates(reported)
    yield "results", result.headline
    yield "periods", "tables and figures of this report: every data point, days by phase, each reversal"
    yield "other analyses", "no answer, so none" if reported.refused else "sensitivity, checks, effect sizes, methods"
    yield "limitations", "the section on limits"
    yield "measured", "; ".join(each for each in (_outcome(reported), about.get("measures", "")) if each)
    binary = study.outcome.kind == "share"
    yield "binary", "both, in the table of effects" if binary and not reported.refused else NOT_APPLICABLE
    yield "registration", _registration(reported)
    yield "deviations", _deviations(reported, about)
    if "protocol" not in about and reported.registration is not None:
        yield "protocol", "the registered document, named under registration"
    if len(reported.studied.series) == 1:
        yield "series", NOT_APPLICABLE
    else:
        yield "series", f"{len(reported.studied.series)} series, each with its estimate, and one pooled"


def _design(reported: Reported) -> str:
    study = reported.studied.study
    series = reported.studied.series[0]
    found = phases(series, study)
    order = " ".join(each.label for each in found[:12]) + (" …" if len(found) > 12 else "")
    washout = counted(study.phases.washout, series.panel.period)
    return (
        f"{study.design}; {counted(len(found), 'phase')} ({order}); washout {washout}; schedule {study.schedule.chosen}"
    )


def _outcome(reported: Reported) -> str:
    study = reported.studied.study
    unit = f", in {study.outcome.unit}" if study.outcome.unit else ""
    smallest = f"; smallest effect of interest {smallest_of_interest(study.outcome)}"
    return f"{study.outcome.name}{unit} ({study.outcome.kind}); {reading(study.reading)}{smallest}"


def reading(said: Reading) -> str:
    """How rows become the study's days, in a sentence."""
    of = f" of {said.value}" if said.value else ""
    begins = f", a day begins at {said.day_starts:%H:%M}" if said.day_starts.hour or said.day_starts.minute else ""
    looked = " where tracking was on" if said.tracked else ""
    empty = "missing" if said.empty == "missing" else f"zero{looked}"
    return f"{said.aggregate}{of} a {said.period} in {said.timezone}{begins}; a {said.period} without rows is {empty}"


def _randomisation(schedule: Schedule) -> str:
    if schedule.chosen == "fixed":
        return "no: the schedule was fixed"
    seed = f", seed {schedule.seed}" if schedule.seed is not None else ", seed not stated"
    return f"yes: the schedule was drawn from a declared set ({schedule.candidates or 'not named'}){seed}"


def _restriction(schedule: Schedule) -> str:
    if schedule.chosen == "fixed":
        return NOT_APPLICABLE
    parts = [
        f"phases of at least {schedule.shortest}" if schedule.shortest else "",
        f"blocks of twice {schedule.block}" if schedule.block else "",
        f"{len(schedule.dates)} starting dates" if schedule.dates else "",
        f"{len(schedule.listed)} listed schedules" if schedule.listed else "",
    ]
    return "; ".join(filter(None, parts)) or str(schedule.candidates or NOT_STATED)


def _planned(reported: Reported) -> str:
    return "as registered" if reported.registration is not None else "declared in the study file, not registered"


def _sequence(reported: Reported) -> str:
    study = reported.studied.study
    told = []
    for series in reported.studied.series:
        found = phases(series, study)
        across = Across(series.panel)
        if len(found) > 12:
            told.append(f"{counted(len(found), 'phase')}, {across.span(0, len(series.panel) - 1)}")
        else:
            told.append("; ".join(f"{each.label or 'all'}: {across.span(each.first, each.last)}" for each in found))
    return " | ".join(told)


def _losses(reported: Reported) -> str:
    told = []
    for series in reported.studied.series:
        count = Counter(filter(None, fates(series.panel)))
        kinds = ", ".join(f"{number} {what}" for what, number in count.items()) or "none"
        told.append(f"{counted(len(series.panel), series.panel.period)}, of which not counted: {kinds}")
    return " | ".join(told)


def _analysis(reported: Reported) -> str:
    model = reported.studied.study.model
    engine = "exact posterior" if reported.studied.engine == "exact" else "posterior by NUTS"
    season = "weekdays or season" if model.season else "no season"
    return (
        f"regression with first-order autoregressive errors, {season}; {engine}; intervals of {100 * model.level:g} %"
    )


def _carryover(reported: Reported) -> str:
    washout = reported.studied.study.phases.washout
    return (
        f"washout of {washout}; other washouts, leaving out a phase, weekdays and trend are under sensitivity; "
        "autocorrelation is part of the model"
    )


def _dates(reported: Reported) -> str:
    return " | ".join(Across(each.panel).span(0, len(each.panel) - 1) for each in reported.studied.series)


def _registration(reported: Reported) -> str:
    if reported.registration is None:
        return "not registered"
    parts = [
        f"{key} {reported.registration[key]}"
        for key in ("registered_at", "sha256", "snapshot")
        if key in reported.registration
    ]
    return "registered" + (f": {', '.join(parts)}" if parts else "")


def _deviations(reported: Reported, about: Mapping[str, str]) -> str:
    if reported.registration is None:
        return about.get("changes", NOT_STATED)
    count = len(reported.deviations)
    found = counted(count, "deviation") + ", listed above" if count else "none from what was registered"
    return f"{found}; {about['changes']}" if "changes" in about else found
