"""What is not wholly a report is refused, with file, line and byte; its healthy neighbour is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import hostile_files
from .hostile_files import Hostile
from .reading import read


@pytest.mark.parametrize("hostile", hostile_files.ALL, ids=lambda h: f"{h.file}: {h.name}")
def test_a_hostile_file_is_refused_and_its_neighbour_read(hostile: Hostile, tmp_path: Path) -> None:
    path = tmp_path / hostile.file
    path.write_bytes(hostile.data)
    with pytest.raises(hostile.error) as refused:
        read(path, hostile.shape, required=("a",))
    message = refused.value.failed
    assert message.startswith(hostile.file)
    assert hostile.says in message
    assert hostile.place in message
    assert hostile.file == refused.value.facts["file"]
    assert hostile.data == path.read_bytes()

    healthy = hostile_files.HEALTHY[hostile.shape.format][1]
    path.write_bytes(hostile.healthy)
    found, rows = read(path, healthy, required=("a",))
    assert (0, ()) == (found.excluded, found.unfit)
    assert [("1", "x"), ("2", "y"), ("3", "z")][: found.rows] == [row[:2] for row in rows]


def test_no_message_shows_a_whole_row(tmp_path: Path) -> None:
    """Values may be personal; a place is enough to find them."""
    path = tmp_path / "report.csv"
    for hostile in hostile_files.IN_CSV:
        path.write_bytes(hostile.data.replace(b"y", b"someone@example.org"))
        with pytest.raises(hostile.error) as refused:
            read(path, hostile.shape)
        assert "someone@example.org" not in str(refused.value), hostile.name
