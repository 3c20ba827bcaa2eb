"""`kgraph query`: one query, from a file, a question's id or standard input."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import click
from pyoxigraph import Literal, NamedNode, Store

from kgraph.cli.answers import write_answer
from kgraph.cli.options import data_option, root_option, snapshot_option
from kgraph.dataset.assembly import assemble, load_store, read_graphs
from kgraph.dataset.days import choose_day
from kgraph.dataset.layout import list_graph_files
from kgraph.dataset.snapshot import open_snapshot
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.engines.evaluation import Task, evaluate
from kgraph.engines.loading import open_store
from kgraph.errors import BadConfig, BadQuery
from kgraph.formats import GRAPH_TYPES, RESULT_TYPES, choose_graph_suffix
from kgraph.questions.parameters import read_untyped
from kgraph.questions.question import (
    find_question,
    read_bindings,
    read_header,
    read_question,
    read_questions,
)
from kgraph.sparql.binding import bind_parameters

QUESTIONS = Path("queries/questions")
#: What --format takes; all but the first are written as the endpoint writes them.
TABLE = "table"
FORMATS = (TABLE, *RESULT_TYPES, *GRAPH_TYPES)
_HELD_BYTES = 1 << 24


@click.command()
@click.argument("query", required=False)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Bind a parameter.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=TABLE,
    show_default=True,
    help="How rows or a graph are written; json and xml are JSON-LD and RDF/XML for a graph.",
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
        if form == TABLE:
            click.echo(write_answer(EmbeddedEngine(store).answer(text, bindings)), nl=False)
        else:
            _send(store, bind_parameters(text, bindings), form)


def _send(store: Store, text: str, form: str) -> None:
    """Write the bytes that the endpoint would send; nothing of an answer that is not whole."""
    rows = form if form in RESULT_TYPES else None
    task = Task(text, result_format=rows, graph_format=choose_graph_suffix(form))
    with tempfile.SpooledTemporaryFile(_HELD_BYTES) as held:
        evaluate(store, task, cast(IO[bytes], held))
        held.seek(0)
        out = sys.stdout.buffer
        shutil.copyfileobj(held, out)
        out.flush()


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
        text = _decode(sys.stdin.buffer.read(), "standard input")
    elif _is_file(file):
        text = _decode(file.read_bytes(), query)
        if "question.en" in read_header(text, query):
            question = read_question(file)
            return text, read_bindings(question, values)
    elif file.suffix or "/" in query:
        raise BadConfig(f"{query}: there is no such file.")
    else:
        question = find_question(read_questions(root / QUESTIONS), query)
        return question.text, read_bindings(question, values)
    return text, {name: _read_value(name, value) for name, value in values.items()}


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:
        # No file has a name this long; it cannot be a question's id either.
        return False


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadQuery(f"{name}: line {line}: a byte here is not UTF-8.", line) from error


def _read_value(name: str, value: str) -> NamedNode | Literal:
    try:
        return read_untyped(value)
    except ValueError as error:
        raise BadQuery(f"the value “{value}” of {name} is no IRI: {error}.") from error


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
