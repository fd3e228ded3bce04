"""pandas as most scripts have it: one file after the other, each a frame."""

import sys
from pathlib import Path

import pandas

reports, folder = sys.argv[1:]
for path in sorted(Path(reports).iterdir()):
    frame = pandas.read_csv(path, parse_dates=["timestamp"])
    frame["date_partition"] = frame["timestamp"].dt.date
    day = frame["date_partition"].iloc[0]
    month = Path(folder, f"year={day:%Y}", f"month={day:%m}")
    month.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(month / f"query_perf_{day:%Y%m%d}.parquet", compression="zstd", index=False)
