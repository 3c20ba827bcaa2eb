"""A graph as Turtle blocks: one subject per block, in one order whatever the order of the triples.

Subjects stand by kind, then by name; `a` comes first, then predicates by name; one value per line.
A blank node that is used once stands where it is used; any other has a label.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.errors import BrokenData
from kgraph.namespaces import OWL, RDF, RDFS, SH, SKOS
from kgraph.turtle.spelling import TermWriter

BlockNode = NamedNode | BlankNode
TYPE, FIRST, REST, NIL = (RDF + name for name in ("type", "first", "rest", "nil"))

#: What a subject is, in the order of the file; the first that fits decides, others come last.
BLOCK_KINDS: tuple[frozenset[str], ...] = (
    frozenset({f"{OWL}Ontology"}),
    frozenset({f"{OWL}Class", f"{RDFS}Class", f"{RDFS}Datatype"}),
    frozenset(
        {f"{RDF}Property"}
        | {f"{OWL}{kind}Property" for kind in ("Object", "Datatype", "Annotation")}
    ),
    frozenset({f"{SKOS}ConceptScheme"}),
    frozenset({f"{SKOS}Concept"}),
    frozenset({f"{SH}NodeShape", f"{SH}PropertyShape"}),
)
#: Deeper blank nodes get a label: the text would no longer be read by anybody.
DEEPEST = 30


class BlockWriter:
    """Writes the blocks of one graph; labels of blank nodes are used as they are."""

    def __init__(self, triples: Iterable[Triple], terms: TermWriter) -> None:
        self._terms = terms
        self._edges: dict[BlockNode, dict[str, list[BlockNode | Literal]]] = {}
        uses: dict[BlankNode, int] = defaultdict(int)
        for triple in triples:
            subject, value = triple.subject, triple.object
            if isinstance(subject, Triple) or isinstance(value, Triple):
                raise BrokenData("Triple terms (RDF 1.2) cannot be formatted; name the statement.")
            edges = self._edges.setdefault(subject, {})
            edges.setdefault(triple.predicate.value, []).append(value)
            if isinstance(value, BlankNode):
                uses[value] += 1
        self._unused = {n for n in self._edges if isinstance(n, BlankNode) and not uses[n]}
        self._used = set(uses)
        self._inline = self._find_inline({node for node, count in uses.items() if count == 1})

    @property
    def has_labels(self) -> bool:
        """Whether the text shows labels of blank nodes."""
        return bool(self._used - self._inline)

    def _find_inline(self, candidates: set[BlankNode]) -> set[BlankNode]:
        """Give the candidates that can be reached from a block, not too deep, on no cycle."""
        found: set[BlankNode] = set()
        waiting = deque((node, 0) for node in self._edges if node not in candidates)
        while waiting:
            node, depth = waiting.popleft()
            for predicate, values in self._edges.get(node, {}).items():
                deeper = depth if predicate == REST else depth + 1
                for value in values:
                    if isinstance(value, BlankNode) and value in candidates and deeper <= DEEPEST:
                        found.add(value)
                        waiting.append((value, deeper))
        return found

    def blocks(self) -> list[str]:
        """Give one text per subject, without the blank lines between them."""
        keyed = []
        for node in self._edges:
            if isinstance(node, BlankNode) and node in self._inline:
                continue
            name = self._name(node)
            body = self._body(node, "  ")
            keyed.append((self._kind(node), isinstance(node, BlankNode), name, body))
        return [f"{name}\n{body}." for _, _, name, body in sorted(keyed)]

    def _kind(self, node: BlockNode) -> int:
        types = {value.value for value in self._edges[node].get(TYPE, ())}
        return next((at for at, kind in enumerate(BLOCK_KINDS) if kind & types), len(BLOCK_KINDS))

    def _name(self, node: BlockNode) -> str:
        if isinstance(node, NamedNode):
            return self._terms.iri(node.value)
        return "[]" if node in self._unused else f"_:{node.value}"

    def _body(self, node: BlockNode, indent: str) -> str:
        lines = []
        for predicate, values in self._edges.get(node, {}).items():
            name = self._terms.predicate(predicate)
            inner = indent if len(values) == 1 else f"{indent}  "
            texts = [text for _, text in sorted(self._value(value, inner) for value in values)]
            lines.append((name != "a", name, f" ,\n{indent}  ".join(texts)))
        return "".join(f"{indent}{name} {text} ;\n" for _, name, text in sorted(lines))

    def _value(self, value: BlockNode | Literal, indent: str) -> tuple[tuple[int, str, str], str]:
        """Give a sort key and the text: IRIs, then literals by language, then the nameless."""
        if isinstance(value, NamedNode):
            text = "()" if value.value == NIL else self._terms.iri(value.value)
            return (0, "", text), text
        if isinstance(value, Literal):
            text = self._terms.literal(value)
            return (1, value.language or "", text), text
        if value not in self._inline:
            text = f"_:{value.value}"
            return (2, "", text), text
        items = self._items(value)
        if items is None:
            body = self._body(value, f"{indent}  ")
            text = f"[\n{body}{indent}]" if body else "[]"
        else:
            lines = [f"{indent}  {self._value(item, f'{indent}  ')[1]}\n" for item in items]
            text = f"(\n{''.join(lines)}{indent})"
        return (3, "", text), text

    def _items(self, node: BlankNode) -> list[BlockNode | Literal] | None:
        """Give the members of a plain list that nothing else refers into, else None."""
        items: list[BlockNode | Literal] = []
        here: BlockNode | Literal = node
        while not (isinstance(here, NamedNode) and here.value == NIL):
            if not isinstance(here, BlankNode) or here not in self._inline:
                return None
            edges = self._edges.get(here, {})
            if set(edges) != {FIRST, REST} or any(len(values) != 1 for values in edges.values()):
                return None
            items.append(edges[FIRST][0])
            here = edges[REST][0]
        return items
