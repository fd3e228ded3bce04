"""
A study's schedule: the set it was drawn from, the test that this allows, and the draw itself.

A schedule has a number within its set. A seed picks that number through a hash that every machine
and every release computes alike, so that who knows set and seed can draw the schedule again. Nothing
here decides whether a study was randomised; the study says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import shake_256
from itertools import groupby
from typing import NamedTuple

import numpy as np

from parquetry.analysis import limits, randomisation, staggered
from parquetry.analysis.design import Design
from parquetry.analysis.estimates import Flags, Floats
from parquetry.analysis.panel import Panel
from parquetry.analysis.randomisation import Alternative, Randomised, Schedules
from parquetry.errors import Usage
from parquetry.studies import Schedule, Study
from parquetry.studies.treatment import condition
from parquetry.text import Told

_SPARE_BYTES = 16
"""Of a hash, beyond those of the number of schedules: what is left over makes no schedule more likely by 2^-128."""


def randomised(study: Study, design: Design, *, directed: bool = False, seed: int = 0) -> Randomised | None:
    """
    The randomisation test of one series; None unless its schedule was randomised.

    Args:
        design: Of the series, with the schedule that was used.
        directed: One-sided, in the direction in which a change is wanted.
        seed: Of the draws where there are more schedules than are looked at.

    Raises:
        Usage: The schedule that was used is not one of those it might have been.
    """
    if study.schedule.chosen != "randomised":
        return None
    return randomisation.randomisation_test(
        counted(design), design.treated, schedules_of(study, design),
        alternative=_alternative(study, directed), washout=design.washout, seed=seed,
    )  # fmt: skip


def randomised_together(
    study: Study, designs: Sequence[Design], *, directed: bool = False, seed: int = 0
) -> Randomised | None:
    """The joint test of the series of a multiple-baseline study; None unless their dates were randomised."""
    if study.schedule.chosen != "randomised":
        return None
    rows = [_rows(design.panel, study.schedule.dates) for design in designs]
    return staggered.joint_test(
        [counted(design) for design in designs],
        [int(np.flatnonzero(design.treated)[0]) for design in designs],
        rows,
        shared=study.schedule.shared,
        alternative=_alternative(study, directed),
        washout=max(design.washout for design in designs),
        seed=seed,
    )


def schedules_of(study: Study, design: Design) -> Schedules:
    """
    All schedules that might have been drawn for the days of *design*.

    Raises:
        Usage: The study does not say which, or they do not fit its days.
    """
    schedule, days = study.schedule, len(design.panel)
    if schedule.candidates == "starts":
        return randomisation.starts(days, _rows(design.panel, schedule.dates))
    if schedule.candidates == "changes":
        return randomisation.changes(days, len(design.phases), _stated(schedule.shortest, "shortest"))
    if schedule.candidates == "blocks":
        return randomisation.blocks(days, schedule.block or 1)
    if schedule.candidates == "complete":
        return randomisation.complete(days, int(design.treated.sum()))
    if schedule.candidates == "listed":
        return randomisation.listed(_listed(schedule.listed, _known(design), days))
    raise Usage("the schedule was randomised, and the study does not say from which", next="[schedule] candidates")


def counted(design: Design) -> Floats:
    """The outcome of the days that count under every schedule; a washout is each schedule's own."""
    panel = design.panel
    own = {phase.first + day for phase in design.phases[1:] for day in range(design.washout)}
    found: Floats = panel.outcome.copy()
    found[[row for row, why in panel.excluded.items() if why != "washout" or row not in own]] = np.nan
    return found


class DrawnPhase(NamedTuple):
    """
    A phase of it.

    Attributes:
        label: ``A``, or ``B``, the treatment.
        first, last: Its days, both inclusive.
    """

    label: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Drawn(Told):
    """
    A schedule that was drawn at random.

    Attributes:
        seed: With it the same set gives the same schedule.
        how: The set, in words.
        admissible: How many schedules are in it.
        number: Of this one among them, from 0 on.
        phases: With their dates.
        labels: Of each day; ``B`` is treatment.
        toml: What to paste into the study's file.
    """

    seed: int
    how: str
    admissible: int
    number: int
    phases: tuple[DrawnPhase, ...]
    labels: tuple[str, ...]
    toml: str

    def __str__(self) -> str:
        runs = [f"  {phase.label}  {phase.first} to {phase.last}" for phase in self.phases]
        head = f"schedule {self.number + 1:,} of {self.admissible:,} ({self.how}), drawn with seed {self.seed}:"
        return "\n".join([head, *runs, "", self.toml])


def drawn(study: Study, days: int, seed: int, first: date, *, phases: int = 4) -> Drawn:
    """
    Draw a schedule for a study of *days* days from *first* on.

    From the study's own set where that fits any number of days; else from all ways to place the
    changes, each phase at least half as long as if all were equal; a day of the middle third for one
    change; blocks of two days where the treatments alternate.

    Args:
        phases: Of a reversal design; others have two.

    Raises:
        Usage: So many phases do not fit.
    """
    number = phases if study.design == "ABAB" else 2
    schedule = _candidates(study, days, number, first)
    made = _offered(schedule, days, number, first)
    index = numbered(seed, made.count)
    labels = tuple("B" if on else "A" for on in made.at(index))
    runs = tuple(_dated(labels, first))
    return Drawn(seed, made.how, made.count, index, runs, labels, _toml(schedule, seed, runs, labels))


def _dated(labels: Sequence[str], first: date) -> Iterator[DrawnPhase]:
    row = 0
    for label, run in groupby(labels):
        last = row + len(list(run)) - 1
        yield DrawnPhase(label, first + timedelta(days=row), first + timedelta(days=last))
        row = last + 1


def _toml(schedule: Schedule, seed: int, phases: Sequence[DrawnPhase], labels: Sequence[str]) -> str:
    lines = ["[schedule]", 'chosen = "randomised"', f"seed = {seed}", f'candidates = "{schedule.candidates}"']
    lines += [] if schedule.shortest is None else [f"shortest = {schedule.shortest}"]
    lines += [] if schedule.block is None else [f"block = {schedule.block}"]
    lines += [f"dates = [{', '.join(map(str, schedule.dates))}]"] if schedule.dates else []
    lines += ["", "[phases]", f"first = {phases[0].first}", f"last = {phases[-1].last}"]
    if len(phases) == 2:
        return "\n".join([*lines, f"intervention = {phases[1].first}"])
    return "\n".join([*lines, 'treated = ["B"]', f'labels = "{"".join(labels)}"'])


def numbered(seed: int, count: int) -> int:
    """A number below *count*, each with the same probability over seeds; the same on every machine."""
    size = (count.bit_length() + 7) // 8 + _SPARE_BYTES
    return int.from_bytes(shake_256(f"parquetry schedule {seed}".encode()).digest(size), "big") % count


def redrawn(study: Study, design: Design) -> bool | None:
    """Whether the study's seed draws the schedule that was used; None where it states none."""
    if study.schedule.chosen != "randomised" or study.schedule.seed is None:
        return None
    made = schedules_of(study, design)
    return bool((made.at(numbered(study.schedule.seed, made.count)) == design.treated).all())


def _candidates(study: Study, days: int, phases: int, first: date) -> Schedule:
    given = study.schedule
    if study.design == "alternating":
        if given.candidates == "complete":
            return Schedule("randomised", candidates="complete")
        return Schedule("randomised", candidates="blocks", block=given.block or 1)
    if study.design != "ABAB":
        margin = max(limits.PHASE_DAYS, days // 3)
        dates = tuple(first + timedelta(days=row) for row in range(margin, days - margin + 1))
        return Schedule("randomised", candidates="starts", dates=given.dates if _fit(given, first, days) else dates)
    stated = given.shortest if given.candidates == "changes" else None
    shortest = stated or max(limits.PHASE_DAYS, days // (2 * phases))
    return Schedule("randomised", candidates="changes", shortest=shortest)


def _fit(given: Schedule, first: date, days: int) -> bool:
    """Whether the study's own dates lie within the days."""
    last = first + timedelta(days=days - 1)
    return given.candidates == "starts" and all(first < day <= last for day in given.dates) and len(given.dates) > 1


def _offered(schedule: Schedule, days: int, phases: int, first: date) -> Schedules:
    if schedule.candidates == "starts":
        return randomisation.starts(days, [(day - first).days for day in schedule.dates])
    if schedule.candidates == "complete":
        return randomisation.complete(days, days // 2)
    if schedule.candidates == "blocks":
        return randomisation.blocks(days, schedule.block or 1)
    return randomisation.changes(days, phases, _stated(schedule.shortest, "shortest"))


def _rows(panel: Panel, dates: Sequence[date]) -> list[int]:
    """Of each date; below 0 or beyond the last one for a date that has no day in the panel's span."""
    if panel.days is None:
        raise Usage("the schedule was drawn from dates, and the series has none")
    first, last = panel.days[[0, -1]]
    given = [np.datetime64(day, "D").astype(panel.days.dtype) for day in dates]
    if not any(first < at <= last for at in given):
        raise Usage(f"no date that was drawn from leaves days before and after it; the series has {first} to {last}")
    return [
        panel.row_of(day) if first <= at <= last else int((at - first) // panel.step)
        for day, at in zip(dates, given, strict=True)
    ]


def _stated(value: int | None, name: str) -> int:
    if value is None:
        raise Usage(f"the schedule was randomised, and the study does not say its {name}", next=f"[schedule] {name}")
    return value


def _known(design: Design) -> dict[str, bool]:
    """Which labels are treatment, as the schedule that was used has them."""
    labels = design.panel.phases or tuple("B" if on else "A" for on in design.treated)
    pairs = zip(labels, design.treated.tolist(), strict=True)
    return {name: treated for label, treated in pairs for name in (label, condition(label))}


def _listed(schedules: Sequence[Sequence[str]], known: dict[str, bool], days: int) -> Flags:
    found = []
    for number, labels in enumerate(schedules, 1):
        if len(labels) != days:
            raise Usage(f"listed schedule {number} has {len(labels)} days, the study {days}")
        names = [label if label in known else condition(label) for label in labels]
        if strange := sorted({name for name in names if name not in known}):
            raise Usage(f"listed schedule {number}: no day of the study has the label {', '.join(strange)}")
        found.append([known[name] for name in names])
    return np.array(found, dtype=bool)


def _alternative(study: Study, directed: bool) -> Alternative:
    return study.outcome.direction if directed else "two-sided"
