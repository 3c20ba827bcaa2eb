"""One file per output format; a reporter turns a report into text and prints nothing."""

from __future__ import annotations

from collections.abc import Callable

from kgraph.validation.reporters.github import write_github
from kgraph.validation.reporters.gitlab import write_gitlab
from kgraph.validation.reporters.human import write_full, write_human
from kgraph.validation.reporters.json import write_json
from kgraph.validation.reporters.junit import write_junit
from kgraph.validation.reporters.sarif import write_sarif
from kgraph.validation.reporters.turtle import write_turtle
from kgraph.validation.run_report import RunReport

#: --format -> the writer of a report in a language. No text ends with a line end.
REPORTERS: dict[str, Callable[[RunReport, str], str]] = {
    "human": write_human,
    "full": write_full,
    "json": write_json,
    "sarif": write_sarif,
    "junit": write_junit,
    "github": write_github,
    "gitlab": write_gitlab,
    "turtle": write_turtle,
}
