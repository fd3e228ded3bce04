"""
What each command prints with ``--json``: the one table of its results, and the JSON Schema made of them.

A result's own classes say its keys, or a typed dictionary in `written`; a test holds every command's real
output to its schema. It brings every verb, so nothing imports it before a schema is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from parquetry.catalog import Catalog
from parquetry.cli import written
from parquetry.cli.door import VERSION
from parquetry.cli.schema import DIALECT, Schema, Writer
from parquetry.cli.words import WORDS
from parquetry.errors import ParquetryError
from parquetry.lake.manifest import Manifest
from parquetry.lake.verify import Verified
from parquetry.verbs.analyze import Analyzed
from parquetry.verbs.compact import Compacted
from parquetry.verbs.compare_source import Compared
from parquetry.verbs.diff_contract import ContractDiff
from parquetry.verbs.diffed import Diffed
from parquetry.verbs.doctor import Examined
from parquetry.verbs.exported import Exported
from parquetry.verbs.gc import Collected
from parquetry.verbs.init import Drafted
from parquetry.verbs.list_studies import Studies
from parquetry.verbs.plan import Planned
from parquetry.verbs.power import Designed
from parquetry.verbs.query import Explained, Listed, Queried
from parquetry.verbs.register import Registered
from parquetry.verbs.show_study import ShownStudy
from parquetry.verbs.status import Status
from parquetry.verbs.validate import Validated
from parquetry.verbs.why import Why
from parquetry.verbs.write_report import Written


class Printed(NamedTuple):
    """The results of one command, and the exit codes that belong to a result; errors have theirs as everywhere."""

    results: tuple[type, ...]
    exits: str = ""


COMMANDS: Mapping[str, Printed] = {
    "init": Printed((Drafted,)),
    "doctor": Printed((Examined,), "the code that a run would end with, if a check failed"),
    "demo": Printed((written.DemoDocument,)),
    "plan": Printed((Planned,), "15 with --detailed-exitcode unless it is proved that nothing would be read"),
    "export": Printed(
        (Exported, Planned),
        "11 if rows were set aside; the code of sync_error if only that failed",
    ),
    "validate": Printed((Validated,), "10 if rows break the contract"),
    "diff-contract": Printed((ContractDiff,), "12 with --exit-code if a change breaks anybody"),
    "sync": Printed((Catalog,)),
    "query": Printed(
        (Queried, Listed, Explained, Compared, written.ChartDocument, written.ChartFileDocument),
        "15 with --compare if the answers differ",
    ),
    "snapshots": Printed((written.SnapshotsDocument, Manifest, written.TaggedDocument)),
    "diff": Printed((Diffed,), "with --exit-code 12 if columns differ, 3 if only rows do"),
    "analyze": Printed((Analyzed,), "14 if no answer is given"),
    "report": Printed((Written,), "14 if no answer is given; the page says why"),
    "study": Printed((Registered, Studies, ShownStudy, Designed)),
    "status": Printed((Status,), "15 with --check if something is late or out of bounds"),
    "verify": Printed((Verified,), "22 if anything is not as the manifests say"),
    "compact": Printed((Compacted,)),
    "gc": Printed((Collected,)),
    "why": Printed((Why,)),
    "runs": Printed((written.RunsDocument,)),
    "config": Printed((written.ConfigDocument,)),
    "completion": Printed((written.CompletionDocument,)),
}  # fmt: skip
"""THE table. A new command is a line here: its result's class, which says the keys and what each means."""


def printed(command: str) -> Printed:
    """What *command* prints. Raises LookupError: it is not in `COMMANDS`."""
    if command not in COMMANDS:
        raise LookupError(f"what `parquetry {command} --json` prints is said nowhere: add it to COMMANDS in {__name__}")
    return COMMANDS[command]


def schema(command: str) -> Schema:
    """
    The JSON Schema of every document that *command* prints: each of its results, or why it failed.

    Raises:
        LookupError: It is not in `COMMANDS`.
    """
    writer = Writer(written.WRITTEN, WORDS, {})
    results = [_result(writer, command, kind) for kind in printed(command).results]
    return {
        "$schema": DIALECT,
        "$id": f"urn:parquetry:json:{VERSION}:{command}",
        "title": f"parquetry {command} --json",
        "description": "A result, or `error`; of this release. Later ones may add keys, never change or remove one.",
        "oneOf": [*results, _failure(writer, command)],
        "$defs": dict(sorted(writer.defs.items())),
    }


def _head(command: Schema) -> dict[str, Schema]:
    """The keys of every document."""
    return {"version": {"description": "Of the documents' form.", "const": VERSION}, "command": command}


def _result(writer: Writer, command: str, kind: type) -> Schema:
    head = _head({"description": "The command.", "const": command})
    return {"title": kind.__name__.removesuffix("Document"), **writer.object_of(kind, head)}


def _failure(writer: Writer, command: str) -> Schema:
    said = "The command, or empty if the command line made no sense before it."
    head = _head({"description": said, "enum": [command, ""]})
    properties = {**head, "error": {"description": "Why it failed.", **writer.of(ParquetryError)}}
    return {
        "title": "Failure",
        "description": "The command failed.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
