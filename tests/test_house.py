"""The arrows of the house: a file imports from its own floor's package or from lower floors."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "kgraph"
#: From the ground up; parts of one floor do not import each other, but for the ground.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "findings", "namespaces", "names", "formats"),
    ("rdf",),
    ("turtle", "sparql", "endpoints"),
    ("questions",),
    ("dataset",),
    ("engines",),
    ("shacl",),
    ("validation", "importers", "resources", "serving", "client"),
    ("publish", "pages"),
    ("cli", "web"),
)
GROUND = FLOORS[0]
#: The two ways in: they name the package itself, for its version and its command.
DOORS = ("__init__", "__main__")
#: `kgraph serve` loads the web door late, so that the other commands need no web framework.
LATE = {("cli", "web"): "cli/serve.py"}
FORBIDDEN = ("util", "helper", "service", "manager", "common", "misc")
FILES = sorted(SOURCE.rglob("*.py"))


def find_part(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def read_imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Yield the parts of kgraph a file imports, and whether it does so inside a function."""
    tree = ast.parse(file.read_text())
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: write imports in full"
            names = [node.module or ""]
        for name in names:
            if name.split(".")[0] == "kgraph":
                yield find_part(name), id(node) in inside


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_arrows_point_down(file: Path) -> None:
    part = file.relative_to(SOURCE).parts[0].removesuffix(".py")
    if part in DOORS:
        return
    floor = next(at for at, floor in enumerate(FLOORS) if part in floor)
    for imported, is_late in read_imports(file):
        if imported in (part, "__init__"):
            continue
        target = next(at for at, floor in enumerate(FLOORS) if imported in floor)
        allowed = target < floor or (part in GROUND and imported in GROUND)
        late = LATE.get((part, imported))
        if late:
            assert is_late, f"{file.name} imports {imported} at its top"
            assert file.relative_to(SOURCE).as_posix() == late
            continue
        assert allowed, f"{part} (floor {floor}) imports {imported} (floor {target})"


def test_the_ground_reads_and_writes_nothing() -> None:
    for name in GROUND:
        if not (SOURCE / f"{name}.py").is_file():
            continue
        tree = ast.parse((SOURCE / f"{name}.py").read_text())
        calls = {n.func.id for n in ast.walk(tree)
                 if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}  # fmt: skip
        assert not calls & {"open", "print", "input"}, name


def test_printing_is_for_the_command_line() -> None:
    for file in FILES:
        if "cli" not in file.parts and file.name != "__main__.py":
            calls = (n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call))
            names = {n.func.id for n in calls if isinstance(n.func, ast.Name)}
            assert "print" not in names, file


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_every_file_says_what_it_is_and_is_short(file: Path) -> None:
    text = file.read_text()
    assert ast.get_docstring(ast.parse(text)), "write a docstring"
    assert text.count("\n") <= 300, "it may hold two nouns"
    assert file.stem not in FORBIDDEN


def test_every_function_one_may_call_has_a_docstring() -> None:
    missing = []
    for file in FILES:
        tree = ast.parse(file.read_text())
        for node in tree.body:
            scope = [node, *getattr(node, "body", [])] if isinstance(node, ast.ClassDef) else [node]
            missing += [
                f"{file.relative_to(SOURCE)}: {each.name}"
                for each in scope
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                and not each.name.startswith("_")
                and not ast.get_docstring(each)
            ]
    assert not missing


def test_validating_needs_no_web_framework() -> None:
    code = (
        "import sys, kgraph.cli.validate, kgraph.cli;"
        "wrong = {'fastapi', 'starlette', 'uvicorn', 'jinja2', 'pyshacl'} & set(sys.modules);"
        "sys.exit(f'imported: {wrong}' if wrong else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
