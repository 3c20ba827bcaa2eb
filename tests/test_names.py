"""One name, one thing: no file, class or constant of the program has the name of another."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from kgraph.names import find_prefixed_name, shorten, suggest
from kgraph.namespaces import GRAPH, ID, MR, PREFIXES

SOURCE = Path(__file__).parents[1] / "src" / "kgraph"
#: A file of the command line has the name of its command, whatever that calls.
COMMANDS = "cli/"
#: Each file of a folder has something of this name, from which its folder makes one.
SHARED = {"READERS": "shacl/constraints/", "router": "web/routes/"}


def find_names() -> Iterator[tuple[str, str]]:
    """Yield what is named at the top of each file, and the file; file stems with `file `.

    A name of one file alone, which begins with a line, may stand in another too; but not as another
    number: those are what people look for and change.
    """
    for file in sorted(SOURCE.rglob("*.py")):
        place = file.relative_to(SOURCE).as_posix()
        if file.stem != "__init__" and not place.startswith(COMMANDS):
            yield f"file {file.stem}", place
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef):
                yield node.name, place
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and (target.id[0] != "_" or is_number(node)):
                    yield target.id, place


def is_number(node: ast.stmt) -> bool:
    value = getattr(node, "value", None)
    try:
        return isinstance(eval(ast.unparse(value), {}), int | float) if value else False
    except Exception:  # noqa: BLE001
        return False


def test_no_name_stands_for_two_things() -> None:
    places = defaultdict(set)
    for name, place in find_names():
        if not place.startswith(SHARED.get(name, "-")):
            places[name].add(place)
    assert not {name: found for name, found in places.items() if len(found) > 1}


def test_a_name_is_prefixed_where_turtle_reads_it() -> None:
    assert shorten(f"{ID}authority/duesseldorf") == "authority:duesseldorf"
    assert shorten(MR + "hasPartner") == "mr:hasPartner"
    assert shorten(GRAPH + "lists/berlin") == f"<{GRAPH}lists/berlin>"
    assert shorten("https://example.org/a") == "<https://example.org/a>"


@given(st.sampled_from(sorted(PREFIXES.values())), st.text("aö0.-_/#~,=() ", max_size=8))
def test_a_prefixed_name_is_the_iri_to_a_parser(namespace: str, local: str) -> None:
    name = find_prefixed_name(namespace + local)
    if name is not None:
        head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
        text = f"{head}{name} <http://e/p> 1 ."
        read = next(iter(parse(text, format=RdfFormat.TURTLE)))
        assert read.subject.value == namespace + local


def test_a_near_name_is_suggested_and_no_far_one() -> None:
    known = [f"{ID}authority/koeln", f"{ID}authority/duesseldorf"]
    assert suggest(f"{ID}authority/duseldorf", known) == "authority:duesseldorf"
    assert suggest(f"{ID}authority/x", known) is None
