"""SERVICE over HTTP: another server's rows where the standard has them, and nobody else asked."""
# ruff: noqa: E501 - the queries read best on one line each

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, Store

from live_server import LiveServer, start_server
from odd_endpoints import SECRET, OddEndpoints, run_odd_endpoints
from stores import run_oxigraph

LOCAL = """
@prefix e: <http://e/> .
e:a e:name "A" ; e:knows e:b . e:b e:name "B" . e:c e:name "C" .
e:g { e:a e:in e:g . } e:h { e:c e:in e:h . }
"""
REMOTE = """
@prefix e: <http://e/> .
e:a e:label "Aachen"@de , "Aix" ; e:size 3 . e:b e:label "Bonn" ; e:near [ e:size 9 ] .
e:d e:label "a \\"b\\"\\n\\\\ }" ; e:size 1 .
"""


@dataclass(frozen=True)
class Site:
    """The server that is asked, the endpoint that it may ask, and odd ones that it may ask."""

    server: LiveServer
    away: str
    odd: OddEndpoints

    def ask(self, query: str, form: str = "json", **more: str) -> tuple[int, str]:
        given = {"query": self.fill(query), "format": form, **more}
        body = urllib.parse.urlencode(given).encode()
        try:
            with urllib.request.urlopen(self.server.sparql, body, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def fill(self, query: str) -> str:
        for path in ODD:
            query = query.replace(f"<{path}>", f"<{self.odd.at(path)}>")
        return f"PREFIX e: <http://e/> {query.replace('<away>', f'<{self.away}>')}"


ODD = ("right", "redirect-302", "drip", "silence", "pour", "packed", "page", "cut", "half",
       "many-rows", "blank", "fault", "localhost")  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("federation")
    (folder / "local.trig").write_text(LOCAL)
    with run_oxigraph(folder) as store, run_odd_endpoints() as odd:
        url = store.query.replace("/query", "/store?default")
        request = urllib.request.Request(url, REMOTE.encode(), {"Content-Type": "text/turtle"})
        urllib.request.urlopen(request, timeout=20).close()
        server = start_server(
            *("--data", str(folder / "local.trig")),
            service_private=" ".join([store.query, *map(odd.at, ODD)]),
            service_endpoints=odd.at("right", "localhost"),
            service_seconds=1,
            service_mebibytes=1,
            service_rows=100,
            budget_seconds=0,
            query_seconds=5,
        )
        yield Site(server, store.query, odd)
        assert server.stop() == 0
        assert not [line for line in server.lines if '"trace"' in line]


@pytest.fixture(scope="module")
def local() -> Store:
    """The same data in this process, where the engine asks the endpoint by itself."""
    store = Store()
    store.load(LOCAL.encode(), RdfFormat.TRIG)
    return store


def read_rows(body: str) -> Counter[tuple[tuple[str, str], ...]]:
    rows = json.loads(body)["results"]["bindings"]
    return Counter(
        tuple(sorted((name, term["value"]) for name, term in row.items()
                     if term["type"] != "bnode")) for row in rows
    )  # fmt: skip


#: A query and what each of its rows has, by the standard.
PLACES = {
    "alone": ("SELECT ?l { SERVICE <away> { e:a e:label ?l } }", ["Aachen", "Aix"]),
    "joined": ("SELECT ?n ?l { ?s e:name ?n SERVICE <away> { ?s e:label ?l } }",
               ["A Aachen", "A Aix", "B Bonn"]),
    "before the rest": ("SELECT ?n ?z { SERVICE <away> { ?s e:size ?z } ?s e:name ?n }", ["A 3"]),
    "in an OPTIONAL": ("SELECT ?n ?z { ?s e:name ?n OPTIONAL { SERVICE <away> { ?s e:size ?z } } }",
                       ["A 3", "B", "C"]),
    "an OPTIONAL within": ("SELECT ?l ?z { SERVICE <away> { ?s e:label ?l OPTIONAL { ?s e:size ?z } } "
                           "FILTER(?l != \"Aix\" && STRLEN(?l) < 9 ) }", ["Aachen 3", "Bonn"]),
    "in a UNION": ("SELECT ?x { { ?s e:name ?x } UNION { SERVICE <away> { ?s e:size ?x } } }",
                   ["A", "B", "C", "3", "9", "1"]),
    "in a MINUS": ("SELECT ?n { ?s e:name ?n MINUS { SERVICE <away> { ?s e:size ?z } } }", ["B", "C"]),
    "in an EXISTS": ("SELECT ?n { ?s e:name ?n FILTER EXISTS { SERVICE <away> { ?s e:label ?l } } }",
                     ["A", "B"]),
    "in a NOT EXISTS": ("SELECT ?n { ?s e:name ?n FILTER NOT EXISTS { SERVICE <away> "
                        "{ ?s e:near ?b } } }", ["A", "C"]),
    "in a GRAPH": ("SELECT ?g ?l { GRAPH ?g { ?s e:in ?g SERVICE <away> { ?s e:label ?l } } }",
                   ["http://e/g Aachen", "http://e/g Aix"]),
    "in a subquery": ("SELECT ?n ?m { ?s e:name ?n { SELECT ?s (MAX(?z) AS ?m) { SERVICE <away> "
                      "{ ?s e:size ?z } } GROUP BY ?s } }", ["A 3"]),
    "a subquery within": ("SELECT ?c { SERVICE <away> { SELECT (COUNT(*) AS ?c) { ?s e:label ?l } } }",
                          ["4"]),
    "twice": ("SELECT ?l ?z { SERVICE <away> { ?s e:label ?l } SERVICE <away> { ?s e:size ?z } }",
              ["Aachen 3", "Aix 3", "a \"b\"\n\\ } 1"]),
    "one in an OPTIONAL after one": ("SELECT ?l ?z { SERVICE <away> { ?s e:label ?l } OPTIONAL { "
                                     "SERVICE <away> { ?s e:size ?z FILTER(?z > 1) } } }",
                                     ["Aachen 3", "Aix 3", "Bonn", "a \"b\"\n\\ }"]),
    "with rows of its own": ("SELECT ?l { SERVICE <away> { VALUES ?s { e:a e:b } ?s e:label ?l } }",
                             ["Aachen", "Aix", "Bonn"]),
    "with rows after all": ("SELECT ?n ?l { ?s e:name ?n OPTIONAL { SERVICE <away> { ?s e:label ?l } }"
                            " } VALUES ?n { \"B\" \"C\" }", ["B Bonn", "C"]),
    "with a blank node": ("SELECT ?l ?n { SERVICE <away> { ?s e:near ?b ; e:label ?l } "
                          "FILTER(isBlank(?b)) ?s e:name ?n }", ["Bonn B"]),
    "joined over a blank node": ("SELECT ?l ?z { SERVICE <away> { ?s e:near ?b ; e:label ?l . "
                                 "?b e:size ?z } }", ["Bonn 9"]),
    "nothing there": ("SELECT ?l { SERVICE <away> { ?s e:nothing ?l } }", []),
    "no columns": ("SELECT (COUNT(*) AS ?c) { ?s e:name ?n SERVICE <away> { e:a e:size 3 } }", ["3"]),
    "no columns, no rows": ("SELECT ?n { ?s e:name ?n SERVICE <away> { e:a e:size 4 } }", []),
    "with functions from elsewhere": ("SELECT ?l { SERVICE <away> { e:b e:label ?l "
                                      "FILTER(BOUND(?l) || <http://e/f>(?l)) } }", ["Bonn"]),
    "bound after": ("SELECT ?m { SERVICE <away> { e:b e:label ?l } BIND(CONCAT(?l, '!') AS ?m) }",
                    ["Bonn!"]),
}  # fmt: skip


#: Where the engine that asks by itself gives something else, and why.
ENGINE_DEPARTURES = {
    "in a GRAPH": "it gives no rows for a SERVICE within GRAPH ?g",
    "with functions from elsewhere": "it must know the functions of the other side",
}


@pytest.mark.parametrize("name", PLACES)
def test_rows_are_where_the_standard_has_them(site: Site, local: Store, name: str) -> None:
    query, rows = PLACES[name]
    status, body = site.ask(query)
    assert status == 200, body
    found = json.loads(body)
    columns = found["head"]["vars"]
    written = [
        " ".join(row[name]["value"] for name in columns if name in row)
        for row in found["results"]["bindings"]
    ]
    assert Counter(written) == Counter(rows)
    # The engine itself asks, where it is not sealed.
    own = local.query(site.fill(query))
    assert isinstance(own, QuerySolutions)
    if name not in ENGINE_DEPARTURES:
        text = own.serialize(format=QueryResultsFormat.JSON)
        assert text is not None
        assert read_rows(text.decode()) == read_rows(body)


def test_all_columns_stand_in_order_of_appearance(site: Site) -> None:
    query = "SELECT * { ?z e:name ?n SERVICE <away> { ?y e:label ?l . ?a e:size ?z2 } } LIMIT 1"
    assert json.loads(site.ask(query)[1])["head"]["vars"] == ["z", "n", "y", "l", "a", "z2"]
    silent = "SELECT * { ?z e:name ?n SERVICE SILENT <fault> { ?y e:label ?l } }"
    assert json.loads(site.ask(silent)[1])["head"]["vars"] == ["z", "n", "y", "l"]


def test_the_other_forms(site: Site) -> None:
    assert site.ask("ASK { SERVICE <away> { e:a e:size 3 } }", "csv")[1].endswith("true\r\n")
    assert site.ask("ASK { SERVICE <away> { e:a e:size 4 } }", "csv")[1].endswith("false\r\n")
    graph = "CONSTRUCT { ?s e:is ?l } { SERVICE <away> { ?s e:label ?l } ?s e:knows ?o }"
    assert site.ask(graph, "nt")[1].count("<http://e/is>") == 2
    assert "<http://e/knows>" in site.ask("DESCRIBE ?s { SERVICE <away> { ?s e:size 3 } }", "nt")[1]


FAULTS = {
    "redirect-302": (502, "redirect"),
    "page": (502, "no SPARQL results"),
    "packed": (502, "packed"),
    "cut": (502, "cut"),
    "half": (502, "cut or broken"),
    "fault": (502, "status 500"),
    "drip": (502, "1 seconds"),
    "silence": (502, "1 seconds"),
    "pour": (422, "1 MiB"),
    "many-rows": (422, "100 rows"),
}


@pytest.mark.parametrize("path", FAULTS)
def test_a_fault_elsewhere_is_named(site: Site, path: str) -> None:
    status, words = FAULTS[path]
    before = len(site.odd.requests)
    query = f"SELECT * {{ ?s e:name ?n SERVICE <{path}> {{ ?s ?p ?o }} }}"
    found, body = site.ask(query)
    assert (found, words in body, SECRET in body) == (status, True, False), body
    problem = json.loads(body)
    assert site.odd.at(path) in problem["detail"]
    assert problem.get("limit") == {"pour": "bytes", "many-rows": "rows"}.get(path)
    silent, body = site.ask(query.replace("SERVICE", "SERVICE SILENT"))
    # A limit of this server is no failure of the endpoint.
    assert silent == (200 if status == 502 else 422)
    if silent == 200:
        assert sum(read_rows(body).values()) == 3
    assert {asked for asked, _, _ in site.odd.requests[before:]} == {f"/{path}"}


def test_a_shorter_time_of_the_query_holds_elsewhere_too(site: Site) -> None:
    status, body = site.ask("SELECT * { SERVICE SILENT <silence> { ?s ?p ?o } }", timeout="0.4")
    assert (status, json.loads(body)["limit"]) == (422, "seconds")


REFUSED = {
    "another address": ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403),
    "another address, silent": ("SELECT * { SERVICE SILENT <http://127.0.0.1:1/> { ?s ?p ?o } }", 403),
    "one of two": ("SELECT * { SERVICE <right> { ?s ?p ?o } SERVICE <a:b> { ?s ?p ?o } }", 403),
    "a variable": ("SELECT * { VALUES ?e { <right> } SERVICE ?e { ?s ?p ?o } }", 403),
    "a silent variable": ("SELECT * { BIND(<right> AS ?e) SERVICE SILENT ?e { ?s ?p ?o } }", 403),
    "one in another": ("SELECT * { SERVICE <right> { SERVICE <right> { ?s ?p ?o } } }", 403),
    "a file beside it": ("SELECT * FROM <file:///etc/passwd> { SERVICE <right> { ?s ?p ?o } }", 403),
    "an update": ("INSERT { ?s ?p ?o } WHERE { SERVICE <right> { ?s ?p ?o } }", 403),
    "too many": ("SELECT * { " + "SERVICE <right> { ?s ?p ?o } " * 5 + "}", 422),
    "very many": ("SELECT * { " + "SERVICE <right> { ?s ?p ?o } " * 3_000 + "}", 422),
    "a fault before": ("SELECT * { ?s ?p SERVICE <right> { ?s ?p ?o } }", 400),
    "a fault within": ("SELECT * { SERVICE <right> { ?s ?p } }", 400),
    "a fault after": ("SELECT * { SERVICE <right> { ?s ?p ?o } UNION { ?s ?p ?o } }", 400),
    "a column bound twice": ("SELECT * { SERVICE <right> { ?s ?p ?o } BIND(1 AS ?s) }", 400),
    "no group": ("SELECT * { SERVICE <right> ?s ?p ?o }", 400),
    "nesting": ("SELECT * { SERVICE <right> " + "{" * 20_000 + "}" * 20_000 + " }", 422),
    "planning": ("SELECT * { SERVICE <right> { ?s ?p ("
                 + " ".join(map(str, range(2_000))) + ") } }", 422),
    "a comment": ("SELECT * { ?s ?p ?o # SERVICE <right> { ?s ?p ?o }\n }", 200),
    "a string": ("SELECT * { ?s ?p 'SERVICE <right> { ?s ?p ?o }' }", 200),
    "names": ("PREFIX service: <right> SELECT ?service { ?service ?p service: }", 200),
    "escapes": ("SELECT * { \\u0053ERVICE <right> { ?s ?p ?o } }", 400),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_asks_nobody(site: Site, name: str) -> None:
    query, status = REFUSED[name]
    before = len(site.odd.requests)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        found, body = site.ask(query.replace("127.0.0.1:1/", f"127.0.0.1:{port}/"))
        assert found == status, body
        listening.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listening.accept()
    assert len(site.odd.requests) == before
    assert site.ask("SELECT * { SERVICE <right> { ?s ?p ?o } }", "csv")[0] == 200


def test_a_name_that_leads_to_a_private_address_is_not_dialled(site: Site) -> None:
    before = len(site.odd.requests)
    address = site.odd.at("right", "localhost")
    status, body = site.ask(f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}")
    assert (status, "not a public one" in body) == (502, True)
    assert len(site.odd.requests) == before


def test_what_goes_out_is_the_group_and_its_prefixes(site: Site) -> None:
    secret = "SELECT * { ?s e:name 'private' SERVICE <right> { ?s e:is 'shared' } }"
    site.ask(secret)
    path, headers, query = site.odd.requests[-1]
    assert (path, "private" in query, "shared" in query) == ("/right", False, True)
    assert headers["user-agent"].startswith("kgraph/")
    assert not {"cookie", "authorization", "x-forwarded-for", "referer"} & set(headers)


def test_it_is_asked_anew_each_time_and_nothing_is_kept(site: Site) -> None:
    before = len(site.odd.requests)
    query = urllib.parse.urlencode(
        {"query": site.fill("SELECT * { SERVICE <right> { ?s ?p ?o } }")}
    )
    for _ in range(3):
        with urllib.request.urlopen(f"{site.server.sparql}?{query}", timeout=20) as answer:
            assert "ETag" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
    assert len(site.odd.requests) == before + 3


def test_requests_elsewhere_are_counted_and_their_faults_logged(site: Site) -> None:
    for path in ("right", "fault", "pour"):
        site.ask(f"SELECT * {{ SERVICE SILENT <{path}> {{ ?s ?p ?o }} }}")
    with urllib.request.urlopen(f"{site.server.url}metrics", timeout=20) as answer:
        text = answer.read().decode()
    for result in ("answered", "failed", "limit"):
        assert f'kgraph_outside_total{{result="{result}"}}' in text
    assert any(f"{site.odd.at('fault')}>: it answered with" in line for line in site.server.lines)


def test_the_description_says_whether_it_is_on(
    site: Site, serve: Callable[..., LiveServer], small_file: Path
) -> None:
    off = serve("--data", str(small_file))
    for server, on in ((site.server, True), (off, False)):
        request = urllib.request.Request(server.sparql, headers={"Accept": "text/turtle"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert ("sd:BasicFederatedQuery" in answer.read().decode()) is on
