"""Coming back in headless Chromium: reload, second tab, lost connection, restart, login; and whoever should not get in."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from browsing import ROOT, Served, ask, box, choose, ended, messages, on, opened, page_environment, send, serving
from gemini_server import GeminiServer
from oidc_server import OidcServer
from playwright.sync_api import Browser, BrowserContext, Page, expect
from postgres import Postgres
from proxy import Proxy
from scripted_llm import Call, Gate, Hold, Text

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(server: GeminiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(page_environment(server), tmp_path_factory.mktemp("page") / "log") as made:
        yield made


@pytest.fixture
def page(context: BrowserContext, served: Served) -> Page:
    return opened(context, served.url)


def texts(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in messages(page).all_inner_texts()]


def cookie_of(context: BrowserContext) -> Mapping[str, Any]:
    (cookie,) = [cookie for cookie in context.cookies() if str(cookie.get("name")).startswith("vibehuntr_")]
    return cast("Mapping[str, Any]", cookie)


def another(browser: Browser) -> BrowserContext:
    made = browser.new_context(viewport={"width": 1200, "height": 900})
    made.set_default_timeout(20_000)
    return made


# -- the same user comes back --------------------------------------------------------------------------------------------


def test_a_reload_in_mid_answer_shows_it_at_once_and_streams_on(page: Page) -> None:
    """Visible again within 1.5 seconds, complete, with Stop; the rest comes."""
    gate = Gate()
    first = on([Text("One. ")])
    ask(page, first)
    second = on([Text("so far "), Hold(gate), Text("and to the end")])
    send(page, second)
    expect(messages(page).last).to_contain_text("so far ▌")
    began = time.monotonic()
    page.reload()
    expect(messages(page).last).to_contain_text("so far ▌")
    assert time.monotonic() - began < 1.5 * 4, "1.5 seconds on a quiet machine"
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    assert texts(page) == [first, "One.", second, "so far ▌"]
    gate.open()
    ended(page)
    assert texts(page) == [first, "One.", second, "so far and to the end"]


def test_after_a_reload_everything_shown_is_what_was_shown(page: Page, server: GeminiServer) -> None:
    """Interrupted marks, errors, tool steps, order."""
    gate = Gate()
    send(page, on([Text("cut off "), Hold(gate)]))
    expect(messages(page).last).to_contain_text("cut off ▌")
    page.get_by_role("button", name="Stop").click()
    ended(page)
    ask(page, on(lambda asked: [Text("found.")] if asked.after_tool else [Text("Looking. "), Call("find_times", {"day": "Friday"})]))
    server.failures[:] = [500]
    ask(page, "fails")
    before = texts(page)
    assert [bool(re.search(words, text)) for words, text in zip(("Stopped", "find_times", "try again"), before[1::2], strict=True)] == [
        True
    ] * 3
    page.reload()
    expect(messages(page)).to_have_count(6)
    assert texts(page) == before


def test_a_second_tab_streams_too_and_each_sees_what_the_other_types(page: Page, context: BrowserContext, served: Served) -> None:
    """From the first character, within two seconds, and Stop works in both."""
    gate = Gate()
    word = on([Text("from the start "), Hold(gate), Text("to the end")])
    send(page, word)
    expect(messages(page).last).to_contain_text("from the start ▌")
    second = opened(context, page.url)
    expect(messages(second).last).to_contain_text("from the start ▌")
    second.get_by_role("button", name="Stop").click()
    for tab in (page, second):
        ended(tab)
        assert texts(tab) == [word, "from the start Stopped."]
    reply = on([Text("heard.")])
    send(second, reply)
    began = time.monotonic()
    expect(page.get_by_text("heard.")).to_be_visible()
    assert time.monotonic() - began < 2 * 2, "2 seconds on a quiet machine"
    for tab in (page, second):
        ended(tab)
        expect(messages(tab)).to_have_count(4)
        assert texts(tab) == [word, "from the start Stopped.", reply, "heard."]


def test_new_input_in_one_tab_replaces_the_answer_in_the_other(page: Page, context: BrowserContext) -> None:
    """One running turn a conversation, whatever the number of tabs."""
    gate = Gate()
    first = on([Text("first "), Hold(gate)])
    send(page, first)
    expect(messages(page).last).to_contain_text("first ▌")
    second = opened(context, page.url)
    reply = on([Text("second.")])
    send(second, reply)
    for tab in (page, second):
        expect(messages(tab)).to_have_count(4)
        ended(tab)
        assert texts(tab) == [first, "first Stopped.", reply, "second."]


def test_a_closed_tab_does_not_stop_the_answer(context: BrowserContext, served: Served) -> None:
    """Coming back without the address finds what is running."""
    page = opened(context, served.url)
    gate = Gate()
    word = on([Text("before "), Hold(gate), Text("after")])
    send(page, word)
    expect(messages(page).last).to_contain_text("before ▌")
    page.close()
    gate.open()
    page = opened(context, served.url)
    expect(page.get_by_role("link", name=word)).to_be_visible()
    page.get_by_role("link", name=word).click()
    expect(messages(page).last).to_have_text("before after")
    assert texts(page) == [word, "before after"]


def test_a_lost_connection_resumes_without_repeating(browser: Browser, served: Served) -> None:
    """The websocket breaks in mid-answer and comes back; the answer went on meanwhile."""
    gate, end = Gate(), Gate()
    word = on([Text("one "), Hold(gate), Text("two "), Hold(end), Text("three")])
    with Proxy(served.port) as proxy:
        context = another(browser)
        page = opened(context, f"http://127.0.0.1:{proxy.port}")
        send(page, word)
        expect(messages(page).last).to_contain_text("one ▌")
        proxy.cut()
        gate.open()
        expect(box(page)).to_be_disabled()
        proxy.mend()
        expect(messages(page).last).to_contain_text("one two ▌")
        end.open()
        ended(page)
        assert texts(page) == [word, "one two three"]
        expect(page.get_by_role("dialog")).to_have_count(0)
        context.close()


def test_back_and_forward_go_between_conversations(page: Page) -> None:
    """The conversation stands in the address."""
    first, second = on([Text("answer one")]), on([Text("answer two")])
    ask(page, first)
    address = page.url
    page.get_by_role("button", name="New conversation").click()
    expect(messages(page)).to_have_count(0)
    expect(page).not_to_have_url(address)
    ask(page, second)
    page.go_back()
    page.go_back()
    expect(messages(page).first).to_have_text(first)
    page.go_forward()
    page.go_forward()
    expect(messages(page).first).to_have_text(second)


def test_a_deleted_conversation_is_gone_in_every_tab(page: Page, context: BrowserContext) -> None:
    """And its address opens nothing."""
    word = on([Text("to be forgotten")])
    ask(page, word)
    second = opened(context, page.url)
    expect(messages(second)).to_have_count(2)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Delete this conversation").click()
    for tab in (page, second):
        expect(messages(tab)).to_have_count(0)
        expect(tab.get_by_role("link", name=word)).to_have_count(0)


def test_what_is_typed_right_after_the_delete_in_another_tab_begins_anew(page: Page, context: BrowserContext, server: GeminiServer) -> None:
    """Nothing of the deleted conversation comes back, to the page or to the model."""
    word = on([Text("to be forgotten")])
    ask(page, word)
    second = opened(context, page.url)
    expect(messages(second)).to_have_count(2)
    new = on([Text("begun anew")])
    box(second).fill(new)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Delete this conversation").click()
    expect(messages(page)).to_have_count(0)
    box(second).press("Enter")
    expect(messages(second).last).to_have_text("begun anew")
    assert server.requests[-1].asked.contents == [("user", new)]
    assert texts(second) == [new, "begun anew"]


# -- strategies ----------------------------------------------------------------------------------------------------------


def test_queued_messages_wait_and_can_be_taken_back(page: Page, server: GeminiServer) -> None:
    """Queue: each waits for the end of the one before it."""
    choose(page, "Waits for its end")
    gate = Gate()
    first, second, third = on([Text("one "), Hold(gate), Text("done")]), on([Text("two")]), on([Text("three")])
    send(page, first)
    expect(messages(page).last).to_contain_text("one ▌")
    send(page, second)
    expect(page.get_by_text("Waits for the answer above")).to_have_count(1)
    send(page, third)
    expect(page.get_by_text("Waits for the answer above")).to_have_count(2)
    page.get_by_role("button", name="Remove").first.click()
    expect(page.get_by_text("Waits for the answer above")).to_have_count(1)
    gate.open()
    expect(messages(page)).to_have_count(4)
    ended(page)
    assert texts(page) == [first, "one done", third, "three"]
    assert server.requests[-1].asked.contents == [("user", first), ("model", "one done"), ("user", third)]


def test_refused_input_goes_back_into_the_box(page: Page) -> None:
    """Refuse: nothing typed is lost."""
    choose(page, "Is refused")
    gate = Gate()
    first = on([Text("one "), Hold(gate), Text("done")])
    send(page, first)
    expect(messages(page).last).to_contain_text("one ▌")
    send(page, "typed too early")
    expect(page.get_by_text("An answer is still being written here")).to_be_visible()
    expect(box(page)).to_have_value("typed too early")
    gate.open()
    ended(page)
    expect(box(page)).to_have_value("typed too early")
    assert texts(page) == [first, "one done"]


def test_a_strategy_holds_for_the_conversation_in_every_tab(page: Page, context: BrowserContext) -> None:
    """The other tab shows it within two seconds, and can change it back."""
    ask(page, on([Text("hello")]))
    second = opened(context, page.url)
    choose(page, "Is refused")
    shown = second.get_by_test_id("stSelectbox").locator("input")
    expect(shown).to_have_value("Is refused")
    choose(second, "Replaces it")
    expect(page.get_by_test_id("stSelectbox").locator("input")).to_have_value("Replaces it")


def test_a_rolled_back_turn_leaves_no_trace(page: Page, server: GeminiServer) -> None:
    """Rollback: neither the model nor the page knows of it."""
    choose(page, "Replaces it, and it is forgotten")
    gate = Gate()
    first, second = on([Text("one "), Hold(gate)]), on([Text("two")])
    send(page, first)
    expect(messages(page).last).to_contain_text("one ▌")
    send(page, second)
    expect(messages(page).last).to_have_text("two")
    ended(page)
    assert texts(page) == [second, "two"]
    assert server.requests[-1].asked.contents == [("user", second)]


# -- somebody else -------------------------------------------------------------------------------------------------------


def test_the_address_of_another_opens_nothing_and_says_no_more_than_a_wrong_one(browser: Browser, page: Page, served: Served) -> None:
    """The same words whether it exists or not; malformed ones too."""
    ask(page, on([Text("private")]))
    stranger = another(browser)
    told: list[str] = []
    for address in (page.url, f"{served.url}/?c={'0' * 32}", f"{served.url}/?c=%00..%2F{'x' * 3000}&c=two"):
        there = opened(stranger, address)
        told.append(there.get_by_test_id("stToast").first.inner_text())
        expect(messages(there)).to_have_count(0)
        expect(there).to_have_url(re.compile(r"/(\?)?$"))
        there.close()
    stranger.close()
    assert len(set(told)) == 1
    assert "There is no such conversation" in told[0]


def test_a_damaged_cookie_is_nobody_and_is_replaced(browser: Browser, page: Page, context: BrowserContext, served: Served) -> None:
    """It opens nothing, breaks nothing, and a sound one takes its place."""
    ask(page, on([Text("private")]))
    cookie = cookie_of(context)
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert "vibehuntr" not in page.evaluate("document.cookie")
    for value in (cookie["value"][:-2] + "zz", "WyJhIiwiIl0", "%ff%00", "a" * 3000):
        stranger = another(browser)
        stranger.add_cookies([{"name": cookie["name"], "value": value, "url": served.url}])
        there = opened(stranger, page.url)
        expect(there.get_by_test_id("stToast").first).to_contain_text("There is no such conversation")
        expect(messages(there)).to_have_count(0)
        new = cookie_of(stranger)
        assert new["value"] not in (value, cookie["value"])
        stranger.close()


def test_a_link_to_the_logout_loses_nothing(page: Page, served: Served) -> None:
    """Who was not logged in cannot be logged out: the conversations stay this browser's."""
    word = on([Text("still mine")])
    ask(page, word)
    address = page.url
    page.goto(f"{served.url}/auth/logout")
    page.goto(address)
    expect(messages(page).last).to_have_text("still mine")


def test_an_identity_that_a_client_claims_in_a_header_is_not_believed(served: Served, browser: Browser, page: Page) -> None:
    """The server's own header comes from the server only."""
    ask(page, on([Text("private")]))
    stranger = browser.new_context(extra_http_headers={"x-vibehuntr-client": "guessed"})
    there = opened(stranger, page.url)
    expect(there.get_by_test_id("stToast").first).to_contain_text("There is no such conversation")
    stranger.close()
    secure = httpx.get(served.url, headers={"accept": "text/html", "x-forwarded-proto": "https"}).headers["set-cookie"]
    assert re.search(r"HttpOnly; SameSite=Lax; Secure", secure)


# -- restarts ------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "SQLite":
        yield f"sqlite:///{tmp_path / 'talks.db'}"
        return
    with Postgres() as postgres:
        yield postgres.url


def test_a_killed_page_comes_back_with_its_conversations(
    server: GeminiServer, context: BrowserContext, tmp_path: Path, lasting: str
) -> None:
    """kill -9 in mid-answer: the answer is there, marked, and the next message works; nobody touches the browser."""
    gate = Gate()
    first, second, third = on([Text("whole")]), on([Text("kept so far "), Hold(gate), Text("never")]), on([Text("goes on")])
    with serving(page_environment(server, VIBEHUNTR_SESSIONS=lasting), tmp_path / "log") as served:
        page = opened(context, served.url)
        expect(page.get_by_text("Kept in")).to_be_visible()
        ask(page, first)
        send(page, second)
        expect(messages(page).last).to_contain_text("kept so far ▌")
        page.wait_for_timeout(1_000)  # what was shown a second ago must be saved
        served.kill()
        served.start()
        expect(page.get_by_text("Interrupted: the program was stopped")).to_be_visible(timeout=60_000)
        cut = "kept so far Interrupted: the program was stopped while this was being written."
        expect(messages(page)).to_have_count(4)  # the last turn is drawn first
        assert texts(page) == [first, "whole", second, cut]
        ask(page, third)
        assert server.requests[-1].asked.contents == [
            ("user", first), ("model", "whole"), ("user", second), ("model", "kept so far "), ("user", third),
        ]  # fmt: skip


def search(page: Page, words: str) -> None:
    page.get_by_placeholder("Search").fill(words)


def assert_rests(page: Page, frames: list[object]) -> None:
    """Whether the page is left in peace: each of its runs is some sixty frames."""
    frames.clear()
    page.wait_for_timeout(2_000)
    assert len(frames) < 200, "it is drawn again and again"


def test_a_database_that_is_away_is_told_and_loses_nothing(server: GeminiServer, context: BrowserContext, tmp_path: Path) -> None:
    """Down at start, then gone in mid-turn: plain words, the text still on the page, and it goes on when it is back."""
    with Postgres() as postgres, Proxy(postgres.port) as proxy:
        proxy.cut()
        address = postgres.url.replace(str(postgres.port), str(proxy.port))
        with serving(page_environment(server, VIBEHUNTR_SESSIONS=address), tmp_path / "log") as served:
            frames: list[object] = []
            count = lambda frame: frames.append(frame)  # noqa: E731, PLW0108 - Playwright cannot keep a built-in method
            context.on("page", lambda made: made.on("websocket", lambda socket: socket.on("framereceived", count)))
            page = opened(context, served.url)
            expect(page.get_by_test_id("stAlert")).to_contain_text("database does not answer")
            proxy.mend()
            expect(page.get_by_test_id("stAlert")).to_have_count(0)
            gate = Gate()
            word, second = on([Text("so far "), Hold(gate), Text("and whole")]), on([Text("fine")])
            send(page, word)
            expect(messages(page).last).to_contain_text("so far ▌")
            proxy.cut()
            search(page, "so far")
            expect(page.get_by_test_id("stAlert")).to_contain_text("database does not answer")
            assert_rests(page, frames)
            gate.open()
            expect(messages(page).last).to_contain_text("so far and whole")
            assert_rests(page, frames)
            search(page, "")
            proxy.mend()
            ask(page, second)
            assert server.requests[-1].asked.contents == [("user", word), ("model", "so far and whole"), ("user", second)]
            assert "Traceback" not in page.locator("body").inner_text()
            proxy.cut()
            served.kill()
            served.start()
            page.reload()
            expect(page.get_by_test_id("stAlert").first).to_contain_text("tries again by itself", timeout=30_000)  # the process starts
            proxy.mend()
            expect(messages(page)).to_have_count(4)


# -- login ---------------------------------------------------------------------------------------------------------------


@contextmanager
def serving_with_login(server: GeminiServer, oidc: OidcServer, folder: Path) -> Generator[Served]:
    """The page from a folder of its own, with a secrets.toml as the README says."""
    served = Served(page_environment(server), folder / "log", folder)
    (folder / ".streamlit").mkdir()
    shutil.copy(ROOT / ".streamlit" / "config.toml", folder / ".streamlit")
    (folder / ".streamlit" / "secrets.toml").write_text(f"""
[auth]
redirect_uri = "{served.url}/oauth2callback"
cookie_secret = "a-cookie-secret-of-32-characters"
client_id = "{oidc.client_id}"
client_secret = "{oidc.client_secret}"
server_metadata_url = "{oidc.url}/.well-known/openid-configuration"
""")
    served.start()
    try:
        yield served
    finally:
        served.stop()


def test_a_login_takes_over_what_was_anonymous_and_is_found_on_another_device(
    server: GeminiServer, browser: Browser, tmp_path: Path
) -> None:
    """OIDC from secrets.toml; the cookie is rotated; after the logout the conversations are not there."""
    with OidcServer() as oidc, serving_with_login(server, oidc, tmp_path) as served:
        context = another(browser)
        page = opened(context, served.url)
        word = on([Text("before the login")])
        ask(page, word)
        anonymous = cookie_of(context)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_text("1 conversation from before")).to_be_visible()
        assert cookie_of(context)["value"] != anonymous["value"]
        second = opened(context, served.url)
        second.get_by_role("button", name="Log out").click()  # nothing that was not taken over is lost by a logout
        second.get_by_role("button", name="Log in").click()
        expect(second.get_by_text("1 conversation from before")).to_be_visible()
        second.close()
        page.get_by_role("button", name="Take over").click()
        page.get_by_role("link", name=word).click()
        expect(messages(page)).to_have_count(2)
        assert texts(page) == [word, "before the login"]
        phone = another(browser)
        there = opened(phone, served.url)
        there.get_by_role("button", name="Log in").click()
        there.get_by_role("link", name=word).click()
        expect(messages(there).last).to_have_text("before the login")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        expect(page.get_by_role("link", name=word)).to_have_count(0)
        thief = another(browser)
        thief.add_cookies([{"name": anonymous["name"], "value": anonymous["value"], "url": served.url}])
        expect(opened(thief, served.url).get_by_role("link", name=word)).to_have_count(0)
        for made in (context, phone, thief):
            made.close()
