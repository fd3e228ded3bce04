"""
How a PostgreSQL server is reached: address, session settings, and the password kept apart.

A failed ``ATTACH`` prints its whole conninfo, so no conninfo made here holds a password. psycopg
gets it by keyword, DuckDB's libpq through a passfile that lives in memory where the system can.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from parquetry.errors import Config
from parquetry.sources import _prisma

PINNED: Mapping[str, str] = {
    # What changes text or time. A role's own settings (ALTER ROLE … SET) lose against these.
    "TimeZone": "UTC", "DateStyle": "ISO,MDY", "IntervalStyle": "postgres", "extra_float_digits": "3",
    "bytea_output": "hex", "xmlbinary": "base64", "client_encoding": "UTF8", "quote_all_identifiers": "off",
    # What changes the meaning of a statement.
    "standard_conforming_strings": "on", "transform_null_equals": "off", "default_transaction_read_only": "on",
    # A scan that joins another one in the middle gives its rows in another order every time.
    "synchronize_seqscans": "off",
}  # fmt: skip

_SETTINGS = "select name, setting from pg_catalog.pg_settings where name = any(%s)"

_SECRET = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")


@dataclass(frozen=True, slots=True)
class Link:
    """
    One server, one database, one role.

    Attributes:
        parameters: libpq's, without a secret in them.
        secrets: By libpq's name, ``password`` first of all; never shown.
        schema: What Prisma's ``?schema=`` asked for, or None.
    """

    parameters: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    schema: str | None = None

    @property
    def where(self) -> str:
        """``role@host:port/database`` for a message; parts left to the environment are left out."""
        p = self.parameters
        host = p.get("host") or p.get("hostaddr") or os.environ.get("PGHOST", "")
        port = p.get("port") or os.environ.get("PGPORT", "")
        user, name = p.get("user") or os.environ.get("PGUSER", ""), p.get("dbname") or os.environ.get("PGDATABASE", "")
        return (
            f"{user}@" * bool(user) + (host or "the local server") + f":{port}" * bool(port) + f"/{name}" * bool(name)
        )

    def connect(self, *, autocommit: bool = False, **parameters: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A control connection; *parameters* go over the link's own. Raises psycopg.Error."""
        # libpq would take a password from PGPASSWORD only where none is given, so an explicit one wins.
        return psycopg.connect(autocommit=autocommit, **{**self.parameters, **self.secrets, **parameters})

    def without_secrets(self, text: str) -> str:
        """*text* with every secret blotted out, should a foreign message ever hold one."""
        for secret in self.secrets.values():
            text = text.replace(secret, "***") if secret else text
        return text


def link(url: str | None, *, application: str, connect_seconds: int, settings: Mapping[str, str]) -> Link:
    """
    Read *url*, Prisma's or libpq's; None or empty means libpq's own environment (``PGHOST`` …).

    Args:
        settings: Session settings for every connection, beside `PINNED`.

    Raises:
        Config: It is not a URL of PostgreSQL. The URL is in no message.
    """
    said = _prisma.understood(url or "")
    _require_clear(said.url)
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(said.url).items() if value is not None}
    except psycopg.Error:
        # libpq's message repeats a part of the URL, which may be the password.
        raise _unreadable() from None
    secrets = {key: given.pop(key) for key in _SECRET if key in given}
    if any(c in secrets.get("password", "") for c in "\n\r\0"):
        raise Config("the database password holds a line break, which libpq's passfile cannot express")
    path = '"' + (said.schema or "public").replace('"', '""') + '"'
    given["options"] = " ".join(
        [
            _option("search_path", path),
            given.get("options", ""),
            *(_option(k, v) for k, v in {**PINNED, **settings}.items()),
        ]
    )
    given |= {"application_name": application, "client_encoding": "UTF8"}
    given.setdefault("connect_timeout", str(connect_seconds))
    return Link(given, secrets, said.schema)


def require_pinned(server: psycopg.Connection[Any]) -> None:
    """
    Refuse a session without the settings that values are read under.

    Raises:
        Config: Something between here and the server has dropped them.
    """
    there = dict(server.execute(_SETTINGS, [list(PINNED)]).fetchall())
    lost = [
        f"{name} is {there[name]}, not {value}"
        for name, value in PINNED.items()
        if name in there and _plain(there[name]) != _plain(value)
    ]
    if lost:
        raise Config(
            "the settings of a session do not arrive, and values would be read otherwise",
            what=", ".join(lost),
            next=f"a pooler drops them; {_prisma.DIRECT}",
        )


def _plain(value: str) -> str:
    return value.replace(" ", "").lower()


def _require_clear(url: str) -> None:
    """A raw ``@`` or ``/`` in a password makes libpq take a part of it for the host, and messages name the host."""
    _, found, rest = url.partition("://")
    address = rest.partition("?")[0]
    if found and (address.count("@") > 1 or "@" in address.partition("/")[2]):
        raise _unreadable()


def _unreadable() -> Config:
    return Config(
        "the database URL cannot be read",
        what="special characters in a user name or password must be percent-encoded: @ is %40, / is %2F, % is %25",
        next="postgresql://user:password@host:5432/database",
    )


def _option(name: str, value: str) -> str:
    """``-c name=value`` as libpq's ``options`` splits it: a backslash guards blanks and itself."""
    return f"-c {name}=" + value.replace("\\", "\\\\").replace(" ", "\\ ")


@contextmanager
def without_variables() -> Iterator[None]:
    """While it is open, libpq sends no setting of the environment's, which would come after our options and win."""
    hidden = {name: os.environ.pop(name) for name in ("PGTZ", "PGDATESTYLE", "PGGEQO") if name in os.environ}
    try:
        yield
    finally:
        for name, value in hidden.items():
            os.environ.setdefault(name, value)


class Passfile:
    """
    The conninfo of one more connection to where *server* is connected, with its passfile behind it.

    Open while DuckDB may still open connections: it opens them when it needs them.
    """

    def __init__(self, link: Link, server: psycopg.Connection[Any]) -> None:
        self._password = link.secrets.get("password")
        self._fd, self._path = -1, ""
        self._hidden: str | None = None
        # Under several hosts, or a name with several addresses, a snapshot lives on one server only.
        at = {"host": server.info.host, "hostaddr": server.info.hostaddr, "port": str(server.info.port)}
        self._parameters = {**link.parameters, **{key: value for key, value in at.items() if value}}
        self._parameters |= {key: value for key, value in link.secrets.items() if key != "password"}

    def __enter__(self) -> Self:
        if self._password is None:
            return self
        line = "*:*:*:*:" + self._password.replace("\\", "\\\\").replace(":", "\\:") + "\n"
        if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
            self._fd, self._path = (fd := os.memfd_create("passfile")), f"/proc/self/fd/{fd}"
        else:
            self._fd, self._path = tempfile.mkstemp(prefix="parquetry-")
        os.fchmod(self._fd, 0o600)
        os.write(self._fd, line.encode())
        if os.environ.get("PGPASSWORD", self._password) != self._password:
            # libpq prefers PGPASSWORD to a passfile, and the URL's own password is meant.
            self._hidden = os.environ.pop("PGPASSWORD")
        return self

    @property
    def conninfo(self) -> str:
        """For ``ATTACH``; holds no password."""
        return make_conninfo("", **self._parameters, **({"passfile": self._path} if self._path else {}))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            if not self._path.startswith("/proc/"):
                Path(self._path).unlink(missing_ok=True)
            self._fd = -1
        if self._hidden is not None:
            os.environ.setdefault("PGPASSWORD", self._hidden)
            self._hidden = None
