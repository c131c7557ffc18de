"""Tool calls that wait for the user's yes: asked, answered once, refused, left, stopped, killed; on the real Runner."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asking
import pytest
from asking import AWAY, answer_of, asked_in, asking_agent, asking_invoker, say, view, wiping
from conftest import model_of
from gemini_server import GeminiServer
from google.adk.agents import LlmAgent
from google.adk.tools import ToolContext
from scripted_llm import Call, Gate, Hold, ScriptedLlm, Text

from agent_invoker import AgentInvoker, ConversationBusy, ConversationNotFound, RequestClosed, Settings
from playground.turn_log import Answer, Message, Reply, Request, TextPart, ToolStep, open_requests
from vibehuntr_agent.models import choose_model


class Done(list[str]):
    """What the tool has done, one entry a run."""

    def __call__(self, what: str) -> None:
        self.append(what)


@pytest.fixture
def done() -> Done:
    return Done()


Making = Callable[..., AgentInvoker]


@pytest.fixture
def making(done: Done) -> Iterator[Making]:
    """Make invokers whose tool notes what it does; closed after the test."""
    made: list[AgentInvoker] = []

    def make(url: str = "", **options: Any) -> AgentInvoker:
        chosen: dict[str, Any] = {"does": done, **options}
        made.append(asking_invoker(url, **chosen))
        return made[-1]

    yield make
    for invoker in made:
        invoker.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'talks.db'}"


def ask(invoker: AgentInvoker, text: str = "wipe all") -> Request:
    """Have the agent ask, and return what it asks."""
    assert say(invoker, text).status == "done"
    return asked_in(invoker)[0]


def reply(invoker: AgentInvoker, request: Request, *, yes: bool) -> Answer:
    return answer_of(invoker.confirm("u", "c", request.request_id, yes))


def shown(invoker: AgentInvoker) -> list[tuple[str, list[str], str]]:
    """Return the role, the parts in short, and the status of each message."""
    return [(m.role, [in_short(part) for part in m.parts], m.status) for m in view(invoker).messages]


def in_short(part: object) -> str:
    match part:
        case TextPart():
            return part.text
        case ToolStep():
            return f"{part.name}({dict(part.args)}) = {part.result and dict(part.result)}"
        case Request():
            return f"{part.name}({dict(part.args)})? {part.hint}"
        case Reply():
            return "yes" if part.confirmed else "no"
        case _:
            return repr(part)


ASKED = [("user", ["wipe all"], "done"), ("assistant", ["Let me. ", "wipe({'what': 'all'})? "], "done")]
YES = ("assistant", ["yes", "wipe({'what': 'all'}) = {'wiped': 'all'}", "So it is."], "done")
NO = ("assistant", ["no", "So it is."], "done")


def test_nothing_runs_before_the_yes_and_the_answer_ends_in_the_question(making: Making, done: Done) -> None:
    """The call stands as a question, not as a tool step; ADK's own words to programs are not shown."""
    invoker = making()
    request = ask(invoker)
    assert shown(invoker) == ASKED
    assert (request.name, request.args, request.hint, done) == ("wipe", {"what": "all"}, "", [])


@pytest.mark.parametrize("yes", [True, False])
def test_the_answer_goes_on_after_the_reply(making: Making, done: Done, yes: bool) -> None:
    """Yes runs the tool once, no does not; no message of the user's is made up; the model sees the outcome only."""
    invoker = making()
    answer = reply(invoker, ask(invoker), yes=yes)
    assert answer.status == "done"
    assert done == (["all"] if yes else [])
    assert shown(invoker) == [*ASKED, YES if yes else NO]
    assert asked_in(invoker) == []
    assert model_of(invoker).asked[-1].contents == [("user", "wipe all"), ("model", "Let me. <call wipe>"), ("user", "<result wipe>")]
    assert say(invoker, "next").text == "You said: next "
    assert invoker.list_sessions("u")[0].title == "wipe all"


@pytest.mark.parametrize("yes", [True, False])
def test_a_restart_between_question_and_reply_changes_nothing(making: Making, url: str, done: Done, yes: bool) -> None:
    """What is stored folds to what was shown, before the reply and after it."""
    first = making(url)
    ask(first)
    before = list(view(first).messages)
    first.close()
    second = making(url)
    assert messages_equal(before, view(second).messages)
    reply(second, asked_in(second)[0], yes=yes)
    after = list(view(second).messages)
    second.close()
    third = making(url)
    assert messages_equal(after, view(third).messages)
    assert asked_in(third) == []
    assert done == (["all"] if yes else [])
    with pytest.raises(RequestClosed, match="answered already"):
        third.confirm("u", "c", open_question(after), True)


def open_question(messages: list[Message]) -> str:
    return next(part.request_id for message in messages for part in message.parts if isinstance(part, Request))


def messages_equal(old: Any, new: Any) -> bool:
    """All but how many pieces a text came in, the id of a text, and a tool's duration."""
    return [flat(message) for message in old] == [flat(message) for message in new]


def flat(message: Message) -> Any:
    parts = [part if isinstance(part, Request | Reply) else in_short(part) for part in message.parts]
    return (message.seq, message.turn_id, message.role, parts, message.status, message.error, message.at, message.notices)


def test_of_many_replies_at_once_one_counts(making: Making, done: Done) -> None:
    """A double click, two tabs, yes and no together: the tool runs as the first said, once; the others are told plainly."""
    for number in range(10):
        done.clear()
        invoker = making()
        request = ask(invoker)
        together = threading.Barrier(8)

        def click(yes: bool, invoker: AgentInvoker = invoker, request: Request = request, together: threading.Barrier = together) -> str:
            together.wait(AWAY)
            try:
                turn = invoker.confirm("u", "c", request.request_id, yes)
            except RequestClosed as error:
                return error.message
            assert turn.wait_ended(AWAY)
            return "yes" if yes else "no"

        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(click, [n % 2 == number % 2 for n in range(8)]))
        (counted,) = [words for words in said if words in ("yes", "no")]
        assert {words for words in said if words != counted} == {
            "This was answered already: the first answer counts, and nothing is done twice."
        }
        assert done == (["all"] if counted == "yes" else [])
        assert shown(invoker) == [*ASKED, YES if counted == "yes" else NO]


def test_something_else_typed_closes_the_question(making: Making, done: Done, url: str) -> None:
    """A late yes then does nothing, also after a restart, and says why."""
    invoker = making(url)
    request = ask(invoker)
    assert say(invoker, "never mind").text == "You said: never mind "
    invoker.close()
    for each in (making(url), making(url)):
        assert asked_in(each) == []
        with pytest.raises(RequestClosed, match="something else was said since"):
            each.confirm("u", "c", request.request_id, True)
        each.close()
    assert done == []


def test_while_an_answer_is_being_written_nothing_can_be_confirmed(making: Making, done: Done) -> None:
    """Neither the question of a turn that has moved on, nor in the conversation of somebody else, nor one that was never asked."""
    gate = Gate()
    invoker = making(script=lambda asked: [Text("so far "), Hold(gate)] if asked.said == "hold" else wiping(asked))
    request = ask(invoker)
    turn = invoker.add_message("u", "c", "hold")
    with pytest.raises(ConversationBusy):
        invoker.confirm("u", "c", request.request_id, True)
    gate.open()
    assert answer_of(turn).status == "done"
    with pytest.raises(RequestClosed):
        invoker.confirm("u", "c", "no-such-question", True)
    with pytest.raises(ConversationNotFound):
        invoker.confirm("somebody else", "c", request.request_id, True)
    assert done == []


def test_two_questions_of_one_answer_are_replied_to_one_after_the_other(making: Making, done: Done) -> None:
    """Each its own; the other stays open."""
    invoker = making()
    first = ask(invoker, "wipe tables chairs")
    second = asked_in(invoker)[1]
    reply(invoker, first, yes=False)
    assert asked_in(invoker) == [second]
    reply(invoker, second, yes=True)
    assert (asked_in(invoker), done) == ([], ["chairs"])


def test_a_stop_of_the_confirmed_tool_is_told_to_user_and_model(making: Making, url: str) -> None:
    """Its late result is nobody's; the model is not left with "requires confirmation"; a restart shows the same."""
    running, release = threading.Event(), threading.Event()

    def work(_: str) -> None:
        running.set()
        release.wait(AWAY)

    invoker = making(url, does=work)
    turn = invoker.confirm("u", "c", ask(invoker).request_id, True)
    assert running.wait(AWAY)
    turn.cancel()
    answer = answer_of(turn)
    assert (answer.status, answer.error) == ("cancelled", "Stopped. wipe was still running: its result will be ignored.")
    release.set()
    before = list(view(invoker).messages)
    assert shown(invoker)[-1] == ("assistant", ["yes", "wipe({'what': 'all'}) = None"], "cancelled")
    results = results_given_to(invoker)
    invoker.close()
    again = making(url)
    after = view(again).messages[: len(before)]
    assert [(m.seq, m.status, m.error) for m in after] == [(m.seq, m.status, m.error) for m in before]
    stopped = after[-1].parts[1]
    assert isinstance(stopped, ToolStep) and stopped.stopped
    assert asked_in(again) == []
    assert "may have had its effect" in results


def results_given_to(invoker: AgentInvoker) -> str:
    """Say something more, and return what the stored call's last result says."""
    assert say(invoker, "next").status == "done"
    session = invoker._ask_loop(invoker.store.get_session(app_name="helper", user_id="u", session_id="c"))
    assert session is not None
    return str([r.response for event in session.events for r in event.get_function_responses() if r.name == "wipe"][-1])


def test_a_reply_that_was_stopped_before_it_began_is_a_reply(making: Making, url: str, done: Done) -> None:
    """Nothing runs, then or later; it is remembered as said."""
    invoker = making(url)
    request = ask(invoker)
    blocked = threading.Event()
    invoker.loop.call_soon_threadsafe(blocked.wait, AWAY)  # nothing can begin
    turn = invoker.confirm("u", "c", request.request_id, True)
    turn.cancel()
    blocked.set()
    assert answer_of(turn).status == "cancelled"
    assert shown(invoker)[-1] == ("assistant", ["yes", "wipe({'what': 'all'}) = None"], "cancelled")
    invoker.close()
    again = making(url)
    (*_, message) = view(again).messages
    assert (message.status, in_short(message.parts[0])) == ("cancelled", "yes")
    with pytest.raises(RequestClosed):
        again.confirm("u", "c", request.request_id, True)
    assert say(again, "next").text == "You said: next "
    assert done == []


def test_new_input_under_rollback_does_not_forget_what_was_confirmed(making: Making) -> None:
    """ADK could forget it only with the question and what was before it; the act may have been done."""
    running, release = threading.Event(), threading.Event()

    def work(_: str) -> None:
        running.set()
        release.wait(AWAY)

    invoker = making(does=work)
    invoker.confirm("u", "c", ask(invoker).request_id, True)
    assert running.wait(AWAY)
    last = invoker.add_message("u", "c", "next", strategy="rollback")
    assert answer_of(last).status == "done"
    release.set()
    assert [(role, status) for role, _, status in shown(invoker)] == [
        ("user", "done"), ("assistant", "done"), ("assistant", "cancelled"), ("user", "done"), ("assistant", "done"),
    ]  # fmt: skip


def killed(url: str, target: Callable[..., None]) -> None:
    """Run a process until it tells something, and kill it."""
    processes = multiprocessing.get_context("forkserver")
    mine, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=target, args=(url, theirs))
    process.start()
    theirs.close()
    assert mine.poll(60)
    mine.recv()
    process.kill()
    process.join(AWAY)


def test_a_process_killed_after_the_question_leaves_it_open(making: Making, url: str, done: Done) -> None:
    """kill -9 between question and reply."""
    killed(url, asking.ask_and_wait)
    invoker = making(url)
    assert shown(invoker) == ASKED
    assert reply(invoker, asked_in(invoker)[0], yes=True).status == "done"
    assert done == ["all"]


def test_a_process_killed_in_the_confirmed_tool_does_not_run_it_again(making: Making, url: str, done: Done) -> None:
    """kill -9 while it works: the yes is remembered, the question stays closed, and the conversation goes on."""
    killed(url, asking.confirm_and_hang)
    invoker = making(url)
    assert [parts[0] for role, parts, _ in shown(invoker) if role == "assistant"] == ["Let me. ", "yes"]
    assert asked_in(invoker) == []
    assert say(invoker, "next").text == "You said: next "
    assert done == []


def test_a_question_with_words_and_a_proposal_of_its_own(making: Making) -> None:
    """`tool_context.request_confirmation(hint=..., payload=...)`: the hint is shown, and a yes gives the payload back."""
    given: list[Any] = []

    def pay(amount: int, tool_context: ToolContext) -> dict[str, str]:
        """Pay."""
        if tool_context.tool_confirmation is None:
            tool_context.request_confirmation(hint="Really pay?", payload={"amount": amount})
            return {"status": "waits"}
        given.append((tool_context.tool_confirmation.confirmed, tool_context.tool_confirmation.payload))
        return {"status": "paid" if tool_context.tool_confirmation.confirmed else "kept"}

    model = ScriptedLlm.saying(lambda asked: [Text("Well.")] if asked.after_tool else [Call("pay", {"amount": 5})])
    for yes in (True, False):
        invoker = AgentInvoker(LlmAgent(name="helper", model=model, tools=[pay]), settings=Settings(workers=2))
        request = ask(invoker, "pay")
        assert (request.hint, request.payload) == ("Really pay?", {"amount": 5})
        reply(invoker, request, yes=yes)
        assert shown(invoker)[1][1][:1] == ["pay({'amount': 5})? Really pay?"]
        invoker.close()
    assert given == [(True, {"amount": 5}), (False, None)]


def test_a_sub_agent_can_ask_too(making: Making, done: Done) -> None:
    """The reply finds the agent that has asked."""
    child = asking_agent(done)
    child.name = "child"
    script = lambda asked: [] if asked.after_tool else [Call("transfer_to_agent", {"agent_name": "child"})]  # noqa: E731
    root = LlmAgent(name="helper", model=ScriptedLlm.saying(script), sub_agents=[child])
    child.model = ScriptedLlm.saying(
        lambda asked: [Text("So it is.")] if asked.contents[-1][1] == "<result wipe>" else [Call("wipe", {"what": "all"})]
    )
    invoker = AgentInvoker(root, settings=Settings(workers=2))
    request = ask(invoker, "wipe all")
    assert request.author == "child"
    assert reply(invoker, request, yes=True).text == "So it is."
    assert done == ["all"]
    invoker.close()


def test_gemini_accepts_every_history_that_a_question_leaves(gemini: GeminiServer, done: Done) -> None:
    """Over HTTP, where calls and results must match: yes, no, something else typed, one of two, a stop."""

    gemini.script = wiping
    agent = asking_agent(done)
    agent.model = choose_model(dict(os.environ))
    invoker = AgentInvoker(agent, settings=Settings(workers=2, grace=2.0))
    reply(invoker, ask(invoker, "wipe one"), yes=True)
    reply(invoker, ask(invoker, "wipe two"), yes=False)
    ask(invoker, "wipe three")
    first = ask(invoker, "wipe four five")
    reply(invoker, first, yes=True)
    turn = invoker.confirm("u", "c", asked_in(invoker)[0].request_id, True)
    turn.cancel()
    answer_of(turn)
    assert say(invoker, "next").text == "You said: next "
    assert {request.status for request in gemini.requests} == {200}
    invoker.close()


def test_stored_nonsense_is_no_question(making: Making) -> None:
    """A message that is still growing, was stopped, or has failed asks nothing."""
    request = Request("r", "c", "wipe")
    for status in ("running", "queued", "stopping", "cancelled", "failed"):
        assert open_requests([Message(1, "t", "assistant", (request,), status)]) == {}  # type: ignore[arg-type]
    assert open_requests([Message(1, "t", "assistant", (request,))]) == {"r": request}
