"""Tables and columns with any name at all: exported as they are, or refused in so many words."""

from __future__ import annotations

from pathlib import Path

import pytest

from parquetry.lake import Lake

from .study import Study, made, require_told

NAMES = [
    'quo"te',
    "apo'strophe",
    "dot.ted",
    "sla/sh",
    "back\\slash",
    "per%cent %s",
    "{brace}",
    "new\nline",
    "tab\there",
    "select",
    " blank ",
    "ünïcödé ☃ 日本語",
    "x" * 63,
    "é" * 31,
    "$dollar$",
    "semi;colon --",
    "../../etc",
    "*",
    "?",
    "~",
    "rows",
    "_digest",
    "_min",
    "_max",
    "year",
    "month",
    "all",
    "empty",
    "null",
    "r",
    "k0",
    "m0",
    "c0",
    "staged",
    "pg",
    "at_",
]
TAKEN = "file_row_number file_index filename __partition _row _file _rules parquetry:raw:x".split()


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def toml(name: str) -> str:
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    return '"' + "".join(escapes.get(c, c) for c in name) + '"'


def project(tables: dict[str, str]) -> str:
    """Datasets by name, each with its table."""
    head = '[sources.app]\nkind = "postgres"\nurl = "env:DATABASE_URL"\n'
    body = (
        f'[datasets.{name}]\nsource = "app"\ntable = {toml(table)}\ncontract = "contracts.study:{name.upper()}"\n'
        f'key = ["id"]\ntime = "at"\n'
        for name, table in tables.items()
    )
    return head + "\n".join(body)


def contract(dataset: str, *columns: str) -> str:
    fields = "".join(
        f"    c{i}: str = Field(alias={column!r}, str_length={{'max_value': 99}})\n" for i, column in enumerate(columns)
    )
    return (
        f"class {dataset.upper()}(DataFrameModel):\n    id: int = Field(ge=0)\n    at: Moment\n{fields}\n"
        "    class Config:\n        strict = 'filter'\n\n\n"
    )


HEAD = "from pandera.polars import DataFrameModel, Field\n\nfrom parquetry.contracts.rules import Moment\n\n\n"


def test_any_name_of_a_table_and_of_a_column(tmp_path: Path, database: str) -> None:
    """Each table has a column of the same name; partitions, checks, quarantine and the catalog bear it."""
    tables = {f"d{i}": name for i, name in enumerate(NAMES)}
    study = made(
        tmp_path / "names", database, project(tables), HEAD + "".join(contract(d, n) for d, n in tables.items())
    )
    for name in NAMES:
        study.execute(
            f"create table {quoted(name)} (id int8, at timestamp, {quoted(name)} text)",
            f"insert into {quoted(name)} values (1, '2026-01-01', 'one'), (2, '2026-02-01', 'two')",
            f"insert into {quoted(name)} values (-3, '2026-02-01', 'bad')",
        )
    run = study.export("--non-strict", "--sync-duckdb")
    assert 11 == run.code, run
    snapshot = Lake(study.lake).current()
    for dataset, name in tables.items():
        frame = snapshot.read(dataset).sort("id")
        assert ["id", "at", name] == frame.columns
        assert [(1, "one"), (2, "two")] == list(zip(frame["id"], frame[name], strict=True)), name
    assert () == study.verified().problems
    query = study.run("query", f"SELECT {quoted(NAMES[0])} AS v FROM d0 ORDER BY 1", "--format", "csv")
    assert "v\none\ntwo\n" == query.out, query


@pytest.mark.parametrize("name", TAKEN)
def test_a_name_that_parquetry_needs_itself(tmp_path: Path, database: str, name: str) -> None:
    """Refused before a row is read, or it works; nothing is mixed up."""
    study = made(tmp_path / "taken", database, project({"one": name}), HEAD + contract("one", name))
    study.execute(f"create table {quoted(name)} (id int8, at timestamp, {quoted(name)} text)")
    study.execute(f"insert into {quoted(name)} values (1, '2026-01-01', 'one'), (-2, '2026-02-01', 'bad')")
    run = study.export("--non-strict")
    if run.code == 11:
        assert [(1, "one")] == Lake(study.lake).current().read("one").select("id", name).rows()
    else:
        require_told(run, "CONFIG", 20)
        assert f"may not name a column '{name}'" in run.err


def test_tables_that_differ_by_case(tmp_path: Path, database: str) -> None:
    tables = {"lower": "case", "upper": "CASE", "mixed": "Case"}
    study = made(tmp_path / "case", database, project(tables), HEAD + "".join(contract(d, "note") for d in tables))
    for i, table in enumerate(tables.values()):
        study.execute(
            f"create table {quoted(table)} (id int8, at timestamp, note text)",
            f"insert into {quoted(table)} values ({i}, '2026-01-01', '{table}')",
        )
    run = study.export()
    assert 0 == run.code, run
    snapshot = Lake(study.lake).current()
    assert tables == {name: snapshot.read(name)["note"].item() for name in tables}


def test_columns_that_differ_by_case(tmp_path: Path, database: str) -> None:
    """One of them is read as it is; both in one dataset no Parquet reader could tell apart."""
    study = made(tmp_path / "columns", database, project({"one": "t"}), HEAD + contract("one", "Note"))
    study.execute('create table t (id int8, at timestamp, note text, "Note" text, "NOTE" text)')
    study.execute("insert into t values (1, '2026-01-01', 'lower', 'Mixed', 'UPPER')")
    run = study.export()
    assert 0 == run.code, run
    assert ["Mixed"] == Lake(study.lake).current().read("one")["Note"].to_list()
    before = study.published()
    (study.root / "contracts" / "study.py").write_text(HEAD + contract("one", "Note", "note"))
    both = study.export()
    require_told(both, "CONFIG", 20)
    assert "'Note' and 'note'" in both.err
    assert before == study.published()


@pytest.mark.parametrize("name", ["Events", "1st", "a-b", "a b", "ä", "a/b", "..", "a" * 64])
def test_a_dataset_has_a_plain_name(study: Study, name: str) -> None:
    """It is a folder and a view, so the name is refused before anything is touched."""
    study.rewrite("parquetry.toml", lambda text: text.replace("[datasets.people]", f'[datasets."{name}"]'))
    run = study.export()
    assert 20 == run.code, run
    assert name in run.err
    assert not study.lake.exists()
