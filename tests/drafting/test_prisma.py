"""A schema.prisma, read as Prisma reads it."""

from __future__ import annotations

import pytest

from parquetry.drafting import Column, Description, Reference, Table
from parquetry.drafting.prisma import description
from parquetry.errors import BadInput, Config
from tests.drafting.words import SCHEMA


@pytest.fixture(scope="module")
def found() -> Description:
    return description({"schema.prisma": SCHEMA}, "schema.prisma")


def table(found: Description, name: str) -> Table:
    return next(t for t in found.tables if t.name == name)


def column(found: Description, of: str, name: str) -> Column:
    column = table(found, of).column(name)
    assert column
    return column


def test_tables_have_the_databases_names(found: Description) -> None:
    assert ["users", "Post", "audit.Tag", "_friends", "audit._TagToUser"] == [t.spoken for t in found.tables]
    assert ("User", "") == (table(found, "users").model, table(found, "Post").model)
    assert {"Totals": "a view has no key"} == found.left_out
    assert "APP_DIRECT_URL" == found.url


def test_columns_have_the_databases_names_and_types(found: Description) -> None:
    posts = {c.name: c.type.name + "?" * c.nullable for c in table(found, "Post").columns}
    assert {
        "author_id": "bigint", "authorMail": "text", "slug": "character varying(40)",
        "at": "timestamp(3) without time zone", "on": "date", "mood": '"mood_type"', "price": "numeric(65,30)",
        "tax": "numeric(10,2)?", "ratio": "real?", "size": "smallint", "body": "jsonb", "extra": "jsonb?",
        "raw": "bytea?", "key": "uuid", "area": "point?", "lines": "text[]?", "class": "text?", "_hidden": "boolean",
    } == posts  # fmt: skip
    assert [(10, 2), None] == [column(found, "Post", name).type.decimal for name in ("tax", "price")]
    assert "timestamp(3) with time zone" == column(found, "users", "createdAt").type.name


def test_keys_uniqueness_and_references(found: Description) -> None:
    post = table(found, "Post")
    assert ("author_id", "slug") == post.primary
    assert (("key", "slug"),) == post.unique
    assert (Reference(("author_id", "authorMail"), "", "users", ("id", "contact")),) == post.references
    assert {"author_id", "at", "key"} == post.indexed
    assert (("id",), (("contact",),)) == (table(found, "users").primary, table(found, "users").unique)


def test_a_relation_of_many_to_many_is_a_table_of_its_own(found: Description) -> None:
    """Prisma sorts the models' names, and calls the columns A and B."""
    join = table(found, "_TagToUser")
    assert [("A", "character(3)"), ("B", "bigint")] == [(c.name, c.type.name) for c in join.columns]
    assert (("A", "B"),) == join.unique
    assert (Reference(("A",), "audit", "Tag", ("name",)), Reference(("B",), "", "users", ("id",))) == join.references
    assert ["bigint", "bigint"] == [c.type.name for c in table(found, "_friends").columns]


def test_enums_are_in_the_databases_words(found: Description) -> None:
    assert ("LOW", "very high") == column(found, "Post", "mood").values == column(found, "users", "moods").values
    assert "very high" == column(found, "Post", "mood").default


def test_defaults_are_told_as_people_say_them(found: Description) -> None:
    assert ["autoincrement()", "[LOW]", "now()"] == [
        column(found, "users", name).default for name in ("id", "moods", "createdAt")
    ]
    assert ["gen_random_uuid()", "false"] == [column(found, "Post", name).default for name in ("key", "_hidden")]
    assert column(found, "users", "updatedAt").updated


def test_comments_for_people_are_kept_and_orders_to_tools_are_not(found: Description) -> None:
    assert "Who takes part" == table(found, "users").said
    assert ("Where to write", "personal") == (
        column(found, "users", "contact").said,
        column(found, "users", "contact").privacy,
    )
    assert "bytes" == column(found, "Post", "size").said
    assert None is column(found, "Post", "body").privacy


def test_a_mark_may_name_the_class() -> None:
    text = "model A {\n id Int @id\n /// @pii\n a Int\n b Int /// @pii: sensitive\n /// pii\n c Int\n}"
    made = description({"x": text}, "x").tables[0]
    assert [None, "personal", "sensitive", None] == [c.privacy for c in made.columns]


def test_a_schema_in_several_files_is_one() -> None:
    made = description({"a": "model A {\n id Int @id\n m Mood\n}", "b": "enum Mood {\n X\n}"}, "schema")
    assert ("X",) == made.tables[0].columns[1].values
    assert "DATABASE_URL" == made.url


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("model A {\n  id Int @id\n", 3),
        ("model A {\n  id Int @id(\n}\n", 3),
        ('model A {\n  id Int @default("\n}', 2),
        ("model A {\n  id Int §\n}", 2),
        ("model A {\n  id Int @id, b Int\n}", 2),
        ("model {\n}", 1),
    ],
)
def test_what_is_no_schema_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(BadInput, match=f"s.prisma line {line}:"):
        description({"s.prisma": text}, "s.prisma")


def test_a_type_that_nothing_declares_is_named() -> None:
    with pytest.raises(BadInput, match="A.m is of the type 'Mod'.*did you mean 'Mood'"):
        description({"x": "model A {\n id Int @id\n m Mod\n}\nenum Mood {\n X\n}"}, "x")


def test_another_database_is_refused() -> None:
    with pytest.raises(Config, match="mysql"):
        description({"x": 'datasource db {\n provider = "mysql"\n}'}, "x")
