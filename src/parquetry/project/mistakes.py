"""Mistakes in parquetry.toml: each with its line, and all of them together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from parquetry import settings
from parquetry.errors import Unsafe, did_you_mean
from parquetry.project.declared import DATASET_KEYS, KEYS_OF, NAME, PARTITIONS, SOURCE_KEYS, rhythm
from parquetry.project.reports import wrong_in_reports
from parquetry.project.toml import Keys, line_of
from parquetry.settings import WrongValue, masked, read_path
from parquetry.settings.lines import refuse

_CONTRACT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)

Mistake = tuple[Keys, str]
"""The keys that lead to the place, and what is wrong there."""


def refuse_mistakes(file: Path, text: str, declared: Mapping[str, Any]) -> None:
    """
    Refuse a file that says what parquetry does not know, or what cannot be.

    Raises:
        Unsafe: A password in it, or a contract that is a path.
        Config: Every other mistake, by line.
    """
    _refuse_unsafe(file, text, declared)
    refuse(file, text, _mistakes(declared))


def _refuse_unsafe(file: Path, text: str, declared: Mapping[str, Any]) -> None:
    """What must not be told among other mistakes: a password in the file, a contract from elsewhere."""
    for name, url in _values(declared, "sources", "url"):
        if masked(url) != url:
            line = line_of(text, ("sources", name, "url"))
            raise Unsafe(
                f"{file} line {line}: the URL of the source '{name}' holds a password",
                what="parquetry.toml is meant to be committed and shared; it names secrets and never holds one",
                next='write url = "env:DATABASE_URL" and put the URL into the environment or into .env',
                file=str(file),
                line=line,
            )
    for name, contract in _values(declared, "datasets", "contract"):
        if "/" in contract or "\\" in contract or ".." in contract:
            line = line_of(text, ("datasets", name, "contract"))
            raise Unsafe(
                f"{file} line {line}: the contract {contract!r} is a path, which could lead out of the project folder",
                next="write it as 'contracts.module:Class', from a file below the project folder",
                file=str(file),
                line=line,
            )


def _values(declared: Mapping[str, Any], noun: str, key: str) -> Iterator[tuple[str, str]]:
    """Each text under *key* in the tables ``[noun.NAME]``, whatever else is wrong in the file."""
    tables = declared.get(noun)
    for name, table in tables.items() if isinstance(tables, dict) else ():
        if isinstance(table, dict) and isinstance(table.get(key), str):
            yield name, table[key]


def _mistakes(declared: Mapping[str, Any]) -> Iterator[Mistake]:
    known = (*settings.tables(), "sources", "datasets")
    for key in declared:
        if key not in known:
            yield (key,), f"unknown key '{key}'{did_you_mean(key, known)}"
    yield from settings.mistakes(declared)
    sources, datasets = declared.get("sources", {}), declared.get("datasets", {})

    def wrong_in_dataset(name: str, table: Mapping[str, Any]) -> Iterator[Mistake]:
        yield from _wrong_in_dataset(name, table, sources)
        yield from _wrong_references(table.get("references", {}), datasets)

    for noun, each in (("sources", _wrong_in_source), ("datasets", wrong_in_dataset)):
        yield from _wrong_in_tables(noun, declared.get(noun, {}), each)


def _wrong_in_tables(
    noun: str, tables: object, wrong: Callable[[str, Mapping[str, Any]], Iterator[Mistake]]
) -> Iterator[Mistake]:
    if not isinstance(tables, dict):
        yield (noun,), f"'{noun}' is a table: write [{noun}.NAME] and its keys below"
        return
    for name, table in tables.items():
        if not NAME.fullmatch(name):
            yield (noun, name), f"'{name}' is not a {noun[:-1]}'s name: {_names_are(name)}"
        if not isinstance(table, dict):
            yield (noun, name), f"'{name}' in [{noun}] is a table: write [{noun}.{name}] and its keys below"
            continue
        for keys, says in wrong(name, table):
            yield (noun, name, *keys), f"[{noun}.{name}] {says}"


def _names_are(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    near = re.sub(r"[^a-z0-9]+", "_", snake).strip("_").lstrip("0123456789_")[:63].rstrip("_")
    return f"a to z, 0 to 9 and _, at most 63, a letter first{f'; try {near!r}' if near else ''}"


def _wrong_in_source(name: str, table: Mapping[str, Any]) -> Iterator[Mistake]:
    kind = table.get("kind")
    if kind is None:
        yield (), f"'kind' is missing (one of {', '.join(SOURCE_KEYS)})"
        return
    if not isinstance(kind, str) or kind not in SOURCE_KEYS:
        near = did_you_mean(kind, SOURCE_KEYS) if isinstance(kind, str) else ""
        yield ("kind",), f"no source of kind {kind!r} (known: {', '.join(SOURCE_KEYS)}){near}"
        return
    yield from _unknown(table, SOURCE_KEYS[kind])
    if kind == "files" and "root" not in table:
        yield (), "'root' is missing, the folder of the reports"
    if "root" in table:
        yield from _wrong_path("root", table["root"])
    if "url" in table:
        yield from _wrong_url(table["url"])


def _wrong_url(url: object) -> Iterator[Mistake]:
    if not isinstance(url, str) or not url.strip() or re.search(r"[\0\r\n]", url):
        yield ("url",), 'url is "env:NAME" or a URL in quotes'
    elif url.startswith("env:") and not re.fullmatch(r"env:[A-Za-z_]\w*", url, re.ASCII):
        yield ("url",), "url: 'env:' is followed by the name of an environment variable"
    elif not url.startswith("env:") and "://" not in url and "=" not in url:
        meant = f"; did you mean 'env:{url}'?" if re.fullmatch(r"[A-Z][A-Z0-9_]*", url) else ""
        yield ("url",), f"url is neither a URL nor env:NAME{meant}"


def _wrong_in_dataset(name: str, table: Mapping[str, Any], sources: object) -> Iterator[Mistake]:
    kind = _kind_of(table.get("source"), sources)
    yield from _unknown(table, KEYS_OF[kind] if kind else DATASET_KEYS)
    for key in ("source", "contract"):
        if key not in table:
            yield (), f"'{key}' is missing"
    if "source" in table:
        yield from _wrong_reference(table["source"], sources)
    if "contract" in table:
        yield from _wrong_contract(table["contract"])
    yield from _wrong_names(table)
    for key, choices in (("partition", PARTITIONS), ("order", settings.ORDERS)):
        yield from _wrong_choice(key, table.get(key, choices[0]), choices)
    if table.get("partition") == "month" and "time" not in table and kind != "files":
        yield ("partition",), "partition = 'month' needs 'time', the column that says which month"
    if "every" in table and rhythm(table["every"]) is None:
        yield ("every",), f'every: {table["every"]!r} is not like "1 day", "6 hours" or "2 weeks"'
    if kind == "files":
        yield from wrong_in_reports(table)


def _kind_of(source: object, sources: object) -> str | None:
    """The kind of a dataset's source; None where that is a mistake itself."""
    table = sources.get(source) if isinstance(sources, dict) and isinstance(source, str) else None
    kind = table.get("kind") if isinstance(table, dict) else None
    return kind if isinstance(kind, str) and kind in KEYS_OF else None


def _wrong_names(table: Mapping[str, Any]) -> Iterator[Mistake]:
    for key in ("table", "key", "time", "summary"):
        if key in table and not _is_names(table[key]):
            yield (key,), f"{key} is a name or a list of names, each text and none twice"
    indexes = table.get("indexes", [])
    if not isinstance(indexes, list) or not all(map(_is_names, indexes)):
        yield ("indexes",), 'indexes is a list of lists of columns: [["userId", "timestamp"], ["eventType"]]'


def _wrong_choice(key: str, value: object, choices: tuple[str, ...]) -> Iterator[Mistake]:
    if value not in choices:
        near = did_you_mean(value, choices) if isinstance(value, str) else ""
        yield (key,), f"{key}: {value!r} is not one of {', '.join(choices)}{near}"


def _wrong_references(references: object, datasets: object) -> Iterator[Mistake]:
    if not isinstance(references, dict):
        yield ("references",), 'references is a table: userId = "users.id"'
        return
    known = list(datasets) if isinstance(datasets, dict) else []
    for column, target in references.items():
        dataset, dot, key = target.partition(".") if isinstance(target, str) else ("", "", "")
        if not (dataset and dot and key):
            yield ("references", column), f'references: {column} names DATASET.COLUMN, such as "users.id"'
        elif dataset not in known:
            yield ("references", column), f"references: no dataset '{dataset}'{did_you_mean(dataset, known)}"


def _wrong_reference(source: object, sources: object) -> Iterator[Mistake]:
    known = list(sources) if isinstance(sources, dict) else []
    if not isinstance(source, str):
        yield ("source",), "source is a name, in quotes"
    elif source not in known:
        yield ("source",), f"no source '{source}' (declared: {', '.join(known) or 'none'}){did_you_mean(source, known)}"


def _wrong_contract(contract: object) -> Iterator[Mistake]:
    if not isinstance(contract, str) or not _CONTRACT.fullmatch(contract):
        yield ("contract",), f"contract: {contract!r} is not of the form 'contracts.module:Class'"


def _wrong_path(key: str, value: object) -> Iterator[Mistake]:
    try:
        read_path(value)
    except WrongValue as reason:
        yield (key,), f"{key}: {value!r} {reason}"


def _unknown(table: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[Mistake]:
    for key in table:
        if key not in known:
            yield (key,), f"unknown key '{key}'{did_you_mean(key, known)}"


def _is_names(value: object) -> bool:
    names = [value] if isinstance(value, str) else value
    return (
        isinstance(names, list)
        and bool(names)
        and all(isinstance(n, str) and n.strip() and "\0" not in n for n in names)
        and len(set(names)) == len(names)
    )
