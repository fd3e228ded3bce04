"""A project folder drafted from a database or a schema.prisma; what is there already is never touched."""

from __future__ import annotations

import difflib
import fnmatch
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from parquetry import drafting
from parquetry.drafting import folder as drafted
from parquetry.drafting import prisma
from parquetry.drafting.choice import Chosen, snake
from parquetry.drafting.contract import publishable
from parquetry.errors import BadInput, Config, Storage, Usage, did_you_mean
from parquetry.project import FILE
from parquetry.settings import given, parse_dotenv
from parquetry.text import Told, counted, table


@dataclass(frozen=True, slots=True)
class DraftedFile:
    """
    One file of the draft.

    Attributes:
        state: ``written``; ``same``, it is there already; ``differs`` or ``missing``, and it was left so;
            ``kept``, it is there and is not compared.
        diff: From what is there to the draft, for what was left; else empty.
    """

    path: str
    state: Literal["written", "same", "differs", "missing", "kept"]
    diff: str = ""


@dataclass(frozen=True, slots=True)
class DraftedDataset:
    """One table of the app as a dataset: what was chosen, and why. *left_out* are columns that look like secrets."""

    name: str
    table: str
    columns: int
    key: tuple[str, ...]
    key_why: str
    time: str
    time_why: str
    partition: Literal["month", "all"]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drafted(Told):
    """
    What was drafted, and what became of it.

    Attributes:
        origin: What was read: ``schema.prisma`` or the database's name.
        variable: Which environment variable the folder expects the URL in.
        left_out: Tables that got no dataset, by name, with the reason.
    """

    root: Path
    origin: str
    variable: str
    datasets: tuple[DraftedDataset, ...]
    files: tuple[DraftedFile, ...]
    left_out: Mapping[str, str]

    def __str__(self) -> str:
        wrote = [f.path for f in self.files if f.state == "written"]
        other = [f for f in self.files if f.state in ("differs", "missing")]
        head = f"{self.root}: {counted(len(self.datasets), 'dataset')} drafted from {self.origin}"
        lines = [head, *(f"  wrote {path}" for path in wrote)]
        if wrote:
            rows = [(d.name, ", ".join(d.key) or "-", d.time or "-", d.partition, _why(d)) for d in self.datasets]
            lines += ["", table(("dataset", "key", "time", "partition", "because"), rows)]
            lines += [f"left out: {name}, {reason}" for name, reason in self.left_out.items()]
        lines += [f.diff.rstrip("\n") for f in other]
        if other:
            lines.append(f"nothing was overwritten; not as drafted: {', '.join(f.path for f in other)}")
        elif not wrote:
            lines.append("  nothing to do: it is there, as drafted")
        if wrote:
            lines += ["", f"next: set {self.variable}, in the environment or in {self.root / '.env'}, then",
                      f"  parquetry export --sync-duckdb --project {self.root}"]  # fmt: skip
        return "\n".join(lines)


def init(
    root: Path | str = ".",
    *,
    url: str = "",
    schema: Path | str | None = None,
    tables: Sequence[str] = (),
) -> Drafted:
    """
    Draft a project folder. In one that has a parquetry.toml nothing is written: the differences are told.

    Args:
        root: The folder; made if need be.
        url: Of the database; or ``env:NAME``, looked up in the environment and in the folder's ``.env``.
        schema: A ``schema.prisma``, or a folder of such files, instead.
        tables: Only tables whose name, or whose model's or dataset's, is like one of these patterns.

    Raises:
        Usage: Both or neither of *url* and *schema*, or a pattern that nothing is like.
        BadInput: The schema is not written in Prisma's language.
        Config, Denied, SourceDown, Busy: As the database says.
        Storage: The folder cannot be written.
    """
    if bool(url) == (schema is not None):
        raise Usage("name what to draft from: either --url or --prisma", next="parquetry init --prisma schema.prisma")
    folder = Path(root).expanduser().resolve()
    found = _of_schema(Path(schema)) if schema is not None else _of_database(url, folder)
    found = _with_columns(_only(found, tables))
    choices = drafted.decided(found)
    files = _placed(folder, drafted.files(found, choices))
    return Drafted(folder, found.origin, found.url, tuple(map(_told, choices)), tuple(files), found.left_out)


def _of_schema(path: Path) -> drafting.Description:
    files = sorted(path.rglob("*.prisma")) if path.is_dir() else [path]
    if not files:
        raise BadInput(f"{path} holds no .prisma file")
    try:
        texts = {str(file): file.read_text(encoding="utf-8") for file in files}
    except OSError as error:
        raise BadInput(f"{error.filename} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"a file of {path} is not UTF-8", what=str(error)) from None
    return prisma.description(texts, path.name)


def _of_database(url: str, folder: Path) -> drafting.Description:
    from parquetry.drafting import database  # late: it brings psycopg and DuckDB; a schema.prisma needs neither

    if not url.startswith("env:"):
        return database.description(url)
    name, environment, env = url.removeprefix("env:"), dict(os.environ), folder / ".env"
    text = env.read_text(encoding="utf-8") if env.is_file() else ""
    for found, _ in given((name,), environment, parse_dotenv(text, environment)):
        return replace(database.description(found), url=name)
    raise Config(f"{name} is not set", next=f"set it in the environment, or in {env}", name=name)


def _only(found: drafting.Description, patterns: Sequence[str]) -> drafting.Description:
    def names(table: drafting.Table) -> set[str]:
        return {n.lower() for n in (table.name, table.spoken, table.model, snake(table.name)) if n}

    for pattern in patterns:
        if any(fnmatch.filter(names(t), pattern.lower()) for t in found.tables):
            continue
        if passed := next((n for n in found.left_out if fnmatch.fnmatch(n.lower(), pattern.lower())), ""):
            raise Usage(
                f"--table {pattern}: {passed} is left out of drafts, since it is {_so(found.left_out[passed])}",
                next="draft the tables, then add a dataset and a contract for it by hand: table = … may name a view",
            )
        near = did_you_mean(pattern, [t.spoken for t in found.tables])
        raise Usage(
            f"--table {pattern}: no table is called so{near}",
            what=f"there is: {', '.join(t.spoken for t in found.tables)[:200]}",
        )
    kept = tuple(t for t in found.tables if not patterns or any(fnmatch.filter(names(t), p.lower()) for p in patterns))
    if not kept:
        raise _nothing(found.origin, found.left_out)
    return replace(found, tables=kept)


def _so(reason: str) -> str:
    """``a view has no key`` is ``a view, which has no key``."""
    return re.sub(r"^(a [\w ]+?) has ", r"\1, which has ", reason)


def _nothing(origin: str, left_out: Mapping[str, str]) -> Config:
    return Config(
        f"{origin} has no table to draft a dataset from",
        what=[f"{name}: {reason}" for name, reason in left_out.items()],
        next="a view can be declared by hand, or this is not the database, the schema or the role that was meant",
    )


def _with_columns(found: drafting.Description) -> drafting.Description:
    """Without the tables of which nothing can be published: a contract needs a column."""
    kept = tuple(t for t in found.tables if any(publishable(t)))
    empty = {t.spoken: "none of its columns can be published" for t in found.tables if t not in kept}
    left_out = {**found.left_out, **empty}
    if not kept:
        raise _nothing(found.origin, left_out)
    return replace(found, tables=kept, left_out=left_out)


def _placed(folder: Path, texts: Mapping[str, str]) -> Iterator[DraftedFile]:
    """Write what is missing, if this is not a project yet; else only compare."""
    is_project = os.path.lexists(folder / FILE)
    for path, text in texts.items():
        target = folder / path
        if path in drafted.THEIRS and (is_project or os.path.lexists(target)):
            yield DraftedFile(path, "kept")
            continue
        there = _read(target)
        if there == text:
            yield DraftedFile(path, "same")
        elif there is not None:
            yield DraftedFile(path, "differs", _diff(path, there, text))
        elif is_project:
            yield DraftedFile(path, "missing", _diff(path, "", text))
        else:
            _write(target, text)
            yield DraftedFile(path, "written")


def _read(path: Path) -> str | None:
    """What is there, or None; a link that leads nowhere is there too."""
    if not os.path.lexists(path):
        return None
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError as error:
        raise Storage(f"{path} cannot be read", what=str(error.strerror)) from error


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as out:  # x: never over a file that came in between
            out.write(text)
    except OSError as error:
        raise Storage(
            f"the project folder cannot be written: {error.strerror}",
            what=str(error.filename or path),
            next="choose another folder: parquetry init DIR",
        ) from error


def _diff(path: str, there: str, text: str) -> str:
    old, new = (t.splitlines(keepends=True) for t in (there, text))
    lines = difflib.unified_diff(old, new, f"{path} (yours)" if there else "/dev/null", f"{path} (drafted)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _told(each: Chosen) -> DraftedDataset:
    time = each.time.columns[0] if each.time.columns else ""
    return DraftedDataset(
        name=each.dataset,
        table=each.table.spoken,
        columns=len(each.table.columns),
        key=each.key.columns,
        key_why=each.key.why,
        time=time if each.monthly else "",
        time_why=each.time.why if each.monthly or not time else f"{time} would do, but {each.whole}",
        partition="month" if each.monthly else "all",
        left_out=tuple(sorted(each.secrets)),
    )


def _why(each: DraftedDataset) -> str:
    key = f"key: {each.key_why}; " if each.key_why != "the primary key" else ""
    return f"{key}time: {each.time_why}" + f"; left out: {', '.join(each.left_out)}" * bool(each.left_out)
