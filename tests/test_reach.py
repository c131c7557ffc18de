"""Who can use the page: axe-core finds nothing serious, all is reached by keyboard, on a phone and at 400%, and answers are read out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import LISTEN, ask, box, drawing_environment, ended, messages, opened, send, serving
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser

WIDE, PHONE, ZOOMED = (1200, 900), (390, 844), (320, 256)  # the last is 1280 x 1024 at 400%
WRITTEN = "Look\n\n| who | when |\n|---|---|\n| Anna | 7 |\n\n```python\nprint(1)  # one\n```\n\n# Title\n\n[link](https://example.com), `code`\n\n> quote"
FOCUSED = (
    "() => (document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || document.activeElement.id).trim()"
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(drawing_environment(), tmp_path_factory.mktemp("page") / "log") as served:
        yield served.url


@pytest.fixture
def seen(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a certain size, in light or in dark; no animation is waited for."""
    (width, height), scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield opened(context, url)
    context.close()


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    context.add_init_script(LISTEN)
    return opened(context, url)


def shut_out(page: Page) -> list[str]:
    """Say what axe finds that shuts people out. Nothing of Streamlit's is let through: there is nothing that had to be."""
    found = Axe().run(page).response["violations"]
    serious = [violation for violation in found if violation["impact"] in ("serious", "critical")]
    return [f"{violation['id']}: {node['html'][:200]} {node['any']}" for violation in serious for node in violation["nodes"]]


def toggle_sidebar(page: Page) -> None:
    """Open or close the sidebar, and wait until it has moved."""
    sidebar = page.get_by_test_id("stSidebar")
    is_closed = sidebar.get_attribute("data-collapsed") == "true"
    button = page.get_by_test_id("stExpandSidebarButton" if is_closed else "stSidebarCollapseButton")
    (button if is_closed else button.get_by_role("button")).click()
    expect(sidebar).to_have_attribute("data-collapsed", "false" if is_closed else "true")


def talk_of_everything(page: Page) -> None:
    """Have an answer with a table, code and a link, one with tool steps and drawings, one that failed, and a question to answer."""
    ask(page, WRITTEN)
    ask(page, "show heatmap votes venues known")
    expect(page.locator("svg.marks")).to_have_count(3)
    page.get_by_text("show · ").first.click()
    page.get_by_text("As text").first.click()
    ask(page, "fail")
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    ask(page, "forget diet")


def work_with_it(page: Page) -> None:
    """Have a thumb and its word, another version, what differs, a message being edited."""
    bars = page.locator("[class*='st-key-message-assistant-']")
    bars.last.get_by_role("button", name="Thumbs up").click()
    expect(bars.last.get_by_role("button", name="Say more")).to_be_visible()
    bars.first.get_by_role("button", name="Another answer").click()
    expect(bars.first).to_contain_text("2 of 2")
    ended(page)
    page.locator("[class*='st-key-message-user-']").first.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Edit your message")).to_be_visible()
    bars.first.get_by_role("button", name="What differs").click()
    expect(page.get_by_test_id("stPopoverBody")).to_contain_text("No difference")


@pytest.mark.parametrize("seen", list(product((WIDE, PHONE), ("light", "dark"))), indirect=True, ids=lambda seen: f"{seen[0][0]}-{seen[1]}")
def test_axe_finds_nothing_that_shuts_people_out(seen: Page) -> None:
    """First screen; everything that a conversation may hold; sidebar open and closed; a running answer."""
    expect(seen.get_by_role("heading", level=1)).to_be_visible()
    assert shut_out(seen) == []
    talk_of_everything(seen)
    assert shut_out(seen) == []
    work_with_it(seen)
    assert shut_out(seen) == []
    seen.keyboard.press("Escape")
    toggle_sidebar(seen)
    send(seen, "slow known")
    expect(messages(seen).last).to_contain_text("c1 ")
    assert shut_out(seen) == []


@pytest.mark.parametrize("seen", [(PHONE, "light"), (ZOOMED, "light")], indirect=True, ids=["phone", "400%"])
def test_nothing_stands_over_the_edge(seen: Page) -> None:
    """No scrolling sideways; the input takes a message, and there is room left to read."""
    width = seen.evaluate("innerWidth")
    expect(seen.get_by_role("heading", level=1)).to_be_visible()
    assert seen.evaluate("Math.max(document.documentElement.scrollWidth, stMain.scrollWidth)") <= width
    ask(seen, WRITTEN)
    ask(seen, "show heatmap")
    expect(seen.locator("svg.marks")).to_have_count(1)
    seen.wait_for_function("stMain.scrollHeight - stMain.clientHeight - stMain.scrollTop < 2")  # it has followed the answer
    assert seen.evaluate("Math.max(document.documentElement.scrollWidth, stMain.scrollWidth)") <= width
    box(seen).fill("can be typed")
    expect(box(seen)).to_be_in_viewport(ratio=1)
    bar, bottom = seen.get_by_test_id("stHeader").bounding_box(), seen.get_by_test_id("stBottom").bounding_box()
    assert bar and bottom and bottom["y"] - bar["y"] - bar["height"] >= 64


def test_everything_is_reached_by_keyboard(page: Page) -> None:
    """Tab leads from the top of the page through the sidebar and the suggestions to the input; each can be seen to have the focus."""
    expect(page.get_by_test_id("stSidebarCollapseButton").get_by_role("button")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    reached: list[str] = []
    while len(reached) < 40 and "What would you like to plan today?" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    for wanted in ("Collapse sidebar", "New conversation", "What can you do?", "How do I start?", "What would you like to plan today?"):
        assert any(wanted in name for name in reached), reached
    page.get_by_role("button", name="What can you do?").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    look = page.evaluate("(({outlineStyle, boxShadow}) => [outlineStyle, boxShadow])(getComputedStyle(document.activeElement))")
    assert look != ["none", "none"]


def test_stop_is_one_step_from_the_input(page: Page) -> None:
    """Shift+Tab and Enter, without a mouse; then the focus is still somewhere that can be gone on from."""
    send(page, "slow known")
    expect(messages(page).last).to_contain_text("c1 ")
    box(page).press("Shift+Tab")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.keyboard.press("Enter")
    ended(page)
    page.keyboard.press("Tab")
    expect(box(page)).to_be_focused()


def test_an_answer_is_read_out_once_at_its_end(page: Page) -> None:
    """Not while it streams, not for a reload, not for another conversation; the log itself is silent."""
    send(page, "slow known")
    expect(messages(page).last).to_contain_text("c3 ")
    assert page.evaluate("said") == []
    page.get_by_role("button", name="Stop").click()
    ended(page)
    page.wait_for_function("said.length > 0")
    ask(page, "hello")
    page.wait_for_function("said.length > 1")
    page.get_by_role("button", name="New conversation").click()
    expect(messages(page)).to_have_count(0)
    page.get_by_test_id("stSidebar").get_by_role("link", name="slow known").click()
    expect(messages(page)).to_have_count(4)
    said = page.evaluate("said")
    assert len(said) == 2 and said[0].endswith("Stopped.") and said[1] == "You said: hello"
    page.reload()
    expect(page.get_by_role("log", name="Conversation").get_by_role("article", name="Vibehuntr")).to_have_count(2)
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    assert page.evaluate("said") == []


def test_what_began_before_a_reload_is_read_out_at_its_end(page: Page) -> None:
    """The page that comes back waits for it like the one before."""
    send(page, "slow known")
    expect(messages(page).last).to_contain_text("c3 ")
    page.reload()
    expect(messages(page).last).to_contain_text("c3 ")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function("said.length > 0")
    assert [text[-8:] for text in page.evaluate("said")] == ["Stopped."]
