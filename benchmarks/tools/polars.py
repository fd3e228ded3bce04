"""Polars with its default engine, which is ConnectorX."""

import sys

import polars

url, table, folder = sys.argv[1:]
rows = polars.read_database_uri(f'SELECT * FROM "{table}"', url)
rows.write_parquet(f"{folder}/rows.parquet", compression="zstd")
