"""
How long the analyses take: medians, in one process, after one run that is not counted.

    python -m benchmarks.analysis_speed          prints a table and writes results/analysis-speed.json

The series is 365 days with four gaps; with weekdays it has 10 coefficients.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from parquetry.analysis import abab, its
from parquetry.analysis.checks import checks
from parquetry.analysis.counterfactual import counterfactual
from parquetry.analysis.design import interrupted
from parquetry.analysis.fit import fitted
from parquetry.analysis.panel import Panel
from parquetry.analysis.randomisation import blocks, changes, complete, randomisation_test
from parquetry.analysis.sensitivity import sensitivity

RESULTS = Path(__file__).resolve().parent / "results" / "analysis-speed.json"
ROUNDS = 15


def series(days: int = 365) -> np.ndarray:
    random = np.random.default_rng(1)
    found = random.standard_normal(days)
    for day in range(1, days):
        found[day] += 0.5 * found[day - 1]
    found[[10, 11, 90, 300]] = np.nan
    return 50 + found + 1.5 * (np.arange(days) >= days // 2)


def tasks() -> dict[str, Callable[[], object]]:
    outcome = series()
    design = interrupted(Panel.of(outcome), 182)
    answer, phases = its(outcome, 182), ["ABAB"[day * 4 // 365] for day in range(365)]
    used = np.array(phases) == "B"
    return {
        "fit and 4,000 draws, 365 days, 10 coefficients": lambda: fitted(design).posterior.draws(4_000, 1),
        "its(): refusals, fit, all estimates": lambda: its(outcome, 182),
        "its: checks": lambda: checks(answer),
        "its: sensitivity forest": lambda: sensitivity(answer),
        "its: curves for the figures": lambda: counterfactual(answer.fit),
        "abab(): four phases of a year": lambda: abab(outcome, phases),
        "randomisation, 10,000 of all changes of four phases": lambda: randomisation_test(
            outcome, used, changes(365, 4, 30)
        ),
        "randomisation, 10,000 of all blocks": lambda: randomisation_test(outcome[:364], used[:364], blocks(364, 7)),
        "randomisation, 10,000 of all assignments": lambda: randomisation_test(
            outcome, used, complete(365, int(used.sum()))
        ),
    }


def main() -> None:
    found = {}
    for name, task in tasks().items():
        task()
        times = []
        for _ in range(ROUNDS):
            wall, cpu = time.perf_counter(), time.process_time()
            task()
            times.append((time.perf_counter() - wall, time.process_time() - cpu))
        found[name] = {
            "wall ms": round(1e3 * statistics.median(t for t, _ in times), 1),
            "fastest ms": round(1e3 * min(t for t, _ in times), 1),
            "cpu ms": round(1e3 * statistics.median(t for _, t in times), 1),
        }
        print(f"{name:55} {found[name]}", flush=True)
    RESULTS.write_text(json.dumps({"rounds": ROUNDS, "tasks": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
