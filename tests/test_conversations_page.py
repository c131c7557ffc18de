"""Working with conversations in headless Chromium: list, branches, search, export, import, files, feedback, keys; on each store."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Served, ask, box, ended, messages, on, opened, page_environment, send, serving
from gemini_server import GeminiServer
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect
from scripted_llm import Call, Gate, Hold, Text

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def served(request: pytest.FixtureRequest, server: GeminiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("page")
    kept = {"VIBEHUNTR_SESSIONS": f"sqlite:///{folder / 'talks.db'}"} if request.param == "sqlite" else {}
    with serving(page_environment(server, **kept), folder / "log") as made:
        yield made


@pytest.fixture
def page(context: BrowserContext, served: Served) -> Page:
    return opened(context, served.url)


def sidebar(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar")


def texts(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in messages(page).all_inner_texts()]


def bar(page: Page, number: int) -> Locator:
    """A message, from 0, with the row under it."""
    return page.locator("[class*='st-key-message-']").nth(number)


def click(page: Page, number: int, name: str) -> None:
    bar(page, number).get_by_role("button", name=name).click()


def menu(page: Page) -> None:
    """Open what can be done with the open conversation."""
    sidebar(page).get_by_role("button", name="More").click()


def test_a_conversation_is_renamed_pinned_deleted_and_brought_back(page: Page) -> None:
    """In the list, at once, and after a reload."""
    first, second = on([Text("one")]), on([Text("two")])
    ask(page, first)
    page.get_by_role("button", name="New conversation").click()
    expect(messages(page)).to_have_count(0)
    ask(page, second)
    menu(page)
    page.get_by_label("Title").fill("Our evening")
    page.get_by_label("Title").press("Enter")
    expect(sidebar(page).get_by_role("link", name="Our evening")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_count(1)  # until the run ends, the one with the old title is there too
    expect(page.get_by_label("Title")).to_have_value("Our evening")
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()
    page.keyboard.press("Escape")
    sidebar(page).get_by_role("link", name=first).press("Enter")
    expect(messages(page).first).to_have_text(first)
    expect(sidebar(page).get_by_role("link", name=first)).to_be_focused()
    ask(page, on([Text("newer")]))
    expect(sidebar(page).get_by_role("link").first).to_contain_text("Our evening")
    menu(page)
    page.get_by_role("button", name="Delete this conversation").click()
    expect(messages(page)).to_have_count(0)
    expect(sidebar(page).get_by_role("link", name=first)).to_have_count(0)
    sidebar(page).get_by_role("button", name="Undo").click()
    expect(messages(page)).to_have_count(4)
    page.reload()
    expect(sidebar(page).get_by_role("link", name="Our evening")).to_be_visible()


def test_an_edit_makes_a_branch_and_the_switch_goes_between(page: Page, server: GeminiServer) -> None:
    """Another answer too; what is left stays as it is; a reload shows the open branch."""
    first, second = on([Text("one")]), on([Text("two")])
    ask(page, first)
    ask(page, second)
    click(page, 2, "Edit")
    other = on([Text("zwei")])
    page.get_by_label("Edit your message").fill(f"{other} please")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(messages(page).last).to_have_text("zwei")
    ended(page)
    assert texts(page) == [first, "one", f"{other} please", "zwei"]
    expect(bar(page, 2)).to_contain_text("2 of 2")
    click(page, 2, "Previous version")
    expect(messages(page).last).to_have_text("two")
    assert texts(page) == [first, "one", second, "two"]
    click(page, 1, "Another answer")
    ended(page)
    expect(bar(page, 1)).to_contain_text("2 of 2")
    assert texts(page) == [first, "one"]
    assert server.requests[-1].asked.contents == [("user", first)]
    page.reload()
    expect(bar(page, 1)).to_contain_text("2 of 2")
    click(page, 1, "Previous version")
    expect(messages(page)).to_have_count(4)


def test_an_edit_replaces_the_running_answer(page: Page) -> None:
    """What had come of it stays in its own branch."""
    gate = Gate()
    held = on([Text("so far "), Hold(gate), Text("never")])
    send(page, held)
    expect(messages(page).last).to_contain_text("so far ▌")
    click(page, 0, "Edit")
    other = on([Text("other")])
    page.get_by_label("Edit your message").fill(other)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(messages(page).last).to_have_text("other")
    ended(page)
    click(page, 0, "Previous version")
    expect(messages(page).last).to_contain_text("so far")
    assert texts(page) == [held, "so far Stopped."]


def test_what_came_after_an_edited_message_is_gone_while_the_answer_comes(page: Page) -> None:
    """At once, not at the end of the answer."""
    first, gate = on([Text("one")]), Gate()
    for word in (first, on([Text("two")]), on([Text("three")])):
        ask(page, word)
    click(page, 0, "Edit")
    held = on([Text("so far "), Hold(gate), Text("done")])
    page.get_by_label("Edit your message").fill(held)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(messages(page).nth(1)).to_contain_text("so far ▌")
    expect(messages(page)).to_have_count(2)
    gate.open()
    ended(page)
    assert texts(page) == [held, "so far done"]


def test_a_branch_goes_into_a_new_conversation(page: Page) -> None:
    """The old one is untouched."""
    first, second = on([Text("one")]), on([Text("two")])
    ask(page, first)
    ask(page, second)
    address = page.url
    click(page, 1, "Branch off")
    expect(messages(page)).to_have_count(2)
    expect(page).not_to_have_url(address)
    expect(sidebar(page).get_by_role("link", name=f"{first} (branch)")).to_be_visible()
    page.goto(address)
    expect(messages(page)).to_have_count(4)


CLICK_IN_A_BEAT = """label => {
  const button = [...parent.document.querySelectorAll('button')].find(button => button.innerText.includes(label));
  const click = event => {
    if (event.data.type !== 'streamlit:setComponentValue') return;
    parent.removeEventListener('message', click, true);
    button.click();
  };
  parent.addEventListener('message', click, true);
  parent.postMessage({isStreamlitMessage: true, type: 'streamlit:setComponentValue', value: -1, dataType: 'json'}, '*');
}"""  # for the frame of the idle page's beat


def test_a_click_in_the_very_moment_of_a_beat_is_seen(page: Page) -> None:
    """The browser sends both as one request of the beat's fragment, which alone is run: the page looks what was chosen."""
    ask(page, on([Text("yes")]))
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    (beat,) = [frame for frame in page.frames if "autorefresh" in frame.url]
    beat.evaluate(CLICK_IN_A_BEAT, "Edit last")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    assert any("fragmentId" in text for text in told)


def search(page: Page, words: str) -> None:
    sidebar(page).get_by_label("Search conversations").fill(words)
    sidebar(page).get_by_label("Search conversations").press("Enter")


def test_search_finds_the_message_and_leads_to_it(page: Page, context: BrowserContext, served: Served) -> None:
    """In another conversation, in a branch that is not open; marked; nobody else's."""
    first = on([Text("one")])
    ask(page, f"{first} with Xylophone")
    click(page, 0, "Edit")
    page.get_by_label("Edit your message").fill(f"{first} with Zither")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(messages(page).first).to_contain_text("Zither")
    ended(page)
    page.get_by_role("button", name="New conversation").click()
    search(page, "xylo")
    hit = page.locator(".st-key-hits").get_by_role("button", name="Xylophone").last
    expect(hit.locator("span[class*='stMarkdownColoredBackground'], span[style*='background']").first).to_be_visible()
    hit.click()
    expect(messages(page).first).to_contain_text("Xylophone")
    expect(bar(page, 0)).to_contain_text("1 of 2")
    search(page, "nothingofthekind")
    expect(sidebar(page).get_by_text("Nothing found.")).to_be_visible()


def test_an_early_message_of_a_long_conversation_is_shown_without_drawing_all(page: Page) -> None:
    """A few messages around it, and the way back."""
    word = on([Text("yes")])
    ask(page, f"{word} Quetzal")
    for number in range(20):
        send(page, f"{word} {number}")
        expect(messages(page).get_by_text(f"{word} {number}", exact=True)).to_be_visible()
        ended(page)
    expect(page.get_by_role("button", name="Show earlier messages")).to_be_visible()
    search(page, "quetzal")
    page.get_by_text("This one").click()
    page.locator(".st-key-hits").get_by_role("button", name="Quetzal").last.click()
    expect(page.locator(".st-key-glimpse").get_by_text(f"{word} Quetzal")).to_be_visible()
    page.get_by_role("button", name="Back to the end").click()
    expect(page.locator(".st-key-glimpse")).to_have_count(0)


def download(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("button", name=name).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_a_conversation_leaves_and_comes_back(page: Page, tmp_path: Path) -> None:
    """As Markdown in a zip, as an ADK session, as an eval case; and the session is imported. What is none is refused in words."""
    word = on([Text("an **answer**")])
    ask(page, f"{word} question")
    menu(page)
    with zipfile.ZipFile(download(page, "Export as Markdown", tmp_path)) as archive:
        (name,) = archive.namelist()
        assert "an **answer**" in archive.read(name).decode()
    exported = download(page, "Export as ADK session", tmp_path)
    assert len(json.loads(exported.read_text())["events"]) >= 2
    assert json.loads(download(page, "Export as ADK eval case", tmp_path).read_text())["eval_cases"]
    page.keyboard.press("Escape")
    address = page.url
    sidebar(page).get_by_text("Import a conversation").click()
    page.locator(".st-key-import input[type=file]").set_input_files(exported)
    expect(page).not_to_have_url(address)
    expect(messages(page)).to_have_text([f"{word} question", re.compile("an answer")])
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    page.locator(".st-key-import input[type=file]").set_input_files(broken)
    expect(page.get_by_test_id("stToast")).to_contain_text(re.compile("file", re.IGNORECASE))
    expect(messages(page)).to_have_count(2)


def attach(page: Page, *files: Path) -> None:
    """Give files to the input, one after another; what is sent before the upload has ended, Streamlit does not take."""
    for file in files:
        with page.expect_response(lambda response: "/upload_file/" in response.url and response.request.method == "PUT"):
            page.get_by_test_id("stChatInput").locator("input[type=file]").set_input_files(file)
        expect(page.get_by_text(file.name)).to_be_visible()
    expect(page.get_by_test_id("stChatInputSubmitButton")).to_be_enabled()


def test_files_go_with_a_message_and_are_shown_in_it(page: Page, server: GeminiServer, tmp_path: Path) -> None:
    """To the model as parts; after a reload too."""
    image, text = tmp_path / "pixel.png", tmp_path / "notes.txt"
    Image.new("RGB", (40, 30), "teal").save(image)
    text.write_text("Anna can at 7")
    word = on([Text("seen")])
    attach(page, image, text)
    ask(page, f"{word} look")
    for _ in range(2):
        expect(messages(page).first.get_by_role("img").first).to_be_visible()
        expect(messages(page).first.get_by_role("button", name="notes.txt")).to_be_visible()
        page.reload()
    assert "inlineData" in json.dumps(server.requests[-1].body)


def test_what_the_agent_makes_is_downloaded_from_its_message(page: Page, tmp_path: Path) -> None:
    """A picture is shown; both after a reload."""
    calls = [Call("make_file", {"name": "plan.txt"}), Call("make_file", {"name": "map.png"})]
    ask(page, on(lambda asked: [Text("There.")] if asked.after_tool else calls))
    page.reload()
    assert download(page, "plan.txt", tmp_path).read_bytes() == b"made"
    expect(messages(page).last.get_by_test_id("stImageCaption")).to_have_text("map.png")
    expect(messages(page).last.locator("img[src*='media']")).to_be_visible()


def test_a_file_that_cannot_be_sent_waits_with_the_text(page: Page, server: GeminiServer, tmp_path: Path) -> None:
    """The input says what kinds it takes; what is broken is refused in words before it is sent, and nothing is lost."""
    broken, whole = tmp_path / "broken.png", tmp_path / "notes.txt"
    broken.write_bytes(b"no picture")
    whole.write_text("Anna can at 7")
    asked = len(server.requests)
    attach(page, broken, whole)
    word = on([Text("read")])
    send(page, f"{word} look")
    expect(page.get_by_test_id("stToast")).to_contain_text("'broken.png' is empty, or it is not the kind")
    expect(box(page)).to_have_value(f"{word} look")
    page.get_by_role("button", name="broken.png waits").click()
    expect(page.get_by_role("button", name="broken.png waits")).to_have_count(0)
    assert len(server.requests) == asked
    box(page).press("Enter")
    expect(messages(page)).to_have_count(2)
    ended(page)
    expect(messages(page).first.get_by_role("button", name="notes.txt")).to_be_visible()
    expect(page.get_by_role("button", name="notes.txt waits")).to_have_count(0)


def test_feedback_is_kept(page: Page) -> None:
    """A thumb and a word, after a reload too."""
    ask(page, on([Text("one")]))
    bar(page, 1).get_by_role("button", name="Thumbs down").click()
    click(page, 1, "Say more")
    page.get_by_label("What was good or wrong about it?").fill("too short")
    page.get_by_label("What was good or wrong about it?").press("Enter")
    expect(bar(page, 1).get_by_role("button", name="Said more")).to_be_visible()
    page.reload()
    click(page, 1, "Said more")
    expect(page.get_by_label("What was good or wrong about it?")).to_have_value("too short")


def test_what_no_button_does_is_not_done(page: Page, served: Served) -> None:
    """Whoever changes what the browser says gets a page as before, and the log says so; a message that is not there is told of."""
    ask(page, on([Text("one")]))
    thumb = page.get_by_role("button", name="Thumbs up")
    for deed in (
        '["delete"]',
        '["rate","x"]',
        '["switch"]',
        "[]",
        '["edit",{"a":1}]',
        '["rate","x","1"]',
        '["branch_off","x"]',
        '["switch","x",1]',
        '["open","x"]',
    ):
        thumb.evaluate("(button, deed) => button.dataset.vibehuntrDo = encodeURIComponent(deed)", deed)
        thumb.click()
    expect(page.get_by_test_id("stToast").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    ask(page, on([Text("two")]))
    assert "no button does what the browser says" in served.log


def test_everything_has_its_key(page: Page) -> None:
    """Stop, edit the last, a new conversation: from within the input."""
    gate = Gate()
    ask(page, on([Text("whole")]))
    send(page, on([Text("so far "), Hold(gate)]))
    expect(messages(page).last).to_contain_text("so far ▌")
    menu(page)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()  # it has closed the menu, and that only
    box(page).press("Escape")
    ended(page)
    box(page).press("Alt+ArrowUp")
    expect(page.get_by_label("Edit your message")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    box(page).press("Control+Shift+O")
    expect(messages(page)).to_have_count(0)
