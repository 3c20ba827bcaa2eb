"""SPARQL queries as trees that can be changed and written out again.

The parser is rdflib's (its tree, not its algebra: the tree keeps what the author wrote). This file
is the way back from tree to text. Every expression is put in brackets, so precedence needs no care.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pyparsing import ParseResults
from rdflib import BNode, Literal, URIRef, Variable
from rdflib.plugins.sparql.parserutils import CompValue

from kgraph.errors import BadQuery

# A node of rdflib's tree; it is untyped.
Tree = Any


class Writer:
    """Writes trees as text. `paths` gives the path to write for a variable used as a property."""

    def __init__(self, paths: dict[str, str] | None = None, label_suffix: str = "") -> None:
        self.paths = paths or {}
        self.label_suffix = label_suffix

    def prologue(self, parts: Iterable[CompValue]) -> str:
        """Write BASE and PREFIX lines."""
        lines = []
        for part in parts:
            if part.name == "Base":
                lines.append(f"BASE <{part.iri}>")
            else:
                lines.append(f"PREFIX {part.prefix or ''}: <{part.iri}>")
        return "\n".join(lines)

    def select(self, query: CompValue) -> str:
        """Write a SELECT query or subselect, without its prologue."""
        modifier = f"{query.modifier} " if query.modifier else ""
        columns = " ".join(self._column(column) for column in query.projection or []) or "*"
        datasets = "".join(self._dataset(clause) for clause in query.datasetClause or [])
        return (
            f"SELECT {modifier}{columns} {datasets}WHERE {self.group(query.where)}"
            f"{self.modifiers(query)}"
        )

    def _dataset(self, clause: CompValue) -> str:
        if clause.default is not None:
            return f"FROM {self.term(clause.default)} "
        return f"FROM NAMED {self.term(clause.named)} "

    def _column(self, column: CompValue) -> str:
        if column.expr is not None:
            return f"({self.expression(column.expr)} AS {self.term(column.evar)})"
        return self.term(column.var)

    def modifiers(self, query: CompValue) -> str:
        """Write GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET and VALUES."""
        text = ""
        if query.groupby:
            keys = " ".join(self._group_key(key) for key in query.groupby.condition)
            text += f" GROUP BY {keys}"
        if query.having:
            text += " HAVING " + " ".join(
                f"({self.expression(condition)})" for condition in query.having.condition
            )
        if query.orderby:
            text += " ORDER BY " + " ".join(self._order(c) for c in query.orderby.condition)
        if query.limitoffset:
            if query.limitoffset.limit is not None:
                text += f" LIMIT {int(query.limitoffset.limit)}"
            if query.limitoffset.offset is not None:
                text += f" OFFSET {int(query.limitoffset.offset)}"
        if query.valuesClause:
            text += f" {self._values(query.valuesClause)}"
        return text

    def _group_key(self, key: Tree) -> str:
        if isinstance(key, CompValue) and key.name == "GroupAs":
            name = f" AS {self.term(key['var'])}" if "var" in key else ""
            return f"({self.expression(key.expr)}{name})"
        if isinstance(key, Variable):
            return self.term(key)
        return f"({self.expression(key)})"

    def _order(self, condition: CompValue) -> str:
        return f"{condition.order or 'ASC'}({self.expression(condition.expr)})"

    # -- graph patterns ------------------------------------------------------------------------

    def group(self, group: CompValue) -> str:
        """Write a group graph pattern with its braces."""
        if group.name == "SubSelect":
            return f"{{ {self.select(group)} }}"
        return "{ " + " ".join(self.part(part) for part in group.part or []) + " }"

    def part(self, part: Tree) -> str:
        """Write one element of a group."""
        if isinstance(part, str):
            # Text put in by the program, not by the author.
            return part
        write = PARTS.get(part.name)
        if write is None:
            raise BadQuery(f"This part of SPARQL is not supported here: {part.name}.")
        return write(self, part)

    def _triples(self, part: CompValue) -> str:
        lines = []
        for block in part.triples:
            terms = list(block)
            for index in range(0, len(terms), 3):
                subject, verb, value = terms[index : index + 3]
                lines.append(f"{self.term(subject)} {self.path(verb)} {self.term(value)} .")
        return " ".join(lines)

    def _filter(self, part: CompValue) -> str:
        return f"FILTER({self.expression(part.expr)})"

    def _bind(self, part: CompValue) -> str:
        return f"BIND({self.expression(part.expr)} AS {self.term(part['var'])})"

    def _optional(self, part: CompValue) -> str:
        return f"OPTIONAL {self.group(part.graph)}"

    def _minus(self, part: CompValue) -> str:
        return f"MINUS {self.group(part.graph)}"

    def _union(self, part: CompValue) -> str:
        return " UNION ".join(self.group(graph) for graph in part.graph)

    def _graph(self, part: CompValue) -> str:
        return f"GRAPH {self.term(part.term)} {self.group(part.graph)}"

    def _service(self, part: CompValue) -> str:
        silent = "SILENT " if part.silent else ""
        return f"SERVICE {silent}{self.term(part.term)} {self.group(part.graph)}"

    def _values(self, part: CompValue) -> str:
        names = part.var or []
        rows = part.value or []
        if len(names) == 1 and not any(isinstance(row, ParseResults | list) for row in rows):
            rows = [[row] for row in rows]
        lines = " ".join("(" + " ".join(self._value(v) for v in row) + ")" for row in rows)
        return f"VALUES ({' '.join(self.term(name) for name in names)}) {{ {lines} }}"

    def _value(self, value: Tree) -> str:
        return "UNDEF" if value == "UNDEF" and not isinstance(value, Literal) else self.term(value)

    # -- paths and terms -----------------------------------------------------------------------

    def path(self, verb: Tree) -> str:
        """Write the property of a triple: a variable, an IRI or a path."""
        if isinstance(verb, Variable) and str(verb) in self.paths:
            return self.paths[str(verb)]
        if not isinstance(verb, CompValue) or verb.name in ("pname", "literal"):
            return self.term(verb)
        if verb.name == "PathAlternative":
            return self._steps(verb.part, "|")
        if verb.name == "PathSequence":
            return self._steps(verb.part, "/")
        if verb.name == "PathElt":
            inner = self.path(verb.part)
            return f"({inner}){verb.mod}" if verb.mod else inner
        if verb.name in ("PathEltOrInverse", "InversePath"):
            part = verb.part if verb.part is not None else verb
            return f"^({self.path(part)})"
        if verb.name == "PathNegatedPropertySet":
            return "!(" + "|".join(self._negated(part) for part in verb.part or []) + ")"
        raise BadQuery(f"This path is not supported here: {verb.name}.")

    def _steps(self, parts: list[Tree], between: str) -> str:
        texts = [self.path(part) for part in parts]
        return texts[0] if len(texts) == 1 else "(" + between.join(texts) + ")"

    def _negated(self, part: Tree) -> str:
        if isinstance(part, CompValue) and part.name == "InversePath":
            raise BadQuery("An inverse property inside !( … ) is not supported here.")
        return self.term(part)

    def term(self, term: Tree) -> str:
        """Write a variable or an RDF term."""
        if isinstance(term, Variable):
            return f"?{term}"
        if isinstance(term, BNode):
            return f"_:{term}{self.label_suffix}"
        if isinstance(term, URIRef):
            return f"<{term}>"
        if isinstance(term, Literal):
            return term.n3()
        if isinstance(term, CompValue) and term.name == "pname":
            return f"{term.prefix or ''}:{term.localname or ''}"
        if isinstance(term, CompValue) and term.name == "literal":
            text = Literal(str(term.string)).n3()
            if term.lang is not None:
                return f"{text}@{term.lang}"
            return f"{text}^^{self.term(term.datatype)}" if term.datatype is not None else text
        raise BadQuery(f"This term is not supported here: {term!r}.")

    # -- expressions ---------------------------------------------------------------------------

    def expression(self, tree: Tree) -> str:
        """Write an expression."""
        if not isinstance(tree, CompValue) or tree.name in ("pname", "literal"):
            return self.term(tree)
        name = tree.name
        if name in ("ConditionalOrExpression", "ConditionalAndExpression"):
            operator = " || " if name == "ConditionalOrExpression" else " && "
            return self._joined([tree.expr, *(tree.other or [])], operator)
        if name in ("AdditiveExpression", "MultiplicativeExpression"):
            text = self.expression(tree.expr)
            for operator, other in zip(tree.op or [], tree.other or [], strict=True):
                text = f"({text} {operator} {self.expression(other)})"
            return text
        if name == "RelationalExpression":
            return self._relation(tree)
        if name in ("UnaryNot", "UnaryMinus", "UnaryPlus"):
            sign = {"UnaryNot": "!", "UnaryMinus": "-", "UnaryPlus": "+"}[name]
            return f"({sign} {self.expression(tree.expr)})"
        if name.startswith("Builtin_"):
            return self._builtin(tree)
        if name.startswith("Aggregate_"):
            return self._aggregate(tree)
        if name == "Function":
            distinct = "DISTINCT " if tree.distinct else ""
            arguments = ", ".join(self.expression(e) for e in tree.expr or [])
            return f"{self.term(tree.iri)}({distinct}{arguments})"
        raise BadQuery(f"This expression is not supported here: {name}.")

    def _joined(self, trees: list[Tree], operator: str) -> str:
        texts = [self.expression(tree) for tree in trees]
        return texts[0] if len(texts) == 1 else "(" + operator.join(texts) + ")"

    def _relation(self, tree: CompValue) -> str:
        left = self.expression(tree.expr)
        if tree.op is None:
            return left
        if str(tree.op).upper() in ("IN", "NOT IN"):
            others = [] if isinstance(tree.other, URIRef) else list(tree.other)
            right = "(" + ", ".join(self.expression(other) for other in others) + ")"
        else:
            right = self.expression(tree.other)
        return f"({left} {tree.op} {right})"

    def _builtin(self, tree: CompValue) -> str:
        name = tree.name.removeprefix("Builtin_")
        if name in ("EXISTS", "NOTEXISTS"):
            return f"{'NOT ' if name == 'NOTEXISTS' else ''}EXISTS {self.group(tree.graph)}"
        arguments: list[Tree] = []
        for key in ARGUMENTS.get(name, ("arg", "arg1", "arg2", "arg3")):
            if key not in tree:
                continue
            value = tree[key]
            several = isinstance(value, list | ParseResults)
            arguments += list(value) if several else [value]
        if arguments == [NIL] and name in ("COALESCE", "CONCAT", "BNODE"):
            arguments = []
        return f"{name}({', '.join(self.expression(a) for a in arguments)})"

    def _aggregate(self, tree: CompValue) -> str:
        name = tree.name.removeprefix("Aggregate_")
        distinct = "DISTINCT " if tree.distinct else ""
        counted = tree["vars"]
        inner = "*" if isinstance(counted, str) and counted == "*" else self.expression(counted)
        if name == "GroupConcat":
            separator = ""
            if tree.separator is not None:
                separator = f"; SEPARATOR={Literal(str(tree.separator)).n3()}"
            return f"GROUP_CONCAT({distinct}{inner}{separator})"
        return f"{name.upper()}({distinct}{inner})"


NIL = URIRef("http://www.w3.org/1999/02/22-rdf-syntax-ns#nil")

# Builtins whose arguments have names of their own in rdflib's tree.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "REGEX": ("text", "pattern", "flags"),
    "SUBSTR": ("arg", "start", "length"),
    "REPLACE": ("arg", "pattern", "replacement", "flags"),
}

# Elements of a group to the method that writes them.
PARTS: dict[str, Callable[[Writer, CompValue], str]] = {
    "TriplesBlock": Writer._triples,
    "Filter": Writer._filter,
    "Bind": Writer._bind,
    "OptionalGraphPattern": Writer._optional,
    "MinusGraphPattern": Writer._minus,
    "GroupOrUnionGraphPattern": Writer._union,
    "GraphGraphPattern": Writer._graph,
    "ServiceGraphPattern": Writer._service,
    "InlineData": Writer._values,
}
