"""Start a front end as its own process on a free port of 127.0.0.1, and end it whatever happens."""

from __future__ import annotations

import os
import shutil
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
    from collections.abc import Callable, Generator, Mapping

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PAGE = ROOT / "vibehuntr_playground.py"
PEER = HERE / "peers" / "write_stream_app.py"
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
        return httpx.get(url, timeout=2, follow_redirects=True).status_code == 200
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
def gemini() -> Generator[dict[str, str], None, None]:
    """Serve the stamping Gemini (`model_server.py`) in a process of its own.

    Returns: the environment in which the playground, or a peer, has `gemini_agent` talk to it.
    """
    with subprocess.Popen([sys.executable, str(HERE / "model_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            yield {"GOOGLE_GEMINI_BASE_URL": url, "GOOGLE_API_KEY": "x", "VIBEHUNTR_AGENT": str(HERE / "gemini_agent")}
        finally:
            _end(process)


@contextmanager
def serve(script: Path, **environment: str) -> Generator[Server, None, None]:
    """Run a Streamlit app, with `bench_agent` and no key if `environment` has no other; it has ended when the block is left.

    The directory is the project's, so that its .streamlit/config.toml holds for the page and for the peer alike.
    Raises: RuntimeError with the end of the app's output when it does not answer within 60 s.
    """
    port = free_port()
    with _running(_command(script, port), ROOT, environment, port, "/_stcore/health") as server:
        yield server


@contextmanager
def serve_peer(command: Callable[[int], list[str]], **environment: str) -> Generator[Server, None, None]:
    """Run a front end that is no Streamlit app, by its command for a port, in a home of its own where nothing asks for telemetry.

    Raises: RuntimeError with the end of its output when it does not answer within 60 s.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        settings = Path(home, ".adk", "config.json")  # where `adk telemetry disable` writes it
        settings.parent.mkdir()
        settings.write_text('{"telemetry": false}', encoding="utf-8")
        quiet = {"HOME": home, "GRADIO_ANALYTICS_ENABLED": "False", "DO_NOT_TRACK": "1"}
        with _running(command(port), Path(home), {**quiet, **environment}, port, "/") as server:
            yield server


def interpreter(script: Path) -> str:
    """Return the Python of the environment that a script's first lines ask for, which uv makes if it is not there.

    The interpreter, not `uv run`: so the process that is measured is the one that serves.
    Raises: LookupError without uv, RuntimeError with uv's complaint.
    """
    uv = shutil.which("uv", path=f"{ROOT / '.uv/bin'}:{os.environ['PATH']}")
    if uv is None:
        raise LookupError("uv is not here: make check")
    found = ""
    for command in (["sync", "--quiet", "--python", sys.executable], ["python", "find"]):
        done = subprocess.run([uv, *command, "--script", str(script)], capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            raise RuntimeError(done.stderr[-400:])
        found = done.stdout.strip()
    return found


@contextmanager
def _running(command: list[str], folder: Path, environment: Mapping[str, str], port: int, health: str) -> Generator[Server, None, None]:
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=folder, env=_environment(environment), stdout=output, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            _await_start(f"{url}{health}", process, output)
            yield Server(url, psutil.Process(process.pid))
        finally:
            _end(process)
