"""docs/serving.md names every setting, metric and status as the program has them."""

from __future__ import annotations

import re
from pathlib import Path

from kgraph.errors import ERROR_KINDS
from kgraph.web.metrics import Metrics
from kgraph.web.settings import ServeSettings

PAGE = Path(__file__).parents[1] / "docs" / "serving.md"


def write_settings() -> str:
    """Give the table that belongs between the two marks."""
    lines = ["| setting | default | what |", "|---|---|---|"]
    for name, entry in ServeSettings.model_fields.items():
        default = "" if entry.default is None else str(entry.default)
        shown = f"`{default}`" if default else "none"
        lines.append(f"| `{name}` | {shown} | {entry.description} |")
    return "\n".join(lines)


def test_the_table_of_settings_is_fresh() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"<!-- settings -->\n(.*)\n<!-- /settings -->", text, re.DOTALL)
    assert found
    assert found[1] == write_settings(), f"put this between the marks:\n{write_settings()}"


def test_every_metric_is_named() -> None:
    metrics = Metrics()
    metrics.answers.labels("200").inc()
    metrics.prepared.labels("hit").inc()
    metrics.kills.labels("seconds").inc()
    metrics.outside.labels("failed").inc()
    written = metrics.write().decode()
    names = set(re.findall(r"^# HELP (\S+)", written, re.MULTILINE))
    names = {name for name in names if not name.endswith("_created")}
    assert len(names) >= 8
    missing = {name for name in names if f"`{name}" not in PAGE.read_text(encoding="utf-8")}
    assert not missing


def test_every_status_is_named() -> None:
    statuses = {str(kind.status) for kind in ERROR_KINDS.values()} - {"500"}
    rows = re.findall(r"^\| ([\d, ]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert statuses <= {status.strip() for row in rows for status in row.split(",")}
