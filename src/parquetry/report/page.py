"""
The report as one HTML page that needs nothing else: no script, no font, no file, no network.

What stands in it comes from `document`, `tables` and `figures`; here it is put in order. All text is
escaped by Jinja; only the figures' own SVG, escaped where it is drawn, goes in as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from parquetry.report.characters import writable
from parquetry.report.checklists import NOT_STATED
from parquetry.report.checklists.facts import ABOUT, reading
from parquetry.report.document import checklists
from parquetry.report.figures import Figure
from parquetry.report.figures.drawn import figures
from parquetry.report.figures.rows import conditions
from parquetry.report.limits import limits
from parquetry.report.reported import Reported
from parquetry.report.sentences import Result, result, smallest_of_interest
from parquetry.report.tables import Table, tables
from parquetry.studies import Study
from parquetry.text import counted

_TEMPLATES = Path(__file__).parent / "templates"
READ: Mapping[str, str] = {
    "design": "Grey marks the days that do not count, by reason.",
    "data": "Each point is one value as it was measured. The band is the interval of the mean without treatment.",
    "effect": "Bands are intervals; the dotted line is no effect.",
    "cumulative": "The effects summed up from the first treated day on; the dotted line is no effect.",
    "reversals": "Pooled, each reversal borrows from the others; not pooled, it stands alone.",
    "sensitivity": "The same question asked of other models; what disagrees is named in the result.",
    "randomisation": "How large the difference would have been under the other schedules that might have been drawn.",
    "placebo": "What the same model finds where nothing was done. The line and band are the effect at the true date.",
    "change": "How probable each day is, given that there was a change.",
    "series": "Each series by itself, and what they say together.",
}
"""How to read each kind of figure."""
KINDS = frozenset(READ)
"""Of figures, all that there are."""
DESIGNS: Mapping[str, str] = {
    "ITS": "interrupted time series",
    "AB": "baseline and treatment (AB)",
    "ABAB": "reversal (ABAB)",
    "alternating": "alternating treatments",
    "multiple baseline": "multiple baseline",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its figures and tables in order, after what is said in words."""

    id: str
    title: str
    words: Sequence[str]
    blocks: Sequence[Figure | Table]
    terms: Sequence[tuple[str, str]] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.blocks or self.terms)


def page(reported: Reported) -> str:
    """The page, as HTML."""
    said = result(reported)
    study = reported.studied.study
    html: str = _template().render(
        reported=reported, study=study, said=said, sections=[*filter(None, _sections(reported, said))],
        checklists=checklists(reported, said), not_stated=NOT_STATED, read=READ, is_figure=_is_figure,
        provenance=[*_flat(reported.provenance)], design=DESIGNS[study.design],
    )  # fmt: skip
    return writable(html)


@lru_cache(maxsize=1)
def _template() -> Any:
    # Strict: a misspelt name in a template is an error, not an empty place in somebody's report.
    found = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_tied,
    )  # fmt: skip
    return found.get_template("page.html")


def _tied(value: Any) -> Any:
    """A per cent sign stays on the line of its number."""
    return value.replace(" %", "\N{NO-BREAK SPACE}%") if type(value) is str else value


def _is_figure(block: Figure | Table) -> bool:
    return isinstance(block, Figure)


def _sections(reported: Reported, said: Result) -> Iterator[Section]:
    drawn, told = [*figures(reported).values()], tables(reported)

    def blocks(*names: str) -> list[Figure | Table]:
        """Those of these names, all of one series before the next."""
        series: list[int | None] = [*range(len(reported.studied.series)), None]
        found: list[Figure | Table] = []
        for index in series:
            for name in names:
                if name.startswith("table "):
                    found += [t for t in told if t.name == name[6:] and t.series == index]
                else:
                    found += [f for f in drawn if f.kind == name and f.series == index]
        return found

    yield Section("study", "The study", (), blocks("design", "table days", "table excluded"), [*_terms(reported)])
    yield Section(
        "data", "Data and effect", (), blocks("series", "table series", "data", "table effects", "effect", "cumulative")
    )
    yield Section("reversals", "Reversals", (), blocks("reversals", "table reversals"))
    yield Section("randomisation", "Randomisation test", (), blocks("randomisation"))
    yield Section("change", "When the change was", (), blocks("change", "table change points"))
    depends = [said.headline.partition(". ")[0] + "."] if reported.depends_on else []
    shown = blocks("sensitivity", "table sensitivity")
    yield Section("sensitivity", "Sensitivity", depends if shown else (), shown)
    yield Section("checks", "Checks", (), blocks("table checks", "placebo"))
    yield Section("sizes", "Effect sizes and other methods", (), blocks("table effect sizes", "table methods"))
    yield _registration(reported, blocks("table deviations"))
    yield Section("limits", "What this cannot show", limits(reported), ())


def _registration(reported: Reported, deviations: Sequence[Figure | Table]) -> Section:
    if reported.registration is None:
        words = ["The study was not registered before it was analysed, so its answer is exploratory."]
        return Section("registration", "Registration", words, deviations)
    terms = [(key, value) for key, value in _flat(reported.registration) if not key.startswith("study")]
    words = [] if deviations else ["Nothing differs from what was registered."]
    return Section("registration", "Registration", words, deviations, terms)


def _terms(reported: Reported) -> Iterator[tuple[str, str]]:
    study = reported.studied.study
    outcome, schedule = study.outcome, study.schedule
    yield "Hypothesis", study.hypothesis or "none stated"
    unit = f", in {outcome.unit}" if outcome.unit else ""
    yield "Outcome", f"{outcome.name}{unit}; {outcome.kind}; {outcome.direction} wanted"
    yield (
        "A day's value" if study.reading.period == "day" else f"A {study.reading.period}'s value",
        reading(study.reading),
    )
    yield "Smallest effect of interest", smallest_of_interest(outcome)
    washout = counted(study.phases.washout, study.reading.period) if study.phases.washout else "none"
    yield "Design", f"{DESIGNS[study.design]}; washout {washout}"
    treated, untreated = conditions(reported.studied.series, study)
    if treated:
        yield "Treatment", f"{', '.join(treated)}; without it: {', '.join(untreated) or 'none'}"
    drawn = f", seed {schedule.seed}" if schedule.seed is not None else ""
    yield "Schedule", f"{schedule.chosen}{drawn}"
    yield "Model", _model(study)
    if study.covariates:
        yield "Covariates", ", ".join(each.name for each in study.covariates)
    yield "Stopping rule", study.stopping or "none stated"
    for key, text in study.about.items():
        if key not in ABOUT and text:
            yield key, text


def _model(study: Study) -> str:
    model = study.model
    season = "weekdays or season where the series is long enough" if model.season else "no season"
    trend = {None: "trend as the design has it", True: "with a trend", False: "without a trend"}[model.trend]
    impact = (
        f"change of {'level and slope' if model.impact == 'both' else model.impact}; " if study.design == "ITS" else ""
    )
    return f"{impact}{trend}; {season}; autoregressive errors"


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as pairs: ``versions.numpy``."""
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
            for number, each in enumerate(value, 1):
                yield from _flat(each, f"{name}.{number}.") if isinstance(each, Mapping) else [(name, str(each))]
        elif value not in (None, "", [], ()):
            yield name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
