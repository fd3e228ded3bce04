"""
The layout of ARCHITECTURE.md, held by the code; each rule is first shown to find what it forbids.

The rules themselves are in tests/architecture.py.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from . import architecture as rules
from .architecture import ROOT, SRC, Import

HEAVY = {
    "duckdb",
    "numpy",
    "pandera",
    "pandas",
    "polars",
    "psycopg",
    "pyarrow",
    "pydantic",
    "pydantic_settings",
    "scipy",
}

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A package ``parquetry`` of the files given, by path: ``tree(**{"lake/commit.py": "import os"})``."""

    def grow(**files: str) -> Path:
        src = tmp_path / "parquetry"
        for name, text in {"__init__.py": "", **files}.items():
            path = src / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.parent != src and not (path.parent / "__init__.py").exists():
                (path.parent / "__init__.py").write_text("")
            path.write_text(text)
        return src

    return grow


@pytest.fixture(scope="module")
def found() -> list[Import]:
    """Every import of the real package."""
    return rules.imports(SRC)


def hold(broken: list[str]) -> None:
    """Every broken line is shown, however many there are."""
    assert [] == broken, "\n".join(["", *broken])


def test_the_rules_see_the_whole_package(found: list[Import]) -> None:
    """A reader that finds nothing would let everything pass."""
    assert {"errors", "lake", "lake.commit", "demo.server", "__init__"} <= set(rules.modules(SRC))
    assert ("lake.commit", "lake.store") in {(i.module, i.target) for i in found}
    assert ("lake.write", "duckdb") in {(i.module, i.target) for i in found}


def test_imports_look_left_only(found: list[Import]) -> None:
    hold(rules.out_of_order(found))


@pytest.mark.parametrize(
    "how",
    [
        "from parquetry.lake import store",
        "from parquetry import lake",
        "import parquetry.lake.store",
        "from ..lake import store",
        "def work():\n    from parquetry.lake import store",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from parquetry.lake import store",
        "import importlib\nimportlib.import_module('parquetry.lake.store')",
        "from parquetry import Lake  # by way of the front door",
    ],
)
def test_an_import_that_looks_right_is_found(tree: Tree, how: str) -> None:
    src = tree(**{"contracts/check.py": how, "lake/store.py": ""})
    (wrong,) = rules.out_of_order(rules.imports(src))
    assert wrong.startswith("contracts.check:")
    assert wrong.endswith(" does not stand left of contracts")


def test_an_import_that_looks_left_or_stays_is_fine(tree: Tree) -> None:
    src = tree(
        **{
            "lake/store.py": "from parquetry.errors import X\nfrom . import commit",
            "lake/commit.py": "",
            "errors.py": "",
        }
    )
    assert [] == rules.out_of_order(rules.imports(src))
    assert ["errors", "lake.commit"] == [i.target for i in rules.imports(src)]


def test_a_module_without_a_place_is_found(tree: Tree) -> None:
    src = tree(**{"afterthought.py": "import os"})
    assert ["afterthought: afterthought has no place in ORDER (tests/architecture.py)"] == rules.out_of_order(
        rules.imports(src)
    )


def test_only_declared_verbs_call_verbs(found: list[Import]) -> None:
    hold(rules.verbs_joined(found))
    for pair in rules.VERBS_JOINED:
        others = [p for p in rules.VERBS_JOINED if p != pair]
        assert rules.verbs_joined(found, allowed=others), f"{pair} is gone: take it out of VERBS_JOINED"


def test_a_verb_that_calls_a_verb_is_found(tree: Tree) -> None:
    src = tree(**{"verbs/export.py": "from parquetry.verbs.sync import sync", "verbs/sync.py": ""})
    assert 1 == len(rules.verbs_joined(rules.imports(src), allowed=()))
    assert [] == rules.verbs_joined(rules.imports(src), allowed=[("export", "sync")])


def test_there_is_no_import_cycle(found: list[Import]) -> None:
    hold(rules.cycles(found))


def test_a_cycle_is_found_even_when_an_import_is_late(tree: Tree) -> None:
    src = tree(
        **{
            "lake/a.py": "from parquetry.lake import b",
            "lake/b.py": "from parquetry.lake.c import x",
            "lake/c.py": "def x():\n    from parquetry.lake.a import y",
            "lake/d.py": "from parquetry.lake import a",
        }
    )
    assert ["lake.a → lake.b → lake.c → lake.a"] == rules.cycles(rules.imports(src))


def test_every_library_is_at_home(found: list[Import]) -> None:
    hold(rules.homeless(found))


@pytest.mark.parametrize(
    ("module", "line", "says"),
    [
        ("lake/store.py", "import click", "whose home is cli"),
        ("lake/store.py", "import requests", "which has no home"),
        ("lake/store.py", "import pyarrow.parquet", "at the top"),
        ("analysis/nuts.py", "import pymc", "at the top"),
        ("lake/store.py", "def f():\n    import numpy", "whose home is analysis"),
        ("lake/store.py", "import importlib\nimportlib.import_module(name)", "by a computed name"),
        ("sourceship.py", "import psycopg", "whose home is sources"),
    ],
)
def test_a_library_away_from_home_is_found(tree: Tree, module: str, line: str, says: str) -> None:
    (wrong,) = rules.homeless(rules.imports(tree(**{module: line})))
    assert says in wrong


def test_a_library_at_home_is_fine(tree: Tree) -> None:
    src = tree(
        **{
            "cli/show.py": "import click",
            "kinds.py": "import importlib\nimportlib.import_module(f'{x}')",
            "lake/rows.py": "import os, duckdb\ndef frame():\n    import pyarrow",
            "analysis/its.py": "import numpy as np\nfrom scipy.special import ndtri",
        }
    )
    assert [] == rules.homeless(rules.imports(src))


def test_late_imports_say_why(found: list[Import]) -> None:
    hold(rules.unexplained(found))


@pytest.mark.parametrize(
    ("body", "unexplained"),
    [
        ("from parquetry import errors", 1),
        ("from parquetry import errors  # noqa: PLC0415", 1),
        ("from parquetry import errors  # late: it brings logging along", 0),
        ("# Late: it brings logging along.\n    from parquetry import errors\n    from parquetry import kinds", 0),
        ("x = 1  # not a reason for the next line\n    from parquetry import errors", 1),
    ],
)
def test_a_late_import_without_a_reason_is_found(tree: Tree, body: str, unexplained: int) -> None:
    files = {"errors.py": "", "kinds.py": "", "project.py": f"def work():\n    {body}"}
    assert unexplained == len(rules.unexplained(rules.imports(tree(**files))))


def test_a_reason_may_stand_once_for_a_module(tree: Tree) -> None:
    door = "# Late imports: each command loads only what it needs.\ndef work():\n    from parquetry import errors"
    assert [] == rules.unexplained(rules.imports(tree(**{"errors.py": "", "cli.py": door})))


def test_names_say_something() -> None:
    hold(rules.vague(rules.modules(SRC)))
    assert ["lake.utils", "lake_manager", "misc.x"] == rules.vague(
        ["lake.utils", "lake_manager", "misc.x", "lake.managed"]
    )


def test_modules_are_read_in_one_sitting() -> None:
    hold(rules.too_long(rules.modules(SRC)))


def test_a_long_module_is_found(tree: Tree) -> None:
    src = tree(**{"lake/long.py": "x = 1\n" * 401, "lake/fine.py": "x = 1\n" * 400})
    assert ["lake.long has 401 lines; the longest may have 400"] == rules.too_long(rules.modules(src))


def test_the_map_in_architecture_md_is_true() -> None:
    """Every module and folder is on the map, and nothing else; `make map` prints a true one."""
    document = ROOT / "ARCHITECTURE.md"
    assert document.exists(), "ARCHITECTURE.md must hold the tree that `make map` prints"
    hold(rules.map_problems(document.read_text(encoding="utf-8"), SRC))


def test_a_wrong_map_is_found(tree: Tree) -> None:
    src = tree(
        **{
            "errors.py": '"""What can go wrong. And more."""',
            "lake/__init__.py": '"""The lake."""',
            "lake/commit.py": "",
        }
    )
    drawn = "\n".join(
        [
            "Some words.",
            "```",
            "src/parquetry/",
            "├── __init__.py   the front door",
            "├── lake/",
            "│   └── gone.py   nobody",
            "```",
        ]
    )
    assert {
        "add errors.py under src/parquetry/:  What can go wrong",
        "add commit.py under lake/:  ",
        "remove lake/gone.py: there is no such file",
        "say what lake/ is",
    } == set(rules.map_problems(drawn, src))
    assert rules.map_problems("no map", src)


def test_the_printed_map_is_true(tree: Tree) -> None:
    said = {"errors.py": '"""Errors."""', "lake/__init__.py": '"""Lake."""', "lake/commit.py": '"""Commit."""'}
    src = tree(
        **said, **{"__init__.py": '"""Door."""', "cli/__init__.py": '"""Shell."""', "cli/show.py": '"""Text."""'}
    )
    printed = rules.tree(src)
    assert [] == rules.map_problems(f"```\n{printed}\n```", src)
    assert ["├── errors.py", "└── cli/", "    └── show.py"] == [
        line.rpartition("  ")[0].rstrip()
        for line in printed.splitlines()
        if "r.py" in line or "rors" in line or "cli" in line or "show" in line
    ]


@pytest.mark.parametrize("module", ["parquetry", "parquetry.cli", "parquetry.errors"])
def test_a_start_imports_nothing_heavy(module: str) -> None:
    """`parquetry --help` answers in a blink because none of these is imported by starting."""
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (0, "", "") == (done.returncode, done.stdout.strip(), done.stderr)


def test_nothing_committed_holds_on_one_machine_only() -> None:
    """No index address, no path of somebody's machine; files that are not committed yet count too."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip(f"not a git checkout: {listed.stderr.strip()}")
    paths = [p for p in map(ROOT.joinpath, filter(None, listed.stdout.split("\0"))) if p.is_file()]
    assert SRC / "errors.py" in paths
    hold(rules.leaks({str(p.relative_to(ROOT)): p.read_text(encoding="utf-8", errors="replace") for p in paths}))


@pytest.mark.parametrize(
    "line",
    [
        "--" + "index-url https://packages.example/x",
        "https://pypi" + ".org/project/parquetry",
        "https://mirror.example/" + "simple",
        "see /" + "work/shared/notes.md",
        'Path("/' + 'home/ana/lake")',
    ],
)
def test_a_leak_is_found(line: str) -> None:
    assert 1 == len(rules.leaks({"README.md": f"fine\n{line}\n"}))


def test_what_is_no_leak_is_fine() -> None:
    harmless = "a/work/b ~/home/x https://example.org/simplest src/work/ --no-emit-index-url"
    assert [] == rules.leaks({"README.md": harmless})
