"""
The SQL that a reading sends: counted months and guards, windows, the two ways to fetch rows.

Only text is made here. Values are literals of the driver's making, names are quoted exactly; so a
name or a value may hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from psycopg import sql

from parquetry.contracts import types
from parquetry.errors import Config, did_you_mean
from parquetry.sources import Window
from parquetry.sources._tables import Relation, SourceColumn


@dataclass(slots=True)
class Known:
    """A table as it was found, and what was last seen in it: a window and its rows."""

    relation: Relation
    columns: Mapping[str, SourceColumn]
    window: Window | None = None
    rows: int = 0

    @property
    def where(self) -> str:
        return f"{self.relation.schema}.{self.relation.name}"

    def column(self, name: str) -> SourceColumn:
        """The column of that name. Raises Config."""
        if name not in self.columns:
            raise Config(
                f"{self.where} has no column '{name}'{did_you_mean(name, self.columns)}", table=self.where, column=name
            )
        return self.columns[name]


class Counted(NamedTuple):
    """A month of a time column, half-open, whose rows are to be counted."""

    column: str
    name: str
    since: datetime
    until: datetime


def months_between(column: str, first: datetime, last: datetime) -> list[Counted]:
    """The months from that of *first* to that of *last*, both included, before the year 9999; UTC without a zone."""
    found, since = [], first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while since <= last:
        until = (since + timedelta(days=31)).replace(day=1)
        found.append(Counted(column, f"{since.year:04}-{since.month:02}", since, until))
        since = until
    return found


def ends(known: Known, window: Window, month_of: str) -> sql.Composed:
    """The first and the last time that is in a month; NULL where none is. An index answers it at once."""
    in_months = sql.SQL(_in_months(known, month_of))
    return sql.SQL("select min({0})::timestamp, max({0})::timestamp from {1} where {2} and {3}").format(
        sql.Identifier(month_of), _from(known), in_months, within(known, window)
    )


def stored(known: Known, column: str | None) -> sql.Composed:
    """The table's bytes, and how the physical order of rows goes with *column*, from -1 to 1, as the planner saw it."""
    schema, name = known.relation.schema, known.relation.name
    return sql.SQL(
        "select pg_catalog.pg_table_size({}::oid), (select correlation::float8 from pg_catalog.pg_stats "
        "where schemaname = {} and tablename = {} and attname = {})"
    ).format(*map(sql.Literal, (known.relation.oid, schema, name, column)))


def looked(known: Known, reads: Mapping[str, types.Reads], window: Window, months: Sequence[Counted]) -> sql.Composed:
    """
    One row: the rows, the guard's count and the measure for each of *reads*, the rows of each of *months*.

    It is one aggregate without groups, since the server counts those in parallel; it takes every
    moment for a group of its own.
    """
    counts = [sql.SQL("count(*) filter (where {})").format(_within_month(known, m)) for m in months]
    return sql.SQL("select {} from {} where {}").format(
        sql.SQL(", ").join(
            [sql.SQL("count(*)"), _signed_zeros(known, reads), *_guards(reads), *_measures(known, reads), *counts]
        ),
        _from(known),
        within(known, window),
    )


def looked_by_month(
    known: Known, reads: Mapping[str, types.Reads], window: Window, month_of: str | None
) -> sql.Composed:
    """A row a month: its name (NULL for none), the month itself, rows, then the guard's count for each of *reads*."""
    month = sql.SQL("null::timestamp" if month_of is None else _month(known, month_of))
    return sql.SQL("select to_char(m, 'YYYY-MM'), * from ({}) as q(m) order by 1").format(
        sql.SQL("select {}, {} from {} where {} group by 1").format(
            month, sql.SQL(", ").join([sql.SQL("count(*)"), *_guards(reads)]), _from(known), within(known, window)
        )
    )


def _guards(reads: Mapping[str, types.Reads]) -> list[sql.Composable]:
    return [
        sql.SQL("count(*) filter (where {})").format(sql.SQL(r.unheld.format(quoted(name))))
        if r.unheld
        else sql.SQL("0")
        for name, r in reads.items()
    ]


def _signed_zeros(known: Known, reads: Mapping[str, types.Reads]) -> sql.Composable:
    """Whether any native column has one."""
    native = [name for name, r in reads.items() if r.type.removesuffix("[]") in ("FLOAT", "DOUBLE")]
    found = [types.signed_zero(quoted(name), known.columns[name].type) for name in native]
    return sql.SQL(f"bool_or({' or '.join(filter(None, found)) or 'false'})")


def _measures(known: Known, reads: Mapping[str, types.Reads]) -> list[sql.Composable]:
    """Of what may have to be published as text."""
    found = [
        types.measured(quoted(name), known.columns[name].type) if r.unheld or not r.native else None
        for name, r in reads.items()
    ]
    return [sql.SQL(measure or "null::int[]") for measure in found]


def _within_month(known: Known, month: Counted) -> sql.Composable:
    column = known.columns[month.column]
    since, until = (sql.SQL(_moment(end, column)) for end in (month.since, month.until))
    name = sql.Identifier(month.column)
    return sql.SQL("{0} >= {1} and {0} < {2}").format(name, since, until)


def selected(known: Known, reads: Mapping[str, types.Reads], window: Window, alias: str = "pg") -> str:
    """DuckDB's statement that lets the server select, over one connection; it bears every name and type."""
    sent = [
        sql.SQL("{} as {}").format(sql.SQL(r.sent.format(quoted(name))), sql.Identifier(f"c{i}"))
        for i, (name, r) in enumerate(reads.items())
    ]
    inner = sql.SQL("select {} from {} where {}").format(sql.SQL(", ").join(sent), _from(known), within(known, window))
    cast = ", ".join(f"CAST(c{i} AS {r.type}) AS {quoted(name)}" for i, (name, r) in enumerate(reads.items()))
    return f"SELECT {cast} FROM postgres_query({text(alias)}, {text(inner.as_string(None))})"


def guarded(known: Known, reads: Mapping[str, types.Reads], window: Window, alias: str) -> str:
    """
    As `selected`, over the database attached as *alias*, for values that nobody has counted yet.

    What a type cannot hold is no number and no time as text either, so the server's own cast refuses it.
    """
    refusing = {name: replace(r, sent=_refusing(known, name, r)) if r.unheld else r for name, r in reads.items()}
    return selected(known, refusing, window, alias)


def _refusing(known: Known, name: str, reads: types.Reads) -> str:
    column = known.columns[name]
    refused = f"({{0}}::text || ' cannot be held by this column')::{column.cast.replace('{', '{{').replace('}', '}}')}"
    # Both of one type and precision: DuckDB reads a numeric without precision as a double.
    sent = "{{0}}::numeric({},{})".format(*column.type.decimal) if column.type.decimal else "{0}"
    sent = sent if reads.sent == "{0}" else reads.sent
    return f"case when {reads.unheld} then {sent.replace('{0}', f'({refused})')} else {sent} end"


def scanned(known: Known, reads: Mapping[str, types.Reads], window: Window) -> str:
    """DuckDB's statement that scans the attached table in parallel, filtering ranges itself."""
    cast = ", ".join(f"CAST({quoted(name)} AS {r.type}) AS {quoted(name)}" for name, r in reads.items())
    statement = f"SELECT {cast} FROM {attached(known)}"
    if not window.ranges or window.column is None:
        return statement
    column, name = known.columns[window.column], quoted(window.column)
    ranges = [f"{name} IS NULL"]
    for since, until in window.ranges:
        ends = [
            f"{name} {sign} {_moment(end, column)}" for sign, end in ((">=", since), ("<", until)) if end is not None
        ]
        ranges.append(f"({' AND '.join(ends or ['true'])})")
    return f"{statement} WHERE {' OR '.join(ranges)}"


def attached(known: Known) -> str:
    """The table's name in DuckDB's catalog of the server."""
    return f"pg.{quoted(known.relation.schema)}.{quoted(known.relation.name)}"


def folded_together(known: Known, relations: Sequence[Relation]) -> bool:
    """Whether DuckDB's catalog, which folds case, would take the table or a column for another one."""
    schema, name = known.relation.schema.casefold(), known.relation.name.casefold()
    alike = [r for r in relations if r.schema.casefold() == schema]
    columns = {column.casefold() for column in known.columns}
    return (
        len({r.schema for r in alike}) > 1
        or sum(r.name.casefold() == name for r in alike) > 1
        or len(columns) < len(known.columns)
    )


def located(known: Known, key: Sequence[str], time: str, keys: Sequence[Sequence[object]]) -> sql.Composed:
    """A row for each of *keys* that exists: its place from 1, and the month it is in (NULL for none)."""
    given = [sql.Identifier(f"k{i}") for i in range(len(key))]
    values = [sql.Literal([_as_text(k[i]) for k in keys]) for i in range(len(key))]
    same = [
        sql.SQL("t.{} = g.{}::{}").format(sql.Identifier(name), k, sql.SQL(known.column(name).cast))
        for name, k in zip(key, given, strict=True)
    ]
    return sql.SQL(
        "select g.n, to_char({month}, 'YYYY-MM') from rows from ({values}) with ordinality as g({names}, n) "
        "join {table} t on {same}"
    ).format(
        month=sql.SQL(_month(known, time, "t.")),
        values=sql.SQL(", ").join(sql.SQL("pg_catalog.unnest({}::text[])").format(value) for value in values),
        names=sql.SQL(", ").join(given),
        table=_from(known),
        same=sql.SQL(" and ").join(same),
    )


def within(known: Known, window: Window) -> sql.Composable:
    """The window as the server's own condition."""
    parts: list[sql.Composable] = []
    if window.ranges and window.column is not None:
        in_months = sql.SQL(_in_months(known, window.column))
        column, name = known.columns[window.column], sql.Identifier(window.column)
        # Rows that are in no month share a partition, which is replaced as a whole.
        ranges: list[sql.Composable] = [sql.SQL("({}) is not true").format(in_months)]
        for since, until in window.ranges:
            ends: list[sql.Composable] = [
                sql.SQL("{} {} {}").format(name, sql.SQL(sign), sql.SQL(_moment(end, column)))
                for sign, end in ((">=", since), ("<", until))
                if end is not None
            ]
            ranges.append(sql.SQL("({})").format(sql.SQL(" and ").join(ends or [sql.SQL("true")])))
        parts.append(sql.SQL("({})").format(sql.SQL(" or ").join(ranges)))
    for filtered, value in (window.where or {}).items():
        known.column(filtered)
        parts.append(sql.SQL("{} = {}").format(sql.Identifier(filtered), sql.Literal(value)))
    return sql.SQL(" and ").join(parts or [sql.SQL("true")])


def quoted(name: str) -> str:
    """An identifier; PostgreSQL and DuckDB quote alike."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A DuckDB string literal; unlike PostgreSQL's it knows no escape but the doubled quote."""
    return "'" + value.replace("'", "''") + "'"


def _from(known: Known) -> sql.Identifier:
    return sql.Identifier(known.relation.schema, known.relation.name)


def _month(known: Known, name: str, prefix: str = "") -> str:
    time = prefix + quoted(name)
    return f"pg_catalog.date_trunc('month', case when {_in_months(known, name, prefix)} then {time} end)"


def _in_months(known: Known, name: str, prefix: str = "") -> str:
    column = known.column(name)
    condition = types.in_months(prefix + quoted(name), column.type)
    if not condition:
        raise Config(
            f"column '{name}' of {known.where} is {column.type.name}, not a time",
            next="'time' in parquetry.toml names a date, timestamp or timestamptz column",
            column=name,
            source_type=column.type.name,
        )
    return condition


def _moment(moment: datetime, column: SourceColumn) -> str:
    """A literal that both systems read the same; a moment without a zone is UTC."""
    utc = moment.astimezone(UTC) if moment.tzinfo else moment
    written = utc.replace(tzinfo=None).isoformat(" ", "microseconds")
    return f"'{written}+00'::timestamptz" if column.type.base == "timestamptz" else f"'{written}'::timestamp"


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)
