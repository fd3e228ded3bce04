"""Two versions of a contract, named as people name them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from parquetry import diff_contract
from parquetry.errors import BadContract, Usage

OLD = """
import polars as pl
from pandera.polars import DataFrameModel, Field


class Visit(DataFrameModel):
    id: int
    mood: str = Field(isin=["LOW", "HIGH"], nullable=True)
    score: pl.Int32 = Field(ge=0)
"""
NEW = OLD.replace('"HIGH"]', '"HIGH", "A|B"]').replace("pl.Int32", "int").replace("ge=0", "ge=0, le=9")
TOML = """
[datasets.visits]
source = "app"
contract = "contracts.app:Visit"
key = ["id"]

[datasets.people]
source = "app"
contract = "contracts.app:Person"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder inside a repository: OLD is committed, NEW lies there."""
    root = tmp_path_factory.mktemp("repository") / "study"
    (root / "contracts").mkdir(parents=True)
    (root / "contracts/__init__.py").touch()
    (root / "contracts/app.py").write_text(OLD)
    (root / "parquetry.toml").write_text(TOML)
    git = ["git", "-C", str(root.parent), "-c", "user.name=t", "-c", "user.email=t@example"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], check=True)
    (root / "contracts/app.py").write_text(NEW)
    return root


def test_what_is_committed_is_compared_with_what_lies_there(folder: Path) -> None:
    found = diff_contract("HEAD:contracts.app:Visit", "contracts.app:Visit", root=folder)
    assert ["type_widened", "value_added", "rule_added"] == [c.kind for c in found.changes]
    assert found.breaking and 12 == found.exit_code
    assert "3 changes, 1 breaking" in str(found)
    assert "breaks writers: rows that break it are refused" in str(found)
    assert found.as_json()["breaking"] is True


def test_a_file_is_named_by_its_path(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(OLD)
    found = diff_contract(f"{tmp_path / 'old.py'}:Visit", f"{folder / 'contracts/app.py'}:Visit")
    assert 3 == len(found.changes)
    same = diff_contract(f"{tmp_path / 'old.py'}:Visit", "HEAD:contracts.app:Visit", root=folder)
    assert (False, 0, ()) == (same.breaking, same.exit_code, same.changes)
    assert same.fingerprints[0] == same.fingerprints[1]
    assert "nothing changed that means anything" in str(same)


def test_markdown_stays_a_table(folder: Path) -> None:
    """The breaking ones first, and a value with a bar in it breaks no row."""
    lines = diff_contract("HEAD:contracts.app:Visit", "contracts.app:Visit", root=folder).markdown.splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert ["| |", "| ❌", "| ✅", "| ✅"] == [row[:3] for row in rows]
    assert r"'A\|B'" in rows[3] or r"'A\|B'" in rows[2]
    assert {6} == {row.replace(r"\|", "").count("|") for row in rows}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("Visit", Usage),
        ("v9:contracts.app:Visit", Usage),
        ("--output=x:contracts.app:Visit", Usage),
        ("contracts.app:Vist", BadContract),
        ("contracts/nowhere.py:Visit", BadContract),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(folder: Path, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        diff_contract(name, "contracts.app:Visit", root=folder)


def test_what_parquetry_toml_says_of_its_datasets_belongs_to_it(folder: Path) -> None:
    """Of those that the contract is for, and as git had it."""
    (toml := folder / "parquetry.toml").write_text(TOML.replace('["id"]', '["id", "mood"]\ntime = "at"'))
    try:
        found = diff_contract("HEAD:contracts.app:Visit", "contracts.app:Visit", root=folder)
        assert ["key_changed", "time_changed", "partition_changed"] == [c.kind for c in found.changes[3:]]
        for form in (str(found), found.markdown, json.dumps(found.as_json())):
            assert "visits: its key is id, mood, before id" in form
        (folder / "parquetry.toml").unlink()
        assert 3 == len(diff_contract("HEAD:contracts.app:Visit", "contracts.app:Visit", root=folder).changes)
    finally:
        toml.write_text(TOML)


def test_a_looser_bound_breaks_nobody(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(OLD)
    (tmp_path / "new.py").write_text(OLD.replace("ge=0", "ge=-5"))
    there, back = (f"{tmp_path / name}.py:Visit" for name in ("old", "new"))
    loose, tight = diff_contract(there, back), diff_contract(back, there)
    assert (0, "rule_loosened") == (loose.exit_code, loose.changes[0].kind)
    assert (12, "rule score:ge is tightened: score is at least 0, before: score is at least -5") == (
        tight.exit_code,
        tight.changes[0].says,
    )
