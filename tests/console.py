"""The console script called in this process, which is faster than starting one; what it sets up is put back."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import stamina.instrumentation

from parquetry import cli


@contextmanager
def console() -> Iterator[Callable[..., int]]:
    """Gives a function from the words of a command line to the exit code."""
    logger, handler = logging.getLogger("parquetry"), signal.getsignal(signal.SIGTERM)
    handlers, propagate, level = logger.handlers, logger.propagate, logger.level
    try:
        yield _run
    finally:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
        stamina.instrumentation.set_on_retry_hooks(None)
        signal.signal(signal.SIGTERM, handler)


def _run(*words: str) -> int:
    try:
        cli.main(words)
    except SystemExit as ended:
        return int(ended.code or 0)
