"""
What the study's people do: the rows of BehavioralEvent, a day at a time, as the text that COPY reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from parquetry.demo import records
from parquetry.demo.chance import Draw, cuid, draws, normal
from parquetry.demo.study import DIFFICULTY, EVENT_SD, PHASE_DAYS, Study, day_of_week, milliseconds, shared

COLUMNS = (
    "id", "timestamp", "userId", "eventType", "eventData", "completionQuality", "contentType", "difficultyLevel",
    "engagementLevel", "sessionPerformanceScore", "timeOfDay", "dayOfWeek", "experimentPhase",
    "randomizationSeed", "contextMetadataId",
)  # fmt: skip
"""In the order of the rows."""

NULL = records.NULL

_MS = 86_400_000
_MIX = {
    "CARD_REVIEWED": 0.58, "VALIDATION_COMPLETED": 0.12, "SEARCH_PERFORMED": 0.07, "GRAPH_VIEWED": 0.05,
    "RECOMMENDATION_VIEWED": 0.07, "RECOMMENDATION_CLICKED": 0.03, "RECOMMENDATION_DISMISSED": 0.02,
    "RECOMMENDATION_RATED": 0.01, "LECTURE_UPLOADED": 0.01, "MISSION_STARTED": 0.02, "MISSION_COMPLETED": 0.02,
}  # fmt: skip
_KINDS = [kind for kind, share in _MIX.items() for _ in range(round(share * 100))]
_SCORED = frozenset({"CARD_REVIEWED", "VALIDATION_COMPLETED"})
_CONTENT = {
    "CARD_REVIEWED": "flashcard", "VALIDATION_COMPLETED": "prompt", "MISSION_STARTED": "mission",
    "MISSION_COMPLETED": "mission", "LECTURE_UPLOADED": "lecture", "GRAPH_VIEWED": "graph",
    "RECOMMENDATION_VIEWED": "article", "RECOMMENDATION_CLICKED": "article",
}  # fmt: skip
_DIFFICULTY = tuple(DIFFICULTY.items())
_QUERIES = ("brachial plexus", "β-blockers", "Krebs cycle", "naïve T cells", "loop of Henle", "ΔG and equilibrium")
_NODES = ("anatomy", "physiology", "pharmacology", "biochemistry", "pathology")


class Day(NamedTuple):
    """
    One day of events.

    Attributes:
        text: Rows of BehavioralEvent as COPY reads them, in the order of their time.
        scores: The participant's, in that day.
    """

    text: str
    rows: int
    scores: list[int]


class Event(NamedTuple):
    """
    One row, but for its id, which is given in the order of time.

    Attributes:
        time: Milliseconds since midnight.
        rest: Its columns from ``userId`` on.
        score: sessionPerformanceScore once more.
    """

    time: int
    fingerprint: str
    rest: str
    score: int | None


def days(of: Study) -> Iterator[Day]:
    """All events of the study, day by day."""
    number = 0
    for t, people in enumerate(of.counts):
        when = of.start + timedelta(days=t)
        midnight, stamp = milliseconds(when), draws(of.seed, "ids", t)
        events = [event for person in range(len(people)) for event in of_person(of, t, person)]
        mine = [event.score for event in events[: people[0]] if event.score is not None]
        events.sort()
        lines = []
        for time, fingerprint, rest, _ in events:
            seconds, ms = divmod(time, 1000)
            minutes, s = divmod(seconds, 60)
            h, m = divmod(minutes, 60)
            number += 1
            key = cuid(midnight + time, number, fingerprint, stamp)
            lines.append(f"{key}\t{when} {h:02}:{m:02}:{s:02}.{ms:03}\t{rest}\n")
        yield Day("".join(lines), len(lines), mine)


def of_person(of: Study, t: int, number: int) -> Iterator[Event]:
    """The events of person *number* on study day *t*, session by session."""
    count, person = of.counts[t][number], of.people[number]
    if not count:
        return
    when = of.start + timedelta(days=t)
    draw = draws(of.seed, "events", number, t)
    phase, seed = (of.phase(t).label, records.phase_seed(of, t // PHASE_DAYS)) if number == 0 else (NULL, NULL)
    tail = f"{day_of_week(when)}\t{phase}\t{seed}\t{records.context_id(of, t, number) or NULL}"
    sessions = 1 + (count > 30) + (count > 90)
    for session, size in enumerate(shared(count, [0.6 + draw() for _ in range(sessions)])):
        # Gaps lie between 0.3 and 1.7 of the pace, so that a session ends before midnight, whatever is drawn.
        pace = min(45_000, _MS // (4 * size + 1))
        begin = int((person.hours[session] + 0.8 * normal(draw())) * 3_600_000)
        time = began = max(0, min(begin, _MS - 1 - 2 * size * pace))
        name = cuid(milliseconds(when) + began, session, person.fingerprint, draw)
        for i in range(size):
            time += int(pace * (0.3 + 1.4 * draw()))
            kind = "SESSION_STARTED" if i == 0 else "SESSION_ENDED" if i == size - 1 else _KINDS[int(draw() * 100)]
            data = _data(kind, name, draw, time - began, size)
            measured, score = _measured(kind, person.expected[t], draw)
            rest = f"{person.id}\t{kind}\t{data}\t{measured}\t{time // 3_600_000}\t{tail}"
            yield Event(time, person.fingerprint, rest, score)


def _measured(kind: str, expected: float, draw: Draw) -> tuple[str, int | None]:
    """From completionQuality to sessionPerformanceScore, and that once more as a number."""
    content = _CONTENT.get(kind, NULL)
    engagement = ("LOW", "MEDIUM", "MEDIUM", "HIGH", NULL)[int(draw() * 5)]
    if kind not in _SCORED:
        quality = ("NORMAL", "THOROUGH", "RUSHED")[int(draw() * 3)] if kind == "MISSION_COMPLETED" else NULL
        return f"{quality}\t{content}\t{NULL}\t{engagement}\t{NULL}", None
    difficulty, shift = _DIFFICULTY[int(draw() * 3)]
    if draw() < 0.02:  # the app does not always send a score, and says nothing of why
        return f"{NULL}\t{content}\t{difficulty}\t{engagement}\t{NULL}", None
    score = max(0, min(100, round(expected + shift + EVENT_SD * normal(draw()))))
    quality = "RUSHED" if score < 55 else "THOROUGH" if score > 72 else "NORMAL"
    return f"{quality}\t{content}\t{difficulty}\t{engagement}\t{score}", score


def _data(kind: str, session: str, draw: Draw, elapsed: int, size: int) -> str:
    """The JSON that the app sends with an event; each kind has its own shape."""
    a = draw()
    start = f'{{"sessionId": "{session}"'
    if kind == "CARD_REVIEWED":
        right = "true" if a < 0.7 else "false"
        took = 900 + int(draw() * 9_000)
        return f'{start}, "cardId": "card-{int(a * 4_000)}", "responseMs": {took}, "correct": {right}}}'
    if kind == "VALIDATION_COMPLETED":
        rubric = f'{{"accuracy": {a:.2f}, "completeness": {draw():.2f}}}'
        return f'{start}, "promptId": "prompt-{int(a * 600)}", "rubric": {rubric}, "confidence": {int(a * 5) + 1}}}'
    if kind == "SEARCH_PERFORMED":
        filters = '["slides", "2026"]' if draw() < 0.2 else "null"
        return f'{start}, "query": "{_QUERIES[int(a * 6)]}", "results": {int(a * 40)}, "filters": {filters}}}'
    if kind == "GRAPH_VIEWED":
        return f'{start}, "path": ["{_NODES[int(a * 5)]}", "{_NODES[int(draw() * 5)]}"], "depth": {1 + int(a * 3)}}}'
    if kind == "LECTURE_UPLOADED":
        size = 200_000 + int(a * 9_000_000)
        return f'{{"fileName": "lecture-{int(a * 90):02}.pdf", "bytes": {size}, "pages": {5 + int(a * 70)}}}'
    if kind == "SESSION_STARTED":
        device = ("web", "ios", "android")[int(a * 3)]
        return f'{start}, "device": "{device}", "app": {{"version": "2.{int(draw() * 9)}.0", "offline": false}}}}'
    if kind == "SESSION_ENDED":
        return f'{start}, "durationMs": {elapsed}, "events": {size}}}'
    if kind.startswith("MISSION"):
        return f'{start}, "missionId": "mission-{int(a * 300)}", "objectives": {1 + int(a * 4)}, "notes": []}}'
    rated = f', "rating": {1 + int(a * 5)}' if kind == "RECOMMENDATION_RATED" else ""
    return f'{start}, "recommendationId": "rec-{int(a * 900)}", "position": {int(draw() * 5)}{rated}}}'
