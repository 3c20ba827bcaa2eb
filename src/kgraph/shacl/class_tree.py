"""Which classes of the data lie below which, so that instances are found without a path."""

from __future__ import annotations

from pyoxigraph import BlankNode

from kgraph.rdf.terms import RDF_TYPE, RDFS_SUBCLASS, Term
from kgraph.shacl.answers import Answers

# A class with more classes below it than this is looked up by a path instead of a list.
MAX_LISTED_CLASSES = 60


class ClassTree:
    """The rdfs:subClassOf of the data, asked for once."""

    def __init__(self, answers: Answers) -> None:
        self._below: dict[Term, list[Term]] = {}
        for low, high in answers.rows(f"SELECT ?a ?b WHERE {{ ?a {RDFS_SUBCLASS} ?b }}"):
            if low is not None and high is not None:
                self._below.setdefault(high, []).append(low)

    def write(self, top: Term, var: str, class_var: str = "?t_c") -> tuple[str, bool]:
        """Write the pattern of the SHACL instances of a class; True when each comes once."""
        classes = self._list_below(top)
        if classes is None:
            return f"{var} {RDF_TYPE}/{RDFS_SUBCLASS}* {top} .", False
        if len(classes) == 1:
            return f"{var} {RDF_TYPE} {top} .", True
        listed = " ".join(str(node) for node in classes)
        return f"VALUES {class_var} {{ {listed} }} {var} {RDF_TYPE} {class_var} .", False

    def _list_below(self, top: Term) -> tuple[Term, ...] | None:
        """Give a class and all below it in the data; None when they cannot be listed."""
        found, queue = {top: None}, [top]
        while queue:
            for low in self._below.get(queue.pop(), []):
                if low not in found:
                    found[low] = None
                    queue.append(low)
        if len(found) > MAX_LISTED_CLASSES or any(isinstance(c, BlankNode) for c in found):
            return None
        return (top, *sorted((c for c in found if c != top), key=str))
