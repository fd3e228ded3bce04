"""
What changed between two contracts, or two descriptions of a table, and whom it breaks: one table.

A change breaks *readers* if a query written before can fail, or mean something else, on what is
published after it. It breaks *writers* if rows that were valid before may be refused after it.
Nothing is read here and nothing decided: who asks decides what a breaking change stops.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple, TypeVar

from parquetry.contracts import Contract, Field, Rule, bounds
from parquetry.contracts.widths import width

Verdict = Literal["compatible", "breaking"]
_OK: Verdict = "compatible"
_NO: Verdict = "breaking"


class Effect(NamedTuple):
    """Whom a kind of change breaks, and the reason that is told; *source*: an export of a table that changed so."""

    readers: Verdict
    writers: Verdict
    source: Verdict
    why: str


EFFECTS: Mapping[str, Effect] = {
    # kind                  readers writers source why
    "column_added":         Effect(_OK, _OK, _OK, "it may be NULL, and readers name their columns"),
    "required_added":       Effect(_OK, _NO, _OK, "rows without it are refused"),
    "column_removed":       Effect(_NO, _OK, _NO, "a query that names it fails"),
    "column_renamed":       Effect(_NO, _NO, _NO, "a query that names it fails, and so does a writer"),
    "type_widened":         Effect(_OK, _OK, _OK, "every value that was possible still is"),
    "type_narrowed":        Effect(_OK, _NO, _OK, "values that do not fit any more are refused"),
    "type_changed":         Effect(_NO, _NO, _OK, "values compare and compute otherwise"),
    "null_allowed":         Effect(_NO, _OK, _OK, "counts, means and <> pass over NULL in silence"),
    "null_forbidden":       Effect(_OK, _NO, _OK, "rows with NULL are refused"),
    "value_added":          Effect(_OK, _OK, _OK, "a query that lists the values does not know it"),
    "value_removed":        Effect(_OK, _NO, _OK, "rows with it are refused"),
    "rule_added":           Effect(_OK, _NO, _OK, "rows that break it are refused"),
    "rule_removed":         Effect(_OK, _OK, _OK, "rows that broke it are published"),
    "rule_loosened":        Effect(_OK, _OK, _OK, "every row that held to it still does"),
    "rule_tightened":       Effect(_OK, _NO, _OK, "rows that held to it before may break it"),
    "rule_changed":         Effect(_OK, _NO, _OK, "rows that held to it before may break it"),
    "unique_added":         Effect(_OK, _NO, _OK, "rows that repeat are refused"),
    "unique_removed":       Effect(_NO, _OK, _OK, "a join on it may give rows twice"),
    "unit_changed":         Effect(_NO, _NO, _OK, "the same number means something else"),
    "privacy_raised":       Effect(_NO, _OK, _OK, "who may not see the new class loses it"),
    "privacy_lowered":      Effect(_OK, _NO, _OK, "it was given under the promise of the stricter class"),
    "key_changed":          Effect(_NO, _NO, _OK, "rows are told apart otherwise, and those that repeat are refused"),
    "time_changed":         Effect(_NO, _NO, _OK, "months, windows and the order of rows go by another column"),
    "partition_changed":    Effect(_OK, _OK, _OK, "the same rows lie in other files"),
    "reference_added":      Effect(_OK, _NO, _OK, "rows that name nothing are refused"),
    "reference_removed":    Effect(_NO, _OK, _OK, "a join over it may lose rows"),
    "misfits_changed":      Effect(_NO, _NO, _OK, "the column's type, its flags or which rows there are depend on it"),
    "table_renamed":         Effect(_OK, _OK, _OK, "parquetry.toml names both"),
    "table_removed":        Effect(_NO, _OK, _NO, "there is nothing to read"),
}  # fmt: skip
"""THE table: every kind of change there is."""

_PRIVACY = ("public", "internal", "personal", "sensitive")
_ALIKE = 0.6  # of two names, from which on one may be the other renamed
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")*)\"""")


@dataclass(frozen=True, slots=True)
class Described:
    """
    A column as somebody describes it: a contract, or a source in its own words.

    Attributes:
        type: DuckDB's or PostgreSQL's word for it.
        values: Of an enum, what it may be; empty: anything.
    """

    name: str
    type: str
    nullable: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """
    One difference.

    Attributes:
        kind: A key of `EFFECTS`.
        column: The column it is about, by its new name if it has one; several joined by a comma; or empty.
        before, after: What was and what is, as text; empty where there was or is nothing.
        says: The change as a person would say it, without the verdict.
    """

    kind: str
    column: str
    before: str
    after: str
    says: str

    @property
    def readers(self) -> Verdict:
        return EFFECTS[self.kind].readers

    @property
    def writers(self) -> Verdict:
        return EFFECTS[self.kind].writers

    @property
    def source(self) -> Verdict:
        return EFFECTS[self.kind].source

    @property
    def verdict(self) -> Verdict:
        """Breaking if it breaks anybody."""
        return _NO if _NO in (self.readers, self.writers) else _OK

    @property
    def why(self) -> str:
        return EFFECTS[self.kind].why

    def as_json(self) -> dict[str, str]:
        return {
            "kind": self.kind, "column": self.column, "before": self.before, "after": self.after, "says": self.says,
            "readers": self.readers, "writers": self.writers, "verdict": self.verdict, "why": self.why,
        }  # fmt: skip


class Declared(NamedTuple):
    """What parquetry.toml says of a dataset that its readers and writers live by; *references* as ``people.id``."""

    key: tuple[str, ...]
    time: tuple[str, ...]
    partition: str
    references: Mapping[str, str]


_Named = TypeVar("_Named", Described, Field)


def changes(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Everything in which *new* means something else than *old*: columns, then rules, then uniqueness."""
    renamed = _renamed(list(map(_of_field, old.fields)), list(map(_of_field, new.fields)))
    columns = _columns(list(map(_of_field, old.fields)), list(map(_of_field, new.fields)), renamed)
    meanings = (_meaning(o, n) for o, n in _pairs(old.fields, new.fields, {o: n for o, (n, _) in renamed.items()}))
    return tuple(chain(columns, chain.from_iterable(meanings), _rules(old, new, renamed), _unique(old, new, renamed)))


def column_changes(old: Sequence[Described], new: Sequence[Described]) -> tuple[Change, ...]:
    """The same for two descriptions of one table, such as a source's at the last snapshot and now."""
    return tuple(_columns(old, new, _renamed(old, new)))


def declared_changes(dataset: str, old: Declared, new: Declared) -> tuple[Change, ...]:
    """The same for what parquetry.toml says of *dataset*."""
    return tuple(chain(_declared(dataset, old, new), _references(dataset, old.references, new.references)))


def breaking(found: Iterable[Change]) -> bool:
    """Whether any of them breaks anybody."""
    return any(change.verdict == _NO for change in found)


def _of_field(field: Field) -> Described:
    return Described(field.name, field.type, field.nullable)


def _columns(
    old: Sequence[Described], new: Sequence[Described], renamed: Mapping[str, tuple[str, str]]
) -> Iterator[Change]:
    there, now = {c.name for c in old}, {c.name for c in new}
    given = {name for name, _ in renamed.values()}
    for column in old:
        if column.name in renamed:
            name, reason = renamed[column.name]
            says = f"{column.name} is now {name} (guessed: {reason})"
            yield Change("column_renamed", name, column.name, name, says)
        elif column.name not in now:
            yield Change("column_removed", column.name, column.type, "", f"{column.name} is gone")
    for column in new:
        if column.name not in there and column.name not in given:
            kind, how = ("column_added", "may be NULL") if column.nullable else ("required_added", "is required")
            yield Change(kind, column.name, "", column.type, f"{column.name} {column.type} is new and {how}")
    for before, after in _pairs(old, new, {o: n for o, (n, _) in renamed.items()}):
        yield from _column(before, after)


def _column(old: Described, new: Described) -> Iterator[Change]:
    if (step := width(old.type, new.type)) != "same":
        says = f"{new.name}: {old.type} is {'changed' if step == 'changed' else step} to {new.type}"
        yield Change(f"type_{step}", new.name, old.type, new.type, says)
    if old.nullable != new.nullable:
        kind, how = ("null_allowed", "may now be NULL") if new.nullable else ("null_forbidden", "may no longer be NULL")
        words = {True: "NULL", False: "NOT NULL"}
        yield Change(kind, new.name, words[old.nullable], words[new.nullable], f"{new.name} {how}")
    if old.values and new.values:
        yield from _values(new.name, old.values, new.values)


def _values(column: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    for value in old:
        if value not in new:
            yield Change("value_removed", column, value, "", f"{column} may no longer be {value!r}")
    for value in new:
        if value not in old:
            yield Change("value_added", column, "", value, f"{column} may now be {value!r}")


def _meaning(old: Field, new: Field) -> Iterator[Change]:
    """What a field says beside type and NULL."""
    if old.unit != new.unit:
        says = f"{new.name} is counted in {new.unit or 'no unit'}, before in {old.unit or 'no unit'}"
        yield Change("unit_changed", new.name, old.unit, new.unit, says)
    if old.privacy != new.privacy:
        raised = _PRIVACY.index(new.privacy) > _PRIVACY.index(old.privacy)
        says = f"{new.name} is {new.privacy}, before {old.privacy}"
        yield Change("privacy_raised" if raised else "privacy_lowered", new.name, old.privacy, new.privacy, says)
    if old.misfits != new.misfits:
        says = f"values that {new.name} cannot hold: {new.misfits}, before {old.misfits}"
        yield Change("misfits_changed", new.name, old.misfits, new.misfits, says)


def _rules(old: Contract, new: Contract, renamed: Mapping[str, tuple[str, str]]) -> Iterator[Change]:
    """A rule that came or went with its column is the column's change, not one of its own."""
    gone = {f.name for f in old.fields} - {f.name for f in new.fields} - set(renamed)
    fresh = {f.name for f in new.fields} - {f.name for f in old.fields} - {name for name, _ in renamed.values()}
    names = {before: after for before, (after, _) in renamed.items()}
    before = {_subject(rule): rule for rule in (_moved(r, names) for r in old.rules)}
    after = {_subject(rule): rule for rule in new.rules}
    for subject, rule in before.items():
        if subject not in after and not gone.intersection(rule.columns):
            yield Change("rule_removed", ", ".join(rule.columns), rule.says, "", f"no rule any more: {rule.says}")
    for subject, rule in after.items():
        known = before.get(subject)
        if known is None:
            if not fresh.issuperset(rule.columns):
                yield Change("rule_added", ", ".join(rule.columns), "", rule.says, f"new rule: {rule.says}")
        elif known.values and rule.values:
            yield from _values(rule.columns[0], known.values, rule.values)
        elif (known.broken, known.custom) != (rule.broken, rule.custom):
            yield from _arguments(known, rule)


def _declared(dataset: str, old: Declared, new: Declared) -> Iterator[Change]:
    pairs = {"key": (old.key, new.key), "time": (old.time, new.time)}
    texts = {word: (", ".join(before), ", ".join(after)) for word, (before, after) in pairs.items()}
    for word, (before, after) in {**texts, "partition": (old.partition, new.partition)}.items():
        if before != after:
            says = f"{dataset}: its {word} is {after or 'none'}, before {before or 'none'}"
            yield Change(f"{word}_changed", after if word != "partition" else "", before, after, says)


def _references(dataset: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for column, target in old.items():
        if new.get(column) != target:
            says = f"{dataset}: {column} need not name a row of {target} any more"
            yield Change("reference_removed", column, target, "", says)
    for column, target in new.items():
        if old.get(column) != target:
            yield Change("reference_added", column, "", target, f"{dataset}: {column} must name a row of {target}")


def _arguments(old: Rule, new: Rule) -> Iterator[Change]:
    if (step := bounds.step(old, new)) != "same":
        how = f" is {step}" if step != "changed" else ""
        says = f"rule {new.name}{how}: {new.says}" + f", before: {old.says}" * (old.says != new.says)
        yield Change(f"rule_{step}", ", ".join(new.columns), old.says, new.says, says)


def _subject(rule: Rule) -> str:
    """What makes two rules the same one: the list of a column's values, however declared, or the name."""
    return f"values of {rule.columns[0]}" if rule.values and "#" not in rule.name else rule.name


def _moved(rule: Rule, names: Mapping[str, str]) -> Rule:
    """*rule* as it would stand if its columns had been called so before."""
    if not names.keys() & set(rule.columns):
        return rule
    head, colon, tail = rule.name.partition(":")
    says = re.sub(r"\w+", lambda word: names.get(word[0], word[0]), rule.says)
    return Rule(
        name=f"{names.get(head, head)}{colon}{tail}",
        columns=tuple(names.get(c, c) for c in rule.columns),
        says=says,
        broken=_QUOTED.sub(lambda m: f'"{names[m[1]]}"' if m[1] in names else m[0], rule.broken),
        custom=rule.custom,
        values=rule.values,
    )


def _unique(old: Contract, new: Contract, renamed: Mapping[str, tuple[str, str]]) -> Iterator[Change]:
    names = {before: after for before, (after, _) in renamed.items()}
    before = {tuple(sorted(names.get(c, c) for c in columns)) for columns in old.unique}
    after = {tuple(sorted(columns)) for columns in new.unique}
    there = {f.name for f in new.fields}
    for columns in sorted(before - after):
        if there.issuperset(columns):
            named = ", ".join(columns)
            yield Change("unique_removed", named, "unique", "", f"{named} may now repeat")
    for columns in sorted(after - before):
        named = ", ".join(columns)
        yield Change("unique_added", named, "", "unique", f"{named} may no longer repeat")


def _pairs(old: Sequence[_Named], new: Sequence[_Named], renamed: Mapping[str, str]) -> Iterator[tuple[_Named, _Named]]:
    after = {c.name: c for c in new}
    for before in old:
        if (name := renamed.get(before.name, before.name)) in after:
            yield before, after[name]


def _renamed(old: Sequence[Described], new: Sequence[Described]) -> dict[str, tuple[str, str]]:
    """Old name → new name and why it is thought so, for columns that are gone and columns that are new."""
    there, now = {c.name for c in old}, {c.name for c in new}
    gone, fresh = [c for c in old if c.name not in now], [c for c in new if c.name not in there]
    places = {c.name: _place(old, c, now) for c in gone}, {c.name: _place(new, c, there) for c in fresh}
    guesses = sorted(
        (
            (-likeness, g.name, f.name, reason)
            for g in gone
            for f in fresh
            if width(g.type, f.type) in ("same", "widened")
            for likeness, reason in [_likeness(g, f, alone=_alone(places, g.name, f.name))]
            if likeness >= _ALIKE
        ),
    )
    found: dict[str, tuple[str, str]] = {}
    for _, before, after, reason in guesses:
        if before not in found and after not in {name for name, _ in found.values()}:
            found[before] = after, reason
    return found


def _likeness(old: Described, new: Described, *, alone: bool) -> tuple[float, str]:
    before, after = (re.sub(r"[^a-z0-9]", "", c.name.lower()) or c.name for c in (old, new))
    likeness = difflib.SequenceMatcher(None, before, after).ratio()
    if likeness >= _ALIKE:
        return likeness, "same type, and the names are alike"
    # A name that is nothing like the old one is believed only where nothing else differs.
    if alone and (old.type, old.nullable, old.values) == (new.type, new.nullable, new.values):
        return _ALIKE, "same type, at the same place"
    return likeness, ""


def _place(columns: Sequence[Described], column: Described, common: set[str]) -> tuple[str, str]:
    """The nearest columns before and after it that both descriptions have."""
    names = [c.name for c in columns]
    at = names.index(column.name)
    before = next((n for n in reversed(names[:at]) if n in common), "")
    return before, next((n for n in names[at + 1 :] if n in common), "")


def _alone(places: tuple[Mapping[str, tuple[str, str]], Mapping[str, tuple[str, str]]], old: str, new: str) -> bool:
    """Whether one column went and one came, exactly there."""
    gone, fresh = places
    place = gone[old]
    return fresh[new] == place and [*gone.values()].count(place) == 1 == [*fresh.values()].count(place)
