"""
Is every guard guarded? Each is taken out of a copy of the package in turn, and a test must turn red.

A test that stays green without the thing it is there for says nothing when it is green.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Sabotage:
    """*old* becomes *new* in one file of the package, and the test *guard* should notice."""

    name: str
    file: str
    old: str
    new: str
    guard: str


CRASH, COMMIT = "tests/lake/test_crash.py::test_", "tests/lake/test_commit.py::test_"
REPORTS = "tests/reports/test_reports.py::test_"
POWER, KILLED = CRASH + "power_failure_at_the_commit_point", CRASH + "a_commit_killed_at_any_operation"

QUICK = [
    Sabotage(
        "files are not synced", "lake/commit.py", "    turn.store.sync(staged.path)\n    return File(",
        "    return File(", POWER,
    ),
    Sabotage(
        "the folder of objects is not synced", "lake/commit.py",
        "    for folder in folders:\n        sync_folder(folder)\n", "", POWER,
    ),
    Sabotage(
        "the manifest is not synced", "lake/store.py",
        "opened.flush()\n            os.fsync(opened.fileno())", "opened.flush()", POWER,
    ),
    Sabotage(
        "the folder of manifests is not synced", "lake/store.py",
        "return False\n            sync_folder(target.parent)", "return False", POWER,
    ),
    Sabotage(
        "a new folder is not synced into the one above", "lake/store.py",
        "level.mkdir(exist_ok=True)\n                sync_folder(level.parent)", "level.mkdir(exist_ok=True)", POWER,
    ),
    Sabotage(
        "the manifest comes before the files", "lake/commit.py",
        "    _publish(turn.store, names.given)\n    _link(turn, manifest)\n",
        "    _link(turn, manifest)\n    _publish(turn.store, names.given)\n", KILLED,
    ),
    Sabotage(
        "current comes before the manifest", "lake/commit.py",
        "    try:\n        won = turn.store.link_new(staged, name)",
        "    from parquetry.lake import views\n    views._build(turn.store, manifest)\n"
        "    views._swap(turn.store.root / 'current', f'views/{manifest.snapshot:08d}')\n"
        "    try:\n        won = turn.store.link_new(staged, name)", KILLED,
    ),
    Sabotage(
        "a rename instead of the link", "lake/store.py", "os.link(staged, target)", "os.replace(staged, target)",
        COMMIT + "losing_the_race_publishes_nothing",
    ),
    Sabotage(
        "no lock", "lake/commit.py", "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass",
        COMMIT + "one_run_at_a_time",
    ),
    Sabotage(
        "the row account is not checked", "lake/commit.py", "        _close(name, dataset)", "        pass",
        COMMIT + "an_account_that_does_not_close_stops_the_commit",
    ),
    Sabotage(
        "the parent's hash is not checked", "lake/snapshots.py",
        "        follows(manifest, load(store, manifest.snapshot - 1))",
        "        pass", COMMIT + "a_forged_parent_is_refused",
    ),
    Sabotage(
        "a manifest's own hash is not checked", "lake/manifest.py", "if manifest.sha256 != said:", "if False:",
        COMMIT + "an_edited_manifest_is_refused[a number]",
    ),
    Sabotage(
        "a kept file is not hashed", "lake/commit.py", "require_intact(turn.store, file)\n            position",
        "pass\n            position", COMMIT + "a_kept_file_is_hashed_again",
    ),
    Sabotage(
        "kept files need not be there", "lake/commit.py",
        "    _require_present(turn.store, datasets, names.given)\n", "",
        COMMIT + "a_snapshot_is_not_born_damaged",
    ),
    Sabotage(
        "verify does not hash", "lake/verify.py", "(found := sha256_of(path)) != file.sha256", "(found := '')",
        "tests/lake/test_verify.py::test_a_flipped_bit",
    ),
    Sabotage(
        "digests cancel out", "lake/digest.py", "sum((md5_number", "bit_xor((md5_number",
        COMMIT + "two_equal_rows_are_not_none",
    ),
]  # fmt: skip

DOCTOR = "tests/verbs/test_doctor.py::"
MISFITS, UNCHANGED = "tests/verbs/test_misfits.py::", "tests/verbs/test_unchanged.py::"
ON_A_SERVER = [
    Sabotage(
        "values that the native form cannot hold are not looked for", "sources/postgres.py",
        "return column.as_text if unheld else column", "return column",
        "tests/sources/test_postgres.py::test_times_outside_the_usual_years_count_as_null",
    ),
    Sabotage(
        "rows that moved are not looked for", "intake/stage.py",
        "_elsewhere(connection, job, origin, old, written, ahead.stay) if ahead.window.ranges else set()", "set()",
        "tests/faults/test_moved.py::test_a_row_that_moved_into_or_out_of_what_is_read[1999-2026-01-20-1]",
    ),
    Sabotage(
        "a published type flips", "intake/outlook.py", "if column.misfits and not before and not anew:", "if False:",
        MISFITS + "TestText::test_a_native_column_does_not_become_text_unasked",
    ),
    Sabotage(
        "what is to be refused is set aside", "intake/audit.py", 'case "refuse":\n            return True',
        'case "refuse":\n            return False', MISFITS + "test_refuse_stops_even_a_run_that_is_not_strict",
    ),
    Sabotage(
        "rules pass what they have not seen", "intake/origin.py",
        "not (apart or ruled or column.narrow)", "not apart",
        MISFITS + "TestText::test_where_a_rule_reads_the_column_misfits_break_the_contract",
    ),
    Sabotage(
        "another state of the source is taken for the same", "intake/unchanged.py",
        "all(state and state == ", "all(state or ",
        UNCHANGED + "test_any_write_to_the_server_makes_it_read_again",
    ),
    Sabotage(
        "months that were never read are taken for read", "intake/unchanged.py",
        "if counted != {key: rows for key, rows in ahead.look.rows.items() if rows}:", "if False:",
        UNCHANGED + "test_a_month_that_was_never_read_is_read",
    ),
    Sabotage(
        "what is not read again is not hashed", "lake/commit.py",
        "require_intact(turn.store, file)\n        partitions", "pass\n        partitions",
        UNCHANGED + "test_the_files_are_hashed_all_the_same",
    ),
    Sabotage(
        "a signal's note of the lake is lost", "intake/outcome.py", 'error.add_note(f"lake:  {state}")', "pass",
        "tests/faults/test_signals.py::test_in_the_middle_of_a_check[sleep-2]",
    ),
]  # fmt: skip

LATER = [
    Sabotage(
        "an inexact value of a file is published as NULL", "intake/gathered.py",
        "WHEN {typed} IS NULL AND {name} IS NOT NULL THEN", "WHEN false THEN",
        REPORTS + "a_bad_value_that_could_be_null_is_not",
    ),
    Sabotage(
        "a file that changes while it is read is published", "intake/gathered.py",
        "require_same(file.path, self.arrival.content, file.name)", "pass",
        "tests/reports/test_hostile_reports.py::test_a_file_that_changes_while_it_is_read",
    ),
    Sabotage(
        "rows of another day than the file's are published", "intake/report_audit.py",
        "*(_of_its_days(of, column, found) for column in columns)", "",
        REPORTS + "rows_of_another_day_than_the_files_name",
    ),
    Sabotage(
        "keys are unique in each file only", "intake/report_audit.py",
        "columns, kept=kept) for columns in together]", "columns, kept=[]) for columns in together]",
        REPORTS + "a_key_that_the_lake_has_already_breaks_the_new_file",
    ),
    Sabotage(
        "a changed file is known by its name", "intake/arrivals.py",
        "(file.name, content.sha256, reading) in known.contents", "file.name in published",
        REPORTS + "a_changed_file_replaces_only_its_own_rows",
    ),
    Sabotage(
        "an appended file is published beside itself", "intake/reports.py",
        'return file, day if of.accumulates else ""', "return file, day",
        REPORTS + "an_appended_file_dated_by_its_change_replaces_itself",
    ),
    Sabotage(
        "a path with brackets is a pattern", "contracts/sql.py", 'text(_PATTERN.sub(r"[\\g<0>]", path))', "text(path)",
        REPORTS + "a_folder_whose_name_could_be_a_pattern_is_only_itself[a[1]-a1]",
    ),
    Sabotage(
        "a month taken apart gives rows of others", "intake/merged.py",
        "first = after", "first = first",
        REPORTS + "merging_a_month_keeps_every_row_and_every_file_its_own",
    ),
    Sabotage(
        "compatible drift is published unseen", "intake/drift.py", "if waiting and not accept:", "if False:",
        "tests/verbs/test_drift.py::test_plan_stops_and_goes_on_as_the_run_would",
    ),
    Sabotage(
        "another name for a column is no drift", "intake/drift.py", "if broken := [d for d in drifted if d.breaking]:",
        "if broken := []:", "tests/verbs/test_drift.py::test_every_difference_is_told_and_the_worst_comes_first",
    ),
    Sabotage(
        "settings that a pooler drops are not missed", "sources/_link.py", "    if lost:\n        raise Config(",
        "    if False:\n        raise Config(", DOCTOR + "TestSession::test_a_pooler_that_drops_settings",
    ),
    Sabotage(
        "doctor does not see a pooler", "checkup/session.py", "if process != server.info.backend_pid:", "if False:",
        DOCTOR + "TestSession::test_a_pooler",
    ),
    Sabotage(
        "doctor passes over a column that is hidden", "checkup/server.py",
        "if hidden := [n for n in names if not columns[n].readable]:", "if hidden := []:",
        DOCTOR + "TestRights::test_a_hidden_column",
    ),
    Sabotage(
        "doctor foresees no values that do not fit", "checkup/values.py",
        "misfits = [c for c in ahead.look.columns if c.misfits]", "misfits = []",
        DOCTOR + "TestValues::test_values_that_break_the_contract",
    ),
    Sabotage(
        "doctor ends well whatever it found", "verbs/doctor.py",
        'next((f.code for f in self.findings if f.verdict == "failure"), 0)', "0", DOCTOR + "TestServer::test_down",
    ),
]  # fmt: skip

STUDY, TOLD, ASKED = "tests/studies/test_", "tests/report/test_document.py::test_", "tests/cli/test_analyzing.py::test_"
ANALYSED = [
    Sabotage(
        "columns of no interest cost nothing", "analysis/posterior.py", "moments.days - prior.lost", "moments.days",
        "tests/analysis/test_posterior.py::test_missing_days_are_integrated_out_exactly",
    ),
    Sabotage(
        "reversals cost nothing", "analysis/fit.py", "if design.maker is reversal else 0", "if False else 0",
        "tests/analysis/test_abab.py::test_what_is_of_no_interest_costs_days",
    ),
    Sabotage(
        "the washout counts", "analysis/design.py",
        'panel = panel.without(range(phase.first, phase.first + washout), "washout")', "pass",
        "tests/analysis/test_abab.py::test_the_washout_is_removed_after_every_change",
    ),
    Sabotage(
        "the slope counts from the first day of the study", "analysis/design.py",
        '("slope", time * treated', '("slope", rows / len(panel) * treated',
        "tests/analysis/test_its.py::test_the_first_treated_day_is_inside_and_the_slope_counts_from_it",
    ),
    Sabotage(
        "most of a phase may be missing", "analysis/limits.py", "MISSING_SHARE = 0.30", "MISSING_SHARE = 0.95",
        "tests/analysis/test_refusals.py::test_a_refusal_has_its_series_and_spares_the_neighbour",
    ),
    Sabotage(
        "a day is one of UTC", "studies/days.py",
        """naive if reading.timezone == "UTC" else f"timezone({zone}, {naive} AT TIME ZONE 'UTC')\"""", "naive",
        STUDY + "days.py::test_a_moment_is_of_the_day_that_python_says",
    ),
    Sabotage(
        "what begins first is no treatment", "studies/treatment.py",
        "    if not baseline and study.design in INTERRUPTED:\n", "    if not baseline:\n",
        STUDY + "treatment.py::test_labels_that_say_nothing_are_asked_about",
    ),
    Sabotage(
        "a study is as it was registered, whatever it is", "studies/registration.py", "    elif before != now:\n",
        "    elif False:\n", STUDY + "registration.py::test_what_changed_is_told_by_path",
    ),
    Sabotage(
        "a registration may be edited", "studies/registration.py", "        if _sha256(of) != said:\n",
        "        if False:\n", STUDY + "registration.py::test_one_that_was_edited_is_told",
    ),
    Sabotage(
        "days that were registered may change", "studies/registration.py", "        if now.get(name) != before\n",
        "        if False\n",
        "tests/verbs/test_registered_days.py::test_days_that_were_known_cannot_change_without_a_word",
    ),
    Sabotage(
        "a study that deviates is confirmatory", "report/reported.py", "if count else ()", "if False else ()",
        ASKED + "an_unregistered_study_is_exploratory",
    ),
    Sabotage(
        "withheld numbers are in the JSON", "report/document.py", "    withheld = reported.refused\n",
        "    withheld = False\n", TOLD + "a_refused_study_shows_no_number_of_an_effect[ITS]",
    ),
    Sabotage(
        "withheld numbers are on the page", "report/tables.py", "if not reported.refused and analysed.answer",
        "if analysed.answer", TOLD + "one_refused_series_withholds_all",
    ),
    Sabotage(
        "an earlier answer stays beside a refusal", "verbs/write_report.py", "path.unlink()", "pass",
        ASKED + "nothing_of_an_earlier_answer_stays_beside_another",
    ),
]  # fmt: skip

BANK = "tests/torture/test_bank.py::test_every_snapshot_of_a_bank_balances"
_JOIN = (
    """        duck.execute(f"CALL postgres_execute('pg', """
    """{text(f'SET TRANSACTION SNAPSHOT {text(snapshot)}')})")"""
)
SLOW = [
    Sabotage("rows and counts are of two moments", "sources/postgres.py", _JOIN, "        pass", BANK),
    Sabotage(
        "each table is of a moment of its own", "sources/postgres.py",
        '        duck.execute("BEGIN")\n        snapshot = self.position.facts["snapshot"]\n' + _JOIN,
        "        pass", BANK,
    ),
    Sabotage(
        "current is moved before it is whole", "lake/views.py",
        '        _build(store, manifest)\n        _swap(store.root / "current", f"views/{manifest.snapshot:08d}")',
        '        _swap(store.root / "current", f"views/{manifest.snapshot:08d}")\n        _build(store, manifest)',
        "tests/torture/test_kill.py::test_ten_kills",
    ),
]  # fmt: skip


def tried(copy: Path, folder: Path, *guards: str) -> subprocess.CompletedProcess[str]:
    """Run *guards* against the copy of the package in *copy*."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | {"PYTHONPATH": str(copy)}
    used = [sys.executable, "-c", "import parquetry; print(parquetry.__file__)"]
    where = subprocess.run(used, env=env, capture_output=True, text=True, check=True).stdout
    assert where.startswith(str(copy)), "the copy is what is tested"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", f"--basetemp={folder}"]
    return subprocess.run([*command, *guards], env=env, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "src"


def require_red(sabotage: Sabotage, copy: Path, folder: Path) -> None:
    path = copy / "parquetry" / sabotage.file
    text = path.read_text()
    assert 1 == text.count(sabotage.old), f"{sabotage.file} has changed: say anew what to take out"
    path.write_text(text.replace(sabotage.old, sabotage.new))
    done = tried(copy, folder, sabotage.guard)
    assert 1 == done.returncode, f"{sabotage.name}, and {sabotage.guard} does not mind:\n{done.stdout}{done.stderr}"
    assert re.search(r"^FAILED ", done.stdout, re.MULTILINE), done.stdout


def named(sabotage: Sabotage) -> str:
    return sabotage.name


@pytest.mark.torture
def test_unharmed_all_is_green(copy: Path, tmp_path: Path) -> None:
    guards = dict.fromkeys(s.guard for s in QUICK)
    done = tried(copy, tmp_path / "run", *guards)
    assert 0 == done.returncode, done.stdout


@pytest.mark.torture
@pytest.mark.parametrize("sabotage", QUICK, ids=named)
def test_sabotage_is_noticed(sabotage: Sabotage, copy: Path, tmp_path: Path) -> None:
    require_red(sabotage, copy, tmp_path / "run")


@pytest.mark.torture
@pytest.mark.parametrize("sabotage", [*ON_A_SERVER, *LATER, *ANALYSED, *SLOW], ids=named)
def test_more_sabotage_is_noticed(sabotage: Sabotage, copy: Path, tmp_path: Path) -> None:
    require_red(sabotage, copy, tmp_path / "run")
