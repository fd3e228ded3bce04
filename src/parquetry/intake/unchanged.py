"""
Whether a source can prove that what would be read is what the lake has, so that it need not be read.

The proof has two halves: the source's state is the one in which the partitions were read, and the
source counts just the rows, month by month, that their accounts say. The files are hashed all the
same, by `commit`. Nothing is proved where a run would do more than read: after a change of the
contract, over rows that were set aside, or unchecked, or with ``--full``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parquetry.intake.job import Job
from parquetry.intake.origin import Origin
from parquetry.intake.outlook import Outlook
from parquetry.lake.manifest import Dataset, Partition


def confirmed(job: Job, origin: Origin, ahead: Outlook, old: Dataset | None) -> dict[str, Partition] | None:
    """The partitions that need not be read, which are all that the window covers; None: they have to be."""
    if old is None or job.selection.full or not origin.table.stored or not _alike(job, origin, ahead, old):
        return None
    parts = {key: part for key, part in old.partitions.items() if key not in ahead.stay}
    counted = {key: part.account.source for key, part in parts.items() if part.account.source}
    if counted != {key: rows for key, rows in ahead.look.rows.items() if rows}:
        return None
    state = job.reading.position.state
    positions = job.turn.base.positions if job.turn.base else {}
    proved = all(state and state == _state(positions, part, origin) for part in parts.values())
    clean = all(not part.account.quarantined for part in parts.values())
    return parts if parts and proved and clean else None


def _alike(job: Job, origin: Origin, ahead: Outlook, old: Dataset) -> bool:
    """Whether the dataset would be published as it is."""
    return (
        job.options.validate
        and old.contract.validated
        and old.contract.fingerprint == origin.contract.fingerprint
        and old.schema == dict(ahead.schema)
        and old.key == origin.spec.key
        and old.time == origin.time
        and old.source == origin.spec.source
        and old.relation == origin.relation
        and dict(old.where) == dict(job.selection.where)
    )


def _state(positions: Mapping[str, Mapping[str, Any]], part: Partition, origin: Origin) -> str | None:
    position = positions.get(part.position, {})
    return position.get("state") if position.get("source") == origin.spec.source else None
