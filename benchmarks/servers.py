"""Start a Streamlit app as its own process on a free port of 127.0.0.1, and end it whatever happens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PAGE = ROOT / "vibehuntr_playground.py"
PEER = HERE / "write_stream_app.py"
_START_LIMIT = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Server:
    """A running app: where it listens and what its process has used."""

    url: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Return the CPU time that the process has used so far, all its threads, in seconds.

        On Linux this reads the process's CPU clock (nanoseconds; psutil's ticks are 10 ms): see clock_getcpuclockid(3).
        """
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def memory_mb(self) -> float:
        """Return the resident memory in megabytes."""
        return self.process.memory_info().rss / 1e6


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(script: Path, port: int) -> list[str]:
    options = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(script), *flags]


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GOOGLE_", "VIBEHUNTR_"))}
    return {**kept, "VIBEHUNTR_AGENT": str(HERE / "bench_agent"), "VIBEHUNTR_TITLES": "off", "PYTHONUNBUFFERED": "1", **extra}


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_stcore/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _await_start(url: str, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
    deadline = time.monotonic() + _START_LIMIT
    while not _answers(url):
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
        output.seek(0)
        message = f"{url} did not start:\n{output.read().decode(errors='replace')[-4000:]}"
        raise RuntimeError(message)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@contextmanager
def serve(script: Path, **environment: str) -> Generator[Server, None, None]:
    """Run an app with the benchmarks' agent and no key; it has ended when the block is left.

    The directory is the project's, so that its .streamlit/config.toml holds for the page and for the peer alike.
    Raises: RuntimeError with the end of the app's output when it does not answer within 60 s.
    """
    port = free_port()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(_command(script, port), cwd=ROOT, env=_environment(environment), stdout=output, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            _await_start(url, process, output)
            yield Server(url, psutil.Process(process.pid))
        finally:
            _end(process)
