"""pyarrow: a dataset of CSVs, types inferred, streamed into a dataset of Parquet with a folder a day."""

import sys

import pyarrow.compute as pc
import pyarrow.dataset as ds

reports, folder = sys.argv[1:]
read = ds.dataset(reports, format="csv")
columns = {name: pc.field(name) for name in read.schema.names}
day = pc.field("timestamp").cast("date32")
ds.write_dataset(
    read.scanner(columns={**columns, "date_partition": day}),
    f"{folder}/parquet",
    format="parquet",
    file_options=ds.ParquetFileFormat().make_write_options(compression="zstd"),
    partitioning=["date_partition"],
    partitioning_flavor="hive",
)
