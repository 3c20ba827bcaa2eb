"""What a code means: the rule, why it is there, where it stands."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kgraph.dataset.layout import GraphFile, name_graph
from kgraph.errors import UnknownResource
from kgraph.findings import Severity
from kgraph.namespaces import GRAPH, MRS, SH
from kgraph.questions.question import read_header
from kgraph.shacl.messages import DEFAULTS
from kgraph.validation.codes import CODES
from kgraph.validation.files import FileSet, read_files
from kgraph.validation.integrity import INTEGRITY_FOLDER
from kgraph.validation.positions import Positions
from kgraph.validation.shape_checks import CODE

EXPLANATION_WORDS = {"en": ("stage", "severity", "wants", "why", "stands in"),
         "de": ("Stufe", "Schwere", "verlangt", "warum", "steht in")}  # fmt: skip


def explain_code(code: str, root: Path, shapes: Sequence[Path], language: str = "en") -> str:
    """Give the explanation of a rule's code, of a rule in `shapes` or else of the repository.

    Errors: UnknownResource when no rule has the code.
    """
    if code in CODES:
        rule = CODES[code]
        severity = rule.severity
        return _write(code, rule.name, rule.stage, severity, rule.text_in(language), "", language)
    found = sorted(shapes or (root / "shapes").rglob("*.ttl"))
    named = [(file, file.as_posix() if shapes else _relate(file, root)) for file in found]
    files, _ = read_files(
        [GraphFile(f, name, name_graph(name) or NamedNode(f"{GRAPH}shapes/x")) for f, name in named]
    )
    for text in (
        _explain_shape(code, files, language),
        _explain_query(code, root, language),
        _explain_component(code, language),
    ):
        if text:
            return text
    near = difflib.get_close_matches(code, [*CODES, *_shape_codes(files), *DEFAULTS], n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "a report names the codes of its rules."
    raise UnknownResource(f"{code}: no rule has this code; {hint}")


def _relate(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


def _shape_codes(files: FileSet) -> dict[str, object]:
    return {
        quad.object.value: quad.subject
        for file in files.files
        for quad in file.quads
        if quad.predicate == CODE and isinstance(quad.object, Literal)
    }


def _explain_shape(code: str, files: FileSet, language: str) -> str | None:
    node = _shape_codes(files).get(code)
    if not isinstance(node, NamedNode):
        return None
    texts: dict[str, str] = {}
    severity, profiles = Severity.VIOLATION, []
    for file in files.files:
        for quad in file.quads:
            if quad.subject != node:
                continue
            name, value = quad.predicate.value.rpartition("#")[2], quad.object
            if isinstance(value, Literal) and value.language in (language, None):
                texts[name] = value.value
            elif isinstance(value, NamedNode) and quad.predicate.value == f"{SH}severity":
                word = value.value.rpartition("#")[2].lower()
                severity = Severity(word) if word in {s.value for s in Severity} else Severity.INFO
            elif isinstance(value, NamedNode) and quad.predicate.value == f"{MRS}profile":
                profiles.append(value.value.removeprefix(MRS))
    stage = "shapes" + (f" ({', '.join(sorted(profiles))})" if profiles else "")
    place = Positions(files.files).of_subject(node)
    text = _write(code, texts.get("name", ""), stage, severity, texts.get("message", ""),
                  texts.get("description", ""), language)  # fmt: skip
    return f"{text}\n  {EXPLANATION_WORDS[language][4]}: {place.file}:{place.line}"


def _explain_query(code: str, root: Path, language: str) -> str | None:
    for file in sorted((root / INTEGRITY_FOLDER).glob("*.rq")):
        name = f"{INTEGRITY_FOLDER}/{file.name}"
        header = read_header(file.read_text(encoding="utf-8"), name)
        if header.get("code") == code:
            word = header.get("severity", "violation").removeprefix("sh:").strip().lower()
            wants = header.get(f"description.{language}", header.get("description.en", ""))
            text = _write(
                code, header.get("id", ""), "integrity", Severity(word), wants, "", language
            )
            return f"{text}\n  {EXPLANATION_WORDS[language][4]}: {name}"
    return None


def _explain_component(code: str, language: str) -> str | None:
    """Explain the code of a shape that has none of its own: the constraint's name."""
    if code not in DEFAULTS:
        return None
    english, german = DEFAULTS[code]
    text = german if language == "de" else english
    return f"{code}: {text}\n  SHACL: sh:{code}ConstraintComponent"


def _write(
    code: str, name: str, stage: str, severity: Severity, wants: str, why: str, language: str
) -> str:
    lines = [f"{code} {name}".strip()]
    for word, text in zip(
        EXPLANATION_WORDS[language], (stage, severity.value, wants, why), strict=False
    ):
        if text:
            lines.append(f"  {word}: {text}")
    return "\n".join(lines)
