"""A headless Chromium tab on a chat page, with a clock in it.

An observer in the page looks at the last answer after every DOM mutation and notes when each stamp of the
benchmarks' agent was there for the first time, as `performance.timeOrigin + performance.now()`: the wall clock of this
machine, the one the stamps were made with. It also notes the animation frames that had something new of the answer to show.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from browsing import ARGS
from playwright.sync_api import Error, TimeoutError, sync_playwright  # noqa: A004 - its own

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Browser, Page

INPUT = '[data-testid="stChatInputTextArea"]'
_OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # fonts from elsewhere fail at once, on every page
_CLOCK = """
(answers => {
  const now = () => performance.timeOrigin + performance.now();
  const bench = window.bench = { seen: {}, frames: [], marks: {}, watch: null, now };
  const stamp = /⟦([^:⟧]+):([\\d.]+)⟧/g;
  let text = '', drawn = true;
  const look = () => {
    if (bench.watch && bench.watch()) { bench.marks.watched = now(); bench.watch = null; }
    const found = document.querySelectorAll(answers);
    if (!found.length || found[found.length - 1].textContent === text) return;
    text = found[found.length - 1].textContent;
    const at = now();
    let fresh = false;
    for (const [, name, sent] of text.matchAll(stamp))
      if (!(name in bench.seen)) { bench.seen[name] = [at, parseFloat(sent) * 1000]; fresh = true; }
    if (fresh && drawn) { drawn = false; requestAnimationFrame(() => { drawn = true; bench.frames.push(now()); }); }
  };
  const mark = name => event => {
    if (name !== 'enter' || event.key === 'Enter') bench.marks[name] = now();
  };
  document.addEventListener('keydown', mark('enter'), true);
  document.addEventListener('keydown', mark('key'), true);
  document.addEventListener('input', () => requestAnimationFrame(() => { bench.marks.painted = now(); }), true);
  document.addEventListener('click', mark('click'), true);
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document, all);
})
"""


@dataclass(frozen=True, slots=True)
class Chat:
    """Selectors of a page's chat input, its answers, and what is there when a question can be sent; its path; a script to run first."""

    field: str
    answers: str
    ready: str = ""
    path: str = ""
    before: str = ""


STREAMLIT = Chat(INPUT, '[data-testid="stChatMessage"]')


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page showed of one answer: when each chunk was sent and seen, and the frames that showed new ones; milliseconds."""

    sent: list[float]
    seen: list[float]
    frames: list[float]

    @property
    def delays(self) -> list[float]:
        """Return sent-to-seen, chunk by chunk."""
        return [seen - sent for sent, seen in zip(self.sent, self.seen, strict=True)]

    @property
    def longest_gap(self) -> float:
        """Return the longest time between two changes of the DOM that brought something new."""
        return max(later - earlier for earlier, later in pairwise(sorted(set(self.seen))))

    @property
    def frame_rate(self) -> float:
        """Return the frames a second with something new in them, from the first to the last."""
        return (len(self.frames) - 1) / (self.frames[-1] - self.frames[0]) * 1000


class Tab:
    """One page with the clock in it. Times are in milliseconds."""

    def __init__(self, page: Page, chat: Chat) -> None:
        """Wrap a page that is open and shows a chat input."""
        self.page = page
        self._field = page.locator(chat.field)
        self._ready = page.locator(chat.ready or chat.field)

    def ask(self, text: str) -> None:
        """Type a message and press Enter."""
        self.page.evaluate("bench.frames = []")
        self._field.fill(text)
        self._ready.wait_for()
        self._field.press("Enter")

    def saw(self, stamp: str, limit: float) -> None:
        """Wait until a stamp is in the DOM. Raises: Playwright's TimeoutError after `limit` seconds."""
        self.page.wait_for_function("name => name in bench.seen", arg=stamp, timeout=limit * 1000, polling=100)

    def seen(self) -> dict[str, tuple[float, float]]:
        """Return (seen at, sent at) by stamp."""
        return self.page.evaluate("bench.seen")

    def answer(self, name: str) -> Answer:
        """Return what was seen of the stamps `name`-1, `name`-2 and so on, in that order; the frames are all since the last question."""
        own = {stamp: times for stamp, times in self.seen().items() if stamp.startswith(f"{name}-")}
        ordered = [own[stamp] for stamp in sorted(own, key=lambda stamp: int(stamp.rsplit("-", 1)[1]))]
        seen = [seen for seen, _ in ordered]
        return Answer([sent for _, sent in ordered], seen, self.page.evaluate("bench.frames"))

    def delays(self, name: str) -> list[float]:
        """Return sent-to-seen of the stamps `name`-1, `name`-2 and so on, in that order."""
        return self.answer(name).delays

    def mark(self, name: str) -> float:
        """Return when something last happened: "enter", "key", "painted" (the frame after an input), "click" or "watched"."""
        return float(self.page.evaluate("name => bench.marks[name] ?? NaN", name))

    def watch(self, condition: str) -> None:
        """Note as "watched" the first mutation after which a JavaScript expression is true."""
        self.page.evaluate(f"delete bench.marks.watched; bench.watch = () => ({condition})")

    def watched(self, limit: float) -> float:
        """Wait for that mutation and return when it was. Raises: RuntimeError, with the page's address and text, after `limit` seconds."""
        try:
            self.page.wait_for_function("'watched' in bench.marks", timeout=limit * 1000, polling=50)
        except TimeoutError as error:
            message = f"not seen in {limit:g} s on {self.page.url}, which says: {self.page.inner_text('body')}"
            raise RuntimeError(message) from error
        return self.mark("watched")


@contextmanager
def chromium() -> Generator[Browser, None, None]:
    """Start the system's Chromium; it has ended when the block is left.

    Raises: RuntimeError for whatever Playwright complains of within the block.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*ARGS, _OFFLINE])
        try:
            yield browser
        except Error as error:
            raise RuntimeError(error.message) from error
        finally:
            browser.close()


@contextmanager
def open_tab(browser: Browser, url: str, chat: Chat = STREAMLIT) -> Generator[Tab, None, None]:
    """Open a page in a context of its own (a new user) and wait for its chat input."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(f"{chat.before}; ({_CLOCK.strip()})({json.dumps(chat.answers)});")
        page.goto(f"{url}{chat.path}")
        page.locator(chat.field).wait_for(timeout=60_000)
        yield Tab(page, chat)
    finally:
        context.close()
