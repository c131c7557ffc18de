"""Figures of coming back: reload, second tab, reconnects, killed processes, memory, and what a lasting store costs."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from bench_agent.agent import root_agent
from browser import chromium, open_tab
from figures import Figure, median, percentile, spread
from rows_invoker import USER, begin, invoker_of
from servers import PAGE, Server, serve

from agent_invoker import AgentInvoker, open_store
from playground.turn_log import Answer

if TYPE_CHECKING:
    from collections.abc import Generator

    from figures import Scale, Value
    from playwright.sync_api import Page

_LIMIT = 60.0  # seconds
_CLOSED = 1_000


def _text_is_there(page: Page, text: str) -> None:
    page.wait_for_function("text => document.body.innerText.includes(text)", arg=text, timeout=_LIMIT * 1000, polling="raf")


def reload(scale: Scale) -> list[Figure]:
    """Measure a reload in mid-answer: from asking for it until the text so far is visible again; then the answer ends whole."""
    took: list[float] = []
    whole = True
    with serve(PAGE) as page, chromium() as browser, open_tab(browser, page.url) as tab:
        for number in range(scale.tries(15)):
            name = f"r{number}"
            tab.ask(f"stream {name} 60 20")
            tab.saw(f"{name}-20", _LIMIT)
            began = time.monotonic()
            tab.page.reload(wait_until="commit")
            _text_is_there(tab.page, f"{name}-20:")
            took.append((time.monotonic() - began) * 1000)
            tab.saw(f"{name}-60", _LIMIT)
            whole &= len(tab.delays(name)) == 60
    return [
        Figure("reload in mid-answer to its text visible, ms", spread(took), "under 1,500", max(took) < 1500),
        Figure("all chunks there after it", {"whole": whole}, "whole", whole),
    ]


def second_tab(scale: Scale) -> list[Figure]:
    """Measure what one tab types until the other shows it, and what an idle page costs while it looks for that."""
    took: list[float] = []
    with serve(PAGE) as page, chromium() as browser, open_tab(browser, page.url) as tab:
        tab.ask("say first")
        tab.saw("first-1", _LIMIT)
        other = tab.page.context.new_page()
        other.goto(tab.page.url)
        _text_is_there(other, "first-1")
        for number in range(scale.tries(20)):
            began = time.monotonic()
            tab.ask(f"say t{number}")
            _text_is_there(other, f"t{number}-1")
            took.append((time.monotonic() - began) * 1000)
        seconds = 10 if scale.short else 40
        open_pages = _cores(page, other, seconds)
        other.close()
        one_page = _cores(page, tab.page, seconds)
    return [
        Figure("Enter in one tab to the answer in the other, ms", spread(took), "under 2,000", max(took) < 2000),
        Figure("CPU of the server with idle pages open, cores", {"one": round(one_page, 4), "two": round(open_pages, 4)}),
    ]


def _cores(server: Server, page: Page, seconds: int) -> float:
    page.wait_for_timeout(3_000)
    before = server.cpu_seconds()
    page.wait_for_timeout(seconds * 1000)
    return (server.cpu_seconds() - before) / seconds


def reconnects(scale: Scale) -> list[Figure]:
    """Reconnect 100 times during one answer, as a page does: read from the first character, go away."""
    del scale  # a hundred is what the figure says
    with invoker_of() as invoker:
        begin(invoker, "say warm").wait_ended(_LIMIT)
        threads = threading.active_count()
        turn = begin(invoker, "stream many 100 40")
        texts: list[str] = []
        for number in range(100):
            turn.wait(number, _LIMIT)
            view = invoker.view(USER, turn.talk_session_id)
            texts.append("".join(m.content for m in view.messages if m.role == "assistant"))
        turn.wait_ended(_LIMIT)
        last = invoker.get_messages(USER, turn.talk_session_id)[-1].content
        same = all(last.startswith(text) for text in texts) and Answer(turn.read()).text == last
        more = threading.active_count() - threads
    values: dict[str, Value] = {"same": same, "distinct lengths": len({len(text) for text in texts}), "threads more": more}
    return [Figure("100 reconnects during one answer", values, "the same final text, no worker more", same and more <= 1)]


def closed_memory(scale: Scale) -> list[Figure]:
    """Measure resident memory before 1,000 finished conversations, with them, and after they are closed."""
    count = _CLOSED // 4 if scale.short else _CLOSED

    def finished(number: int) -> list[str]:
        talks = [invoker.create_talk_session(USER) for _ in range(number)]
        for talk in talks:
            invoker.add_message(USER, talk, "stream m 10 1000 200").wait_ended(_LIMIT)
            invoker.view(USER, talk)
        return talks

    def close(talks: list[str]) -> None:
        for talk in talks:
            invoker.delete_session(USER, talk)
        gc.collect()

    process = psutil.Process(os.getpid())
    with invoker_of() as invoker:
        close(finished(50))  # what the first conversations load stays loaded
        before = process.memory_info().rss / 1e6
        talks = finished(count)
        during = process.memory_info().rss / 1e6
        close(talks)
        threading.Event().wait(3)  # the invoker gives memory back a moment after the last deletion
        after = process.memory_info().rss / 1e6
    ratio = after / before
    values: dict[str, Value] = {
        "before MB": round(before, 1),
        "with them": round(during, 1),
        "after": round(after, 1),
        "ratio": round(ratio, 3),
    }
    return [Figure(f"memory around {count:,} conversations, finished and closed", values, "within 10% of before", ratio <= 1.1)]


@contextmanager
def _stores() -> Generator[dict[str, str]]:
    from postgres import Postgres

    with tempfile.TemporaryDirectory() as folder, Postgres(fsync=True) as postgres:
        yield {"memory": "", "SQLite": f"sqlite:///{Path(folder) / 'talks.db'}", "PostgreSQL": postgres.url}


def store_cost(scale: Scale) -> list[Figure]:
    """Measure a turn on each store, one after another: wall and CPU, beside memory in the same run."""
    figures: list[Figure] = []
    base = 0.0
    with _stores() as stores:
        for name, url in stores.items():
            invoker = AgentInvoker(root_agent, session_service=open_store(url))
            walls: list[float] = []
            talk = begin(invoker, "say warm").talk_session_id
            invoker.get_messages(USER, talk)
            cpu = time.process_time()
            for number in range(tries := scale.tries(200)):
                began = time.perf_counter()
                begin(invoker, f"say s{number}", f"{talk}-{number % 10}").wait_ended(_LIMIT)
                walls.append((time.perf_counter() - began) * 1000)
            cost = (time.process_time() - cpu) * 1000 / tries
            base = base or cost
            invoker.close()
            values: dict[str, Value] = {
                "wall median ms": round(median(walls), 1),
                "p95": round(percentile(walls, 0.95), 1),
                "CPU ms": round(cost, 2),
                "times memory": round(cost / base, 2),
            }
            figures.append(Figure(f"a turn kept in {name}", values))
    return figures


def kills(scale: Scale) -> list[Figure]:
    """Kill a process in mid-answer, 20 times on each database: how old the oldest lost word was, and what was unreadable."""
    from conftest import agent_saying
    from crashing import USER as TALKER
    from crashing import endless
    from test_durability import killed_in_mid_answer

    figures: list[Figure] = []
    with _stores() as stores:
        for name in ("SQLite", "PostgreSQL"):
            lost: list[float] = []
            unreadable = 0
            for number in range(scale.tries(20)):
                crash = killed_in_mid_answer(stores[name], after=1.2 + number * 0.37 % 1.0)
                invoker = AgentInvoker(agent_saying(endless), session_service=open_store(stores[name]))
                messages = invoker.get_messages(TALKER, crash.talk)
                invoker.close()
                if len(messages) != 4 or messages[-1].status != "cancelled" or not crash.fits(messages[-1].content):
                    unreadable += 1
                    continue
                lost.append(crash.age_of_loss(messages[-1].content) * 1000)
            values = {**spread(lost), "unreadable": unreadable}
            met = unreadable == 0 and max(lost) <= 1000
            figures.append(
                Figure(f"kill -9 in mid-answer, {name}: age of the oldest lost word, ms", values, "at most 1,000, none unreadable", met)
            )
    return figures
