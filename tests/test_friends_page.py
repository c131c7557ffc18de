"""Four friends' agents on the page, keyless, one of them in another process: watched, interrupted, gone on with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browsing import ROOT, ended, messages, opened, send, serving
from playwright.sync_api import BrowserContext, Locator, Page, expect

pytestmark = pytest.mark.browser

PACE = "0.4"
DINNER = "Dinner for Anna, Ben, Cleo and me in Helsinki next Friday evening, about 30 euros each"
TIMES = "Anna is free 18-22, Cleo 17-21:30 and I am free all evening. Anna is vegan"
BENS = "free every day from 19 to 23, likes Thai food, at most 25 euros"
WORK_IT_OUT = "Let our agents work it out"


def environment(**more: str) -> dict[str, str]:
    keyless = {name: value for name, value in os.environ.items() if not name.endswith("API_KEY")}
    return {**keyless, "VIBEHUNTR_TIMEZONE": "Europe/Helsinki", "PYTHONPATH": str(ROOT), **more}


@contextmanager
def seated(*facts: str) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """Ben's agent in a process of its own, as `make seat` starts it."""
    command = [sys.executable, "-m", "vibehuntr_agent.serve_seat", "--name", "Ben", "--port", "0", "--facts", *facts]
    with subprocess.Popen(command, env=environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        told = iter(process.stdout.readline, "")
        address = next(found[1] for line in told if (found := re.search(r'VIBEHUNTR_SEATS="(.*)" make run', line)))
        try:
            yield address, process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with seated(BENS) as (address, _):
        served = environment(VIBEHUNTR_SEATS=address, VIBEHUNTR_MEETING_PACE=PACE)
        with serving(served, tmp_path_factory.mktemp("page") / "log") as page:
            yield page.url


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    return planned(opened(context, url))


def planned(page: Page) -> Page:
    """A page on which people and times are known."""
    for text, answer in ((DINNER, "When are Anna"), (TIMES, "When is Ben free")):
        send(page, text)
        expect(messages(page).last).to_contain_text(answer)
        ended(page)
    return page


def rows(page: Page, *words: str) -> Locator:
    found = messages(page).last.locator(".vh-said")
    return found.filter(has_text=re.compile(".*".join(words))) if words else found


def test_four_friends_agree_with_one_of_them_in_another_process(page: Page) -> None:
    """Each is seen to speak; Ben's limits, which nobody here knows, count; the plan has the outcome, also after a reload."""
    send(page, WORK_IT_OUT)
    expect(rows(page, "Anna", "proposes")).not_to_have_count(0)
    expect(page.locator(".vh-floor")).to_be_visible()
    expect(page.get_by_test_id("stSidebar").locator(".vh-seat")).to_have_count(4)
    expect(rows(page, "Ben", "cannot", "25 EUR I can")).to_have_count(1, timeout=30_000)
    ended(page)
    expect(rows(page, "Chair", "decides")).to_have_count(3)
    expect(messages(page).last).to_contain_text("Our agents have settled it")
    expect(messages(page).last).to_contain_text("Budget: 25 EUR each. Anna, Ben, Cleo and you agree.")
    card = page.get_by_test_id("stSidebar")
    expect(card).to_contain_text("19:00 to 21:00 ✓ decided")
    expect(card).to_contain_text("Anna, Ben, Cleo and you agreed")
    said = rows(page).all_inner_texts()
    page.reload()
    expect(rows(page)).to_have_text(said, use_inner_text=True)
    expect(card).to_contain_text("19:00 to 21:00 ✓ decided")


def test_stop_ends_it_and_it_can_begin_again(page: Page) -> None:
    """What was said stays, nothing is decided; asked again, they agree."""
    send(page, WORK_IT_OUT)
    expect(rows(page)).not_to_have_count(0)
    page.get_by_role("button", name="Stop").click()
    ended(page)
    expect(messages(page).last).to_contain_text("Stopped.")
    said = rows(page).count()
    assert said
    expect(page.get_by_test_id("stSidebar")).to_contain_text("evening (not decided)")
    page.reload()
    expect(rows(page)).to_have_count(said)
    send(page, WORK_IT_OUT)
    expect(messages(page).last).to_contain_text("Our agents have settled it", timeout=30_000)


def test_a_new_message_ends_it_and_is_answered(page: Page) -> None:
    """At once; what was said stays above."""
    send(page, WORK_IT_OUT)
    expect(rows(page)).not_to_have_count(0)
    send(page, "Show the plan")
    expect(messages(page).last).to_contain_text("coming: Anna, Ben, Cleo and you")
    expect(messages(page).nth(-3).locator(".vh-said")).not_to_have_count(0)


def test_a_process_that_dies_in_mid_meeting_is_named_and_the_others_agree(context: BrowserContext, tmp_path: Path) -> None:
    """Ben's process is killed when he has spoken."""
    with (
        seated(BENS) as (address, process),
        serving(environment(VIBEHUNTR_SEATS=address, VIBEHUNTR_MEETING_PACE=PACE), tmp_path / "log") as served,
    ):
        page = planned(opened(context, served.url))
        send(page, WORK_IT_OUT)
        expect(rows(page, "Ben")).not_to_have_count(0)
        process.kill()
        expect(rows(page, "Ben", "failed", "cannot be reached")).to_have_count(1, timeout=30_000)
        ended(page)
        expect(messages(page).last).to_contain_text("Anna, Cleo and you agree")
