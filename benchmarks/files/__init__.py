"""Report files beside what people use instead: a year of daily CSVs to partitioned Parquet (`make files`)."""
