"""The pool: a whole answer or a named fault, and the next query is answered as ever."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import DEFAULT_GRAPH, WHOLE_DATASET, Task
from kgraph.errors import (
    BadQuery,
    Busy,
    KgraphError,
    NotAcceptable,
    OutsideAccess,
    ReadOnly,
    TooCostly,
    UnknownResource,
)
from kgraph.serving.cache import AnswerCache
from kgraph.serving.limits import PoolLimits
from kgraph.serving.scheduling.pool import Pool
from processes import count_stopped, find_workers, wait_for

CROSS_PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LIMITS = PoolLimits(
    workers=2, processes=8, queue=2, query_seconds=60, memory_bytes=1 << 30, answer_bytes=1 << 20
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A file with 20,000 triples."""
    file = tmp_path / "data.nt"
    lines = (f'<http://e/s{n}> <http://e/p> "{n % 100}" .\n' for n in range(20_000))
    file.write_text("".join(lines))
    return file


def run(data: Path, use: Callable[[Pool], Awaitable[None]], limits: PoolLimits = LIMITS) -> None:
    async def main() -> None:
        pool = Pool([data], limits)
        try:
            await pool.start()
            await use(pool)
        finally:
            await pool.close()

    asyncio.run(main())


async def assert_still_answers(pool: Pool) -> None:
    answer = await pool.begin(Task("SELECT ?o { <http://e/s7> ?p ?o }", result_format="csv"))
    assert (answer.kind, answer.suffix, answer.body) == ("bindings", "csv", b"o\r\n7\r\n")


HOSTILE = {
    "a cross product": (CROSS_PRODUCT, TooCostly, "seconds"),
    "deep nesting": (f"SELECT ({'STR(' * 20_000}1{')' * 20_000} AS ?x) {{}}", TooCostly, "nest"),
    "nested groups": (f"SELECT * {'{' * 50_000}{'}' * 50_000}", TooCostly, "nest"),
    "an answer too large": ("SELECT * { ?s ?p ?o }", TooCostly, "MiB"),
    "a memory bomb": (
        "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d))) AS ?y) { ?a ?b ?c . ?d ?e ?f }",
        TooCostly,
        "seconds|memory",
    ),
    "a planning bomb": (
        f"SELECT * {{ ?s ?p ({' '.join(str(n) for n in range(800))}) }}",
        TooCostly,
        "seconds",
    ),
    "SERVICE": ("SELECT * { SERVICE <http://127.0.0.1:8099/> { ?s ?p ?o } }", OutsideAccess, "own"),
    "SERVICE by a variable": (
        "SELECT * { VALUES ?e { <http://127.0.0.1:8099/> } SERVICE ?e { ?s ?p ?o } }",
        OutsideAccess,
        "own graphs",
    ),
    "SERVICE SILENT": (
        "SELECT * { SeRvIcE#\n SILENT <http://127.0.0.1:8099/> { ?s ?p ?o } }",
        OutsideAccess,
        "SERVICE",
    ),
    "FROM a file": ("SELECT * FROM <FILE:///etc/passwd> { ?s ?p ?o }", OutsideAccess, "fetched"),
    "a syntax error": ("SELECT * {\n ?s ?p }", BadQuery, "line 2"),
    "an unknown prefix": ("SELECT * { ?s foo:bar ?o }", BadQuery, "foo"),
    "an update": ("INSERT DATA { <a:a> <a:b> <a:c> }", ReadOnly, "pull request"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_query_meets_its_limit_and_harms_nobody(data: Path, name: str) -> None:
    query, error, word = HOSTILE[name]

    async def use(pool: Pool) -> None:
        with pytest.raises(error, match=word):
            # The others have all the time they need on a busy machine.
            await pool.begin(Task(query), 2 if "seconds" in word else None)
        await assert_still_answers(pool)

    run(data, use)


@pytest.mark.parametrize("suffix", ["json", "xml", "csv", "tsv"])
def test_rows_are_counted_to_the_last(data: Path, suffix: str) -> None:
    async def use(pool: Pool) -> None:
        whole = await pool.begin(Task("SELECT * { ?s ?p ?o } LIMIT 999", result_format=suffix))
        assert whole.size > 9_990
        with pytest.raises(TooCostly, match="999 rows"):
            await pool.begin(Task("SELECT * { ?s ?p ?o } LIMIT 1000", result_format=suffix))

    run(data, use, replace(LIMITS, answer_rows=999))


def test_a_large_answer_stays_on_disk_and_is_whole(data: Path) -> None:
    async def use(pool: Pool) -> None:
        answer = await pool.begin(Task("SELECT * { ?s ?p ?o }", result_format="xml"))
        assert (answer.body, answer.file is None) == (b"", False)
        assert answer.file is not None
        with answer.file as file:
            assert file.read().count(b"<result>") == 20_000
        await assert_still_answers(pool)

    run(data, use, replace(LIMITS, answer_bytes=1 << 24))


def test_cheap_queries_pass_the_heavy_ones(data: Path) -> None:
    """With every heavy turn taken and others stopped, a cheap query still finds a worker."""

    async def use(pool: Pool) -> None:
        heavy = [pool.begin(Task(CROSS_PRODUCT), 10) for _ in range(6)]
        await wait_for(lambda: count_stopped(find_workers()))
        await assert_still_answers(pool)
        ended = await asyncio.gather(*heavy, return_exceptions=True)
        # Who was stopped to the end is told that there were too many, or that it took too long.
        assert {type(each) for each in ended} in ({TooCostly, Busy}, {TooCostly})
        await assert_still_answers(pool)

    run(data, use, replace(LIMITS, processes=14, queue=6, query_seconds=30))


def test_a_file_named_in_from_is_refused(data: Path) -> None:
    async def use(pool: Pool) -> None:
        with pytest.raises(OutsideAccess, match="fetched"):
            await pool.begin(Task(f"SELECT * FROM <{data.as_uri()}> {{ ?s ?p ?o }}"))
        with pytest.raises(OutsideAccess, match="fetched"):
            await pool.begin(Task("ASK {}", named_graphs=(data.as_uri(),)))
        answer = await pool.begin(Task("SELECT * FROM <http://e/none> { ?s ?p ?o }", "csv"))
        assert answer.body == b"s,p,o\r\n"
        with pytest.raises(BadQuery, match="names no graph"):
            await pool.begin(Task("ASK {}", default_graphs=("a b",)))

    run(data, use)


def test_a_worker_can_open_no_file_and_no_socket(data: Path) -> None:
    """What the reading of the text overlooked would fail here."""
    code = (
        "import socket, sys; from pyoxigraph import Store;"
        "from kgraph.serving.isolation.worker_limits import Limits, apply_limits;"
        "store = Store(); apply_limits(Limits(1 << 30, 1 << 20, 9), 8 << 30)\n"
        "for each in (lambda: open(sys.argv[1]), socket.socket,"
        " lambda: list(store.query('SELECT * { SERVICE <http://127.0.0.1:8099/> { } }')),"
        " lambda: store.update('LOAD <http://127.0.0.1:8099/>')):\n"
        "  try: each()\n"
        "  except OSError as error: print('Too many open files' in str(error))\n"
    )
    command = [sys.executable, "-c", code, str(data)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.stdout.split() == ["True"] * 4, ended.stderr


def test_graphs_are_read_as_they_are(data: Path) -> None:
    async def use(pool: Pool) -> None:
        whole = await pool.begin(Task("", graph_format="nt", graph=DEFAULT_GRAPH))
        assert whole.body.count(b"\n") == 20_000
        with pytest.raises(UnknownResource, match="http://e/none"):
            await pool.begin(Task("", graph="http://e/none"))
        with pytest.raises(NotAcceptable, match="TriG"):
            await pool.begin(Task("", graph_format="ttl", graph=WHOLE_DATASET))

    run(data, use, replace(LIMITS, answer_bytes=1 << 24))


def test_departures_of_the_engine_are_mended(data: Path) -> None:
    async def use(pool: Pool) -> None:
        async def ask(query: str) -> str:
            return (await pool.begin(Task(query, result_format="csv"))).body.decode()

        joined = "{ SELECT (GROUP_CONCAT(?x) AS ?y) { VALUES ?x { 'a'@en } } }"
        assert "true" in await ask(f"ASK {{ {joined} FILTER(?y = 'a') }}")
        assert await ask("SELECT (<http://e/unknown>(1) AS ?x) {}") == 'x\r\n""\r\n'
        with pytest.raises(BadQuery, match="line 1, column 42"):
            await ask("SELECT (GROUP_CONCAT(?x) AS ?y) { ?s ?p }")

    run(data, use)


def test_a_full_queue_is_said_at_once(data: Path) -> None:
    async def use(pool: Pool) -> None:
        heavy = [pool.begin(Task(CROSS_PRODUCT)) for _ in range(6)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="2 queries are waiting"):
            await pool.begin(Task("ASK {}"))
        # Once they are known to be heavy, they are in nobody's way.
        await wait_for(lambda: not pool.waiting)
        await pool.begin(Task("ASK {}"))
        for each in heavy:
            each.cancel()
        await asyncio.wait(heavy)
        await assert_still_answers(pool)

    run(data, use)


def test_a_client_that_leaves_frees_its_worker(data: Path) -> None:
    async def use(pool: Pool) -> None:
        heavy = [pool.begin(Task(CROSS_PRODUCT)) for _ in range(2)]
        await asyncio.sleep(0)
        for task in heavy:
            task.cancel()
        await asyncio.wait_for(assert_still_answers(pool), 60)

    run(data, use)


def test_the_same_question_is_evaluated_once(data: Path) -> None:
    asked: list[str] = []

    async def use(pool: Pool) -> None:
        class Counting:
            def begin(self, task: Task, _: float | None = None) -> asyncio.Future[Answer]:
                asked.append(task.query)
                return pool.begin(task)

        prepared = AnswerCache(Counting(), "data")
        same = [prepared.prepare(Task("ASK { ?s ?p ?o }")) for _ in range(5)]
        first, *others = await asyncio.gather(*same)
        assert all(other.answer == first.answer for other in others)
        assert len(asked) == 1
        await prepared.prepare(Task("SELECT (NOW() AS ?t) {}"))
        await prepared.prepare(Task("SELECT (NOW() AS ?t) {}"))
        assert len(asked) == 3

    run(data, use)


def test_prepared_answers_are_given_up_before_they_fill_the_memory(data: Path) -> None:
    async def use(pool: Pool) -> None:
        prepared = AnswerCache(pool, "data", bytes_kept=10_000)
        for number in range(50):
            await prepared.prepare(Task(f"SELECT ?o {{ <http://e/s{number}> ?p ?o }}"))
        assert 0 < prepared.bytes_held <= 10_000
        before = prepared.bytes_held
        # What is asked is kept with its answer, and may be the larger part.
        graphs = ("http://e/" + "x" * 20_000,)
        await prepared.prepare(Task("ASK {}", named_graphs=graphs))
        assert prepared.bytes_held == before

    run(data, use)


def test_a_fault_reaches_all_who_wait_and_is_not_kept(data: Path) -> None:
    async def use(pool: Pool) -> None:
        prepared = AnswerCache(pool, "data")
        for _ in range(2):
            both = [prepared.prepare(Task("SELECT {")) for _ in range(2)]
            for ended in await asyncio.gather(*both, return_exceptions=True):
                assert isinstance(ended, BadQuery)

    run(data, use)


def test_broken_data_are_said_at_the_start(tmp_path: Path) -> None:
    broken = tmp_path / "broken.nt"
    broken.write_text("<http://e/s> <http://e/p> .\n")

    async def use(pool: Pool) -> None:
        pytest.fail("the pool started")

    with pytest.raises(KgraphError, match=r"broken\.nt"):
        run(broken, use)
