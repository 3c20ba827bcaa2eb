"""Where pySHACL departs from the standard in comparing values.

Values that `<` cannot compare are violations (SHACL 4.3, 4.5.3, 4.5.4), and no row in a SPARQL
constraint (SPARQL 17.3.1: a type error fails the filter). pySHACL 0.40.1, with rdflib, orders a
date before a number before a text, and ill-typed literals by their text.
"""

from __future__ import annotations

from pyoxigraph import Literal

from kgraph.namespaces import XSD
from kgraph.rdf.literals import is_well_formed

#: How the names of the components begin that compare values.
COMPARING = ("Less", "MinIn", "MinEx", "MaxIn", "MaxEx")
NUMERIC = {"integer", "decimal", "double", "nonNegativeInteger", "int", "byte"}


def family(term: object) -> str:
    """Give what SPARQL's `<` sees in a term: literals of one family can be compared."""
    if not isinstance(term, Literal) or not is_well_formed(term):
        return f"nothing {term}"
    name = term.datatype.value.removeprefix(XSD)
    return "number" if name in NUMERIC else name
