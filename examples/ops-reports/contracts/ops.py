"""
What the reports promise, row by row.

Each class is a plain Pandera model: ``QueryPerformance.validate(frame)`` holds a polars frame to
it, and ``parquetry export`` holds every row to it before anybody can read one. Types are declared
here and never guessed from a file; a column that a file has and no contract names is reported and
left out. ``date_partition`` is filled with the day that the report is of.
"""

import polars as pl
from pandera.polars import DataFrameModel, Field

from parquetry.contracts.rules import Moment

MS = {"unit": "ms"}
ROWS = {"unit": "rows"}


class QueryPerformance(DataFrameModel):
    """One query that the database ran, as the daily report has it."""

    timestamp: Moment = Field(not_future=True, description="when it began, UTC")
    query_hash: str = Field(str_matches="^[0-9a-z]{4,64}$", description="the same for queries of one pattern")
    query_type: str = Field(isin=["SELECT", "INSERT", "UPDATE", "DELETE"])
    execution_time_ms: float = Field(ge=0, metadata=MS)
    rows_examined: int = Field(ge=0, metadata=ROWS)
    rows_returned: int = Field(ge=0, metadata=ROWS)
    cache_hit: bool
    table_name: str = Field(str_length={"min_value": 1})
    index_used: str = Field(nullable=True, description="NULL: none was")
    cpu_time_ms: float = Field(ge=0, nullable=True, metadata=MS, description="NULL: the report does not have it")
    io_wait_ms: float = Field(ge=0, nullable=True, metadata=MS, description="NULL: the report does not have it")
    date_partition: pl.Date

    class Config:
        strict = "filter"


class WeeklyPattern(DataFrameModel):
    """A week of one pattern of query."""

    pattern: str = Field(str_length={"min_value": 1}, description="the query with its values as ?")
    samples: int = Field(ge=1)
    avg_ms: float = Field(ge=0, metadata=MS)
    p50_ms: float = Field(ge=0, metadata=MS)
    p95_ms: float = Field(ge=0, metadata=MS)
    p99_ms: float = Field(ge=0, metadata=MS)
    slow_flag: bool
    date_partition: pl.Date = Field(description="the week's Monday")

    class Config:
        strict = "filter"


class IndexRecommendation(DataFrameModel):
    """An index that the advisor would make."""

    timestamp: Moment = Field(not_future=True, description="of the report, UTC")
    table_name: str
    recommended_index: str
    query_pattern: str
    estimated_speedup: float = Field(gt=0, metadata={"unit": "times"})
    estimated_cost: float = Field(ge=0, nullable=True)
    priority: str = Field(isin=["high", "medium", "low"])
    status: str = Field(nullable=True)
    date_partition: pl.Date

    class Config:
        strict = "filter"


class SlowPattern(DataFrameModel):
    """A pattern of query that the advisor finds slow."""

    timestamp: Moment = Field(not_future=True, description="of the report, UTC")
    report_status: str = Field(description="of the database, as the report sums it up")
    pattern: str
    samples: int = Field(ge=1)
    p50_ms: float = Field(ge=0, metadata=MS)
    p95_ms: float = Field(ge=0, metadata=MS)
    p99_ms: float = Field(ge=0, metadata=MS)
    date_partition: pl.Date

    class Config:
        strict = "filter"


class ExistingIndex(DataFrameModel):
    """An index that there is."""

    timestamp: Moment = Field(not_future=True, description="of the report, UTC")
    index_name: str
    table_name: str
    sql: str = Field(nullable=True, description="NULL: the database made it by itself")
    date_partition: pl.Date

    class Config:
        strict = "filter"


class LoggedQuery(DataFrameModel):
    """A search in the log, of either shape."""

    timestamp: Moment = Field(nullable=True, not_future=True, description="UTC; the older shape has none")
    query: str
    duration_ms: float = Field(ge=0, metadata=MS)
    mode: str = Field(nullable=True)
    result_count: int = Field(ge=0, nullable=True)
    fts_ms: float = Field(ge=0, nullable=True, metadata=MS, description="full-text search")
    embed_ms: float = Field(ge=0, nullable=True, metadata=MS, description="making the query's embedding")
    rerank_ms: float = Field(ge=0, nullable=True, metadata=MS, description="ordering the results")
    embed_cache_ms: float = Field(ge=0, nullable=True, metadata=MS)
    cache_hit: bool = Field(nullable=True)
    date_partition: pl.Date = Field(nullable=True, description="NULL: the line says no time")

    class Config:
        strict = "filter"


class OptimizationEvent(DataFrameModel):
    """A line of the optimizer's log."""

    timestamp: Moment = Field(not_future=True, description="UTC")
    event_type: str
    metric_name: str
    metric_value: float
    more_metrics: str = Field(nullable=True, description="name=value, parted by blanks: the metrics after the first")
    metadata: str = Field(nullable=True, is_json=True)
    date_partition: pl.Date

    class Config:
        strict = "filter"
