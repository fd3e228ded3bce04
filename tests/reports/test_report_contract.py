"""What is declared of report files and cannot be right of any is told before one is read."""

from __future__ import annotations

import pytest

from parquetry import Selection
from parquetry.errors import Config, InvalidData
from parquetry.verbs.doctor import doctor
from parquetry.verbs.plan import plan
from tests.reports.conftest import HEAD, Reports, at

ADVICE = """
[datasets.advice]
source = "reports"
files = "advice.json"
contract = "contracts.ops:Advice"
time = "at"
"""
EVENTS = """
[datasets.events]
source = "reports"
files = "events.txt"
contract = "contracts.ops:Event"
[datasets.events.read]
"""
ONE = '[datasets.one]\nsource = "reports"\nfiles = "one.jsonl"\ncontract = "contracts.ops:One"\n'


@pytest.mark.parametrize(
    ("toml", "column", "says"),
    [
        (ADVICE + 'read.columns = { speedpu = "gain" }\n', "", r"names 'speedpu'.*did you mean 'speedup'"),
        (ADVICE + 'summary = ["tabel"]\n', "", "summary names 'tabel'.*did you mean 'table'"),
        (ADVICE + 'read.variants = [{ columns = { tabel = "t" } }]\n', "", "columns of variant 1 names 'tabel'"),
        (ADVICE.replace('"at"', '"table"'), "", "time = 'table' is VARCHAR"),
        (EVENTS + "line = '(?P<at>.) (?P<kind>.) (?P<vlaue>.)'\n", "", "'vlaue' of line is no column's.*'value'"),
        (EVENTS + "line = '(?P<at>.) (?P<kind>.)'\ncolumns.value = 'v'\n", "", "'v' of line is asked for"),
        (ONE, "Month: int", "'Month' of contracts.ops:One has the name of folders of the lake"),
        (ONE, "tags: pl.List(pl.String) = Field()", "'tags' of contracts.ops:One is a list"),
    ],
)
def test_a_mistake_about_columns_is_told_by_whoever_looks(reports: Reports, toml: str, column: str, says: str) -> None:
    reports.declare(toml)
    with (reports.root / "contracts/ops.py").open("a") as contract:
        contract.write(f"\n\nclass One(DataFrameModel):\n    a: int\n    {column or 'b: int'}\n")
    with pytest.raises(Config, match=says):
        reports.load()
    with pytest.raises(Config, match=says):
        plan(reports.project, Selection())
    assert 20 == doctor(reports.project).exit_code


def test_a_day_that_the_file_has_itself_is_read_and_held_against_its_name(reports: Reports) -> None:
    head = f"{HEAD},date_partition"
    rows = ("2025-10-28T01:00:00Z,1,,,2025-10-28", "2025-10-28T02:00:00Z,2,,,")
    reports.write("2025-10-28", *rows[:1], head=head)
    exported = reports.load()
    assert not [note for note in exported.datasets[0].notes if "date_partition" in note]
    assert [(at("2025-10-28").date(),)] == reports.rows("perf", "date_partition")
    reports.write("2025-10-28", *rows, "2025-10-28T01:00:00Z,1,,,2020-01-01", head=head)
    with pytest.raises(InvalidData, match=r"date_partition:of_file .*: 1 row, first .* line 4\): 2020-01-01"):
        reports.load()
