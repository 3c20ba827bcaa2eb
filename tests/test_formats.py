"""The table of formats says what the libraries call them, and no name means two of them."""

from __future__ import annotations

from collections import Counter

import pytest
import rdflib

from kgraph.engines.writing import GRAPH_FORMATS, RESULT_FORMATS
from kgraph.formats import (
    DATASET_FORMATS,
    GRAPH_TYPES,
    RESULT_TYPES,
    MediaType,
    choose_graph_suffix,
)

ALL = [*GRAPH_TYPES.values(), *RESULT_TYPES.values()]


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.suffix)
def test_the_engine_knows_it_by_the_same_type_and_name(each: MediaType) -> None:
    known = (GRAPH_FORMATS | RESULT_FORMATS)[each.suffix]
    assert known.media_type.partition(";")[0] == each.type
    # For JSON-LD the engine has an address of its own making; the W3C's is in its list of formats.
    assert each.suffix == "jsonld" or known.iri == each.iri


def test_the_engine_has_graphs_where_the_table_says_so() -> None:
    known = {suffix for suffix, each in GRAPH_FORMATS.items() if each.supports_datasets}
    assert known == set(DATASET_FORMATS)


def test_the_other_library_knows_its_names() -> None:
    graph = rdflib.Graph()
    for each in ALL:
        if each.rdflib:
            graph.serialize(format=each.rdflib)


def test_no_name_means_two_formats() -> None:
    names = Counter(n for each in ALL for n in (each.suffix, each.type, *each.other_names))
    names.update(name for each in ALL for name in each.other_types)
    assert set(names.values()) == {1}


def test_the_name_of_results_means_a_graph_where_there_is_one() -> None:
    assert [choose_graph_suffix(name) for name in ("json", "xml", "ttl", "csv")] == [
        "jsonld", "rdf", "ttl", None,
    ]  # fmt: skip
