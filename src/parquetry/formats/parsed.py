"""
A report file read strictly: its rows as text, for the contract to judge, and a count of them.

The count is not the reader's that gives the rows, so that a row which one of them loses is seen by
whoever compares. Nothing is ever sniffed, skipped, padded or replaced.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import duckdb

from parquetry import kinds
from parquetry.contracts import Contract
from parquetry.errors import BadInput, Config, SchemaDrift, Storage, did_you_mean
from parquetry.formats import readers
from parquetry.formats._place import Plain, record
from parquetry.formats._plain import plain
from parquetry.formats.shape import Shape

MOST_UNFIT = 1000
LINE = "parquetry:line"
"""The column of `Parsed.numbered` that the contract does not have."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """
    A line or row that is none of those declared.

    Attributes:
        line: Of the file, from 1; of a JSON document the number of the row.
        text: Its first 80 characters.
        says: Why.
    """

    line: int
    text: str
    says: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """
    What a file holds.

    Attributes:
        rows: That `select` must give, counted without DuckDB's CSV parser; whoever runs it compares.
        excluded: Rows that the shape leaves out: of an excluded variant, ignored lines, blank lines of text.
        unfit: Neither rows nor excluded; at most 1,000.
        select: A DuckDB SELECT of the contract's columns, in its order, all VARCHAR, in the order of the file
            where DuckDB preserves insertion order. NULL where the file has none, or says so.
        numbered: The same with `LINE`, a BIGINT: the line of the file, from 1. In CSV it is the number of the
            record, the header being the first, which is the line unless values have line ends in them. In a
            JSON document it is the number of the row.
        lacking: Nullable columns of the contract that the file has not.
        beyond: Columns of the file that the contract has not; of JSON the keys of its rows, at most 20.
        inherited: Of a document without rows, a SELECT as `select` of one row: what each row would have had from
            the document. Empty where there are rows, and of other formats.
    """

    rows: int
    excluded: int
    unfit: tuple[Unfit, ...]
    select: str
    numbered: str
    lacking: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    inherited: str = ""


class Reader(Protocol):
    """What a module of `readers` is: the same promise as `parsed`, for a file that is plain UTF-8."""

    def read(self, plain: Plain, shape: Shape, contract: Contract, temp: Path, given: Collection[str]) -> Parsed: ...


def parsed(
    path: Path, shape: Shape, contract: Contract, temp: Path, *, name: str, given: Collection[str] = ()
) -> Parsed:
    """
    Read *path* under *shape*; a file whose name ends in ``.gz`` or ``.zst`` is decompressed.

    Args:
        temp: A private folder that exists. What is put there has names of its own, and is needed by `select`.
        name: What messages call the file.
        given: Columns of the contract that the caller fills where the file has none.

    Raises:
        BadInput: It is not wholly what it should be; the message names line and byte where there are some.
        SchemaDrift: It lacks a column that may not be NULL.
        Config: *shape* names no encoding, path or expression that exists.
        MissingExtra: A ``.zst`` without the library for it.
        Storage: No room in *temp*.
    """
    reader = cast(Reader, kinds.load(readers, shape.format))
    return reader.read(plain(path, shape, temp, name), shape, contract, temp, given)


def lacking(
    name: str,
    contract: Contract,
    asked: Mapping[str, str],
    there: Collection[str],
    given: Collection[str],
    beyond: Collection[str] = (),
) -> tuple[str, ...]:
    """
    The nullable columns that a file has not, and that nobody else fills.

    Args:
        asked: What each column of the contract is called in the file.
        there: What the file has of that, in the same words; *beyond*: what else it has.

    Raises:
        SchemaDrift: One of them is not nullable.
    """
    gone = [f for f in contract.fields if f.name not in given and asked[f.name] not in there]
    if needed := [f.name for f in gone if not f.nullable]:
        first = asked[needed[0]]
        raise SchemaDrift(
            f"{name} has no {_listed([asked[n] for n in needed])}{did_you_mean(first, (*there, *beyond))}",
            what=f"it has {_listed(sorted({*there, *beyond})) or 'nothing'}",
            next=f"name it under columns of the dataset, or make it nullable in {contract.name}",
            file=name, columns=needed,
        )  # fmt: skip
    return tuple(f.name for f in gone)


def _listed(names: Collection[str]) -> str:
    shown = ", ".join(f"'{n}'" for n in list(names)[:20])
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")


@contextmanager
def translating(name: str) -> Iterator[None]:
    """DuckDB's errors while it runs the `Parsed.select` of the file that messages call *name*."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise Storage(
            f"not enough memory, or no room to spill, while reading {name}", what=_first_line(error),
            next="free some space, or raise memory_limit",
        ) from error  # fmt: skip
    except duckdb.IOException as error:
        full = "No space left" in str(error) or "could not write" in str(error).lower()
        if full:
            raise Storage(
                f"no space left to read {name}", what=_first_line(error), next="free some space, then run again"
            ) from error
        raise BadInput(f"{name} cannot be read", what=_first_line(error), file=name) from error
    except duckdb.NotImplementedException as error:
        if "Unknown TimeZone" not in str(error):
            raise
        raise Config(f"{name}: {_first_line(error)}", next="correct timezone of the dataset") from error
    except duckdb.InvalidInputException as error:
        raise _csv_error(name, str(error)) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


_ERROR = re.compile(r"CSV Error on Line: (\d+)")
_WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_KNOWN = (
    ("unterminated quote", "a quoted value does not end"),
    ("Invalid unicode", "it is not UTF-8"),
    ("Maximum line size", "a record is too long"),
)


def _csv_error(name: str, message: str) -> BadInput:
    """Its place in words of the file: DuckDB counts records, and shows the whole row."""
    found = _ERROR.search(message)
    if not found:
        return BadInput(f"{name} cannot be read", what=message.partition("\n")[0], file=name)
    # Only outside of the row that it shows: what stands there is the file's, not DuckDB's.
    said = "\n".join(line for line in message.split("\n") if not line.startswith("Original Line"))
    number, says = int(found[1]), "not as CSV must be"
    if width := _WIDTH.search(said):
        says = f"{width[2]} values, and the header has {width[1]}"
    else:
        says = next((words for sign, words in _KNOWN if sign in said), says)
    path, quote = _setting(message, "file"), _setting(message, "quote")
    if not path or not Path(path).is_file():
        return BadInput(f"{name}: record {number}: {says}", file=name, record=number)
    line, byte = record(Path(path), number, b"" if quote == "(empty)" else quote.encode())
    form = " (decompressed)" if name.lower().endswith((".gz", ".zst")) else ""
    return BadInput(f"{name}: line {line}, byte {byte}{form}: {says}", file=name, line=line, byte=byte)


def _setting(message: str, name: str) -> str:
    found = re.findall(rf"^  {name} = (.*?)(?: \((?:Set By User|Auto-Detected)\))?$", message, re.MULTILINE)
    return found[-1] if found else ""
