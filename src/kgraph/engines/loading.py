"""Files or a built store to one store in memory or on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from kgraph.dataset.snapshot import read_manifest
from kgraph.errors import BadConfig, BrokenData


def open_store(paths: Sequence[Path]) -> Store:
    """Open one store's folder read-only, or load RDF files, their graphs kept, into memory.

    Errors: BadConfig for a path that is missing or of no known format; BrokenData with the place
    of the first syntax error.
    """
    if len(paths) == 1 and paths[0].is_dir():
        try:
            return Store.read_only(str(paths[0]))
        except OSError as error:
            raise BrokenData(f"{paths[0]}: is no store, or a broken one: {error}") from error
    store = Store()
    for path in paths:
        syntax = RdfFormat.from_extension(path.suffix.removeprefix("."))
        if syntax is None:
            raise BadConfig(f"{path}: the suffix names no RDF format (.ttl, .trig, .nq, .nt, …)")
        try:
            store.bulk_load(path=str(path), format=syntax)
        except SyntaxError as error:
            raise BrokenData(f"{path}: {error.msg}", str(path), error.lineno) from error
        except OSError as error:
            raise BadConfig(f"{path}: cannot be read: {error.strerror or error}") from error
    return store


def count_quads(store: Store, paths: Sequence[Path]) -> int:
    """Give the number of quads; for a snapshot on disk from its manifest, as to count them takes
    as long as to read them."""
    try:
        manifest = read_manifest(paths[0].parent)
    except BadConfig:
        return len(store)
    return manifest.triples + manifest.default_graph
