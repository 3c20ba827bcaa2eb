"""The server's log: one JSON object per line, and nothing about who asked."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
import time

_log = logging.getLogger("kgraph.queries")
#: Where a record has what belongs to its event.
_FIELDS = "kgraph_fields"


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line = {
            "time": _write_second(record.created),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr() -> None:
    """Send the log of the program and of the server to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("kgraph").setLevel(logging.INFO)
    # A log that nobody can write any more is no reason for another fault.
    logging.raiseExceptions = False


def hash_query(query: str) -> str:
    """Give the name of a query in the log: the text may hold names, the address tells who asked."""
    return hashlib.sha256(query.encode()).hexdigest()[:16]


def log_query(query: str, status: int, seconds: float, size: int, prepared: bool) -> None:
    """Write the line of one query, by the hash of its text, and what became of it."""
    if _log.isEnabledFor(logging.INFO):
        fields = {
            "query": hash_query(query),
            "status": status,
            "seconds": round(seconds, 4),
            "bytes": size,
            "prepared": prepared,
        }
        _log.info("query", extra={_FIELDS: fields})


def _write_second(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
