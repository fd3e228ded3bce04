"""
What a custom check means, as text that a comment, a docstring or a reformatting does not change.

The meaning is the syntax tree of the function and of everything of the project that it names:
helper functions, constants, classes. A library's functions count by name only; their version is
in the provenance record.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any


def canonical(function: Callable[..., Any], owner: type | None = None) -> str:
    """
    The meaning of *function*.

    Args:
        owner: The model it is a method of; names like ``cls._LIMIT`` are looked up there.

    Raises:
        OSError: The source cannot be read, as for a function typed into a prompt.
    """
    package = (getattr(function, "__module__", None) or "").partition(".")[0]
    told: dict[str, str] = {}
    _tell("", inspect.unwrap(function), package, owner, told)
    main = told.pop("")
    return "\n".join([main, *(f"{name} = {told[name]}" for name in sorted(told))])


def _tell(name: str, value: Any, package: str, owner: type | None, told: dict[str, str]) -> None:
    """Put the meaning of *value* into *told* under *name*, then of everything it names."""
    if name in told:
        return
    value = value.__func__ if isinstance(value, classmethod | staticmethod) else value
    ours = isinstance(value, FunctionType | type) and (value.__module__ or "").partition(".")[0] == package
    if not ours:
        told[name] = _value(value)
        return
    tree = _tree(value)
    told[name] = ast.dump(tree)
    for inner, meaning in _named(tree, value, package, owner):
        # Two modules may call two things by one name.
        _tell(f"{value.__module__}:{inner}", meaning, package, owner, told)


def _tree(value: FunctionType | type) -> ast.AST:
    parsed = ast.parse(textwrap.dedent(inspect.getsource(value)))
    tree: ast.AST = parsed.body[0]
    if isinstance(value, FunctionType) and value.__name__ == "<lambda>":
        tree = next(node for node in ast.walk(parsed) if isinstance(node, ast.Lambda))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _strip(node)
    if isinstance(tree, ast.FunctionDef):
        tree.name, tree.decorator_list = "", []
    return tree


def _strip(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    """Take out what does not change what the code does: docstring and annotations."""
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or [ast.Pass()]
    if not isinstance(node, ast.ClassDef):
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None


def _named(tree: ast.AST, value: FunctionType | type, package: str, owner: type | None) -> Iterator[tuple[str, Any]]:
    """What *tree* names of the module around it, and of the project's classes and modules, by the name it uses."""
    scope = _scope(value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in scope:
            yield node.id, scope[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            base = owner if node.value.id == "cls" else scope.get(node.value.id)
            if not isinstance(base, type | ModuleType):
                continue
            home = base.__module__ if isinstance(base, type) else base.__name__
            if home.partition(".")[0] == package and node.attr in vars(base):
                yield f"{node.value.id}.{node.attr}", vars(base)[node.attr]


def _scope(value: FunctionType | type) -> dict[str, Any]:
    if isinstance(value, type):
        module = inspect.getmodule(value)
        return dict(vars(module)) if module else {}
    # Not inspect.getclosurevars: it stops at an unbound cell and leaves out names used in nested functions.
    cells = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
    closure = {name: cell.cell_contents for name, cell in cells}
    used = set(_names(value.__code__))
    return {**{name: value.__globals__[name] for name in used & set(value.__globals__)}, **closure}


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _value(value: Any) -> str:
    """A constant by its value, whatever order a set has; anything else by its type and name."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_value(k)}: {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(_value, value))) + "}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(_value, value))})"
    if isinstance(value, ModuleType):
        return f"module {value.__name__}"
    if isinstance(value, re.Pattern):
        return f"re {value.pattern!r} {value.flags}"
    if isinstance(value, type) or callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
