"""Answers of endpoints as tables: whole terms go in, and nothing but terms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store

from kgraph.engines.service_rows import (
    BLANK,
    OutsideAnswer,
    pack,
    restore_blank,
    write_table,
)
from kgraph.errors import EndpointFailure, TooCostly

XSD = "http://www.w3.org/2001/XMLSchema#"
Term = NamedNode | BlankNode | Literal


def write_json(*rows: dict[str, Any], columns: tuple[str, ...] = ("x", "y")) -> str:
    return json.dumps({"head": {"vars": columns}, "results": {"bindings": rows}})


def make_answer(
    content: str | bytes | None, columns: tuple[str, ...] = ("x", "y")
) -> OutsideAnswer:
    plain = content.encode() if isinstance(content, str) else content
    packed = None if plain is None else pack(plain)
    return OutsideAnswer(0, 0, "http://away.example/sparql", columns, packed, False, 5)


def read(answer: OutsideAnswer, select: str = "*") -> list[tuple[Term | None, ...]]:
    query = f"SELECT {select} {{ {write_table(answer, 0)} }}"
    results = Store().query(query, custom_functions={BLANK: restore_blank})
    assert isinstance(results, QuerySolutions)
    return [tuple(row) for row in results]


TERMS: list[tuple[dict[str, str], Term]] = [
    ({"type": "uri", "value": "http://e/ä?b#c"}, NamedNode("http://e/ä?b#c")),
    ({"type": "literal", "value": ""}, Literal("")),
    ({"type": "literal", "value": 'a"b\\c\nd\re\tf\'g\u0001'}, Literal('a"b\\c\nd\re\tf\'g\u0001')),
    ({"type": "literal", "value": "} DROP ALL #"}, Literal("} DROP ALL #")),
    ({"type": "literal", "value": "ß", "xml:lang": "de"}, Literal("ß", language="de")),
    ({"type": "literal", "value": "2024", "datatype": f"{XSD}gYear"},
     Literal("2024", datatype=NamedNode(f"{XSD}gYear"))),
    ({"type": "typed-literal", "value": "x", "datatype": "http://e/t"},
     Literal("x", datatype=NamedNode("http://e/t"))),
]  # fmt: skip


@pytest.mark.parametrize(("written", "term"), TERMS)
def test_a_term_comes_in_as_it_was(written: dict[str, str], term: Term) -> None:
    assert read(make_answer(write_json({"x": written})))[0] == (term, None)


@given(st.text(), st.sampled_from(["uri", "literal", "bnode"]), st.text(min_size=1, max_size=5))
def test_any_text_comes_in_as_it_was_or_is_a_failure(value: str, kind: str, tag: str) -> None:
    for term in ({}, {"xml:lang": tag}, {"datatype": tag}):
        content = write_json({"x": term | {"type": kind, "value": value}})
        try:
            table = write_table(make_answer(content), 0)
        except EndpointFailure:
            continue
        ((found, other),) = read(make_answer(content), "?x ?y")
        assert (other, "?y" in table) == (None, True)
        assert kind == "bnode" or (found is not None and found.value == value)


def test_columns_are_those_of_the_clause() -> None:
    one = {"type": "literal", "value": "1"}
    content = write_json({"x": one, "z": one}, {"y": one}, {}, columns=("z", "y } DROP"))
    assert read(make_answer(content)) == [
        (Literal("1"), None),
        (None, Literal("1")),
        (None, None),
    ]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_rows_without_columns_are_counted(count: int) -> None:
    content = write_json(*[{}] * count, columns=())
    assert read(make_answer(content, ())) == [()] * count


def test_blank_nodes_are_the_same_within_an_answer_and_no_others_outside() -> None:
    a, b = {"type": "bnode", "value": "a b>"}, {"type": "bnode", "value": "b"}
    one = {"type": "literal", "value": "1"}
    content = write_json({"x": a, "y": b}, {"x": a, "y": one}, {"y": b}, {"x": b})
    rows = read(make_answer(content), "?x ?y")
    assert isinstance(rows[0][0], BlankNode)
    assert rows[0][0] == rows[1][0] != rows[0][1] == rows[2][1] == rows[3][0]
    assert (rows[1][1], rows[2][0], rows[3][1]) == (Literal("1"), None, None)
    both = [write_table(make_answer(write_json({"x": a})), number) for number in (0, 1)]
    functions = {BLANK: restore_blank}
    assert Store().query(f"ASK {{ {both[0]} {both[0]} }}", custom_functions=functions)
    assert not Store().query(f"ASK {{ {both[0]} {both[1]} }}", custom_functions=functions)


BROKEN: dict[str, str | bytes] = {
    "nothing": "",
    "no text": b"\xff\xfe",
    "another coding": write_json().encode("utf-16"),
    "half": write_json({"x": {"type": "literal", "value": "1"}})[:-5],
    "a page": "<html>secret</html>",
    "an ASK": '{"head":{},"boolean":true}',
    "a list": "[]",
    "rows that are none": '{"results":{"bindings":[1]}}',
    "no rows": '{"results":{"bindings":{}}}',
    "nesting": "[" * 200_000,
    "a text for a term": '{"results":{"bindings":[{"x":"1"}]}}',
    "no value": write_json({"x": {"type": "literal"}}),
    "a number for a value": '{"results":{"bindings":[{"x":{"type":"literal","value":1}}]}}',
    "half a character": '{"results":{"bindings":[{"x":{"type":"literal","value":"\\ud800"}}]}}',
    "an IRI that ends the table": write_json({"x": {"type": "uri", "value": "http://e> } <b"}}),
    "a relative IRI": write_json({"x": {"type": "uri", "value": "b"}}),
    "the name of a blank node": write_json({"x": {"type": "uri", "value": f"{BLANK.value}:x y"}}),
    "no datatype": write_json({"x": {"type": "literal", "value": "", "datatype": "> ."}}),
    "no language": write_json({"x": {"type": "literal", "value": "", "xml:lang": "e n"}}),
    "a triple": write_json({"x": {"type": "triple", "value": "1"}}),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_is_none_is_a_failure_of_its_endpoint(name: str) -> None:
    with pytest.raises(
        EndpointFailure, match=r"^<http://away\.example/sparql>: its answer"
    ) as fault:
        write_table(make_answer(BROKEN[name]), 0)
    assert "secret" not in str(fault.value)
    silent = make_answer(BROKEN[name])._replace(silent=True)
    assert read(silent) == [(None, None)]


def test_a_failure_of_a_silent_clause_is_one_row_that_binds_nothing() -> None:
    assert read(make_answer(None)) == [(None, None)]
    assert read(make_answer(None, ())) == [()]


def test_too_many_rows_are_named_silent_or_not() -> None:
    many = make_answer(write_json(*[{}] * 6))
    for answer in (many, many._replace(silent=True)):
        with pytest.raises(TooCostly, match="more than 5 rows") as caught:
            write_table(answer, 0)
        assert caught.value.limit == "rows"
    assert len(read(make_answer(write_json(*[{}] * 5)))) == 5
