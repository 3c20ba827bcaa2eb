"""`kgraph validate` as people call it: options, outputs, exit codes, bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kgraph.cli import group
from kgraph.cli.watching import stamp
from kgraph.validation.codes import CODES
from kgraph.validation.reporters import REPORTERS
from repositories import HEAD, SHAPES, write, write_repository

BARE = HEAD + "event:x a mr:Event ."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "repository")


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(group, ["validate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_several_reports_in_one_run(root: Path, tmp_path: Path) -> None:
    write(root, "data/lists/a.ttl", BARE)
    options = [f"--format={form}={tmp_path}/out/{form}" for form in REPORTERS]
    result = run("--root", root, *options)
    assert (result.exit_code, result.output) == (1, "")
    for form in REPORTERS:
        text = (tmp_path / "out" / form).read_text()
        assert "E01" in text or form == "turtle", form
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
    both = run("--root", root, "--format", "json", "--format", f"sarif={tmp_path}/s")
    assert json.loads(both.output)["summary"]["violation"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "xml"], "'xml' is not one of human"),
        (["--format", "json="], "give a file after the ="),
        (["--format", "json", "--format", "human"], "only one report"),
        (["--format", "json=/proc/none/x"], "cannot be written"),
        (["--write-baseline"], "add --baseline FILE"),
        (["--baseline", "/none.json"], "cannot be read"),
        (["--explain", "Y1"], "no rule has this code; did you mean Y1"),
        (["--changed", "HEAD", __file__], "give no files"),
        (["--engine", "jena"], "'jena' is not"),
        (["--shapes", "/none.ttl"], "does not exist"),
        (["--shapes", __file__], "belong together"),
        (["--changed", "no-such-branch"], "git"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_2(
    root: Path, arguments: list[str], message: str
) -> None:
    result = run("--root", root, *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_an_unreadable_file_ends_with_2(root: Path) -> None:
    if os.geteuid() == 0:
        # Root may read everything, so a link that leads to itself takes the place.
        (root / "data/lists").mkdir()
        (root / "data/lists/loop.ttl").symlink_to("loop.ttl")
    else:
        write(root, "data/lists/shut.ttl", BARE).chmod(0)
    result = run("--root", root)
    assert result.exit_code == 2
    assert "cannot be read" in result.output


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (SHAPES.replace("sh:path mr:host ;", ""), "sh:path"),
        (SHAPES.replace("sh:minCount 1", 'sh:minCount "many"'), "sh:minCount"),
        (SHAPES.replace("sh:minCount 1", "sh:datatype xsd:date , xsd:time"), "datatype"),
        (SHAPES.replace("sh:minCount 1", "sh:node mrs:EventShape"), "itself"),
    ],
)
def test_shapes_that_are_not_well_formed_end_with_2(
    tmp_path: Path, rule: str, message: str
) -> None:
    shapes, data = write(tmp_path, "s.ttl", HEAD + rule), write(tmp_path, "d.ttl", BARE)
    result = run("--shapes", shapes, "--data", data)
    assert result.exit_code == 2, result.output
    assert message in result.output
    assert "mrs:" in result.output or "shapes#" in result.output


def test_own_severities_count_as_info(tmp_path: Path) -> None:
    own = SHAPES.replace("sh:minCount 1 ;", "sh:minCount 1 ; sh:severity mrs:Odd ;")
    shapes, data = write(tmp_path, "s.ttl", HEAD + own), write(tmp_path, "d.ttl", BARE)
    assert run("--shapes", shapes, "--data", data, "--fail-on", "warning").exit_code == 0
    result = run("--shapes", shapes, "--data", data, "--fail-on", "info", "--format", "turtle")
    assert result.exit_code == 1
    assert "shapes#Odd" in result.output or "mrs:Odd" in result.output


def test_folders_of_data_and_shapes(root: Path) -> None:
    write(root, "data/lists/a.ttl", BARE)
    result = run("--shapes", root / "shapes", "--data", root / "data")
    assert (result.exit_code, "in 6 files" in result.output) == (1, True), result.output
    assert run("--shapes", root / "shapes", "--data", root / "queries").exit_code == 2


def test_the_reference_engine_finds_the_same(root: Path) -> None:
    write(root, "data/lists/a.ttl", BARE + " event:y a mr:Event ; mr:host claim:sure .")
    write(root, "data/lists/b.ttl", HEAD + 'event:x rdfs:label "A"@en , "B"@en ; a mr:Event .')
    found = []
    for engine in ("kgraph", "pyshacl"):
        content = json.loads(run("--root", root, "--engine", engine, "--format", "json").output)
        fields = ("code", "focus", "path", "value", "component", "sourceShape", "position", "rule")
        found.append([[finding[field] for field in fields] for finding in content["findings"]])
    assert found[0] == found[1]
    assert len(found[0]) == 3


def test_a_baseline_is_written_and_read(root: Path, tmp_path: Path) -> None:
    write(root, "data/lists/a.ttl", BARE)
    baseline = tmp_path / "known.json"
    assert run("--root", root, "--baseline", baseline, "--write-baseline").exit_code == 0
    result = run("--root", root, "--baseline", baseline)
    assert (result.exit_code, "1 known" in result.output) == (0, True), result.output
    write(root, "data/lists/b.ttl", BARE.replace("event:x", "event:y"))
    assert run("--root", root, "--baseline", baseline).exit_code == 1
    baseline.write_text("[]")
    assert run("--root", root, "--baseline", baseline).exit_code == 2


@pytest.mark.parametrize("code", [*CODES, "E01", "I01", "MinCount"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_code_is_explained(root: Path, code: str, language: str) -> None:
    result = run("--root", root, "--explain", code, "--lang", language)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(code)


def test_an_explanation_says_what_why_and_where(root: Path) -> None:
    text = run("--root", root, "--explain", "E01", "--lang", "de").output
    assert "Eine Veranstaltung braucht" in text
    assert "steht in: shapes/events.ttl:" in text
    assert "(merged)" in text


def test_github_gets_a_step_summary(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "data/lists/a.ttl", BARE)
    summary = root / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = run("--root", root, "--format", "github")
    assert result.output.startswith("::error file=data/lists/a.ttl,line=")
    assert summary.read_text().startswith("before\n### kgraph validate")
    assert "`data/lists/a.ttl:" in summary.read_text()


def test_changes_are_told_alone(root: Path) -> None:
    write(root, "data/lists/a.ttl", BARE)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "Start"]):
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
        subprocess.run(["git", "-C", str(root), *identity, *command], check=True)
    assert run("--root", root, "--changed", "HEAD").exit_code == 0
    write(root, "data/lists/b.ttl", BARE.replace("event:x", "event:y"))
    result = run("--root", root, "--changed", "HEAD")
    assert (result.exit_code, "Found 1 error in" in result.output) == (1, True), result.output


def test_watching_runs_again_after_a_save(root: Path) -> None:
    log = root / "log.txt"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "kgraph", "validate", "--watch", "--root", str(root)],
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            # A job started in the background of a script ignores SIGINT, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        wait_for(log, "nothing to mend")
        file = write(root, "data/lists/a.ttl", BARE)
        wait_for(log, "Found 1 error")
        shapes = root / "shapes/events.ttl"
        shapes.write_text(shapes.read_text().replace("sh:path mr:host ;", ""))
        wait_for(log, "kgraph: ")
        assert process.poll() is None, "unusable shapes do not end the watching"
        file.unlink()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    assert "Traceback" not in log.read_text()


def wait_for(log: Path, text: str) -> None:
    for _ in range(600):
        if text in log.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(f"{text!r} never came: {log.read_text()}")


def test_a_file_that_vanishes_is_no_trouble(tmp_path: Path) -> None:
    file = write(tmp_path, "a", "x")
    before = stamp([file, tmp_path / "none"])
    assert list(before) == [file]
    file.unlink()
    assert stamp([file]) == {}


@pytest.mark.parametrize("form", REPORTERS)
def test_a_closed_pipe_ends_it_silently(root: Path, form: str) -> None:
    write(
        root, "data/lists/a.ttl", HEAD + "".join(f"event:e{n} a mr:Event .\n" for n in range(900))
    )
    program = f"{sys.executable} -m kgraph validate --root {root} --format {form}"
    done = subprocess.run(
        ["bash", "-c", f"{program} | head -c 1"], capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.stderr == ""


def test_no_library_that_is_not_needed_is_loaded(root: Path) -> None:
    arguments = ["validate", "--shapes", str(root / "shapes"), "--data", str(root / "data")]
    code = (
        "import sys\nfrom kgraph.cli import group\n"
        f"try:\n group({arguments!r})\nexcept SystemExit:\n pass\n"
        "wrong = {'fastapi', 'starlette', 'uvicorn', 'jinja2', 'pyshacl', 'SPARQLWrapper',"
        " 'rdflib'}"
        " & set(sys.modules)\n"
        "sys.exit(f'loaded: {wrong}' if wrong else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
