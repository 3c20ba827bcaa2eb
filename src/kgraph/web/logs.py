"""The server's log: one JSON object per line, and nothing about who asked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import sys
import time

_log = logging.getLogger("kgraph.queries")
_WAITING_LINES = 1000


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line = {
            "time": _write_second(record.created),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
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


def hash_query(query: str) -> str:
    """Give the name of a query in the log: the text may hold names, the address tells who asked."""
    return hashlib.sha256(query.encode()).hexdigest()[:16]


class QueryLog:
    """The lines about queries, written several at once.

    To write each on its own would cost more than a prepared answer. `flush` is for whoever runs the
    server to call, now and then and at the end.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._second = 0
        self._written_second = ""

    def add(self, query: str, status: int, seconds: float, size: int, prepared: bool) -> None:
        """Take one line: the hash of a query, and what became of it."""
        if not _log.isEnabledFor(logging.INFO):
            return
        now = int(time.time())
        if now != self._second:
            self._second, self._written_second = now, _write_second(now)
        self._lines.append(
            f'{{"time": "{self._written_second}", "level": "info", "event": "query", '
            f'"query": "{query}", "status": {status}, "seconds": {seconds:.4f}, '
            f'"bytes": {size}, "prepared": {"true" if prepared else "false"}}}\n'
        )
        if len(self._lines) >= _WAITING_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        lines, self._lines = self._lines, []
        # A log that nobody reads any more is no reason to stop.
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write("".join(lines))
            sys.stderr.flush()


def _write_second(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
