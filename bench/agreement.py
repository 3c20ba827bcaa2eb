"""Whether servers give the same answers, before anybody asks how fast."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from request_mix import Request

_PATIENCE_SECONDS = 10


def read_body(url: str, query: str) -> bytes:
    """Give an answer in JSON. Errors: OSError."""
    request = urllib.request.Request(
        f"{url}?query={quote(query, safe='')}",
        headers={"Accept": "application/sparql-results+json"},
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as response:
        body: bytes = response.read()
        return body


def read_rows(url: str, query: str) -> list[str] | str:
    """Give the rows of an answer, sorted, each as one text; or why there are none."""
    try:
        found = json.loads(read_body(url, query))
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except OSError:
        return f"no answer in {_PATIENCE_SECONDS} s"
    columns = sorted(found["head"]["vars"])
    return sorted(
        " ".join(str(row.get(column, {}).get("value")) for column in columns)
        for row in found["results"]["bindings"]
    )


def compare_answers(
    answers: Mapping[str, Sequence[list[str] | str]], requests: Sequence[Request]
) -> None:
    """End with an error when two servers differ; a server without an answer is only mentioned."""
    rows_seen = 0
    for at, request in enumerate(requests):
        found = {name: given[at] for name, given in answers.items()}
        for name, rows in found.items():
            if isinstance(rows, str):
                print(f"{name}, {request.template}: {rows}", file=sys.stderr)
        whole = {name: rows for name, rows in found.items() if not isinstance(rows, str)}
        if len({tuple(rows) for rows in whole.values()}) > 1:
            counts = ", ".join(f"{name} {len(rows)} rows" for name, rows in whole.items())
            sys.exit(f"{request.template}: the answers differ ({counts}):\n{request.query}")
        rows_seen += max((len(rows) for rows in whole.values()), default=0)
    if not rows_seen:
        sys.exit("the sample has no rows at all: the servers do not hold the data")
    print(
        f"{len(requests)} queries of the sample: {rows_seen} rows, the same from "
        f"{', '.join(answers)}",
        file=sys.stderr,
    )
