"""The reference is what the code says now, and leaves nothing out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import click
import pytest

import parquetry
from parquetry import project, settings
from parquetry.cli import documents
from parquetry.cli.commands import commands
from parquetry.contracts import compile, types

from .conftest import DOCS, generate

REFERENCE = DOCS / "reference"


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def test_the_pages_are_what_the_code_says() -> None:
    wrong = generate.stale()
    assert [] == wrong, f"docs/reference: {', '.join(wrong)}: run `{generate.COMMAND}`"


def test_a_page_that_is_not_what_the_code_says_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("reference")
    generate.write(folder)
    assert [] == generate.stale(folder)
    (folder / "settings.md").write_text("something else")
    (folder / "old.md").touch()
    assert ["old.md", "settings.md"] == generate.stale(folder)


def _commands(group: click.Command, name: str = "parquetry") -> Iterator[tuple[str, click.Command]]:
    for word, command in getattr(group, "commands", {}).items():
        yield f"{name} {word}", command
        yield from _commands(command, f"{name} {word}")


def test_every_command_and_option_is_there_and_says_what_it_is() -> None:
    told = page("commands")
    for name, command in _commands(commands):
        assert f"\n## {name}\n" in told
        assert command.help, name
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.opts[0] in told
                assert option.help or option.name == "form", f"{name} {option.opts[0]} has no help"


def test_every_command_says_its_exit_codes_its_schema_and_an_example() -> None:
    told = page("commands")
    for name, _ in _commands(commands):
        _, _, said = told.partition(f"\n## {name}\n")
        said, word = said.partition("\n## ")[0], name.split()[1]
        assert "Example" in said
        assert f"\nEnds with 0{'; ' * bool(documents.COMMANDS[word].exits)}{documents.COMMANDS[word].exits}. " in said
        assert f"[schema](schemas/{word}.json)" in said
        assert (REFERENCE / f"schemas/{word}.json").is_file()


def test_every_key_of_every_document_is_there() -> None:
    told = page("json")
    for command, schema in generate._schemas().items():
        _, _, said = told.partition(f"\n## {command}\n")
        said = said.partition("\n## ")[0]
        keys = {key for form in schema["oneOf"][:-1] for key in form["properties"]} - {"version", "command"}
        assert keys == {key for key in keys if f"\n| `{key}` |" in said}, command
    inside = set(re.findall(r"\]\(#([\w-]+)\)", told))
    assert inside <= {heading.lower().replace(" ", "-") for heading in re.findall(r"^##+ (.+)$", told, re.MULTILINE)}


def test_every_setting_and_key_is_there() -> None:
    told = page("settings")
    for setting in settings.reference():
        assert all(f"`{word}`" in told for word in (setting.name, *setting.environment))
    assert all(f"| `{key}` |" in told for key in project.DATASET_KEYS)
    assert all(f"| `{kind}` | `{key}` |" in told for kind, keys in project.SOURCE_KEYS.items() for key in keys)


def test_every_error_is_there_with_its_exit_code() -> None:
    told = page("exit-codes")
    for error in generate.error_classes():
        assert re.search(rf"^\| `{error.__name__}` \| `\w+` \| {error.exit_code} \|", told, re.MULTILINE)


def test_every_public_name_is_there() -> None:
    assert set(parquetry.__all__) <= set(re.findall(r"^### (\w+)$", page("python"), re.MULTILINE))


def test_every_type_is_there() -> None:
    told = page("types")
    assert all(f"| `{base}` |" in told for base in types.NATIVE)
    assert all(f"`pl.{kind.__name__}`" in told for kind in (*compile._TYPES, *compile._INSTEAD))


def test_links_lead_somewhere(told: Mapping[str, str]) -> None:
    broken = [
        f"{name}: {link}"
        for name, text in told.items()
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text)
        if "://" not in link and not (DOCS.parent / name).parent.joinpath(link).exists()
    ]
    assert [] == broken


def test_every_page_can_be_reached_from_the_readme(told: Mapping[str, str]) -> None:
    linked = re.findall(r"\]\((docs/[^)#]+)\)", told["README.md"])
    assert {name for name in told if name.startswith("docs/")} == set(linked)


def test_commands_that_the_documents_name_exist(told: Mapping[str, str]) -> None:
    known = {name.split()[1] for name, _ in _commands(commands)}
    named = {
        (name, word)
        for name, text in told.items()
        for word in re.findall(r"(?:`|^\$ +|^ {4}|&& )parquetry ([a-z]+)\b", text, re.MULTILINE)
    }
    assert named
    assert set() == {(name, word) for name, word in named if word not in known}


def test_exit_codes_that_the_documents_name_exist(told: Mapping[str, str]) -> None:
    known = {str(error.exit_code) for error in generate.error_classes()} | {"0", "11", "130", "143", "39"}
    assert (
        set()
        == {code for text in told.values() for code in re.findall(r"\bexit (?:code )?(\d+)\b(?! ;)", text)} - known
    )
