"""A throw-away PostgreSQL cluster: a real server in a temporary folder, which a test can crash and start again.

The server is a child of the test, and its log comes through a pipe: the log says when connections are accepted, and the
pipe's end says that the last of its processes is gone. PostgreSQL refuses to run as root; for root it runs as `postgres`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Self

import asyncpg

NAME = "vibehuntr"  # of the superuser and of the database
_READY = "database system is ready to accept connections"
_PATIENCE = 30.0  # seconds for any one step; a healthy one takes a fraction of the first
_PORTS = range(20000, 32768)  # below Linux's ephemeral ports, so that no client takes the port while the server is down


class Postgres:
    """Use as a context manager; `url` stays the same over `stop` and `start`, and `log` is what the last start wrote."""

    def __init__(self, *, fsync: bool = False) -> None:
        found = self.binaries()
        assert found, "PostgreSQL is not installed"
        self._bin = found
        self._fsync = fsync
        self._cleanup = contextlib.ExitStack()
        self._process: subprocess.Popen[str] | None = None
        self._reader = threading.Thread()
        self._folder = Path()
        self.log: list[str] = []
        self.port = 0

    @staticmethod
    def binaries() -> Path | None:
        """Find the folder of `initdb` and `postgres`: Debian's newest, else PATH's, else None."""
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
        on_path = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
        return next((folder for folder in debian + on_path if (folder / "initdb").exists() and (folder / "postgres").exists()), None)

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}@127.0.0.1:{self.port}/{NAME}"

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:  # a failure on the way undoes what was done
            self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
            stack.callback(shutil.rmtree, self._folder)
            stack.callback(self.stop)
            self._initialise()
            self.port = _free_port()
            self.start()
            self._execute("postgres", f"CREATE DATABASE {NAME}")
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def start(self) -> None:
        """Start the server on the data and the port that it had; return when it accepts connections."""
        assert self._process is None, "already started"
        ready = threading.Event()
        self.log = []
        self._process = self._spawn("postgres", "-D", self._data, *self._settings())
        assert self._process.stdout
        self._reader = threading.Thread(target=_read, args=(self._process.stdout, self.log, ready), name="postgres-log", daemon=True)
        self._reader.start()
        ready.wait(_PATIENCE)
        if not any(_READY in line for line in self.log):
            raise RuntimeError("PostgreSQL did not start:\n" + "".join(self.log))

    def stop(self) -> None:
        """Stop the server as a crash does (SIGQUIT is `pg_ctl stop -m immediate`); return when all its processes are gone."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_PATIENCE)
        self._reader.join(_PATIENCE)
        assert not self._reader.is_alive(), "a process of PostgreSQL is left"
        self._process = None

    def execute(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """Run one statement, with $1, $2... from `args`, on a connection of its own; return its rows."""
        return self._execute(NAME, sql, *args)

    def _execute(self, database: str, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """Use a thread for the loop, so that an async test may call it too."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._fetch(database, sql, args)).result()

    async def _fetch(self, database: str, sql: str, args: tuple[object, ...]) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(host="127.0.0.1", port=self.port, user=NAME, database=database, ssl=False)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *args)]
        finally:
            await connection.close()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _settings(self) -> list[str]:
        fsync = "on" if self._fsync else "off"
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": fsync}
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _initialise(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self._folder, "postgres")
        options = [f"--username={NAME}", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        process = self._spawn("initdb", "-D", self._data, *options)
        try:
            said, _ = process.communicate(timeout=_PATIENCE)
        finally:
            process.kill()  # does nothing to one that has ended
        if process.returncode:
            raise RuntimeError(f"initdb failed:\n{said}")

    def _spawn(self, program: str, *args: str) -> subprocess.Popen[str]:
        """Run a program as a user that PostgreSQL accepts, in a folder that this user may enter."""
        root = os.getuid() == 0
        return subprocess.Popen(
            [self._bin / program, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._folder,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            user="postgres" if root else None,
            group=pwd.getpwnam("postgres").pw_gid if root else None,
            extra_groups=[] if root else None,
        )


def emptied(postgres: Postgres) -> str:
    """Return the address of the server's database, with nothing in it."""
    postgres.execute("DROP SCHEMA public CASCADE")
    postgres.execute("CREATE SCHEMA public")
    return postgres.url


def _version(folder: Path) -> list[int]:
    return [int(part) for part in folder.parent.name.split(".") if part.isdigit()]


def _read(pipe: IO[str], log: list[str], ready: threading.Event) -> None:
    """Keep the server's log until its last process is gone; `ready` when it accepts connections, or never will."""
    with pipe:
        for line in pipe:
            log.append(line)
            if _READY in line:
                ready.set()
    ready.set()


def _free_port() -> int:
    """Find a port that nobody listens at."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
