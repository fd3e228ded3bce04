"""
The tables that a live PostgreSQL has, in the words of a draft.

What is asked is `pg_catalog` alone, in one read-only transaction; no row of the app is read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from parquetry.contracts.types import SourceType
from parquetry.drafting import Column, Description, Reference, Table
from parquetry.drafting.said import privacy, sentence
from parquetry.sources import _faults, _link, _tables
from parquetry.sources._tables import Relation, SourceColumn

_KEYS = """
select i.indrelid::int8, i.indisprimary, array(
         select a.attname from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality as k(n, place)
         join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n order by k.place)::text[],
       i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null
from pg_catalog.pg_index i where i.indrelid = any(%s) order by i.indrelid, i.indexrelid
"""

_REFERENCES = """
select c.conrelid::int8, c.confrelid::int8,
       array(select a.attname from unnest(c.conkey) with ordinality as k(n, place)
             join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.place)::text[],
       array(select a.attname from unnest(c.confkey) with ordinality as k(n, place)
             join pg_catalog.pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.place)::text[]
from pg_catalog.pg_constraint c
where c.contype = 'f' and c.convalidated and c.conparentid = 0 and c.conrelid = any(%s)
order by c.conrelid, c.conname
"""

# Domains and arrays of an enum lead to it; a domain over a domain is not followed further.
_ENUMS = """
select a.attrelid::int8, a.attname, e.typname, array(
         select l.enumlabel from pg_catalog.pg_enum l where l.enumtypid = e.oid order by l.enumsortorder)::text[]
from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_type b on b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
join pg_catalog.pg_type e on e.oid = case when b.typcategory = 'A' then b.typelem else b.oid end
where e.typtype = 'e' and a.attnum > 0 and not a.attisdropped and a.attrelid = any(%s)
"""

_DETAILS = """
select a.attrelid::int8, a.attname, coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), ''),
       coalesce(pg_catalog.col_description(a.attrelid, a.attnum), ''), a.attgenerated <> ''
from pg_catalog.pg_attribute a
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attnum > 0 and not a.attisdropped and a.attrelid = any(%s)
"""

_TABLES = """
select c.oid::int8, c.relispartition, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '')
from pg_catalog.pg_class c where c.oid = any(%s)
"""


def description(url: str, *, connect_seconds: int = 10) -> Description:
    """
    What a database says of its tables.

    Args:
        url: libpq's or Prisma's. With ``?schema=`` only that schema's tables are described; else those
            of every schema that the role may read.

    Raises:
        Config, Denied, SourceDown, Busy: As the server says; never with the password.
    """
    to = _link.link(url, application="parquetry/init", connect_seconds=connect_seconds, settings={})
    with _faults.translating(to), to.connect() as server:
        _tables.search_path(server, to.schema, to.where)
        name = server.info.dbname
        relations = _tables.relations(server, to.schema or "public")
        if to.schema:
            relations = [r for r in relations if r.rank]
        facts = _Facts(server, [r.oid for r in relations])
        described, left_out = [], {}
        for relation in relations:
            if reason := facts.reason_against(relation):
                if reason != _PART:
                    left_out[relation.spoken] = reason
            else:
                described.append(facts.table(relation, _tables.columns(server, relation), relations))
    return Description(f"the database {name}", "database", tuple(described), left_out=left_out)


_PART = "a partition of another table"


class _Facts:
    """What the catalog knows of some tables, asked once for all of them."""

    def __init__(self, server: Any, oids: list[int]) -> None:
        def ask(statement: str) -> list[tuple[Any, ...]]:
            rows: list[tuple[Any, ...]] = server.execute(statement, [oids]).fetchall()
            return rows

        self._tables = {oid: (part, said) for oid, part, said in ask(_TABLES)}
        self._enums = {(oid, column): (enum, tuple(labels)) for oid, column, enum, labels in ask(_ENUMS)}
        self._details = {(oid, column): tuple(rest) for oid, column, *rest in ask(_DETAILS)}
        self._keys: dict[int, list[tuple[bool, tuple[str, ...], bool]]] = defaultdict(list)
        for oid, primary, columns, unique in ask(_KEYS):
            self._keys[oid].append((primary, tuple(columns), unique))
        self._references: dict[int, list[tuple[int, tuple[str, ...], tuple[str, ...]]]] = defaultdict(list)
        for oid, other, columns, keys in ask(_REFERENCES):
            self._references[oid].append((other, tuple(columns), tuple(keys)))

    def reason_against(self, relation: Relation) -> str:
        """Why *relation* gets no dataset; empty if it does."""
        if self._tables[relation.oid][0]:
            return _PART
        if relation.kind not in ("table", "partitioned table"):
            return f"a {relation.kind} has no key"
        if relation.name == "_prisma_migrations":
            return "Prisma's own"
        if not relation.readable:
            return "the role may not read it"
        return ""

    def table(self, relation: Relation, columns: tuple[SourceColumn, ...], known: list[Relation]) -> Table:
        oid = relation.oid
        keys, others = self._keys[oid], {r.oid: r for r in known}
        primary = next((names for is_primary, names, _ in keys if is_primary), ())
        return Table(
            name=relation.name,
            columns=tuple(self._column(oid, c) for c in columns if c.readable),
            schema=_schema(relation),
            primary=primary,
            unique=tuple(dict.fromkeys(names for _, names, unique in keys if unique and names != primary)),
            references=tuple(
                Reference(names, _schema(others[other]), others[other].name, theirs)
                for other, names, theirs in self._references[oid]
                if other in others
            ),
            indexed=frozenset(names[0] for _, names, _ in keys if names),
            said=sentence(self._tables[oid][1]),
            rows=relation.rows_estimate if relation.rows_estimate >= 0 else None,
        )

    def _column(self, oid: int, column: SourceColumn) -> Column:
        enum, values = self._enums.get((oid, column.name), ("", ()))
        default, said, generated = self._details[oid, column.name]
        return Column(
            name=column.name,
            type=column.type,
            nullable=column.nullable,
            values=values if _is_enum(column.type) else (),
            enum=enum,
            default="" if generated else _default(default),
            said=sentence(said),
            privacy=privacy(said),
        )


def _default(expression: str) -> str:
    """A default as people say it: a constant without its quotes and its type."""
    if expression.startswith("nextval("):
        return "autoincrement()"
    if expression == "CURRENT_TIMESTAMP":
        return "now()"
    constant = re.fullmatch(r"'((?:[^']|'')*)'::[^']+", expression)
    return constant[1].replace("''", "'") if constant else expression


def _is_enum(type: SourceType) -> bool:
    return type.enum or (type.element is not None and type.element.enum)


def _schema(relation: Relation) -> str:
    return "" if relation.rank else relation.schema
