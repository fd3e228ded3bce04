"""
What brings a folder of daily CSVs to partitioned Parquet: each a process of its own.

A tool is a module of this folder, run with the reports' folder and its own: ``python -m
benchmarks.files.tools.pandas REPORTS FOLDER``. parquetry is run in its project folder, as its users run it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DAYS, TOLD = "duckdb by day", "duckdb, types told"
OURS, AGAIN, PART = "parquetry", "parquetry again", "parquetry, a part"


@dataclass(frozen=True, slots=True)
class FileTool:
    """
    One way to get there.

    Attributes:
        does: What it is and how it is used here, in a few words.
        module: In this folder; empty for parquetry itself.
        more: Its further arguments.
        goes_on: Works on what the tool before it left, instead of in an empty folder.
        part: Is given a part of the reports only.
    """

    name: str
    does: str
    module: str = ""
    more: tuple[str, ...] = ()
    goes_on: bool = False
    part: bool = False

    @property
    def ours(self) -> bool:
        """Whether it runs in parquetry's own environment."""
        return not self.module

    @property
    def files(self) -> str:
        """Where its Parquet lies below its folder."""
        return "lake/objects/**/*.parquet" if self.ours else "**/*.parquet"

    def command(self, python: Path, reports: Path, folder: Path) -> list[str]:
        """How it is run."""
        if self.ours:
            return [str(python), "-m", "parquetry", "export", "--historical"]
        return [str(python), "-m", f"benchmarks.files.tools.{self.module}", str(reports), str(folder), *self.more]


TOOLS = (
    FileTool(OURS, "`parquetry export --historical`: every byte read strictly, every row checked, hashed, committed"),
    FileTool(AGAIN, "the same once more, with nothing new", goes_on=True),
    FileTool(PART, "the same over the newest reports alone, to see whether memory grows with their number", part=True),
    FileTool(DAYS, "`COPY (SELECT * FROM read_csv(…)) TO … PARTITION_BY`, zstd, a file a day", "duckdb_copy", ("day",)),
    FileTool("duckdb by month", "the same by year and month", "duckdb_copy", ("month",)),
    FileTool(
        TOLD, "by day, `read_csv` with its `columns` declared, so that it sniffs nothing", "duckdb_copy", ("told",)
    ),
    FileTool("pyarrow", "`dataset` of CSV, `write_dataset` by day, zstd", "arrow"),
    FileTool("pandas", "`read_csv` and `to_parquet`, file by file, zstd", "frames"),
)
