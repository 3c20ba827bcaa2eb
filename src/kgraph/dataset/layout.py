"""Which file is which graph, and which files make up the data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pyoxigraph import NamedNode

from kgraph.errors import BadConfig
from kgraph.namespaces import GRAPH

#: Folder -> the part of the graph's name that stands before the file's stem.
FOLDERS: dict[str, str] = {
    "ontology": "ontology/",
    "ontology/concepts": "concepts/",
    "ontology/alignments": "alignments/",
    "shapes": "shapes/",
    "data": "",
    "data/registers": "registers/",
    "data/documents": "documents/",
    "data/lists": "lists/",
    "data/funding": "funding/",
}
#: Graphs that `kgraph build` makes; no file has them.
DERIVED = NamedNode(f"{GRAPH}derived")
SNAPSHOT = NamedNode(f"{GRAPH}snapshot")
CURATED = NamedNode(f"{GRAPH}curated")


@dataclass(frozen=True)
class GraphFile:
    """One file of the data set: where it is, its name from the root, the graph it holds."""

    file: Path
    name: str
    graph: NamedNode

    @property
    def section(self) -> str:
        """The first part of the graph's name: `documents`, `shapes`, `curated` …"""
        return self.graph.value.removeprefix(GRAPH).split("/")[0]


def name_graph(name: str) -> NamedNode | None:
    """Give the graph of a file, by its path from the root; None for a file outside the layout.

    >>> name_graph("ontology/concepts/themes.ttl").value
    'https://w3id.org/munirel/graph/concepts/themes'
    """
    path = PurePosixPath(name)
    folder = FOLDERS.get(str(path.parent))
    if folder is None or path.suffix != ".ttl":
        return None
    return NamedNode(f"{GRAPH}{folder}{path.stem}")


def list_graph_files(root: Path) -> list[GraphFile]:
    """Give the files of the data set below `root`, sorted by name.

    Errors: BadConfig when there are none, or when a Turtle file in the layout's folders lies too
    deep to have a graph.
    """
    found = []
    for top in sorted({PurePosixPath(folder).parts[0] for folder in FOLDERS}):
        for file in (root / top).rglob("*.ttl"):
            name = file.relative_to(root).as_posix()
            graph = name_graph(name)
            if graph is None:
                known = ", ".join(f"{folder}/" for folder in FOLDERS)
                raise BadConfig(f"{name}: no graph for this folder; move it into one of {known}.")
            found.append(GraphFile(file, name, graph))
    if not found:
        raise BadConfig(f"{root}: holds no ontology/, shapes/ or data/ with Turtle files.")
    return sorted(found, key=lambda entry: entry.name)


def list_turtle_files(paths: Iterable[Path]) -> list[Path]:
    """Give the files named, and for a folder the Turtle files below it, hidden folders left out.

    For the root of a repository only the folders of the layout are looked at.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        tops = sorted({PurePosixPath(folder).parts[0] for folder in FOLDERS})
        inside = [path / top for top in tops if (path / top).is_dir()] or [path]
        for folder in inside:
            for file in sorted(folder.rglob("*.ttl")):
                if not any(part.startswith(".") for part in file.relative_to(path).parts):
                    found[file] = None
    return list(found)
