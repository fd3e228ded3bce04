"""A password of every special character works, and is written nowhere."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.parse import quote

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from .study import Ended, Study, ended

CORE = "kEep5ecret"
PASSWORD = f""" !"#$%&'()*+,-./{CORE}:;<=>?@[\\]^_`{{|}}~ %41\t'' \\' ünï☃😀 """


class CommandLines:
    """What `ps` would show, sampled all the time."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> CommandLines:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.01):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue


def test_a_password_of_every_special_character(study: Study) -> None:
    """Through runs that work and runs that fail in every stage, with all that --debug and --json can say."""
    name = str(conninfo_to_dict(study.url)["dbname"])
    role = f"keeper_{name}"
    study.execute(
        sql.SQL("create role {} login password {}").format(sql.Identifier(role), sql.Literal(PASSWORD)).as_string()
    )
    study.execute(f"grant select on events, people to {role}")
    place = study.url.rpartition("@")[2]
    url = f"postgresql://{role}:{quote(PASSWORD, safe='')}@{place}"
    ways: list[tuple[int, tuple[str, ...], str]] = [
        (0, ("plan",), url), (0, ("export", "--sync-duckdb", "--debug"), url), (0, ("export", "--json", "--full"), url),
        (0, ("config",), url), (0, ("config", "--json"), url), (0, ("snapshots", "show", "--json"), url),
        (0, ("query", "SELECT * FROM duckdb_settings()"), url), (0, ("runs", "--json"), url),
        (20, ("export", "--debug", "--json"), url + "_no_such_database"),
        (21, ("export", "--debug"), url.replace(CORE, f"{CORE}x")),
        (30, ("export", "--debug"), url.replace(place, "127.0.0.1:1/none")),
        (20, ("export", "--debug"), url.replace("postgresql", "mysql")),
        (20, ("export", "--debug"), url + "?colour=red"), (20, ("export", "--debug"), url.replace("%25", "%")),
    ]  # fmt: skip
    runs: list[Ended] = []
    try:
        with CommandLines() as lines:
            for code, arguments, given in ways:
                runs.append(ended(study.start(*arguments, DATABASE_URL=given)))
                assert code == runs[-1].code, f"{arguments}: {runs[-1]}"
            study.execute(f"alter role {role} connection limit 1")
            runs.append(study.export("--debug", DATABASE_URL=url))
            assert 31 == runs[-1].code, "now psycopg connects and DuckDB may not"
            study.execute(f"revoke select on people from {role}", f"alter role {role} connection limit 9")
            runs.append(study.export("--debug", DATABASE_URL=url))
            assert 21 == runs[-1].code, runs[-1]
    finally:
        study.execute(f"drop owned by {role}", f"drop role {role}")
    written = [path for path in study.root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(written) > 10
    assert any(b"parquetry" in line and b"export" in line for line in lines.seen), "the runs were seen"
    assert [] == [run for run in runs if CORE in run.out + run.err]
    assert [] == [path for path in written if CORE.encode() in path.read_bytes()]
    assert [] == [line for line in lines.seen if CORE.encode() in line]
