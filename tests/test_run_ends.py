"""Runs of the page beside others, on the wire: a request that comes just as a run ends, and pages of others while an answer grows."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median

import pytest
from browsing import ROOT, page_environment, serving
from gemini_server import GeminiServer
from scripted_llm import Gate, Hold, Text
from streamlit_client import StreamlitClient, open_client

from playground.one_by_one import PATIENCE
from vibehuntr_playground import LAG

LIMIT = 30.0  # seconds
NEVER = 1_000.0  # seconds between two beats of the client's own: the test sends its own
TRIES = 5  # on a machine with much to do, a request can come too late to be one that comes just then


@pytest.mark.anyio
async def test_the_page_is_drawn_again_for_a_request_just_after_a_run_and_for_no_later_one(server: GeminiServer, tmp_path: Path) -> None:
    """The request is a beat of the idle page: it runs nothing but a fragment."""
    with serving(page_environment(server), tmp_path / "log") as served:
        async with open_client(served.url, beat=NEVER) as client:
            assert any([await _draws_again(client, 0.0) for _ in range(TRIES)])
            assert not any([await _draws_again(client, 10 * LAG) for _ in range(2)])
            await client.submit("hello")
            await client.idle(LIMIT)
            assert any([await _draws_again(client, 0.0) for _ in range(TRIES)]), "the last message's fragment too"


@pytest.mark.anyio
async def test_a_page_that_was_drawn_again_is_not_doubted_itself(server: GeminiServer, tmp_path: Path) -> None:
    """Beats that come one after the other would have it drawn for ever."""
    with serving(page_environment(server), tmp_path / "log") as served:
        async with open_client(served.url, beat=NEVER) as client:
            for _ in range(TRIES):
                if await _draws_again(client, 0.0):
                    assert not await _is_drawn_for_a_beat(client)


@pytest.mark.anyio
async def test_who_follows_an_answer_holds_up_nobodys_page(server: GeminiServer, tmp_path: Path) -> None:
    """Else each page would wait for PATIENCE while any answer grows."""
    gate = Gate()
    server.script = lambda _: [Text("one "), Hold(gate), Text("two")]
    with serving(page_environment(server), tmp_path / "log") as served:
        async with open_client(served.url) as reader, open_client(served.url, beat=NEVER) as other:
            await reader.submit("hello")
            assert await asyncio.to_thread(server.wait_for, lambda made: bool(made.requests))
            took: list[float] = []
            for _ in range(TRIES):
                began = time.monotonic()
                await other.draw(LIMIT)
                took.append(time.monotonic() - began)
            gate.open()
            await reader.idle(LIMIT)
    assert median(took) < PATIENCE


@pytest.mark.anyio
async def test_what_is_sent_before_the_server_knows_the_input_is_answered_once(server: GeminiServer, tmp_path: Path) -> None:
    """As when the server was started anew, and who sat before the page all the time was quicker than its first run."""
    server.script = lambda asked: [Text(f"⟦to {asked.said}:0⟧")]
    with serving(page_environment(server), tmp_path / "log") as served:
        async with open_client(served.url) as client:
            await client.submit("first")
            await client.saw("to first", LIMIT)
            typed, cookie, query = client.typed("second"), client.cookie, client.query
        async with open_client(served.url, cookie=cookie, query=query, typed=typed) as again:
            await again.saw("to second", LIMIT)
            await again.submit("third")
            await again.saw("to third", LIMIT)
            assert not again.errors
    assert [text for _, text in server.requests[-1].asked.contents] == ["first", "⟦to first:0⟧", "second", "⟦to second:0⟧", "third"]


@pytest.mark.anyio
async def test_who_is_on_the_wire_follows_a_line_of_the_list_and_deletes_what_it_opens(server: GeminiServer, tmp_path: Path) -> None:
    """As the soak's users do, for an hour: a client that cannot would count an error each time, and go on."""
    server.script = lambda asked: [Text(f"⟦to {asked.said}:0⟧")]

    async def clicked(client: StreamlitClient, label: str) -> None:
        runs = client.full_runs
        await client.click(label)
        await client.ran(runs + 1, LIMIT)

    with serving(page_environment(server), tmp_path / "log") as served:
        async with open_client(served.url) as client:
            for word in ("first", "second"):
                await client.submit(word)
                await client.saw(f"to {word}", LIMIT)
                await client.idle(LIMIT)
                await clicked(client, "New conversation")
            client.stamps.clear()
            await clicked(client, "first")
            assert list(client.stamps) == ["to first"]
            await clicked(client, "Delete this conversation")
            with pytest.raises(LookupError):
                await client.click("first")
            assert not client.errors


@pytest.mark.anyio
async def test_a_message_is_drawn_alone_unless_there_is_more_to_draw(server: GeminiServer, tmp_path: Path) -> None:
    """Nothing else of the page is drawn before its answer's first words; another tab's news take the whole page."""
    gates = {word: Gate() for word in ("first", "alone", "beside", "news")}
    server.script = lambda asked: [Text(f"⟦to {asked.said}:0⟧"), Hold(gates[asked.said])]

    async def drawn_whole(client: StreamlitClient, word: str) -> bool:
        await client.rest(10 * LAG)
        await client.submit(word)
        await client.saw(f"to {word}", LIMIT)
        return client.is_drawing

    async def end(client: StreamlitClient, word: str) -> None:
        gates[word].open()
        await client.idle(LIMIT)

    with serving(page_environment(server), tmp_path / "log") as served:
        async with open_client(served.url, beat=NEVER) as client, open_client(served.url, cookie=client.cookie, beat=NEVER) as other:
            assert not await drawn_whole(client, "first"), "a new conversation, too"
            assert client.query, "it has an address"
            await end(client, "first")
            assert not await drawn_whole(client, "alone")
            stopped = client.await_text("Stopped.")
            await client.click("Stop")
            await asyncio.wait_for(stopped.wait(), LIMIT)
            await client.idle(LIMIT)
            await drawn_whole(other, "beside")
            await end(other, "beside")
            assert await drawn_whole(client, "news")
            await end(client, "news")
            assert not client.errors
    answered = server.requests[-1].asked.contents
    assert [text for _, text in answered] == ["first", "⟦to first:0⟧", "alone", "⟦to alone:0⟧", "news"]


@pytest.mark.anyio
async def test_a_message_that_cuts_a_run_of_the_page_before_its_first_line_is_answered(server: GeminiServer, tmp_path: Path) -> None:
    """That run has drawn nothing, and the page knows nothing of it; Streamlit has forgotten where the heart stands. See the agent."""
    server.script = lambda asked: [Text(f"⟦to {asked.said}:0⟧")]
    environ = page_environment(server, VIBEHUNTR_AGENT=str(ROOT / "tests" / "slow_page_agent"), PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}")
    with serving(environ, tmp_path / "log") as served:
        async with open_client(served.url) as client:
            pauses = (0.0, 0.12, 0.16, 0.2, 0.24)  # seconds: the agent's two steps take 0.1 each
            for later in pauses:
                word = f"after {later}"
                await client.rest(3 * LAG)
                await client.begin_to_draw(LIMIT)
                await client.rest(later)
                await client.submit(word)
                await client.saw(f"to {word}", LIMIT)
                await client.idle(LIMIT)
            assert not client.errors
    said = [text for role, text in server.requests[-1].asked.contents if role == "user"]
    assert said == [f"after {later}" for later in pauses], "each once"


async def _draws_again(client: StreamlitClient, after: float) -> bool:
    """Whether the page is drawn anew for a beat that comes so many seconds after a run of the whole page."""
    await client.draw(LIMIT)
    await client.rest(after)
    return await _is_drawn_for_a_beat(client)


async def _is_drawn_for_a_beat(client: StreamlitClient) -> bool:
    beat = asyncio.create_task(client.poll(LIMIT))
    drawn = asyncio.create_task(client.ran(client.full_runs + 1, LIMIT))
    done, waiting = await asyncio.wait({beat, drawn}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return drawn in done
