"""The app's ``.env``: read, and never put into the process's environment."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dotenv:
    """
    What a ``.env`` says. It belongs to the app, so a line that cannot be read only matters when
    it is needed.

    Attributes:
        values: By name; never put into the process's environment.
        problems: By name, why its line has no value: ``line 3: …``.
        warnings: The same for people; no line's text, which could be a secret.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    problems: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


_REFERENCE = re.compile(r"\\\$|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}")
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=", re.MULTILINE)


def parse_dotenv(text: str, environment: Mapping[str, str]) -> Dotenv:
    r"""
    The names and values of a ``.env``.

    Quoting is python-dotenv's: single quotes are literal, double quotes know ``\n``, an unquoted
    value ends at `` #``. ``${NAME}`` and ``${NAME:-default}`` are replaced outside single quotes, by
    *environment* first and then by the lines above; ``\$`` is a dollar and so is a ``$`` by itself.
    """
    from dotenv.parser import parse_stream  # late: most starts have no .env, and it brings logging along

    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    warnings: list[str] = []
    for binding in parse_stream(io.StringIO(text)):
        written = binding.original.string
        line = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
        if binding.error:
            lost = _ASSIGNMENT.findall(written)
            warnings.append(f".env line {line} cannot be read{': ' + ', '.join(lost) if lost else ''}")
            problems |= dict.fromkeys(lost, f"line {line}: cannot be read; is a quote left open?")
        elif binding.key and binding.value is not None:
            quote = written.partition("=")[2].lstrip()[:1]
            value, missing = (
                (binding.value, "") if quote == "'" else _expanded(binding.value, {**values, **environment})
            )
            problems.pop(binding.key, None)
            values[binding.key] = value
            if missing:
                problems[binding.key] = f"line {line}: {binding.key} refers to ${{{missing}}}, which is not set"
    return Dotenv(values, problems, tuple(warnings))


def _expanded(text: str, known: Mapping[str, str]) -> tuple[str, str]:
    """*text* with its references replaced, and the first name that is not known, or empty."""
    missing: list[str] = []

    def replaced(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        if name is None:
            return "$"
        if not known.get(name) and default is None:
            missing.append(name)
        return known.get(name) or default or ""

    return _REFERENCE.sub(replaced, text), missing[0] if missing else ""
