"""A source's table that changes: what an export bears, what stops it, and what the manifest says of it."""

from __future__ import annotations

import duckdb
import polars
import pyarrow.dataset
import pytest

from parquetry import plan
from parquetry.errors import SchemaDrift
from parquetry.intake.job import Options

from .conftest import App

ACCEPT = Options(accept_drift=True)


def recorded(app: App, dataset: str = "visits") -> list[str]:
    return [each["says"] for each in app.lake.current().dataset(dataset).drift]


BORNE = [
    ('alter table "Visit" add note text', "note text is new and may be NULL"),
    ('alter table "Visit" drop secret', "secret is gone"),
    ('alter table "Visit" rename secret to hidden', "secret is now hidden (guessed: same type, at the same place)"),
    ('alter table "Visit" alter score type bigint', "score: integer is widened to bigint"),
    ('alter table "Visit" alter score type smallint', "score: integer is narrowed to smallint"),
    ('alter table "Visit" alter person drop not null', "person may now be NULL"),
    ("alter type mood add value 'EVEN' before 'ODD'", "mood may now be 'EVEN'"),
    ('alter table "Visit" rename to visits', "table public.Visit is now table public.visits"),
]


@pytest.mark.parametrize(("change", "said"), BORNE, ids=[said for _, said in BORNE])
def test_what_the_dataset_can_bear_is_published_and_recorded(app: App, change: str, said: str) -> None:
    app.export("visits")
    app.sql(change)
    done = app.export("visits")
    assert [f"drift: {said}"] == [note for note in done.datasets[0].notes if note.startswith("drift")]
    assert ([said], True) == (recorded(app), done.changed)
    again = app.export("visits")
    assert (False, ()) == (again.changed, tuple(n for n in again.datasets[0].notes if n.startswith("drift")))


BREAKING = [
    ('alter table "Visit" drop mood', "mood is gone"),
    ('alter table "Visit" rename mood to feeling', "mood is now feeling"),
    ('alter table "Visit" alter person type int using 7', "person: text is changed to integer"),
]


@pytest.mark.parametrize(("change", "said"), BREAKING, ids=[said for _, said in BREAKING])
def test_what_it_cannot_stops_the_run_with_every_difference(app: App, change: str, said: str) -> None:
    app.export("visits")
    app.sql(f'{change}; alter table "Visit" add note text')
    for run in (lambda: app.export("visits"), lambda: plan(app.project)):
        with pytest.raises(SchemaDrift) as drift:
            run()
        assert 12 == drift.value.exit_code
        assert any(line.startswith("breaking: ") and said in line for line in drift.value.what)
        assert "compatible: note text is new and may be NULL" in drift.value.what
    assert 1 == app.lake.current().number


def test_another_type_can_be_accepted_where_the_contract_can_publish_it(app: App) -> None:
    app.export("visits")
    app.sql('alter table "Visit" alter person type int using id')
    done = app.export("visits", options=ACCEPT)
    assert (2, ["person: text is changed to integer"]) == (done.snapshot, recorded(app))
    assert {str(i) for i in range(60)} == set(app.lake.current().read("visits")["person"])


def test_a_column_that_is_gone_cannot_be_accepted(app: App) -> None:
    app.export("visits")
    app.sql('alter table "Visit" drop mood')
    with pytest.raises(SchemaDrift, match="mood is gone"):
        app.export("visits", options=ACCEPT)


def test_plan_tells_of_drift(app: App) -> None:
    app.export()
    app.sql('alter table "Visit" add note text')
    assert any("drift: note text is new" in note for d in plan(app.project).datasets for note in d.notes)


def test_files_of_different_ages_read_together(app: App) -> None:
    """Some months are from before the change, some from after it; every reader takes them as one."""
    app.export("visits")
    app.sql(
        """alter table "Visit" alter score type bigint, add note text; update "Visit" set score = 1 where id = 59"""
    )
    app.export("visits")
    files = [str(path) for path in app.lake.current().files("visits")]
    runs = {path.rsplit("_", 1)[-1] for path in files}
    assert 2 == len(runs)
    assert 60 == len(duckdb.sql(f"SELECT * FROM read_parquet({files})").fetchall())
    assert 60 == polars.read_parquet(files).height
    assert 60 == pyarrow.dataset.dataset(files).to_table().num_rows
