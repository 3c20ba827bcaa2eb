"""Turtle as tokens, each with its place: the one reading of Turtle text that keeps every character.

A parser tells what a text means; this tells where each word of it stands, also in a text that no
parser takes. It reads N-Triples and TriG as well. Source: Turtle 1.1, section 6.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple


class TokenKind(Enum):
    """What a token is; the names of the members are the groups of the pattern below."""

    SPACE = auto()
    COMMENT = auto()
    STRING = auto()
    IRI = auto()
    BLANK = auto()
    NAME = auto()
    DIRECTIVE = auto()
    LANGUAGE = auto()
    NUMBER = auto()
    WORD = auto()
    PUNCTUATION = auto()
    ERROR = auto()


class TurtleToken(NamedTuple):
    """A piece of a text: `offset` counts characters from 0, `line` and `column` from 1.

    A line ends with a line feed, as everywhere in this project.
    """

    kind: TokenKind
    text: str
    offset: int
    line: int
    column: int

    @property
    def end(self) -> int:
        """The offset of the first character after it."""
        return self.offset + len(self.text)

    @property
    def last_line(self) -> int:
        """The line it ends on: another than `line` for a text with line breaks alone."""
        return self.line + self.text.count("\n")


_LETTERS = (
    r"A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_CHARS = rf"{_LETTERS}_0-9\u00B7\u0300-\u036F\u203F\u2040\-"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = rf"(?:[{_LETTERS}_0-9:]|{_ESCAPED})(?:\.*+(?:[{_CHARS}:]|{_ESCAPED})++)*+"
_PATTERN = re.compile(
    r"(?P<SPACE>[ \t\r\n]+)"
    r"|(?P<COMMENT>\#[^\r\n]*)"
    r'|(?P<STRING>"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"""'
    r"|'''(?:[^'\\]++|\\.|'{1,2}(?!'))*+'''"
    r'|(?!""")"(?:[^"\\\r\n]++|\\.)*+"'
    r"|(?!''')'(?:[^'\\\r\n]++|\\.)*+')"
    r"|(?P<IRI><[^\x00-\x20<>\"{}|^`]*+>)"
    rf"|(?P<BLANK>_:[{_LETTERS}_0-9](?:\.*+[{_CHARS}]++)*+)"
    rf"|(?P<NAME>(?:[{_LETTERS}](?:\.*+[{_CHARS}]++)*+)?:(?:{_LOCAL})?)"
    r"|(?P<DIRECTIVE>@(?:prefix|base|version)(?![A-Za-z0-9-]))"
    r"|(?P<LANGUAGE>@[A-Za-z]+(?:-[A-Za-z0-9]+)*+(?:--[a-z]+)?)"
    r"|(?P<NUMBER>[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+))"
    rf"|(?P<WORD>[{_CHARS}](?:\.*+[{_CHARS}]++)*+)"
    r"|(?P<PUNCTUATION>\^\^|[.;,\[\](){}])"
    # A quote that is never closed takes its line with it: what follows is read as Turtle again.
    r"|(?P<ERROR>[\"'][^\n]*|.)",
    re.DOTALL,
)
_KINDS = {kind.name: kind for kind in TokenKind}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CONTROLS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
#: Tokens that mean nothing by themselves.
BLANKS = (TokenKind.SPACE, TokenKind.COMMENT)


def read_tokens(text: str) -> Iterator[TurtleToken]:
    """Yield the tokens of a text, space and comments too; their texts together are the text.

    Never raises: what is no Turtle is a token of the kind ERROR. The time grows with the length.

    >>> [token.text for token in read_tokens("e:a e:p 1.5.")]
    ['e:a', ' ', 'e:p', ' ', '1.5', '.']
    """
    line, begin = 1, 0
    for match in _PATTERN.finditer(text):
        piece, offset = match.group(), match.start()
        yield TurtleToken(
            _KINDS[match.lastgroup or "ERROR"], piece, offset, line, offset - begin + 1
        )
        breaks = piece.count("\n")
        if breaks:
            line += breaks
            begin = offset + piece.rindex("\n") + 1


def read_words(text: str) -> Iterator[TurtleToken]:
    """Yield the tokens of a text but for space and comments."""
    return (token for token in read_tokens(text) if token.kind not in BLANKS)


def unescape(text: str) -> str:
    r"""Give what a text with Turtle escapes stands for; an escape that is none stays as it is.

    >>> unescape(r"caf\u00E9 \"x\" \/")
    'café "x" /'
    """
    return _ESCAPE.sub(_resolve, text) if "\\" in text else text


def _resolve(match: re.Match[str]) -> str:
    number = int(match[1] or match[2] or "0", 16)
    if number > 0x10FFFF:
        return match.group()
    return chr(number) if number or not match[3] else _CONTROLS.get(match[3], match[3])


def read_string(token: TurtleToken) -> str:
    """Give the text a STRING stands for, without its quotes and escapes."""
    quotes = 3 if token.text.startswith(('"""', "'''")) else 1
    return unescape(token.text[quotes:-quotes])


def list_prefixes(text: str) -> list[tuple[TurtleToken, str, str]]:
    """Give the declarations of prefixes, `@prefix` or `PREFIX`: the first token, prefix and IRI.

    >>> [entry[1:] for entry in list_prefixes("PREFIX e: <http://e/> # @prefix x: <x>")]
    [('e', 'http://e/')]
    """
    # None begins after the last such word, so that the head alone of most files is looked at.
    last = text.lower().rfind("prefix")
    found = []
    words: list[TurtleToken] = []
    for token in read_words(text):
        words = [*words[-2:], token]
        if len(words) == 3 and token.kind is TokenKind.IRI:
            first, name = words[0], words[1]
            is_one = first.text == "@prefix" or first.text.lower() == "prefix"
            if is_one and name.kind is TokenKind.NAME and name.text.endswith(":"):
                found.append((first, name.text[:-1], unescape(token.text[1:-1])))
        if token.offset > last and (not words or words[0].offset > last):
            break
    return found
