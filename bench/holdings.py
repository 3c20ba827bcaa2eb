"""The data of the benchmark on disk, made once for each size and kept in a folder.

graph.nt            the generated triples
default/, built/    snapshots; in `default` the triples are in the default graph alone, in
                    `built` each is in a named graph too, as `kgraph build` makes them
store/              Oxigraph's own folder with the default graph
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from municipal import write_graph
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, parse

from kgraph.dataset.assembly import load_store
from kgraph.dataset.snapshot import Manifest
from kgraph.rdf.canonical import compute_digest, write_lines

GRAPH = NamedNode("https://w3id.org/munirel/graph/lists/generated")
DATE = "2026-11-22"


@dataclass(frozen=True)
class Holdings:
    """Where the data are."""

    folder: Path
    triples: int

    @property
    def graph(self) -> Path:
        """The N-Triples."""
        return self.folder / "graph.nt"

    @property
    def store(self) -> Path:
        """Oxigraph's folder."""
        return self.folder / "store"

    def snapshot(self, name: str) -> Path:
        """Give the folder of a snapshot, `default` or `built`."""
        return self.folder / name

    def warm(self, folder: Path) -> None:
        """Read all files once, so that they are in the page cache."""
        for file in folder.rglob("*") if folder.is_dir() else [folder]:
            if file.is_file():
                file.read_bytes()


def prepare_holdings(folder: Path, triples: int, seed: int, oxigraph: str) -> Holdings:
    """Give the holdings, made where they are not there yet."""
    folder = folder / f"{triples}-{seed}"
    count_file = folder / "count"
    if not count_file.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with (folder / "graph.nt").open("w", encoding="utf-8") as out:
            count = write_graph(out, triples, seed)
        for name in ("default", "built"):
            _write_snapshot(folder / name, folder / "graph.nt", with_named=name == "built")
        load = [oxigraph, "load", "--location", str(folder / "store")]
        load += ["--file", str(folder / "graph.nt")]
        subprocess.run(load, check=True, capture_output=True, timeout=600)
        optimize = [oxigraph, "optimize", "--location", str(folder / "store")]
        subprocess.run(optimize, check=True, capture_output=True, timeout=600)
        count_file.write_text(str(count))
    return Holdings(folder, int(count_file.read_text()))


def _write_snapshot(folder: Path, graph: Path, with_named: bool) -> None:
    """Write what `kgraph build` writes, without deriving anything from the data."""
    triples = [quad.triple for quad in parse(path=str(graph), format=RdfFormat.N_TRIPLES)]
    default = [Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in triples]
    named = [Quad(t.subject, t.predicate, t.object, GRAPH) for t in triples] if with_named else []
    folder.mkdir()
    lines = _write(folder / "dataset.nq", named)
    _write(folder / "default.nt", default)
    manifest = Manifest(
        digest=compute_digest(lines),
        date=DATE,
        triples=len(named),
        default_graph=len(set(triples)),
        graphs={GRAPH.value: len(named)} if named else {},
        versions={name: version(name) for name in ("kgraph", "pyoxigraph")},
    )
    (folder / "manifest.json").write_text(json.dumps(asdict(manifest)))
    store = load_store([*named, *default], str(folder / "store"))
    store.optimize()
    store.flush()


def _write(file: Path, quads: Iterable[Quad]) -> bytes:
    lines = write_lines(quads)
    file.write_bytes(lines)
    return lines
