"""DuckDB's bare COPY from the attached database: its settings as they come, no limit, no check."""

import importlib.util
import sys
from pathlib import Path

import duckdb

url, table, folder = sys.argv[1:]
found = importlib.util.find_spec("duckdb_extension_postgres_scanner")
assert found and found.submodule_search_locations
extension = next(Path(found.submodule_search_locations[0]).rglob("postgres_scanner.duckdb_extension"))
connection = duckdb.connect()
connection.execute(f"LOAD '{extension}'")
connection.execute(f"ATTACH '{url}' AS pg (TYPE postgres, READ_ONLY)")
connection.execute(f"COPY (FROM pg.\"{table}\") TO '{folder}/rows.parquet' (FORMAT parquet, COMPRESSION zstd)")
