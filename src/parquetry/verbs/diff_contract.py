"""
What changed between two versions of a contract, and whom it breaks.

What parquetry.toml says of the datasets that it is for belongs to it: their key, time, partition and
references. A contract in a file by itself has no parquetry.toml.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from parquetry.contracts import Contract, load
from parquetry.contracts.change import Change, Declared, breaking, changes, declared_changes
from parquetry.errors import BadContract, SchemaDrift, Usage
from parquetry.project import FILE, Dataset
from parquetry.project.resolved import dataset_of
from parquetry.project.toml import parsed, read_text
from parquetry.text import Told, counted


@dataclass(frozen=True, slots=True)
class ContractDiff(Told):
    """
    Every change from the contract *before* to the contract *after*.

    Attributes:
        before, after: As they were named.
        fingerprints: Of both; equal if nothing changed that means anything.
    """

    BREAKS: ClassVar[int] = SchemaDrift.exit_code

    before: str
    after: str
    fingerprints: tuple[str, str]
    changes: tuple[Change, ...]

    @property
    def breaking(self) -> bool:
        """Whether a change breaks readers or writers."""
        return breaking(self.changes)

    @property
    def exit_code(self) -> int:
        """For ``--exit-code``: 12 if a change breaks anybody."""
        return self.BREAKS if self.breaking else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "before": self.before, "after": self.after, "fingerprints": list(self.fingerprints),
            "breaking": self.breaking, "changes": [c.as_json() for c in self.changes],
        }  # fmt: skip

    def __str__(self) -> str:
        head = f"{self.before} → {self.after}: {self._summary()}"
        lines = [f"  {c.verdict:<10}  {c.says}\n{'':14}{_whom(c)}: {c.why}" for c in self._worst_first()]
        return "\n".join([head, *lines])

    @property
    def markdown(self) -> str:
        """The same for a comment on a pull request."""
        lines = [f"### Contract `{self.after}`: {self._summary()}", ""]
        if self.changes:
            lines += ["| | change | readers | writers | why |", "|---|---|---|---|---|"]
        for c in self._worst_first():
            sign = "❌" if c.verdict == "breaking" else "✅"
            lines.append(f"| {sign} | {_cell(c.says)} | {c.readers} | {c.writers} | {_cell(c.why)} |")
        lines += ["", f"Compared with `{self.before}`."]
        return "\n".join(lines)

    def _worst_first(self) -> list[Change]:
        return sorted(self.changes, key=lambda c: c.verdict)

    def _summary(self) -> str:
        if not self.changes:
            return "nothing changed that means anything"
        broken = sum(c.verdict == "breaking" for c in self.changes)
        return f"{counted(len(self.changes), 'change')}, {broken} breaking"


def diff_contract(before: str, after: str, *, root: Path | str = ".") -> ContractDiff:
    """
    Compare two contracts.

    Args:
        before, after: ``contracts.research:Event`` in the project folder *root*, ``path/to/file.py:Event``,
            or ``REVISION:contracts.research:Event`` as git has it.

    Raises:
        BadContract: One of them does not load.
        Usage: The name is none of these, or git does not know the revision.
    """
    old, new = (_loaded(name, Path(root)) for name in (before, after))
    found = (*changes(old.contract, new.contract), *_declared(old.datasets, new.datasets))
    return ContractDiff(before, after, (old.contract.fingerprint, new.contract.fingerprint), found)


class _Version(NamedTuple):
    """A contract, and the datasets that it is for."""

    contract: Contract
    datasets: Mapping[str, Declared]


def _declared(old: Mapping[str, Declared], new: Mapping[str, Declared]) -> Iterator[Change]:
    for name in (n for n in old if n in new):
        yield from declared_changes(name, old[name], new[name])


def _datasets(file: Path, text: str, contract: str) -> dict[str, Declared]:
    """Those of a parquetry.toml that *contract* is for."""
    tables: dict[str, Any] = parsed(file, text).get("datasets", {})
    return {n: _plain(dataset_of(n, t)) for n, t in tables.items() if t.get("contract") == contract}


def _plain(spec: Dataset) -> Declared:
    references = {column: ".".join(target) for column, target in spec.references.items()}
    return Declared(spec.key, spec.time, spec.partition, references)


def _loaded(name: str, root: Path) -> _Version:
    place, colon, attribute = name.rpartition(":")
    if not colon or not place:
        raise Usage(
            f"'{name}' does not name a contract",
            next="write contracts.research:Event, path/to/file.py:Event or REVISION:contracts.research:Event",
        )
    if place.endswith(".py"):
        return _Version(_of_file(Path(place), attribute), {})
    revision, colon, module = place.rpartition(":")
    if not colon:
        file = root / FILE
        return _Version(load.load(name, root), _datasets(file, read_text(file), name) if file.is_file() else {})
    with tempfile.TemporaryDirectory(prefix="parquetry-") as folder:
        _checked_out(revision, module.partition(".")[0], root, Path(folder))
        contract = load.load(f"{module}:{attribute}", Path(folder))
    shown = _git(root, "show", f"{revision}:./{FILE}")
    text = shown.stdout.decode(errors="replace") if not shown.returncode else ""
    return _Version(contract, _datasets(Path(f"{revision}:{FILE}"), text, f"{module}:{attribute}"))


def _of_file(file: Path, attribute: str) -> Contract:
    if not file.is_file():
        raise BadContract(f"contract {file}:{attribute}: there is no such file")
    return load.load(f"{file.stem}:{attribute}", file.parent)


def _checked_out(revision: str, package: str, root: Path, folder: Path) -> None:
    """The package of contracts as it was, and nothing else, written to *folder*."""
    if revision.startswith("-"):
        raise Usage(f"'{revision}' is not a git revision")
    # Both forms of a package, whichever there was; git fails if it names neither.
    done = _git(root, "archive", "--format=tar", revision, "--", f"{package}*")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Usage(f"git has no {package} at revision '{revision}'", what=said[-1:])
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def _git(root: Path, *command: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(root), *command], capture_output=True, check=False)
    except FileNotFoundError:
        raise Usage("git is not installed, so there are no revisions") from None


def _whom(change: Change) -> str:
    broken = [
        whom for whom, verdict in (("readers", change.readers), ("writers", change.writers)) if verdict == "breaking"
    ]
    return "breaks " + " and ".join(broken) if broken else "breaks nobody"


def _cell(text: str) -> str:
    """Text that stays in one cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
