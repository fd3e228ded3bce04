"""
Rows that name a row of another dataset, held against it: foreign keys, checked within one snapshot.

Where one run reads both datasets, they are of one moment, and rows that name nothing stop it; months
that it keeps are not looked at. Where it reads only one, the other is what the lake has of it, which is
of an earlier moment: then nobody is to blame, and it is only told. A NULL names nothing, as in a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import duckdb

from parquetry.contracts import sql
from parquetry.errors import Config, InvalidData, ParquetryError, did_you_mean
from parquetry.intake.draft import Drafted
from parquetry.intake.job import Job
from parquetry.lake import manifest, write
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

    @property
    def such_as(self) -> str:
        """The first values for a sentence, or nothing."""
        return f" (such as {', '.join(self.first)})" if self.first else ""

    def __str__(self) -> str:
        return f"{self.column} names no {self.target}.{self.key} in {counted(self.rows, 'row')}{self.such_as}"


class _Side(NamedTuple):
    """A dataset in a question: as it will be published, and of that the files to look at."""

    dataset: manifest.Dataset
    files: list[str]


class _Asked(NamedTuple):
    """The rows of *child* may name by *column* those that *parent*, published as *target*, has by *key*."""

    spec: Dataset
    name: str
    column: str
    target: str
    key: str
    child: _Side
    parent: _Side


def held(job: Job[Any], drafted: Sequence[Drafted], chosen: Mapping[str, Dataset]) -> list[Drafted]:
    """
    *drafted*, if every reference between them that parquetry.toml declares leads somewhere.

    Where one does not and the options are not strict, it is published all the same and told in a
    note: which of the two rows is wrong, nobody here can know, so none is set aside. A reference between
    one of them and a dataset that the run did not read is held against the lake, and only ever told.

    Raises:
        InvalidData: One does not, and the options are strict.
        Config: A reference names a column that is not there.
    """
    if any(d.stopped for d in drafted):  # rows broke their contract, and that is told first
        return list(drafted)
    drafts = {d.name: d.draft for d in drafted if d.draft is not None}
    asked = [each for name in drafts for each in _asked(job, name, chosen[name], drafts)]
    earlier = list(_earlier(job, drafts, chosen))
    if not job.options.validate or not (asked or earlier):
        return list(drafted)
    with closing(job.duckdb()) as connection, write.translating(job.staging):
        found = [d for each in asked if (d := _dangling(connection, job, each)).rows]
        notes = [(name, note) for name, each in earlier if (note := _told(connection, job, name, each))]
    if found and job.options.strict:
        raise InvalidData(
            f"{found[0].dataset}: {counted(found[0].rows, 'row')} without the row of {found[0].target} that they name",
            what=[str(d) for d in found],
            next="see what the source means by them; --non-strict publishes them all the same",
            broken={d.dataset: {f"{d.column}:references": d.rows} for d in found},
        )
    notes = [*((each.dataset, str(each)) for each in found), *notes]
    return [replace(d, notes=(*d.notes, *(note for name, note in notes if name == d.name))) for d in drafted]


def _asked(job: Job[Any], name: str, spec: Dataset, drafts: Mapping[str, Draft]) -> Iterator[_Asked]:
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
        yield _Asked(spec, name, column, target, key, _read(job, drafts[name]), _whole(job, drafts[target]))


def _earlier(job: Job[Any], drafts: Mapping[str, Draft], chosen: Mapping[str, Dataset]) -> Iterator[tuple[str, _Asked]]:
    """References of which the run read one side, named first, and the snapshot before it has the other."""
    before = job.turn.base.datasets if job.turn.base else {}
    for name, spec in {**job.project.datasets, **chosen}.items():
        for column, (target, key) in spec.references.items():
            if name in drafts and target not in drafts and target in before:
                yield (
                    name,
                    _Asked(spec, name, column, target, key, _read(job, drafts[name]), _kept(job, before[target])),
                )
            elif target in drafts and name not in drafts and name in before:
                parent = _whole(job, drafts[target])
                yield target, _Asked(spec, name, column, target, key, _kept(job, before[name]), parent)


def _told(connection: duckdb.DuckDBPyConnection, job: Job[Any], read: str, asked: _Asked) -> str:
    """What a person should know of a reference whose sides are of two moments; empty if it leads somewhere."""
    there = f"snapshot {job.turn.base.snapshot}" if job.turn.base else "no snapshot"
    way = f"parquetry export {asked.spec.name} {asked.target} reads both at one moment"
    for side, dataset, column in ((asked.child, asked.name, asked.column), (asked.parent, asked.target, asked.key)):
        if column not in side.dataset.schema:
            return f"{asked.column} was not held against {asked.target}: {dataset} has no column {column}; {way}"
    try:
        found = _dangling(connection, job, asked)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:  # a damaged file of the lake, a column of another type, too little memory
        return f"{asked.column} was not held against {asked.target}: {str(error).partition(chr(10))[0]}"
    if not found.rows:
        return ""
    rows, names = counted(found.rows, "row"), "names" if found.rows == 1 else "name"
    if read == asked.name:
        where = f"{names} no {asked.target}.{asked.key} of {there}, which was read earlier"
        return f"{asked.column}: {rows} {where}{found.such_as}; {way}"
    where = f"{rows} of {asked.name} in {there}, which was read earlier, {names} by {asked.column} what is not there"
    return f"{asked.key}: {where}{found.such_as}; {way}"


def _dangling(connection: duckdb.DuckDBPyConnection, job: Job[Any], asked: _Asked) -> Dangling:
    spec, name, column, target, key, child, parent = asked
    value = _compared(child.dataset.column(column), parent.dataset.column(key))
    rows = _rows(child.files, value.format(sql.name(column)))
    there = _rows(parent.files, value.format(sql.name(key)))
    found = connection.execute(
        f"SELECT CAST(v AS VARCHAR), sum(count(*)) OVER () FROM (FROM {rows} r ANTI JOIN {there} t ON r.v = t.v) "
        f"WHERE v IS NOT NULL GROUP BY v ORDER BY 1 LIMIT {_SHOWN}"
    ).fetchall()
    first = () if _sensitive(job, spec, column) else tuple(value[:80] for value, _ in found)
    return Dangling(name, column, target, key, int(found[0][1]) if found else 0, first)


def _sensitive(job: Job[Any], spec: Dataset, column: str) -> bool:
    try:
        fields = job.project.contract(spec.name).fields
    except ParquetryError:  # of a dataset that this run does not read; nothing is known of its columns
        return True
    return any(f.name == column and f.privacy == "sensitive" for f in fields)


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


def _read(job: Job[Any], draft: Draft) -> _Side:
    """What this run read of a dataset, or found to be just what the lake has."""
    staged = [str(file.path) for part in draft.replaced.values() for file in part.files]
    return _Side(draft.dataset, [*staged, *_stored(job, draft.dataset, draft.confirmed)])


def _whole(job: Job[Any], draft: Draft) -> _Side:
    """With the partitions that the run leaves alone."""
    kept = draft.dataset.partitions.keys() - draft.replaced.keys() - draft.confirmed
    return _Side(draft.dataset, [*_read(job, draft).files, *_stored(job, draft.dataset, kept)])


def _kept(job: Job[Any], dataset: manifest.Dataset) -> _Side:
    """A dataset of the lake that the run leaves alone."""
    return _Side(dataset, _stored(job, dataset, dataset.partitions))


def _stored(job: Job[Any], dataset: manifest.Dataset, parts: Iterable[str]) -> list[str]:
    return [str(job.turn.store.root / file.path) for key in parts for file in dataset.partitions[key].files]


def _rows(files: Sequence[str], value: str) -> str:
    """A table of one column, ``v``."""
    return f"(SELECT {value} AS v FROM {sql.parquet(files)})" if files else "(SELECT NULL AS v LIMIT 0)"
