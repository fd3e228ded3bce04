"""
What a Prisma ``DATABASE_URL`` means to libpq.

Prisma writes keys into the URL that libpq refuses (``?schema=``), and some that mean
something else there (``sslcert``). This module reads text; it opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from parquetry.errors import Config

# https://www.prisma.io/docs/orm/overview/databases/postgresql#arguments
ONLY_PRISMA = frozenset(
    {
        "connection_limit", "max_connection_lifetime", "max_idle_connection_lifetime", "pgbouncer", "pool_timeout",
        "single_use_connections", "socket_timeout", "sslaccept", "statement_cache_size",
    }
)  # fmt: skip
DIRECT = "set DIRECT_URL to the database's own address, postgresql://user:password@host:5432/database"


@dataclass(frozen=True, slots=True)
class Understood:
    """
    A URL as libpq takes it.

    Attributes:
        url: Without Prisma's own keys; holds the password, so it is never printed.
        schema: What ``?schema=`` said, for the search path.
        dropped: Names of the keys left out, sorted.
    """

    url: str
    schema: str | None = None
    dropped: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Understood(url=***, schema={self.schema!r}, dropped={self.dropped!r})"


def understood(url: str) -> Understood:
    """
    Translate *url*; a libpq conninfo (``host=… dbname=…``) or an ordinary URL comes back as it is.

    Raises:
        Config: It leads to Prisma's own service, to another database system, or names a
            client certificate in a form that libpq cannot read. The URL is in no message.
    """
    scheme, found, rest = url.strip().partition("://")
    if not found:
        return Understood(url)
    if scheme.startswith("prisma"):
        raise Config(
            f"a {scheme}:// URL leads to Prisma's own service, not to a PostgreSQL server",
            what="its rows cannot be read under one snapshot, nor in bulk",
            next=f"{DIRECT}; 'npx prisma dev' and the Prisma console show it",
        )
    if scheme not in ("postgres", "postgresql"):
        raise Config(f"a {scheme[:20]}:// URL is not one of PostgreSQL", next=DIRECT)
    address, pairs = _split(rest)
    given = dict(pairs)
    if "sslidentity" in given:
        raise Config(
            "sslidentity names a client certificate as PKCS#12, which only Prisma can read",
            next="give it as PEM: openssl pkcs12 -in FILE -nodes, then sslcert=… and sslkey=… in the URL",
        )
    kept = [(key, value) for key, value in pairs if key not in ONLY_PRISMA and key != "schema"]
    dropped = sorted({key for key in given if key in ONLY_PRISMA})
    query = "&".join(f"{quote(key)}={quote(value, safe='')}" for key, value in _verified(kept, given))
    return Understood(
        f"{scheme}://{address}" + (f"?{query}" if query else ""), given.get("schema") or None, tuple(dropped)
    )


def _split(rest: str) -> tuple[str, list[tuple[str, str]]]:
    """Address and parameters. As in libpq, a ``?`` before the ``@`` belongs to the password."""
    slash = rest.find("/")
    at = rest.find("@", 0, slash if slash >= 0 else len(rest))
    start = rest.find("?", at + 1)
    if start < 0:
        return rest, []
    # libpq does not read '+' as a space; nor may a value change here.
    return rest[:start], parse_qsl(rest[start + 1 :].replace("+", "%2B"), keep_blank_values=True)


def _verified(kept: list[tuple[str, str]], given: dict[str, str]) -> list[tuple[str, str]]:
    """Prisma's ``sslcert`` is the server's certificate; ``sslaccept=strict`` means that it is verified."""
    if "sslcert" in given and "sslkey" not in given:
        kept = [("sslrootcert" if key == "sslcert" else key, value) for key, value in kept]
    if given.get("sslaccept") == "strict":
        kept = [(key, value) for key, value in kept if key != "sslmode"] + [("sslmode", "verify-full")]
        if not any(key == "sslrootcert" for key, _ in kept):
            kept.append(("sslrootcert", "system"))
    return kept
