"""Figures of the page in a real browser, next to what people would use instead, all in the same run.

The front ends take turns, round after round, and begin each round at another one, so that a slow spell of the machine meets them all.
"""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from dataclasses import dataclass
from operator import le
from typing import TYPE_CHECKING, TypeVar

from browser import INPUT, Answer, Tab, chromium, open_tab
from figures import Figure, median, percentile, spread
from front_ends import ADK_WEB, CHAINLIT, GRADIO, PLAYGROUND, WRITE_STREAM
from servers import PAGE, gemini, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from figures import Scale, Value
    from front_ends import FrontEnd
    from servers import Server

T = TypeVar("T")
_OURS, _STREAMLIT = PLAYGROUND.name, WRITE_STREAM.name
_CHEAPEST = (WRITE_STREAM, ADK_WEB)  # the second costs its server the least
_LIMIT = 180  # seconds to wait for an answer's last chunk
_FRAME = 100  # milliseconds: at ten frames a second, what is new is never older on the screen


def _warm(tab: Tab) -> None:
    tab.ask("stream warm 20 20")
    tab.saw("warm-20", 60)
    _pause(tab)


def _pause(tab: Tab) -> None:
    """Let a page do what it does after an answer, as long as a reader would."""
    tab.page.wait_for_timeout(1000)


def _in_rounds(
    scale: Scale, rounds: int, measure: Callable[[Tab, Server], T], in_short: Sequence[FrontEnd] = (WRITE_STREAM,)
) -> dict[str, list[T]]:
    """Measure something on every front end in each round, on a page that is newly opened and has had one answer.

    A short run has those peers alone that have been the best at it and need no environment of their own.
    """
    front_ends = [PLAYGROUND, *(in_short if scale.short else (WRITE_STREAM, ADK_WEB, CHAINLIT, GRADIO))]
    results: dict[str, list[T]] = {one.name: [] for one in front_ends}
    with gemini() as environment, ExitStack() as stack, chromium() as browser:
        served = [(one, stack.enter_context(one.serve(**environment))) for one in front_ends]
        for first in range(rounds):
            turn = first % len(served)
            for one, server in served[turn:] + served[:turn]:
                with open_tab(browser, server.url, one.chat) as tab:
                    _warm(tab)
                    results[one.name].append(measure(tab, server))
    return results


def _beside(what: str, runs: Mapping[str, Sequence[float]], target: str, *, below: bool = False) -> Figure:
    """Compare the medians of the runs with the best peer's: at or below, within the quartile range of that peer's runs, or below."""
    middle = {name: median(values) for name, values in runs.items()}
    best = min((name for name in runs if name != _OURS), key=lambda name: middle[name])
    noise = 0.0 if len(runs[best]) < 3 else _quartile_range(runs[best])
    values: dict[str, Value] = {
        "ratio": round(middle[_OURS] / middle[best], 2),
        "best": best,
        "to_write_stream": round(middle[_OURS] / middle[_STREAMLIT], 2),
        "ours": round(middle[_OURS], 2),
        "theirs": round(middle[best], 2),
        "noise": round(noise, 2),
        "rounds_won": f"{sum(map(le, runs[_OURS], runs[best]))} of {len(runs[best])}",
    }
    return Figure(what, values, target, middle[_OURS] < middle[best] if below else middle[_OURS] <= middle[best] + noise)


def _quartile_range(values: Sequence[float]) -> float:
    low, _, high = statistics.quantiles(values, n=4)
    return high - low


# chunk_to_dom, fast_stream, long_answer


@dataclass(frozen=True, slots=True)
class _Run:
    """One answer as it was seen, and the CPU seconds it cost the server, what the page does after it included."""

    answer: Answer
    cpu: float

    def tenths(self) -> list[float]:
        """Return the median lag of each tenth of the answer."""
        delays = self.answer.delays
        return [median(delays[tenth * len(delays) // 10 : (tenth + 1) * len(delays) // 10]) for tenth in range(10)]


def _streamed(chunks: int, rate: int, size: int) -> Callable[[Tab, Server], _Run]:
    def measure(tab: Tab, server: Server) -> _Run:
        before = server.cpu_seconds()
        tab.ask(f"stream answer {chunks} {rate} {size}")
        tab.saw(f"answer-{chunks}", _LIMIT)
        _pause(tab)
        return _Run(tab.answer("answer"), server.cpu_seconds() - before)

    return measure


def chunk_to_dom(scale: Scale) -> list[Figure]:
    """Measure chunk sent to chunk in the DOM: 60 chunks at 20 a second."""
    results = _in_rounds(scale, scale.tries(10), _streamed(60, 20, 40))
    answers = {name: [run.answer for run in runs] for name, runs in results.items()}
    medians = {name: [median(one.delays) for one in seen] for name, seen in answers.items()}
    tails = {name: [percentile(one.delays, 0.95) for one in seen] for name, seen in answers.items()}
    gaps = {name: [one.longest_gap for one in seen] for name, seen in answers.items()}
    figures: list[Figure] = []
    for name, seen in answers.items():
        values = spread([delay for one in seen for delay in one.delays])
        runs = f"{min(medians[name]):.1f}-{max(medians[name]):.1f}"
        figures.append(Figure(f"chunk to DOM, ms, {name}", {**values, "medians_of_runs": runs, "longest_gap": round(max(gaps[name]))}))
    target = "at or below the best peer's, within the noise"
    return [
        *figures,
        _beside("chunk to DOM, median of a run", medians, target),
        _beside("chunk to DOM, p95 of a run", tails, target),
        _beside("longest time between two changes of the DOM in a run", gaps, target),
    ]


def fast_stream(scale: Scale) -> list[Figure]:
    """Measure frames, lag and the server's CPU at 100 chunks a second for ten seconds."""
    return _smooth("100 chunks/s", _in_rounds(scale, 1 if scale.short else 3, _streamed(1000, 100, 40), _CHEAPEST))


def long_answer(scale: Scale) -> list[Figure]:
    """Measure the same while an answer grows to 200 KB: 500 characters 20 times a second."""
    return _smooth("200 KB", _in_rounds(scale, 1 if scale.short else 3, _streamed(400, 20, 500), _CHEAPEST))


def _smooth(what: str, results: Mapping[str, Sequence[_Run]]) -> list[Figure]:
    figures: list[Figure] = []
    for name, runs in results.items():
        frames = median([run.answer.frame_rate for run in runs])
        lags = [median(tenths) for tenths in zip(*(run.tenths() for run in runs), strict=True)]
        values: dict[str, Value] = {
            "frames_a_second": round(frames, 1),
            "longest_gap": round(max(run.answer.longest_gap for run in runs)),
            "lag_by_tenth": " ".join(f"{lag:.0f}" for lag in lags),
            "cpu_seconds": round(median([run.cpu for run in runs]), 2),
        }
        if name == _OURS:
            met = frames >= 10 and lags[-1] <= lags[0] + _FRAME
            figures.append(Figure(f"{what}, ms, {name}", values, "at least 10 frames/s, no growing lag", met))
        else:
            figures.append(Figure(f"{what}, ms, {name}", values))
    growth = median([run.tenths()[-1] / run.tenths()[0] for run in results[_OURS]])
    cpu = {name: [run.cpu for run in runs] for name, runs in results.items()}
    return [
        *figures,
        # Not beside a peer's, which grows with every chunk: to anything from 200 to 480 in runs alike.
        Figure(f"{what}, lag of the last tenth beside the first", {"ratio": round(growth, 2)}),
        _beside(f"{what}, server CPU an answer, s", cpu, "below the best peer's", below=True),
    ]


# first_text

_TRIES = 5  # a round
_LISTED = 30  # conversations: as many as the list shows at first


def _first_text(tab: Tab, name: str) -> float:
    tab.ask(f"say {name}")
    tab.saw(f"{name}-1", 30)
    return tab.seen()[f"{name}-1"][0] - tab.mark("enter")


def _idle_tries(tab: Tab, _server: Server, name: str = "new") -> list[float]:
    delays: list[float] = []
    for number in range(_TRIES):
        delays.append(_first_text(tab, f"{name}{number}"))
        _pause(tab)
    return delays


def _busy_tries(tries: int) -> list[float]:
    delays: list[float] = []
    with gemini() as environment, serve(PAGE, **environment) as server, chromium() as browser, open_tab(browser, server.url) as tab:
        _warm(tab)
        for number in range(tries):
            tab.ask(f"stream old{number} 600 20")
            tab.saw(f"old{number}-5", 30)
            delays.append(_first_text(tab, f"new{number}"))
    return delays


def _listed_tries(rounds: int) -> list[float]:
    """Try with many conversations in the list, each round in a new one."""
    delays: list[float] = []
    with gemini() as environment, serve(PAGE, **environment) as server, chromium() as browser, open_tab(browser, server.url) as tab:
        for number in range(_LISTED + rounds):
            _warm(tab) if number == 0 else _first_text(tab, f"talk{number}")
            _pause(tab)
            if number >= _LISTED:
                delays += _idle_tries(tab, server, f"late{number}-")
            _click(tab, _NEW, _FIRST_SCREEN)
            _pause(tab)
    return delays


def _opened_tries(tries: int) -> dict[str, list[float]]:
    """Try the first message of a page that has just been opened, ours and Streamlit's by turns; both processes have answered before."""
    delays: dict[str, list[float]] = {_OURS: [], _STREAMLIT: []}
    with gemini() as environment, ExitStack() as stack, chromium() as browser:
        served = [(one, stack.enter_context(one.serve(**environment))) for one in (PLAYGROUND, WRITE_STREAM)]
        for one, server in served:
            with open_tab(browser, server.url, one.chat) as tab:
                _warm(tab)
        for number in range(tries):
            for one, server in served[number % 2 :] + served[: number % 2]:
                with open_tab(browser, server.url, one.chat) as tab:
                    _pause(tab)
                    delays[one.name].append(_first_text(tab, f"first{number}"))
    return delays


def first_text(scale: Scale) -> list[Figure]:
    """Measure Enter to the first text of the new answer, zero-latency model, idle.

    In full, also of a page's first message; on our page while another answer streams, and with many conversations in the list.
    """
    tries = scale.tries(20)
    idle = _in_rounds(scale, tries // _TRIES, _idle_tries)
    busy = [] if scale.short else _busy_tries(tries)
    listed = [] if scale.short else _listed_tries(tries // _TRIES)
    opened = {} if scale.short else _opened_tries(tries)
    every = {name: [delay for delays in rounds for delay in delays] for name, rounds in idle.items()}
    medians = {name: [median(delays) for delays in rounds] for name, rounds in idle.items()}
    what = "new input to first text of the new answer"
    return [
        *(Figure(f"{what}, ms, {name}", spread(delays)) for name, delays in every.items()),
        _beside(f"{what}, median of a round", medians, "at or below the best peer's, within the noise"),
        *([Figure(f"{what}, ms, while one streams", spread(busy), "under 1 s", max(busy) < 1000)] if busy else []),
        *([Figure(f"{what}, ms, {_LISTED} conversations in the list", spread(listed))] if listed else []),
        *(Figure(f"first message of a page to its first text, ms, {name}", spread(delays)) for name, delays in opened.items()),
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
        delays.append(_click(tab, '[data-testid="stSidebar"] a:has-text("stream switch")', _ANSWER))
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
