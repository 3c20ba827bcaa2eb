"""Which token a term was written as, and how long a token is where it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from pyoxigraph import Literal, NamedNode

from kgraph.namespaces import RDF
from kgraph.rdf.terms import Term
from kgraph.turtle.turtle_tokens import TokenKind, TurtleToken, read_string, read_tokens, unescape

_RDF_TYPE = f"{RDF}type"


def find_term(
    tokens: Iterable[TurtleToken], term: Term, prefixes: Mapping[str, str]
) -> TurtleToken | None:
    """Give the first of the tokens that the term may be written as; None when there is none.

    A text in the language asked for comes before the same text in another. `prefixes` are those of
    the file; of a prefix that is none of them the end of the IRI decides.

    >>> from kgraph.turtle.turtle_tokens import read_words
    >>> line = list(read_words("  mr:status relstatus:active ;"))
    >>> iri = "https://w3id.org/munirel/voc/relationship-status/active"
    >>> find_term(line, NamedNode(iri), {}).column
    13
    """
    if isinstance(term, NamedNode):
        return next((token for token in tokens if _is_iri(token, term.value, prefixes)), None)
    if isinstance(term, Literal):
        return _find_literal(list(tokens), term)
    return next((t for t in tokens if t.kind is TokenKind.BLANK or t.text == "["), None)


def _is_iri(token: TurtleToken, iri: str, prefixes: Mapping[str, str]) -> bool:
    if token.kind is TokenKind.IRI:
        return unescape(token.text[1:-1]) == iri
    if token.kind is TokenKind.WORD:
        return token.text == "a" and iri == _RDF_TYPE
    if token.kind is not TokenKind.NAME:
        return False
    prefix, _, local = token.text.partition(":")
    local = unescape(local)
    namespace = prefixes.get(prefix)
    if namespace is not None:
        return namespace + local == iri
    return iri.endswith(local) and iri.removesuffix(local).endswith(("/", "#"))


def _find_literal(tokens: list[TurtleToken], literal: Literal) -> TurtleToken | None:
    language = f"@{literal.language}".lower()
    found = None
    for at, token in enumerate(tokens):
        if token.kind is TokenKind.STRING and read_string(token) == literal.value:
            after = tokens[at + 1].text.lower() if at + 1 < len(tokens) else ""
            if not literal.language or after == language:
                return token
            found = found or token
        elif token.kind in (TokenKind.NUMBER, TokenKind.WORD) and token.text == literal.value:
            found = found or token
    return found


def measure_token(line: str, column: int) -> int:
    """Give the length of the token at a column, from 1: a string with its tag, an IRI, a name."""
    tokens = list(islice(read_tokens(line[max(column - 1, 0) :]), 3))
    if not tokens or tokens[0].kind is TokenKind.SPACE:
        return 1
    first, *after = tokens
    length = len(first.text)
    if first.kind is TokenKind.STRING and after:
        if after[0].text.startswith("@"):
            length += len(after[0].text)
        elif after[0].text == "^^":
            length += sum(len(token.text) for token in after)
    return length
