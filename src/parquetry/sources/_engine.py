"""The DuckDB of a reading, with its PostgreSQL extension; it fetches nothing from anywhere."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import duckdb

from parquetry.errors import Config
from parquetry.sources._statements import text


@dataclass(frozen=True, slots=True)
class Engine:
    """What the reading's own DuckDB may take of this machine."""

    memory: str = "300MB"
    threads: int = 2
    temp: Path | None = None


def started(engine: Engine) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory with the extension, which fetches nothing from anywhere."""
    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": engine.memory,
            "threads": engine.threads,
            **({"temp_directory": str(engine.temp)} if engine.temp else {}),
        }
    )
    con.execute("SET TimeZone = 'UTC'")
    try:
        con.execute(loading())
    except duckdb.Error as error:
        con.close()
        raise Config(
            "DuckDB's PostgreSQL extension does not load",
            what=str(error).split("\n", 1)[0],
            next=f"pip install 'duckdb-extension-postgres-scanner=={duckdb.__version__}'",
        ) from None
    return con


def loading() -> str:
    """The statement that loads the extension: by the path in its wheel, which needs no network."""
    found = importlib.util.find_spec("duckdb_extension_postgres_scanner")
    folder = Path(next(iter(found.submodule_search_locations or []), "")) if found else None
    name = f"v{duckdb.__version__}/postgres_scanner.duckdb_extension"
    path = next(iter(folder.rglob(name)), None) if folder else None
    return f"LOAD {text(str(path))}" if path else "LOAD postgres_scanner"
