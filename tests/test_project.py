"""The project folder is found, read once, and every mistake in it is told with its line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parquetry.errors import Config, NoSuchDataset, Unsafe, Usage
from parquetry.formats.pattern import Pattern
from parquetry.formats.shape import Shape
from parquetry.project import FILE, Dataset, Project, Reports, find, line_of
from parquetry.settings import Secret
from parquetry.verbs.config import config

TOML = """\
# a study
[lake]
path        = "data/lake"
compression = "gzip"

[sources.app]
kind = "postgres"
url  = "env:DATABASE_URL"

[sources.reports]
kind = "files"
root = "g/reports"

[datasets.behavioral_events]
source   = "app"
table    = ["BehavioralEvent", "behavioral_events"]   # the first that exists
contract = "contracts.research:BehavioralEvent"
key      = ["id"]
time     = "timestamp"

[datasets.protocols]
source   = "app"
contract = "contracts.research:Protocol"

[datasets.query_perf]
source    = "reports"
files     = "query_perf_daily_{date:%Y%m%d}.csv"
contract  = "contracts.ops:QueryPerf"
time      = ["timestamp", "at"]
every     = "1 day"
"""

PASSWORD_URL = "postgresql://app:hunter2@db.example/app"

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have a database of their own."""
    for name in list(os.environ):
        if name.startswith(("PG", "PARQUETRY_")) or name in (
            "DATABASE_URL",
            "DIRECT_URL",
            "DUCKDB_DB_PATH",
            "LOG_LEVEL",
        ):
            monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Makes a project folder and gives its root."""

    def written(toml: str | bytes = TOML, **files: str) -> Path:
        (tmp_path / FILE).write_bytes(toml.encode() if isinstance(toml, str) else toml)
        for name, text in files.items():
            (tmp_path / {"dotenv": ".env"}.get(name, name)).write_text(text)
        return tmp_path

    return written


# ── what a right file means ──


def test_a_project_is_what_its_file_says(write: Write) -> None:
    root = write(dotenv=f"DATABASE_URL={PASSWORD_URL}")
    project = Project.open(root, threads=4)
    assert (root, "gzip", 4, root / "data/lake") == (
        project.root,
        project.settings.compression,
        project.settings.threads,
        project.settings.lake_path,
    )
    assert {
        "behavioral_events": Dataset(
            "behavioral_events",
            "app",
            "contracts.research:BehavioralEvent",
            ("BehavioralEvent", "behavioral_events"),
            ("id",),
            ("timestamp",),
            "month",
        ),
        "protocols": Dataset("protocols", "app", "contracts.research:Protocol", ("protocols",)),
        "query_perf": Dataset(
            "query_perf",
            "reports",
            "contracts.ops:QueryPerf",
            ("query_perf",),
            (),
            ("timestamp", "at"),
            "month",
            reports=Reports(Pattern.of("query_perf_daily_{date:%Y%m%d}.csv"), Shape("csv"), dated_by="time"),
            every=timedelta(days=1),
        ),
    } == project.datasets
    assert root / "g/reports" == project.source("reports").root
    assert Secret(PASSWORD_URL) == project.url("app")
    assert "hunter2" not in repr(project)


def test_a_size_is_of_thousands_or_of_1024s(write: Write) -> None:
    toml = TOML + 'read.max_line = "2 MB"\nread.max_bytes = "3 GiB"\n'
    reports = Project.open(write(toml)).datasets["query_perf"].reports
    assert reports is not None
    assert (2_000_000, 3 * 2**30) == (reports.shape.max_line, reports.shape.max_bytes)


def test_an_empty_file_is_a_project(write: Write) -> None:
    project = Project.open(write(""))
    assert ({}, {}, "default") == (project.sources, project.datasets, project.settings.origins["compression"])


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(write: Write) -> None:
    root = write(b"\xef\xbb\xbf" + TOML.replace("\n", "\r\n").encode())
    assert ["behavioral_events", "protocols", "query_perf"] == list(Project.open(root).datasets)


def test_unknown_names_are_answered_with_near_ones(write: Write) -> None:
    project = Project.open(write())
    with pytest.raises(NoSuchDataset, match="no dataset 'protocol' in parquetry.toml; did you mean 'protocols'"):
        project.dataset("protocol")
    with pytest.raises(Config, match="no source 'ap' in parquetry.toml; did you mean 'app'"):
        project.url("ap")
    with pytest.raises(Config, match="of kind 'files' and has no URL"):
        project.url("reports")
    with pytest.raises(Usage, match="no setting 'lake_pth'; did you mean 'lake_path'"):
        Project.open(project.root, lake_pth="x")


def test_queries_are_the_sql_files(write: Write) -> None:
    root = write()
    assert {} == Project.open(root).queries
    (root / "queries" / "folder.sql").mkdir(parents=True)
    (root / "queries" / "weekly.sql").write_text("select 1")
    (root / "queries" / "notes.md").write_text("")
    assert {"weekly": root / "queries" / "weekly.sql"} == Project.open(root).queries


# ── finding it ──


def test_a_project_is_found_from_a_folder_within(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write()
    deep = root / "notebooks" / "march"
    deep.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(deep)
    monkeypatch.chdir(deep)
    assert [root / FILE] * 5 == [find(), find(deep), find(root), find(root / FILE), find(link)]


def test_an_explicit_file_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('[lake]\ncompression = "none"\n')
    assert "none" == Project.open(tmp_path / "other.toml").settings.compression


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere", "no such folder"),
        (".", "no parquetry.toml in"),
        ("a\0b", "contains a NUL"),
        ("s3://x", "object stores are not in this version"),
    ],
)
def test_no_project_says_where_it_was_looked_for(
    path: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Config, match=says):
        Project.open(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_strangers_file_in_a_folder_above_is_not_run(write: Write) -> None:
    """Its contracts are code; who names it says that they trust it."""
    root = write()
    os.chown(root / FILE, 12345, -1)
    (root / "below").mkdir()
    with pytest.raises(Unsafe, match="belongs to another user"):
        Project.open(root / "below")
    assert root == Project.open(root).root


# ── mistakes ──


@pytest.mark.parametrize(
    ("toml", "line", "column", "what"),
    [
        ("[lake]\npath = data\n", 2, 8, "path = data"),
        ("[lake]\n\n  path = 'a\n\n\n", 3, 3, "path = 'a"),
        ("[lake]\n[lake]\n", 2, 6, "[lake]"),
        ("[lake\n", 1, 6, "[lake"),
        ("a = [\n1]\nb = [1,\n2\n", 3, 1, "b = [1,"),
        ("[sources.app]\nurl = \"postgresql://app:hunter2@db'\n", 2, 36, "url = \"postgresql://app:***@db'"),
        ('[sources.app]\nurl = "postgresql://app:hunter2\n', 2, 32, 'url = "postgresql://app:***'),
        ('x = "\u2028\u2028"\ny = ?', 2, 5, "y = ?"),
    ],
)
def test_broken_toml_is_told_with_line_column_and_text(
    toml: str, line: int, column: int, what: str, write: Write
) -> None:
    with pytest.raises(Config) as error:
        Project.open(write(toml))
    assert (line, column, (what,)) == (error.value.facts["line"], error.value.facts["column"], error.value.what)
    assert f"{FILE} line {line}, column {column}: " in error.value.failed
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("[lake]", "[lakes]", 2, "unknown key 'lakes'; did you mean 'lake'?"),
        ("compression =", "compresion =", 4, "[lake] unknown key 'compresion'; did you mean 'compression'?"),
        ('"gzip"', '"gz"', 4, "[lake] compression: 'gz' is not one of zstd, snappy, gzip, none; did you mean 'gzip'?"),
        ('"gzip"', "9", 4, "[lake] compression: 9 is not text"),
        ('"data/lake"', '"s3://bucket"', 3, "object stores are not in this version"),
        ('"data/lake"', r'"data\u0000lake"', 3, "contains a NUL or a line break"),
        ("[sources.app]", "[source.app]", 6, "unknown key 'source'; did you mean 'sources'?"),
        (
            '"postgres"',
            '"postgre"',
            7,
            "[sources.app] no source of kind 'postgre' (known: postgres, files); did you mean 'postgres'?",
        ),
        ('"postgres"', "['postgres']", 7, "[sources.app] no source of kind ['postgres']"),
        ('kind = "postgres"\n', "", 6, "[sources.app] 'kind' is missing (one of postgres, files)"),
        ('url  = "env:', 'urn  = "env:', 8, "[sources.app] unknown key 'urn'; did you mean 'url'?"),
        (
            '"env:DATABASE_URL"',
            '"DATABASE_URL"',
            8,
            "url is neither a URL nor env:NAME; did you mean 'env:DATABASE_URL'?",
        ),
        ('"env:DATABASE_URL"', '"env:"', 8, "'env:' is followed by the name of an environment variable"),
        ('"env:DATABASE_URL"', "5", 8, 'url is "env:NAME" or a URL in quotes'),
        ('root = "g/reports"\n', "", 10, "[sources.reports] 'root' is missing, the folder of the reports"),
        ("[sources.reports]", '[sources."Reports 2"]', 10, "a letter first; try 'reports_2'"),
        ("datasets.behavioral_events", "datasets.BehavioralEvent", 14, "a letter first; try 'behavioral_event'"),
        ("datasets.behavioral_events", "datasets." + "e" * 64, 14, "try '" + "e" * 63 + "'"),
        (
            'source   = "app"\ntable',
            'source   = "aap"\ntable',
            15,
            "[datasets.behavioral_events] no source 'aap' (declared: app, reports); did you mean 'app'?",
        ),
        ("table    =", "tables   =", 16, "[datasets.behavioral_events] unknown key 'tables'; did you mean 'table'?"),
        (
            '["BehavioralEvent", "behavioral_events"]',
            '[\n  "BehavioralEvent",\n  5,\n]',
            16,
            "table is a name or a list of names, each text and none twice",
        ),
        ('["id"]', "[]", 18, "key is a name or a list of names"),
        ('["id"]', '["id", "id"]', 18, "key is a name or a list of names"),
        ('"timestamp"\n', '""\n', 19, "time is a name or a list of names"),
        ('contract = "contracts.research:Protocol"\n', "", 21, "[datasets.protocols] 'contract' is missing"),
        (
            '"contracts.research:Protocol"',
            '"contracts.research.Protocol"',
            23,
            "is not of the form 'contracts.module:Class'",
        ),
        (
            '"contracts.research:Protocol"',
            '"contracts.research:Protocol"\npartition = "month"',
            24,
            "partition = 'month' needs 'time'",
        ),
        (
            '"contracts.research:Protocol"',
            '"contracts.research:Protocol"\npartition = "monthly"',
            24,
            "partition: 'monthly' is not one of month, all; did you mean 'month'?",
        ),
        (
            '"contracts.research:Protocol"',
            '"contracts.research:Protocol"\norder = "tiem"',
            24,
            "order: 'tiem' is not one of auto, time, none; did you mean 'time'?",
        ),
        ('"query_perf_daily_{', '"../{', 27, "files is a pattern below the source's root; it cannot lead out of it"),
        ('"query_perf_daily_{', '"**/{', 27, "'*' is anything within one level of folders, and there is no '**'"),
        (
            'every     = "1 day"\n',
            'every     = "1 day"\ndated_by = "time"\n',
            31,
            "[datasets.query_perf] dated_by is for files without a date in their names",
        ),
        (
            'every     = "1 day"\n',
            'every     = "1 day"\nread.ignore = "#.*"\n',
            31,
            "[datasets.query_perf] read: ignore is for text",
        ),
        (
            'every     = "1 day"\n',
            "every     = \"1 day\"\nread.quote = ','\n",
            31,
            "[datasets.query_perf] read: delimiter and quote are both ','",
        ),
        (
            'every     = "1 day"\n',
            "every     = \"1 day\"\nread.true = ['FALSE']\n",
            31,
            "[datasets.query_perf] read: 'false' is a word of both true and false",
        ),
        (
            'every     = "1 day"\n',
            "every     = \"1 day\"\nread.max_line = '16 Mb'\n",
            31,
            'max_line is a size such as "16 MB" or "16 MiB", not',
        ),
    ],
)
def test_a_mistake_is_told_with_its_own_line(old: str, new: str, line: int, says: str, write: Write) -> None:
    assert old in TOML
    with pytest.raises(Config) as error:
        Project.open(write(TOML.replace(old, new, 1)))
    told = [error.value.failed.partition(f"{FILE} ")[2], *error.value.what]
    assert any(entry.startswith(f"line {line}: ") and says in entry for entry in told), str(error.value)


def test_all_mistakes_are_told_together_and_in_order(write: Write) -> None:
    toml = TOML.replace("compression =", "compresion =").replace('"postgres"', '"mysql"').replace('["id"]', "3")
    with pytest.raises(Config, match="4 mistakes") as error:
        Project.open(write(toml + "[studys]\n"))
    assert [4, 7, 18, 31] == error.value.facts["lines"]


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("sources = 3", 1),
        ("[[datasets.events]]\nsource = 'app'", 1),
        ("[datasets]\nevents = 'app'", 2),
        ("lake = 'data/lake'", 1),
        ("lake = [{}]", 1),
    ],
)
def test_a_value_where_a_table_belongs_is_told(toml: str, line: int, write: Write) -> None:
    with pytest.raises(Config, match=f"line {line}: .* is a table"):
        Project.open(write(toml))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[lake]\npath = '\xff'\n", "line 2 is not UTF-8"),
        (b"x = " + b"[" * 100_000, "nested too deeply"),
        (b"x = " + b"9" * 5000, "line 1"),
        (b"#" * 256_001, "that is not a project file"),
        (b"\0", "line 1, column 1"),
    ],
)
def test_a_hostile_file_is_a_mistake_and_no_crash(content: bytes, says: str, write: Write) -> None:
    with pytest.raises(Config, match=says):
        Project.open(write(content))


WORDS = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
VALUES = st.sampled_from(
    ["1", '"[a]"', '"""\n[not.a.table]\nk = 1\n"""', "'''\n\"\n'''", "[\n 1, # ]\n 2,\n]", "{ a = 1 }", "1979-05-27"]
)


SPACE = st.sampled_from(["", "\n", "# k = 1\n"])
TABLES = st.dictionaries(WORDS, st.dictionaries(WORDS, st.tuples(VALUES, SPACE), max_size=4), max_size=4)


@given(TABLES)
@settings(deadline=None)
def test_every_key_is_found_on_its_own_line(tables: dict[str, dict[str, tuple[str, str]]]) -> None:
    """Whatever stands between: values of several lines, comments, text that looks like TOML."""
    text = ""
    lines: dict[tuple[str, ...], int] = {}
    for table, values in tables.items():
        lines[("t", table)] = text.count("\n") + 1
        text += f"[t.{table}]\n"
        for key, (value, before) in values.items():
            text += before
            lines[("t", table, key)] = text.count("\n") + 1
            text += f"{key} = {value}\n"
    assert lines == {keys: line_of(text, keys) for keys in lines}


# ── secrets and where a source's URL comes from ──


@pytest.mark.parametrize(
    "url", [PASSWORD_URL, "postgresql://db/app?password=hunter2", "host=db password=hunter2", "prisma+postgres://x/?api_key=hunter2"]
)  # fmt: skip
def test_a_password_in_the_file_is_unsafe(url: str, write: Write) -> None:
    with pytest.raises(Unsafe) as error:
        Project.open(write(TOML.replace("env:DATABASE_URL", url)))
    assert 8 == error.value.facts["line"]
    assert "hunter2" not in str(error.value)
    assert "env:DATABASE_URL" in error.value.next


def test_a_literal_url_without_a_password_is_one(write: Write) -> None:
    project = Project.open(write(TOML.replace("env:DATABASE_URL", "postgresql://app@db:5432/app")))
    assert Secret("postgresql://app@db:5432/app") == project.url("app")
    assert "parquetry.toml [sources.app] url" == project.source("app").origin


@pytest.mark.parametrize("declared", ['url  = "env:DATABASE_URL"', ""])
@pytest.mark.parametrize(
    ("flag", "environment", "dotenv", "url", "origin"),
    [
        ("pg://f", {"DATABASE_URL": "pg://e"}, "", "pg://f", "flag"),
        (
            None,
            {"PARQUETRY_DATABASE_URL": "pg://p", "DIRECT_URL": "pg://d"},
            "",
            "pg://p",
            "environment PARQUETRY_DATABASE_URL",
        ),
        (None, {"DATABASE_URL": "pg://e", "DIRECT_URL": "pg://d"}, "", "pg://d", "environment DIRECT_URL"),
        (None, {"DATABASE_URL": "pg://e"}, "DATABASE_URL=pg://x", "pg://e", "environment DATABASE_URL"),
        (None, {"PGHOST": "h"}, "DATABASE_URL=pg://x", "pg://x", ".env DATABASE_URL"),
        (None, {"PGHOST": "h", "PGDATABASE": "d"}, "", "", "environment PGHOST, PGDATABASE (read by libpq)"),
    ],
)
def test_the_usual_url_follows_the_precedence(
    declared: str, flag: str | None, environment: dict[str, str], dotenv: str, url: str, origin: str,
    write: Write, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    project = Project.open(write(TOML.replace('url  = "env:DATABASE_URL"', declared), dotenv=dotenv), database_url=flag)
    assert (url, origin) == (project.url("app").reveal(), project.source("app").origin)


def test_a_name_of_its_own_is_read_and_nothing_else(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the project says BILLING_URL, another database is never read in its place."""
    root = write(TOML.replace("env:DATABASE_URL", "env:BILLING_URL"), dotenv="BILLING_URL=pg://x\nOTHER=1")
    monkeypatch.setenv("DIRECT_URL", "pg://d")
    monkeypatch.setenv("PGHOST", "h")
    assert (Secret("pg://x"), ".env BILLING_URL") == (
        Project.open(root).url("app"),
        Project.open(root).source("app").origin,
    )
    monkeypatch.setenv("BILLING_URL", "pg://e")
    assert Secret("pg://e") == Project.open(root).url("app")
    monkeypatch.setenv("BILLING_URL", "")
    with pytest.raises(Config, match="the source 'app' reads its URL from BILLING_URL, which is not set") as error:
        Project.open(root).url("app")
    assert str(root / ".env") in error.value.next
    with pytest.raises(Config, match="no source uses the database_url that was given"):
        Project.open(root, database_url="pg://f")


def test_a_line_of_dotenv_that_lost_the_url_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """PGHOST does not step in for a URL that is there and broken."""
    monkeypatch.setenv("PGHOST", "h")
    project = Project.open(write(dotenv='DATABASE_URL="postgresql://app:hunter2@db/app\nX=1'))
    with pytest.raises(Config) as error:
        project.url("app")
    assert "unusable: .env line 1: cannot be read; is a quote left open?" == error.value.what[0]
    assert "hunter2" not in str(error.value) + repr(project) + repr(config(project))


def test_a_dotenv_is_that_of_the_project_and_stays_out_of_the_environment(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(dotenv="DATABASE_URL=pg://root")
    (root / "below").mkdir()
    (root / "below" / ".env").write_text("DATABASE_URL=pg://below")
    monkeypatch.chdir(root / "below")
    assert Secret("pg://root") == Project.open().url("app")
    assert "DATABASE_URL" not in os.environ


# ── config ──


def test_config_shows_every_value_with_its_origin_and_no_password(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(dotenv=f"DIRECT_URL={PASSWORD_URL}\nLOG_LEVEL=debug")
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.setenv("PARQUETRY_RETRIES", "1")
    shown = {line.setting: (line.value, line.origin) for line in config(Project.open(root, threads=1))}
    direct = ".env DIRECT_URL (goes before DATABASE_URL: a shared snapshot needs a direct connection)"
    assert {
        "project": (str(root), "parquetry.toml"),
        "threads": ("1", "flag"),
        "retries": ("1", "environment PARQUETRY_RETRIES"),
        "log_level": ("debug", ".env LOG_LEVEL"),
        "compression": ("gzip", "parquetry.toml [lake] compression"),
        "connections": ("3", "default"),
        "database_url": ("postgresql://app:***@db.example/app", direct),
        "sources.app.url": ("postgresql://app:***@db.example/app", direct),
        "sources.reports.root": (str(root / "g/reports"), "parquetry.toml [sources.reports] root"),
        "PGPASSWORD": ("***", "environment PGPASSWORD (read by libpq)"),
        "PGSSLMODE": ("require", "environment PGSSLMODE (read by libpq)"),
    }.items() <= shown.items()
    assert "hunter2" not in repr(shown)


def test_config_answers_where_nothing_is_set(write: Write) -> None:
    shown = {line.setting: (line.value, line.origin) for line in config(Project.open(write()))}
    assert ("", "not set: DIRECT_URL or DATABASE_URL") == shown["sources.app.url"]
    assert ("", "default") == shown["database_url"]


# ── paths ──


@pytest.mark.parametrize("path", [".", "..", "/", "data/.."])
def test_a_lake_around_the_project_is_unsafe(path: str, write: Write) -> None:
    """A lake clears its folder; the project may not be in it."""
    root = write(TOML.replace("data/lake", path, 1))
    (root / "data").mkdir()
    with pytest.raises(Unsafe, match="would hold the project folder itself"):
        Project.open(root)


@pytest.mark.parametrize("contract", ["../evil:X", "/etc/evil.py:X", "contracts..evil:X", "c:\\\\evil:X"])
def test_a_contract_that_is_a_path_is_unsafe(contract: str, write: Write) -> None:
    with pytest.raises(Unsafe, match="line 23: the contract .* is a path"):
        Project.open(write(TOML.replace("contracts.research:Protocol", contract)))


def test_a_contract_that_a_link_leads_out_to_is_unsafe(write: Write, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "research.py").write_text("raise SystemExit('was run')")
    root = write()
    (root / "contracts").symlink_to(outside)
    with pytest.raises(Unsafe, match="lies outside the project folder"):
        Project.open(root).contract("protocols")


# ── contracts and their cache ──

CONTRACTS = """
import pandera.polars as pa
import polars as pl

class Protocol(pa.DataFrameModel):
    id: pl.String = pa.Field(nullable=False)
    size: pl.Int64 = pa.Field(ge=0, nullable=True)
"""

# In a process of its own, as every run is one.
CONTRACT = """
import json, sys
from parquetry.project import Project
contract = Project.open(sys.argv[1]).contract("protocols")
print(json.dumps([contract.fingerprint, [f.name for f in contract.fields], "pandera" in sys.modules]))
"""


def compiled(root: Path) -> tuple[str, list[str], bool]:
    """The contract's fingerprint, its columns, and whether Pandera was imported to know."""
    done = subprocess.run([sys.executable, "-c", CONTRACT, root], cwd=root, capture_output=True, text=True, check=True)
    fingerprint, names, imported = json.loads(done.stdout)
    return fingerprint, names, imported


@pytest.fixture
def with_contract(write: Write) -> Path:
    root = write()
    (root / "contracts").mkdir()
    (root / "contracts" / "research.py").write_text(CONTRACTS)
    return root


def test_an_unchanged_contract_does_not_import_pandera(with_contract: Path) -> None:
    first, again = compiled(with_contract), compiled(with_contract)
    assert (["id", "size"], True) == first[1:]
    assert (first[0], ["id", "size"], False) == again
    assert "*\n" == (with_contract / ".parquetry" / ".gitignore").read_text()


def test_a_changed_contract_is_compiled_anew(with_contract: Path) -> None:
    before = compiled(with_contract)
    (with_contract / "contracts" / "research.py").write_text(CONTRACTS.replace("size", "length"))
    after = compiled(with_contract)
    assert (["id", "length"], True) == after[1:]
    assert before[0] != after[0]


def test_a_contract_that_imports_from_beside_its_folder_is_not_kept(with_contract: Path) -> None:
    """The fingerprint of contracts/ would not notice a change there."""
    (with_contract / "shared.py").write_text("LEAST = 0\n")
    (with_contract / "contracts" / "research.py").write_text(
        "from shared import LEAST\n" + CONTRACTS.replace("ge=0", "ge=LEAST")
    )
    before = compiled(with_contract)
    (with_contract / "shared.py").write_text("LEAST = 1\n")
    assert before[0] != compiled(with_contract)[0]


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", "[" * 100_000, "bit", "name", "folder", "unwritable"])
def test_a_damaged_cache_is_no_cache(damage: str, with_contract: Path) -> None:
    """A cache can make a run faster and never wrong, and its absence is no failure."""
    before = compiled(with_contract)
    (kept,) = (with_contract / ".parquetry" / "contracts").iterdir()
    if damage == "bit":
        kept.write_text(kept.read_text().replace("size", "sise"))
    elif damage == "name":
        kept.write_text(kept.read_text().replace("research:", "research2:"))
    elif damage == "folder":
        kept.unlink()
        kept.mkdir()
    elif damage == "unwritable":
        kept.unlink()
        kept.parent.rmdir()
        kept.parent.write_text("a file where the folder should be")
    else:
        kept.write_text(damage)
    assert (before[0], ["id", "size"], True) == compiled(with_contract)
    assert not list((with_contract / ".parquetry").rglob("*.draft"))
