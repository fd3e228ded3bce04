"""A registration: written once, whole, and every later change told."""

from __future__ import annotations

import hashlib
import json
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from parquetry.errors import Config, Integrity
from parquetry.studies import registration
from parquetry.studies.declared import read
from parquetry.studies.registration import Deviation, Known

from .files import SMALL, WHOLE, study, written

NOW = datetime(2026, 1, 4, 9, 30, tzinfo=UTC)
KNOWN = Known(41, "ab" * 32, 3, date(2026, 1, 3))


def registered(folder: Path, text: str = WHOLE) -> Path:
    """The file of a study that is registered as *text* declares it."""
    file = written(folder, text)
    assert registration.register(read(file), file, KNOWN, NOW) is not None
    return file


def test_it_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    file = registered(tmp_path)
    found = registration.registered(file)
    assert found is not None
    assert (read(file).to_dict(), KNOWN, NOW) == (found.study, found.known, found.registered_at)
    assert () == registration.deviations(read(file), found)
    assert 0o644 == stat.S_IMODE(registration.file_of(file).stat().st_mode)
    assert {"sleep.toml", "sleep.registered.json"} == {path.name for path in tmp_path.iterdir()}


def test_its_name_is_the_sha256_of_the_canonical_json(tmp_path: Path) -> None:
    """As anybody computes it from the file: keys sorted, no blanks, UTF-8."""
    file = registered(tmp_path, WHOLE.replace('min"', 'Minuten ≈"'))
    document = json.loads(registration.file_of(file).read_bytes())
    text = json.dumps(document["study"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == document["sha256"]
    assert registration.sha256_of(read(file)) == document["sha256"]


def test_comments_order_and_spelling_of_numbers_do_not_count(tmp_path: Path) -> None:
    same = "# a comment\n" + WHOLE.replace('design = "abab"', "design = 'ABAB'").replace("= 15\n", "= 15.0\n")
    same = same.replace("level = 0.9", "level = 9e-1").replace("washout = 1", "washout = +1")
    assert registration.sha256_of(study(tmp_path, WHOLE)) == registration.sha256_of(study(tmp_path, same))


def test_it_is_written_once(tmp_path: Path) -> None:
    file = registered(tmp_path)
    before = registration.file_of(file).read_bytes()
    written(tmp_path, WHOLE.replace("= 15\n", "= 1\n"))
    assert registration.register(read(file), file, KNOWN, NOW) is None
    assert before == registration.file_of(file).read_bytes()
    assert {"sleep.toml", "sleep.registered.json"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("= 15\n", "= 1\n"), Deviation("outcome.smallest", 15.0, 1.0, False)),
        (("washout = 1\n", ""), Deviation("phases.washout", 1, 0, False)),
        (("Europe/Berlin", "Europe/Paris"), None),
        (('"fever"', '"a cold"'), Deviation("exclude[1].reason", "fever", "a cold", True)),
        (("2026-01-15", "2026-01-16"), Deviation("exclude[1].last", "2026-01-15", "2026-01-16", False)),
        (("One adult.", "An adult."), Deviation("about.participant", "One adult.", "An adult.", True)),
        (("a walk before", "one walk before"), None),
        (("AAAABBBBAAAABBBB", "AAAABBBBAAAABBBA"), Deviation("phases.labels[15]", "B", "A", False)),
        (("is longer on", "is shorter on"), None),
    ],
)  # fmt: skip
def test_what_changed_is_told_by_path(tmp_path: Path, change: tuple[str, str], expected: Deviation | None) -> None:
    file = registered(tmp_path)
    before = registration.registered(file)
    assert before is not None
    found = registration.deviations(read(written(tmp_path, WHOLE.replace(*change))), before)
    if expected is not None:
        assert (expected,) == found
    elif "Paris" in change[1]:  # a covariate's days are the outcome's
        paths = ["covariates[0].reading.timezone", "covariates[1].reading.timezone", "reading.timezone"]
        assert paths == [each.path for each in found]
    elif "one walk" in change[1]:
        assert [("question", True)] == [(each.path, each.wording) for each in found]
    elif "shorter" in change[1]:
        assert [("hypothesis", False)] == [(each.path, each.wording) for each in found]
    else:
        assert () == found


def test_a_default_of_a_later_release_is_no_deviation(tmp_path: Path) -> None:
    """What the registered document does not know had its default; one that it knows and we do not is told."""
    file = written(tmp_path, SMALL)
    document = read(file).to_dict()
    for table, key in (("schedule", "shared"), ("model", "season"), ("phases", "unknown")):
        del document[table][key]
    del document["series"]
    old = registration.Registration("sleep", "", document, NOW, KNOWN, "0.1")
    assert () == registration.deviations(read(file), old)
    document["model"]["season"] = False
    document["model"]["wings"] = 2
    found = registration.deviations(read(file), old)
    assert [Deviation("model.season", False, True, False), Deviation("model.wings", 2, None, False)] == list(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"smallest": 15.0', '"smallest": 1.0'), ("2026-01-04T09", "2026-01-03T09"), ('"days": 3', '"days": 0'),
        ("{", "["), ('"sha256": "', '"sha256": "0'), ('"seal"', '"sail"'),
    ],
)  # fmt: skip
def test_one_that_was_edited_is_told(tmp_path: Path, before: str, after: str) -> None:
    file = registered(tmp_path)
    target = registration.file_of(file)
    text = target.read_text(encoding="utf-8")
    assert before in text
    target.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Integrity, match="damaged or was edited"):
        registration.registered(file)


def test_one_of_a_later_release_asks_for_it(tmp_path: Path) -> None:
    file = registered(tmp_path)
    target = registration.file_of(file)
    target.write_text(target.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(Config, match="a later release"):
        registration.registered(file)


def test_there_is_none(tmp_path: Path) -> None:
    assert registration.registered(written(tmp_path, SMALL)) is None
