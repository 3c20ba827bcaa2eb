"""Requests to listed endpoints: to the right address, within the limits, and to nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgraph.endpoints.checked_addresses import Address, Resolve, is_one_host, is_public
from kgraph.errors import BadConfig, Busy, EndpointFailure, TooCostly
from kgraph.serving.federation.allowed_endpoints import (
    OutsideEndpoints,
    OutsideLimits,
    read_allowed,
)
from kgraph.web.settings import read_settings
from odd_endpoints import ONE_ROW, SECRET, OddEndpoints, run_odd_endpoints

QUERY = "SELECT * WHERE { ?s ?p 'ä' }"
LIMITS = OutsideLimits(seconds=1, answer_bytes=1 << 20, queries=2)
LOOPBACK = ipaddress.ip_address("127.0.0.1")


@pytest.fixture(scope="module")
def odd() -> Iterator[OddEndpoints]:
    with run_odd_endpoints() as running:
        yield running


def ask(
    endpoint: str,
    *,
    private: bool = True,
    seconds: float = 5,
    resolve: Resolve | None = None,
    tls: ssl.SSLContext | None = None,
    limits: OutsideLimits = LIMITS,
) -> bytes:
    async def main() -> bytes:
        endpoints = OutsideEndpoints({endpoint: private}, limits, resolve=resolve, tls=tls)
        return await endpoints.ask(endpoint, QUERY, time.monotonic() + seconds)

    return asyncio.run(main())


PUBLIC = ["8.8.8.8", "192.1.0.1", "2606:4700::1", "2a00:1450::1"]
NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.1.2.3", "169.254.169.254",
    "172.16.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::2", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1",
    "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip


def test_public_addresses_are_told_from_others() -> None:
    addresses = map(ipaddress.ip_address, (*PUBLIC, *NOT_PUBLIC))
    assert [str(address) for address in addresses if is_public(address)] == PUBLIC


def test_even_in_a_network_of_ones_own_an_address_is_one_host() -> None:
    addresses = map(ipaddress.ip_address, NOT_PUBLIC)
    none = [str(address) for address in addresses if not is_one_host(address)]
    assert none == ["0.0.0.0", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
                    "::", "ff02::1", "ff0e::1"]  # fmt: skip


@pytest.mark.parametrize("path", ["right", "plain-json", "right?default-graph-uri=http://e/g"])
def test_an_answer_comes_whole(odd: OddEndpoints, path: str) -> None:
    assert ask(odd.at(path)) == ONE_ROW
    asked, headers, query = odd.requests[-1]
    assert (asked, query) == (f"/{path}", QUERY)
    assert headers["accept-encoding"] == "identity"
    assert not {"authorization", "cookie", "proxy-authorization", "referer"} & set(headers)


FAILURES = {
    **{f"redirect-{status}": f"status {status}" for status in (301, 302, 303, 307, 308)},
    "fault": "status 500",
    "refusal": "status 403",
    "busy": "status 503",
    "page": "no SPARQL results",
    "xml": "no SPARQL results",
    "no-type": "no SPARQL results",
    "half": "cut or broken",
    "packed": "packed",
    "drip": "within 1 seconds",
    "drip-head": "within 1 seconds",
    "silence": "within 1 seconds",
    "promise": "within 1 seconds",
    "pour-head": "cut or broken",
}


@pytest.mark.parametrize("path", FAILURES)
def test_a_failure_names_the_endpoint_and_nothing_from_it(odd: OddEndpoints, path: str) -> None:
    before = len(odd.requests)
    with pytest.raises(EndpointFailure, match=FAILURES[path]) as caught:
        ask(odd.at(path))
    assert str(caught.value).startswith(f"<{odd.at(path)}>: ")
    assert SECRET not in str(caught.value)
    assert [asked for asked, _, _ in odd.requests[before:]] == [f"/{path}"]


def test_an_endless_answer_is_left(odd: OddEndpoints) -> None:
    with pytest.raises(TooCostly, match="larger than 1 MiB") as caught:
        ask(odd.at("pour"))
    assert caught.value.limit == "bytes"


def test_the_time_of_the_query_is_a_limit_of_its_own(odd: OddEndpoints) -> None:
    with pytest.raises(TooCostly, match="time that the query had left") as caught:
        ask(odd.at("silence"), seconds=0.3)
    assert caught.value.limit == "seconds"


def test_nobody_there_is_a_failure() -> None:
    with pytest.raises(EndpointFailure, match="cannot be reached"):
        ask("http://127.0.0.1:1/sparql")


def test_only_so_many_queries_ask_at_once() -> None:
    async def main() -> None:
        endpoints = OutsideEndpoints({}, LIMITS)
        soon = time.monotonic() + 0.2
        async with endpoints.turn(soon), endpoints.turn(soon):
            with pytest.raises(Busy, match="ask other endpoints"):
                async with endpoints.turn(soon):
                    pass
        async with endpoints.turn(soon):
            pass

    asyncio.run(main())


def test_it_is_told_how_each_request_ended(odd: OddEndpoints) -> None:
    ended: list[str] = []
    listed = {odd.at(path): True for path in ("right", "fault", "pour")}

    async def main() -> None:
        endpoints = OutsideEndpoints(listed, LIMITS, ended.append)
        for endpoint in listed:
            with contextlib.suppress(EndpointFailure, TooCostly):
                await endpoints.ask(endpoint, QUERY, time.monotonic() + 5)

    asyncio.run(main())
    assert ended == ["answered", "failed", "limit"]


def test_a_request_that_nobody_waits_for_is_broken_off(odd: OddEndpoints) -> None:
    endpoint = odd.at("drip")

    async def main() -> None:
        patient = OutsideLimits(seconds=60)
        asking = asyncio.ensure_future(
            OutsideEndpoints({endpoint: True}, patient).ask(endpoint, QUERY, time.monotonic() + 60)
        )
        await asyncio.to_thread(odd.wait_for, "/drip", before + 1)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking

    before = sum(path == "/drip" for path, _, _ in odd.requests)
    broken = len(odd.broken)
    asyncio.run(main())
    odd.wait_until(lambda: len(odd.broken) > broken)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_a_private_address_is_dialled_only_where_it_is_meant(odd: OddEndpoints, host: str) -> None:
    before = len(odd.requests)
    with pytest.raises(EndpointFailure, match="not a public one"):
        ask(odd.at("right", host), private=False)
    assert len(odd.requests) == before


def answers(*lists: list[str]) -> Resolve:
    """Give a resolver that answers with one list after the other."""
    left = iter(lists)

    async def resolve(host: str, port: int) -> list[Address]:
        return [ipaddress.ip_address(text) for text in next(left)]

    return resolve


def test_a_name_with_a_private_address_among_public_ones_is_not_dialled() -> None:
    resolve = answers(["8.8.8.8", "127.0.0.1"])
    with pytest.raises(EndpointFailure, match="not a public one"):
        ask("http://both.example/sparql", private=False, resolve=resolve)


def test_the_address_that_was_checked_is_the_one_that_is_dialled(
    odd: OddEndpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[str] = []

    async def dial(self: object, host: str, port: int, *_: object) -> object:
        dialled.append(host)
        raise EndpointFailure("it was dialled")

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", dial)
    resolve = answers(["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(EndpointFailure, match="it was dialled"):
        ask(odd.at("right", "rebound.example"), private=False, resolve=resolve)
    assert dialled == ["8.8.8.8"]


def test_a_name_is_resolved_once_and_each_of_its_addresses_tried(odd: OddEndpoints) -> None:
    endpoint = odd.at("right", "named.example")
    assert ask(endpoint, resolve=answers(["127.9.9.9", "127.0.0.1"])) == ONE_ROW
    assert odd.requests[-1][1]["host"] == f"named.example:{odd.port}"


def test_a_name_without_addresses_is_a_failure() -> None:
    with pytest.raises(EndpointFailure, match="no address"):
        ask("http://none.example/", resolve=answers([]))
    with pytest.raises(EndpointFailure, match="cannot be resolved"):
        ask("http://name.invalid/")


def test_proxies_of_the_surroundings_are_not_used(
    odd: OddEndpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    assert ask(odd.at("right")) == ONE_ROW


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for named.example, and its key, in one file."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    command = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=named.example", "-addext", "subjectAltName=DNS:named.example"]
    command += ["-keyout", str(file), "-out", str(file.with_name("certificate.pem"))]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    file.write_text(file.read_text() + file.with_name("certificate.pem").read_text())
    return file


@pytest.mark.parametrize(("host", "right"), [("named.example", True), ("other.example", False)])
def test_a_certificate_is_checked_against_the_name(
    certificate: Path, host: str, right: bool
) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    trusted = ssl.create_default_context(cafile=str(certificate))
    with run_odd_endpoints(server) as odd:
        endpoint = odd.at("right", host, "https")
        if right:
            found = ask(endpoint, resolve=answers(["127.0.0.1"]), tls=trusted)
            assert found == ONE_ROW
            return
        with pytest.raises(EndpointFailure, match="cannot be reached"):
            ask(endpoint, resolve=answers(["127.0.0.1"]), tls=trusted)
        assert not odd.requests
        with pytest.raises(EndpointFailure, match="cannot be reached"):
            ask(odd.at("right", "named.example", "https"), resolve=answers(["127.0.0.1"]))


@pytest.mark.parametrize(
    "endpoint",
    ["sparql", "ftp://a.example/", "file:///etc/passwd", "http://", "http:///sparql",
     "http://a:x@b.example/", "http://a@b.example/", "http://a.example\\@b.example/",
     "http://a.example/#b", "http://a.example/#", "http://a.example:0/", "http://a.example:x/",
     "http://a.example:99999/", "http://ä.example/", "http://[::1/", "http://a.example/\x01",
     "HTTPS", "//a.example/"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_at_the_start(endpoint: str) -> None:
    with pytest.raises(BadConfig, match="SERVICE") as caught:
        read_allowed(f"https://right.example/sparql {endpoint}", "")
    assert ":x@" not in str(caught.value)


def test_only_whole_addresses_count() -> None:
    endpoints = OutsideEndpoints(read_allowed("https://a.example/sparql?b=c", ""), LIMITS)
    assert endpoints.allows("https://a.example/sparql?b=c")
    for other in ("https://a.example/sparql", "http://a.example/sparql?b=c", "https://A.example/"
                  "sparql?b=c", "https://a.example:443/sparql?b=c", "https://a.example/./sparql?b=c",
                  "https://a.example/sparql?b=c#", "https://a.example/sparql?b=%63",
                  "https://x@a.example/sparql?b=c", ""):  # fmt: skip
        assert not endpoints.allows(other)


def test_the_settings_say_what_may_be_asked() -> None:
    assert read_settings().outside_endpoints() is None
    listed = read_settings(service_endpoints="https://a.example/ https://b.example/")
    endpoints = listed.outside_endpoints()
    assert endpoints is not None
    assert endpoints.allows("https://b.example/")
    with pytest.raises(BadConfig, match="user, password"):
        read_settings(service_private="http://a:b@c.example/").outside_endpoints()
    with pytest.raises(BadConfig, match="not with an endpoint"):
        read_settings(service_endpoints="https://a.example/", endpoint="x").outside_endpoints()
