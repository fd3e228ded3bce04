"""
What the documents show, run: `make record` writes down what it printed, a test compares.

A document is a session from its first line to its last. In it mean

    <!-- file: PATH -->                 the block below is written to PATH
    <!-- in the app's database -->      the block of SQL below is run in the database, by its owner
    <!-- run -->                        the block of Python below is run
    ```console                          lines with `$ ` (and `> `) are run, the others are what they print

The database is an embedded one; it is called db.example in the documents, and the folder /srv/my-study.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from parquetry.demo.server import EmbeddedServer

DOCS = Path(__file__).resolve().parent
README = DOCS.parent / "README.md"
# In this order and in one folder: each goes on where the one before ended.
STUDY = (
    "tutorial.md", "how-to/read-with-other-tools.md", "how-to/run-every-night.md",
    "how-to/compare-snapshots.md", "how-to/queries.md", "how-to/switching-to-tables.md",
    "how-to/restore.md", "how-to/from-schema-prisma.md", "how-to/renamed-column.md", "how-to/scripts.md",
)  # fmt: skip
# Each in a folder of its own, without a database; the second in a copy of its example.
REPORTS = ("how-to/report-files.md", "../examples/ops-reports/README.md")
# Each in an empty folder, without a project.
FILES = (
    "how-to/analyze-a-series.md", "how-to/study-files.md", "how-to/design-a-study.md", "how-to/read-a-report.md",
)  # fmt: skip
URL, FOLDER = "postgresql://study:secret@db.example/clinic", "/srv/my-study"

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^>\n]*) -->\n)?^```(?P<lang>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
_STEP = re.compile(r"^(\d+)\. ", re.MULTILINE)

# What another run, another day or another machine prints otherwise, and how it stands in both when they are compared.
_VOLATILE = [
    (r"(?<![0-9A-Z])[0-9A-HJKMNP-TV-Z]{26}(?![0-9A-Z])", "RUN"),
    (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z", "MOMENT"),
    (r"(?<!\d)20\d{6}_\d{6}(?!\d)", "MOMENT"),
    (r"\b[0-9a-f]{12,64}\b", "HASH"),
    (r"\b\d+(\.\d+)? ms\b", "TIME"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d(?![:\d])|LATE by [\d.]+ days", "MOMENT"),
    (r" \(-?\d+\.\d%\)", ""),
    (r"^\w+: files, .* MB read\n", ""),
    (r"^\d+ of \d+ studies simulated\n", ""),
    (r"\b\d[\d,.]* (bytes|kB|MB)\b *", "SIZE "),
    (r"(look|read|check|commit|sync|total) \d+\.\d\d", r"\1 SECONDS"),
    (r"  +|─+", " "),
]


@dataclass
class Session:
    """
    A folder in which the commands of documents are run.

    Attributes:
        sql: Runs SQL in the app's database; None where there is none.
        given: What stands in the documents for what is real here.
    """

    folder: Path
    sql: Callable[[str], None] | None = None
    given: dict[str, str] = field(default_factory=dict)
    code: int = 0

    def play(self, document: str) -> str:
        """*document* with what its commands print now."""
        return _BLOCK.sub(self._block, document)

    def _block(self, block: re.Match[str]) -> str:
        mark, lang, body = block["mark"] or "", block["lang"], block["body"]
        if mark.startswith("file: "):
            path = self.folder / mark.removeprefix("file: ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._real(body), encoding="utf-8")
        elif mark == "in the app's database":
            assert self.sql
            self.sql(body)
        elif mark == "run":
            self._shell(f"{sys.executable} - <<'EOF'\n{body}EOF")
            assert self.code == 0, body
        elif lang == "console":
            steps = [int(n) for n in re.findall(r"\d+", mark)] if mark.startswith("steps ") else []
            shown = "".join(self._command(c) for c in _commands(body))
            return block[0].replace(body, _only(shown, steps) if steps else shown)
        return block[0]

    def _command(self, lines: list[str]) -> str:
        printed = self._shell("\n".join(line[2:] for line in lines))
        return "\n".join(lines) + "\n" + printed

    def _shell(self, command: str) -> str:
        names = ("HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "TMPDIR")
        environment = {
            **{name: os.environ[name] for name in names if name in os.environ},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "NO_COLOR": "1",
            # On a terminal only warnings are logged, since the summary says the rest; here there is none.
            "LOG_LEVEL": "warning",
        }
        done = subprocess.run(
            ["bash", "-c", f"(exit {self.code})\n{command}"],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        self.code = done.returncode
        printed = done.stdout
        for shown, real in self.given.items():
            printed = printed.replace(real, shown)
        return printed if not printed or printed.endswith("\n") else printed + "\n"

    def _real(self, text: str) -> str:
        for shown, real in self.given.items():
            text = text.replace(shown, real)
        return text


def _commands(body: str) -> Iterator[list[str]]:
    """Each command of a block with the lines that continue it; what is printed is left out."""
    found: list[list[str]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append([line])
        elif line.startswith("> ") and found:
            found[-1].append(line)
    return iter(found)


def _only(shown: str, steps: list[int]) -> str:
    """The numbered steps of the demo that a document has room for."""
    parts = _STEP.split(shown)
    numbered = dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))
    return parts[0].rstrip() + "\n" + "".join(f"\n{n}. {numbered[n].rstrip()}\n" for n in steps)


def compared(document: str) -> str:
    """*document* with what is volatile made the same."""
    for pattern, same in _VOLATILE:
        document = re.sub(pattern, same, document, flags=re.MULTILINE)
    return document


def compared_demo(document: str) -> str:
    """Of the demo, which has another last day every day, the words."""
    return re.sub(r"[\d#][\d#,.:-]*", "#", compared(document))


def study(folder: Path, server: EmbeddedServer) -> Iterator[tuple[Path, str]]:
    """Each document of the study, and what it looks like played now."""
    database = f"clinic_{os.getpid()}"

    def owner(name: str, text: str) -> None:
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            connection.execute(text)

    owner("postgres", f"create database {database}")
    place = server.url(database).partition("@")[2]
    session = Session(
        folder,
        sql=lambda text: owner(database, text),
        given={URL.partition("@")[2]: place, FOLDER: str(folder.resolve())},
    )
    try:
        for name in (n for n in STUDY if n != "how-to/scripts.md" or shutil.which("jq")):
            yield DOCS / name, session.play((DOCS / name).read_text(encoding="utf-8"))
    finally:
        owner("postgres", f"drop database {database} with (force)")
        owner("postgres", "drop role if exists study")


def reports(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each document on report files, played in a folder below *folder*."""
    guide, example = (DOCS / name for name in REPORTS)
    (mine := folder / "ops").mkdir()
    left_out = shutil.ignore_patterns("data", "g", ".parquetry", "__pycache__")
    copied = shutil.copytree(example.parent, folder / "ops-reports", ignore=left_out)
    for path, root in ((guide, mine), (example, copied)):
        session = Session(root, given={f"/srv/{root.name}": str(root.resolve())})
        yield path.resolve(), session.play(path.read_text(encoding="utf-8"))


def files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each document that needs no more than a folder, played in one of its own below *folder*."""
    for name in FILES:
        (mine := folder / Path(name).stem).mkdir()
        yield DOCS / name, Session(mine).play((DOCS / name).read_text(encoding="utf-8"))


def readme(folder: Path) -> str:
    """README.md with the demo run now."""
    try:
        return Session(folder, given={"/srv": str(folder.resolve())}).play(README.read_text(encoding="utf-8"))
    finally:
        EmbeddedServer(folder / "parquetry-demo/.postgres").remove()


def main() -> None:
    with tempfile.TemporaryDirectory() as there:
        (mine := Path(there) / "my-study").mkdir()
        server = EmbeddedServer(Path(there) / "postgres").start()
        try:
            for path, played in study(mine, server):
                path.write_text(played, encoding="utf-8")
        finally:
            server.remove()
        for path, played in (*reports(Path(there)), *files(Path(there))):
            path.write_text(played, encoding="utf-8")
        README.write_text(readme(Path(there)), encoding="utf-8")


if __name__ == "__main__":
    main()
