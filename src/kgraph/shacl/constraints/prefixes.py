"""sh:prefixes and sh:declare: the PREFIX lines of a SPARQL text (SHACL 5.2.1)."""

from __future__ import annotations

from pyoxigraph import Literal

from kgraph.rdf.terms import OWL_IMPORTS, Term, show
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.vocabulary import ShapesError, sh


def read_prefixes(graph: ShapesGraph, node: Term) -> str:
    """Give the PREFIX lines for a constraint, from its ontologies and all that these import.

    Errors: ShapesError when one prefix has two namespaces.
    """
    found: dict[str, str] = {}
    queue, seen = list(graph.objects(node, sh("prefixes"))), set[Term]()
    while queue:
        ontology = queue.pop()
        if ontology in seen:
            continue
        seen.add(ontology)
        queue += graph.objects(ontology, OWL_IMPORTS)
        for declaration in graph.objects(ontology, sh("declare")):
            prefix = graph.value(declaration, sh("prefix"))
            namespace = graph.value(declaration, sh("namespace"))
            if not isinstance(prefix, Literal) or not isinstance(namespace, Literal):
                raise ShapesError(
                    f"{show(ontology)}: a prefix declaration needs sh:prefix and sh:namespace, "
                    "both as text.",
                    ontology,
                )
            if found.setdefault(prefix.value, namespace.value) != namespace.value:
                raise ShapesError(
                    f"{show(node)}: the prefix {prefix.value}: stands for two namespaces, "
                    f"<{found[prefix.value]}> and <{namespace.value}>.",
                    node,
                )
    return "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in sorted(found.items()))
