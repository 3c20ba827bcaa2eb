"""The knowledge graph of municipal international relations: read, check, build and ask it."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """Give `__version__`, looked up when it is asked for: it takes longer than a small command."""
    if name == "__version__":
        from importlib.metadata import version

        return version("kgraph")
    raise AttributeError(f"module kgraph has no attribute {name!r}")
