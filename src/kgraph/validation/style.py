"""Everything that is wrong with a file without asking a shape: names, terms, literals, prefixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyoxigraph import BlankNode

from kgraph.findings import Finding, Position, Severity
from kgraph.namespaces import PREFIXES
from kgraph.validation.evidence_ranges import check_ranges
from kgraph.validation.files import FileSet, find_prefixes
from kgraph.validation.identifiers import check_identifiers
from kgraph.validation.literal_forms import check_literals
from kgraph.validation.positions import Places
from kgraph.validation.known_terms import check_terms

STAGE = "style"
Check = Callable[[FileSet, Places], Iterator[Finding]]


def check_style(files: FileSet, places: Places) -> Iterator[Finding]:
    """Yield the findings of all checks of this stage."""
    for check in CHECKS:
        yield from check(files, places)


def check_prefixes(files: FileSet, _places: Places) -> Iterator[Finding]:
    """Yield a finding for each prefix that stands for another IRI than everywhere else."""
    for file in files.whole():
        for line, prefix, iri in find_prefixes(file):
            known = PREFIXES.get(prefix)
            if known and known != iri:
                yield Finding(
                    "Y11",
                    Severity.VIOLATION,
                    f"The prefix {prefix}: stands for <{iri}> here and for <{known}> elsewhere.",
                    Position(file.name, line, 1),
                    help=f"write @prefix {prefix}: <{known}> .",
                    stage=STAGE,
                    name="prefix-with-another-iri",
                )


def check_names(files: FileSet, places: Places) -> Iterator[Finding]:
    """Yield a finding for each thing in data/ that has no name: a blank node."""
    for file in files.whole():
        if file.section in ("ontology", "concepts", "alignments", "shapes"):
            continue
        seen: set[BlankNode] = set()
        for statement in file.statements:
            node = statement.quad.subject
            if isinstance(node, BlankNode) and node not in seen:
                seen.add(node)
                yield Finding(
                    "Y12",
                    Severity.VIOLATION,
                    "A thing has no name (a blank node), so nobody can refer to it.",
                    places.of_subject(node),
                    help="give it an identifier of its kind",
                    stage=STAGE,
                    name="blank-node",
                )


CHECKS: tuple[Check, ...] = (
    check_prefixes,
    check_terms,
    check_identifiers,
    check_names,
    check_literals,
    check_ranges,
)
