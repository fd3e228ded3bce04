"""A lake that is damaged or busy, and a project that is wrong: refused, told, and nothing changed."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from parquetry.lake import Lake

from .study import Study, ended, eventually, require_told, untouched


def a_file(study: Study, dataset: str) -> Path:
    return study.lake / next(Lake(study.lake).current().dataset(dataset).files).path


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def require_damaged(study: Study, part: str) -> None:
    """An export refuses to build on it, a verify names it, and neither changes anything."""
    before = study.published()
    require_told(run := study.export(), "INTEGRITY", 22)
    assert part in run.err
    assert before == study.published()
    assert [] == study.left_behind()
    verified = study.run("verify")
    assert 22 == verified.code, verified
    assert part in verified.out + verified.err


def test_a_flipped_bit(exported: Study) -> None:
    flip(a_file(exported, "people"))
    require_damaged(exported, a_file(exported, "people").name)


def test_a_missing_file(exported: Study) -> None:
    path = a_file(exported, "people")
    path.unlink()
    require_damaged(exported, path.name)
    query = exported.run("query", "FROM people")
    assert 22 == query.code, query
    assert path.name in query.err


def test_damage_is_mended_by_reading_everything_again(exported: Study) -> None:
    flip(a_file(exported, "people"))
    run = exported.export("--full")
    assert 0 == run.code, run
    query = exported.run("query", "SELECT count(*) AS n FROM people", "--format", "csv")
    assert "n\n50\n" == query.out, query


@pytest.mark.parametrize("edit", ["rows", "cut", "empty", "not JSON", "another format"])
def test_an_edited_manifest(exported: Study, edit: str) -> None:
    path = exported.lake / "_manifests" / "00000001.json"
    text = path.read_text()
    changed = {
        "rows": text.replace('"rows": 50', '"rows": 51'), "cut": text[: len(text) // 2], "empty": "",
        "not JSON": "[1, 2]", "another format": text.replace('"format": 1', '"format": 2'),
    }[edit]  # fmt: skip
    assert text != changed
    path.write_text(changed)
    require_damaged(exported, "00000001.json")


def test_a_manifest_of_another_lake(exported: Study) -> None:
    """A parent that was replaced, its own hash in order."""
    assert 0 == exported.export().code
    manifests = exported.lake / "_manifests"
    (manifests / "00000001.json").write_bytes((manifests / "00000002.json").read_bytes())
    require_told(run := exported.export(), "INTEGRITY", 22)
    assert "00000001.json" in run.err
    assert 22 == exported.run("verify").code


def test_two_runs_at_once(exported: Study) -> None:
    """The second is told who holds the lake; the first goes on as if nothing had happened."""
    with psycopg.connect(exported.url) as other:
        other.execute("lock table people in access exclusive mode")
        first = exported.start("export")
        eventually(lambda: list(exported.lake.glob("_staging/*/*")), "the first run is at work")
        before = exported.published()
        second = exported.export()
        assert before == exported.published()
        require_told(second, "BUSY", 31)
        assert f"process {first.pid} on " in second.says("what:")
        gc = exported.run("gc", "--keep", "1")
        assert 31 == gc.code, gc
        assert ["1"] == [str(s.number) for s in Lake(exported.lake).snapshots()], "a reader needs no lock"
    done = ended(first)
    assert 0 == done.code, done
    assert () == exported.verified().problems


def test_a_contract_that_does_not_import(exported: Study) -> None:
    exported.rewrite("contracts/study.py", lambda text: text + "\nimport no_such_module\n")
    with untouched(exported):
        run = exported.export()
    require_told(run, "CONFIG", 20)
    assert "no_such_module" in run.says("what:")
    assert "contracts/study.py:" in run.says("next:")


@pytest.mark.parametrize(
    "wrong", ["1 +", "import sys; sys.exit(0)", "class Event: pass", "from pandera.polars import *; Event = 7"]
)
def test_a_contract_that_is_none(exported: Study, wrong: str) -> None:
    (exported.root / "contracts" / "study.py").write_text(wrong)
    with untouched(exported):
        run = exported.export()
    require_told(run, "CONFIG", 20)


@pytest.mark.parametrize(
    "sql", ["SELEC 1", "SELECT nope FROM events", "SELECT note::int FROM events", "FROM no_such_dataset"]
)
def test_an_error_in_a_query(exported: Study, sql: str) -> None:
    with untouched(exported):
        run = exported.run("query", sql)
    assert 2 == run.code, run
    assert run.err.startswith("error[USAGE 2]: ")
    assert run.says("what:")
    assert run.says("next:")
    assert "" == run.out
