"""One prefix, one IRI: in every Turtle file, every query, and in Python."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kgraph.namespaces import PREFIXES

ROOT = Path(__file__).parents[1]
FOLDERS = ("ontology", "shapes", "data", "queries", "tests/cases")
#: Their prefixes are part of what they test.
OWN_PREFIXES = ("tests/cases/turtle", "tests/cases/shacl")
FILES = [
    file
    for folder in FOLDERS
    for file in sorted((ROOT / folder).rglob("*"))
    if file.suffix in (".ttl", ".trig", ".rq")
    and not any(file.relative_to(ROOT).is_relative_to(own) for own in OWN_PREFIXES)
]
DECLARED = re.compile(r"^\s*(?:@prefix|PREFIX)\s+([\w.-]*):\s*<([^>]*)>", re.M | re.I)


def test_there_are_files() -> None:
    assert len(FILES) > 50


def test_one_prefix_one_iri() -> None:
    wrong = []
    for file in FILES:
        for prefix, iri in DECLARED.findall(file.read_text(encoding="utf-8")):
            name = file.relative_to(ROOT)
            if prefix in PREFIXES and PREFIXES[prefix] != iri:
                wrong.append(f"{name}: {prefix}: is <{iri}>, elsewhere <{PREFIXES[prefix]}>")
            other = [known for known, value in PREFIXES.items() if value == iri and known != prefix]
            if other:
                wrong.append(f"{name}: <{iri}> has the prefix {other[0]}: elsewhere, not {prefix}:")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["mr", "mrs", "authority", "form"])
def test_the_projects_own_prefixes_lie_below_its_address(name: str) -> None:
    assert PREFIXES[name].startswith("https://w3id.org/munirel/")


def test_no_two_prefixes_have_one_iri() -> None:
    assert len(set(PREFIXES.values())) == len(PREFIXES)
