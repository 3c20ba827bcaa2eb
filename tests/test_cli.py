"""The commands: exit codes, what is printed where, bad input without a traceback."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from kgraph.cli import COMMANDS, group
from kgraph.formats import GRAPH_TYPES, RESULT_TYPES
from repositories import DOCUMENT, HEAD, write, write_repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "repository")


def run(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(group, [str(argument) for argument in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_every_command_says_what_it_does() -> None:
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command
        assert (command.help or "").strip(), name
        assert run(name, "--help").exit_code == 0
    assert run("nothing").exit_code == 2


def test_fmt_writes_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    file = write(tmp_path, "a.ttl", "@prefix e: <http://e/> . e:a e:p 1 .")
    assert run("fmt", "--check", file).exit_code == 1
    assert run("fmt", file).exit_code == 0
    assert run("fmt", "--check", file).exit_code == 0


def test_fmt_leaves_a_broken_file_alone_and_formats_the_others(tmp_path: Path) -> None:
    broken = write(tmp_path, "a.ttl", "@prefix e: <http://e/> .\ne:a e:p 1")
    good = write(tmp_path, "b.ttl", "@prefix e: <http://e/> . e:a e:p 1 .")
    result = run("fmt", tmp_path)
    assert result.exit_code == 1
    assert f"{broken}:2:" in result.output
    assert broken.read_text().endswith("e:a e:p 1")
    assert good.read_text().endswith(";\n.\n")
    assert not list(tmp_path.glob(".*")), "nothing half-written is left"


def test_validate_ends_with_0_1_or_2(root: Path) -> None:
    assert run("validate", "--root", root).exit_code == 0
    write(root, "data/lists/a.ttl", HEAD + DOCUMENT.replace('"Fair"@en', '"A"@en , "B"@en'))
    result = run("validate", "--root", root)
    assert result.exit_code == 0, "a warning alone does not fail"
    assert "1 warning" in result.output
    assert run("validate", "--root", root, "--fail-on", "warning").exit_code == 1
    write(root, "data/lists/b.ttl", "event:")
    assert run("validate", "--root", root).exit_code == 1
    (root / "data/lists/b.ttl").unlink()
    write(root, "queries/questions/hosts.rq", "ASK {}")
    result = run("validate", "--root", root)
    assert result.exit_code == 2
    assert "queries/questions/hosts.rq" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validate", "none.ttl"], "does not exist"),
        (["validate", "--fail-on", "fatal"], "is not one of"),
        (["validate", "--shapes", __file__], "belong together"),
        (["validate", "--format", "xml"], "'xml' is not"),
        (["query"], "give a query"),
        (["query", "none.rq"], "no such file"),
        (["query", "nothing"], "no question “nothing”"),
        (["query", "-", "--param", "x"], "write --param name=value"),
        (["build", "--date", "soon"], "is no date"),
    ],
)
def test_bad_options_end_with_2(arguments: list[str], message: str) -> None:
    result = run(*arguments, stdin="ASK {}")
    assert result.exit_code == 2
    assert message in result.output


def test_validate_speaks_german(root: Path) -> None:
    bare = write(root, "data/lists/a.ttl", HEAD + "event:x a mr:Event .")
    result = run("validate", "--root", root, "--lang", "de", bare)
    assert "Eine Veranstaltung braucht eine Kommune" in result.output


def test_any_data_and_shapes(root: Path) -> None:
    data = write(root.parent, "d.ttl", HEAD + "event:x a mr:Event .")
    result = run("validate", "--shapes", root / "shapes/events.ttl", "--data", data)
    assert result.exit_code == 1
    assert "error[E01 event-host]" in result.output
    assert f"--> {data}:" in result.output


@pytest.mark.parametrize("source", ["id", "file", "stdin"])
def test_a_query_comes_from_three_places(root: Path, source: str) -> None:
    file = root / "queries/questions/hosts.rq"
    query = {"id": "hosts", "file": str(file), "stdin": "-"}[source]
    result = run("query", query, "--root", root, stdin=file.read_text())
    assert result.exit_code == 0, result.output
    assert "event:fair  authority:rheine\n1 row\n" in result.output


def test_a_query_takes_typed_parameters(root: Path) -> None:
    answer = run("query", "hosts", "--root", root, "--param", "host=authority:bonn")
    assert answer.output.endswith("0 rows\n")
    wrong = run("query", "hosts", "--root", root, "--param", "guest=x")
    assert (wrong.exit_code, "no parameter “guest”" in wrong.output) == (2, True)


def test_answers_as_csv_and_json(root: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(
        run("query", "hosts", "--root", root, "--format", "csv").output
    )))  # fmt: skip
    host = "https://w3id.org/munirel/id/authority/rheine"
    assert [row["host"] for row in rows] == [host]
    found = json.loads(run("query", "hosts", "--root", root, "--format", "json").output)
    assert found["head"]["vars"] == ["event", "host"]
    assert found["results"]["bindings"][0]["host"] == {"type": "uri", "value": host}


def test_other_kinds_of_query(root: Path) -> None:
    def ask(text: str, *more: str) -> Result:
        return run("query", "-", "--root", root, *more, stdin=text)

    assert ask("ASK { ?s ?p ?o }").output == "true\n"
    assert json.loads(ask("ASK { ?s ?p ?o }", "--format", "json").output)["boolean"] is True
    construct = "CONSTRUCT { ?s a ?o } WHERE { ?s a ?o }"
    assert "authority:rheine a mr:LocalAuthority" in ask(construct).output
    assert ask(construct, "--format", "csv").exit_code == 2
    fault = ask("SELECT ?s { ?s ?p }")
    assert (fault.exit_code, "no SPARQL query" in fault.output) == (2, True)


def test_a_query_takes_every_format_of_the_table(root: Path) -> None:
    asked = {**dict.fromkeys(RESULT_TYPES, "SELECT * { ?s a ?o }"),
             **dict.fromkeys(GRAPH_TYPES, "CONSTRUCT WHERE { ?s a ?o }")}  # fmt: skip
    for form, query in asked.items():
        result = run("query", "-", "--root", root, "--format", form, stdin=query)
        assert result.exit_code == 0, result.output
        assert "authority/rheine" in result.output


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (["-", "--param", "s=http://e/ }"], "SELECT * { ?s ?p ?o }", "of s is no IRI"),
        (["-"], b"SELECT *\n{ ?s ?p '\xff' }", "standard input: line 2: a byte here is not UTF-8"),
        (["a" * 300], "", "no question"),
        (["a" * 300 + ".rq"], "", "no such file"),
        (["-"], "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE is not"),
        (["-", "--format", "json"], "SELECT * {\n?s ?p }", "line 2, column"),
        (["-", "--format", "ttl"], "SELECT * { ?s ?p ?o }", "the answer is rows"),
        (["-", "--format", "xml"], r'SELECT ("\u0001" AS ?x) {}', "take JSON (json)"),
    ],
)
def test_a_query_that_cannot_be_answered_is_a_sentence(
    root: Path, arguments: list[str], stdin: str | bytes, sentence: str
) -> None:
    result = run("query", *arguments, "--root", root, stdin=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr


def test_a_query_file_that_is_not_utf_8_is_a_sentence(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "latin.rq"
    file.write_bytes("SELECT * { ?s ?p 'ö' }".encode("latin-1"))
    result = run("query", file, "--root", root)
    assert (result.exit_code, "latin.rq: line 1: a byte" in result.stderr) == (2, True)


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_query_with_no_room_for_its_answer_is_a_sentence(root: Path, form: str) -> None:
    command = [sys.executable, "-m", "kgraph", "query", "hosts", "--root", str(root)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*command, "--format", form], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 2
    assert "make room" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_query_on_other_data_and_on_a_snapshot(root: Path, tmp_path: Path) -> None:
    data = write(tmp_path, "d.trig", "@prefix e: <http://e/> . e:g { e:a e:p 1 }")
    count = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    assert "\n1\n" in run("query", "-", "--data", data, stdin=count).output
    out = tmp_path / "out"
    built = run("build", "--root", root, "--out", out, "--date", "2026-11-22")
    assert built.exit_code == 0, built.output
    assert "1 row" in run("query", "hosts", "--root", root, "--snapshot", out).output


def test_questions_are_listed(root: Path) -> None:
    listed = run("query", "--list", "--root", root).output
    assert listed == "hosts: Which events have a host?\n"


def test_a_broken_file_stops_the_build_with_1(root: Path, tmp_path: Path) -> None:
    write(root, "data/lists/a.ttl", "event:")
    result = run("build", "--root", root, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "data/lists/a.ttl:1" in result.output


def test_a_closed_pipe_ends_it_silently(root: Path) -> None:
    command = f"{sys.executable} -m kgraph validate --root {root} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_folder_without_a_repository(tmp_path: Path) -> None:
    result = run("validate", "--root", tmp_path)
    assert result.exit_code == 2
    assert "holds no ontology/" in result.output
