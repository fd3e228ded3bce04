"""
``studies/NAME.toml`` read into a `Study`: strictly, with every mistake and its line told at once.

What can be seen in the file alone is decided here; whether its dataset, columns and days exist is
not, since that needs a snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from datetime import time as clock
from pathlib import Path
from typing import Any, TypeVar, get_args

import duckdb

from parquetry.errors import Config, Usage, did_you_mean
from parquetry.settings.lines import parsed, read_text, refuse
from parquetry.studies import (
    DESIGNS,
    DRIFTING,
    Aggregate,
    Candidates,
    Chosen,
    Covariate,
    DeclaredPhase,
    DesignName,
    Empty,
    Excluded,
    ImpactName,
    Kind,
    Member,
    Model,
    Outcome,
    PeriodName,
    Phases,
    Reading,
    Schedule,
    Study,
)
from parquetry.studies.contradictions import contradictions
from parquetry.studies.table import Mistakes, Table
from parquetry.studies.treatment import besides, condition

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""Of a study, as of datasets."""
FOLDER = "studies"

T = TypeVar("T")

_SPELLINGS: dict[str, DesignName] = {
    **{name.lower(): name for name in DESIGNS},
    "interrupted time series": "ITS",
    "reversal": "ABAB",
    "alternating treatments": "alternating",
}


def names(root: Path) -> list[str]:
    """The studies of the project in *root*."""
    return sorted(file.stem for file in (root / FOLDER).glob("*.toml") if file.is_file())


def find(root: Path | None, name: str) -> Path:
    """
    The file of the study *name*, which may be a path that ends in ``.toml``.

    Args:
        root: The project's folder; None without one.

    Raises:
        Usage: There is none such; the message names those that exist.
    """
    if name.endswith(".toml"):
        if not Path(name).is_file():
            raise Usage(f"no file {name}")
        return Path(name)
    if root is not None and NAME.fullmatch(name) and (root / FOLDER / f"{name}.toml").is_file():
        return root / FOLDER / f"{name}.toml"
    known = names(root) if root else []
    raise Usage(
        f"no study '{name}'{did_you_mean(name, known)}",
        what=f"studies: {', '.join(known) or f'none; put NAME.toml into {FOLDER}/'}",
        next="parquetry study list",
    )


def found(root: Path | None, name: str) -> tuple[Study, Path]:
    """
    The study *name* and its file; see `find`.

    Raises:
        Usage: There is none such.
        Config: Its mistakes, all together, by line.
    """
    file = find(root, name)
    return read(file), file


def read(file: Path) -> Study:
    """
    The study that *file* declares.

    Raises:
        Config: Its mistakes, all together, by line.
    """
    if not NAME.fullmatch(file.stem):
        raise Config(f"{file.name}: a study's name has a to z, 0 to 9 and _, at most 63, a letter first")
    text = read_text(file)
    mistakes: Mistakes = []
    study = study_of(file.stem, parsed(file, text), mistakes)
    refuse(file, text, mistakes)
    return study


def study_of(name: str, values: dict[str, Any], mistakes: Mistakes) -> Study:
    """The study that the tables of a file declare; what is wrong is added to *mistakes*."""
    top = Table(values, mistakes)
    design = _design(top)
    outcome = top.table("outcome")
    if not top.has("outcome"):
        top.wrong("outcome", "[outcome] is missing: what is measured, and from which rows")
    reading = _reading(outcome)
    covariates = tuple(_covariate(each, table, reading) for each, table in top.table("covariates").named())
    study = Study(
        name,
        top.text("question", required=True),
        design,
        _outcome(outcome, reading),
        reading,
        _phases(top.table("phases")),
        top.text("hypothesis"),
        _model(top.table("model"), design),
        covariates,
        _schedule(top.table("schedule")),
        top.text("stopping"),
        _each(_excluded, top.tables("exclude")),
        _each(_member, top.tables("series")),
        _about(top.table("about")),
    )
    top.done()
    if top.has("outcome"):
        _require_value(outcome, study)
    if not mistakes:  # of a study that is half read, most contradictions are none
        mistakes += contradictions(study, values)
    return study


def _each(made: Callable[[Table], T | None], tables: Iterable[Table]) -> tuple[T, ...]:
    """What *made* gives for each of *tables* but those that are wrong."""
    return tuple(one for table in tables if (one := made(table)) is not None)


def _design(top: Table) -> DesignName:
    said = top.text("design", required=True)
    known = re.sub(r"[\s_-]+", " ", said).strip().lower()
    if not said or known in _SPELLINGS:
        return _SPELLINGS.get(known, "ITS")
    supported = f"supported are {', '.join(DESIGNS)}"
    if known == "changing criterion":
        top.wrong(
            "design", f"design: changing criterion is not supported, since its treatment has no two states; {supported}"
        )
    else:
        top.wrong("design", f"design: {said!r} is not known{did_you_mean(known, _SPELLINGS)}; {supported}")
    return "ITS"


def _outcome(table: Table, reading: Reading) -> Outcome:
    """Takes the outcome's own keys, and closes the table."""
    kind: Kind = table.choice("kind", get_args(Kind), "share" if reading.aggregate == "share" else "continuous")
    found = Outcome(
        table.text("name", reading.value or "rows"),
        table.text("unit"),
        table.choice("direction", ("increase", "decrease"), "increase"),
        kind,
        table.number("smallest_effect"),
        table.numbers("region"),
    )
    if found.smallest is not None and found.smallest <= 0:
        table.wrong("smallest_effect", "smallest_effect is above 0; direction says which way is wanted")
    table.done()
    return found


_OF_OUTCOME = ("timezone", "day_starts", "period")


def _reading(table: Table) -> Reading:
    return Reading(
        table.text("dataset"),
        table.text("query"),
        _params(table.table("params")),
        table.expression("value"),
        table.text("time"),
        table.expression("where"),
        table.choice("aggregate", get_args(Aggregate), "mean"),
        table.expression("weight"),
        _timezone(table),
        table.time("day_starts", clock(0)),
        table.choice("period", get_args(PeriodName), "day"),
        table.choice("empty", get_args(Empty), "missing"),
        table.expression("tracked"),
    )


def _params(table: Table) -> dict[str, str]:
    found = {}
    for key, value in table.values.items():
        if isinstance(value, str | int | float | bool | date):
            found[key] = str(value).lower() if isinstance(value, bool) else str(value)
        else:
            table.wrong(key, f"{key} is a text, a number or a date")
    return found


def _timezone(table: Table) -> str:
    name = table.text("timezone", "UTC")
    if name == "UTC" or not table.has("timezone"):
        return name
    with duckdb.connect() as connection:  # the list that days are computed with
        known = [zone for (zone,) in connection.execute("SELECT name FROM pg_timezone_names()").fetchall()]
    if name not in known:
        table.wrong("timezone", f"timezone: {name!r} is not a zone such as Europe/Berlin{did_you_mean(name, known)}")
        return "UTC"
    return name


def _require_value(table: Table, study: Study) -> None:
    reading = study.reading
    own = bool(study.series) and all(member.value for member in study.series)
    if reading.aggregate == "count":
        if reading.value:
            table.wrong("value", "value: an aggregate of count counts rows; say in 'where' which")
    elif not reading.value and not own:
        table.wrong(
            "value", f"'value' is missing: the column, or SQL expression, of which the {reading.aggregate} is taken"
        )


def _covariate(name: str, table: Table, outcome: Reading) -> Covariate:
    if not NAME.fullmatch(name):
        table.wrong("", f"'{name}' is not a name: a to z, 0 to 9 and _, a letter first")
    for key in _OF_OUTCOME:
        if table.has(key):
            table.wrong(key, f"{key} is the outcome's, for all covariates")
    reading = _reading(table)
    affected = bool(table.flag("affected", False))
    table.done()
    _require_covariate(table, reading)
    if not reading.dataset and not reading.query:
        reading = replace(reading, dataset=outcome.dataset, query=outcome.query, params=dict(outcome.params))
        reading = replace(reading, time=reading.time or outcome.time)
    reading = replace(reading, timezone=outcome.timezone, day_starts=outcome.day_starts, period=outcome.period)
    return Covariate(name, reading, affected)


def _require_covariate(table: Table, reading: Reading) -> None:
    if reading.aggregate == "count" and reading.value:
        table.wrong("value", "value: an aggregate of count counts rows; say in 'where' which")
    if reading.aggregate != "count" and not reading.value:
        table.wrong("value", "'value' is missing")
    if reading.weight:
        table.wrong("weight", "a covariate has no weight")


def _phases(table: Table) -> Phases:
    treated = table.texts("treated")
    found = Phases(
        table.day("intervention"),
        bool(table.flag("unknown", False)),
        _each(lambda part: _listed(part, treated), table.tables("listed")),
        table.labels("labels"),
        table.text("dataset"),
        table.text("protocol"),
        table.text("column"),
        treated,
        table.day("first"),
        table.day("last"),
        table.whole("washout", 0),
    )
    labels = [phase.label for phase in found.listed]
    others = besides(labels, treated)
    if 1 < len(others) < len(set(map(condition, labels))) and treated:
        table.wrong("treated", f"treated: {' and '.join(map(repr, others))} are not, and a study has one baseline")
    table.done()
    # What the flags say is said once more by label, which is what an analysis goes by.
    flagged = dict.fromkeys(phase.label for phase in found.listed if phase.treated)
    return replace(found, treated=tuple(flagged)) if found.listed else found


def _listed(table: Table, treated: tuple[str, ...]) -> DeclaredPhase | None:
    label = table.text("label", required=True)
    first, last = table.day("first", required=True), table.day("last", required=True)
    flag = bool(table.flag("treated", label in treated))
    table.done()
    return DeclaredPhase(label, first, last, flag) if label and first and last else None


def _model(table: Table, design: DesignName) -> Model:
    trend = table.flag("trend", None)
    drifts = design in DRIFTING if trend is None else trend and design not in ("ABAB", "alternating")
    impact: ImpactName = table.choice("impact", get_args(ImpactName), "both" if drifts else "level")
    window, level = table.days("window", 2), table.number("level")
    if level is not None and not 0.5 <= level < 1:
        table.wrong("level", "level is the probability in the intervals, such as 0.95")
    found = Model(
        impact,
        trend,
        bool(table.flag("season", True)),
        (window[0], window[1]) if window else None,
        0.95 if level is None else level,
    )
    table.done()
    return found


def _schedule(table: Table) -> Schedule:
    chosen: Chosen = table.choice("chosen", get_args(Chosen), "fixed")
    candidates: Candidates | None = table.choice("candidates", get_args(Candidates), None)
    listed = table.values.get("listed", [])
    table.taken.append("listed")
    if not isinstance(listed, list):
        table.wrong("listed", 'listed is a list of schedules, such as ["AABB", "ABAB"]')
        listed = []
    each = [Table({"listed": one}, table.mistakes, table.keys) for one in listed]
    found = Schedule(
        chosen,
        table.whole("seed", None),
        candidates,
        table.days("dates"),
        table.whole("shortest", None, least=1),
        table.whole("block", None, least=1),
        tuple(one.labels("listed") for one in each),
        bool(table.flag("shared", False)),
    )
    table.done()
    return found


def _excluded(table: Table) -> Excluded | None:
    day = table.day("day")
    first, last = table.day("first") or day, table.day("last") or day
    reason = table.text("reason", required=True)
    if day and (table.has("first") or table.has("last")):
        table.wrong("day", "day is one day, first and last are several; give one of both")
    elif not (first and last) and not any(map(table.has, ("day", "first", "last"))):
        table.wrong("", "'day', or 'first' and 'last', is missing")
    elif table.has("first") != table.has("last"):
        table.wrong("", "'first' and 'last' belong together")
    table.done()
    return Excluded(first, last, reason) if first and last else None


def _member(table: Table) -> Member | None:
    name, day = table.text("name", required=True), table.day("intervention", required=True)
    found = Member(name, day or date.min, table.expression("where"), table.expression("value"))
    table.done()
    return found if name and day else None


def _about(table: Table) -> dict[str, str]:
    found = {key: table.text(key) for key in table.values}
    return {key: text for key, text in found.items() if text}
