"""SPARQL texts by chance: mostly well-formed, sometimes broken, one per seed."""
# ruff: noqa: E501 - the alternatives read best in few lines

from __future__ import annotations

from random import Random

_TERMS = (
    "?a", "?b", "?c", "<http://e/s1>", "<http://e/p>", '"7"', '"x"@de', "1", "-1.5", "1e400", "true",
    "a", "_:b", "[]", "()", "(1 2)", "<rel>", "e:s", '"""\n"""', "'\\u0000'", "'\\uD800'", "?ä",
    '"x"^^<http://www.w3.org/2001/XMLSchema#date>', "<< ?a ?b ?c >>", "<<( ?a ?b ?c )>>", "e:%41",
)  # fmt: skip
_CALLS = (
    "STR", "LANG", "DATATYPE", "IRI", "ABS", "CEIL", "STRLEN", "UCASE", "YEAR", "TZ", "MD5", "SHA512",
    "isIRI", "BOUND", "ENCODE_FOR_URI", "<http://e/f>", "e:f", "TRIPLE", "SUBJECT", "BNODE", "STRUUID",
    "xsd:date", "LANGDIR",
)  # fmt: skip
_BINARY = ("=", "!=", "<", ">", "+", "-", "*", "/", "&&", "||", "IN", "NOT IN")
_AGGREGATES = ("COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT")
_NOISE = (
    "{",
    "}",
    "(",
    ")",
    ".",
    ";",
    "'",
    '"',
    "\\",
    "<",
    "#",
    "\0",
    "\u202e",
    "SERVICE",
    "\U0001f600",
)
_PROLOGUE = "PREFIX e: <http://e/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "


class Grammar:
    """Writes texts with a given source of chance."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)

    def write(self) -> str:
        """Give one text."""
        form = self._chance.choice(
            (self._select, self._select, self._ask, self._construct, self._describe)
        )
        text = _PROLOGUE + form(4)
        for _ in range(self._chance.choice((0, 0, 0, 1, 3))):
            at = self._chance.randrange(len(text))
            if self._chance.random() < 0.5:
                text = text[:at] + self._chance.choice(_NOISE) + text[at:]
            else:
                text = text[:at] + text[at + self._chance.randrange(6) :]
        return text

    def _select(self, depth: int) -> str:
        columns = self._chance.choice(
            ("*", "?a ?b", "DISTINCT ?a", "REDUCED *", f"({self._expression(2)} AS ?x)")
        )
        if self._chance.random() < 0.2:
            inner = f"{self._chance.choice(('', 'DISTINCT '))}{self._chance.choice(_TERMS)}"
            columns = f"?a ({self._chance.choice(_AGGREGATES)}({inner}) AS ?n)"
            return f"SELECT {columns} WHERE {self._group(depth)} GROUP BY ?a {self._tail()}"
        return f"SELECT {columns} {self._source()} WHERE {self._group(depth)} {self._tail()}"

    def _ask(self, depth: int) -> str:
        return f"ASK {self._group(depth)}"

    def _construct(self, depth: int) -> str:
        return f"CONSTRUCT {{ {self._triple()} }} WHERE {self._group(depth)} {self._tail()}"

    def _describe(self, depth: int) -> str:
        return f"DESCRIBE {self._chance.choice(_TERMS)} {self._group(depth)}"

    def _source(self) -> str:
        return self._chance.choice(
            ("", "", "", "FROM <http://e/g>", "FROM NAMED e:g", "FROM <file:///etc/passwd>")
        )

    def _tail(self) -> str:
        parts = ("", "LIMIT 5", "OFFSET 3", f"ORDER BY DESC({self._expression(1)})", "HAVING(COUNT(*) > 1)",
                 "VALUES ?a { 1 UNDEF }", "LIMIT 99999999999999999999")  # fmt: skip
        return self._chance.choice(parts)

    def _group(self, depth: int) -> str:
        return (
            "{ "
            + " ".join(self._pattern(depth - 1) for _ in range(self._chance.randrange(4)))
            + " }"
        )

    def _pattern(self, depth: int) -> str:
        if depth <= 0:
            return self._triple()
        group, expression = self._group(depth), self._expression(depth)
        return self._chance.choice((
            self._triple(), f"OPTIONAL {group}", f"{group} UNION {self._group(depth)}", f"MINUS {group}",
            f"GRAPH ?g {group}", f"FILTER({expression})", f"BIND({expression} AS ?v{self._chance.randrange(99)})",
            f"FILTER NOT EXISTS {group}", "VALUES (?a ?b) { (1 UNDEF) (e:s 'x') }", f"{{ {self._select(depth)} }}",
            f"LATERAL {group}", f"SERVICE SILENT <http://127.0.0.1:1/> {group}",
        ))  # fmt: skip

    def _triple(self) -> str:
        pick = self._chance.choice
        path = pick((
            pick(_TERMS), pick(_TERMS), "e:p*", "^e:p+", "(e:p|!e:q)?", "!(e:p|^e:q)", "e:p/e:q*", "(e:p{2})", "a",
        ))  # fmt: skip
        return f"{pick(_TERMS)} {path} {pick(_TERMS)} {pick(('.', ';', '. ', ',', '~ e:r .', '{| a e:t |} .'))}"

    def _expression(self, depth: int) -> str:
        if depth <= 0:
            return self._chance.choice(_TERMS)
        left, right = self._expression(depth - 1), self._expression(depth - 1)
        return self._chance.choice((
            f"{self._chance.choice(_CALLS)}({left})", f"({left} {self._chance.choice(_BINARY)} {right})",
            f"IF({left}, {right}, 1)", f"COALESCE({left}, {right})", f"CONCAT({left}, {right})", f"!{left}",
            f"REGEX({left}, {right}, 'i')", f"REPLACE({left}, 'a(', {right})", f"SUBSTR({left}, {right}, 1e9)",
            f"({left} IN ({right}, 1))", "NOW()", "RAND()", f"STRDT({left}, {right})", f"EXISTS {self._group(1)}",
        ))  # fmt: skip
