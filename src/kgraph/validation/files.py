"""The files under validation, and the findings of those that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os.path import realpath
from pathlib import Path

from kgraph.dataset.layout import GraphFile
from kgraph.findings import Finding
from kgraph.turtle.document import CheckedFile, choose_format, read_document
from kgraph.turtle.reading import read_bytes
from kgraph.validation.syntax import explain_fault


@dataclass(frozen=True)
class FileSet:
    """All files of one run, the broken ones too."""

    files: tuple[CheckedFile, ...]
    _by_name: dict[str, CheckedFile] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update((file.name, file) for file in self.files)

    def find(self, name: str) -> CheckedFile | None:
        """Give the file of this name."""
        return self._by_name.get(name)

    def whole(self) -> list[CheckedFile]:
        """Give the files that could be read to their end."""
        return [file for file in self.files if not file.is_broken]

    def in_sections(self, *sections: str) -> list[CheckedFile]:
        """Give the files of these sections, broken ones included."""
        return [file for file in self.files if file.section in sections]

    @property
    def is_whole(self) -> bool:
        """Whether no file is broken."""
        return not any(file.is_broken for file in self.files)


def read_files(
    entries: Sequence[GraphFile], contents: Mapping[str, bytes] | None = None
) -> tuple[FileSet, list[Finding]]:
    """Read all files, and give one finding for each that is broken. Errors: BadConfig.

    `contents` holds the bytes of files, by name, that are not to be read from the disk.
    """
    files, findings = [], []
    for entry in entries:
        content = (contents or {}).get(entry.name)
        if content is None:
            content = read_bytes(entry.file, entry.name)
        base_iri = Path(realpath(entry.file)).as_uri()
        file, fault = read_document(content, entry.name, entry.graph, base_iri)
        files.append(file)
        if fault:
            rdf_format = choose_format(file.name, "\n".join(file.lines))
            findings.append(explain_fault(fault, file.lines, rdf_format))
    return FileSet(tuple(files)), findings
