"""What changed between two contracts, and whom it breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parquetry.contracts import Contract, Field, Rule, bounds
from parquetry.contracts.change import (
    EFFECTS,
    Change,
    Declared,
    Described,
    breaking,
    changes,
    column_changes,
    declared_changes,
)
from parquetry.contracts.widths import Step, width

MOOD = Rule("mood:isin", ("mood",), "mood is LOW or HIGH", "mood IN ('LOW', 'HIGH')", values=("LOW", "HIGH"))
SCORE = Rule("score:ge", ("score",), "score is at least 0", '("score" >= (0)) IS FALSE')
BASE = Contract(
    "t:T",
    (
        Field("id", "VARCHAR"),
        Field("mood", "VARCHAR", nullable=True),
        Field("score", "INTEGER", unit="points"),
        Field("email", "VARCHAR", privacy="personal"),
    ),
    (MOOD, SCORE),
    (("id",),),
)


DATASET = Declared(("id",), ("at",), "month", {"person": "people.id"})


def replaced(**changed: object) -> Declared:
    return DATASET._replace(**changed)  # type: ignore[arg-type]


def kinds(found: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(c.kind, c.column) for c in found]


def with_field(name: str, /, **changed: object) -> Contract:
    return replace(BASE, fields=tuple(replace(f, **changed) if f.name == name else f for f in BASE.fields))  # type: ignore[arg-type]


def with_rules(*rules: Rule) -> Contract:
    return replace(BASE, rules=rules)


CASES: list[tuple[str, str, Contract, str, str]] = [
    ("column_added", "note", replace(BASE, fields=(*BASE.fields, Field("note", "VARCHAR", nullable=True))), "+", "+"),
    ("required_added", "n", replace(BASE, fields=(*BASE.fields, Field("n", "BIGINT"))), "+", "-"),
    ("column_removed", "email", replace(BASE, fields=BASE.fields[:3]), "-", "+"),
    ("column_renamed", "e_mail", with_field("email", name="e_mail"), "-", "-"),
    ("type_widened", "score", with_field("score", type="BIGINT"), "+", "+"),
    ("type_narrowed", "score", with_field("score", type="SMALLINT"), "+", "-"),
    ("type_changed", "score", with_field("score", type="VARCHAR"), "-", "-"),
    ("null_allowed", "score", with_field("score", nullable=True), "-", "+"),
    ("null_forbidden", "mood", with_field("mood", nullable=False), "+", "-"),
    ("value_added", "mood", with_rules(replace(MOOD, broken="…", values=("LOW", "HIGH", "ODD")), SCORE), "+", "+"),
    ("value_removed", "mood", with_rules(replace(MOOD, broken="…", values=("LOW",)), SCORE), "+", "-"),
    ("rule_added", "id", with_rules(MOOD, SCORE, Rule("id:str_length", ("id",), "id has 25", "…")), "+", "-"),
    ("rule_removed", "score", with_rules(MOOD), "+", "+"),
    ("rule_tightened", "score", with_rules(MOOD, replace(SCORE, broken='("score" >= (5)) IS FALSE')), "+", "-"),
    ("rule_loosened", "score", with_rules(MOOD, replace(SCORE, broken='("score" >= (-1)) IS FALSE')), "+", "+"),
    ("rule_changed", "score", with_rules(MOOD, replace(SCORE, broken='("score" % 2) IS FALSE')), "+", "-"),
    ("unique_added", "email", replace(BASE, unique=(("id",), ("email",))), "+", "-"),
    ("unique_removed", "id", replace(BASE, unique=()), "-", "+"),
    ("unit_changed", "score", with_field("score", unit="percent"), "-", "-"),
    ("privacy_raised", "email", with_field("email", privacy="sensitive"), "-", "+"),
    ("privacy_lowered", "email", with_field("email", privacy="public"), "+", "-"),
    ("misfits_changed", "mood", with_field("mood", misfits="quarantine"), "-", "-"),
]


@pytest.mark.parametrize(("kind", "column", "new", "readers", "writers"), CASES, ids=[c[0] for c in CASES])
def test_a_change_is_found_and_breaks_whom_the_table_says(
    kind: str, column: str, new: Contract, readers: str, writers: str
) -> None:
    found = changes(BASE, new)
    assert [(kind, column)] == kinds(found)
    said = {"+": "compatible", "-": "breaking"}
    assert (said[readers], said[writers]) == (found[0].readers, found[0].writers)
    assert ("-" in readers + writers) == breaking(found)


def test_every_kind_has_its_case() -> None:
    tables = {"table_renamed", "table_removed"}  # a contract has none
    assert set(EFFECTS) == {*tables, *(kind for kind, *_ in CASES), *(kind for kind, *_ in DECLARED)}


DECLARED: list[tuple[str, Declared, str, str]] = [
    ("key_changed", replaced(key=("id", "at")), "-", "-"),
    ("time_changed", replaced(time=("when",)), "-", "-"),
    ("partition_changed", replaced(partition="all"), "+", "+"),
    ("reference_added", replaced(references={"person": "people.id", "at": "days.id"}), "+", "-"),
    ("reference_removed", replaced(references={}), "-", "+"),
]


@pytest.mark.parametrize(("kind", "new", "readers", "writers"), DECLARED, ids=[d[0] for d in DECLARED])
def test_what_parquetry_toml_says_is_compared_too(kind: str, new: Declared, readers: str, writers: str) -> None:
    (found,) = declared_changes("visits", DATASET, new)
    said = {"+": "compatible", "-": "breaking"}
    assert (kind, said[readers], said[writers]) == (found.kind, found.readers, found.writers)
    assert found.says.startswith("visits: ")
    assert () == declared_changes("visits", new, new)


BOUNDS: list[tuple[str, str, str]] = [
    ('"a" >= (0)', '"a" > (0)', "tightened"),
    ('"a" > (0)', '"a" >= (0)', "loosened"),
    ('"a" >= (0) AND "a" <= (9)', '"a" >= (1) AND "a" <= (8)', "tightened"),
    ('"a" >= (0) AND "a" <= (9)', '"a" >= (1) AND "a" <= (10)', "changed"),
    ('"a" >= (10)', '"a" >= (9)', "loosened"),
    ("\"a\" <= CAST('9.5' AS DOUBLE)", "\"a\" <= CAST('10.0' AS DOUBLE)", "loosened"),
    ("\"a\" <= CAST('9.5' AS DECIMAL(8,2))", "\"a\" <= CAST('nan' AS DOUBLE)", "changed"),
    ('length("a") <= 9', 'length("a") <= 8', "tightened"),
    ('length("a") = 9', 'length("a") >= 9', "loosened"),
    ("\"a\" < DATE '2026-01-01'", "\"a\" < DATE '2025-12-31'", "tightened"),
    ("\"a\" < DATE '2026-01-01'", "\"a\" < TIMESTAMP '2026-01-01 00:00:00'", "changed"),
    ('"a" >= $now - INTERVAL 5 YEAR', '"a" >= $now - INTERVAL 9 YEAR', "loosened"),
    ('CAST("a" AS DOUBLE) > (1)', '"a" > (1)', "same"),
    ('"a" >= (0)', '"b" >= (0)', "changed"),
    ("\"a\" < 'x'", "\"a\" < 'y'", "changed"),
]


@pytest.mark.parametrize(("before", "after", "step"), BOUNDS)
def test_bounds_are_loosened_or_tightened(before: str, after: str, step: bounds.Step) -> None:
    old, new = (Rule("a:x", ("a",), "", f"({holds}) IS FALSE") for holds in (before, after))
    assert (step, "same") == (bounds.step(old, new), bounds.step(new, new))
    back: dict[str, str] = {"loosened": "tightened", "tightened": "loosened"}
    assert back.get(step, step) == bounds.step(new, old)


def test_a_bound_that_now_holds_for_null_too_is_not_looser() -> None:
    old, new = (Rule("a:x", ("a",), "", f'("a" >= ({n})) IS {what}') for n, what in ((1, "FALSE"), (0, "NOT TRUE")))
    assert "changed" == bounds.step(old, new)


def test_nothing_changed_is_no_change() -> None:
    """Order, descriptions and the contract's name mean nothing."""
    same = replace(
        with_field("score", description="of a session"), name="other:T", rules=(SCORE, MOOD), description="told anew"
    )
    assert () == changes(BASE, replace(same, fields=same.fields[::-1]))


def test_rules_go_and_come_with_their_columns() -> None:
    """A column with its rules is one change."""
    without = replace(BASE, fields=tuple(f for f in BASE.fields if f.name != "score"), rules=(MOOD,))
    assert [("column_removed", "score")] == kinds(changes(BASE, without))
    assert [("required_added", "score")] == kinds(changes(without, BASE))


def test_a_renamed_column_takes_its_rules_and_uniqueness_along() -> None:
    """And what else changed of it is told under its new name."""
    new = replace(
        BASE,
        fields=(*BASE.fields[:2], Field("scored", "BIGINT", unit="points"), BASE.fields[3]),
        rules=(MOOD, Rule("scored:ge", ("scored",), "scored is at least 0", '("scored" >= 0) IS FALSE')),
    )  # fmt: skip
    assert [("column_renamed", "scored"), ("type_widened", "scored")] == kinds(changes(BASE, new))
    assert "scored (guessed: same type, and the names are alike)" in changes(BASE, new)[0].says


def test_a_text_that_reads_like_a_renamed_column_is_left_alone() -> None:
    old = replace(BASE, rules=(Rule("x", ("email",), "", "\"email\" = 'email'"),))
    moved = with_field("email", name="e_mail")
    assert [("column_renamed", "e_mail")] == kinds(
        changes(old, replace(moved, rules=(Rule("x", ("e_mail",), "", "\"e_mail\" = 'email'"),)))
    )


def columns(*words: str) -> list[Described]:
    """``name:type``, a type with ``?`` may be NULL."""
    pairs = [word.split(":") for word in words]
    return [Described(name, kind.rstrip("?"), kind.endswith("?")) for name, kind in pairs]


def test_a_name_that_is_nothing_like_the_old_one_is_believed_at_the_same_place_only() -> None:
    old = columns("id:int8", "a:text", "z:date")
    assert [("column_renamed", "title")] == kinds(column_changes(old, columns("id:int8", "title:text", "z:date")))
    moved = columns("id:int8", "z:date", "title:text")
    assert [("column_removed", "a"), ("required_added", "title")] == kinds(column_changes(old, moved))
    other_type = columns("id:int8", "title:int4", "z:date")
    assert [("column_removed", "a"), ("required_added", "title")] == kinds(column_changes(old, other_type))


def test_two_that_went_and_two_that_came_are_matched_by_name() -> None:
    old, new = columns("userId:text", "orgId:text"), columns("org_id:text", "user_id:text")
    assert {("userId", "user_id"), ("orgId", "org_id")} == {(c.before, c.after) for c in column_changes(old, new)}


def test_a_source_that_drifted_is_told_in_its_own_words() -> None:
    """Two descriptions of a table, as a database gives them."""
    old = [Described("mood", '"Mood"', values=("LOW", "HIGH")), Described("name", "character varying(20)")]
    new = [Described("mood", '"Mood"', values=("LOW", "HIGH", "ODD")), Described("name", "text", nullable=True)]
    assert ["mood may now be 'ODD'", "name: character varying(20) is widened to text", "name may now be NULL"] == [
        c.says for c in column_changes(old, new)
    ]


WIDTHS: list[tuple[str, str, Step]] = [
    ("integer", "bigint", "widened"),
    ("BIGINT", "INTEGER", "narrowed"),
    ("int4", "INTEGER", "same"),
    ("INTEGER", "DOUBLE", "changed"),
    ("UINTEGER", "BIGINT", "widened"),
    ("UINTEGER", "INTEGER", "changed"),
    ("FLOAT", "double precision", "widened"),
    ("character varying(20)", "character varying(50)", "widened"),
    ("text", "character varying(50)", "narrowed"),
    ("VARCHAR", "text", "same"),
    ("character(3)", "text", "changed"),
    ("DECIMAL(10,2)", "DECIMAL(12,2)", "widened"),
    ("DECIMAL(10,2)", "DECIMAL(10,4)", "changed"),
    ("numeric(10,2)", "numeric", "changed"),
    ("numeric(38,2)", "numeric(40,2)", "changed"),
    ("timestamp(3) without time zone", "timestamp(6) without time zone", "widened"),
    ("timestamp(6) without time zone", "timestamp without time zone", "same"),
    ("timestamp without time zone", "timestamp with time zone", "changed"),
    ("DATE", "TIMESTAMP", "changed"),
    ("integer[]", "bigint[]", "widened"),
    ("integer", "integer[]", "changed"),
    ('"Mood"', '"Feeling"', "changed"),
]


@pytest.mark.parametrize(("before", "after", "step"), WIDTHS)
def test_wider_means_that_every_value_still_fits(before: str, after: str, step: Step) -> None:
    assert step == width(before, after)
    back: dict[Step, Step] = {"widened": "narrowed", "narrowed": "widened", "same": "same", "changed": "changed"}
    if step != "widened" or "UINTEGER" not in before:
        assert back[step] == width(after, before)
