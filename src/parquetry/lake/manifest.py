"""
The JSON file that *is* a snapshot: what was published, from where, checked by what.

Pure values and their canonical bytes; reading and linking files is `store` and `commit`.
docs/format.md describes every key for other readers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from parquetry.errors import Integrity

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Account:
    """Where the rows of one partition went. It closes when nothing is unexplained."""

    source: int
    published: int
    quarantined: int = 0
    excluded: int = 0

    @property
    def closes(self) -> bool:
        return self.source == self.published + self.quarantined + self.excluded

    def __add__(self, other: Account) -> Account:
        return Account(
            self.source + other.source,
            self.published + other.published,
            self.quarantined + other.quarantined,
            self.excluded + other.excluded,
        )

    def __str__(self) -> str:
        return (
            f"source {self.source:,} = published {self.published:,} "
            f"+ quarantined {self.quarantined:,} + excluded {self.excluded:,}"
        )


@dataclass(frozen=True, slots=True)
class File:
    """
    One immutable Parquet file.

    Attributes:
        path: Below the lake, with ``/``: ``objects/…``.
        sha256: Of its bytes: integrity.
        digest: Of its rows, whatever their order and packing: identity. See `digest`.
        min, max: Of the dataset's time column as ISO text; None without one or without rows.
    """

    path: str
    bytes: int
    rows: int
    sha256: str
    digest: str
    min: str | None = None
    max: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """
    A report file as it was read, the unit that a run replaces.

    Attributes:
        file: Its name below the root of its source, with ``/``.
        date: The first day that it is of, ISO.
        sha256, bytes: Of the file as it lay there, compressed or not.
        reading: The fingerprint of how it was read.
        position: When, as in `Partition`.
        digest: Of its published rows, as in `File`.
    """

    file: str
    date: str
    sha256: str
    bytes: int
    reading: str
    position: str
    account: Account
    digest: str


@dataclass(frozen=True, slots=True)
class Partition:
    """
    What is replaced as a whole.

    Attributes:
        position: The state of the source in which it was last found to be just this; a key of
            `Manifest.positions`.
        misfits: Columns with values that their declared type cannot hold, and how many.
        reports: The report files that it was read from, in the order of their rows; none for a table's.
    """

    position: str
    account: Account
    files: tuple[File, ...]
    misfits: Mapping[str, int] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()

    @property
    def rows(self) -> int:
        return sum(f.rows for f in self.files)

    @property
    def positions(self) -> set[str]:
        """Every state of the source that it was read at."""
        return {self.position, *(r.position for r in self.reports)}


@dataclass(frozen=True, slots=True)
class PublishedColumn:
    """
    A column as it is published, as the contract declares it, and as it is in the source.

    Attributes:
        type: DuckDB's word for what is published, as *declared* is for the contract's.
        source_type: The source's own word.
        native: Whether its reader decodes the values; otherwise they are the source's text.
        policy: What becomes of misfits, values that *declared* cannot hold.
        misfits: How many there are in the source's rows behind this dataset.
        reading: Of text, the DuckDB type in which the typed view reads it; or empty.
        because: Why it is published so, as a person would say it.
    """

    name: str
    type: str
    declared: str
    source_type: str
    native: bool
    policy: str = "text"
    misfits: int = 0
    reading: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of the source's table, published or not: *type* in the source's words, *values* of an enum."""

    name: str
    type: str
    nullable: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractUsed:
    """Which contract the rows were held against, and whether they were."""

    name: str
    fingerprint: str
    validated: bool = True


@dataclass(frozen=True, slots=True)
class Dataset:
    """
    One named table of the snapshot.

    Attributes:
        source: Its source's name in parquetry.toml.
        relation: What was read there, in the source's words: ``table public.BehavioralEvent``.
        time: The column that partitions it, or None.
        where: The filter that a dataset published under a name of its own was read with.
        described: Every column of what was read, as the source described it then.
        drift: In what that differed from the snapshot before.
    """

    source: str
    relation: str
    contract: ContractUsed
    key: tuple[str, ...]
    time: str | None
    columns: tuple[PublishedColumn, ...]
    partitions: Mapping[str, Partition]
    where: Mapping[str, str] = field(default_factory=dict)
    described: tuple[SourceColumn, ...] = ()
    drift: tuple[Mapping[str, str], ...] = ()

    @property
    def files(self) -> Iterator[File]:
        """Its files, in the order of partitions."""
        return (file for key in sorted(self.partitions) for file in self.partitions[key].files)

    @property
    def rows(self) -> int:
        return sum(p.rows for p in self.partitions.values())

    @property
    def account(self) -> Account:
        return sum((p.account for p in self.partitions.values()), Account(0, 0))

    @property
    def schema(self) -> dict[str, str]:
        """Column name to DuckDB type, in published order."""
        return {c.name: c.type for c in self.columns}

    def column(self, name: str) -> PublishedColumn | None:
        """The column of exactly that name, or None."""
        return next((c for c in self.columns if c.name == name), None)


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    One snapshot of the whole lake.

    Attributes:
        parent: sha256 of the manifest before it; None for the first.
        positions: ``<run>/<source>`` to what was read there: ``source``, ``kind``, ``clock``, facts.
        provenance: What the run was made with: git commit, versions, parameters.
    """

    snapshot: int
    committed_at: datetime
    run: str
    parent: str | None
    datasets: Mapping[str, Dataset]
    positions: Mapping[str, Mapping[str, Any]]
    provenance: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """Over the canonical bytes, the key ``sha256`` itself left out."""
        return _sha256_of(self._plain())

    def as_bytes(self) -> bytes:
        """The file, byte for byte."""
        plain = self._plain()
        return _rendered({**plain, "sha256": _sha256_of(plain)})

    def _plain(self) -> dict[str, Any]:
        plain = {"format": FORMAT, **asdict(self), "committed_at": stamp(self.committed_at)}
        for dataset in plain["datasets"].values():
            for part in dataset["partitions"].values():
                if not part["reports"]:
                    del part["reports"]
        return plain

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> Self:
        """
        Read a manifest back.

        Raises:
            Integrity: It is not a manifest of this format, or not as it was written.
        """
        try:
            doc = json.loads(data)
            said = doc.pop("sha256")
            if doc.pop("format") != FORMAT:
                raise Integrity(f"{name} is of a newer lake format", next="upgrade parquetry")
            manifest = cls(
                snapshot=doc["snapshot"],
                committed_at=datetime.fromisoformat(doc["committed_at"]),
                run=doc["run"],
                parent=doc["parent"],
                datasets={key: _dataset(value) for key, value in doc["datasets"].items()},
                positions=doc["positions"],
                provenance=doc["provenance"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _edited(name, f"it cannot be read as a manifest: {type(error).__name__}: {error}") from error
        if manifest.sha256 != said:
            raise _edited(name, f"its content hashes to {manifest.sha256[:12]}…, it says {said[:12]}…")
        return manifest


def stamp(moment: datetime) -> str:
    """ISO text in UTC with a ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def same_content(old: Dataset | None, new: Dataset) -> bool:
    """Whether *new* publishes just what *old* does: everything but when, from where and after which drift."""
    return old is not None and _content(old) == _content(new)


def _content(dataset: Dataset) -> Dataset:
    partitions = {
        key: replace(p, position="", reports=tuple(replace(r, position="") for r in p.reports))
        for key, p in dataset.partitions.items()
    }
    return replace(dataset, partitions=partitions, drift=())


def _rendered(plain: Mapping[str, Any]) -> bytes:
    return json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _sha256_of(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(_rendered(plain)).hexdigest()


def _edited(name: str, what: str) -> Integrity:
    return Integrity(
        f"{name} is damaged or was edited",
        what=what,
        next="parquetry verify, then restore the file from a backup",
        manifest=name,
    )


def _dataset(doc: dict[str, Any]) -> Dataset:
    return Dataset(
        source=doc["source"],
        relation=doc["relation"],
        contract=ContractUsed(**doc["contract"]),
        key=tuple(doc["key"]),
        time=doc["time"],
        columns=tuple(PublishedColumn(**c) for c in doc["columns"]),
        partitions={key: _partition(value) for key, value in doc["partitions"].items()},
        where=doc["where"],
        described=tuple(SourceColumn(**{**c, "values": tuple(c["values"])}) for c in doc["described"]),
        drift=tuple(doc["drift"]),
    )


def _partition(doc: dict[str, Any]) -> Partition:
    account, files = Account(**doc["account"]), tuple(File(**f) for f in doc["files"])
    return Partition(doc["position"], account, files, doc["misfits"], tuple(map(_report, doc.get("reports", ()))))


def _report(doc: dict[str, Any]) -> Report:
    return Report(**{**doc, "account": Account(**doc["account"])})
