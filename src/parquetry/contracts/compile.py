"""
A Pandera model as a contract: every check that SQL can express becomes SQL.

What is compiled gives Pandera's own verdict for every value; a property test holds that. Where
the two engines could differ (a pattern with ``\\w``, a decimal against a float) the check stays
Pandera's, as a custom rule. What a contract may not do, such as change values or drop rows, is
refused here, before anything is read.

One difference is meant: where a ``unique`` column is nullable, Pandera takes two NULLs for
duplicates; a contract follows PostgreSQL's unique index, in which NULLs never collide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

import pandera.polars as pa
import polars as pl
from pandera.api.checks import Check
from pandera.api.polars.components import Column
from pandera.api.polars.container import DataFrameSchema
from pandera.errors import BackendNotFoundError, SchemaDefinitionError, SchemaInitError

from parquetry.contracts import Contract, Field, Misfits, Privacy, Rule, rules, sql
from parquetry.contracts.builtin import KEYWORDS, holds, listed, says
from parquetry.contracts.canonical import canonical
from parquetry.errors import BadContract, did_you_mean

if TYPE_CHECKING:
    from pandera.api.dataframe.model_components import CheckInfo

_TYPES: dict[Any, str] = {
    pl.Int8: "TINYINT",
    pl.Int16: "SMALLINT",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.UInt8: "UTINYINT",
    pl.UInt16: "USMALLINT",
    pl.UInt32: "UINTEGER",
    pl.UInt64: "UBIGINT",
    pl.Float32: "FLOAT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.String: "VARCHAR",
    pl.Binary: "BLOB",
    pl.Date: "DATE",
    pl.Time: "TIME",
}
_INSTEAD: dict[Any, str] = {
    pl.Categorical: "str with isin=[…], or pl.Enum([…])",
    pl.Duration: "an integer column with a unit",
    pl.Struct: "str with is_json=True",
    pl.Array: "pl.List(…)",
    pl.Object: "str",
    pl.Int128: "pl.Decimal(38, 0): Parquet has no integer of 128 bits",
    pl.Null: "the type the column is meant to have",
}
# Polars methods that look at other rows; a rule is held row by row, in batches.
_ACROSS_ROWS = frozenset(
    "over shift diff pct_change rank sort sort_by reverse is_unique is_duplicated is_first_distinct is_last_distinct "
    "n_unique unique value_counts group_by cum_sum cum_count cum_max cum_min cum_prod rolling_mean rolling_sum "
    "rolling_min rolling_max mean median sum std var quantile mode head tail first last arg_max arg_min "
    "forward_fill backward_fill interpolate ewm_mean".split()
)
_OWN_NAMES = ("file_row_number", "file_index", "_rules", "_file", "_row", "__partition")


class Named(NamedTuple):
    """One Pandera check under its rule's name; *column* is None for a check on the whole frame."""

    name: str
    column: str | None
    check: Check


def compile(model: type[pa.DataFrameModel], name: str) -> Contract:
    """
    The contract that *model* declares.

    Args:
        name: As in parquetry.toml: ``contracts.research:BehavioralEvent``.

    Raises:
        BadContract: It is not a model for polars, a type cannot be published, a check cannot
            run on its column, or it asks for what a contract may not do.
    """
    schema = schema_of(model, name)
    _refuse_options(schema, name)
    fields = tuple(_field(column, name) for column in schema.columns.values())
    _refuse_names(fields, name)
    types = {field.name: field.type for field in fields}
    compiled = [_enum_rule(column) for column in schema.columns.values() if isinstance(_dtype(column), pl.Enum)]
    for named in checks_of(schema):
        compiled.extend(_rules(named, schema, types, model, name))
    return Contract(
        name=name,
        fields=fields,
        rules=_distinct(compiled, name),
        unique=_unique(schema, types, name),
        description=_sentence(model),
    )


def schema_of(model: type[pa.DataFrameModel], name: str) -> DataFrameSchema:
    """The Pandera schema behind *model*; what Pandera refuses becomes `BadContract`."""
    given: Any = model
    if not (isinstance(given, type) and issubclass(given, pa.DataFrameModel)):
        kind = getattr(given, "__name__", given)
        raise BadContract(
            f"contract {name} is not a Pandera model for polars",
            what=f"it is {kind!r}",
            next="derive it from pandera.polars.DataFrameModel",
            contract=name,
        )
    try:
        return model.to_schema()
    except (SchemaInitError, SchemaDefinitionError, BackendNotFoundError, AttributeError, TypeError, ValueError) as e:
        raise BadContract(f"contract {name} is not accepted by Pandera", what=f"{type(e).__name__}: {e}") from e
    except NameError as e:
        raise BadContract(f"contract {name} names a type that is not imported", what=str(e)) from e


def checks_of(schema: DataFrameSchema) -> Iterator[Named]:
    """Every check of *schema* under the name of its rule; a second one of a name gets ``#2``."""
    seen: dict[str, int] = {}
    pairs = [(str(c.name), check) for c in schema.columns.values() for check in c.checks]
    for column, check in [*pairs, *((None, check) for check in schema.checks)]:
        short = KEYWORDS.get(str(check.name), str(check.name))
        name = short if column is None else f"{column}:{short}"
        seen[name] = seen.get(name, 0) + 1
        yield Named(name if seen[name] == 1 else f"{name}#{seen[name]}", column, check)


def _refuse_options(schema: DataFrameSchema, name: str) -> None:
    refused = [
        (schema.drop_invalid_rows, "drop_invalid_rows", "no row is lost silently; use export --non-strict"),
        (schema.add_missing_columns, "add_missing_columns", "a missing column is reported; make it nullable"),
        (schema.strict is True, "strict = True", "columns not in the contract are left out: strict = 'filter'"),
        (schema.dtype is not None, "dtype", "give every column its own type"),
    ]
    for column in schema.columns.values():
        refused += [
            (column.regex, f"{column.name}: regex=True", "write out the columns"),
            (column.default is not None, f"{column.name}: default", "no value changes silently; make it nullable"),
            (not column.required, f"{column.name}: required=False", "a published column always exists; nullable=True"),
        ]
        refused += [_refused_check(check, str(column.name)) for check in column.checks]
    refused += [_refused_check(check, "Config") for check in schema.checks]
    for is_set, option, instead in refused:
        if is_set:
            raise BadContract(f"contract {name} may not use {option}", what=instead, contract=name, option=option)


def _refused_check(check: Check, place: str) -> tuple[bool, str, str]:
    if check.name == "unique_values_eq":
        return True, f"{place}: unique_values_eq", "it looks across rows; a rule holds row by row"
    return check.raise_warning, f"{place}: raise_warning=True", "a rule holds or is broken; leave the check out"


def _refuse_names(fields: Sequence[Field], name: str) -> None:
    if not fields:
        raise BadContract(f"contract {name} has no columns", next="declare some; a name that begins with _ is private")
    lower: dict[str, str] = {}
    for column in (column for field in fields for column in (field.name, field.flag) if column is not None):
        if column.lower() in _OWN_NAMES or column.startswith("parquetry:") or not column:
            raise BadContract(
                f"contract {name} may not name a column {column!r}",
                what="parquetry uses that name",
                next="read a view of the table in which the column has another name",
            )
        if other := lower.get(column.lower()):
            raise BadContract(
                f"contract {name} has columns {other!r} and {column!r}",
                what="DuckDB does not tell names apart that differ by case",
                next="select one of them under another name in a view, and export that",
            )
        lower[column.lower()] = column


def _field(column: Column, name: str) -> Field:
    metadata = column.metadata or {}
    privacy = _one_of(metadata, "privacy", get_args(Privacy), "internal", f"contract {name}: {column.name}")
    misfits = _one_of(metadata, "misfits", get_args(Misfits), "text", f"contract {name}: {column.name}")
    if misfits == "null_and_flag" and not column.nullable:
        raise BadContract(
            f"contract {name}: {column.name} may not be NULL, and its misfits would be",
            next="declare it nullable=True, or choose quarantine, refuse or text for its misfits",
        )
    return Field(
        name=str(column.name),
        type=duckdb_type(_dtype(column), f"contract {name}: {column.name}"),
        nullable=bool(column.nullable),
        unit=str(metadata.get("unit", "")),
        privacy=cast("Privacy", privacy),
        description=column.description or "",
        misfits=cast("Misfits", misfits),
    )


def _one_of(metadata: Mapping[str, Any], key: str, known: Sequence[str], default: str, place: str) -> str:
    value = metadata.get(key, default)
    if value not in known:
        hint = did_you_mean(str(value), known)
        raise BadContract(f"{place} has {key} {value!r}{hint}", what=f"known: {', '.join(known)}")
    return str(value)


def _dtype(column: Column) -> Any:
    return getattr(column.dtype, "type", None)


def duckdb_type(dtype: Any, place: str) -> str:
    """
    The DuckDB type that *dtype*, a polars type, is published as.

    Raises:
        BadContract: It cannot be published without changing values; says what to use.
    """
    if dtype in _TYPES:
        return _TYPES[dtype]
    if isinstance(dtype, pl.Datetime) and dtype.time_unit == "us" and dtype.time_zone in (None, "UTC"):
        return "TIMESTAMP WITH TIME ZONE" if dtype.time_zone else "TIMESTAMP"
    if isinstance(dtype, pl.Decimal) and dtype.precision <= 38:
        return f"DECIMAL({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.Enum):
        return "VARCHAR"
    if isinstance(dtype, pl.List) and not isinstance(dtype.inner, pl.List | pl.Enum):
        return duckdb_type(dtype.inner, place) + "[]"
    instead = next((text for kind, text in _INSTEAD.items() if dtype == kind), "a plain type: str, int, float, bool …")
    if isinstance(dtype, pl.Datetime):
        instead = "pl.Datetime('us'), or pl.Datetime('us', 'UTC') for a time with zone"
    raise BadContract(f"{place} is {dtype}, which cannot be published", next=f"use {instead}")


def _unique(schema: DataFrameSchema, types: Mapping[str, str], name: str) -> tuple[tuple[str, ...], ...]:
    declared: Any = schema.unique
    together: list[Any] = [declared] if isinstance(declared, str) else list(declared or [])
    nested = all(not isinstance(column, str) for column in together)
    groups: list[tuple[str, ...]] = [tuple(group) for group in together] if nested else [tuple(together)]
    for column in (column for group in groups for column in group):
        if column not in types:
            hint = did_you_mean(column, types)
            raise BadContract(f"contract {name}: unique names {column!r}, which is not a column{hint}")
    alone = [(str(column.name),) for column in schema.columns.values() if column.unique]
    return tuple(dict.fromkeys([*alone, *groups]))


def _distinct(compiled: Sequence[Rule], name: str) -> tuple[Rule, ...]:
    names = [rule.name for rule in compiled]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise BadContract(f"contract {name} has two rules named {twice[0]!r}", next="rename one of them")
    return tuple(compiled)


def _sentence(model: type) -> str:
    """The model's own docstring, its first paragraph; not one it inherits from Pandera."""
    paragraph = (vars(model).get("__doc__") or "").strip().partition("\n\n")[0]
    return " ".join(paragraph.split())


def _rules(named: Named, schema: DataFrameSchema, types: Mapping[str, str], model: type, contract: str) -> list[Rule]:
    place = f"contract {contract}: {named.name}"
    try:
        declared = rules.compiled(named.check, named.column, types)
    except (ValueError, TypeError, KeyError) as e:
        raise BadContract(place, what=str(e)) from e
    # A check of a NULL is neither true nor false, and breaks the rule only under ignore_na=False.
    null_breaks = "IS FALSE" if named.check.ignore_na else "IS NOT TRUE"
    if declared is not None:
        suffix = "#" + named.name.partition("#")[2] if "#" in named.name else ""
        return [Rule(d.name + suffix, d.columns, d.says, f"({d.holds}) {null_breaks}") for d in declared]
    builtin = named.check.is_builtin_check(getattr(named.check._check_fn, "__name__", ""))
    if builtin and named.column is not None:
        _probe(named, schema.columns[named.column], place)
        if condition := holds(named.check, sql.name(named.column), _sql_type(schema.columns[named.column], types)):
            said, broken = says(named.column, named.check), f"({condition}) {null_breaks}"
            return [Rule(named.name, (named.column,), said, broken, values=_values(named.check))]
    return [_custom_rule(named, builtin, types, model, place)]


def _sql_type(column: Column, types: Mapping[str, str]) -> str:
    return "ENUM" if isinstance(_dtype(column), pl.Enum) else types[str(column.name)]


def _probe(named: Named, column: Column, place: str) -> None:
    """Run the check once, so that one which never can (a string compared with a number) is refused now."""
    dtype = _dtype(column)
    values = [None, ""] if dtype == pl.String else [None]
    frame = pl.LazyFrame({named.column: pl.Series(values, dtype=dtype)})
    try:
        named.check(frame, named.column).check_output.collect()
    except (Exception, pl.exceptions.PanicException) as e:
        reason = str(e).partition("\n")[0]
        raise BadContract(f"{place} cannot run on a column of {dtype}", what=f"{type(e).__name__}: {reason}") from e


def _enum_rule(column: Column) -> Rule:
    values = ", ".join(sql.text(value) for value in sorted(_dtype(column).categories))
    name = str(column.name)
    said = f"{name} is one of {listed(_dtype(column).categories)}"
    broken = f"(list_contains([{values}], {sql.name(name)})) IS FALSE"
    return Rule(f"{name}:enum", (name,), said, broken, values=tuple(_dtype(column).categories))


def _values(check: Check) -> tuple[str, ...]:
    """What ``isin`` allows, as text."""
    allowed = (check.statistics or {}).get("allowed_values", ())
    return tuple(str(value) for value in allowed if value is not None)


def _custom_rule(named: Named, builtin: bool, types: Mapping[str, str], model: type, place: str) -> Rule:
    check = named.check
    how = f"ignore_na={check.ignore_na} element_wise={check.element_wise}"
    columns = (named.column,) if named.column else tuple(types)
    if builtin:
        given = ", ".join(f"{key}={_plain(value)}" for key, value in sorted((check.statistics or {}).items()))
        said = says(named.column, check) if named.column else named.name
        return Rule(named.name, columns, said, custom=f"{check._check_fn.__name__}({given}) {how}")
    function = function_of(check)
    try:
        meaning = canonical(function, model)
    except (OSError, SyntaxError) as e:
        raise BadContract(f"{place}: the source of the check cannot be read", what=str(e)) from e
    if across := _looks_across_rows(meaning):
        raise BadContract(
            f"{place} looks across rows: .{across}()",
            what="rules are held row by row, in batches, so that memory does not grow with the data",
            next="use unique, or write a query that checks the published snapshot",
        )
    said = " ".join((check.description or check.error or "").split()) or named.name
    given = ", ".join(f"{key}={_plain(value)}" for key, value in sorted((check.statistics or {}).items()))
    return Rule(named.name, columns, said, custom=f"{how} {given}\n{meaning}")


def _plain(value: Any) -> str:
    """A check's argument, the same whatever order a set or list of members has."""
    return repr(sorted(map(repr, value))) if isinstance(value, list | set | frozenset) else repr(value)


def function_of(check: Check) -> Any:
    """The function its author wrote: a method of the model, or one registered with Pandera."""
    function = check._check_fn
    function = getattr(function, "func", function)
    cells = getattr(function, "__closure__", None) or ()
    for cell in cells:
        info: CheckInfo | Any = cell.cell_contents
        if hasattr(info, "check_fn"):
            return info.check_fn
    return function


def _looks_across_rows(meaning: str) -> str:
    """The first polars method in a syntax tree that looks at other rows; ``.list.sum()`` and the like do not."""

    within = re.compile(r"attr='(?:list|arr|str|dt|struct|bin)', ctx=Load\(\)\), attr='(\w+)'")
    inner = {match.start(1) for match in within.finditer(meaning)}
    for match in re.finditer(r"attr='(\w+)'", meaning):
        if match[1] in _ACROSS_ROWS and match.start(1) not in inner:
            return match[1]
    return ""
