"""What git says: the files that differ from a revision, their lines, their texts then."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kgraph.errors import BadConfig

_HUNK = re.compile(r"^@@ -\S+ \+(?P<start>\d+)(?:,(?P<count>\d+))? @@")


@dataclass(frozen=True)
class Revision:
    """A commit to compare the files below `root` with."""

    root: Path
    commit: str

    def list_files(self) -> set[str]:
        """Give the names of the files that the commit has below the root."""
        return _names(_git(self.root, "ls-tree", "-r", "-z", "--name-only", self.commit))

    def list_changed(self) -> set[str]:
        """Give the names of the files that differ: changed, new (tracked or not) or gone."""
        listed = _git(
            self.root, "diff", "--relative", "-z", "--no-renames", "--name-only", self.commit
        )
        return _names(listed) | self._list_untracked()

    def _list_untracked(self) -> set[str]:
        return _names(_git(self.root, "ls-files", "-z", "--others", "--exclude-standard"))

    def read(self, name: str) -> bytes:
        """Give the content that a file had then."""
        return _git(self.root, "show", f"{self.commit}:./{name}")

    def find_changed_lines(self) -> dict[str, frozenset[int]]:
        """Give the lines, from 1, that are new or changed, by file.

        Where lines were taken out, those around the gap count; of a new file all lines do.
        """
        text = _git(
            self.root, "-c", "core.quotePath=false", "diff", "--relative", "--no-renames",
            "--no-ext-diff", "--no-color", "--unified=0", self.commit,
        ).decode("utf-8", "replace")  # fmt: skip
        found: dict[str, set[int]] = {}
        current: set[int] = set()
        for line in text.split("\n"):
            if line.startswith("+++ "):
                name = line[4:].rstrip("\t").removeprefix("b/")
                current = found.setdefault(name, set())
            elif match := _HUNK.match(line):
                start, count = int(match["start"]), int(match["count"] or 1)
                current.update(range(start, start + count) if count else (start, start + 1))
        for name in self._list_untracked():
            content = (self.root / name).read_bytes()
            found[name] = set(range(1, content.count(b"\n") + 2))
        return {name: frozenset(lines) for name, lines in found.items()}


def find_revision(root: Path, ref: str) -> Revision:
    """Give the commit that a name of a branch, a tag or a hash means.

    Errors: BadConfig when git is absent, `root` is in no working tree or there is no such commit.
    """
    answer = _git(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}",
        complaint=f"--changed {ref}: git knows no such revision in {root}; fetch it first, "
        "or give a branch, a tag or a hash.",
    )  # fmt: skip
    return Revision(root, answer.decode().strip())


def _names(listed: bytes) -> set[str]:
    return {name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name}


def _git(root: Path, *arguments: str, complaint: str = "") -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise BadConfig("--changed needs git, which is not installed.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise BadConfig(said if "not a git repository" in said else complaint or f"git: {said}")
    return done.stdout
