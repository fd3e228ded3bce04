"""
The tables that a ``schema.prisma`` makes in PostgreSQL, as `prisma migrate` would make them.

Only the text is read: no Prisma, no Node, no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from parquetry.contracts.types import SourceType
from parquetry.drafting import Column, Description, Reference, Table
from parquetry.drafting.said import privacy, sentence
from parquetry.drafting.syntax import Attribute, Block, Call, Line, Word, blocks
from parquetry.errors import BadInput, Config, did_you_mean

SCALARS = {
    # Prisma     PostgreSQL, where no @db type says otherwise
    "String":   "Text",
    "Boolean":  "Boolean",
    "Int":      "Integer",
    "BigInt":   "BigInt",
    "Float":    "DoublePrecision",
    "Decimal":  "Decimal(65,30)",
    "DateTime": "Timestamp(3)",
    "Json":     "JsonB",
    "Bytes":    "ByteA",
}  # fmt: skip

NATIVE = {
    # @db            name in pg_catalog, and as PostgreSQL writes it; {0} is what stands in brackets
    "Text":            ("text", "text"),
    "VarChar":         ("varchar", "character varying{0}"),
    "Char":            ("bpchar", "character{0}"),
    "Citext":          ("", "citext"),
    "Bit":             ("bit", "bit{0}"),
    "VarBit":          ("varbit", "bit varying{0}"),
    "Uuid":            ("uuid", "uuid"),
    "Xml":             ("xml", "xml"),
    "Inet":            ("inet", "inet"),
    "Boolean":         ("bool", "boolean"),
    "Integer":         ("int4", "integer"),
    "SmallInt":        ("int2", "smallint"),
    "BigInt":          ("int8", "bigint"),
    "Oid":             ("oid", "oid"),
    "DoublePrecision": ("float8", "double precision"),
    "Real":            ("float4", "real"),
    "Decimal":         ("numeric", "numeric{0}"),
    "Money":           ("money", "money"),
    "Timestamp":       ("timestamp", "timestamp{0} without time zone"),
    "Timestamptz":     ("timestamptz", "timestamp{0} with time zone"),
    "Date":            ("date", "date"),
    "Time":            ("time", "time{0} without time zone"),
    "Timetz":          ("timetz", "time{0} with time zone"),
    "Json":            ("json", "json"),
    "JsonB":           ("jsonb", "jsonb"),
    "ByteA":           ("bytea", "bytea"),
}  # fmt: skip


def description(texts: Mapping[str, str], origin: str) -> Description:
    """
    What a schema describes.

    Args:
        texts: By file name; a schema may lie in several files.
        origin: What people call it.

    Raises:
        BadInput: It is not written in Prisma's language, or names what it does not declare.
        Config: It is for another database than PostgreSQL.
    """
    found = [block for file, text in texts.items() for block in blocks(text, file)]
    _refuse_others(found, origin)
    schema = _Schema(
        origin,
        {b.name: b for b in found if b.kind in ("model", "view")},
        {b.name: b for b in found if b.kind == "enum"},
    )
    models = [b for b in found if b.kind == "model"]
    tables = [schema.table(model) for model in models]
    views = {schema.table_name(b): "a view has no key" for b in found if b.kind == "view"}
    return Description(origin, "prisma", (*tables, *schema.joins(models)), _url(found), _enforced(found), views)


def _refuse_others(found: Iterable[Block], origin: str) -> None:
    for source in (b for b in found if b.kind == "datasource"):
        provider = next((line.value for line in source.lines if line.name == "provider"), "postgresql")
        providers = provider if isinstance(provider, list) else [provider]
        if not {"postgresql", "postgres"}.intersection(map(str, providers)):
            raise Config(
                f"{origin} is for {providers[0] if providers else 'another database'}, not for PostgreSQL",
                next="a source of parquetry is a PostgreSQL database",
            )


def _enforced(found: Iterable[Block]) -> bool:
    """Whether relations are foreign keys in the database; Prisma can also leave them to itself."""
    lines = [line for b in found if b.kind == "datasource" for line in b.lines]
    return not any(line.name in ("relationMode", "referentialIntegrity") and line.value == "prisma" for line in lines)


def _url(found: Iterable[Block]) -> str:
    """The variable with the address of the database itself, past a pooler."""
    named: dict[str, str] = {}
    for line in (line for b in found if b.kind == "datasource" for line in b.lines):
        if isinstance(line.value, Call) and line.value.name == "env" and line.value.values:
            named[line.name] = str(line.value.values[0])
    if named.get("directUrl", "DIRECT_URL") == "DIRECT_URL":  # which goes before DATABASE_URL anyway
        return named.get("url", "DATABASE_URL")
    return named["directUrl"]


@dataclass(frozen=True, slots=True)
class _Schema:
    """All that one name may refer to."""

    origin: str
    models: Mapping[str, Block]
    enums: Mapping[str, Block]

    def table(self, model: Block) -> Table:
        columns = {line.name: c for line in model.lines if (c := self._column(model, line)) is not None}
        primary, unique = _keys(model)
        named = {line.name: _mapped(line.attribute("map"), line.name) for line in model.lines}
        name = self.table_name(model)
        return Table(
            name=name,
            columns=tuple(columns.values()),
            schema=self._schema_of(model),
            model=model.name if model.name != name else "",
            primary=_columns(primary, named),
            unique=tuple(dict.fromkeys(_columns(fields, named) for fields in unique)),
            references=tuple(self._references(model, named)),
            indexed=frozenset(named.get(fields[0], fields[0]) for fields in _indexes(model)),
            said=sentence(model.said),
        )

    def table_name(self, model: Block) -> str:
        return _mapped(model.attribute("map"), model.name)

    def _schema_of(self, model: Block) -> str:
        attribute = model.attribute("schema")
        name = str(attribute.get("map")) if attribute else ""
        return "" if name == "public" else name

    def _column(self, model: Block, line: Line) -> Column | None:
        """The column of a field; None where the field is the other end of a relation."""
        if isinstance(line.type, str) and line.type in self.models:
            return None
        default, kind = line.attribute("default"), self._type(model, line)
        values = self._values(line.type) if isinstance(line.type, str) else {}
        return Column(
            name=_mapped(line.attribute("map"), line.name),
            type=kind if line.arity != "[]" else _array(kind),
            # A list that is required in Prisma is NULL in PostgreSQL until somebody fills it.
            nullable=line.arity != "",
            values=tuple(values.values()),
            enum=str(line.type) if values else "",
            default=_told(default.get("value"), values) if default else "",
            updated=line.attribute("updatedAt") is not None,
            said=sentence(line.said),
            privacy=privacy(line.said),
        )

    def _type(self, model: Block, line: Line) -> SourceType:
        if isinstance(line.type, Call):  # Unsupported("…")
            return SourceType(str(line.type.values[0]) if line.type.values else "", "", "")
        if line.type in self.enums:
            return SourceType(f'"{_mapped(self.enums[line.type].attribute("map"), line.type)}"', "", "", enum=True)
        if line.type not in SCALARS:
            known = [*SCALARS, *self.enums, *self.models]
            raise BadInput(
                f"{self.origin}: {model.name}.{line.name} is of the type {line.type!r}, which nothing declares"
                f"{did_you_mean(line.type, known)}",
                next="a schema in several files is given as its folder",
            )
        native = next((a for a in line.attributes if a.name.startswith("db.")), None)
        if native is None:
            name, _, given = SCALARS[line.type].removesuffix(")").partition("(")
            return _native(name, given.split(",") if given else [])
        return _native(native.name.removeprefix("db."), [str(v) for v in native.values])

    def _values(self, enum: str) -> dict[str, str]:
        """In Prisma's words and in the database's."""
        block = self.enums.get(enum)
        return {line.name: _mapped(line.attribute("map"), line.name) for line in block.lines} if block else {}

    def _references(self, model: Block, named: Mapping[str, str]) -> Iterator[Reference]:
        for line in model.lines:
            relation = line.attribute("relation")
            target = self.models.get(line.type) if isinstance(line.type, str) else None
            if relation is None or target is None or "fields" not in relation.named:
                continue
            theirs = {each.name: _mapped(each.attribute("map"), each.name) for each in target.lines}
            yield Reference(
                _columns(_fields(relation.named["fields"]), named),
                self._schema_of(target),
                self.table_name(target),
                _columns(_fields(relation.named.get("references", [])), theirs),
            )

    def joins(self, models: Sequence[Block]) -> Iterator[Table]:
        """The tables that Prisma makes for relations of many to many, where no model stands for them."""
        seen: set[str] = set()
        for model in models:
            for line in model.lines:
                other = self.models.get(line.type) if isinstance(line.type, str) else None
                if other is None or other.kind != "model" or not self._is_list_on_both_sides(model, line, other):
                    continue
                first, second = sorted((model, other), key=lambda b: b.name)
                name = f"_{_relation(line) or f'{first.name}To{second.name}'}"
                if name not in seen:
                    seen.add(name)
                    yield self._join(name, first, second)

    def _is_list_on_both_sides(self, model: Block, line: Line, other: Block) -> bool:
        return line.arity == "[]" and any(
            back.type == model.name and back.arity == "[]" and _relation(back) == _relation(line)
            for back in other.lines
            if model is not other or back.name != line.name
        )

    def _join(self, name: str, first: Block, second: Block) -> Table:
        columns, references = [], []
        for letter, model in (("A", first), ("B", second)):
            table = self.table(model)
            key = table.column(table.primary[0]) if table.primary else None
            if key is not None:
                columns.append(Column(letter, key.type))
                references.append(Reference((letter,), table.schema, table.name, (key.name,)))
        return Table(
            name, tuple(columns), self._schema_of(first), unique=(("A", "B"),), references=tuple(references),
            said=f"Which {first.name} goes with which {second.name}",
        )  # fmt: skip


def _keys(model: Block) -> tuple[list[str], list[list[str]]]:
    """The fields of the primary key, and those of each unique index."""
    primary = [line.name for line in model.lines if line.attribute("id")]
    unique = [[line.name] for line in model.lines if line.attribute("unique")]
    for attribute in model.attributes:
        fields = _fields(attribute.get("fields"))
        if attribute.name == "id":
            primary = fields
        elif attribute.name == "unique" and "where" not in attribute.named and fields:
            unique.append(fields)
    return primary, [fields for fields in unique if fields != primary]


def _indexes(model: Block) -> Iterator[list[str]]:
    primary, unique = _keys(model)
    indexes = [_fields(a.get("fields")) for a in model.attributes if a.name == "index"]
    return (fields for fields in (primary, *unique, *indexes) if fields)


def _fields(given: Any) -> list[str]:
    """``[userId, createdAt(sort: Desc)]`` by name; an expression is no field."""
    values = given if isinstance(given, list) else [given] if given is not None else []
    return [v.name if isinstance(v, Call) else str(v) for v in values if isinstance(v, Call | Word)]


def _columns(fields: Iterable[str], named: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(named.get(name, name) for name in fields)


def _mapped(attribute: Attribute | None, name: str) -> str:
    given = attribute.get("name") if attribute else None
    return str(given) if given else name


def _relation(line: Line) -> str:
    attribute = line.attribute("relation")
    return str((attribute.get("name") if attribute else None) or "")


def _native(name: str, given: Sequence[str]) -> SourceType:
    if name not in NATIVE:
        return SourceType(name.lower(), "", "")
    base, words = NATIVE[name]
    modifier = -1
    if base == "numeric" and given:
        precision, scale = int(given[0]), int(given[1]) if len(given) > 1 else 0
        modifier = (precision << 16 | scale) + 4
    return SourceType(words.format(f"({','.join(given)})" if given else ""), base, "", modifier)


def _array(element: SourceType) -> SourceType:
    return SourceType(f"{element.name}[]", "", "", element.modifier, element=replace(element), dimensions=1)


def _told(value: Any, values: Mapping[str, str]) -> str:
    """A default as people say it."""
    if isinstance(value, Call):
        inner = str(value.values[0]) if value.name == "dbgenerated" and value.values else ""
        return inner or f"{value.name}()"
    if isinstance(value, list):
        return f"[{', '.join(_told(v, values) for v in value)}]"
    if isinstance(value, Word):
        return values.get(value, value)
    return "" if value is None else str(value)
