"""The built snapshot: a folder with the store, dumps and a manifest, which never changes.

<out>/<date>-<digest>/store/          on-disk pyoxigraph store: named graphs and default graph
<out>/<date>-<digest>/dataset.nq      the named graphs, canonical N-Quads, literals as written
<out>/<date>-<digest>/default.nt      the default graph, sorted N-Triples
<out>/<date>-<digest>/manifest.json   digest, date, triples per graph, versions
<out>/current                         a link to the newest, switched in one step
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store, Triple, parse

from kgraph.dataset.assembly import assemble, load_store, name_of, read_graphs
from kgraph.dataset.layout import SNAPSHOT, list_graph_files
from kgraph.dataset.retention import MANIFEST, Hold, build_alone, remove_old
from kgraph.errors import BadConfig
from kgraph.rdf.canonical import compute_digest, write_lines

CURRENT = "current"
#: How many old snapshots stay beside the one that `current` names.
KEPT = 2


@dataclass(frozen=True)
class Manifest:
    """What a snapshot is. `graphs` counts triples per named graph; `digest` covers all of them but
    graph:snapshot, so that the same files have the same digest on any day."""

    digest: str
    date: str
    triples: int
    default_graph: int
    graphs: dict[str, int]
    versions: dict[str, str]


def build_snapshot(root: Path, out: Path, day: date, keep: int = KEPT) -> Path:
    """Build the snapshot of a repository, switch `current` to it, and give its folder.

    A snapshot of the same data and date that is there already is left as it is; of older ones the
    `keep` newest stay, and those in use. Another build into the same folder is waited for.
    Errors: BadConfig when there are no files, or when the snapshot cannot be written, and then the
    last one is still current; BrokenData when a file is no Turtle, and then nothing is written.
    """
    quads = assemble(read_graphs(list_graph_files(root)), day)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with build_alone(out) as beside:
            manifest = _write(beside, quads, day)
            final = out / f"{manifest.date}-{manifest.digest[:12]}"
            if not final.exists():
                beside.chmod(0o755)
                beside.rename(final)
                _flush(out)
            _switch(out, final.name)
            remove_old(out, keep)
    except OSError as error:
        raise BadConfig(
            f"{out}: the snapshot cannot be written: {error.strerror or error}. What was current "
            "before still is. Make room there, or choose another folder (--out), and build again."
        ) from error
    return final


def _write(folder: Path, quads: list[Quad], day: date) -> Manifest:
    named = [quad for quad in quads if not isinstance(quad.graph_name, DefaultGraph)]
    default = [quad for quad in quads if isinstance(quad.graph_name, DefaultGraph)]
    lines = write_lines(quad for quad in named if quad.graph_name != SNAPSHOT)
    counts = Counter(name_of(quad) for quad in named)
    manifest = Manifest(
        digest=compute_digest(lines),
        date=day.isoformat(),
        triples=len(named),
        default_graph=len(default),
        graphs=dict(sorted(counts.items())),
        versions={name: version(name) for name in ("kgraph", "pyoxigraph")},
    )
    (folder / "dataset.nq").write_bytes(lines)
    (folder / "default.nt").write_bytes(write_lines(default))
    text = json.dumps(asdict(manifest), indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    store = load_store(quads, str(folder / "store"))
    store.optimize()
    store.flush()
    for path in (*folder.rglob("*"), folder):
        _flush(path)
    return manifest


def _flush(path: Path) -> None:
    """Have a file or a folder written to the disk: it is whole even when the power fails next."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _switch(out: Path, name: str) -> None:
    """Point `current` at a snapshot; a reader sees the old one or the new one, never none."""
    beside = out / f".{CURRENT}-{os.getpid()}"
    beside.unlink(missing_ok=True)
    beside.symlink_to(name)
    beside.replace(out / CURRENT)


def find_snapshot(path: Path) -> Path:
    """Give the folder of a snapshot, from its own path or that of the folder of snapshots.

    Errors: BadConfig when there is none.
    """
    for candidate in (path, path / CURRENT):
        if (candidate / MANIFEST).is_file():
            return candidate.resolve()
    raise BadConfig(f"{path}: holds no snapshot; run kgraph build --out {path} first.")


def read_manifest(snapshot: Path) -> Manifest:
    """Give the manifest of a snapshot. Errors: BadConfig when it cannot be read."""
    file = snapshot / MANIFEST
    try:
        return Manifest(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BadConfig(
            f"{file}: is no manifest of a snapshot ({error}); build it anew."
        ) from error


def read_graphs_of(snapshot: Path, default_name: str = "") -> dict[str, list[Triple]]:
    """Give the triples of each named graph, and those of the default graph under `default_name`.

    Literals are as written. Errors: BadConfig when a file cannot be read.
    """
    graphs: dict[str, list[Triple]] = {}
    with Hold(snapshot):
        for name in ("dataset.nq", "default.nt"):
            try:
                for quad in parse(path=str(snapshot / name), format=RdfFormat.N_QUADS):
                    graphs.setdefault(name_of(quad) or default_name, []).append(quad.triple)
            except (OSError, SyntaxError) as error:
                raise BadConfig(
                    f"{snapshot / name}: cannot be read ({error}); build it anew."
                ) from error
    return dict(sorted(graphs.items()))


@contextmanager
def open_snapshot(path: Path) -> Iterator[Store]:
    """Open the store of a snapshot for reading; no build removes it meanwhile.

    Errors: BadConfig when there is none, or it is damaged.
    """
    with Hold(find_snapshot(path)) as folder:
        try:
            store = Store.read_only(str(folder / "store"))
        except OSError as error:
            raise BadConfig(f"{folder}: cannot be opened ({error}); build it anew.") from error
        yield store
