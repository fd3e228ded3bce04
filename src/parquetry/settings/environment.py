"""
What the environment gives: values by name, the real one before ``.env``; libpq's own variables.

It is handed in by whoever read it, once; nothing here looks into ``os.environ``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from parquetry.errors import Config
from parquetry.settings.dotenv import Dotenv

LIBPQ_PLACES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
"""Of libpq's own variables, those that say which database is meant."""

LIBPQ = (
    *LIBPQ_PLACES, "PGPORT", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICEFILE", "PGOPTIONS", "PGSSLMODE",
    "PGSSLNEGOTIATION", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLSNI",
    "PGREQUIRESSL", "PGREQUIREAUTH", "PGREQUIREPEER", "PGCHANNELBINDING", "PGGSSENCMODE", "PGKRBSRVNAME", "PGGSSLIB",
    "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGCLIENTENCODING",
)  # fmt: skip


class Unreadable(Config):
    """A line of ``.env`` that is needed and cannot be read."""


def given(names: tuple[str, ...], environment: Mapping[str, str], dotenv: Dotenv) -> Iterator[tuple[str, str]]:
    """
    Each value that the environment, then ``.env``, give under *names*, with its origin; best first.

    Raises:
        Unreadable: It is the turn of a line of ``.env`` that cannot be read.
    """
    for name in names:
        if environment.get(name):
            yield environment[name], f"environment {name}"
    for name in names:
        if name in environment:  # even an empty one: .env never overrides the real environment
            continue
        if name in dotenv.problems:
            raise Unreadable(f".env {dotenv.problems[name]}", next=f"correct .env, or set {name} in the environment")
        if dotenv.values.get(name):
            yield dotenv.values[name], f".env {name}"


def libpq(environment: Mapping[str, str]) -> dict[str, str]:
    """
    libpq's own variables that are set, the password masked.

    libpq reads them itself, and only from the real environment, for whatever a URL leaves open.
    """
    return {n: "***" if n == "PGPASSWORD" else environment[n] for n in LIBPQ if environment.get(n)}
