"""Graphs that are the same but for labels, and graphs that are nearly so."""

from __future__ import annotations

import pytest
from pyoxigraph import Quad, RdfFormat, parse

from kgraph.rdf.isomorphism import are_isomorphic


def read(text: str) -> list[Quad]:
    return list(parse(f"@prefix e: <http://e/> .\n{text}".encode(), format=RdfFormat.TURTLE))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e:a e:p [ e:q 1 ] .", "e:a e:p _:x . _:x e:q 1 ."),
        ("e:a e:p (1 2) .", "e:a e:p _:y . _:y <" + "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         "first> 1 ; <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> (2) ."),
        ("_:a e:p _:b . _:b e:p _:a .", "_:d e:p _:c . _:c e:p _:d ."),
        ("e:a e:p [], [] .", "e:a e:p _:n, _:m ."),
        ("[] e:p [ e:q 1 ] .", "_:x e:p _:y . _:y e:q 1 ."),
    ],
)  # fmt: skip
def test_same(one: str, other: str) -> None:
    assert are_isomorphic(read(one), read(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e:a e:p [ e:q 1 ] .", "e:a e:p [ e:q 2 ] ."),
        ("e:a e:p [], [] .", "e:a e:p [] ."),
        ("e:a e:p [] . e:b e:p [] .", "e:a e:p _:x . e:b e:p _:x ."),
        ("e:a e:p (1 2) .", "e:a e:p (2 1) ."),
        ("_:a e:p _:a .", "_:a e:p _:b . _:b e:p _:a ."),
        ("e:a e:p [ e:q [], [] ] .", "e:a e:p [ e:q [] ] ."),
    ],
)
def test_different(one: str, other: str) -> None:
    assert not are_isomorphic(read(one), read(other))
