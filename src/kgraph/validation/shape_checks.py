"""The shapes stage: results of SHACL validation as findings with places.

Each source graph is checked with the registers, ontology and concepts around it (source profile),
and then the union of all graphs (merged profile). The same fault is told once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kgraph.dataset.derivation import derive
from kgraph.findings import Finding, Severity
from kgraph.namespaces import MRS, OWL, RDFS, SH
from kgraph.rdf.terms import Term
from kgraph.shacl import Result, ShapesError
from kgraph.validation.files import CheckedFile, FileSet
from kgraph.validation.positions import Positions
from kgraph.validation.profiles import MERGED, SOURCE, find_outsiders
from kgraph.validation.shape_engines import ENGINES, EngineFactory

_STAGE = "shapes"
CODE, NAME = NamedNode(f"{MRS}code"), NamedNode(f"{SH}name")
#: Sections whose files are one source each.
SOURCES = ("documents", "lists", "funding")
#: Sections that every source graph is read with.
CONTEXT = ("ontology", "concepts", "registers")
SEVERITIES = {f"{SH}Violation": Severity.VIOLATION, f"{SH}Warning": Severity.WARNING}
UNIQUE_LANGUAGE = NamedNode(f"{SH}UniqueLangConstraintComponent")


SHAPE_KINDS = (NamedNode(f"{SH}NodeShape"), NamedNode(f"{SH}PropertyShape"))
CLASS_KINDS = (NamedNode(f"{RDFS}Class"), NamedNode(f"{OWL}Class"))
_BLANK = re.compile(r"_:b[0-9a-f]{8}n[0-9]+")
Judged = tuple[Finding, Result]


def check_shapes(
    files: FileSet, places: Positions, engine: str = "kgraph", first: Collection[str] = ()
) -> Iterator[Judged]:
    """Yield the findings of both profiles. Errors: ShapesError for shapes not well-formed.

    Of places in several files those in the files named in `first` are told.
    """
    shape_files = files.in_sections("shapes")
    rules = [quad.triple for file in shape_files for quad in file.quads]
    if not rules:
        return
    describe = FindingWriter(rules, Positions(shape_files))
    told: set[tuple[object, ...]] = set()
    nearby: dict[int, Positions] = {}
    for result, batch in _results(files, rules, describe.rule_places, ENGINES[engine]):
        key = (result.focus, result.path, result.value, result.component, result.source_shape)
        if key not in told:
            told.add(key)
            near = places
            if batch is not None:
                if id(batch) not in nearby:
                    home = {file.name for file in batch}
                    around = [*batch, *files.in_sections(*CONTEXT)]
                    nearby[id(batch)] = Positions(around, first, home)
                near = nearby[id(batch)]
            yield describe.finding(result, near), result


def _results(
    files: FileSet,
    rules: list[Triple],
    rule_places: Positions,
    apply: Callable[[Sequence[Triple]], EngineFactory],
) -> Iterator[tuple[Result, list[CheckedFile] | None]]:
    """Yield results, and where to look for their triples: first in some sources, or anywhere."""
    bench = read_rules(apply, rules, rule_places)
    judge = bench(find_outsiders(rules, SOURCE))
    context = _quads(files.in_sections(*CONTEXT))
    for batch in batch_files(file for file in files.in_sections(*SOURCES) if not file.is_broken):
        quads = _quads(batch)
        focus = {quad.subject for quad in quads}
        for result in judge([*context, *quads, *derive(quads)], focus):
            yield result, batch
    everything = _quads(file for file in files.files if file.section != "shapes")
    judge = bench(find_outsiders(rules, MERGED))
    for result in judge([*everything, *derive(everything)], None):
        yield result, None


def batch_files(files: Iterable[CheckedFile]) -> list[list[CheckedFile]]:
    """Give the files in batches, in each of which no node is described by two files.

    What a source says of a node is judged by itself then, and some sixty sources take a few runs.
    """
    batches: list[tuple[set[Term], list[CheckedFile]]] = []
    for file in files:
        nodes: set[Term] = {quad.subject for quad in file.quads}
        for described, batch in batches:
            if described.isdisjoint(nodes):
                described |= nodes
                batch.append(file)
                break
        else:
            batches.append((nodes, [file]))
    return [batch for _, batch in batches]


def check_given_shapes(
    data: Sequence[CheckedFile], shapes: Sequence[CheckedFile], engine: str = "kgraph"
) -> Iterator[Judged]:
    """Yield the findings of any shapes on any data, no profile and no derivation."""
    rules = [quad.triple for quad in _quads(shapes)]
    describe, places = FindingWriter(rules, Positions(shapes)), Positions(data)
    bench = read_rules(ENGINES[engine], rules, describe.rule_places)
    for result in bench(())(_quads(data), None):
        yield describe.finding(result, places), result


def has_targets(shapes: Iterable[CheckedFile]) -> bool:
    """Say whether some shape names what it is about, or is a class itself."""
    quads = _quads(shapes)
    kinds = {quad.subject for quad in quads if quad.object in SHAPE_KINDS}
    return any(
        quad.predicate.value.startswith(f"{SH}target")
        or (quad.subject in kinds and quad.object in CLASS_KINDS)
        for quad in quads
    )


def read_rules(
    apply: Callable[[Sequence[Triple]], EngineFactory], rules: Sequence[Triple], places: Positions
) -> EngineFactory:
    """Read the rules, and name file and line of what is wrong in them. Errors: ShapesError."""
    try:
        return apply(rules)
    except ShapesError as error:
        raise name_place(error, places) from error


def name_place(error: ShapesError, places: Positions) -> ShapesError:
    """Give the error with file and line; blank nodes, whose labels nobody wrote, as brackets."""
    place = places.locate(error.node, None, None)[0] if error.node is not None else None
    where = f"{place.file}:{place.line}: " if place else ""
    return ShapesError(where + _BLANK.sub("[ … ]", str(error)), error.node)


def _quads(files: Iterable[CheckedFile]) -> list[Quad]:
    return [quad for file in files for quad in file.quads]


class FindingWriter:
    """Turns results into findings: code and name of the rule, places of fault and rule."""

    def __init__(self, rules: Iterable[Triple], rule_places: Positions) -> None:
        self.rule_places = rule_places
        self._codes: dict[Term, str] = {}
        self._names: dict[Term, str] = {}
        for triple in rules:
            if isinstance(triple.object, Literal):
                if triple.predicate == CODE:
                    self._codes[triple.subject] = triple.object.value
                elif triple.predicate == NAME and triple.object.language in ("en", None):
                    self._names[triple.subject] = triple.object.value

    def finding(self, result: Result, places: Positions) -> Finding:
        """Give the finding of one result, whose triples are looked for in `places`."""
        path = result.path
        place, related = places.locate(
            result.focus, path, result.value, result.component == UNIQUE_LANGUAGE
        )
        messages = tuple((m.language or "en", m.value) for m in result.messages)
        rule = result.source_shape
        rule_place, _ = self.rule_places.locate(result.source_constraint or rule, None, None)
        component = result.component.value.removeprefix(SH).removesuffix("ConstraintComponent")
        by_language = dict(reversed(messages))
        return Finding(
            code=self._codes.get(rule, component),
            severity=SEVERITIES.get(result.severity.value, Severity.INFO),
            message=by_language.get("en") or next(iter(by_language.values()), component),
            position=place,
            related=related,
            focus=str(result.focus),
            path=path.sparql() if path else None,
            value=str(result.value) if result.value is not None else None,
            component=str(result.component),
            source_shape=str(rule),
            rule_position=rule_place,
            stage=_STAGE,
            messages=messages,
            name=self._names.get(rule, ""),
        )
