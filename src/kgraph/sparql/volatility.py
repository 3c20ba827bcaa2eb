"""Whether the answer of a query may differ from call to call."""

from __future__ import annotations

import re

# The bare text is searched, strings and comments too: which of them is one, the engine may see
# otherwise (`?d<NOW()&&?e>?x`). A name may follow another word at once, as in `DISTINCTRAND()`.
_VOLATILE = re.compile(
    r"(?:NOW|RAND|UUID|BNODE)\s*+[(\#]"
    # What an endpoint elsewhere gives may change without notice.
    r"|SERVICE(?:\s*+[\#<?$:]|\s++\w)",
    re.IGNORECASE,
)


def is_volatile(query: str) -> bool:
    """Tell whether a query calls a function whose value differs from call to call, or SERVICE.

    In doubt it does: an answer kept in vain is wrong, one evaluated in vain is only slow.

    >>> is_volatile("SELECT (1E1-RAND() AS ?x) {}"), is_volatile("SELECT ?now { ?now ?p ?o }")
    (True, False)
    """
    return _VOLATILE.search(query) is not None
