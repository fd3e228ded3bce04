"""JSON Lines: one JSON object a line, read line by line. A line that is no JSON refuses the file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from parquetry.contracts import Contract
from parquetry.errors import BadInput
from parquetry.formats._document import decoded
from parquetry.formats._lines import numbered
from parquetry.formats._place import Plain
from parquetry.formats._rows import Rows
from parquetry.formats._variants import Variants
from parquetry.formats.parsed import Parsed
from parquetry.formats.shape import Shape


def read(plain: Plain, shape: Shape, contract: Contract, temp: Path, given: Collection[str]) -> Parsed:
    """As `parsed.parsed`; ``$.`` is the row itself. A blank line is refused, also at the end."""
    rows = Rows(plain, [f.name for f in contract.fields], temp)
    variants = Variants(plain, shape, contract, rows, given)
    number = 0
    for number, byte, line in numbered(plain, shape):
        if not line.strip():
            raise plain.wrong("a blank line", byte, line=number)
        variants.document = row = decoded(plain, line, byte, number)
        variants.take(number, byte, row, line[:320].decode(errors="ignore"))
    if not number and not shape.empty:
        raise BadInput(
            f"{plain.name}: line 1, byte 0: it is empty", next="if that may be, declare empty = true",
            file=plain.name, line=1, byte=0,
        )  # fmt: skip
    return variants.parsed()
