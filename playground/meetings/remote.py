"""A seat on another machine: a mind that asks an agent over A2A.

Guarantees:

- What goes wrong has a name: no connection, an HTTP error, no card, or an answer that breaks off is `Unreachable`; anything that is no
  answer of this version, or is longer than `MAX_ANSWER`, is `GarbledAct`; an agent that fails on its own machine is `SeatFailed`.
- Nothing is sent anywhere but to the address that was given. The card says how to talk, not where: of its URLs only the path is used; no
  redirect is followed, and no proxy, .netrc or cookie of this machine is used.
- No more than `_MAX_BYTES` of a response are read, whoever sends them.
- An agent there needs no memory: each question is one message with everything in it, in a task of its own.
- Whoever cancels a question cancels the run on the other machine too: `tasks/cancel` is sent before the cancellation goes on.

Not claimed: a machine that does not name its task within `_GOODBYE` seconds of a cancellation, or whose card says that it does not stream,
is not told; only the connection ends.

The race of a cancellation with the name of the task, which only the other side's first event tells:

1. Seat: sends the question, in a task that nobody else cancels.
2. Page: cancels the seat's answer. The seat waits on: until the first event names the task, or for `_GOODBYE` seconds in all.
3. If the event comes first, `tasks/cancel` is sent, and its answer is waited for: the run there has ended then. If the answer itself came
   meanwhile, there is nothing to cancel.
4. Only then is the connection closed, and the cancellation goes on. A second one, meanwhile, changes nothing.

ADK's RemoteA2aAgent is not used: it turns every exception into an event with a text, so that these cases cannot be told apart, sends no
`tasks/cancel`, keeps each request and response in the session, and takes no http address but this machine's.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Generator, Sequence
from contextlib import aclosing, contextmanager, suppress
from typing import Final, cast
from urllib.parse import urlsplit, urlunsplit

import httpx
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.client.errors import A2AClientError
from a2a.types import (
    AgentCard,
    CancelTaskRequest,
    Part,
    Role,
    SendMessageConfiguration,
    SendMessageRequest,
    StreamResponse,
    TaskState,
    TaskStatus,
)
from a2a.types import Message as A2AMessage
from a2a.utils.errors import A2AError
from google.protobuf.json_format import ParseError
from typing_extensions import override

from .messages import Act, GarbledAct, Json, Message, read_acts
from .minds import Request, Unreachable
from .view import View

MAX_ANSWER: Final = 200_000
"""Characters of an answer."""
_MAX_BYTES: Final = 4_000_000
_CONNECT: Final = 5.0
_GOODBYE: Final = 0.5
_CARD: Final = "/.well-known/agent-card.json"
_THOUGHT: Final = "adk_thought"
_ENDED: Final = (TaskState.TASK_STATE_FAILED, TaskState.TASK_STATE_REJECTED, TaskState.TASK_STATE_CANCELED)
_ASKING: Final = (TaskState.TASK_STATE_INPUT_REQUIRED, TaskState.TASK_STATE_AUTH_REQUIRED)

_STUMBLES: Final = (ParseError, ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What the a2a-sdk and protobuf raise of JSON that is not of A2A's shape, such as a result that is null."""


class SeatFailed(Exception):  # noqa: N818 - what happened there
    """The agent failed on its own machine, which tells no more than that."""


class RemoteMind:
    """The mind of a seat whose agent is at an address (guarantees: see the module)."""

    def __init__(self, seat: str, address: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Ask the agent whose card is at `address`, over HTTP or what stands in for it. Nothing is opened yet."""
        self.seat = seat
        self.address = address
        self._transport = transport
        self._http: httpx.AsyncClient | None = None
        self._client: Client | None = None

    def joins(self, parameters: Json) -> bool:
        """Take part in every meeting."""
        del parameters
        return True

    async def answer(self, view: View, message: Message) -> Sequence[Act]:
        """Ask once. Raises: Unreachable, GarbledAct, SeatFailed."""
        text = Request.about(self.seat, view, message).model_dump_json()
        with _named(self.address):
            return read_acts(await _Question(await self._dialled(), text).answer())

    def close(self) -> Awaitable[None] | None:
        """Close the connections."""
        return self._http.aclose() if self._http else None

    async def _dialled(self) -> Client:
        """Fetch the card, once; after a failure the next question tries again."""
        if self._client is None:
            if self._http is None:
                timeout = httpx.Timeout(None, connect=_CONNECT)  # a turn's time bounds the rest
                transport = _Bounded(self._transport or httpx.AsyncHTTPTransport())
                self._http = httpx.AsyncClient(
                    transport=transport, timeout=timeout, headers={"accept-encoding": "identity"}, trust_env=False
                )  # fmt: skip
            url = urlsplit(self.address)
            path = url.path if url.path.endswith(".json") else url.path.rstrip("/") + _CARD
            card = await A2ACardResolver(self._http, urlunsplit((url.scheme, url.netloc, "", "", "")), path).get_agent_card()
            self._client = ClientFactory(ClientConfig(httpx_client=self._http)).create(_here(card, self.address))
        return self._client


class _Question:
    """One question and its answer (the race: see the module)."""

    def __init__(self, client: Client, text: str) -> None:
        message = A2AMessage(message_id=uuid.uuid4().hex, role=Role.ROLE_USER, parts=[Part(text=text)])
        self._request = SendMessageRequest(message=message, configuration=SendMessageConfiguration(history_length=0))
        self._client = client
        self._texts: dict[str, str] = {}
        self._state = TaskState.TASK_STATE_UNSPECIFIED
        self._task_id = ""
        self._known = asyncio.Event()
        """Set when the task has a name, or has none and the reading is over."""

    async def answer(self) -> str:
        """Return the text of the answer; when cancelled, tell the other side first."""
        reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait([reading])
        except asyncio.CancelledError:
            goodbye = asyncio.create_task(self._goodbye(reading))
            while not goodbye.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([goodbye])
            raise
        return reading.result()

    async def _read(self) -> str:
        try:
            async with aclosing(cast("AsyncGenerator[StreamResponse]", self._client.send_message(self._request))) as items:
                async for item in items:
                    self._hear(item)
        finally:
            self._known.set()
        if self._state in _ENDED:
            raise SeatFailed("the agent failed on its machine")
        if self._state in _ASKING:
            raise GarbledAct("a question instead of an answer")
        if self._state != TaskState.TASK_STATE_COMPLETED:
            raise Unreachable("the answer broke off")
        return list(self._texts.values())[-1] if self._texts else ""

    def _hear(self, item: StreamResponse) -> None:
        match item.WhichOneof("payload"):
            case "message":
                self._state = TaskState.TASK_STATE_COMPLETED
                self._take("", item.message.parts)
            case "task":
                self._name(item.task.id)
                for artifact in item.task.artifacts:
                    self._take(artifact.artifact_id, artifact.parts)
                self._stand(item.task.status)
            case "status_update":
                self._name(item.status_update.task_id)
                self._stand(item.status_update.status)
            case "artifact_update":
                update, artifact = item.artifact_update, item.artifact_update.artifact
                self._take(artifact.artifact_id, artifact.parts, append=update.append)
            case _:
                raise GarbledAct("an event of no known kind")

    def _name(self, task_id: str) -> None:
        self._task_id = task_id
        self._known.set()

    def _stand(self, status: TaskStatus) -> None:
        """Note how the task stands; an agent that makes no artifact may say its answer with its last state."""
        self._state = status.state
        if status.state == TaskState.TASK_STATE_COMPLETED and not self._texts:
            self._take("", status.message.parts)

    def _take(self, artifact: str, parts: Sequence[Part], *, append: bool = False) -> None:
        said = "".join(part.text for part in parts if _THOUGHT not in part.metadata)
        self._texts[artifact] = self._texts.get(artifact, "") + said if append else said
        if sum(map(len, self._texts.values())) > MAX_ANSWER:
            raise GarbledAct("the answer is too long")

    async def _goodbye(self, reading: asyncio.Task[str]) -> None:
        """Cancel the task on the other machine, if it can be done in time, and stop reading."""
        with suppress(TimeoutError, A2AError, *_STUMBLES):
            async with asyncio.timeout(_GOODBYE):
                await self._known.wait()
                if self._task_id and not reading.done():
                    await self._client.cancel_task(CancelTaskRequest(id=self._task_id))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


class _Bounded(httpx.AsyncBaseTransport):
    """Reads no more than `_MAX_BYTES` of a response."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        response.stream = _BoundedStream(cast("httpx.AsyncByteStream", response.stream))
        if "content-encoding" in response.headers:  # it was not asked for, and a little of it may hold a lot
            await response.stream.aclose()
            raise GarbledAct("a compressed response")
        return response

    @override
    async def aclose(self) -> None:
        await self._transport.aclose()


class _BoundedStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._stream:
            read += len(chunk)
            if read > _MAX_BYTES:
                raise GarbledAct("the response is too long")
            yield chunk

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def _named(address: str) -> Generator[None]:
    """Give what goes wrong while an address is asked a name. Raises: Unreachable, GarbledAct, SeatFailed."""
    try:
        yield
    except A2AError as error:
        if isinstance(error.__cause__, httpx.HTTPError):
            raise Unreachable(f"{address} cannot be reached") from error
        if isinstance(error, A2AClientError):
            raise GarbledAct("not A2A") from error
        raise SeatFailed("the agent's machine answered with an error") from error
    except GarbledAct:
        raise
    except _STUMBLES as error:
        raise GarbledAct(f"not an answer: {type(error).__name__}") from error


def _here(card: AgentCard, address: str) -> AgentCard:
    """Return a card with the ways to talk that are known here, at the address where it was found."""
    found = urlsplit(address)
    made = AgentCard()
    made.CopyFrom(card)
    del made.supported_interfaces[:]
    for interface in card.supported_interfaces:
        if interface.protocol_binding == "JSONRPC":
            way = made.supported_interfaces.add()
            way.CopyFrom(interface)
            way.url = urlunsplit((found.scheme, found.netloc, urlsplit(interface.url).path, "", ""))
    return made
