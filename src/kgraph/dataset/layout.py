"""Which file is which graph, and which files make up the data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from pyoxigraph import NamedNode

from kgraph.errors import BadConfig
from kgraph.namespaces import GRAPH

#: Folder -> the part of the graph's name that stands before the rest of the path; the longest
#: folder that fits decides.
FOLDERS: dict[str, str] = {
    "ontology": "ontology/",
    "ontology/concepts": "concepts/",
    "ontology/alignments": "alignments/",
    "shapes": "shapes/",
    "data": "",
}
#: The folders of the repository that hold graphs.
TOPS = sorted({PurePosixPath(folder).parts[0] for folder in FOLDERS})
#: Graphs that `kgraph build` makes; no file has them.
DERIVED = NamedNode(f"{GRAPH}derived")
SNAPSHOT = NamedNode(f"{GRAPH}snapshot")


@dataclass(frozen=True)
class GraphFile:
    """One file of the data set: where it is, its name from the root, the graph it holds."""

    file: Path
    name: str
    graph: NamedNode


def name_graph(name: str) -> NamedNode | None:
    """Give the graph of a file, by its path from the root; None for a file outside the layout.

    >>> name_graph("ontology/concepts/themes.ttl").value
    'https://w3id.org/munirel/graph/concepts/themes'
    >>> name_graph("data/registers/municipalities/de.ttl").value
    'https://w3id.org/munirel/graph/registers/municipalities/de'
    >>> name_graph("data/a b.ttl").value
    'https://w3id.org/munirel/graph/a%20b'
    """
    path = PurePosixPath(name)
    for folder in sorted(FOLDERS, key=len, reverse=True):
        if path.suffix == ".ttl" and path.is_relative_to(folder):
            rest = path.relative_to(folder).with_suffix("")
            return NamedNode(f"{GRAPH}{FOLDERS[folder]}{quote(str(rest))}")
    return None


def list_graph_files(root: Path) -> list[GraphFile]:
    """Give the files of the data set below `root`, sorted by name.

    Errors: BadConfig when there are none.
    """
    found = []
    for top in TOPS:
        for file in (root / top).rglob("*.ttl"):
            name = file.relative_to(root).as_posix()
            graph = name_graph(name)
            if graph is not None and not is_hidden(name):
                found.append(GraphFile(file, name, graph))
    if not found:
        raise BadConfig(f"{root}: holds no ontology/, shapes/ or data/ with Turtle files.")
    return sorted(found, key=lambda entry: entry.name)


def is_hidden(name: str) -> bool:
    """Say whether a file, or a folder it lies in, begins with a dot."""
    return any(part.startswith(".") for part in PurePosixPath(name).parts)


def list_turtle_files(paths: Iterable[Path]) -> list[Path]:
    """Give the files named, and for a folder the Turtle files below it, hidden folders left out.

    For the root of a repository only the folders of the layout are looked at.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        inside = [path / top for top in TOPS if (path / top).is_dir()] or [path]
        for folder in inside:
            for file in sorted(folder.rglob("*.ttl")):
                if not is_hidden(file.relative_to(path).as_posix()):
                    found[file] = None
    return list(found)
