"""Validation where the data lie: the same findings from triple stores of two makers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from endpoints import Endpoint
from kgraph.cli import group
from kgraph.dataset.derivation import derive
from kgraph.rdf.literals import find_rewritten

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"
RULES = sorted((CASES / "shacl").glob("*.ttl"))
#: What a finding says besides its place, which only a file has.
SAID = ("code", "severity", "focus", "path", "value", "component", "sourceShape", "message", "rule")
Terms = NamedNode | BlankNode | Literal | Triple


def run(*options: object) -> Result:
    return CliRunner().invoke(group, ["validate", *map(str, options)])


def report(*options: object) -> dict[str, Any]:
    result = run(*options, "--format", "json")
    assert result.stdout.startswith("{"), result.output
    return dict(json.loads(result.stdout))


def said(found: dict[str, Any]) -> set[str]:
    return {json.dumps([finding[key] for key in SAID]) for finding in found["findings"]}


def keep_plain(quads: list[Quad]) -> list[Triple]:
    """Leave out blank nodes and literals that some store would rewrite."""
    rewritten = find_rewritten({q.object for q in quads if isinstance(q.object, Literal)})
    return [
        quad.triple
        for quad in quads
        if quad.object not in rewritten
        and not isinstance(quad.subject, BlankNode)
        and not isinstance(quad.object, BlankNode)
    ]


def write(file: Path, triples: list[Triple]) -> bytes:
    content = serialize(triples, format=RdfFormat.N_TRIPLES)
    assert content
    file.write_bytes(content)
    return content


def read(files: list[Path]) -> list[Quad]:
    return [quad for file in files for quad in parse(path=file)]


@pytest.mark.parametrize("rules", RULES, ids=lambda file: file.stem)
def test_same_findings_for_all_of_shacl(store: Endpoint, rules: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.nt"
    store.replace_default_graph(write(data, keep_plain(read([rules]))))
    here = report("--shapes", rules, "--data", data)
    there = report("--shapes", rules, "--endpoint", store.query)
    # What is undecided of a shape is told, and nothing else of it may be missing.
    decided = {
        finding
        for finding in said(here)
        if not any(
            f"({json.loads(finding)[0]} of {json.loads(finding)[6]})" in text
            for text in there["undecided"]
        )
    }
    assert decided
    assert decided <= said(there) <= said(here)


def test_same_findings_for_the_rules_of_this_project(store: Endpoint, tmp_path: Path) -> None:
    cases = read(sorted((CASES / "shapes").rglob("*.ttl")))
    terms = read(sorted((ROOT / "ontology").rglob("*.ttl")))
    data = tmp_path / "data.nt"
    store.replace_default_graph(write(data, keep_plain([*cases, *derive(cases), *terms])))
    here = report("--shapes", ROOT / "shapes", "--data", data)
    there = report("--shapes", ROOT / "shapes", "--endpoint", store.query, "--literals-as-written")
    assert len(said(here)) > 100
    assert there["undecided"] == []
    assert said(there) == said(here)
