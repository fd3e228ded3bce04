"""What can be found wrong with a folder of report files; what is in the files is for `parquetry plan` and a run."""

from __future__ import annotations

from collections.abc import Iterator

from parquetry.checkup import Finding, doubtful, failed, fine
from parquetry.errors import ParquetryError
from parquetry.intake.arrivals import ReportsOf
from parquetry.project import Dataset, Project
from parquetry.sources import files
from parquetry.sources.files import Folder
from parquetry.text import counted, size


def examined(project: Project, source: str) -> list[Finding]:
    """The folder, and of each dataset that is read from it what it declares, and the files that its pattern fits."""
    about, root = f"source {source}", project.source(source).root
    assert root is not None
    if not root.exists():
        return [doubtful(about, f"there is no folder {root}", "correct root in parquetry.toml, or make the folder")]
    try:
        folder = files.open(root, source=source)
    except ParquetryError as error:
        return [failed(about, error)]
    specs = [spec for spec in project.datasets.values() if spec.source == source]
    return [fine(about, f"{root} is there"), *(f for spec in specs for f in _dataset(project, folder, spec))]


def _dataset(project: Project, folder: Folder, spec: Dataset) -> Iterator[Finding]:
    about, reports = f"dataset {spec.name}", spec.reports
    assert reports is not None
    try:
        ReportsOf.found(project, spec.name, spec)
        found = folder.found(reports.pattern)
    except ParquetryError as error:
        yield failed(about, error)
        return
    yield from (failed(about, reason) for _, reason in found.broken)
    unreadable = []
    for file in found.files:
        try:
            file.path.open("rb").close()
        except OSError:
            unreadable.append(file.name)
    if unreadable:
        says = f"{counted(len(unreadable), 'file')} may not be read, such as {unreadable[0]}"
        yield doubtful(about, says, f"chmod a+r {folder.root / unreadable[0]}")
    if found.files:
        newest = found.files[-1]
        days = f", of {newest.period}" if newest.period else ""
        says = (
            f"{counted(len(found.files), 'file')} of {size(sum(f.bytes for f in found.files))}; "
            f"the newest is {newest.name}{days}"
        )
        yield fine(about, says, files=len(found.files))
    elif not found.broken:
        yield doubtful(about, f"no file fits {reports.pattern.text}", f"correct files under [datasets.{spec.name}]")
