"""
The main job: one consistent look at the sources, every row checked, one atomic commit.

Rows go to a private folder first and are checked there. Nothing is visible before the commit,
everything after it; and only then is the world told.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stamina

from parquetry import catalog, log
from parquetry.errors import (
    BadInput,
    InvalidData,
    ParquetryError,
    SourceDown,
    Stalled,
    stopped_by,
)
from parquetry.intake import references, reports
from parquetry.intake.draft import Drafted, draft
from parquetry.intake.job import Job, Options, Seen, timed
from parquetry.intake.outcome import failed
from parquetry.intake.reading import folder, opened
from parquetry.intake.selection import Selection
from parquetry.lake import Lake, Snapshot, ledger, views
from parquetry.lake.commit import Committed, Turn, commit, turn
from parquetry.lake.ledger import Run
from parquetry.lake.manifest import stamp
from parquetry.lake.store import sync_folder
from parquetry.project import Dataset, Project
from parquetry.sources import Opened, Position
from parquetry.text import counted
from parquetry.tracking import provenance
from parquetry.verbs.exported import Exported, ExportedDataset, broken_lines, summarised
from parquetry.verbs.sync import synced

_AGAIN = (SourceDown, Stalled)


def export(
    project: Project,
    select: Selection | None = None,
    *,
    options: Options | None = None,
    sync: bool = False,
    seen: Seen = lambda *_: None,
) -> Exported:
    """
    Read datasets from their sources and publish them as the next snapshot.

    Args:
        select: Which datasets, and which part of them; everything by default.
        options: Strict or not, compression.
        sync: Build the DuckDB catalog afterwards.
        seen: Called as it goes, for a progress bar.

    Raises:
        InvalidData: Rows break their contract, and *options* are strict.
        ParquetryError: Anything else that went wrong; its ``lake`` says in what state that left it.
    """
    select = select or Selection()
    options = options or Options(compression=project.settings.compression)  # type: ignore[arg-type]
    lake = Lake(project.settings.lake_path)
    run: Run | None = None
    try:
        chosen = select.chosen(project)
        run = ledger.begin(lake.store, "export", select.as_parameters())
        exported = _Export(project, lake, select, options, run, seen).once(chosen, sync)
    except BaseException as error:
        ended = stopped_by(error)
        failed(lake, run, ended)
        if ended is error:
            raise
        raise ended from None
    return exported


@dataclass(slots=True)
class _Export:
    """One run on its way."""

    project: Project
    lake: Lake
    select: Selection
    options: Options
    run: Run
    seen: Seen
    seconds: dict[str, float] = field(default_factory=dict)

    def once(self, chosen: Mapping[str, Dataset], sync: bool) -> Exported:
        began = time.perf_counter()
        with turn(self.lake.store, self.run.id) as mine:
            drafted, positions = self._drafted(mine, chosen)
            quarantine = self._set_aside(drafted)
            self._require_valid(drafted, quarantine)
            if mine.base is None and all(d.absent for d in drafted):
                raise BadInput(
                    "there is nothing to publish, and no snapshot yet",
                    what=[f"{d.name}: {note}" for d in drafted for note in d.notes],
                    next="see where the reports are: root and files in parquetry.toml; parquetry export --dry-run",
                )
            with timed(self.seconds, "commit"):
                committed = commit(
                    mine,
                    {d.name: d.draft for d in drafted if d.draft},
                    {f"{self.run.id}/{p.source}": _plain(p) for p in positions},
                    provenance.record(self.project.root, self._parameters()),
                    full=self.select.full,
                )
                views.repair(self.lake.store)
        snapshot = Snapshot(self.lake.store, committed.manifest)
        self._log(committed, drafted)
        summaries = tuple(summarised(self.project, snapshot, d, chosen[d.name]) for d in drafted)
        _log_reports(summaries)
        built, sync_error = self._synced(snapshot) if sync else (None, None)
        self.seconds["total"] = time.perf_counter() - began
        exported = Exported(
            run=self.run.id,
            snapshot=snapshot.number,
            changed=committed.changed,
            validated=self.options.validate,
            datasets=summaries,
            positions={f"{self.run.id}/{p.source}": _plain(p) for p in positions},
            quarantine=quarantine,
            catalog=built,
            sync_error=sync_error,
            seconds=dict(self.seconds),
        )
        ledger.end(
            self.lake.store,
            self.run,
            "committed" if exported.changed else "unchanged",
            exit_code=exported.exit_code,
            snapshot=exported.snapshot,
            seconds={k: round(v, 3) for k, v in self.seconds.items()},
            rows={d.name: d.read.published for d in exported.datasets},
        )
        return exported

    def _drafted(self, mine: Turn, chosen: Mapping[str, Dataset]) -> tuple[list[Drafted], list[Position]]:
        """Read and check everything, each try from a new look at the source."""
        tries = self.project.settings.retries + 1
        for again in stamina.retry_context(on=_AGAIN, attempts=tries, wait_initial=1.0, wait_max=20.0, timeout=None):
            with again:
                if again.num > 1:
                    shutil.rmtree(mine.staging / f"try{again.num - 1}", ignore_errors=True)
                    log.warning("export.retried", attempt=again.num, of=tries)
                return self._try(mine, chosen, mine.staging / f"try{again.num}")
        raise AssertionError("the last try either returns or raises")

    def _try(self, mine: Turn, chosen: Mapping[str, Dataset], staging: Path) -> tuple[list[Drafted], list[Position]]:
        staging.mkdir()
        drafted: list[Drafted] = []
        positions: list[Position] = []
        with ExitStack() as readings:
            for source in dict.fromkeys(spec.source for spec in chosen.values()):
                of = {name: spec for name, spec in chosen.items() if spec.source == source}
                look: Opened
                if self.project.source(source).kind == "files":
                    look = readings.enter_context(folder(self.project, source))
                    job: Job[Any] = Job(self.project, mine, look, self.select, self.options, staging, self.seen)
                    drafted += [reports.draft(job, name, spec) for name, spec in of.items()]
                else:
                    look = readings.enter_context(opened(self.project, source, self.run.id, staging))
                    job = Job(self.project, mine, look, self.select, self.options, staging, self.seen)
                    drafted += [draft(job, name, spec) for name, spec in of.items()]
                positions.append(look.position)
        drafted = references.held(job, drafted, chosen)
        for d in drafted:
            for step, seconds in d.seconds.items():
                self.seconds[step] = self.seconds.get(step, 0.0) + seconds
        return drafted, positions

    def _set_aside(self, drafted: list[Drafted]) -> Path | None:
        """Move rejected rows and reports to the quarantine, before anything is published."""
        files = [path for d in drafted for path in d.quarantine]
        if not files:
            return None
        folder = self.lake.store.make_folder(f"_quarantine/{self.run.id}")
        folder.parent.chmod(0o700)
        for path in files:
            self.lake.store.sync(path)
            self.lake.store.publish(path, f"_quarantine/{self.run.id}/{path.name}")
        sync_folder(folder)  # the manifest will count these rows, so they must outlive a power failure too
        return folder

    def _require_valid(self, drafted: list[Drafted], quarantine: Path | None) -> None:
        bad = [d for d in drafted if d.stopped]
        if not bad:
            return
        first = bad[0]
        bad_rows = first.read.quarantined
        others = f" (and {len(bad) - 1} more datasets)" if len(bad) > 1 else ""
        raise InvalidData(
            f"{first.name}: {bad_rows:,} of {counted(first.read.source, 'row')} break the contract{others}",
            what=[line for d in bad for line in broken_lines(d)],
            next=f"see {quarantine}/{first.name}.csv; "
            + ("publish the rest with --non-strict" if self.options.strict else "its policy refuses what does not fit"),
            broken={d.name: {b.rule: b.rows for b in d.broken} for d in bad},
            quarantine=str(quarantine),
        )

    def _synced(self, snapshot: Snapshot) -> tuple[catalog.Catalog | None, ParquetryError | None]:
        with timed(self.seconds, "sync"):
            try:
                return synced(self.project, snapshot), None
            except ParquetryError as error:
                error.lake = f"snapshot {snapshot.number} is committed and stands; only the catalog was not synced"
                return None, error

    def _parameters(self) -> dict[str, Any]:
        how = {
            "strict": self.options.strict,
            "validate": self.options.validate,
            "compression": self.options.compression,
        }
        accepted = {"accept_drift": True} if self.options.accept_drift else {}
        return {**self.select.as_parameters(), **how, **accepted}

    def _log(self, committed: Committed, drafted: list[Drafted]) -> None:
        for d in drafted:
            log.info(
                "export.read",
                dataset=d.name,
                rows=d.read.source,
                quarantined=d.read.quarantined,
                seconds=round(sum(d.seconds.values()), 3),
            )
        if not committed.changed:
            log.info("lake.unchanged", snapshot=committed.manifest.snapshot)
        else:
            files = [f for d in drafted if not d.absent for f in committed.manifest.datasets[d.name].files]
            log.info(
                "lake.committed",
                snapshot=committed.manifest.snapshot,
                datasets=len(drafted),
                rows=sum(f.rows for f in files),
                bytes=sum(f.bytes for f in files),
                seconds=round(self.seconds["commit"], 3),
            )


def _log_reports(datasets: Sequence[ExportedDataset]) -> None:
    """One line for each report file."""
    for dataset in datasets:
        for report in dataset.reports:
            log.info(
                "export.published",
                dataset=dataset.name,
                file=report.file,
                report=report.report,
                rows=report.rows,
                bytes=report.bytes,
                ratio=round(report.ratio, 3),
                seconds=report.seconds,
            )


def _plain(position: Position) -> dict[str, Any]:
    return {
        "source": position.source,
        "kind": position.kind,
        "clock": stamp(position.clock),
        **position.facts,
    }
