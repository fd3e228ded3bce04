"""
A program of somebody else's that reads the lake all the time, and holds it to its word.

``python -m tests.torture.reader LAKE ROWS…`` resolves `current` once a read, reads every dataset below
it, and checks: all of one version, all rows there, none twice, no version older than the one before.
It stops when its standard input ends, and prints what it saw as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from pathlib import Path

import duckdb


def seen(view: Path, rows: dict[str, int]) -> tuple[int, list[str]]:
    """The version that *view* shows, and what is wrong with it."""
    wrong = [f"datasets: {names}"] if (names := sorted(p.name for p in view.iterdir())) != sorted(rows) else []
    versions: dict[str, list[int]] = {}
    with duckdb.connect(config={"threads": 1}) as connection:
        for name, expected in rows.items():
            files = f"read_parquet('{view / name}/**/*.parquet', hive_partitioning = false)"
            found = connection.execute(
                f"SELECT count(*), count(DISTINCT id), list(DISTINCT version) FILTER (WHERE version > 0) FROM {files}"
            ).fetchone()
            assert found is not None
            versions[name] = found[2]
            if found[:2] != (expected, expected):
                wrong.append(f"{name}: {found[0]} rows, {found[1]} ids")
    if len({v for of in versions.values() for v in of}) != 1:
        wrong.append(f"versions: {versions}")
    return min(v for of in versions.values() for v in of), wrong


def main(lake: Path, rows: dict[str, int]) -> None:
    over = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    reads: Counter[int] = Counter()
    wrong: list[str] = []
    last = 0
    while not over.is_set() or not reads:
        view = (lake / "current").resolve(strict=True)
        try:
            version, problems = seen(view, rows)
        except (duckdb.Error, OSError) as error:
            version, problems = last, [str(error)]
        if version < last:
            problems.append(f"version {version} after {last}")
        last = version
        wrong += [f"{view.name}: {problem}" for problem in problems]
        reads[version] += 1
    json.dump({"reads": sum(reads.values()), "versions": len(reads), "wrong": wrong[:20]}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
