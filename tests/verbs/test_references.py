"""Rows that name a row of another dataset, held against it within one snapshot."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from parquetry.errors import Config, Integrity, InvalidData
from parquetry.intake.job import Options
from tests.verbs.conftest import App

REFERENCES = """
[datasets.visits.references]
person = "people.id"
"""


@pytest.fixture
def bound(app: App) -> App:
    """Every visit names a person; p1 and p2 are there."""
    toml = app.root / "parquetry.toml"
    toml.write_text(toml.read_text() + REFERENCES)
    return app


def visit(number: int, person: str, month: int = 3) -> str:
    return f"insert into \"Visit\" values ({number}, '2026-{month:02}-15', '{person}', null, 1);"


def test_what_names_a_row_that_is_there_is_published(bound: App) -> None:
    assert 0 == bound.export().exit_code
    bound.sql("insert into people values ('p3', null);" + visit(100, "p3"))
    assert 100 in (bound.export(), bound.ids())[1]


def test_rows_that_name_nothing_are_refused_and_told(bound: App) -> None:
    bound.export()
    bound.sql(visit(100, "p9") + visit(101, "p9") + visit(102, "p8"))
    with pytest.raises(InvalidData) as refused:
        bound.export()
    assert "visits: 3 rows without the row of people that they name" == refused.value.failed
    assert ("person names no people.id in 3 rows (such as p8, p9)",) == refused.value.what
    assert {"visits": {"person:references": 3}} == refused.value.facts["broken"]
    assert 60 == len(bound.ids())


def test_not_strict_publishes_and_notes_them(bound: App) -> None:
    """Which of the two rows is wrong, nobody can know, so none is set aside."""
    bound.sql(visit(100, "p9"))
    done = bound.export(options=Options(strict=False))
    assert (0, 61) == (done.exit_code, len(bound.ids()))
    assert "person names no people.id in 1 row (such as p9)" in str(done)


def test_what_was_not_read_together_is_not_compared(bound: App) -> None:
    """A dataset by itself, and months that are kept, are of another moment."""
    bound.export()
    bound.sql("delete from people where id = 'p2'")
    assert 0 == bound.export("visits").exit_code
    bound.sql("update \"Visit\" set person = 'p1' where at >= '2026-03-01'")
    assert 0 == bound.export(since=datetime(2026, 3, 1)).exit_code
    with pytest.raises(InvalidData):
        bound.export()


def test_rows_read_alone_are_held_against_the_lake(bound: App) -> None:
    """The people are of an earlier moment, so it is told and nothing is stopped; read together, it is refused."""
    bound.export()
    bound.sql(visit(100, "p9") + visit(101, "p9"))
    done = bound.export("visits")
    assert (0, 62) == (done.exit_code, len(bound.ids()))
    assert (
        "person: 2 rows name no people.id of snapshot 1, which was read earlier (such as p9); "
        "parquetry export visits people reads both at one moment"
    ) in done.datasets[0].notes
    with pytest.raises(InvalidData):
        bound.export("visits", "people")


def test_rows_of_the_lake_are_held_against_what_is_read_alone(bound: App) -> None:
    """Whoever takes a person away hears which visits of the lake still name it; a person more is no news."""
    bound.export()
    bound.sql("insert into people values ('p3', null)")
    assert () == bound.export("people").datasets[0].notes
    bound.sql("delete from people where id = 'p2'")
    done = bound.export("people")
    assert (0, ["p1", "p3"]) == (done.exit_code, bound.ids("people"))
    assert (
        "id: 30 rows of visits in snapshot 2, which was read earlier, name by person what is not there (such as p2); "
        "parquetry export visits people reads both at one moment"
    ) in done.datasets[0].notes


def test_a_lake_that_cannot_answer_stops_nothing(bound: App) -> None:
    """It is told that nothing was held against it; what is damaged, as everywhere, after the commit."""
    toml = bound.root / "parquetry.toml"
    toml.write_text(toml.read_text().replace("people.id", "people.identity"))
    bound.export("people")
    (note,) = bound.export("visits").datasets[0].notes
    assert note.startswith("person was not held against people: people has no column identity; ")
    toml.write_text(toml.read_text().replace("people.identity", "people.id"))
    bound.sql(visit(100, "p1"))
    (file,) = bound.lake.current().files("people")
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-8] + b"x" * 8)
    with pytest.raises(Integrity, match="a file of people in snapshot 3 cannot be read"):
        bound.export("visits")
    assert 3 == bound.lake.current().number


def test_what_is_kept_can_be_named(bound: App) -> None:
    """The row that is named need not have been read now, if its dataset was."""
    toml = bound.root / "parquetry.toml"
    text = toml.read_text().replace(REFERENCES, "")
    toml.write_text(f'{text}\n[datasets.people.references]\nname = "visits.person"\n')
    bound.sql("update people set name = id where id = 'p1'")
    bound.export()
    bound.sql("update people set name = 'p2'; delete from \"Visit\" where at >= '2026-03-01' and person = 'p2'")
    assert 0 == bound.export(since=datetime(2026, 3, 1)).exit_code


def test_a_null_names_nothing(bound: App) -> None:
    toml = bound.root / "parquetry.toml"
    toml.write_text(toml.read_text().replace('person = "people.id"', 'mood = "people.id"'))
    bound.sql('update "Visit" set mood = null')
    assert 0 == bound.export().exit_code


NUMBERS = """

class Price(DataFrameModel):
    amount: str


class Sale(DataFrameModel):
    price: str
    number: pl.Int32
"""
OF_NUMBERS = """
[datasets.prices]
source = "app"
contract = "contracts.app:Price"

[datasets.sales]
source = "app"
contract = "contracts.app:Sale"

[datasets.sales.references]
price = "prices.amount"
number = "prices.amount"
"""


def test_numbers_that_are_published_as_text_are_compared_as_numbers(app: App) -> None:
    """As the database does, whose own foreign key holds them: 1.5 is 1.50, and 7 is 7.000; but 10 is not 1."""
    for path, more in (("contracts/app.py", NUMBERS), ("parquetry.toml", OF_NUMBERS)):
        (app.root / path).write_text((app.root / path).read_text() + more)
    app.sql("""create table prices (amount numeric primary key);
        create table sales (price numeric references prices, number int references prices);
        insert into prices values (1.50), (7.000), (10), (-0.30), (0.0), (123456789012345678901234567890.10);
        insert into sales values (1.5, 7), (10.00, 10), (-0.3, 0), (123456789012345678901234567890.1, 7)""")
    assert 0 == app.export("prices", "sales").exit_code
    app.sql("alter table sales drop constraint sales_price_fkey; insert into sales values (1, 7), (1.05, 7)")
    with pytest.raises(InvalidData) as refused:
        app.export("prices", "sales")
    assert ("price names no prices.amount in 2 rows (such as 1, 1.05)",) == refused.value.what


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('person = "peple.id"', "no dataset 'peple'; did you mean 'people'"),
        ('person = "people"', "person names DATASET.COLUMN"),
        ("person = 3", "person names DATASET.COLUMN"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(bound: App, line: str, says: str) -> None:
    toml = bound.root / "parquetry.toml"
    toml.write_text(toml.read_text().replace('person = "people.id"', line))
    with pytest.raises(Config, match=f"line {len(toml.read_text().splitlines())}:.*{says}"):
        _ = bound.project


def test_a_column_that_is_not_there_is_told(bound: App) -> None:
    toml = bound.root / "parquetry.toml"
    toml.write_text(toml.read_text().replace("people.id", "people.identity"))
    with pytest.raises(Config, match="names people.identity, which is not a column"):
        bound.export()
    assert not Path(bound.root / "data/lake/current").exists()
