"""One Parquet or CSV file held against a contract, without a lake or a source."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import duckdb

from parquetry.contracts import Broken, check, load, sql, unique
from parquetry.contracts.staged import Staged, compiled_rules
from parquetry.errors import BadInput, InvalidData, Usage, did_you_mean
from parquetry.lake.digest import quoted
from parquetry.lake.write import literal
from parquetry.text import Told, counted


@dataclass(frozen=True, slots=True)
class Validated(Told):
    """
    What a file is worth.

    Attributes:
        rules: Every rule that was checked.
        broken: Those that rows break.
        rejected: Rows that break at least one.
    """

    file: Path
    contract: str
    rows: int
    rejected: int
    rules: tuple[str, ...]
    broken: tuple[Broken, ...]

    @property
    def exit_code(self) -> int:
        return InvalidData.exit_code if self.broken else 0

    def __str__(self) -> str:
        head = f"{self.file}: {counted(self.rows, 'row')}, {self.rejected:,} break {self.contract}"
        return "\n".join([head, *(f"  {b.rule} ({b.says}): {counted(b.rows, 'row')}" for b in self.broken)])

    def junit(self) -> bytes:
        """The same as a JUnit report: one test case a rule, for a CI server to show."""
        suite = ElementTree.Element(
            "testsuite", name=self.contract, tests=str(len(self.rules)), failures=str(len(self.broken)), errors="0"
        )
        broken = {b.rule: b for b in self.broken}
        for rule in dict.fromkeys((*self.rules, *broken)):
            case = ElementTree.SubElement(suite, "testcase", classname=self.contract, name=rule)
            if rule in broken:
                failed = broken[rule]
                message = f"{failed.rows:,} of {self.rows:,} rows: {failed.says}"
                failure = ElementTree.SubElement(case, "failure", message=message)
                failure.text = "\n".join(f"{key}: {value}" for key, value in failed.first)
        return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def validate(
    file: Path, contract: str, *, root: Path = Path(), key: tuple[str, ...] = (), now: datetime | None = None
) -> Validated:
    """
    Check every row of *file*.

    Args:
        file: Parquet, or CSV in UTF-8 with a header, commas and double quotes; an empty cell is
            NULL, a quoted empty one is text. CSV values must be exactly the contract's types.
        contract: ``contracts.research:BehavioralEvent``, found below *root*.
        key: Columns that are unique together.
        now: The clock of time rules; the present moment by default.

    Raises:
        BadContract: The contract does not load.
        BadInput: The file is not there, or not what its name says.
        SchemaDrift: It lacks columns, or has types that cannot be the contract's.
    """
    if not file.is_file():
        raise BadInput(f"{file} is not a file", next="name a .parquet or .csv file")
    promised = load.load(contract, root)
    names = [f.name for f in promised.fields]
    for column in key:
        if column not in names:
            raise Usage(f"--key {column}: {contract} has no such column{did_you_mean(column, names)}")
    with tempfile.TemporaryDirectory() as spill, duckdb.connect(config={"temp_directory": spill}) as connection:
        staged = Staged(
            promised,
            (str(_as_parquet(connection, file, Path(spill))),),
            now or datetime.now(UTC),
            key=key,
            origins={},
        )
        found = check.types_of(connection, staged.files[0])
        check.drift(promised, found)
        staged = Staged(promised, staged.files, staged.clock, types=found, key=key)
        verdict = check.check(connection, staged, model=lambda: load.model(contract, root))
        duplicates = [unique.duplicates(connection, staged, c) for c in dict.fromkeys((key, *promised.unique)) if c]
        verdict = unique.with_duplicates(connection, staged, verdict, *duplicates)
    rules = tuple(
        dict.fromkeys(
            [
                *(r.name for r in compiled_rules(staged)),
                *(r.name for r in promised.rules),
                *(",".join(d.columns) + ":unique" for d in duplicates),
            ]
        )
    )
    return Validated(file, contract, verdict.rows, verdict.rejected, rules, verdict.broken)


def _as_parquet(connection: duckdb.DuckDBPyConnection, file: Path, folder: Path) -> Path:
    """The file itself, or a CSV's cells as text: its types come from the contract, never from sniffing."""
    if file.suffix != ".csv":
        if file.suffix not in (".parquet", ".pq"):
            raise Usage(f"{file}: neither .parquet nor .csv")
        return file
    names = _header(file)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    reader = (
        f"read_csv({sql.file(str(file))}, columns = {{{columns}}}, auto_detect = false, header = true, delim = ',', "
        "quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, strict_mode = true)"
    )
    target = folder / "cells.parquet"
    try:
        connection.execute(f"COPY (SELECT {', '.join(map(quoted, names))} FROM {reader}) TO {literal(target)}")
    except duckdb.Error as error:
        raise BadInput(
            f"{file} cannot be read as CSV",
            what=[line for line in str(error).splitlines() if line.strip()][:3],
            next="UTF-8, a header, commas, double quotes",
        ) from error
    return target


def _header(file: Path) -> list[str]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            names = next(csv.reader(opened), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{file} is not CSV in UTF-8", what=str(error)) from error
    if not names or len({n.lower() for n in names}) != len(names):
        raise BadInput(
            f"{file} has no header with a different name for each column", what=", ".join(names) or "it is empty"
        )
    return names
