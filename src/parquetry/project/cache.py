"""
The contracts of a project, compiled once and kept until a source file changes.

The cache is ``.parquetry/contracts``, the only thing that a project ever writes; it can be removed at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

from parquetry.contracts import Contract
from parquetry.errors import Unsafe


def compiled(name: str, root: Path) -> Contract:
    """
    The contract *name* of the project in *root*, from the cache or compiled.

    Raises:
        BadContract: It does not import or compile.
        Unsafe: Its file lies outside the project folder.
    """
    from parquetry.contracts import load  # late: only verbs that read rows need a contract

    _refuse_outside(name, root)
    package = name.partition(":")[0].partition(".")[0]
    sources = load.fingerprint_of_sources(root, package)
    kept = root / ".parquetry" / "contracts" / f"{name.replace(':', '.')}.json"
    contract = _recalled(kept, name, sources)
    if contract is None:
        contract = load.load(name, root)
        if not _imported_beside(root, package):
            _remember(kept, contract, sources)
    return contract


def _refuse_outside(contract: str, root: Path) -> None:
    module = root.joinpath(*contract.partition(":")[0].split("."))
    for file in (module.with_suffix(".py"), module / "__init__.py"):
        if file.exists() and not file.resolve().is_relative_to(root):
            raise Unsafe(
                f"the contract {contract} lies outside the project folder",
                what=f"{file} leads to {file.resolve()}",
                next="copy it into the project folder, or install it as a package that a contract there imports",
            )


def _recalled(file: Path, name: str, sources: str) -> Contract | None:
    """The contract kept in *file* if it is whole and of these *sources*; whatever else is there is no contract."""
    try:
        kept = json.loads(file.read_bytes())
        if (kept["name"], kept["sources"], kept["sha256"]) != (name, sources, _digest(kept["contract"])):
            return None
        return Contract.from_json(kept["contract"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _remember(file: Path, contract: Contract, sources: str) -> None:
    """Keep a contract for the next run, whole or not at all; a folder that cannot be written does without."""
    value = contract.as_json()
    kept = json.dumps({"name": contract.name, "sources": sources, "sha256": _digest(value), "contract": value})
    draft = ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        ignored = file.parent.parent / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n")
        handle, draft = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".draft")
        with os.fdopen(handle, "w") as out:
            out.write(kept)
        os.replace(draft, file)
    except OSError:
        if draft:
            Path(draft).unlink(missing_ok=True)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _imported_beside(root: Path, package: str) -> bool:
    """
    Whether code of the project outside *package* is loaded.

    A contract may have imported it, and the fingerprint of the package would not notice its change.
    """
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "/")
        if name == "__main__":  # whoever started us; no contract imports it
            continue
        if path.is_relative_to(root) and "site-packages" not in path.parts:
            inside = path.relative_to(root).parts[0]
            if inside not in (package, f"{package}.py"):
                return True
    return False
