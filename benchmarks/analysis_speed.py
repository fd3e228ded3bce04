"""
How long the analyses take, beside CausalPy on the same series, in one run.

    python -m benchmarks.analysis_speed          prints a table and writes results/analysis-speed.json

Ours: medians in one process, the tasks taking turns, after one round that is not counted. CausalPy:
in its own environment (`make bayes` makes it), cold and warm, between our rounds; left out where it
is not installed. The series is 365 days with four gaps; with weekdays it has 10 coefficients.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.analysis_series import DAYS, START, series
from parquetry.analysis import Panel, abab, its
from parquetry.analysis.checks import checks
from parquetry.analysis.counterfactual import counterfactual
from parquetry.analysis.design import interrupted
from parquetry.analysis.fit import fitted
from parquetry.analysis.randomisation import blocks, changes, complete, randomisation_test
from parquetry.analysis.sensitivity import sensitivity
from parquetry.analysis.studied import studied
from parquetry.report.page import page
from parquetry.report.reported import Reported
from parquetry.studies import Outcome, Phases, Reading, Study

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results" / "analysis-speed.json"
PEER = ROOT / ".venv-bayes" / "bin" / "python"
ROUNDS = 15
_LONG = 2_400


def tasks() -> dict[str, Callable[[], object]]:
    """What is measured, by its name on the page."""
    outcome = series()
    design = interrupted(Panel.of(outcome), START)
    answer, phases = its(outcome, START), ["ABAB"[day * 4 // DAYS] for day in range(DAYS)]
    used = np.array(phases) == "B"
    fortnights = np.tile([True] * 7 + [False] * 7, 26)
    whole = complete(DAYS, int(used.sum()))
    first = date(2024, 1, 1)
    study = Study("speed", "How long?", "ITS", Outcome("outcome"), Reading(), Phases(first + timedelta(days=START)))
    labels = ["AB"[day >= START] for day in range(DAYS)]
    panel = Panel.of(outcome, phases=labels, days=[first + timedelta(days=day) for day in range(DAYS)])
    return {
        "fit and 4,000 draws": lambda: fitted(design).posterior.draws(4_000, 1),
        "its: refusals, fit, all estimates": lambda: its(outcome, START),
        "its: checks": lambda: checks(answer),
        "its: sensitivity forest": lambda: sensitivity(answer),
        "its: curves for the figures": lambda: counterfactual(answer.fit),
        "its: fit, checks, forest, effect sizes and report": lambda: _reported(study, panel),
        "abab: four phases of a year": lambda: abab(outcome, phases),
        "randomisation, 10,000 of all changes": lambda: randomisation_test(outcome, used, changes(DAYS, 4, 30)),
        "randomisation, 10,000 of all blocks": lambda: randomisation_test(outcome[:364], fortnights, blocks(364, 7)),
        "randomisation, 10,000 of all assignments": lambda: randomisation_test(outcome, used, whole),
    }


def _reported(study: Study, panel: Panel) -> str:
    return page(Reported(studied(study, {"": panel}), None, (), {}, "", datetime.now(UTC)))


def ours(rounds: int, between: Callable[[], object]) -> dict[str, Any]:
    """Milliseconds by task: each in turn, *rounds* times, with the other's turn in the middle."""
    todo, times = tasks(), {}
    for turn in range(rounds + 1):
        for name, task in todo.items():
            wall, cpu = time.perf_counter(), time.process_time()
            task()
            if turn:
                times.setdefault(name, []).append((time.perf_counter() - wall, time.process_time() - cpu))
        if turn == rounds // 2:
            between()
    return {
        name: {
            "wall ms": round(1e3 * statistics.median(wall for wall, _ in each), 1),
            "fastest ms": round(1e3 * min(wall for wall, _ in each), 1),
            "cpu ms": round(1e3 * statistics.median(cpu for _, cpu in each), 1),
        }
        for name, each in times.items()
    }


def theirs() -> dict[str, Any] | None:
    """CausalPy on the same series: seconds of its import, its first fit and warm ones; None where it is not there."""
    if not PEER.exists():
        return None
    ran = subprocess.run(
        [PEER, "-m", "benchmarks.analysis_peer"], cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        capture_output=True, text=True, timeout=_LONG, check=False,
    )  # fmt: skip
    if ran.returncode:
        print(ran.stderr[-2_000:])
        return None
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    load, peer = os.getloadavg()[0], {}
    found = ours(asked.rounds, lambda: peer.update(theirs() or {}))
    for name, each in found.items():
        print(f"{name:55} {each}", flush=True)
    print(peer)
    machine = {"processors": str(os.cpu_count()), "Python": platform.python_version(), "numpy": np.__version__}
    told = {
        "rounds": asked.rounds,
        "load": round(load, 1),
        "machine": machine,
        "tasks": found,
        "CausalPy": peer or None,
    }
    asked.results.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
