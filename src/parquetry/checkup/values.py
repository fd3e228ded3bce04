"""
What a run would meet in the tables: how they have changed since the last snapshot, and values that do not fit.

The server counts, as it does before every run; no row comes here. A table that is large is left to `parquetry plan`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from parquetry.checkup import Finding, doubtful, failed, fine
from parquetry.errors import InvalidData, ParquetryError
from parquetry.intake.drift import found
from parquetry.intake.fidelity import misfits_of
from parquetry.intake.origin import Origin
from parquetry.intake.outlook import Outlook, outlook
from parquetry.intake.reading import opened
from parquetry.intake.selection import Selection
from parquetry.lake import ledger
from parquetry.lake.manifest import Manifest
from parquetry.project import Project
from parquetry.sources import Published, Reading
from parquetry.text import counted

LARGE = 5_000_000
"""Rows, from which on a table is not counted here."""


def foreseen(project: Project, source: str, names: Iterable[str], base: Manifest | None) -> Iterator[Finding]:
    """
    Look at the tables of the datasets *names*, which are all read from *source*.

    Args:
        base: The newest snapshot.
    """
    waiting = deque(names)
    try:
        while waiting:
            with opened(project, source, ledger.new_id()) as reading:
                bad = False
                # A statement that fails ends its transaction, and the next table is not to blame for that.
                while waiting and not bad:
                    told = list(_dataset(project, reading, waiting.popleft(), base))
                    yield from told
                    bad = any(f.verdict == "failure" for f in told)
    except ParquetryError as error:
        yield failed(f"source {source}", error)


def _dataset(project: Project, reading: Reading, name: str, base: Manifest | None) -> Iterator[Finding]:
    about, old = f"dataset {name}", base.datasets.get(name) if base else None
    try:
        origin = found(project, reading, name, project.dataset(name), old)
        if origin.table.rows_estimate > LARGE:
            says = f"about {origin.table.rows_estimate:,} rows, too many to count here; parquetry plan {name} does"
            yield fine(about, says, rows=None)
            return
        ahead = outlook(reading, Selection(), origin, old)
    except ParquetryError as error:
        yield failed(about, error)
        return
    yield from (fine(about, f"drift since the last snapshot: {each.says}") for each in ahead.drift)
    yield from _values(about, origin, ahead)


def _values(about: str, origin: Origin, ahead: Outlook) -> Iterator[Finding]:
    misfits = [c for c in ahead.look.columns if c.misfits]
    if not misfits:
        rows = counted(ahead.look.total, "row")
        yield fine(about, f"{rows}, and every value fits the type of its column", rows=ahead.look.total)
    yield from (_misfits(about, origin, column) for column in misfits)


def _misfits(about: str, origin: Origin, column: Published) -> Finding:
    says = misfits_of(origin, column)
    way = (
        f"correct them in {origin.table.schema}.{origin.table.name}, or say in {origin.contract.name} what becomes "
        f'of them: {column.name} = Field(metadata={{"misfits": "quarantine"}})'
    )
    policy = origin.policy(column)
    if policy in (None, "refuse"):
        return failed(about, InvalidData(says, next=way))
    if policy == "quarantine":
        return doubtful(about, says, f"correct them in {origin.table.schema}.{origin.table.name}", rows=column.misfits)
    return fine(about, says, misfits=column.misfits)
