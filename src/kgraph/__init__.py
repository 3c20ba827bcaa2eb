"""The knowledge graph of municipal international relations: read, check, build and ask it."""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("kgraph")
