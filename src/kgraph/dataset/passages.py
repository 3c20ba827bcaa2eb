"""Evidence against the source texts: does each passage lie in its document, unchanged?

The texts themselves are not in the repository. Who has them can check every passage; the checksums
in `data/passages.ttl` let a passage be found again in another copy.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

from kgraph.dataset.evidence import Passage, read_passage
from kgraph.dataset.replacing import replace_file
from kgraph.errors import BadConfig
from kgraph.findings import Finding, Severity
from kgraph.namespaces import MR
from kgraph.turtle.formatting import format_turtle

FILE = "data/passages.ttl"
CHECKSUMS_HEADER = """\
# The SHA-256 of each passage that serves as evidence, of its characters in UTF-8.
# Written by `kgraph evidence --sources DIR --write`.
"""


@dataclass(frozen=True)
class Document:
    """What the provenance graph says of the copy of a text; None where it says nothing."""

    iri: str
    file_name: str | None
    sha256: str | None
    length: str | None


@dataclass(frozen=True)
class Evidence:
    """The passages a data set refers to, the documents it knows, the checksums it holds."""

    passages: tuple[Passage, ...]
    documents: dict[str, Document]
    checksums: dict[str, str]


def collect_evidence(quads: Iterable[Quad]) -> Evidence:
    """Give all evidence of a data set; passages are sorted, addresses that are none left out."""
    passages: set[Passage] = set()
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for quad in quads:
        name = quad.predicate.value.removeprefix(MR)
        if name == "evidence" and isinstance(quad.object, NamedNode):
            passage = read_passage(quad.object.value)
            if passage:
                passages.add(passage)
        elif name in ("fileName", "sha256", "length") and isinstance(quad.object, Literal):
            values[quad.subject.value][name] = quad.object.value  # type: ignore[union-attr]
    checksums = {iri: v["sha256"] for iri, v in values.items() if "#" in iri and "sha256" in v}
    documents = {
        iri: Document(iri, v.get("fileName"), v.get("sha256"), v.get("length"))
        for iri, v in values.items()
        if "#" not in iri
    }
    return Evidence(tuple(sorted(passages)), documents, checksums)


def check_evidence(evidence: Evidence, sources: Path, *, checksums: bool = True) -> list[Finding]:
    """Give what is wrong with documents, ranges and (unless told not to) passage checksums.

    Errors: BadConfig when `sources` is no folder.
    """
    if not sources.is_dir():
        raise BadConfig(f"{sources}: is no folder; give the folder that holds the source texts.")
    texts = _read_texts(evidence, sources)
    findings: list[Finding] = []
    for document in sorted({passage.document for passage in evidence.passages} | set(texts)):
        findings += _check_document(evidence.documents.get(document), document, sources)
    for passage in evidence.passages:
        text = texts.get(passage.document)
        if text is None:
            continue
        if passage.end > len(text):
            findings.append(
                _fault(
                    "passage-outside",
                    passage.iri,
                    f"ends after the document's {len(text)} characters; correct the range.",
                )
            )
        elif checksums and evidence.checksums.get(passage.iri) != _digest(text, passage):
            findings.append(
                _fault(
                    "passage-changed",
                    passage.iri,
                    f"its checksum in {FILE} is missing or another; check the passage, then run "
                    "kgraph evidence with --write.",
                )
            )
    if checksums:
        known = {passage.iri for passage in evidence.passages}
        findings += [
            _fault("passage-unused", iri, f"has a checksum in {FILE} and is no evidence any more.")
            for iri in sorted(set(evidence.checksums) - known)
        ]
    return findings


def write_checksums(evidence: Evidence, sources: Path, root: Path) -> int:
    """Rewrite the file of checksums, without passages outside a text, and give their number."""
    texts = _read_texts(evidence, sources)
    lines = [
        f'<{passage.iri}> <{MR}sha256> "{_digest(texts[passage.document], passage)}" .'
        for passage in evidence.passages
        if passage.document in texts and passage.end <= len(texts[passage.document])
    ]
    replace_file(root / FILE, format_turtle("\n".join([CHECKSUMS_HEADER, *lines]), FILE))
    return len(lines)


def _read_texts(evidence: Evidence, sources: Path) -> dict[str, str]:
    """Give the text of each document whose file is there, line ends as stored."""
    texts = {}
    for iri, document in evidence.documents.items():
        if document.file_name and (sources / document.file_name).is_file():
            content = (sources / document.file_name).read_bytes()
            texts[iri] = content.decode("utf-8", errors="replace")
    return texts


def _check_document(document: Document | None, iri: str, sources: Path) -> Iterator[Finding]:
    if document is None or not document.file_name:
        yield _fault(
            "document-unknown", iri, "has no mr:fileName; describe it in data/provenance.ttl."
        )
        return
    file = sources / document.file_name
    if not file.is_file():
        yield _fault("document-missing", iri, f"its file {document.file_name} is not in {sources}.")
        return
    content = file.read_bytes()
    digest, length = hashlib.sha256(content).hexdigest(), len(content.decode("utf-8", "replace"))
    if document.sha256 != digest:
        yield _fault(
            "document-changed", iri, f"mr:sha256 is {document.sha256}, the file's {digest}."
        )
    if document.length != str(length):
        yield _fault(
            "document-length", iri, f"mr:length is {document.length}, the file's {length}."
        )


def _digest(text: str, passage: Passage) -> str:
    return hashlib.sha256(text[passage.start : passage.end].encode()).hexdigest()


def _fault(code: str, iri: str, message: str) -> Finding:
    return Finding(
        code, Severity.VIOLATION, f"<{iri}>: {message}", focus=f"<{iri}>", stage="evidence"
    )
