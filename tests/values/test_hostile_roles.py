"""What a role, a database or the environment has set changes nothing that is published."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from parquetry.demo.server import PASSWORD
from parquetry.lake.manifest import Dataset

from .conftest import Study, begin
from .hostile import VALUES
from .proof import Column, Table

SETTINGS: dict[str, tuple[str, ...]] = {
    # What changes how values are printed.
    "DateStyle": ("SQL", "DMY"), "TimeZone": ("Asia/Kathmandu",), "IntervalStyle": ("iso_8601",),
    "extra_float_digits": ("-15",), "bytea_output": ("escape",), "client_encoding": ("LATIN1",),
    "quote_all_identifiers": ("on",), "xmlbinary": ("hex",), "xmloption": ("document",),
    # What changes how text is read, and what a name means.
    "search_path": ("evil", "pg_catalog", "public"), "standard_conforming_strings": ("off",), "array_nulls": ("off",),
    "backslash_quote": ("off",), "escape_string_warning": ("on",), "transform_null_equals": ("on",),
    "timezone_abbreviations": ("India",), "default_text_search_config": ("pg_catalog.german",),
    # What changes which rows are seen, under which look, and in which order.
    "row_security": ("on",), "default_transaction_isolation": ("serializable",),
    "default_transaction_read_only": ("off",), "default_transaction_deferrable": ("on",),
    "synchronize_seqscans": ("on",), "enable_seqscan": ("off",), "debug_parallel_query": ("on",),
    # What ends a statement early.
    "statement_timeout": ("1",), "lock_timeout": ("1",), "idle_in_transaction_session_timeout": ("1",),
}  # fmt: skip

# A money's text has the sign, the point and the digits of this; a machine need not have any but C.
LOCALES = ("lc_monetary", "lc_numeric", "lc_time", "lc_messages")
CANDIDATES = ("de_DE.UTF-8", "ja_JP.UTF-8", "en_US.UTF-8", "C.UTF-8", "POSIX")

# Found first by whoever asks under the role's search path.
EVIL = """
create schema evil;
create function evil.date_trunc(text, timestamptz) returns timestamptz language sql as 'select timestamptz ''epoch''';
create function evil.textin(cstring) returns text language internal immutable as 'xidout';
create function evil.count() returns bigint language sql as 'select 7::bigint';
create function evil.minus(float8, float8) returns boolean language sql as 'select true';
create operator evil.= (leftarg = float8, rightarg = float8, function = evil.minus);
create domain evil.text as pg_catalog.varchar(1);
create domain evil.int4 as pg_catalog.int8;
create table evil.texts (n bigint primary key, c0 pg_catalog.text);
grant usage on schema evil to public;
grant select on all tables in schema evil to public;
"""

# Where the server's own takes any array, or any time.
NEARER = """
create function public.array_ndims(integer[]) returns int language sql immutable as 'select 1';
create function public.array_lower(integer[], integer) returns int language sql immutable as 'select 1';
create function public.unnest(timestamp[]) returns setof timestamp language sql as 'select null::timestamp limit 0';
create function public.date_trunc(text, date) returns timestamp language sql immutable as 'select null::timestamp';
"""

TABLES: dict[str, Table] = {
    "as_texts": {f"c{i}": Column(h.type, (*h.plain, *h.beyond)) for i, h in enumerate(VALUES)},
    "as_natives": {f"c{i}": Column(h.type, h.plain, h.native) for i, h in enumerate(h for h in VALUES if h.native)},
    "as_misfits": {
        f"c{i}": Column(h.type, (*h.plain, *h.beyond), h.native) for i, h in enumerate(h for h in VALUES if h.beyond)
        if h.native
    },
    "by_month": {"at": Column("timestamptz", (
        "2023-12-31 23:59:59.999999+00", "2024-01-01 00:00:00+00", "2024-02-29 20:00:00+00", "1969-12-31 23:00:00+00",
        "infinity", "0044-03-15 00:00:00+00 BC",
    ), "TIMESTAMP WITH TIME ZONE")},
}  # fmt: skip


@pytest.fixture(scope="module")
def study(hostile_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """The tables, and two roles: plain, and hostile with every setting against us."""
    made = begin(hostile_database, tmp_path_factory.mktemp("plain"))
    for name, table in TABLES.items():
        made.add(name, table)
    toml = made.root / "parquetry.toml"
    toml.write_text(toml.read_text() + 'time = "at"\n')
    with psycopg.connect(made.url, autocommit=True) as admin:
        admin.execute(EVIL.encode())
        for role in ("plain", "hostile"):
            admin.execute(f"create role {role} login password '{PASSWORD}' in role pg_read_all_data".encode())
        for name, values in SETTINGS.items():
            admin.execute(sql.SQL("alter role hostile set {} = {}").format(sql.Identifier(name), listed(values)))
        for name in LOCALES:
            admin.execute(sql.SQL("alter role hostile set {} = {}").format(sql.Identifier(name), foreign(admin, name)))
    yield made
    with psycopg.connect(made.url, autocommit=True) as admin:
        admin.execute("drop schema evil cascade")
        for role in ("plain", "hostile"):
            admin.execute(f"drop owned by {role}; drop role {role}".encode())


def listed(values: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Literal(value) for value in values)


def foreign(admin: psycopg.Connection[Any], setting: str) -> sql.Literal:
    """The first locale of the machine that prints otherwise; any machine has the last."""
    for locale in CANDIDATES:
        try:
            admin.execute("select set_config(%s, %s, false)", [setting, locale])
        except psycopg.errors.InvalidParameterValue:
            continue
        return sql.Literal(locale)
    raise AssertionError("no locale at all")


def as_role(url: str, role: str) -> str:
    return url.replace("//postgres:", f"//{role}:")


def exported(study: Study, root: Path, role: str) -> dict[str, Any]:
    """What a lake of its own says of each dataset: how its columns are published, and its rows by their digest."""
    for kept in ("contracts", ".parquetry"):
        if (study.root / kept).exists():
            shutil.copytree(study.root / kept, root / kept)
    shutil.copy(study.root / "parquetry.toml", root)
    mine = Study(study.url, root)
    mine.export(url=as_role(study.url, role))
    return {name: told(dataset) for name, dataset in mine.lake.current().manifest.datasets.items()}


def told(dataset: Dataset) -> dict[str, Any]:
    parts = dataset.partitions.items()
    return {
        "columns": dataset.columns,
        "relation": dataset.relation,
        "rows": {key: [(f.rows, f.digest, f.min, f.max) for f in part.files] for key, part in parts},
        "accounts": {key: part.account for key, part in parts},
    }


@pytest.fixture(scope="module")
def plain(study: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return exported(study, tmp_path_factory.mktemp("plain"), "plain")


def test_the_roles_do_not_see_alike(study: Study) -> None:
    """Else the tests below would show nothing."""
    words = (
        "select date '2024-01-02', timestamptz '2024-01-02 00:00+00', interval '1 day 2 hours', "
        "float8 '0.30000000000000004', decode('ff', 'hex'), current_setting('search_path'), "
        "'\\\\', '{NULL}'::varchar[]"
    )
    seen = []
    for role in ("plain", "hostile"):
        with (
            psycopg.connect(as_role(study.url, role), options="-c statement_timeout=0", autocommit=True) as server,
            server.cursor().copy(f"copy ({words}) to stdout".encode()) as copy,
        ):
            seen.append(b"".join(copy).decode().split("\t"))
    assert [] == [one for one, other in zip(*seen, strict=True) if one == other]


def test_a_hostile_role_changes_nothing(study: Study, plain: dict[str, Any], tmp_path: Path) -> None:
    """Columns, digests of rows, months with their first and last moment, accounts: as by a role that sets nothing."""
    assert set(TABLES) == set(plain)
    assert {"1969-12", "2023-12", "2024-01", "2024-02", "null"} == set(plain["by_month"]["rows"])
    found = exported(study, tmp_path, "hostile")
    for name in TABLES:
        assert plain[name] == found[name], name


def test_a_hostile_database_changes_nothing(study: Study, plain: dict[str, Any], tmp_path: Path) -> None:
    """The same settings by ALTER DATABASE."""
    with psycopg.connect(study.url, autocommit=True) as admin:
        name = sql.Identifier(admin.info.dbname)
        for setting, values in SETTINGS.items():
            admin.execute(
                sql.SQL("alter database {} set {} = {}").format(name, sql.Identifier(setting), listed(values))
            )
        try:
            assert plain == exported(study, tmp_path, "plain")
        finally:
            admin.execute(sql.SQL("alter database {} reset all").format(name))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PGTZ", "Asia/Kathmandu"),
        ("PGDATESTYLE", "SQL, DMY"),
        ("PGCLIENTENCODING", "LATIN1"),
        ("PGOPTIONS", "-c IntervalStyle=iso_8601 -c extra_float_digits=-15 -c bytea_output=escape"),
        ("TZ", "Asia/Kathmandu"),
    ],
)
def test_a_hostile_environment_changes_nothing(
    study: Study, plain: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """libpq takes settings from variables too, and sends them after its options."""
    monkeypatch.setenv(variable, value)
    assert plain == exported(study, tmp_path, "plain")


def test_functions_of_the_same_name_change_nothing(study: Study, plain: dict[str, Any], tmp_path: Path) -> None:
    """On the search path, and nearer to a column's type than those of the server."""
    with psycopg.connect(study.url, autocommit=True) as admin:
        admin.execute(NEARER.encode())
        try:
            assert plain == exported(study, tmp_path, "plain")
        finally:
            names = re.findall(r"function (.*) returns", NEARER)
            admin.execute("".join(f"drop function {name};" for name in names).encode())
