"""A shape's fingerprint says whether files would be read to the same rows."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from parquetry.formats.shape import Shape, Variant

SHAPE = Shape("json", null=("", "NA"), true=("yes", "y"), columns={"a": "x", "b": "y"})
OTHER: dict[str, Any] = {
    "format": "jsonl", "delimiter": ";", "quote": "'", "encoding": "latin-1", "null": ("",), "decimal": ",",
    "timezone": "UTC", "true": ("yes",), "false": ("no",), "nan": True, "rows": "a[*]", "columns": {"a": "y"},
    "variants": (Variant(),), "line": "x", "ignore": "y",
}  # fmt: skip
REFUSING = {"final_newline": False, "empty": True, "max_line": 10, "max_bytes": 10}


@pytest.mark.parametrize("name", [f.name for f in fields(Shape)])
def test_what_changes_rows_changes_the_fingerprint(name: str) -> None:
    changed = replace(SHAPE, **{name: {**OTHER, **REFUSING}[name]})
    assert (name in REFUSING) == (SHAPE.fingerprint == changed.fingerprint)


def test_order_does_not_count_but_for_variants() -> None:
    """The first variant that fits wins."""
    same = replace(SHAPE, null=("NA", ""), true=("y", "yes"), columns={"b": "y", "a": "x"})
    assert SHAPE.fingerprint == same.fingerprint
    one, other = Variant({"a": "x"}, when=("x",)), Variant({"a": "y"}, excluded=True)
    assert 3 == len({replace(SHAPE, variants=v).fingerprint for v in ((one, other), (other, one), (one,))})
