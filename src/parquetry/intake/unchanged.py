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

from parquetry.intake.origin import Origin
from parquetry.intake.outlook import Outlook
from parquetry.intake.selection import Selection
from parquetry.lake.manifest import Dataset, Manifest, Partition
from parquetry.sources import Reading


def confirmed(
    reading: Reading, selection: Selection, origin: Origin, ahead: Outlook, base: Manifest | None
) -> dict[str, Partition] | None:
    """
    The partitions that need not be read, which are all that the window covers; None: they have to be.

    Args:
        base: The newest snapshot.
    """
    old = base.datasets.get(origin.name) if base else None
    if base is None or old is None or selection.full or not origin.table.stored:
        return None
    if not _alike(selection, origin, ahead, old):
        return None
    parts = {key: part for key, part in old.partitions.items() if key not in ahead.stay}
    counted = {key: part.account.source for key, part in parts.items() if part.account.source}
    if counted != {key: rows for key, rows in ahead.look.rows.items() if rows}:
        return None
    state = reading.position.state
    proved = all(state and state == _state(base.positions, part, origin) for part in parts.values())
    clean = all(not part.account.quarantined for part in parts.values())
    return parts if parts and proved and clean else None


def _alike(selection: Selection, origin: Origin, ahead: Outlook, old: Dataset) -> bool:
    """Whether the dataset would be published as it is."""
    return (
        old.contract.validated
        and old.contract.fingerprint == origin.contract.fingerprint
        and old.schema == dict(ahead.schema)
        and old.key == origin.spec.key
        and old.time == origin.time
        and old.source == origin.spec.source
        and old.relation == origin.relation
        and dict(old.where) == dict(selection.where)
    )


def _state(positions: Mapping[str, Mapping[str, Any]], part: Partition, origin: Origin) -> str | None:
    position = positions.get(part.position, {})
    return position.get("state") if position.get("source") == origin.spec.source else None
