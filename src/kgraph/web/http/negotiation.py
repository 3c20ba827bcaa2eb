"""Which representation a client gets: RFC 9110, section 12.5.1."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kgraph.formats import GRAPH_TYPES, RESULT_TYPES

HTML = "html"
_REMEMBERED_CHARACTERS = 512

_FORMATS = GRAPH_TYPES | RESULT_TYPES
#: Names a client may use besides a format's own suffix: in `format=`, and as media types.
_SYNONYMS = {"text/html": HTML, "application/xhtml+xml": HTML} | {
    name: suffix
    for suffix, each in _FORMATS.items()
    for name in (*each.other_names, *each.other_types)
}


@dataclass(frozen=True)
class _Range:
    """One entry of an Accept header: a type or a range of them, and its weight."""

    type: str
    quality: float

    @property
    def precision(self) -> int:
        """0 for any type, 1 for any subtype, 2 for one type."""
        return 0 if self.type == "*/*" else 1 if self.type.endswith("/*") else 2

    def covers(self, media_type: str) -> bool:
        """Say whether a media type lies in this range."""
        if self.type.endswith("/*"):
            return self.type == "*/*" or media_type.startswith(self.type[:-1])
        return self.type == media_type


def choose_suffix(accept: str | None, offered: tuple[str, ...]) -> str | None:
    """Give the suffix of the offered format the client likes best; None when it takes none.

    In: the Accept header as sent (None when there is none) and suffixes in the server's order of
    preference. A more specific range decides over a wider one, whatever their weights; `q=0`
    refuses; equal weights fall to the client's order where it named types, else to the server's.
    """
    if accept is not None and len(accept) <= _REMEMBERED_CHARACTERS:
        return _choose_known(accept, offered)
    return _choose(accept, offered)


def _choose(accept: str | None, suffixes: tuple[str, ...]) -> str | None:
    if accept is None or not accept.strip():
        return suffixes[0] if suffixes else None
    ranges = _read(accept)
    best: tuple[float, int, int] | None = None
    chosen = None
    for place, suffix in enumerate(suffixes):
        quality, named_at = _weigh(ranges, suffix)
        rank = (quality, -named_at, -place)
        if quality > 0 and (best is None or rank > best):
            best, chosen = rank, suffix
    return chosen


#: Clients send the same few headers again and again.
_choose_known = lru_cache(maxsize=256)(_choose)


def known_suffix(name: str) -> str | None:
    """Give the suffix that `format=` or an address's ending means; None for an unknown one."""
    low = name.strip().lower().replace(" ", "+")
    by_type = {each.type: suffix for suffix, each in _FORMATS.items()}
    if low == HTML or low in _FORMATS:
        return low
    return _SYNONYMS.get(low) or by_type.get(low)


def media_type(suffix: str) -> str:
    """Give the Content-Type of a format."""
    return CONTENT_TYPES[suffix]


def _weigh(ranges: list[_Range], suffix: str) -> tuple[float, int]:
    """Give the weight of a format and where in the header its type stands.

    A format's other names count only where the client spells them out: `text/*` means CSV, not the
    XML that some call text/xml.
    """
    own = _own_type(suffix)
    covering = [(r.precision, -i) for i, r in enumerate(ranges) if r.covers(own)]
    weights = []
    if covering:
        precision, negative = max(covering)
        weights.append((ranges[-negative].quality, -negative if precision == 2 else len(ranges)))
        if precision == 2:
            return weights[0]
    others = {name for name, target in _SYNONYMS.items() if target == suffix and "/" in name}
    weights += [(r.quality, i) for i, r in enumerate(ranges) if r.type in others]
    return max(weights, key=lambda weight: (weight[0], -weight[1]), default=(0.0, len(ranges)))


def _own_type(suffix: str) -> str:
    return "text/html" if suffix == HTML else _FORMATS[suffix].type


#: Suffix -> the Content-Type of the format.
CONTENT_TYPES = {
    suffix: f"{own}; charset=utf-8" if own.startswith("text/") else own
    for suffix in (*_FORMATS, HTML)
    for own in (_own_type(suffix),)
}


def _read(accept: str) -> list[_Range]:
    ranges = []
    for entry in accept.split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        if "/" not in name:
            # "*" alone is sent by old Java clients and means any type.
            if name != "*":
                continue
            name = "*/*"
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                try:
                    quality = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    quality = 0.0
        ranges.append(_Range(name.lower(), quality))
    return ranges
