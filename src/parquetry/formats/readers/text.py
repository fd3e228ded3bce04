"""Text of a line grammar: each line matches a regular expression, is ignored as declared, or is set aside."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from parquetry.contracts import Contract
from parquetry.errors import BadInput, Config
from parquetry.formats._lines import numbered
from parquetry.formats._place import Plain
from parquetry.formats._rows import Rows
from parquetry.formats.parsed import Parsed, lacking
from parquetry.formats.shape import Shape


def read(plain: Plain, shape: Shape, contract: Contract, temp: Path, given: Collection[str]) -> Parsed:
    """As `parsed.parsed`. A group that took no part in the match is NULL."""
    grammar, ignored = _compiled(shape.line, "line"), _compiled(shape.ignore, "ignore") if shape.ignore else None
    asked = {f.name: shape.columns.get(f.name, f.name) for f in contract.fields}
    missing = lacking(plain.name, contract, asked, grammar.groupindex, given)
    columns = [f.name for f in contract.fields if asked[f.name] in grammar.groupindex]
    groups, null = [asked[column] for column in columns], frozenset(shape.null)
    rows = Rows(plain, columns, temp)
    for number, byte, line in numbered(plain, shape):
        text = line.decode()
        if not text.strip() or (ignored and ignored.fullmatch(text)):
            rows.excluded += 1
        elif found := grammar.fullmatch(text):
            values = (found[group] for group in groups)
            rows.add(number, [None if value in null else value for value in values])
        else:
            rows.unfit(number, byte, text, "it does not match the line that the dataset declares")
    if not rows.rows and not shape.empty:
        left = rows.parsed(shape, contract, missing, ()).excluded
        raise BadInput(
            f"{plain.name}: line 1, byte 0: it has no row" + (f", only {left:,} lines to ignore" if left else ""),
            next="if that may be, declare empty = true", file=plain.name, line=1, byte=0,
        )  # fmt: skip
    return rows.parsed(shape, contract, missing, [group for group in grammar.groupindex if group not in groups])


def _compiled(expression: str, key: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise Config(f"{key} is no regular expression: {error}", what=expression) from error
