"""
One command from its words to its exit code; what stops it is told as one error, never as a traceback.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

import click

from parquetry.cli import completion
from parquetry.cli.commands import commands
from parquetry.cli.door import Door, ended_badly, global_flags_first
from parquetry.errors import ParquetryError, Storage, Terminated, stopped_by

_STDOUT = {errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF}
"""What writing to stdout fails with; files of ours are named in their errors."""


def run(arguments: Sequence[str] | None, heard: Callable[[], None]) -> NoReturn:
    """
    Run one command and exit.

    Args:
        heard: Called when an interrupt is told from here on.
    """
    if sys.stdout is None:  # closed by the caller
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - for as long as the process lives
    try:
        code = (
            completion.answer(commands, question)
            if (question := os.environ.get(completion.ASKED))
            else _run(arguments, heard)
        )
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        click.echo(f"error[STORAGE 24]: the output cannot be written: {error.strerror}", err=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = Storage.exit_code
    sys.exit(code)


def _run(arguments: Sequence[str] | None, heard: Callable[[], None]) -> int:
    given = global_flags_first(list(sys.argv[1:] if arguments is None else arguments))
    door = Door.of(given)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        heard()
        # Not commands.main(): it turns a reader that went away into exit code 1.
        with commands.make_context("parquetry", given, obj=door) as context:
            commands.invoke(context)
        return 0
    except click.exceptions.Exit as done:  # --help, --version
        return done.exit_code
    except ParquetryError as error:
        code = door.failed(error)
    except click.ClickException as error:
        code = door.misused(error)
    except (KeyboardInterrupt, click.Abort, Terminated) as error:
        code = door.stopped(stopped_by(error))
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and error.errno in _STDOUT:
            raise
        behind = stopped_by(error)
        code = ended_badly(door, error) if behind is error else door.stopped(behind)
    return code


def _terminate(number: int, frame: object) -> NoReturn:
    raise Terminated
