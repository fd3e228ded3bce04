"""PostgreSQL's types as far as a comparison must know them, asked of its catalog, and their families."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg


class Kind(NamedTuple):
    """
    A type, with domains resolved to what they are based on.

    Attributes:
        name: In ``pg_type``: ``int4``, ``Mood``.
        sort: PostgreSQL's letter: b base, e enum, c composite, r range, m multirange.
        system: Whether it comes with every server.
        element: Of an array, its elements' type.
        delimiter: What stands between two of this type in an array.
        fields: Of a composite, names and types.
    """

    name: str
    sort: str
    system: bool
    element: Kind | None = None
    delimiter: str = ","
    fields: tuple[tuple[str, Kind], ...] = ()

    @property
    def family(self) -> str:
        """Which line of the page it is counted in."""
        if self.element:
            return "arrays"
        if self.sort != "b":
            return {"e": "enums", "c": "composites"}.get(self.sort, "ranges")
        if not self.system:
            return "of extensions"
        return next((family for family, names in _NAMES.items() if self.name in names), "text search, system")


_NAMES = {
    "integers, floats, booleans": "bool int2 int4 int8 oid float4 float8".split(),
    "exact decimals, money": "numeric money".split(),
    "texts": "text varchar bpchar char name".split(),
    "JSON": "json jsonb jsonpath".split(),
    "dates, times, intervals": "date time timetz timestamp timestamptz interval".split(),
    "UUIDs, bytes, bits": "uuid bytea bit varbit".split(),
    "network addresses": "inet cidr macaddr macaddr8".split(),
    "geometry": "point line lseg box path polygon circle".split(),
}
FAMILIES = (*_NAMES, "arrays", "enums", "composites", "ranges", "text search, system", "of extensions")

_TYPE = """
select t.typname, t.typtype::text, t.typbasetype::int8, t.typdelim::text, t.typrelid::int8,
       n.nspname = 'pg_catalog',
       case when t.typcategory = 'A' and t.typname not in ('int2vector', 'oidvector') then t.typelem::int8 else 0 end
from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.oid = %s
"""
_FIELDS = """
select attname, atttypid::int8 from pg_attribute
where attrelid = %s and attnum > 0 and not attisdropped order by attnum
"""


def kind_of(server: psycopg.Connection[Any], table: str, column: str) -> Kind:
    """The type of a column."""
    found = server.execute(
        "select atttypid::int8 from pg_attribute where attrelid = %s::regclass and attname = %s", [table, column]
    ).fetchone()
    assert found, f"{table} has no column {column}"
    return _kind(server, found[0])


def _kind(server: psycopg.Connection[Any], oid: int) -> Kind:
    found = server.execute(_TYPE, [oid]).fetchone()
    assert found, oid
    name, sort, base, delimiter, relation, system, element = found
    if sort == "d":
        return _kind(server, base)
    fields = server.execute(_FIELDS, [relation]).fetchall() if sort == "c" else []
    return Kind(
        name, sort, system, _kind(server, element) if element else None, delimiter,
        tuple((field, _kind(server, of)) for field, of in fields),
    )  # fmt: skip
