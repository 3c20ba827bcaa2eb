"""From samples to figures, tables and the ratios asked for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from load import OUTCOMES, Samples
from request_mix import Request

Figures = Mapping[str, float]
MEBIBYTE = 1 << 20
COLUMNS = ("answers/s", "refused", "failed or late", "p50", "p99", "cheap p50", "cheap p99",
           "heavy p50", "heavy p99", "peak MiB", "others' CPU %")  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """Give the smallest value that so large a share does not exceed; not a number for none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summarize(
    samples: Samples, seconds: float, requests: Sequence[Request], peak: int
) -> dict[str, float]:
    """Give the figures of one run; times in milliseconds.

    Times are those of answers and of what was unfinished at the end, which took at least so long;
    a quick refusal does not make a server look quick. An answer that comes after the end has a
    time, but does not count as throughput.
    """
    outcomes = Counter(OUTCOMES[each] for each in samples.outcomes)
    in_time = sum(
        OUTCOMES[outcome] == "answered" and start + duration <= seconds
        for start, duration, outcome in zip(
            samples.starts, samples.durations, samples.outcomes, strict=True
        )
    )
    timed = [
        (requests[number].heavy, 1000 * duration)
        for number, duration, outcome in zip(
            samples.numbers, samples.durations, samples.outcomes, strict=True
        )
        if OUTCOMES[outcome] in ("answered", "unfinished")
    ]
    figures = {name: float(outcomes[name]) for name in OUTCOMES}
    figures["failed"] += figures.pop("broken")
    figures["answers_per_second"] = in_time / seconds if seconds > 0 else math.nan
    figures["seconds"], figures["peak_bytes"] = seconds, peak
    for name, chosen in (("", (False, True)), ("cheap_", (False,)), ("heavy_", (True,))):
        values = [duration for heavy, duration in timed if heavy in chosen]
        figures |= {f"{name}p50": percentile(values, 0.5), f"{name}p99": percentile(values, 0.99)}
        figures[f"{name}count"] = len(values)
    return figures


def show(value: float) -> str:
    """Give a figure with three digits that count."""
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(title: str, rows: Mapping[str, Figures | str]) -> str:
    """Give a part's figures as a Markdown table; a row that is a text says why there are none."""
    lines = [
        f"### {title}",
        "",
        f"| server | {' | '.join(COLUMNS)} |",
        "|---" + "|--:" * len(COLUMNS) + "|",
    ]
    for name, found in rows.items():
        if isinstance(found, str):
            lines.append(f"| {name} | {found} |" + " |" * (len(COLUMNS) - 1))
            continue
        values = [
            found["answers_per_second"], found.get("refused", 0),
            found.get("failed", 0) + found.get("unfinished", 0) + found.get("broken", 0),
            *(found.get(f"{kind}{share}", math.nan)
              for kind in ("", "cheap_", "heavy_") for share in ("p50", "p99")),
            found["peak_bytes"] / MEBIBYTE, 100 * found.get("others", math.nan),
        ]  # fmt: skip
        lines.append(f"| {name} | {' | '.join(map(show, values))} |")
    return "\n".join(lines)


Found = Mapping[str, Mapping[str, Figures | str]]
OURS, MEMORY, DISK = "kgraph", "oxigraph-memory", "oxigraph-disk"


def _ratio(part: str, key: str, ours: str, theirs: str) -> Callable[[Found], float]:
    def compute(found: Found) -> float:
        return _row(found, part, ours)[key] / _row(found, part, theirs)[key]

    return compute


RATE = "answers_per_second"
#: What is measured, how it is computed, what is asked, and whether more is better.
ASKED: tuple[tuple[str, Callable[[Found], float], float, bool], ...] = (
    ("mix: answers, to Oxigraph on disk", _ratio("mix", RATE, OURS, DISK), 25, True),
    ("mix: answers, to Oxigraph in memory", _ratio("mix", RATE, OURS, MEMORY), 10, True),
    ("mix: peak memory in GB",
     lambda found: _row(found, "mix", OURS)["peak_bytes"] / 1e9, 2, False),
    ("cold: answers, to Oxigraph in memory", _ratio("cold", RATE, OURS, MEMORY), 0.9, True),
    ("cold: answers, to Oxigraph on disk", _ratio("cold", RATE, OURS, DISK), 2, True),
    ("cold: p99 of cheap, to Oxigraph in memory",
     _ratio("cold", "cheap_p99", OURS, MEMORY), 0.3, False),
    ("cold: p99 of cheap, to Oxigraph on disk",
     _ratio("cold", "cheap_p99", OURS, DISK), 0.3, False),
    ("point: evaluated each time, to Oxigraph in memory",
     _ratio("point", RATE, f"{OURS} evaluated", f"{MEMORY} new texts"), 0.12, True),
    ("point: prepared by one process, to Oxigraph in memory",
     _ratio("point", RATE, f"{OURS} prepared", f"{MEMORY} same text"), 0.15, True),
    ("point: prepared by the proxy, to Oxigraph in memory",
     _ratio("point", RATE, f"{OURS} by the proxy", f"{MEMORY} same text"), 0.5, True),
    ("hostile: p99 of cheap in the mix, beside hostile to quiet",
     _ratio("hostile", "cheap_p99", f"{OURS} mix, hostile", f"{OURS} mix, quiet"), 3, False),
    ("hostile: p99 of cheap and new, beside hostile to quiet",
     _ratio("hostile", "cheap_p99", f"{OURS} cheap, hostile", f"{OURS} cheap, quiet"), 3, False),
    ("start: seconds, a snapshot as built",
     lambda found: _row(found, "start", "built")["median"], 3, False),
    ("start: seconds, default graph alone",
     lambda found: _row(found, "start", "default")["median"], 3, False),
)  # fmt: skip


def _row(found: Found, part: str, name: str) -> Figures:
    row = found[part][name]
    assert not isinstance(row, str)
    return row


def compare(found: Found) -> str:
    """Give the table of what is asked and what was measured; leaves out what did not run."""
    lines = ["### Asked and measured", "", "| what | asked | measured | met |", "|---|--:|--:|---|"]
    for name, compute, asked, more in ASKED:
        try:
            value = compute(found)
        except (KeyError, AssertionError):
            continue
        met = value >= asked if more else value <= asked
        sign = "≥" if more else "≤"
        lines.append(f"| {name} | {sign} {asked:g} | {value:.3g} | {'yes' if met else '**no**'} |")
    return "\n".join(lines)


def join_lines(parts: Iterable[str]) -> str:
    """Put parts below each other with a line between."""
    return "\n\n".join(parts) + "\n"
