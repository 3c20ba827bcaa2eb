"""The few tokens of a SPARQL text that matter for placing something in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A string that is never closed is passed over to its end, so that each character is read once: the
# time stays proportional to the text, whatever it is.
_TOKEN = re.compile(
    r"""
    (?P<skip>\#[^\r\n]*                                 # a comment
      | <(?:[^<>"{}|^`\\\s]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>    # an IRI
      | \"\"\"(?:[^\\"]|\\.?|"(?!""))*+(?:\"\"\")?
      | '''(?:[^\\']|\\.?|'(?!''))*+(?:''')?
      | "(?:[^"\\\n]|\\.?)*+"? | '(?:[^'\\\n]|\\.?)*+'?
      | @[A-Za-z][A-Za-z0-9-]*)                         # a language tag
    | [?$](?P<variable>[\w·̀-ͯ‿-⁀]+)
    | (?P<word>[^\W\d_](?:[\w.-]{0,60}[\w-])?:(?:[\w.:-]|\\.|%)* | :(?:[\w.:-]|\\.|%)*
      | [^\W\d_][\w-]*)
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
    """Give the tokens in order; comments, strings, language tags and IRIs are passed over."""
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup
        if kind is None or kind == "skip" or (kind == "sign" and match[kind] not in signs):
            continue
        yield Token(kind, match[kind], match.start())
