"""A study on the test's own database, its contracts compiled once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from parquetry.demo.server import EmbeddedServer
from parquetry.project import Project

from .study import TABLES, Study, made


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project folder without a lake."""
    folder = tmp_path_factory.mktemp("study") / "template"
    made(folder, "")
    project = Project.open(folder, database_url="postgresql://nobody@nowhere/none")
    for name in project.datasets:
        project.contract(name)
    return folder


@pytest.fixture
def study(template: Path, tmp_path: Path, database: str) -> Study:
    """Two small tables, nothing exported yet."""
    found = made(tmp_path / "study", database, template=template)
    found.execute(TABLES)
    return found


@pytest.fixture
def exported(study: Study) -> Study:
    """The same with one snapshot, and a row changed since."""
    done = study.export()
    assert 0 == done.code, done
    study.execute("update events set version = 2 where id = 1999")
    return study


@pytest.fixture
def own_study(template: Path, tmp_path: Path, own_server: EmbeddedServer) -> Study:
    """A study on a server of its own, which a test may break."""
    found = made(tmp_path / "own-study", own_server.url(), template=template)
    found.execute(TABLES)
    return found
