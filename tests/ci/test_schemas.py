"""The files for other repositories against their schemas, which check-jsonschema brings along."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "ci.md"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())


def check(schema: str, *texts: str, folder: Path) -> None:
    """Check texts against a schema by its name; no network is used."""
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.yml")
        files[-1].write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    if schema == "vendor.gitlab-ci":
        command += ["--data-transform", "gitlab-ci"]
    result = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def pre_commit(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pre_commit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_action(tmp_path: Path) -> None:
    check("vendor.github-actions", (ROOT / "action.yml").read_text(), folder=tmp_path)


def test_a_wrong_action_would_be_found(tmp_path: Path) -> None:
    text = (ROOT / "action.yml").read_text().replace("using: composite", "using: magic")
    with pytest.raises(AssertionError, match="magic"):
        check("vendor.github-actions", text, folder=tmp_path)


def test_gitlab_template(tmp_path: Path) -> None:
    parts = (ROOT / "templates/gitlab/template.yml").read_text().split("\n---\n")
    assert len(parts) == 2
    check("vendor.gitlab-ci", *parts, folder=tmp_path)


def test_hooks() -> None:
    result = pre_commit("validate-manifest", ROOT / ".pre-commit-hooks.yaml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_examples_of_the_page(tmp_path: Path) -> None:
    checked = {"jobs": 0, "include": 0, "repos": 0}
    for example in EXAMPLES:
        key = next(key for key in checked if key in yaml.safe_load(example))
        checked[key] += 1
        if key == "repos":
            file = tmp_path / "config.yaml"
            file.write_text(example)
            result = pre_commit("validate-config", file)
            assert result.returncode == 0, result.stdout + result.stderr
        else:
            schema = "vendor.github-workflows" if key == "jobs" else "vendor.gitlab-ci"
            check(schema, example, folder=tmp_path)
    assert all(checked.values())


def test_other_actions_are_pinned_by_hash() -> None:
    used = re.findall(r"\buses: *(\S+)", "\n".join([*EXAMPLES, (ROOT / "action.yml").read_text()]))
    assert used
    assert [name for name in used if not re.search(r"@[0-9a-f]{40}$", name)] == []


def test_workflows_have_least_permissions() -> None:
    for example in EXAMPLES:
        workflow = yaml.safe_load(example)
        if "jobs" in workflow:
            assert workflow["permissions"] == {"contents": "read"}


def test_no_input_is_pasted_into_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
    template = (ROOT / "templates/gitlab/template.yml").read_text()
    assert "$[[" not in template.partition("  script:\n")[2]


@pytest.mark.parametrize("name", [*ACTION["inputs"], *ACTION["outputs"]])
def test_inputs_and_outputs_are_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(ACTION["inputs"]))
def test_every_input_is_used(name: str) -> None:
    environments = [step["env"].values() for step in ACTION["runs"]["steps"]]
    assert any(f"${{{{ inputs.{name} }}}}" in values for values in environments)


def test_inputs_of_the_template_are_on_the_page() -> None:
    spec = yaml.safe_load((ROOT / "templates/gitlab/template.yml").read_text().split("\n---\n")[0])
    page = PAGE.read_text(encoding="utf-8").partition("## GitLab")[2]
    assert [name for name in spec["spec"]["inputs"] if f"`{name}`" not in page] == []
