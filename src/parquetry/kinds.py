"""
"A kind is a file": the implementations of a noun are the modules in its folder.

So a new source or method is one new file, and no list has to be kept.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from parquetry.errors import UnknownKind


def names(folder: ModuleType) -> list[str]:
    """The kinds in *folder*, a package whose public modules each implement one."""
    return sorted(m.name for m in pkgutil.iter_modules(folder.__path__) if not m.name.startswith("_"))


def load(folder: ModuleType, kind: str) -> ModuleType:
    """
    Import the module that implements *kind*.

    Raises:
        UnknownKind: There is no such file.
    """
    known = names(folder)
    if kind not in known:
        raise UnknownKind(folder.__name__.rpartition(".")[2].removesuffix("s"), kind, known)
    return importlib.import_module(f"{folder.__name__}.{kind}")
