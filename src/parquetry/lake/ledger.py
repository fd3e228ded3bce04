"""
One record a run: who did what when, how it ended and what it cost.

A record is written when a run begins and again when it ends, so that a killed run is seen
as what it is: begun and never ended. Records are never the truth about data; manifests are.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from parquetry.lake.manifest import stamp
from parquetry.lake.store import LocalStore

_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Run:
    """
    One execution of a verb.

    Attributes:
        outcome: ``running``, ``committed``, ``unchanged``, ``done`` or an error's code.
        snapshot: The snapshot it made, or found unchanged.
        removed_snapshots: Snapshots that a ``gc`` removed, so that a gap is explained.
    """

    id: str
    verb: str
    began: str
    pid: int
    host: str
    outcome: str = "running"
    exit_code: int | None = None
    ended: str | None = None
    snapshot: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    removed_snapshots: tuple[int, ...] = ()


def new_id() -> str:
    """A ULID: 48 bits of milliseconds and 80 of chance in 26 characters that sort by time."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_BASE32[(number >> shift) & 31] for shift in range(125, -1, -5))


def begin(store: LocalStore, verb: str, parameters: Mapping[str, Any]) -> Run:
    """Open a record."""
    run = Run(new_id(), verb, stamp(datetime.now(UTC)), os.getpid(), socket.gethostname(), parameters=parameters)
    _write(store, run)
    return run


def note(store: LocalStore, run: Run, **facts: Any) -> Run:
    """Write more into an open record: *facts* are fields of `Run`."""
    noted = replace(run, **facts)
    _write(store, noted)
    return noted


def end(store: LocalStore, run: Run, outcome: str, **facts: Any) -> Run:
    """Close a record: *facts* are fields of `Run`."""
    return note(store, run, outcome=outcome, ended=stamp(datetime.now(UTC)), **facts)


def runs(store: LocalStore) -> Iterator[Run]:
    """Every record, oldest first; one that cannot be read is passed over."""
    folder = store.root / "_runs"
    for path in sorted(folder.glob("*.json")) if folder.exists() else ():
        try:
            doc = json.loads(path.read_bytes())
            yield Run(**{**doc, "removed_snapshots": tuple(doc["removed_snapshots"])})
        except (ValueError, TypeError, KeyError):
            continue


def _write(store: LocalStore, run: Run) -> None:
    store.replace(f"_runs/{run.id}.json", json.dumps(asdict(run), ensure_ascii=False, indent=1).encode() + b"\n")
