"""How the page looks, in light and in dark, and that nothing of it comes from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from browsing import ROOT, ask, drawing_environment, messages, opened, send, serving
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

ANSWERED = "A table and code\n\n| who | when |\n|---|---|\n| Anna | 7 |\n\n```python\nprint(1)\n```\n\n[link](https://example.com)"
DRAWN = "heatmap votes ranked timeline venues"
CONTRASTS = """() => {
  const brightness = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = brightness(getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor);
  return [...document.querySelectorAll('[class*=st-key-drawing-] svg.marks :is(.role-axis-label, .role-legend-label, .role-axis-title) text')].map(text => {
    const ink = brightness(getComputedStyle(text).fill);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  });
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(drawing_environment(), tmp_path_factory.mktemp("page") / "log") as served:
        yield served.url


@pytest.fixture(params=["light", "dark"])
def themed(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1200, "height": 900}, color_scheme=request.param)
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.mark.browser
def test_nothing_is_fetched_from_elsewhere(context: BrowserContext, url: str) -> None:
    """From the first screen to a table, code, a link and every drawing; the page's icon too."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    context.on("request", note)
    page = opened(context, url)
    expect(page.get_by_role("heading", name="What would you like to plan today?")).to_be_visible()
    ask(page, ANSWERED)
    expect(messages(page).last.get_by_role("table")).to_be_visible()
    expect(messages(page).last.locator("pre")).to_contain_text("print(1)")
    ask(page, f"show {DRAWN}")
    expect(page.locator("svg.marks")).to_have_count(4)
    icons = page.evaluate("[...document.querySelectorAll('link[rel~=icon]')].map(link => link.href)")
    assert icons and all(icon.startswith("data:image/svg+xml") for icon in icons)
    assert len(asked) > 20
    assert {urlsplit(one).hostname for one in asked if not one.startswith(("data:", "blob:"))} == {"127.0.0.1"}


@pytest.mark.browser
def test_the_name_and_the_faces_are_our_own_and_drawings_can_be_read(themed: BrowserContext, url: str) -> None:
    """A logo, a picture beside each message, none of Streamlit's; WCAG AA for the words on axes and in legends."""
    page = opened(themed, url)
    expect(page).to_have_title("Vibehuntr")
    expect(page.get_by_test_id("stSidebarLogo")).to_be_visible()
    ask(page, f"show {DRAWN}")
    expect(page.get_by_test_id("stChatMessageAvatarImage")).to_have_count(2)
    expect(page.locator("[data-testid=stChatMessageAvatarUser], [data-testid=stChatMessageAvatarAssistant]")).to_have_count(0)
    expect(page.locator("svg.marks")).to_have_count(4)
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 20
    assert min(contrasts) >= 4.5


@pytest.mark.browser
def test_the_browser_understands_every_selector(context: BrowserContext, url: str) -> None:
    """One that it does not takes its rule with it, and nothing says so."""
    sheet = re.sub(r"/\*.*?\*/", "", (ROOT / "playground" / "look.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    found = [selector.strip() for selector in re.findall(r"([^{}]+)\{", sheet)]
    selectors = [selector for selector in found if selector[0] != "@" and not selector[0].isdigit()]
    assert len(selectors) > 100
    page = opened(context, url)
    unknown = page.evaluate(
        "all => all.filter(one => { try { document.querySelector(one); } catch { return true; } return false; })", selectors
    )
    assert unknown == []


@pytest.mark.browser
def test_nothing_above_the_input_takes_room(context: BrowserContext, url: str) -> None:
    """What is there for the keys alone, and Stop, which floats."""
    page = opened(context, url)
    ask(page, "anything")
    expect(page.locator(".st-key-edit-last button")).to_be_enabled()
    block, field = (page.locator(one).bounding_box() for one in ("[data-testid=stBottomBlockContainer]", ".st-key-prompt"))
    assert block and field
    assert field["y"] - block["y"] <= 9  # its padding


@pytest.mark.browser
def test_stop_takes_no_room_and_stands_over_the_input(page_running: Page) -> None:
    """Above the input, in the middle; the input does not move when an answer ends."""
    stop, box = page_running.get_by_role("button", name="Stop"), page_running.get_by_test_id("stChatInput")
    before = box.bounding_box()
    where = stop.bounding_box()
    assert before and where
    assert where["y"] + where["height"] <= before["y"]
    assert abs(where["x"] + where["width"] / 2 - before["x"] - before["width"] / 2) < 2
    stop.click()
    expect(stop).to_be_hidden()
    assert box.bounding_box() == before


@pytest.mark.browser
def test_stop_appears_with_its_word(context: BrowserContext, url: str) -> None:
    """In the same frame: what is inherited in a transition, however short, reaches each element in it a frame later."""
    page = opened(context, url)
    page.emulate_media(reduced_motion="reduce")
    ask(page, "anything")
    page.evaluate(WATCH_STOP)
    send(page, "slow known")
    expect(messages(page).last).to_contain_text(re.compile(r"c\d"))
    assert page.evaluate("window.seen") == ["stop_circle\n\nStop"]


WATCH_STOP = """() => {
  window.seen = [];
  const button = document.querySelector(".st-key-stop button");
  const look = () => {
    if (button.checkVisibility({visibilityProperty: true}) && !window.seen.includes(button.innerText)) window.seen.push(button.innerText);
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture
def page_running(context: BrowserContext, url: str) -> Page:
    page = opened(context, url)
    send(page, "slow known")
    expect(messages(page).last).to_contain_text(re.compile(r"c\d"))
    return page


def test_no_tag_stands_in_the_stylesheet() -> None:
    """Streamlit's sanitizer drops a stylesheet with one, in a data URL too."""
    assert "<" not in (ROOT / "playground" / "look.css").read_text()
