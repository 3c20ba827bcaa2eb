"""`kgraph validate`: syntax, style, shapes, integrity, answers."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from kgraph.cli.options import root_option
from kgraph.cli.outputs import Output, deliver, read_outputs
from kgraph.cli.watching import watch_files
from kgraph.dataset.days import choose_day
from kgraph.dataset.layout import TOPS
from kgraph.errors import BadConfig, KgraphError
from kgraph.findings import Severity
from kgraph.validation.baseline import leave_out_known, read_baseline
from kgraph.validation.baseline import write_baseline as write_baseline_text
from kgraph.validation.changes import validate_changes
from kgraph.validation.explanations import explain_code
from kgraph.validation.reporters import REPORTERS
from kgraph.validation.run import RunOptions, stay_silent, validate_files, validate_repository
from kgraph.validation.run_report import RunReport
from kgraph.validation.shape_engines import ENGINES

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
PLACE = click.Path(exists=True, path_type=Path)
#: What is read from a folder given to --data or --shapes.
ENDINGS = (".ttl", ".nt", ".nq", ".trig", ".rdf", ".owl", ".jsonld")


@dataclass(frozen=True)
class ValidateRun:
    """What to check, and how."""

    root: Path
    files: tuple[Path, ...]
    shapes: tuple[Path, ...]
    data: tuple[Path, ...]
    changed: str | None
    engine: str
    endpoint: str | None
    timeout_seconds: int
    literals_as_written: bool

    def run(self) -> RunReport:
        """Check it once."""
        options = RunOptions(self.engine, _show_progress if sys.stderr.isatty() else stay_silent)
        started = time.monotonic()
        if self.endpoint is not None:
            # Loaded here alone: the library for endpoints brings rdflib, half a second of it.
            from kgraph.validation.endpoint_run import validate_endpoint

            report = validate_endpoint(
                self.endpoint, _expand(self.shapes), self.timeout_seconds, options,
                self.literals_as_written,
            )  # fmt: skip
        elif self.shapes:
            report = validate_files(_expand(self.data), _expand(self.shapes), options)
        else:
            day = choose_day(None, os.environ)
            if self.changed is not None:
                report = validate_changes(self.root, self.changed, day, options)
            else:
                report = validate_repository(self.root, self.files, day, options)
        options.progress("")
        return dataclasses.replace(report, seconds=time.monotonic() - started)

    def list_files(self) -> Iterator[Path]:
        """Give the files whose change is worth another run."""
        if self.shapes:
            yield from _expand((*self.shapes, *self.data))
            return
        yield from self.files
        for top in (*TOPS, "queries"):
            yield from (self.root / top).rglob("*.[tr][tq]*")


@click.command()
@click.argument("files", nargs=-1, type=EXISTING_FILE)
@click.option("--shapes", multiple=True, type=PLACE, help="Shapes to check --data against.")
@click.option(
    "--data", multiple=True, type=PLACE, help="Data to check; only syntax and shapes run."
)
@click.option(
    "--format", "outputs", multiple=True, callback=read_outputs, metavar="FORMAT[=FILE]",
    help=f"One of {', '.join(REPORTERS)}; several times for several reports.  [default: human]",
)  # fmt: skip
@click.option("--lang", type=click.Choice(["en", "de"]), default="en", show_default=True)
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in reversed(Severity)]),
    default=Severity.VIOLATION.value,
    show_default=True,
    help="Least severity that gives exit code 1; severities of one's own count as info.",
)
@click.option("--changed", metavar="REF", help="Tell what concerns changes since a git revision.")
@click.option(
    "--baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Leave out the findings that the file names.",
)  # fmt: skip
@click.option("--write-baseline", is_flag=True, help="Write the --baseline from what is found.")
@click.option("--explain", metavar="CODE", help="Say what a rule wants, and why.")
@click.option("--watch", is_flag=True, help="Run again whenever a file was saved.")
@click.option(
    "--engine", type=click.Choice(list(ENGINES)), default="kgraph", show_default=True,
    help="What applies the shapes; pyshacl is the slow reference.",
)  # fmt: skip
@click.option(
    "--endpoint", metavar="URL",
    help="Check the default graph of this SPARQL 1.1 endpoint against --shapes.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.IntRange(min=1), default=300, show_default=True, metavar="SECONDS",
    help="How long the endpoint may take for one answer.",
)  # fmt: skip
@click.option(
    "--literals-as-written", is_flag=True,
    help="The endpoint's literals are as they were written: decide what depends on it.",
)  # fmt: skip
@root_option
def validate(
    files: tuple[Path, ...],
    shapes: tuple[Path, ...],
    data: tuple[Path, ...],
    outputs: tuple[Output, ...],
    lang: str,
    fail_on: str,
    changed: str | None,
    baseline: Path | None,
    write_baseline: bool,
    explain: str | None,
    watch: bool,
    engine: str,
    endpoint: str | None,
    timeout: int,
    literals_as_written: bool,
    root: Path,
) -> None:
    """Check the data set, or what concerns FILES in it.

    Exit code 0: nothing at or above --fail-on; 1: something; 2: the check could not run, or not
    decide everything.
    """
    if explain is not None:
        click.echo(explain_code(explain, root, _expand(shapes), lang))
        return
    if endpoint is not None:
        _check_endpoint_options(shapes, data, files, changed, engine)
    elif bool(shapes) != bool(data):
        raise BadConfig("--shapes and --data belong together: give both, or neither.")
    if shapes and files:
        raise BadConfig("with --shapes and --data, give the files to check with --data.")
    if changed is not None and (files or shapes):
        raise BadConfig("--changed chooses what to tell of the data set: give no files with it.")
    if write_baseline and baseline is None:
        raise BadConfig("--write-baseline needs to know where: add --baseline FILE.")
    task = ValidateRun(
        root, files, shapes, data, changed, engine, endpoint, timeout, literals_as_written
    )
    if write_baseline and baseline is not None:
        _accept(task.run(), baseline)
        return

    def check() -> int:
        report = dataclasses.replace(task.run(), threshold=Severity(fail_on))
        if baseline is not None:
            report = leave_out_known(
                report, read_baseline(baseline), str(baseline), not (changed or files)
            )
        deliver(report, outputs, lang)
        return _tell_undecided(report) or int(report.fails())

    if watch:
        watch_files(task.list_files, lambda: _try(check))
    elif code := check():
        sys.exit(code)


def _check_endpoint_options(
    shapes: tuple[Path, ...],
    data: tuple[Path, ...],
    files: tuple[Path, ...],
    changed: str | None,
    engine: str,
) -> None:
    if not shapes:
        raise BadConfig("--endpoint needs to know the rules: add --shapes FILE.")
    if data or files or changed is not None:
        raise BadConfig("--endpoint names the data: give no files, --data or --changed with it.")
    if engine != "kgraph":
        raise BadConfig(f"--engine {engine} reads files alone: leave it out with --endpoint.")


def _tell_undecided(report: RunReport) -> int:
    """Give 2, and say so, when something neither passed nor failed; else 0."""
    if not report.undecided:
        return 0
    count = len(report.undecided)
    click.echo(f"kgraph: {count:,} undecided; this run says neither yes nor no.", err=True)
    return 2


def _try(check: Callable[[], int]) -> None:
    """Run a check whose failure must not end the watching."""
    try:
        check()
    except KgraphError as error:
        click.echo(f"kgraph: {error}", err=True)


def _accept(report: RunReport, baseline: Path) -> None:
    try:
        baseline.write_text(write_baseline_text(report), encoding="utf-8")
    except OSError as error:
        raise BadConfig(f"{baseline}: cannot be written ({error.strerror}).") from error
    click.echo(f"{baseline}: {len(report.findings):,} findings are known from now on", err=True)


def _expand(paths: tuple[Path, ...]) -> list[Path]:
    """Give the files named, and for a folder the RDF files below it. Errors: BadConfig."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = [path]
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS)
            if not inside:
                raise BadConfig(f"{path}: holds no file that ends in {', '.join(ENDINGS)}.")
        found.update(dict.fromkeys(inside))
    return list(found)


def _show_progress(stage: str) -> None:
    """Show the stage on a line of its own that the next one overwrites."""
    text = f"checking {stage} …" if stage else ""
    click.echo(f"\r\x1b[K{text}", nl=False, err=True)
