"""A project's source, opened with the manners that its settings ask for."""

from __future__ import annotations

from pathlib import Path

from parquetry import kinds, sources
from parquetry.errors import Config
from parquetry.project import Project
from parquetry.sources import Reading, files
from parquetry.sources.files import Folder


def opened(project: Project, source: str, run: str, temp: Path | None = None) -> Reading:
    """
    One consistent look at *source*; the caller closes it.

    Args:
        run: The run's id, which the database's administrator sees as ``parquetry/<run>``.
        temp: Where DuckDB may spill.

    Raises:
        UnknownKind: No such kind of source in this version.
        Config, Denied, SourceDown, Busy: As the source says.
    """
    settings = project.settings
    if project.source(source).kind == "files":
        raise Config(f"the source '{source}' is a folder of files, and no database", source=source)
    kind = kinds.load(sources, project.source(source).kind)
    reading: Reading = kind.open(
        project.url(source).reveal(),
        source=source,
        run=run,
        manners=kind.Manners(
            connections=max(1, settings.connections - 1),  # one of them is for control
            connect_seconds=settings.connect_timeout_seconds,
            lock_seconds=settings.lock_timeout_seconds,
            statement_seconds=settings.statement_timeout_seconds,
            stall_seconds=settings.stall_seconds,
        ),
        engine=kind.Engine(memory=settings.memory_limit, threads=settings.threads, temp=temp),
    )
    return reading


def folder(project: Project, source: str) -> Folder:
    """
    One look at the report files of *source*.

    Raises:
        Config: Its root is no folder.
    """
    root = project.source(source).root
    assert root is not None
    return files.open(root, source=source)
