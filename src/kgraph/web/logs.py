"""The server's log: one JSON object per line, and nothing about who asked."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
import time

_log = logging.getLogger("kgraph.queries")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; its extra `fields` become members."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
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


def log_query(query: str, status: int, seconds: float, size: int, prepared: bool) -> None:
    """Log one query by its hash: the text may hold names, the address tells who asked."""
    fields = {
        "query": hashlib.sha256(query.encode()).hexdigest()[:16],
        "status": status,
        "seconds": round(seconds, 4),
        "bytes": size,
        "prepared": prepared,
    }
    _log.info("query", extra={"fields": fields})
