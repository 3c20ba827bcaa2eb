"""The shell steps of the action and the template, run in a clean clone as a CI runner would."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://example.org/> .
ex:S a sh:NodeShape ; sh:targetClass ex:City ; sh:property ex:P .
ex:P a sh:PropertyShape ; sh:path ex:name ; sh:minCount 1 ;
  sh:message "A city has a name: add ex:name."@en , "Eine Stadt heißt: ex:name fehlt."@de .
"""
GOOD = '@prefix ex: <https://example.org/> .\nex:a a ex:City ; ex:name "A" .\n'
BAD = "@prefix ex: <https://example.org/> .\n\nex:b a ex:City .\n"
#: What a package index out of reach makes pip say.
OFFLINE = ("No matching distribution", "Could not find a version", "ConnectionError")


@dataclass(frozen=True)
class Ran:
    """What a step left behind."""

    code: int
    output: str
    folder: Path
    outputs: dict[str, str]


def start(script: str, folder: Path, shell: str, **variables: str) -> Ran:
    """Run a script with the variables a runner gives, and no others of this project."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {name: text for name, text in os.environ.items() if name.startswith("PIP_")}
    said, summary = folder / ".outputs", folder / ".summary"
    said.touch()
    environment |= {"GITHUB_OUTPUT": str(said), "GITHUB_STEP_SUMMARY": str(summary), **variables}
    command = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], "sh": ["sh", "-e"]}
    file = folder / ".step.sh"
    file.write_text(script)
    result = subprocess.run(
        [*command[shell], file], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    outputs = dict(line.partition("=")[::2] for line in said.read_text().splitlines())
    return Ran(result.returncode, result.stdout + result.stderr, folder, outputs)


def skip_if_offline(text: str) -> None:
    if any(word in text for word in OFFLINE):
        pytest.skip("the package index is out of reach, so nothing can be installed")


class Action:
    """The composite action of a clone: its steps with inputs filled in."""

    def __init__(self, clone: Path, temporary: Path) -> None:
        self.content: dict[str, Any] = yaml.safe_load((clone / "action.yml").read_text())
        self.known = {"github.action_path": str(clone), "runner.temp": str(temporary)}

    def run(self, number: int, folder: Path, **inputs: str) -> Ran:
        given = {name: str(about["default"]) for name, about in self.content["inputs"].items()}
        given |= {name.replace("_", "-"): text for name, text in inputs.items()}
        known = self.known | {f"inputs.{name}": text for name, text in given.items()}
        step = self.content["runs"]["steps"][number]
        variables = {
            name: re.sub(r"\$\{\{ *(\S+) *\}\}", lambda found: known[found[1]], text)
            for name, text in step["env"].items()
        }
        return start(step["run"], folder, step["shell"], **variables)


@pytest.fixture(scope="session")
def action(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Action:
    """The action after its first step."""
    made = Action(clone, tmp_path_factory.mktemp("runner"))
    ran = made.run(0, tmp_path_factory.mktemp("first"), python=sys.executable)
    skip_if_offline(ran.output)
    assert ran.code == 0, ran.output
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's repository: shapes, good data, and bad data beside them."""
    for name, text in {"shapes/s.ttl": SHAPES, "good/a.ttl": GOOD, "bad/b.ttl": BAD}.items():
        file = tmp_path / name
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
    return tmp_path


def test_good_data_pass(action: Action, project: Path) -> None:
    ran = action.run(1, project, shapes="shapes/", data="good/")
    assert (ran.code, ran.outputs) == (0, {"exit-code": "0"}), ran.output


def test_a_fault_is_annotated_and_reported(action: Action, project: Path) -> None:
    ran = action.run(
        1, project, shapes="shapes/s.ttl\n", data="good/a.ttl\n\nbad\n", lang="de",
        sarif="out/report.sarif", format="junit=out/report.xml\nturtle=out/report.ttl",
    )  # fmt: skip
    assert ran.code == 1, ran.output
    assert "::error file=bad/b.ttl,line=3,col=1" in ran.output
    assert "Eine Stadt heißt" in ran.output
    assert ran.outputs == {"exit-code": "1", "sarif": "out/report.sarif"}
    assert json.loads((project / "out/report.sarif").read_text())["runs"][0]["results"]
    assert "<failure" in (project / "out/report.xml").read_text()
    assert "sh:conforms false" in (project / "out/report.ttl").read_text()
    assert "| violation | MinCount | `bad/b.ttl:3` |" in (project / ".summary").read_text()


def test_what_cannot_run_is_told_apart(action: Action, project: Path) -> None:
    ran = action.run(1, project, shapes="shapes/", data="nowhere/", sarif="out.sarif")
    assert (ran.code, ran.outputs) == (2, {"exit-code": "2"})
    assert "nowhere/" in ran.output


@pytest.mark.parametrize("text", ["$(touch pwned)", '"; touch pwned; "', "`touch pwned`", "--help"])
def test_an_input_is_never_run(action: Action, project: Path, text: str) -> None:
    for name in ("shapes", "data", "files", "endpoint", "changed", "fail_on", "lang", "format"):
        ran = action.run(1, project, **{"shapes": "shapes/", "data": "good/", name: text})
        assert ran.code == 2, (name, ran.output)
    assert not (project / "pwned").exists()


def test_an_old_python_is_named(clone: Path, tmp_path: Path) -> None:
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    ran = Action(clone, tmp_path).run(0, tmp_path, python=str(old))
    assert ran.code == 2
    assert "is no Python 3.11" in ran.output


def test_gitlab_job(clone: Path, project: Path) -> None:
    header, body = (clone / "templates/gitlab/template.yml").read_text().split("\n---\n")
    inputs = {
        name: str((about or {}).get("default", ""))
        for name, about in yaml.safe_load(header)["spec"]["inputs"].items()
    }
    inputs |= {"package": str(clone), "shapes": "shapes/", "data": "good/a.ttl, bad/"}
    (job,) = yaml.safe_load(
        re.sub(r"\$\[\[ *inputs\.(\S+) *\]\]", lambda found: inputs[found[1]], body)
    ).values()
    variables = {
        name: value["value"] if isinstance(value, dict) else value
        for name, value in job["variables"].items()
    }
    ran = start("\n".join(job["script"]), project, "sh", TMPDIR=str(project / ".."), **variables)
    skip_if_offline(ran.output)
    assert ran.code == 1, ran.output
    (remark,) = json.loads((project / job["artifacts"]["reports"]["codequality"]).read_text())
    assert remark["location"] == {"path": "bad/b.ttl", "lines": {"begin": 3}}
    assert "<failure" in (project / job["artifacts"]["reports"]["junit"]).read_text()
