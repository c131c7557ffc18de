"""Figures of many conversations and of long ones: searching a thousand of them, indexing them, opening one of 2,000 messages."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import TYPE_CHECKING, Final

from bench_agent.agent import root_agent
from browser import chromium
from figures import Figure, median, spread
from playwright.sync_api import FilePayload, expect
from postgres import Postgres
from servers import PAGE, serve

from agent_invoker import AgentInvoker, open_store
from playground.search import Row, SearchIndex, open_index

if TYPE_CHECKING:
    from collections.abc import Generator

    from figures import Scale, Value
    from playwright.sync_api import Page

_FEW: Final = 10
_MANY: Final = 1_000
_MESSAGES: Final = 50  # in a conversation
_WORDS: Final = 40  # in a message, as often as words are: the second half as often as the first, and so on
_VOCABULARY: Final = 5_000
_SHORT: Final = 100  # messages
_LONG: Final = 2_000


@contextmanager
def _stores() -> Generator[dict[str, str]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stores = {"memory": "", "SQLite": f"sqlite:///{folder / 'talks.db'}"}
        if Postgres.binaries():
            stores["PostgreSQL"] = stack.enter_context(Postgres(fsync=True)).url
        yield stores


def search_cost(scale: Scale) -> list[Figure]:
    """Measure searches of a user with 1,000 conversations of 50 messages beside one with 10, warm, and the indexing of the 1,000."""
    with _stores() as stores, asyncio.Runner() as runner:
        return [figure for name, url in stores.items() for figure in runner.run(_figures(name, open_index(url), scale))]


def _vocabulary() -> list[str]:
    """Invent words, the most usual one first; the number keeps them apart, the letters spread them."""
    random = Random(7)  # noqa: S311  the same load in every run
    return ["".join(random.choices(ascii_lowercase, k=5)) + str(number) for number in range(_VOCABULARY)]


def _queries() -> dict[str, str]:
    vocabulary = _vocabulary()
    return {
        "a word of few messages": vocabulary[1_000],
        "a word of most messages": vocabulary[0],
        "a first letter": "s",
        "a word of none": "unsaid",
    }


async def _figures(name: str, index: SearchIndex, scale: Scale) -> list[Figure]:
    many = scale.tries(_MANY)
    await _indexed(index, "few", _FEW)
    took = await _indexed(index, "many", many)
    values: dict[str, Value] = {"seconds": round(took, 1), "messages a second": round(many * _MESSAGES / took)}
    figures = [Figure(f"{many:,} conversations of {_MESSAGES} messages indexed, {name}", values)]
    for what, query in _queries().items():
        few, large = [await _searched(index, user, query, scale.tries(60)) for user in ("few", "many")]
        ratio = median(large) / median(few)
        values = {f"{_FEW}: ms": round(median(few), 2), f"{many:,}": round(median(large), 2), "ratio": round(ratio, 1)}
        values["p95"] = spread(large).get("p95", 0)
        figures.append(Figure(f"search for {what}, {name}", values))
    await index.close()
    return figures


async def _indexed(index: SearchIndex, user: str, conversations: int) -> float:
    """Index conversations of invented words; return the seconds that the index took."""
    random = Random(4)  # noqa: S311  the same load in every run
    vocabulary = _vocabulary()
    weights = [1 / (number + 1) for number in range(_VOCABULARY)]
    took = 0.0
    for talk in range(conversations):
        said = [" ".join(random.choices(vocabulary, weights, k=_WORDS)) for _ in range(_MESSAGES)]
        rows = [Row(f"talk {talk}", f"turn {n}", "user", talk * _MESSAGES + n, text) for n, text in enumerate(said)]
        began = time.perf_counter()
        await index.replace("bench", user, f"talk {talk}", 1.0, rows)
        took += time.perf_counter() - began
    return took


async def _searched(index: SearchIndex, user: str, query: str, tries: int) -> list[float]:
    """Search again and again; return the milliseconds of each search after the first five."""
    took: list[float] = []
    for _ in range(tries + 5):
        began = time.perf_counter()
        await index.find("bench", user, query)
        took.append((time.perf_counter() - began) * 1000)
    return took[5:]


# -- a long conversation ---------------------------------------------------------------------------------------------------


def open_cost(scale: Scale) -> list[Figure]:
    """Measure the opening of a conversation of 2,000 messages beside one of 100: folded from its store, and on the screen."""
    figures = [_folded(name, store, scale) for name, store in (("memory", ""), ("SQLite", "sqlite"))]
    return [*figures, _on_the_screen(scale)]


def _talk(messages: int) -> bytes:
    """Return a conversation as the JSON of an ADK session."""
    parts = [
        ("user", "user", f"question {n}") if n % 2 == 0 else (root_agent.name, "model", f"answer **{n}** " * 20) for n in range(messages)
    ]
    events = [
        {"author": author, "invocationId": f"i{n // 2}", "timestamp": 1e9 + n, "content": {"role": role, "parts": [{"text": text}]}}
        for n, (author, role, text) in enumerate(parts)
    ]
    return json.dumps({"appName": "", "state": {"__session_metadata__": {"displayName": f"talk of {messages}"}}, "events": events}).encode()


def _ratio(what: str, short: list[float], long: list[float]) -> Figure:
    ratio = round(median(long) / median(short), 1)
    return Figure(what, {f"{_SHORT}: ms": round(median(short), 1), f"{_LONG:,}": round(median(long), 1), "ratio": ratio, "n": len(long)})


def _folded(name: str, kind: str, scale: Scale) -> Figure:
    """Measure `AgentInvoker.view` of messages that the process has let go of."""
    with tempfile.TemporaryDirectory() as folder:
        invoker = AgentInvoker(root_agent, session_service=open_store(f"sqlite:///{folder}/talks.db" if kind else ""))
        took: dict[int, list[float]] = {}
        for messages in (_SHORT, _LONG):
            talk = invoker.import_session("u", _talk(messages))
            branch = invoker._find("u", talk).branch
            for _ in range(scale.tries(12)):
                branch.settled = None
                began = time.perf_counter()
                assert len(invoker.view("u", talk).messages) == messages
                took.setdefault(messages, []).append((time.perf_counter() - began) * 1000)
        invoker.close()
    return _ratio(f"opened, folded from {name}", took[_SHORT], took[_LONG])


def _on_the_screen(scale: Scale) -> Figure:
    """Measure from the click on a conversation in the list to its last message on the page, while the process knows its messages."""
    with serve(PAGE) as server, chromium() as browser:
        page = browser.new_page()
        page.goto(server.url)
        for messages in (_SHORT, _LONG):
            _import(page, messages)
        took: dict[int, list[float]] = {_SHORT: [], _LONG: []}
        for _ in range(scale.tries(12)):
            for messages, times in took.items():
                page.get_by_role("button", name="New conversation").click()
                expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
                row = page.get_by_role("link", name=f"talk of {messages} ")
                began = time.perf_counter()
                row.click()
                page.get_by_text(f"answer {messages - 1} ").last.wait_for()
                times.append((time.perf_counter() - began) * 1000)
        return _ratio("click to the last message on the screen", took[_SHORT], took[_LONG])


def _import(page: Page, messages: int) -> None:
    page.get_by_text("Import a conversation").click()
    file = FilePayload(name=f"{messages}.json", mimeType="application/json", buffer=_talk(messages))
    page.locator(".st-key-import input[type=file]").set_input_files(file)
    page.get_by_text(f"answer {messages - 1} ").last.wait_for()
    page.reload()
    page.get_by_test_id("stChatInput").wait_for()
