"""What the planner's tools put on the page, in headless Chromium: questions before they act, drawings, the plan card."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import ROOT, Served, ask, box, ended, messages, opened, send, serving
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

pytestmark = pytest.mark.browser

DRAWN = "[class*='st-key-drawing-']"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("page")
    environ = {**os.environ, "VIBEHUNTR_AGENT": str(ROOT / "tests" / "drawing_agent"), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    with serving({**environ, "VIBEHUNTR_SESSIONS": f"sqlite:///{folder / 'talks.db'}"}, folder / "log") as made:
        yield made


@pytest.fixture
def page(context: BrowserContext, served: Served) -> Page:
    return opened(context, served.url)


def say(page: Page, label: str) -> Locator:
    return page.get_by_role("button", name=label, exact=True)


def last(page: Page) -> Locator:
    return messages(page).last


def texts(page: Page) -> list[str]:
    """Return what each message says, without the names of its icons and how long a tool took."""
    told = [" ".join(text.split()) for text in messages(page).all_inner_texts()]
    told = [re.sub(r"\b(help|download|notes|keyboard_arrow_right) ", "", text) for text in told]
    return [re.sub(r"\d\.\d s\b", "0.0 s", text) for text in told]


def heard(page: Page) -> None:
    """Wait for the end of the answer that goes on after a yes or no."""
    expect(messages(page)).to_have_count(3)
    ended(page)


def test_a_yes_does_it_once_and_a_reload_shows_the_same(page: Page) -> None:
    """A double click is one yes; the answer goes on in a message of its own, without one of the user's."""
    ask(page, "forget diet")
    expect(last(page)).to_contain_text("Person: Anna")
    say(page, "Yes, do it").dblclick()
    heard(page)
    assert texts(page)[1:] == [
        "I can forget that. Forget? you said yes",
        "You said yes. forget · 0.0 s There you are. Which one do you like?",
    ]
    expect(say(page, "Yes, do it")).to_have_count(0)
    last(page).get_by_text(re.compile("forget · ")).click()
    expect(last(page).get_by_text(re.compile(r"Forgotten, \d+\."))).to_have_count(1)
    before = texts(page)[:2]
    page.reload()
    expect(messages(page)).to_have_count(3)
    assert texts(page)[:2] == before


def test_the_form_outlives_a_reload_and_a_restart_and_a_no_is_a_no(page: Page, served: Served) -> None:
    """Asked, reloaded, killed, started again, refused."""
    ask(page, "forget diet")
    expect(say(page, "No")).to_be_visible()
    page.reload()
    expect(say(page, "No")).to_be_visible()
    served.kill()
    served.start()
    page.reload()
    expect(say(page, "No")).to_be_visible(timeout=30_000)
    say(page, "No").click()
    heard(page)
    assert texts(page)[1:] == ["I can forget that. Forget? you said no", "You said no. There you are. Which one do you like?"]


def test_of_two_tabs_the_first_counts_and_the_other_shows_it(page: Page, context: BrowserContext) -> None:
    """What one answers closes the form of the other; a click in the meantime is told so."""
    ask(page, "forget diet")
    second = opened(context, page.url)
    expect(say(second, "No")).to_be_visible()
    say(page, "Yes, do it").click()
    say(second, "No").click(force=True)
    for tab in (page, second):
        expect(messages(tab)).to_have_count(3)
        ended(tab)
    assert texts(page) == texts(second)
    said = {"You said yes." in texts(page)[2], "You said no." in texts(page)[2]}
    assert said == {True, False}


def test_something_else_typed_closes_the_form(page: Page) -> None:
    """The question stays, as not answered."""
    ask(page, "forget diet")
    ask(page, "hello")
    expect(say(page, "Yes, do it")).to_have_count(0)
    assert texts(page)[1:] == ["I can forget that. Forget? not answered", "hello", "You said: hello"]


def test_drawings_stand_beside_their_answer_fetch_nothing_and_outlive_a_reload(page: Page, served: Served) -> None:
    """Heat map, bars, timeline, map and matrix, facts, file: each there, each as text too, without an error in the browser."""
    bad: list[str] = []
    page.on("console", lambda message: bad.append(message.text) if message.text.startswith("ERROR") else None)
    page.on("request", lambda request: bad.append(request.url) if re.match(r"https?://(?!127\.0\.0\.1)", request.url) else None)
    for names, charts in (("heatmap votes", 2), ("ranked timeline venues", 3)):
        ask(page, f"show {names}")
        expect(last(page).get_by_test_id("stVegaLiteChart").locator("svg.marks")).to_have_count(charts)
    ask(page, "show known file nothing")
    expect(last(page).get_by_text("Anna · diet: vegan")).to_be_visible()
    with page.expect_download() as download:
        last(page).get_by_role("button", name="Download dinner.ics").click()
    assert Path(download.value.path()).read_text().startswith("BEGIN:VCALENDAR")
    assert download.value.suggested_filename == "dinner.ics"
    titles = page.locator(f"{DRAWN} strong").all_inner_texts()
    page.reload()
    expect(page.get_by_test_id("stVegaLiteChart").locator("svg.marks")).to_have_count(5)
    assert page.locator(f"{DRAWN} strong").all_inner_texts() == titles
    assert titles == ["Who can when", "Votes: food", "Votes: food", "The way: Friday 27 November 2026", "Places", "What I know"]
    for number, words in ((1, "Carla"), (3, "19:01 Ravintola Kosmos"), (3, "✗ no"), (5, "Download dinner.ics")):
        expect(messages(page).nth(number)).to_contain_text(words)
    expander = messages(page).nth(1).get_by_text("As text").first
    expander.click()
    expect(page.get_by_text("Friday 27 November 2026, 12:00 to 23:00 (Europe/Helsinki).")).to_be_visible()
    assert bad == []


LOOK = """selector => {
  const box = document.querySelector(selector);
  window.seen = {changes: 0, heights: [], empty: 0, box: box, drawn: box.querySelector('svg.marks')};
  new MutationObserver(() => { window.seen.changes += 1 }).observe(box, {childList: true, subtree: true});
  const look = () => {
    const height = Math.round(box.getBoundingClientRect().height);
    if (!window.seen.heights.includes(height)) window.seen.heights.push(height);
    if (!box.querySelector('svg.marks')) window.seen.empty += 1;
    requestAnimationFrame(look);
  };
  look();
}"""


def test_a_drawing_stays_as_it_is_while_the_answer_streams_on(page: Page) -> None:
    """The same node as long as the answer grows; at its end, and at the next question, it neither jumps nor is missing for a frame."""
    send(page, "slow heatmap")
    expect(page.locator(f"{DRAWN} svg.marks")).to_be_visible()
    page.evaluate(LOOK, DRAWN)
    expect(last(page)).to_contain_text("c110")
    assert page.evaluate("[window.seen.drawn.isConnected, window.seen.changes]") == [True, 0]
    ended(page)
    ask(page, "hello")
    seen = page.evaluate("[window.seen.box.isConnected, window.seen.heights.length, window.seen.empty]")
    assert seen == [True, 1, 0]


def test_the_card_follows_the_conversation_and_forgets_in_the_users_words(page: Page) -> None:
    """The plan in the sidebar; "Forget" says so as the user, which asks; no plan, no card."""
    card = page.locator(".st-key-plan-card")
    ask(page, "hello")
    expect(card).to_have_count(0)
    ask(page, "show votes")
    for words in ("Ben's birthday dinner", "19:30 to 21:30", "Times missing", "Carla", "when Carla can come"):
        expect(card).to_contain_text(words)
    page.get_by_role("button", name="New conversation").click()
    expect(card).to_have_count(0)
    page.get_by_test_id("stSidebar").get_by_role("link", name="hello").first.click()
    card.get_by_text("What I know (3)").click()
    card.get_by_role("button", name="Forget").first.click()
    expect(messages(page).get_by_text("Forget that Anna is vegan.")).to_be_visible()
    say(page, "Yes, do it").click()
    expect(card.get_by_text("What I know")).to_have_count(0)


def test_offered_replies_are_sent_by_a_click(page: Page) -> None:
    """Under the last answer only, to the letter."""
    ask(page, "show nothing")
    expect(say(page, "<b>no</b>")).to_be_visible()
    say(page, "Show more").click()
    expect(messages(page).get_by_text("You said: Show more")).to_be_visible()
    ended(page)
    expect(say(page, "Show more")).to_have_count(0)


def test_offered_replies_leave_with_the_next_message(page: Page) -> None:
    """What is offered is offered after the last answer, and not while another comes."""
    ask(page, "show nothing")
    expect(say(page, "Show more")).to_be_visible()
    send(page, "slow known")
    expect(last(page)).to_contain_text("c1 ")
    expect(say(page, "Show more")).to_have_count(0)
    page.keyboard.press("Escape")
    ended(page)


def test_a_step_does_not_show_what_is_drawn(page: Page) -> None:
    """Its result without view, card and replies."""
    ask(page, "show votes")
    last(page).get_by_text(re.compile("show · ")).click()
    expect(last(page).get_by_text("Here is votes.")).to_be_visible()
    for word in ("birthday", "not_counted", "Take the first"):
        expect(last(page).get_by_text(re.compile(word))).to_have_count(0)


def test_on_a_phone_nothing_stands_over_the_edge(browser: Browser, served: Served) -> None:
    """390 pixels: drawings, form, replies and card."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = opened(context, served.url)
    ask(page, "show heatmap votes timeline venues")
    expect(page.get_by_test_id("stVegaLiteChart").locator("svg.marks")).to_have_count(4)
    ask(page, "forget diet")
    expect(say(page, "Yes, do it")).to_be_in_viewport()
    expect(box(page)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = "e => [...e.querySelectorAll('svg.marks, table, button')].filter(x => x.getBoundingClientRect().right > 391).length"
    assert [message.evaluate(wide) for message in messages(page).all()] == [0] * 4
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.locator(".st-key-plan-card").get_by_text("Still missing")).to_be_visible()
    context.close()
