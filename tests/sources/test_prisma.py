"""A Prisma URL reaches the same database that Prisma reaches."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from parquetry.errors import Config
from parquetry.sources._prisma import ONLY_PRISMA, understood


def test_schema_becomes_the_search_path_and_prismas_own_keys_are_dropped() -> None:
    url = "postgresql://u:p%40ss@h:5433/db?schema=app&connection_limit=5&pool_timeout=2&pgbouncer=true&sslmode=require&connect_timeout=7"
    said = understood(url)
    assert "app" == said.schema
    assert ("connection_limit", "pgbouncer", "pool_timeout") == said.dropped
    assert {
        "user": "u", "password": "p@ss", "host": "h", "port": "5433", "dbname": "db", "sslmode": "require",
        "connect_timeout": "7",
    } == conninfo_to_dict(said.url)  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:a+b%2Bc@h/db?application_name=a+b", "postgres://h/db?options=-c%20search_path%3Dx",
     "host=h dbname=db",
     "postgresql://u@/db?host=/var/run", "postgresql://h1:1,h2:2/db?target_session_attrs=any",
     "postgresql://u:w?x@h/db", ""],
)  # fmt: skip
def test_an_ordinary_url_means_what_it_meant(url: str) -> None:
    assert conninfo_to_dict(url) == conninfo_to_dict(understood(url).url)
    assert understood(url).schema is None


def test_every_key_that_only_prisma_knows_is_dropped() -> None:
    url = "postgresql://h/db?" + "&".join(f"{key}=1" for key in sorted(ONLY_PRISMA))
    assert {"host": "h", "dbname": "db"} == conninfo_to_dict(understood(url).url)


def test_strict_certificates_stay_strict() -> None:
    said = conninfo_to_dict(understood("postgresql://h/db?sslmode=require&sslaccept=strict").url)
    assert ("verify-full", "system") == (said["sslmode"], said["sslrootcert"])
    said = conninfo_to_dict(understood("postgresql://h/db?sslaccept=strict&sslcert=./ca.pem").url)
    assert ("verify-full", "./ca.pem") == (said["sslmode"], said["sslrootcert"])


@pytest.mark.parametrize(
    "url", ["prisma+postgres://localhost:51213/?api_key=abc", "prisma://accelerate.example/?api_key=abc"]
)
def test_prismas_own_service_is_explained(url: str) -> None:
    with pytest.raises(Config) as refused:
        understood(url)
    assert "not to a PostgreSQL server" in refused.value.failed
    assert "DIRECT_URL" in refused.value.next
    assert "abc" not in str(refused.value)


def test_a_client_certificate_that_libpq_cannot_read_is_explained() -> None:
    with pytest.raises(Config, match="sslidentity"):
        understood("postgresql://h/db?sslidentity=client.p12&sslpassword=x")


def test_what_is_understood_does_not_print_the_password() -> None:
    assert "s3cret" not in repr(understood("postgresql://u:s3cret@h/db?schema=a"))
