"""What a query is expected to take, from what others of its shape took."""

from __future__ import annotations

from kgraph.serving.query_classes import LONG, QUICK, UNKNOWN
from kgraph.serving.scheduling.costs import ShapeCosts, hash_shape

QUERY = 'SELECT * {{ ?s <http://e/p{}> "{}" }} LIMIT 10'


def test_a_shape_is_the_text_without_strings_and_digits() -> None:
    expected = ShapeCosts()
    expected.note(hash_shape(QUERY.format(1, "Köln")), 0.2)
    assert expected.classify(hash_shape(QUERY.format(22, "Bonn"))) is LONG
    assert expected.classify(hash_shape("SELECT * { ?s <http://e/q> ?o }")) is not LONG


def test_what_is_quick_is_not_expected_to_take_long() -> None:
    expected = ShapeCosts()
    expected.note(hash_shape("ASK {}"), 0.001)
    assert expected.classify(hash_shape("ASK {}")) is not LONG


def test_one_odd_query_is_soon_forgotten() -> None:
    expected = ShapeCosts()
    for _ in range(20):
        expected.note(hash_shape("ASK {}"), 0.001)
    expected.note(hash_shape("ASK {}"), 3600.0)
    for _ in range(5):
        expected.note(hash_shape("ASK {}"), 0.001)
    assert expected.classify(hash_shape("ASK {}")) is not LONG


def test_only_the_latest_shapes_are_remembered() -> None:
    expected = ShapeCosts()
    expected.note(hash_shape("SELECT ?first {}"), 0.2)
    for number in range(5000):
        expected.note(hash_shape(f"SELECT ?{'x' * number} {{}}"), 0.2)
    assert expected.classify(hash_shape("SELECT ?first {}")) is not LONG
    assert expected.classify(hash_shape(f"SELECT ?{'x' * 4999} {{}}")) is LONG


def test_a_few_that_were_not_quick_prove_nothing() -> None:
    expected, shape = ShapeCosts(), hash_shape("ASK {}")
    assert expected.classify(shape) is UNKNOWN
    expected.note(shape, 0.004)
    assert expected.classify(shape) is UNKNOWN
    for _ in range(5):
        expected.note(shape, 0.0005)
    assert expected.classify(shape) is QUICK


def test_an_apostrophe_in_a_string_is_no_string() -> None:
    one, other = (hash_shape(f'ASK {{ ?s ?p "{name}" }}') for name in ("Côte d'Ivoire", "Togo"))
    assert one == other == hash_shape('ASK { ?s ?p "" }')
    assert hash_shape("ASK { ?s ?p 'a' }") == hash_shape("ASK { ?s ?p 'bc' }")


def test_a_quote_in_a_comment_hides_nothing() -> None:
    one, other = "ASK { ?s ?p ?o }", "SELECT * { ?s ?p ?o . ?a ?b ?c }"
    for before, after in (("# Bob's\n", ""), ("# '\n", "\n# '"), ('# "\n', '\n# "')):
        assert hash_shape(before + one + after) != hash_shape(before + other + after)


def test_a_shape_of_which_some_take_long_stays_long() -> None:
    expected, shape = ShapeCosts(), hash_shape("ASK {}")
    for _ in range(20):
        expected.note(shape, 0.004)
    for _ in range(20):
        expected.note(shape, 0.001)
    assert expected.classify(shape) is LONG
    for _ in range(40):
        expected.note(shape, 0.0002)
    assert expected.classify(shape) is QUICK
