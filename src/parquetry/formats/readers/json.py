"""
A JSON document: rows somewhere in it, and fields around them that each row inherits.

It is held in memory whole, so there is a limit to it. A document may have no rows; then it is a report of nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from parquetry.contracts import Contract
from parquetry.errors import BadInput, Config, SchemaDrift, did_you_mean
from parquetry.formats._document import decoded, kind
from parquetry.formats._lines import pieces
from parquetry.formats._place import Plain
from parquetry.formats._plain import largest
from parquetry.formats._rows import Rows
from parquetry.formats._variants import Variants
from parquetry.formats.parsed import Parsed
from parquetry.formats.shape import Each, Shape, row_path


def read(plain: Plain, shape: Shape, contract: Contract, temp: Path, given: Collection[str]) -> Parsed:
    """As `parsed.parsed`; a line is the number of a row, from 1."""
    document = decoded(plain, *_whole(plain, shape))
    rows = Rows(plain, [f.name for f in contract.fields], temp)
    variants = Variants(plain, shape, contract, rows, given, document)
    for number, row in enumerate(_rows(plain, shape, document), 1):
        variants.take(number, 0, row, "")
    return variants.parsed()


def _whole(plain: Plain, shape: Shape) -> tuple[bytes, int]:
    # A document ends by itself, and may stand on one line.
    whole = list(pieces(plain, replace(shape, final_newline=False, max_line=largest(shape))))
    data = b"".join(piece.data for piece in whole)
    if not data.strip():
        raise BadInput(f"{plain.name}: line 1, byte 0: it is empty", file=plain.name, line=1, byte=0)
    return data, whole[0].byte


def _rows(plain: Plain, shape: Shape, document: object) -> Iterator[object]:
    """The values at the declared path; without one, the items of a list or the one object."""
    try:
        steps = row_path(shape.rows)
    except ValueError as error:
        raise Config(f"no path to rows: {error}") from error
    if not steps:
        return iter(document if isinstance(document, list) else [document])
    found = _below(plain, document, steps, ())
    if not isinstance(steps[-1], Each):
        found = (_single(plain, value, shape.rows) for value in found)
    return found


def _below(plain: Plain, value: object, steps: Sequence[str], done: tuple[str, ...]) -> Iterator[object]:
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    here = ".".join(done).replace(".[", "[") or "the document"
    if isinstance(step, Each):
        if not isinstance(value, list):
            raise _wrong(plain, f"{here} is {kind(value)} where a list belongs")
        for i, item in enumerate(value):
            yield from _below(plain, item, rest, (*done, f"[{i}]"))
        return
    if not isinstance(value, dict):
        raise _wrong(plain, f"{here} is {kind(value)} where an object belongs")
    if step not in value:
        raise SchemaDrift(
            f"{plain.name}: {here} has no '{step}'{did_you_mean(step, value)}",
            what="it has " + (", ".join(f"'{key}'" for key in list(value)[:20]) or "no keys"),
            next="correct rows of the dataset, or ask whoever writes the file",
            file=plain.name,
        )  # fmt: skip
    yield from _below(plain, value[step], rest, (*done, step))


def _single(plain: Plain, value: object, path: str) -> object:
    if isinstance(value, list):
        raise Config(f"{plain.name}: {path} is a list", next=f'declare rows = "{path}[*]" to read its items')
    return value


def _wrong(plain: Plain, says: str) -> BadInput:
    return BadInput(f"{plain.name}: {says}", file=plain.name)
