"""Every type that a real server has, and that a column can be of, has a way into the lake."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import sql

from parquetry.contracts import types
from parquetry.contracts.types import SourceType
from parquetry.errors import SchemaDrift
from parquetry.sources import _tables

from .conftest import Study, begin
from .proof import READERS, Column, Table, printed, published

# Base types, domains, enums, ranges, multiranges and composites of the server, its extensions and
# the database's own; arrays are base types. A view or table of the catalog is a composite type.
TYPES = """
select t.typname, pg_catalog.format_type(t.oid, null), t.typtype::text, c.relkind::text, n.nspname
from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_class c on c.oid = t.typrelid
left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
left join pg_catalog.pg_class ec on ec.oid = e.typrelid
where t.typtype in ('b', 'd', 'e', 'r', 'm', 'c') and n.nspname in ('pg_catalog', 'information_schema', 'public')
  and not (n.nspname = 'public' and coalesce(c.relkind, ec.relkind, 'c') <> 'c')
order by n.nspname, t.typname
"""

AT_ONCE = 200


class Every(NamedTuple):
    """
    Tables that have a column for every type, and a row with whatever value is at hand.

    Attributes:
        tables: By name.
        sources: The type of each column as the catalog describes it, by its name.
        refused: Types of which the server makes no column, and why.
    """

    study: Study
    tables: dict[str, Table]
    sources: dict[str, SourceType]
    kinds: set[str]
    refused: dict[str, str]


@pytest.fixture(scope="module")
def every(hostile_database: str, tmp_path_factory: pytest.TempPathFactory) -> Every:
    study, refused, usable, kinds = begin(hostile_database, tmp_path_factory.mktemp("types")), {}, [], set()
    with psycopg.connect(study.url, autocommit=True) as server:
        for name, type, kind, relation, schema in server.execute(TYPES.encode()).fetchall():
            try:
                server.execute(f"create temporary table tried (c {type}); drop table tried".encode())
            except psycopg.Error as error:
                refused[type] = str(error).partition("\n")[0]
                continue
            kinds.add(kind)
            usable.append((type, f"{schema}.{name}" if relation == "r" else ""))
    tables: dict[str, Table] = {}
    sources: dict[str, SourceType] = {}
    for start in range(0, len(usable), AT_ONCE):
        some, table = usable[start : start + AT_ONCE], f"every_type_{start}"
        tables[table] = {f"c{start + i}": Column(type, ()) for i, (type, _) in enumerate(some)}
        study.add(table, tables[table])
        with psycopg.connect(study.url, autocommit=True) as server:
            rows(server, table, {f"c{start + i}": relation for i, (_, relation) in enumerate(some) if relation})
            found = next(r for r in _tables.relations(server, "public") if r.name == table)
            sources |= {c.name: c.type for c in _tables.columns(server, found) if c.name != "n"}
    study.export()
    return Every(study, tables, sources, kinds, refused)


def rows(server: psycopg.Connection[Any], table: str, relations: dict[str, str]) -> None:
    """Give the table a second row, with a row of each of the catalog's own tables that has one."""
    server.execute(sql.SQL("insert into {} values (1)").format(sql.Identifier(table)))
    for column, relation in relations.items():
        value = sql.SQL("(select t from {} t limit 1)").format(sql.SQL(relation))
        server.execute(
            sql.SQL("update {} set {} = {} where n = 1").format(sql.Identifier(table), sql.Identifier(column), value)
        )


def test_every_type_was_tried(every: Every) -> None:
    """All kinds that a column can have; a server without so many types would prove little."""
    assert {"b", "d", "e", "r", "m", "c"} == every.kinds
    assert 500 < len(every.sources)
    # The rows of some catalogs hold values of any type, and such a column is nobody's to make.
    assert {"pg_statistic", "pg_attribute", "cstring[]"} <= set(every.refused)
    assert len(every.refused) < 20
    assert all("has pseudo-type" in reason for reason in every.refused.values())


def test_every_type_can_be_published_as_text(every: Every) -> None:
    for column, source in every.sources.items():
        assert "VARCHAR" == types.publication(column, source, "VARCHAR").type, source.name


def test_every_type_is_native_or_text(every: Every) -> None:
    """What the type table calls a type's own form is accepted as such; what has none is text only."""
    native = {}
    for column, source in every.sources.items():
        own = types.decoded(source).replace("ENUM", "VARCHAR")
        try:
            reads = types.publication(column, source, own) if own.strip("[]") else None
        except SchemaDrift:
            reads = None
        if reads and reads.native:
            assert types.canonical(own) == reads.type, source.name
            native[source.name] = reads.type
    assert {"boolean", "bigint", "bytea", "uuid", "timestamp with time zone", '"Mood"', "positive"} <= set(native)
    assert {"integer[]", "text[]", '"Mood"[]', "timestamp without time zone[]", "positive[]"} <= set(native)
    assert not {"interval", "money", "character", "time with time zone", "xml", "hstore", '"Pair"'} & set(native)


@pytest.mark.parametrize("reader", READERS)
def test_a_row_of_every_catalog_arrives_as_postgresqls_own_text(every: Every, reader: str) -> None:
    """NULL of every type, and of composite types a value of all sorts of fields."""
    values = 0
    for name, table in every.tables.items():
        with psycopg.connect(every.study.url, autocommit=True) as server:
            expected = printed(server, name, table)
        assert expected == READERS[reader](published(every.study.lake.path, name), list(table))
        values += sum(value is not None for row in expected for value in row)
    assert 30 < values
