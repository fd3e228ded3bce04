"""
The lake: numbered, immutable snapshots of datasets, and the rows in them.

`Lake` is what a reader needs; beside reading it tags, and mends `current` after a crash. Making
the next snapshot is `commit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parquetry.errors import Integrity, MissingExtra, NoSuchDataset, ParquetryError, did_you_mean
from parquetry.lake import ledger, snapshots, views
from parquetry.lake.ledger import Run
from parquetry.lake.manifest import Dataset, Manifest
from parquetry.lake.store import LocalStore
from parquetry.text import Told, counted, size, table

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Lake:
    """
    A lake in a local folder.

        lake = Lake("data/lake")
        lake.current().read("behavioral_events")     # a polars DataFrame

    Args:
        path: The folder; a lake without a snapshot may not exist yet.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.store = LocalStore(self.path)

    def current(self) -> Snapshot:
        """The newest snapshot. Raises NoSuchSnapshot in a new lake."""
        return self.snapshot(None)

    def snapshot(self, reference: int | str | date | None) -> Snapshot:
        """The snapshot of a number, ``tag:NAME``, or the newest by a date or time. See `snapshots.resolve`."""
        return Snapshot(self.store, snapshots.resolve(self.store, reference))

    def snapshots(self) -> Iterator[Snapshot]:
        """All snapshots, oldest first."""
        return (Snapshot(self.store, snapshots.load(self.store, n)) for n in snapshots.numbers(self.store))

    @property
    def tags(self) -> dict[str, int]:
        """Tag to snapshot number."""
        return snapshots.tags(self.store)

    def mend(self) -> None:
        """Make `current` and its like follow the newest manifest, if a killed run left them behind."""
        views.mend(self.store)

    def tag(self, name: str, reference: int | str | date | None = None, *, move: bool = False) -> int:
        """Pin the snapshot that *reference* means under *name*; gives its number. See `snapshots.tag`."""
        number = snapshots.resolve(self.store, reference).snapshot
        snapshots.tag(self.store, name, number, move=move)
        return number

    @property
    def runs(self) -> list[Run]:
        """The run ledger, oldest first."""
        return list(ledger.runs(self.store))

    def state(self) -> str:
        """What a message says of the lake: ``current snapshot is 41 (2026-11-21 08:41:43Z)``."""
        try:
            there = snapshots.numbers(self.store)
            if not there:
                return "no snapshot yet"
            committed = snapshots.load(self.store, there[-1]).committed_at
        except (ParquetryError, OSError):
            return "current snapshot cannot be read; see parquetry verify"
        return f"current snapshot is {there[-1]} ({committed:%Y-%m-%d %H:%M:%SZ})"

    def committed_by(self, run: str) -> bool:
        """Whether the newest snapshot is the work of *run*; False where it cannot be read."""
        try:
            return self.current().manifest.run == run
        except (ParquetryError, OSError):
            return False

    def __str__(self) -> str:
        """Every snapshot, the newest last."""
        names: dict[int, list[str]] = {}
        for name, number in self.tags.items():
            names.setdefault(number, []).append(name)
        rows = [
            (s.number, f"{s.manifest.committed_at:%Y-%m-%d %H:%M:%SZ}", len(s.datasets), f"{s.rows:,}", size(s.bytes),
             ", ".join(names.get(s.number, [])))
            for s in self.snapshots()
        ]  # fmt: skip
        return table(("snapshot", "committed", "datasets", "rows", "size", "tags"), rows) if rows else "no snapshot yet"

    def __repr__(self) -> str:
        return f"Lake({str(self.path)!r}): {self.state()}"


@dataclass(frozen=True)
class Snapshot(Told):
    """One committed, immutable state of the whole lake."""

    store: LocalStore
    manifest: Manifest

    @property
    def number(self) -> int:
        return self.manifest.snapshot

    @property
    def datasets(self) -> list[str]:
        return sorted(self.manifest.datasets)

    @property
    def rows(self) -> int:
        return sum(d.rows for d in self.manifest.datasets.values())

    @property
    def bytes(self) -> int:
        return sum(f.bytes for d in self.manifest.datasets.values() for f in d.files)

    def dataset(self, name: str) -> Dataset:
        """What the manifest says of a dataset. Raises NoSuchDataset."""
        try:
            return self.manifest.datasets[name]
        except KeyError:
            raise NoSuchDataset(
                f"no dataset '{name}' in snapshot {self.number}{did_you_mean(name, self.datasets)}",
                what=f"datasets: {', '.join(self.datasets) or 'none'}",
            ) from None

    def files(self, name: str) -> list[Path]:
        """
        The Parquet files of a dataset, in the order of its partitions.

        Raises:
            Integrity: One is missing or of another size. That it is whole is for `verify` to say.
        """
        return [self._present(file.path, file.bytes) for file in self.dataset(name).files]

    def scan(self, name: str) -> polars.LazyFrame:
        """A polars LazyFrame over a dataset's files."""
        import polars

        return polars.scan_parquet(self.files(name), hive_partitioning=False)

    def read(self, name: str) -> polars.DataFrame:
        """A dataset as a polars DataFrame, all of it in memory."""
        return self.scan(name).collect()

    def arrow(self, name: str) -> pyarrow.Table:
        """A dataset as an Arrow table. Needs the extra ``arrow``."""
        try:
            import pyarrow.parquet
        except ImportError:
            raise MissingExtra("arrow", "an Arrow table") from None
        return pyarrow.concat_tables(pyarrow.parquet.read_table(f, partitioning=None) for f in self.files(name))

    def pandas(self, name: str) -> pandas.DataFrame:
        """A dataset as a pandas frame with Arrow types, so that no integer becomes a float."""
        try:
            import pandas
        except ImportError:
            raise MissingExtra("pandas", "a pandas frame") from None
        frame: pandas.DataFrame = self.arrow(name).to_pandas(types_mapper=pandas.ArrowDtype)
        return frame

    def _present(self, path: str, size: int) -> Path:
        file = self.store.root / path
        try:
            found = file.stat().st_size
        except FileNotFoundError:
            raise self._damaged(path, "it is missing") from None
        if found != size:
            raise self._damaged(path, f"it has {found:,} bytes, the manifest says {size:,}")
        return file

    def _damaged(self, path: str, what: str) -> Integrity:
        return Integrity(
            f"{path} of snapshot {self.number} is damaged",
            what=what,
            next="parquetry verify; restore the file from a backup, or parquetry export --full",
            path=path,
        )

    def __str__(self) -> str:
        """Each dataset, what it was checked against, and where its rows went."""
        at = f"{self.manifest.committed_at:%Y-%m-%d %H:%M:%SZ}"
        lines = [
            f"snapshot {self.number}, committed {at} by run {self.manifest.run}",
            f"  sha256 {self.manifest.sha256}",
        ]
        for name in self.datasets:
            d = self.manifest.datasets[name]
            checked = "checked against" if d.contract.validated else "NOT CHECKED against"
            lines.append(
                f"  {name}: {counted(d.rows, 'row')} in {counted(len(d.partitions), 'partition')}, from {d.relation}"
            )
            lines.append(f"    {checked} {d.contract.name} ({d.contract.fingerprint[:12]})")
            lines.append(f"    account: {d.account}")
            if len({p.position for p in d.partitions.values() if not p.reports}) > 1:
                lines.append("    note: its partitions were read at different times; --full reads all of it at once")
        return "\n".join(lines)

    __repr__ = __str__

    def as_json(self) -> dict[str, Any]:
        """The summary that ``snapshots show --json`` prints."""
        return {
            "snapshot": self.number,
            "committed_at": self.manifest.committed_at.isoformat(),
            "run": self.manifest.run,
            "datasets": {
                name: {"rows": d.rows, "files": sum(1 for _ in d.files), "bytes": sum(f.bytes for f in d.files)}
                for name, d in self.manifest.datasets.items()
            },
        }
