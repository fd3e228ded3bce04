"""The script that parquetry is to replace: pages of 10,000 rows by OFFSET, one frame, one file."""

import sys
from itertools import count

import pandas
import sqlalchemy

url, table, folder = sys.argv[1:]
engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
pages = []
with engine.connect() as connection:
    for page in count():
        rows = pandas.read_sql(f'SELECT * FROM "{table}" LIMIT 10000 OFFSET {page * 10_000}', connection)
        if rows.empty:
            break
        pages.append(rows)
pandas.concat(pages).to_parquet(f"{folder}/rows.parquet")
