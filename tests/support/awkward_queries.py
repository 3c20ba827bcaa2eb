"""Queries whose answers differ easily from one way of evaluating or writing to another."""
# ruff: noqa: E501 - the queries read best on one line each

from __future__ import annotations

_XSD = "http://www.w3.org/2001/XMLSchema#"
_NASTY = r"""
  (<http://e/a,b> "comma, and \"quote\"" "plain"@de)
  (<http://e/ü#char=1,2> "first\r\nsecond\nthird" "Köln,\tMöln"@de-AT)
  (<http://e/'x'> "\\n is no line end \\" UNDEF)
  (<http://e/(1)> "\"}},{\"}},{},{}" "<result>&amp;]]>"@en)
  (UNDEF "" "\r"@en)
"""

#: Rows: one per name.
ROWS = {
    "concatenation-of-one-language": 'SELECT (GROUP_CONCAT(?x) AS ?y) { VALUES ?x { "a"@de "b"@de } }',
    "concatenation-of-languages": 'SELECT (GROUP_CONCAT(?x; SEPARATOR=", ") AS ?y) { VALUES ?x { "a"@de "b"@en } }',
    "concatenation-distinct": 'SELECT (GROUP_CONCAT(DISTINCT ?x; SEPARATOR="|") AS ?y) { VALUES ?x { "a"@de "a"@de } }',
    "concatenation-of-numbers": "SELECT (GROUP_CONCAT(?x) AS ?y) { VALUES ?x { 1 2.50 3e0 } }",
    "concatenation-of-iris": "SELECT (GROUP_CONCAT(?x) AS ?y) { VALUES ?x { <http://e/a,b> <http://e/c> } }",
    "concatenation-within-an-expression": 'SELECT (STRLEN(CONCAT(GROUP_CONCAT(?x), "(", LANG(GROUP_CONCAT(?x)))) AS ?y) { VALUES ?x { "a"@de "b"@de } }',
    "concatenation-in-having": 'SELECT ?g { VALUES (?g ?x) { (1 "a"@de) (1 "b"@de) (2 "c"@en) } } GROUP BY ?g HAVING (GROUP_CONCAT(?x) = "a b")',
    "concatenation-in-a-subquery": 'SELECT ?y (LANG(?y) AS ?l) { { SELECT (GROUP_CONCAT(?x) AS ?y) { VALUES ?x { "a"@de } } } }',
    "least-and-most-of-languages": 'SELECT (MIN(?x) AS ?least) (MAX(?x) AS ?most) (COUNT(DISTINCT ?x) AS ?n) { VALUES ?x { "b"@de "a"@de "a"@en } }',
    "sample-of-a-language": 'SELECT (SAMPLE(?x) AS ?y) { VALUES ?x { "a"@de } }',
    "sum-with-an-error": 'SELECT (SUM(?x) AS ?y) { VALUES ?x { 1 "one" } }',
    "sum-of-nothing": "SELECT (SUM(?x) AS ?y) (AVG(?x) AS ?z) (COUNT(*) AS ?n) { VALUES ?x { } }",
    "aggregates-of-an-empty-group": "SELECT ?g (COUNT(?x) AS ?n) { VALUES (?g ?x) { } } GROUP BY ?g",
    "mean-of-decimals": "SELECT (AVG(?x) AS ?y) { VALUES ?x { 1 2 2 } }",
    "unknown-function": "SELECT ?x (<http://e/f>(?x) AS ?y) { VALUES ?x { 1 2 } }",
    "unknown-functions-nested": "SELECT (COALESCE(<http://e/f>(<http://e/g>(1)), 2) AS ?y) {}",
    "unknown-function-in-a-filter": "SELECT ?x { VALUES ?x { 1 2 } FILTER(<http://e/f>(?x) || ?x = 1) }",
    "unknown-function-in-an-order": "SELECT ?x { VALUES ?x { 2 1 } } ORDER BY <http://e/f>(?x) ?x",
    "error-in-the-projection": 'SELECT ?x (?x / 0 AS ?y) ("a" + 1 AS ?z) { VALUES ?x { 1 2 } }',
    "error-in-a-bind": 'SELECT * { VALUES ?x { "a" 2 } BIND(?x * 2 AS ?y) }',
    "star-in-order-of-appearance": "SELECT * { VALUES (?z ?a ?m) { (1 2 3) } }",
    "star-after-distinct": "SELECT DISTINCT * { VALUES (?b ?a) { (1 2) (1 2) } }",
    "star-that-multiplies": "SELECT (2*?y AS ?x) ?y { VALUES ?y { 1 2 } }",
    "star-that-multiplies-after-distinct": "SELECT DISTINCT (100*?n/?all AS ?percent) ?n { VALUES (?n ?all) { (1 4) } }",
    "star-within-a-count": "SELECT (COUNT(*) AS ?b) (1 AS ?a) { VALUES ?x { 1 2 } }",
    "star-of-no-column": "SELECT * { VALUES () { () () } }",
    "star-over-a-path": "SELECT * { VALUES ?o { <http://e/none> } ?o <http://e/p>* ?a }",
    "columns-that-are-never-bound": "SELECT ?none ?neither { VALUES ?x { 1 2 } }",
    "one-column-that-is-never-bound": "SELECT ?none { VALUES ?x { 1 2 } }",
    "empty-group": "SELECT (1 AS ?x) {}",
    "no-rows": "SELECT ?x { VALUES ?x { } }",
    "empty-string": 'SELECT ?x { VALUES ?x { "" } }',
    "optional-that-fails": "SELECT * { VALUES ?x { 1 2 } OPTIONAL { VALUES (?x ?y) { (1 2) } } }",
    "commas-quotes-and-line-ends": f"SELECT ?iri ?text ?tagged {{ VALUES (?iri ?text ?tagged) {{ {_NASTY} }} }}",
    "numbers-and-days": f'SELECT ?x {{ VALUES ?x {{ 01 1.50 -0.0 1e3 true "INF"^^<{_XSD}double> "2024-02-29"^^<{_XSD}date> "5"^^<{_XSD}byte> "1958"^^<{_XSD}gYear> "x"^^<http://e/t,u> }} }}',
    "triple-terms": 'SELECT ?t { VALUES ?t { <<( <http://e/a,b> <http://e/p> "x, \\"y\\""@de )>> <<( <http://e/a> <http://e/p> <<( <http://e/b> <http://e/q> 1 )>> )>> } }',
    "directions": 'SELECT ?x (LANG(?x) AS ?l) { VALUES ?x { "a"@ar--rtl } }',
    "blank-nodes": "SELECT (BNODE() AS ?x) (1 AS ?y) {}",
    "umlauts-in-names": 'SELECT ?größe { VALUES ?größe { "Größe"@de } }',
    "words-in-strings-and-remarks": 'SELECT ?x { # SERVICE <http://e/> { ?s ?p ?o }\n VALUES ?x { "SERVICE <http://e/> {" <http://e/service> } }',
    "yes": "ASK {}",
    "no": "ASK { <http://e/none> ?p ?o }",
}

#: A graph.
GRAPHS = {
    "constructed": r"""CONSTRUCT { ?s <http://e/p> ?o } { VALUES (?s ?o) {
        (<http://e/a,b> "comma, \"quote\"\r\nline"@de) (<http://e/ü> <http://e/c>) (UNDEF 1) } }""",
    "constructed-from-an-unknown-function": "CONSTRUCT { <http://e/a> <http://e/p> ?y } { BIND(<http://e/f>(1) AS ?y) }",
    "constructed-with-classes": "CONSTRUCT { ?s a <http://e/C> , ?s ; <http://e/p> ?s } { VALUES ?s { <http://e/a> <http://e/b> } }",
    "described": "DESCRIBE ?s { ?s a <http://www.w3.org/2002/07/owl#Ontology> }",
    "empty-graph": "CONSTRUCT WHERE { <http://e/none> ?p ?o }",
}

#: What one format cannot hold: the kind of answer, the formats that refuse it, the query.
UNWRITABLE = {
    "control-character": ("rows", {"xml"}, r'SELECT ("a\u0001b" AS ?x) {}'),
    "no-character": ("rows", {"xml"}, r'SELECT ("\uFFFE" AS ?x) {}'),
    "null-character": ("rows", {"xml"}, r'SELECT ("\u0000" AS ?x) {}'),
    "control-character-in-a-graph": ("graph", {"rdf"}, r'CONSTRUCT { <a:s> <a:p> "\u001F" } {}'),
    "predicate-without-a-name": ("graph", {"rdf"}, "CONSTRUCT { <a:s> <http://e/1> 1 } {}"),
    "class-without-a-name": ("graph", {"rdf"}, "CONSTRUCT { <a:s> a <http://e/1> } {}"),
    "predicate-that-is-good-as-a-class-alone": (
        "graph",
        {"rdf"},
        "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> CONSTRUCT { <a:s> a rdf:li ; rdf:li 1 } {}",
    ),
    "predicate-that-ends-in-an-escape": (
        "graph",
        {"rdf"},
        "CONSTRUCT { <a:s> <http://e/a%20> 1 } {}",
    ),
    "predicate-that-the-syntax-keeps": (
        "graph",
        {"rdf"},
        "CONSTRUCT { <a:s> <http://www.w3.org/1999/02/22-rdf-syntax-ns#li> 1 } {}",
    ),
    "predicate-of-namespaces": (
        "graph",
        {"rdf"},
        "CONSTRUCT { <a:s> <http://www.w3.org/2000/xmlns/x> 1 } {}",
    ),
    "triple-term-in-a-graph": (
        "graph",
        {"jsonld"},
        "CONSTRUCT { <a:s> <a:p> <<( <a:b> <a:c> <<( <a:b> <a:c> 1 )>> )>> } {}",
    ),
}

#: Refused at every door: the class of the error by its code, and the query.
REFUSED = {
    "service": ("outside", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"),
    "silent-service": ("outside", "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }"),
    "service-by-a-variable": (
        "outside",
        "SELECT * { VALUES ?e { <http://127.0.0.1:9/> } SERVICE ?e { ?s ?p ?o } }",
    ),
    "service-after-what-looks-like-an-iri": (
        "outside",
        "SELECT * { FILTER(1<2)SERVICE#>\nSILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
    ),
    "service-after-a-name": (
        "outside",
        "PREFIX a: <a:> SELECT * { OPTIONAL { ?s ?p a:.SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } }",
    ),
    "file": ("outside", "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }"),
    "no-query": ("query", "SELECT * {\n  ?s ?p }"),
    "unknown-prefix": ("query", "SELECT * { ?s foo:bar ?o }"),
    "wrong-concatenation": ("query", "SELECT (GROUP_CONCAT(?x) AS ?y) { ?x ?p }"),
    "update": ("update", "INSERT DATA { <a:a> <a:b> <a:c> }"),
}
