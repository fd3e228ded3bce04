"""
JSON Schema of what `door.plain` makes of a type: dataclasses, named tuples and typed dictionaries by field.

Nothing here knows a command; which command prints what stands in `documents`. A description is what the
class says of its attribute, or else what a shared vocabulary says of the word.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SCALARS: Mapping[Any, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    Path: {"type": "string"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}
_SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Source):")
_ITEM = re.compile(r" {4}(\w+(?:, \w+)*): (.*)")


@dataclass(frozen=True, slots=True)
class Writer:
    """
    How types become schemas.

    Attributes:
        written: A class that makes its JSON itself, to a typed dictionary of what it makes.
        words: What a key (or `Class.key`) means, where the class does not say it itself.
        defs: The classes met so far, by name, as ``$defs`` of the schema that is being written.
    """

    written: Mapping[type, type]
    words: Mapping[str, str]
    defs: dict[str, Schema]

    def of(self, hint: Any) -> Schema:
        """
        The schema of a value of the type *hint*.

        Raises:
            TypeError: No JSON is known for it.
        """
        if hint in _SCALARS:
            return dict(_SCALARS[hint])
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Literal:
            return {"enum": list(inner)}
        if origin in (types.UnionType, typing.Union):
            return _either([self.of(each) for each in inner])
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(inner[1])}
        if origin is tuple and inner[-1] is not Ellipsis:
            exactly = {"minItems": len(inner), "maxItems": len(inner)}
            return {"type": "array", "prefixItems": [self.of(each) for each in inner], **exactly}
        if isinstance(origin, type) and issubclass(origin, Collection):
            return {"type": "array", "items": self.of(inner[0])}
        if isinstance(hint, type):
            return self._named(hint)
        raise TypeError(f"no JSON is known for {hint!r}; say it in {__name__}")

    def object_of(self, kind: type, before: Mapping[str, Schema] | None = None) -> Schema:
        """*kind* as an object with all its keys and no others, those of *before* first."""
        shape = self.written.get(kind, kind)
        hints = _keys(shape)
        said = {**attributes(kind), **attributes(shape)}
        said = {name: meaning for name in hints if (meaning := said.get(name) or self._word(kind, name))}
        properties = {name: _described(self.of(hint), said.get(name, "")) for name, hint in hints.items()}
        return {
            "description": summary(shape if inspect.getdoc(shape) else kind),
            "type": "object",
            "properties": {**(before or {}), **properties},
            "required": [*(before or {}), *properties],
            "additionalProperties": False,
        }

    def _word(self, kind: type, name: str) -> str:
        return self.words.get(f"{kind.__name__}.{name}") or self.words.get(name, "")

    def _named(self, kind: type) -> Schema:
        base = next((each for each in kind.__mro__ if each in self.written), kind)
        if not _keys(self.written.get(base, base)):
            raise TypeError(f"no JSON is known for {kind.__qualname__}; say it in {__name__}")
        name = base.__name__
        if name not in self.defs:
            self.defs[name] = {}  # a class that holds itself ends here
            self.defs[name] = self.object_of(base)
        return {"$ref": f"#/$defs/{name}"}


def attributes(kind: type) -> dict[str, str]:
    """What a class's docstring says of each attribute, as one line."""
    found: dict[str, str] = {}
    names: Sequence[str] = ()
    inside = False
    for line in (inspect.getdoc(kind) or "").splitlines():
        if _SECTION.fullmatch(line):
            inside, names = line == "Attributes:", ()
        elif inside and (item := _ITEM.fullmatch(line)):
            names = item[1].split(", ")
            found.update(dict.fromkeys(names, _plain(item[2])))
        elif inside and line.strip():
            found.update({name: f"{found[name]} {_plain(line.strip())}" for name in names})
    return found


def summary(kind: type) -> str:
    """The first paragraph of a class's docstring, as one line."""
    doc = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return _plain(" ".join(doc.split()))


def _plain(text: str) -> str:
    """In JSON's words, and with Markdown's marks."""
    for python, json in (("``", "`"), ("None", "null"), ("False", "false"), ("True", "true")):
        text = re.sub(rf"(?<!\w){python}(?!\w)" if python.isalpha() else python, json, text)
    return text


def _keys(kind: type) -> dict[str, Any]:
    """The keys that an object of *kind* becomes, and their types; empty where it becomes no object."""
    hints = typing.get_type_hints(kind)
    if is_dataclass(kind):
        own = {field.name: hints[field.name] for field in fields(kind)}
        derived = {"exit_code": int} if hasattr(kind, "exit_code") else {}
        return own | {name: hint for name, hint in derived.items() if name not in own}
    return hints if typing.is_typeddict(kind) or hasattr(kind, "_fields") else {}


def _described(schema: Schema, meaning: str) -> Schema:
    return {"description": meaning, **schema} if meaning else schema


def _either(schemas: Sequence[Schema]) -> Schema:
    if all(each.keys() == {"type"} for each in schemas):
        return {"type": [each["type"] for each in schemas]}
    return {"anyOf": list(schemas)}
