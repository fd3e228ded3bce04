"""ADBC: record batches as they come over one connection, written by pyarrow one after the other."""

import sys

import adbc_driver_postgresql.dbapi
import pyarrow.parquet

url, table, folder = sys.argv[1:]
with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
    cursor.execute(f'SELECT * FROM "{table}"')
    batches = cursor.fetch_record_batch()
    with pyarrow.parquet.ParquetWriter(f"{folder}/rows.parquet", batches.schema, compression="zstd") as file:
        for batch in batches:
            file.write_batch(batch)
