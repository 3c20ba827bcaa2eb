"""What the build adds: bounds of times, selectors of evidence."""

from __future__ import annotations

import random

from pyoxigraph import Quad, RdfFormat, parse

from kgraph.dataset.derivation import derive
from kgraph.dataset.evidence import describe_passage, read_passage
from kgraph.dataset.layout import DERIVED
from kgraph.namespaces import MR, PREFIXES

HEAD = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())
PASSAGE = "https://w3id.org/munirel/id/document/001#char=812,901"


def read(text: str) -> list[Quad]:
    return list(parse((HEAD + text).encode(), format=RdfFormat.TURTLE))


def bounds(text: str) -> dict[str, str]:
    found = [q for q in derive(read(text)) if q.predicate.value.startswith(MR)]
    assert len({q.subject for q in found}) <= 1
    assert len({q.predicate for q in found}) == len(found), "one value per bound"
    return {q.predicate.value.removeprefix(MR): q.object.value for q in found}


def test_a_start_day_alone_is_one_day() -> None:
    found = bounds('event:e schema:startDate "2024-11-12"^^xsd:date .')
    assert set(found) == {"earliestStart", "latestStart", "earliestEnd", "latestEnd"}
    assert set(found.values()) == {"2024-11-12"}


def test_start_and_end_day() -> None:
    found = bounds(
        'event:e schema:startDate "2024-11-12"^^xsd:date ; schema:endDate "2024-11-14"^^xsd:date .'
    )
    assert found["latestStart"] == "2024-11-12"
    assert found["earliestEnd"] == "2024-11-14"


def test_open_and_unknown_ends_are_told_apart() -> None:
    assert bounds('phase:p mr:edtf "1992/.."^^edtf:EDTF .') == {
        "earliestStart": "1992-01-01",
        "latestStart": "1992-12-31",
        "isOpenEnded": "true",
    }
    assert "isOpenEnded" not in bounds('phase:p mr:edtf "1992/"^^edtf:EDTF .')


def test_the_signing_counts_only_without_another_time() -> None:
    signed = 'agreement:a mr:signedOn "2019-10-10"^^xsd:date'
    assert bounds(f"{signed} .")["earliestStart"] == "2019-10-10"
    assert bounds(f'{signed} ; mr:edtf "2020"^^edtf:EDTF .')["earliestStart"] == "2020-01-01"


def test_two_times_of_one_node_give_the_bounds_around_both() -> None:
    found = bounds('event:e mr:edtf "1988"^^edtf:EDTF , "1989/1990"^^edtf:EDTF .')
    assert (found["earliestStart"], found["latestEnd"]) == ("1988-01-01", "1990-12-31")


def test_a_time_that_cannot_be_read_gives_nothing() -> None:
    assert bounds('event:e schema:startDate "19.09.2011"^^xsd:date .') == {}
    assert bounds('event:e mr:edtf "soon"^^edtf:EDTF .') == {}


def test_attested_time_bounds_what_is_not_known() -> None:
    seen = 'mr:attestedFrom "2005"^^edtf:EDTF ; mr:attestedUntil "2007"^^edtf:EDTF'
    assert bounds(f"phase:p {seen} .") == {"latestStart": "2005-12-31", "earliestEnd": "2007-01-01"}
    assert bounds('phase:p mr:attestedUntil "2024"^^edtf:EDTF .') == {
        "latestStart": "2024-12-31",
        "earliestEnd": "2024-01-01",
    }


def test_an_attestation_is_no_end() -> None:
    found = bounds('phase:p mr:edtf "1988/"^^edtf:EDTF ; mr:attestedUntil "2008-08-22"^^xsd:date .')
    assert found == {
        "earliestStart": "1988-01-01",
        "latestStart": "1988-12-31",
        "earliestEnd": "2008-08-22",
    }


def test_a_stated_end_comes_before_an_attestation() -> None:
    stated = bounds('phase:p mr:edtf "1988/2010"^^edtf:EDTF .')
    seen = 'phase:p mr:edtf "1988/2010"^^edtf:EDTF ; mr:attestedUntil "2008"^^edtf:EDTF .'
    assert bounds(seen) == stated


def test_an_open_end_holds_until_the_last_attestation() -> None:
    found = bounds('phase:p mr:edtf "1988/.."^^edtf:EDTF ; mr:attestedUntil "2025"^^edtf:EDTF .')
    assert (found["isOpenEnded"], found["earliestEnd"]) == ("true", "2025-01-01")


def test_attested_offices_and_reference_days_give_nothing() -> None:
    assert bounds('role:r mr:attestedOn "2024-11-12"^^xsd:date .') == {}


def test_evidence_becomes_a_selector() -> None:
    derived = derive(read(f"claim:c mr:evidence <{PASSAGE}> ."))
    assert {quad.graph_name for quad in derived} == {DERIVED}
    passage = read_passage(PASSAGE)
    assert passage is not None
    assert {quad.triple for quad in derived} == set(describe_passage(passage))
    lines = "\n".join(str(quad) for quad in derived)
    assert '"812"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger>' in lines
    assert "<https://w3id.org/munirel/id/selector/001/812-901>" in lines


def test_addresses_that_are_no_passages_are_not_read() -> None:
    for wrong in ("#char=901,812", "#char=5,5", "#char=08,9", "#char=1", "", "#char=1,2,3"):
        assert read_passage(f"https://w3id.org/munirel/id/document/001{wrong}") is None


def test_the_order_of_the_data_does_not_matter() -> None:
    quads = read(
        'event:e schema:startDate "2024-11-12"^^xsd:date ; mr:edtf "1988"^^edtf:EDTF .'
        f'phase:p mr:edtf "1992/.."^^edtf:EDTF , "1991"^^edtf:EDTF ; mr:evidence <{PASSAGE}> .'
    )
    expected = derive(quads)
    random.Random(7).shuffle(quads)
    assert derive(quads) == expected
