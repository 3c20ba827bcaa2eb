"""What the server counts, for Prometheus."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """Counters of one site, in a registry of its own so that two sites never mix."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.answers = Counter(
            "kgraph_answers", "Requests answered, by status.", ["status"], registry=registry
        )
        self.seconds = Histogram(
            "kgraph_query_seconds",
            "Seconds from a request to its evaluated answer.",
            buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30, 120),
            registry=registry,
        )
        self.prepared = Counter(
            "kgraph_prepared", "Look-ups of prepared answers.", ["result"], registry=registry
        )
        self.outside = Counter(
            "kgraph_outside", "Requests to other endpoints.", ["result"], registry=registry
        )
        self.kills = Counter("kgraph_kills", "Workers ended.", ["reason"], registry=registry)
        self.waiting = Gauge("kgraph_queue_length", "Queries waiting.", registry=registry)
        self.prepared_bytes = Gauge(
            "kgraph_prepared_bytes", "Bytes of prepared answers.", registry=registry
        )
        self.quads = Gauge("kgraph_quads", "Quads of the snapshot served.", registry=registry)

        # To find a counter by its labels takes longer than to count.
        self._of_status = cache(lambda status: self.answers.labels(str(status)))
        self._of_prepared = cache(
            lambda prepared: self.prepared.labels("hit" if prepared else "miss")
        )
        self.snapshots = Gauge(
            "kgraph_snapshots_opened", "Snapshots opened since the start.", registry=registry
        )

    def count(self, status: int, kept: bool, seconds: float = 0.0) -> None:
        """Count one answer, and whether it was a kept one or took so long to evaluate."""
        self._of_status(status).inc()
        self._of_prepared(kept).inc()
        if not kept:
            self.seconds.observe(seconds)

    def count_kill(self, reason: str) -> None:
        """Count one worker that was ended."""
        self.kills.labels(reason).inc()

    def write(self) -> bytes:
        """Give all of them in Prometheus's text format."""
        return generate_latest(self._registry)
