"""Report files become partitions of one dataset: idempotent, file by file, each row accounted for."""

from __future__ import annotations

import gzip
import os
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.dataset
import pytest

from parquetry import Selection, export
from parquetry.errors import BadInput, Config, Denied, InvalidData, SchemaDrift, Unsafe, Usage
from parquetry.intake.job import Options
from parquetry.lake.manifest import Account
from parquetry.verbs.compact import compact
from parquetry.verbs.compare_source import compare_source
from parquetry.verbs.diff import diff
from parquetry.verbs.doctor import doctor
from parquetry.verbs.plan import plan
from parquetry.verbs.query import query
from parquetry.verbs.sync import sync
from parquetry.verbs.verify import verify
from parquetry.verbs.why import why
from tests.reports.conftest import Reports, at


def test_the_latest_file_is_read_by_default(reports: Reports) -> None:
    """Older ones that the lake lacks are told, not read."""
    reports.days("2025-10-27", 3)
    exported = reports.export()
    assert [("daily/perf_20251029.csv", 2)] == [(r.report, r.rows) for r in exported.datasets[0].reports]
    assert "2 older files not in the lake; --historical reads all" in exported.datasets[0].notes
    assert [(date(2025, 10, 29),)] * 2 == reports.rows("perf", "date_partition")


def test_values_are_those_of_the_file(reports: Reports) -> None:
    reports.write(
        "2025-10-28", '2025-10-28T00:15:23Z,45.2,FALSE,"say ""hi""\nthere"', "2025-10-28 12:00:00.5+02:00,-0.0,,"
    )
    reports.load()
    assert [
        (2025102800, at("2025-10-28 00:15:23"), 45.2, False, 'say "hi"\nthere', date(2025, 10, 28)),
        (2025102801, at("2025-10-28 10:00:00.500"), -0.0, None, None, date(2025, 10, 28)),
    ] == reports.rows()
    assert "-0.0" == str(reports.rows("perf", "ms")[0][0]) or "-0.0" == str(reports.rows("perf", "ms")[1][0])


@pytest.mark.parametrize(
    ("select", "days"),
    [
        ({"date": date(2025, 10, 28)}, ["20251028"]),
        ({"since": datetime(2025, 10, 29), "until": datetime(2025, 10, 31)}, ["20251029", "20251030"]),
        ({"since": datetime(2025, 10, 31, 12)}, ["20251031"]),
        ({"until": datetime(2025, 10, 28)}, ["20251027"]),
        ({"historical": True}, ["20251027", "20251028", "20251029", "20251030", "20251031"]),
    ],
)
def test_files_are_chosen_by_their_days(reports: Reports, select: dict[str, Any], days: list[str]) -> None:
    """A plan says what an export reads."""
    reports.days("2025-10-27", 5)
    planned = plan(reports.project, Selection(**select))
    exported = reports.export(**select)
    assert [f"daily/perf_{day}.csv" for day in days] == [r.report for r in exported.datasets[0].reports]
    assert [f"daily/perf_{day}.csv" for day in days] == [r.report for r in planned.datasets[0].reports]


def test_a_run_with_nothing_new_commits_nothing(reports: Reports) -> None:
    """Touching a file, or copying it over itself, is nothing new."""
    reports.days("2025-10-27", 3)
    reports.load()
    for file in (reports.root / "g/daily").iterdir():
        file.write_bytes(file.read_bytes())
        os.utime(file, (1, 1))
    again = reports.load()
    assert not again.changed
    assert "3 files already exist, skipping" in again.datasets[0].notes
    assert 1 == reports.current.number


def test_a_changed_file_replaces_only_its_own_rows(reports: Reports) -> None:
    reports.days("2025-10-27", 3)
    reports.load()
    before = {f.path for f in reports.current.dataset("perf").files}
    reports.write("2025-10-28", "2025-10-28T05:00:00Z,7,true,new")
    reports.load()
    after = {f.path for f in reports.current.dataset("perf").files}
    assert 2 == len(before & after)
    assert 5 == len(reports.rows())
    assert [(2025102800, "new")] == [r for r in reports.rows("perf", "id", "note") if r[1] == "new"]


def test_a_vanished_file_stays_published_and_is_told(reports: Reports) -> None:
    reports.days("2025-10-27", 3)
    reports.load()
    (reports.root / "g/daily/perf_20251027.csv").unlink()
    again = reports.load()
    assert not again.changed
    assert 6 == len(reports.rows())
    assert any("1 published file not there any more" in note for note in again.datasets[0].notes)


def test_everything_is_read_again_after_a_change_of_the_contract(reports: Reports) -> None:
    """Also with only the latest asked for: what is published was all held against the contract that it names."""
    reports.days("2025-10-27", 3)
    reports.load()
    contract = reports.root / "contracts/ops.py"
    contract.write_text(contract.read_text().replace("ge=0", "ge=0, le=2"))
    with pytest.raises(InvalidData) as caught:
        reports.export()
    assert {"perf": {"ms:le": 1}} == caught.value.facts["broken"] or "ms" in str(caught.value)
    assert 1 == reports.current.number


def test_what_cannot_be_read_again_must_hold_under_a_new_contract(reports: Reports) -> None:
    reports.days("2025-10-27", 3)
    reports.load()
    (reports.root / "g/daily/perf_20251027.csv").unlink()
    contract = reports.root / "contracts/ops.py"
    original = contract.read_text()
    contract.write_text(original.replace("ge=0", "ge=0, le=100"))
    assert reports.export().changed
    assert not reports.export().changed
    contract.write_text(original.replace("ge=0", "ge=1, le=100"))  # the vanished file has 0.5
    with pytest.raises(InvalidData, match="break the new contract"):
        reports.export()
    contract.write_text(original.replace("    note: str = Field(nullable=True)\n    date", "    date"))
    with pytest.raises(SchemaDrift, match="its columns have changed"):
        reports.export()
    assert 2 == reports.current.number


def test_the_row_account_closes_over_lines_left_out_and_set_aside(reports: Reports) -> None:
    reports.declare("""
[datasets.events]
source = "reports"
files = "summary_{date:%Y%m%d}.txt"
contract = "contracts.ops:Event"
time = "at"
[datasets.events.read]
line = '\\[(?P<at>[^\\]]+)\\] (?P<kind>\\w+) (?P<value>\\S+)'
ignore = "#.*"
""")
    reports.file("summary_20251028.txt").write_text(
        "# head\n\n[2025-10-28T01:00:00Z] vacuum 1.5\nsomething else\n[2025-10-28T02:00:00Z] analyze x1\n"
    )
    exported = reports.export("events", strict=False)
    assert Account(5, 1, 2, 2) == exported.datasets[0].read
    assert 11 == exported.exit_code
    assert [(at("2025-10-28 01:00"), "vacuum", 1.5)] == reports.rows("events")
    lines = reports.report(exported.run, "events_lines.csv")
    assert '"something else"' in lines and '"4"' in lines
    assert '"x1"' in reports.report(exported.run, "events.csv")


def test_a_bad_value_stops_a_strict_run_and_names_its_line(reports: Reports) -> None:
    reports.days("2025-10-27", 2)
    reports.write("2025-10-29", "2025-10-29T01:00:00Z,1,true,", '2025-10-29T02:00:00Z,"1,234",yes,')
    with pytest.raises(InvalidData) as caught:
        reports.load()
    assert {"perf": {"ms:type": 1, "hit:type": 1}} == caught.value.facts["broken"]
    folder = Path(str(caught.value.facts["quarantine"]))
    assert '"daily/perf_20251029.csv","3"' in (folder / "perf.csv").read_text()
    assert not (reports.root / "data/lake/_manifests").exists()


def test_a_lenient_run_sets_bad_rows_aside_and_keeps_the_rest(reports: Reports) -> None:
    reports.days("2025-10-27", 2)
    reports.write(
        "2025-10-29", "2025-10-29T01:00:00Z,1,true,", "2025-10-29T02:00:00Z,-3,true,", "2025-10-29T03:00:00Z,x,true,"
    )
    exported = reports.export(historical=True, strict=False)
    assert Account(7, 5, 2) == exported.datasets[0].read
    assert 11 == exported.exit_code
    assert 5 == len(reports.rows())
    assert not verify(reports.project).problems


def test_a_key_that_is_in_two_files_breaks_both(reports: Reports) -> None:
    reports.days("2025-10-27", 3)
    text = (reports.root / "g/daily/perf_20251028.csv").read_text().replace("2025102800", "2025102700")
    (reports.root / "g/daily/perf_20251028.csv").write_text(text)
    with pytest.raises(InvalidData) as caught:
        reports.load()
    assert {"perf": {"id:unique": 2}} == caught.value.facts["broken"]
    assert Account(6, 4, 2) == reports.export(historical=True, strict=False).datasets[0].read


def test_a_key_that_the_lake_has_already_breaks_the_new_file(reports: Reports) -> None:
    reports.days("2025-10-27", 1)
    reports.load()
    reports.write("2025-10-28", "2025-10-28T01:00:00Z,1,true,")
    path = reports.root / "g/daily/perf_20251028.csv"
    path.write_text(path.read_text().replace("2025102800", "2025102700"))
    with pytest.raises(InvalidData) as caught:
        reports.load()
    assert {"perf": {"id:unique": 1}} == caught.value.facts["broken"]


def test_rows_of_another_day_than_the_files_name(reports: Reports) -> None:
    reports.write("2025-10-28", "2025-10-28T23:59:59.999Z,1,,", "2025-10-29T00:00:00Z,1,,", "2025-10-27T23:59:59Z,1,,")
    with pytest.raises(InvalidData) as caught:
        reports.load()
    assert {"perf": {"at:of_file": 2}} == caught.value.facts["broken"]


def test_days_are_those_of_the_files_time_zone(reports: Reports) -> None:
    reports.declare('[datasets.perf.read]\ntimezone = "Europe/Berlin"\n')
    reports.write("2025-10-28", "2025-10-28 00:30:00,1,,", "2025-10-28T22:59:59Z,2,,", "2025-10-27T22:30:00Z,3,,")
    with pytest.raises(InvalidData) as caught:
        reports.load()
    assert {"perf": {"at:of_file": 1}} == caught.value.facts["broken"]  # 22:30 in summer time's end is the 27th still


def test_one_broken_file_stops_a_strict_run_and_a_lenient_one_passes_it_over(reports: Reports) -> None:
    reports.days("2025-10-27", 3)
    path = reports.root / "g/daily/perf_20251028.csv"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(BadInput, match=r"perf_20251028\.csv"):
        reports.load()
    assert not (reports.root / "data/lake/_manifests").exists()
    exported = reports.export(historical=True, strict=False)
    assert 11 == exported.exit_code
    assert 1 == len(exported.datasets[0].set_aside)
    assert 4 == len(reports.rows())


def test_all_broken_files_are_named_together(reports: Reports) -> None:
    reports.days("2025-10-27", 4)
    for day in ("27", "29"):
        (reports.root / f"g/daily/perf_202510{day}.csv").write_text("<html>")
    with pytest.raises(BadInput, match="2 of 4 files cannot be read") as caught:
        reports.load()
    assert ["daily/perf_20251027.csv", "daily/perf_20251029.csv"] == caught.value.facts["files"]


def test_a_missing_file_is_a_note_unless_it_is_required(reports: Reports) -> None:
    reports.days("2025-10-27", 1)
    reports.load()
    (reports.root / "g/daily/perf_20251027.csv").unlink()
    exported = reports.export()
    assert not exported.changed and 0 == exported.exit_code
    assert any(note.startswith("nothing to read") for note in exported.datasets[0].notes)
    file = reports.root / "parquetry.toml"
    file.write_text(file.read_text().replace('every = "1 day"', "required = true"))
    with pytest.raises(BadInput, match="there is no report, and it is required"):
        reports.export()


def test_nothing_at_all_is_no_snapshot(reports: Reports) -> None:
    with pytest.raises(BadInput, match="nothing to publish, and no snapshot yet"):
        reports.export()
    assert not (reports.root / "data/lake/_manifests").exists()


def test_a_source_file_is_never_changed(reports: Reports) -> None:
    reports.days("2025-10-27", 2)
    before = {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in (reports.root / "g/daily").iterdir()}
    reports.load()
    reports.load(full=True)
    assert before == {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in (reports.root / "g/daily").iterdir()}


def test_readers_of_the_layout_see_typed_partitions(reports: Reports) -> None:
    """Hive's names, whole numbers; DuckDB takes a month of two digits for text unless it is told."""
    reports.days("2025-09-30", 2)
    reports.load()
    folder = reports.root / "data/lake/current/perf"
    names = sorted(str(p.relative_to(folder))[:38] for p in folder.rglob("*.parquet"))
    assert ["year=2025/month=09/perf_20250930_", "year=2025/month=10/perf_20251001_"] == [n[:33] for n in names]
    glob = f"{folder}/*/*/*.parquet"
    found = duckdb.execute(
        f"SELECT DISTINCT year, month, typeof(month) "
        f"FROM read_parquet('{glob}', hive_partitioning=true, hive_types={{'month': BIGINT}}) ORDER BY ALL"
    )
    assert [(2025, 9, "BIGINT"), (2025, 10, "BIGINT")] == found.fetchall()
    frame = pl.scan_parquet(folder, hive_partitioning=True).select("year", "month").unique().sort("month").collect()
    assert [(2025, 9), (2025, 10)] == frame.rows()
    table = pyarrow.dataset.dataset(folder, partitioning="hive").to_table(columns=["year", "month"])
    assert {9, 10} == set(table["month"].to_pylist())


def test_a_report_without_a_date_in_its_name_is_of_its_rows_days(reports: Reports) -> None:
    """One that is written anew each day leaves the earlier days standing; the same day's is replaced."""
    reports.declare("""
[datasets.advice]
source = "reports"
files = "advice.json"
contract = "contracts.ops:Advice"
time = "at"
[datasets.advice.read]
rows = "found[*]"
columns = { at = "$.at", speedup = "gain.times" }
""")

    def write(moment: str, *tables: str) -> None:
        rows = ", ".join(f'{{"table": "{t}", "gain": {{"times": 1.5}}}}' for t in tables)
        reports.file("advice.json").write_text(f'{{"at": "{moment}", "found": [{rows}]}}')

    write("2025-10-27T04:00:00Z", "a", "b")
    reports.export("advice")
    write("2025-10-28T04:00:00Z", "c")
    reports.export("advice")
    write("2025-10-28T05:00:00Z", "d")
    reports.export("advice")
    assert [("a",), ("b",), ("d",)] == reports.rows("advice", "table")
    assert [date(2025, 10, 27), date(2025, 10, 27), date(2025, 10, 28)] == [r[-1] for r in reports.rows("advice")]
    write("2025-10-29T05:00:00Z")
    assert reports.export("advice").changed
    assert not reports.export("advice").changed


def test_an_appended_file_dated_by_its_change_replaces_itself(reports: Reports) -> None:
    """Otherwise its first rows would be there twice."""
    reports.declare("""
[datasets.log]
source = "reports"
files = "log.csv"
contract = "contracts.ops:Event"
""")
    file = reports.file("log.csv")
    file.write_text("at,kind,value\n2025-10-27T00:00:00Z,a,1\n")
    os.utime(file, (1e9, 1e9))
    reports.export("log")
    with file.open("a") as more:
        more.write("2025-10-28T00:00:00Z,b,2\n")
    reports.export("log")
    assert [("a",), ("b",)] == reports.rows("log", "kind")


def test_a_link_out_of_the_root_is_refused(reports: Reports, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("id,at,ms,hit,note\n")
    reports.file("daily/x").write_text("")
    (reports.root / "g/daily/perf_20251028.csv").symlink_to(outside)
    with pytest.raises(Unsafe, match="leads out"):
        reports.export()


def test_a_link_within_the_root_is_the_file_that_it_leads_to(reports: Reports) -> None:
    reports.days("2025-10-28", 1)
    (reports.root / "g/daily/perf_20251028.csv").rename(reports.root / "g/stored.csv")
    (reports.root / "g/daily/perf_20251028.csv").symlink_to("../stored.csv")
    assert ["daily/perf_20251028.csv"] == [r.report for r in reports.export().datasets[0].reports]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["directory", "fifo"])
def test_what_is_no_file_is_refused(reports: Reports, make: Callable[[Path], None]) -> None:
    path = reports.file("daily/perf_20251028.csv")
    make(path)
    with pytest.raises(BadInput, match=r"perf_20251028\.csv is"):
        reports.export()


def test_a_date_that_does_not_exist_is_refused(reports: Reports) -> None:
    reports.file("daily/perf_20250231.csv").write_text("")
    with pytest.raises(BadInput, match="a date that does not exist"):
        reports.export()


def test_options_of_tables_and_of_reports_are_told_apart(reports: Reports) -> None:
    reports.days("2025-10-27", 1)
    with pytest.raises(Usage, match="exclude each other"):
        reports.export(historical=True, date=date(2025, 10, 27))
    with pytest.raises(Usage, match="cannot be filtered"):
        reports.export(where={"note": "x"}, as_name="other")


def test_merging_a_month_keeps_every_row_and_every_file_its_own(reports: Reports) -> None:
    """A changed report takes its month apart; the others' rows are those that were merged."""
    reports.days("2025-09-28", 6)
    reports.load()
    before = reports.rows()
    done = compact(reports.project)
    assert [("2025-09", 3, 6), ("2025-10", 3, 6)] == [(m.month, m.files, m.rows) for m in done.months]
    assert before == reports.rows()
    assert 2 == sum(1 for _ in reports.current.dataset("perf").files)
    assert not reports.load().changed, "the same files are known in a merged month too"
    reports.write("2025-09-29", "2025-09-29T00:00:00Z,9,,")
    reports.load()
    assert 4 == sum(1 for _ in reports.current.dataset("perf").files)
    assert 11 == len(reports.rows())
    assert [r for r in before if r[0] // 100 != 20250929] == [r for r in reports.rows() if r[0] // 100 != 20250929]
    assert [("2025-09", 3)] == [(m.month, m.files) for m in compact(reports.project).months]
    assert not verify(reports.project).problems
    assert () == compact(reports.project).months


@pytest.mark.parametrize(("value", "encoded"), [("-0.0", "PLAIN"), ("7.0", "PLAIN_DICTIONARY")])
def test_a_merge_keeps_the_sign_of_zero_and_is_small_without_one(reports: Reports, value: str, encoded: str) -> None:
    """A dictionary would make 0 of -0 (duckdb#25781); to write none takes half as much space again."""
    for day, ms in (("2025-09-28", "0"), ("2025-09-29", value)):
        reports.write(day, *(f"{day}T01:00:00Z,{ms},true," for _ in range(50)))
    reports.load()
    assert 1 == len(compact(reports.project).months)
    assert {"0.0": 50, value: 50} == Counter(str(ms) for (ms,) in reports.rows("perf", "ms"))
    (file,) = reports.current.files("perf")
    asked = "SELECT encodings FROM parquet_metadata($1) WHERE path_in_schema = 'ms'"
    assert [(encoded,)] == duckdb.execute(asked, [str(file)]).fetchall()


def test_zeros_in_a_list_keep_their_sign(reports: Reports) -> None:
    with (reports.root / "contracts/ops.py").open("a") as contract:
        contract.write("\n\nclass Levels(DataFrameModel):\n    id: int\n    levels: pl.List(pl.Float64) = Field()\n")
    reports.declare(
        '[datasets.levels]\nsource = "reports"\nfiles = "levels_{date:%Y%m%d}.csv"\ncontract = "contracts.ops:Levels"\n'
    )
    rows = (f'{n},"{{0,-0,1.5}}"\n' for n in range(50))
    reports.file("levels_20250928.csv").write_text("".join(["id,levels\n", *rows]))
    reports.export("levels")
    assert {"([0.0, -0.0, 1.5],)"} == {str(row) for row in reports.rows("levels", "levels")}


def test_a_merge_that_is_only_asked_about_changes_nothing(reports: Reports) -> None:
    reports.days("2025-09-28", 2)
    reports.load()
    assert 1 == len(compact(reports.project, dry_run=True).months)
    assert 1 == reports.current.number


def test_a_root_that_is_no_folder(reports: Reports) -> None:
    (reports.root / "g").rmdir()
    (reports.root / "g").write_text("")
    with pytest.raises(Config, match="is no folder"):
        reports.export()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission(reports: Reports) -> None:
    reports.days("2025-10-27", 1)
    (reports.root / "g/daily").chmod(0)
    with pytest.raises(Denied):
        reports.export()


def test_the_doctor_looks_at_the_folder(reports: Reports) -> None:
    reports.days("2025-10-27", 2)
    found = {f.about: f for f in doctor(reports.project).findings}
    assert "ok" == found["dataset perf"].verdict
    assert "daily/perf_20251028.csv, of 2025-10-28" in found["dataset perf"].says
    (reports.root / "g").rename(reports.root / "elsewhere")
    found = {f.about: f for f in doctor(reports.project).findings}
    assert "warning" == found["source reports"].verdict


def test_live_is_for_databases(reports: Reports) -> None:
    reports.days("2025-10-27", 1)
    reports.load()
    with pytest.raises(Usage, match="mode live shows databases"):
        sync(reports.project, mode="live")
    with pytest.raises(Usage, match="one database can be compared with"):
        compare_source(reports.project, "select 1")


def test_how_a_column_of_a_file_is_published(reports: Reports) -> None:
    reports.days("2025-10-27", 1)
    reports.load()
    told = str(why(reports.project, "perf.ms"))
    assert "made of its file's text, exactly" in told
    assert "PostgreSQL" not in told


@pytest.mark.parametrize(("name", "beside"), [("a[1]", "a1"), ("b*", "bb"), ("c?", "cc")])
def test_a_folder_whose_name_could_be_a_pattern_is_only_itself(
    reports: Reports, tmp_path: Path, name: str, beside: str
) -> None:
    """DuckDB would read the files of the other folder, which has the same names, and say nothing."""
    shutil.copytree(reports.root, tmp_path / name / "p")
    mine = Reports(tmp_path / name / "p")
    mine.days("2025-10-27", 2)
    mine.load()
    shutil.copytree(mine.root, tmp_path / beside / "p")
    for file in (tmp_path / beside / "p/data/lake/objects").rglob("*.parquet"):
        file.chmod(0o644)
        duckdb.execute(f"COPY (SELECT 0 AS id, 'wrong' AS note) TO '{file}' (FORMAT parquet)")
    assert [(4, 2)] == query(mine.project, "select count(*), count(note) from perf").frame.rows()
    assert not verify(mine.project).problems
    mine.write("2025-10-28", "2025-10-28T05:00:00Z,7,true,new")
    mine.load()
    assert 1 == len(compact(mine.project).months)
    (dataset,) = diff(mine.project, 1, 3).datasets
    assert (0, 1, 1) == (dataset.added, dataset.removed, dataset.changed)


def test_a_published_file_that_grew_is_read_again_by_the_nightly_run(reports: Reports) -> None:
    """It is not the latest any more, but what the lake has of it is not what it says."""
    reports.days("2025-10-27", 1)
    reports.export()
    reports.write("2025-10-27", *(f"2025-10-27T0{n}:00:00Z,1,,later" for n in range(3)))
    reports.days("2025-10-28", 1)
    assert ["daily/perf_20251027.csv", "daily/perf_20251028.csv"] == [
        r.report for r in reports.export().datasets[0].reports
    ]
    assert 5 == len(reports.rows())


def test_the_latest_are_all_files_of_the_latest_day(reports: Reports) -> None:
    file = reports.root / "parquetry.toml"
    file.write_text(file.read_text().replace("daily/perf_", "daily/*_"))
    reports.days("2025-10-27", 2)
    text = (reports.root / "g/daily/perf_20251028.csv").read_text()
    reports.file("daily/other_20251028.csv").write_text(text.replace("202510280", "202510289"))
    exported = reports.export()
    assert {"daily/other_20251028.csv", "daily/perf_20251028.csv"} == {r.report for r in exported.datasets[0].reports}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["renamed", "packed"])
def test_a_file_under_another_name_is_not_published_twice(reports: Reports, pack: Callable[[bytes], bytes]) -> None:
    """Rotation renames and packs what is there; also where no key would tell."""
    file = reports.root / "parquetry.toml"
    text = file.read_text().replace('perf_{date:%Y%m%d}.csv"', '*_{date:%Y%m%d}.csv*"\nread = { format = "csv" }')
    file.write_text(text.replace('key = ["id"]\n', ""))
    reports.days("2025-10-27", 1)
    reports.load()
    old = reports.root / "g/daily/perf_20251027.csv"
    name = "old_20251027.csv" if pack is bytes else "perf_20251027.csv.gz"
    (reports.root / "g/daily" / name).write_bytes(pack(old.read_bytes()))
    old.unlink()
    reports.load()
    assert 2 == len(reports.rows())
    assert not reports.load().changed


def test_a_log_that_is_cut_at_its_head_is_refused(reports: Reports) -> None:
    """It would be taken for another report, and its rows would be there twice."""
    reports.declare("""
[datasets.log]
source = "reports"
files = "log.csv"
contract = "contracts.ops:Event"
time = "at"
""")
    lines = [f"2025-10-2{n}T00:00:00Z,a,{n}\n" for n in range(4)]
    log = reports.file("log.csv")
    log.write_text("".join(["at,kind,value\n", *lines]))
    reports.export("log")
    log.write_text("".join(["at,kind,value\n", *lines[1:], "2025-10-25T00:00:00Z,b,1\n"]))
    with pytest.raises(BadInput, match="published of it already"):
        reports.export("log")
    assert 4 == len(reports.rows("log"))
    log.write_text("at,kind,value\n2025-10-26T00:00:00Z,b,1\n")
    reports.export("log")
    assert 5 == len(reports.rows("log"))


def test_two_readings_of_one_dataset_are_never_mixed_unseen(reports: Reports) -> None:
    reports.days("2025-10-27", 2)
    reports.load()
    (reports.root / "g/daily/perf_20251027.csv").unlink()
    reports.declare('[datasets.perf.read]\ndecimal = ","\n')
    for attempt in (reports.load, reports.export, lambda: plan(reports.project)):
        with pytest.raises(SchemaDrift, match="what is declared of reading"):
            attempt()
    reports.write("2025-10-28", '2025-10-28T01:00:00Z,"1,5",,')
    options = Options(accept_drift=True)
    assert export(reports.project, Selection(), options=options).changed
    assert not reports.load().changed


def test_days_of_an_undated_file_are_those_of_its_time_zone(reports: Reports) -> None:
    reports.declare("""
[datasets.advice]
source = "reports"
files = "advice.csv"
contract = "contracts.ops:Advice"
time = "at"
read = { timezone = "America/New_York" }
""")
    reports.file("advice.csv").write_text("at,table\n2025-10-31T22:30:00,a\n")
    reports.export("advice")
    assert [(at("2025-11-01 02:30"), date(2025, 10, 31))] == reports.rows("advice", "at", "date_partition")
    assert ["2025-10-31 advice.csv"] == list(reports.current.dataset("advice").partitions)


def test_full_reads_every_file(reports: Reports) -> None:
    reports.days("2025-10-27", 3)
    assert 3 == len(reports.export(full=True).datasets[0].reports)


def test_a_bad_value_that_could_be_null_is_not(reports: Reports) -> None:
    reports.write("2025-10-29", "2025-10-29T01:00:00Z,1,yes,")
    with pytest.raises(InvalidData) as caught:
        reports.load()
    assert {"perf": {"hit:type": 1}} == caught.value.facts["broken"]
