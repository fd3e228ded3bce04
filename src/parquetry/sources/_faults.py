"""
What went wrong at the server, as somebody who must act.

psycopg says it with an SQLSTATE; libpq, before it is connected, and DuckDB's extension only with
text. Nothing else of parquetry reads a foreign message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import psycopg

from parquetry.errors import BadInput, Busy, Config, Denied, ParquetryError, SchemaDrift, SourceDown, Storage
from parquetry.sources._link import Link

Kind = type[ParquetryError]

BRANCHES: dict[str, Kind] = {
    # An SQLSTATE, or its first two characters for the rest of its class. https://www.postgresql.org/docs/current/errcodes-appendix.html
    "08": SourceDown, "08P01": Config,  # a pooler that does not know a start-up parameter
    "0A": Config, "22": BadInput, "25": SourceDown,
    "28": Denied, "3D": Config, "3F": Config, "40": SourceDown,
    "42": ParquetryError, "42501": Denied, "42P01": SchemaDrift, "42703": SchemaDrift, "42704": SchemaDrift,
    "53": SourceDown, "53300": Busy,
    "55": Busy, "55P03": Busy, "55000": Config,  # a materialized view that was never filled
    "57": SourceDown, "58": SourceDown, "XX": SourceDown, "XX001": BadInput, "XX002": BadInput,
    # Nothing that only reads can cause these: a bug of ours.
    **dict.fromkeys(
        ("02", "03", "09", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "23", "24", "26", "27", "2B", "2D", "2F",
         "34", "38", "39", "3B", "44", "72", "P0"),
        ParquetryError,
    ),
    "F0": Config,  # the server's own configuration file
    "HV": SourceDown,  # a foreign table whose server does not answer
    "54": BadInput,  # a statement too complex, a value too long to be sent
}  # fmt: skip

_SAID: list[tuple[str, Kind]] = [
    (r"password authentication failed|no password supplied|no pg_hba\.conf entry|authentication failed", Denied),
    (r"permission denied|is not permitted to log in|must be (?:owner|superuser)|row-level security", Denied),
    (r'role ".*" does not exist', Denied),
    (r'database ".*" does not exist|schema ".*" does not exist', Config),
    (r"unsupported startup parameter|invalid connection option", Config),
    (r'server does not support SSL|certificate|invalid \w+ value: "', Config),
    (r'relation ".*" does not exist|column .* does not exist', SchemaDrift),
    (r"too many (?:clients|connections)|connection slots are reserved|lock timeout|could not obtain lock", Busy),
    (r"No space left|Disk full|Could not (?:write|create|open) file|Failed to (?:write|create|rename)", Storage),
]  # fmt: skip
_LOST = "|".join([
    r"server closed the connection|terminating connection|connection has been closed|connection not open|no connection",
    r"could not (?:receive|send|connect|translate)|Unable to connect|Connection (?:refused|reset|timed out)|timeout",
    r"starting up|shutting down|in recovery|recovery conflict|conflict with recovery|crash|no COPY in progress",
    r"Broken pipe|Bad file descriptor|not connected|lost synchronization|requested snapshot|invalid snapshot",
])  # fmt: skip

_WAYS: dict[str, str] = {
    "Denied": "check role and password; to read it needs CONNECT, USAGE on the schema and SELECT on the table",
    "SourceDown": "run it again when the server answers",
    "Busy": "run it again later; nothing was changed",
    "Storage": "free some space (parquetry gc --dry-run) or check the rights of the lake, then run again",
    "SchemaDrift": "the table changed while it was read; run it again, and adapt the contract if it fails again",
}


def translated(error: Exception, link: Link) -> ParquetryError:
    """*error* of psycopg, libpq or DuckDB as ours: the server named, every secret blotted out."""
    if isinstance(error, ParquetryError):
        return error
    text = link.without_secrets(_one_line(str(error)))
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    kind = branch(error) if state else _by_words(error, text)
    failed, next = f"{link.where}: {_failed(kind)}", _WAYS.get(kind.__name__, "")
    if state == "55000":
        failed, next = f"{link.where}: what is to be read is not ready", "REFRESH MATERIALIZED VIEW, then run it again"
    elif state == "57014" or "statement timeout" in text:
        next = "a statement took longer than statement_timeout_seconds; raise it, or read a smaller window"
    elif state == "55P03" or "lock timeout" in text:
        next = "another session locks the table (a migration?); run it again later, or raise lock_timeout_seconds"
    elif state == "08P01" or "startup parameter" in text:
        next = "a pooler (PgBouncer) stands between; set DIRECT_URL to the database's own address"
    elif "row-level security" in text:
        next = "its policies would hide rows; use a role that has BYPASSRLS"
    elif kind is Config and isinstance(error, duckdb.OutOfMemoryException):
        failed, next = f"{link.where}: the rows do not fit into memory_limit", "raise memory_limit in parquetry.toml"
    elif kind is Config:
        next = _to_correct(text)
    return kind(failed, what=[text], next=next, sqlstate=state, server=link.where)


def _to_correct(text: str) -> str:
    """What to change in the settings of a connection."""
    if "does not support SSL" in text:
        return "take sslmode out of the URL, or turn SSL on at the server"
    if found := re.search(r"invalid (\w+) value: ", text):
        return f"correct {found[1]} in the URL"
    if "certificate" in text:
        return "name the certificate that signs the server's with sslrootcert in the URL, or take another sslmode"
    return "correct the database's name in the URL" if "does not exist" in text else ""


def branch(error: Exception) -> Kind:
    """The branch of a psycopg error by its SQLSTATE, most exact first. KeyError: there is none."""
    state = getattr(error, "sqlstate", None)
    if state:
        return BRANCHES[state] if state in BRANCHES else BRANCHES[state[:2]]
    lost = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    return SourceDown if lost else ParquetryError


@contextmanager
def translating(link: Link) -> Iterator[None]:
    """Errors of psycopg and DuckDB leave this block as ours, without their own text behind them."""
    try:
        yield
    except (psycopg.Error, duckdb.Error) as error:
        # Not 'from error': a log that prints the chain would print a conninfo.
        raise translated(error, link) from None


def _by_words(error: Exception, text: str) -> Kind:
    for pattern, kind in _SAID:
        if re.search(pattern, text, re.IGNORECASE):
            return kind
    if isinstance(error, psycopg.Error):
        return branch(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return Storage if "directory" in text else Config
    return SourceDown if re.search(_LOST, text, re.IGNORECASE) else ParquetryError


def _failed(kind: Kind) -> str:
    return {
        "Denied": "the database refuses",
        "Config": "the connection's settings do not fit the server",
        "SourceDown": "the database does not answer, or went away",
        "Busy": "the database is busy",
        "SchemaDrift": "the table is no longer what it was",
        "BadInput": "the database cannot read its own rows",
        "Storage": "the rows could not be written",
    }.get(kind.__name__, "an error that parquetry does not know")


def _one_line(text: str) -> str:
    """Its first lines as one, without conninfo and statement."""
    text = re.sub(
        r'(?:Unable to connect to Postgres at|Failed to \w+ (?:query|COPY)) ".*": ', "", text, flags=re.DOTALL
    )
    return " ".join(text.split("\n\nLINE", 1)[0].split())[:500]
