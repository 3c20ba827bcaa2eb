"""What is said about one thing, and where it is said."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.engines.protocol import Engine, Rows
from kgraph.errors import EngineFailure, UnknownResource
from kgraph.namespaces import GRAPH
from kgraph.questions.views import read_views
from kgraph.rdf.terms import RDF_TYPE, Term, sort_key
from kgraph.resources.labels import Labels, read_labels, write_labels_query
from kgraph.sparql.binding import bind_parameters
from kgraph.sparql.values import fill_values

#: The LIMIT of `queries/views/statements.rq`.
MOST_STATEMENTS = 10_000
#: The LIMIT of `queries/views/references.rq`.
MOST_REFERENCES = 200
#: Names are looked up for so many things; a page that names more shows the others by their IRIs.
_MOST_NAMED = 2_000

SubjectTerm = NamedNode | BlankNode | Triple


@dataclass(frozen=True)
class SourcedStatement:
    """A triple and the named graphs that hold it; none where only the default graph does."""

    subject: SubjectTerm
    predicate: NamedNode
    object: Term
    graphs: tuple[NamedNode, ...]

    @property
    def triple(self) -> Triple:
        """The statement without its sources."""
        return Triple(self.subject, self.predicate, self.object)


@dataclass(frozen=True)
class References:
    """The first statements that point to a thing, as (subject, property) in order of property, how
    many there are by each property shown, and in all."""

    rows: tuple[tuple[SubjectTerm, NamedNode], ...] = ()
    alike: Mapping[NamedNode, int] | None = None
    total: int = 0


@dataclass(frozen=True)
class Description:
    """A thing and what is worth saying about it, in an order that the data alone decide.

    `statements` have as subject the thing itself, a node without a name within its description
    (two steps deep at most), or a term, concept or passage that says it belongs to it: usually 5 to
    50, some 1,100 for the ontology. `is_cut` says that there are more than `MOST_STATEMENTS`.
    `size` is the number of statements in it, where it is one of the project's own graphs.
    `sources` are documents and addresses that the graphs were taken from; `labels` the names of all
    that is named, in all languages.
    """

    resource: NamedNode
    statements: tuple[SourcedStatement, ...]
    is_cut: bool
    references: References
    sources: Mapping[NamedNode, tuple[Term, ...]]
    labels: Labels
    size: int = 0

    @property
    def graphs(self) -> list[NamedNode]:
        """The named graphs in which the statements stand."""
        return _sort_names({graph for each in self.statements for graph in each.graphs})

    @property
    def types(self) -> list[NamedNode]:
        """The classes of the thing."""
        found = {each.object for each in self.about(self.resource) if each.predicate == RDF_TYPE}
        return _sort_names({each for each in found if isinstance(each, NamedNode)})

    @property
    def parts(self) -> list[NamedNode]:
        """The terms, concepts or passages that are described along with the thing."""
        found = {each.subject for each in self.statements} - {self.resource}
        return _sort_names({each for each in found if isinstance(each, NamedNode)})

    def about(self, subject: SubjectTerm) -> list[SourcedStatement]:
        """Give the statements about the thing, a part of it, or a node within it."""
        return [each for each in self.statements if each.subject == subject]


def describe(engine: Engine, resource: NamedNode) -> Description:
    """Give the description of one thing.

    In: its IRI. Out: see `Description`; all graphs are read. At most 10,000 statements and 200
    references with their total.
    Errors: UnknownResource when nothing mentions it; those of the engine.
    """
    asking = ask_description(resource)
    query = next(asking)
    while True:
        try:
            query = asking.send(engine.select(query))
        except StopIteration as end:
            found: Description = end.value
            return found


def ask_description(resource: NamedNode) -> Generator[str, Rows, Description]:
    """Ask for the description of a thing query by query, for who answers them in a way of his own:
    yields the text of each SELECT, takes its rows, returns the description.

    The first query alone tells what the thing itself says; its answer decides the others.
    Errors: UnknownResource when nothing mentions the thing.
    """
    views = read_views()
    bound = {"resource": resource}
    rows = yield bind_parameters(views["statements"], bound)
    statements = _read_statements(rows)
    pointing = yield bind_parameters(views["references"], bound)
    references = _read_references(pointing, resource, statements)
    size = 0
    if resource.value.startswith(GRAPH):
        size = _read_size((yield bind_parameters(views["graph-size"], bound)))
    if not statements and not references.total and not size:
        raise UnknownResource(f"Nothing here mentions <{resource.value}>.")
    graphs = _sort_names({graph for each in statements for graph in each.graphs})
    sources: Mapping[NamedNode, tuple[Term, ...]] = {}
    if graphs:
        sources = _read_sources((yield fill_values(views["sources"], "graph", graphs)))
    named = _find_named(resource, statements, references, sources)
    labels = read_labels((yield write_labels_query(named[:_MOST_NAMED])).rows)
    is_cut = len(rows.rows) >= MOST_STATEMENTS
    return Description(resource, statements, is_cut, references, sources, labels, size)


def _read_statements(rows: Rows) -> tuple[SourcedStatement, ...]:
    graphs: dict[Triple, set[NamedNode]] = {}
    for subject, predicate, value, graph in rows.rows:
        if (
            not isinstance(subject, SubjectTerm)
            or not isinstance(predicate, NamedNode)
            or value is None
        ):
            raise _no_such_row("statements")
        found = graphs.setdefault(Triple(subject, predicate, value), set())
        if isinstance(graph, NamedNode):
            found.add(graph)
    ordered = sorted(graphs, key=lambda t: (sort_key(t.subject), _sort_statement(t)))
    return tuple(
        SourcedStatement(t.subject, t.predicate, t.object, tuple(_sort_names(graphs[t])))
        for t in ordered
    )


def _sort_statement(triple: Triple) -> tuple[bool, str, tuple[int, str]]:
    return triple.predicate != RDF_TYPE, triple.predicate.value, sort_key(triple.object)


def _read_references(
    rows: Rows, resource: NamedNode, statements: Sequence[SourcedStatement]
) -> References:
    """Give what points to the thing, without what its own description says."""
    said = {(each.subject, each.predicate) for each in statements if each.object == resource}
    pairs: list[tuple[SubjectTerm, NamedNode]] = []
    alike: dict[NamedNode, int] = {}
    total = 0
    for subject, predicate, count, all_of_them in rows.rows:
        if not isinstance(subject, SubjectTerm) or not isinstance(predicate, NamedNode):
            raise _no_such_row("references")
        total = _read_count(all_of_them)
        own = sum(1 for _, prop in said if prop == predicate)
        if (subject, predicate) not in said:
            pairs.append((subject, predicate))
            alike[predicate] = _read_count(count) - own
    return References(tuple(pairs), alike, total - len(said))


def _read_sources(rows: Rows) -> dict[NamedNode, tuple[Term, ...]]:
    found: dict[NamedNode, set[Term]] = {}
    for graph, source in rows.rows:
        if isinstance(graph, NamedNode) and source is not None:
            found.setdefault(graph, set()).add(source)
    return {graph: tuple(sorted(found[graph], key=sort_key)) for graph in _sort_names(set(found))}


def _find_named(
    resource: NamedNode,
    statements: Sequence[SourcedStatement],
    references: References,
    sources: Mapping[NamedNode, tuple[Term, ...]],
) -> list[NamedNode]:
    """Give the IRIs that a description names, each once, what stands first in it first."""

    def walk() -> Iterator[Term | None]:
        yield resource
        for each in statements:
            yield from (each.subject, each.predicate, each.object, *each.graphs)
        for subject, predicate in references.rows:
            yield from (subject, predicate)
        for found in sources.values():
            yield from found

    return list(dict.fromkeys(each for each in walk() if isinstance(each, NamedNode)))


def _read_size(rows: Rows) -> int:
    return sum(_read_count(size) for (size,) in rows.rows)


def _read_count(term: Term | None) -> int:
    if not isinstance(term, Literal) or not term.value.isdecimal():
        raise _no_such_row("that counts")
    return int(term.value)


def _no_such_row(view: str) -> EngineFailure:
    """Give the error for a row that no engine may give: it may come from an endpoint elsewhere."""
    return EngineFailure(f"a row of the query {view} is not what the query asks for")


def _sort_names(names: set[NamedNode]) -> list[NamedNode]:
    return sorted(names, key=lambda name: name.value)
