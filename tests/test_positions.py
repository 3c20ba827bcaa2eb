"""Where findings are put, for every way in which a shape can reach a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from kgraph.findings import Finding
from kgraph.rdf.terms import Term
from kgraph.turtle.columns import find_term, measure_token
from kgraph.turtle.document import find_brackets
from kgraph.turtle.turtle_tokens import read_words
from kgraph.validation.run import validate_files
from repositories import write

HEAD = """@prefix e: <http://e/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPE = "e:S a sh:NodeShape ; sh:targetClass e:T ; sh:property e:P .\ne:P a sh:PropertyShape ;\n"


def find(folder: Path, rule: str, data: str) -> tuple[Finding, str, list[str]]:
    """Give the one finding, and the data from its place on, and from the related places on.

    `rule` is the text of the property shape; a `^` in the data marks nothing and is kept.
    """
    shapes = write(folder, "s.ttl", HEAD + (rule if "e:S" in rule else SHAPE + rule))
    file = write(folder, "d.ttl", HEAD + data)
    report = validate_files([file], [shapes])
    (finding,) = report.findings
    lines = file.read_text().split("\n")

    def text_at(line: int, column: int) -> str:
        assert column > 0
        return lines[line - 1][column - 1 :]

    assert finding.position
    related = [text_at(place.line, place.column) for place in finding.related]
    return finding, text_at(finding.position.line, finding.position.column), related


@pytest.mark.parametrize(
    ("rule", "data", "at"),
    [
        # focus, path and value known: that object
        ("sh:path e:p ; sh:datatype xsd:integer .", 'e:a a e:T ;\n e:p 1 ,\n "two" .', '"two"'),
        ("sh:path e:p ; sh:class e:C .", "e:a a e:T ;\n e:q e:b ; e:p e:b .", "e:b ."),
        ("sh:path e:p ; sh:maxLength 3 .", 'e:a a e:T ; e:p """one\ntwo\nthree""" .', '"""one'),
        ("sh:path e:p ; sh:nodeKind sh:IRI .", "e:a a e:T ; e:p [\n e:q 1 ;\n e:r 2\n] .", "["),
        ("sh:path e:p ; sh:nodeKind sh:IRI .", "e:a a e:T ; e:p\n  _:x . _:x e:q 1 .", "_:x"),
        ("sh:path e:p ; sh:maxLength 3 .", r'e:a a e:T ; e:p "a \"b\" c"@en .', r'"a \"b\" c"@en'),
        # no value: the subject where it is described
        ("sh:path e:p ; sh:minCount 1 .", "e:b e:q e:a .\ne:a e:r 1 .\n\ne:a a e:T .", "e:a a e:T"),
        ("sh:path e:p ; sh:hasValue 1 .", "e:a\n  a e:T .", "e:a"),
        # but the first value, where there is one
        ("sh:path e:p ; sh:minCount 2 .", "e:a a e:T ;\n e:p e:b .", "e:b"),
        ("sh:path e:p ; sh:maxCount 1 .", "e:a a e:T ;\n e:p 7 ,\n 8 .", "7"),
        # an inverse path: the triple that comes in
        (
            "sh:path [ sh:inversePath e:p ] ; sh:maxCount 1 .",
            "e:a a e:T .\ne:b e:p e:a .\ne:c e:p e:a , e:b .",
            "e:a .",
        ),
        (
            "sh:path [ sh:inversePath e:p ] ; sh:class e:C .",
            "e:a a e:T .\ne:b\n  e:q 1 ;\n  e:p e:a .",
            "e:a .",
        ),
        # the last step of a longer path
        (
            "sh:path ( e:p e:q ) ; sh:datatype xsd:integer .",
            'e:a a e:T ; e:p e:b .\ne:b e:q 1 ,\n  "x" .',
            '"x"',
        ),
        (
            "sh:path [ sh:alternativePath ( e:p e:q ) ] ; sh:datatype xsd:integer .",
            'e:a a e:T ; e:p 1 ;\n e:q "x" .',
            '"x"',
        ),
        (
            "sh:path [ sh:zeroOrMorePath e:p ] ; sh:nodeKind sh:IRI .",
            'e:a a e:T ; e:p e:b .\ne:b e:p e:a ,\n  "x" .',
            '"x"',
        ),
        (
            "sh:path ( [ sh:inversePath e:p ] e:q ) ; sh:datatype xsd:integer .",
            'e:a a e:T .\ne:b e:p e:a ;\n  e:q "x" .',
            '"x"',
        ),
        (
            "sh:path [ sh:inversePath ( e:p e:q ) ] ; sh:class e:C .",
            "e:a a e:T .\ne:b e:q e:a .\ne:c e:p e:b .",
            "e:b .",
        ),
        # the value stands under another property
        ("sh:path e:p ; sh:equals e:q .", "e:a a e:T ;\n e:q 5 .", "5"),
        # a property that is not allowed
        (
            "e:S a sh:NodeShape ; sh:targetClass e:T ; sh:closed true ;"
            " sh:ignoredProperties ( <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ) .",
            "e:a a e:T ;\n e:p 1 .",
            "1",
        ),
        # a focus that is never a subject: where it is used
        (
            "e:S a sh:NodeShape ; sh:targetObjectsOf e:p ; sh:class e:C .",
            "e:a a e:T ;\n e:p e:b .",
            "e:b",
        ),
        (
            "e:S a sh:NodeShape ; sh:targetObjectsOf e:p ; sh:datatype xsd:date .",
            'e:a a e:T ;\n e:p "soon" .',
            '"soon"',
        ),
        # a focus without a name
        (
            "e:S a sh:NodeShape ; sh:targetClass e:T ; sh:class e:C .",
            "e:a e:p [ e:q 1 ] ,\n [\n  a e:T ; e:q [ e:r 2 ]\n ] .",
            "[",
        ),
    ],
)
def test_a_finding_stands_at_the_triple_at_fault(
    tmp_path: Path, rule: str, data: str, at: str
) -> None:
    _, text, _ = find(tmp_path, rule, data)
    assert text.startswith(at)


def test_other_values_are_related(tmp_path: Path) -> None:
    _, text, related = find(
        tmp_path, "sh:path e:p ; sh:maxCount 1 .", "e:a a e:T ; e:p 7 ,\n 8 ,\n 9 ."
    )
    assert [text[0], *(each[0] for each in related)] == ["7", "8", "9"]


def test_only_labels_of_the_language_at_fault_are_told(tmp_path: Path) -> None:
    rule = "sh:path e:p ; sh:uniqueLang true ."
    _, text, related = find(tmp_path, rule, 'e:a a e:T ; e:p "x"@de ,\n "y"@en ,\n "z"@en .')
    assert text == '"y"@en ,'
    assert related == ['"z"@en .']


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (SHAPE + "sh:path e:p ; sh:minCount 1 .", "e:P a sh:PropertyShape ;"),
        (
            "e:S a sh:NodeShape ; sh:targetClass e:T ;\n  sh:property [\n"
            "    sh:path e:q ] ,\n  [\n    sh:path e:p ; sh:minCount 1 ] .",
            "  [",
        ),
        (
            SHAPE + "sh:path e:p ; sh:sparql e:Q .\n\ne:Q sh:select 'SELECT $this WHERE { $this a"
            " <http://e/T> }' .",
            "e:Q sh:select",
        ),
    ],
)
def test_the_rule_is_told_with_its_line(tmp_path: Path, rule: str, line: str) -> None:
    finding, _, _ = find(tmp_path, rule, "e:a a e:T .")
    assert finding.rule_position
    text = (tmp_path / "s.ttl").read_text().split("\n")[finding.rule_position.line - 1]
    assert text.startswith(line)


def test_two_files_never_share_a_blank_node(tmp_path: Path) -> None:
    shapes = write(tmp_path, "s.ttl", HEAD + SHAPE + "sh:path e:p ; sh:maxCount 1 .")
    files = [write(tmp_path, f"{n}.ttl", HEAD + f"_:x a e:T ; e:p {n} .") for n in (1, 2)]
    assert validate_files(files, [shapes]).findings == ()


def test_data_in_other_formats_have_lines_too(tmp_path: Path) -> None:
    shapes = write(tmp_path, "s.ttl", HEAD + SHAPE + "sh:path e:p ; sh:minCount 1 .")
    a = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    data = write(
        tmp_path, "d.nt", f"<http://e/b> <http://e/q> 'x' .\n<http://e/a> {a} <http://e/T> ."
    )
    data.write_text(data.read_text().replace("'x'", '"x"'))
    (finding,) = validate_files([data], [shapes]).findings
    assert finding.position
    assert (finding.position.line, finding.position.column) == (2, 1)


def find_column(line: str, term: Term, **prefixes: str) -> int:
    token = find_term(list(read_words(line)), term, prefixes)
    return token.column if token else 0


@pytest.mark.parametrize(
    ("line", "iri", "column"),
    [
        ("event:a", "https://w3id.org/munirel/id/event/a", 1),
        ("event:abc event:a", "https://w3id.org/munirel/id/event/a", 11),
        ("  rdfs:seeAlso <http://e/a> ;", "http://e/a", 16),
        ("nothing", "http://e/a", 0),
        ("  schema:sameAs wd:Q1 , gn:29\\/ .", "https://sws.geonames.org/29/", 25),
        ("x: a x:b", "http://e/x/", 1),
        ("x a mr:Event", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", 3),
    ],
)
def test_columns(line: str, iri: str, column: int) -> None:
    assert find_column(line, NamedNode(iri)) == column


def test_a_text_is_not_taken_for_a_longer_one() -> None:
    assert find_column(' e:p "Abc"@en , "A"@en , "A"@de', Literal("A", language="de")) == 26
    assert find_column(' e:p "Abc" , "A"', Literal("A")) == 14


def test_tokens() -> None:
    assert measure_token('  "a b"@de ;', 3) == 8
    assert measure_token("  <http://e/a> ;", 3) == 12
    assert measure_token("  mr:x;", 3) == 4


def test_a_declared_prefix_decides() -> None:
    line = "x:a y:a"
    assert find_column(line, NamedNode("http://y/a"), x="http://x/", y="http://y/") == 5
    assert find_column(line, NamedNode("http://z/a"), x="http://x/", y="http://y/") == 0


def test_brackets_in_texts_and_remarks_are_none() -> None:
    text = 'e:a e:p "[" , """(\n)""" . # [\n[ e:q <http://e/(> ] .'
    assert list(find_brackets(read_words(text))) == [(3, 1, 3)]
