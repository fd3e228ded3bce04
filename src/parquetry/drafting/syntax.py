"""
What stands in a ``schema.prisma``, as blocks of lines with their attributes; what it means is `prisma`'s business.

The whole language is read: attributes over several lines, comments of all three kinds, and blocks
that a later Prisma may invent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from parquetry.errors import BadInput

_TOKEN = re.compile(
    r"""(?P<doc>///[^\n]*)|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<newline>\n)|(?P<blank>[^\S\n]+)"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?![\w]))|(?P<word>\w[\w-]*)"""
    r"""|(?P<sign>@@|[@{}()\[\],:.?!=])""",
    re.DOTALL,
)


class Call(NamedTuple):
    """``now()``, ``dbgenerated("…")``, ``Unsupported("…")``."""

    name: str
    values: tuple[Any, ...]


class Word(str):
    """A name that stands without quotes: an enum's value, a column, ``true``."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """
    ``@db.VarChar(255)`` is ``db.VarChar`` with ``255``.

    Attributes:
        values: What is given by place: text, `Word`, numbers as text, `Call`, and lists of these.
        named: What is given by name.
    """

    name: str
    values: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, place: int = 0) -> Any:
        """The argument called so, or at *place*; None if it is not given."""
        return self.named.get(name, self.values[place] if place < len(self.values) else None)


@dataclass(frozen=True, slots=True)
class Line:
    """
    A field of a model, a value of an enum, or a setting of a ``datasource``.

    Attributes:
        type: ``String``, a `Call` for ``Unsupported("…")``; empty for a value of an enum.
        arity: ``?``, ``[]`` or empty.
        value: Of a setting, what it is set to.
    """

    name: str
    type: str | Call = ""
    arity: str = ""
    attributes: tuple[Attribute, ...] = ()
    said: str = ""
    value: Any = None

    def attribute(self, name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.name == name), None)


@dataclass(frozen=True, slots=True)
class Block:
    """``model User { … }``: *kind* is ``model``. Attributes are those with ``@@``."""

    kind: str
    name: str
    lines: tuple[Line, ...]
    attributes: tuple[Attribute, ...] = ()
    said: str = ""

    def attribute(self, name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.name == name), None)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def blocks(text: str, file: str) -> list[Block]:
    """
    The blocks of a schema.

    Args:
        file: Its name, for messages.

    Raises:
        BadInput: It is not written in Prisma's language; names the line.
    """
    return list(_Parser(text, file).blocks())


class _Parser:
    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._tokens = list(self._scanned(text.removeprefix("\ufeff").replace("\r\n", "\n")))
        self._at = 0

    def _scanned(self, text: str) -> Iterator[_Token]:
        at, line = 0, 1
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._wrong(line, f"{text[at]!r} is not expected")
            kind, said = str(found.lastgroup), found[0]
            if kind not in ("blank", "comment"):
                yield _Token(kind, said, line)
            line += said.count("\n")
            at = found.end()
        yield _Token("newline", "\n", line)
        yield _Token("end", "", line)

    def blocks(self) -> Iterator[Block]:
        said: list[str] = []
        while self._peek.kind != "end":
            if self._peek.kind == "doc":
                said.append(self._next().text)
            elif self._peek.kind == "newline":
                self._next()
            else:
                yield self._block(_sentence(said))
                said = []

    def _block(self, said: str) -> Block:
        kind = self._expect("word").text
        name = self._expect("word").text
        if self._peek.text != "{":  # `type Alias = String @db.Text` of old
            while self._peek.kind not in ("newline", "end"):
                self._next()
            return Block(kind, name, ())
        self._next()
        lines: list[Line] = []
        attributes: list[Attribute] = []
        docs: list[str] = []
        while self._peek.text != "}":
            token = self._peek
            if token.kind == "end":
                raise self._wrong(token.line, f"{kind} {name} is not closed")
            if token.kind == "newline":
                self._next()
            elif token.kind == "doc":
                docs.append(self._next().text)
            elif token.text == "@@":
                attributes.append(self._attribute())
                docs = []
            else:
                lines.append(self._line(docs))
                docs = []
        self._next()
        return Block(kind, name, tuple(lines), tuple(attributes), said)

    def _line(self, docs: list[str]) -> Line:
        name = self._expect("word").text
        if self._peek.text == "=":
            self._next()
            value = self._value()
            self._end_of_line()
            return Line(name, value=value)
        kind: str | Call = ""
        arity = ""
        attributes: list[Attribute] = []
        if self._peek.kind == "word":
            kind = self._type()
            arity = self._arity()
        while self._peek.text == "@":
            attributes.append(self._attribute())
        said = _sentence([*docs, *self._end_of_line()])
        return Line(name, kind, arity, tuple(attributes), said)

    def _end_of_line(self) -> list[str]:
        """A comment for the documentation may stand behind what it is about."""
        behind = [self._next().text] if self._peek.kind == "doc" else []
        if self._peek.kind not in ("newline", "end") and self._peek.text != "}":
            raise self._wrong(self._peek.line, f"{self._peek.text!r} is not expected")
        return behind

    def _type(self) -> str | Call:
        name = self._dotted()
        return Call(name, self._arguments()[0]) if self._peek.text == "(" else name

    def _arity(self) -> str:
        arity = ""
        while self._peek.text in ("?", "!", "[", "]"):
            arity += self._next().text
        return "[]" if "[]" in arity else arity.replace("!", "")

    def _attribute(self) -> Attribute:
        self._next()
        name = self._dotted()
        values, named = self._arguments() if self._peek.text == "(" else ((), {})
        return Attribute(name, values, named)

    def _arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        self._next()
        values: list[Any] = []
        named: dict[str, Any] = {}
        while not self._closes(")"):
            if self._peek.kind == "word" and self._tokens[self._at + 1].text == ":":
                name = self._next().text
                self._next()
                self._skip()
                named[name] = self._value()
            else:
                values.append(self._value())
        return tuple(values), named

    def _closes(self, sign: str) -> bool:
        """Whether the list is over; what lies between two of its values is passed over."""
        self._skip()
        while self._peek.text == ",":
            self._next()
            self._skip()
        if self._peek.text == sign:
            self._next()
            return True
        return False

    def _value(self) -> Any:
        token = self._peek
        if token.kind == "string":
            self._next()
            return _unquoted(token.text)
        if token.kind == "number":
            return self._next().text
        if token.text == "[":
            self._next()
            values: list[Any] = []
            while not self._closes("]"):
                values.append(self._value())
            return values
        if token.kind != "word":
            raise self._wrong(token.line, f"{token.text or 'the end of the file'!r} is not a value")
        name = self._dotted()
        return Call(name, self._arguments()[0]) if self._peek.text == "(" else Word(name)

    def _dotted(self) -> str:
        name = self._expect("word").text
        while self._peek.text == ".":
            self._next()
            name += "." + self._expect("word").text
        return name

    def _skip(self) -> None:
        while self._peek.kind in ("newline", "doc"):
            self._next()

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _expect(self, kind: str) -> _Token:
        token = self._next()
        if token.kind != kind:
            shown = token.text.strip() or "the end of the line"
            raise self._wrong(token.line, f"a name is expected where {shown!r} stands")
        return token

    def _wrong(self, line: int, reason: str) -> BadInput:
        return BadInput(
            f"{self._file} line {line}: {reason}",
            next="npx prisma validate says what Prisma thinks of it",
            file=self._file,
            line=line,
        )


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:  # an escape that JSON does not know
        return re.sub(r"\\(.)", r"\1", text[1:-1])


def _sentence(docs: list[str]) -> str:
    return "\n".join(line.removeprefix("///").strip() for line in docs)
