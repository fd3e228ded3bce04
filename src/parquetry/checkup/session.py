"""
What a session at a PostgreSQL server is really like: whether something stands between, and what server answers.

A pooler may hand a session's statements to several sessions of the server, or drop the settings that
values are read under; a standby may cancel what takes long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parquetry.checkup import Finding, doubtful, failed, fine
from parquetry.errors import Config
from parquetry.sources import _link
from parquetry.sources._prisma import DIRECT

_STANDBY = """
select pg_catalog.pg_is_in_recovery(), current_setting('max_standby_streaming_delay'),
       current_setting('hot_standby_feedback')
"""


def session(server: Any, about: str, *, pooled: bool) -> Iterator[Finding]:
    """
    Args:
        pooled: The URL says that it leads to a pooler.
    """
    ((process,),) = server.execute("select pg_catalog.pg_backend_pid()").fetchall()
    if process != server.info.backend_pid:
        yield doubtful(about, "a pooler stands between, which may give a run's statements to several sessions", DIRECT)
    elif pooled:
        yield doubtful(about, "its URL says pgbouncer=true, and a run needs sessions of its own", DIRECT)
    else:
        yield fine(about, "no pooler stands between")
    yield _settings(server, about)
    yield from _standby(server, about)


def _settings(server: Any, about: str) -> Finding:
    """The settings that change text and time: asked for at the start of every session, and dropped by some poolers."""
    try:
        _link.require_pinned(server)
    except Config as error:
        return failed(about, error)
    return fine(about, "its sessions have the settings that values are read under")


def _standby(server: Any, about: str) -> Iterator[Finding]:
    ((standby, delay, feedback),) = server.execute(_STANDBY).fetchall()
    if not standby:
        return
    if feedback == "on" or delay == "-1":
        yield fine(about, "a standby that does not cancel reads; it cannot prove that nothing changed", standby=True)
        return
    says = f"a standby that cancels a read which holds its replay up for {delay}"
    way = "on the standby: alter system set hot_standby_feedback = on; select pg_reload_conf()"
    yield doubtful(about, says, way, standby=True, max_standby_streaming_delay=delay)
