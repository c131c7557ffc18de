"""Figures of the page in a real browser, next to `st.write_stream` of the same agent in the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser import INPUT, Tab, chromium, open_tab
from figures import Figure, median, percentile, spread
from servers import PAGE, PEER, serve

if TYPE_CHECKING:
    from pathlib import Path

    from figures import Scale, Value
    from playwright.sync_api import Browser

_WARM = "stream warm 20 20"


def _warm(tab: Tab) -> None:
    tab.ask(_WARM)
    tab.saw("warm-20", 60)


def _rounded(ratio: float) -> float:
    return round(ratio, 2)


# chunk_to_dom


def _streamed(browser: Browser, url: str, rounds: int) -> list[float]:
    with open_tab(browser, url) as tab:
        _warm(tab)
        delays: list[float] = []
        for number in range(rounds):
            tab.ask(f"stream r{number} 60 20")
            tab.saw(f"r{number}-60", 30)
            delays += tab.delays(f"r{number}")
        return delays


def chunk_to_dom(scale: Scale) -> list[Figure]:
    """Measure chunk sent to chunk in the DOM: 60 chunks at 20 a second, the page and the peer in turns."""
    ours: list[float] = []
    peer: list[float] = []
    with serve(PAGE) as page, serve(PEER) as other, chromium() as browser:
        for _ in range(scale.tries(3) if not scale.short else 1):
            ours += _streamed(browser, page.url, 2)
            peer += _streamed(browser, other.url, 2)
    middle = median(ours) / median(peer)
    tail = percentile(ours, 0.95) / percentile(peer, 0.95)
    worst = max(middle, tail)
    ratios: dict[str, Value] = {"median_ratio": _rounded(middle), "p95_ratio": _rounded(tail)}
    return [
        Figure("chunk to DOM, ms, playground", spread(ours)),
        Figure("chunk to DOM, ms, st.write_stream", spread(peer)),
        Figure("chunk to DOM, playground / st.write_stream", ratios, "median and p95 at most 2x", worst <= 2),
    ]


# long_answer


def _growing(browser: Browser, script: Path, chunks: int, size: int) -> list[float]:
    with serve(script) as server, open_tab(browser, server.url) as tab:
        _warm(tab)
        tab.ask(f"stream long {chunks} 10 {size}")
        tab.saw(f"long-{chunks}", 120)
        return tab.delays("long")


def _growth(what: str, delays: list[float], size: int, *, judged: bool) -> Figure:
    """Compare the chunks up to 2 KB with the last tenth: the answer is then over 90% of its length."""
    early = median(delays[1 : 1 + max(4, 2000 // size)])
    late = delays[-len(delays) // 10 :]
    values: dict[str, Value] = {
        "at_1KB": round(early, 1),
        "at_100KB": round(median(late), 1),
        "at_100KB_max": round(max(late), 1),
        "ratio": _rounded(median(late) / early),
    }
    if not judged:
        return Figure(what, values)
    met = median(late) <= 5 * early and max(late) < 300
    return Figure(what, values, "within 5x and under 300 ms", met)


def long_answer(scale: Scale) -> list[Figure]:
    """Measure chunk to DOM while an answer grows to 100 KB, 10 chunks a second."""
    chunks, size = (100, 1000) if scale.short else (200, 500)
    with chromium() as browser:
        ours = _growing(browser, PAGE, chunks, size)
        peer = _growing(browser, PEER, chunks, size)
    return [
        _growth("chunk to DOM as the answer grows, ms, playground", ours, size, judged=True),
        _growth("chunk to DOM as the answer grows, ms, st.write_stream", peer, size, judged=False),
    ]


# first_text


def _first_text(tab: Tab, number: int, *, streaming: bool) -> float:
    if streaming:
        tab.ask(f"stream old{number} 600 20")
        tab.saw(f"old{number}-5", 30)
    name = f"new{number}{'s' if streaming else 'i'}"
    tab.ask(f"say {name}")
    tab.saw(f"{name}-1", 30)
    return tab.seen()[f"{name}-1"][0] - tab.mark("enter")


def first_text(scale: Scale) -> list[Figure]:
    """Measure Enter to the first text of the new answer, zero-latency model, idle and while another answer streams."""
    tries = scale.tries(20)
    with serve(PAGE) as server, chromium() as browser, open_tab(browser, server.url) as tab:
        _warm(tab)
        idle = [_first_text(tab, number, streaming=False) for number in range(tries)]
        busy = [_first_text(tab, number, streaming=True) for number in range(tries)]
    return [
        Figure("new input to first text of the new answer, ms, idle", spread(idle), "under 1 s", max(idle) < 1000),
        Figure("new input to first text of the new answer, ms, while one streams", spread(busy), "under 1 s", max(busy) < 1000),
    ]


# interaction

_FIRST_SCREEN = "[...document.querySelectorAll('h1')].some(head => head.textContent.includes('What would you like'))"
_ANSWER = "[...document.querySelectorAll('[data-testid=stChatMessage]')].some(one => one.textContent.includes('⟦'))"
_NEW = '[data-testid="stSidebar"] button:has-text("New conversation")'
_STOPPED = "document.body.innerText.includes('Stopped.')"
_ENDLESS = 1200  # chunks, at 20 a second: longer than any loop below


def _streaming(tab: Tab, name: str) -> None:
    tab.ask(f"stream {name} {_ENDLESS} 20")
    tab.saw(f"{name}-10", 30)


def _click(tab: Tab, button: str, condition: str) -> float:
    tab.watch(condition)
    tab.page.locator(button).first.click()
    return tab.watched(20) - tab.mark("click")


def _switching(tab: Tab, tries: int) -> list[float]:
    """Leave the streaming conversation by the sidebar and come back to it, over and over."""
    _click(tab, _NEW, _FIRST_SCREEN)
    _streaming(tab, "switch")
    delays: list[float] = []
    for _ in range(tries):
        delays.append(_click(tab, _NEW, _FIRST_SCREEN))
        delays.append(_click(tab, '[data-testid="stSidebar"] button:has-text("stream switch")', _ANSWER))
        tab.page.wait_for_timeout(300)  # a reader's pause, so that clicks fall anywhere in a beat
    return delays


def _stopping(tab: Tab, tries: int) -> list[float]:
    delays: list[float] = []
    for number in range(tries):
        _click(tab, _NEW, _FIRST_SCREEN)
        _streaming(tab, f"stop{number}")
        delays.append(_click(tab, ".st-key-stop button", _STOPPED))
    return delays


def _typing(tab: Tab, tries: int) -> tuple[list[float], bool]:
    """Type into the chat input while an answer streams; then let the answer end, and see whether the draft is there."""
    tab.ask("stream typing 120 20")
    tab.saw("typing-10", 30)
    field = tab.page.locator(INPUT)
    delays: list[float] = []
    for number in range(tries):
        tab.page.evaluate("delete bench.marks.painted")
        field.press("abcdefghij"[number % 10])
        tab.page.wait_for_function("'painted' in bench.marks", timeout=20_000)
        delays.append(tab.mark("painted") - tab.mark("key"))
    draft = "".join("abcdefghij"[number % 10] for number in range(tries))
    tab.saw("typing-120", 30)
    tab.page.wait_for_timeout(3000)  # the end of the answer and the redraw of the page after it
    return delays, field.input_value() == draft


def interaction(scale: Scale) -> list[Figure]:
    """Measure clicks and keystrokes while an answer streams at 20 chunks a second."""
    tries = scale.tries(15)
    with serve(PAGE) as server, chromium() as browser, open_tab(browser, server.url) as tab:
        _warm(tab)
        keys, kept = _typing(tab, tries)
        tab.page.locator(INPUT).fill("")
        stops = _stopping(tab, tries)
        switches = _switching(tab, tries)
    under = 200
    return [
        Figure("keystroke in the chat input to the next frame, ms", spread(keys), "under 200 ms", max(keys) < under),
        Figure("the draft is still there after the answer's end", {"kept": kept}, "always", kept),
        Figure("click on Stop to 'Stopped.', ms", spread(stops), "under 200 ms", max(stops) < under),
        Figure("click on a conversation to its messages, ms", spread(switches), "under 200 ms", max(switches) < under),
    ]
