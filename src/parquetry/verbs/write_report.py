"""A study's report as files: a page that stands alone, the same as JSON, and by wish a PDF and its figures."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
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
    """

    page: Path
    document: Path
    others: tuple[Path, ...]
    refused: bool
    result: str

    @property
    def exit_code(self) -> int:
        """14 where no answer is given."""
        return Refused.exit_code if self.refused else 0

    def __str__(self) -> str:
        return "\n".join([self.result, *map(str, (self.page, self.document, *self.others))])


def write_report(
    found: Analyzed, folder: Path = Path(FOLDER), *, pdf: bool = False, figures: Collection[Drawing] = ()
) -> Written:
    """
    Write what `analyze` found; each file is there wholly or not at all.

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
    return Written(page_file, document_file, tuple(others), found.reported.refused, told)


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
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise Storage(
            f"{path} cannot be written: {error.strerror or error}",
            what="a report that was there before is as it was",
            next=f"look at the rights and the free space of {path.parent}, or name another folder: --output",
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return path
