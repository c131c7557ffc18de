"""The page in headless Chromium: the manual checklist of seed 002, typing while it streams, and what must never happen."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import REPLIES, ROOT, ask, box, choose, ended, messages, on, opened, page_environment, send, serving
from gemini_server import GeminiServer
from playwright.sync_api import Browser, BrowserContext, Page, expect
from scripted_llm import Call, Gate, Hold, Text, Wait
from streamlit.proto.BackMsg_pb2 import BackMsg

pytestmark = pytest.mark.browser

SUBMISSIONS = int(os.environ.get("VIBEHUNTR_SUBMISSIONS", "40"))


@pytest.fixture(scope="module")
def url(server: GeminiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(page_environment(server), tmp_path_factory.mktemp("page") / "log") as served:
        yield served.url


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    return opened(context, url)


def test_1_and_2_a_message_and_its_answer_appear_once(page: Page) -> None:
    """Checklist 1 and 2."""
    ask(page, "hello there")
    expect(messages(page)).to_have_count(2)
    expect(page.locator("#stMain").get_by_text("hello there", exact=True)).to_have_count(1)
    expect(page.get_by_role("link", name="hello there now")).to_have_count(1)  # its title in the list
    expect(page.get_by_text("You said: hello there")).to_have_count(1)


def test_3_several_messages_and_no_duplicates(page: Page) -> None:
    """Checklist 3."""
    for number in range(4):
        ask(page, f"message {number}")
    texts = [text.strip() for text in messages(page).all_inner_texts()]
    assert texts == [text for n in range(4) for text in (f"message {n}", f"You said: message {n}")]


def test_4_and_5_the_cursor_is_there_while_it_streams_and_gone_after(page: Page) -> None:
    """Checklist 4 and 5."""
    gate = Gate()
    send(page, on([Text("half "), Hold(gate), Text("whole")]))
    expect(messages(page).last).to_contain_text("half ▌")
    expect(page.get_by_text("Import a conversation")).to_have_count(1)  # the first conversation in the list has moved nothing
    gate.open()
    ended(page)
    expect(messages(page).last).to_have_text("half whole")
    expect(page.get_by_text("▌")).to_have_count(0)


@pytest.mark.parametrize("begun_before", [0, 1])
def test_the_first_message_of_a_conversation_takes_the_place_of_the_greeting(page: Page, begun_before: int) -> None:
    """At once, with its address and its line in the list; all of it stays the same element when its answer has ended."""
    for number in range(begun_before):
        ask(page, f"earlier {number}")
        page.get_by_role("button", name="New conversation").click()
        expect(messages(page)).to_have_count(0)
        expect(page).not_to_have_url(re.compile(r"\?c="))
    gate, listed = Gate(), page.locator(".vh-list a")
    expect(page.locator(".vh-first")).to_have_count(1)
    send(page, on([Text("half "), Hold(gate), Text("whole")]))
    expect(messages(page).last).to_contain_text("half ▌")
    expect(page).to_have_url(re.compile(r"\?c="))
    expect(page.locator(".vh-first")).to_have_count(0)
    expect(page.get_by_text("None yet.")).to_have_count(0)
    expect(listed).to_have_count(begun_before + 1)
    expect(page.locator(".vh-list a[aria-current]")).to_have_attribute("href", page.url[page.url.index("?") :])
    drawn = "[...document.querySelectorAll('[data-testid=stChatMessage]')]"
    page.evaluate(f"{drawn}.forEach((message) => (message.isTheSame = true))")
    choose(page, "Waits for its end")
    expect(page.locator(".st-key-menu")).to_have_count(1)
    expect(listed).to_have_count(begun_before + 1, timeout=2_000)  # a run drains for 6 s
    expect(messages(page).last).to_contain_text("half ▌")
    gate.open()
    ended(page)
    expect(listed).to_have_count(begun_before + 1)
    assert page.evaluate(f"{drawn}.map((message) => message.isTheSame)") == [True, True]
    expect(page.get_by_test_id("stSelectbox").locator("input")).to_have_value("Waits for its end")


def test_6_the_agent_remembers(page: Page, server: GeminiServer) -> None:
    """Checklist 6: the next request holds the first exchange."""
    word = on([Text("Noted.")])
    ask(page, f"{word} Anna is vegan")
    ask(page, f"{word} who is vegan?")
    assert server.requests[-1].asked.contents == [("user", f"{word} Anna is vegan"), ("model", "Noted."), ("user", f"{word} who is vegan?")]


@pytest.mark.parametrize(
    ("failures", "advice"),
    [([403], "check GOOGLE_API_KEY"), ([404], "check VIBEHUNTR_MODEL"), ([500], "Please try again"), ([503] * 4, "wait a minute")],
    ids=["key", "model", "internal", "busy"],
)
def test_7_an_error_is_told_in_plain_words(page: Page, server: GeminiServer, failures: list[int], advice: str) -> None:
    """Checklist 7: what happened and what to do, nothing internal; then it goes on."""
    server.failures[:] = failures
    ask(page, "hello")
    expect(page.get_by_test_id("stAlert")).to_contain_text(advice)
    assert server.failures == []
    assert not re.search(r"Traceback|Error|Exception|\{|File \"|\b[45]\d\d\b", page.locator("body").inner_text())
    ask(page, "again")
    expect(messages(page).last).to_contain_text("You said: again")


def test_8_a_new_conversation_is_empty_and_the_old_one_opens_again(page: Page) -> None:
    """Checklist 8."""
    ask(page, "the first conversation")
    page.get_by_role("button", name="New conversation").click()
    expect(messages(page)).to_have_count(0)
    ask(page, "the second one")
    page.get_by_test_id("stSidebar").get_by_role("link", name="the first conversation").click()
    expect(messages(page).first).to_contain_text("the first conversation")
    expect(messages(page)).to_have_count(2)


WATCH = """() => {
  window.seen = {most: 0, shrank: 0, length: 0, mutations: 0};
  const look = () => {
    const counts = {};
    for (const mark of document.body.innerText.match(/c\\d+;/g) || []) counts[mark] = (counts[mark] || 0) + 1;
    window.seen.mutations += 1;
    window.seen.most = Math.max(window.seen.most, ...Object.values(counts), 0);
    const length = Object.keys(counts).length;
    if (length < window.seen.length) window.seen.shrank += 1;
    window.seen.length = Math.max(length, window.seen.length);
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


def test_no_text_ever_stands_twice_and_none_vanishes(page: Page) -> None:
    """At every mutation of the document over a 60-chunk answer, the hand-over and the next question included."""
    page.evaluate(WATCH)
    chunks = [step for n in range(60) for step in (Text(f"c{n}; "), Wait(0.05))]
    send(page, on(chunks))
    expect(messages(page).last).to_contain_text("c59;")
    ended(page)
    page.evaluate("window.drawn = [...document.querySelectorAll('[data-testid=stChatMessageContent]')]")
    ask(page, "and then?")
    assert page.evaluate("window.drawn.map(message => message.isConnected)") == [True, True]  # an older message is not drawn anew
    seen = page.evaluate("window.seen")
    assert seen["mutations"] >= 60
    assert (seen["most"], seen["shrank"], seen["length"]) == (1, 0, 60)


def test_question_and_answer_stay_in_the_place_in_which_they_were_drawn_alone(page: Page) -> None:
    """Nothing of them is mounted anew when the page is drawn with them, nor is what beats: loading it would hold up the answer."""
    ask(page, "first")
    gate = Gate()
    send(page, on([Text("half "), Hold(gate), Text("whole")]))
    expect(messages(page).last).to_contain_text("half ▌")
    page.evaluate("""() => {
      window.drawn = [...document.querySelectorAll('[data-testid=stChatMessageContent], .st-key-heart iframe')];
      for (const frame of document.querySelectorAll('iframe')) frame.addEventListener('load', () => window.drawn.push(document.createElement('i')));
    }""")
    gate.open()
    ended(page)
    expect(messages(page).last).to_have_text("half whole")
    assert page.evaluate("window.drawn.map(drawn => drawn.isConnected)") == [True] * 5
    ask(page, "and then?")
    assert page.evaluate("window.drawn.map(drawn => drawn.isConnected)") == [True] * 5


def test_the_draft_survives_and_new_input_replaces_the_answer(page: Page, server: GeminiServer) -> None:
    """Draft, caret and focus live through the beats; sending stops the first answer as far as it got, for page and model."""
    word = on([step for n in range(2_000) for step in (Text(f"c{n}; "), Wait(0.05))])
    send(page, f"{word} go")
    expect(messages(page).last).to_contain_text("c3;")
    box(page).press_sequentially("my draft", delay=30)
    box(page).press("ArrowLeft")
    expect(messages(page).last).to_contain_text("c120;")  # three beats
    assert box(page).input_value() == "my draft"
    assert page.evaluate("[document.activeElement.dataset.testid, document.activeElement.selectionStart]") == ["stChatInputTextArea", 7]
    box(page).press("Enter")
    ended(page)
    expect(messages(page).last).to_contain_text("You said: my draft")
    stopped = messages(page).nth(1).inner_text()
    assert "Stopped." in stopped
    first = next(request for request in server.requests if request.asked.said == f"{word} go")
    assert server.wait_for(lambda _: first.hung_up is not None)
    remembered = server.requests[-1].asked.contents[1][1]
    assert remembered.split() == stopped.replace("Stopped.", "").split()


def test_stop_keeps_the_text_and_the_conversation_goes_on(page: Page, server: GeminiServer) -> None:
    """The Stop button ends the model's stream at once."""
    gate = Gate()
    word = on([Text("so far "), Hold(gate)])
    send(page, word)
    expect(messages(page).last).to_contain_text("so far")
    page.get_by_role("button", name="Stop").click()
    ended(page)
    expect(messages(page).last).to_contain_text("Stopped.")
    assert server.wait_for(lambda made: made.requests[-1].hung_up is not None)
    ask(page, "next")
    assert server.requests[-1].asked.contents == [("user", word), ("model", "so far "), ("user", "next")]
    send(page, on([Text("once more "), Hold(Gate())]))
    expect(messages(page).last).to_contain_text("once more")
    page.keyboard.press("Escape")
    ended(page)
    expect(messages(page).last).to_contain_text("Stopped.")


def test_stop_does_not_wait_for_a_tool(page: Page, server: GeminiServer) -> None:
    """A tool that blocks is let go: its line says so, and the model is told before the next message."""
    word = on([Text("Looking. "), Call("block_for_long")])
    send(page, word)
    expect(messages(page).last).to_contain_text("block_for_long …")
    page.get_by_role("button", name="Stop").click()
    ended(page)
    expect(messages(page).last).to_contain_text("block_for_long · stopped")
    ask(page, "next")
    expect(messages(page).last).to_contain_text("You said: next")
    assert [text for _, text in server.requests[-1].asked.contents][2:] == ["<result block_for_long>", "next"]


def test_a_tool_step_is_a_line_that_opens_and_stays_open(page: Page) -> None:
    """ "find_times · 0.3 s": arguments and result inside; open, it lives through the answer's end."""
    gate = Gate()
    send(
        page,
        on(
            lambda asked: (
                [Text("At "), Hold(gate), Text("19:00.")]
                if asked.after_tool
                else [Text("Let me see. "), Call("find_times", {"day": "Friday"})]
            )
        ),
    )
    line = page.get_by_text(re.compile(r"find_times · 0\.\d s"))
    line.click()
    result = page.get_by_text("Friday 19:00")
    expect(result).to_be_visible()
    gate.open()
    ended(page)
    expect(messages(page).last).to_contain_text("At 19:00.")
    expect(result).to_be_visible()


def test_nothing_that_is_written_runs_or_fetches(page: Page) -> None:
    """HTML, images, LaTeX, control characters, right-to-left text: shown, by the user and by the model."""
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(10)
        host = f"127.0.0.1:{trap.getsockname()[1]}"
        shown = [f"<img src=http://{host}/a onerror=alert(1)>", "<script>window.hacked=1</script>", "$5 and $6", "שלום", "🎉 👩‍👩‍👧"]
        nasty = " ".join([*shown, f"![x](http://{host}/b)", "\x07\x1b[31m"])
        bad: list[str] = []
        page.on("request", lambda request: bad.append(request.url) if host in request.url else None)
        page.on("dialog", lambda dialog: bad.append(dialog.message))
        ask(page, f"{on([Text(nasty)])} {nasty}")
        for message in messages(page).all():
            for part in shown:
                expect(message).to_contain_text(part)
        assert page.evaluate("window.hacked") is None
        assert bad == []
        page.evaluate("url => { new Image().src = url }", f"http://{host}/control")
        with trap.accept()[0] as caught:  # the first connection of all is our own: the trap works, and nothing else fell in
            assert caught.recv(100).startswith(b"GET /control ")


def test_submissions_into_running_streams_are_neither_lost_nor_doubled_nor_cut(page: Page, server: GeminiServer) -> None:
    """As fast as the page takes them; at the end the model's request holds each, once, in order."""
    word = on([step for n in range(5_000) for step in (Text(f"c{n} "), Wait(0.01))])
    texts = [f"{word} number {n} of many" for n in range(SUBMISSIONS)]
    for text in texts:
        send(page, text)
        shown = messages(page).get_by_text(text, exact=True)
        where = f"in the input: {box(page).input_value()!r}; asked: {[request.asked.said for request in server.requests[-2:]]}"
        expect(shown, where).to_have_count(1)
    send(page, "the end")
    expect(messages(page).get_by_text("You said: the end")).to_be_visible()
    ended(page)
    said = [text for role, text in server.requests[-1].asked.contents if role == "user"]
    assert said == [*texts, "the end"]
    page.get_by_role("button", name="Show earlier messages").click()
    expect(messages(page).nth(39)).to_be_visible()
    drawn = [text.strip() for text in messages(page).all_inner_texts()[::2]]
    assert len(drawn) > 20
    assert drawn == said[-len(drawn) :]


def test_no_message_is_lost_where_one_run_of_the_page_ends_and_another_begins(
    context: BrowserContext, server: GeminiServer, tmp_path: Path
) -> None:
    """With those points of Streamlit's made slow; see the agent."""
    environ = page_environment(server, VIBEHUNTR_AGENT=str(ROOT / "tests" / "slow_page_agent"), PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}")
    with serving(environ, tmp_path / "log") as served:
        page = opened(context, served.url)
        for number in range(12):
            ask_in_long(page, number)
        ended(page)
        page.close()


def test_a_long_history_is_drawn_from_its_end_and_older_ones_on_demand(page: Page) -> None:
    """A window of the last messages; the control brings the others back, in order."""
    for number in range(30):
        ask_in_long(page, number)
    ended(page)
    for count in (20, 40):
        expect(messages(page)).to_have_count(count)
        page.get_by_role("button", name=f"Show earlier messages ({60 - count})").click()
    expect(messages(page)).to_have_count(60)
    questions = [text.strip() for text in messages(page).all_inner_texts()[::2]]
    assert questions == [f"item {n}" for n in range(30)]


def test_old_messages_leave_at_once_when_the_window_moves(page: Page) -> None:
    """The answer that streams is the last message, and no message stands twice, also when older ones are put away."""
    for number in range(19):
        ask_in_long(page, number)
    ended(page)
    gate = Gate()
    send(page, on([Text("held "), Hold(gate)]))
    expect(messages(page).get_by_text("held ▌")).to_be_visible()
    expect(messages(page).last).to_have_text("held ▌", timeout=2_000)  # a run drains for 6 s
    texts = messages(page).all_inner_texts()
    assert sorted(texts) == sorted(set(texts))
    gate.open()


def ask_in_long(page: Page, number: int) -> None:
    send(page, f"item {number}")
    expect(messages(page).get_by_text(f"You said: item {number}", exact=True)).to_have_count(1)


def test_a_suggestion_can_be_clicked_and_leaves_with_the_first_screen(page: Page) -> None:
    """Four of them; none is left beside the answer while it streams."""
    gate = Gate()
    REPLIES["What"] = lambda _: [Text("I can "), Hold(gate), Text("plan.")]
    buttons = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name=re.compile("[?.]$"))
    expect(buttons).to_have_count(4)
    page.get_by_role("button", name="What can you do?").dblclick()
    expect(messages(page).last).to_contain_text("I can")
    expect(buttons).to_have_count(0)
    gate.open()
    ended(page)
    expect(messages(page).last).to_contain_text("I can plan.")
    expect(messages(page)).to_have_count(2)  # a double click asks once


def test_a_phone_shows_the_input_and_scrolls_only_downwards(browser: Browser, url: str) -> None:
    """390 pixels wide: nothing stands over the edge."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = opened(context, url)
    gate = Gate()
    send(page, on([Text("word " * 100 + "x" * 300), Hold(gate)]))
    expect(messages(page).last).to_contain_text("▌")
    expect(page.get_by_role("button", name="Stop")).to_be_in_viewport()
    gate.open()
    ended(page)
    expect(box(page)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert messages(page).last.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    context.close()


def test_the_page_follows_the_answer(page: Page) -> None:
    """The last words are in view as they come."""
    gate = Gate()
    lines = [Text(f"line {n}\n\n") for n in range(80)]
    send(page, on([*lines[:60], Text("held"), Hold(gate), Text("\n\n"), *lines[60:]]))
    expect(page.get_by_text("held ▌")).to_be_in_viewport()
    gate.open()
    ended(page)
    expect(page.get_by_text("line 79", exact=True)).to_be_in_viewport()


LET_GO = """() => new Promise((done) => {
  const off = () => stMain.scrollHeight - stMain.clientHeight - stMain.scrollTop;
  let since = 0;
  const beat = setInterval(() => {
    if (off() < 300) (since = Date.now()), (stMain.scrollTop = stMain.scrollHeight - stMain.clientHeight - 400);
    else if (Date.now() - since > 1_000) clearInterval(beat), done();
  }, 200);
})"""  # scroll until Streamlit leaves it so


@pytest.mark.parametrize("by_hand", [False, True], ids=["by itself", "by the reader"])
def test_who_has_not_scrolled_stands_at_the_end_of_the_answer(page: Page, by_hand: bool) -> None:
    """Streamlit lets go when the page has scrolled by itself, as it may when something above shrinks; a reader is left where they went."""
    gate = Gate()
    ask(page, on([Text("line\n\n" * 60)]))
    send(page, on([Text("first "), Hold(gate), Text("last")]))
    expect(messages(page).last).to_contain_text("first ▌")
    page.wait_for_function("stMain.scrollHeight - stMain.clientHeight - stMain.scrollTop < 2")
    page.evaluate(LET_GO)
    if by_hand:
        page.mouse.move(700, 300)
        page.mouse.wheel(0, -100)
        page.wait_for_function("stMain.scrollHeight - stMain.clientHeight - stMain.scrollTop > 450")
    gate.open()
    ended(page)
    page.evaluate("new Promise((done) => setTimeout(done, 2_000))")  # what follows an answer has been
    assert page.evaluate("stMain.scrollHeight - stMain.clientHeight - stMain.scrollTop > 300") is by_hand


def test_two_users_do_not_see_each_other(browser: Browser, page: Page, url: str) -> None:
    """Another browser is another user."""
    ask(page, "a private plan")
    context = browser.new_context()
    other = opened(context, url)
    expect(other.get_by_text("None yet.")).to_be_visible()
    ask(other, "my own plan")
    expect(other.get_by_text("a private plan")).to_have_count(0)
    ask(page, "go on")
    expect(page.get_by_text("my own plan")).to_have_count(0)
    context.close()


def test_the_page_counts_on_nothing_that_the_browser_may_have_dropped(context: BrowserContext, url: str) -> None:
    """Streamlit's cache of messages is off: one that had just been dropped ended the connection ("Cached ForwardMsg MISS")."""
    runs: list[int] = []

    def note(frame: bytes | str) -> None:
        message = BackMsg.FromString(frame if isinstance(frame, bytes) else b"")
        if message.HasField("rerun_script"):
            runs.append(len(message.rerun_script.cached_message_hashes))

    context.on("page", lambda page: page.on("websocket", lambda socket: socket.on("framesent", note)))
    page = opened(context, url)
    ask(page, on([Text("long " * 4_000)]))
    page.get_by_role("button", name="New conversation").click()
    expect(messages(page)).to_have_count(0)
    assert len(runs) > 1 and set(runs) == {0}
