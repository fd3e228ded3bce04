"""
What parquetry.toml says of a dataset of report files: their names, and how they are read.

Pure values and the mistakes in them; no folder is looked at.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from parquetry.errors import did_you_mean
from parquetry.formats.pattern import Pattern
from parquetry.formats.shape import Format, Shape, Variant

KEYS = ("files", "required", "dated_by", "read")
"""Of a dataset, beside those that tables have too."""

READ_KEYS = (
    "format", "delimiter", "quote", "encoding", "null", "decimal", "timezone", "true", "false", "nan",
    "final_newline", "empty", "rows", "columns", "variants", "line", "ignore", "max_line", "max_bytes",
)  # fmt: skip
FORMATS = ("csv", "json", "jsonl", "text")
DATED_BY = ("time", "modified")

_VARIANT_KEYS = ("columns", "when", "excluded")
_SUFFIXES = {
    "csv": "csv",
    "tsv": "csv",
    "json": "json",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "txt": "text",
    "log": "text",
}
_UNITS = {"kB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SIZE = re.compile(rf"(\d{{1,6}}) ?({'|'.join(_UNITS)})")


@dataclass(frozen=True, slots=True)
class Reports:
    """
    A dataset's report files.

    Attributes:
        required: Whether a run without one has failed.
        dated_by: What dates a file whose name has no date: the earliest ``time`` in it, or when it was ``modified``.
    """

    pattern: Pattern
    shape: Shape
    required: bool = False
    dated_by: Literal["time", "modified"] = "modified"


def reports_of(table: Mapping[str, Any]) -> Reports:
    """The reports of a table ``[datasets.NAME]``, already checked."""
    read = dict(table.get("read", {}))
    format_ = cast("Format", read.pop("format", None) or _format(table["files"]))
    if format_ == "csv" and _suffix(table["files"]) == "tsv":
        read.setdefault("delimiter", "\t")
    values: dict[str, Any] = {key: _value(key, value) for key, value in read.items()}
    dated_by = table.get("dated_by", "time" if table.get("time") else "modified")
    return Reports(
        Pattern.of(table["files"]), Shape(format_, **values),
        table.get("required", False), dated_by,
    )  # fmt: skip


def _value(key: str, value: Any) -> Any:
    if key in ("null", "true", "false"):
        return (value,) if isinstance(value, str) else tuple(value)
    if key in ("max_line", "max_bytes"):
        return _bytes(value)
    if key == "variants":
        return tuple(Variant(v.get("columns", {}), tuple(v.get("when", ())), v.get("excluded", False)) for v in value)
    return value


def wrong_in_reports(table: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Mistakes in the keys that only datasets of report files have."""
    yield from _wrong_files(table.get("files"))
    read = table.get("read", {})
    if not isinstance(read, dict):
        yield ("read",), "read is a table: write [datasets.NAME.read] and its keys below"
        return
    if not isinstance(table.get("required", False), bool):
        yield ("required",), "required is true or false"
    if table.get("dated_by", "modified") not in DATED_BY:
        yield ("dated_by",), f"dated_by: {table['dated_by']!r} is not one of {', '.join(DATED_BY)}"
    elif table.get("dated_by") == "time" and "time" not in table:
        yield ("dated_by",), "dated_by = 'time' needs 'time', the column with the report's time"
    elif "dated_by" in table and _is_dated(table.get("files")):
        yield ("dated_by",), "dated_by is for files without a date in their names; these are dated by their names"
    if table.get("partition", "month") != "month":
        yield ("partition",), "report files are replaced one by one and lie in folders of months"
    yield from ((("read", *keys), f"read: {says}") for keys, says in _wrong_read(read, table.get("files")))


def _wrong_files(files: object) -> Iterator[tuple[tuple[str, ...], str]]:
    if files is None:
        yield (), "'files' is missing, the pattern of the reports' names"
    elif not isinstance(files, str) or not files.strip() or re.search(r"[\0\r\n]", files):
        yield ("files",), "files is a pattern of file names, in quotes"
    elif files.startswith(("/", "~")) or ".." in files.split("/"):
        yield ("files",), "files is a pattern below the source's root; it cannot lead out of it"
    elif "**" in files:
        yield ("files",), f"files: {files!r}: '*' is anything within one level of folders, and there is no '**'"
    else:
        try:
            Pattern.of(files)
        except ValueError as reason:
            yield ("files",), f"files: {files!r}: {reason}"


def _wrong_read(read: Mapping[str, Any], files: object) -> Iterator[tuple[tuple[str, ...], str]]:
    for key in read:
        if key not in READ_KEYS:
            yield (key,), f"unknown key '{key}'{did_you_mean(key, READ_KEYS)}"
    for key, (right, what) in _RIGHT.items():
        if key in read and not right(read[key]):
            yield (key,), f"{key} is {what}, not {read[key]!r}"
    format_ = read.get("format") or (_format(files) if isinstance(files, str) else "csv")
    if not format_:
        yield (), f"the files' suffix does not tell their format; write format = one of {', '.join(FORMATS)}"
    if format_ == "text" and "line" not in read:
        yield (), "text needs 'line', a regular expression whose groups are named like columns"
    yield from _wrong_for_format(read, format_)
    yield from _wrong_variants(read.get("variants", ()))
    yield from _wrong_signs(read, files)


def _wrong_for_format(read: Mapping[str, Any], format_: str) -> Iterator[tuple[tuple[str, ...], str]]:
    if format_ not in ("json", "jsonl"):
        for key in sorted({"rows", "variants"} & read.keys()):
            yield (key,), f"{key} is for JSON"
    if format_ != "text":
        for key in sorted({"line", "ignore"} & read.keys()):
            yield (key,), f"{key} is for text"


def _wrong_signs(read: Mapping[str, Any], files: object) -> Iterator[tuple[tuple[str, ...], str]]:
    """Signs and words that would mean two things."""
    usual = "\t" if isinstance(files, str) and _suffix(files) == "tsv" else ","
    delimiter, quote = read.get("delimiter", usual), read.get("quote", '"')
    if delimiter == quote:
        yield ("quote" if "quote" in read else "delimiter",), f"delimiter and quote are both {delimiter!r}"
    words = [read.get(key, key) for key in ("true", "false")]
    if all(map(_is_words, words)):
        true, false = ({word.lower() for word in ([each] if isinstance(each, str) else each)} for each in words)
        for word in sorted(true & false):
            yield ("false" if "false" in read else "true",), f"'{word}' is a word of both true and false"


def _wrong_variants(variants: object) -> Iterator[tuple[tuple[str, ...], str]]:
    for number, variant in enumerate(variants if isinstance(variants, list) and _is_tables(variants) else ()):
        for key in variant.keys() - set(_VARIANT_KEYS):
            yield ("variants",), f"variant {number + 1}: unknown key '{key}'{did_you_mean(key, _VARIANT_KEYS)}"
        if not _is_words_table(variant.get("columns", {})) or not _is_words(variant.get("when", [])):
            yield ("variants",), f"variant {number + 1}: columns is a table of paths, when a list of them"


def _bytes(text: str) -> int:
    found = _SIZE.fullmatch(text)
    assert found is not None
    return int(found[1]) * _UNITS[found[2]]


def _suffix(files: str) -> str:
    """``csv`` of ``a_{date:%Y%m%d}.csv.gz``."""
    return re.sub(r"\.(gz|zst)$", "", files.lower()).rpartition(".")[2]


def _format(files: str) -> str:
    return _SUFFIXES.get(_suffix(files), "")


def _is_dated(files: object) -> bool:
    try:
        return isinstance(files, str) and Pattern.of(files).dated
    except ValueError:
        return False


def _is_words(value: object) -> bool:
    return isinstance(value, list | str) and all(isinstance(v, str) for v in value)


def _is_words_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) and v for v in value.values())


def _is_tables(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(v, dict) for v in value)


def _is_codec(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(codecs.lookup(value))
    except LookupError:
        return False


def _is_zone(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (KeyError, ValueError, OSError):
        return False


def _is_expression(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except re.error:
        return False


def _is_character(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1 and value not in "\r\n\0"


def _is_size(value: object) -> bool:
    return isinstance(value, str) and _SIZE.fullmatch(value) is not None


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


_WORDS = (_is_words, "a word or a list of words")
_FLAG = (_is_flag, "true or false")
_RIGHT: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "format": (FORMATS.__contains__, f"one of {', '.join(FORMATS)}"),
    "delimiter": (_is_character, "one character"),
    "quote": (lambda value: value == "" or _is_character(value), "one character, or empty"),
    "encoding": (_is_codec, "an encoding such as latin-1"),
    "null": _WORDS,
    "true": _WORDS,
    "false": _WORDS,
    "decimal": ((".", ",").__contains__, "'.' or ','"),
    "timezone": (_is_zone, "a time zone such as Europe/Berlin"),
    "nan": _FLAG,
    "final_newline": _FLAG,
    "empty": _FLAG,
    "rows": (lambda value: isinstance(value, str), "a path such as recommendations[*]"),
    "columns": (_is_words_table, "a table from column to its name in the file"),
    "variants": (_is_tables, "a list of tables: [[datasets.NAME.read.variants]]"),
    "line": (_is_expression, "a regular expression"),
    "ignore": (_is_expression, "a regular expression"),
    "max_line": (_is_size, 'a size such as "16 MB" or "16 MiB"'),
    "max_bytes": (_is_size, 'a size such as "8 GB" or "8 GiB"'),
}
