"""parquetry's events on stderr: for people on a terminal, ``key=value`` elsewhere."""

from __future__ import annotations

import logging
import sys

from parquetry.log import FACTS


class _Line(logging.Formatter):
    """``2026-11-21T08:41:43Z info export.read dataset=query_perf rows=1234``."""

    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, FACTS, {})
        pairs = " ".join(f"{key}={_quoted(value)}" for key, value in facts.items())
        moment = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        line = f"{moment}Z {record.levelname.lower()} {record.getMessage()} {pairs}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def listen(level: str, *, debug: bool) -> None:
    """
    Send events to stderr from *level* on; on a terminal only warnings, since the summary says
    the rest, unless *debug*.
    """
    import time

    import stamina.instrumentation

    # Where structlog is installed, stamina's own hook prints to stdout, which is for data; the verb logs each retry.
    stamina.instrumentation.set_on_retry_hooks(())
    handler = logging.StreamHandler(sys.stderr)
    formatter = _Line()
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("parquetry")
    logger.handlers = [handler]
    logger.propagate = False
    wanted = logging.DEBUG if debug else logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logger.setLevel(max(wanted, logging.WARNING) if sys.stderr.isatty() and not debug else wanted)


def _quoted(value: object) -> str:
    text = str(value)
    if text and not any(c.isspace() or c in '"=' for c in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
