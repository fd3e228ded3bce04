"""
Which snapshots there are: manifests on disk, their chain, and the tags that pin them.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time
from pathlib import Path

from parquetry.errors import Integrity, NoSuchSnapshot, Storage, Usage
from parquetry.lake.manifest import Manifest, stamp
from parquetry.lake.store import LocalStore, storage_error, translating

_NAME = re.compile(r"(\d{8})\.json")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,62}")
_CLOCK = re.compile(
    r".{7,10}?[Tt ]\d\d(?P<minute>:?\d\d(?P<second>:?\d\d(?P<fraction>[.,]\d+)?)?)?\s?([Zz]|[+-].*)?", re.ASCII
)


def numbers(store: LocalStore) -> list[int]:
    """The numbers of all snapshots, oldest first."""
    folder = store.root / "_manifests"
    if store.root.exists() and not store.root.is_dir():
        raise Storage(f"the lake's path {store.root} is not a folder", next="set [lake] path to a folder")
    with translating(folder):
        names = [_NAME.fullmatch(path.name) for path in folder.iterdir()] if folder.exists() else []
    return sorted(int(found[1]) for found in names if found)


def load(store: LocalStore, number: int) -> Manifest:
    """
    One manifest, its own hash checked.

    Raises:
        NoSuchSnapshot: There is none of that number.
        Integrity: It is damaged, or is another snapshot's under this name.
    """
    path = path_of(store, number)
    try:
        data = path.read_bytes()
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            raise storage_error(error, path) from error
        there = numbers(store)
        known = f"snapshots {there[0]} to {there[-1]}" if there else "no snapshot yet"
        raise NoSuchSnapshot(
            f"no snapshot {number}", what=f"the lake has {known}", next="parquetry snapshots"
        ) from None
    manifest = Manifest.from_bytes(data, f"_manifests/{path.name}")
    if manifest.snapshot != number:
        raise Integrity(
            f"_manifests/{path.name} is the manifest of snapshot {manifest.snapshot}", next="parquetry verify"
        )
    return manifest


def newest(store: LocalStore) -> Manifest | None:
    """
    The current manifest with its hash and its parent's checked; None in a new lake.

    Raises:
        Integrity: It or its parent is damaged, or it does not follow its parent.
    """
    there = numbers(store)
    if not there:
        return None
    manifest = load(store, there[-1])
    if manifest.snapshot - 1 in there:
        follows(manifest, load(store, manifest.snapshot - 1))
    return manifest


def follows(manifest: Manifest, parent: Manifest) -> None:
    """Raise Integrity unless *manifest* names *parent*'s hash."""
    if manifest.parent != parent.sha256:
        raise Integrity(
            f"snapshot {manifest.snapshot} does not follow snapshot {parent.snapshot}",
            what=f"it names the parent {str(manifest.parent)[:12]}…, which hashes to {parent.sha256[:12]}…",
            next="parquetry verify, then restore the manifests from a backup",
        )


def path_of(store: LocalStore, number: int) -> Path:
    """Where the manifest of that number is, or would be."""
    return store.root / "_manifests" / f"{number:08d}.json"


def resolve(store: LocalStore, reference: int | str | date | None) -> Manifest:
    """
    The snapshot that *reference* means: a number, ``tag:NAME``, a date or time (the newest that was committed
    by then, in UTC without a zone), or None for the current one. A text means the end of what it names: of the
    day, or of the minute or second, as which the time of a snapshot is shown. So does a date; a datetime is exact.

    Raises:
        NoSuchSnapshot: Nothing fits.
        Usage: *reference* is none of these.
    """
    there = numbers(store)
    if not there:
        raise NoSuchSnapshot("this lake has no snapshot yet", next="parquetry export")
    if reference is None:
        return load(store, there[-1])
    if isinstance(reference, int) or (isinstance(reference, str) and reference.isdecimal()):
        return load(store, int(reference))
    if isinstance(reference, str) and reference.startswith("tag:"):
        return load(store, _tagged(store, reference[4:]))
    moment = _moment(reference)
    for number in reversed(there):
        if (manifest := load(store, number)).committed_at <= moment:
            return manifest
    raise NoSuchSnapshot(f"no snapshot was committed by {stamp(moment)}", next="parquetry snapshots")


def tags(store: LocalStore) -> dict[str, int]:
    """Tag to snapshot number, by name. Raises Integrity: a tag's file is damaged, so what it pins is not known."""
    folder = store.root / "_tags"
    tagged = {}
    for path in sorted(folder.glob("*.json")) if folder.exists() else ():
        try:
            tagged[path.stem] = int(json.loads(path.read_bytes())["snapshot"])
        except (ValueError, KeyError, TypeError):
            raise Integrity(
                f"_tags/{path.name} is damaged", next=f"remove it, then: parquetry snapshots tag {path.stem} SNAPSHOT"
            ) from None
    return tagged


def tag(store: LocalStore, name: str, number: int, *, move: bool = False) -> None:
    """
    Pin a snapshot under *name*; `gc` then keeps it.

    Args:
        move: Take the name from the snapshot that has it.

    Raises:
        Usage: The name is another snapshot's, or not letters, digits, ``.``, ``_`` and ``-``.
        NoSuchSnapshot: There is no such snapshot.
    """
    if not _TAG.fullmatch(name):
        raise Usage(f"'{name}' cannot be a tag", what="letters, digits, '.', '_' and '-', beginning with a letter")
    load(store, number)
    has = tags(store).get(name, number)
    if has != number and not move:
        raise Usage(
            f"the tag '{name}' is snapshot {has}'s",
            next=f"choose another name, or: parquetry snapshots tag {name} {number} --move",
        )
    record = {"snapshot": number, "tagged_at": stamp(datetime.now(UTC))}
    store.replace(f"_tags/{name}.json", json.dumps(record).encode() + b"\n")


def _tagged(store: LocalStore, name: str) -> int:
    known = tags(store)
    if name not in known:
        have = ", ".join(known) or "none"
        raise NoSuchSnapshot(f"no tag '{name}'", what=f"tags: {have}", next="parquetry snapshots tag NAME [SNAPSHOT]")
    return known[name]


def _moment(reference: str | date) -> datetime:
    """The last moment in UTC that *reference* means; what lies beyond the calendar is its first or last."""
    try:
        said = _last(reference) if isinstance(reference, str) else reference
    except ValueError:
        raise Usage(
            f"'{reference}' is not a snapshot", what="a number, tag:NAME, a date (2026-11-21) or a time in ISO form"
        ) from None
    if not isinstance(said, datetime):
        said = datetime.combine(said, time.max)
    try:
        return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
    except OverflowError:
        first, last = (datetime.combine(day, at, UTC) for day, at in ((date.min, time.min), (date.max, time.max)))
        return first if said.year == first.year else last


def _last(text: str) -> date:
    """A date, or the last microsecond of the hour, minute, second or fraction that a time in ISO form ends in."""
    if len(text) <= len("2026-11-21"):
        return date.fromisoformat(text)
    said, found = datetime.fromisoformat(text), _CLOCK.fullmatch(text)
    if found is None or found["fraction"]:
        return said
    minute = said.minute if found["minute"] else 59
    return said.replace(minute=minute, second=said.second if found["second"] else 59, microsecond=999_999)
