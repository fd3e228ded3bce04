"""
Where parquetry says what happened: events of the logger ``parquetry``, silent until a door listens.

An event is a dotted noun and a past verb with pairs that carry units:
``log.info("lake.committed", snapshot=42, rows=18_201, seconds=1.8)``.
"""

from __future__ import annotations

import logging
from typing import Any

_logger = logging.getLogger("parquetry")
_logger.addHandler(logging.NullHandler())

FACTS = "facts"
"""The attribute of a log record that holds an event's pairs."""


def info(event: str, **facts: Any) -> None:
    """Something happened as it should."""
    _logger.info(event, extra={FACTS: facts})


def warning(event: str, **facts: Any) -> None:
    """Something happened that somebody should know."""
    _logger.warning(event, extra={FACTS: facts})


def error(event: str, **facts: Any) -> None:
    """A run failed; with the traceback of the error that is being handled."""
    _logger.error(event, extra={FACTS: facts}, exc_info=True)
