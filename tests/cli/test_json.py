"""Every command's ``--json`` document is what its published schema says, whether it worked or not."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import click
import jsonschema
import polars
import pytest

from parquetry.cli import documents
from parquetry.cli.commands import commands
from parquetry.cli.door import Door, ended_badly
from parquetry.cli.schema import Writer
from parquetry.lake import Lake, ledger
from tests.console import console
from tests.reports.conftest import Reports, reports
from tests.verbs.conftest import CONTRACT, App, app, template

from .test_shell import run

__all__ = ["app", "reports", "template"]  # fixtures

SCHEMAS = Path(__file__).resolve().parents[2] / "docs/reference/schemas"
Document = dict[str, Any]


class Answer(NamedTuple):
    """What a command printed, and which of the forms of its document that is."""

    code: int
    document: Document
    form: str


@cache
def validator(command: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{command}.json").read_text(encoding="utf-8")))


def form_of(command: str, document: Document) -> str:
    """The title of the one form that *document* has."""
    held = validator(command)
    forms = _forms(command)
    found = [form for form in forms if held.evolve(schema=form).is_valid(document)]
    if len(found) != 1:
        nearest = max(forms, key=lambda form: len(form["properties"].keys() & document.keys()))
        errors = held.evolve(schema=nearest).iter_errors(document)
        wrong = "; ".join(f"{e.json_path}: {e.message[:200]}" for e in errors)
        told = "say it in the result's class or in parquetry/cli/written.py, then run `make docs`"
        pytest.fail(f"{command}: {wrong or 'several forms'}; {told}")
    return str(found[0]["title"])


def _forms(command: str) -> list[dict[str, Any]]:
    """The forms of a command's document, the last a failure's, each a schema by itself."""
    schema = validator(command).schema
    assert isinstance(schema, dict)
    return [{**form, "$defs": schema["$defs"]} for form in schema["oneOf"]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Answer]]:
    """Runs the console script's own function in the current folder; every document is held to its schema."""
    monkeypatch.setenv("PARQUETRY_RETRIES", "0")
    monkeypatch.setenv("LOG_LEVEL", "error")
    with console() as run_here:

        def ask(command: str, *words: str) -> Answer:
            capsys.readouterr()
            code = run_here(command, *words, "--json")
            document = json.loads(capsys.readouterr().out)
            return Answer(code, document, form_of(command, document))

        yield ask


@pytest.fixture
def said(app: App, asked: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """The same in a project over a real database."""
    (app.root / ".env").write_text(f"DATABASE_URL={app.url}\n")
    monkeypatch.chdir(app.root)
    return asked


def test_every_command_has_a_schema() -> None:
    missing = [name for name in commands.commands if name not in documents.COMMANDS]
    assert [] == missing, f"{', '.join(missing)}: add what it prints to COMMANDS in parquetry/cli/documents.py"
    assert sorted(documents.COMMANDS) == sorted(path.stem for path in SCHEMAS.iterdir()), "run `make docs`"


@pytest.mark.parametrize("command", documents.COMMANDS)
def test_a_schema_says_what_each_key_means(command: str) -> None:
    """Of a class that does not say it itself, parquetry/cli/words.py does."""
    schema = documents.schema(command)
    jsonschema.Draft202012Validator.check_schema(schema)
    objects = {form["title"]: form for form in schema["oneOf"]} | schema["$defs"]
    bare = [f"{name}.{key}" for name, form in objects.items() for key, said in form["properties"].items()
            if not said.get("description")]  # fmt: skip
    assert [] == bare


def test_a_command_without_a_schema_is_told_where_to_put_one() -> None:
    with pytest.raises(LookupError, match="add it to COMMANDS in parquetry.cli.documents"):
        documents.schema("brew")


def test_a_result_that_has_no_json_is_told() -> None:
    """Silence would publish a schema that anything fits."""

    class Odd:
        value: int

    with pytest.raises(TypeError, match="no JSON is known for .*Odd"):
        Writer({}, {}, {}).of(Mapping[str, Odd])


def test_json_schema_is_the_published_one(tmp_path: Path) -> None:
    """Of a command that lacks its arguments too, and anywhere."""
    done = run("gc", "--json-schema", at=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
    assert (SCHEMAS / "gc.json").read_text(encoding="utf-8") == done.stdout


def test_every_document_is_as_published(said: Callable[..., Answer], app: App) -> None:
    """The main job from the first draft to a damaged lake, and every form of every command's document on the way."""
    answers: dict[tuple[str, str], Answer] = {}

    def check(code: int, command: str, *words: str) -> Document:
        answer = said(command, *words)
        assert code == answer.code, answer.document
        answers[command, answer.form] = answer
        return answer.document

    check(0, "completion", "bash")
    check(0, "init", "drafted", "--url", app.url)
    check(0, "init", "drafted", "--url", app.url)
    check(0, "doctor")
    check(0, "config")
    check(0, "runs")
    check(0, "snapshots")
    check(15, "plan", "--detailed-exitcode")
    check(0, "export", "--sync-duckdb")
    check(0, "export")
    check(0, "plan", "visits", "--days", "30")
    check(0, "export", "--dry-run")
    _asks(check)
    check(0, "snapshots", "tag", "paper")
    _changes(check, app)
    _files(check, app)
    _studies(check, app)
    _designs(check, app)
    check(0, "gc", "--keep", "1", "--dry-run")
    check(0, "gc", "--keep", "2")
    check(0, "runs")
    check(0, "verify")
    check(0, "status")
    check(0, "compact", "--dry-run")
    _failures(check, app)
    expected = {(command, form["title"]) for command in documents.COMMANDS for form in _forms(command)}
    # The demo has a test of its own.
    assert set() == {e for e in expected - answers.keys() if e[1] != "Failure" and e[0] != "demo"}
    for (command, _), answer in answers.items():
        _refuses_what_it_is_not(command, answer.document)


Check = Callable[..., Document]


def test_the_documents_of_report_files(
    reports: Reports, asked: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(reports.root)
    reports.days("2026-10-01", 3)
    assert asked("plan", "--historical").document["datasets"][0]["reports"]
    assert "Planned" == asked("export", "--dry-run").form
    assert 0 == asked("export", "--historical").code
    ledger.begin(Lake(reports.root / "data/lake").store, "export", {})  # as a bug leaves it: how it ended is not known
    assert asked("runs").document["runs"][-1]["exit_code"] is None
    assert asked("compact").document["months"]
    reports.write("2026-10-04", "2026-10-04T01:00:00Z,-1,true,")
    assert (10, 11) == (asked("export").code, asked("export", "--non-strict").code)
    assert 15 == asked("status", "--check").code
    for command in ("snapshots", "verify", "runs", "config", "doctor"):
        assert 0 == asked(command).code
    assert "Manifest" == asked("snapshots", "show").form


def _asks(check: Check) -> None:
    odd = "SELECT 1 AS a, 'nan'::DOUBLE AS x, [1, NULL] AS l, DATE '2026-01-01' AS d, 1.5::DECIMAL(9,2) AS m, NULL AS n"
    check(0, "query", odd)
    check(0, "query", "FROM people WHERE false")
    check(0, "query", "--list")
    check(0, "query", "FROM visits", "--explain")
    check(0, "query", "SELECT count(*) FROM visits", "--compare", "postgres")
    check(0, "query", "SELECT id, score, nullif(score, 1) AS other FROM visits ORDER BY id", "--plot")
    check(0, "query", "SELECT id, score FROM visits ORDER BY id", "--plot", "scores.svg")
    check(0, "why", "--column", "visits.at")
    for mode in ("view", "table", "live", "auto"):
        check(0, "sync", "--mode", mode)


def _changes(check: Check, app: App) -> None:
    """Rows set aside, rows and columns that differ, a run that is refused."""
    (app.root / "queries").mkdir()
    (app.root / "queries/counts.sql").write_text(
        "-- How many.\n-- @param least INTEGER = 0  from here\nSELECT count(*) FROM visits"
    )
    check(0, "query", "--list")
    app.sql('update "Visit" set score = 101 where id = 3; delete from "Visit" where id = 4')
    app.sql("update people set name = 'Eve'")
    assert "INVALID_DATA" == check(10, "export")["error"]["code"]
    assert 1 == check(11, "export", "--non-strict")["datasets"][0]["read"]["quarantined"]
    check(0, "diff", "1", "--rows", "3")
    contract = app.root / "contracts/app.py"
    contract.write_text(contract.read_text().replace("    name: str = Field(nullable=True)\n", ""))
    app.sql('update "Visit" set score = 99 where id = 3; alter table people add column more int')
    check(0, "export")
    check(12, "diff", "1", "--exit-code")
    check(0, "snapshots", "list")
    check(0, "snapshots", "show")


def _files(check: Check, app: App) -> None:
    app.lake.current().read("visits").write_parquet(app.root / "good.parquet")
    bad = polars.read_parquet(app.root / "good.parquet").with_columns(score=polars.lit(101).cast(polars.Int32))
    bad.write_parquet(app.root / "bad.parquet")
    check(0, "validate", "good.parquet", "--contract", "contracts.app:Visit", "--key", "id")
    check(10, "validate", "bad.parquet", "--contract", "contracts.app:Visit")
    shutil.copy(app.root / "contracts/app.py", app.root / "new.py")
    (app.root / "new.py").write_text((app.root / "new.py").read_text().replace("le=100", "le=90"))
    check(12, "diff-contract", "contracts/app.py:Visit", "new.py:Visit", "--exit-code")


def _studies(check: Check, app: App) -> None:
    (app.root / "studies").mkdir()
    text = (
        'question = "?"\ndesign = "ITS"\n[outcome]\ndataset = "visits"\nvalue = "score"\n'
        '[phases]\nintervention = 2026-02-01\n[[exclude]]\nday = 2026-01-20\nreason = "travel"\n'
    )
    file = app.root / "studies/one.toml"
    file.write_text(text)
    check(0, "study", "list")
    check(0, "study", "register", "one")
    file.write_text(text.replace("travel", "fever").replace("ITS", "AB"))
    check(20, "study", "register", "one")
    check(0, "study", "show", "one")
    check(0, "study", "list")


def _designs(check: Check, app: App) -> None:
    days = [f"2025-01-{day:02},{50 + (7 * day) % 11}" for day in range(1, 31)]
    (app.root / "days.csv").write_text("\n".join(["day,value", *days, ""]))
    (app.root / "sleep.toml").write_text(
        'question = "?"\ndesign = "AB"\n[outcome]\nvalue = "value"\ntime = "day"\nsmallest_effect = 5\n'
        "[phases]\nunknown = true\n"
    )
    check(0, "study", "power", "sleep.toml", "--csv", "days.csv", "--days", "30", "--simulations", "10")
    walk = (app.root / "sleep.toml").read_text().replace("unknown = true", "intervention = 2025-01-16")
    (app.root / "walk.toml").write_text(walk)
    check(0, "analyze", "walk.toml", "--csv", "days.csv")
    check(0, "report", "walk.toml", "--csv", "days.csv", "--output", "out", "--figures", "svg")


def _failures(check: Check, app: App) -> None:
    """Each says why in the same seven keys."""
    told = [
        check(2, "export", "--bogus"),
        check(2, "gc"),
        check(2, "query", "SELECT nonsense"),
        check(20, "query", "SELECT 1", "--at", "99"),
        check(20, "export", "nothing"),
        check(13, "validate", "none.csv", "--contract", "contracts.app:Visit"),
        check(20, "runs", "--project", str(app.root.parent)),
    ]
    app.sql('alter table "Visit" rename column score to points')
    told.append(check(12, "export"))
    assert 12 == check(12, "doctor")["exit_code"]
    file = app.lake.path / next(app.lake.current().dataset("visits").files).path
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-9])
    assert check(22, "verify")["problems"]
    (app.root / "contracts/app.py").write_text("raise KeyboardInterrupt")
    told.append(check(130, "export"))
    (app.root / "contracts/app.py").write_text(CONTRACT)
    (app.root / ".env").write_text("DATABASE_URL=postgresql://nobody@127.0.0.1:1/none\n")
    told.append(check(30, "export"))
    seven = {"code", "exit_code", "failed", "what", "lake", "next", "facts"}
    assert [seven] * len(told) == [set(each["error"]) for each in told]


def _refuses_what_it_is_not(command: str, document: Document) -> None:
    """A document with a key missing, with one too many, or of another type is none of this command's."""
    held = validator(command)
    for key, value in document.items():
        other = {} if isinstance(value, list) else [value]
        for wrong in ({k: v for k, v in document.items() if k != key}, {**document, key: other}):
            assert not held.is_valid(wrong), f"{command}: {key}"
    assert not held.is_valid({**document, "unheard_of": 1})


def test_a_wrong_document_is_refused_at_every_depth(said: Callable[..., Answer]) -> None:
    document = said("export").document
    held = validator("export")

    def spoilt(change: Callable[[Any], object]) -> Document:
        other = copy.deepcopy(document)
        change(other)
        return other

    for wrong in (
        lambda d: d["datasets"][0].pop("read"),
        lambda d: d["datasets"][0]["read"].pop("quarantined"),
        lambda d: d["datasets"][0]["read"].update(quarantined="0"),
        lambda d: d["datasets"][0].update(more=1),
        lambda d: d["datasets"][0].update(rows=1.5),
        lambda d: d["datasets"][0].update(rows=None),
        lambda d: d["datasets"][0]["seen"].update(person=[2]),
        lambda d: d["datasets"][0]["seconds"].update(look="1"),
        lambda d: d.update(datasets={}),
        lambda d: d.update(command="plan"),
        lambda d: d.update(version=2),
        lambda d: d.update(error={}),
    ):
        assert not held.is_valid(spoilt(wrong))


def test_the_demo(tmp_path: Path) -> None:
    done = run("demo", "study", "--events", "10000", "--json", at=tmp_path)
    assert 0 == done.returncode, done.stderr
    document = json.loads(done.stdout)
    assert "Demo" == form_of("demo", document)
    assert (6.0, 1) == (document["planted"]["effect"], document["exported"]["snapshot"])


def test_a_bug(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its document has the keys of every failure's, and the traceback is not in it."""
    assert 1 == ended_badly(Door(json=True, project=str(tmp_path), command="export"), ValueError("secret"))
    out, err = capsys.readouterr()
    assert "Failure" == form_of("export", json.loads(out))
    assert "secret" not in out + err


def test_every_command_names_its_exit_codes_where_help_does() -> None:
    """What `--help` says of an exit code the reference says too."""
    for name, command in commands.commands.items():
        options = (p.help or "" for p in command.params if isinstance(p, click.Option))
        codes = set(re.findall(r"\b[Ee]xit (?:with )?(\d+)", " ".join([command.help or "", *options])))
        assert codes <= set(re.findall(r"\d+", documents.printed(name).exits)), name
