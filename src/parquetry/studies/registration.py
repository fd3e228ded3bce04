"""
A study as it was registered: frozen in ``NAME.registered.json`` beside its file, and never changed again.

What is registered is the study's canonical JSON; its sha256 names it, and a second one seals the whole
file with its time. That proves the file whole, not its time: who wants others to believe that commits
the file where they can see when.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from parquetry.errors import Config, Integrity
from parquetry.lake.manifest import stamp
from parquetry.lake.store import sync_folder, translating
from parquetry.studies import Study, plain
from parquetry.studies.recorded import Recorded

VERSION = 1
"""Of the file."""
_SHORT = 12
_SUFFIX = ".registered.json"
_WORDING = {"question", "reason"}  # besides [about] and the outcome's name: nothing computed depends on them


Phase: TypeAlias = tuple[str, str | None, str | None, bool]


@dataclass(frozen=True, slots=True)
class Known:
    """
    What could be known of a study's data when it was registered.

    Attributes:
        snapshot, manifest: The current one, and its sha256; None and empty without a lake.
        days: How many of the study's periods had a value in it; None where nobody could look.
        last_day: The last of them.
        why: Why nobody could look, or empty.
        csv: sha256 of the file that they were looked for in, instead of a snapshot; or empty.
        recorded: Those that were over by then, by series.
        phases: As a dataset said them, those to come too: label, first and last day, and whether it is a washout.
    """

    snapshot: int | None = None
    manifest: str = ""
    days: int | None = None
    last_day: date | None = None
    why: str = ""
    csv: str = ""
    recorded: Mapping[str, Recorded] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """
    The registered document.

    Attributes:
        sha256: Of the study's canonical JSON.
        study: That JSON's values.
        registered_at: By the clock of the machine, in UTC.
        parquetry: The version that wrote it.
        sql: The texts of its named queries and macros, by ``queries/NAME.sql``.
    """

    name: str
    sha256: str
    study: Mapping[str, Any]
    registered_at: datetime
    known: Known
    parquetry: str
    sql: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as in the file."""
        known = {name: plain(getattr(self.known, name)) for name in Known.__dataclass_fields__}
        return {
            "version": VERSION, "name": self.name, "sha256": self.sha256, "registered_at": stamp(self.registered_at),
            **known, "parquetry": self.parquetry, "study": dict(self.study),
            "sql": {name: {"sha256": text_sha256(text), "text": text} for name, text in self.sql.items()},
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deviation:
    """
    Something that is not as it was registered.

    Attributes:
        path: Of the value, such as `outcome.smallest` or `exclude[0].last`.
        registered, now: Plain JSON values; None where there is nothing.
        wording: It is text for people, on which nothing computed depends.
    """

    path: str
    registered: Any
    now: Any
    wording: bool

    def __str__(self) -> str:
        return f"{self.path}: registered {_shown(self.registered)}, now {_shown(self.now)}"

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def canonical(document: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and without blanks, in UTF-8: equal values have equal bytes."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def sha256_of(study: Study) -> str:
    """The name of what is registered, 64 hexadecimal digits."""
    return _sha256(study.to_dict())


def file_of(study_file: Path) -> Path:
    """Where the registration of the study in *study_file* lies."""
    return study_file.with_name(f"{study_file.stem}{_SUFFIX}")


def registered(study_file: Path) -> Registration | None:
    """
    The registration of the study in *study_file*; None if there is none.

    Raises:
        Integrity: The file is damaged or was edited.
        Config: A later release wrote it.
    """
    file = file_of(study_file)
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Config(f"{file} cannot be read: {error.strerror}", file=str(file)) from error
    return _read(file, data)


def register(
    study: Study, study_file: Path, known: Known, now: datetime, sql: Mapping[str, str] = MappingProxyType({})
) -> Registration | None:
    """
    Write the registration of *study* beside its file, durably and whole, unless there is one.

    Args:
        sql: What it runs that stands outside of its file.

    Returns:
        None: There is one already; it stays as it is.

    Raises:
        Storage: The folder cannot be written.
    """
    document = study.to_dict()
    found = Registration(study.name, _sha256(document), document, now, known, version("parquetry"), dict(sql))
    said = found.to_dict()
    text = json.dumps({**said, "seal": _sha256(said)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return found if _linked(file_of(study_file), text.encode()) else None


def deviations(
    study: Study, registration: Registration, sql: Mapping[str, str] = MappingProxyType({})
) -> tuple[Deviation, ...]:
    """
    In what *study* is not as it was registered; a key that the registration did not know had its default.

    Args:
        sql: What it runs that stands outside of its file, as it is now.
    """
    before = _filled(Study, registration.study)
    return (*_differences("", before, study.to_dict()), *_of_sql(registration.sql, sql))


def data_deviations(registration: Registration, now: Mapping[str, Recorded]) -> tuple[Deviation, ...]:
    """
    Where days that were known when a study was registered are not what they were.

    Args:
        now: By series, what is recorded up to the last day that was known then.
    """
    return tuple(
        Deviation(f"data{f'.{name}' if name else ''}", _told(before), _told(now.get(name)), False)
        for name, before in registration.known.recorded.items()
        if now.get(name) != before
    )


def phase_deviations(registration: Registration, now: Sequence[Phase]) -> tuple[Deviation, ...]:
    """
    Phases of a dataset that are not what they were.

    One whose end was open may have got its end, and new ones may follow.
    """
    return tuple(
        Deviation(f"phases of the dataset[{number}]", list(before), None if after is None else list(after), False)
        for number, (before, after) in enumerate(zip_longest(registration.known.phases, now))
        if before is not None and (after is None or before != (*after[:2], before[2] and after[2], after[3]))
    )


def _told(found: Recorded | None) -> str | None:
    if found is None:
        return None
    until = f"to row {found.last}" if isinstance(found.last, int) else f"to {found.last}"
    return f"{found.days} with a value {until}, sha256 {found.sha256[:_SHORT]}…"


def _of_sql(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Deviation]:
    for name in sorted({*before, *now}):
        old, new = (
            None if text is None else f"sha256 {text_sha256(text)[:_SHORT]}…"
            for text in (before.get(name), now.get(name))
        )
        if before.get(name) != now.get(name):
            yield Deviation(name, old, new, False)


def _linked(target: Path, data: bytes) -> bool:
    """Whether *target* is new and now holds *data*; ``link`` fails where the name exists."""
    with translating(target):
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fchmod(opened.fileno(), 0o644)
                os.fsync(opened.fileno())
            os.link(unfinished, target)
        except FileExistsError:
            return False
        finally:
            unfinished.unlink()
        sync_folder(target.parent)
    return True


def _read(file: Path, data: bytes) -> Registration:
    try:
        document = json.loads(data)
        seal = document.pop("seal")
        if isinstance(document["version"], int) and document["version"] > VERSION:
            raise Config(f"{file} was written by a later release", next="upgrade parquetry", file=str(file))
        day = document["last_day"]
        found = Registration(
            document["name"],
            document["sha256"],
            document["study"],
            datetime.fromisoformat(document["registered_at"]),
            Known(
                document["snapshot"], document["manifest"], document["days"],
                None if day is None else date.fromisoformat(day), document["why"], document["csv"],
                {name: _recorded(**each) for name, each in document["recorded"].items()},
                tuple((label, first, end, washout) for label, first, end, washout in document["phases"]),
            ),
            document["parquetry"],
            {name: each["text"] for name, each in document["sql"].items()},
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(file, f"it cannot be read as a registration: {type(error).__name__}: {error}") from error
    for key, said, of in (("sha256", found.sha256, document["study"]), ("seal", seal, document)):
        if _sha256(of) != said:
            raise _damaged(file, f"its content hashes to {_sha256(of)[:12]}…, its {key} says {str(said)[:12]}…")
    return found


def _recorded(last: str | int, days: int, sha256: str) -> Recorded:
    return Recorded(date.fromisoformat(last) if isinstance(last, str) else last, days, sha256)


def _damaged(file: Path, what: str) -> Integrity:
    return Integrity(
        f"{file} is damaged or was edited",
        what=what,
        next="restore it from version control or a backup; a registration is never changed",
        file=str(file),
    )


def text_sha256(text: str) -> str:
    """Of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def _sha256(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(document)).hexdigest()


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "", [], {}) else json.dumps(value, ensure_ascii=False)


def _filled(kind: type, document: Mapping[str, Any]) -> dict[str, Any]:
    """*document* with what it lacks of the dataclass *kind*, where that has a default."""
    hints = typing.get_type_hints(kind)
    found = dict(document)
    for each in dataclasses.fields(kind):
        if each.name in found:
            found[each.name] = _filled_value(hints[each.name], found[each.name])
        elif each.default is not dataclasses.MISSING:
            found[each.name] = plain(each.default)
        elif each.default_factory is not dataclasses.MISSING:
            found[each.name] = {}
    return found


def _filled_value(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, dict):
        return _filled(hint, value)
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and inner[-1] is Ellipsis and isinstance(value, list):
        return [_filled_value(inner[0], each) for each in value]
    if typing.get_origin(hint) is types.UnionType and value is not None:
        return _filled_value(inner[0], value)
    return value


def _differences(path: str, before: Any, now: Any) -> Iterator[Deviation]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            inner = f"{path}.{key}" if path else key
            yield from _differences(inner, before.get(key), now.get(key))
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for number, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from _differences(f"{path}[{number}]", old, new)
    elif before != now:
        last = path.rpartition(".")[2]
        yield Deviation(path, before, now, last in _WORDING or path.startswith("about") or path == "outcome.name")
