"""The page under Streamlit's AppTest: what is drawn, with the keyless planner or an agent folder of the test's."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import vibehuntr_playground as page_module
from agent_invoker import ModelUnknown
from page import actions, live
from page.messages import with_cursor
from playground import one_by_one
from playground.one_by_one import Pace
from session_manager import SessionManager
from vibehuntr_agent import SUGGESTIONS

PAGE = str(Path(page_module.__file__))


@pytest.fixture(autouse=True)
def keyless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No key and no model named, whatever the machine has; the invoker is made anew and closed."""
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "VIBEHUNTR_MODEL", "VIBEHUNTR_AGENT", "VIBEHUNTR_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def test_the_page_is_drawn_where_pages_are_drawn_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, and nothing of the following: `look_up` stands for what cuts the wait."""
    inside: list[bool] = []

    @contextmanager
    def noting(cuts: Callable[[], None]) -> Generator[None]:
        inside.append("drawn" in st.session_state)
        cuts()
        yield
        inside.append("drawn" in st.session_state)

    monkeypatch.setattr(one_by_one, "one_by_one", noting)
    assert not AppTest.from_file(PAGE, default_timeout=30).run().exception
    assert inside == [False, True]


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(PAGE, default_timeout=30).run()


def submit(page: AppTest, text: str) -> AppTest:
    page.chat_input[0].set_value(text)
    page.run()
    assert not page.exception
    return page


def drawn(page: AppTest) -> list[tuple[str, str]]:
    """Return (role, text) of each message on the page."""
    return [(m.name, "".join(str(getattr(part, "value", "")) for part in [*m.text, *m.markdown])) for m in page.chat_message]


class Paced(Pace):
    """Puts the first off for so many seconds, the second, and so on, and notes when they may begin."""

    def __init__(self, *put_off: float) -> None:
        super().__init__(0.0, 0.0)
        self._next = iter(put_off)
        self.begun: list[float] = []

    def begin(self, soonest: float) -> float:
        self.begun.append(soonest + next(self._next))
        return self.begun[-1]


def button(page: AppTest, label: str) -> "AppTest.button":  # type: ignore[name-defined]  # noqa: UP037
    return next(b for b in page.button if label in b.label)


def test_a_click_that_cuts_the_run_that_draws_again_is_doubted_itself(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the run that a beat asked for is not: what the click's draws may be lacking too. The cut is where a page waits to be drawn."""
    state = SessionManager(page.session_state).page  # pyright: ignore[reportArgumentType] - AppTest gives less than Streamlit
    assert state.doubted_until
    state.is_next_again = True
    page.run()
    assert not state.doubted_until

    @contextmanager
    def cut(_: Callable[[], None]) -> Generator[None]:
        st.stop()
        yield

    state.is_next_again = True
    with monkeypatch.context() as patched:
        patched.setattr(one_by_one, "one_by_one", cut)
        page.run()
    page.run()
    assert not page.exception
    assert state.doubted_until


def test_the_first_screen_offers_four_suggestions_and_says_who_answers(page: AppTest) -> None:
    """A visible badge: rules, not a language model."""
    assert not page.exception
    (first,) = [html for html in page.main.get("html") if "vh-first" in html.proto.body]
    assert re.findall(r"<button [^>]*>(.*?)</button>", first.proto.body) == [escape(text) for text in SUGGESTIONS]
    assert len(set(SUGGESTIONS)) == 4
    assert any("Keyless planner" in element.value for element in page.sidebar.markdown)
    assert page.chat_input[0].placeholder == "What would you like to plan today?"


def test_a_question_and_its_answer_stand_on_the_page_once(page: AppTest) -> None:
    """Typed, answered, drawn: each message once."""
    submit(page, "Dinner with Anna and Ben on Friday evening")
    (question, answer) = drawn(page)
    assert question == ("user", "Dinner with Anna and Ben on Friday evening")
    assert answer[0] == "assistant" and "Anna, Ben" in answer[1]
    assert page.session_state["vibehuntr"].notice == ""


def test_tool_steps_are_collapsed_lines_with_their_duration(page: AppTest) -> None:
    """ "set_people · 0.0 s", with arguments and result inside."""
    submit(page, "Dinner with Anna and Ben on Friday evening")
    labels = [expander.label for expander in page.main.expander]
    assert all(re.fullmatch(r"\w+ · \d+\.\d s", label) for label in labels)
    assert any(label.startswith("set_people") for label in labels)
    assert not any(expander.proto.expanded for expander in page.main.expander)


def test_the_answer_has_no_cursor_when_it_has_ended_and_stop_does_nothing_more(page: AppTest) -> None:
    """A click that comes too late changes nothing."""
    submit(page, "hello")
    answered = drawn(page)
    assert "▌" not in answered[-1][1]
    button(page, "Stop").click().run()
    assert drawn(page) == answered


def _told_again() -> None:
    """Tell what was chosen on an empty page, when a conversation is open; AppTest runs this as a script."""
    import streamlit as st

    from page import actions
    from session_manager import SessionManager

    manager = SessionManager({})
    st.session_state["chosen"] = "reject"
    before = manager.opened
    manager.open("a conversation")
    actions.choose_strategy(manager, before, "chosen")
    st.text(manager.page.strategy)


def test_a_choice_for_another_conversation_is_none() -> None:
    """The browser goes on telling what was chosen in a field that it has not yet taken away: each beat would choose it again."""
    page = AppTest.from_function(_told_again).run()
    assert [text.value for text in page.text] == ["interrupt"]


def _drawn_again() -> None:
    """Draw lines that open, and draw them again; AppTest runs this as a script."""
    import streamlit as st

    from page.messages import NOTHING, Canvas

    canvas = Canvas(st.chat_message("assistant"))
    for words in ("1 quick answer", "2 quick answers"):
        canvas.draw([("probes", words, f"<i>{words}</i>"), ("probes", "others", "<i>1</i>"), ("markdown", "after", None)])
    canvas.draw([("probes", "2 quick answers", "<i>2 quick answers</i>"), NOTHING, ("markdown", "after", None)])


def test_a_line_that_opens_is_drawn_again_in_its_place_not_in_itself() -> None:
    """In a meeting the answers that it stands for get more and more; another drawing of the same name takes the place of the first."""
    (message,) = AppTest.from_function(_drawn_again).run().chat_message
    assert [line.label for line in message.expander] == ["2 quick answers"]
    assert [text.value for text in message.markdown] == ["after"]


def test_conversations_are_listed_and_can_be_opened_again(page: AppTest) -> None:
    """New conversation clears the page; the old one comes back from the list."""
    submit(page, "Dinner with Anna and Ben")
    first = drawn(page)
    button(page, "New conversation").click().run()
    assert drawn(page) == []
    submit(page, "Lunch with Carla")
    assert drawn(page)[0] == ("user", "Lunch with Carla")
    rows = "".join(html.proto.body for html in page.get("html"))
    ids = dict(re.findall(r'href="\?c=(\w+)".*?<span>(.*?)</span>', rows))
    assert [title.partition(" and ")[0] for title in ids.values()] == ["Lunch with Carla", "Dinner with Anna"]
    SessionManager(page.session_state).open(list(ids)[1])  # pyright: ignore[reportArgumentType] - AppTest gives less than Streamlit
    page.run()
    assert drawn(page) == first


def test_a_click_with_the_address_from_before_stays_in_its_conversation(page: AppTest) -> None:
    """On a slow line the browser sends the next message before it hears of the new address."""
    submit(page, "Dinner with Anna and Ben")
    assert page.query_params["c"]
    page.query_params.clear()
    submit(page, "And with Carla")
    assert [text for role, text in drawn(page) if role == "user"] == ["Dinner with Anna and Ben", "And with Carla"]
    assert page.query_params["c"]


def test_the_same_message_twice_is_two_messages(page: AppTest) -> None:
    """Nothing is dropped because it looks like another."""
    submit(page, "hello")
    submit(page, "hello")
    assert [text for role, text in drawn(page) if role == "user"] == ["hello", "hello"]


def test_a_blank_message_is_not_sent(page: AppTest) -> None:
    """The user is told, and no turn begins."""
    submit(page, "   ")
    assert drawn(page) == []
    assert "empty" in page.toast[0].value


def test_a_long_history_is_drawn_from_its_end(page: AppTest) -> None:
    """Older messages are behind one control, and come back by it."""
    manager = SessionManager(page.session_state)  # pyright: ignore[reportArgumentType] - AppTest gives less than Streamlit
    for number in range(50):
        manager.add_message(("user", "assistant")[number % 2], f"hello {number}")
    page.run()
    assert len(page.chat_message) == 30
    button(page, "Show earlier").click().run()
    assert [text for _, text in drawn(page)] == [f"hello {n}" for n in range(50)]


def test_a_lost_invoker_goes_on_from_what_the_page_shows(page: AppTest) -> None:
    """Clear cache ends the conversations in memory; the page still holds them, and says what it does."""
    submit(page, "Dinner with Anna and Ben on Friday evening")
    st.cache_resource.clear()
    submit(page, "Anna is free from 18 to 22")
    assert [role for role, _ in drawn(page)] == ["user", "assistant"] * 2
    assert any("Starting new conversation" in info.value for info in [*page.info, *page.toast])


def test_a_damaged_session_state_is_reset_with_a_message(page: AppTest) -> None:
    """State corruption never shows a traceback."""
    page.session_state["vibehuntr"] = "damaged"
    page.run()
    assert not page.exception
    assert page.toast[0].value == "Session reset. Please start over."


def folder_with(tmp_path: Path, name: str, model: str) -> str:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("from . import agent\n")
    (folder / "agent.py").write_text(
        "from google.adk.agents import LlmAgent\nfrom scripted_llm import ScriptedLlm, Text, Wait, echo\n"
        f"root_agent = LlmAgent(name={name!r}, model={model})\n"
    )
    return str(folder)


def test_an_unknown_model_has_its_own_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Told on the page as the answer's failure; the page itself works."""
    monkeypatch.setenv("VIBEHUNTR_AGENT", folder_with(tmp_path, "unknown_model_agent", "'no-such-model'"))
    page = submit(AppTest.from_file(PAGE, default_timeout=30).run(), "hello")
    assert page.error[0].value == ModelUnknown().message
    assert page.sidebar.text[0].value == "no-such-model"


@pytest.mark.parametrize(("name", "value"), [("VIBEHUNTR_AGENT", "/no/such/folder"), ("VIBEHUNTR_WORKERS", "many")])
def test_a_wrong_setting_is_told_on_the_page(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A plain message with what to correct, no traceback."""
    monkeypatch.setenv(name, value)
    page = AppTest.from_file(PAGE, default_timeout=30).run()
    assert not page.exception
    assert "restart" in page.error[0].value


def test_another_agent_folder_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """VIBEHUNTR_AGENT: ADK's own loader, ADK's own model names."""
    monkeypatch.setenv("VIBEHUNTR_AGENT", folder_with(tmp_path, "some_agent", "ScriptedLlm.saying(echo)"))
    page = submit(AppTest.from_file(PAGE, default_timeout=30).run(), "hello")
    assert drawn(page)[-1] == ("assistant", "You said: hello")  # AppTest strips it
    assert page.sidebar.text[0].value == "scripted"


def test_a_message_that_waited_is_answered_in_the_same_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The page need not hear a beat for it: there are none here. Nor is it put off at the first end, as another answer comes."""
    model = "ScriptedLlm.saying(lambda _: [Text('one '), Wait(0.5), Text('two')])"
    monkeypatch.setenv("VIBEHUNTR_AGENT", folder_with(tmp_path, "slow_agent", model))
    page = submit(AppTest.from_file(PAGE, default_timeout=30).run(), "first")
    invoker, manager = actions.get_invoker(), SessionManager(page.session_state)  # pyright: ignore[reportArgumentType] - it is one
    for text in ("second", "third"):
        invoker.add_message(manager.user_id, manager.open_id, text, strategy="enqueue")
    waits = Paced(1_000.0, 0.0)
    monkeypatch.setattr(live, "REDRAWS", waits)
    page.run()
    assert [text for _, text in drawn(page)] == ["first", "one two", "second", "one two", "third", "one two"]
    assert len(waits.begun) == 2


def test_the_page_after_an_answer_is_drawn_when_its_turn_has_come(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all of the answer on it meanwhile."""
    paced = Paced(1.0)
    monkeypatch.setattr(live, "REDRAWS", paced)
    drawn_at: list[float] = []

    @contextmanager
    def noting(_: Callable[[], None]) -> Generator[None]:
        drawn_at.append(time.monotonic())
        yield

    monkeypatch.setattr(one_by_one, "one_by_one", noting)
    submit(page, "hello")
    (begun,) = paced.begun
    assert [at >= begun for at in drawn_at] == [False, True]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain", "plain ▌"), ("```\ncode", "```\ncode ▌"), ("```\ncode\n```", "```\ncode\n```"), ("~~~\nx\n~~~\n", "~~~\nx\n~~~\n")],
)
def test_the_cursor_never_keeps_a_fence_from_closing(text: str, shown: str) -> None:
    """While an answer streams its code blocks look as they will."""
    assert with_cursor(text) == shown
