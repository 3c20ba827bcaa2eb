"""The few tokens of a SPARQL text that matter for placing something in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<skip>\#[^\n]*                                   # a comment
      | <[^<>"{}|^`\\\s]*>                              # an IRI
      | \"\"\"(?:[^\\]|\\.)*?\"\"\" | '''(?:[^\\]|\\.)*?'''
      | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
    | [?$](?P<variable>[\w·̀-ͯ‿-⁀]+)
    | (?P<word>[^\W\d_][\w-]*:?[\w.:-]*|:[\w.:-]*)
    | (?P<sign>[*{}])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A keyword or name, a variable (without its mark), or one of `*`, `{`, `}`."""

    kind: str
    text: str
    start: int

    @property
    def keyword(self) -> str:
        """The word in capitals; empty for other tokens and for prefixed names."""
        return self.text.upper() if self.kind == "word" and ":" not in self.text else ""


def read_tokens(query: str) -> Iterator[Token]:
    """Give the tokens in order; comments, strings and IRIs are passed over."""
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup
        if kind is not None and kind != "skip":
            yield Token(kind, match[kind], match.start())
