"""
Builds the wheel and uses it as somebody would who has only the wheel.

In an environment of its own, in a folder of its own, with the locked dependencies of the core first
and of the demo later: what a test in the checkout cannot see is a file that the wheel does not hold,
or a dependency that only the checkout has.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WITHIN = (
    "parquetry/__init__.py",
    "parquetry/cli",
    "parquetry/py.typed",
    "parquetry/report/templates/page.css",
    "parquetry/report/templates/page.html",
    "parquetry/demo/self_tracker/parquetry.toml",
    "parquetry/demo/self_tracker/contracts/",
)
ONLY = re.compile(r"parquetry(-[^/]+\.dist-info)?/")
MISSING_EXTRA = 20
ANALYSIS = "parquetry.analysis"


class Failed(Exception):
    """The wheel does not do what it should."""


class Outside:
    """A folder with a virtual environment, where nothing of the checkout is to be seen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "env" / "bin"
        foreign = ("PYTHON", "VIRTUAL_ENV", "PARQUETRY_", "PG", "DATABASE_URL", "DIRECT_URL", "DUCKDB_DB_PATH")
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        self._environment["PYTHONNOUSERSITE"] = "1"
        subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)

    def run(self, *command: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run *command*, from the environment's own programs; its exit code must be *code*."""
        began = time.monotonic()
        done = subprocess.run(
            [self.bin / command[0], *command[1:]],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != code:
            said = f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}".strip()
            raise Failed(f"{' '.join(map(str, command))}: exit {done.returncode}, not {code}\n{said}")
        print(f"  {' '.join(Path(c).name if isinstance(c, Path) else c for c in command)}", end="")
        print(f"  exit {code}, {time.monotonic() - began:.1f} s", flush=True)
        return done

    def install(self, requirements: str) -> None:
        """Install a locked set of versions."""
        self.run(
            "python", "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:",
            "-r", ROOT / "requirements" / requirements,
        )  # fmt: skip


def build(folder: Path) -> Path:
    """The wheel of this checkout, with the backend that is locked in requirements/dev.txt."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def look_inside(wheel: Path) -> None:
    """It holds what the demo reads and what a type checker looks for, and nothing that is not ours to place."""
    names = zipfile.ZipFile(wheel).namelist()
    if missing := [w for w in WITHIN if not any(n.startswith(w) for n in names)]:
        raise Failed(f"{wheel.name} lacks {', '.join(missing)}")
    if not any(n.endswith("/licenses/LICENSE") for n in names):
        raise Failed(f"{wheel.name} lacks the licence")
    if strangers := [n for n in names if not ONLY.match(n) or "__pycache__" in n]:
        raise Failed(f"{wheel.name} holds {', '.join(strangers)}")
    print(f"  {wheel.name}: {len(names)} files, {wheel.stat().st_size:,} bytes")


def imports_of(readme: str) -> list[str]:
    """The import statements in the Python examples of *readme*."""
    found = []
    for block in re.findall(r"^```(?:python|py)\n(.*?)^```", readme, re.DOTALL | re.MULTILINE):
        found += [ast.unparse(n) for n in ast.walk(ast.parse(block)) if isinstance(n, ast.Import | ast.ImportFrom)]
    return found


def use(wheel: Path, outside: Outside) -> None:
    """What somebody does who installs parquetry, in that order."""
    outside.install("core.txt")
    outside.run("python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    outside.run("python", "-m", "pip", "check")
    place = outside.run("python", "-c", "import parquetry; print(parquetry.__file__)").stdout
    if not Path(place.strip()).is_relative_to(outside.folder):
        raise Failed(f"parquetry was imported from {place.strip()}, not from the wheel")
    outside.run("parquetry", "--help")
    shown = imports_of((ROOT / "README.md").read_text(encoding="utf-8"))
    for line in (line for line in shown if ANALYSIS not in line):
        outside.run("python", "-c", line)
    for line in (line for line in shown if ANALYSIS in line):
        refused = outside.run("python", "-c", line, code=1)
        if "pip install 'parquetry[analysis]'" not in refused.stderr:
            raise Failed(f"without the extra, an analysis does not say how to install it:\n{refused.stderr}")

    refused = outside.run("parquetry", "demo", "without-the-extra", code=MISSING_EXTRA)
    if "pip install 'parquetry[demo]'" not in refused.stderr:
        raise Failed(f"without the extra, the demo does not say how to install it:\n{refused.stderr}")
    outside.install("demo.txt")
    outside.run("parquetry", "demo", "demo")
    outside.run("parquetry", "demo", "demo")  # running it again works
    for line in shown:
        outside.run("python", "-c", line)
    outside.run("parquetry", "report", "spaced_retrieval", "-C", "demo", "--figures", "png")


def main() -> int:
    """Say what was tried; 1 if something did not hold."""
    with tempfile.TemporaryDirectory(prefix="parquetry-wheel-") as name:
        # A demo's server runs as nobody when its caller is root, and must be able to look in.
        folder = Path(name).resolve()
        folder.chmod(0o755)
        try:
            wheel = build(folder)
            look_inside(wheel)
            use(wheel, Outside(folder))
        except (Failed, subprocess.CalledProcessError) as error:
            print(f"wheel: {error}", file=sys.stderr)
            return 1
    print("wheel: installs and runs by itself")
    return 0


if __name__ == "__main__":
    sys.exit(main())
