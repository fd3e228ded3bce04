"""ConnectorX: the whole table as one Arrow table in memory, written by pyarrow."""

import sys

import connectorx
import pyarrow.parquet

url, table, folder = sys.argv[1:]
rows = connectorx.read_sql(url, f'SELECT * FROM "{table}"', return_type="arrow")
pyarrow.parquet.write_table(rows, f"{folder}/rows.parquet", compression="zstd")
