"""DuckDB's bare COPY: types sniffed, its settings as they come, no check; partitioned by day or by month."""

import sys

import duckdb

reports, folder, by = sys.argv[1:]
day = "CAST(timestamp AS DATE)"
parts = {
    "day": f"{day} AS date_partition",
    "month": f"{day} AS date_partition, year(timestamp) AS year, month(timestamp) AS month",
}
keys = {"day": "date_partition", "month": "year, month"}
duckdb.execute(
    f"COPY (SELECT *, {parts[by]} FROM read_csv('{reports}/*.csv')) TO '{folder}/parquet' "
    f"(FORMAT parquet, COMPRESSION zstd, PARTITION_BY ({keys[by]}))"
)
