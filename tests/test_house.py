"""The arrows of the house: a file imports from its own floor's package or from lower floors."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
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
    ("validation", "resources", "serving"),
    ("publish", "pages"),
    ("cli", "web"),
)
GROUND = FLOORS[0]
#: The two ways in: they name the package itself, for its version and its command.
DOORS = ("__init__", "__main__")
#: `kgraph serve` loads the web door late, so that the other commands need no web framework.
LATE = {("cli", "web"): "cli/serve.py"}
FORBIDDEN = ("util", "utils", "helper", "helpers", "service", "manager", "common", "misc")
#: Who may print: the command line alone; what it prints, the reporters give as text.
PRINTING = ("cli", "__main__.py")
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = {
    ".".join(("kgraph", *file.relative_to(SOURCE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): file
    for file in FILES
}


def find_part(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def read_imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Yield the modules of kgraph a file imports, for types and late too, and whether late."""
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
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [each for each in inner if each in MODULES]
            if len(names) < len(inner):
                names.append(node.module or "")
        for name in names:
            if name.split(".")[0] == "kgraph":
                yield name, id(node) in inside


def name_folder(module: str) -> str:
    """Give the folder whose file a module is; a package's own file stands for the package."""
    return MODULES[module].parent.relative_to(SOURCE).as_posix()


def is_within(folder: str, other: str) -> bool:
    return other == "." or f"{folder}/".startswith(f"{other}/")


def find_circle(arrows: Mapping[str, Iterable[str]]) -> list[str]:
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_arrows_point_down(file: Path) -> None:
    part = file.relative_to(SOURCE).parts[0].removesuffix(".py")
    if part in DOORS:
        return
    floor = next(at for at, floor in enumerate(FLOORS) if part in floor)
    for module, is_late in read_imports(file):
        imported = find_part(module)
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


def test_no_files_import_each_other_in_a_circle() -> None:
    arrows = {
        name: {module for module, _ in read_imports(file) if module != name}
        for name, file in MODULES.items()
        # The package itself is the version, which anything may name.
        if name != "kgraph"
    }
    assert not find_circle({name: found - {"kgraph"} for name, found in arrows.items()})


def test_no_folders_import_each_other_in_a_circle() -> None:
    """But for a folder and one within it: `web` holds what routes stand on, and what holds them."""
    arrows = defaultdict(set)
    for name, file in MODULES.items():
        for module, _ in read_imports(file):
            folder, imported = name_folder(name), name_folder(module)
            if not is_within(folder, imported) and not is_within(imported, folder):
                arrows[folder].add(imported)
    assert not find_circle(arrows)


def test_a_circle_is_found() -> None:
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not find_circle({"a": {"b", "c"}, "b": {"c"}})


def test_the_ground_reads_and_writes_nothing() -> None:
    for name in GROUND:
        tree = ast.parse((SOURCE / f"{name}.py").read_text())
        calls = {n.func.id for n in ast.walk(tree)
                 if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}  # fmt: skip
        assert not calls & {"open", "print", "input"}, name


def test_printing_is_for_the_command_line() -> None:
    """Also as a value: a default argument prints as well as a call."""
    for file in FILES:
        if not set(file.relative_to(SOURCE).parts) & set(PRINTING):
            names = {n.id for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Name)}
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
