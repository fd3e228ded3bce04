"""
What a draft decides: the key, the time, the names, what is a secret; and each time why.

The reasons are told to the person who reads the draft, who may know better.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from parquetry.contracts import Privacy, types
from parquetry.contracts.types import SourceType
from parquetry.drafting import Column, Reference, Table
from parquetry.errors import SchemaDrift

_TIMES = ("date", "timestamp", "timestamptz")
_MOMENT = re.compile(
    r"(time_?stamp|time|date|at|when|(occurred|happened|recorded|received|logged|event)_(at|on|time|date))"
)
_BEGUN = re.compile(
    r"(created|inserted|added|started|joined|sent|submitted)(_(at|on|time|date))?|(creation|create)_(time|date)"
)
_LATER = re.compile(
    r"(^|_)(updated?|modified|changed|deleted|expires?|expiry|end(ed|s)?|until|last|next|due|scheduled)(_|$)"
)
_CHANGES = re.compile(r"(last_)?(updated|modified|changed)(_(at|on|time|date))?|update_time")
_SECRET = re.compile(
    r"(^|_)(pass(word|wd|phrase)|secret|token|api_?key|(private|access|signing|encryption)_key|salt|otp|credentials?"
    r"|(backup|recovery)_codes)(_(hash|hashed|digest|encrypted|value))?$"
)
_PERSONAL = re.compile(
    r"(^|_)(e_?mail|phone|(first|last|full|family|given|display|user)_?name|surname|ip|ip_address|user_agent|birth(day|_?date)"
    r"|date_of_birth|street|postal_code|zip_?code|ssn|iban|user_?id|person_id|patient_id)(_(number|address|hash))?$"
)
_ENOUGH = 3  # points, from which on a column is taken for the time


class Because(NamedTuple):
    """Columns that were chosen, and why; or none, and why not."""

    columns: tuple[str, ...]
    why: str


class Chosen(NamedTuple):
    """
    What is decided about one table.

    Attributes:
        dataset: Its name in the lake. model: The contract's class.
        key, time: What was found, with the reason.
        monthly: Whether months are replaced one by one; if not, *whole* says why.
        secrets: Columns that are left out of the contract, since their names say that nobody should read them.
    """

    table: Table
    dataset: str
    model: str
    key: Because
    time: Because
    monthly: bool
    whole: str
    secrets: frozenset[str]


def chosen(tables: Sequence[Table], taken: Collection[str] = ()) -> list[Chosen]:
    """
    Decide about every table.

    Args:
        taken: Names that no contract's class may have.
    """
    decided: list[Chosen] = []
    models = set(taken)
    for table in tables:
        key = key_of(table)
        secrets = frozenset(c.name for c in table.columns if is_secret(c) and c.name not in key.columns)
        time = time_of(table)
        changing = next((c.name for c in table.columns if changes(c)), "")
        whole = f"its rows change later: {changing}" if changing else ""
        dataset = _free(_dataset(table), {d.dataset for d in decided}, "_", longest=63)
        model = _free(_class(table), models, "")
        models.add(model)
        decided.append(Chosen(table, dataset, model, key, time, bool(time.columns) and not whole, whole, secrets))
    return decided


def key_of(table: Table) -> Because:
    """What names a row."""
    if table.primary:
        return Because(table.primary, "the primary key")
    required = {c.name for c in table.columns if not c.nullable}
    for columns in table.unique:
        if required.issuperset(columns):
            return Because(columns, "no primary key, but unique and never NULL")
    return Because((), "nothing is unique and never NULL, so a row that comes twice is not noticed")


def time_of(table: Table) -> Because:
    """The likely time of a row: when it happened or came to be, and never changed since."""
    # A time that is NULL until something happens is not one that a row is born with.
    born = [c for c in table.columns if c.type.base in _TIMES and (not c.nullable or _is_now(c))]
    points = [(_points(c, table), c) for c in born]
    best = max(points, key=lambda p: sum(n for n, _ in p[0]), default=None)
    if best is None:
        return Because((), "no column that is a time from the beginning")
    reasons, column = best
    if sum(n for n, _ in reasons) < _ENOUGH:
        names = ", ".join(c.name for _, c in points)
        said = f"none of {names} says" if len(points) > 1 else f"{names} does not say"
        return Because((), f"{said} when a row came to be")
    null = "NULLs are a partition of their own" if column.nullable else "never NULL"
    return Because((column.name,), ", ".join([*(why for n, why in reasons if n > 0 and why), null]))


def _points(column: Column, table: Table) -> list[tuple[int, str]]:
    name = snake(column.name)
    points = [(1 if column.type.base != "date" else 0, "")]
    if _MOMENT.fullmatch(name):
        points.append((4, "its name"))
    elif _BEGUN.fullmatch(name):
        points.append((3, "its name"))
    if _LATER.search(name) or column.updated:
        points.append((-9, ""))
    if _is_now(column):
        points.append((2, "set to now by default"))
    if column.name in table.indexed:
        points.append((1, "indexed"))
    return points


def _is_now(column: Column) -> bool:
    """Whether the database sets it to now where nothing is given."""
    return bool(re.match(r"(now|transaction_timestamp|clock_timestamp)\(\)|current_date", column.default.lower()))


def changes(column: Column) -> bool:
    """Whether a column is the time when a row was last changed."""
    return column.type.base in _TIMES and (column.updated or bool(_CHANGES.fullmatch(snake(column.name))))


def is_secret(column: Column) -> bool:
    """Whether the name says that nobody should read it."""
    element = column.type.element or column.type
    return element.base in ("text", "varchar", "bytea", "bpchar") and bool(_SECRET.search(snake(column.name)))


def privacy_of(column: Column) -> tuple[Privacy | None, str]:
    """The class of a column and who says so; None where the usual one will do."""
    if column.privacy:
        return column.privacy, ""
    if is_secret(column):  # and it is here all the same, since it names the row
        return "sensitive", "by its name"
    return ("personal", "by its name") if _PERSONAL.search(snake(column.name)) else (None, "")


def summary_of(each: Chosen) -> list[str]:
    """Columns whose different values an export counts: who, and the first enums."""
    names = [c.name for c in each.table.columns if snake(c.name) in ("user_id", "person_id", "patient_id")]
    enums = [c.name for c in each.table.columns if c.values and c.type.enum]
    return [name for name in (*names[:1], *enums[:2]) if name not in each.secrets]


def published(column: Column) -> str:
    """The DuckDB type in which a column is published, as the type table recommends."""
    kind = _recommended(column.type)
    try:
        types.publication(column.name, column.type, kind)
    except SchemaDrift:
        return "VARCHAR"
    return kind


def _recommended(source: SourceType) -> str:
    if source.element is not None:
        inner = "" if source.element.element else _recommended(source.element)
        plain = inner != "VARCHAR" or is_text(source.element)
        return f"{inner}[]" if inner not in ("", "BLOB") and plain else "VARCHAR"
    kind = types.decoded(source)
    return "VARCHAR" if kind in ("", "ENUM", "UUID") else kind


def is_text(source: SourceType) -> bool:
    """Whether its text is the value itself, not a way to write it down."""
    return source.enum or source.base in ("text", "varchar", "json", "jsonb", "uuid")


def targets(decided: Iterable[Chosen], reference: Reference) -> Chosen | None:
    """What was decided about the table that a reference leads to; None where it has no dataset."""
    at = (reference.schema, reference.table)
    return next((c for c in decided if (c.table.schema, c.table.name) == at), None)


def snake(name: str) -> str:
    """``createdAt`` and ``CreatedAt`` are ``created_at``, ``userID`` is ``user_id``."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", parts.lower()).strip("_")


def _dataset(table: Table) -> str:
    """A table that is called as a model is, ``BehavioralEvent``, holds many: ``behavioral_events``."""
    name = snake(table.name)
    if re.search(r"[A-Z]", table.name):
        name = _plural(name)
    if not re.match(r"[a-z]", name):
        name = f"t_{name}".rstrip("_")
    return name[:63].rstrip("_")


def _plural(name: str) -> str:
    if name.endswith(("data", "info", "news", "series", "staff")):
        return name
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    if name.endswith("s") and not name.endswith(("ss", "us", "is")):
        return name
    if name.endswith("sis"):
        return f"{name[:-2]}es"
    return f"{name}es" if re.search(r"(s|x|z|ch|sh)$", name) else f"{name}s"


def _class(table: Table) -> str:
    """The model's own name, or the table's in camel case."""
    words = re.split(r"[^A-Za-z0-9]+", table.model or table.name)
    name = "".join(w[:1].upper() + w[1:] for w in words if w)
    return name if re.match(r"[A-Za-z]", name) else f"Table{name}"


def _free(name: str, taken: Collection[str], joint: str, longest: int = 200) -> str:
    """*name*, or the first of name2, name3 … that nobody has, whatever the case."""
    lower, number, found = {t.lower() for t in taken}, 2, name
    while found.lower() in lower:
        tail = f"{joint}{number}"
        found, number = f"{name[: longest - len(tail)]}{tail}", number + 1
    return found
