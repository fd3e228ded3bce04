"""A PDF by a browser that is there, or a clear word on what to install; the processes here are real ones."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

import pytest

from parquetry.errors import Config
from parquetry.report import page
from parquetry.report.pdf import found, pdf

from .made import reported


def there() -> bool:
    try:
        return bool(found())
    except Config:
        return False


def program(folder: Path, text: str) -> None:
    """A browser that does what *text* says, the only one on the PATH beside the shell's own tools."""
    file = folder / "chromium"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.mark.skipif(not there(), reason="no browser of the Chromium family is installed")
def test_a_page_is_printed() -> None:
    printed = pdf(page(reported("refused")))
    assert printed.startswith(b"%PDF-") and printed.rstrip().endswith(b"%%EOF")
    assert len(printed) > 20_000


def test_without_a_browser_the_way_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys.modules[pdf.__module__], "_APPLICATIONS", ())
    with pytest.raises(Config) as caught:
        pdf("<!doctype html>")
    assert "none is installed" in caught.value.failed
    assert "apt install chromium" in caught.value.next


@pytest.mark.parametrize(
    "does",
    ["echo 'cannot open display' >&2; exit 1",
     'for a; do case $a in --print-to-pdf=*) echo half >"${a#*=}";; esac; done; echo "cannot open display" >&2'],
)  # fmt: skip
def test_a_browser_that_does_not_print_is_named(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing written, or half a file: neither is given back as a PDF."""
    program(tmp_path, does)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(Config) as caught:
        pdf("<!doctype html>")
    assert str(tmp_path / "chromium") in caught.value.failed
    assert ("cannot open display",) == caught.value.what


def test_a_browser_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, f"sleep 300 & echo $! >{tmp_path / 'child'}; wait")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    began = time.monotonic()
    with pytest.raises(Config, match="did not print"):
        pdf("<!doctype html>", seconds=1.0)
    assert time.monotonic() - began < 60
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    assert not child.exists() or child.read_text().split()[2] == "Z"


def test_nothing_of_the_page_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is somebody's health; it lay in a private folder that is gone."""
    program(tmp_path, f"pwd >{tmp_path / 'where'}; ls -ld . >>{tmp_path / 'where'}")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(Config):
        pdf("<!doctype html>")
    folder, listed = (tmp_path / "where").read_text().splitlines()
    assert not Path(folder).exists()
    assert listed.startswith("drwx------")
