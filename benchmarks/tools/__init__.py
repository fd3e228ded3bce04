"""
The tools that are measured: each a command that brings one table to Parquet files in one folder.

A tool is a module of this folder, run as a process of its own with the table's URL, its name and the
folder: ``python -m benchmarks.tools.connectorx URL TABLE FOLDER``. parquetry is run as its users run it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tool:
    """
    One way to export a table.

    Attributes:
        does: What it is and how it is used here, in a few words.
        module: In this folder; empty for parquetry itself.
        files: Where its Parquet lies below its folder.
        goes_on: Works on what the tool before it left, instead of in an empty folder.
        ours: Runs in parquetry's own environment; the others in that of requirements/bench.txt.
        alone: Its module ends as another program, so it cannot be run twice in one process.
        copies: It brings values; the others only show what time is made of.
        most_rows: With more it would take hours.
    """

    name: str
    does: str
    module: str = ""
    files: str = "*.parquet"
    goes_on: bool = False
    ours: bool = False
    alone: bool = False
    copies: bool = True
    most_rows: int = 10**9

    def command(self, python: Path, url: str, table: str, folder: Path) -> list[str]:
        """How it is run."""
        if not self.module:
            return [str(python), "-m", "parquetry", "export", "--sync-duckdb"]
        return [str(python), "-m", f"benchmarks.tools.{self.module}", url, table, str(folder)]


BASELINE = "duckdb-copy"
"""What the others are compared with."""

_LAKE = "lake/objects/**/*.parquet"

TOOLS = (
    Tool(
        "floor",
        "two binary COPY connections (psql) to /dev/null: no file, no check",
        "floor",
        files="",
        ours=True,
        copies=False,
    ),
    Tool(
        "parquetry",
        "`parquetry export --sync-duckdb`, zstd: counted, every row checked, hashed, committed",
        files=_LAKE,
        ours=True,
    ),
    Tool(
        "parquetry again",
        "the same once more, with nothing changed",
        files=_LAKE,
        goes_on=True,
        ours=True,
        copies=False,
    ),
    Tool(BASELINE, "DuckDB's `COPY (FROM attached table) TO` Parquet, zstd", "duckdb_copy"),
    Tool("connectorx", "`read_sql` to Arrow, pyarrow writes zstd", "connectorx"),
    Tool("adbc", "record batches, streamed by pyarrow, zstd", "adbc"),
    Tool("polars", "`read_database_uri` (ConnectorX), `write_parquet`, zstd", "polars"),
    Tool("dlt", "`sql_table` over ConnectorX's arrow stream, filesystem", "dlt", files="files/**/*.parquet"),
    Tool("rivet", "`rivet run`, one connection, zstd", "rivet", files="files/*.parquet", alone=True),
    Tool(
        "pandas script",
        "`LIMIT 10000 OFFSET n`, concatenated, `to_parquet`",
        "pandas_offset",
        most_rows=2_000_000,
    ),
)
