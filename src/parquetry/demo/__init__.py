"""
An embedded PostgreSQL with a study whose truth is known.

`load` fills a database with the study, `project` writes the folder that reads it, and `Planted`
says what a right analysis should find.
"""

from parquetry.demo.folder import project
from parquetry.demo.study import Phase, Planted
from parquetry.demo.tables import load

__all__ = ["Phase", "Planted", "load", "project"]
