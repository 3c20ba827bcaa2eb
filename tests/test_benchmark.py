"""The instruments of the benchmark: what counts as an answer, and what is asked."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "bench"))

import figures
import load
import request_mix
import wrk_load

JSON = b'{"results":1}'
HEAD = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def serve(*responses: bytes) -> Iterator[str]:
    """Answer the requests of one connection with these bytes, then close it."""

    def run() -> None:
        connection, _ = listening.accept()
        with connection:
            for response in responses:
                connection.recv(1 << 16)
                # In two parts, so that reading has to go on.
                connection.sendall(response[:30])
                time.sleep(0.01)
                connection.sendall(response[30:])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=run)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/sparql"
        thread.join()


def whole(body: bytes, said: int | None = None) -> bytes:
    length = len(body) if said is None else said
    return HEAD + b"Content-Length: %d\r\n\r\n%s" % (length, body)


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n7\r\n" + JSON[:7] + b"\r\n6\r\n" + JSON[7:]


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (whole(JSON), "answered"),
        (CHUNKED + b"\r\n0\r\n\r\n", "answered"),
        (CHUNKED + b"\r\n", "broken"),
        (whole(JSON, len(JSON) + 9), "broken"),
        (whole(JSON + b"\nan error"), "broken"),
        (whole(b""), "broken"),
        (whole(JSON).replace(b"200 OK", b"503 No"), "refused"),
        (whole(JSON).replace(b"200 OK", b"422 No"), "failed"),
    ],
)
def test_what_counts_as_an_answer(response: bytes, outcome: str) -> None:
    with serve(response) as url:
        now = time.perf_counter()
        address = load.Address.read(url)
        seen = load.walk(address, [address.encode("ASK {}")], [0], now, now + 60)
    assert [load.OUTCOMES[each] for each in seen.outcomes] == [outcome]


def test_what_is_unfinished_at_the_end_is_counted_with_its_time() -> None:
    samples = load.Samples.empty()
    rows = [(0.0, 1.0, load.ANSWERED), (1.0, 3.0, load.ANSWERED), (2.0, 9.0, load.UNFINISHED),
            (0.0, 0.001, load.REFUSED)]  # fmt: skip
    for start, duration, outcome in rows:
        samples.add(0, start, outcome, 0)
        samples.durations[-1] = duration
    request = request_mix.Request("a", False, "ASK {}")
    found = figures.summarize(samples, 2.0, [request], 0)
    assert found["answers_per_second"] == 0.5
    assert (found["answered"], found["unfinished"], found["refused"]) == (2, 1, 1)
    assert (found["p50"], found["cheap_p99"]) == (3000, 9000)


def test_requests_are_distinct_and_the_same_for_a_seed() -> None:
    made = request_mix.make_requests(400, 20_000, 5)
    assert made == request_mix.make_requests(400, 20_000, 5)
    assert made != request_mix.make_requests(400, 20_000, 6)
    assert len({each.query for each in made}) == 400
    assert set(Counter(each.template for each in made).values()) == {40}
    assert not any(each.heavy for each in request_mix.make_requests(50, 20_000, 5, True))


def test_draws_follow_zipfs_law() -> None:
    counts = Counter(request_mix.draw_by_rank(100_000, 500, 1))
    first, second, *_ = (count for _, count in counts.most_common())
    weight = sum(1 / rank**request_mix.ZIPF for rank in range(1, 501))
    assert abs(first / 100_000 - 1 / weight) < 0.01
    assert 1.9 < first / second < 2.4
    assert counts.most_common(1)[0][0] != 0, "ranks are not in the order of the templates"


def test_a_text_that_differs_has_its_comment_after_the_query() -> None:
    script = wrk_load.write_script("http://127.0.0.1:1/sparql", "ASK {}\n", True)
    assert "GET /sparql?query=ASK%20%7B%7D" in script
    assert wrk_load.DISTINCT in script
    assert wrk_load.DISTINCT not in wrk_load.write_script("http://a:1/", "ASK {}", False)
