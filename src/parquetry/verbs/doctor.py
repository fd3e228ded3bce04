"""Whether a run would work here: this machine, the lake, the contracts, the sources."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from parquetry.checkup import Finding, failed, fine, machine, server
from parquetry.errors import ParquetryError
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
    for source in project.sources:
        found += server.examined(project, source, contracts)
    return Examined(tuple(found))
