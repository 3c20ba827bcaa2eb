"""`python -m kgraph` is the command `kgraph`."""

from __future__ import annotations

from kgraph.cli import main

main()
