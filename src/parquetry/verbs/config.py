"""What holds here, and who said so: every setting with its origin, secrets masked."""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

from parquetry.project import FILE, Project


class Shown(NamedTuple):
    """One line of the answer; ``value`` never holds a password."""

    setting: str
    value: str
    origin: str


def config(project: Project) -> tuple[Shown, ...]:
    """
    Every setting, each source's place, and libpq's own variables where they apply.

    A source's URL that is set nowhere is shown as such; only a verb that needs it fails.
    """
    settings = project.settings
    shown = [Shown("project", str(project.root), FILE)]
    for each in fields(settings):
        if each.name in settings.origins:
            value = getattr(settings, each.name)
            shown.append(Shown(each.name, "" if value is None else str(value), _origin(settings.origins[each.name])))
    for source in project.sources.values():
        if source.root is not None:
            shown.append(Shown(f"sources.{source.name}.root", str(source.root), f"{FILE} [sources.{source.name}] root"))
        else:
            shown.append(Shown(f"sources.{source.name}.url", str(source.url or ""), _origin(source.origin)))
    shown += [Shown(name, value, f"environment {name} (read by libpq)") for name, value in project.libpq.items()]
    return tuple(shown)


def _origin(origin: str) -> str:
    if origin.endswith(" DIRECT_URL"):
        return f"{origin} (goes before DATABASE_URL: a shared snapshot needs a direct connection)"
    return origin
