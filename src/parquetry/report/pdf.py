"""
The page as PDF, printed by a browser that is installed: of the Chromium family, without a network.

Nothing else makes a PDF that looks like the page, and a browser is too much to depend on; so it is an
option. The browser gets a private folder, a profile of its own, and no name to resolve.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from parquetry.errors import Config
from parquetry.scratch import scratch

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "chrome")
_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
SECONDS = 60.0
_FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
    "--metrics-recording-only", "--no-pings", "--proxy-server=127.0.0.1:9", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer", "--disable-dev-shm-usage",
)  # fmt: skip


def pdf(page: str, *, seconds: float = SECONDS) -> bytes:
    """
    *page* printed.

    Args:
        page: HTML that needs nothing else.
        seconds: How long the browser may take.

    Raises:
        Config: There is no browser, or it does not print.
    """
    browser = found()
    with scratch() as folder:
        source, target = folder / "report.html", folder / "report.pdf"
        source.write_text(page, encoding="utf-8")
        said = _run([browser, *_flags(folder), f"--print-to-pdf={target}", source.as_uri()], folder, seconds)
        with suppress(FileNotFoundError):
            printed = target.read_bytes()
            # A browser that was stopped while it wrote leaves a file without its end.
            if printed.startswith(b"%PDF-") and b"%%EOF" in printed[-1024:]:
                return printed
    raise Config(f"{browser} did not print the page", what=said[-3:], next=_OTHERWISE, browser=browser)


def found() -> str:
    """
    The path of a browser that prints.

    Raises:
        Config: None is installed.
    """
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    for application in _APPLICATIONS:
        if Path(application).is_file():
            return application
    raise Config(
        "a PDF is printed by a browser of the Chromium family, and none is installed",
        what=f"looked for {', '.join(BROWSERS)} on the PATH",
        next=f"install Chromium (apt install chromium), or {_OTHERWISE}",
    )


_OTHERWISE = "write HTML, open it in any browser, and print it to a PDF"


def _flags(folder: Path) -> Sequence[str]:
    # Chromium refuses its sandbox to root; anybody else keeps it.
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return (*_FLAGS, *root, f"--user-data-dir={folder / 'profile'}")


def _run(command: Sequence[str], folder: Path, seconds: float) -> list[str]:
    """What the browser said; its whole group of processes has ended."""
    known = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
    environment = {**known, "HOME": str(folder), "TMPDIR": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
    ) as browser:  # fmt: skip
        try:
            said = browser.communicate(timeout=seconds)[1]
        except subprocess.TimeoutExpired:
            said = f"it took longer than {seconds:g} seconds"
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(browser.pid, signal.SIGKILL)
    return [line.strip()[:300] for line in said.splitlines() if line.strip()]
