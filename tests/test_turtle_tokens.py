"""Tokens of Turtle: every character once, each at its place, whatever the text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgraph.turtle.turtle_tokens import (
    BLANKS,
    TokenKind,
    TurtleToken,
    list_prefixes,
    read_string,
    read_tokens,
    read_words,
)

ROOT = Path(__file__).parents[1]
FOLDERS = ("ontology", "shapes", "data", "tests/cases")
FILES = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.ttl"))
#: Pieces that meet in the text of a broken file, quotes and brackets above all.
PIECES = st.sampled_from(
    ['"', "'", '"""', "'''", "\\", "<", ">", "#", "\n", "\r\n", " ", "@prefix", "@en", "^^", "e:a",
     "e:", "_:x", "a", ".", "..", ";", "[", "(", "1.5e3", "-", "%41", "é", "\u2028", "\x00", "🜁"]
)  # fmt: skip


def require_places(text: str, tokens: list[TurtleToken]) -> None:
    assert "".join(token.text for token in tokens) == text
    offset = 0
    for token in tokens:
        assert token.text
        assert token.offset == offset
        assert token.line == text.count("\n", 0, offset) + 1
        assert token.column == offset - text.rfind("\n", 0, offset)
        offset = token.end


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_every_character_is_in_one_token_at_its_place(text: str) -> None:
    require_places(text, list(read_tokens(text)))


def test_no_file_of_the_project_has_an_error() -> None:
    assert len(FILES) > 100
    for file in FILES:
        text = file.read_text()
        tokens = list(read_tokens(text))
        assert "".join(token.text for token in tokens) == text
        if "invalid" not in file.name:
            assert not [token for token in tokens if token.kind is TokenKind.ERROR], file


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("e:a", "NAME"),
        ("e:a.", "NAME PUNCTUATION"),
        ("e:a.b.", "NAME PUNCTUATION"),
        (":", "NAME"),
        (r"gn:29\/ .", "NAME PUNCTUATION"),
        (r"e:a\#b", "NAME"),
        ("e:a#b", "NAME COMMENT"),
        ("_:b.c.", "BLANK PUNCTUATION"),
        ("true.", "WORD PUNCTUATION"),
        ("1. 1.5 .5 -2 +1.e3", "NUMBER PUNCTUATION NUMBER NUMBER NUMBER NUMBER"),
        ('"a\\"b"@en-GB', "STRING LANGUAGE"),
        ("'a'^^xsd:x", "STRING PUNCTUATION NAME"),
        ('"""a"b""c\n"""', "STRING"),
        ("'''a\n'' # '''", "STRING"),
        ('""', "STRING"),
        ("<http://e/#a> # <b>", "IRI COMMENT"),
        ("<a b>", "ERROR WORD WORD ERROR"),
        ("@prefix e: <e> .", "DIRECTIVE NAME IRI PUNCTUATION"),
        ("PREFIX e: <e>", "WORD NAME IRI"),
        ('"open ; e:a\ne:b', "ERROR NAME"),
        ('"""open\ne:b', "ERROR NAME"),
        ("'a\n", "ERROR"),
    ],
)
def test_kinds(text: str, kinds: str) -> None:
    found = [token.kind.name for token in read_tokens(text) if token.kind not in BLANKS or
             token.kind is TokenKind.COMMENT]  # fmt: skip
    assert found == kinds.split()


def test_a_string_stands_for_its_text() -> None:
    texts = [r'"a\tb\"\u00E9\U0001F701"', "'''x\ny'''", '""']
    assert [read_string(next(read_tokens(text))) for text in texts] == ['a\tb"é🜁', "x\ny", ""]


def test_a_token_knows_where_it_ends() -> None:
    first, second = read_words('"""a\nb""" .')
    assert (first.line, first.last_line, second.line, second.column) == (1, 2, 2, 6)


def test_prefixes_anywhere_but_in_texts_and_remarks() -> None:
    text = (
        "@prefix a: <http://a/> . # @prefix no: <http://no/>\n"
        'prefix\n b: # so\n <http://b/>\n b:x b:y "@prefix no: <http://no/> ." .\n'
        "@prefix : <http://c/\\u0041> . @prefix d: "
    )
    assert [(token.line, prefix, iri) for token, prefix, iri in list_prefixes(text)] == [
        (1, "a", "http://a/"),
        (2, "b", "http://b/"),
        (6, "", "http://c/A"),
    ]


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    for piece in ("a.", '"', "<", "'''", "e:a.", "\\", "%4", "_:."):
        assert sum(len(token.text) for token in read_tokens(piece * 50_000)) == len(piece) * 50_000
