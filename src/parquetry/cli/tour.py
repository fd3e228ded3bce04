"""
The demo as a person sees it: each step of the main job, what it did, and what to try next.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

import parquetry
from parquetry import demo
from parquetry.cli.door import Door, colors
from parquetry.demo.server import EmbeddedServer
from parquetry.verbs.query import named

if TYPE_CHECKING:
    from parquetry.verbs.analyze import Analyzed

QUERIES = {
    "events_by_phase": "how many events in each phase",
    "effect_by_reversal": "what switching the intervention on and off did, reversal by reversal",
    "data_by_week": "is the record complete, week by week",
}
STUDY = "spaced_retrieval"


def tour(door: Door, folder: Path, *, events: int, serve: bool) -> None:
    """
    Run the main job on an embedded PostgreSQL and tell it step by step on stdout; with ``--json`` at its end.

    Args:
        folder: Becomes a project folder; what somebody changed in it stays.
        serve: Keep the server running at the end, until Ctrl-C.

    Raises:
        MissingExtra: The embedded PostgreSQL is not installed.
    """
    told = _Teller(door)
    began = time.perf_counter()
    with EmbeddedServer(folder / ".postgres") as server:
        told.step("A PostgreSQL server, from a wheel", f"127.0.0.1:{server.port}, data in {server.data}")
        planted = demo.load(server.url(), events=events)
        told.step("A Prisma-shaped app with a study in it", _study(planted))
        root = demo.project(folder, server.url())
        told.step("A project folder", f"{root}\n" + "\n".join(f"  {name}" for name in _contents(root)))
        project = _opened(root, server.url())
        planned = parquetry.plan(project)
        told.step("parquetry plan", str(planned))
        exported = parquetry.export(project, sync=True)
        told.step("parquetry export --sync-duckdb", str(exported))
        answers = {name: parquetry.query(project, named(project, name), printed=True) for name in QUERIES}
        for name, result in answers.items():
            took = f"{result.seconds * 1000:.0f} ms, snapshot {result.snapshot}"
            told.step(f"parquetry query --name {name}    ({QUERIES[name]})", f"{result}\n{took}")
        told.note(_truth(planted))
        analyzed = parquetry.analyze(project, STUDY)
        told.step(f"parquetry analyze {STUDY}    (the same as an answer that knows the autocorrelation)", str(analyzed))
        told.note(_covered(planted, analyzed))
        written = parquetry.write_report(analyzed, root / "reports")
        told.step(f"parquetry report {STUDY} --open", f"{written.page}\n{written.document}")
        verified = parquetry.verify(project)
        told.step("parquetry verify", str(verified))
        seconds = time.perf_counter() - began
        told.step("Done", f"{seconds:.1f} seconds\n{_next(root)}")
        if door.json:
            found = {"plan": planned, "exported": exported, "queries": answers, "verified": verified}
            found |= {"analyzed": analyzed, "covers_truth": _covers(planted, analyzed)}
            door.result({"folder": root, "planted": planted, **found, "seconds": seconds})
        if serve:
            _until_interrupted(door, f"\nPostgreSQL stays up for this project until Ctrl-C: {server.url()}")


def _opened(root: Path, url: str) -> parquetry.Project:
    """As the folder says, whatever the user's own environment says about other lakes and databases."""
    return parquetry.Project.open(
        root,
        database_url=url,
        lake_path=str(root / "data/lake"),
        duckdb_path=str(root / "data/duckdb/analytics.duckdb"),
        duckdb_schema="research",
    )


def _study(planted: demo.Planted) -> str:
    phases = [f"  {p.label:<18}{p.first} to {p.last}" for p in planted.phases]
    rows = ", ".join(f"{count:,} {name}" for name, count in planted.rows.items())
    return "\n".join([f"rows: {rows}", str(planted), *phases])


def _truth(planted: demo.Planted) -> str:
    return (
        f"The true effect, planted by the demo, is {planted.effect:+.1f} {planted.unit} on {planted.outcome}. "
        f"In this draw of noise a plain difference of means shows {planted.seen:+.2f} ± {planted.error:.2f}: "
        "close, and honest about how close only because it knows the autocorrelation."
    )


def _covers(planted: demo.Planted, analyzed: Analyzed) -> bool:
    """Whether the interval of the study's answer holds what was planted."""
    answer = analyzed.reported.studied.series[0].answer
    return answer is not None and answer.main.interval.holds(planted.effect)


def _covered(planted: demo.Planted, analyzed: Analyzed) -> str:
    holds = "lies within" if _covers(planted, analyzed) else "lies outside of"
    return f"The effect that the demo planted, {planted.effect:+.1f} {planted.unit}, {holds} the 95 % interval."


def _contents(root: Path) -> list[str]:
    known = ("parquetry.toml", "contracts/research.py", "queries/", "studies/", "schema.prisma", ".env", "data/")
    return [name for name in known if (root / name).exists()]


def _next(root: Path) -> str:
    here = shlex.quote(os.path.relpath(root))
    return "\n".join(
        [
            "What to try next:",
            *_activation(),
            f"  cd {here}",
            "  parquetry query 'SELECT eventType, count(*) AS n FROM behavioral_events GROUP BY ALL ORDER BY n DESC'",
            "  parquetry snapshots show",
            "  parquetry config",
            "  less contracts/research.py          # what every row was held against",
            "  parquetry demo . --serve            # keep the server up: change rows with psql, export again",
            "or in Python:",
            "  from parquetry import Lake",
            f"  Lake({str(root / 'data/lake')!r}).current().read('behavioral_events')",
        ]
    )


def _activation() -> list[str]:
    """What makes `parquetry` a command, where it was run from an environment that is not active."""
    if shutil.which("parquetry"):
        return []
    script = Path(sys.prefix) / "bin/activate"
    return [f"  source {shlex.quote(os.path.relpath(script))}"] if script.exists() else []


def _until_interrupted(door: Door, said: str) -> None:
    # Who reads the line may press Ctrl-C before the next statement: from it on that is the way to end.
    try:
        if not door.json:
            click.echo(said)
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        if not door.json:
            click.echo("stopped")


class _Teller:
    """Numbered steps; the headline in bold where somebody can see it."""

    def __init__(self, door: Door) -> None:
        self._silent = door.json
        self._bold = door.color and colors(sys.stdout)
        self._number = 0

    def step(self, headline: str, text: str) -> None:
        if self._silent:
            return
        self._number += 1
        head = f"{self._number}. {headline}"
        click.echo(f"\n{click.style(head, bold=True) if self._bold else head}")
        self.note(text)

    def note(self, text: str) -> None:
        for line in () if self._silent else text.splitlines():
            click.echo(f"   {line}".rstrip())
