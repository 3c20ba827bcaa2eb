"""Other people's data as they come: every format, odd files, shapes that are none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kgraph.cli import group

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
EX = "@prefix ex: <https://example.org/> ."
SHAPES = f"""{EX}
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property ex:P .
ex:P a sh:PropertyShape ; sh:path ex:p ; sh:minCount 1 .
"""
XML = f"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="{TYPE.removesuffix("type")}" xmlns:ex="https://example.org/">
  <ex:T rdf:about="https://example.org/a"/>
</rdf:RDF>
"""
TRIPLE = f"<https://example.org/a> <{TYPE}> <https://example.org/T>"
#: Name -> content and the place of the one fault in it.
FORMATS = {
    "a.nt": (f"{TRIPLE} .\n", "a.nt:1:1"),
    "a.nq": (f"{TRIPLE} <https://example.org/g> .\n", "a.nq:1:1"),
    "a.trig": (f"{EX}\nex:g {{\n  ex:a a ex:T .\n}}\n", "a.trig:3:3"),
    "a.n3": (f"{EX}\nex:a a ex:T .\n", "a.n3:2:1"),
    "a.jsonld": (
        '{"@id": "https://example.org/a", "@type": "https://example.org/T"}',
        "a.jsonld:1",
    ),
    "a.rdf": (XML, "a.rdf:3"),
    "a.owl": (XML, "a.owl:3"),
    "b.owl": (f"{EX}\nex:a a ex:T .\n", "b.owl:2:1"),
    "a": (f"{TRIPLE} .\n", "a:1:1"),
    "crlf.ttl": (f"{EX}\r\nex:a a ex:T .\r\n", "crlf.ttl:2:1"),
    "cr.ttl": (f"{EX}\rex:a a ex:T .\r", "cr.ttl:1:38"),
    "separators.ttl": (
        f'{EX}\nex:b ex:q "\u2028 \x85 \x0b" .\nex:a a ex:T .\n',
        "separators.ttl:3:1",
    ),
    "long.ttl": (EX + ' ex:b ex:p "1" .' * 30_000 + " ex:a a ex:T .", "long.ttl:1:480038"),
}
#: Name -> content and a word of the finding.
BROKEN = {
    "binary.ttl": (bytes(range(256)) * 9, "not UTF-8"),
    "utf-16.ttl": (f"{EX}\n".encode("utf-16"), "not UTF-8"),
    "latin.ttl": (f'{EX}\nex:a ex:q "Köln" .\n'.encode("latin-1"), "latin.ttl:2"),
    "bom.ttl": (b"\xef\xbb\xbf" + EX.encode(), "without a byte order mark"),
    "zeros.ttl": (bytes(9), "zeros.ttl:1:1"),
    "huge.ttl": (f'{EX}\nex:a ex:q "{"x" * (20 << 20)}" .\n'.encode(), "longer than 16 MiB"),
    "cut.jsonld": (b'{"@id": ', "cut.jsonld:1"),
    "context.jsonld": (b'{"@context": "https://example.org/c", "@id": "a"}', "nothing is fetched"),
    "cut.rdf": (XML.removesuffix("</rdf:RDF>\n").encode(), "no well-formed XML"),
    "cut.trig": (f"{EX}\nex:g {{\n  ex:b ex:q 1 .\n".encode(), "cut.trig:"),
    "cut.nt": (TRIPLE.encode(), "cut.nt:1"),
    "cut.nq": (TRIPLE[:-3].encode(), "cut.nq:1"),
    "wrong-name.nt": (EX.encode(), "wrong-name.nt:1:"),
}
#: Shapes that are none, and a word of what is said.
ILL_FORMED = {
    "[] a sh:PropertyShape ; sh:path ex:p ; sh:datatype xsd:string , xsd:date .": "2 values",
    "ex:A sh:property [ sh:minCount 1 ] ; sh:targetClass ex:T .": "no sh:path",
    'ex:A a sh:PropertyShape ; sh:path "p" .': "is not a path",
    'ex:A a sh:PropertyShape ; sh:path ex:p ; sh:minCount "one" .': "must be an integer",
    'ex:A a sh:PropertyShape ; sh:path ex:p ; sh:pattern "(" .': "not a regular expression",
    "ex:A a sh:NodeShape ; sh:node ex:A .": "speaks of itself",
    "ex:A a sh:NodeShape ; sh:in ex:a .": "not a well-formed list",
    'ex:A a sh:NodeShape ; sh:targetClass "T" .': "must be an IRI",
    'ex:A a sh:NodeShape ; sh:sparql [ sh:select "SELECT" ] .': "Not a SPARQL query",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shapes.ttl").write_text(SHAPES)
    return tmp_path


def check(data: str, shapes: str = "shapes.ttl") -> Result:
    result = CliRunner().invoke(group, ["validate", "--shapes", shapes, "--data", data])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_places(folder: Path, name: str) -> None:
    content, place = FORMATS[name]
    (folder / name).write_bytes(content.encode())
    result = check(name)
    assert result.exit_code == 1
    assert f"--> {place}\n" in result.stdout
    assert "Found 1 error" in result.stdout


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_finding(folder: Path, name: str) -> None:
    content, word = BROKEN[name]
    (folder / name).write_bytes(content)
    result = check(name)
    assert result.exit_code == 1
    assert word in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Found ")


def test_an_empty_file_holds_no_fault(folder: Path) -> None:
    (folder / "empty.ttl").touch()
    assert check("empty.ttl").exit_code == 0


def test_a_long_line_is_shown_in_part(folder: Path) -> None:
    (folder / "long.ttl").write_text(FORMATS["long.ttl"][0])
    result = check("long.ttl")
    assert max(map(len, result.stdout.splitlines())) < 300
    shown, marked = result.stdout.splitlines()[3:5]
    assert shown[marked.index("^") :].startswith("ex:a")


@pytest.mark.parametrize("text", ILL_FORMED)
def test_ill_formed_shapes_are_told_with_their_place(folder: Path, text: str) -> None:
    (folder / "bad.ttl").write_text(SHAPES + text)
    (folder / "data.nt").write_text(f"{TRIPLE} .\n")
    result = check("data.nt", "bad.ttl")
    assert result.exit_code == 2
    assert result.stderr.startswith("kgraph: bad.ttl:6: ")
    assert ILL_FORMED[text] in result.stderr
    assert "_:" not in result.stderr
    assert result.stdout == ""


def test_broken_shapes_are_no_pass(folder: Path) -> None:
    (folder / "bad.ttl").write_text(f"{SHAPES} ex:A a ( .")
    (folder / "data.nt").write_text(f"{TRIPLE} .\n")
    result = check("data.nt", "bad.ttl")
    assert result.exit_code == 2
    assert "--> bad.ttl:6" in result.stdout


def test_shapes_that_check_nothing_are_named(folder: Path) -> None:
    (folder / "data.nt").write_text(f"{TRIPLE} .\n")
    result = check("data.nt", "data.nt")
    assert result.exit_code == 0
    assert "no shape has a target" in result.stdout


def test_a_dangling_link_is_named(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data/gone.ttl").symlink_to("nowhere.ttl")
    result = check("data")
    assert result.exit_code == 2
    assert "data/gone.ttl: cannot be read" in result.stderr


def test_a_full_disk_is_named(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (folder / "data.nt").write_text(f"{TRIPLE} .\n")
    command = [sys.executable, "-m", "kgraph", "validate", "--shapes", "shapes.ttl"]
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [*command, "--data", "data.nt"], stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr == "kgraph: standard output cannot be written (No space left on device).\n"
