"""A TCP proxy that fails on command: it cuts connections, or keeps them open and passes nothing on.

One thread and one selector do everything. An order (`cut`, `freeze`...) is carried out by that thread before the order's
method returns, so that not one byte passes after it.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Self

_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: close drops what is unsent and resets the connection


@dataclass(eq=False)
class _End:
    """One of a connection's two sockets; `owed` is what the other end said and this one has not taken."""

    socket: socket.socket
    owed: bytes = b""
    finished: bool = False  # it has sent its last byte


class Proxy:
    """Use as a context manager; connections to `port` go on to 127.0.0.1:`target`; `accepted` counts those passed on."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = self.accepted = 0
        self._listener = socket.socket()
        self._orders: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._wake, self._woken = socket.socketpair()
        self._all = selectors.DefaultSelector()  # the listener, the orders and the connections
        self._still = selectors.DefaultSelector()  # the orders alone
        self._others: dict[_End, _End] = {}
        self._running, self._cut, self._frozen = True, False, False
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(512)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._all.register(self._listener, selectors.EVENT_READ)
        for selector in (self._all, self._still):
            selector.register(self._woken, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._order(_running=False)
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._wake.close()

    def cut(self) -> None:
        """Reset every connection now, and each new one as soon as it is made."""
        self._order(self._drop_all, _cut=True)

    def mend(self) -> None:
        """Pass new connections on again."""
        self._order(_cut=False)

    def freeze(self) -> None:
        """Keep connections open and pass nothing on, neither bytes nor an end; new ones connect and hear nothing."""
        self._order(_frozen=True)

    def thaw(self) -> None:
        """Pass on again, first what was sent meanwhile."""
        self._order(_frozen=False)

    def _order(self, action: Callable[[], None] = lambda: None, **state: bool) -> None:
        """Have the proxy's thread take the state and the action; return when it has."""
        done = threading.Event()
        for step in (lambda: self.__dict__.update(state), action, done.set):
            self._orders.put(step)
        self._wake.send(b"!")
        assert done.wait(10), "the proxy's thread is dead"

    def _run(self) -> None:
        with self._listener, self._woken, self._all, self._still:
            while self._running:
                events = (self._still if self._frozen else self._all).select()
                if any(key.fileobj is self._woken for key, _ in events):
                    self._obey()  # and look again: the other events may be of connections that are gone
                    continue
                for key, mask in events:
                    self._handle(key.data, mask)
            self._drop_all()

    def _obey(self) -> None:
        self._woken.recv(_CHUNK)
        while not self._orders.empty():
            self._orders.get()()

    def _handle(self, end: _End | None, mask: int) -> None:
        if end is None:
            self._accept()
        elif end in self._others:  # or its other end was dropped a moment ago
            try:
                self._move(end, mask)
            except BlockingIOError:
                return
            except OSError:
                self._drop(end)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            client, _ = self._listener.accept()
            if self._cut:
                _reset(client)
                return
            self.accepted += 1
            self._join(_End(client), _End(socket.socket()))

    def _join(self, near: _End, far: _End) -> None:
        """Make the two ends one connection; if the target refuses, the far end's first event says so."""
        for end, other in ((near, far), (far, near)):
            end.socket.setblocking(False)
            end.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._others[end] = other
        far.socket.connect_ex(("127.0.0.1", self.target))
        self._watch(near)
        self._watch(far)

    def _move(self, end: _End, mask: int) -> None:
        """Give an end what it is owed, and take what it says: no more than a chunk each way is on the road."""
        other = self._others[end]
        if mask & selectors.EVENT_WRITE:
            end.owed = end.owed[end.socket.send(end.owed) :]
        if mask & selectors.EVENT_READ:
            other.owed = end.socket.recv(_CHUNK)
            end.finished = not other.owed
            if end.finished:
                other.socket.shutdown(socket.SHUT_WR)
        if end.finished and other.finished:
            self._forget(end, socket.socket.close)
            return
        self._watch(end)
        self._watch(other)

    def _watch(self, end: _End) -> None:
        """Wait for an end to speak only when its last word was taken, and to listen only when there is something to say."""
        speak = selectors.EVENT_READ if not end.finished and not self._others[end].owed else 0
        listen = selectors.EVENT_WRITE if end.owed else 0
        if end.socket in self._all.get_map():
            self._all.unregister(end.socket)
        if speak | listen:
            self._all.register(end.socket, speak | listen, end)

    def _drop(self, end: _End) -> None:
        self._forget(end, _reset)

    def _drop_all(self) -> None:
        while self._others:
            self._drop(next(iter(self._others)))

    def _forget(self, end: _End, close: Callable[[socket.socket], None]) -> None:
        for one in (end, self._others[end]):
            del self._others[one]
            if one.socket in self._all.get_map():
                self._all.unregister(one.socket)
            close(one.socket)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()
