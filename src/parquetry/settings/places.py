"""
The places that a setting may come from, asked in order; the first that has a value wins.

What `environment` and ``parquetry.toml`` hold is handed in; nothing here opens a file.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from parquetry.errors import Config, ParquetryError, Usage, did_you_mean
from parquetry.settings.dotenv import Dotenv
from parquetry.settings.environment import Unreadable, given
from parquetry.settings.fields import PREFIX, SPECS, Settings, Spec, names_of
from parquetry.settings.secrets import Secret
from parquetry.settings.values import WrongValue, read_secret, shown


def read(
    root: Path,
    *,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    dotenv: Dotenv | None = None,
    file: Mapping[str, Any] | None = None,
) -> Settings:
    """
    The settings of one run.

    Args:
        root: The project's folder, absolute. Relative paths start there, except those of a flag,
            which start at the current folder as in any shell command.
        flags: By field name; None is a flag not given.
        environment: The real environment. An empty value is a value not given; it still hides ``.env``.
        dotenv: What ``.env`` says.
        file: parquetry.toml, already checked by `mistakes`.

    Raises:
        Usage: A flag that does not exist, or a wrong value in one.
        Config: A wrong value elsewhere, or a ``PARQUETRY_`` name that is nearly one of ours.
    """
    flags, environment, dotenv = flags or {}, environment or {}, dotenv or Dotenv()
    for flag in flags:
        if flag not in SPECS:
            raise Usage(f"no setting '{flag}'{did_you_mean(flag, SPECS)}", setting=flag)
    _refuse_misspelt([*environment, *dotenv.values])
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in (f for f in fields(Settings) if f.name in SPECS):
        spec = SPECS[setting.name]
        value, origins[setting.name] = _first(setting, spec, flags, environment, dotenv, file or {})
        if isinstance(value, Path):
            value = (Path.cwd() if origins[setting.name] == "flag" else root) / value
        values[setting.name] = value
    return Settings(**values, origins=origins)


def _first(
    setting: Field[Any],
    spec: Spec,
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    dotenv: Dotenv,
    file: Mapping[str, Any],
) -> tuple[Any, str]:
    flag = flags.get(setting.name)
    if flag is not None:
        return _checked(setting.name, spec, flag, "flag"), "flag"
    try:
        for text, origin in given(names_of(setting.name, spec), environment, dotenv):
            return _checked(setting.name, spec, text, origin), origin
    except Unreadable as problem:
        if spec.read is not read_secret:
            raise
        return None, f"unusable: {problem.failed}"  # only a verb that opens the source needs it
    if spec.table and spec.key in file.get(spec.table, {}):
        return spec.read(file[spec.table][spec.key]), f"parquetry.toml [{spec.table}] {spec.key}"
    return setting.default, "default"


def _checked(setting: str, spec: Spec, value: object, origin: str) -> Any:
    try:
        return spec.read(value)
    except WrongValue as reason:
        repeated = "" if spec.read is read_secret else f" {shown(value)}"
        wrong: type[ParquetryError] = Usage if origin == "flag" else Config
        raise wrong(f"{setting}:{repeated} {reason} ({origin})", setting=setting, origin=origin) from None


def source_url(name: str, text: str, origin: str) -> Secret:
    """A source's URL. Raises Config, without the URL."""
    try:
        return read_secret(text)
    except WrongValue as reason:
        raise Config(f"{name}: the URL {reason} ({origin})", setting=name, origin=origin) from None


def _refuse_misspelt(names: list[str]) -> None:
    """A misspelt name would be ignored in silence; what is far from ours (of a later version, of a cluster) may be."""
    known = [PREFIX + name.upper() for name in SPECS]
    for name in names:
        if not name.startswith(PREFIX) or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.88)
        if near:
            raise Config(f"no setting is called {name}; did you mean {near[0]}?", name=name)
