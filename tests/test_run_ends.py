"""A request that comes just as a run of the page ends, on the wire: Streamlit may have passed over what that run had still to say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from browsing import page_environment, serving
from gemini_server import GeminiServer

from benchmarks.streamlit_client import StreamlitClient, open_client
from vibehuntr_playground import LAG

LIMIT = 30.0  # seconds
TRIES = 5  # on a machine with much to do, a request can come too late to be one that comes just then


@pytest.mark.anyio
async def test_the_page_is_drawn_again_for_a_request_just_after_a_run_and_for_no_later_one(server: GeminiServer, tmp_path: Path) -> None:
    """The request is a beat of the idle page: it runs nothing but a fragment."""
    with serving(page_environment(server), tmp_path / "log") as served:
        async with open_client(served.url) as client:
            assert any([await _draws_again(client, 0.0) for _ in range(TRIES)])
            assert not all([await _draws_again(client, 2 * LAG) for _ in range(TRIES)])


async def _draws_again(client: StreamlitClient, after: float) -> bool:
    """Whether the page is drawn anew for a beat that comes so many seconds after a run of the whole page."""
    await client.draw(LIMIT)
    await client.rest(after)
    beat = asyncio.create_task(client.poll(LIMIT))
    drawn = asyncio.create_task(client.ran(client.full_runs + 1, LIMIT))
    done, waiting = await asyncio.wait({beat, drawn}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return drawn in done
