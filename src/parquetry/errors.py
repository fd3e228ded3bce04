"""
Everything that can go wrong, as a tree. Each branch is somebody who must act.

    ParquetryError
    ├── Usage             2   whoever typed the command
    ├── InvalidData      10   the owner of the data: rows break their contract
    ├── SchemaDrift      12   the owner of the schema: source and contract disagree
    ├── BadInput         13   the writer of a file: cut, unreadable, not what it says
    ├── Refused          14   the analyst: the claim cannot be supported
    ├── Attention        15   the operator: something is late or out of bounds
    ├── Config           20   the owner of parquetry.toml
    │   ├── UnknownKind       no such kind of source, method, …
    │   ├── NoSuchTable       none of the tables named exists
    │   ├── NoSuchDataset     not in parquetry.toml, or not in the snapshot
    │   ├── NoSuchSnapshot    no such number, date or tag
    │   ├── BadContract       a contract that does not import or compile
    │   └── MissingExtra      an optional part is not installed
    ├── Denied           21   the database's administrator: password, role, rights
    ├── Integrity        22   whoever looks after the lake: damaged or edited
    ├── Resync           23   the operator: another server, a gap
    ├── Storage          24   the operator: disk full, I/O error, not writable
    ├── Unsafe           25   the operator: a path or permission that could leak
    └── Transient             nobody: run it again
        ├── SourceDown   30
        ├── Busy         31
        ├── RemoteDown   32
        ├── Stalled      33
        └── UnknownCommit 34

Exit codes 30 to 39 may be tried again, since running again is always safe.
Facts are attributes, so that nothing ever parses a message.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class ParquetryError(Exception):
    """
    A failure that parquetry understands.

    Args:
        failed: What failed, one line, without a secret or a whole row in it.
        what: Details, one a line.
        next: What the reader can do about it; a command where there is one.
        facts: The same as data: counts, names, paths.

    Attributes:
        lake: What state the lake is in; the verb that knows the lake fills it in.
    """

    code: ClassVar[str] = "BUG"
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        failed: str,
        *,
        what: str | Iterable[str] = (),
        next: str = "",
        **facts: object,
    ) -> None:
        super().__init__(failed)
        self.failed = failed
        self.what: tuple[str, ...] = (what,) if isinstance(what, str) else tuple(what)
        self.next = next
        self.lake = ""
        self.facts = facts

    def __str__(self) -> str:
        """The message as the terminal shows it."""
        lines = [f"error[{self.code} {self.exit_code}]: {self.failed}"]
        lines += [f"  what:  {line}" if i == 0 else f"         {line}" for i, line in enumerate(self.what)]
        if self.lake:
            lines.append(f"  lake:  {self.lake}")
        if self.next:
            lines.append(f"  next:  {self.next}")
        return "\n".join(lines)


class Usage(ParquetryError):
    """The command line does not make sense."""

    code, exit_code = "USAGE", 2


class InvalidData(ParquetryError):
    """Rows break their contract."""

    code, exit_code = "INVALID_DATA", 10


class SchemaDrift(ParquetryError):
    """The source's columns and the contract disagree."""

    code, exit_code = "SCHEMA_DRIFT", 12


class BadInput(ParquetryError):
    """A file is cut, unreadable or not what it claims to be."""

    code, exit_code = "BAD_INPUT", 13


class Refused(ParquetryError):
    """An analysis that cannot support its claim."""

    code, exit_code = "REFUSED", 14


class Attention(ParquetryError):
    """Something is late or out of bounds."""

    code, exit_code = "ATTENTION", 15


class Config(ParquetryError):
    """The project folder, a setting or a name in it is wrong."""

    code, exit_code = "CONFIG", 20


class UnknownKind(Config):
    """No implementation of that name: ``UnknownKind("source", "postgre", ["postgres"])``."""

    def __init__(self, noun: str, kind: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(
            f"no {noun} of kind '{kind}'{did_you_mean(kind, names)}",
            what=f"known kinds: {', '.join(names)}",
            noun=noun,
            kind=kind,
            known=names,
        )


class NoSuchTable(Config):
    """None of the tables that a dataset names exists."""


class NoSuchDataset(Config):
    """A dataset that is not declared, or not in this snapshot."""


class NoSuchSnapshot(Config):
    """A snapshot number, date or tag that the lake does not have."""


class BadContract(Config):
    """A contract that does not import, is not a Pandera model, or cannot be compiled."""


class MissingExtra(Config):
    """An optional part is not installed: ``MissingExtra("demo", "the embedded PostgreSQL")``."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the extra '{extra}', which is not installed",
            next=f"pip install 'parquetry[{extra}]'",
            extra=extra,
        )


class Denied(ParquetryError):
    """The database refuses the password, the role or the right."""

    code, exit_code = "DENIED", 21


class Integrity(ParquetryError):
    """The lake is not what its manifests say."""

    code, exit_code = "INTEGRITY", 22


class Resync(ParquetryError):
    """The source is not the one, or not at the place, that the lake was read from."""

    code, exit_code = "RESYNC", 23


class Storage(ParquetryError):
    """Disk full, an I/O error, a folder that cannot be written."""

    code, exit_code = "STORAGE", 24


class Unsafe(ParquetryError):
    """A path, a link or a permission that could leak or overwrite."""

    code, exit_code = "UNSAFE", 25


class Transient(ParquetryError):
    """May pass by itself; running again is always safe."""


class SourceDown(Transient):
    """The source does not answer, or went away in the middle."""

    code, exit_code = "SOURCE_DOWN", 30


class Busy(Transient):
    """Another run holds the lake, or another session holds the table."""

    code, exit_code = "BUSY", 31


class RemoteDown(Transient):
    """A tracking server, a bucket or another remote does not answer."""

    code, exit_code = "REMOTE_DOWN", 32


class Stalled(Transient):
    """The source is there but nothing has arrived for too long."""

    code, exit_code = "STALLED", 33


class UnknownCommit(Transient):
    """It is not known whether the commit happened; the next run finds out."""

    code, exit_code = "UNKNOWN_COMMIT", 34


QUARANTINED = 11
"""Exit code of a run that published, with bad rows set aside: a result, not an error."""

INTERRUPTED = 130
TERMINATED = 143


class Terminated(BaseException):
    """SIGTERM arrived, as KeyboardInterrupt says that Ctrl-C was pressed; nobody catches either by chance."""


def stopped_by(error: BaseException) -> BaseException:
    """
    The signal behind *error*, or *error* itself.

    A signal that arrives while DuckDB works comes out of it as ``RuntimeError: Query interrupted``.
    """
    behind = error.__cause__
    return behind if isinstance(behind, KeyboardInterrupt | Terminated) else error


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'postgres'?"``, or nothing where no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
