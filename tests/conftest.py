"""Fixtures shared by all tests; the one scripted model is `scripted_llm`, the one test server `gemini_server`."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import ARGS, CHROMIUM, Seen, replying
from gemini_server import GeminiServer
from google.adk.agents import LlmAgent
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from postgres import Postgres, emptied
from scripted_llm import Script, ScriptedLlm, echo

from agent_invoker import AgentInvoker, Settings

settings.register_profile("dev", max_examples=100, deadline=None)
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")

Invoking = Callable[..., AgentInvoker]
FAILED = pytest.StashKey[bool]()


def agent_saying(script: Script = echo, **options: Any) -> LlmAgent:
    return LlmAgent(name="helper", model=ScriptedLlm.saying(script), **options)


def model_of(invoker: AgentInvoker) -> ScriptedLlm:
    return invoker._runner.agent.model  # type: ignore[union-attr]


def in_a_process_of_its_own(code: str, **environment: str) -> str:
    """Run Python that may import the project and the tests; it must end well. For what can be set once a process. Returns: what it printed."""
    tests = Path(__file__).parent
    environ = {**os.environ, "PYTHONPATH": f"{tests.parent}:{tests}", **environment}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest leaves its script as `__main__`, which processes that are started later would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def invoking() -> Iterator[Invoking]:
    """Make invokers over a script; closed after the test, which must leave no thread of theirs."""
    made: list[AgentInvoker] = []
    before = set(threading.enumerate())

    def make(script: Script = echo, *, limits: Settings | None = None, **options: Any) -> AgentInvoker:
        made.append(AgentInvoker(agent_saying(script, **options), settings=limits or Settings(workers=8, grace=2.0)))
        return made[-1]

    yield make
    for invoker in made:
        invoker.close()
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not {name for name in left if name.startswith(("adk-loop", "turn", "adk-watchdog", "adk_tool"))}, left


@pytest.fixture
def gemini(monkeypatch: pytest.MonkeyPatch) -> Iterator[GeminiServer]:
    """A Gemini-compatible server that the real client finds through its own environment variables."""
    with GeminiServer() as server:
        monkeypatch.setenv("GOOGLE_API_KEY", "x")
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        monkeypatch.setenv("VIBEHUNTR_RETRY_DELAY", "0.01")
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if Postgres.binaries() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed: apt-get install postgresql")
    with Postgres() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'talks.db'}"
    return emptied(request.getfixturevalue("postgres"))


@pytest.fixture(scope="module")
def server() -> Iterator[GeminiServer]:
    with GeminiServer(replying) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        expect.set_options(timeout=20_000)
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser of its own; when the test has failed, its report shows what stood on the pages and what went over the wire."""
    made = browser.new_context(viewport={"width": 1200, "height": 900})
    made.set_default_timeout(20_000)
    seen = Seen(made)
    yield made
    if request.node.stash.get(FAILED, False):
        request.node.add_report_section("teardown", "pages", seen.told())
    made.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report
