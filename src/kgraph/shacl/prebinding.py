"""Pre-binding for all focus nodes at once.

SHACL 5.2.1 and appendix A.1 define a SPARQL constraint by one evaluation per focus node, in which
every basic graph pattern is joined with a one-row table that binds $this (and the parameters).
Joined with a table of *all* focus nodes instead, the same query gives the union of all those
answers: $this is bound in every row of every pattern, is projected by every subselect, and is part
of every grouping, so that rows of different focus nodes never meet. What SHACL forbids (MINUS,
VALUES, SERVICE, `AS $this`, subselects without $this) is refused; what does not split by focus node
(LIMIT and OFFSET in a subselect) is evaluated as a union of one copy per node, many in one query.

The table is put only where it matters: at the top and into subselects, and into any inner group
that reads a pre-bound variable in an expression without binding it by a triple pattern. Elsewhere
the join outside has the same effect. In a FILTER EXISTS, SPARQL itself replaces the variable.
"""

from __future__ import annotations

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue

from kgraph.errors import BadQuery
from kgraph.rdf.terms import Term, show
from kgraph.shacl.setqueries import CONSTANT, COPY, TABLE, TABLE_IN_GRAPH, SetQuery
from kgraph.shacl.vocabulary import ShapesError
from kgraph.sparql.trees import bound_by, exists_in, mentioned, projected, walk
from kgraph.sparql.writer import Writer

FORBIDDEN = {
    "MinusGraphPattern": "MINUS",
    "InlineData": "VALUES",
    "ValuesClause": "VALUES",
    "ServiceGraphPattern": "SERVICE",
}


class Rewriter:
    """Rewrites one query. `rows` are bound by the table, `constants` have one value each."""

    def __init__(self, owner: Term, rows: tuple[str, ...], constants: frozenset[str]) -> None:
        self.owner = owner
        self.rows = rows
        self.constants = {name: f"{CONSTANT}{name}{CONSTANT}" for name in constants}
        self.bound = {*rows, *constants}

    def refuse(self, what: str) -> ShapesError:
        """Give the error for a query that cannot be pre-bound."""
        return ShapesError(
            f"{show(self.owner)}: the SPARQL text uses {what}, which SHACL does not allow where "
            "variables are pre-bound (SHACL 5.2.1). Rewrite the query without it.",
            self.owner,
        )

    def check(self, query: CompValue, bound: set[str]) -> None:
        """Raise ShapesError when the query has what SHACL forbids. `bound`: all names pre-bound."""
        for tree in walk(query):
            if tree.name in FORBIDDEN:
                raise self.refuse(FORBIDDEN[tree.name])
            for key in ("var", "evar"):
                is_new = key == "evar" or tree.name in ("Bind", "GroupAs")
                if is_new and key in tree and str(tree[key]) in bound:
                    raise self.refuse(f"AS ?{tree[key]}")
            if tree.name == "SubSelect":
                given = projected(tree)
                used = {"this"} | (mentioned(tree) & set(self.rows))
                for name in sorted(used - given):
                    raise self.refuse(f"a subselect that does not return ?{name}")

    def select(self, query: CompValue, prologue: str, paths: dict[str, str]) -> SetQuery:
        """Give the query of a SELECT for all rows of the table."""
        is_split = any(t.limitoffset for t in walk(query) if t.name == "SubSelect")
        limit, offset = None, 0
        if query.limitoffset and not is_split:
            if query.limitoffset.limit is not None:
                limit = int(query.limitoffset.limit)
            if query.limitoffset.offset is not None:
                offset = int(query.limitoffset.offset)
            del query["limitoffset"]
        self._select(query, in_graph=False)
        text = Writer(paths, COPY if is_split else "").select(query)
        names = tuple(sorted(projected(query)))
        return SetQuery(prologue, text, names, is_split, limit, offset)

    def ask(self, query: CompValue, prologue: str, paths: dict[str, str]) -> SetQuery:
        """Give the query of those rows of the table for which an ASK is true."""
        is_split = any(t.limitoffset for t in walk(query) if t.name == "SubSelect")
        wanted = mentioned(query.where) & set(self.constants)
        self._group(query.where, force=True, in_graph=False, wanted=wanted)
        columns = " ".join(f"?{name}" for name in self.rows)
        group = Writer(paths, COPY if is_split else "").group(query.where)
        text = f"SELECT DISTINCT {columns} WHERE {group}"
        return SetQuery(prologue, text, self.rows, is_split)

    def _select(self, query: CompValue, in_graph: bool) -> set[str]:
        outside = [value for key, value in query.items() if key != "where"]
        wanted = mentioned(outside) & self.bound
        # A constant must be bound here wherever it is read below: a triple pattern alone would
        # leave it free.
        inside = mentioned(query.where) & set(self.constants)
        given = projected(query)
        certain = self._group(query.where, force=True, in_graph=in_graph, wanted=wanted | inside)
        aggregates = any(
            tree.name.startswith("Aggregate_") for value in outside for tree in walk(value)
        )
        if query.groupby or aggregates:
            keys = query.groupby.condition if query.groupby else []
            have = {str(key) for key in keys if isinstance(key, Variable)}
            missing = [Variable(n) for n in (*self.rows, *sorted(wanted)) if n not in have]
            unique = list(dict.fromkeys(missing))
            if query.groupby:
                query.groupby["condition"] = [*keys, *unique]
            else:
                query["groupby"] = CompValue("GroupClause", condition=unique)
        return certain & given

    def _group(
        self,
        group: CompValue,
        force: bool,
        in_graph: bool,
        wanted: set[str] | None = None,
        outer: str = "",
    ) -> set[str]:
        """Rewrite a group in place and give the pre-bound variables that it surely binds.

        `outer` is "optional" or "exists" where the filters of the group see the row outside.
        """
        if group.name == "SubSelect":
            return self._select(group, in_graph)
        needed = set(wanted or ())
        certain: set[str] = set()
        for part in group.part or []:
            more_needed, more_certain = self._part(part, in_graph, outer)
            needed |= more_needed
            certain |= more_certain
        needed &= self.bound
        certain &= self.bound
        missing = needed - certain
        tables = []
        if force or missing & set(self.rows):
            tables.append(TABLE_IN_GRAPH if in_graph else TABLE)
            certain |= set(self.rows)
        constants = set(self.constants) & (missing | set(wanted or ()) if force else missing)
        for name in sorted(constants):
            tables.append(self.constants[name])
            certain.add(name)
        if tables:
            group["part"] = [*tables, *(group.part or [])]
        return certain

    def _part(self, part: CompValue, in_graph: bool, outer: str) -> tuple[set[str], set[str]]:
        """Rewrite one part; give the variables it needs bound and those that it binds."""
        if part.name == "TriplesBlock":
            return set(), set().union(*(bound_by(block) for block in part.triples))
        if part.name == "Filter":
            return self._filter(part, in_graph, outer)
        if part.name == "Bind":
            for exists in exists_in(part.expr):
                self._group(exists.graph, False, in_graph, outer="exists")
            return mentioned(part.expr), set()
        if part.name == "OptionalGraphPattern":
            self._group(part.graph, force=False, in_graph=in_graph, outer="optional")
            return _filtered(part.graph) if part.graph.name != "SubSelect" else set(), set()
        if part.name == "GroupOrUnionGraphPattern":
            branches = [self._group(graph, False, in_graph) for graph in part.graph]
            return set(), set.intersection(*branches)
        if part.name == "GraphGraphPattern":
            certain = self._group(part.graph, force=False, in_graph=True)
            if isinstance(part.term, Variable):
                certain = certain | {str(part.term)}
            return set(), certain
        raise BadQuery(f"This part of SPARQL is not supported here: {part.name}.")

    def _filter(self, part: CompValue, in_graph: bool, outer: str) -> tuple[set[str], set[str]]:
        for exists in exists_in(part.expr):
            self._group(exists.graph, False, in_graph, outer="exists")
        # The filters of an OPTIONAL, and all of an EXISTS, see the row outside.
        return (set(), set()) if outer else (mentioned(part.expr), set())


def _filtered(group: CompValue) -> set[str]:
    """Give the variables in the filters directly in a group."""
    filters = [part for part in group.part or [] if isinstance(part, CompValue)]
    return set[str]().union(*(mentioned(p.expr) for p in filters if p.name == "Filter"))
