"""Seats on another machine, as one process: each behaviour listens on a port of its own, and the ports are printed as JSON.

`python seat_server.py well stalls ...` serves those; what follows a dash in a behaviour is only a name. The product's own server serves
them, but for the faults that it cannot have. At each port, `/asked`, `/cancelled` and `/over` answer as soon as a run has begun, was
cancelled, or is over in any way; `/open` lets a held answer go on.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

import uvicorn
from google.adk.a2a.utils.agent_to_a2a import to_a2a
from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event
from google.genai import types
from pydantic import ConfigDict, PrivateAttr
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.meetings import serving
from playground.meetings.messages import Accept, write_acts
from playground.meetings.minds import Request

CARD = "/.well-known/agent-card.json"


class Flags:
    def __init__(self) -> None:
        self.events = {name: asyncio.Event() for name in ("asked", "cancelled", "over", "posted", "open")}

    def routes(self) -> list[Route]:
        return [Route(f"/{name}", self._waiter(name)) for name in ("asked", "cancelled", "over", "posted")] + [Route("/open", self._open)]

    def _waiter(self, name: str) -> Callable[[HttpRequest], Awaitable[Response]]:
        async def wait(_: HttpRequest) -> Response:
            await self.events[name].wait()
            return PlainTextResponse(name)

        return wait

    async def _open(self, _: HttpRequest) -> Response:
        self.events["open"].set()
        return PlainTextResponse("open")


class Behaving(BaseAgent):
    """Answers an offer with "yes", or goes wrong in its way."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
    behaviour: str
    flags: Flags
    _asked: int = PrivateAttr(default=0)

    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        self._asked += 1
        self.flags.events["asked"].set()
        try:
            request = Request.read(ctx.session.events[-1].content.parts[0].text)  # type: ignore[union-attr, index, arg-type]
            yield self._event(ctx, types.Part(text="SECRET", thought=True))
            yield self._event(ctx, types.Part(function_call=types.FunctionCall(name="look", args={"at": "SECRET"})))
            yield self._event(ctx, types.Part(text="SECRET", thought=True), types.Part(text=await self._text(request)))
        except asyncio.CancelledError:
            self.flags.events["cancelled"].set()
            raise
        finally:
            self.flags.events["over"].set()

    async def _text(self, request: Request) -> str:
        well = write_acts([Accept(about=request.asked.id, words="yes")])
        match self.behaviour:
            case "stalls" | "late":
                await asyncio.Event().wait()
            case "waits":
                await self.flags.events["open"].wait()
            case "garbage":
                return "I would rather talk about the weather."
            case "large":
                return well + " " * 300_000
            case "version":
                return well.replace('"version": 1', '"version": 2')
            case "exits":
                os._exit(1)
            case "raises":
                raise RuntimeError("SECRET")
            case _:
                pass
        return well

    def _event(self, ctx: InvocationContext, *parts: types.Part) -> Event:
        content = types.Content(role="model", parts=list(parts))
        return Event(author=self.name, invocation_id=ctx.invocation_id, content=content)


class Faulty:
    """What our own server never does, around it."""

    def __init__(self, app: ASGIApp, behaviour: str, flags: Flags) -> None:
        self.app, self.behaviour, self.flags = app, behaviour, flags

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response | None = None
        if scope["type"] == "http" and scope["method"] == "POST":
            self.flags.events["posted"].set()
            if self.behaviour == "late":
                await self.flags.events["open"].wait()
            response = answer_of(self.behaviour)
        elif scope["type"] == "http" and scope["path"] == CARD:
            response = card_of(self.behaviour)
        await (response or self.app)(scope, receive, send)


def card_of(behaviour: str) -> Response | None:
    match behaviour:
        case "redirects":
            return RedirectResponse("http://127.0.0.1:9/")
        case "nocard":
            return PlainTextResponse("nothing here", 404)
        case "badcard":
            return PlainTextResponse("[]")
        case _:
            return None


def answer_of(behaviour: str) -> Response | None:
    match behaviour:
        case "http500":
            return PlainTextResponse("SECRET", 500)
        case "html":
            return PlainTextResponse("<html>")
        case "endless":
            return StreamingResponse(endless(), media_type="text/event-stream")
        case "unfinished":
            return StreamingResponse(unfinished(), media_type="text/event-stream")
        case "packed":
            return Response(b"\x1f\x8b", headers={"content-encoding": "gzip"}, media_type="text/event-stream")
        case _:
            return None


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 65_536
        await asyncio.sleep(0)


async def unfinished() -> AsyncIterator[bytes]:
    task = {"task": {"id": "t", "contextId": "c", "status": {"state": "TASK_STATE_WORKING"}}}
    yield f"data: {json.dumps({'jsonrpc': '2.0', 'id': '1', 'result': task})}\n\n".encode()


async def serve(behaviour: str, listener: socket.socket) -> None:
    kind, flags = behaviour.split("-", maxsplit=1)[0], Flags()
    if kind == "drops":  # the first connection
        listener.setblocking(False)
        dropped, _ = await asyncio.get_running_loop().sock_accept(listener)
        dropped.close()
    config = serving.config(Behaving(name="seat", behaviour=kind, flags=flags), listener)
    app = config.app
    assert isinstance(app, Starlette)
    app.routes.extend(flags.routes())
    if kind == "plain":
        app = to_a2a(Behaving(name="seat", behaviour=kind, flags=flags))
    if kind == "elsewhere":
        app = serving.seat_app(Behaving(name="seat", behaviour=kind, flags=flags), serving.listen("127.0.0.1", 0))
        app.routes.extend(flags.routes())
    config.app = Faulty(app, kind, flags)
    await uvicorn.Server(config).serve(sockets=[listener])


async def main() -> None:
    listeners = {behaviour: serving.listen("127.0.0.1", 0) for behaviour in sys.argv[1:]}
    print(json.dumps({behaviour: serving.address_of(listener) for behaviour, listener in listeners.items()}), flush=True)  # noqa: T201
    await asyncio.gather(*(serve(behaviour, listener) for behaviour, listener in listeners.items()))


if __name__ == "__main__":
    asyncio.run(main())
