"""The few tokens of a SPARQL text that matter for placing something in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A string that is never closed is passed over to its end, so that each character is read once: the
# time stays proportional to the text, whatever it is.
_TOKEN = re.compile(
    r"""
    (?P<text>\#[^\r\n]*                                 # a comment
      | \"\"\"(?:[^\\"]|\\.?|"(?!""))*+(?:\"\"\")?
      | '''(?:[^\\']|\\.?|'(?!''))*+(?:''')?
      | "(?:[^"\\\n]|\\.?)*+"? | '(?:[^'\\\n]|\\.?)*+'?)
    | (?P<skip><(?:[^<>"{}|^`\\\s]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>    # an IRI
      | @[A-Za-z][A-Za-z0-9-]*                          # a language tag
      | _:\w[\w-]*                                      # a blank node
      | (?:[0-9]+\.?[0-9]*|\.[0-9]+)[Ee][+-]?[0-9]+      # numbers
      | [0-9]*\.[0-9]+ | [0-9]+)
    | [?$](?P<variable>[\w·̀-ͯ‿-⁀]+)
    # A local name neither begins nor ends with a dot, and no keyword has a hyphen in it.
    | (?P<word>(?:[^\W\d_](?:[\w.-]{0,60}[\w-])?)?:
               (?:(?:[\w:]|\\.|%)(?:[\w:-]|\\.|%|\.+(?=[\w:\\%-]))*+)?
      | [^\W\d_]\w*)
    | (?P<sign>[*{}()])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A keyword or name, a variable (without its mark), or one of the signs asked for."""

    kind: str
    text: str
    start: int

    @property
    def keyword(self) -> str:
        """The word in capitals; empty for other tokens and for prefixed names."""
        return self.text.upper() if self.kind == "word" and ":" not in self.text else ""


def read_tokens(query: str, signs: str = "*{}") -> Iterator[Token]:
    """Give the tokens in order; all else is passed over.

    Where a text can be read in two ways the longest token counts, as the standard has it; the
    engine may still read the shorter one: `?a<b&&?c>?d` has no IRI for it.
    """
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup
        if kind not in ("variable", "word", "sign"):
            continue
        if kind != "sign" or match[kind] in signs:
            yield Token(kind, match[kind], match.start())


def blank_text(query: str) -> str:
    """Give the query with blanks for its comments and strings; all else stays where it is.

    >>> blank_text("ASK { ?s ?p 'ab' }")
    'ASK { ?s ?p      }'
    """
    return _TOKEN.sub(lambda m: " " * len(m[0]) if m["text"] is not None else m[0], query)
