"""Reading SPARQL trees: which variables they mention, bind and show."""

from __future__ import annotations

from collections.abc import Iterator

from pyparsing import ParseResults
from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue

from kgraph.sparql.writer import Tree


def children(tree: Tree) -> Iterator[Tree]:
    """Give the parts of a tree."""
    if isinstance(tree, CompValue):
        yield from tree.values()
    elif isinstance(tree, list | ParseResults | tuple):
        yield from tree


def copy_tree(tree: Tree) -> Tree:
    """Give a tree of the same parts, which may be changed while the first one stays."""
    if isinstance(tree, CompValue):
        copy = CompValue(tree.name)
        for name, part in tree.items():
            copy[name] = copy_tree(part)
        return copy
    if isinstance(tree, list | ParseResults | tuple):
        return [copy_tree(part) for part in tree]
    return tree


def walk(tree: Tree) -> Iterator[CompValue]:
    """Give a tree and all trees in it."""
    if isinstance(tree, CompValue):
        yield tree
    for child in children(tree):
        yield from walk(child)


def mentioned(tree: Tree, into_exists: bool = True) -> set[str]:
    """Give the names of all variables in a tree."""
    if isinstance(tree, Variable):
        return {str(tree)}
    if isinstance(tree, str):
        return set()
    is_exists = isinstance(tree, CompValue) and tree.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS")
    if is_exists and not into_exists:
        return set()
    return set[str]().union(*(mentioned(child, into_exists) for child in children(tree)))


def exists_in(tree: Tree) -> Iterator[CompValue]:
    """Give the outermost EXISTS of an expression."""
    if isinstance(tree, CompValue) and tree.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
        yield tree
        return
    for child in children(tree):
        yield from exists_in(child)


def bound_by(block: Tree) -> set[str]:
    """Give the variables that triples surely bind."""
    terms = list(block)
    bound: set[str] = set()
    for index in range(0, len(terms), 3):
        subject, verb, value = terms[index : index + 3]
        if isinstance(verb, Variable):
            bound.add(str(verb))
        elif any(tree.mod in ("*", "?") for tree in walk(verb) if tree.name == "PathElt"):
            # A path that may be empty ranges over the graph when neither end is bound.
            continue
        bound |= {str(term) for term in (subject, value) if isinstance(term, Variable)}
    return bound


def projected(query: CompValue) -> set[str]:
    """Give the names of the columns of a SELECT."""
    if not query.projection:
        return visible(query.where)
    names = set()
    for column in query.projection:
        names.add(str(column.evar if column.evar is not None else column["var"]))
    return names


def visible(group: CompValue) -> set[str]:
    """Give the variables that `SELECT *` shows (SPARQL 18.2.1): not those of filters alone."""
    if group.name == "SubSelect":
        return projected(group)
    names: set[str] = set()
    for part in group.part or []:
        if part.name == "TriplesBlock":
            names |= mentioned(part)
        elif part.name == "Bind":
            names.add(str(part["var"]))
        elif part.name == "GroupOrUnionGraphPattern":
            names = names.union(*(visible(graph) for graph in part.graph))
        elif part.name in ("OptionalGraphPattern", "GraphGraphPattern", "ServiceGraphPattern"):
            names |= visible(part.graph) | mentioned(part.term if "term" in part else None)
        elif part.name == "InlineData":
            names |= mentioned(part["var"])
    return names
