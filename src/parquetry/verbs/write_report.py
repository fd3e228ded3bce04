"""A study's report as files: a page that stands alone, the same as JSON, and by wish a PDF and its figures."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from parquetry import report
from parquetry.errors import Refused, Storage
from parquetry.text import Told
from parquetry.verbs.analyze import Analyzed

FOLDER = "reports"
Drawing: TypeAlias = Literal["svg", "png"]


@dataclass(frozen=True, slots=True, eq=False)
class Written(Told):
    """
    The files of a report.

    Attributes:
        page: HTML; it needs nothing beside it.
        document: The same as JSON.
        others: The PDF, and figures.
        refused: It gives reasons, and no number of an effect.
        result: In one sentence.
        removed: What an earlier report of the study had left there: its PDF and figures, which say another thing.
    """

    page: Path
    document: Path
    others: tuple[Path, ...]
    refused: bool
    result: str
    removed: tuple[Path, ...] = ()

    @property
    def exit_code(self) -> int:
        """14 where no answer is given."""
        return Refused.exit_code if self.refused else 0

    def __str__(self) -> str:
        lines = [self.result, *map(str, (self.page, self.document, *self.others))]
        if self.removed:
            lines.append(f"removed, from an earlier report: {', '.join(path.name for path in self.removed)}")
        return "\n".join(lines)


def write_report(
    found: Analyzed, folder: Path = Path(FOLDER), *, pdf: bool = False, figures: Collection[Drawing] = ()
) -> Written:
    """
    Write what `analyze` found; each file is there wholly or not at all.

    A PDF and figures of an earlier report of the study that are not written anew are removed, so that
    no answer lies beside another one, or beside a refusal.

    Args:
        folder: Made if it is not there. Files in it are named like the study.
        pdf: Print the page, too. Needs a browser of the Chromium family.
        figures: Write each figure in these forms, too.

    Raises:
        Storage: The folder cannot be written.
        Config: There is no browser for the PDF.
        MissingExtra: The extra ``report`` is not installed.
    """
    stem = found.reported.studied.study.name
    page = report.page(found.reported)
    document = json.dumps(report.document(found.reported), indent=1, ensure_ascii=False, allow_nan=False)
    contents = {f"{stem}.html": page.encode(), f"{stem}.json": f"{document}\n".encode()}
    if pdf:
        contents[f"{stem}.pdf"] = report.pdf(page)
    contents |= _drawings(found, stem, figures)
    page_file, document_file, *others = [_put(folder / name, content) for name, content in contents.items()]
    told = report.result(found.reported).headline
    removed = tuple(_removed(folder, stem, contents))
    return Written(page_file, document_file, tuple(others), found.reported.refused, told, removed)


def _removed(folder: Path, stem: str, written: Collection[str]) -> Iterator[Path]:
    ours = re.compile(rf"{re.escape(stem)}(\.pdf|-({'|'.join(report.KINDS)})(-[0-9]+)?\.(svg|png))")
    for path in sorted(folder.iterdir()):
        if ours.fullmatch(path.name) and path.name not in written:
            with _storing(path, "cannot be removed", "the new report is there; that file is of an earlier one"):
                path.unlink()
            yield path


def _drawings(found: Analyzed, stem: str, forms: Collection[Drawing]) -> Iterator[tuple[str, bytes]]:
    for name, figure in report.figures(found.reported).items() if forms else ():
        if "svg" in forms:
            yield f"{stem}-{name}.svg", figure.svg.encode()
        if "png" in forms:
            yield f"{stem}-{name}.png", figure.png()


def _put(path: Path, content: bytes) -> Path:
    """*content* under *path*, at once; who reads meanwhile sees the old file or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with _storing(path, "cannot be written", "a report that was there before is as it was"):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return path


@contextmanager
def _storing(path: Path, failed: str, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Storage(
            f"{path} {failed}: {error.strerror or error}",
            what=what,
            next=f"look at the rights and the free space of {path.parent}, or name another folder: --output",
        ) from error
