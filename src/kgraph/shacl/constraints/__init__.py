"""The constraint components, one file per family; PARAMETERS maps a property to its reader."""

from __future__ import annotations

from kgraph.shacl.constraints import (
    cardinality,
    classes,
    closed,
    logic,
    pairs,
    presence,
    qualified,
    ranges,
    sparql_based,
    strings,
    types,
)
from kgraph.shacl.constraints.readers import Reader

PARAMETERS: dict[str, Reader] = {
    **types.READERS,
    **classes.READERS,
    **cardinality.READERS,
    **ranges.READERS,
    **strings.READERS,
    **pairs.READERS,
    **presence.READERS,
    **closed.READERS,
    **logic.READERS,
    **qualified.READERS,
    **sparql_based.READERS,
}
