"""The main job: what lands in the lake is what the source held, checked, or nothing."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import Any

import polars
import pyarrow.parquet
import pytest

from parquetry import Project, config, export
from parquetry.errors import Config, InvalidData, NoSuchTable, SchemaDrift, Usage
from parquetry.intake.job import Options
from parquetry.lake.verify import verify

from .conftest import App

NON_STRICT = Options(strict=False)
ALL = list(range(60))  # 2026-01-10 to 2026-03-10: 22 days of January, 28 of February, 10 of March
JANUARY, FEBRUARY, MARCH = ALL[:22], ALL[22:50], ALL[50:]


def test_everything_lands_by_month(app: App) -> None:
    done = app.export()
    assert ALL == app.ids()
    assert {"2026-01", "2026-02", "2026-03"} == set(app.lake.current().dataset("visits").partitions)
    (visits, people) = done.datasets
    assert (60, 3, 60) == (visits.rows, visits.files, visits.read.published)
    assert ("2026-01-10 12:00:00", "2026-03-10 12:00:00") == (visits.first, visits.last)
    assert {"person": (2, ("p1", "p2")), "mood": (2, ("HIGH", "LOW"))} == visits.seen
    assert 2 == people.rows
    assert () == verify(app.lake.store).problems


def test_columns_outside_the_contract_are_left_out(app: App) -> None:
    app.export()
    assert ["id", "at", "person", "mood", "score"] == app.lake.current().read("visits").columns


def test_an_unchanged_source_commits_nothing(app: App) -> None:
    assert app.export().changed
    again = app.export()
    assert (False, 1) == (again.changed, again.snapshot)
    assert 1 == len(list(app.lake.snapshots()))


def test_only_the_changed_month_is_written_again(app: App) -> None:
    app.export()
    app.sql('update "Visit" set score = 99 where id = 0')
    app.export()
    old, new = (app.lake.snapshot(n).dataset("visits").partitions for n in (1, 2))
    assert old["2026-02"].files == new["2026-02"].files
    assert old["2026-01"].files != new["2026-01"].files
    assert 2 == len({p.position.split("/")[0] for p in (old["2026-01"], new["2026-01"])})


def test_every_position_is_of_one_snapshot(app: App) -> None:
    """All datasets of a run were read under one exported snapshot, and the manifest says which."""
    app.export()
    manifest = app.lake.current().manifest
    (position,) = manifest.positions.values()
    assert {"source", "kind", "clock", "database", "lsn", "system_identifier", "server_version"} <= set(position)
    assert {p.position for d in manifest.datasets.values() for p in d.partitions.values()} == set(manifest.positions)


class TestWindows:
    def test_a_window_is_rounded_out_and_the_rest_stays(self, app: App) -> None:
        """Day 91 does not fall out of a study because a job looks back 90 days."""
        app.export()
        app.sql('delete from "Visit" where id in (0, 59)')
        done = app.export("visits", since=_day("2026-03-05"))
        assert [*ALL[:59]] == app.ids()
        assert 9 == done.datasets[0].read.source
        app.export()
        assert ALL[1:59] == app.ids()

    def test_until_is_not_included(self, app: App) -> None:
        app.export("visits", until=_day("2026-02-01"))
        assert JANUARY == app.ids()
        app.export("visits", since=_day("2026-02-10"), until=_day("2026-02-11"))
        assert JANUARY + FEBRUARY == app.ids()

    def test_days_count_from_the_sources_clock(self, app: App) -> None:
        app.sql("""insert into "Visit" values (900, now() at time zone 'UTC' - interval '2 days', 'p1', null, 1)""")
        app.export("visits", days=5)
        assert [900] == app.ids()

    def test_a_month_that_is_empty_now_disappears(self, app: App) -> None:
        app.export()
        app.sql("""delete from "Visit" where at >= '2026-03-01'""")
        app.export("visits", since=_day("2026-03-01"))
        assert JANUARY + FEBRUARY == app.ids()

    def test_a_changed_contract_reads_everything(self, app: App) -> None:
        app.export()
        contract = app.root / "contracts/app.py"
        contract.write_text(contract.read_text().replace("le=100", "le=90"))
        done = app.export("visits", since=_day("2026-03-01"))
        assert 60 == done.datasets[0].read.source
        assert "contract has changed" in done.datasets[0].notes[0]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"days": 0},
            {"days": 3, "since": "2026-01-01"},
            {"since": "2026-02-01", "until": "2026-01-01"},
            {"where": {"a": "b"}},
        ],
    )
    def test_contradictions(self, app: App, wrong: dict[str, Any]) -> None:
        select: dict[str, Any] = {
            k: _day(v) if k in ("since", "until") and isinstance(v, str) else v for k, v in wrong.items()
        }
        with pytest.raises(Usage):
            app.export("visits", **select)


class TestMovedRows:
    """A row whose time changed is in one partition before and another after: never in both, never in none."""

    def test_into_the_window(self, app: App) -> None:
        """Its key is also in a month that was to be kept, which is read again."""
        app.export()
        app.sql("""update "Visit" set at = '2026-03-09' where id = 0""")
        done = app.export("visits", since=_day("2026-03-01"))
        assert ALL == app.ids()
        assert "2026-01" in done.datasets[0].notes[0]
        assert 21 == app.lake.current().dataset("visits").partitions["2026-01"].rows

    def test_out_of_the_window(self, app: App) -> None:
        """Its key is gone from the month that was read; the source says where it went."""
        app.export()
        app.sql("""update "Visit" set at = '2026-01-11' where id = 59""")
        app.export("visits", since=_day("2026-03-01"))
        assert ALL == app.ids()
        assert 23 == app.lake.current().dataset("visits").partitions["2026-01"].rows

    def test_in_a_chain(self, app: App) -> None:
        """Reading one more month again shows that yet another is needed."""
        app.export()
        app.sql(
            """update "Visit" set at = '2026-03-09' where id = 22; update "Visit" set at = '2026-02-11' where id = 0"""
        )
        app.export("visits", since=_day("2026-03-01"))
        assert ALL == app.ids()

    def test_a_deleted_row_is_not_looked_for(self, app: App) -> None:
        app.export()
        app.sql('delete from "Visit" where id = 59')
        done = app.export("visits", since=_day("2026-03-01"))
        assert ((), ALL[:59]) == (done.datasets[0].notes, app.ids())


class TestBrokenRows:
    @pytest.fixture(autouse=True)
    def bad(self, app: App) -> None:
        app.sql("""
            update "Visit" set score = 101 where id in (3, 4);
            update "Visit" set mood = 'ODD' where id = 4;
            update "Visit" set at = now() + interval '3 days' where id = 59;
        """)

    def test_strict_publishes_nothing(self, app: App) -> None:
        with pytest.raises(InvalidData) as told:
            app.export()
        text = str(told.value)
        assert "visits: 3 of 60 rows break the contract" in text
        assert "unchanged; no snapshot yet" in text
        assert [] == list(app.lake.snapshots())
        broken = told.value.facts["broken"]
        assert {"visits": {"score:le": 2, "mood:isin": 1, "at_not_future": 1}} == {
            k: {_short(r): n for r, n in v.items()}
            for k, v in broken.items()  # type: ignore[attr-defined]
        }

    def test_the_whole_list_is_in_the_quarantine(self, app: App) -> None:
        with pytest.raises(InvalidData) as told:
            app.export()
        folder = app.lake.path / "_quarantine" / app.lake.runs[-1].id
        assert str(folder) == told.value.facts["quarantine"]
        assert 0o700 == folder.parent.stat().st_mode & 0o777
        rows = polars.read_parquet(folder / "visits.parquet")
        assert [3, 4, 59] == sorted(rows["id"].to_list())
        assert 2 == len(rows.filter(polars.col("id") == 4)["_rules"].to_list()[0])
        with (folder / "visits.csv").open() as report:
            assert 4 == len(list(csv.DictReader(report)))

    def test_non_strict_publishes_the_rest(self, app: App) -> None:
        done = app.export(options=NON_STRICT)
        assert 11 == done.exit_code
        assert [i for i in ALL if i not in (3, 4, 59)] == app.ids()
        visits = app.lake.current().dataset("visits")
        assert "source 60 = published 57 + quarantined 3 + excluded 0" == str(visits.account)
        assert () == verify(app.lake.store).problems
        assert not app.export(options=NON_STRICT).changed

    def test_no_validate_says_so_loudly(self, app: App) -> None:
        done = app.export(options=Options(validate=False))
        assert not done.validated
        assert ALL == app.ids()
        assert not app.lake.current().dataset("visits").contract.validated
        with pytest.raises(InvalidData):
            app.export()

    def test_a_whole_month_of_bad_rows_still_closes_its_account(self, app: App) -> None:
        app.sql('update "Visit" set score = -1')
        app.export(options=NON_STRICT)
        visits = app.lake.current().dataset("visits")
        assert (0, 60) == (visits.rows, visits.account.quarantined)
        assert [] == app.ids()


def test_a_value_that_parquet_cannot_hold_is_not_changed(app: App) -> None:
    """-infinity is no timestamp elsewhere: the row is refused, or set aside as text, never altered."""
    app.sql("""update "Visit" set at = '-infinity' where id = 7""")
    with pytest.raises(InvalidData, match="1 of 60 rows"):
        app.export("visits")
    app.export("visits", options=NON_STRICT)
    assert [i for i in ALL if i != 7] == app.ids()
    aside = polars.read_parquet(app.lake.path / "_quarantine" / app.lake.runs[-1].id / "visits.parquet")
    assert ["-infinity"] == aside["at"].to_list()
    assert {"TIMESTAMP"} == {c.type for c in app.lake.current().dataset("visits").columns if c.name == "at"}


class TestKeys:
    def test_unique_over_the_whole_dataset(self, app: App) -> None:
        """Also against a kept partition: a view has no primary key to rely on."""
        app.sql('alter table "Visit" rename to v; create view "Visit" as select * from v')
        app.export("visits")
        app.sql("""create or replace view "Visit" as select * from v union all
            select id, '2026-03-10'::timestamp(3), person, mood, score, secret from v where id = 0""")
        with pytest.raises(InvalidData) as told:
            app.export("visits", since=_day("2026-03-01"))
        assert "unique" in str(told.value)


def test_a_filtered_copy_has_a_name_of_its_own(app: App) -> None:
    app.export()
    app.export("visits", where={"person": "p1"}, as_name="ada")
    assert ALL[::2] == app.ids("ada")
    assert ALL == app.ids("visits")
    assert {"person": "p1"} == app.lake.current().dataset("ada").where
    with pytest.raises(Usage):
        app.export("visits", where={"person": "p1"}, as_name="people")
    with pytest.raises(Usage):
        app.export(where={"person": "p1"}, as_name="ada")
    with pytest.raises(Usage, match="did you mean 'person'"):
        app.export("visits", where={"persom": "p1"}, as_name="ada")


def test_an_empty_table_is_an_empty_typed_file(app: App) -> None:
    app.sql('truncate "Visit"; truncate people')
    done = app.export()
    frame = app.lake.current().read("visits")
    assert (0, "Datetime(time_unit='us', time_zone=None)", "Int32") == (
        len(frame), str(frame.schema["at"]), str(frame.schema["score"])
    )  # fmt: skip
    assert [1, 1] == [d.files for d in done.datasets]
    app.sql("insert into people values ('p3', null)")
    app.export()
    assert ["p3"] == app.ids("people")


@pytest.mark.parametrize("kind", ["view", "materialized view", "partitioned table"])
def test_every_kind_of_relation(app: App, kind: str) -> None:
    app.sql('alter table "Visit" rename to v')
    if kind == "partitioned table":
        app.sql("""
            create table "Visit" (like v) partition by range (at);
            create table v1 partition of "Visit" for values from ('2026-01-01') to ('2026-02-01');
            create table v2 partition of "Visit" default;
            insert into "Visit" select * from v;
        """)
    else:
        app.sql(f'create {kind} "Visit" as select * from v')
    app.export("visits")
    assert ALL == app.ids()
    assert f"{kind} public.Visit" == app.lake.current().dataset("visits").relation


def test_the_second_candidate_is_taken_and_named(app: App) -> None:
    app.sql('alter table "Visit" rename to visits; alter table visits rename column at to "when"')
    (app.root / "contracts/app.py").write_text(
        (app.root / "contracts/app.py").read_text().replace("    at: Moment", "    when: Moment")
    )
    app.export("visits")
    dataset = app.lake.current().dataset("visits")
    assert ("table public.visits", "when") == (dataset.relation, dataset.time)


def test_a_missing_table_names_what_exists(app: App) -> None:
    app.sql('alter table "Visit" rename to visitors')
    with pytest.raises(NoSuchTable) as told:
        app.export()
    assert "visitors" in str(told.value)
    assert "unchanged" in told.value.lake


def test_a_key_that_is_not_there(app: App) -> None:
    toml = app.root / "parquetry.toml"
    toml.write_text(toml.read_text().replace('key = ["id"]', 'key = ["idd"]', 1))
    with pytest.raises(Config, match="did you mean 'id'"):
        app.export()


def test_a_materialized_view_that_was_never_filled(app: App) -> None:
    app.sql('alter table "Visit" rename to v; create materialized view "Visit" as select * from v with no data')
    with pytest.raises(Config) as told:
        app.export("visits")
    assert "REFRESH" in told.value.next


@pytest.mark.parametrize("raw", ["TOP/SECRET", "TOP@SECRET"])
def test_a_password_with_raw_signs_is_never_shown(app: App, raw: str) -> None:
    """libpq would take a part of it for the host, and the message would name that."""
    project = Project.open(app.root, database_url=f"postgresql://ada:{raw}@127.0.0.1:1/db", retries=0)
    with pytest.raises(Config, match="cannot be read") as told:
        export(project)
    assert "SECRET" not in str(told.value) + str(app.lake.runs) + str(config(project))


def test_a_missing_column_is_drift(app: App) -> None:
    app.sql('alter table "Visit" drop column score')
    with pytest.raises(SchemaDrift, match="score"):
        app.export()


def test_no_time_column_is_said(app: App) -> None:
    toml = app.root / "parquetry.toml"
    toml.write_text(toml.read_text().replace('["at", "when"]', '"att"'))
    with pytest.raises(Config, match="did you mean 'at'"):
        app.export()


@pytest.mark.parametrize(
    ("compression", "codec"), [("zstd", "ZSTD"), ("snappy", "SNAPPY"), ("gzip", "GZIP"), ("none", "UNCOMPRESSED")]
)
def test_compression_and_footer(app: App, compression: str, codec: str) -> None:
    app.export("people", options=Options(compression=compression))  # type: ignore[arg-type]
    (file,) = app.lake.current().files("people")
    meta = pyarrow.parquet.read_metadata(file)
    assert codec == meta.row_group(0).column(0).compression
    said = {k.decode(): v.decode() for k, v in meta.metadata.items() if k.startswith(b"parquetry")}
    assert {
        "parquetry.dataset",
        "parquetry.contract",
        "parquetry.position",
        "parquetry.version",
        "parquetry.run",
    } == set(said)
    assert app.lake.current().dataset("people").contract.fingerprint == said["parquetry.contract"]


def test_the_ledger_remembers_every_run(app: App) -> None:
    app.export()
    app.sql('update "Visit" set score = 101 where id = 1')
    with pytest.raises(InvalidData):
        app.export()
    assert ["committed", "INVALID_DATA"] == [r.outcome for r in app.lake.runs]
    assert [0, 10] == [r.exit_code for r in app.lake.runs]


def test_a_failing_sync_leaves_the_export_standing(app: App) -> None:
    (app.root / "data/duckdb").mkdir(parents=True)
    (app.root / "data/duckdb/analytics.duckdb").write_text("not a database")
    done = app.export(sync=True)
    assert (1, None) == (done.snapshot, done.catalog)
    assert done.sync_error
    assert "committed and stands" in done.sync_error.lake
    assert done.sync_error.exit_code == done.exit_code


def _day(text: object) -> object:
    from datetime import datetime

    return datetime.fromisoformat(str(text))


def _short(rule: str) -> str:
    return rule.split("(")[0]


CHANGES = {
    "time": ('time = ["at", "when"]', 'time = "made"'),
    "partition": ('partition = "all" # once', ""),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_window_after_the_time_or_the_partition_has_changed_reads_everything(app: App, what: str) -> None:
    """Without a key, too: what was partitioned otherwise cannot stay beside what is read now."""
    app.sql("""alter table "Visit" add made timestamp(3) not null default now();
        update "Visit" set made = timestamp '2026-03-09 12:00' - (at - timestamp '2026-01-10 12:00')""")
    contract, toml = app.root / "contracts/app.py", app.root / "parquetry.toml"
    contract.write_text(contract.read_text().replace("    person: str\n", "    person: str\n    made: Moment\n"))
    before = toml.read_text().replace('key = ["id"]\ntime = ["at", "when"]', 'time = ["at", "when"]')
    before = before.replace('"when"]', '"when"]\npartition = "all" # once') if what == "partition" else before
    toml.write_text(before)
    app.export("visits")
    toml.write_text(before.replace(*CHANGES[what]))
    done = app.export("visits", since=datetime(2026, 3, 1))
    assert "everything is read: its time or its partition has changed" in str(done)
    assert ALL == app.ids()


def test_a_window_with_another_filter_reads_everything(app: App) -> None:
    app.export("visits", where={"person": "p1"}, as_name="some")
    done = app.export("visits", where={"person": "p2"}, as_name="some", since=datetime(2026, 3, 1))
    assert "everything is read: its filter has changed" in str(done)
    assert {"p2"} == set(app.lake.current().read("some")["person"])
