"""Question files: header, parameters, expectations; values of parameters as terms."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from kgraph.errors import BadConfig, BadQuery, UnknownResource
from kgraph.namespaces import XSD
from kgraph.questions.parameters import TYPES, read_term, read_untyped
from kgraph.questions.question import (
    Expectation,
    find_question,
    read_bindings,
    read_expectation,
    read_question,
    read_questions,
)
from repositories import QUESTION, write


def test_a_question_is_read_whole(tmp_path: Path) -> None:
    question = read_question(write(tmp_path, "hosts.rq", QUESTION))
    assert question.id == "hosts"
    assert question.question["de"].startswith("Welche")
    assert question.row == "one event"
    assert question.expectation == Expectation(1, None)
    assert [(p.name, p.type, p.note) for p in question.parameters] == [("host", "iri", "optional")]
    assert question.text == QUESTION


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("#+ id: hosts\n", "", "has no `id`"),
        ("#+ question.de: Welche", "#+ frage: Welche", "has no `question.de`"),
        ("#+ id: hosts", "#+ id: guests", "is not the file's name"),
        ("#+ row: one event", "#+ one event", r"hosts\.rq:4"),
        ("#+ row: one event", "#+ id: hosts", "has `id` twice"),
        ("host (iri, optional)", "host: iri", "cannot be read"),
        ("host (iri, optional)", "host (url)", "cannot be read"),
        ("at least 1 rows", "some", "cannot be read"),
    ],
)
def test_a_header_that_cannot_be_read_is_explained(
    tmp_path: Path, wrong: str, right: str, message: str
) -> None:
    assert wrong in QUESTION
    file = write(tmp_path, "hosts.rq", QUESTION.replace(wrong, right))
    with pytest.raises(BadConfig, match=message):
        read_question(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at least 20 rows", Expectation(20, None)),
        ("at least 20 and at most 5,995 rows on the real data", Expectation(20, 5995)),
        ("at most 3 rows", Expectation(0, 3)),
        ("exactly 1 row", Expectation(1, 1)),
        ("exactly 0 rows because no text states an amount", Expectation(0, 0)),
    ],
)
def test_expectations(text: str, expected: Expectation) -> None:
    assert read_expectation(text, "x.rq") == expected


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("iri", "authority:rheine", "https://w3id.org/munirel/id/authority/rheine"),
        ("iri", "<http://example.org/a>", "http://example.org/a"),
        ("xsd:date", "2024-11-12", "2024-11-12"),
        ("xsd:integer", "-3", "-3"),
        ("xsd:decimal", "12.5", "12.5"),
        ("xsd:boolean", "true", "true"),
        ("xsd:gYear", "2024", "2024"),
        ("lang", "de", "de"),
        ("string", 'a "b"', 'a "b"'),
    ],
)
def test_values_become_terms(type_name: str, text: str, value: str) -> None:
    assert read_term("name", type_name, text).value == value


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("iri", "rheine"), ("iri", "http://a b"), ("xsd:date", "12.11.2024"),
        ("xsd:date", "20241112"), ("xsd:integer", "1.5"), ("xsd:decimal", "NaN"),
        ("xsd:decimal", "1e3"), ("xsd:boolean", "yes"), ("xsd:gYear", "24"), ("lang", "de en"),
    ],
)  # fmt: skip
def test_ill_typed_values_are_refused_with_a_hint(type_name: str, text: str) -> None:
    with pytest.raises(BadQuery, match=f"is no {type_name}; write"):
        read_term("name", type_name, text)


def test_every_type_says_what_to_write() -> None:
    assert all(kind.hint.startswith("write ") for kind in TYPES.values())


def test_an_unknown_parameter_is_named(tmp_path: Path) -> None:
    question = read_question(write(tmp_path, "hosts.rq", QUESTION))
    assert read_bindings(question, {}) == {}
    with pytest.raises(BadQuery, match="no parameter “guest”; it has host"):
        read_bindings(question, {"guest": "authority:rheine"})


def test_untyped_values() -> None:
    assert read_untyped("7") == Literal("7", datatype=NamedNode(f"{XSD}integer"))
    assert read_untyped("http://example.org/a") == NamedNode("http://example.org/a")
    assert read_untyped("Rheine: a town") == Literal("Rheine: a town")


def test_questions_of_a_folder(tmp_path: Path) -> None:
    assert read_questions(tmp_path / "none") == []
    write(tmp_path, "hosts.rq", QUESTION)
    assert find_question(read_questions(tmp_path), "hosts").id == "hosts"
    with pytest.raises(UnknownResource, match="no question “guests”"):
        find_question(read_questions(tmp_path), "guests")
