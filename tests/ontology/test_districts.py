"""What the districts of a city do is found under the city."""

from __future__ import annotations

from pyoxigraph import NamedNode, Quad, Store, Triple

from kgraph.namespaces import PREFIXES

QUESTION = """
SELECT DISTINCT ?relationship WHERE {
  ?relationship mr:hasPartner/org:unitOf* authority:berlin .
  MINUS { ?relationship mr:hasPartner authority:berlin }
}
"""


def test_partnerships_of_districts_are_found_under_their_city(
    texts: list[Triple], lists: list[Triple]
) -> None:
    store = Store()
    store.extend(Quad(*triple) for triple in [*texts, *lists])
    found = {row["relationship"] for row in store.query(QUESTION, prefixes=PREFIXES)}
    districts = [t.subject for t in texts if t.object == berlin() and "unitOf" in t.predicate.value]
    assert len(districts) >= 3
    partners = {(t.object, t.subject) for t in lists if t.predicate.value.endswith("#hasPartner")}
    expected = {relationship for partner, relationship in partners if partner in districts}
    assert expected
    assert expected <= found


def berlin() -> NamedNode:
    return NamedNode(PREFIXES["authority"] + "berlin")
