"""
One tool over many small tables in one process, each as if it were alone: what it refuses does not hide the next.

    python -m benchmarks.tools.each TOOL URL FOLDER < names

Each table gets a folder below FOLDER. `answers` there has a line when a table is begun, and one with
what the tool said if it failed, or nothing.
"""

import json
import runpy
import sys
from pathlib import Path

tool, url, place = sys.argv[1:]
with Path(place, "answers").open("a", buffering=1) as answers:
    for table in sys.stdin.read().split():
        Path(place, table).mkdir()
        print(json.dumps([table, None]), file=answers)
        sys.argv = [tool, url, table, str(Path(place, table))]
        said = ""
        try:
            runpy.run_module(f"benchmarks.tools.{tool}", run_name="__main__")
        except BaseException as error:  # noqa: BLE001  (a panic in Rust is not an Exception)
            said = f"{type(error).__name__}: {error}"
        print(json.dumps([table, said]), file=answers)
