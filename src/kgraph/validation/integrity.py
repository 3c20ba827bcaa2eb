"""Rules over the whole data set: queries whose every row is a fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kgraph.engines.protocol import Engine, Row, Rows
from kgraph.errors import BadConfig, BadQuery
from kgraph.findings import Finding, Position, Severity
from kgraph.questions.question import read_header
from kgraph.validation.positions import Positions

_STAGE = "integrity"
COLUMNS = ("subject", "path", "value", "message")
INTEGRITY_FOLDER = "queries/integrity"


def check_integrity(root: Path, engine: Engine, places: Positions) -> Iterator[Finding]:
    """Yield one finding per row of each query in queries/integrity/.

    Errors: BadConfig for a query without `code` in its header, of an unknown severity, that is no
    query, or that lacks one of the four columns.
    """
    for file in sorted((root / INTEGRITY_FOLDER).glob("*.rq")):
        name = f"{INTEGRITY_FOLDER}/{file.name}"
        text = file.read_text(encoding="utf-8")
        header = read_header(text, name)
        if not header.get("code"):
            raise BadConfig(f"{name}: the header has no `code`; add a line `#+ code: …`.")
        severity = _read_severity(header.get("severity", "violation"), name)
        try:
            rows = engine.select(text)
        except BadQuery as error:
            raise BadConfig(f"{name}: {error}") from error
        missing = [column for column in COLUMNS if column not in rows.variables]
        if missing:
            raise BadConfig(f"{name}: the query does not give ?{missing[0]}.")
        for row in rows.rows:
            yield _finding(rows, row, header, severity, Position(name, 1, 1), places)


def _read_severity(text: str, name: str) -> Severity:
    try:
        return Severity(text.strip().lower().removeprefix("sh:"))
    except ValueError as error:
        known = ", ".join(severity.value for severity in Severity)
        raise BadConfig(f"{name}: the severity “{text}” is none of {known}.") from error


def _finding(
    rows: Rows,
    row: Row,
    header: dict[str, str],
    severity: Severity,
    rule: Position,
    places: Positions,
) -> Finding:
    cells = dict(zip(rows.variables, row, strict=True))
    subject, path, value, message = (cells[column] for column in COLUMNS)
    predicate = path if isinstance(path, NamedNode) else None
    place, related = (None, ()) if subject is None else places.locate(subject, predicate, value)
    text = message.value if isinstance(message, Literal) else header.get("description.en", "")
    german = cells.get("messageDe")
    messages = [("en", text)]
    if isinstance(german, Literal):
        messages.append(("de", german.value))
    return Finding(
        code=header["code"],
        severity=severity,
        message=text,
        position=place,
        related=related,
        focus=str(subject) if subject is not None else None,
        path=str(path) if path is not None else None,
        value=str(value) if value is not None else None,
        rule_position=rule,
        stage=_STAGE,
        messages=tuple(messages),
        name=header.get("id", ""),
    )
