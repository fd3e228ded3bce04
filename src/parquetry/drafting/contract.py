"""
The text of a module of contracts, as a person would write it from what is known of the tables.

Only what the schema itself says becomes a rule: types, NULL, enums, uniqueness, JSON. What somebody
believes of the values is theirs to add.
"""

from __future__ import annotations

import builtins
import json
import keyword
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from parquetry.drafting import Column, Table
from parquetry.drafting.choice import Chosen, is_secret, is_text, key_of, privacy_of, published, snake

_Constants = dict[tuple[str, tuple[str, ...]], str]
"""An enum's name and values, and what they are called in the module."""

_WIDTH = 120
_ANNOTATIONS = {
    "VARCHAR": "str", "BIGINT": "int", "INTEGER": "pl.Int32", "SMALLINT": "pl.Int16", "UINTEGER": "pl.UInt32",
    "FLOAT": "pl.Float32", "DOUBLE": "float", "BOOLEAN": "bool", "BLOB": "bytes", "DATE": "pl.Date", "TIME": "pl.Time",
    "TIMESTAMP": "Moment", "TIMESTAMP WITH TIME ZONE": "Instant",
}  # fmt: skip
_ELEMENTS = {"str": "pl.String", "int": "pl.Int64", "float": "pl.Float64", "bool": "pl.Boolean", "Moment": "Moment"}

_IMPORTED = ("pl", "DataFrameModel", "Field", "Json", "Moment", "Instant")
_CONSTANTS = ("PERSONAL", "SENSITIVE", "PUBLIC")
TAKEN = (*_IMPORTED, *_CONSTANTS)
"""Names that no class of a drafted module may have."""

# A comment that is one of these says what the number counts.
_UNITS = frozenset(
    "ms milliseconds seconds minutes hours days weeks months years bytes percent points cents mm cm m km g kg".split()
)
# Attributes of a DataFrameModel, which a column of that name would hide.
_OF_MODELS = frozenset(
    "Config build_schema_ empty example from_json from_yaml get_metadata pydantic_validate strategy to_json "
    "to_json_schema to_schema to_yaml validate".split()
)
# As in `compile`, which refuses them.
_NOT_PUBLISHED = frozenset({"file_row_number", "file_index", "_rules", "_file", "_row", "__partition"})


def module(decided: Sequence[Chosen], origin: str) -> str:
    """
    The contracts of all tables.

    Args:
        origin: Where the description was read.
    """
    constants = _constants(decided)
    body = "\n\n\n".join(_model(each, constants) for each in decided)
    head = f'''"""
What the tables promise, row by row; drafted from {_quotable(origin)}.

Each class is a plain Pandera model, and `parquetry export` holds every row to it before anybody can
read one. A draft says what the schema says. Add what you know of the values: bounds, units, times that
cannot be in the future. A column that is not named here is left out of the lake.
"""'''
    return "\n".join([head, "", *_imports(body), *_top(body, constants), "", "", body, ""])


def _imports(body: str) -> Iterator[str]:
    if "pl." in body or "Instant" in body:
        yield "import polars as pl"
    yield "from pandera.polars import DataFrameModel" + (", Field" if "Field(" in body else "")
    words = [word for word in ("Json", "Moment") if re.search(rf": (pl\.List\()?{word}\b", body)]
    if words:
        yield ""
        yield f"from parquetry.contracts.rules import {', '.join(words)}"


def _top(body: str, constants: _Constants) -> Iterator[str]:
    """What the classes name, above them."""
    if re.search(r"\bInstant\b", body):
        yield ""
        yield 'Instant = pl.Datetime("us", "UTC")'
    for (_, values), name in constants.items():
        yield ""
        yield from _listed(f"{name} = ", values, 0)
    marks = [mark for mark in _CONSTANTS if re.search(rf"\b{mark}\b", body)]
    if marks:
        yield ""
        yield from (f'{mark} = {{"privacy": "{mark.lower()}"}}' for mark in marks)


def _constants(decided: Iterable[Chosen]) -> _Constants:
    """The names of enums that are long or stand at several columns; the others stand in their place."""
    uses = Counter((c.enum, c.values) for each in decided for c in each.table.columns if c.values and c.type.enum)
    names: _Constants = {}
    for (enum, values), count in uses.items():
        if count > 1 or len(values) > 4:
            name = snake(enum).upper() or "VALUES"
            name = name if name[0].isalpha() and name not in TAKEN else f"ENUM_{name}"
            while name in names.values():
                name += "_2"
            names[enum, values] = name
    return names


def _model(each: Chosen, constants: _Constants) -> str:
    table = each.table
    said = _quotable(table.said) or f"A row of {_quotable(table.spoken)}"
    lines = [f"class {each.model}(DataFrameModel):", f'    """{said}."""', ""]
    attributes: set[str] = set()
    names: set[str] = set()
    alone = {columns[0] for columns in (each.key.columns, *table.unique) if len(columns) == 1}
    for column in table.columns:
        reason = _unpublishable(column, each, names)
        if reason:
            lines.append(f"    # {_one_line(column.name)}: left out, {reason}")
            continue
        names.add(column.name.lower())
        attribute = _attribute(column.name, attributes, constants.values())
        attributes.add(attribute)
        lines += _field(column, attribute, column.name in alone, constants)
    if not names:
        lines.append("    # no column can be published")
    together = [c for c in table.unique if len(c) > 1 and {n.lower() for n in c} <= names]
    lines += ["", "    class Config:", '        strict = "filter"']
    if together:
        lines += _listed("        unique = ", together, 8)
    return "\n".join(lines)


def publishable(table: Table) -> Iterator[Column]:
    """The columns that a draft would publish, whatever else is decided about *table*."""
    key = key_of(table).columns
    for column in table.columns:
        if not _is_ours(column) and (column.name in key or not is_secret(column)):
            yield column


def _is_ours(column: Column) -> bool:
    return column.name.lower() in _NOT_PUBLISHED or column.name.startswith("parquetry:")


def _unpublishable(column: Column, each: Chosen, names: set[str]) -> str:
    if column.name in each.secrets:
        return "since its name says that it is a secret"
    if _is_ours(column):
        return "since parquetry uses that name"
    if column.name.lower() in names:
        return "since DuckDB does not tell names apart that differ by case"
    return ""


def _attribute(name: str, taken: Iterable[str], constants: Iterable[str]) -> str:
    """The column as a Python name; where it cannot be one, another, and the column is its alias."""
    unusable = {*_IMPORTED, *_CONSTANTS, *_OF_MODELS, *constants}
    # A class body looks a name up where it was last set, so no column may be called `str`.
    unusable |= set(_ANNOTATIONS.values()) & set(dir(builtins))
    found = re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("_")
    found = found if found[:1].isalpha() else f"c_{found}"
    if found in unusable or keyword.iskeyword(found):
        found += "_"
    while found in taken:
        found += "_"
    return found


def _field(column: Column, attribute: str, unique: bool, constants: _Constants) -> list[str]:
    kind = published(column)
    annotation = _annotation(kind)
    arguments = [f"alias={_quoted(column.name)}"] if attribute != column.name else []
    if column.values and column.type.enum:
        arguments.append(f"isin={constants.get((column.enum, column.values)) or _list(column.values)}")
    privacy, why = privacy_of(column)
    guessed = f"{privacy} {why}" if why else ""
    arguments += ["unique=True"] if unique else []
    arguments += ["nullable=True"] if column.nullable else []
    unit = column.said.lower() if column.said.lower() in _UNITS else ""
    arguments += [f"description={_quoted(column.said)}"] if column.said and not unit else []
    arguments += _metadata(unit, privacy)
    if column.type.base in ("json", "jsonb"):
        # A Field beside `Json` would take the place of the one in it.
        annotation, arguments = ("str", ["is_json=True", *arguments]) if arguments else ("Json", [])
    return _written(f"    {attribute}: {annotation}", arguments, _remark(column, kind, guessed))


def _metadata(unit: str, privacy: str | None) -> list[str]:
    mark = privacy.upper() if privacy and privacy != "internal" else ""
    if unit:
        return [f'metadata={{"unit": "{unit}"{f", **{mark}" * bool(mark)}}}']
    return [f"metadata={mark}"] * bool(mark)


def _remark(column: Column, kind: str, guessed: str) -> str:
    """What a reader of the contract wants to know and a contract cannot say."""
    remarks = []
    element = column.type.element
    if element is not None and column.values:
        remarks.append(f"each one of {', '.join(column.values)}")
    if kind == "VARCHAR" and not is_text(column.type):
        remarks.append(f"{column.type.name}, as its exact text")
    elif element is not None and element.base in ("json", "jsonb"):
        remarks.append("each is a JSON document")
    if column.default:
        remarks.append(f"by default {column.default}")
    if guessed:
        remarks.append(guessed)
    return _one_line("; ".join(remarks))


def _written(head: str, arguments: Sequence[str], remark: str) -> list[str]:
    """One field, on one line if it fits; what is said about it behind or above."""
    line = f"{head} = Field({', '.join(arguments)})" if arguments else head
    above: list[str] = []
    if remark and len(line) + len(remark) + 4 <= _WIDTH:
        line += f"  # {remark}"
    elif remark:
        above = [f"    # {part}" for part in textwrap.wrap(remark, _WIDTH - 6)]
    if len(line) <= _WIDTH:
        return [*above, line]
    inner = f"        {', '.join(arguments)}"
    if len(inner) <= _WIDTH:
        return [*above, f"{head} = Field(", inner, "    )"]
    return [*above, f"{head} = Field(", *(f"        {argument}," for argument in arguments), "    )"]


def _annotation(kind: str) -> str:
    if kind.endswith("[]"):
        inner = _annotation(kind.removesuffix("[]"))
        return f"pl.List({_ELEMENTS.get(inner, inner)})"
    if kind.startswith("DECIMAL("):
        return "pl.Decimal(" + kind.removeprefix("DECIMAL(").replace(",", ", ")
    return _ANNOTATIONS[kind]


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, values))}]"


def _listed(head: str, values: Sequence[str] | Sequence[tuple[str, ...]], indent: int) -> list[str]:
    """A list, on one line if it fits."""
    texts = [_quoted(v) if isinstance(v, str) else _list(v) for v in values]
    line = f"{head}[{', '.join(texts)}]"
    if len(line) <= _WIDTH:
        return [line]
    blank = " " * indent
    return [f"{head}[", *(f"{blank}    {text}," for text in texts), f"{blank}]"]


def _quoted(text: str) -> str:
    """A Python literal with double quotes, any character allowed."""
    # JSON's escapes are Python's, but what cannot be seen is better spelled.
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in shown)


def _quotable(text: str) -> str:
    """*text* within a docstring."""
    return _one_line(text).replace("\\", "\\\\").replace('"""', "'''").rstrip('"')


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
