"""A headless Chromium tab on a chat page, with a clock in it.

An observer in the page looks at the last chat message after every DOM mutation and notes when each stamp of the
benchmarks' agent was there for the first time, as `performance.timeOrigin + performance.now()`: the wall clock of this
machine, the one the stamps were made with.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from browsing import ARGS
from playwright.sync_api import Error, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Browser, Page

INPUT = '[data-testid="stChatInputTextArea"]'
_CLOCK = """
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const bench = window.bench = { seen: {}, marks: {}, watch: null, now };
  const stamp = /⟦([^:⟧]+):([\\d.]+)⟧/g;
  const look = () => {
    if (bench.watch && bench.watch()) { bench.marks.watched = now(); bench.watch = null; }
    const messages = document.querySelectorAll('[data-testid="stChatMessage"]');
    if (!messages.length) return;
    const text = messages[messages.length - 1].textContent.slice(-20000);
    const at = now();
    for (const [, name, sent] of text.matchAll(stamp))
      if (!(name in bench.seen)) bench.seen[name] = [at, parseFloat(sent) * 1000];
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
})();
"""


class Tab:
    """One page with the clock in it. Times are in milliseconds."""

    def __init__(self, page: Page) -> None:
        """Wrap a page that is open and shows a chat input."""
        self.page = page

    def ask(self, text: str) -> None:
        """Type a message and press Enter."""
        field = self.page.locator(INPUT)
        field.fill(text)
        field.press("Enter")

    def saw(self, stamp: str, limit: float) -> None:
        """Wait until a stamp is in the DOM. Raises: Playwright's TimeoutError after `limit` seconds."""
        self.page.wait_for_function("name => name in bench.seen", arg=stamp, timeout=limit * 1000, polling=100)

    def seen(self) -> dict[str, tuple[float, float]]:
        """Return (seen at, sent at) by stamp."""
        return self.page.evaluate("bench.seen")

    def delays(self, name: str) -> list[float]:
        """Return sent-to-seen of the stamps `name`-1, `name`-2 and so on, in that order."""
        own = {stamp: times for stamp, times in self.seen().items() if stamp.startswith(f"{name}-")}
        ordered = sorted(own, key=lambda stamp: int(stamp.rsplit("-", 1)[1]))
        return [own[stamp][0] - own[stamp][1] for stamp in ordered]

    def mark(self, name: str) -> float:
        """Return when something last happened: "enter", "key", "painted" (the frame after an input), "click" or "watched"."""
        return float(self.page.evaluate("name => bench.marks[name] ?? NaN", name))

    def watch(self, condition: str) -> None:
        """Note as "watched" the first mutation after which a JavaScript expression is true."""
        self.page.evaluate(f"delete bench.marks.watched; bench.watch = () => ({condition})")

    def watched(self, limit: float) -> float:
        """Wait for that mutation and return when it was. Raises: Playwright's TimeoutError after `limit` seconds."""
        self.page.wait_for_function("'watched' in bench.marks", timeout=limit * 1000, polling=50)
        return self.mark("watched")


@contextmanager
def chromium() -> Generator[Browser, None, None]:
    """Start the system's Chromium; it has ended when the block is left.

    Raises: RuntimeError for whatever Playwright complains of within the block.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        try:
            yield browser
        except Error as error:
            raise RuntimeError(error.message) from error
        finally:
            browser.close()


@contextmanager
def open_tab(browser: Browser, url: str) -> Generator[Tab, None, None]:
    """Open a page in a context of its own (a new user) and wait for its chat input."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(_CLOCK)
        page.goto(url)
        page.locator(INPUT).wait_for(timeout=60_000)
        yield Tab(page)
    finally:
        context.close()
