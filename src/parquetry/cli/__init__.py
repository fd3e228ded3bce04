"""
The shell's door: parse, call a verb, print text or JSON, end with the right exit code.

Data go to stdout, everything else to stderr. Nothing heavy is imported before a command runs, and
nothing at all before Ctrl-C ends the process as it ends a command.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import NoReturn

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit. The console script."""
    # Python's own handler raises, wherever an import happens to be, and some of them catch what is raised there.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    from parquetry.cli.shell import run  # late: an interrupt while the commands are imported is told, too

    run(arguments, _heard)


def _heard() -> None:
    """From here on who runs a command tells of an interrupt; one that the caller ignores stays ignored."""
    if signal.getsignal(signal.SIGINT) is _interrupt:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(number: int, frame: object) -> NoReturn:
    # Nothing has been begun, so there is nothing to end in good order.
    os.write(2, b"error[INTERRUPTED 130]: interrupted before it began\n")
    os._exit(_INTERRUPTED)
