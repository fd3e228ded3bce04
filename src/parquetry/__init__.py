"""
parquetry: a consistent snapshot of your sources, checked row by row, published as immutable Parquet.

    from parquetry import Lake, Project, export

    project = Project.open("my-study")
    export(project)
    Lake(project.settings.lake_path).current().read("behavioral_events")

Names are imported when they are first used, so that ``parquetry --help`` starts in a blink.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parquetry.errors import ParquetryError as ParquetryError
    from parquetry.intake.job import Options as Options
    from parquetry.intake.selection import Selection as Selection
    from parquetry.lake import Lake as Lake
    from parquetry.lake import Snapshot as Snapshot
    from parquetry.project import Project as Project
    from parquetry.verbs.analyze import analyze as analyze
    from parquetry.verbs.compact import compact as compact
    from parquetry.verbs.config import config as config
    from parquetry.verbs.diff import diff as diff
    from parquetry.verbs.diff_contract import diff_contract as diff_contract
    from parquetry.verbs.doctor import doctor as doctor
    from parquetry.verbs.export import export as export
    from parquetry.verbs.gc import gc as gc
    from parquetry.verbs.init import init as init
    from parquetry.verbs.list_studies import list_studies as list_studies
    from parquetry.verbs.plan import plan as plan
    from parquetry.verbs.power import power as power
    from parquetry.verbs.query import query as query
    from parquetry.verbs.register import register as register
    from parquetry.verbs.show_study import show_study as show_study
    from parquetry.verbs.status import status as status
    from parquetry.verbs.sync import sync as sync
    from parquetry.verbs.validate import validate as validate
    from parquetry.verbs.verify import verify as verify
    from parquetry.verbs.why import why as why
    from parquetry.verbs.write_report import write_report as write_report

_HOMES = {
    "Lake": "lake",
    "Options": "intake.job",
    "ParquetryError": "errors",
    "Project": "project",
    "Selection": "intake.selection",
    "Snapshot": "lake",
    "analyze": "verbs.analyze",
    "compact": "verbs.compact",
    "config": "verbs.config",
    "diff": "verbs.diff",
    "diff_contract": "verbs.diff_contract",
    "doctor": "verbs.doctor",
    "export": "verbs.export",
    "gc": "verbs.gc",
    "init": "verbs.init",
    "list_studies": "verbs.list_studies",
    "plan": "verbs.plan",
    "power": "verbs.power",
    "query": "verbs.query",
    "register": "verbs.register",
    "show_study": "verbs.show_study",
    "status": "verbs.status",
    "sync": "verbs.sync",
    "validate": "verbs.validate",
    "verify": "verbs.verify",
    "why": "verbs.why",
    "write_report": "verbs.write_report",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'parquetry' has no attribute '{name}'")
    found = getattr(importlib.import_module(f"parquetry.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
