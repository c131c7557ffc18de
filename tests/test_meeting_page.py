"""A meeting in the browser: what each seat says as it comes, who has the floor, how the seats are, and its end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import LISTEN, ROOT, ended, messages, opened, send, serving
from drawing_views import view
from meeting_table import Held, Table, agrees, cannot, laid, proposes, says
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from test_reach import shut_out, toggle_sidebar

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with laid() as made:
        yield made


def environment(table: Table, **more: str) -> dict[str, str]:
    agent = {"VIBEHUNTR_AGENT": str(ROOT / "tests" / "meeting_agent"), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    return {**os.environ, **agent, "MEETING_TABLE": str(table.port), **more}


@pytest.fixture(scope="module")
def url(table: Table, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(environment(table), tmp_path_factory.mktemp("page") / "log") as served:
        yield served.url


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    context.add_init_script(LISTEN)
    return opened(context, url)


@pytest.fixture
def held(table: Table) -> Held:
    return Held(table)


def rows(page: Page) -> Locator:
    return messages(page).last.locator(".vh-said")


def floor(page: Page) -> Locator:
    return page.locator(".vh-floor")


def seats(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar").locator(".vh-seat")


def test_contributions_appear_one_by_one_with_author_and_avatar(page: Page, held: Held) -> None:
    """Each at once, in its place, in the same message from the first to the last; the floor is shown, and gone at the end."""
    send(page, f"{held.word} Anna Ben+Cleo")
    expect(floor(page)).to_have_text("AAnna has the floor")
    page.evaluate("window.first = document.querySelectorAll('[data-testid=stChatMessageContent]')[1]")
    held("Anna", proposes("Friday at 19:30?"))
    expect(rows(page)).to_have_text(["AAnnaproposesFriday at 19:30?"])
    expect(floor(page)).to_have_text("BCBen and Cleo are asked")
    held("Cleo", agrees("Suits me."))
    expect(rows(page)).to_have_text(["AAnnaproposesFriday at 19:30?", "CCleoagreesSuits me."])
    expect(floor(page)).to_have_text("BBen has the floor")
    held("Ben", cannot("I work until 20:00."))
    ended(page)
    expect(floor(page)).to_have_count(0)
    expect(rows(page)).to_have_text(
        ["AAnnaproposesFriday at 19:30?", "CCleoagreesSuits me.", "BBencannotI work until 20:00.", "CChairdecidesFriday at 19:30."]
    )
    expect(messages(page).last).to_contain_text("We agreed: Friday at 19:30.")
    assert page.evaluate("window.first === document.querySelectorAll('[data-testid=stChatMessageContent]')[1]")
    faces = [face.evaluate("face => getComputedStyle(face).backgroundColor") for face in rows(page).locator(".vh-face").all()]
    assert len(set(faces)) == 4


def test_a_seat_that_fails_is_shown_and_the_others_go_on(page: Page, held: Held) -> None:
    """Marked in the chat and beside it."""
    send(page, f"{held.word} Ben Anna")
    held.fails("Ben")
    expect(rows(page)).to_have_text(["BBenfailedmade a mistake and is out"])
    expect(rows(page).first).to_have_class("vh-said vh-line vh-failed")
    expect(seats(page).nth(1)).to_contain_text("1 failed")
    held("Anna", says("I go on."))
    ended(page)
    expect(rows(page)).to_have_count(3)


def test_stop_ends_a_meeting_at_once_and_what_was_said_stays(page: Page, held: Held) -> None:
    """The seat that is asked is let go; nothing says any more that somebody has the floor; a reload shows the same."""
    send(page, f"{held.word} Anna Ben")
    held("Anna", says("First."))
    asked = held.waits("Ben")
    expect(floor(page)).to_contain_text("Ben has the floor")
    page.get_by_role("button", name="Stop").click()
    ended(page)
    assert asked.gone.wait(10)
    expect(rows(page)).to_have_text(["AAnnaFirst."])
    expect(messages(page).last).to_contain_text("Stopped.")
    expect(floor(page)).to_have_count(0)
    expect(seats(page)).to_have_count(0)
    shown = messages(page).last.inner_text()
    page.reload()
    expect(messages(page).last).to_have_text(shown, use_inner_text=True)
    expect(rows(page)).to_have_text(["AAnnaFirst."])


def test_a_new_message_ends_a_meeting_at_once(page: Page, held: Held, table: Table) -> None:
    """It is answered; what was said before stays."""
    send(page, f"{held.word} Anna Ben")
    held("Anna", says("First."))
    asked = held.waits("Ben")
    send(page, "next")
    assert asked.gone.wait(10)
    expect(messages(page).last).to_have_text("You said: next")
    ended(page)
    expect(messages(page).nth(1)).to_contain_text("First.")
    expect(messages(page).nth(1)).to_contain_text("Stopped.")
    expect(floor(page)).to_have_count(0)


def test_a_second_tab_sees_the_same(page: Page, held: Held, context: BrowserContext) -> None:
    """While it is held, and after it."""
    send(page, f"{held.word} Anna Ben")
    held("Anna", proposes("Pizza?"))
    expect(floor(page)).to_contain_text("Ben has the floor")
    other = opened(context, page.url)
    expect(rows(other)).to_have_text(["AAnnaproposesPizza?"])
    expect(floor(other)).to_contain_text("Ben has the floor")
    expect(seats(other)).to_have_count(3)
    held("Ben", agrees())
    for tab in (page, other):
        ended(tab)
        expect(rows(tab)).to_have_text(["AAnnaproposesPizza?", "BBenagrees", "CChairdecidesFriday at 19:30."])


def test_the_seats_are_shown_beside_it_as_they_are(page: Page, held: Held) -> None:
    """Live while it is held; its last state, closed, after it and after a reload; nothing of it in another conversation."""
    send(page, f"{held.word} Anna Ben")
    anna, ben, _ = seats(page).nth(0), seats(page).nth(1), seats(page).nth(2)
    expect(anna).to_contain_text("answering")
    busy = anna.inner_text()
    expect(anna).not_to_have_text(busy, use_inner_text=True)  # nobody has said anything, and it moves
    held("Anna", says("Done."))
    expect(anna).to_contain_text("2 handled")
    expect(ben).to_contain_text("answering")
    page.get_by_role("button", name="New conversation").click()
    expect(seats(page)).to_have_count(0)
    page.get_by_test_id("stSidebar").get_by_role("link", name=held.word).click()
    expect(seats(page)).to_have_count(3)
    held("Ben", says("Done."))
    ended(page)
    expect(page.get_by_test_id("stSidebar").get_by_text("Seats: 3")).to_have_count(1)
    expect(seats(page)).to_have_count(3)
    expect(anna).to_be_hidden()
    page.reload()
    page.get_by_text("Seats: 3").click()
    expect(anna).to_contain_text("2 handled")
    expect(anna).to_contain_text("to the end")


def test_a_second_meeting_takes_the_place_of_the_first_beside_it(page: Page, held: Held) -> None:
    """The first one's last state stays, closed, until the second has seats."""
    send(page, f"{held.word} Anna")
    held("Anna", says("One."))
    ended(page)
    expect(page.get_by_text("Seats: 3")).to_be_visible()
    expect(seats(page).first).to_be_hidden()
    send(page, f"{held.word} Ben")
    expect(seats(page).nth(1)).to_contain_text("answering")
    expect(seats(page).nth(1)).to_be_visible()
    expect(seats(page)).to_have_count(3)
    page.get_by_role("button", name="Stop").click()
    ended(page)
    expect(seats(page).first).to_contain_text("2 handled")
    expect(seats(page).first).to_be_hidden()


def test_a_meeting_that_was_killed_comes_back_with_each_contribution_once(
    context: BrowserContext, table: Table, held: Held, tmp_path: Path
) -> None:
    """Marked as interrupted, though what was said last was whole."""
    environ = environment(table, VIBEHUNTR_SESSIONS=f"sqlite:///{tmp_path / 'talks.db'}")
    with serving(environ, tmp_path / "log") as served:
        page = opened(context, served.url)
        send(page, f"{held.word} Anna Ben Cleo")
        held("Anna", proposes("Pizza?"))
        held("Ben", agrees("Yes."))
        asked = held.waits("Cleo")
        expect(floor(page)).to_contain_text("Cleo has the floor")
        expect(seats(page).nth(2)).to_contain_text("busy 2.")  # younger than a second, a turn is not saved yet
        served.kill()
        assert asked.gone.wait(10)
        served.start()
        page.reload()
        expect(messages(page).last).to_contain_text("Interrupted")
        expect(rows(page)).to_have_text(["AAnnaproposesPizza?", "BBenagreesYes."])
        expect(floor(page)).to_have_count(0)


def test_quick_answers_are_one_line_that_opens(page: Page, held: Held) -> None:
    """Many of them make no wall."""
    send(page, f"{held.word} probe:Anna+Ben+Cleo probe:Anna+Ben Cleo")
    for seat in ("Anna", "Ben", "Cleo", "Anna", "Ben"):
        held(seat, agrees("From 19:00."))
    line = page.get_by_text("Anna, Ben and Cleo compared notes: 5 quick answers")
    line.click()
    expect(page.locator(".vh-probes").get_by_text("From 19:00.")).to_have_count(5)
    expect(page.locator(".vh-probes").get_by_text("From 19:00.").first).to_be_visible()
    held("Cleo", says("Well then."))
    ended(page)
    expect(page.locator(".vh-probes").get_by_text("From 19:00.").first).to_be_visible()


def test_of_the_drawings_of_one_name_the_last_is_drawn(page: Page, held: Held) -> None:
    """As a tool's is."""
    send(page, f"{held.word} Anna Ben")
    held("Anna", says("See.", view=view("votes")))
    expect(page.locator("svg.marks")).to_have_count(1)
    held("Ben", says("Or so.", view=view("votes")))
    ended(page)
    expect(page.locator("svg.marks")).to_have_count(1)
    expect(messages(page).last.locator(".vh-said:has-text('Or so.')")).to_have_count(1)


def test_what_a_seat_says_is_shown_to_the_letter(page: Page, held: Held) -> None:
    """No HTML, no Markdown, no image."""
    nasty = "<img src=x onerror=alert(1)> **bold** $5 ![x](http://x/) --></style><script>window.hacked=1</script> שלום"
    send(page, f"{held.word} Anna")
    held("Anna", says(nasty))
    ended(page)
    expect(rows(page).first.locator(".vh-words")).to_have_text(nasty)
    assert page.evaluate("window.hacked") is None


def test_the_beginning_and_the_end_are_read_out(page: Page, held: Held) -> None:
    """What is said in between can be read on the page."""
    send(page, f"{held.word} Anna Ben")
    held("Anna", says("In between."))
    page.wait_for_function("said.length > 0")
    held("Ben", says("In between."))
    ended(page)
    page.wait_for_function("said.length > 1")
    assert page.evaluate("said") == [
        "Anna, Ben and Cleo meet about dinner on Friday.",
        "Anna, Ben and Cleo meet about dinner on Friday. We agreed: Friday at 19:30 .",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_nobody_is_shut_out_and_nothing_stands_over_the_edge(
    browser: Browser, url: str, held: Held, width: int, scheme: str, screenshot: Callable[[Page, str], None]
) -> None:
    """axe finds nothing while it is held and after it; a phone scrolls only downwards."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = opened(context, url)
    name = f"{width}-{scheme}"
    send(page, f"{held.word} probe:Anna+Ben+Cleo Anna Ben+Cleo Cleo Ben Anna Anna Ben+Anna")
    for seat in ("Anna", "Ben", "Cleo"):
        held(seat, agrees("From 19:00."))
    held("Anna", proposes("Friday at 19:30 at Da Gino, about 25 euros each, and there is something for everybody on the menu?"))
    held("Cleo", agrees("Suits me, gladly.", 0.9))
    held("Ben", cannot("I work until 20:00."))
    held.fails("Cleo")
    held("Ben", says("x" * 200))
    held("Anna", proposes("Friday at 20:15, then."))
    expect(floor(page)).to_contain_text("Anna has the floor")
    page.wait_for_function("stMain.scrollHeight - stMain.clientHeight - stMain.scrollTop < 2")  # it has followed
    expect(floor(page)).to_be_in_viewport(ratio=1)
    if width == 1200:
        expect(seats(page).first).to_contain_text("answering")
    screenshot(page, f"{name}-held")
    assert shut_out(page) == []
    held("Anna", says("At Da Gino."))
    held("Ben", agrees("All right."))
    held("Anna", agrees())
    ended(page)
    page.wait_for_function("stMain.scrollHeight - stMain.clientHeight - stMain.scrollTop < 2")
    screenshot(page, f"{name}-over")
    assert shut_out(page) == []
    assert page.evaluate("Math.max(document.documentElement.scrollWidth, stMain.scrollWidth)") <= width
    assert messages(page).last.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    toggle_sidebar(page)
    if width < 400:
        page.get_by_text("Seats: 3, 1 failed").click()
        expect(seats(page).first).to_be_visible()
    screenshot(page, f"{name}-seats")
    assert shut_out(page) == []
    context.close()


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """Take a picture to look at, if VIBEHUNTR_SCREENS names a folder."""
    folder = os.environ.get("VIBEHUNTR_SCREENS")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=f"{folder}/{name}.png")

    return take
