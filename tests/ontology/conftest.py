"""What the tests of the ontology read: our terms, our data, the vocabularies we build on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from npm_packages import install_packages

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(__file__).parent / "vocabularies"

CV = "http://data.europa.eu/m8g/"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

#: What the Core Public Organisation and Core Public Event vocabularies say about the two classes
#: we use. No package of them exists; these are their axioms, not their texts.
CORE_VOCABULARIES = (
    (CV + "PublicOrganisation", RDF + "type", OWL + "Class"),
    (CV + "PublicOrganisation", RDFS + "subClassOf", "http://www.w3.org/ns/org#Organization"),
    (CV + "Participation", RDF + "type", OWL + "Class"),
)


def read_triples(paths: Iterable[Path]) -> Iterator[Triple]:
    """Give the triples of Turtle and N-Quads files, the graph names dropped."""
    for path in paths:
        is_quads = path.suffix == ".nq"
        for quad in parse(path=path, format=RdfFormat.N_QUADS if is_quads else RdfFormat.TURTLE):
            yield quad.triple


@pytest.fixture(scope="session")
def vocabularies() -> list[Triple]:
    """The axioms of the vocabularies we build on; schema.org in its https form."""
    target = install_packages(PACKAGES)
    files = sorted((target / "node_modules" / "@vocabulary").glob("*/*.nq"))
    assert files, f"{target} holds no vocabulary: remove the folder and run again"

    def https(term: object) -> object:
        if isinstance(term, NamedNode) and term.value.startswith("http://schema.org/"):
            return NamedNode("https" + term.value[4:])
        return term

    found = [Triple(https(s), https(p), https(o)) for s, p, o in read_triples(files)]
    found += [Triple(*map(NamedNode, axiom)) for axiom in CORE_VOCABULARIES]
    return found


@pytest.fixture(scope="session")
def terms() -> list[Triple]:
    """Our classes and properties."""
    return list(read_triples(sorted((ROOT / "ontology").glob("*.ttl"))))


@pytest.fixture(scope="session")
def concepts() -> list[Triple]:
    """Our concept schemes."""
    return list(read_triples(sorted((ROOT / "ontology" / "concepts").glob("*.ttl"))))


@pytest.fixture(scope="session")
def alignments() -> list[Triple]:
    """The links from our terms and concepts to other vocabularies."""
    return list(read_triples(sorted((ROOT / "ontology" / "alignments").glob("*.ttl"))))


@pytest.fixture(scope="session")
def texts() -> list[Triple]:
    """The registers, the graphs of the source texts and the curators' graph."""
    files = [*(ROOT / "data" / "registers").rglob("*.ttl")]
    files += (ROOT / "data" / "documents").rglob("*.ttl")
    files += (ROOT / "data").glob("*.ttl")
    return list(read_triples(sorted(files)))


@pytest.fixture(scope="session")
def lists() -> list[Triple]:
    """The facts that come from lists and funding programmes."""
    files = [*(ROOT / "data" / "lists").rglob("*.ttl"), *(ROOT / "data" / "funding").rglob("*.ttl")]
    return list(read_triples(sorted(files)))
