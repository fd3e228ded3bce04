"""
What every command shares: the global flags, how results and failures leave the process.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import click

from parquetry.errors import INTERRUPTED, TERMINATED, ParquetryError, Terminated

VERSION = 1
"""Of the JSON documents; a key may be added within a version, never changed or removed."""

_FLAGS = {"--json", "--json-schema", "--debug", "--quiet", "-q", "--no-color"}
_LAKE = "lake:"
WITH_VALUE = {"--project", "-C"}


def global_flags_first(arguments: Sequence[str]) -> list[str]:
    """Move the global flags in front of the command, so that they work anywhere in the line."""
    front: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for word in left:
        if word == "--":
            rest += [word, *left]
        elif word in _FLAGS or word.startswith("--project="):
            front.append(word)
        elif word in WITH_VALUE:
            front += [word, *([value] if (value := next(left, None)) is not None else [])]
        else:
            rest.append(word)
    return front + rest


@dataclass(slots=True)
class Door:
    """
    How this process talks.

    Attributes:
        json: One JSON document on stdout instead of text.
        debug: Show tracebacks.
        quiet: No progress, no summary; failures are still told.
        color: False where nobody wants it.
    """

    json: bool = False
    debug: bool = False
    quiet: bool = False
    color: bool = True
    project: str = "."
    command: str = ""

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Door:
        """The flags alone, before anything is parsed: a failure to parse is told in their form."""
        return cls(json="--json" in arguments, debug="--debug" in arguments)

    def result(self, document: object, text: object = None) -> None:
        """Print what a verb gave: as JSON, or else as text, its own unless *text* is given."""
        if self.json:
            self._document(plain(document))
        elif not self.quiet:
            click.echo(str(document if text is None else text))

    def say(self, line: str) -> None:
        """Tell a person something beside the data."""
        if not self.quiet and not self.json:
            click.echo(line, err=True)

    def failed(self, error: ParquetryError) -> int:
        """Tell a failure; gives its exit code."""
        if self.debug:
            traceback.print_exception(error)
        if self.json:
            self._document({"error": plain(error)})
        click.echo(self._colored(str(error)), err=True)
        return error.exit_code

    def misused(self, error: click.ClickException) -> int:
        """Tell that the command line makes no sense, or that there is nothing on it."""
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            click.echo(error.format_message(), err=True)
            return 2
        lines = [f"error[USAGE 2]: {error.format_message()}"]
        context = getattr(error, "ctx", None)
        next = f"{context.command_path if context else 'parquetry'} --help"
        lines.append(f"  next:  {next}")
        if self.json:
            self._failure("USAGE", 2, error.format_message(), next)
        click.echo(self._colored("\n".join(lines)), err=True)
        return 2

    def stopped(self, by: BaseException) -> int:
        """Tell that a signal ended it; the verb that knows the lake left a note of its state on *by*."""
        code, how = (TERMINATED, "terminated") if isinstance(by, Terminated) else (INTERRUPTED, "interrupted")
        notes, next = [*getattr(by, "__notes__", ())], "run it again; that is always safe"
        if not any(n.startswith(_LAKE) for n in notes):
            notes = [*_lake_of(self.project), *notes]
        lines = [f"error[{how.upper()} {code}]: {how} before it was done", *(f"  {n}" for n in notes)]
        lines.append(f"  next:  {next}")
        if self.json:
            lake = "; ".join(n.removeprefix(_LAKE).strip() for n in notes if n.startswith(_LAKE))
            self._failure(how.upper(), code, how, next, lake)
        click.echo(self._colored("\n".join(lines)), err=True)
        return code

    def bug(self, error: Exception, next: str) -> None:
        """Tell a mistake of parquetry's, and where its traceback is."""
        lake = "no half-written snapshot can be visible; parquetry verify"
        if self.json:
            self._failure("BUG", 1, type(error).__name__, next, lake)
        click.echo(f"error[BUG 1]: {type(error).__name__}: this is a mistake in parquetry, not yours", err=True)
        click.echo(f"  lake:  {lake}\n  next:  {next}", err=True)

    def _failure(self, code: str, exit_code: int, failed: str, next: str, lake: str = "") -> None:
        """What is no `ParquetryError` has the same keys."""
        told = {"code": code, "exit_code": exit_code, "failed": failed, "what": []}
        self._document({"error": {**told, "lake": lake, "next": next, "facts": {}}})

    def _document(self, content: Any) -> None:
        body = content if isinstance(content, dict) else {"result": content}
        json.dump({"version": VERSION, "command": self.command, **body}, sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
        sys.stdout.flush()

    def _colored(self, message: str) -> str:
        if not self.color or not colors(sys.stderr):
            return message
        head, _, rest = message.partition(":")
        return click.style(head, fg="red", bold=True) + ":" + rest


def _lake_of(folder: str) -> list[str]:
    """What a project's lake is at, where no verb has said it."""
    try:
        from parquetry import Lake, Project  # late: the front door is slow to open, and most commands end well

        return [f"{_LAKE}  {Lake(Project.open(folder).settings.lake_path).state()}"]
    except (ParquetryError, OSError):
        return []


def colors(stream: IO[str]) -> bool:
    """Whether *stream* is a terminal that wants colour: ``NO_COLOR`` and ``TERM=dumb`` say no."""
    import os

    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def plain(value: Any) -> Any:
    """A verb's result as JSON values: dataclasses by field, paths and times as text."""
    if isinstance(value, ParquetryError):
        facts = {k: plain(v) for k, v in value.facts.items()}
        told = {"code": value.code, "exit_code": value.exit_code, "failed": value.failed, "what": list(value.what)}
        return {**told, "lake": value.lake, "next": value.next, "facts": facts}
    if hasattr(value, "as_json"):
        return value.as_json()
    if is_dataclass(value) and not isinstance(value, type):
        derived = {"exit_code": value.exit_code} if hasattr(value, "exit_code") else {}
        return {**{f.name: plain(getattr(value, f.name)) for f in fields(value)}, **derived}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


def ended_badly(door: Door, error: Exception) -> int:
    """Tell a bug: one line on the terminal, the traceback in the log."""
    log = _log(error, door.project)
    if door.debug:
        traceback.print_exception(error)
    door.bug(error, f"report it with {log}" if log else "run again with --debug and report it")
    return 1


def _log(error: Exception, project: str) -> Path | None:
    """Keep the traceback in the project's private folder; None where there is no such place."""
    start = Path(project).resolve()
    folder = next((p for p in (start, *start.parents) if (p / "parquetry.toml").exists()), None)
    if folder is None:
        return None
    log = folder / ".parquetry" / "bugs.log"
    try:
        log.parent.mkdir(exist_ok=True)
        with log.open("a", encoding="utf-8") as opened:
            opened.write(f"{datetime.now().astimezone().isoformat()}\n{''.join(traceback.format_exception(error))}\n")
    except OSError:
        return None
    return log
