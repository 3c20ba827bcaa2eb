"""One validation: runs the queries of the constraints and puts the answers together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from pyoxigraph import BlankNode, Literal, NamedNode

from kgraph.engines.protocol import Row
from kgraph.rdf.terms import RDF_TYPE, RDFS_SUBCLASS, Term
from kgraph.shacl.data import Data, Undecidable, View
from kgraph.shacl.focus import Focus, focus_of
from kgraph.shacl.messages import default_messages
from kgraph.shacl.report import Result, Undecided
from kgraph.shacl.scan import scan
from kgraph.shacl.shapes import Constraint, Shape, Shapes, Violation
from kgraph.shacl.targets import OBJECTS, SUBJECTS, write_targets

THIS, VALUE = "?this", "?value"

# A class with more classes below it than this is looked up by a path instead of a list.
MAX_LISTED_CLASSES = 60
# More failing nodes than this: all value nodes are fetched and compared here instead.
MAX_LISTED_NODES = 20_000

Pair = tuple[Term, Term]


class Run:
    """The state of one validation: the data, the shapes, and the answers already had."""

    def __init__(self, shapes: Shapes, data: Data) -> None:
        self.shapes = shapes
        self.data = data
        self.undecided: list[Undecided] = []
        # How deep in shapes of shapes; counted for endpoints alone, which are asked one by one.
        self._depth = 0
        self._failing: dict[tuple[Term, str], set[Term]] = {}
        self._pairs: dict[tuple[str, str], set[Pair]] = {}
        self._below: dict[Term, list[Term]] = {}
        self._shapes_graphs: dict[int, NamedNode] = {}

    # -- queries -------------------------------------------------------------------------------

    def rows(self, query: str) -> list[Row]:
        """Give the rows of a query on the data as written."""
        return self.data.written.engine.select(query).rows

    def where(self, shape: Shape, focus: Focus) -> tuple[str, str]:
        """Write the pattern of focus and value nodes, and name the variable of the value.

        A node shape has one value node: the focus node itself.
        """
        if shape.path is None:
            return focus.pattern(THIS), THIS
        return focus.reaching(shape.path, THIS, VALUE), VALUE

    def value_focus(self, shape: Shape, focus: Focus) -> Focus:
        """Give the set of all value nodes of the focus nodes."""
        return focus if shape.path is None else focus.reached_by(shape.path)

    def nodes(self, focus: Focus) -> set[Term]:
        """Give all focus nodes."""
        return {value for _, value in self.pairs(None, focus)}

    def pairs(self, shape: Shape | None, focus: Focus) -> set[Pair]:
        """Give all pairs of focus node and value node; without a shape, each node with itself."""
        path = shape.path if shape else None
        key = (focus.text, path.sparql() if path else "")
        if key not in self._pairs:
            if path is None:
                rows = self.rows(f"SELECT {THIS} WHERE {{ {focus.pattern(THIS)} }}")
                self._pairs[key] = {(row[0], row[0]) for row in rows if row[0] is not None}
            else:
                text = focus.reaching(path, THIS, VALUE)
                rows = self.rows(f"SELECT {THIS} {VALUE} WHERE {{ {text} }}")
                self._pairs[key] = {
                    (row[0], row[1]) for row in rows if row[0] is not None and row[1] is not None
                }
            if not self.data.is_exact and any(
                isinstance(node, BlankNode) for pair in self._pairs[key] for node in pair
            ):
                # The label in one answer says nothing about the label in another.
                del self._pairs[key]
                raise Undecidable(
                    "Blank nodes are among the nodes to compare, and an endpoint cannot name "
                    "them. Validate the files instead."
                )
        return self._pairs[key]

    def pairs_with(self, shape: Shape, focus: Focus, values: Collection[Term]) -> Iterable[Pair]:
        """Give the pairs whose value node is one of these, which are value nodes indeed."""
        if not values:
            return []
        if shape.path is None:
            return [(value, value) for value in values]
        key = (focus.text, shape.path.sparql())
        is_blank = any(isinstance(value, BlankNode) for value in values)
        if (
            key in self._pairs
            or len(values) > MAX_LISTED_NODES
            or (is_blank and not self.data.is_exact)
        ):
            wanted = set(values)
            return [pair for pair in self.pairs(shape, focus) if pair[1] in wanted]
        listed = self.data.written.node_set(values)
        text = f"{listed(VALUE)} {self.where(shape, focus)[0]}"
        rows = self.rows(f"SELECT DISTINCT {THIS} {VALUE} WHERE {{ {text} }}")
        return [(row[0], row[1]) for row in rows if row[0] is not None and row[1] is not None]

    # -- classes -------------------------------------------------------------------------------

    def write_class(self, top: Term, var: str, class_var: str = "?t_c") -> tuple[str, bool]:
        """Write the pattern of the SHACL instances of a class; True when each comes once."""
        classes = self._listed_classes(top)
        if classes is None:
            return f"{var} {RDF_TYPE}/{RDFS_SUBCLASS}* {top} .", False
        if len(classes) == 1:
            return f"{var} {RDF_TYPE} {top} .", True
        listed = " ".join(str(node) for node in classes)
        return f"VALUES {class_var} {{ {listed} }} {var} {RDF_TYPE} {class_var} .", False

    def find_classes(self) -> None:
        """Learn which classes lie below which."""
        for low, high in self.rows(f"SELECT ?a ?b WHERE {{ ?a {RDFS_SUBCLASS} ?b }}"):
            if low is not None and high is not None:
                self._below.setdefault(high, []).append(low)

    def _listed_classes(self, top: Term) -> tuple[Term, ...] | None:
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

    def shapes_graph(self, view: View) -> NamedNode:
        """Give the name of the graph in which SPARQL constraints find the shapes."""
        if id(view) not in self._shapes_graphs:
            self._shapes_graphs[id(view)] = view.shapes_graph(self.shapes.graph)
        return self._shapes_graphs[id(view)]

    # -- shapes --------------------------------------------------------------------------------

    def target_focus(self, shape: Shape, restriction: Collection[Term] | None) -> Focus:
        """Give the target nodes of a shape, only those among `restriction` when it is given."""
        text, distinct = write_targets(self, shape.targets, "\x00")
        if restriction is None:
            portable = not any(
                target.kind == OBJECTS or isinstance(target.value, Literal)
                for target in shape.targets
            )
            used = {t.value for t in shape.targets if t.kind == SUBJECTS}
            predicates = frozenset(p for p in used if isinstance(p, NamedNode))
            return Focus(
                text,
                distinct,
                is_portable=portable,
                predicates=predicates | {RDF_TYPE, RDFS_SUBCLASS},
            )
        listed = self.data.written.node_set([self.data.encode(node) for node in restriction])
        return focus_of(lambda var: f"{listed(var)} {{ {text.replace(chr(0), var)} }}", distinct)

    def violations(self, shape: Shape, focus: Focus) -> Iterator[tuple[NamedNode, Violation]]:
        """Give the violations of a shape's own constraints, each with its component."""
        if shape.local or shape.marked:
            for component, found in self._scan(shape, focus):
                for violation in self._with_known_focus(component, shape, found):
                    yield component, violation
        for constraint in shape.constraints:
            for violation in self._decided(constraint, shape, focus):
                yield constraint.component, violation

    def _scan(self, shape: Shape, focus: Focus) -> Iterator[tuple[NamedNode, list[Violation]]]:
        """Give what a scan finds, without what rests on forms that an endpoint has rewritten."""
        for component, found, unsure in scan(self, shape, focus):
            if unsure:
                self.note_undecided(
                    shape,
                    component,
                    f"{unsure} values may have been written otherwise than the endpoint gives "
                    "them. Validate the files instead.",
                )
            yield component, found

    def _decided(self, constraint: Constraint, shape: Shape, focus: Focus) -> list[Violation]:
        """Give the violations, or note that the engine cannot tell."""
        try:
            found = list(constraint.violations(self, shape, focus))
        except Undecidable as failure:
            self.note_undecided(shape, constraint.component, str(failure))
            return []
        return self._with_known_focus(constraint.component, shape, found)

    def _with_known_focus(
        self, component: NamedNode, shape: Shape, found: list[Violation]
    ) -> list[Violation]:
        if self.data.is_exact:
            return found
        known = [v for v in found if not isinstance(v.focus, BlankNode)]
        if len(known) < len(found):
            self.note_undecided(
                shape,
                component,
                f"{len(found) - len(known)} focus nodes are blank nodes, which an endpoint cannot "
                "name. Validate the files instead.",
            )
        return known

    def note_undecided(self, shape: Shape, component: NamedNode, reason: str) -> None:
        """Remember that a constraint has neither passed nor failed.

        Raises Undecidable inside another shape, whose answer then cannot be had either.
        """
        if self._depth:
            raise Undecidable(reason)
        self.undecided.append(Undecided(shape.node, component, reason))

    def failing(self, node: Term, focus: Focus) -> set[Term]:
        """Give those focus nodes that do not conform to a shape."""
        key = (node, focus.text)
        if key not in self._failing:
            self._failing[key] = self._find_failing(self.shapes[node], focus)
        return self._failing[key]

    def _find_failing(self, shape: Shape, focus: Focus) -> set[Term]:
        if shape.is_deactivated:
            return set()
        if self.data.is_exact:
            return self._nodes_that_fail(shape, focus)
        self._depth += 1
        try:
            return self._nodes_that_fail(shape, focus)
        finally:
            self._depth -= 1

    def _nodes_that_fail(self, shape: Shape, focus: Focus) -> set[Term]:
        failing = {violation.focus for _, violation in self.violations(shape, focus)}
        for node in shape.properties:
            bad = self.failing(node, self.value_focus(shape, focus))
            failing |= {this for this, _ in self.pairs_with(shape, focus, bad)}
        return failing

    def results(self, shape: Shape, focus: Focus) -> Iterator[tuple[Term, Result]]:
        """Give the results of a shape and of the property shapes below it.

        Each comes with the focus node of this shape it was reached from. A property shape reached
        from two values gives its results twice (W3C suite, core/property/property-001).
        """
        if shape.is_deactivated:
            return
        yield from self.own_results(shape, focus)
        for node in shape.properties:
            below: dict[Term, list[Result]] = {}
            for value, result in self.results(self.shapes[node], self.value_focus(shape, focus)):
                below.setdefault(value, []).append(result)
            for this, value in self.pairs_with(shape, focus, below):
                for result in below[value]:
                    yield this, result

    def own_results(self, shape: Shape, focus: Focus) -> Iterator[tuple[Term, Result]]:
        """Give the results of a shape's own constraints."""
        for component, violation in self.violations(shape, focus):
            value = violation.value
            result = Result(
                focus=self.data.decode(violation.focus),
                path=violation.path or shape.path,
                value=None if value is None else self.data.decode(value),
                component=component,
                severity=shape.severity,
                source_shape=shape.node,
                messages=violation.messages or shape.messages or default_messages(component),
                source_constraint=violation.source_constraint,
            )
            yield violation.focus, result

    def tasks(self, shape: Shape, focus: Focus) -> Iterator[Callable[[], list[Result]]]:
        """Give pieces of work that need not wait for each other and make up all results."""
        if shape.path is not None or not shape.properties:
            yield lambda: [result for _, result in self.results(shape, focus)]
            return
        yield lambda: [result for _, result in self.own_results(shape, focus)]
        for node in shape.properties:
            below = self.shapes[node]
            yield lambda below=below: [  # type: ignore[misc]
                result for _, result in self.results(below, focus)
            ]
