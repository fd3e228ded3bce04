"""`diff` and `doctor` as a script meets them."""

from __future__ import annotations

import json
from typing import Any

from tests.verbs.conftest import App, app, template

from .test_shell import shell

__all__ = ["app", "shell", "template"]  # fixtures


def test_diff(shell: Any, app: App) -> None:
    """Exit codes only on request: 3 for rows, 12 for columns."""
    app.export()
    assert 0 == shell("diff", "1", "1", "--exit-code").returncode
    app.sql("update people set name = 'Eve' where id = 'p2'")
    app.export()
    done = shell("diff", "1", "--rows", "1")
    assert 0 == done.returncode, done.stderr
    assert "people: 2 → 2 rows: 0 added, 0 removed, 1 changed (by id)" in done.stdout
    assert "  changed id=p2: name NULL → Eve" in done.stdout
    assert 3 == shell("diff", "1", "--exit-code").returncode
    assert 0 == shell("diff", "1", "--exit-code", "--dataset", "visits").returncode
    document = json.loads(shell("diff", "1", "2", "--json").stdout)
    assert (1, "diff", True) == tuple(document[k] for k in ("version", "command", "changed"))
    assert 1 == document["datasets"]["people"]["changed"]
    contract = app.root / "contracts/app.py"
    contract.write_text(contract.read_text().replace("    name: str = Field(nullable=True)\n", ""))
    app.export()
    assert 12 == shell("diff", "1", "--exit-code").returncode
    assert 20 == shell("diff", "7").returncode


def test_doctor(shell: Any, app: App) -> None:
    done = shell("doctor")
    assert 0 == done.returncode, done.stderr
    assert "ok       dataset visits: table public.Visit" in done.stdout
    assert "0 failures, 0 warnings" in done.stdout.splitlines()[-1]
    app.sql("drop table people")
    broken = shell("doctor", "--json")
    document = json.loads(broken.stdout)
    assert (20, 20) == (broken.returncode, document["exit_code"])
    (failure,) = [f for f in document["findings"] if f["verdict"] == "failure"]
    assert ("dataset people", 20) == (failure["about"], failure["code"])
    assert failure["next"]
