"""
The tables that are exported: each made by a file of SQL, and declared for parquetry in a project folder.

Values look like an app's, every row keeps its contract, and rows lie in the order of their time, one
year up to now. In the SQL stand for themselves ``{n}``, the number of rows; ``{numbers}``, a table of
them with ``i`` and ``n``; ``{moment}``, when row ``i`` was made.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import psycopg

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent

_NUMBERS = "(select i, {n} as n from generate_series(1, {n}) as i) as numbers"
# A time must not be after the server's clock, so the last is a minute old.
_MOMENT = "now()::timestamp(3) - interval '1 minute' - (n - i) * (interval '365 days' / n)"
_FEW = ("floor", "parquetry", "parquetry again", "duckdb-copy")
_MANY = (*_FEW, "connectorx", "adbc")


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table to be exported.

    Attributes:
        relation: Its name in the database.
        does: What is special about it.
        usual: Its rows where a million, or more, were asked for; fewer in proportion. 0: as many as were asked for.
        contract: In the project folder.
        settings: The dataset's in parquetry.toml, beside source, table and contract.
        tools: The names of those that export it; empty: all.
        script: The file of SQL, if it is not called like the table; ``{order}`` in it is *order*.
    """

    name: str
    relation: str
    does: str
    usual: int
    contract: str
    settings: str
    tools: tuple[str, ...] = _FEW
    script: str = ""
    order: str = ""

    def rows(self, asked: int) -> int:
        """How many rows it has where *asked* were asked for."""
        return max(1000, min(self.usual, round(asked * self.usual / 1e6))) if self.usual else asked

    def make(self, url: str, rows: int) -> int:
        """Fill an empty database with it, as one of some age would be, and return the table's bytes."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("select setseed(0.7)")
            connection.execute("set timezone = 'UTC'")
            connection.execute(self._sql(rows).encode())
            connection.execute(f'vacuum (analyze) "{self.relation}"'.encode())
            connection.execute("checkpoint")
            size = connection.execute("select pg_table_size(quote_ident(%s))", [self.relation]).fetchone()
        assert size is not None
        return int(size[0])

    def project(self, folder: Path) -> Path:
        """Make the project folder that parquetry exports it from."""
        shutil.copytree(_ROOT / "examples/self-tracker/contracts", folder / "contracts")
        shutil.copy(_HERE / "contracts.py", folder / "contracts/bench.py")
        (folder / "parquetry.toml").write_text(
            '[sources.app]\nkind = "postgres"\nurl = "env:DATABASE_URL"\n\n'
            f'[datasets.{self.name}]\nsource = "app"\ntable = "{self.relation}"\n'
            f'contract = "contracts.{self.contract}"\n{self.settings}\n'
        )
        return folder

    def _sql(self, rows: int) -> str:
        sql = (_HERE / f"{self.script or self.name}.sql").read_text()
        words = {**_schema(), "order": self.order, "moment": _MOMENT, "numbers": _NUMBERS, "n": str(rows)}
        for word, meaning in words.items():
            sql = sql.replace(f"{{{word}}}", meaning)
        return sql


def _schema() -> dict[str, str]:
    """The demo's own table of events, as Prisma makes it, without keys to tables that are not there."""
    text = (_ROOT / "src/parquetry/demo/schema.sql").read_text()
    parts = [part.strip() for part in text.split(";")]
    made = [p for p in parts if "CREATE TYPE" in p or 'CREATE TABLE "BehavioralEvent"' in p]
    indexes = [p for p in parts if "CREATE INDEX" in p and 'ON "BehavioralEvent"' in p]
    return {"events": ";\n".join(made), "indexes of events": ";\n".join(indexes)}


_KEYED = 'key = ["id"]'
_TIMED = f'{_KEYED}\ntime = "at"'
_EVENTS = f'{_KEYED}\ntime = "timestamp"\nsummary = ["userId", "eventType", "experimentPhase"]'

TABLES = (
    Table(
        "events", "BehavioralEvent",
        "15 columns of an app's events: three ids of 25 characters, jsonb, three enums; rows in the order of time",
        0, "research:BehavioralEvent", _EVENTS, (),
    ),
    Table(
        "shuffled", "BehavioralEvent", "the same events in the order of chance, so that parquetry has to order them",
        1_000_000, "research:BehavioralEvent", _EVENTS, script="events", order="order by md5(i::text)",
    ),
    Table("wide", "wide", "120 columns: integers, doubles, short texts", 200_000, "bench:Wide", _TIMED, _MANY),
    Table("narrow", "narrow", "three integers", 20_000_000, "bench:Narrow", _KEYED, _MANY),
    Table("texts", "texts", "a text of 20 KB in each row", 20_000, "bench:Texts", _TIMED, _MANY),
    Table(
        "unsafe", "unsafe",
        "types of which readers change some values, so that the server sends parquetry their text: numeric without "
        "precision or with 65 digits, interval, range, timetz; NaN and infinity in one row of a thousand",
        500_000, "bench:Unsafe", _TIMED,
    ),
)  # fmt: skip
