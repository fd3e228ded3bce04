"""Every hostile value, through the front door, is in three readers what PostgreSQL says it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parquetry import Project, sync
from parquetry.contracts import Contract, Field
from parquetry.sources import Window, postgres
from tests.verbs.test_sync import reader as catalog_reader

from .conftest import Study, begin
from .hostile import VALUES
from .proof import READERS, Column, Rows, Table, fill, meant, printed, published, same

NATIVE = [h for h in VALUES if h.native]
BEYOND = [h for h in NATIVE if h.beyond]
# Often enough for the writer to make a dictionary of a column's values. Two zeros: see below.
REPEATED = {h.type: tuple(v for v in h.plain if v != "-0") * 12 for h in NATIVE}
# What the parallel scan does not decode, and therefore a select of the server brings.
SELECTED = ("numeric", "numeric(65,30)", "positive", "price", "any_number", "moment", "several", "positive[]",
            "words[]", '"goodMood"[]')  # fmt: skip
SCANNED = [h for h in NATIVE if h.type not in SELECTED]
AS_TEXT = ("int4", "int8", "text", "varchar", "json", "jsonb", "uuid", '"Mood"')  # by that scan too

TABLES: dict[str, Table] = {
    "texts": {f"c{i}": Column(h.type, (*h.plain, *h.beyond)) for i, h in enumerate(VALUES)},
    "natives": {f"c{i}": Column(h.type, h.plain, h.native) for i, h in enumerate(NATIVE)},
    "scanned": {
        **{f"c{i}": Column(h.type, h.plain, h.native) for i, h in enumerate(SCANNED)},
        **{f"t{i}": Column(h.type, h.plain) for i, h in enumerate(h for h in VALUES if h.type in AS_TEXT)},
    },
    "repeated": {f"c{i}": Column(h.type, REPEATED[h.type], h.native) for i, h in enumerate(NATIVE)},
}
ZEROS: Table = {
    "single": Column("float4", ("0", "-0") * 12, "FLOAT"),
    "double": Column("float8", ("0", "-0") * 12, "DOUBLE"),
    "list": Column("float8[]", ("{0,-0}", "{-0}") * 12, "DOUBLE[]"),
}

MISFITS: Table = {f"c{i}": Column(h.type, (*h.plain, *h.beyond), h.native) for i, h in enumerate(BEYOND)}


@pytest.fixture(scope="module")
def study(hostile_database: str, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """All tables written, exported in one run."""
    made = begin(hostile_database, tmp_path_factory.mktemp("values"))
    for name, table in TABLES.items():
        made.add(name, table)
    made.export()
    return made


@pytest.fixture(scope="module")
def own_text(study: Study) -> dict[str, Rows]:
    """PostgreSQL's own text of every table."""
    with psycopg.connect(study.url, autocommit=True) as server:
        return {name: printed(server, name, table) for name, table in TABLES.items()}


@pytest.fixture(scope="module")
def misfits(hostile_database: str, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The same with values that no native form holds, once for each policy that publishes."""
    made = begin(hostile_database, tmp_path_factory.mktemp("misfits"))
    made.add("text", MISFITS, table="misfits")
    with psycopg.connect(made.url, autocommit=True) as server:
        fill(server, "misfits", MISFITS)
    for policy in ("null_and_flag", "quarantine"):
        made.add(policy, MISFITS, table="misfits", metadata=f", metadata={{'misfits': '{policy}'}}")
    made.export()
    return made


def by_column(rows: Rows, names: Iterable[str]) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def read(study: Study, dataset: str, reader: str, columns: Sequence[str]) -> dict[str, list[Any]]:
    """Each column of what was published."""
    return by_column(READERS[reader](published(study.lake.path, dataset), columns), columns)


def values(rows: Rows, table: Table) -> set[tuple[str, str]]:
    """The different values of a table, by their type and PostgreSQL's text of them."""
    columns = by_column(rows, table).items()
    return {(table[name].type, text) for name, texts in columns for text in texts if text is not None}


def types(study: Study, dataset: str) -> dict[str, str]:
    """How the manifest says that each column is published."""
    return {c.name: c.type for c in study.lake.current().manifest.datasets[dataset].columns if c.name != "n"}


@pytest.mark.parametrize("reader", READERS)
def test_as_text_every_value_is_postgresqls_own_text(study: Study, own_text: dict[str, Rows], reader: str) -> None:
    table = TABLES["texts"]
    found = read(study, "texts", reader, list(table))
    for name, texts in by_column(own_text["texts"], table).items():
        assert texts == found[name], table[name].type
    assert {"VARCHAR"} == set(types(study, "texts").values())
    assert 500 < len(values(own_text["texts"], table))
    assert 120 < len({type for type, _ in values(own_text["texts"], table)})


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("dataset", ["natives", "scanned", "repeated"])
def test_a_native_value_is_what_postgresqls_text_means(
    study: Study, own_text: dict[str, Rows], dataset: str, reader: str
) -> None:
    """To the last bit, whether the server selects it or the parallel scan decodes it."""
    table = TABLES[dataset]
    found = read(study, dataset, reader, list(table))
    for name, texts in by_column(own_text[dataset], table).items():
        native = table[name].native
        assert [meant(text, native) for text in texts] == [same(value) for value in found[name]], table[name].type
    assert {name: column.native for name, column in table.items()} == types(study, dataset)
    assert 200 < len(values(own_text[dataset], table))
    assert 35 < len({type for type, _ in values(own_text[dataset], table)})


def test_both_ways_of_reading_were_tried(study: Study) -> None:
    """The natives are selected by the server; the others are decoded by the parallel scan."""
    ways = {}
    for name in ("natives", "scanned"):
        fields = [Field(column, c.native, nullable=True) for column, c in TABLES[name].items()]
        with postgres.open(study.url, source="app", run="test") as reading:
            found = reading.table([name])
            look = reading.look(found, Contract("test", tuple(fields)), Window())
            ways[name] = "postgres_query" in reading.rows(found, look.columns, Window())
    assert {"natives": True, "scanned": False} == ways


@pytest.mark.parametrize("mode", ["table", "live"])
def test_a_catalog_of_another_mode_has_what_the_views_have(
    study: Study, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every column with its type, every value to the last bit, in the dataset and in its typed view."""
    views, others = (shown(study, each, monkeypatch) for each in ("view", mode))
    assert {*TABLES, "texts_typed"} == views.keys() == others.keys()
    for name, columns in views.items():
        assert columns.keys() == others[name].keys()
        for column in columns:
            assert columns[column] == others[name][column], (name, column)


def shown(study: Study, mode: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, list[Any]]]:
    """By view and column of a catalog: its type, and DuckDB's text of each value, which no two values share."""
    built = sync(Project.open(study.root, database_url=study.url), mode=mode)
    found: dict[str, dict[str, list[Any]]] = {}
    with catalog_reader(built, monkeypatch) as con:
        for view in built.views:
            types = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {view}").fetchall()}
            items = ", ".join(f'"{name}"::VARCHAR' for name in types)
            rows = con.execute(f"SELECT {items} FROM {view} ORDER BY n").fetchall()
            found[view] = {name: [types[name], *values] for name, values in by_column(rows, types).items()}
    return found


@pytest.mark.parametrize("reader", READERS)
def test_zeros_keep_their_sign(hostile_database: str, tmp_path: Path, reader: str) -> None:
    """Also where the writer makes a dictionary of a column's values: https://github.com/duckdb/duckdb/issues/25781"""
    study = begin(hostile_database, tmp_path)
    with psycopg.connect(study.url, autocommit=True) as server:
        server.execute("drop table if exists zeros")
        study.add("zeros", ZEROS)
        texts = by_column(printed(server, "zeros", ZEROS), ZEROS)
    study.export()
    found = read(study, "zeros", reader, list(ZEROS))
    for name, column in ZEROS.items():
        assert [meant(text, column.native) for text in texts[name]] == [same(value) for value in found[name]], name


@pytest.mark.parametrize("reader", READERS)
def test_where_a_value_has_no_native_form_the_column_is_text(misfits: Study, reader: str) -> None:
    """Not the value alone: a column has one type."""
    found = read(misfits, "text", reader, list(MISFITS))
    for name, texts in misfit_texts(misfits).items():
        assert texts == found[name], MISFITS[name].type
    assert {"VARCHAR"} == set(types(misfits, "text").values())


@pytest.mark.parametrize("reader", READERS)
def test_a_flagged_misfit_is_null_with_its_text_beside_it(misfits: Study, reader: str) -> None:
    found = read(misfits, "null_and_flag", reader, [*MISFITS, *(f"{name}_misfit" for name in MISFITS)])
    for name, texts in misfit_texts(misfits).items():
        column, rows = MISFITS[name], range(len(texts))
        expected = [None if n in beyond(name) else meant(texts[n], column.native) for n in rows]
        assert expected == [same(value) for value in found[name]], column.type
        assert [texts[n] if n in beyond(name) else None for n in rows] == found[f"{name}_misfit"], column.type
    assert {name: column.native for name, column in MISFITS.items()}.items() <= types(misfits, "null_and_flag").items()


@pytest.mark.parametrize("reader", READERS)
def test_rows_without_misfits_are_native_where_the_others_are_set_aside(misfits: Study, reader: str) -> None:
    found = read(misfits, "quarantine", reader, ["n", *MISFITS])
    aside = {n for name in MISFITS for n in beyond(name)}
    texts = misfit_texts(misfits)
    height = len(next(iter(texts.values())))
    kept = [n for n in range(height) if n not in aside]
    assert kept == found["n"]
    for name, column in MISFITS.items():
        assert [meant(texts[name][n], column.native) for n in kept] == [same(v) for v in found[name]], column.type
    account = misfits.lake.current().manifest.datasets["quarantine"].account
    assert (height, len(kept), len(aside)) == (account.source, account.published, account.quarantined)


def test_every_misfit_is_counted(misfits: Study) -> None:
    """In the manifest, column by column."""
    columns = misfits.lake.current().manifest.datasets["text"].columns
    assert {name: len(beyond(name)) for name in MISFITS} == {c.name: c.misfits for c in columns if c.name != "n"}


def misfit_texts(study: Study) -> dict[str, list[str | None]]:
    with psycopg.connect(study.url, autocommit=True) as server:
        return by_column(printed(server, "misfits", MISFITS), MISFITS)


def beyond(name: str) -> range:
    """The rows in which *name* has a misfit."""
    column = BEYOND[int(name[1:])]
    return range(len(column.plain), len(column.plain) + len(column.beyond))
