"""What a Pandera model becomes, and what a contract may not ask for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import duckdb
import pandera.polars as pa
import polars as pl
import pytest

from parquetry.contracts import Contract, rules
from parquetry.contracts.compile import compile
from parquetry.contracts.regex import translated
from parquetry.errors import BadContract


def model(_bases: tuple[type, ...] = (pa.DataFrameModel,), _config: Any = None, **fields: tuple[Any, Any]) -> type[Any]:
    body: dict[str, Any] = {
        "__annotations__": {name: kind for name, (kind, _) in fields.items()},
        "__module__": __name__,
    }
    body |= {name: field for name, (_, field) in fields.items()}
    if _config is not None:
        body["Config"] = type("Config", (), _config)
    return type("Model", _bases, body)


def one(kind: Any, **declared: Any) -> Contract:
    return compile(model(x=(kind, pa.Field(**declared))), "t:Model")


@pytest.mark.parametrize(
    ("declared", "published"),
    [
        (str, "VARCHAR"),
        (int, "BIGINT"),
        (float, "DOUBLE"),
        (bool, "BOOLEAN"),
        (dt.date, "DATE"),
        (dt.time, "TIME"),
        (dt.datetime, "TIMESTAMP"),
        (bytes, "BLOB"),
        (pl.Int16, "SMALLINT"),
        (pl.UInt64, "UBIGINT"),
        (pl.Float32, "FLOAT"),
        (pl.Datetime("us"), "TIMESTAMP"),
        (pl.Datetime("us", "UTC"), "TIMESTAMP WITH TIME ZONE"),
        (pl.Decimal(12, 2), "DECIMAL(12,2)"),
        (Annotated[pl.Decimal, 38, 10], "DECIMAL(38,10)"),
        (pl.Enum(["a"]), "VARCHAR"),
        (pl.List(pl.String), "VARCHAR[]"),
        (pl.List(pl.Int64), "BIGINT[]"),
    ],
)
def test_every_type_has_one_published_form(declared: Any, published: str) -> None:
    assert published == one(declared).fields[0].type


@pytest.mark.filterwarnings("ignore:.*support is not guaranteed")
@pytest.mark.parametrize(
    ("declared", "instead"),
    [
        (pl.Categorical, "pl.Enum"),
        (pl.Duration("us"), "integer"),
        (pl.Datetime("ns"), "pl.Datetime('us')"),
        (pl.Datetime("us", "Europe/Berlin"), "pl.Datetime('us', 'UTC')"),
        (pl.Struct({"a": pl.Int64}), "is_json"),
        (pl.Array(pl.Int64, 2), "pl.List"),
        (pl.List(pl.List(pl.Int64)), "plain type"),
        (pl.Object, "str"),
        (pl.Int128, "pl.Decimal(38, 0)"),
    ],
)
def test_a_type_that_cannot_be_published_names_what_to_use(declared: Any, instead: str) -> None:
    with pytest.raises(BadContract) as caught:
        one(declared)
    assert instead in caught.value.next


@pytest.mark.parametrize(
    ("kind", "declared", "broken"),
    [
        (str, {"isin": ["b", "it's"]}, "(list_contains(['b', 'it''s'], \"x\")) IS FALSE"),
        (str, {"isin": []}, '(CASE WHEN "x" IS NOT NULL THEN FALSE END) IS FALSE'),
        (str, {"str_matches": "a|b"}, "(regexp_matches(\"x\", '^a|b')) IS FALSE"),
        (str, {"str_matches": "^c[a-z]{24}$"}, "(regexp_full_match(\"x\", '^c[a-z]{24}$')) IS FALSE"),
        (str, {"str_matches": r"^cost\$"}, "(regexp_matches(\"x\", '^cost\\$')) IS FALSE"),
        (str, {"str_contains": "^a|b$"}, "(regexp_full_match(\"x\", '(?s:.*)(?:^a|b$)(?s:.*)')) IS FALSE"),
        (str, {"str_length": {"min_value": 1, "max_value": 3}}, '(length("x") >= 1 AND length("x") <= 3) IS FALSE'),
        (str, {"eq": "a\0b"}, "(\"x\" = ('a' || chr(0) || 'b')) IS FALSE"),
        (int, {"ge": 0, "ignore_na": False}, '("x" >= (0)) IS NOT TRUE'),
        (int, {"lt": 0.5}, "(CAST(\"x\" AS DOUBLE) < CAST('0.5' AS DOUBLE)) IS FALSE"),
        (pl.Decimal(5, 2), {"le": Decimal("1.50")}, "(\"x\" <= CAST('1.50' AS DECIMAL(5,2))) IS FALSE"),
        (dt.datetime, {"ge": dt.date(2020, 1, 1)}, "(\"x\" >= TIMESTAMP '2020-01-01 00:00:00') IS FALSE"),
        (dt.datetime, {"not_future": True}, '("x" <= $now) IS FALSE'),
    ],
)
def test_a_builtin_check_is_sql(kind: Any, declared: dict[str, Any], broken: str) -> None:
    (rule,) = one(kind, **declared).rules
    assert (broken, "") == (rule.broken, rule.custom)


@pytest.mark.parametrize(
    ("kind", "declared"),
    [
        (str, {"str_matches": r"\w+"}),
        (str, {"str_contains": r"(?i)a"}),
        (pl.Decimal(5, 2), {"ge": Decimal("0.001")}),
        (pl.Decimal(5, 2), {"ge": 0.1}),
        (pl.Float32, {"isin": [0.1]}),
        (pl.Enum(["a", "b"]), {"ge": "b"}),
        (pl.List(pl.String), {"eq": ["a"]}),
    ],
)
def test_where_the_engines_could_differ_the_check_stays_pandera_s(kind: Any, declared: dict[str, Any]) -> None:
    try:
        contract = one(kind, **declared)
    except BadContract:
        return
    rule = contract.rules[-1]
    assert "" == rule.broken
    assert rule.custom


@pytest.mark.parametrize(
    ("kind", "declared"),
    [
        (str, {"ge": 1}),
        (int, {"isin": ["a"]}),
        (int, {"str_matches": "a"}),
        (float, {"isin": [1, 2]}),
        (str, {"not_future": True}),
        (int, {"is_json": True}),
        (dt.datetime, {"reasonable": {"years": 0}}),
        (str, {"default": "?"}),
        (str, {"regex": True}),
        (str, {"required": False}),
        (str, {"isin": ["a"], "raise_warning": True}),
        (str, {"metadata": {"privacy": "persnal"}}),
    ],
)
def test_what_cannot_hold_is_refused_before_anything_is_read(kind: Any, declared: dict[str, Any]) -> None:
    with pytest.raises(BadContract):
        one(kind, **declared)


@pytest.mark.parametrize(
    "config",
    [
        {"drop_invalid_rows": True},
        {"add_missing_columns": True},
        {"strict": True},
        {"dtype": pl.String},
        {"unique": ["y"]},
        {"requires": {"x": "y"}},
        {"calendar": {"time": "x", "day": "x", "week_starts": "tuesday"}},
        {"calendar": {"time": "at", "day": "x", "week_starts": "sunday", "zone": "Europe/Berln"}},
    ],
)
def test_options_that_lose_or_change_rows_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(BadContract):
        compile(model(_config=config, x=(int, pa.Field()), at=(dt.datetime, pa.Field())), "t:Model")


@pytest.mark.parametrize("names", [("a", "A"), ("file_row_number",), ("_rules",), ("parquetry:raw:x",), ()])
def test_names_that_duckdb_or_we_would_confuse(names: tuple[str, ...]) -> None:
    with pytest.raises(BadContract):
        compile(model(**{f"x{i}": (int, pa.Field(alias=name)) for i, name in enumerate(names)}), "t:Model")


def test_what_is_not_a_polars_model() -> None:
    with pytest.raises(BadContract, match="not a Pandera model"):
        compile(dict, "t:Model")  # type: ignore[arg-type]


def test_fields_carry_what_is_declared_of_them() -> None:
    contract = compile(
        model(
            _config={"unique": ["x", "der Name"], "strict": "filter"},
            x=(int, pa.Field(unique=True, description="what it is", metadata={"unit": "ms", "privacy": "personal"})),
            y=(str, pa.Field(nullable=True, alias="der Name")),
        ),
        "t:Model",
    )
    x, y = contract.fields
    assert ("x", "BIGINT", False, "ms", "personal", "what it is") == (
        x.name, x.type, x.nullable, x.unit, x.privacy, x.description,
    )  # fmt: skip
    assert ("der Name", True) == (y.name, y.nullable)
    assert (("x",), ("x", "der Name")) == contract.unique
    assert contract == Contract.from_json(contract.as_json())


def test_order_does_not_count_and_meaning_does() -> None:
    """The fingerprint: sets in another order are the same contract, another bound is another one."""
    first = compile(model(x=(str, pa.Field(isin=["a", "b"])), y=(int, pa.Field(ge=0, le=5))), "t:Model")
    same = compile(model(y=(int, pa.Field(le=5, ge=0)), x=(str, pa.Field(isin=["b", "a"]))), "t:Model")
    other = compile(model(x=(str, pa.Field(isin=["a", "b"])), y=(int, pa.Field(ge=0, le=6))), "t:Model")
    assert first.fingerprint == same.fingerprint
    assert first.fingerprint != other.fingerprint


LIMIT = 5


def small(values: pl.Expr) -> pl.Expr:
    """A helper."""
    return values < LIMIT


class Custom(pa.DataFrameModel):
    x: int

    @pa.check("x")
    @classmethod
    def is_small(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """x is small"""
        return data.lazyframe.select(small(pl.col("x")))


class Reformatted(pa.DataFrameModel):
    x: int

    @pa.check("x")
    @classmethod
    def is_small(
        cls,
        data: Any,
    ) -> Any:
        # A comment, another docstring, other quotes: the same rule.
        return data.lazyframe.select(
            small(pl.col('x')),
        )  # fmt: skip


def test_a_custom_check_is_what_its_syntax_and_its_helpers_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comments and layout do not count; a constant or a helper that it uses does."""
    before = compile(Custom, "t:Custom")
    (rule,) = before.rules
    assert ("x:is_small", ("x",), "x is small", "") == (rule.name, rule.columns, rule.says, rule.broken)
    assert before.fingerprint == compile(Reformatted, "t:Custom").fingerprint
    monkeypatch.setattr("tests.contracts.test_compile.LIMIT", 6)
    assert before.fingerprint != compile(Custom, "t:Custom").fingerprint


def test_a_check_that_looks_across_rows_is_refused() -> None:
    class Across(pa.DataFrameModel):
        x: int

        @pa.dataframe_check
        @classmethod
        def above_mean(cls, data: pa.PolarsData) -> pl.LazyFrame:
            return data.lazyframe.select(pl.col("x") >= pl.col("x").mean())

    with pytest.raises(BadContract, match=r"looks across rows: \.mean"):
        compile(Across, "t:Across")


def test_patterns_agree_on_every_character() -> None:
    """All of Unicode: what Rust's regex matches, the translation matches in RE2."""
    points = [*range(0xD800), *range(0xE000, 0x110000)]
    frame = pl.DataFrame({"s": [chr(p) for p in points]})
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE c AS SELECT chr(i::INT) AS s FROM range(1, 1114112) t(i) WHERE i NOT BETWEEN 55296 AND 57343"
        )
        for pattern in (r"^\d$", r"^\D$", r"^\s$", r"^\S$", "^.$", "^[^a-z]$", r"^[\d\s_]$"):
            same = translated(pattern)
            assert same is not None
            expected = frame.filter(pl.col("s").str.contains(pattern) & (pl.col("s") != "\0")).height
            assert (expected,) == con.execute("SELECT count(*) FROM c WHERE regexp_matches(s, $1)", [same]).fetchone()


@pytest.mark.parametrize(
    "pattern", [r"\w", r"\b", "(?i)a", r"\p{L}", "[a&&b]", "[a--b]", "[[:alpha:]]", "a**", "*", "(?=a)", r"\1"]
)
def test_patterns_that_are_left_to_pandera(pattern: str) -> None:
    assert translated(pattern) is None


def test_the_clock_of_plain_pandera_can_be_set() -> None:
    frame = pl.DataFrame({"x": [dt.datetime(2020, 1, 1)]})
    plain = model(x=(rules.Moment, pa.Field(not_future=True, reasonable={"years": 5})))
    with rules.clock_at(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)):
        plain.validate(frame)
    for later_or_earlier in (dt.datetime(2019, 12, 31), dt.datetime(2025, 1, 1, 0, 0, 1)):
        with rules.clock_at(later_or_earlier), pytest.raises(pa.errors.SchemaError):
            plain.validate(frame)
