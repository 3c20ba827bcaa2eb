"""What `kgraph validate` finds in a small repository, where, and what it says to do."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from kgraph.errors import BadConfig, KgraphError
from kgraph.findings import Finding, Severity
from kgraph.validation.codes import CODES
from kgraph.validation.reporters.human import write_human
from kgraph.validation.run import validate_files, validate_repository
from kgraph.validation.run_report import RunReport
from repositories import (
    CURATED,
    DOCUMENT,
    HEAD,
    ONTOLOGY,
    PROVENANCE,
    SHAPES,
    write,
    write_repository,
)

PROJECT = Path(__file__).parents[1]
DAY = date(2026, 11, 22)
FAIR = "data/documents/2024-fair.ttl"


def run(root: Path, *chosen: Path) -> RunReport:
    return validate_repository(root, chosen, DAY)


def only(report: RunReport, code: str) -> Finding:
    found = [finding for finding in report.findings if finding.code == code]
    assert len(found) == 1, write_human(report)
    return found[0]


def line_of(report: RunReport, finding: Finding) -> str:
    assert finding.position
    return report.lines[finding.position.file][finding.position.line - 1]


def test_a_good_repository_has_nothing_to_mend(tmp_path: Path) -> None:
    report = run(write_repository(tmp_path))
    assert report.findings == ()
    assert report.files == 6
    assert report.skipped == ()


@pytest.mark.parametrize(
    ("text", "code", "at", "message", "help_text"),
    [
        ('event:x a mr:Event ; rdfs:label "x"@en\n\nevent:y a mr:Event .', "S01",
         'event:x a mr:Event ; rdfs:label "x"@en', "dot is expected", "end the statement before"),
        ('event:x a mr:Event ; rdfs:label "x"@en', "S01", "event:x a", "nexpected end", "` .`"),
        ("event:x a mr:Event ; rdfs:label “x”@en .", "S01", "event:x", "not allowed", "straight"),
        ("event:x a mr:Event mr:host authority:rheine .", "S01", "event:x", "dot", "put a `;`"),
        ("event:x mr:see <http://e/a b> .", "S01", "event:x", "code point", "%20"),
        ("evnt:x a mr:Event .", "S02", "evnt:x", "evnt: has not been declared", "event:"),
        ("event:x a mr:Evnt .", "Y01", "mr:Evnt", "defined nowhere in ontology/", "mr:Event"),
        ("event:x a mr:Event ; mr:hots authority:rheine .", "Y01", "mr:hots", "", "mr:host"),
        ("event:x a mr:Event ; rdfs:label <http://schema.org/Event> .", "Y02", "http", "https",
         "schema:Event"),
        ('event:x a mr:Event ; schema:startdate "x" .', "Y03", "startdate", "no term",
         "schema:startDate"),
        ("<https://w3id.org/munirel/id/town/x> a mr:Place .", "Y04", "town", "no kind", "take one"),
        ("event:Fair_2 a mr:Event .", "Y05", "Fair_2", "is no name", "small ASCII letters"),
        ("event:x a mr:Event ; mr:host authority:rhiene .", "Y06", "rhiene", "no entry",
         "authority:rheine"),
        ("authority:bonn a mr:LocalAuthority .", "Y06", "authority:bonn", "no entry in data/reg",
         "move its description"),
        ("claim:x a mr:Claim ; rdfs:seeAlso event:faire .", "Y07", "event:faire",
         "described nowhere", "event:fair"),
        ("event:x a mr:Claim .", "Y08", "event:x", "mr:Event", "correct the type"),
        ('event:x a mr:Event ; schema:startDate "19.09.2011"^^xsd:date .', "Y09", "19.09.2011",
         "is no xsd:date", "write 2011-09-19"),
        ('event:x a mr:Event ; schema:startDate "2011"^^xsd:date .', "Y09", "2011", "is no xsd",
         'mr:edtf "2011"^^edtf:EDTF'),
        ('event:x a mr:Event ; mr:edtf "soon"^^edtf:EDTF .', "Y09", "soon", "subset", "time.md"),
        ("event:x a mr:Event ; mr:evidence <https://w3id.org/munirel/id/document/001#char=4,10> .",
         "Y10", "char=4,10", "ends at character 10", "correct the range"),
        ("event:x a mr:Event ; mr:evidence <https://w3id.org/munirel/id/document/001#char=4> .",
         "Y10", "char=4", "no address of a passage", "START < END"),
        ("@prefix skos: <http://example.org/> . event:x a mr:Event .", "Y11", "@prefix skos:",
         "elsewhere", "skos/core#"),
        ("[] a mr:Event .", "Y12", "[]", "no name", "identifier"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_its_remedy(
    tmp_path: Path, text: str, code: str, at: str, message: str, help_text: str
) -> None:
    root = write_repository(tmp_path)
    write(root, "data/documents/bad.ttl", f"{HEAD}\n{text}\n")
    report = run(root)
    finding = only(report, code)
    assert finding.position
    assert finding.position.file == "data/documents/bad.ttl"
    assert at in line_of(report, finding)
    assert message in finding.message
    assert help_text in (finding.help or "")


def test_one_broken_file_hides_nothing_in_the_others(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    write(root, "data/documents/a.ttl", HEAD + 'event:a a mr:Event ; rdfs:label "a"')
    write(root, "data/documents/b.ttl", HEAD + "event:b a mr:Event ; mr:hots authority:rheine .")
    write(root, "data/documents/c.ttl", HEAD + "event:c a mr:Event")
    report = run(root)
    files = {f.position.file for f in report.findings if f.position}
    assert files == {f"data/documents/{name}.ttl" for name in "abc"}
    assert report.skipped == ("the questions were not asked: a file is broken",)


def test_a_broken_register_does_not_make_its_entries_unknown(tmp_path: Path) -> None:
    register = HEAD + (
        "\nauthority:rheine\n  a mr:LocalAuthority ;\n.\n\nauthority:bonn\n  a mr:LocalAuthority\n"
        "\nplace:x a mr:Place .\n"
    )
    root = write_repository(tmp_path)
    write(root, "data/registers/municipalities.ttl", register)
    document = (root / FAIR).read_text()
    write(root, FAIR, document.replace("mr:host", "rdfs:seeAlso authority:bonn ; mr:host"))
    report = run(root)
    assert [finding.code for finding in report.findings] == ["S01"]


def test_a_file_that_is_not_utf8_is_a_finding(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    (root / "data/documents/latin.ttl").write_bytes(b"# D\xfcsseldorf\n")
    assert only(run(root), "S03").help == "save the file as UTF-8"


def test_a_shape_points_at_the_line_and_at_the_rule(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    write(root, FAIR, HEAD + DOCUMENT.replace("authority:rheine", "claim:sure"))
    report = run(root)
    finding = only(report, "E01")
    assert "mr:host claim:sure" in line_of(report, finding)
    assert finding.severity is Severity.VIOLATION
    assert finding.rule_position
    assert "mrs:Event-host" in report.lines["shapes/events.ttl"][finding.rule_position.line - 1]
    assert finding.message_in("de").startswith("Eine Veranstaltung")
    assert finding.message.startswith("An event")


def test_the_source_profile_judges_each_graph_by_itself(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    other = 'event:fair a mr:Event ; rdfs:label "The fair"@en .'
    write(root, "data/documents/other.ttl", HEAD + other)
    assert run(root).findings == ()  # two sources may name it in two ways; the host is in one
    write(root, "data/documents/other.ttl", HEAD + other.replace(" .", ' , "Trade fair"@en .'))
    finding = only(run(root), "E02")
    assert finding.severity is Severity.WARNING
    assert finding.position
    assert finding.position.file == "data/documents/other.ttl"
    assert len(finding.related) == 1


def test_a_source_finding_may_stand_in_a_register(tmp_path: Path) -> None:
    register = HEAD + 'event:fair rdfs:label "One"@en ,\n "Two"@en .\n'
    root = write_repository(tmp_path)
    write(root, "data/registers/events.ttl", register)
    write(
        root, "data/documents/2024-fair.ttl", HEAD + DOCUMENT.replace('rdfs:label "Fair"@en ;', "")
    )
    finding = only(run(root), "E02")
    assert '"One"@en' in line_of(run(root), finding)
    assert [place.file for place in finding.related] == ["data/registers/events.ttl"]


def test_the_merged_profile_wants_completeness(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    write(root, "data/lists/bare.ttl", HEAD + "event:bare a mr:Event .")
    report = run(root)
    assert "event:bare" in line_of(report, only(report, "E01"))


def test_an_integrity_row_is_a_finding(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    write(root, "data/lists/twin.ttl", HEAD + 'event:twin a mr:Event ; rdfs:label "Fair"@en ;'
          " mr:host authority:rheine .")  # fmt: skip
    found = [f for f in run(root).findings if f.code == "I01"]
    assert {f.position.file for f in found if f.position} == {FAIR, "data/lists/twin.ttl"}
    assert {f.severity for f in found} == {Severity.WARNING}


def test_a_question_with_too_few_answers_is_a_finding(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    text = (root / "queries/questions/hosts.rq").read_text()
    write(root, "queries/questions/hosts.rq", text.replace("at least 1", "at least 2"))
    finding = only(run(root), "Q02")
    assert "gives 1 rows; expected: at least 2" in finding.message
    write(root, "queries/questions/hosts.rq", text.replace("?event mr:host", "?event mr:"))
    write(root, "queries/questions/hosts.rq", text.replace("WHERE {", "WHERE"))
    assert only(run(root), "Q01").position


def test_chosen_files_are_told_about_alone_with_the_rest_as_context(tmp_path: Path) -> None:
    root = write_repository(tmp_path / "repository")
    write(root, "data/lists/a.ttl", HEAD + "event:a a mr:Evnt ; mr:host authority:rheine .")
    outside = write(tmp_path, "b.ttl", HEAD + "event:b a mr:Event ; mr:host authority:bon .")
    assert run(root, root / FAIR).findings == ()
    report = run(root, outside)
    assert {f.position.file for f in report.findings if f.position} == {str(outside)}
    assert only(report, "Y06")


def test_shapes_that_are_not_well_formed_stop_the_run(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    write(root, "shapes/events.ttl", HEAD + SHAPES.replace("sh:path mr:host ;", ""))
    with pytest.raises(KgraphError, match="sh:path"):
        run(root)


def test_broken_shapes_are_a_finding_and_the_rest_is_checked(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    write(root, "shapes/events.ttl", HEAD + SHAPES[:-3])
    report = run(root)
    assert only(report, "S01").position
    assert any("shapes were not applied" in text for text in report.skipped)


def test_inferred_nodes_are_checked_too(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    guess = "event:guess a mr:Event ; mr:inferred true ."
    write(root, "data/curated.ttl", HEAD + CURATED + guess)
    assert only(run(root), "E01")


def test_any_data_against_any_shapes(tmp_path: Path) -> None:
    shapes = write(tmp_path, "s.ttl", HEAD + SHAPES)
    data = write(tmp_path, "d.ttl", HEAD + "event:x a mr:Event .\nevent:y a mr:Evnt .")
    report = validate_files([data], [shapes])
    assert [finding.code for finding in report.findings] == ["E01"]
    broken = write(tmp_path, "b.ttl", "event:x")
    assert only(validate_files([data, broken], [shapes]), "S02")


def test_an_integrity_query_without_its_columns_is_refused(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    write(root, "queries/integrity/bad.rq", "#+ code: I9\nSELECT ?subject { ?subject ?p ?o }")
    with pytest.raises(BadConfig, match=r"bad\.rq: the query does not give \?path"):
        run(root)


def test_the_report_is_the_same_every_time(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    bad = ONTOLOGY.replace("mr:Event a", "mr:Evt a")
    write(root, "ontology/core.ttl", HEAD + bad)
    write(root, "data/provenance.ttl", HEAD + PROVENANCE.replace("9", '"x"^^xsd:integer'))
    assert write_human(run(root)) == write_human(run(root))


def test_the_human_report_shows_the_line(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    text = 'event:x\n  a mr:Event ;\n  schema:startDate "19.09.2011"^^xsd:date ;\n'
    write(root, "data/documents/bad.ttl", f"{HEAD}{text}  mr:host authority:rheine ;\n.\n")
    line = HEAD.count("\n") + 3
    assert write_human(run(root)).startswith(
        f"""error[Y09 ill-typed-literal]: “19.09.2011” is no xsd:date.
  --> data/documents/bad.ttl:{line}:20
   |
{line} |   schema:startDate "19.09.2011"^^xsd:date ;
   |                    ^^^^^^^^^^^^^^^^^^^^^^
   = help: write 2011-09-19
"""
    )
    assert "Found 1 error in 7 files (" in write_human(run(root))


def test_no_code_is_given_twice() -> None:
    given = [*CODES]
    for file in sorted((PROJECT / "shapes").glob("*.ttl")):
        given += re.findall(r'mrs:code "([^"]+)"', file.read_text(encoding="utf-8"))
    for file in sorted((PROJECT / "queries/integrity").glob("*.rq")):
        given += re.findall(r"^#\+ code: *(\S+)", file.read_text(encoding="utf-8"), re.M)
    assert len(given) > 200
    assert [code for code, times in Counter(given).items() if times > 1] == []


def test_every_code_of_the_program_is_explained_and_used() -> None:
    sources = "".join(
        file.read_text(encoding="utf-8")
        for file in (PROJECT / "src/kgraph/validation").glob("*.py")
        if file.name != "codes.py"
    )
    assert set(re.findall(r'"([SYQ]\d\d)"', sources)) == CODES.keys()
