"""The rules in `shapes/`: each has a case that keeps it and one that breaks it.

A case is `tests/cases/shapes/<theme>/<CODE>.<valid|invalid>.<what>.ttl`, read together with
`tests/cases/shapes/context.ttl` and the schemes of the concepts. The header of an invalid case
lists everything that is found, one line `#+ expect: <severity> <code> <focus> <path>` each, with
the path in SPARQL's notation; a valid case lists at most remarks (Info) of other rules, and nothing
else may be found in it. The order of the lines does not matter. Rules of the merged profile are
tried in that profile, the others in the source profile.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyoxigraph import NamedNode, Quad, parse
from rdflib import RDF, RDFS, SH, Graph, Literal, Namespace, Node, URIRef

from kgraph.namespaces import ID, SKOS
from kgraph.namespaces import MRS as MRS_IRI
from kgraph.rdf.edtf import read_bounds
from kgraph.shacl import LoadedData, Shapes, compile_shapes, validate
from kgraph.validation.profiles import select_profile

ROOT = Path(__file__).parent.parent
SHAPES = ROOT / "shapes"
CASES = ROOT / "tests" / "cases" / "shapes"
MRS = Namespace(MRS_IRI)
#: Things, and terms made up for a case: all that one case may say differently from another.
OWN_NAME = re.compile(rf"{re.escape(ID)}|.*[/#][Ee]xample$")
#: What a message asks for after its colon: the first word in English, the last ones in German.
REMEDIES_EN = {
    *("add", "correct", "give", "keep", "move", "name"),
    *("remove", "turn", "type", "use", "write"),
}
REMEDIES_DE = (
    *("behalten", "berichtigen", "entfernen", "ergänzen", "geben", "nennen"),
    *("schreiben", "setzen", "umkehren", "verbinden", "verschieben", "verwenden"),
)


class Fault(NamedTuple):
    """One result of a validation, without wording and without blank-node labels."""

    severity: str
    code: str
    focus: str
    path: str


def read_shapes() -> Graph:
    graph = Graph()
    for file in sorted(SHAPES.glob("*.ttl")):
        graph.parse(file)
    return graph


@functools.cache
def all_shapes() -> Graph:
    return read_shapes()


@functools.cache
def rules() -> dict[str, Node]:
    """Give each code and its property shape."""
    return {str(code): shape for shape, code in all_shapes().subject_objects(MRS.code)}


@functools.cache
def shapes_of(profile: str) -> Shapes:
    triples = [quad.triple for file in sorted(SHAPES.glob("*.ttl")) for quad in parse(path=file)]
    return compile_shapes(select_profile(triples, NamedNode(MRS[profile])))


@functools.cache
def context() -> tuple[Quad, ...]:
    return tuple(parse(path=CASES / "context.ttl"))


@functools.cache
def schemes() -> tuple[Quad, ...]:
    """Give the scheme of every concept, and nothing else said about it."""
    files = sorted((ROOT / "ontology" / "concepts").glob("*.ttl"))
    quads = (quad for file in files for quad in parse(path=file))
    return tuple(quad for quad in quads if quad.predicate.value == f"{SKOS}inScheme")


@functools.cache
def prefixes() -> tuple[tuple[str, str], ...]:
    """Give every prefix that a case declares, the longest address first."""
    found = {
        (prefix, iri)
        for file in [CASES / "context.ttl", *case_files()]
        for prefix, iri in re.findall(r"^@prefix (\S*): <(.*)> \.$", read(file), re.MULTILINE)
    }
    return tuple(sorted(found, key=lambda pair: (-len(pair[1]), pair)))


def find_faults(cases: Sequence[Sequence[Quad]], profile: str) -> list[list[Fault]]:
    """Validate each case together with the context, and give its faults in order.

    All cases go through one run: a run reads every query of the shapes again, which takes a
    second. Each case has a context of its own, with names of its own, so that none sees another.
    This is the one place that knows the engine.
    """
    worlds = [
        give_names_of_its_own(quad, f"-{number}")
        for number, case in enumerate(cases)
        for quad in (*context(), *case)
    ]
    faults: list[list[Fault]] = [[] for _ in cases]
    for result in validate(shapes_of(profile), LoadedData([*schemes(), *worlds])).results:
        assert result.path is not None
        focus, _, number = str(result.focus).rstrip(">").rpartition("-")
        shape = URIRef(result.source_shape.value)
        fault = Fault(
            severity=result.severity.value.removeprefix(str(SH)),
            code=str(all_shapes().value(shape, MRS.code)),
            focus=shorten(f"{focus}>"),
            path=shorten(result.path.sparql()),
        )
        faults[int(number)].append(fault)
    return [sorted(found) for found in faults]


def give_names_of_its_own(quad: Quad, suffix: str) -> Quad:
    """Give the quad with the suffix on every thing and on every term made up for a case."""

    def rename(term: Any) -> Any:
        if not isinstance(term, NamedNode) or not OWN_NAME.match(term.value):
            return term
        name, mark, rest = term.value.partition("#char=")
        return NamedNode(f"{name}{suffix}{mark}{rest}")

    return Quad(rename(quad.subject), quad.predicate, rename(quad.object))


@functools.cache
def faults_by_case() -> dict[Path, list[Fault]]:
    found = {}
    for profile in ("merged", "source"):
        files = [file for file in case_files() if profile_of(code_of(file)) == profile]
        cases = [list(parse(path=file)) for file in files]
        found |= dict(zip(files, find_faults(cases, profile), strict=True))
    return found


def shorten(text: str) -> str:
    """Write the addresses in a text with prefixes."""
    for prefix, iri in prefixes():
        text = re.sub(rf"<{re.escape(iri)}([\w.-]+)>", rf"{prefix}:\1", text)
    return text


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def expected(file: Path) -> list[Fault]:
    lines = re.findall(r"^#\+ expect: (.+)$", read(file), re.MULTILINE)
    return sorted(Fault(*line.split()) for line in lines)


def code_of(file: Path) -> str:
    return file.name.partition(".")[0]


def case_files() -> list[Path]:
    return sorted(CASES.glob("*/*.ttl"))


def profile_of(code: str) -> str:
    profiles = all_shapes().objects(rules()[code], MRS.profile)
    return "merged" if MRS.merged in profiles else "source"


@pytest.mark.parametrize("file", case_files(), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_case_yields_what_it_says(file: Path) -> None:
    code, kind = code_of(file), file.name.split(".")[1]
    faults = expected(file)
    if kind == "invalid":
        assert code in {fault.code for fault in faults}, "the case does not expect its own code"
    else:
        found = {(fault.severity, fault.code) for fault in faults}
        assert {severity for severity, _ in found} <= {"Info"}, "a valid case lists remarks alone"
        assert code not in {code for _, code in found}, "a valid case keeps its own rule"
    assert faults_by_case()[file] == faults


@pytest.mark.parametrize("profile", ["source", "merged"])
def test_context_is_without_fault(profile: str) -> None:
    assert find_faults([[]], profile) == [[]]


def test_every_rule_has_a_valid_and_an_invalid_case() -> None:
    have = {tuple(file.name.split(".")[:2]) for file in case_files()}
    want = {(code, kind) for code in rules() for kind in ("valid", "invalid")}
    assert sorted(want - have) == []
    assert sorted(have - want) == []


def test_cases_stand_in_the_folder_of_their_theme() -> None:
    themes = {
        str(code): file.stem
        for file in SHAPES.glob("*.ttl")
        for code in Graph().parse(file).objects(None, MRS.code)
    }
    assert [file for file in case_files() if themes[file.name[:3]] != file.parent.name] == []


@pytest.mark.parametrize("code", sorted(rules()))
def test_rule_is_complete(code: str) -> None:
    shape, graph = rules()[code], all_shapes()
    assert isinstance(shape, URIRef)
    assert len(list(graph.objects(shape, MRS.code))) == 1
    assert set(graph.objects(shape, MRS.profile)) <= {MRS.source, MRS.merged}
    assert set(graph.objects(shape, MRS.profile)), "belongs to no profile"
    assert graph.value(shape, SH.severity) in {SH.Violation, SH.Warning, SH.Info}
    for predicate in (SH.name, SH.message, SH.description):
        assert languages(graph.objects(shape, predicate)) == ["de", "en"], predicate
    assert list(graph.subjects(SH.property, shape)), "no node shape uses the rule"


@pytest.mark.parametrize("code", sorted(rules()))
def test_message_names_the_remedy(code: str) -> None:
    messages = {
        text.language: str(text)
        for text in all_shapes().objects(rules()[code], SH.message)
        if isinstance(text, Literal)
    }
    for message in messages.values():
        assert message.count(": ") == 1, "one sentence: what is wrong, a colon, what to do"
        assert message.endswith(".")
        assert message.count(". ") == 0
    assert messages["en"].split(": ")[1].split()[0] in REMEDIES_EN
    remedy = messages["de"].split(": ")[1].rstrip(".")
    assert re.search(rf"\b({'|'.join(REMEDIES_DE)})\b", remedy)


def test_codes_are_unique() -> None:
    counts = Counter(str(code) for code in all_shapes().objects(None, MRS.code))
    assert [code for code, count in counts.items() if count > 1] == []


def test_node_shapes_have_a_label_in_both_languages() -> None:
    graph = all_shapes()
    shapes = [s for s in graph.subjects(RDF.type, SH.NodeShape) if (s, SH.property, None) in graph]
    targeted = [s for s in shapes if has_target(graph, s)]
    assert targeted
    for shape in targeted:
        assert languages(graph.objects(shape, RDFS.label)) == ["de", "en"], shape


def test_every_prefix_of_a_query_is_declared() -> None:
    graph = all_shapes()
    declared = {str(prefix) for prefix in graph.objects(None, SH.prefix)}
    for query, text in graph.subject_objects(SH.select):
        used = set(re.findall(r"(?<![\w/#<])([a-z]+):", re.sub(r"<[^>]*>|\"[^\"]*\"", "", text)))
        assert used <= declared, query


def test_every_rule_is_on_the_page_of_rules() -> None:
    page = (ROOT / "docs" / "shapes.md").read_text(encoding="utf-8")
    rows = {
        cells[0].strip(): (cells[1].strip(), cells[2].strip(), cells[3].strip())
        for cells in (line.strip("|").split("|") for line in page.splitlines())
        if len(cells) >= 4
    }
    graph = all_shapes()
    for code, shape in rules().items():
        severity = graph.value(shape, SH.severity)
        profiles = sorted(str(p).removeprefix(str(MRS)) for p in graph.objects(shape, MRS.profile))
        name = next(str(n) for n in graph.objects(shape, SH.name) if english(n))
        assert isinstance(severity, URIRef)
        assert rows.get(code) == (severity.fragment, ", ".join(profiles), name), code


EDTF_GOOD = (
    *("2024", "2024-11", "2024-11-12", "199X", "19XX", "2024-XX", "2024-11-XX", "2024-XX-XX"),
    *("2024~", "2024?", "2024%", "2016-06~", "2016-23", "2020/2023", "2022-11/2024", "1992/.."),
    *("2022-02/", "../2024", "/2024-05-01", "2016~/2019?"),
)
EDTF_BAD = (
    *("24", "2024-13", "2024-1", "2024-25", "12.11.2024", "2024-11-32", "heute", "2020/2023/2024"),
    *("/", "../..", "2024-", "Y2024", "199X-05", "2024-XX-12"),
)


@pytest.mark.parametrize("text", EDTF_GOOD + EDTF_BAD)
def test_pattern_and_reader_agree_on_edtf(text: str) -> None:
    pattern = str(all_shapes().value(MRS.EdtfValue, SH.pattern))
    assert bool(re.search(pattern, text)) == (text in EDTF_GOOD)
    assert can_read(text) == (text in EDTF_GOOD)


def can_read(text: str) -> bool:
    try:
        read_bounds(text)
    except ValueError:
        return False
    return True


def languages(values: Iterable[Node]) -> list[str]:
    return sorted(str(value.language) for value in values if isinstance(value, Literal))


def english(value: Node) -> bool:
    return isinstance(value, Literal) and value.language == "en"


def has_target(graph: Graph, shape: Node) -> bool:
    return any(
        (shape, target, None) in graph
        for target in (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)
    )
