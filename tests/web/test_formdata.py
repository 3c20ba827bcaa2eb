"""Parameters of addresses and forms, against the standard library's reading of them."""

from __future__ import annotations

from urllib.parse import parse_qs, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgraph.web.http.forms import parse_parameters

PLAIN = b"% = + & a 0 %2 %20 %C3%A4 %FF \xc3\xa4 \xff _ =3D %3D %0a %zz . query= ==\n"
PIECES = st.sampled_from([*PLAIN.split(b" "), b"\r", b"\n", b" ", b"\t"])


@given(st.lists(PIECES, max_size=20).map(b"".join))
def test_they_are_read_as_the_library_reads_them(text: bytes) -> None:
    def read_expected() -> dict[str, list[str]]:
        return parse_qs(text.decode(), keep_blank_values=True, errors="strict")

    try:
        expected = read_expected()
    except UnicodeDecodeError:
        with pytest.raises(UnicodeDecodeError):
            parse_parameters(text)
    else:
        assert parse_parameters(text) == expected


@given(st.text())
def test_any_query_comes_through(query: str) -> None:
    try:
        sent = quote_plus(query).encode()
    except UnicodeEncodeError:
        return
    assert parse_parameters(b"query=" + sent) == {"query": [query]}


def test_the_fields_are_bounded() -> None:
    assert len(parse_parameters(b"&".join(b"a%d=1" % n for n in range(1000)))) == 1000
    with pytest.raises(ValueError, match="more than 1000"):
        parse_parameters(b"&" * 1000)
