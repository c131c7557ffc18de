"""The log of one turn and its fold."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.turn_log import Answer, Entry, LogFull, TurnLog

CHUNKS = st.lists(st.text(min_size=1, max_size=8), max_size=12)


def test_a_reader_gets_what_comes_after_its_cursor_as_often_as_it_likes() -> None:
    """Reading consumes nothing; the cursor is the reader's."""
    log = TurnLog()
    for text in ("a", "b", "c"):
        log.append(Entry("partial", "t", text=text))
    assert [entry.text for entry in log.read(1)] == ["b", "c"]
    assert [entry.text for entry in log.read()] == ["a", "b", "c"]


@pytest.mark.parametrize("end", ["done", "cancelled", "failed"])
def test_after_the_terminal_entry_nothing_is_written(end: str) -> None:
    """Exactly one terminal entry; a late writer writes to nobody."""
    log = TurnLog()
    assert log.append(Entry(end))  # type: ignore[arg-type]
    assert log.append(Entry("partial", "t", text="late")) is None
    assert log.append(Entry("done")) is None
    assert [entry.kind for entry in log.read()] == [end]


def test_a_log_that_is_full_keeps_what_came_before() -> None:
    """Bounded: the piece that does not fit is refused, the rest stays, and the end can still be written."""
    log = TurnLog(limit=5)
    log.append(Entry("partial", "t", text="12345"))
    with pytest.raises(LogFull):
        log.append(Entry("partial", "t", text="6"))
    log.append(Entry("failed", text="too long"))
    assert Answer(log.read()).text == "12345"


def test_a_whole_text_is_kept_whole_whatever_its_size() -> None:
    """The agent's memory holds it already, so the page must show it."""
    log = TurnLog(limit=5)
    assert log.append(Entry("final", "t", text="more than five"))


def test_a_waiting_reader_wakes_for_news() -> None:
    """`wait` ends when there is something to read, without polling."""
    log = TurnLog()
    woken: list[bool] = []
    reader = threading.Thread(target=lambda: woken.append(log.wait(0, 30)))
    reader.start()
    log.append(Entry("started"))
    reader.join(10)
    assert woken == [True]


def test_waiting_on_a_closed_log_returns_at_once() -> None:
    """Nobody waits for news that cannot come."""
    log = TurnLog()
    log.append(Entry("done"))
    assert log.wait(99, 30)


def test_waiting_in_vain_says_so() -> None:
    """A time-out is told from news."""
    assert not TurnLog().wait(0, 0.001)


@given(CHUNKS, CHUNKS)
def test_joined_chunks_are_the_completed_text(before: list[str], after: list[str]) -> None:
    """Partials append, the final of the same key replaces them, a tool step stands between two texts."""
    log = TurnLog()
    for text in before:
        log.append(Entry("partial", "1", text=text))
    log.append(Entry("tool_call", "c", text="find_times"))
    for text in after:
        log.append(Entry("partial", "2", text=text))
    streamed = Answer(log.read()).text
    for key, texts in (("1", before), ("2", after)):
        if texts:
            log.append(Entry("final", key, text="".join(texts)))
    whole = Answer(log.read())
    assert streamed == whole.text == "".join([*before, *after])
    assert not whole.unfinished_texts


@given(CHUNKS, st.lists(st.integers(0, 12), max_size=5))
def test_delivery_may_repeat_and_display_is_exactly_once(texts: list[str], again_from: list[int]) -> None:
    """A fold by cursor shows each entry once, however often it is delivered."""
    log = TurnLog()
    answer = Answer()
    for text in texts:
        log.append(Entry("partial", "t", text=text))
        answer.extend(log.read(answer.cursor))
    for cursor in again_from:
        answer.extend(log.read(cursor))
    assert answer.text == "".join(texts)


def test_a_second_final_of_the_same_text_changes_nothing() -> None:
    """The first whole version of a text is the text."""
    answer = Answer(
        [Entry("final", "t", text="one", seq=1), Entry("final", "t", text="two", seq=2), Entry("partial", "t", text="3", seq=3)]
    )
    assert answer.text == "one"


def test_a_tool_step_knows_its_duration_and_its_result() -> None:
    """The step's line on the page says how long the tool took."""
    call = Entry("tool_call", "c", text="find_times", data={"x": 1}, at=10.0, seq=1)
    answer = Answer([call, Entry("tool_result", "c", data={"ok": True}, at=10.5, seq=2)])
    (step,) = answer.parts
    assert (step.seconds, step.result, answer.open_steps) == (0.5, {"ok": True}, [])  # type: ignore[union-attr]
