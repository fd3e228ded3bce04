"""dlt in its fastest form: ConnectorX's Arrow stream, to files. Its codec is its own default; telemetry off."""

import os
import sys

url, table, folder = sys.argv[1:]
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt  # noqa: E402  (it reads its settings when it is imported)
from dlt.sources.sql_database import sql_table  # noqa: E402

pipeline = dlt.pipeline(
    "bench",
    destination=dlt.destinations.filesystem(bucket_url=f"file://{folder}/files"),
    dataset_name="bench",
    pipelines_dir=f"{folder}/state",
)
rows = sql_table(
    credentials=url.replace("postgresql://", "postgresql+psycopg://"),
    table=table,
    backend="connectorx",
    backend_kwargs={"return_type": "arrow_stream"},
)
pipeline.run(rows, loader_file_format="parquet").raise_on_failed_jobs()
