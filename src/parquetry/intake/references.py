"""
Rows that name a row of another dataset, held against it: foreign keys, checked within one snapshot.

Only what one run read can be held against each other: its datasets are of one moment, and what is
kept from earlier runs is not. A NULL names nothing, as in a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import duckdb

from parquetry.contracts import sql
from parquetry.errors import Config, InvalidData, did_you_mean
from parquetry.intake.draft import Drafted
from parquetry.intake.job import Job
from parquetry.lake import write
from parquetry.lake.commit import Draft
from parquetry.lake.manifest import PublishedColumn
from parquetry.project import Dataset
from parquetry.text import counted

_SHOWN = 5
_NUMBER = re.compile(r"(numeric|smallint|integer|bigint)\b(?!.*\[\])")


@dataclass(frozen=True, slots=True)
class Dangling:
    """
    Rows of *dataset* whose *column* names no row of *target*, a dataset, by its column *key*.

    Attributes:
        first: Up to five of the values, each once.
    """

    dataset: str
    column: str
    target: str
    key: str
    rows: int
    first: tuple[str, ...]

    def __str__(self) -> str:
        shown = f" (such as {', '.join(self.first)})" if self.first else ""
        return f"{self.column} names no {self.target}.{self.key} in {counted(self.rows, 'row')}{shown}"


class _Asked(NamedTuple):
    spec: Dataset
    name: str
    column: str
    target: str
    key: str


def held(job: Job[Any], drafted: Sequence[Drafted], chosen: Mapping[str, Dataset]) -> list[Drafted]:
    """
    *drafted*, if every reference between them that parquetry.toml declares leads somewhere.

    Where one does not and the options are not strict, it is published all the same and told in a
    note: which of the two rows is wrong, nobody here can know, so none is set aside.

    Raises:
        InvalidData: One does not, and the options are strict.
        Config: A reference names a column that is not there.
    """
    if any(d.stopped for d in drafted):  # rows broke their contract, and that is told first
        return list(drafted)
    drafts = {d.name: d.draft for d in drafted if d.draft is not None}
    asked = [each for name in drafts for each in _asked(name, chosen[name], drafts)]
    if not asked or not job.options.validate:
        return list(drafted)
    with closing(job.duckdb()) as connection, write.translating(job.staging):
        found = [d for each in asked if (d := _dangling(connection, job, drafts, each)).rows]
    if found and job.options.strict:
        raise InvalidData(
            f"{found[0].dataset}: {counted(found[0].rows, 'row')} without the row of {found[0].target} that they name",
            what=[str(d) for d in found],
            next="see what the source means by them; --non-strict publishes them all the same",
            broken={d.dataset: {f"{d.column}:references": d.rows} for d in found},
        )
    told = {d.name: [str(each) for each in found if each.dataset == d.name] for d in drafted}
    return [replace(d, notes=(*d.notes, *told[d.name])) for d in drafted]


def _asked(name: str, spec: Dataset, drafts: Mapping[str, Draft]) -> Iterator[_Asked]:
    """References of one dataset whose target the same run read."""
    for column, (target, key) in spec.references.items():
        if target not in drafts:
            continue
        for dataset, wanted in ((name, column), (target, key)):
            known = drafts[dataset].dataset.schema
            if wanted not in known:
                raise Config(
                    f"[datasets.{spec.name}.references] names {dataset}.{wanted}, which is not a column"
                    f"{did_you_mean(wanted, known)}",
                    next="a column that the contract leaves out is not there either",
                )
        yield _Asked(spec, name, column, target, key)


def _dangling(
    connection: duckdb.DuckDBPyConnection, job: Job[Any], drafts: Mapping[str, Draft], asked: _Asked
) -> Dangling:
    spec, name, column, target, key = asked
    value = _compared(drafts[name].dataset.column(column), drafts[target].dataset.column(key))
    rows = _rows(_read(job, drafts[name]), value.format(sql.name(column)))
    there = _rows([*_read(job, drafts[target]), *_kept(job, drafts[target])], value.format(sql.name(key)))
    found = connection.execute(
        f"SELECT CAST(v AS VARCHAR), sum(count(*)) OVER () FROM (FROM {rows} r ANTI JOIN {there} t ON r.v = t.v) "
        f"WHERE v IS NOT NULL GROUP BY v ORDER BY 1 LIMIT {_SHOWN}"
    ).fetchall()
    contract = job.project.contract(spec.name)
    sensitive = any(f.name == column and f.privacy == "sensitive" for f in contract.fields)
    first = () if sensitive else tuple(value[:80] for value, _ in found)
    return Dangling(name, column, target, key, int(found[0][1]) if found else 0, first)


def _compared(one: PublishedColumn | None, other: PublishedColumn | None) -> str:
    """SQL with ``{}`` for a column, by which values of both are the same where the database takes them for the same."""
    assert one and other
    if "VARCHAR" not in (one.type, other.type):
        return "{}"
    if all(_NUMBER.match(c.source_type) for c in (one, other)):
        # As exact texts 1.5 and 1.50 are two, and to the database one.
        return "regexp_replace(CAST({} AS VARCHAR), '(\\.[0-9]*[1-9])0+$|\\.0*$', '\\1')"
    # Where one of them is published as text, their texts are compared.
    return "CAST({} AS VARCHAR)" if one.type != other.type else "{}"


def _read(job: Job[Any], draft: Draft) -> list[str]:
    """The files of what this run read, or found to be just what the lake has."""
    staged = [str(file.path) for part in draft.replaced.values() for file in part.files]
    same = [file.path for key in draft.confirmed for file in draft.dataset.partitions[key].files]
    return [*staged, *(str(job.turn.store.root / path) for path in same)]


def _kept(job: Job[Any], draft: Draft) -> list[str]:
    """The files of the partitions that the run leaves alone."""
    kept = draft.dataset.partitions.keys() - draft.replaced.keys() - draft.confirmed
    return [str(job.turn.store.root / file.path) for key in kept for file in draft.dataset.partitions[key].files]


def _rows(files: Sequence[str], value: str) -> str:
    """A table of one column, ``v``."""
    return f"(SELECT {value} AS v FROM {sql.parquet(files)})" if files else "(SELECT NULL AS v LIMIT 0)"
