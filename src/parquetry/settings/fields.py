"""
The settings themselves, each one field of `Settings`.

Its environment names, its check, its place in parquetry.toml and its line in the reference follow
from that field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NamedTuple

from parquetry.settings.secrets import Secret
from parquetry.settings.values import (
    Reader,
    one_of,
    read_flag,
    read_memory,
    read_path,
    read_schema,
    read_seconds,
    read_secret,
    whole_number,
)

PREFIX = "PARQUETRY_"
COMPRESSIONS = ("zstd", "snappy", "gzip", "none")
ORDERS = ("auto", "time", "none")
MODES = ("view", "table", "live", "auto")
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

# Other loggers' words for the same levels: LOG_LEVEL belongs to the app (pino, winston, log4j) before us.
_LEVELS_ELSEWHERE = {
    "trace": "debug", "verbose": "debug", "silly": "debug", "http": "info", "notice": "info",
    "warn": "warning", "err": "error", "fatal": "critical", "silent": "critical", "off": "critical",
}  # fmt: skip


class Spec(NamedTuple):
    """What a field of `Settings` says about itself."""

    meaning: str
    read: Reader
    table: str  # of parquetry.toml; empty for what may not stand there
    key: str
    names: tuple[str, ...]  # environment names of others, after our own


def _says(meaning: str, read: Reader, toml: str = "", *names: str) -> dict[str, Spec]:
    """A field's metadata: what it means, what it may be, ``table.key`` of parquetry.toml, others' names."""
    table, _, key = toml.partition(".")
    return {"spec": Spec(meaning, read, table, key, names)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    What a run may be told, with the origin of each value.

    Attributes:
        origins: Field → ``flag``, ``environment PARQUETRY_COMPRESSION``, ``.env DATABASE_URL``,
            ``parquetry.toml [lake] compression`` or ``default``.
    """

    lake_path: Path = field(
        default=Path("data/lake"),
        metadata=_says("The folder that holds the snapshots.", read_path, "lake.path"),
    )
    compression: str = field(
        default="zstd",
        metadata=_says(
            f"Codec of the Parquet files: {', '.join(COMPRESSIONS)}.", one_of(COMPRESSIONS), "lake.compression"
        ),
    )
    order: str = field(
        default="auto",
        metadata=_says(
            "The order of rows as they are written: by time, then key; none, as they come; or auto, by time unless "
            "they come about so. A dataset's own key goes before.",
            one_of(ORDERS), "lake.order",
        ),
    )  # fmt: skip
    lake_limit: str = field(
        default="5GB",
        metadata=_says("A size of the lake from which on `status` asks for attention.", read_memory, "lake.limit"),
    )
    duckdb_path: Path = field(
        default=Path("data/duckdb/analytics.duckdb"),
        metadata=_says("The catalog: a DuckDB file over the lake.", read_path, "duckdb.path", "DUCKDB_DB_PATH"),
    )
    duckdb_schema: str = field(
        default="research",
        metadata=_says("The schema of the catalog's views.", read_schema, "duckdb.schema"),
    )
    duckdb_mode: str = field(
        default="view",
        metadata=_says(f"What `sync` makes of the catalog: {', '.join(MODES)}.", one_of(MODES), "duckdb.mode"),
    )
    duckdb_limit_ms: int = field(
        default=500,
        metadata=_says(
            "In mode auto: tables, if the named queries take longer (the 95th percentile).",
            whole_number(1, 3_600_000), "duckdb.limit_ms",
        ),
    )  # fmt: skip
    duckdb_queries_per_second: int = field(
        default=0,
        metadata=_says(
            "In mode auto: tables, if more than 10 queries a second are expected.",
            whole_number(0, 1_000_000), "duckdb.queries_per_second",
        ),
    )  # fmt: skip
    duckdb_writes: bool = field(
        default=False,
        metadata=_says(
            "In mode auto: tables, if somebody needs UPDATE and DELETE in the catalog.", read_flag, "duckdb.writes"
        ),
    )
    memory_limit: str = field(
        default="250MB",
        metadata=_says("DuckDB's memory limit; the process takes somewhat more.", read_memory, "duckdb.memory_limit"),
    )
    threads: int = field(
        default=2,
        metadata=_says("DuckDB's threads.", whole_number(1, 256), "duckdb.threads"),
    )
    database_url: Secret | None = field(
        default=None,
        metadata=_says(
            "The URL of a source that names no other. DIRECT_URL goes before DATABASE_URL, which often leads through "
            "a pooler: the snapshot that all datasets share needs a direct connection.",
            read_secret, "", "DIRECT_URL", "DATABASE_URL",
        ),
    )  # fmt: skip
    connections: int = field(
        default=3,
        metadata=_says("Connections that one run opens to PostgreSQL.", whole_number(1, 32), "postgres.connections"),
    )
    connect_timeout_seconds: int = field(
        default=10,
        metadata=_says("How long a connection may take.", read_seconds, "postgres.connect_timeout_seconds"),
    )
    lock_timeout_seconds: int = field(
        default=10,
        metadata=_says("How long to wait for a locked table.", read_seconds, "postgres.lock_timeout_seconds"),
    )
    statement_timeout_seconds: int = field(
        default=3600,
        metadata=_says("How long one query may take.", read_seconds, "postgres.statement_timeout_seconds"),
    )
    stall_seconds: int = field(
        default=60,
        metadata=_says(
            "After how long without progress a connection is given up.", read_seconds, "postgres.stall_seconds"
        ),
    )
    retries: int = field(
        default=3,
        metadata=_says("How often to try again, from a new snapshot.", whole_number(0, 100), "postgres.retries"),
    )
    log_level: str = field(
        default="info",
        metadata=_says(
            f"The least that is logged: {', '.join(LOG_LEVELS)}.",
            one_of(LOG_LEVELS, _LEVELS_ELSEWHERE), "log.level", "LOG_LEVEL",
        ),
    )  # fmt: skip
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)


SPECS: Mapping[str, Spec] = {f.name: f.metadata["spec"] for f in fields(Settings) if "spec" in f.metadata}
"""By field."""


def names_of(setting: str, spec: Spec) -> tuple[str, ...]:
    """The environment's names of a setting, our own first."""
    return (PREFIX + setting.upper(), *spec.names)


class Described(NamedTuple):
    """One line of the reference of settings; ``toml`` is empty for what may not stand in the file."""

    name: str
    toml: str
    environment: tuple[str, ...]
    default: str
    meaning: str


def reference() -> tuple[Described, ...]:
    """Every setting, from its field: what the documentation prints."""
    defaults = {f.name: "" if f.default is None else str(f.default) for f in fields(Settings)}
    return tuple(
        Described(name, f"[{s.table}] {s.key}" if s.table else "", names_of(name, s), defaults[name], s.meaning)
        for name, s in SPECS.items()
    )
