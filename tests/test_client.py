"""client.js in headless Chromium, on a page of its own (client_page.py): announcing, jumping, copying, keys; and what it is sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from browsing import LISTEN, ROOT, box, serving
from client_page import TEXTS
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Locator, Page, expect

from playground.client import Button, Link, client_data, list_html, row_html, spoken
from playground.turn_log import Message, plain_text

MARKED = "[...(CSS.highlights.get('vibehuntr') ?? [])].map(range => range.toString())"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    script = Path(__file__).with_name("client_page.py")
    with serving(environ, tmp_path_factory.mktemp("page") / "log", script=script) as served:
        yield served.url


@pytest.fixture(scope="module")
def page(browser: Browser, url: str) -> Iterator[Page]:
    """One page for all tests, which leave nothing behind that another minds."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(20_000)
    context.add_init_script(LISTEN)
    made = context.new_page()
    made.goto(url)
    expect(box(made)).to_be_visible()
    expect(copies(made)).to_have_count(len(TEXTS))
    expect(made.locator("#vibehuntr-status")).to_have_count(1)
    yield made
    context.close()


def copies(page: Page) -> Locator:
    return page.locator("button[data-vibehuntr-do*=copy]")


def click(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def until_marked(page: Page, texts: list[str]) -> None:
    page.wait_for_function(f"wanted => {MARKED}.join() === wanted", arg=",".join(texts))


@pytest.mark.browser
def test_a_finished_message_is_announced_once_and_cut(page: Page) -> None:
    """What is sent again with every run is said once; Markdown's signs are not read out."""
    page.evaluate("said.length = 0")
    for number in (1, 2, 3):
        click(page, "Say")
        expect(page.locator("#vibehuntr-status")).to_contain_text(f"answer {number}")
    click(page, "Nowhere")
    click(page, "Near")
    until_marked(page, ["Café", "cafe", "cafe"])
    assert [text.rstrip("x…") for text in page.evaluate("window.said")] == ["answer 1", "answer 2", "answer 3 "]
    assert page.evaluate("said.at(-1).length") == 501
    assert page.locator("[role=status]").count() == 1


@pytest.mark.browser
def test_a_jump_shows_the_place_and_marks_the_beginnings_of_words(page: Page) -> None:
    """Whatever their case and accents; also when the place appears later; no jump clears the marks."""
    click(page, "Far")
    until_marked(page, ["Eclair", "ÉCLAIR"])
    expect(page.locator(".st-key-far")).to_be_focused()
    expect(page.locator(".st-key-far")).to_be_in_viewport()
    click(page, "Late")
    until_marked(page, [])
    click(page, "Draw")
    until_marked(page, ["found"])
    click(page, "Again")
    until_marked(page, ["Café", "cafe", "cafe"])
    expect(page.locator(".st-key-near")).to_be_in_viewport()
    click(page, "Nowhere")
    until_marked(page, [])


@pytest.mark.browser
@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_a_text_is_copied_to_the_letter(page: Page, number: int) -> None:
    """Lines, quotes, HTML, ends of comments and styles, spaces at the end: through the sanitizer and back."""
    button = copies(page).nth(number)
    button.click()
    expect(button).to_have_attribute("aria-label", "Copied")
    expect(page.locator("#vibehuntr-status")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == TEXTS[number]


@pytest.mark.browser
def test_without_a_clipboard_it_copies_all_the_same(page: Page) -> None:
    """Over plain http there is none; the focus stays where it is."""
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})")
    copies(page).first.press("Enter")
    expect(copies(page).first).to_have_attribute("aria-label", "Copied")
    expect(copies(page).first).to_be_focused()
    expect(copies(page).first).to_have_attribute("aria-label", "Copy")
    page.evaluate("delete navigator.clipboard")
    assert page.evaluate("navigator.clipboard.readText()") == TEXTS[0]


@pytest.mark.browser
def test_a_click_in_a_row_is_told_and_keeps_the_focus(page: Page) -> None:
    """By keys too: the row that comes back has another button in its place."""
    thumb = page.get_by_role("button", name="Thumbs up")
    expect(thumb).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".vh-row").first).to_have_text("2 of <3>")
    for told, pressed in ((["rate", "t 1", "1"], "true"), (["rate", "t 1", ""], "true")):
        thumb.press("Enter")
        expect(page.get_by_text(f"told {told}")).to_be_visible()
        expect(thumb).to_have_attribute("aria-pressed", pressed)
        expect(thumb).to_be_focused()


@pytest.mark.browser
def test_a_conversation_in_the_list_is_a_link_whose_click_is_told(page: Page) -> None:
    """The focus stays with it when the list is drawn anew. With Ctrl it is the browser's: a tab of its own, and the page is told nothing."""
    first, second = (page.get_by_role("link", name=f"Talk <{name}> 2 d", exact=True) for name in ("a", 'b "1"'))
    for link, name in ((second, 'b "1"'), (first, "a")):
        link.press("Enter")
        expect(page.get_by_text(f"told {['open', name]}")).to_be_visible()
        expect(link).to_have_attribute("aria-current", "page")
        expect(link).to_be_focused()
    again = "link => link.replaceWith(link.cloneNode(true))"
    first.evaluate(again)
    expect(first).to_be_focused()
    page.get_by_text("searched").click()
    first.evaluate(again)
    page.evaluate("new Promise(frame => requestAnimationFrame(() => requestAnimationFrame(frame)))")
    expect(first).not_to_be_focused()
    with page.context.expect_page() as opened:
        second.click(modifiers=["Control"])
    assert opened.value.url.endswith("/?c=b%20%221%22")
    opened.value.close()
    expect(first).to_have_attribute("aria-current", "page")
    assert page.url.endswith("/")


@pytest.mark.browser
def test_before_anybody_listens_there_is_nothing_to_click(page: Page) -> None:
    """And while the server is away nothing can be clicked."""
    thumb = page.get_by_role("button", name="Thumbs up")
    expect(thumb).to_be_visible()
    page.evaluate("delete document.documentElement.dataset.vibehuntrHears")
    expect(thumb).to_be_hidden()
    page.evaluate("document.documentElement.dataset.vibehuntrHears = ''")
    expect(thumb).to_have_css("pointer-events", "auto")
    page.evaluate("document.querySelector('.stApp').setAttribute('data-test-connection-state', 'PINGING_SERVER')")
    expect(thumb).to_have_css("pointer-events", "none")
    page.evaluate("document.querySelector('.stApp').setAttribute('data-test-connection-state', 'CONNECTED')")


@pytest.mark.browser
def test_keys_find_the_search_and_the_input(page: Page) -> None:
    """Ctrl+K opens the sidebar if it has to, Escape empties the search and does nothing else, Ctrl+/ goes back to the input."""
    field = page.locator(".st-key-search input")
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    box(page).press("Control+k")
    expect(field).to_be_focused()
    field.fill("abc")
    field.press("Enter")
    expect(page.get_by_text("searched 'abc'")).to_be_visible()
    field.press("Escape")
    expect(page.get_by_text("searched ''")).to_be_visible()
    expect(page.get_by_text("Stop=0")).to_be_visible()
    field.press("Control+/")
    expect(box(page)).to_be_focused()


@pytest.mark.browser
def test_buttons_hear_their_shortcuts_while_one_types(page: Page) -> None:
    """Escape, Ctrl+Shift+O and Alt+Up; the draft and the focus stay."""
    box(page).fill("my draft")
    for count, key in enumerate(("Escape", "Control+Shift+O", "Alt+ArrowUp"), 1):
        box(page).press(key)
        expect(page.get_by_text(" ".join(f"{name}={int(n < count)}" for n, name in enumerate(("Stop", "New", "Edit"))))).to_be_visible()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("my draft")


@given(st.text())
def test_what_is_spoken_has_no_line_and_is_never_empty(text: str) -> None:
    """One line, whatever an answer says."""
    said = spoken(Message(2, "t", "assistant", plain_text(text)))
    assert said and "\n" not in said and "**" not in said


@given(st.text(), st.lists(st.text()), st.sampled_from([None, True, False]), st.booleans())
def test_a_deed_goes_through_html_to_the_letter(turn_id: str, deed: list[str], pressed: bool | None, disabled: bool) -> None:
    """Whatever stands in it; the words between buttons too."""
    parser = Attributes()
    parser.feed(row_html("user", turn_id, [Button("Label", "icon", deed, pressed, disabled), turn_id]))
    (row, button), words = parser.found, "".join(parser.words)
    assert unquote(row["data-vibehuntr-row"] or "") == f"user-{shown(turn_id)}"
    assert json.loads(unquote(button["data-vibehuntr-do"] or "")) == [shown(one) for one in deed]
    assert button.get("aria-pressed") == {None: None, True: "true", False: "false"}[pressed]
    assert ("disabled" in button) == disabled
    assert parsed(words) == parsed(turn_id)


@given(st.text(), st.text(), st.booleans())
def test_a_conversation_goes_through_html_to_the_letter(name: str, about: str, is_open: bool) -> None:
    """Its id in the address and in what is told, its title as its words."""
    parser = Attributes()
    parser.feed(list_html("c", [Link(name, name, "", "icon", about, is_open)]))
    _, link = parser.found
    assert unquote((link["href"] or "").removeprefix("?c=")) == shown(name)
    assert json.loads(unquote(link["data-vibehuntr-do"] or "")) == ["open", shown(name)]
    assert parsed(link.get("title") or "") == parsed(about)
    assert link.get("aria-current") == ("page" if is_open else None)
    assert parsed("".join(parser.words)) == parsed(name)


def parsed(text: str) -> str:
    """A text as HTML has it: every end of a line is the same."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def shown(text: str) -> str:
    """A text as it can be sent: half a surrogate pair cannot."""
    return text.encode(errors="replace").decode()


class Attributes(HTMLParser):
    """The attributes of a row and of what can be clicked in it, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "span":
            self.found.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_only_what_has_ended_is_announced() -> None:
    """And an end says how it came."""
    parts = plain_text("# So far\n\n- **one**\n- [two](https://example.com)\n\n```python\ncode\n```")
    assert client_data(Message(2, "t", "assistant", parts, "running"), None) == [None, None]
    assert spoken(Message(2, "t", "assistant", parts)) == "So far - one - two code"
    assert spoken(Message(2, "t", "assistant", parts, "cancelled")) == "So far - one - two code Stopped."
    assert spoken(Message(2, "t", "assistant", (), "failed", "It failed.")) == "It failed."
