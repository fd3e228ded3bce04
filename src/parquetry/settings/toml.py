"""The settings' tables of parquetry.toml: which there are, and what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from parquetry.errors import did_you_mean
from parquetry.settings.fields import SPECS, Settings, Spec
from parquetry.settings.values import WrongValue, shown


def mistakes(file: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong in the settings' tables of a parquetry.toml: the path of each key, and the reason."""
    specs = {(spec.table, spec.key): spec for spec in SPECS.values() if spec.table}
    for table in tables():
        if table not in file:
            continue
        if not isinstance(file[table], dict):
            yield (table,), f"'{table}' is a table: write [{table}] and its keys below"
            continue
        known = [key for of, key in specs if of == table]
        for key, value in file[table].items():
            if key not in known:
                yield (table, key), f"[{table}] unknown key '{key}'{did_you_mean(key, known)}"
                continue
            reason = _wrong_in_toml(specs[table, key], value)
            if reason:
                yield (table, key), f"[{table}] {key}: {shown(value)} {reason}"


def _wrong_in_toml(spec: Spec, value: object) -> str:
    # Text is the only form that a number has in the environment, but in TOML it is the wrong type.
    default = next(f.default for f in fields(Settings) if f.metadata.get("spec") is spec)
    if isinstance(default, int) and isinstance(value, str):
        return f"is text; write {'true or false' if isinstance(default, bool) else 'the number'} without quotes"
    try:
        spec.read(value)
    except WrongValue as reason:
        return str(reason)
    return ""


def tables() -> tuple[str, ...]:
    """The tables of parquetry.toml that hold settings."""
    return tuple(dict.fromkeys(spec.table for spec in SPECS.values() if spec.table))
