"""What a check says about somebody's data: a value, never an exception."""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass, field


@functools.total_ordering
class Severity(enum.Enum):
    """How bad a finding is; `Severity.VIOLATION > Severity.WARNING > Severity.INFO`."""

    INFO = "info"
    WARNING = "warning"
    VIOLATION = "violation"

    @property
    def weight(self) -> int:
        """0 for info, 1 for warning, 2 for violation."""
        return list(Severity).index(self)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Severity):
            return NotImplemented
        return self.weight < other.weight


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file. `file` is relative to the root; `line` and `column` count from 1.

    Column 0 means that only the line is known.
    """

    file: str
    line: int
    column: int = 0


@dataclass(frozen=True)
class Finding:
    """One fault, or one gap, with the place to mend it.

    `code` names the rule and is stable; `message` says what is wrong and what to do. `focus`,
    `path`, `value`, `component` and `source_shape` are terms in N-Triples notation, as in a SHACL
    report, None where the check has no such thing. `messages` holds the message per language tag;
    `name` says the rule in a word or two.
    """

    code: str
    severity: Severity
    message: str
    position: Position | None = None
    related: tuple[Position, ...] = ()
    focus: str | None = None
    path: str | None = None
    value: str | None = None
    component: str | None = None
    source_shape: str | None = None
    rule_position: Position | None = None
    help: str | None = None
    stage: str = ""
    messages: tuple[tuple[str, str], ...] = field(default=())
    name: str = ""

    def message_in(self, language: str) -> str:
        """Give the message in a language, where there is one, else `message`."""
        return dict(self.messages).get(language, self.message)

    def sort_key(self) -> tuple[str, int, int, int, str, str, str, str]:
        """Order of a report: by place, then worst first, then by rule and node."""
        place = self.position or Position("", 0)
        return (
            place.file,
            place.line,
            place.column,
            -self.severity.weight,
            self.code,
            self.focus or "",
            self.value or "",
            self.message,
        )
