"""
How long an answer takes: the demo project's named queries over views, tables, live views and PostgreSQL itself.

`ways` are the four of them, `run` lets them take turns over the demo's study, and `answers` is what
was measured, with whether they say the same. Where PostgreSQL answers, it runs SQL of its own
(`postgres/NAME.sql`), written for it and with its indexes.
"""
