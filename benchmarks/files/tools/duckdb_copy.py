"""DuckDB's bare COPY, its settings as they come, no check: by day, by month, or by day with the types told."""

import sys

import duckdb

TYPES = {
    "timestamp": "TIMESTAMP", "query_hash": "VARCHAR", "query_type": "VARCHAR", "execution_time_ms": "DOUBLE",
    "rows_examined": "BIGINT", "rows_returned": "BIGINT", "cache_hit": "BOOLEAN", "table_name": "VARCHAR",
    "index_used": "VARCHAR", "cpu_time_ms": "DOUBLE", "io_wait_ms": "DOUBLE",
}  # fmt: skip

reports, folder, how = sys.argv[1:]
told = f", columns = {TYPES}, auto_detect = false, header = true" if how == "told" else ""
month = ", year(timestamp) AS year, month(timestamp) AS month" if how == "month" else ""
duckdb.execute(
    f"COPY (SELECT *, CAST(timestamp AS DATE) AS date_partition{month} FROM read_csv('{reports}/*.csv'{told})) "
    f"TO '{folder}/parquet' (FORMAT parquet, COMPRESSION zstd, "
    f"PARTITION_BY ({'year, month' if how == 'month' else 'date_partition'}))"
)
