"""Figures of the start, `make run` to the first turns, and of what an open page takes of the server's memory."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import tempfile
import time
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psutil
from browser import chromium, open_tab
from figures import Figure, median
from servers import PAGE, PEER, ROOT, free_port, gemini, serve
from streamlit_client import StreamlitClient, open_client

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from browser import Tab
    from figures import Scale, Value
    from playwright.sync_api import Browser
    from servers import Server

# -- start -----------------------------------------------------------------------------------------------------------------

_LIMIT: Final = 60.0  # seconds
_TURNS: Final = 3
_BETWEEN: Final = 1.5  # seconds, from one answer's first text to the next question
_MAKE: Final = ("make", "run")
_STREAMLIT: Final = (".venv/bin/streamlit", "run", str(PEER))
_KEYLESS_QUESTIONS: Final = ("What can you do?", "Dinner for four of us on Friday evening", "Anna is free Friday 18-22")


@dataclass(frozen=True, slots=True)
class _Start:
    """One fresh process: seconds to a page that can be typed into, and milliseconds from Enter to the first text of each turn."""

    usable: float
    turns: list[float] = field(default_factory=list[float])


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str]) -> Generator[str]:
    """Start a command as a user would; it and what it has started have ended when the block is left.

    Returns: the page's address, once its port takes connections; nobody need answer yet.
    """
    port = free_port()
    options = {"PORT": str(port), "ADDRESS": "127.0.0.1", "HEADLESS": "true"}
    environ = {**environment, **{f"STREAMLIT_SERVER_{name}": value for name, value in options.items()}}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT)
        try:
            _await_port(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            _end_all(process.pid)


def _end_all(pid: int) -> None:
    """End a process and those that it has started: make, and what make runs."""
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        every = [first, *first.children(recursive=True)]
        for process in every:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        for process in psutil.wait_procs(every, timeout=10)[1]:
            process.kill()


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            process.wait(0.01)
        except subprocess.TimeoutExpired:
            continue
    message = f"{process.args} opened no port within {_LIMIT:g} s"
    raise RuntimeError(message)


def _first_text(tab: Tab, question: str) -> float:
    """Ask, and return the milliseconds from Enter until the answer has a text other than the cursor.

    The messages before are not counted: st.write_stream's page loses an answer that the next question cuts.
    """
    tab.watch(
        f"(all => all.length > 1 && all.at(-2).textContent.includes({json.dumps(question)})"
        " && all.at(-1).textContent.replace('▌', '').trim() !== '')"
        "([...document.querySelectorAll('[data-testid=stChatMessage]')])"
    )
    tab.ask(question)
    return tab.watched(_LIMIT) - tab.mark("enter")


def _started(browser: Browser, command: Sequence[str], environment: Mapping[str, str], questions: Sequence[str], pause: float) -> _Start:
    began = time.monotonic()
    with _running(command, environment) as url, open_tab(browser, url) as tab:
        start = _Start(time.monotonic() - began)
        for number, question in enumerate(questions, 1):
            if pause or number > 1:
                tab.page.wait_for_timeout((pause if number == 1 else _BETWEEN) * 1000)
            start.turns.append(_first_text(tab, question))
    return start


def start(scale: Scale) -> list[Figure]:
    """Measure fresh processes in a warm environment: the command to a page that can be typed into, and the first turns.

    The first turn is typed at once, or 5 s later. One start of each way is not counted: it writes Python's bytecode, and so do those of
    a user, whatever this process was told. A user also has titles.
    """
    own = ("GOOGLE_", "GEMINI_", "VIBEHUNTR_", "PYTHONDONTWRITEBYTECODE")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    said = [f"say s{number}" for number in range(_TURNS)]
    with gemini() as keyed, chromium() as browser:
        ways: Mapping[str, tuple[Sequence[str], Mapping[str, str], Sequence[str]]] = {
            "make run, without a key": (_MAKE, bare, _KEYLESS_QUESTIONS),
            "make run, with a key": (_MAKE, bare | keyed, said),
            "streamlit run, st.write_stream": (_STREAMLIT, bare | keyed, said),
        }
        starts: dict[tuple[str, int], list[_Start]] = {}
        for command, environment, _ in ways.values():
            _started(browser, command, environment, (), 0)
        for _ in range(scale.tries(5)):
            for name, way in ways.items():
                for pause in (0, 5):
                    starts.setdefault((name, pause), []).append(_started(browser, *way, pause))
    return [figure for name in ways for figure in _start_figures(name, starts[name, 0], starts[name, 5], judged="make" in name)]


def _start_figures(name: str, at_once: list[_Start], later: list[_Start], *, judged: bool) -> list[Figure]:
    usable = [one.usable for one in (*at_once, *later)]
    values: dict[str, Value] = {"median": round(median(usable), 2), "max": round(max(usable), 2), "n": len(usable)}
    figures = [Figure(f"{name}, to a usable page, s", values, "under 4 s" if judged else "", median(usable) < 4 if judged else None)]
    for when, starts in (("at once", at_once), ("5 s later", later)):
        turns = [median([one.turns[n] for one in starts]) for n in range(_TURNS)]
        values = {f"turn {n + 1}": round(turn) for n, turn in enumerate(turns)}
        target = "first within 200 ms of the second" if judged else ""
        figures.append(Figure(f"{name}, first text, typed {when}, ms", values, target, turns[0] - turns[1] <= 200 if judged else None))
    return figures


# -- memory ----------------------------------------------------------------------------------------------------------------

_PAGES: Final = 40
_RATE: Final = 5  # chunks a second
_STREAMED: Final = 25.0  # seconds
_SETTLE: Final = 8.0  # seconds


@dataclass(frozen=True, slots=True)
class _Memory:
    """Unique memory of a server's process, in MB: with five pages that have had a turn, and what each further page adds, in KB."""

    one: float
    idle: float
    streaming: float


def _unique_mb(server: Server) -> float:
    return server.process.memory_full_info().uss / 1e6


async def _memory(server: Server) -> _Memory:
    """Open pages, one after the other, then let all of them stream."""
    async with AsyncExitStack() as stack:

        async def opened(count: int) -> list[StreamlitClient]:
            return [await stack.enter_async_context(open_client(server.url)) for _ in range(count)]

        for number, client in enumerate(await opened(5)):  # warm
            await client.submit(f"stream warm{number} 10 20")
            await client.saw(f"warm{number}-10", _LIMIT)
        await asyncio.sleep(_SETTLE)
        one = _unique_mb(server)
        clients = await opened(_PAGES)
        await asyncio.sleep(_SETTLE)
        idle = _unique_mb(server)
        for number, client in enumerate(clients):
            await client.submit(f"stream m{number} 400 {_RATE}")
        await asyncio.sleep(_STREAMED)
        streaming = _unique_mb(server)
        for number, client in enumerate(clients):
            await client.saw(f"m{number}-{int(_RATE * _STREAMED * 0.6)}", _LIMIT)
    return _Memory(one, (idle - one) * 1000 / _PAGES, (streaming - one) * 1000 / _PAGES)


def _memories(script: Path, environment: Mapping[str, str]) -> _Memory:
    with serve(script, **environment) as server:
        return asyncio.run(_memory(server))


def page_memory(scale: Scale) -> list[Figure]:
    """Measure what an open page adds to the server's memory, idle and while it streams, beside st.write_stream; and the whole process."""
    with gemini() as keyed:
        runs = [(_memories(PAGE, keyed), _memories(PEER, keyed)) for _ in range(1 if scale.short else 3)]
    figures: list[Figure] = []
    for what, unit in (
        ("one", "MB, the process"),
        ("idle", "KB, an idle page"),
        ("streaming", f"KB, a page that streams {_RATE} chunks/s"),
    ):
        ours, peers = (median([getattr(run[who], what) for run in runs]) for who in (0, 1))
        values: dict[str, Value] = {"playground": round(ours), "st.write_stream": round(peers), "ratio": round(ours / peers, 2)}
        figures.append(Figure(f"memory, {unit}", values, "below write_stream + 10%", ours / peers < 1.1))
    return figures
