"""Everything that is wrong with a file without asking a shape: names, terms, literals, prefixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyoxigraph import BlankNode

from kgraph.findings import Finding, Position
from kgraph.namespaces import PREFIXES
from kgraph.validation.codes import make_finding
from kgraph.validation.evidence_ranges import check_ranges
from kgraph.validation.files import FileSet, find_prefixes
from kgraph.validation.identifiers import check_identifiers
from kgraph.validation.known_terms import check_terms
from kgraph.validation.literal_forms import check_literals
from kgraph.validation.positions import Positions

Check = Callable[[FileSet, Positions], Iterator[Finding]]


def check_style(files: FileSet, places: Positions) -> Iterator[Finding]:
    """Yield the findings of all checks of this stage."""
    for check in CHECKS:
        yield from check(files, places)


def check_prefixes(files: FileSet, _places: Positions) -> Iterator[Finding]:
    """Yield a finding for each prefix that stands for another IRI than everywhere else."""
    for file in files.whole():
        for line, prefix, iri in find_prefixes(file):
            known = PREFIXES.get(prefix)
            if known and known != iri:
                yield make_finding(
                    "Y11",
                    f"The prefix {prefix}: stands for <{iri}> here and for <{known}> elsewhere.",
                    Position(file.name, line, 1),
                    help=f"write @prefix {prefix}: <{known}> .",
                )


def check_names(files: FileSet, places: Positions) -> Iterator[Finding]:
    """Yield a finding for each thing in data/ that has no name: a blank node."""
    for file in files.whole():
        if file.section in ("ontology", "concepts", "alignments", "shapes"):
            continue
        seen: set[BlankNode] = set()
        for statement in file.statements:
            node = statement.quad.subject
            if isinstance(node, BlankNode) and node not in seen:
                seen.add(node)
                yield make_finding(
                    "Y12",
                    "A thing has no name (a blank node), so nobody can refer to it.",
                    places.of_subject(node),
                    help="give it an identifier of its kind",
                )


CHECKS: tuple[Check, ...] = (
    check_prefixes,
    check_terms,
    check_identifiers,
    check_names,
    check_literals,
    check_ranges,
)
