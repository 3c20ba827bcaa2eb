"""Canonical Turtle: the pairs in cases/turtle, and the laws that hold for every graph."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
    serialize,
)

from kgraph.errors import BrokenData
from kgraph.turtle import formatting as turtle
from kgraph.turtle.formatting import format_turtle

CASES = Path(__file__).parent / "cases" / "turtle"
UNTIDY = sorted(CASES.glob("*.untidy.ttl"))
HEAD = "@prefix e: <http://example.org/> .\n"

iris = st.sampled_from([NamedNode(f"http://example.org/{n}") for n in ("a", "b", "c/d", "p", "x.")])
blanks = st.sampled_from([BlankNode(n) for n in "uvwxyz"])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
datatypes = st.sampled_from(
    [f"http://www.w3.org/2001/XMLSchema#{n}" for n in ("string", "integer", "decimal", "boolean")]
)
literals = st.one_of(
    st.builds(lambda t, d: Literal(t, datatype=NamedNode(d)), texts, datatypes),
    st.builds(lambda t, tag: Literal(t, language=tag), texts, st.sampled_from(["de", "en-gb"])),
    st.builds(lambda n: Literal(str(n), datatype=NamedNode(f"{XSD}integer")), st.integers()),
    st.builds(lambda n: Literal(str(n), datatype=NamedNode(f"{XSD}decimal")), st.decimals()),
)
XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
predicates = st.sampled_from(
    [NamedNode(f"{RDF}{n}") for n in ("type", "first", "rest")]
    + [NamedNode("http://example.org/p"), NamedNode("http://example.org/q")]
)
objects = st.one_of(iris, blanks, literals, st.just(NamedNode(f"{RDF}nil")))
graphs = st.lists(st.builds(Quad, st.one_of(iris, blanks), predicates, objects), max_size=14)


def read(text: str) -> Dataset:
    dataset = Dataset(parse(text.encode(), format=RdfFormat.TURTLE))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def test_there_are_cases() -> None:
    assert len(UNTIDY) >= 4


@pytest.mark.parametrize("untidy", UNTIDY, ids=lambda file: file.name)
def test_untidy_becomes_tidy(untidy: Path) -> None:
    tidy = untidy.with_name(untidy.name.replace(".untidy", ".tidy")).read_text()
    assert format_turtle(untidy.read_text(), untidy.name) == tidy
    assert format_turtle(tidy, untidy.name) == tidy


@settings(max_examples=150, deadline=None)
@given(graphs)
def test_formatting_keeps_the_graph_and_is_stable(quads: list[Quad]) -> None:
    source = (serialize(quads, format=RdfFormat.N_TRIPLES) or b"").decode()
    text = format_turtle(source, "x.ttl")
    assert read(text) == read(source)
    assert format_turtle(text, "x.ttl") == text


@settings(max_examples=50, deadline=None)
@given(graphs, st.randoms(use_true_random=False))
def test_the_order_of_triples_does_not_matter(quads: list[Quad], random: object) -> None:
    shuffled = list(quads)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = ((serialize(q, format=RdfFormat.N_TRIPLES) or b"") for q in (quads, shuffled))
    assert format_turtle(one.decode(), "x.ttl") == format_turtle(other.decode(), "x.ttl")


def test_a_remark_after_the_header_is_refused_with_its_line() -> None:
    with pytest.raises(BrokenData, match="line 3") as caught:
        format_turtle(f"# header\n{HEAD}e:a e:p 1 . # lost\n", "x.ttl")
    assert caught.value.line == 3


def test_a_hash_in_a_string_or_an_address_is_no_remark() -> None:
    text = format_turtle(f'{HEAD}e:a e:p "1 # 2", """#""", <http://example.org/#f> .', "x.ttl")
    assert "1 # 2" in text


def test_a_syntax_fault_names_line_and_column() -> None:
    with pytest.raises(BrokenData) as caught:
        format_turtle(f"{HEAD}e:a e:p 1\ne:b e:p 2 .", "x.ttl")
    assert (caught.value.file, caught.value.line) == ("x.ttl", 3)


def test_a_file_with_windows_line_ends_is_formatted_to_plain_ones() -> None:
    text = format_turtle("# header\r\n@prefix e: <http://e/> .\r\ne:a e:p 1 .\r\n", "x.ttl")
    assert text == "# header\n\n@prefix e: <http://e/> .\n\ne:a\n  e:p 1 ;\n.\n"


def test_a_deep_nest_of_blank_nodes_is_given_labels() -> None:
    depth = 80
    source = f"{HEAD}e:a e:p {'[ e:p ' * depth}1{' ]' * depth} ."
    assert read(format_turtle(source, "x.ttl")) == read(source)


def test_a_long_list_is_quick_to_format() -> None:
    source = f"{HEAD}e:a e:p ({'e:b ' * 5000}) ."
    assert format_turtle(source, "x.ttl").count("e:b") == 5000


def test_twins_and_shared_nodes_are_different_graphs() -> None:
    twins, shared = f"{HEAD}e:a e:p [], [] .", f"{HEAD}e:a e:p _:x . e:b e:p _:x ."
    assert format_turtle(twins, "x.ttl").count("[]") == 2
    assert "_:" in format_turtle(shared, "x.ttl")


def test_an_empty_graph_keeps_its_header() -> None:
    assert format_turtle("# only this\n", "x.ttl") == "# only this\n"


def test_a_changed_graph_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turtle.BlockWriter, "blocks", lambda writer: [])
    with pytest.raises(BrokenData, match="would change the graph"):
        format_turtle(f"{HEAD}e:a e:p 1 .", "x.ttl")


def test_an_ill_typed_literal_is_kept_without_a_word(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    day = '"19.09.2011"^^<http://www.w3.org/2001/XMLSchema#date>'
    assert "19.09.2011" in format_turtle(f"{HEAD}e:a e:p {day} .", "x.ttl")
    assert not caplog.records
    assert capfd.readouterr().err == ""
