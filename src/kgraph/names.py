"""Names of things as people write them: prefixed where Turtle has room for it, and near ones."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

from kgraph.namespaces import PREFIXES

#: Namespaces, the longest first: of two that fit, the nearer one names a thing.
_NAMESPACES = sorted(PREFIXES.items(), key=lambda entry: -len(entry[1]))
#: A local name that Turtle takes without escapes, and people can paste; or none.
_LOCAL = re.compile(r"(?:\w(?:[\w.-]*[\w-])?)?")
#: Two names that share less than this of their letters are not taken for each other.
_LIKENESS = 0.6


def find_prefixed_name(iri: str) -> str | None:
    """Give the prefixed name of an IRI; None where the project has no prefix for it, or Turtle
    would not read what follows the prefix as it stands.

    >>> find_prefixed_name("https://w3id.org/munirel/id/authority/duesseldorf")
    'authority:duesseldorf'
    >>> find_prefixed_name("https://w3id.org/munirel/graph/lists/berlin") is None
    True
    """
    for prefix, namespace in _NAMESPACES:
        if iri.startswith(namespace) and _LOCAL.fullmatch(iri, len(namespace)):
            return f"{prefix}:{iri[len(namespace) :]}"
    return None


def shorten(iri: str) -> str:
    """Give an IRI as Turtle may have it: as prefixed name, or in full between angle brackets."""
    return find_prefixed_name(iri) or f"<{iri}>"


def suggest(iri: str, known: Collection[str]) -> str | None:
    """Give the known IRI that is spelled most like this one, shortened; None when none is near."""
    near = difflib.get_close_matches(iri, known, n=1, cutoff=_LIKENESS)
    if not near:
        return None
    stem = max(iri.rfind("/"), iri.rfind("#")) + 1
    ratio = difflib.SequenceMatcher(None, iri[stem:], near[0][stem:]).ratio()
    return shorten(near[0]) if ratio >= _LIKENESS else None
