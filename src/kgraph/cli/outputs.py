"""Where reports go: `--format FORMAT` to standard output, `--format FORMAT=FILE` to a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from kgraph.errors import BadConfig
from kgraph.validation.reporters import REPORTERS
from kgraph.validation.reporters.github import write_summary
from kgraph.validation.run_report import RunReport


@dataclass(frozen=True)
class Output:
    """One report to write: its format and its file, None for standard output."""

    form: str
    file: Path | None


def read_outputs(
    _context: click.Context, _parameter: click.Parameter, given: Sequence[str]
) -> tuple[Output, ...]:
    """Give the outputs of all --format options; without any, the human report."""
    outputs = []
    for text in given or ("human",):
        form, equals, name = text.partition("=")
        if form not in REPORTERS:
            raise click.BadParameter(f"{form!r} is not one of {', '.join(REPORTERS)}.")
        if equals and not name:
            raise click.BadParameter(f"{text!r}: give a file after the =, or leave the = out.")
        outputs.append(Output(form, Path(name) if name else None))
    if sum(output.file is None for output in outputs) > 1:
        raise click.BadParameter(
            "only one report goes to standard output; give the others a file: FORMAT=FILE."
        )
    return tuple(outputs)


def deliver(report: RunReport, outputs: Sequence[Output], language: str) -> None:
    """Write all reports, and GitHub's step summary where a run has one.

    Errors: BadConfig when a file cannot be written.
    """
    for output in outputs:
        text = REPORTERS[output.form](report, language) + "\n"
        if output.file is None:
            _print(text)
        else:
            _write(output.file, text)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if output.form == "github" and summary:
            _write(Path(summary), write_summary(report, language) + "\n", mode="a")


def _print(text: str) -> None:
    try:
        click.echo(text, nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BadConfig(f"standard output cannot be written ({error.strerror}).") from error


def _write(file: Path, text: str, mode: str = "w") -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open(mode, encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise BadConfig(f"{file}: cannot be written ({error.strerror}).") from error
