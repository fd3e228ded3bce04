"""The embedded server starts again with its data, and trusts nothing in a folder that is everybody's."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psycopg
import pytest

from parquetry.demo.server import EmbeddedServer
from parquetry.errors import Unsafe


def test_it_starts_again_with_its_data_and_goes_without_a_trace(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "postgres") as server, psycopg.connect(server.url()) as connection:
        connection.execute("create table kept (n int)")
    again = EmbeddedServer(tmp_path / "postgres").start()
    with psycopg.connect(again.url()) as connection:
        assert (0,) == connection.execute("select count(*) from kept").fetchone()
    again.remove()
    assert not again.data.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server lives in the folder that is everybody's")
def test_a_name_that_somebody_else_took_is_refused(tmp_path: Path) -> None:
    """As root, following a planted link would give somebody else's folder to the server's user."""
    server = EmbeddedServer(tmp_path / "postgres")
    assert Path(tempfile.gettempdir()) == server.data.parent.parent
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    server.data.parent.symlink_to(victim)
    try:
        with pytest.raises(Unsafe):
            server.start()
        assert 0 == victim.stat().st_uid
    finally:
        server.data.parent.unlink()
