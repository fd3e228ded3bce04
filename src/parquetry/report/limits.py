"""
What a study of this design cannot show, said in the report whatever its answer is.
"""

from __future__ import annotations

from collections.abc import Iterator

from parquetry.report.reported import Reported


def limits(reported: Reported) -> tuple[str, ...]:
    """The limits of a report, the general ones first."""
    return tuple(_limits(reported))


def _limits(reported: Reported) -> Iterator[str]:
    study = reported.studied.study
    yield "It is about this person (or these), in this time. It says nothing of how others would respond."
    yield (
        "Whatever else changed together with the treatment, such as a second measure, a season or a change in how the "
        "outcome was recorded, is part of the effect; the model removes only what it was given."
    )
    if study.design in ("ITS", "AB"):
        yield (
            "The treatment began once. What would have been is the baseline carried on: had the baseline been about to "
            "change by itself at that date, this design could not tell."
        )
    if study.design == "multiple baseline":
        yield (
            "The series stand for one another only if they were exposed to the same events; a staggered start excludes "
            "what happened to all of them on one date, not what happened to each."
        )
    if reported.together is not None:
        yield from (f"{said[:1].upper()}{said[1:]}." for said in reported.together.limits)
    if study.design in ("ABAB", "alternating"):
        washout = study.phases.washout
        allowed = f"{washout} {study.reading.period}{'s' if washout != 1 else ''}" if washout else "none"
        yield (
            f"Carry-over: what the treatment leaves behind in the next phase, beyond the washout ({allowed}), is "
            "counted as the phase's own and usually makes the effect smaller."
        )
    if study.schedule.chosen == "fixed":
        yield "The schedule was fixed, not drawn at random: there is no randomisation test, and the dates may matter."
    yield "Unless the study says that it was blinded, who measures knows whether the treatment is on."
    yield (
        "Missing days are taken as missing for reasons that have nothing to do with the outcome on them, given the "
        "days around them."
    )
    if reported.calibrated is None:
        yield "How often intervals of studies like this one hold the truth has not been measured by simulation."
