"""A Gemini-compatible HTTP server that the real google-genai client talks to; it speaks the steps of `scripted_llm`.

It records each request with the times of its chunks and of the client's hang-up (`time.monotonic`), and refuses a history
whose function calls and responses do not match, as Gemini does. One thread, one asyncio loop, HTTP/1.1 with keep-alive.
`python tests/gemini_server.py PORT` serves `stream N RATE` prompts (N chunks, RATE a second) for benchmarks.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from scripted_llm import Asked, Call, Finish, Hold, Raise, Script, Step, Text, Thought, Wait, echo

WRONG_KEY = "wrong-key"
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class _DroppedError(Exception):
    """The script says that the connection breaks here."""


@dataclass
class Request:
    """One request as the server saw it. Times by `time.monotonic`; `hung_up` when the client closed before the end."""

    model: str
    key: str
    body: dict[str, Any]
    asked: Asked
    arrived: float
    chunks: list[float] = field(default_factory=list)
    ended: float | None = None
    hung_up: float | None = None
    status: int = 200


class GeminiServer:
    """Use as a context manager; `url` is what GOOGLE_GEMINI_BASE_URL should be."""

    def __init__(self, script: Script = echo, port: int = 0, models: Sequence[str] = ("gemini-",)) -> None:
        self.script = script
        self.models = tuple(models)
        self.requests: list[Request] = []
        self.failures: list[int] = []  # statuses to answer with, one a request, before the script is asked
        self.connections = self.open_connections = 0
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(port,), name="gemini-server", daemon=True)
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def wait_for(self, predicate: Callable[[GeminiServer], bool], timeout: float = 10.0) -> bool:
        """Wait until the predicate holds of this server, looking at every change; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: predicate(self), timeout)

    def _run(self, port: int) -> None:
        self._loop.run_until_complete(self._serve(port))
        self._loop.close()

    async def _serve(self, port: int) -> None:
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", port, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _note(self, change: Callable[[], None]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self._note(lambda: self._count(+1))
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._exchange(reader, writer):
                pass
        self._writers.discard(writer)
        writer.close()
        self._note(lambda: self._count(-1))

    def _count(self, change: int) -> None:
        self.open_connections += change
        self.connections += max(0, change)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection is at its end."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return False
        line, *rest = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rest) if name}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
        path = line.split(" ")[1]
        request = self._request(path, headers, body)
        self._note(lambda: self.requests.append(request))
        problem = self._problem(request)
        if problem:
            request.status = problem[0]
            await _send_json(writer, *problem)
            self._note(lambda: setattr(request, "ended", time.monotonic()))
            return True
        if "streamGenerateContent" in path:
            return await self._stream(request, reader, writer)
        return await self._whole(request, writer)

    def _request(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> Request:
        model = path.partition("/models/")[2].partition(":")[0]
        asked = Asked([(content.get("role", ""), _words(content)) for content in body.get("contents", [])])
        return Request(model, headers.get("x-goog-api-key", ""), body, asked, time.monotonic())

    def _problem(self, request: Request) -> tuple[int, dict[str, Any]] | None:
        if request.key == WRONG_KEY:
            return _error(400, "API key not valid. Please pass a valid API key.", reason="API_KEY_INVALID")
        if not request.model.startswith(self.models):
            return _error(404, f"models/{request.model} is not found for API version v1beta.")
        if self.failures:
            return _error(self.failures.pop(0), "The model is overloaded. Please try again later.")
        if complaint := mismatch(request.body.get("contents", [])):
            return _error(400, complaint)
        return None

    async def _stream(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send the chunks, and notice at once when the client hangs up."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        sending = asyncio.ensure_future(self._send_chunks(request, writer))
        hearing = asyncio.ensure_future(reader.read(1))  # a client says nothing before the answer's end, or it hangs up
        await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        if hearing.done() or isinstance(sending.exception(), ConnectionError):
            self._note(lambda: setattr(request, "hung_up", time.monotonic()))
        sending.cancel()
        hearing.cancel()
        await asyncio.gather(sending, hearing, return_exceptions=True)
        if sending.cancelled() or sending.exception():
            writer.transport.abort()
            return False
        self._note(lambda: setattr(request, "ended", time.monotonic()))
        return True

    async def _send_chunks(self, request: Request, writer: asyncio.StreamWriter) -> None:
        async for payload in _payloads(self.script(request.asked)):
            data = f"data: {json.dumps(payload)}\r\n\r\n".encode()
            writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            await writer.drain()
            self._note(lambda: request.chunks.append(time.monotonic()))
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _whole(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        parts = [part async for payload in _payloads(self.script(request.asked)) for part in payload["candidates"][0]["content"]["parts"]]
        await _send_json(writer, 200, _payload(parts, "STOP"))
        self._note(lambda: setattr(request, "ended", time.monotonic()))
        return True


async def _payloads(steps: Iterable[Step]) -> AsyncIterator[dict[str, Any]]:
    reason = "STOP"
    for step in steps:
        match step:
            case Text(text):
                yield _payload([{"text": text}])
            case Thought(text):
                yield _payload([{"text": text, "thought": True}])
            case Call(name, args):
                yield _payload([{"functionCall": {"name": name, "args": dict(args)}}])
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Hold(gate):
                await gate.wait()
            case Raise(error):
                raise _DroppedError from error
            case Finish(other):
                reason = other
    yield _payload([], reason)


def _payload(parts: list[dict[str, Any]], reason: str = "") -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    payload: dict[str, Any] = {"candidates": [candidate], "modelVersion": "test"}
    if reason:
        candidate["finishReason"] = reason
        payload["usageMetadata"] = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    return payload


def _error(code: int, message: str, reason: str = "") -> tuple[int, dict[str, Any]]:
    error: dict[str, Any] = {"code": code, "message": message, "status": _STATUS[code]}
    if reason:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]
    return code, {"error": error}


async def _send_json(writer: asyncio.StreamWriter, code: int, payload: dict[str, Any]) -> None:
    data = json.dumps(payload).encode()
    head = f"HTTP/1.1 {code} {_STATUS.get(code, 'OK')}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()


def _words(content: dict[str, Any]) -> str:
    return "".join(_word(part) for part in content.get("parts", []))


def _word(part: dict[str, Any]) -> str:
    if call := part.get("functionCall"):
        return f"<call {call['name']}>"
    if response := part.get("functionResponse"):
        return f"<result {response['name']}>"
    return str(part.get("text", ""))


def mismatch(contents: list[dict[str, Any]]) -> str:
    """Return Gemini's complaint about a history whose function calls and responses do not match, or nothing."""
    if not contents:
        return "* GenerateContentRequest.contents: contents is not specified"
    owed: Counter[str] = Counter()
    for content in contents:
        calls = Counter(part["functionCall"]["name"] for part in content.get("parts", []) if "functionCall" in part)
        answers = Counter(part["functionResponse"]["name"] for part in content.get("parts", []) if "functionResponse" in part)
        if answers != owed:
            return "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
        owed = calls
    return "Please ensure that every function call turn is followed by a function response turn." if owed else ""


def streaming(asked: Asked) -> Sequence[Step]:
    """`stream N RATE`: N chunks, RATE a second, each with its number and the time it is sent."""
    _, count, rate = asked.said.split()[:3]
    steps: list[Step] = []
    for number in range(int(count)):
        steps += [Wait(1 / float(rate)), Text(f"chunk{number} ")]
    return steps


if __name__ == "__main__":
    with GeminiServer(streaming, port=int(sys.argv[1])) as served:
        served.wait_for(lambda _: False, timeout=3600)
