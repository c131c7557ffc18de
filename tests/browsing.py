"""What browser tests share: serving the page in a process of its own, a script that a test can change, and the user's hands.

The page runs with the real google-genai client; the Gemini-compatible server runs in the test's process, so that a test holds
an answer at a gate and looks at what each request held. What a test says is unique, so answers do not mix.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from gemini_server import GeminiServer
from playwright.sync_api import BrowserContext, Locator, Page, WebSocket, expect
from scripted_llm import Asked, Step, echo

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "vibehuntr_playground.py"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_numbers = itertools.count()
LISTEN = """
window.said = [];
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, {...options, mode: 'open'});
  if (this.id === 'vibehuntr-status') new MutationObserver(() => said.push(root.textContent)).observe(root, {childList: true});
  return root;
};
"""  # a script for a context: notes in `said` what is read out; client.js says it where no other script can look

REPLIES: dict[str, Callable[[Asked], Sequence[Step]]] = {}


def replying(asked: Asked) -> Sequence[Step]:
    key = asked.said.split(" ")[0]
    return REPLIES.get(key, echo)(asked)


def on(reply: Callable[[Asked], Sequence[Step]] | Sequence[Step]) -> str:
    """Have a word answered in a certain way; return the word, to begin a message with."""
    word = f"w{next(_numbers)}"
    REPLIES[word] = reply if callable(reply) else lambda _: reply
    return word


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page_environment(server: GeminiServer, **more: str) -> dict[str, str]:
    """The environment of a page that talks to the test server, its agent with two tools."""
    environ = {**os.environ, "GOOGLE_API_KEY": "x", "GOOGLE_GEMINI_BASE_URL": server.url, "VIBEHUNTR_RETRY_DELAY": "0.01"}
    environ |= {
        "VIBEHUNTR_AGENT": str(ROOT / "tests" / "page_agent"),
        "PYTHONPATH": str(ROOT),
        "VIBEHUNTR_MODEL": "gemini-test",
    }
    return environ | more


def drawing_environment(**more: str) -> dict[str, str]:
    """The environment of a page whose agent draws what it is told to: tests/drawing_agent."""
    environ = {**os.environ, "VIBEHUNTR_AGENT": str(ROOT / "tests" / "drawing_agent"), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    return environ | more


class Served:
    """A page in a process of its own, which can be killed and started again on the same port."""

    def __init__(self, environ: Mapping[str, str], log: Path, folder: Path = ROOT, script: Path = PAGE) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = {"VIBEHUNTR_TITLES": "off", **environ}  # or every script is asked for one
        self._log = log
        self._folder = folder
        self._script = script

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(self._script)]
        options = ["--server.port", str(self.port), "--server.address", "127.0.0.1", "--server.headless", "true"]
        with self._log.open("ab") as output:
            self.process = subprocess.Popen([*command, *options], cwd=self._folder, env=self._environ, stdout=output, stderr=output)
        until_served(f"{self.url}/_stcore/health", self.process, self._log)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    @property
    def log(self) -> str:
        return self._log.read_text()


@contextmanager
def serving(environ: Mapping[str, str], log: Path, folder: Path = ROOT, script: Path = PAGE) -> Generator[Served]:
    """The page, served by `streamlit run` as its user starts it; its output is printed when it dies early."""
    served = Served(environ, log, folder, script)
    served.start()
    try:
        yield served
    finally:
        served.stop()


def until_served(health: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(health).status_code == 200:
                return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    pytest.fail(f"the page did not start:\n{log.read_text()}")


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(box(page)).to_be_visible(timeout=30_000)
    return page


def box(page: Page) -> Locator:
    return page.get_by_test_id("stChatInputTextArea")


def stop(page: Page) -> Locator:
    """Stop: visible while an answer grows."""
    return page.locator(".st-key-stop button")


def send(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def choose(page: Page, strategy: str) -> None:
    """Choose what new input does while an answer comes."""
    page.get_by_test_id("stSelectbox").locator("input").click()
    page.get_by_role("option", name=strategy, exact=True).click()
    expect(page.get_by_test_id("stSelectbox").locator("input")).to_have_value(strategy)


def messages(page: Page) -> Locator:
    return page.get_by_test_id("stChatMessageContent")


def ended(page: Page) -> None:
    """Wait until nothing runs and no answer grows."""
    expect(page.locator(".vh-grows")).to_have_count(0)
    expect(page.locator("[data-test-script-state=notRunning]")).to_have_count(1)
    expect(page.locator(".vh-grows")).to_have_count(0)
    expect(stop(page)).to_be_hidden()


def ask(page: Page, text: str) -> None:
    """Send a message and wait for the end of its answer."""
    count = messages(page).count()
    send(page, text)
    expect(messages(page)).to_have_count(count + 2)
    ended(page)


class Seen:
    """Notes what the pages of a context say on their consoles and send and lose on their websockets, for a test that fails."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._notes: list[str] = []
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        page.on("console", lambda message: self._note("console", message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        self._note("websocket", "opened")
        socket.on("framesent", lambda frame: self._note("sent", repr(frame)[:400]))
        socket.on("close", lambda _: self._note("websocket", "closed"))

    def _note(self, kind: str, text: str) -> None:
        self._notes.append(f"{time.monotonic():.3f} {kind}: {text}")

    def told(self) -> str:
        """Return the end of the notes, and what stands on each page now."""
        pages = [f"{page.url}\n{page.locator('body').inner_text()}\ninput: {box(page).all_inner_texts()}" for page in self._context.pages]
        return "\n".join([f"failed before {time.monotonic():.3f}", *self._notes[-60:], *pages])
