"""
What a run would read of one dataset and as what it would publish it; nothing is read yet.

`plan` shows it, `stage` follows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from parquetry.errors import BadInput, SchemaDrift, Usage
from parquetry.intake.drift import Drifted, drift, explained, require_accepted, require_bearable
from parquetry.intake.origin import Origin
from parquetry.intake.selection import Selection
from parquetry.lake import manifest, partition
from parquetry.lake.manifest import Partition
from parquetry.lake.partition import Range
from parquetry.sources import Look, Published, Reading, Window
from parquetry.text import counted


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    One dataset before it is read.

    Attributes:
        look: How each column is to be read, and how many rows the source counts.
        schema: Column to DuckDB type, as it is published.
        as_text: Fields that are published as text although the contract has another type.
        flagged: Fields whose misfits become NULL, their text beside them.
        stay: The partitions of the lake that are not read.
        drift: How the source's table has changed since the last snapshot.
        notes: What a person should know.
    """

    window: Window
    look: Look
    schema: Mapping[str, str]
    as_text: frozenset[str]
    flagged: frozenset[str]
    stay: Mapping[str, Partition]
    drift: tuple[Drifted, ...]
    notes: tuple[str, ...]


def outlook(
    reading: Reading,
    selection: Selection,
    origin: Origin,
    old: manifest.Dataset | None,
    *,
    accept_drift: bool = False,
    also: Sequence[Range] = (),
) -> Outlook:
    """
    Look at the window that *selection* asks for.

    Args:
        old: The dataset as the lake has it.
        accept_drift: Choose anew what is published as text, and publish after compatible changes of the table.
        also: Partitions to read beside it.

    Raises:
        SchemaDrift: A column is missing or of another type, or cannot be published as it was before; or the
            table has changed, and nobody has accepted it.
    """
    drifted = drift(origin, old)
    require_bearable(origin, drifted)
    notes = [f"drift: {found.says}" for found in drifted]
    window = selection.window(origin.spec, origin.monthly, reading.position.clock, origin.contract)
    if window.ranges:
        window = replace(window, ranges=(*window.ranges, *also))
    while True:
        try:
            look = _looked(reading, origin, window)
        except SchemaDrift as error:
            raise explained(error, drifted) from error
        follows = () if accept_drift else tuple(_follows(origin, look, old, full=selection.full))
        require_accepted(origin, drifted, accept=accept_drift, follows=follows)
        as_text = _as_text(origin, look, old, anew=accept_drift, full=selection.full)
        schema = origin.contract.published(as_text)
        if not (reason := _reason_against_keeping(old, window, selection.where, schema, origin)):
            break
        window = replace(window, ranges=())
        notes.append(f"everything is read: {reason} since the partitions outside were published")
    if old and dict(old.where) != dict(selection.where):
        notes.append(f"{origin.name} was published with another filter before: {dict(old.where) or 'none'}")
    parts = old.partitions if old else {}
    return Outlook(
        window=window,
        look=replace(look, columns=tuple(c.as_text if c.name in as_text else c for c in look.columns)),
        schema=schema,
        as_text=as_text,
        flagged=frozenset(c.name for c in look.columns if c.misfits and origin.policy(c) == "null_and_flag"),
        stay={key: part for key, part in parts.items() if not partition.covered(key, window.ranges)},
        drift=drifted,
        notes=tuple(notes),
    )


def _looked(reading: Reading, origin: Origin, window: Window) -> Look:
    try:
        return reading.look(origin.table, origin.contract, window, origin.monthly)
    except BadInput as error:
        if not window.where:
            raise
        raise Usage(f"{origin.name} cannot be filtered by {dict(window.where)}", what=error.what) from error


def _as_text(origin: Origin, look: Look, old: manifest.Dataset | None, *, anew: bool, full: bool) -> frozenset[str]:
    """
    The fields to publish as text. What the last snapshot did stands, so that no column's type
    flips from run to run; where nothing was published before, misfits decide.
    """
    chosen, flipped = set(), []
    for column in look.columns:
        if origin.policy(column) != "text":
            continue
        declared = origin.contract.field(column.name).type
        was = old.column(column.name) if old else None
        before = was.type == "VARCHAR" if was and was.declared == declared != "VARCHAR" else None
        if before is not None and not (anew and full):
            if column.misfits and not before and not anew:
                flipped.append(column)
            if before or (anew and column.misfits):
                chosen.add(column.name)
        elif column.misfits:
            chosen.add(column.name)
    if flipped:
        raise _flip(origin, flipped)
    return frozenset(chosen)


def _follows(origin: Origin, look: Look, old: manifest.Dataset | None, *, full: bool) -> Iterator[str]:
    """The columns whose published type ``--accept-drift`` changes, since it chooses anew what is text."""
    as_text = _as_text(origin, look, old, anew=True, full=full)
    for column in look.columns:
        was, declared = old.column(column.name) if old else None, origin.contract.field(column.name).type
        if origin.policy(column) != "text" or was is None or was.declared != declared:
            continue
        if (was.type == "VARCHAR") == (column.name in as_text):
            continue
        if column.name in as_text:
            values = f"{counted(column.misfits, 'value')} of {column.source_type} that {declared} cannot hold"
            yield f"{column.name}: {values}, so --accept-drift publishes all of it as text, no longer as {was.type}"
        elif declared != "VARCHAR":
            yield f"{column.name}: all its values fit {declared} now; --accept-drift publishes it as that, not as text"


def _flip(origin: Origin, columns: Iterable[Published]) -> SchemaDrift:
    types = {c.name: origin.contract.field(c.name).type for c in columns}
    what = [
        f"{c.name}: {counted(c.misfits, 'value')} of {c.source_type} that {types[c.name]} cannot hold" for c in columns
    ]
    return SchemaDrift(
        f"{origin.name}: {', '.join(types)} cannot be published as before",
        what=what,
        next=f"say in the contract what becomes of them, pa.Field(metadata={{'misfits': 'quarantine'}}), or publish "
        f"all of {', '.join(types)} as text from now on: parquetry export {origin.spec.name} --accept-drift",
        dataset=origin.name,
        columns=list(types),
    )


def _reason_against_keeping(
    old: manifest.Dataset | None, window: Window, where: Mapping[str, str], schema: Mapping[str, str], origin: Origin
) -> str:
    """
    Why partitions outside *window* cannot stay, and everything has to be read; empty if they can, or there are none.

    They stay if they were published with the same columns under the same contract and filter, and are
    months of the same time: else a row would be looked for in one month that lies in another.
    """
    if old is None or not window.ranges:
        return ""
    if old.time != origin.time or partition.ALL in old.partitions:
        return "its time or its partition has changed"
    if dict(old.where) != dict(where):
        return "its filter has changed"
    used = old.contract
    same = old.schema == dict(schema) and used.fingerprint == origin.contract.fingerprint and used.validated
    return "" if same else "the contract has changed"
