"""Which model answers: the environment decides, and never the network."""

import asyncio

import httpx
import pytest
from google.adk.models import Gemini, LLMRegistry

from vibehuntr_agent.models import DEFAULT_GEMINI, PerLoopTransport, choose_model, model_name
from vibehuntr_agent.offline import KEYLESS, KeylessPlanner


@pytest.mark.parametrize("environ", [{}, {"GOOGLE_API_KEY": " "}, {"GOOGLE_API_KEY": "x", "VIBEHUNTR_MODEL": KEYLESS}])
def test_no_key_or_its_name_gives_the_keyless_planner(environ: dict[str, str]) -> None:
    """A fresh machine has a model; naming it wins over a key."""
    assert isinstance(choose_model(environ), KeylessPlanner)


@pytest.mark.parametrize("key", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
def test_a_key_gives_gemini(key: str) -> None:
    """Either key variable gives ADK's current flash model."""
    model = choose_model({key: "x"})
    assert isinstance(model, Gemini)
    assert model.model == DEFAULT_GEMINI
    assert "flash" in DEFAULT_GEMINI


def test_a_named_gemini_is_built_the_same_way() -> None:
    """The name replaces the default and keeps retries."""
    model = choose_model({"GOOGLE_API_KEY": "x", "VIBEHUNTR_MODEL": "gemini-2.5-pro", "VIBEHUNTR_RETRY_DELAY": "0.01"})
    assert isinstance(model, Gemini)
    assert model.model == "gemini-2.5-pro"
    retries = model.retry_options
    assert retries is not None
    assert (retries.attempts, retries.initial_delay, retries.http_status_codes) == (4, 0.01, [429, 503])


@pytest.mark.parametrize("name", ["openai/gpt-4o", "no-such-model", "::", "a/b/c"])
def test_any_other_name_is_left_to_adk(name: str) -> None:
    """A name that nobody knows does not break the import; ADK refuses it in the turn."""
    assert choose_model({"VIBEHUNTR_MODEL": name, "GOOGLE_API_KEY": "x"}) == name
    assert model_name(choose_model({"VIBEHUNTR_MODEL": name})) == name


def test_a_bad_retry_delay_is_a_second() -> None:
    """A slip in the environment does not break the import."""
    model = choose_model({"GOOGLE_API_KEY": "x", "VIBEHUNTR_RETRY_DELAY": "soon"})
    assert isinstance(model, Gemini)
    assert model.retry_options is not None
    assert model.retry_options.initial_delay == 1.0


def test_the_keyless_planner_is_known_by_name() -> None:
    """ADK's registry finds it, so a YAML agent can name it."""
    assert LLMRegistry.resolve(KEYLESS) is KeylessPlanner


def test_gemini_speaks_through_httpx() -> None:
    """Under httpx a time-out is silence, under aiohttp the whole answer: the choice is made, not left to what is installed."""

    async def uses_aiohttp() -> bool:
        model = choose_model({"GOOGLE_API_KEY": "x"})
        assert isinstance(model, Gemini)
        client = model.api_client
        try:
            return client._api_client._use_aiohttp()
        finally:
            await client.aio.aclose()
            client.close()

    assert not asyncio.run(uses_aiohttp())


def test_a_transport_serves_one_loop_after_another() -> None:
    """Closing the client closes the sockets of its loop, and a new loop opens its own."""
    transport = PerLoopTransport(silence=5.0)

    async def fetch() -> bytes:
        hung_up = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
            assert await reader.read() == b""
            writer.close()
            hung_up.set()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with httpx.AsyncClient(transport=transport) as client:
                body = (await client.get(f"http://127.0.0.1:{port}/")).content
            await asyncio.wait_for(hung_up.wait(), 5)
        return body

    assert [asyncio.run(fetch()) for _ in range(2)] == [b"ok", b"ok"]


def test_silence_ends_a_stream() -> None:
    """A server that stops in mid-answer is given up after the silence limit, whatever time-out the caller forgot."""

    async def fetch() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok")
            await writer.drain()
            await reader.read()
            writer.close()
            hung_up.set()

        hung_up = asyncio.Event()
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            try:
                async with httpx.AsyncClient(transport=PerLoopTransport(silence=0.05), timeout=None) as client:  # noqa: S113  the point
                    await client.get(f"http://127.0.0.1:{port}/")
            finally:
                await asyncio.wait_for(hung_up.wait(), 5)

    with pytest.raises(httpx.ReadTimeout):
        asyncio.run(fetch())
