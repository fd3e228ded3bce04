"""Make the DuckDB catalog show a snapshot."""

from __future__ import annotations

from datetime import date

from parquetry import catalog, log
from parquetry.catalog import Catalog
from parquetry.lake import Lake
from parquetry.project import Project


def sync(project: Project, at: int | str | date | None = None) -> Catalog:
    """
    Build the catalog over the snapshot *at*, the current one by default.

    Raises:
        NoSuchSnapshot: There is none such.
        Integrity, Unsafe, Storage: See `catalog.build`.
    """
    settings = project.settings
    lake = Lake(settings.lake_path)
    lake.mend()
    snapshot = lake.snapshot(at)
    built = catalog.build(snapshot, settings.duckdb_path, settings.duckdb_schema)
    log.info("catalog.synced", snapshot=built.snapshot, views=len(built.views))
    return built
