"""
The real command, with something that happens inside it at a moment no signal from outside can hit.

``python -m tests.faults.inside MODULE:FUNCTION WHAT export`` does WHAT when FUNCTION is first called:
``work`` (its DuckDB connection computes for minutes), ``sleep`` (Python waits for minutes), ``INT``,
``TERM``, ``KILL``.
It says so on stderr first.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from typing import Any

from parquetry.cli import main


def happens(what: str, connection: Any) -> None:
    sys.stderr.write("inside\n")
    sys.stderr.flush()
    if what == "work":
        connection.execute("SELECT sum(hash(range)::DOUBLE) FROM range(1000000000000)")
    elif what == "sleep":
        time.sleep(600)
    else:
        os.kill(os.getpid(), signal.Signals[f"SIG{what}"])


def arrange(place: str, what: str) -> None:
    """Wrap the function at *place*, such as ``parquetry.lake.views:repair``."""
    module, _, name = place.partition(":")
    owner = importlib.import_module(module)
    real = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        setattr(owner, name, real)
        happens(what, args[0] if args else None)
        return real(*args, **kwargs)

    setattr(owner, name, wrapped)


if __name__ == "__main__":
    arrange(sys.argv[1], sys.argv[2])
    main(sys.argv[3:])
