"""Where a triple stands: from a focus node, a path and a value to file, line and column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.findings import Position
from kgraph.rdf.terms import RDF_TYPE, Term
from kgraph.shacl.paths import Path
from kgraph.turtle.columns import find_brackets, find_column
from kgraph.turtle.reading import Statement
from kgraph.validation.files import CheckedFile
from kgraph.validation.steps import Links, Step, walk

Spot = tuple[CheckedFile, int]


class Positions:
    """An index of all statements of some files, made when the first place is asked for.

    Of equal triples the first file's counts; the files named in `first` come before the others.
    A node is described where it has its type, but in a file named in `home` if it is there at all.
    """

    def __init__(
        self,
        files: Iterable[CheckedFile],
        first: Collection[str] = (),
        home: Collection[str] = (),
    ) -> None:
        self._home = frozenset(home)
        self._files = sorted(files, key=lambda file: file.name not in first)
        self._brackets: dict[str, list[tuple[int, int, int]]] = {}

    @cached_property
    def _spots(self) -> dict[Triple, Spot]:
        spots: dict[Triple, Spot] = {}
        for file in self._files:
            for statement in file.statements:
                spots.setdefault(statement.quad.triple, (file, statement.line))
        return spots

    @cached_property
    def _links(self) -> Links:
        return Links(self._spots)

    @cached_property
    def _described(self) -> dict[Term, Triple]:
        """A triple of each subject: at home, of its type, or else the first."""
        found: dict[Term, Triple] = {}
        ranks: dict[Term, tuple[bool, bool]] = {}
        for triple, (file, _) in self._spots.items():
            subject = triple.subject
            rank = (file.name in self._home, triple.predicate == RDF_TYPE)
            if subject not in ranks or rank > ranks[subject]:
                ranks[subject], found[subject] = rank, triple
        return found

    @cached_property
    def _uses(self) -> dict[Term, Triple]:
        uses: dict[Term, Triple] = {}
        for triple in self._spots:
            uses.setdefault(triple.object, triple)
        return uses

    def locate(
        self,
        focus: Term,
        path: Path | NamedNode | None,
        value: Term | None,
        only_repeated_languages: bool = False,
    ) -> tuple[Position | None, tuple[Position, ...]]:
        """Give the place of a finding, and places related to it.

        Focus, path and value known: that object, at the end of the path's last step. No value: the
        first value of the path, the others as related; none of them: where the focus is described.
        An inverse step: the triple that comes in. A focus that is never a subject: where it is
        used. Source: docs/validation.md, "Where a finding is put".
        """
        if isinstance(path, NamedNode):
            path = Path("predicate", path)
        if path is not None:
            steps = list(walk(self._links, focus, path))
            if value is not None:
                steps = self._ending_at(steps, value) or self._saying(focus, value) or steps
            elif only_repeated_languages:
                steps = _with_repeated_language(steps) or steps
            found = list(
                dict.fromkeys(self.of_triple(step.triple) for step in steps if step.triple)
            )
            if found:
                return found[0], tuple(found[1:])
        elif value is not None and value != focus:
            said = self._saying(focus, value)
            if said:
                return self.of_triple(said[0].triple), ()
        if focus in self._described:
            return self.of_subject(focus), ()
        if focus in self._uses:
            return self.of_triple(self._uses[focus]), ()
        return None, ()

    def _ending_at(self, steps: list[Step], value: Term) -> list[Step]:
        return [step for step in steps if step.end == value and step.triple][:1]

    def _saying(self, focus: Term, value: Term) -> list[Step]:
        """Find the value under another property: the other side of sh:equals, for instance."""
        said = [triple for triple in self._links.leaving(focus) if triple.object == value]
        return [Step(value, triple) for triple in said[:1]]

    def of_triple(self, triple: Triple | None) -> Position:
        """Give the place of a triple's object, which one of the files must state."""
        assert triple is not None
        file, line = self._spots[triple]
        return self._of_object(file, line, triple)

    def of_triple_in(self, file: CheckedFile, statement: Statement) -> Position:
        """Give the place of a statement's object in a file that has it."""
        return self._of_object(file, statement.line, statement.quad.triple)

    def of_predicate_in(self, file: CheckedFile, statement: Statement) -> Position:
        """Give the place of a statement's predicate: on the object's line, or above it."""
        return _search_upwards(file, statement.line, statement.quad.predicate)

    def of_subject_in(self, file: CheckedFile, statement: Statement) -> Position:
        """Give the place of a statement's subject: on the object's line, or above it."""
        return _search_upwards(file, statement.line, statement.quad.subject)

    def of_subject(self, node: Term) -> Position:
        """Give the place at which the description of a node, which one must have, begins."""
        file, line = self._spots[self._described[node]]
        if isinstance(node, BlankNode):
            return self._of_blank_node(node) or _search_upwards(file, line, node)
        return _search_upwards(file, line, node)

    def _of_object(self, file: CheckedFile, line: int, triple: Triple) -> Position:
        term = triple.object
        if isinstance(term, BlankNode):
            place = self._of_blank_node(term)
            if place and place.file == file.name:
                return place
        if isinstance(term, Literal) and "\n" in term.value:
            # The line is the one a long text ends on; it is shown from its start.
            start = line - term.value.count("\n")
            column = find_column(file.lines[start - 1], term) if start > 0 else 0
            if column:
                return Position(file.name, start, column)
        text = file.lines[line - 1]
        column, verb = find_column(text, term), find_column(text, triple.predicate)
        if 0 < column <= verb:
            # The same word stands in an earlier property of this line.
            again = find_column(text[verb:], term)
            column = again + verb if again else column
        return Position(file.name, line, column)

    def _of_blank_node(self, node: BlankNode) -> Position | None:
        """Give the bracket that opens a node without a label."""
        about = self._links.leaving(node)
        plain = [triple for triple in about if not isinstance(triple.object, BlankNode)]
        if not about:
            return None
        file, line = self._spots[(plain or about)[0]]
        if file.name not in self._brackets:
            self._brackets[file.name] = find_brackets(file.lines)
        around = [pair for pair in self._brackets[file.name] if pair[0] <= line <= pair[2]]
        if not around:
            return None
        start, column, _ = max(around)
        return Position(file.name, start, column)


def _with_repeated_language(steps: list[Step]) -> list[Step]:
    by_language: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        if isinstance(step.end, Literal) and step.end.language:
            by_language[step.end.language.lower()].append(step)
    return [step for group in by_language.values() if len(group) > 1 for step in group]


def _search_upwards(file: CheckedFile, line: int, term: Term) -> Position:
    for number in _lines_upwards(file, line):
        column = find_column(file.lines[number - 1], term)
        if column:
            return Position(file.name, number, column)
    return Position(file.name, line)


def _lines_upwards(file: CheckedFile, line: int) -> Iterator[int]:
    yield from range(min(line, len(file.lines)), 0, -1)
