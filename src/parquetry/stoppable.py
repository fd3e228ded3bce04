"""
DuckDB at work, and a signal heard all the same.

While its other threads work, DuckDB's own wait does not hear Ctrl-C before the statement is done. So
the work goes to a thread, and the caller's thread, which is where Python hears signals, only waits.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")
_LISTEN_SECONDS = 0.2  # a wait without end would not hear a signal either


def stoppable(work: Callable[[], T], interrupt: Callable[[], None]) -> T:
    """What *work* gives; whatever is raised here meanwhile ends it by way of *interrupt*, and it has ended then."""
    result: Future[T] = Future()

    def run() -> None:
        if not result.set_running_or_notify_cancel():
            return
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001  (raised again in the caller's thread)
            result.set_exception(error)

    try:
        Thread(target=run, name="parquetry-work", daemon=True).start()  # a signal may arrive even in here
        while not result.done():
            wait([result], _LISTEN_SECONDS)
    except BaseException:
        while not result.cancel() and not result.done():  # cancelled is what has not begun
            with suppress(BaseException):  # somebody presses Ctrl-C twice
                interrupt()
                wait([result], _LISTEN_SECONDS)
        raise
    return result.result()


class Stoppable:
    """A DuckDB connection whose ``execute`` a signal stops at once; all else is the connection's own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def execute(self, *arguments: Any) -> duckdb.DuckDBPyConnection:
        """As the connection's."""
        return stoppable(lambda: self._connection.execute(*arguments), self._connection.interrupt)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
