"""
What is written down about the study: the rows of its four small tables, as the text that COPY reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from parquetry.demo.chance import cuid, draws, hexadecimal, normal
from parquetry.demo.study import DAYS, EFFECT, OUTCOME, PHASE_DAYS, Study, milliseconds

NULL = r"\N"
"""As COPY reads it."""

COLUMNS = {
    "ContextMetadata": (
        "id", "userId", "timestamp", "mood", "energyLevel", "location", "notes", "sleepHours", "sleepQuality",
        "hrvScore", "restingHeartRate", "activityStrain",
    ),
    "ExperimentProtocol": (
        "id", "userId", "protocolName", "hypothesis", "startDate", "endDate", "designType", "primaryOutcome",
        "sampleSizeTarget", "analysisPlan", "deviations", "screened", "eligible", "enrolled", "completed",
    ),
    "PhaseAssignment": (
        "id", "protocolId", "phaseLabel", "phaseType", "startDate", "endDate", "plannedDuration",
        "randomizationSeed", "interventionParams",
    ),
    "AnalysisRun": (
        "id", "protocolId", "runName", "analysisType", "codeCommitHash", "dataVersionHash", "inputParams",
        "mlflowRunId", "mlflowExperimentId", "mlflowRunUrl", "provenanceGitCommit", "dvcLockSha256",
        "artifactPaths", "resultsSummary", "status", "startedAt", "completedAt",
    ),
}  # fmt: skip
"""By table, in the order of the rows."""


def context_id(of: Study, t: int, number: int) -> str | None:
    """The ContextMetadata row of person *number* on study day *t*, if they made one."""
    draw = draws(of.seed, "context", number, t)
    if draw() >= of.people[number].context:
        return None
    return cuid(milliseconds(of.start + timedelta(days=t)), t, of.people[number].fingerprint, draw)


def contexts(of: Study) -> Iterator[str]:
    """Rows of ContextMetadata."""
    for t in range(DAYS):
        morning = datetime.combine(of.start + timedelta(days=t), datetime.min.time()) + timedelta(hours=6)
        for number, person in enumerate(of.people):
            key = context_id(of, t, number)
            if key is None:
                continue
            draw = draws(of.seed, "mood", number, t)
            slept = draw() < 0.9
            yield _row(
                key,
                person.id,
                morning + timedelta(minutes=int(90 * draw())),
                ("LOW", "MEDIUM", "MEDIUM", "HIGH")[int(draw() * 4)],
                1 + int(draw() * 10),
                ("HOME", "HOME", "HOME", "LIBRARY", "CAFE", "CAMPUS", "OTHER")[int(draw() * 7)],
                "slept badly;\ttoo much coffee" if draw() < 0.05 else None,
                round(7.2 + 0.9 * normal(draw()), 1) if slept else None,
                1 + int(draw() * 10) if slept else None,
                round(58 + 9 * normal(draw()), 1) if slept else None,
                round(57 + 4 * normal(draw())) if slept else None,
                round(4 + 12 * draw(), 1) if draw() < 0.8 else None,
            )


def protocols(of: Study) -> Iterator[str]:
    """Rows of ExperimentProtocol: the participant's, and one that somebody else has only planned."""
    yield _row(
        _key(of, "protocol", 0),
        of.participant.id,
        "Spaced retrieval before sleep",
        "Reviewing cards in the hour before sleep raises the mean session score of the day.",
        of.start,
        of.end + timedelta(days=1),
        "ABAB",
        OUTCOME,
        DAYS,
        "Segmented regression of the daily mean with weekday terms and AR(1) errors; the mean over both reversals.",
        _array([
            json.dumps({"date": str(of.phases[1].first + timedelta(days=11)), "what": "travel", "kept": True}),
            json.dumps({"date": str(of.phases[3].first + timedelta(days=4)), "what": 'app update "2.8"', "kept": True}),
        ]),
        1, 1, 1, 1,
    )  # fmt: skip
    yield _row(
        _key(of, "protocol", 1),
        of.people[1].id,
        "Shorter sessions",
        "Sessions of 20 minutes are finished more often than sessions of 45.",
        of.end - timedelta(days=6),
        None,
        "ALTERNATING",
        "share of sessions finished",
        56,
        "Randomisation test over days.",
        _array([]),
        1, 1, None, None,
    )  # fmt: skip


def assignments(of: Study) -> Iterator[str]:
    """Rows of PhaseAssignment; ``endDate`` is the moment at which the phase is over."""
    for i, phase in enumerate(of.phases):
        yield _row(
            _key(of, "phase", i),
            _key(of, "protocol", 0),
            phase.label,
            phase.type,
            phase.first,
            phase.last + timedelta(days=1),
            PHASE_DAYS,
            phase_seed(of, i),
            json.dumps({"window": "21:00-22:30", "cards": 40} if phase.treated else {}),
        )


def analyses(of: Study) -> Iterator[str]:
    """Rows of AnalysisRun: three that ended, one that failed and one that was never finished."""
    kinds = ("bayesian_its", "bayesian_its", "abab_randomization", "abab_randomization", "bayesian_its")
    status = ("completed", "failed", "completed", None, "running")
    for i, (kind, state) in enumerate(zip(kinds, status, strict=True)):
        draw = draws(of.seed, "analysis", i)
        began = datetime.combine(of.phases[min(3, i)].last, datetime.min.time()) + timedelta(hours=21 + 0.3 * i)
        finished = state != "running"
        run, git = hexadecimal(draw, 32), hexadecimal(draw, 40)
        tracked = i % 2 == 0
        yield _row(
            _key(of, "analysis", i),
            _key(of, "protocol", 0),
            f"{kind} after {of.phases[min(3, i)].label}",
            kind,
            git,
            hexadecimal(draw, 64),
            json.dumps({"outcome": OUTCOME, "draws": 4000, "season_days": 7}),
            run if tracked else None,
            "1" if tracked else None,
            f"http://127.0.0.1:5000/#/experiments/1/runs/{run}" if tracked else None,
            git if i else None,
            hexadecimal(draw, 64) if i > 1 else None,
            _array([f"artifacts/{i}/report.html", f"artifacts/{i}/draws, thinned.parquet"] if finished else []),
            json.dumps(
                {"effect": None if state in ("failed", "running") else EFFECT, "days": (min(3, i) + 1) * PHASE_DAYS}
            ),
            state,
            began,
            began + timedelta(seconds=40 + int(300 * draw())) if finished else None,
        )


def _key(of: Study, what: str, number: int) -> str:
    return cuid(milliseconds(of.start), number, of.participant.fingerprint, draws(of.seed, what, number))


def phase_seed(of: Study, phase: int) -> int:
    """What randomised phase number *phase*."""
    return int(draws(of.seed, "randomization", phase)() * 2**31)


def _row(*values: Any) -> str:
    return "\t".join(NULL if value is None else _escaped(str(value)) for value in values) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _array(items: Sequence[str]) -> str:
    """A PostgreSQL array literal."""
    return "{" + ",".join('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items) + "}"
