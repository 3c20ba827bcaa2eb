"""What a worker says, which may have been taken over: taken as it is meant, or not at all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from kgraph.engines.evaluation import Task
from kgraph.errors import BadConfig, EngineFailure, KgraphError, pack_error
from kgraph.serving.isolation.worker_link import Reply, WorkerLink, WorkerOwner
from kgraph.serving.isolation.worker_messages import JOB, REPLY, Said
from kgraph.serving.query_classes import QUICK
from kgraph.serving.scheduling.job import Job
from kgraph.serving.scheduling.replies import read_answer

STARTED = REPLY.pack(Said.STARTED, 0, 0, 0.25, False)
COPIED = REPLY.pack(Said.COPIED, 0, 0, 0.5, False)


class Owner(WorkerOwner):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_started(self, worker: WorkerLink) -> None:
        self.told.append("started")

    def on_refused(self, refusal: KgraphError) -> None:
        self.told.append(str(refusal))

    def on_dead(self, worker: WorkerLink) -> None:
        self.told.append("dead")

    def on_gone(self, worker: WorkerLink) -> None:
        self.told.append("gone")


Use = Callable[[WorkerLink, socket.socket, Owner], Awaitable[None]]


def run(use: Use) -> None:
    """Use the server's end of a worker whose other end is held here."""

    async def main() -> None:
        owner = Owner()
        link = WorkerLink(1, QUICK, owner)
        link.copies = True
        with socket.socket(fileno=socket.dup(link.descriptors[0])) as worker:
            link.hand_over()
            await use(link, worker, owner)
        link.forget()

    asyncio.run(main())


async def hear(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


def test_news_come_beside_replies_in_any_pieces() -> None:
    async def use(link: WorkerLink, worker: socket.socket, owner: Owner) -> None:
        replies: list[Reply | None] = []
        link.ask(Task("ASK {}"), replies.append)
        (size,) = JOB.unpack(worker.recv(JOB.size))
        assert len(worker.recv(1 << 16)) == size
        said = STARTED + REPLY.pack(Said.ANSWER, 2, 1, 0.5, True) + b"abc" + COPIED
        for place in range(0, len(said), 7):
            worker.sendall(said[place : place + 7])
            await asyncio.sleep(0)
        await hear(lambda: link.copied)
        assert replies == [Reply(b"ab", b"c", False, 0.5, True)]
        assert (link.started, link.prepared_seconds, link.alive) == (True, 0.5, True)
        assert owner.told == ["started"]

    run(use)


@pytest.mark.parametrize(
    "said",
    [
        COPIED + COPIED,
        STARTED + STARTED,
        STARTED + REPLY.pack(Said.REFUSED, 2, 0, 0.0, False) + b"{}",
        REPLY.pack(9, 0, 0, 0.0, False),
        REPLY.pack(Said.ANSWER, 1 << 31, 1 << 31, 0.0, False),
    ],
)
def test_what_no_worker_says_is_its_end(said: bytes) -> None:
    async def use(link: WorkerLink, worker: socket.socket, owner: Owner) -> None:
        worker.sendall(said)
        await hear(lambda: not link.alive)
        assert owner.told[-1] == "dead"

    run(use)


def test_a_job_whose_worker_dies_is_over() -> None:
    async def use(link: WorkerLink, worker: socket.socket, owner: Owner) -> None:
        replies: list[Reply | None] = []
        link.ask(Task("ASK {}"), replies.append)
        worker.shutdown(socket.SHUT_RDWR)
        await hear(lambda: replies)
        assert (replies, link.alive, owner.told) == ([None], False, [])

    run(use)


def test_a_limit_that_cannot_be_set_is_told() -> None:
    async def use(link: WorkerLink, worker: socket.socket, owner: Owner) -> None:
        text = str(pack_error(BadConfig("too little"))).replace("'", '"').encode()
        worker.sendall(REPLY.pack(Said.REFUSED, len(text), 0, 0.0, False) + text)
        await hear(lambda: not link.alive)
        assert owner.told == ["too little", "dead"]

    run(use)


@pytest.mark.parametrize(
    ("failed", "text", "body", "seconds"),
    [
        (True, b"{", b"", 0.0),
        (True, b"[]", b"", 0.0),
        (True, b'{"error": "query"}', b"", 0.0),
        (True, b"[" * 5000, b"", 0.0),
        (False, b"\xff", b"", 0.0),
        (False, b"boolean json", b"", 0.0),
        (False, b"boolean json 3", b"{}HTTP/1.1 200 OK", 0.0),
        (False, b"boolean json 30", b"{}", 0.0),
        (False, b"boolean json 3000000", b"", 0.0),
        (False, b"boolean json -1", b"", 0.0),
        (False, b"boolean exe 2", b"{}", 0.0),
        (False, b"odd json 2", b"{}", 0.0),
        (False, b"boolean json 2", b"{}", float("nan")),
    ],
)
def test_a_false_reply_is_passed_on_to_nobody(
    failed: bool, text: bytes, body: bytes, seconds: float
) -> None:
    async def use(link: WorkerLink, _: socket.socket, __: Owner) -> None:
        job = Job(Task("ASK {}"), 1, 60, None)
        with pytest.raises(EngineFailure, match="no reply"):
            read_answer(job, link, Reply(text, body, failed, seconds, False), 1 << 20)
        assert not job.reusable

    run(use)
