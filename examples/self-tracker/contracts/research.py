"""
What the study's tables promise, row by row.

Each class is a plain Pandera model: ``BehavioralEvent.validate(frame)`` holds a polars frame to
it, and ``parquetry export`` holds every row to it before anybody can read one. A column that is
not named here is left out of the lake.
"""

import polars as pl
from pandera.polars import DataFrameModel, Field

from parquetry.contracts.rules import Json, Moment

CUID = "^c[a-z0-9]{24}$"

EVENTS = [
    "MISSION_STARTED",
    "MISSION_COMPLETED",
    "CARD_REVIEWED",
    "VALIDATION_COMPLETED",
    "SESSION_STARTED",
    "SESSION_ENDED",
    "LECTURE_UPLOADED",
    "SEARCH_PERFORMED",
    "GRAPH_VIEWED",
    "RECOMMENDATION_VIEWED",
    "RECOMMENDATION_CLICKED",
    "RECOMMENDATION_DISMISSED",
    "RECOMMENDATION_RATED",
]
PHASES = ["baseline_1", "intervention_A_1", "baseline_2", "intervention_A_2"]

PERSONAL = {"privacy": "personal"}
SENSITIVE = {"privacy": "sensitive"}


class BehavioralEvent(DataFrameModel):
    """One thing a learner did, as the app recorded it."""

    id: str = Field(str_matches=CUID, unique=True)
    userId: str = Field(str_matches=CUID, metadata=PERSONAL)
    eventType: str = Field(isin=EVENTS)
    eventData: Json
    timestamp: Moment = Field(not_future=True, reasonable={"years": 5})
    completionQuality: str = Field(isin=["RUSHED", "NORMAL", "THOROUGH"], nullable=True)
    contentType: str = Field(nullable=True)
    dayOfWeek: pl.Int32 = Field(ge=0, le=6, nullable=True, description="0 is Sunday")
    difficultyLevel: str = Field(nullable=True)
    engagementLevel: str = Field(isin=["LOW", "MEDIUM", "HIGH"], nullable=True)
    sessionPerformanceScore: pl.Int32 = Field(ge=0, le=100, nullable=True, metadata={"unit": "points"})
    timeOfDay: pl.Int32 = Field(ge=0, le=23, nullable=True, metadata={"unit": "hours"})
    experimentPhase: str = Field(isin=PHASES, nullable=True)
    randomizationSeed: pl.Int32 = Field(nullable=True)
    contextMetadataId: str = Field(nullable=True)

    class Config:
        strict = "filter"
        requires = {"experimentPhase": "contextMetadataId"}


class BehavioralEventOnCalendar(BehavioralEvent):
    """The same, and dayOfWeek and timeOfDay are those of the timestamp. Say here how the app counts."""

    class Config:
        calendar = {
            "time": "timestamp",
            "day": "dayOfWeek",
            "hour": "timeOfDay",
            "week_starts": "sunday",
            "zone": "UTC",
        }


class ExperimentProtocol(DataFrameModel):
    """What a study set out to find, written down before it began."""

    id: str = Field(str_matches=CUID, unique=True)
    userId: str = Field(str_matches=CUID, metadata=PERSONAL)
    protocolName: str
    hypothesis: str
    startDate: Moment
    endDate: Moment = Field(nullable=True)
    designType: str = Field(isin=["ABAB", "MULTIPLE_BASELINE", "ALTERNATING", "CHANGING_CRITERION"])
    primaryOutcome: str
    sampleSizeTarget: pl.Int32
    analysisPlan: str
    deviations: pl.List(pl.String) = Field(description="each is a JSON document")
    screened: pl.Int32 = Field(nullable=True)
    eligible: pl.Int32 = Field(nullable=True)
    enrolled: pl.Int32 = Field(nullable=True)
    completed: pl.Int32 = Field(nullable=True)

    class Config:
        strict = "filter"


class PhaseAssignment(DataFrameModel):
    """Which condition held from when to when."""

    id: str = Field(str_matches=CUID, unique=True)
    protocolId: str = Field(str_matches=CUID)
    phaseLabel: str
    phaseType: str = Field(isin=["BASELINE", "INTERVENTION_A", "INTERVENTION_B", "WASHOUT"])
    startDate: Moment
    endDate: Moment = Field(nullable=True)
    plannedDuration: pl.Int32 = Field(metadata={"unit": "days"})
    randomizationSeed: pl.Int32
    interventionParams: Json

    class Config:
        strict = "filter"


class AnalysisRun(DataFrameModel):
    """One analysis, and all it takes to compute it again."""

    id: str = Field(str_matches=CUID, unique=True)
    protocolId: str = Field(str_matches=CUID)
    runName: str
    analysisType: str
    codeCommitHash: str
    dataVersionHash: str
    inputParams: Json
    mlflowRunId: str = Field(unique=True, nullable=True)
    mlflowExperimentId: str = Field(nullable=True)
    mlflowRunUrl: str = Field(nullable=True)
    provenanceGitCommit: str = Field(nullable=True)
    dvcLockSha256: str = Field(nullable=True)
    artifactPaths: pl.List(pl.String)
    resultsSummary: Json
    status: str = Field(nullable=True)
    startedAt: Moment
    completedAt: Moment = Field(nullable=True)

    class Config:
        strict = "filter"


class ContextMetadata(DataFrameModel):
    """How the learner was at the moment: mood, energy, place, and what a watch measured."""

    id: str = Field(str_matches=CUID, unique=True)
    userId: str = Field(str_matches=CUID, metadata=PERSONAL)
    timestamp: Moment
    mood: str = Field(isin=["LOW", "MEDIUM", "HIGH"], metadata=SENSITIVE)
    energyLevel: pl.Int32 = Field(ge=1, le=10)
    location: str = Field(isin=["HOME", "LIBRARY", "CAFE", "CAMPUS", "OTHER"], metadata=SENSITIVE)
    notes: str = Field(nullable=True, metadata=SENSITIVE)
    sleepHours: float = Field(nullable=True, metadata={"unit": "hours", **SENSITIVE})
    sleepQuality: float = Field(nullable=True, metadata=SENSITIVE)
    hrvScore: float = Field(nullable=True, metadata=SENSITIVE)
    restingHeartRate: float = Field(nullable=True, metadata={"unit": "1/min", **SENSITIVE})
    activityStrain: float = Field(nullable=True, metadata=SENSITIVE)

    class Config:
        strict = "filter"
