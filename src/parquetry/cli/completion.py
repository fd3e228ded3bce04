"""
Completion by Tab in bash, zsh and fish: the script that a shell reads once, and the answers it asks for then.

The scripts for zsh and fish are click's. bash has one of ours: it takes ``tag:paper`` and ``--at=1`` for several
words, and expands what it is given. A question is answered or not answered; it never fails into a prompt.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
from collections.abc import Mapping
from typing import ClassVar

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete

from parquetry.cli.door import WITH_VALUE, Door, global_flags_first

ASKED = "_PARQUETRY_COMPLETE"
"""The environment variable by which a script asks: ``bash_complete``."""

_PROGRAM = "parquetry"
_ENDS_HERE = "\x00"  # stands where the cursor is; no command line can hold it
_SAFE = re.compile(r"[^\w@%+=:,./-]")  # what else would mean something to bash

_BASH = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:$COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "${1/#\\~\\//$HOME/}" 2>/dev/null </dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""


class _Words(ShellComplete):
    """click's completion, with global options anywhere and ``--option=value`` as one word."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        if args and args[-1] in WITH_VALUE:
            return [CompletionItem(incomplete, type="dir")]
        items = super().get_completions(global_flags_first(args), incomplete)
        if incomplete.startswith("-"):
            option, equals, _ = incomplete.partition("=")
            if equals:
                return [_renamed(item, f"{option}={item.value}") for item in items if item.type == "plain"]
            items += self._global_options(incomplete, {item.value for item in items})
        return items

    def _global_options(self, incomplete: str, there: set[str]) -> list[CompletionItem[str]]:
        return [
            CompletionItem(name, help=option.help)
            for option in self.cli.params
            if isinstance(option, click.Option)
            for name in option.opts
            if name.startswith(incomplete) and name.startswith("--") and name not in there
        ]


def _renamed(item: CompletionItem[str], value: str) -> CompletionItem[str]:
    return CompletionItem(value, type=item.type, help=item.help)


class _Bash(_Words, BashComplete):
    """The line up to the cursor, split as bash would run it; the answer, as bash's own words go on."""

    source_template: ClassVar[str] = _BASH

    def source(self) -> str:
        return ShellComplete.source(self)  # without click's look at the version: older ones do as well

    def get_completion_args(self) -> tuple[list[str], str]:
        words = _split(os.environ["COMP_LINE"] + _ENDS_HERE)
        return words[1:-1], words[-1].removesuffix(_ENDS_HERE)

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        quoted = _quote_left_open(os.environ["COMP_LINE"])
        known = _known_to_bash(incomplete) if not quoted else 0
        return [
            _renamed(item, item.value[known:] if quoted else _SAFE.sub(r"\\\g<0>", item.value[known:]))
            if item.type == "plain"
            else item
            for item in super().get_completions(args, incomplete)
        ]


class _Zsh(_Words, ZshComplete):
    """As click has it."""


class _Fish(_Words, FishComplete):
    """click's script cuts at a comma."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        items = super().get_completions(args, incomplete)
        return [item for item in items if "," not in item.value]


SHELLS: Mapping[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


def _split(line: str) -> list[str]:
    """The words of *line*; an open quote goes to its end."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:
        words.append(lexer.token)
    return words


def _quote_left_open(line: str) -> bool:
    try:
        _ = shlex.split(line.rstrip("\\"))
    except ValueError:
        return True
    return False


def _known_to_bash(incomplete: str) -> int:
    """How much of the word bash has put behind it: it breaks words at some signs, and completes the last piece."""
    breaks = set(os.environ.get("COMP_WORDBREAKS", "")) & set(":=")
    return max((incomplete.rfind(sign) + 1 for sign in breaks), default=0)


def answer(commands: click.Group, question: str) -> int:
    """
    Print what a shell's script asks for; gives the exit code.

    Args:
        question: The value of `ASKED`: ``bash_complete``.
    """
    shell = SHELLS.get(question.removesuffix("_complete"))
    if shell is None:
        return 1
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123 - a device
        try:
            found = shell(commands, {"obj": Door()}, _PROGRAM, ASKED).complete()
        except Exception:  # noqa: BLE001 - a prompt is no place for an error, and the command itself will tell it
            return 1
    click.echo(found)
    return 0


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.make_pass_decorator(Door)
def completion(door: Door, shell: str) -> None:
    """
    Print the script that makes a shell complete commands, options and names.

    Names are the project's: datasets, snapshots, tags, queries, columns. The first line below belongs into
    ~/.bashrc, or with zsh into ~/.zshrc; what the second prints, into ~/.config/fish/completions/parquetry.fish.

    \b
    Examples:
      eval "$(parquetry completion bash)"
      parquetry completion fish
    """
    script = SHELLS[shell](click.get_current_context().find_root().command, {}, _PROGRAM, ASKED).source()
    door.result({"shell": shell, "script": script}, script.rstrip("\n"))
