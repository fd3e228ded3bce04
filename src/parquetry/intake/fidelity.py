"""How faithfully each column is published, as the manifest records it."""

from __future__ import annotations

from collections.abc import Iterator

from parquetry.contracts import types
from parquetry.intake.origin import Origin
from parquetry.intake.outlook import Outlook
from parquetry.lake.manifest import Dataset, PublishedColumn
from parquetry.sources import Published
from parquetry.text import counted


def fidelity(origin: Origin, ahead: Outlook, old: Dataset | None) -> Iterator[PublishedColumn]:
    """
    A record for each published column: what was read now and, where partitions stay, what was before.

    Args:
        old: The dataset as the lake has it.
    """
    for column in ahead.look.columns:
        field = origin.contract.field(column.name)
        reading = column.reading
        if old and ahead.stay:
            was = old.column(column.name)
            reading = types.joint_reading(reading, was.reading if was else "")
        text = ahead.schema[column.name] == "VARCHAR"
        yield PublishedColumn(
            name=column.name,
            type=ahead.schema[column.name],
            declared=field.type,
            source_type=column.source_type,
            native=column.native,
            policy=origin.policy(column) or "contract",
            misfits=_misfits(column.name, ahead),
            reading=reading if text else "",
            because=_because(origin, ahead, column),
        )
        if field.flag:
            because = f"it has the text of what {field.type} cannot hold in {field.name}, which is NULL there"
            yield PublishedColumn(field.flag, "VARCHAR", "VARCHAR", column.source_type, native=False, because=because)


def _because(origin: Origin, ahead: Outlook, column: Published) -> str:
    """Values change from run to run, what is said of unchanged rows must not: counts stand elsewhere."""
    declared = origin.contract.field(column.name).type
    if column.name not in ahead.as_text:
        return column.because
    return f"it has, or once had, values that {declared} cannot hold, and its policy is text"


def misfits_told(origin: Origin, ahead: Outlook) -> Iterator[str]:
    """What a person should know of values that have no native form."""
    for c in ahead.look.columns:
        declared = origin.contract.field(c.name)
        if not c.misfits:
            if c.name in ahead.as_text and not ahead.window.ranges:
                yield f"{c.name}: published as text, as before; all its values would fit {declared.type} now"
            continue
        yield misfits_of(origin, c)


def misfits_of(origin: Origin, column: Published) -> str:
    """How many values of *column* have no native form, and what becomes of them."""
    declared = origin.contract.field(column.name)
    became = {
        "text": "the whole column is published as its exact text",
        "null_and_flag": f"they are NULL, and {declared.flag} has their text",
        "quarantine": "their rows are set aside",
        "refuse": "nothing is published",
    }.get(origin.policy(column) or "", "they break the contract")
    values = counted(column.misfits, "value")
    return f"{column.name}: {values} of {column.source_type} that {declared.type} cannot hold; {became}"


def _misfits(column: str, ahead: Outlook) -> int:
    parts = [*ahead.look.misfits.values(), *(part.misfits for part in ahead.stay.values())]
    return sum(part.get(column, 0) for part in parts)
