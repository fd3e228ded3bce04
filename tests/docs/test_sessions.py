"""What README, tutorial and how-tos show is what is printed when it is run."""

from __future__ import annotations

from pathlib import Path

from parquetry.demo.server import EmbeddedServer

from .conftest import DOCS, record


def test_the_study_goes_as_the_documents_say(server: EmbeddedServer, tmp_path: Path) -> None:
    """Tutorial and how-tos, in one folder, against a real server; `make record` writes them anew."""
    (folder := tmp_path / "my-study").mkdir()
    for path, played in record.study(folder, server):
        assert record.compared(path.read_text(encoding="utf-8")) == record.compared(played), path.name
    played_here = {Path(n).name for n in (*record.STUDY[1:], record.REPORTS[0], *record.FILES)}
    assert {p.name for p in (DOCS / "how-to").iterdir()} == played_here | {"prisma.md"}


def test_report_files_go_as_the_documents_say(tmp_path: Path) -> None:
    for path, played in record.reports(tmp_path):
        assert record.compared(path.read_text(encoding="utf-8")) == record.compared(played), path.name


def test_files_go_as_the_documents_say(tmp_path: Path) -> None:
    for path, played in record.files(tmp_path):
        assert record.compared(path.read_text(encoding="utf-8")) == record.compared(played), path.name


def test_the_demo_goes_as_the_readme_says(tmp_path: Path) -> None:
    """The words of the recorded session, and the code after it; numbers of the day are left out."""
    played = record.readme(tmp_path)
    assert record.compared_demo(record.README.read_text(encoding="utf-8")) == record.compared_demo(played)
    assert "True effect on the mean sessionPerformanceScore a day: +6.0 points" in played
    assert "no problems" in played
