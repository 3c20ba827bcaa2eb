"""What a query is expected to take, from what others of its shape took."""

from __future__ import annotations

from kgraph.engines.expectations import Expectations

QUERY = 'SELECT * {{ ?s <http://e/p{}> "{}" }} LIMIT 10'


def test_a_shape_is_the_text_without_strings_and_digits() -> None:
    expected = Expectations()
    expected.note(QUERY.format(1, "Köln"), 0.2)
    assert expected.expects_long(QUERY.format(22, "Bonn"))
    assert not expected.expects_long("SELECT * { ?s <http://e/q> ?o }")


def test_what_is_quick_is_not_expected_to_take_long() -> None:
    expected = Expectations()
    expected.note("ASK {}", 0.001)
    assert not expected.expects_long("ASK {}")


def test_one_odd_query_is_soon_forgotten() -> None:
    expected = Expectations()
    for _ in range(20):
        expected.note("ASK {}", 0.001)
    expected.note("ASK {}", 3600.0)
    for _ in range(5):
        expected.note("ASK {}", 0.001)
    assert not expected.expects_long("ASK {}")


def test_only_the_latest_shapes_are_remembered() -> None:
    expected = Expectations()
    expected.note("SELECT ?first {}", 0.2)
    for number in range(5000):
        expected.note(f"SELECT ?{'x' * number} {{}}", 0.2)
    assert not expected.expects_long("SELECT ?first {}")
    assert expected.expects_long(f"SELECT ?{'x' * 4999} {{}}")
