"""Two snapshots of a real database, compared: what was done there is what is said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from parquetry import diff
from parquetry.errors import Integrity, NoSuchDataset, NoSuchSnapshot
from parquetry.intake.job import Options
from parquetry.lake.differences import DatasetDiff
from parquetry.verbs.diffed import Diffed

from .conftest import App

# Of the fixture's sixty visits those of January are 0 to 21, of February 22 to 49, of March 50 to 59.
EDITS = """
insert into "Visit" values (100, '2026-03-20', 'p1', null, 5, null), (101, '2026-04-01', 'p2', 'LOW', 6, null);
delete from "Visit" where id in (50, 51);
update "Visit" set score = score + 10 where id in (22, 23);
update "Visit" set mood = null where id = 24;
update "Visit" set at = '2026-03-05', person = 'p9' where id = 25;
"""


def visits(found: Diffed) -> DatasetDiff:
    return next(d for d in found.datasets if d.name == "visits")


def document(found: Diffed) -> dict[str, Any]:
    """As --json prints it, which must be JSON."""
    read: dict[str, Any] = json.loads(json.dumps(found.as_json(), allow_nan=False))
    return read


@pytest.fixture
def edited(app: App) -> App:
    app.export()
    app.sql(EDITS)
    app.export()
    return app


class TestRows:
    def test_the_counts_are_what_was_done(self, edited: App) -> None:
        found = visits(diff(edited.project, 1))
        assert (60, 60, 2, 2, 4, 1) == (
            found.before, found.after, found.added, found.removed, found.changed, found.moved,
        )  # fmt: skip
        assert {"score": 2, "mood": 1, "at": 1, "person": 1} == found.columns
        assert ("changed", ("id",), ()) == (found.status, found.key, found.notes)

    def test_by_partition(self, edited: App) -> None:
        """A row that moved counts where it is now; a month in which nothing happened is not read."""
        found = visits(diff(edited.project, 1, 2))
        counts = {
            key: (p.before, p.after, p.added, p.removed, p.changed, p.arrived, p.left)
            for key, p in found.partitions.items()
        }
        assert {
            "2026-02": (28, 27, 0, 0, 3, 0, 1),
            "2026-03": (10, 10, 1, 2, 1, 1, 0),
            "2026-04": (0, 1, 1, 0, 0, 0, 0),
        } == counts
        assert {"score": 2, "mood": 1} == found.partitions["2026-02"].columns
        assert {"at": 1, "person": 1} == found.partitions["2026-03"].columns
        assert 1 == found.unread

    def test_how_far_numbers_moved(self, edited: App) -> None:
        """Over the rows in which they changed: 22 and 23 became 32 and 33."""
        shift = visits(diff(edited.project, 1)).shifts["score"]
        assert (22.5, 32.5, 22, 32, 23, 33) == (
            shift.mean_before, shift.mean_after, shift.min_before, shift.min_after, shift.max_before, shift.max_after,
        )  # fmt: skip

    def test_backwards_what_was_added_is_removed(self, edited: App) -> None:
        edited.sql('delete from "Visit" where id = 0')
        edited.export()
        there, back = visits(diff(edited.project, 1, 3)), visits(diff(edited.project, 3, 1))
        assert (2, 3, 4) == (there.added, there.removed, there.changed)
        assert (3, 2, 4) == (back.added, back.removed, back.changed)

    def test_examples_have_keys_and_what_changed(self, edited: App) -> None:
        found = visits(diff(edited.project, 1, rows=2))
        assert [
            "added id=100", "added id=101", "removed id=50", "removed id=51",
            "changed id=22: score 22 → 32", "changed id=23: score 23 → 33",
        ] == [str(e) for e in found.examples]  # fmt: skip
        assert () == visits(diff(edited.project, 1)).examples

    def test_sensitive_values_are_masked(self, edited: App) -> None:
        contract = edited.root / "contracts/app.py"
        contract.write_text(
            contract.read_text().replace("person: str\n", 'person: str = Field(metadata={"privacy": "sensitive"})\n')
        )
        found = visits(diff(edited.project, 1, rows=9))
        (moved,) = [e for e in found.examples if e.key == {"id": "25"}]
        assert ("(sensitive)", "(sensitive)") == moved.values["person"]
        assert "p9" not in str(diff(edited.project, 1, rows=9))

    def test_where_no_contract_knows_a_column_nothing_of_it_is_shown(self, edited: App) -> None:
        (edited.root / "contracts/app.py").write_text("this is no Python")
        assert "score (sensitive) → (sensitive)" in str(diff(edited.project, 1, rows=9))

    def test_without_a_key_rows_are_compared_whole(self, app: App) -> None:
        """A changed row is one removed and one added, and two equal rows are two."""
        toml = app.root / "parquetry.toml"
        toml.write_text(toml.read_text().replace('key = ["id"]\n', ""))
        app.sql("alter table people drop constraint people_pkey; insert into people values ('p1', 'Ada')")
        app.export()
        app.sql("update people set name = 'Eve' where id = 'p2'; insert into people values ('p1', 'Ada')")
        app.export()
        (people,) = diff(app.project, 1, datasets=["people"]).datasets
        assert (3, 4, 2, 1, 0, ()) == (
            people.before, people.after, people.added, people.removed, people.changed, people.key,
        )  # fmt: skip
        assert ("no key is declared, so rows were compared whole",) == people.notes

    def test_a_key_that_is_not_unique_is_none(self, app: App) -> None:
        app.sql("alter table people drop constraint people_pkey; insert into people values ('p1', 'Eve')")
        app.export(options=Options(validate=False))
        app.sql("delete from people where name = 'Ada'")
        app.export(options=Options(validate=False))
        (people,) = diff(app.project, 1, datasets=["people"]).datasets
        assert (0, 1, 0) == (people.added, people.removed, people.changed)
        assert ("id is not unique before, so rows were compared whole",) == people.notes


class TestDatasets:
    def test_the_same(self, app: App) -> None:
        app.export()
        found = diff(app.project, 1, 1)
        assert (False, 0, ["same", "same"]) == (found.changed, found.exit_code, [d.status for d in found.datasets])
        assert "no difference" in str(found)

    def test_written_anew_is_the_same(self, app: App) -> None:
        """Another codec and other files, but not other rows: nothing is read."""
        app.export("people")
        app.export("people", "visits", full=True, options=Options(compression="gzip"))
        found = diff(app.project, 1)
        people = next(d for d in found.datasets if d.name == "people")
        assert ("same", 1, {}) == (people.status, people.unread, people.partitions)

    def test_added_and_removed(self, app: App) -> None:
        app.export("people")
        app.export("visits")
        there, back = diff(app.project, 1, 2), diff(app.project, 2, 1)
        assert ("added", 60) == (visits(there).status, visits(there).added)
        assert ("removed", 60) == (visits(back).status, visits(back).removed)
        assert (3, 12) == (there.exit_code, back.exit_code)

    def test_an_unknown_dataset_or_snapshot(self, app: App) -> None:
        app.export()
        with pytest.raises(NoSuchDataset, match="did you mean 'visits'"):
            diff(app.project, 1, datasets=["visit"])
        with pytest.raises(NoSuchSnapshot):
            diff(app.project, 7)

    @pytest.mark.parametrize("kept", [0, 8], ids=["all of it", "its footer"])
    def test_a_damaged_file(self, edited: App, kept: int) -> None:
        file = edited.lake.snapshot(1).files("visits")[1]
        file.chmod(0o644)
        whole = file.read_bytes()
        file.write_bytes(b"x" * (len(whole) - kept) + whole[len(whole) - kept :])
        with pytest.raises(Integrity, match="cannot be read"):
            diff(edited.project, 1)

    def test_by_tag_and_date(self, edited: App) -> None:
        edited.lake.tag("paper", 1)
        today = datetime.now(UTC).date()
        found = diff(edited.project, "tag:paper", today)
        assert (1, 2) == (found.before, found.after)


class TestSchema:
    def test_a_column_more_changes_no_row(self, app: App) -> None:
        app.export()
        contract = app.root / "contracts/app.py"
        contract.write_text(
            contract.read_text().replace("person: str\n", "person: str\n    secret: str = Field(nullable=True)\n")
        )
        app.export()
        found = diff(app.project, 1)
        assert ["secret VARCHAR added"] == [str(c) for c in visits(found).schema]
        assert (0, 0, 0, 12) == (visits(found).added, visits(found).removed, visits(found).changed, found.exit_code)
        assert visits(found).contracts[0] != visits(found).contracts[1]
        assert ["secret VARCHAR removed"] == [str(c) for c in visits(diff(app.project, 2, 1)).schema]

    def test_another_type_is_compared_by_value(self, app: App) -> None:
        """What is a wider number now, or text, is the same value; only what really changed counts."""
        app.export()
        app.sql('alter table "Visit" alter score type numeric(10, 2); update "Visit" set score = 7.25 where id = 7')
        contract = app.root / "contracts/app.py"
        contract.write_text(
            contract.read_text()
            .replace("score: pl.Int32", "score: pl.Decimal(10, 2)")
            .replace("person: str", "person: str = Field(nullable=True)")
        )
        app.export(options=Options(accept_drift=True))
        found = visits(diff(app.project, 1, rows=3))
        assert ["score is DECIMAL(10,2), before INTEGER (values compared as DECIMAL(12,2))"] == [
            str(c) for c in found.schema
        ]
        assert (1, {"score": 1}) == (found.changed, found.columns)
        assert (Decimal("7.00"), Decimal("7.25")) == (found.shifts["score"].min_before, found.shifts["score"].max_after)
        assert ["changed id=7: score 7.00 → 7.25"] == [str(e) for e in found.examples]


class TestQueries:
    @pytest.fixture(autouse=True)
    def queries(self, app: App) -> None:
        folder = app.root / "queries"
        folder.mkdir()
        for name, sql in {
            "moods": "-- by mood\nSELECT mood, count(*) AS n FROM visits GROUP BY 1 ORDER BY 1;\n",
            "people": "SELECT * FROM research.people",
            "average": "SELECT avg(score / 3.0) AS mean, sum(score) AS total, 1 AS one, 2 AS one FROM visits",
            "one_user": "SELECT * FROM visits WHERE person = $person",
            "broken": "SELECT nothing FROM visits",
            "writes": "CREATE TABLE t (a int)",
        }.items():
            (folder / f"{name}.sql").write_text(sql)

    def test_answers_that_differ(self, edited: App) -> None:
        found = {q.name: q for q in diff(edited.project, 1).queries}
        moods, people, average = found["moods"], found["people"], found["average"]
        assert (True, 3, 3, 2, 2) == (moods.differs, moods.before, moods.after, moods.only_before, moods.only_after)
        assert (False, 2, 2) == (people.differs, people.before, people.after)
        assert (True, 1, 1) == (average.differs, average.only_before, average.only_after)

    def test_what_is_not_compared_says_why(self, edited: App) -> None:
        found = {q.name: q for q in diff(edited.project, 1).queries}
        assert "the query needs person" == found["one_user"].skipped
        assert "nothing" in found["broken"].skipped
        assert "a query reads" in found["writes"].skipped
        assert {None} == {found[n].differs for n in ("one_user", "broken", "writes")}

    def test_a_file_that_is_no_text_stops_nothing(self, edited: App) -> None:
        (edited.root / "queries/bin.sql").write_bytes(b"\xff\xfe")
        found = {q.name: q for q in diff(edited.project, 1).queries}
        assert found["bin"].skipped.endswith("queries/bin.sql line 1 is not UTF-8")
        assert found["moods"].differs

    def test_defaults_and_macros(self, edited: App) -> None:
        """What needs no value is run as `query --name` would run it."""
        (edited.root / "queries/macros.sql").write_text("CREATE MACRO doubled(x) AS x * 2;")
        sql = "-- @param least BIGINT = 30\nSELECT id, doubled(score) AS twice FROM visits WHERE score >= $least"
        (edited.root / "queries/high.sql").write_text(sql)
        found = {q.name: q for q in diff(edited.project, 1).queries}
        high = found["high"]
        assert ("", 30, 30, 2, 2) == (high.skipped, high.before, high.after, high.only_before, high.only_after)
        assert "macros" not in found

    def test_other_columns(self, edited: App) -> None:
        (edited.root / "queries/all.sql").write_text("FROM visits")
        contract = edited.root / "contracts/app.py"
        contract.write_text(
            contract.read_text().replace("person: str\n", "person: str\n    secret: str = Field(nullable=True)\n")
        )
        edited.export()
        found = next(q for q in diff(edited.project, 2, 3).queries if q.name == "all")
        assert found.differs and found.columns and "secret" in found.columns[1]

    def test_none_on_request(self, edited: App) -> None:
        assert () == diff(edited.project, 1, queries=False).queries


def test_as_text_and_json(edited: App) -> None:
    found = diff(edited.project, 1, rows=1)
    text = str(found).splitlines()
    assert "1 dataset of 2 changed" in text[0]
    assert ["people: the same, 2 rows", "visits: 60 → 60 rows: 2 added, 2 removed, 4 changed (by id)"] == text[1:3]
    assert "  score: changed in 2 rows; mean 22.5 → 32.5; min 22 → 32; max 23 → 33" in text
    said = document(found)["datasets"]["visits"]
    assert ({"before": 60, "after": 60}, 2, 2, 4) == tuple(said[k] for k in ("rows", "added", "removed", "changed"))
    assert 32.5 == said["shifts"]["score"]["mean_after"]
