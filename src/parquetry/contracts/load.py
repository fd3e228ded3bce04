"""
The contracts of a project folder, imported without leaving a trace.

Two projects may both have a ``contracts/research.py``; so the folder is imported under its own
name, handed to `compile`, and taken out of ``sys.modules`` again. Nothing is written into it.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.metadata
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from parquetry.contracts import Contract
from parquetry.errors import BadContract, did_you_mean

if TYPE_CHECKING:
    from pandera.polars import DataFrameModel

# sys.modules and sys.meta_path belong to the whole process.
_ONE_AT_A_TIME = threading.RLock()


def load(name: str, root: Path) -> Contract:
    """
    The contract *name* of the project in *root*.

    Args:
        name: ``contracts.research:BehavioralEvent``: a module below *root*, and a model in it.

    Raises:
        BadContract: It does not import, is not there, or cannot be compiled.
    """
    from parquetry.contracts.compile import compile  # late: it brings Pandera; a compiled contract does without

    module, attribute = _split(name)
    with _project(root, module.partition(".")[0]):
        return compile(_model(name, module, attribute, root), name)


def model(name: str, root: Path) -> type[DataFrameModel]:
    """
    The Pandera model *name* of the project in *root*, ready for ``validate``.

    Raises:
        BadContract: It does not import, or is not there.
    """
    from parquetry.contracts.compile import schema_of  # late: it brings Pandera

    module, attribute = _split(name)
    with _project(root, module.partition(".")[0]):
        found: type[DataFrameModel] = _model(name, module, attribute, root)
        # Annotations written as text are looked up in sys.modules, where the project is only now.
        schema_of(found, name)
        return found


def fingerprint_of_sources(root: Path, package: str = "contracts") -> str:
    """
    sha256 over everything a compiled contract depends on, to keep one as JSON under; imports nothing.

    That is each ``*.py`` of the folder, its path and bytes, and the versions of Python, parquetry,
    Pandera and polars.
    """
    digest = hashlib.sha256(repr(sys.version_info[:3]).encode())
    for library in ("parquetry", "pandera", "polars", "duckdb"):
        digest.update(f"{library} {importlib.metadata.version(library)}\n".encode())
    folder = root / package
    for path in [root / f"{package}.py", *sorted(folder.rglob("*.py"))]:
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    # A change of parquetry's own compiler counts too, also while it is being developed under one version.
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _split(name: str) -> tuple[str, str]:
    module, colon, attribute = name.partition(":")
    if not (colon and attribute.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise BadContract(
            f"'{name}' does not name a contract",
            next="write module:Model, such as contracts.research:BehavioralEvent",
            contract=name,
        )
    return module, attribute


def _model(name: str, module: str, attribute: str, root: Path) -> Any:
    found = getattr(_imported(name, module, root), attribute, None)
    if found is None:
        known = [key for key, value in vars(sys.modules[module]).items() if isinstance(value, type)]
        raise BadContract(
            f"contract {name}: there is no {attribute} in {module}{did_you_mean(attribute, known)}",
            what=f"looked in {root}",
            contract=name,
        )
    return found


def _imported(name: str, module: str, root: Path) -> ModuleType:
    # Registered before the contract is read, so that Field(not_future=True) is known to Pandera.
    importlib.import_module("parquetry.contracts.rules")
    try:
        return importlib.import_module(module)
    except SyntaxError as e:
        place = f"{_below(e.filename or '?', root)}:{e.lineno or '?'}"
        raise _does_not_import(name, f"{place}: {type(e).__name__}: {e.msg}", place) from e
    except (Exception, SystemExit) as e:
        frames = [f for f in traceback.extract_tb(e.__traceback__) if Path(f.filename).is_relative_to(root.resolve())]
        place = f"{_below(frames[-1].filename, root)}:{frames[-1].lineno}" if frames else ""
        reason = f"{type(e).__name__}: {e}"
        raise _does_not_import(name, f"{place}: {reason}" if place else reason, place) from e


def _does_not_import(name: str, what: str, place: str) -> BadContract:
    fix = f"correct {place}" if place else f'write the file, or correct contract = "{name}" in parquetry.toml'
    return BadContract(f"contract {name} does not import", what=what, next=fix, contract=name, place=place)


def _below(filename: str, root: Path) -> str:
    path = Path(filename)
    return str(path.relative_to(root.resolve())) if path.is_relative_to(root.resolve()) else filename


@contextmanager
def _project(root: Path, package: str) -> Iterator[None]:
    """Within it, *package* and what is below it come from *root* and nowhere else."""
    with _ONE_AT_A_TIME:
        before = _taken_out(package)
        finder = _Below(root.resolve(), package)
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            _taken_out(package)
            sys.modules.update(before)


def _taken_out(package: str) -> dict[str, ModuleType]:
    ours = [name for name in sys.modules if name == package or name.startswith(f"{package}.")]
    return {name: sys.modules.pop(name) for name in ours}


class _Below(MetaPathFinder):
    """Finds one package of one folder, and hides another of that name elsewhere on the path."""

    def __init__(self, root: Path, package: str) -> None:
        self._root, self._package = root, package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._package and not fullname.startswith(f"{self._package}."):
            return None
        importlib.invalidate_caches()
        spec = importlib.machinery.PathFinder.find_spec(fullname, list(path) if path else [str(self._root)])
        if spec is None:
            raise ModuleNotFoundError(f"no {fullname.replace('.', '/')}.py in {self._root}", name=fullname)
        if isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _FromSource(spec.loader.name, spec.loader.path)
        if spec.submodule_search_locations is not None:
            # A namespace package computes its path anew from sys.path, where the project is not.
            spec.submodule_search_locations = list(spec.submodule_search_locations)
        return spec


class _FromSource(importlib.machinery.SourceFileLoader):
    """Reads the source each time: a cached .pyc is taken for fresh if size and second of change are equal."""

    def path_stats(self, path: str) -> Any:
        raise OSError("no bytecode cache for contracts")
