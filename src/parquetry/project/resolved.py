"""From what parquetry.toml declares to values: where each source is, and who said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parquetry.errors import Unsafe
from parquetry.project.declared import Dataset, SourceSpec, rhythm
from parquetry.project.reports import reports_of
from parquetry.settings import LIBPQ_PLACES, Dotenv, Secret, Settings, Unreadable, given, read_path, source_url


@dataclass(frozen=True, slots=True)
class Resolver:
    """What is needed to turn a declared source into one that can be opened."""

    root: Path
    settings: Settings
    environment: Mapping[str, str] = field(repr=False)
    dotenv: Dotenv

    def source(self, name: str, table: Mapping[str, Any]) -> SourceSpec:
        """The source *name* of the table ``[sources.NAME]``, already checked."""
        if table["kind"] == "files":
            return SourceSpec(name, "files", root=self.root / read_path(table["root"]))
        declared = table.get("url", "")
        url, origin = self._url(name, declared)
        return SourceSpec(name, table["kind"], declared, url, origin)

    def _url(self, source: str, declared: str) -> tuple[Secret | None, str]:
        if declared in ("", "env:DATABASE_URL"):
            return self._usual()
        if not declared.startswith("env:"):
            return Secret(declared), f"parquetry.toml [sources.{source}] url"
        name = declared.removeprefix("env:")
        try:
            for text, origin in given((name,), self.environment, self.dotenv):
                return source_url(name, text, origin), origin
        except Unreadable as problem:
            return None, f"unusable: {problem.failed}"
        return None, f"not set: {name}"

    def _usual(self) -> tuple[Secret | None, str]:
        if self.settings.database_url:
            return self.settings.database_url, self.settings.origins["database_url"]
        if self.settings.origins["database_url"] != "default":  # unusable; nothing else may be taken in its place
            return None, self.settings.origins["database_url"]
        # A name that the project chose itself must be set; only the usual one gives way to libpq's own.
        places = [name for name in LIBPQ_PLACES if self.environment.get(name)]
        if places:
            return Secret(""), f"environment {', '.join(places)} (read by libpq)"
        return None, "not set: DIRECT_URL or DATABASE_URL"


def dataset_of(name: str, table: Mapping[str, Any]) -> Dataset:
    """The dataset *name* of the table ``[datasets.NAME]``, already checked."""

    def names(key: str) -> tuple[str, ...]:
        value = table.get(key, ())
        return (value,) if isinstance(value, str) else tuple(value)

    time = names("time")
    return Dataset(
        name=name,
        source=table["source"],
        contract=table["contract"],
        table=names("table") or (name,),
        key=names("key"),
        time=time,
        partition=table.get("partition", "month" if time else "all"),
        summary=names("summary"),
        reports=reports_of(table) if "files" in table else None,
        references={column: _target(value) for column, value in table.get("references", {}).items()},
        indexes=tuple((i,) if isinstance(i, str) else tuple(i) for i in table.get("indexes", ())),
        order=table.get("order", ""),
        every=rhythm(table.get("every")),
    )


def _target(text: str) -> tuple[str, str]:
    """``users.id`` as the dataset and its column; a dataset's name has no dot."""
    dataset, _, column = text.partition(".")
    return dataset, column


def refuse_lake_around(root: Path, settings: Settings) -> None:
    """A lake removes what no snapshot names, so the project may not lie inside it."""
    if root.is_relative_to(settings.lake_path.resolve()):
        raise Unsafe(
            f"the lake {settings.lake_path} would hold the project folder itself",
            what=f"lake_path comes from: {settings.origins['lake_path']}",
            next="give the lake a folder of its own, such as data/lake",
        )
