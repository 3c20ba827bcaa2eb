"""The project's own shapes give the same results as with pySHACL.

Compared are focus node, path, value, component, severity and source shape: on all cases of the
rules, on the project's data, and on random mutants of cases and of extracts of the data, in which
shapes and data are changed alike.
`KGRAPH_SHAPE_MUTANTS` sets how many mutants are tried.
"""

from __future__ import annotations

import functools
import os
import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, Triple
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.evaluate import evalQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.processor import SPARQLProcessor
from rdflib.plugins.sparql.sparql import Query

from departures import COMPARING, family
from extracts import Neighbourhoods, cut_shapes, read, subclasses, themes
from kgraph.shacl import LoadedData, Result, compile_shapes, validate
from kgraph.validation.pyshacl_engine import make_pyshacl_engine
from mutants import SH, change_fact, change_rule

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "shapes"
MUTANTS = int(os.environ.get("KGRAPH_SHAPE_MUTANTS", "50"))
#: Mutants of one test: enough that some of them have results.
BATCH = 10
LARGEST = 2_000
#: How the names of the parameters begin that limit values.
LIMITS = ("minIn", "minEx", "maxIn", "maxEx")
Key = tuple[Any, ...]


@pytest.fixture(autouse=True)
def literals_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)


@functools.cache
def prepare(text: str, base: str | None, names: tuple[tuple[str, Any], ...]) -> Query:
    return translateQuery(parseQuery(text), base, dict(names))


@pytest.fixture(autouse=True)
def queries_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """pySHACL reads the text of a query again for every node: four fifths of its time."""

    def query(
        self: SPARQLProcessor,
        text: str,
        bindings: Mapping[str, Any] | None = None,
        names: Mapping[str, Any] | None = None,
        base: str | None = None,
        **_: object,
    ) -> Mapping[str, Any]:
        prepared = prepare(text, base, tuple(sorted((names or {}).items())))
        return evalQuery(self.graph, prepared, bindings or {}, base)

    monkeypatch.setattr(SPARQLProcessor, "query", query)


@functools.cache
def all_shapes() -> tuple[Triple, ...]:
    return tuple(read((ROOT / "shapes").glob("*.ttl")))


@functools.cache
def context() -> dict[object, list[Triple]]:
    """Give what every case may refer to, by subject."""
    return by_subject(read([CASES / "context.ttl"]))


@functools.cache
def schemes() -> tuple[Triple, ...]:
    """Give the scheme of every concept, and nothing else said about it."""
    concepts = read((ROOT / "ontology" / "concepts").glob("*.ttl"))
    return tuple(t for t in concepts if t.predicate.value.endswith("#inScheme"))


@functools.cache
def neighbourhoods() -> Neighbourhoods:
    return Neighbourhoods()


def by_subject(triples: Sequence[Triple]) -> dict[object, list[Triple]]:
    found: dict[object, list[Triple]] = defaultdict(list)
    for t in triples:
        found[t.subject].append(t)
    return found


def key_of(result: Result) -> Key:
    value = result.value
    if isinstance(value, Literal) and value.language:
        # rdflib writes language tags small, as RDF allows.
        value = Literal(value.value, language=value.language.lower())
    path = result.path and result.path.sparql()
    return (
        result.focus,
        path,
        value,
        result.component,
        result.severity,
        result.source_shape,
    )


class Comparison(NamedTuple):
    """How many results both give, and who alone gives which other ones."""

    agreed: int
    explained: set[tuple[str, Key]]
    open: set[tuple[str, Key]]


def disagreements(
    shapes: Sequence[Triple], data: Sequence[Triple], focus: Collection[Any] | None = None
) -> Comparison:
    """Give what is found by this project's engine alone and by pySHACL alone.

    With `focus`, targets that are not among these nodes are left out.
    """
    quads = [Quad(t.subject, t.predicate, t.object) for t in data]
    report = validate(compile_shapes(shapes), LoadedData(quads), focus)
    assert not report.undecided
    ours = {key_of(result) for result in report.results}
    theirs = {key_of(result) for result in make_pyshacl_engine(shapes)(quads, focus)}
    alone = {("kgraph", key) for key in ours - theirs} | {("pySHACL", key) for key in theirs - ours}
    explained = {(who, key) for who, key in alone if is_explained(who, key, [*shapes, *data])}
    return Comparison(len(ours & theirs), explained, alone - explained)


# Rules whose query compares values, with the properties that are compared and what they must be.
COMPARED = {
    "agreement-validity-after-predecessor": ({"latestStart", "earliestStart"}, "date"),
    "delegation-members-within-size": ({"size"}, "number"),
    "event-inside-larger-event": ({"earliestStart", "latestEnd"}, "date"),
    "evidence-inside-document": ({"length"}, "number"),
}


def is_explained(who: str, key: Key, triples: Sequence[Triple]) -> bool:
    """Tell whether it comes of comparing what cannot be compared: see `departures`."""
    focus, _, value, component, _, shape = key
    if who == "pySHACL":
        names, expected = COMPARED.get(shape.value.rpartition("#")[2], (set(), ""))
        near = {focus, value}
        if isinstance(value, NamedNode):
            near.add(NamedNode(value.value.partition("#")[0]))
        near |= {t.object for t in triples if t.subject in near}
        return any(
            family(t.object) != expected
            for t in triples
            if t.subject in near and t.predicate.value.rpartition("#")[2] in names
        )
    if not component.value.removeprefix(SH).startswith(COMPARING):
        return False
    said = [t for t in triples if t.subject == shape and t.predicate.value.startswith(SH)]
    named = {t.object for t in said if t.predicate.value.startswith(f"{SH}less")}
    limits = [t for t in said if t.predicate.value.removeprefix(SH).startswith(LIMITS)]
    others = {t.object for t in limits}
    others |= {t.object for t in triples if t.subject == focus and t.predicate in named}
    return any(family(value) != family(other) for other in others)


# -- cases -----------------------------------------------------------------------------------------


def give_names_of_its_own(case: Sequence[Triple], suffix: str) -> Iterator[Triple]:
    """Yield the case with new names for all it says something about.

    What the context says about these nodes comes with them. Cases that share the context and
    nothing else can be tried together, and pySHACL need not read the rules for every one.
    """
    own = {t.subject for t in case}
    own |= {s for s, about in context().items() if any(t.object in own for t in about)}

    def rename(term: Any) -> Any:
        if term not in own or not isinstance(term, NamedNode):
            return term
        name, mark, rest = term.value.partition("#char=")
        return NamedNode(f"{name}{suffix}{mark}{rest}")

    for t in (*case, *(t for node in own for t in context().get(node, ()))):
        yield Triple(rename(t.subject), t.predicate, rename(t.object))


def put_together(files: Sequence[Path]) -> list[Triple]:
    data = [*schemes(), *(t for about in context().values() for t in about)]
    for number, file in enumerate(files):
        data += give_names_of_its_own(read([file]), f"-{number}")
    return list(dict.fromkeys(data))


@pytest.mark.parametrize("theme", themes())
def test_cases(theme: str) -> None:
    """Tried with the rules of both profiles at once; the profiles switch rules off, no more."""
    files = sorted((CASES / theme).glob("*.ttl"))
    found = disagreements(cut_shapes(all_shapes(), [theme]), put_together(files))
    assert found.open == set()
    assert found.agreed >= sum(1 for file in files if ".invalid." in file.name)


def test_some_nodes_alone() -> None:
    """As sources are judged: the nodes that a source describes, with all others around them."""
    files = sorted((CASES / "funding").glob("*.ttl"))
    data = put_together(files)
    focus = {t.subject for t in data if str(t.subject).endswith(("0>", "4>"))}
    shapes = cut_shapes(all_shapes(), ["funding"])
    found = disagreements(shapes, data, focus)
    assert found.open == set()
    assert 0 < found.agreed < disagreements(shapes, data).agreed


def test_project_data() -> None:
    """All rules on all data, once: half of the time of this file."""
    files = [*(ROOT / "data").rglob("*.ttl"), *(ROOT / "ontology").rglob("*.ttl")]
    assert disagreements(all_shapes(), list(dict.fromkeys(read(files)))).open == set()


# -- mutants ---------------------------------------------------------------------------------------


def make_mutant(seed: int) -> tuple[list[Triple], list[Triple]]:
    """Give shapes and data, each changed at random."""
    chance = random.Random(seed)
    if seed % 2:
        theme, data = mutate_case(chance)
        chosen = {theme}
    else:
        data = neighbourhoods().cut(chance.randint(100, LARGEST - 100), chance)
        chosen = set()
        for _ in range(chance.randint(3, 12)):
            change_fact(data, range(len(data)), chance)
    chosen |= set(chance.sample(themes(), chance.randint(1, 2)))
    share = chance.choice((0.2, 0.5, 1.0))
    shapes = cut_shapes(all_shapes(), sorted(chosen), keep=lambda _: chance.random() < share)
    for _ in range(chance.randint(0, 2)):
        change_rule(shapes, chance)
    if chance.random() < 0.3:
        data += subclasses()
    return list(dict.fromkeys(shapes)), list(dict.fromkeys(data))


def mutate_case(chance: random.Random) -> tuple[str, list[Triple]]:
    """Give a theme and the data of one of its cases with one to three changes."""
    file = chance.choice(sorted(CASES.glob("*/*.ttl")))
    case = read([file])
    data = [t for about in context().values() for t in about] + case
    last = len(data) - len(case)
    for _ in range(chance.randint(1, 3)):
        # Half of the changes fall on the case, a small part of the whole.
        start = last if chance.random() < 0.5 and len(data) > last else 0
        change_fact(data, range(start, len(data)), chance)
    used = {t.object for t in data}
    data += [t for t in schemes() if t.subject in used and chance.random() < 0.95]
    return file.parent.name, data


@pytest.mark.parametrize("first", range(0, MUTANTS, BATCH))
def test_mutants(first: int) -> None:
    agreed = 0
    for seed in range(first, first + BATCH):
        shapes, data = make_mutant(seed)
        assert len(data) <= LARGEST
        found = disagreements(shapes, data)
        assert found.open == set(), f"mutant {seed}"
        agreed += found.agreed
    assert agreed
