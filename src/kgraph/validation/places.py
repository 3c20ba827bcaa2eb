"""Where a triple stands: from a focus node, a path and a value to file, line and column."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.dataset.reading import Statement
from kgraph.findings import Position
from kgraph.validation.files import CheckedFile

Term = NamedNode | BlankNode | Literal | Triple
Spot = tuple[CheckedFile, int]


class Places:
    """An index of all statements of some files; of equal triples the first file's counts."""

    def __init__(self, files: Iterable[CheckedFile]) -> None:
        self._triples: dict[Triple, Spot] = {}
        self._values: dict[tuple[Term, NamedNode], list[Triple]] = defaultdict(list)
        self._subjects: dict[Term, Spot] = {}
        self._uses: dict[Term, Triple] = {}
        for file in files:
            for statement in file.statements:
                triple, spot = statement.quad.triple, (file, statement.line)
                if triple in self._triples:
                    continue
                self._triples[triple] = spot
                self._values[triple.subject, triple.predicate].append(triple)
                self._subjects.setdefault(triple.subject, spot)
                self._uses.setdefault(triple.object, triple)

    def locate(
        self, focus: Term, path: NamedNode | None, value: Term | None, inverse: bool = False
    ) -> tuple[Position | None, tuple[Position, ...]]:
        """Give the place of a finding, and places related to it.

        Focus, path and value known: that object. No value: the first value of the path, the others
        as related; none of them: where the focus is described. An inverse path: the triple that
        comes in. A focus that is never a subject: where it is used.
        """
        if path is not None and value is not None:
            triple = Triple(value, path, focus) if inverse else Triple(focus, path, value)  # type: ignore[arg-type]
            if triple in self._triples:
                return self.of_triple(triple), ()
        if path is not None and not inverse:
            found = [self.of_triple(triple) for triple in self._values.get((focus, path), ())]
            if found:
                return found[0], tuple(found[1:])
        if focus in self._subjects:
            return self.of_subject(focus), ()
        if focus in self._uses:
            return self.of_triple(self._uses[focus]), ()
        return None, ()

    def of_triple(self, triple: Triple) -> Position:
        """Give the place of a triple's object, which one of the files must state."""
        file, line = self._triples[triple]
        return Position(file.name, line, find_column(file.lines[line - 1], triple.object))

    def of_triple_in(self, file: CheckedFile, statement: Statement) -> Position:
        """Give the place of a statement's object in a file that has it."""
        line = statement.line
        return Position(file.name, line, find_column(file.lines[line - 1], statement.quad.object))

    def of_predicate_in(self, file: CheckedFile, statement: Statement) -> Position:
        """Give the place of a statement's predicate: on the object's line, or above it."""
        return _search_upwards(file, statement.line, statement.quad.predicate)

    def of_subject_in(self, file: CheckedFile, statement: Statement) -> Position:
        """Give the place of a statement's subject: on the object's line, or above it."""
        return _search_upwards(file, statement.line, statement.quad.subject)

    def of_subject(self, node: Term) -> Position:
        """Give the line on which the description of a node, which one must have, begins."""
        file, line = self._subjects[node]
        return _search_upwards(file, line, node)


def _search_upwards(file: CheckedFile, line: int, term: Term) -> Position:
    for number in range(line, 0, -1):
        column = find_column(file.lines[number - 1], term)
        if column:
            return Position(file.name, number, column)
    return Position(file.name, line)


def find_column(line: str, term: Term) -> int:
    """Give the column, from 1, at which a term stands on a line; 0 when it is not found there.

    >>> find_column("  mr:status relstatus:active ;",
    ...     NamedNode("https://w3id.org/munirel/voc/relationship-status/active"))
    13
    """
    match = re.search(_pattern(term), line)
    return match.start() + 1 if match else 0


def measure_token(line: str, column: int) -> int:
    """Give the length of the token at a column: a string with its tag, an IRI, a name."""
    match = re.compile(r'"(?:[^"\\]|\\.)*"(?:\^\^\S+|@[\w-]+)?|<[^>]*>|[^\s;,\[\]()]+').match(
        line, max(column - 1, 0)
    )
    return len(match.group()) if match else 1


def _pattern(term: Term) -> str:
    if isinstance(term, NamedNode):
        local = re.escape(re.split(r"[/#]", term.value)[-1])
        full = f"<{re.escape(term.value)}>"
        is_type = term.value.endswith("#type")
        named = rf"(?<![\w:-])[\w.-]*:{local}(?![\w:/#-])" if local else r"(?!)"
        return rf"{full}|{named}" + (r"|(?<=\s)a(?=\s)" if is_type else "")
    if isinstance(term, Literal):
        first = re.escape(term.value.split("\n")[0])
        return rf'"{first}|(?<![\w"]){first}(?![\w"])' if first else '"'
    return r"\[|_:"
