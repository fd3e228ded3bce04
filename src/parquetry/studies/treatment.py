"""
Which labels of a study's phases are the treatment, where its file does not say so.

A label never is because of the day on which it stands first: rows that come or go would turn the sign of
the answer. Only a baseline that is known as one by its name tells, or a design that begins without
the treatment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from parquetry.errors import Config
from parquetry.studies import BASELINES, Study

INTERRUPTED = ("ITS", "AB", "multiple baseline")
"""Designs that begin without the treatment."""


def condition(label: str) -> str:
    """``baseline`` for ``baseline_2``, ``A`` for ``A1``."""
    return re.sub(r"[\s_-]*\d+$", "", label) or label


def named_baseline(labels: Iterable[str]) -> str:
    """The condition among those of *labels* that is a baseline by its name; empty where none is, or several are."""
    named = {each for each in map(condition, labels) if each.lower() in BASELINES}
    return named.pop() if len(named) == 1 else ""


def with_treatment(study: Study, labels: Sequence[str]) -> Study:
    """
    *study* with the labels that are treatment.

    Args:
        labels: Of its days, in order; empty where no phases are known yet.

    Raises:
        Config: Nothing says which are; one is neither treated nor the baseline; an interrupted series
            begins with the treatment.
    """
    phases = study.phases
    if phases.intervention or phases.unknown or study.series or len(set(map(condition, labels))) < 2:
        return study
    treated = phases.treated or _other_than_baseline(study, labels)
    if study.design in INTERRUPTED:
        _require_untreated_first(study, labels, treated)
    if phases.treated and (phases.column or phases.labels):
        require_one_baseline(study.name, labels, treated)
    return replace(study, phases=replace(phases, treated=treated))


def is_treated(label: str, treated: Collection[str]) -> bool:
    """Whether *label* or its condition is among *treated*."""
    return label in treated or condition(label) in treated


def besides(labels: Iterable[str], treated: Collection[str]) -> list[str]:
    """The conditions that are not treated; two or more are a label that is misspelt, or forgotten."""
    return list(dict.fromkeys(condition(label) for label in labels if not is_treated(label, treated)))


def require_one_baseline(name: str, labels: Iterable[str], treated: Collection[str]) -> None:
    """
    Raises:
        Config: What is not treated is more than one condition.
    """
    others = besides(labels, treated)
    if len(others) > 1:
        raise Config(
            f"what is not treatment in {name} is {len(others)} conditions: {', '.join(map(repr, others))}",
            what=f"treated: {', '.join(map(repr, treated))}",
            next="correct the label where it is recorded, or name all treated ones with [phases] treated",
        )


def _other_than_baseline(study: Study, labels: Sequence[str]) -> tuple[str, ...]:
    baseline = named_baseline(labels)
    if not baseline and study.design in INTERRUPTED:
        baseline = condition(labels[0])
    known = dict.fromkeys(labels)
    if not baseline or len(set(map(condition, known))) > 2:
        which = ", ".join(known)
        raise Config(
            f"nothing says which phases of {study.name} are the treatment ({which}): give treated in [phases]",
            next='write treated = ["…"] below [phases]: a list of labels',
        )
    return tuple(label for label in known if condition(label) != baseline)


def _require_untreated_first(study: Study, labels: Sequence[str], treated: Collection[str]) -> None:
    runs = [label for label, _ in groupby(labels)]
    if is_treated(runs[0], treated):
        raise Config(
            f"{study.name} begins with the treatment, {runs[0]!r}; a study of design {study.design} begins without it",
            next="correct treated in [phases], or ask of the other label with the other direction",
        )
