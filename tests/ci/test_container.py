"""The container's steps in a folder of their own, and the compose file against its schema."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from live_server import LiveServer, start_server

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
#: Folders of the image; the test has them below its own.
FOLDERS = ("/opt", "/srv", "/src", "/spool")
_STEP = re.compile(r"^([A-Z]+)\s+((?:.*\\\n)*.*)$", re.MULTILINE)


def read_steps() -> list[tuple[str, str]]:
    """Give the instructions of the container file in their order."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Containerfile").read_text(), flags=re.MULTILINE)
    return [(name, rest.replace("\\\n", " ")) for name, rest in _STEP.findall(text)]


def read_context() -> list[Path]:
    """Give the files that go to the builder: those that .dockerignore lets through."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "what is not named stays out"
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    dropped = [rule.removeprefix("**/") for rule in rules[1:] if not rule.startswith("!")]
    chosen = [ROOT / name for name in kept]
    assert all(each.exists() for each in chosen), "it names something that is not there"
    files = [f for each in chosen for f in ([each] if each.is_file() else each.rglob("*"))]
    return [
        file
        for file in files
        if file.is_file()
        and not any(fnmatch(part, rule) for part in file.parts for rule in dropped)
    ]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the steps of the container file were run, with this Python."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "srv").mkdir()
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    for name, rest in read_steps():
        if (name, rest) == ("COPY", ". ."):
            for file in read_context():
                target = folder / "src" / file.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        elif name == "RUN":
            # Only root may give a folder away.
            command = re.sub(r" -o \d+ -g \d+", "", rest)
            done = subprocess.run(
                ["sh", "-ec", place(command, folder)],
                cwd=folder / "src", env=environment, capture_output=True, text=True, timeout=400,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{rest}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return folder


def place(text: str, folder: Path) -> str:
    """Put the folders of the image below the test's own."""
    return re.sub(rf"(?<![\w.])({'|'.join(FOLDERS)})\b", rf"{folder}\1", text)


@pytest.fixture
def server(image: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    """The server as the image starts it."""
    steps = dict(read_steps())
    for name, value in re.findall(r"(\w+)=(\S+)", steps["ENV"]):
        if name != "PATH":
            monkeypatch.setenv(name, place(value, image))
    monkeypatch.setenv("KGRAPH_HOST", "127.0.0.1")
    monkeypatch.setattr(sys, "executable", str(image / "opt" / "kgraph" / "bin" / "python"))
    monkeypatch.chdir(place(steps["WORKDIR"], image))
    assert json.loads(steps["CMD"]) == ["kgraph", "serve"]
    server = start_server()
    yield server
    assert server.stop() == 0


def test_the_image_serves_its_snapshot(image: Path, server: LiveServer) -> None:
    check = dict(read_steps())["HEALTHCHECK"].partition("CMD")[2]
    command = [each.replace("http://127.0.0.1:8000/", server.url) for each in json.loads(check)]
    subprocess.run([sys.executable, *command[1:]], check=True, timeout=20)
    with urllib.request.urlopen(
        f"{server.sparql}?query=ASK+%7B+?s+?p+?o+%7D", timeout=20
    ) as answer:
        assert json.load(answer)["boolean"] is True
    with urllib.request.urlopen(f"{server.url}openapi.json", timeout=20) as answer:
        asked = {path for path in json.load(answer)["paths"] if path.startswith("/questions/")}
    assert len(asked) == len(list((image / "srv" / "queries" / "questions").iterdir())) > 50


def test_nothing_but_the_project_goes_into_the_image() -> None:
    context = {file.relative_to(ROOT).parts[0] for file in read_context()}
    assert not {each for each in context if each.startswith(".")}
    assert not context & {"build", "tests", "dist", "docs", "bench"}
    assert {"pyproject.toml", "src", "data", "queries"} <= context


def test_the_image_is_not_run_as_root() -> None:
    users = [rest for name, rest in read_steps() if name == "USER"]
    assert users == ["65534:65534"]


def test_the_compose_file_keeps_to_its_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*command, str(DEPLOY / "compose.yaml")], capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_replicas_write_where_the_image_lets_them() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    replicas = [each for name, each in services.items() if name.startswith("replica")]
    assert len(replicas) == 2
    made = " ".join(rest for name, rest in read_steps() if name == "RUN")
    for each in replicas:
        assert each["read_only"] is True
        assert each["volumes"] == [each["environment"]["TMPDIR"]]
        assert f"install -d -o 65534 -g 65534 {each['environment']['TMPDIR']}" in made
