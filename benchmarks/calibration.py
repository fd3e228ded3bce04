"""
How often the analyses are wrong: false positives, coverage and refusals on series whose truth is known.

    python -m benchmarks.calibration                 all cells, 2,000 series each, into results/calibration.json
    python -m benchmarks.calibration --series 200    quicker
    python -m benchmarks.calibration --threshold     what other limits on the autocorrelation would refuse

A series is weekdays plus autoregressive noise of standard deviation 1 in its stationary state, plus
the effect. It is analysed by the code that is shipped, with the defaults that are shipped; only the
quantities that are not looked at here are left out. An interval is of 95 %. Every cell has its own
seed, so one can be run alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import betaincinv

from parquetry.analysis import limits, refusals
from parquetry.analysis.abab import mean_of_reversals, pooled, unpooled
from parquetry.analysis.design import Design, interrupted, reversal
from parquetry.analysis.estimates import Floats
from parquetry.analysis.fit import Fit, fitted
from parquetry.analysis.panel import Panel
from parquetry.analysis.randomisation import blocks

RESULTS = Path(__file__).resolve().parent / "results" / "calibration.json"
PHIS, LENGTHS = (0.0, 0.3, 0.5, 0.7), (30, 60, 120)
BEYOND = (0.8, 0.9, 0.95, 1.0)
"""Autocorrelations for which the rule on φ is there; 1 is a random walk."""
EFFECTS = (0.0, 1.0, 3.0)
DRIFTS = (2.0, 5.0)
"""By how much the outcome also drifts from the first day to the last, in some cells; 0 in all others."""
WEEKDAYS = np.array([-0.4, 0.3, 0.4, 0.2, 0.1, -0.2, -0.4])
DESIGNS = ("its", "its level", "ab", "abab", "alternating")


@dataclass(frozen=True)
class Outcome:
    """One series analysed: for each quantity whether its interval holds the truth, and whether it excludes 0."""

    covers: tuple[bool, ...]
    excludes: tuple[bool, ...]
    estimates: tuple[float, ...]
    codes: tuple[str, ...]
    phi: float
    above: tuple[float, ...]


LIMITS = (0.85, 0.9, 0.95)


def noise(random: np.random.Generator, phi: float, days: int) -> Floats:
    """Stationary, with standard deviation 1; a random walk starts at 0 and has steps of 0.3."""
    steps = random.standard_normal(days)
    if phi >= 1:
        return np.cumsum(0.3 * steps)
    found = np.empty(days)
    found[0] = steps[0]
    for day in range(1, days):
        found[day] = phi * found[day - 1] + np.sqrt(1 - phi * phi) * steps[day]
    return found


def series(random: np.random.Generator, design: str, phi: float, days: int, effect: float, drift: float = 0.0) -> Panel:
    """One series with its phases: treated from the middle on, or every other quarter, or one day of two by lot."""
    phases = np.arange(days) * (4 if design == "abab" else 2) // days
    if design == "alternating":
        phases = blocks(days).draw(random, 1)[0].astype(np.int64)
    values = noise(random, phi, days) + WEEKDAYS[np.arange(days) % 7] + effect * (phases % 2)
    values = values + drift * np.arange(days) / days
    return Panel.of(values, phases=["AB"[phase % 2] for phase in phases])


def designed(panel: Panel, design: str) -> Design:
    if design in ("abab", "alternating"):
        return reversal(panel, treated="B", each=design == "abab")
    start = panel.phases.index("B")
    return interrupted(panel, start, impact="both" if design == "its" else "level", trend=design != "ab")


def quantities(design: str) -> tuple[str, ...]:
    """What an interval is about, in the order of an outcome."""
    named = {
        "its": ("level change", "average effect"),
        "abab": ("effect", "first reversal", "mean pooled", "mean unpooled"),
        "alternating": ("effect",),
    }
    return named.get(design, ("average effect",))


def analysed(panel: Panel, name: str, effect: float) -> Outcome:
    design = designed(panel, name)
    fit = pooled(design) if name == "abab" else fitted(design)
    reasons = (*refusals.of_design(design, reversals=name == "abab"), *refusals.of_fit(fit))
    intervals = [_interval(each, contrast) for each, contrast in _contrasts(fit, name)]
    return Outcome(
        tuple(low <= effect <= high for low, _, high in intervals),
        tuple(low > 0 or high < 0 for low, _, high in intervals),
        tuple(mean for _, mean, _ in intervals),
        tuple(reason.code for reason in reasons),
        fit.posterior.phi_mean(),
        tuple(fit.posterior.phi_above(limit) for limit in LIMITS),
    )


def _contrasts(fit: Fit, name: str) -> Iterator[tuple[Fit, Floats]]:
    design = fit.design
    if name == "abab":
        alone = unpooled(design)
        yield fit, design.unit("effect")
        yield fit, design.unit("effect") + design.unit("reversal 1")
        yield fit, mean_of_reversals(design)
        yield alone, mean_of_reversals(alone.design)
        return
    if name == "alternating":
        yield fit, design.unit("effect")
        return
    effects = list(design.effects)
    mean = np.zeros(len(design.names))
    mean[effects] = design.matrix[design.treated][:, effects].mean(axis=0)
    if name == "its":
        yield fit, design.unit("level")
    yield fit, mean


def _interval(fit: Fit, contrast: Floats) -> tuple[float, float, float]:
    mixture = fit.posterior.linear(contrast)
    return mixture.quantile(0.025) * fit.spread, mixture.mean * fit.spread, mixture.quantile(0.975) * fit.spread


def cell(design: str, phi: float, days: int, effect: float, count: int, drift: float = 0.0) -> list[Outcome]:
    """*count* series of one kind."""
    seed = [DESIGNS.index(design), round(1000 * phi), days, round(10 * effect), *([round(10 * drift)] if drift else [])]
    random = np.random.default_rng(seed)
    return [analysed(series(random, design, phi, days, effect, drift), design, effect) for _ in range(count)]


def summary(
    design: str, phi: float, days: int, effect: float, outcomes: Sequence[Outcome], drift: float = 0.0
) -> dict[str, object]:
    """Shares of all series and of those answered, each with its 95 % binomial interval (Clopper-Pearson)."""
    answered = [outcome for outcome in outcomes if not outcome.codes]
    shown: dict[str, object] = {
        "design": design, "phi": phi, "days": days, "effect": effect, "drift": drift, "series": len(outcomes),
        "refused": share(len(outcomes) - len(answered), len(outcomes)),
        "codes": {c: sum(c in o.codes for o in outcomes) for c in sorted({c for o in outcomes for c in o.codes})},
    }  # fmt: skip
    shown["intervals"] = {
        name: {
            "all": _judged(outcomes, i, effect),
            "answered": _judged(answered, i, effect),
        }
        for i, name in enumerate(quantities(design))
    }
    return shown


def _judged(outcomes: Sequence[Outcome], i: int, effect: float) -> dict[str, object]:
    """How the intervals of one quantity did."""
    return {
        "excludes zero": share(sum(o.excludes[i] for o in outcomes), len(outcomes)),
        "covers": share(sum(o.covers[i] for o in outcomes), len(outcomes)),
        "bias": round(float(np.mean([o.estimates[i] for o in outcomes]) - effect), 3) if outcomes else None,
    }


def share(hits: int, of: int) -> list[float] | None:
    """The share, and its interval's ends."""
    if not of:
        return None
    low = 0.0 if hits == 0 else float(betaincinv(hits, of - hits + 1, 0.025))
    high = 1.0 if hits == of else float(betaincinv(hits + 1, of - hits, 0.975))
    return [round(hits / of, 4), round(low, 4), round(high, 4)]


def cells(design: str) -> list[tuple[float, int, float, float]]:
    """Autocorrelation, days, effect and drift of each cell of a design."""
    effects = EFFECTS if design == "its" else EFFECTS[:2]
    beyond = BEYOND if design in ("its", "abab") else ()
    wanted = [(phi, effect) for effect in effects for phi in (*PHIS, *(beyond if effect == 0 else ()))]
    drifting = [(phi, days, 0.0, drift) for drift in DRIFTS for phi in (0.0, 0.7) for days in (60, 120)]
    return [(phi, days, effect, 0.0) for phi, effect in wanted for days in LENGTHS] + drifting * (design == "its")


def measured(design: str, phi: float, days: int, effect: float, drift: float, count: int) -> dict[str, object]:
    """The summary of one cell."""
    return summary(design, phi, days, effect, cell(design, phi, days, effect, count, drift), drift)


def thresholds(count: int) -> Iterator[dict[str, object]]:
    """For every limit on φ and its probability: what is refused, and how many false positives are left."""
    for design in ("its", "abab"):
        for days in LENGTHS:
            for phi in (*PHIS, *BEYOND):
                outcomes = cell(design, phi, days, 0.0, count)
                found: dict[str, object] = {"design": design, "days": days, "phi": phi}
                found["all"] = [round(float(np.mean([o.excludes[i] for o in outcomes])), 3) for i in (0, 1)]
                for i, limit in enumerate(LIMITS):
                    for probability in (0.1, 0.25, 0.5):
                        left = [o for o in outcomes if o.above[i] <= probability]
                        kept = left or outcomes
                        positive = [round(float(np.mean([o.excludes[j] for o in kept])), 3) for j in (0, 1)]
                        found[f"{limit}/{probability}"] = [round(1 - len(left) / count, 3), *positive]
                yield found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__.splitlines()[1])
    parser.add_argument("--series", type=int, default=2_000, help="a cell")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--designs", default=",".join(DESIGNS))
    parser.add_argument("--threshold", action="store_true", help="compare limits on the autocorrelation")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args(arguments)
    if asked.threshold:
        for row in thresholds(asked.series):
            print(json.dumps(row), flush=True)
        return
    began = time.monotonic()
    kinds = [(design, *kind, asked.series) for design in asked.designs.split(",") for kind in cells(design)]
    # What the promise is about comes first.
    kinds.sort(key=lambda kind: (kind[1] in BEYOND, kind[4], kind[3], kind[2]))
    with ProcessPoolExecutor(asked.jobs) as pool:
        rows = []
        for row in pool.map(measured, *zip(*kinds, strict=True)):
            rows.append(row)
            print(json.dumps(row), file=sys.stderr, flush=True)
    chosen = {name: getattr(limits, name) for name in ("PERSISTENT_PHI", "PERSISTENT_PROBABILITY", "GRID_EDGE")}
    document = {"limits": chosen, "seconds": round(time.monotonic() - began), "cells": rows}
    asked.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
