"""The first rows of an answer and how many there are: what a page shows of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

from pyoxigraph import (
    Literal,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    Triple,
    parse_query_results,
)

from kgraph.engines.protocol import Row, Rows
from kgraph.errors import EngineFailure
from kgraph.rdf.terms import Term

#: The name of this form of an answer, beside the suffixes of formats; no client can ask for it.
PREVIEW = "preview"
FIRST_ROWS = 200
#: Rows are counted up to this many, which takes about a second.
_MOST_COUNTED = 100_000
#: The first rows end early where they are this large, and so does the text of a term.
_MOST_BYTES = 1 << 18
_MOST_CHARACTERS = 4_000
_YES, _NO = b"yes\n", b"no\n"


@dataclass(frozen=True)
class Preview:
    """The first rows of `total`, or of more than that; or the answer of an ASK."""

    found: Rows | bool
    total: int = 1

    def count(self) -> str:
        """Say how many rows there are and how many of them these are."""
        shown = 1 if isinstance(self.found, bool) else len(self.found.rows)
        if shown == self.total:
            return f"{shown:,} row{'' if shown == 1 else 's'}"
        more = "more than " if self.total == _MOST_COUNTED else ""
        return f"first {shown:,} of {more}{self.total:,} rows"


def write_preview(results: QuerySolutions | QueryBoolean, out: IO[bytes]) -> None:
    """Write the number of rows, a line end, and the first of them in TSV; or the answer of an ASK.

    A term whose text is very long is written as the beginning of its text.
    """
    if isinstance(results, QueryBoolean):
        out.write(_YES if results else _NO)
        return
    lines = ["\t".join(str(variable) for variable in results.variables)]
    size = 0
    for row in islice(results, FIRST_ROWS):
        lines.append("\t".join("" if term is None else _write_term(term) for term in row))
        size += len(lines[-1])
        if size > _MOST_BYTES:
            break
    shown = len(lines) - 1
    total = shown + sum(1 for _ in islice(results, _MOST_COUNTED - shown))
    out.write(f"{total}\n".encode() + "".join(f"{line}\n" for line in lines).encode())


def read_preview(body: bytes) -> Preview:
    """Give what `write_preview` wrote. Errors: EngineFailure for what it did not."""
    if body in (_YES, _NO):
        return Preview(body == _YES)
    total, _, text = body.partition(b"\n")
    try:
        results = parse_query_results(text, format=QueryResultsFormat.TSV)
        assert isinstance(results, QuerySolutions)
        names = tuple(variable.value for variable in results.variables)
        return Preview(Rows(names, list(_read_rows(results))), int(total))
    except (SyntaxError, ValueError) as error:
        raise EngineFailure(f"the first rows of an answer cannot be read: {error}") from error


def _read_rows(results: QuerySolutions) -> Iterator[Row]:
    return (tuple(row) for row in results)


def _write_term(term: Term) -> str:
    text = f"<<( {term} )>>" if isinstance(term, Triple) else str(term)
    if len(text) > _MOST_CHARACTERS:
        shown = term.value if isinstance(term, Literal) else text
        text = str(Literal(f"{shown[:_MOST_CHARACTERS]} … ({len(shown):,} characters)"))
    return text.replace("\t", "\\t")
