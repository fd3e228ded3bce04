"""The front door: what `from parquetry import …` gives, and that it goes on giving it."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

import parquetry

from .architecture import SRC

# Adding a name is a decision, and taking one away breaks somebody's notebook: both change this list too.
PUBLIC = [
    "Lake",
    "Options",
    "ParquetryError",
    "Project",
    "Selection",
    "Snapshot",
    "analyze",
    "compact",
    "config",
    "diff",
    "diff_contract",
    "doctor",
    "export",
    "gc",
    "init",
    "list_studies",
    "plan",
    "power",
    "query",
    "register",
    "show_study",
    "status",
    "sync",
    "validate",
    "verify",
    "why",
    "write_report",
]


def test_the_public_names_are_these() -> None:
    assert sorted(parquetry.__all__) == PUBLIC
    assert set(PUBLIC) <= set(dir(parquetry))


def test_type_checkers_see_the_same_names() -> None:
    """What is imported late is declared for a type checker under TYPE_CHECKING; the two must not drift apart."""
    tree = ast.parse((SRC / "__init__.py").read_text(encoding="utf-8"))
    guarded = [n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    seen = {a.asname or a.name for n in guarded for i in n.body if isinstance(i, ast.ImportFrom) for a in i.names}
    assert set(PUBLIC) == seen


@pytest.mark.parametrize("name", PUBLIC)
def test_each_name_is_there_and_says_what_it_is(name: str) -> None:
    found = getattr(parquetry, name)
    assert inspect.isclass(found) or inspect.isfunction(found), f"{name} is a {type(found).__name__}"
    assert inspect.getdoc(found)


@pytest.mark.parametrize("name", [n for n in PUBLIC if n.islower()])
def test_a_verb_stays_a_function_when_its_module_was_imported_first(name: str) -> None:
    """A submodule of the same name becomes an attribute of its package, and would hide the function."""
    code = f"import parquetry.verbs.{name}; from parquetry import {name}; assert callable({name})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'exprot'"):
        _ = parquetry.exprot
