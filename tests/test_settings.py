"""Every setting is right, says where it comes from, and never says a password."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parquetry import settings
from parquetry.errors import Config, Usage
from parquetry.settings import Dotenv, Secret, Settings, libpq, masked, parse_dotenv, read, reference

ROOT = Path("/somewhere/project")
URL = "postgresql://app:{}@db.example:5432/app"


# ── precedence: each place alone and with every place below it present ──

TOML = {"lake": {"compression": "gzip"}, "duckdb": {"path": "toml.duckdb"}, "log": {"level": "error"}}

PLACES: list[tuple[str, str, object, dict[str, dict[str, Any]]]] = [
    ("compression", "flag", "snappy", {"flags": {"compression": "snappy"}}),
    ("compression", "environment PARQUETRY_COMPRESSION", "none", {"environment": {"PARQUETRY_COMPRESSION": "none"}}),
    ("compression", ".env PARQUETRY_COMPRESSION", "zstd", {"dotenv": {"PARQUETRY_COMPRESSION": "zstd"}}),
    ("compression", "parquetry.toml [lake] compression", "gzip", {"file": TOML}),
    ("compression", "default", "zstd", {}),
    ("duckdb_path", "flag", Path.cwd() / "f", {"flags": {"duckdb_path": "f"}}),
    ("duckdb_path", "environment PARQUETRY_DUCKDB_PATH", ROOT / "p", {"environment": {"PARQUETRY_DUCKDB_PATH": "p"}}),
    ("duckdb_path", "environment DUCKDB_DB_PATH", ROOT / "d", {"environment": {"DUCKDB_DB_PATH": "d"}}),
    ("duckdb_path", ".env PARQUETRY_DUCKDB_PATH", ROOT / "ep", {"dotenv": {"PARQUETRY_DUCKDB_PATH": "ep"}}),
    ("duckdb_path", ".env DUCKDB_DB_PATH", ROOT / "ed", {"dotenv": {"DUCKDB_DB_PATH": "ed"}}),
    ("duckdb_path", "parquetry.toml [duckdb] path", ROOT / "toml.duckdb", {"file": TOML}),
    ("duckdb_path", "default", ROOT / "data/duckdb/analytics.duckdb", {}),
    ("log_level", "flag", "debug", {"flags": {"log_level": "debug"}}),
    ("log_level", "environment PARQUETRY_LOG_LEVEL", "info", {"environment": {"PARQUETRY_LOG_LEVEL": "INFO"}}),
    ("log_level", "environment LOG_LEVEL", "warning", {"environment": {"LOG_LEVEL": "warn"}}),
    ("log_level", ".env LOG_LEVEL", "critical", {"dotenv": {"LOG_LEVEL": "fatal"}}),
    ("log_level", "parquetry.toml [log] level", "error", {"file": TOML}),
    ("log_level", "default", "info", {}),
    ("database_url", "flag", Secret("pg://1"), {"flags": {"database_url": "pg://1"}}),
    ("database_url", "environment PARQUETRY_DATABASE_URL", Secret("pg://2"), {"environment": {"PARQUETRY_DATABASE_URL": "pg://2"}}),
    ("database_url", "environment DIRECT_URL", Secret("pg://3"), {"environment": {"DIRECT_URL": "pg://3"}}),
    ("database_url", "environment DATABASE_URL", Secret("pg://4"), {"environment": {"DATABASE_URL": "pg://4"}}),
    ("database_url", ".env DIRECT_URL", Secret("pg://5"), {"dotenv": {"DIRECT_URL": "pg://5"}}),
    ("database_url", ".env DATABASE_URL", Secret("pg://6"), {"dotenv": {"DATABASE_URL": "pg://6"}}),
    ("database_url", "default", None, {}),
]  # fmt: skip


@pytest.mark.parametrize("level", range(len(PLACES)))
def test_each_place_wins_over_all_that_come_after_it(level: int) -> None:
    """A value comes from the first place that has one, whatever the later places say."""
    setting, origin, value, _ = PLACES[level]
    given: dict[str, dict[str, object]] = {"flags": {}, "environment": {}, "dotenv": {}, "file": {}}
    for other, _, _, where in PLACES[level:]:
        if other == setting:
            for place, values in where.items():
                given[place] |= values
    found = read(
        ROOT,
        flags=given["flags"],
        environment={k: str(v) for k, v in given["environment"].items()},
        dotenv=Dotenv({k: str(v) for k, v in given["dotenv"].items() if k not in given["environment"]}),
        file=given["file"],
    )
    assert (value, origin) == (getattr(found, setting), found.origins[setting])


def test_dotenv_never_overrides_the_real_environment() -> None:
    """A name that the real environment has, even empty, is not looked for in .env."""
    both = read(ROOT, environment={"LOG_LEVEL": "error"}, dotenv=Dotenv({"LOG_LEVEL": "debug"}))
    emptied = read(ROOT, environment={"LOG_LEVEL": ""}, dotenv=Dotenv({"LOG_LEVEL": "debug"}))
    assert ("error", "environment LOG_LEVEL") == (both.log_level, both.origins["log_level"])
    assert ("info", "default") == (emptied.log_level, emptied.origins["log_level"])


def test_a_database_url_of_the_real_environment_wins_over_a_direct_url_of_dotenv() -> None:
    """Who exports DATABASE_URL means that database, not the one that .env has a direct URL for."""
    found = read(ROOT, environment={"DATABASE_URL": "pg://here"}, dotenv=Dotenv({"DIRECT_URL": "pg://there"}))
    assert "environment DATABASE_URL" == found.origins["database_url"]


def test_every_field_is_found_under_its_environment_name() -> None:
    """The names follow from the fields: no list has to be kept."""
    values = {"lake_path": "x", "compression": "none", "duckdb_path": "y", "duckdb_schema": "s", "memory_limit": "1GB",
              "lake_limit": "2GB",
              "database_url": "pg://h", "log_level": "debug", "order": "time",
              "duckdb_mode": "auto", "duckdb_writes": "yes"}  # fmt: skip
    names = [f.name for f in fields(Settings) if f.name != "origins"]
    found = read(ROOT, environment={f"PARQUETRY_{name.upper()}": values.get(name, "7") for name in names})
    assert {name: f"environment PARQUETRY_{name.upper()}" for name in names} == found.origins


def test_settings_are_frozen_and_can_be_sent_to_another_process() -> None:
    found = read(ROOT, environment={"DATABASE_URL": URL.format("hunter2")})
    with pytest.raises(FrozenInstanceError):
        found.threads = 3  # type: ignore[misc]
    assert found == pickle.loads(pickle.dumps(found)) == copy.deepcopy(found)


# ── what a value may be ──


@pytest.mark.parametrize(
    ("setting", "text", "says"),
    [
        ("compression", "gz", "'gz' is not one of zstd, snappy, gzip, none; did you mean 'gzip'?"),
        ("threads", "two", "'two' is not a whole number"),
        ("threads", "1.0", "'1.0' is not a whole number"),
        ("threads", "٣", "'٣' is not a whole number"),
        ("threads", "9" * 5000, "is not a whole number"),
        ("threads", "0", "'0' is not between 1 and 256"),
        ("statement_timeout_seconds", "2147484", "is not between 1 and 2147483"),
        ("retries", "-1", "is not between 0 and 100"),
        ("memory_limit", "0MB", "is not a size such as 300MB"),
        ("memory_limit", "1GB'; drop", "is not a size such as 300MB"),
        ("duckdb_schema", 'a"b', "is not a schema's name"),
        ("duckdb_schema", "pg_catalog", "belongs to DuckDB itself"),
        ("lake_path", "s3://bucket/lake", "object stores are not in this version"),
        ("lake_path", "a\nb", "contains a NUL or a line break"),
        ("lake_path", "a\0b", "contains a NUL or a line break"),
        ("lake_path", "  ", "is empty"),
        ("lake_path", "~nobody-of-that-name/x", "names a home folder that does not exist"),
        ("log_level", "loud", "is not one of debug, info"),
    ],
)
def test_a_wrong_value_names_the_setting_the_reason_and_the_place(setting: str, text: str, says: str) -> None:
    name = f"PARQUETRY_{setting.upper()}"
    with pytest.raises(Config) as error:
        read(ROOT, environment={name: text})
    assert error.value.failed.startswith(f"{setting}: ")
    assert says in error.value.failed
    assert f"(environment {name})" in error.value.failed
    with pytest.raises(Usage, match="(flag)"):
        read(ROOT, flags={setting: text})


def test_paths_start_at_the_project_except_those_of_a_flag(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same setting is the same lake wherever one stands; a flag is typed where one stands."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert ROOT / "x" == read(ROOT, environment={"PARQUETRY_LAKE_PATH": "x"}).lake_path
    assert tmp_path / "x" == read(ROOT, flags={"lake_path": "x"}).lake_path
    assert tmp_path / "x" == read(ROOT, environment={"PARQUETRY_LAKE_PATH": "~/x"}).lake_path
    assert Path("/x") == read(ROOT, file={"lake": {"path": "/x"}}).lake_path


def test_a_misspelt_name_is_not_ignored_and_a_foreign_one_is() -> None:
    with pytest.raises(Config, match=r"PARQUETRY_COMPRESION; did you mean PARQUETRY_COMPRESSION\?"):
        read(ROOT, environment={"PARQUETRY_COMPRESION": "gzip"})
    with pytest.raises(Config, match="PARQUETRY_THREAD;"):
        read(ROOT, dotenv=Dotenv({"PARQUETRY_THREAD": "4"}))
    read(ROOT, environment={"PARQUETRY_SERVICE_PORT": "80", "PARQUETRY_PORT_80_TCP": "tcp://10.0.0.1:80"})
    with pytest.raises(Usage, match="no setting 'thread'; did you mean 'threads'"):
        read(ROOT, flags={"thread": 4})


def test_wrong_values_and_unknown_keys_of_the_file_are_found_all_together() -> None:
    found = dict(
        settings.mistakes(
            {
                "lake": {"compresion": "zstd", "path": 3},
                "duckdb": {"threads": "4", "memory_limit": True},
                "postgres": {"retries": True, "stall_seconds": 1.5},
                "log": "debug",
            }
        )
    )
    assert {
        ("lake", "compresion"): "[lake] unknown key 'compresion'; did you mean 'compression'?",
        ("lake", "path"): "[lake] path: 3 is not text",
        ("duckdb", "threads"): "[duckdb] threads: '4' is text; write the number without quotes",
        ("duckdb", "memory_limit"): "[duckdb] memory_limit: True is not text",
        ("postgres", "retries"): "[postgres] retries: True is not a whole number",
        ("postgres", "stall_seconds"): "[postgres] stall_seconds: 1.5 is not a whole number",
        ("log",): "'log' is a table: write [log] and its keys below",
    } == found


# ── secrets ──


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://app:hunter2@db/app", "postgresql://app:***@db/app"),
        ("postgresql://app:hunter2@db:5432/app?schema=x", "postgresql://app:***@db:5432/app?schema=x"),
        ("postgres://app:a:b@c/d?e#f g'h\"i%@db/app", "postgres://app:***@db/app"),
        ("postgres://app:a\nb@db/app", "postgres://app:***@db/app"),
        ("postgres://me@corp.example:hunter2@db/app", "postgres://me@corp.example:***@db/app"),
        ("postgres://a/b:hunter2@db/app", "postgres://a/b:***@db/app"),
        ("postgresql://db/app?user=app&password=hunter2&sslmode=require", "postgresql://db/app?user=app&password=***&sslmode=require"),
        ("postgresql://db/app?pass%77ord=hunter2", "postgresql://db/app?pass%77ord=***"),
        ("prisma+postgres://x.example/?api_key=hunter2", "prisma+postgres://x.example/?api_key=***"),
        ("host=db user=app password=hunter2 port=5", "host=db user=app password=*** port=5"),
        (r"host=db password='hunter2 \'hunter2' port=5", "host=db password=*** port=5"),
        ('url = "postgresql://app:hunter2', 'url = "postgresql://app:***'),
        ('password = "hunter2 hunter2"', "password = ***"),
        ("postgresql://db:5432/app", "postgresql://db:5432/app"),
        ("postgresql://app@db:5432/app?schema=public", "postgresql://app@db:5432/app?schema=public"),
        ("postgresql://[::1]:5432/app", "postgresql://[::1]:5432/app"),
        ("postgresql://app:@db/app", "postgresql://app:@db/app"),
        ("host=db port=5432", "host=db port=5432"),
    ],
)  # fmt: skip
def test_passwords_are_masked_and_the_rest_is_not(text: str, shown: str) -> None:
    assert shown == masked(text)


@given(st.text(min_size=1, alphabet=st.characters(blacklist_characters="*", blacklist_categories=["Cs"])))
def test_no_password_survives_masking(password: str) -> None:
    """Whatever stands between the user and the last @ is not shown."""
    secret = Secret(f"postgresql://app:{password}@db.example/app")
    shown = "postgresql://app:***@db.example/app"
    assert [shown, f"Secret({shown!r})", shown, shown] == [str(secret), repr(secret), f"{secret}", "%s" % secret]  # noqa: UP031


def test_a_password_is_in_no_form_of_the_settings() -> None:
    found = read(ROOT, environment={"DATABASE_URL": URL.format("hunter2")})
    for form in (repr(found), str(found), f"{found}", repr(asdict(found)), repr(found.database_url)):
        assert "hunter2" not in form
        assert "app:***@db.example" in form
    assert found.database_url is not None
    assert URL.format("hunter2") == found.database_url.reveal()
    with pytest.raises(Config) as error:
        read(ROOT, environment={"DATABASE_URL": URL.format("hunter2\nhunter2")})
    assert "hunter2" not in str(error.value)


def test_libpq_variables_are_shown_without_the_password() -> None:
    environment = {"PGHOST": "db", "PGPASSWORD": "hunter2", "PGPORT": "", "PGADMIN_X": "y", "HOME": "/"}
    assert {"PGHOST": "db", "PGPASSWORD": "***"} == libpq(environment)


# ── .env ──


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=plain", "plain"),
        ("export A=plain", "plain"),
        ("\ufeffA=plain", "plain"),
        ("A=plain\r\n", "plain"),
        ("A = spaced  # why", "spaced"),
        ("A=a#b", "a#b"),
        ('A="a # b" # why', "a # b"),
        ("A='a \"b\" ${HOME_OF_A} \\n'", 'a "b" ${HOME_OF_A} \\n'),
        (r'A="a\nb"', "a\nb"),
        ('A="two\nlines"', "two\nlines"),
        ("A=one\nA=two", "two"),
        ("A=", ""),
        ("A=$5 and a$b", "$5 and a$b"),
        (r'A="a\${X}"', "a${X}"),
        ("X=1\nA=${X}2", "12"),
        ("X='1'\nA=\"${X}2\"", "12"),
        ("A=${FROM_OUTSIDE}", "outside"),
        ("FROM_OUTSIDE=inside\nA=${FROM_OUTSIDE}", "outside"),
        ("A=${NOT_SET:-spare}", "spare"),
        ("# A=no\nA=yes\n# A=no", "yes"),
        ("A=`id`$(id)", "`id`$(id)"),
        ("A=" + "x" * 100_000, "x" * 100_000),
    ],
)
def test_dotenv_values_are_read_as_python_dotenv_reads_them(text: str, value: str) -> None:
    assert value == parse_dotenv(text, {"FROM_OUTSIDE": "outside"}).values["A"]


def test_a_line_of_dotenv_that_cannot_be_read_matters_only_when_it_is_needed() -> None:
    """The file is the app's; but a value that was lost to an open quote is not passed over in silence."""
    dotenv = parse_dotenv('\n\nOTHER=1\nthis is not a line\nLOG_LEVEL="debug\nPARQUETRY_THREADS=4\n', {})
    assert (".env line 4 cannot be read", ".env line 5 cannot be read: LOG_LEVEL") == dotenv.warnings[:2]
    with pytest.raises(Config, match=r"\.env line 5: cannot be read; is a quote left open\?"):
        read(ROOT, dotenv=dotenv)
    found = read(ROOT, dotenv=dotenv, environment={"LOG_LEVEL": "error"})
    assert ("error", 4) == (found.log_level, found.threads)


def test_a_quote_left_open_does_not_hide_the_lines_it_swallows() -> None:
    dotenv = parse_dotenv('A="open\nPARQUETRY_LAKE_PATH=elsewhere\nB="closed"\n', {})
    with pytest.raises(Config, match="PARQUETRY_LAKE_PATH"):
        read(ROOT, dotenv=dotenv)


def test_a_reference_to_nothing_does_not_become_an_empty_password() -> None:
    dotenv = parse_dotenv("DATABASE_URL=postgresql://app:${PASSWORD_OF_APP}@db/app", {})
    found = read(ROOT, dotenv=dotenv)
    assert found.database_url is None
    assert (
        "unusable: .env line 1: DATABASE_URL refers to ${PASSWORD_OF_APP}, which is not set"
        == found.origins["database_url"]
    )


@given(st.text())
def test_no_dotenv_is_fatal_by_itself(text: str) -> None:
    assert isinstance(parse_dotenv(text, {}), Dotenv)


# ── the reference ──


def test_the_reference_has_a_line_for_every_field() -> None:
    found = {line.name: line for line in reference()}
    assert [f.name for f in fields(Settings) if f.name != "origins"] == list(found)
    assert ("[duckdb] path", ("PARQUETRY_DUCKDB_PATH", "DUCKDB_DB_PATH"), "data/duckdb/analytics.duckdb") == (
        found["duckdb_path"].toml,
        found["duckdb_path"].environment,
        found["duckdb_path"].default,
    )
    assert ("", ("PARQUETRY_DATABASE_URL", "DIRECT_URL", "DATABASE_URL"), "") == (
        found["database_url"].toml,
        found["database_url"].environment,
        found["database_url"].default,
    )
    assert all(line.meaning.endswith(".") for line in found.values())


def test_defaults_are_values_that_would_be_accepted() -> None:
    """A default passes the check of its own field."""
    environment = {line.environment[0]: line.default for line in reference()}
    assert read(ROOT) == read(ROOT, environment=environment)
