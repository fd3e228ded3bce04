"""Values that a column's type cannot hold: what each policy makes of them, and that no column's type flips."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import pytest

from parquetry import plan, query, why
from parquetry.errors import BadContract, InvalidData, SchemaDrift, Usage
from parquetry.intake.job import Options
from parquetry.lake.manifest import PublishedColumn
from parquetry.project import Project

from .conftest import App

CONTRACT = """
from datetime import datetime

import polars as pl
from pandera.polars import DataFrameModel, Field


class Payment(DataFrameModel):
    id: int
    at: datetime
    text: datetime = Field(nullable=True)
    flagged: datetime = Field(nullable=True, metadata={"misfits": "null_and_flag"})
    aside: pl.Decimal(20, 4) = Field(nullable=True, metadata={"misfits": "quarantine"})
    refused: pl.Decimal(20, 4) = Field(nullable=True, metadata={"misfits": "refuse"})
    ruled: pl.Decimal(20, 4) = Field(nullable=True, ge=0)
    exact: str = Field(nullable=True)
    narrow: pl.Int32 = Field(nullable=True)
    narrowed: pl.Int32 = Field(nullable=True, metadata={"misfits": "null_and_flag"})
"""

TOML = """
[sources.app]
kind = "postgres"
url = "env:DATABASE_URL"

[datasets.payments]
source = "app"
table = "payments"
contract = "contracts.pay:Payment"
key = ["id"]
time = "at"
"""

SCHEMA = """
create table payments (
    id bigint primary key, at timestamp not null, text timestamp, flagged timestamp,
    aside numeric, refused numeric, ruled numeric, exact numeric, narrow bigint, narrowed bigint
);
insert into payments
    select i, timestamp '2026-01-10' + i * interval '20 days', timestamp '2026-01-01', timestamp '2026-01-01',
        i / 4.0, i / 4.0, i / 4.0, i * 0.125, i, i
    from generate_series(0, 9) i;
"""
JULY = datetime(2026, 7, 1)
MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07"]


@pytest.fixture
def payments(database: str, tmp_path: Path) -> App:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/pay.py").write_text(CONTRACT)
    (tmp_path / "parquetry.toml").write_text(TOML)
    app = App(database, tmp_path)
    app.sql(SCHEMA)
    return app


def column(app: App, name: str) -> PublishedColumn:
    found = app.lake.current().dataset("payments").column(name)
    assert found is not None
    return found


def test_without_misfits_every_column_is_what_the_contract_says(payments: App) -> None:
    payments.export()
    published = {c.name: (c.type, c.native, c.misfits) for c in payments.lake.current().dataset("payments").columns}
    assert {
        "id": ("BIGINT", True, 0),
        "at": ("TIMESTAMP", True, 0),
        "text": ("TIMESTAMP", True, 0),
        "flagged": ("TIMESTAMP", True, 0),
        "flagged_misfit": ("VARCHAR", False, 0),
        "aside": ("DECIMAL(20,4)", True, 0),
        "refused": ("DECIMAL(20,4)", True, 0),
        "ruled": ("DECIMAL(20,4)", True, 0),
        "exact": ("VARCHAR", False, 0),
        "narrow": ("INTEGER", True, 0),
        "narrowed": ("INTEGER", True, 0),
        "narrowed_misfit": ("VARCHAR", False, 0),
    } == published
    assert [None] * 10 == payments.lake.current().read("payments")["flagged_misfit"].to_list()


class TestText:
    def test_the_whole_column_is_its_exact_text(self, payments: App) -> None:
        payments.sql("update payments set text = 'infinity' where id = 3")
        done = payments.export()
        read = payments.lake.current().read("payments").sort("id")
        assert ["2026-01-01 00:00:00"] * 3 + ["infinity"] + ["2026-01-01 00:00:00"] * 6 == read["text"].to_list()
        assert ("VARCHAR", "TIMESTAMP", "text", 1) == (
            (c := column(payments, "text")).type, c.declared, c.policy, c.misfits,
        )  # fmt: skip
        assert any("text: 1 value of timestamp" in note and "exact text" in note for note in done.datasets[0].notes)

    def test_it_stays_text_when_the_misfits_are_gone(self, payments: App) -> None:
        """So that no reader meets one type today and another tomorrow."""
        payments.sql("update payments set text = 'infinity' where id = 3")
        payments.export()
        payments.sql("update payments set text = null where id = 3")
        done = payments.export()
        assert ("VARCHAR", 0) == ((c := column(payments, "text")).type, c.misfits)
        assert any("published as text, as before" in note for note in done.datasets[0].notes)
        payments.export(options=Options(accept_drift=True), full=True)
        assert "TIMESTAMP" == column(payments, "text").type

    def test_a_native_column_does_not_become_text_unasked(self, payments: App) -> None:
        payments.export()
        payments.sql("update payments set text = '-infinity' where id = 3")
        with pytest.raises(SchemaDrift) as drift:
            payments.export()
        assert 12 == drift.value.exit_code
        assert "--accept-drift" in drift.value.next and "misfits" in drift.value.next
        assert 1 == payments.lake.current().number
        with pytest.raises(SchemaDrift):
            plan(payments.project)

    def test_accepted_drift_reads_everything(self, payments: App) -> None:
        """Also the months that the options leave out: a dataset has one type for each column."""
        payments.export()
        payments.sql("update payments set text = '0044-03-15 BC' where id = 9")
        done = payments.export(options=Options(accept_drift=True), since=JULY)
        assert MONTHS == sorted(payments.lake.current().dataset("payments").partitions)
        assert (10, "VARCHAR") == (done.datasets[0].read.source, column(payments, "text").type)
        assert "0044-03-15 00:00:00 BC" == payments.lake.current().read("payments").sort("id")["text"][9]

    def test_drift_accepted_for_one_column_leaves_the_others(self, payments: App) -> None:
        path = payments.root / "contracts/pay.py"
        path.write_text(path.read_text() + "    other: datetime = Field(nullable=True)\n")
        payments.sql("alter table payments add other timestamp; update payments set text = 'infinity' where id = 3")
        payments.export()
        payments.sql(
            "update payments set text = null where id = 3; update payments set other = 'infinity' where id = 3"
        )
        payments.export(options=Options(accept_drift=True))
        assert ["VARCHAR", "VARCHAR"] == [column(payments, name).type for name in ("text", "other")]

    def test_a_window_without_misfits_says_nothing_of_all_values(self, payments: App) -> None:
        payments.sql("update payments set text = 'infinity' where id = 0")
        payments.export()
        payments.sql("update payments set exact = 7 where id = 9")
        done = payments.export(since=JULY)
        assert not any("would fit" in note for note in done.datasets[0].notes)

    def test_misfits_of_months_that_stay_are_still_counted(self, payments: App) -> None:
        payments.sql("update payments set text = 'infinity' where id in (0, 1, 9)")
        payments.export()
        payments.sql("update payments set text = null where id = 9")
        payments.export(since=JULY)
        assert 2 == column(payments, "text").misfits

    def test_where_a_rule_reads_the_column_misfits_break_the_contract(self, payments: App) -> None:
        """The rule could not be held against text, and would pass what nobody has looked at."""
        payments.sql("update payments set ruled = 'NaN' where id = 3")
        with pytest.raises(InvalidData, match="1 of 10 rows"):
            payments.export()
        payments.export(options=Options(strict=False))
        assert ("DECIMAL(20,4)", "contract") == ((c := column(payments, "ruled")).type, c.policy)


class TestTimesInNoMonth:
    """They share a partition, which every run with a window replaces as a whole."""

    @pytest.mark.parametrize("window", [{"since": JULY}, {"until": datetime(2026, 2, 1)}, {"days": 30}])
    def test_none_is_lost_whichever_part_is_read(self, payments: App, window: dict[str, Any]) -> None:
        times = ["infinity", "-infinity", "0044-03-15 BC", "12345-01-01"]
        for i, time in enumerate(times):
            payments.sql(f"insert into payments (id, at) values ({100 + i}, '{time}')")
        payments.export()
        payments.sql("update payments set exact = 1 where id in (0, 9, 101)")
        done = payments.export(**window)
        assert [*range(10), 100, 101, 102, 103] == payments.ids("payments")
        assert any("at: 4 values" in note for note in done.datasets[0].notes)


class TestNullAndFlag:
    def test_the_value_is_null_and_its_text_beside_it(self, payments: App) -> None:
        payments.sql("update payments set flagged = 'infinity' where id = 3")
        done = payments.export()
        read = payments.lake.current().read("payments").sort("id")
        assert polars.Datetime("us") == read["flagged"].dtype
        assert (None, "infinity") == read.row(3)[3:5]
        assert [None] * 9 == [text for i, text in enumerate(read["flagged_misfit"]) if i != 3]
        assert 1 == column(payments, "flagged").misfits
        assert any("flagged_misfit has their text" in note for note in done.datasets[0].notes)

    def test_it_comes_and_goes_without_drift(self, payments: App) -> None:
        payments.export()
        schema = payments.lake.current().dataset("payments").schema
        payments.sql("update payments set flagged = 'infinity' where id = 3")
        payments.export()
        assert schema == payments.lake.current().dataset("payments").schema
        payments.sql("update payments set flagged = null where id = 3")
        payments.export()
        assert schema == payments.lake.current().dataset("payments").schema

    def test_unchecked_too(self, payments: App) -> None:
        payments.sql("update payments set flagged = 'infinity', text = 'infinity' where id = 3")
        payments.export(options=Options(validate=False))
        assert ("infinity", None, "infinity") == payments.lake.current().read("payments").sort("id").row(3)[2:5]

    def test_a_column_that_may_not_be_null_cannot_have_it(self, payments: App) -> None:
        path = payments.root / "contracts/pay.py"
        path.write_text(
            path.read_text().replace('nullable=True, metadata={"misfits": "null', 'metadata={"misfits": "null')
        )
        with pytest.raises(BadContract, match="may not be NULL"):
            payments.export()


class TestQuarantine:
    def test_its_row_is_set_aside_and_the_rest_published(self, payments: App) -> None:
        """Strict or not: the policy is what the contract says of just these values."""
        payments.sql("update payments set aside = 'NaN' where id = 3; update payments set aside = 1e-9 where id = 4")
        done = payments.export()
        assert (11, 2) == (done.exit_code, done.quarantined)
        assert [i for i in range(10) if i not in (3, 4)] == payments.ids("payments")
        assert done.quarantine is not None
        rows = polars.read_parquet(done.quarantine / "payments.parquet").sort("id")
        assert ["NaN", "0.000000001"] == rows["aside"].to_list()
        assert "DECIMAL(20,4)" == column(payments, "aside").type

    def test_other_broken_rules_still_stop_a_strict_run(self, payments: App) -> None:
        payments.sql("update payments set aside = 'NaN', ruled = -1 where id = 3")
        with pytest.raises(InvalidData):
            payments.export()


def test_refuse_stops_even_a_run_that_is_not_strict(payments: App) -> None:
    payments.sql("update payments set refused = 'Infinity' where id = 3")
    with pytest.raises(InvalidData) as refused:
        payments.export(options=Options(strict=False))
    assert 10 == refused.value.exit_code


@pytest.mark.parametrize(("column", "code"), [("aside", 11), ("refused", 10), ("narrow", 10)])
def test_unchecked_too_nothing_is_published_that_its_type_cannot_hold(payments: App, column: str, code: int) -> None:
    value = "3000000000" if column == "narrow" else "'NaN'"
    payments.sql(f"update payments set {column} = {value} where id = 3")
    unchecked = Options(validate=False)
    if code == 11:
        done = payments.export(options=unchecked)
        assert (11, 9, False) == (done.exit_code, done.datasets[0].rows, done.validated)
        return
    with pytest.raises(InvalidData):
        payments.export(options=unchecked)


def test_a_policy_holds_where_the_contract_asks_for_less_than_the_source_has(payments: App) -> None:
    """Left at text, what does not fit breaks the contract: who asks for integers is not given text."""
    payments.sql("update payments set narrowed = 3000000000 where id = 3")
    payments.export()
    read = payments.lake.current().read("payments").sort("id")
    assert (None, "3000000000") == (read["narrowed"][3], read["narrowed_misfit"][3])
    payments.sql("update payments set narrow = 3000000000 where id = 3")
    with pytest.raises(InvalidData, match="1 of 10 rows"):
        payments.export()


class TestTypedView:
    def test_text_is_read_as_what_it_means(self, payments: App) -> None:
        payments.sql("update payments set text = 'infinity' where id = 3")
        payments.export(sync=True)
        types = dict(rows(payments.project, "SELECT column_name, column_type FROM (DESCRIBE payments_typed)"))
        assert ("DECIMAL(4,3)", "VARCHAR", "TIMESTAMP", "VARCHAR") == (
            types["exact"], types["exact_text"], types["text"], types["text_text"],
        )  # fmt: skip
        found = rows(payments.project, "SELECT exact, exact_text, text, text_text FROM payments_typed WHERE id = 3")
        assert [(Decimal("0.375"), "0.375", None, "infinity")] == found

    def test_a_value_of_too_many_digits_leaves_text_only(self, payments: App) -> None:
        payments.sql("update payments set exact = 'NaN' where id = 3")
        payments.export()
        assert "" == column(payments, "exact").reading


class TestWhy:
    def test_it_says_what_the_manifest_says(self, payments: App) -> None:
        payments.sql("update payments set text = 'infinity' where id = 3")
        payments.export()
        told = why(payments.project, "payments.text")
        assert ("VARCHAR", "TIMESTAMP", 1) == (told.column.type, told.column.declared, told.since)
        assert "1 value that TIMESTAMP cannot hold; policy text" in str(told)
        assert "payments_typed" in str(told)
        assert "DECIMAL(20,4) holds every numeric but NaN" in str(why(payments.project, "payments.aside"))

    @pytest.mark.parametrize("column", ["payments", "payments.txet"])
    def test_a_column_that_is_not_there(self, payments: App, column: str) -> None:
        payments.export()
        with pytest.raises(Usage):
            why(payments.project, column)


def rows(project: Project, sql: str) -> list[tuple[Any, ...]]:
    return query(project, sql).frame.rows()
