"""Hostile queries: each with the statuses that are right for it.

A query that one machine answers within its limit is answered, on another it meets a limit: both
are right. What is never right is a fault of the server, a wait, or a connection to elsewhere.
"""
# ruff: noqa: E501, UP031 - the queries read best on one line each, and their braces single

from __future__ import annotations

from dataclasses import dataclass

#: Answered, or refused for its cost.
COSTLY = (422,)
ANY_COST = (200, 422)
FORBIDDEN = (403,)


@dataclass(frozen=True)
class Hostile:
    """A query, and the statuses it may have."""

    query: str
    statuses: tuple[int, ...]


def _values(count: int, size: int = 40) -> str:
    numbers = " ".join(map(str, range(size)))
    return " ".join(f"VALUES ?v{n} {{ {numbers} }}" for n in range(count))


def build_corpus(port: int, file: str) -> dict[str, Hostile]:
    """Give the corpus by name; `port` is a listener's, `file` an existing file's path."""
    away = f"http://127.0.0.1:{port}/sparql"
    deep, many = 20_000, 3_000
    body = "{ ?s ?p ?o }"
    nesting = {
        "calls": f"SELECT ({'STR(' * deep}1{')' * deep} AS ?x) {{}}",
        "groups": f"SELECT * {'{' * deep}{'}' * deep}",
        "brackets": f"SELECT ({'(' * deep}1{')' * deep} AS ?x) {{}}",
        "negations": f"ASK {{ FILTER({'!' * deep}true) }}",
        "signs": f"SELECT ({'- ' * deep}1 AS ?x) {{}}",
        "optionals": f"SELECT * {{ {'OPTIONAL {' * deep}{'}' * deep} }}",
        "subselects": f"SELECT * {'{ SELECT * ' * deep}{{}}{'}' * deep}",
        "exists": f"ASK {{ {'FILTER EXISTS {' * deep}{'}' * deep} }}",
        "paths": f"ASK {{ ?s {'(' * deep}<a:p>{')' * deep} ?o }}",
        "inverse paths": f"ASK {{ ?s {'^' * deep}<a:p> ?o }}",
        "blank nodes": f"ASK {{ {'[ <a:p> ' * deep}1{']' * deep} . }}",
        "lists": f"ASK {{ ?s ?p {'(' * deep}1{')' * deep} }}",
        "graphs": f"ASK {{ {'GRAPH ?g {' * deep}{'}' * deep} }}",
        "quoted triples": f"ASK {{ {'<<( <a:a> <a:b> ' * deep}1{' )>>' * deep} ?p ?o }}",
    }
    planning = {
        "a long list": f"SELECT * {{ ?s ?p ({' '.join(map(str, range(2_000)))}) }}",
        "many optionals": f"SELECT * {{ {' '.join('OPTIONAL ' + body for _ in range(many))} }}",
        "many unions": f"SELECT * {{ {' UNION '.join(body for _ in range(many))} }}",
        "many minus": f"SELECT * {{ {body} {' '.join('MINUS ' + body for _ in range(many))} }}",
        "many patterns": "SELECT * { %s }"
        % " ".join(f"?a{n} ?b{n} ?a{n + 1} ." for n in range(400)),
        "many filters": f"SELECT * {{ {body} {' '.join(f'FILTER(?s != {n})' for n in range(many))} }}",
        "a long or": f"ASK {{ {body} FILTER({' || '.join(f'?o = {n}' for n in range(many))}) }}",
        "a long and": f"ASK {{ {body} FILTER({' && '.join(f'?o != {n}' for n in range(many))}) }}",
        "a long sum": f"SELECT ({'+'.join(['1'] * 10_000)} AS ?x) {{}}",
        "a long path": f"ASK {{ ?s {'/'.join(['<a:p>'] * many)} ?o }}",
        "a wide path": f"ASK {{ ?s {'|'.join(['!<a:p>'] * many)} ?o }}",
        "many columns": f"SELECT {' '.join(f'?v{n}' for n in range(10_000))} {{}}",
        "many values": f"SELECT * {{ {_values(200)} }}",
        "many binds": f"SELECT * {{ {' '.join(f'BIND({n} AS ?v{n})' for n in range(many))} }}",
        "a long IN": f"ASK {{ {body} FILTER(?o IN ({', '.join(map(str, range(20_000)))})) }}",
    }
    products = {
        "three patterns": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
        "values": f"SELECT (COUNT(*) AS ?n) {{ {_values(9)} }}",
        "written out": f"SELECT * {{ {_values(9)} }}",
        "distinct": f"SELECT DISTINCT * {{ {_values(9)} }}",
        "sorted": f"SELECT * {{ {_values(9)} }} ORDER BY ?v8 ?v1",
        "grouped": f"SELECT ?v1 ?v2 ?v3 ?v4 ?v5 (COUNT(*) AS ?n) {{ {_values(9)} }} "
        "GROUP BY ?v1 ?v2 ?v3 ?v4 ?v5",
        "filtered": f"ASK {{ {_values(9)} FILTER(?v0 + ?v1 + ?v2 + ?v3 + ?v4 + ?v5 + ?v6 + ?v7 + ?v8 > 999) }}",
        "constructed": f"CONSTRUCT {{ ?s ?p ?v1 }} {{ {_values(9)} ?s ?p ?o }}",
        "an offset": f"SELECT * {{ {_values(9)} }} OFFSET 100000000000",
        "not exists": f"ASK {{ {_values(4)} FILTER NOT EXISTS {{ {_values(9)} FILTER(?v5 > 99) }} }}",
    }
    doubled = "'x'"
    for _ in range(11):
        doubled = f"CONCAT({doubled}, {doubled})"
    memory = {
        "joined strings": "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d), STR(?g))) AS ?y) "
        "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
        "distinct joined strings": "SELECT (GROUP_CONCAT(DISTINCT CONCAT(STR(?v1), STR(?v2), "
        f"STR(?v3), STR(?v4), STR(?v5))) AS ?y) {{ {_values(9)} }}",
        "doubled strings": "SELECT (STRLEN(?z) AS ?n) { BIND('xxxxxxxxxxxxxxxx' AS ?a) %s }"
        % " ".join(
            f"BIND(CONCAT(?{x}, ?{x}, ?{x}, ?{x}, ?{x}, ?{x}, ?{x}, ?{x}) AS ?{y})"
            for x, y in zip("abcdefghijk", "bcdefghijkz", strict=True)
        ),
        "doubled calls": f"SELECT ({doubled} AS ?x) {{}}",
        "replaced strings": "SELECT (STRLEN(?d) AS ?n) { BIND(REPLACE('aaaaaaaaaaaaaaaaaaaa', 'a', "
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') AS ?a) BIND(REPLACE(?a, 'a', ?a) AS ?b) "
        "BIND(REPLACE(?b, 'a', ?b) AS ?c) BIND(REPLACE(?c, 'a', ?c) AS ?d) }",
        "sampled products": f"SELECT (SAMPLE(?v1) AS ?x) {{ {_values(9)} }} GROUP BY ?v1 ?v2 ?v3 ?v4",
        "counted products": f"SELECT (COUNT(DISTINCT *) AS ?n) {{ {_values(9)} }}",
    }
    patterns = {
        "nested quantifiers": "ASK { FILTER(REGEX('%sb', '^(a+)+$')) }" % ("a" * 5_000),
        "alternatives": "ASK { FILTER(REGEX('%s', '(a|aa)*c')) }" % ("a" * 5_000),
        "a huge repetition": "ASK { FILTER(REGEX('a', '((a{1000}){1000}){1000}')) }",
        "many groups": "ASK { FILTER(REGEX('a', '%s')) }" % ("(a?)" * 20_000),
        "on every pair": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i "
        "FILTER(REGEX(CONCAT(STR(?c), STR(?f), STR(?i)), '(.*)*(.*)*x$')) }",
        "no pattern": "ASK { FILTER(REGEX('a', '((((')) }",
    }
    paths = {
        "closure of everything": "SELECT (COUNT(*) AS ?n) { ?a (!<a:a>)* ?b . ?b (!<a:a>)* ?c }",
        "closure both ways": "SELECT (COUNT(*) AS ?n) { ?a (!<a:a>|^!<a:a>)+ ?b . "
        "?c (!<a:a>|^!<a:a>)+ ?d . ?e (!<a:a>)* ?f }",
        "closures in closures": "SELECT (COUNT(*) AS ?n) { ?a (((!<a:a>)*)*)* ?b . ?c (((!<a:b>)*)*)* "
        "?d . ?e ?f ?g }",
        "paths crossed": "SELECT * { ?a (<http://e/p>|!<a:a>)* ?b . ?c (<http://e/p>|!<a:a>)* ?d . "
        "?e (<http://e/p>|!<a:a>)* ?f }",
    }  # fmt: skip
    inner = f"<{away}> {body}"
    outside = {
        "SERVICE": f"SELECT * {{ SERVICE {inner} }}",
        "SERVICE in small letters": f"SELECT * {{ service {inner} }}",
        "SERVICE in mixed letters": f"SELECT * {{ SeRvIcE {inner} }}",
        "SERVICE SILENT": f"SELECT * {{ SERVICE SILENT {inner} }}",
        "SERVICE after a comment": f"SELECT * {{ SERVICE#\nSILENT#\n{inner} }}",
        "SERVICE without blanks": f"SELECT*{{SERVICE<{away}>{{?s?p?o}}}}",
        "SERVICE by a prefix": f"PREFIX x: <{away}> SELECT * {{ SERVICE x: {body} }}",
        "SERVICE by the base": f"BASE <{away}> SELECT * {{ SERVICE <> {body} }}",
        "SERVICE by a variable": f"SELECT * {{ VALUES ?e {{ <{away}> }} SERVICE ?e {body} }}",
        "SERVICE SILENT by a variable": f"SELECT * {{ BIND(<{away}> AS ?e) SERVICE SILENT ?e {body} }}",
        "SERVICE in an EXISTS": f"ASK {{ FILTER EXISTS {{ SERVICE {inner} }} }}",
        "SERVICE in a subselect": f"SELECT * {{ {{ SELECT * {{ SERVICE {inner} }} }} }}",
        "SERVICE in a MINUS": f"SELECT * {{ {body} MINUS {{ SERVICE SILENT {inner} }} }}",
        "SERVICE in a CONSTRUCT": f"CONSTRUCT {body} {{ SERVICE {inner} }}",
        "SERVICE after a string": f"SELECT * {{ BIND('\\'' AS ?x) SERVICE {inner} }}",
        "SERVICE after a long string": f"SELECT * {{ BIND('''a'b''' AS ?x) SERVICE {inner} }}",
        "SERVICE to a file": f"SELECT * {{ SERVICE <file://{file}> {body} }}",
        "FROM a file": f"SELECT * FROM <file://{file}> {body}",
        "FROM NAMED a file": f"SELECT * FROM NAMED <file://{file}> {{ GRAPH ?g {body} }}",
        "FROM a FILE": f"SELECT * from <FILE://{file}> {body}",
    }
    updates = {
        "LOAD": f"LOAD <{away}>",
        "LOAD a file": f"LOAD SILENT <file://{file}> INTO GRAPH <http://e/g>",
        "an insertion": "INSERT DATA { <a:a> <a:b> <a:c> }",
        "a deletion": "DELETE WHERE { ?s ?p ?o }",
        "DROP": "DROP ALL",
    }
    escaped = {
        "SERVICE in escapes": f"SELECT * {{ \\u0053ERVICE {inner} }}",
        "SERVICE spelled wide": f"SELECT * {{ ＳＥＲＶＩＣＥ {inner} }}",
        "LOAD after a query": f"SELECT * {body} ; LOAD <{away}>",
        "nothing": "",
        "a null": "SELECT * { ?s ?p ?o }\0",
        "a mark of order": "\ufeff\ufeffSELECT * { ?s ?p ?o }",
        "right to left": "SELECT * \u202e{ ?s ?p ?o }",
        "open string": "SELECT * { ?s ?p '" + "\\'" * 100_000,
        "open strings": "SELECT * { ?s ?p " + "'''\\" * 80_000,
        "signs alone": "<" * 200_000,
        "letters alone": "a." * 200_000,
    }
    harmless = {
        "FROM an address": f"SELECT * FROM <{away}> {body}",
        "FROM NAMED an address": f"SELECT * FROM NAMED <{away}> {{ GRAPH ?g {body} }}",
        "GRAPH an address": f"SELECT * {{ GRAPH <{away}> {body} }}",
        "a variable service": "SELECT ?service { ?service ?p 'SERVICE <http://a/> {}' } # SERVICE",
        "DESCRIBE a few": "DESCRIBE * { VALUES ?s { <http://e/s1> <http://e/s2> } ?s ?p ?o }",
        "a function elsewhere": f"SELECT (<{away}>(1) AS ?x) {{}}",
        "a huge number": f"SELECT ({'9' * 100_000} * {'9' * 100_000} AS ?x) {{}}",
        "a huge LIMIT": "SELECT * { <http://e/s1> ?p ?o } LIMIT 18446744073709551615",
        "dates out of range": "SELECT ('999999999999-01-01T00:00:00Z'^^<http://www.w3.org/2001/"
        "XMLSchema#dateTime> + 'P9999999999Y'^^<http://www.w3.org/2001/XMLSchema#duration> AS ?x) {}",
        "division by nothing": "SELECT (1/0 AS ?x) (0.0/0.0 AS ?y) {}",
    }  # fmt: skip
    groups: list[tuple[str, dict[str, str], tuple[int, ...]]] = [
        ("nesting", nesting, (200, 400, 422)),
        ("planning", planning, ANY_COST),
        ("product", products, COSTLY),
        ("memory", memory, ANY_COST),
        ("regex", patterns, ANY_COST),
        ("path", paths, ANY_COST),
        ("outside", outside, FORBIDDEN),
        ("update", updates, FORBIDDEN),
        ("text", escaped, (400, 422)),
        ("harmless", harmless, (200, 400)),
    ]
    return {
        f"{group}: {name}": Hostile(query, statuses)
        for group, queries, statuses in groups
        for name, query in queries.items()
    }
