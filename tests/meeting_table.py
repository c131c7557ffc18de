"""Where the seats of tests/meeting_agent ask what to say: a socket in the test's process, so that a test holds each answer at will."""

from __future__ import annotations

import itertools
import queue
import socketserver
import threading
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager

from playground.meetings.messages import Accept, Body, Decline, Propose, Say, write_acts

PATIENCE = 30
_words = itertools.count()


class Asked:
    """A seat that waits for what it is to say."""

    def __init__(self) -> None:
        self.line: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.gone = threading.Event()

    def says(self, *acts: Body) -> None:
        self.line.put(write_acts(acts))

    def fails(self) -> None:
        self.line.put("!")


class Table(socketserver.ThreadingTCPServer):
    """Takes the seats' questions, by meeting and seat."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Seat)
        self.asking: defaultdict[str, queue.SimpleQueue[Asked]] = defaultdict(queue.SimpleQueue)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def asked(self, word: str, seat: str) -> Asked:
        """Wait until a seat is asked."""
        return self.asking[f"{word} {seat}"].get(timeout=PATIENCE)


class _Seat(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        asked = Asked()
        assert isinstance(self.server, Table)
        self.server.asking[self.rfile.readline().decode().strip()].put(asked)
        watch = threading.Thread(target=self._watch, args=(asked,), daemon=True)
        watch.start()
        if line := asked.line.get():
            self.wfile.write(f"{line}\n".encode())
        watch.join(PATIENCE)

    def _watch(self, asked: Asked) -> None:
        self.rfile.read()  # until the seat hangs up
        asked.gone.set()
        asked.line.put("")


class Held:
    """One meeting at a table: its own word, and what its seats say."""

    def __init__(self, table: Table) -> None:
        self.word = f"m{next(_words)}"
        self.table = table

    def __call__(self, seat: str, *acts: Body) -> None:
        self.table.asked(self.word, seat).says(*acts)

    def fails(self, seat: str) -> None:
        for _ in range(2):  # a seat is asked twice
            self.table.asked(self.word, seat).fails()

    def waits(self, seat: str) -> Asked:
        return self.table.asked(self.word, seat)


def says(words: str, **item: object) -> Body:
    return Say(words=words, item=item)


def proposes(words: str, **item: object) -> Body:
    return Propose(topic="time", words=words, item=item)


def agrees(words: str = "", grade: float = 1.0) -> Body:
    return Accept(about="proposal", words=words, grade=grade)


def cannot(words: str) -> Body:
    return Decline(words=words)


@contextmanager
def laid() -> Generator[Table]:
    with Table() as table:
        thread = threading.Thread(target=table.serve_forever, daemon=True)
        thread.start()
        yield table
        table.shutdown()
        thread.join(PATIENCE)
