"""Contracts of a project folder: imported without a trace, and with a message that says where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from parquetry.contracts.load import fingerprint_of_sources, load, model
from parquetry.errors import BadContract

GOOD = """
from __future__ import annotations
from pandera.polars import DataFrameModel, Field
from contracts.words import WORDS

class Event(DataFrameModel):
    "An event."
    word: str = Field(isin=WORDS)
"""


def project(root: Path, **files: str) -> Path:
    for name, text in {"words": "WORDS = ['a']", **files}.items():
        path = root / "contracts" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(autouse=True)
def _bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a user's Python, whatever this one was started with."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_two_projects_do_not_see_each_other(tmp_path: Path) -> None:
    """Same names, other words; and neither stays in this process or leaves a file."""
    first = project(tmp_path / "first", research=GOOD)
    second = project(tmp_path / "second", research=GOOD, words="WORDS = ['b']")
    before = (set(sys.modules), list(sys.path), list(sys.meta_path))
    contracts = [load("contracts.research:Event", root) for root in (first, second, first)]
    assert ["word is one of a", "word is one of b", "word is one of a"] == [c.rules[0].says for c in contracts]
    assert not [name for name in set(sys.modules) - before[0] if name.startswith("contracts")]
    assert before[1:] == (list(sys.path), list(sys.meta_path))
    assert not list(tmp_path.rglob("__pycache__"))


def test_a_change_within_the_same_second_is_seen(tmp_path: Path) -> None:
    """Python's bytecode cache would take a file of the same size and second for the same."""
    root = project(tmp_path, research=GOOD)
    says = []
    for word in "abc":
        (root / "contracts" / "words.py").write_text(f"WORDS = ['{word}']")
        says.append(load("contracts.research:Event", root).rules[0].says)
    assert ["word is one of a", "word is one of b", "word is one of c"] == says


def test_a_model_from_a_project_still_validates(tmp_path: Path) -> None:
    import polars as pl

    found = model("contracts.research:Event", project(tmp_path, research=GOOD))
    assert 1 == found.validate(pl.DataFrame({"word": ["a"]})).height


@pytest.mark.parametrize(
    ("source", "place", "what"),
    [
        ("class Event(:\n", "contracts/research.py:1", "SyntaxError"),
        ("import os\nimport nowhere_at_all\n", "contracts/research.py:2", "ModuleNotFoundError"),
        ("\n\n1 / 0\n", "contracts/research.py:3", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)\n", "contracts/research.py:1", "SystemExit: 3"),
        ("from contracts.missing import X\n", "contracts/research.py:1", "no contracts/missing.py"),
        (GOOD.replace("isin", "is_in"), "contracts/research.py:8", "custom check 'is_in' is not available"),
    ],
)
def test_what_does_not_import_says_where(tmp_path: Path, source: str, place: str, what: str) -> None:
    with pytest.raises(BadContract) as caught:
        load("contracts.research:Event", project(tmp_path, research=source))
    assert place == caught.value.facts["place"]
    assert what in caught.value.what[0]
    assert place in caught.value.what[0]
    assert place in caught.value.next
    assert not [name for name in sys.modules if name.startswith("contracts")]


@pytest.mark.parametrize("name", ["contracts.research", "contracts.research:", "contracts/research.py:Event", ":Event"])
def test_a_name_that_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadContract, match="does not name a contract"):
        load(name, project(tmp_path, research=GOOD))


def test_what_is_not_there(tmp_path: Path) -> None:
    root = project(tmp_path, research=GOOD)
    with pytest.raises(BadContract, match="did you mean 'Event'"):
        load("contracts.research:Evnt", root)
    with pytest.raises(BadContract, match=r"does not import"):
        load("contracts.reserch:Event", root)
    with pytest.raises(BadContract, match="not a Pandera model"):
        load("contracts.words:WORDS", root)


def test_the_cache_key_follows_the_sources(tmp_path: Path) -> None:
    root = project(tmp_path, research=GOOD)
    before = fingerprint_of_sources(root)
    assert before == fingerprint_of_sources(root)
    (root / "contracts" / "words.py").write_text("WORDS = ['b']")
    assert before != fingerprint_of_sources(root)


def test_the_cache_key_costs_no_import_of_pandera(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from parquetry.contracts.load import fingerprint_of_sources as f;"
        f"f(Path({str(tmp_path)!r})); print(sorted({{'pandera', 'polars', 'duckdb'}} & set(sys.modules)))"
    )
    assert "[]\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
