"""`kgraph query`: one query, from a file, a question's id or standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from pyoxigraph import Literal, NamedNode, Store

from kgraph.cli.answers import WRITERS, write_answer
from kgraph.cli.options import data_option, root_option, snapshot_option
from kgraph.dataset.assembly import assemble, load_store, read_graphs
from kgraph.dataset.days import choose_day
from kgraph.dataset.layout import list_graph_files
from kgraph.dataset.snapshot import open_snapshot
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.engines.loading import open_store
from kgraph.errors import BadConfig
from kgraph.questions.parameters import read_untyped
from kgraph.questions.question import (
    find_question,
    read_bindings,
    read_header,
    read_question,
    read_questions,
)

QUESTIONS = Path("queries/questions")


@click.command()
@click.argument("query", required=False)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Bind a parameter.")
@click.option(
    "--format", "form", type=click.Choice(list(WRITERS)), default="table", show_default=True
)
@click.option("--list", "listing", is_flag=True, help="Name the questions there are.")
@data_option
@snapshot_option
@root_option
def query(
    query: str | None,
    params: tuple[str, ...],
    form: str,
    listing: bool,
    data: tuple[Path, ...],
    snapshot: Path | None,
    root: Path,
) -> None:
    """Answer QUERY: a file, the id of a question, or - for standard input.

    The data are those of the repository as its files are now, unless --data or --snapshot is given.
    """
    if listing:
        for question in read_questions(root / QUESTIONS):
            click.echo(f"{question.id}: {question.question['en']}")
        return
    if query is None:
        raise click.UsageError("give a query: a file, the id of a question, or -.")
    text, bindings = _read_query(query, _split(params), root)
    with _open(data, snapshot, root) as store:
        answer = EmbeddedEngine(store).answer(text, bindings)
    click.echo(write_answer(answer, form), nl=False)


def _split(params: tuple[str, ...]) -> dict[str, str]:
    values = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--param {param}: write --param name=value.")
        values[name] = value
    return values


def _read_query(
    query: str, values: Mapping[str, str], root: Path
) -> tuple[str, dict[str, NamedNode | Literal]]:
    """Give the text and the terms; only a query with a header has types for its parameters."""
    file = Path(query)
    if query == "-":
        text = sys.stdin.read()
    elif file.is_file():
        text = file.read_text(encoding="utf-8")
        if "question.en" in read_header(text, query):
            question = read_question(file)
            return text, read_bindings(question, values)
    elif file.suffix or "/" in query:
        raise BadConfig(f"{query}: there is no such file.")
    else:
        question = find_question(read_questions(root / QUESTIONS), query)
        return question.text, read_bindings(question, values)
    return text, {name: read_untyped(value) for name, value in values.items()}


@contextmanager
def _open(data: tuple[Path, ...], snapshot: Path | None, root: Path) -> Iterator[Store]:
    if data and snapshot:
        raise BadConfig("give --data or --snapshot, not both.")
    if data:
        yield open_store(data)
    elif snapshot:
        with open_snapshot(snapshot) as store:
            yield store
    else:
        day = choose_day(None, os.environ)
        yield load_store(assemble(read_graphs(list_graph_files(root)), day))
