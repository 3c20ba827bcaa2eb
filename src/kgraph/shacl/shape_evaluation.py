"""One validation: evaluates the constraints of shapes and puts the answers together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from pyoxigraph import BlankNode, Literal, NamedNode

from kgraph.rdf.terms import RDF_TYPE, RDFS_SUBCLASS, Term
from kgraph.shacl.answers import Answers, HasValues
from kgraph.shacl.class_tree import ClassTree
from kgraph.shacl.data import Data, Undecidable, View
from kgraph.shacl.focus import Focus, focus_of
from kgraph.shacl.messages import default_messages
from kgraph.shacl.report import Result, Undecided
from kgraph.shacl.scan import scan
from kgraph.shacl.shapes import Constraint, Shape, Shapes, Violation
from kgraph.shacl.targets import OBJECTS, SUBJECTS, write_targets


class Evaluation:
    """The shapes of one validation on its data, and which nodes are known to fail which shape."""

    def __init__(self, shapes: Shapes, data: Data) -> None:
        self.data = data
        self.answers = Answers(data)
        self.classes = ClassTree(self.answers)
        self.undecided: list[Undecided] = []
        self._shapes = shapes
        # How deep in shapes of shapes; counted for endpoints alone, which are asked one by one.
        self._depth = 0
        self._failing: dict[tuple[Term, str], set[Term]] = {}
        self._shapes_graphs: dict[int, NamedNode] = {}

    def shapes_graph(self, view: View) -> NamedNode:
        """Give the name of the graph in which SPARQL constraints find the shapes."""
        if id(view) not in self._shapes_graphs:
            self._shapes_graphs[id(view)] = view.shapes_graph(self._shapes.graph)
        return self._shapes_graphs[id(view)]

    def target_focus(self, shape: Shape, restriction: Collection[Term] | None) -> Focus:
        """Give the target nodes of a shape, only those among `restriction` when it is given."""
        text, distinct = write_targets(self.data, self.classes, shape.targets, "\x00")
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

    def note_undecided(self, shape: HasValues, component: NamedNode, reason: str) -> None:
        """Remember that a constraint has neither passed nor failed.

        Errors: Undecidable inside another shape, whose answer then cannot be had either.
        """
        if self._depth:
            raise Undecidable(reason)
        self.undecided.append(Undecided(shape.node, component, reason))

    def failing(self, node: Term, focus: Focus) -> set[Term]:
        """Give those focus nodes that do not conform to a shape."""
        key = (node, focus.text)
        if key not in self._failing:
            self._failing[key] = self._find_failing(self._shapes[node], focus)
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
            bad = self.failing(node, self.answers.value_focus(shape, focus))
            failing |= {this for this, _ in self.answers.pairs_with(shape, focus, bad)}
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
            for value, result in self.results(
                self._shapes[node], self.answers.value_focus(shape, focus)
            ):
                below.setdefault(value, []).append(result)
            for this, value in self.answers.pairs_with(shape, focus, below):
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
            below = self._shapes[node]
            yield lambda below=below: [  # type: ignore[misc]
                result for _, result in self.results(below, focus)
            ]
