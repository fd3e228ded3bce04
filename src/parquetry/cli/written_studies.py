"""The JSON of studies and their registration, as typed dictionaries: see `written`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict

from parquetry.studies.registration import Deviation, Registration
from parquetry.verbs.register import Registered
from parquetry.verbs.show_study import PhaseFound, ShownStudy


class RecordedDocument(TypedDict):
    """
    Periods of a series that were over, and had rows, when its study was registered.

    Attributes:
        last: The last of them; the number of its row where rows have no time.
        days: How many have a value.
        sha256: Over the period, value, weight and phase of each.
    """

    last: date | int
    days: int
    sha256: str


class TextDocument(TypedDict):
    """
    What a study runs and does not hold itself.

    Attributes:
        sha256: Of the text in UTF-8.
        text: SQL.
    """

    sha256: str
    text: str


class RegistrationDocument(TypedDict):
    """
    A study as it was registered: the file `studies/NAME.registered.json` without its seal.

    Attributes:
        version: Of the file's form.
        sha256: Of the canonical JSON of `study`: sorted keys, no blanks, UTF-8.
        registered_at: By the clock of the machine, in UTC.
        snapshot: The current one then; null without a lake.
        manifest: sha256 of its manifest, or empty.
        days: How many of the study's periods had a value already; null where nobody could look.
        last_day: The last of them.
        why: Why nobody could look, or empty.
        csv: sha256 of the file that they were looked for in, or empty.
        recorded: By series, the periods that were over then: the last of them, how many had a value, and the
            sha256 of them all.
        phases: As a dataset said them, those to come too: label, first and last day, and whether it is a washout.
        parquetry: The version that registered it.
        study: All that the study declared, with defaults.
        sql: The texts of its named queries and macros, by `queries/NAME.sql`, each with its sha256.
    """

    version: int
    name: str
    sha256: str
    registered_at: datetime
    snapshot: int | None
    manifest: str
    days: int | None
    last_day: date | None
    why: str
    csv: str
    recorded: Mapping[str, RecordedDocument]
    phases: Sequence[tuple[str, date | None, date | None, bool]]
    parquetry: str
    study: Mapping[str, Any]
    sql: Mapping[str, TextDocument]


class RegisteredDocument(TypedDict):
    """
    `parquetry study register`: the study is registered.

    Attributes:
        file: Where the registration is.
        new: It was registered now; else it had been, and is the same.
        registration: What it holds.
    """

    name: str
    file: str
    new: bool
    registration: RegistrationDocument


class ShownStudyDocument(TypedDict):
    """
    `parquetry study show`: what a study declares, whether it is registered, and its days so far.

    Attributes:
        study: All that it declares, with defaults.
        registration: null where it is not registered.
        deviations: In what it is not as it was registered.
        treated: The labels that are treatment; empty where nothing has said so yet.
        snapshot: In which the days were found; null in none.
        phases: In order, series by series.
        problem: Why no days were found, or empty.
    """

    study: Mapping[str, Any]
    file: str
    registration: RegistrationDocument | None
    deviations: Sequence[Deviation]
    treated: Sequence[str]
    snapshot: int | None
    phases: Sequence[PhaseFound]
    problem: str


WRITTEN: Mapping[type, type] = {
    Registered: RegisteredDocument,
    Registration: RegistrationDocument,
    ShownStudy: ShownStudyDocument,
}
