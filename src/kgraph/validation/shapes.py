"""The shapes stage: results of SHACL validation as findings with places.

Each source graph is checked with the registers, ontology and concepts around it (source profile),
and then the union of all graphs (merged profile). The same fault is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from kgraph.dataset.derivation import derive
from kgraph.findings import Finding, Severity
from kgraph.namespaces import MRS, SH
from kgraph.shacl import LoadedData, Result, compile_shapes, validate
from kgraph.validation.files import CheckedFile, FileSet
from kgraph.validation.places import Places
from kgraph.validation.profiles import MERGED, SOURCE, select_profile

STAGE = "shapes"
CODE, NAME = NamedNode(f"{MRS}code"), NamedNode(f"{SH}name")
#: Sections whose files are one source each.
SOURCES = ("documents", "lists", "funding")
#: Sections that every source graph is read with.
CONTEXT = ("ontology", "concepts", "registers")
SEVERITIES = {f"{SH}Violation": Severity.VIOLATION, f"{SH}Warning": Severity.WARNING}
Term = NamedNode | BlankNode | Literal | Triple


def check_shapes(files: FileSet, places: Places) -> Iterator[Finding]:
    """Yield the findings of both profiles. Errors: ShapesError for shapes not well-formed."""
    shape_files = files.in_sections("shapes")
    rules = [quad.triple for file in shape_files for quad in file.quads]
    if not rules:
        return
    describe = Describer(rules, Places(shape_files))
    told: set[tuple[object, ...]] = set()
    for result, near in _results(files, rules):
        key = (result.focus, result.path, result.value, result.component, result.source_shape)
        if key not in told:
            told.add(key)
            yield describe.finding(result, near or places)


def _results(files: FileSet, rules: list[Triple]) -> Iterator[tuple[Result, Places | None]]:
    """Yield results, and where to look for their triples: in one source, or anywhere (None)."""
    source_rules = compile_shapes(select_profile(rules, SOURCE))
    context = _quads(files.in_sections(*CONTEXT))
    for batch in batch_files(file for file in files.in_sections(*SOURCES) if not file.is_broken):
        quads = _quads(batch)
        focus = {quad.subject for quad in quads}
        data = LoadedData([*context, *quads, *derive(quads)])
        results = validate(source_rules, data, focus).results
        near = Places(batch) if results else None
        yield from ((result, near) for result in results)
    everything = _quads(file for file in files.files if file.section != "shapes")
    merged = compile_shapes(select_profile(rules, MERGED))
    results = validate(merged, LoadedData([*everything, *derive(everything)])).results
    yield from ((result, None) for result in results)


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
    data: Sequence[CheckedFile], shapes: Sequence[CheckedFile]
) -> Iterator[Finding]:
    """Yield the findings of any shapes on any data, no profile and no derivation."""
    rules = [quad.triple for quad in _quads(shapes)]
    describe, places = Describer(rules, Places(shapes)), Places(data)
    for result in validate(compile_shapes(rules), LoadedData(_quads(data))).results:
        yield describe.finding(result, places)


def _quads(files: Iterable[CheckedFile]) -> list[Quad]:
    return [quad for file in files for quad in file.quads]


class Describer:
    """Turns results into findings: code and name of the rule, places of fault and rule."""

    def __init__(self, rules: Iterable[Triple], rule_places: Places) -> None:
        self._rule_places = rule_places
        self._codes: dict[Term, str] = {}
        self._names: dict[Term, str] = {}
        for triple in rules:
            if isinstance(triple.object, Literal):
                if triple.predicate == CODE:
                    self._codes[triple.subject] = triple.object.value
                elif triple.predicate == NAME and triple.object.language in ("en", None):
                    self._names[triple.subject] = triple.object.value

    def finding(self, result: Result, places: Places) -> Finding:
        """Give the finding of one result, whose triples are looked for in `places`."""
        path = result.path
        inverse = path is not None and path.kind == "inverse"
        predicate = (
            path.parts[0].iri if path is not None and inverse else path.iri if path else None
        )
        place, related = places.locate(result.focus, predicate, result.value, inverse)
        messages = tuple((m.language or "en", m.value) for m in result.messages)
        rule = result.source_shape
        rule_place, _ = self._rule_places.locate(rule, None, None)
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
            stage=STAGE,
            messages=messages,
            name=self._names.get(rule, ""),
        )
