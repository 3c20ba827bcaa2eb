"""The SHACL suites of the W3C and of DASH, read from ../shared where it exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.namespaces import OWL, RDF, RDFS, SH, XSD
from kgraph.rdf.terms import RDF_TYPE, Term
from kgraph.shacl import LoadedData, Report, compile_shapes, report_graph, validate
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.paths import read_path
from kgraph.shacl.vocabulary import ShapesError, sh
from shacl_files import read_triples

SUITES = Path(__file__).parents[3] / "shared" / "suites"
W3C = SUITES / "data-shapes" / "data-shapes-test-suite" / "tests"
DASH = SUITES / "dash"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
DASH_NS = "http://datashapes.org/dash#"

PROPERTIES = (
    "focusNode",
    "value",
    "resultSeverity",
    "sourceConstraintComponent",
    "sourceShape",
    "sourceConstraint",
)

# DASH cases that cannot pass, and why.
IGNORED = {
    "sparql/node/prefixes-001.test.ttl": "its query uses ex:, which no sh:declare names: TopBraid "
    "takes the @prefix lines of the file instead, SHACL 5.2.1 does not",
}

# The cases import http://datashapes.org/dash, which is not fetched; it declares these prefixes.
DASH_ONTOLOGY = NamedNode("http://datashapes.org/dash")
DASH_PREFIXES = {"rdf": RDF, "rdfs": RDFS, "owl": OWL, "xsd": XSD, "sh": SH, "dash": DASH_NS}

Signature = tuple[object, ...]


def plain(term: Term | None) -> object:
    """Give a term so that any blank node equals any other."""
    return "_:" if isinstance(term, BlankNode) else term


def signatures(
    graph: ShapesGraph, report: Term, names: tuple[str, ...], with_messages: bool
) -> Counter[Signature]:
    """Give the results of a report, counted, without blank-node labels."""
    counter: Counter[Signature] = Counter()
    for result in graph.objects(report, sh("result")):
        path = graph.value(result, sh("resultPath"))
        terms = [plain(graph.value(result, sh(name))) for name in names]
        text = read_path(graph, path, result).sparql() if path is not None else None
        messages: object = None
        if with_messages:
            messages = tuple(sorted(str(m) for m in graph.objects(result, sh("resultMessage"))))
        counter[(text, *terms, messages)] += 1
    return counter


def found(report: Report, names: tuple[str, ...], with_messages: bool) -> Counter[Signature]:
    """Give our results by way of the report graph, so that it is tested too."""
    graph = ShapesGraph(report_graph(report))
    root = graph.subjects(sh("conforms"))[0]
    return signatures(graph, root, names, with_messages)


def w3c_cases() -> list[Path]:
    return sorted(
        path for path in W3C.rglob("*.ttl") if path.name != "manifest.ttl" and is_listed(path)
    )


def is_listed(path: Path) -> bool:
    """Tell whether the folder's manifest names the file: data and shapes alone are not named."""
    manifest = path.parent / "manifest.ttl"
    return f"<{path.name}>" in manifest.read_text(encoding="utf-8")


def dash_cases() -> list[Path]:
    return sorted(path for part in ("core", "sparql") for path in (DASH / part).rglob("*.ttl"))


def declarations() -> Iterator[Triple]:
    for prefix, namespace in DASH_PREFIXES.items():
        node = BlankNode()
        yield Triple(DASH_ONTOLOGY, sh("declare"), node)
        yield Triple(node, sh("prefix"), Literal(prefix))
        yield Triple(node, sh("namespace"), Literal(namespace))


def local_file(term: Term | None) -> str:
    assert isinstance(term, NamedNode)
    return term.value.removeprefix("file://")


@pytest.mark.skipif(W3C.is_dir(), reason="the suites are here and run one by one")
def test_suites_are_absent() -> None:
    pytest.skip("../shared/suites is absent: the third-party SHACL suites are not part of this")


@pytest.mark.skipif(not W3C.is_dir(), reason="../shared/suites is absent")
def test_suites_are_complete() -> None:
    assert len(w3c_cases()) == 120
    assert len(dash_cases()) == 93


@pytest.mark.parametrize("path", w3c_cases(), ids=lambda p: str(p.relative_to(W3C)))
def test_w3c(path: Path) -> None:
    graph = ShapesGraph(read_triples(str(path)))
    for case in graph.instances(NamedNode(SHT + "Validate")):
        action = graph.value(case, NamedNode(MF + "action"))
        wanted = graph.value(case, NamedNode(MF + "result"))
        assert action is not None
        assert wanted is not None
        data = local_file(graph.value(action, NamedNode(SHT + "dataGraph")))
        shapes = local_file(graph.value(action, NamedNode(SHT + "shapesGraph")))
        triples = read_triples(data)
        rules = triples if data == shapes else read_triples(shapes)
        if wanted == NamedNode(SHT + "Failure"):
            with pytest.raises(ShapesError):
                validate(compile_shapes(rules), LoadedData(triples))
            continue
        report = validate(compile_shapes(rules), LoadedData(triples))
        results = graph.objects(wanted, sh("result"))
        says = any(graph.objects(result, sh("resultMessage")) for result in results)
        assert found(report, PROPERTIES, says) == signatures(graph, wanted, PROPERTIES, says)
        assert report.conforms == graph.flag(wanted, sh("conforms"))


@pytest.mark.parametrize("path", dash_cases(), ids=lambda p: str(p.relative_to(DASH)))
def test_dash(path: Path) -> None:
    name = str(path.relative_to(DASH))
    if name in IGNORED:
        pytest.skip(IGNORED[name])
    triples = read_triples(str(path))
    graph = ShapesGraph(triples)
    report = validate(compile_shapes([*triples, *declarations()]), LoadedData(triples))
    cases = graph.instances(NamedNode(DASH_NS + "GraphValidationTestCase"))
    assert cases
    for case in cases:
        wanted = graph.value(case, NamedNode(DASH_NS + "expectedResult"))
        assert wanted is not None
        if isinstance(wanted, Literal):
            assert report.conforms == (wanted.value == "true")
            continue
        assert found(report, PROPERTIES, False) == signatures(graph, wanted, PROPERTIES, False)


def test_report_root_has_a_type() -> None:
    graph = ShapesGraph(report_graph(Report(())))
    assert graph.objects(graph.subjects(sh("conforms"))[0], RDF_TYPE) == [sh("ValidationReport")]
