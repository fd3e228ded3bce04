"""What parquetry.toml declares: sources and datasets as values, and the keys each may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from parquetry.project import reports
from parquetry.project.reports import Reports
from parquetry.settings import Secret

FILE = "parquetry.toml"
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""Of datasets and sources: one case only, so that no two names can be one file."""

# Each kind's keys; a kind that is not here cannot be declared, even if a source implements it.
SOURCE_KEYS = {"postgres": ("kind", "url"), "files": ("kind", "root")}
_SHARED = ("source", "contract", "key", "time", "partition", "summary", "references", "indexes", "every")
KEYS_OF = {"postgres": (*_SHARED, "table", "order"), "files": (*_SHARED, *reports.KEYS)}
"""Of a dataset, by the kind of its source."""
DATASET_KEYS = (*_SHARED, "table", "order", *reports.KEYS)
PARTITIONS = ("month", "all")


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """
    A source as parquetry.toml declares it.

    Attributes:
        declared: For a database, what the file says: ``env:DATABASE_URL`` or a URL without a password.
        url: The same resolved; None if it is not set, empty where libpq's own variables say it.
            `Project.url` raises instead of giving None.
        origin: Where ``url`` comes from, as in `Settings.origins`; or what to set.
        root: For report files, their folder, absolute.
    """

    name: str
    kind: str
    declared: str = ""
    url: Secret | None = None
    origin: str = ""
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """
    A dataset as parquetry.toml declares it.

    Attributes:
        contract: ``contracts.research:BehavioralEvent``, a class in the project folder.
        table: Candidates, the first that exists is read; the dataset's own name if none is given.
        key: Columns that name a row; empty if nothing does.
        time: Candidates for the time column; empty if there is none.
        partition: What is replaced as a whole.
        summary: Columns whose distinct values the summary of an export counts.
        reports: Of a source of files, which they are and how they are read; None for a table.
        references: Column → the dataset and its column whose rows it names.
        order: ``auto``, ``time`` or ``none``, as the setting of that name, which holds where this is empty.
        every: How often something new is due: ``1 day``, ``6 hours``; None if that is not declared.
        indexes: Of its table in the catalog's mode ``table``: the columns of each.
    """

    name: str
    source: str
    contract: str
    table: tuple[str, ...]
    key: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    partition: Literal["month", "all"] = "all"
    summary: tuple[str, ...] = ()
    reports: Reports | None = None
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    order: str = ""
    indexes: tuple[tuple[str, ...], ...] = ()
    every: timedelta | None = None


_EVERY = re.compile(r"(\d{1,4}) (hour|day|week)s?")


def rhythm(text: object) -> timedelta | None:
    """``6 hours`` as a time; None if it is no such text."""
    found = _EVERY.fullmatch(text) if isinstance(text, str) else None
    return timedelta(**{f"{found[2]}s": int(found[1])}) if found and int(found[1]) else None
