"""Evidence addresses: well-formed, of a known document, inside its length."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kgraph.dataset.evidence import read_passage
from kgraph.findings import Finding
from kgraph.namespaces import MR
from kgraph.validation.codes import make_finding
from kgraph.validation.files import FileSet
from kgraph.validation.positions import Positions

EVIDENCE, LENGTH = f"{MR}evidence", f"{MR}length"


def check_ranges(files: FileSet, places: Positions) -> Iterator[Finding]:
    """Yield a finding for each piece of evidence that cannot be a passage of its document."""
    lengths = _find_lengths(files)
    for file in files.whole():
        for statement in file.statements:
            quad = statement.quad
            if quad.predicate.value != EVIDENCE:
                continue
            fault = (
                _explain(quad.object.value, lengths)
                if isinstance(quad.object, NamedNode)
                else (
                    "mr:evidence is an address.",
                    "write <…/id/document/NAME#char=START,END>",
                )
            )
            if fault:
                message, help_text = fault
                yield make_finding(
                    "Y10",
                    message,
                    places.of_triple_in(file, statement),
                    focus=str(quad.subject),
                    path=str(quad.predicate),
                    value=str(quad.object),
                    help=help_text,
                )


def _explain(iri: str, lengths: dict[str, int]) -> tuple[str, str] | None:
    passage = read_passage(iri)
    if passage is None:
        return (
            f"<{iri}> is no address of a passage.",
            "write <https://w3id.org/munirel/id/document/NAME#char=START,END> with START < END",
        )
    length = lengths.get(passage.document)
    if length is None:
        return (
            f"The document <{passage.document}> has no mr:length.",
            "describe it in data/provenance.ttl",
        )
    if passage.end > length:
        return (
            f"The passage ends at character {passage.end}, the document has {length}.",
            "correct the range; kgraph evidence --sources DIR checks it against the text",
        )
    return None


def _find_lengths(files: FileSet) -> dict[str, int]:
    return {
        quad.subject.value: int(quad.object.value)
        for file in files.files
        for quad in file.quads
        if quad.predicate.value == LENGTH
        and isinstance(quad.subject, NamedNode)
        and isinstance(quad.object, Literal)
        and quad.object.value.isdecimal()
    }
