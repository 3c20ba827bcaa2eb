"""Random changes to triples: what a slip of the hand or of a program does to data and to shapes."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from pyoxigraph import Literal, NamedNode, Triple

SH = "http://www.w3.org/ns/shacl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
DATATYPES = ("integer", "nonNegativeInteger", "decimal", "double", "string", "date", "boolean")
COUNTS = {
    NamedNode(SH + name)
    for name in (
        *("minCount", "maxCount", "minLength", "maxLength"),
        *("qualifiedMinCount", "qualifiedMaxCount"),
    )
}
#: Parts of a shape that may stand in another shape as well.
EXCHANGED = {
    NamedNode(SH + name)
    for name in (
        *("class", "datatype", "hasValue", "nodeKind", "disjoint", "lessThanOrEquals"),
        *("path", "pattern", "languageIn", "in", "severity", "targetClass", "targetSubjectsOf"),
        *("minInclusive", "maxInclusive", "minExclusive", "inversePath"),
    )
}


def integer(number: int) -> Literal:
    """Give the number as a literal."""
    return Literal(str(number), datatype=NamedNode(XSD + "integer"))


def change_fact(made: list[Triple], facts: Sequence[int], chance: random.Random) -> None:
    """Change one of the triples at these places: gone, one more, or one part of it another."""
    index, other = chance.choice(facts), made[chance.choice(facts)]
    s, p, o = made[index].subject, made[index].predicate, made[index].object
    kind = chance.randrange(6)
    if kind == 0:
        del made[index]
    elif kind == 1:
        made[index] = Triple(s, p, other.object)
    elif kind == 2:
        made.append(Triple(s, p, other.object))
    elif kind == 3:
        made[index] = Triple(s, other.predicate, o)
    elif kind == 4:
        made[index] = Triple(other.subject, p, o)
    elif isinstance(o, Literal):
        made[index] = Triple(s, p, another_form(o, chance))
    else:
        made.append(Triple(other.subject, p, o))


def another_form(literal: Literal, chance: random.Random) -> Literal:
    """Give a literal written a little otherwise, well or ill."""
    text = chance.choice((literal.value, "0" + literal.value, literal.value + "0", "x", ""))
    if chance.random() < 0.3:
        return Literal(text, language=chance.choice(("de", "en", "en-gb")))
    if chance.random() < 0.5:
        return Literal(text, datatype=NamedNode(XSD + chance.choice(DATATYPES)))
    if literal.language:
        return Literal(text, language=literal.language)
    return Literal(text, datatype=literal.datatype)


def change_limit(made: list[Triple], limits: Sequence[int], chance: random.Random) -> None:
    """Make one of the limits at these places one more or one less."""
    index = chance.choice(limits)
    t = made[index]
    number = max(0, int(t.object.value) + chance.choice((-1, 1)))  # type: ignore[union-attr]
    made[index] = Triple(t.subject, t.predicate, integer(number))


def change_rule(made: list[Triple], chance: random.Random) -> None:
    """Change one shape: another limit, or a part that another shape has in its place."""
    limits = [index for index, t in enumerate(made) if t.predicate in COUNTS]
    if limits and chance.random() < 0.4:
        change_limit(made, limits, chance)
        return
    places: dict[NamedNode, list[int]] = defaultdict(list)
    for index, t in enumerate(made):
        if t.predicate in EXCHANGED:
            places[t.predicate].append(index)
    if not places:
        return
    predicate = chance.choice(sorted(places, key=str))
    index, other = chance.choice(places[predicate]), chance.choice(places[predicate])
    made[index] = Triple(made[index].subject, predicate, made[other].object)
