"""Which of the declared shapes a row of JSON has, and the values that this shape takes from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parquetry.contracts import Contract, sql
from parquetry.errors import Config
from parquetry.formats._document import kind, written
from parquetry.formats._normal import normalised
from parquetry.formats._place import Plain
from parquetry.formats._rows import Rows
from parquetry.formats.parsed import Parsed, lacking
from parquetry.formats.shape import Shape, Variant, value_path

_MOST_BEYOND = 20
_ABSENT = object()


class _NoObject(ValueError):
    """A path goes on below what is no object; the message says where."""


@dataclass(frozen=True, slots=True)
class _Paths:
    """A `Variant` ready to be applied: for each column whether its path is of the document, and its keys."""

    values: tuple[tuple[bool, tuple[str, ...]], ...]
    when: tuple[tuple[bool, tuple[str, ...]], ...]
    excluded: bool
    used: frozenset[str]


@dataclass(slots=True)
class Variants:
    """
    The shapes of one file's rows: `take` each row, then ask for `parsed`.

    Attributes:
        document: What ``$.`` is the path from.
        seen: By column, whether any row had its path.
    """

    plain: Plain
    shape: Shape
    contract: Contract
    rows: Rows
    given: Collection[str]
    document: object = None
    _variants: Sequence[_Paths] = ()
    _seen: list[bool] = field(default_factory=list)
    _beyond: dict[str, None] = field(default_factory=dict)
    _noted: set[tuple[frozenset[str], tuple[str, ...]]] = field(default_factory=set)

    def __post_init__(self) -> None:
        declared = self.shape.variants or (Variant(self.shape.columns),)
        self._variants = [self._paths(variant) for variant in declared]
        self._seen = [False] * len(self.rows.columns)

    def take(self, line: int, byte: int, row: object, text: str) -> None:
        """
        A row: added, left out, or unfit.

        Args:
            text: How it begins in the file; empty if that is not at hand.

        Raises:
            BadInput: One unfit row too many.
        """
        if not isinstance(row, dict):
            self.rows.unfit(line, byte, text or f"{written(row)}", f"{kind(row)} where an object belongs")
            return
        try:
            paths = next((v for v in self._variants if self._fits(v, row)), None)
            found = None if paths is None or paths.excluded else self._values(paths, row)
        except _NoObject as error:
            self.rows.unfit(line, byte, text or f"{written(row)}", str(error))
            return
        if paths is None:
            says = "it has the paths of no variant that is declared"
            self.rows.unfit(line, byte, text or f"{written(row)}", says)
        elif found is None:
            self.rows.excluded += 1
        else:
            self.rows.add(line, found)
            self._note(paths, tuple(row))

    def parsed(self) -> Parsed:
        """
        The result.

        Raises:
            BadInput: No row fits.
            SchemaDrift: A column that may not be NULL is in no row.
        """
        beyond = list(self._beyond)[:_MOST_BEYOND]
        if not self.rows.rows:
            return replace(self.rows.parsed(self.shape, self.contract, (), beyond), inherited=self._inherited())
        asked = {f.name: self.shape.columns.get(f.name, f.name) for f in self.contract.fields}
        there = [asked[c] for c, seen in zip(self.rows.columns, self._seen, strict=True) if seen]
        missing = lacking(self.plain.name, self.contract, asked, there, self.given, beyond)
        return self.rows.parsed(self.shape, self.contract, missing, beyond)

    def _inherited(self) -> str:
        paths = next((v for v in self._variants if not v.excluded), None)
        if self.document is None or paths is None:
            return ""
        outer = {
            column: written(value)
            for column, (of_document, keys) in zip(self.rows.columns, paths.values, strict=True)
            if of_document and (value := _found(self.document, keys, strict=False)) is not _ABSENT
        }
        values = (
            f"{'NULL' if (value := outer.get(f.name)) is None else normalised(sql.text(value), f.type, self.shape)}"
            f"::VARCHAR AS {sql.name(f.name)}"
            for f in self.contract.fields
        )
        return f"SELECT {', '.join(values)}"

    def _note(self, paths: _Paths, keys: tuple[str, ...]) -> None:
        """Keys that no column has; rows with the same keys are looked at once."""
        if (paths.used, keys) not in self._noted and len(self._beyond) < _MOST_BEYOND:
            self._noted.add((paths.used, keys))
            self._beyond.update(dict.fromkeys(key for key in keys if key not in paths.used))

    def _paths(self, variant: Variant) -> _Paths:
        try:
            values = tuple(
                value_path(variant.columns[column]) if column in variant.columns else (False, (column,))
                for column in self.rows.columns
            )
            when = tuple(map(value_path, variant.when))
        except ValueError as error:
            raise Config(f"no path in JSON: {error}") from error
        used = frozenset(keys[0] for outer, keys in (*values, *when) if not outer)
        return _Paths(values, when, variant.excluded, used)

    def _fits(self, paths: _Paths, row: Mapping[str, Any]) -> bool:
        return all(
            _found(self.document if outer else row, keys, strict=False) not in (_ABSENT, None)
            for outer, keys in paths.when
        )

    def _values(self, paths: _Paths, row: Mapping[str, Any]) -> list[str | None]:
        values: list[str | None] = []
        for i, (outer, keys) in enumerate(paths.values):
            value = _found(self.document if outer else row, keys, strict=True)
            if value is _ABSENT:
                values.append(None)
            else:
                self._seen[i] = True
                values.append(written(value))
        return values


def _found(value: Any, keys: tuple[str, ...], *, strict: bool) -> Any:
    """
    What stands at *keys*, or `_ABSENT`.

    Args:
        strict: A path that goes on below something that is no object, and not null, is a fault of the row.
    """
    for i, key in enumerate(keys):
        if type(value) is dict:
            value = value.get(key, _ABSENT)
        elif value is _ABSENT or value is None or not strict:
            return _ABSENT
        else:
            raise _NoObject(f"'{'.'.join(keys[:i])}' is {kind(value)} where an object belongs")
    return value
