"""The migration from 0.1 to 0.2: what it rewrites, and that nothing of the old words is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store, Triple, parse

from kgraph.namespaces import PREFIXES

ROOT = Path(__file__).resolve().parents[2]
QUERY = ROOT / "queries" / "migrations" / "0.1-to-0.2.rq"
WORDS = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
GONE = (
    "agrtype:council-resolution",
    "mr:isFormer",
    "orgkind:federal-ministry",
    "orgkind:foreign-ministry-or-agency",
)

BEFORE = """
agreement:a-council-resolution a mr:Agreement ; mr:agreementType agrtype:council-resolution ;
  mr:hasParty authority:a ; mr:signedOn "2019-03-07"^^xsd:date ; rdfs:label "Beschluss"@de .
agreement:vague-resolution a mr:Agreement ; mr:agreementType agrtype:council-resolution ;
  mr:hasParty authority:a ; mr:signedOn "2019"^^edtf:EDTF .
statuschange:in-force a mr:StatusChange ; mr:ofAgreement agreement:a-council-resolution ;
  mr:status agrstatus:in-force .
agreement:treaty a mr:Agreement ; mr:agreementType agrtype:partnership-treaty ;
  mr:hasParty authority:a , authority:b ; mr:precededBy agreement:a-council-resolution .
statuschange:signed a mr:StatusChange ; mr:ofAgreement agreement:treaty .
phase:p a mr:RelationshipPhase ; mr:begunBy agreement:a-council-resolution .
role:now a org:Membership ; org:member person:p ; org:role office:mayor .
role:said-not-to-be-former a org:Membership ; org:role office:mayor ; mr:isFormer false .
role:before a org:Membership ; org:member person:p ; org:role office:mayor ; mr:isFormer true .
membership:network a org:Membership ; org:member authority:a ; org:organization body:network .
event:cancelled a mr:Event ; mr:realization realization:cancelled .
event:held a mr:Event ; mr:realization realization:took-place .
body:home mr:organizationKind orgkind:federal-ministry .
body:abroad mr:organizationKind orgkind:foreign-ministry-or-agency .
"""
AFTER = """
resolution:a-council-resolution a mr:Resolution ; mr:adoptedBy authority:a ;
  schema:startDate "2019-03-07"^^xsd:date ; rdfs:label "Beschluss"@de .
resolution:vague-resolution a mr:Resolution ; mr:adoptedBy authority:a ;
  mr:edtf "2019"^^edtf:EDTF .
agreement:treaty a mr:Agreement ; mr:agreementType agrtype:partnership-treaty ;
  mr:hasParty authority:a , authority:b ; mr:precededBy resolution:a-council-resolution .
statuschange:signed a mr:StatusChange ; mr:ofAgreement agreement:treaty .
phase:p a mr:RelationshipPhase ; mr:begunBy resolution:a-council-resolution .
role:now a org:Membership , mr:OfficeHolding ; org:member person:p ; org:role office:mayor .
role:said-not-to-be-former a org:Membership , mr:OfficeHolding ; org:role office:mayor .
role:before a org:Membership , mr:FormerOfficeHolding ; org:member person:p ;
  org:role office:mayor .
membership:network a org:Membership ; org:member authority:a ; org:organization body:network .
event:cancelled a mr:CancelledEvent ; mr:realization realization:cancelled .
event:held a mr:Event ; mr:realization realization:took-place .
body:home mr:organizationKind orgkind:national-ministry .
body:abroad mr:organizationKind orgkind:national-ministry .
"""


def read(text: str) -> set[Triple]:
    return {quad.triple for quad in parse(WORDS + text, format=RdfFormat.TURTLE)}


def migrate(store: Store) -> set[Triple]:
    store.update(QUERY.read_text(encoding="utf-8"))
    return {quad.triple for quad in store}


def test_old_words_are_rewritten() -> None:
    store = Store()
    store.load(WORDS + BEFORE, format=RdfFormat.TURTLE)
    assert migrate(store) == read(AFTER)


def test_a_second_run_changes_nothing() -> None:
    store = Store()
    store.load(WORDS + AFTER, format=RdfFormat.TURTLE)
    assert migrate(store) == read(AFTER)


def test_the_data_here_are_migrated() -> None:
    store = Store()
    for file in (ROOT / "data").rglob("*.ttl"):
        store.bulk_load(path=file, format=RdfFormat.TURTLE)
    before = {quad.triple for quad in store}
    assert migrate(store) == before


@pytest.mark.parametrize("word", GONE)
def test_what_is_gone_is_defined_nowhere(
    word: str, terms: list[Triple], concepts: list[Triple]
) -> None:
    prefix, _, name = word.partition(":")
    gone = NamedNode(PREFIXES[prefix] + name)
    assert not any(gone in (t.subject, t.predicate, t.object) for t in [*terms, *concepts])
