"""
The user's folder: parquetry.toml, contracts/, queries/.

`Project.open` finds it, reads every place that a setting may come from once, and gives frozen
values; a mistake in parquetry.toml is reported with its line, all mistakes together. Nothing here
opens a connection or touches the lake, and nothing but the cache of contracts is ever written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parquetry import settings as _settings
from parquetry.contracts import Contract
from parquetry.errors import Config, NoSuchDataset, did_you_mean
from parquetry.project.cache import compiled
from parquetry.project.declared import DATASET_KEYS, FILE, NAME, SOURCE_KEYS, Dataset, SourceSpec
from parquetry.project.mistakes import refuse_mistakes
from parquetry.project.reports import Reports
from parquetry.project.resolved import Resolver, dataset_of, refuse_lake_around
from parquetry.project.toml import find, line_of, parsed, read_text
from parquetry.settings import Dotenv, Secret, Settings, masked
from parquetry.studies.declared import FOLDER, names

__all__ = [
    "DATASET_KEYS",
    "FILE",
    "NAME",
    "SOURCE_KEYS",
    "Dataset",
    "Project",
    "Reports",
    "SourceSpec",
    "find",
    "line_of",
]


@dataclass(frozen=True, slots=True)
class Project:
    """
    One project folder, read once.

    Attributes:
        root: The folder that holds parquetry.toml, absolute.
        libpq: libpq's own variables that are set, for people; the password is masked.
        warnings: What was passed over, one line each, such as a line of ``.env`` that cannot be read.
    """

    root: Path
    settings: Settings
    sources: Mapping[str, SourceSpec]
    datasets: Mapping[str, Dataset]
    libpq: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: str | Path = ".", **flags: object) -> Project:
        """
        The project that *path* is in.

        Args:
            path: A parquetry.toml, or a folder: that or the nearest above it that has one.
            flags: Settings by field name, before all other places; None is not given.

        Raises:
            Config: No parquetry.toml, a mistake in it, or a wrong value in the environment.
            Unsafe: A password in parquetry.toml, or a file above *path* that is somebody else's.
            Usage: A flag that does not exist, or a wrong value in one.
        """
        file = find(path)
        text = read_text(file)
        declared = parsed(file, text)
        refuse_mistakes(file, text, declared)
        root = file.parent
        environment = dict(os.environ)
        dotenv = _dotenv(root / ".env", environment)
        settings = _settings.read(root, flags=flags, environment=environment, dotenv=dotenv, file=declared)
        refuse_lake_around(root, settings)
        resolve = Resolver(root, settings, environment, dotenv)
        sources = {name: resolve.source(name, table) for name, table in declared.get("sources", {}).items()}
        if settings.origins["database_url"] == "flag" and not any(s.origin == "flag" for s in sources.values()):
            raise Config(
                "no source uses the database_url that was given",
                what=[f"[sources.{s.name}] has url = {masked(s.declared)!r}" for s in sources.values() if s.declared],
                next='write url = "env:DATABASE_URL" for the source that should use it',
            )
        datasets = {name: dataset_of(name, table) for name, table in declared.get("datasets", {}).items()}
        return cls(root, settings, sources, datasets, _settings.libpq(environment), dotenv.warnings)

    def dataset(self, name: str) -> Dataset:
        """The dataset of that name. Raises NoSuchDataset."""
        if name not in self.datasets:
            raise NoSuchDataset(
                f"no dataset '{name}' in {FILE}{did_you_mean(name, self.datasets)}",
                what=f"declared: {', '.join(self.datasets) or 'none'}",
                dataset=name,
                known=sorted(self.datasets),
            )
        return self.datasets[name]

    def source(self, name: str) -> SourceSpec:
        """The source of that name. Raises Config."""
        if name not in self.sources:
            raise Config(
                f"no source '{name}' in {FILE}{did_you_mean(name, self.sources)}",
                what=f"declared: {', '.join(self.sources) or 'none'}",
                source=name,
                known=sorted(self.sources),
            )
        return self.sources[name]

    def url(self, source: str) -> Secret:
        """
        Where a source's database is; empty where libpq's own variables (``PGHOST`` …) say it.

        Raises:
            Config: No such source, no database, or its URL is set nowhere.
        """
        spec = self.source(source)
        if spec.kind != "postgres":
            raise Config(f"the source '{source}' is of kind '{spec.kind}' and has no URL", source=source)
        if spec.url is None:
            wanted = spec.declared.removeprefix("env:") or "DATABASE_URL"
            raise Config(
                f"the source '{source}' reads its URL from {wanted}, which is not set",
                what=[*([spec.origin] if spec.origin.startswith("unusable") else []), *self.warnings],
                next=f"set {wanted} in the environment, or in {self.root / '.env'}",
                source=source,
                name=wanted,
            )
        return spec.url

    def contract(self, dataset: str) -> Contract:
        """
        What a dataset promises, compiled; kept in ``.parquetry/contracts`` until a source file changes.

        Raises:
            NoSuchDataset: It is not declared.
            BadContract: The contract does not import or compile.
            Unsafe: Its file lies outside the project folder.
        """
        return compiled(self.dataset(dataset).contract, self.root)

    @property
    def queries(self) -> Mapping[str, Path]:
        """The named queries: ``queries/weekly.sql`` is ``weekly``."""
        return {file.stem: file for file in sorted((self.root / "queries").glob("*.sql")) if file.is_file()}

    @property
    def studies(self) -> Mapping[str, Path]:
        """The studies: ``studies/sleep.toml`` is ``sleep``."""
        return {name: self.root / FOLDER / f"{name}.toml" for name in names(self.root)}


def _dotenv(file: Path, environment: Mapping[str, str]) -> Dotenv:
    if not file.is_file():
        return Dotenv()
    return _settings.parse_dotenv(read_text(file), environment)
