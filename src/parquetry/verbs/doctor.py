"""Whether a run would work here: this machine, the lake, the contracts, the sources."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from parquetry.checkup import Finding, failed, fine, machine, server, values
from parquetry.errors import ParquetryError, SchemaDrift
from parquetry.lake import Lake
from parquetry.lake.manifest import Manifest
from parquetry.project import Project
from parquetry.text import Told, counted


@dataclass(frozen=True, slots=True)
class Examined(Told):
    """Everything that was looked at, and what was found."""

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0, or what a run would end with: the code of the first failure."""
        return next((f.code for f in self.findings if f.verdict == "failure"), 0)

    def as_json(self) -> dict[str, Any]:
        return {
            "exit_code": self.exit_code,
            "findings": [
                {"about": f.about, "verdict": f.verdict, "says": f.says, "next": f.next, "code": f.code,
                 "facts": dict(f.facts)}
                for f in self.findings
            ],
        }  # fmt: skip

    def __str__(self) -> str:
        counts = Counter(f.verdict for f in self.findings)
        said = f"{counted(counts['failure'], 'failure')}, {counted(counts['warning'], 'warning')}, {counts['ok']} ok"
        return "\n".join([*map(str, self.findings), said])


def doctor(project: Project) -> Examined:
    """
    Look at everything that a run needs, and change nothing.

    A check that cannot be made is a finding, so nothing is raised.
    """
    found = [*machine.engine(project), *machine.lake(project), *machine.catalog(project)]
    contracts: server.Contracts = {}
    for name in project.datasets:
        about = f"contract {project.dataset(name).contract}"
        try:
            contract = contracts[name] = project.contract(name)
        except ParquetryError as error:
            contracts[name] = None
            found.append(failed(about, error))
        else:
            says = f"compiles: {counted(len(contract.fields), 'column')}, {counted(len(contract.rules), 'rule')}"
            found.append(fine(about, says, fingerprint=contract.fingerprint))
    base = _newest(project)
    for source in project.sources:
        found += _source(project, source, contracts, base)
    return Examined(tuple(found))


def _source(project: Project, source: str, contracts: server.Contracts, base: Manifest | None) -> list[Finding]:
    """A source, its tables, and what a run would make of those that are there."""
    looked = server.examined(project, source, contracts)
    wrong = {f.about for f in looked if f.verdict == "failure"}
    if project.source(source).kind != "postgres" or f"source {source}" in wrong:
        return looked
    names = [n for n, spec in project.datasets.items() if spec.source == source and contracts[n] is not None]
    # A table that the lake knows and that is gone or changed is told as what has changed of it.
    known = [n for n in names if f"dataset {n}" not in wrong or (base is not None and n in base.datasets)]
    ahead = list(values.foreseen(project, source, known, base))
    drifted = {f.about for f in ahead if f.code == SchemaDrift.exit_code}
    kept = [f for f in looked if f.verdict != "failure" or f.about not in drifted]
    return [*kept, *(f for f in ahead if f.about not in wrong - drifted)]


def _newest(project: Project) -> Manifest | None:
    """The newest manifest; none where the lake cannot be read, which is another finding."""
    try:
        there = list(Lake(project.settings.lake_path).snapshots())
    except (ParquetryError, OSError):
        return None
    return there[-1].manifest if there else None
