"""sh:pattern, sh:minLength, sh:maxLength, sh:languageIn and sh:uniqueLang."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from pyoxigraph import BlankNode, Literal, NamedNode

from kgraph.errors import BadQuery
from kgraph.rdf.literals import is_rewritable, matches, write_rewritable
from kgraph.rdf.terms import XSD_STRING, Term, show
from kgraph.shacl.constraints.readers import (
    Reader,
    complain,
    component,
    integer,
    need_path,
    only,
)
from kgraph.shacl.context import Context
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation
from kgraph.shacl.vocabulary import ShapesError, sh


@dataclass(frozen=True)
class Pattern:
    """The text of an IRI or literal matches a regular expression of SPARQL; blank nodes fail."""

    pattern: str
    flags: str
    component = component("Pattern")

    def suspicion(self, context: Context, var: str) -> str:
        """Suspect what does not match."""
        flags = f", {Literal(self.flags)}" if self.flags else ""
        return (
            f"isBlank({var}) || !COALESCE(REGEX(STR({var}), {Literal(self.pattern)}{flags}), false)"
        )

    def failing(self, values: set[Term]) -> set[Term]:
        """Match the text as written, with the same engine."""
        texts: dict[Term, str] = {v: v.value for v in values if isinstance(v, NamedNode | Literal)}
        good = matches(set(texts.values()), self.pattern, self.flags)
        return {v for v in values if v not in texts or texts[v] not in good}

    def is_sure(self, value: Term) -> bool:
        """Only forms that no store rewrites are sure."""
        return not is_rewritable(value)

    def hides(self, var: str) -> str | None:
        """Another form of the same value may not pass."""
        return write_rewritable(var)


@dataclass(frozen=True)
class Length:
    """The text of an IRI or literal has enough characters, or not too many; blank nodes fail."""

    component: NamedNode
    limit: int
    is_minimum: bool

    def suspicion(self, context: Context, var: str) -> str:
        """Suspect exactly what fails."""
        operator = ">=" if self.is_minimum else "<="
        return f"isBlank({var}) || !COALESCE(STRLEN(STR({var})) {operator} {self.limit}, false)"

    def failing(self, values: set[Term]) -> set[Term]:
        """Count the characters as written."""
        return {value for value in values if not self._is_good(value)}

    def is_sure(self, value: Term) -> bool:
        """Only forms that no store rewrites are sure."""
        return not is_rewritable(value)

    def hides(self, var: str) -> str | None:
        """Another form of the same value may not pass."""
        return write_rewritable(var)

    def _is_good(self, value: Term) -> bool:
        if not isinstance(value, NamedNode | Literal):
            return False
        length = len(value.value)
        return length >= self.limit if self.is_minimum else length <= self.limit


@dataclass(frozen=True)
class LanguageIn:
    """The value has a language tag that one of the ranges covers (`de` covers `de-AT`)."""

    ranges: tuple[str, ...]
    component = component("LanguageIn")

    def suspicion(self, context: Context, var: str) -> str:
        """Suspect exactly what fails."""
        tests = [f"LANGMATCHES(LANG({var}), {Literal(text)})" for text in self.ranges]
        return f"!COALESCE({' || '.join(tests) or 'false'}, false)"

    def failing(self, values: set[Term]) -> set[Term]:
        """Give what has no language or another."""
        return {value for value in values if not self._is_covered(value)}

    def is_sure(self, value: Term) -> bool:
        """Every form of a value gives the same answer."""
        return True

    def hides(self, var: str) -> str | None:
        """Nothing is hidden."""
        return None

    def _is_covered(self, value: Term) -> bool:
        if not isinstance(value, Literal) or not value.language:
            return False
        tag = value.language.lower()
        return any(
            text == "*" or tag == text.lower() or tag.startswith(text.lower() + "-")
            for text in self.ranges
        )


@dataclass(frozen=True)
class UniqueLangOfProperty:
    """No language has two values of one property."""

    component = component("UniqueLang")
    wants_missing = False

    def mark(self, context: Context, shape: Shape, var: str) -> str:
        """Mark values beside which there is another in the same language."""
        assert shape.path is not None
        same = f"!sameTerm(?second, {var}) && LCASE(LANG(?second)) = LCASE(LANG({var}))"
        others = f"EXISTS {{ ?this {shape.path.sparql()} ?second FILTER({same}) }}"
        return f'COALESCE(LANG({var}) != "", false) && {others}'

    def of_marked(self, found: list[tuple[Term, Term | None]]) -> Iterator[Violation]:
        """Give one violation per focus node and language."""
        tags: dict[tuple[Term, str], None] = {}
        for this, value in found:
            if isinstance(value, Literal) and value.language:
                tags[this, value.language.lower()] = None
        for this, _ in tags:
            yield Violation(this)


@dataclass(frozen=True)
class UniqueLang:
    """No language has two values at the end of a longer path."""

    component = component("UniqueLang")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give one violation per focus node and language used more than once."""
        text, var = context.answers.where(shape, focus)
        query = (
            f'SELECT ?this ?tag WHERE {{ {text} FILTER(isLiteral({var}) && LANG({var}) != "") '
            f"BIND(LCASE(LANG({var})) AS ?tag) }} GROUP BY ?this ?tag "
            f"HAVING (COUNT(DISTINCT {var}) > 1)"
        )
        for this, _ in context.answers.rows(query):
            if this is not None:
                yield Violation(this)


def _read_pattern(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    flags = graph.value(shape.node, sh("flags"))
    if flags is not None and not _is_string(flags):
        raise complain(shape, "flags", "a string", flags)
    for value in values:
        if not _is_string(value):
            raise complain(shape, "pattern", "a string", value)
        pattern = Pattern(_text(value), _text(flags) if flags else "")
        try:
            matches({""}, pattern.pattern, pattern.flags)
        except BadQuery as error:
            raise ShapesError(f"{show(shape.node)}: sh:pattern {error}", shape.node) from error
        shape.local.append(pattern)


def _is_string(term: Term) -> bool:
    return isinstance(term, Literal) and term.datatype == XSD_STRING


def _text(term: Term) -> str:
    return "" if isinstance(term, BlankNode) or not hasattr(term, "value") else str(term.value)


def _read_length(parameter: str, graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    limit = integer(shape, parameter, values)
    name = component(parameter[0].upper() + parameter[1:])
    shape.local.append(Length(name, limit, parameter == "minLength"))


def _read_language_in(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    members = graph.items(only(shape, "languageIn", values), shape.node)
    for member in members:
        if not _is_string(member):
            raise complain(shape, "languageIn", "a list of strings", member)
    shape.local.append(LanguageIn(tuple(_text(member) for member in members)))


def _read_unique_lang(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    need_path(shape, "uniqueLang")
    if graph.flag(shape.node, sh("uniqueLang")):
        if shape.path is not None and shape.path.kind == "predicate":
            shape.marked.append(UniqueLangOfProperty())
        else:
            shape.constraints.append(UniqueLang())


READERS: dict[str, Reader] = {
    "pattern": _read_pattern,
    "minLength": partial(_read_length, "minLength"),
    "maxLength": partial(_read_length, "maxLength"),
    "languageIn": _read_language_in,
    "uniqueLang": _read_unique_lang,
}
