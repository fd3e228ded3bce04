"""
CausalPy on the series of `analysis_series`, run by `analysis_speed` in CausalPy's own environment.

Prints one line of JSON: seconds to import, of the first fit, and of each warm one, with its answer
and the exact one. Both have the same columns; CausalPy fits the baseline and subtracts.
"""

from __future__ import annotations

import importlib
import json
import time
import warnings
from importlib.metadata import version
from typing import Any

from benchmarks.analysis_series import START, series
from parquetry.analysis import its
from parquetry.analysis.beside import causalpy

WARM = 3


def main() -> None:
    warnings.simplefilter("ignore")
    answer = its(series(), START)
    seconds: dict[str, Any] = {"import s": _timed(lambda: importlib.import_module("causalpy"))[0]}
    seconds["first fit s"], row = _timed(lambda: causalpy(answer.design, answer.window))
    seconds["warm fits s"] = [_timed(lambda: causalpy(answer.design, answer.window))[0] for _ in range(WARM)]
    interval = answer.main.interval
    seconds["answer"] = {
        "CausalPy": [row.low, row.estimate, row.high], "exact": [interval.low, answer.main.mean, interval.high]
    }  # fmt: skip
    seconds["versions"] = {name: version(name) for name in ("causalpy", "pymc")}
    print(json.dumps(seconds))


def _timed(task: Any) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = task()
    return round(time.perf_counter() - begun, 2), found


if __name__ == "__main__":
    main()
