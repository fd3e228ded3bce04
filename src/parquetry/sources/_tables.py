"""
What `pg_catalog` says: which tables there are, and what their columns are.

Names come back exactly as the server has them; nobody's case is folded.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from parquetry.contracts.types import SourceType
from parquetry.errors import Config, Denied, NoSuchTable

KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table"}

_RELATIONS = """
select c.oid::int8, n.nspname, c.relname, c.relkind::text,
       case when c.relkind in ('v', 'f') then -1 else c.reltuples::int8 end,
       has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select'),
       has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'),
       coalesce(array_position(current_schemas(false), n.nspname), case when n.nspname = %s then 999 end, 0),
       c.relkind in ('r', 'm') and c.relpersistence = 'p' and not c.relrowsecurity
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname !~ '^pg_(toast|temp)' order by 8, 2, 3
"""

_COLUMNS = """
select attname, attnotnull, attndims, atttypid::int8, atttypmod, pg_catalog.format_type(atttypid, atttypmod),
       has_column_privilege(attrelid, attnum, 'select'), pg_catalog.format_type(atttypid, -1)
from pg_catalog.pg_attribute where attrelid = %s and attnum > 0 and not attisdropped order by attnum
"""

_TYPES = """
with recursive used(oid) as (
  select unnest(%s::oid[])
  union select x.oid from used u join pg_catalog.pg_type t on t.oid = u.oid,
    lateral (values (t.typbasetype), (case when t.typcategory = 'A' then t.typelem else 0 end)) as x(oid)
    where x.oid <> 0
)
select t.oid::int8, case when n.nspname = 'pg_catalog' then t.typname else '' end, t.typtype::text, t.typbasetype::int8,
       t.typtypmod, case when t.typcategory = 'A' then t.typelem::int8 else 0 end, t.typndims, f.nspname, p.proname,
       p.proargtypes[0] = t.oid
         or exists (select from pg_catalog.pg_type a where a.oid = p.proargtypes[0] and a.typtype = 'p'),
       array(select enumlabel::text from pg_catalog.pg_enum e where e.enumtypid = t.oid order by enumsortorder)
from used u join pg_catalog.pg_type t on t.oid = u.oid join pg_catalog.pg_namespace n on n.oid = t.typnamespace
join pg_catalog.pg_proc p on p.oid = t.typoutput join pg_catalog.pg_namespace f on f.oid = p.pronamespace
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """
    A table and what the role may do with it.

    Attributes:
        rows_estimate: -1 if the server has none.
        readable: At least one column may be read. wholly: All of them, system columns too.
        rank: Place of its schema on the search path, from 1; 0 if it is not on it.
        stored: As `parquetry.sources.Table.stored`; a policy for rows may look at the time.
    """

    oid: int
    schema: str
    name: str
    kind: str
    rows_estimate: int
    readable: bool
    wholly: bool
    rank: int
    stored: bool

    @property
    def spoken(self) -> str:
        """Its name as a dataset would give it."""
        return self.name if self.rank else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """
    A column: *cast* is its type's name without modifiers, for text that is cast back to it; *values*
    are those of an enum, or of an array of one.
    """

    name: str
    type: SourceType
    nullable: bool
    readable: bool
    cast: str
    values: tuple[str, ...] = ()


def relations(server: psycopg.Connection[Any], schema: str) -> list[Relation]:
    """
    All tables, views, materialized views, partitioned and foreign tables; the search path's first.

    *schema* counts as on the search path even if the role may not use it, so that its tables are
    denied to the role, not unknown.
    """
    rows = server.execute(_RELATIONS, [schema]).fetchall()
    return [Relation(r[0], r[1], r[2], KINDS[r[3]], int(r[4]), r[5], r[6], r[7], r[8]) for r in rows]


def columns(server: psycopg.Connection[Any], relation: Relation) -> tuple[SourceColumn, ...]:
    """The columns of *relation* in their order, with domains resolved."""
    rows = server.execute(_COLUMNS, [relation.oid]).fetchall()
    types = {t[0]: t for t in server.execute(_TYPES, [sorted({r[3] for r in rows})]).fetchall()}
    return tuple(
        SourceColumn(name, _type(types, oid, mod, words, dimensions), not notnull, readable, cast, _labels(types, oid))
        for name, notnull, dimensions, oid, mod, words, readable, cast in rows
    )


def _labels(types: Mapping[int, tuple[Any, ...]], oid: int) -> tuple[str, ...]:
    _, _, _, basetype, _, element, *_, labels = types[oid]
    return tuple(labels) or (_labels(types, basetype or element) if basetype or element else ())


def _type(types: Mapping[int, tuple[Any, ...]], oid: int, modifier: int, name: str, dimensions: int) -> SourceType:
    _, base, kind, basetype, basemodifier, element, basedimensions, schema, function, callable, _ = types[oid]
    if kind == "d":
        return _type(types, basetype, basemodifier, name, basedimensions or dimensions)
    return SourceType(
        name=name,
        base=base,
        # One type's function may print another (textout prints refcursor); then SQL does not find it.
        output=sql.Identifier(schema, function).as_string(None) if callable else "",
        modifier=modifier,
        enum=kind == "e",
        element=_type(types, element, modifier, name.removesuffix("[]"), 0) if element else None,
        dimensions=dimensions if element else 0,
    )


def find(known: Sequence[Relation], candidates: Sequence[str], where: str) -> Relation:
    """
    The first of *candidates* that exists: a table literally called so, before ``schema.table``.

    Raises:
        NoSuchTable: None does; near names come first in the message.
        Denied: It exists, but the role may read nothing of it.
    """
    for candidate in candidates:
        literal = [r for r in known if r.rank and r.name == candidate]
        dotted = [r for r in known if f"{r.schema}.{r.name}" == candidate]
        for relation in [*literal, *dotted]:
            if not relation.readable:
                raise Denied(
                    f"{where}: the role may not read {relation.schema}.{relation.name}",
                    what=f"the {relation.kind} is there, but not one of its columns may be read",
                    next=f"grant usage on schema and select on the {relation.kind} to the role",
                    table=f"{relation.schema}.{relation.name}",
                )
            return relation
    names = [r.spoken for r in known]
    wanted = ", ".join(f"'{c}'" for c in candidates)
    raise NoSuchTable(
        f"{where}: no table {wanted}",
        what=[f"there is: {', '.join(_nearest(candidates, names)[:12])}" + (" …" if len(names) > 12 else "")]
        if names
        else ["the database has no table that this role can see"],
        next="correct 'table' in parquetry.toml; a table outside the search path is 'schema.table'",
        candidates=list(candidates),
        known=names,
    )


def search_path(server: psycopg.Connection[Any], schema: str | None, where: str) -> None:
    """Refuse a ``?schema=`` that does not exist (Config) or that the role may not use (Denied)."""
    if schema is None:
        return
    names = dict(
        server.execute(
            "select nspname, has_schema_privilege(oid, 'usage') from pg_catalog.pg_namespace "
            "where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1"
        ).fetchall()
    )
    if schema not in names:
        near = _nearest([schema], list(names))[:12]
        raise Config(
            f"{where}: no schema '{schema}'", what=f"there is: {', '.join(near)}", next="correct ?schema= in the URL",
            schema=schema, known=list(names),
        )  # fmt: skip
    if not names[schema]:
        raise Denied(
            f"{where}: the role may not use schema '{schema}'", next=f'grant usage on schema "{schema}" to the role'
        )


def _nearest(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    def likeness(name: str) -> float:
        pairs = ((w.lower(), n) for w in wanted for n in (name.lower(), name.lower().rpartition(".")[2]))
        return max(difflib.SequenceMatcher(None, a, b).ratio() for a, b in pairs)

    return sorted(names, key=lambda name: (-likeness(name), name))
