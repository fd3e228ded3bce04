"""
Everything read again: does the lake hold what its manifests say?

Nothing is mended here; a list of what is wrong is what a person needs first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from parquetry.contracts import sql
from parquetry.errors import Integrity, ParquetryError
from parquetry.lake import ledger, snapshots, views
from parquetry.lake.digest import as_text, digest_sql
from parquetry.lake.manifest import Dataset, File, Manifest
from parquetry.lake.store import LocalStore, sha256_of
from parquetry.text import Told, counted, size


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as a manifest says; *path* is below the lake."""

    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Verified(Told):
    """
    What `verify` found.

    Attributes:
        unnamed: Files in ``objects/`` that no manifest names: left by killed runs, harmless.
    """

    snapshots: int
    files: int
    rows: int
    bytes: int
    problems: tuple[Problem, ...]
    unnamed: int

    @property
    def exit_code(self) -> int:
        return Integrity.exit_code if self.problems else 0

    def __str__(self) -> str:
        parts = (
            counted(self.snapshots, "snapshot"),
            counted(self.files, "file"),
            counted(self.rows, "row"),
            size(self.bytes),
        )
        found = counted(len(self.problems), "problem") if self.problems else "no problems"
        lines = [f"{', '.join(parts)} read again: {found}", *(f"  {p.path}: {p.what}" for p in self.problems)]
        if self.unnamed:
            lines.append(
                f"  {counted(self.unnamed, 'file')} that no snapshot names (left by a killed run); gc removes them"
            )
        return "\n".join(lines)


def verify(store: LocalStore) -> Verified:
    """
    Check every manifest and its chain, every file's bytes, rows and digest, every row account.

    Files are read once, however many snapshots name them.
    """
    problems: list[Problem] = []
    manifests = list(_chain(store, problems))
    named: dict[str, tuple[File, Dataset]] = {}
    for manifest in manifests:
        problems += _accounts(manifest)
        for dataset in manifest.datasets.values():
            for file in dataset.files:
                named.setdefault(file.path, (file, dataset))
    with duckdb.connect(config={"threads": 2, "memory_limit": "300MB"}) as connection:
        for file, dataset in named.values():
            problems += _file(connection, store, file, dataset)
    problems += _tags(store)
    whole = [m.snapshot for m in manifests] == snapshots.numbers(store)
    if whole and manifests and views.behind(store, manifests[-1].snapshot):
        problems.append(Problem("current", f"does not point at snapshot {manifests[-1].snapshot}; any export mends it"))
    return Verified(
        snapshots=len(manifests),
        files=len(named),
        rows=sum(file.rows for file, _ in named.values()),
        bytes=sum(file.bytes for file, _ in named.values()),
        problems=tuple(problems),
        # What a damaged manifest names is not known, so nothing can be said to be left over.
        unnamed=sum(1 for path in objects(store) if path not in named) if whole else 0,
    )


def objects(store: LocalStore) -> Iterator[str]:
    """Every file below ``objects/``, as a manifest would name it."""
    for folder, _, files in os.walk(store.root / "objects"):
        for name in files:
            yield (Path(folder) / name).relative_to(store.root).as_posix()


def _chain(store: LocalStore, problems: list[Problem]) -> Iterator[Manifest]:
    """Every readable manifest; what breaks the chain goes to *problems*."""
    removed = {number for run in ledger.runs(store) for number in run.removed_snapshots}
    before: Manifest | None = None
    there = snapshots.numbers(store)
    missing = set(range(1, there[-1] + 1 if there else 1)) - set(there) - removed
    problems += [Problem(f"_manifests/{n:08d}.json", "is missing, and no gc removed it") for n in sorted(missing)]
    for number in there:
        try:
            manifest = snapshots.load(store, number)
            if before and before.snapshot == number - 1:
                snapshots.follows(manifest, before)
        except ParquetryError as error:
            problems.append(Problem(f"_manifests/{number:08d}.json", "; ".join((error.failed, *error.what))))
            before = None
        else:
            yield manifest
            before = manifest


def _tags(store: LocalStore) -> Iterator[Problem]:
    try:
        snapshots.tags(store)
    except Integrity as error:
        yield Problem(error.failed.split()[0], "cannot be read, so what it pins is not known")


def _accounts(manifest: Manifest) -> Iterator[Problem]:
    path = f"_manifests/{manifest.snapshot:08d}.json"
    for name, dataset in manifest.datasets.items():
        for key, part in dataset.partitions.items():
            if not part.account.closes or part.account.published != part.rows:
                yield Problem(path, f"{name} {key}: the row account does not close: {part.account}")


def _file(connection: duckdb.DuckDBPyConnection, store: LocalStore, file: File, dataset: Dataset) -> Iterator[Problem]:
    path = store.root / file.path
    if not path.exists():
        yield Problem(file.path, "is missing")
        return
    if path.stat().st_size != file.bytes:
        yield Problem(file.path, f"has {path.stat().st_size:,} bytes, the manifest says {file.bytes:,}")
        return
    if (found := sha256_of(path)) != file.sha256:
        yield Problem(file.path, f"has sha256 {found[:12]}…, the manifest says {file.sha256[:12]}…")
        return
    try:
        read = connection.execute(
            f"SELECT count(*), {digest_sql(dataset.schema)} "
            f"FROM read_parquet({sql.file(str(path))}, hive_partitioning = false)"
        ).fetchone()
    except duckdb.Error as error:
        yield Problem(file.path, f"cannot be read: {str(error).splitlines()[0]}")
        return
    rows, number = read or (0, None)
    if rows != file.rows:
        yield Problem(file.path, f"has {rows:,} rows, the manifest says {file.rows:,}")
    elif as_text(number) != file.digest:
        yield Problem(file.path, f"has rows with digest {as_text(number)[:12]}…, the manifest says {file.digest[:12]}…")
