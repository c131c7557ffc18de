"""What one browser session shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_invoker import View
from page.messages import GrowingBlocks, markdown_blocks
from playground.turn_log import Answer, Entry, Message, Part, Reply, Request, TextPart, ToolStep, TurnLog
from session_manager import BLOCK, WINDOW, SessionManager, blocks, printable, safe_markdown

TEXTS = st.lists(st.text(min_size=1, max_size=20), max_size=60)
MARKDOWN = st.text(alphabet="ab `~$![]()\n*#\\", max_size=200)


class Told:
    """A turn whose log the test writes."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.message = name
        self.log = TurnLog()
        self.stop_asked = False

    @property
    def ended(self) -> bool:
        return self.log.closed

    def read(self, after: int = 0) -> list[Entry]:
        return self.log.read(after)

    def wait_ended(self, timeout: float | None = None) -> bool:
        return self.ended


def submit(manager: SessionManager, text: str, turn: Told) -> Told:
    manager.submit(text, lambda _text, _shown: turn)
    return turn


@given(TEXTS, st.integers(0, 70))
def test_recent_and_older_messages_are_all_messages(texts: list[str], count: int) -> None:
    """Pagination cuts the history in two and loses nothing."""
    manager = SessionManager({})
    for text in texts:
        manager.add_message("user", text)
    recent = manager.get_messages(recent_only=True, recent_count=count)
    assert manager.get_older_messages(count) + recent == manager.get_all_messages()
    assert manager.should_show_history_button(count) == (len(texts) > count)
    assert [message["content"] for message in manager.get_all_messages()] == texts


def test_the_same_text_twice_is_two_messages() -> None:
    """A message is never dropped because it looks like another."""
    manager = SessionManager({})
    manager.add_message("user", "yes")
    manager.add_message("user", "yes")
    assert manager.get_all_messages() == [{"role": "user", "content": "yes"}] * 2


def test_an_unknown_role_is_refused() -> None:
    """Only the user and the assistant speak."""
    with pytest.raises(ValueError, match="role must be"):
        SessionManager({}).add_message("system", "x")


def test_submitting_appends_question_and_answer_in_one_step() -> None:
    """The answer's entry exists from the moment of submission."""
    manager = SessionManager({})
    turn = submit(manager, "hello", Told("1"))
    assert [(m.role, m.turn_id, m.status) for m in manager.shown()] == [("user", "1", "done"), ("assistant", "1", "running")]
    assert manager.running_turn() is turn


def test_a_submission_that_fails_to_start_appends_nothing() -> None:
    """No question without a turn."""
    manager = SessionManager({})

    def broken(_text: str, _shown: Any) -> Told:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        manager.submit("hello", broken)
    assert manager.get_all_messages() == []


def test_a_turn_is_settled_once() -> None:
    """At the end of an answer the page is due exactly one redraw."""
    manager = SessionManager({})
    turn = submit(manager, "hello", Told("1"))
    assert not manager.settle(turn)
    turn.log.append(Entry("final", "t", text="hi"))
    turn.log.append(Entry("done"))
    assert [manager.settle(turn), manager.settle(turn)] == [True, False]
    assert manager.get_all_messages()[-1] == {"role": "assistant", "content": "hi"}


def test_a_replaced_answer_is_shown_as_it_stays() -> None:
    """New input stops the running answer; what had come of it is kept, marked as stopped."""
    manager = SessionManager({})
    first = submit(manager, "one", Told("1"))
    first.log.append(Entry("partial", "t", text="so far"))
    first.log.append(Entry("cancelled"))
    submit(manager, "two", Told("2"))
    assert [(m.content, m.status) for m in manager.shown()[:2]] == [("one", "done"), ("so far", "cancelled")]


def test_a_new_manager_on_the_same_state_shows_the_same() -> None:
    """Every rerun makes a manager anew; the record stays in the session state."""
    state: dict[str, Any] = {}
    SessionManager(state).add_message("user", "hello")
    assert SessionManager(state).get_all_messages() == [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize("damage", ["a string", 7, {"messages": 1}, object()])
def test_a_damaged_record_is_reset_and_the_user_told(damage: object) -> None:
    """State corruption: a clean state and a plain message, never a traceback."""
    manager = SessionManager({"vibehuntr": damage})
    assert manager.take_notice() == "Session reset. Please start over."
    assert manager.get_all_messages() == []
    assert manager.take_notice() == ""


def test_every_browser_session_is_another_user() -> None:
    """There is no shared default user."""
    assert SessionManager({}).user_id != SessionManager({}).user_id


def test_conversations_do_not_mix_and_come_back() -> None:
    """Switching away and back shows the same messages; a conversation is loaded once."""
    manager = SessionManager({})
    manager.open("a", list)
    manager.add_message("user", "in a")
    manager.open("b", list)
    assert manager.get_all_messages() == []
    manager.open("a", lambda: pytest.fail("loaded twice"))
    assert [m["content"] for m in manager.get_all_messages()] == ["in a"]


def test_an_agent_can_be_kept() -> None:
    """The documents' get_agent and set_agent."""
    manager = SessionManager()
    assert manager.get_agent() is None
    manager.set_agent("agent")
    assert manager.get_agent() == "agent"


def test_clearing_forgets_the_open_conversation_only() -> None:
    """A new start on this page leaves the others alone."""
    manager = SessionManager({})
    manager.open("a", list)
    manager.add_message("user", "x")
    manager.open("b", list)
    manager.add_message("user", "y")
    manager.clear_messages()
    assert manager.get_all_messages() == []
    manager.open("a")
    assert len(manager.get_all_messages()) == 1


@given(st.integers(0, 150))
def test_a_new_message_does_not_move_the_window_within_a_page_of_messages(count: int) -> None:
    """Between WINDOW and 2 x WINDOW messages are drawn, and the window's start is a multiple of WINDOW."""
    manager = SessionManager({})
    for number in range(count):
        manager.add_message("user", str(number))
    assert manager.hidden % WINDOW == 0
    assert len(manager.shown()) == count - manager.hidden <= 2 * WINDOW
    while manager.hidden:
        manager.show_earlier()
    assert [m.content for m in manager.shown()] == [str(n) for n in range(count)]


@given(MARKDOWN)
def test_safe_markdown_only_adds_backslashes(text: str) -> None:
    """What is made safe keeps every word."""
    assert safe_markdown(text).replace("\\", "") == printable(text).replace("\\", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![x](http://evil/x.png)", r"\![x](http://evil/x.png)"),
        ("$5 and $6", r"\$5 and \$6"),
        ("`$5 ![x](y)`", "`$5 ![x](y)`"),
        ("```\n$5 ![x](y)\n```\n$6", "```\n$5 ![x](y)\n```\n\\$6"),
        ("~~~\n```\n$1\n~~~\n$2", "~~~\n```\n$1\n~~~\n\\$2"),
        ("a ` b $5", r"a ` b \$5"),
        ("bell\x07", "bell\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_markdown_that_would_fetch_or_become_latex_is_disarmed_outside_of_code(text: str, shown: str) -> None:
    """Images become text and dollars stay dollars; code stays as it is."""
    assert safe_markdown(text) == shown


PARAGRAPHS = st.lists(
    st.sampled_from(["word " * 30 + "\n\n", "```\n" + "code\n\n" * 20 + "```\n\n", "| a |\n|---|\n| b |\n\n", "x\n"]), max_size=60
)


@given(PARAGRAPHS, PARAGRAPHS)
def test_settled_blocks_never_change_as_the_text_grows(start: list[str], more: list[str]) -> None:
    """Joined, the blocks are the text; all but the last stay as they are."""
    short, long = "".join(start), "".join([*start, *more])
    before, after = blocks(short, 500), blocks(long, 500)
    assert "".join(before) == short
    assert "".join(after) == long
    assert after[: len(before) - 1] == before[:-1]
    assert all(len(block) >= 500 for block in after[:-1])
    assert all(block.count("```") % 2 == 0 for block in after[:-1])


@given(st.lists(st.sampled_from(["word ", "\n", "\n\n", "```\n", "``", "`", " \n", "\r", "| a | b |\n", "$x$ ", "![i](u) "]), max_size=60))
def test_blocks_made_of_a_growing_text_are_those_of_the_whole(pieces: list[str]) -> None:
    """Made once each as the text grows, and at every moment what the whole text so far would give."""
    cut, part = GrowingBlocks(40), TextPart("t", "a")
    for piece in pieces:
        part.pieces.append(piece)
        assert cut(part) == markdown_blocks(part, 40)
    part.pieces, part.final = ["the whole is another"], True
    assert cut(part) == ["the whole is another"]


def test_a_short_text_is_one_block() -> None:
    """Only long answers are cut."""
    assert blocks("a\n\nb" * 10) == ["a\n\nb" * 10]
    assert BLOCK >= 2_000


def test_the_answer_of_a_log_is_what_the_manager_keeps() -> None:
    """The page and the history read the same fold."""
    manager = SessionManager({})
    turn = submit(manager, "q", Told("1"))
    turn.log.append(Entry("partial", "t", text="half"))
    turn.log.append(Entry("failed", text="Broke off."))
    manager.settle(turn)
    kept = manager.live()
    assert kept is not None
    assert (kept.content, kept.status, kept.error) == (Answer(turn.read()).text, "failed", "Broke off.")


def test_another_conversation_is_drawn_on_the_other_side() -> None:
    """The page draws it in another container; reruns of the same one stay where they are."""
    manager = SessionManager({})
    sides = [manager.side(), manager.side()]
    manager.open("a", list)
    sides += [manager.side(), manager.side()]
    manager.new_conversation()
    sides += [manager.side()]
    manager.reopen("b")
    assert [*sides, manager.side()] == [0, 0, 1, 1, 0, 0], "what begins on an empty page stays where it is"


def test_a_window_that_moves_on_is_drawn_on_the_other_side() -> None:
    """The messages that leave it leave the screen at once; showing earlier ones moves nothing."""
    manager = SessionManager({})
    sides: list[int] = []
    for number in range(2 * WINDOW):
        manager.add_message("user", str(number))
        sides.append(manager.side())
    assert sides == [0] * (2 * WINDOW - 1) + [1]
    manager.show_earlier()
    assert manager.side() == 1


def test_a_message_that_no_longer_waits_leaves_at_once() -> None:
    """It is drawn on the other side without it, though the process still has it for a moment."""
    manager = SessionManager({})
    submit(manager, "one", Told("t1"))
    waiting = submit(manager, "two", Told("t2"))
    assert [message.content for message in manager.waiting()] == ["two"]
    sides = [manager.side(), manager.side()]
    waiting.stop_asked = True
    assert [*sides, manager.side(), manager.side()] == [0, 0, 1, 1]


@given(st.integers(0, 2 * WINDOW), st.integers(0, 3), st.booleans())
def test_only_one_new_turn_after_what_was_drawn_can_be_drawn_alone(count: int, begun: int, removed: bool) -> None:
    """Not when the window has moved on, two turns have begun, or what was drawn is gone."""
    manager = SessionManager({})
    for number in range(count):
        manager.add_message("user", str(number))
    drawn, hidden = manager.shown(), manager.hidden
    if removed:
        manager.clear_messages()
    for number in range(begun):
        turn = submit(manager, "?", Told(f"t{number}"))
        turn.log.append(Entry("done"))
        manager.settle(turn)
    is_after = hidden == manager.hidden and not (removed and count)
    found = manager.begun_after(drawn)
    if not is_after or begun > 1:
        assert found is None
    else:
        assert [message.role for message in found or ()] == ["user", "assistant"] * begun and found is not None


def _part(kind: int, number: int) -> Part:
    if kind == 0:
        return Reply(Request(f"r{number % 3}", "c", "tool", {}), bool(number % 2))
    return ToolStep("c", "tool", {}, 0.0, {"card": number} if kind == 1 else {"other": number})


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 2), st.integers(0, 9)), max_size=12))
def test_what_a_conversation_comes_to_is_the_same_however_it_was_looked_at(steps: list[tuple[bool, int, int, int]]) -> None:
    """Messages that stay are added once; another branch, or one that was folded again, is added anew."""
    manager, messages = SessionManager({}), list[Message]()
    for another, count, kind, number in steps:
        if another:
            messages = messages[:count]
        messages = [*messages, Message(len(messages) + 1, f"t{number}", "assistant", [_part(kind, number)])]
        fresh = SessionManager({})
        for shown in (manager, fresh):
            shown.sync(View(messages, ()))
        assert manager.confirmations() == fresh.confirmations()
        assert manager.newest("card") == fresh.newest("card")
    found = [
        part.result["card"] for m in messages for part in m.parts if isinstance(part, ToolStep) and part.result and "card" in part.result
    ]
    assert manager.newest("card") == next((card for card in reversed(found) if card), None)
