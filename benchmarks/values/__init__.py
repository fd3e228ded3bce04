"""
Which values arrive: every hostile value through every tool into Parquet, beside PostgreSQL's own text.

`tables` writes the values and asks the server for its text, `cells` reads what a tool wrote,
`meaning` says whether both mean the same, and `run` does so for each tool. Nothing of parquetry is
used to judge.
"""
