"""The codes of the rules that stand in this program, each explained in two languages.

Rules of shapes and integrity queries explain themselves, where they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kgraph.findings import Finding, Position, Severity


@dataclass(frozen=True)
class Rule:
    """One rule: stage, name, severity, and what it wants and why, by language."""

    stage: str
    name: str
    severity: Severity
    en: str
    de: str

    def text_in(self, language: str) -> str:
        """Give the explanation in a language."""
        return self.de if language == "de" else self.en


_BAD, _POOR = Severity.VIOLATION, Severity.WARNING
#: Code -> rule, for the stages syntax, style and answers.
CODES: dict[str, Rule] = {
    "S01": Rule(
        "syntax", "syntax", _BAD,
        "The file is no Turtle from this place on. The rest of it could not be read; the other "
        "files are checked as usual, and what could be made out of this one is context for them.",
        "Ab hier ist die Datei kein Turtle. Ihr Rest konnte nicht gelesen werden; die anderen "
        "Dateien werden wie sonst geprüft, mit dem Lesbaren aus dieser als Umgebung.",
    ),
    "S02": Rule(
        "syntax", "unknown-prefix", _BAD,
        "A prefix is used that no @prefix line of the file declares.",
        "Ein Präfix wird benutzt, das keine @prefix-Zeile der Datei einführt.",
    ),
    "S03": Rule(
        "syntax", "not-utf8", _BAD,
        "The file holds a byte that is not UTF-8. Turtle is always UTF-8.",
        "Die Datei enthält ein Byte, das kein UTF-8 ist. Turtle ist immer UTF-8.",
    ),
    "Y01": Rule(
        "style", "unknown-term", _BAD,
        "A class, property or concept of this project is used that no file defines: most often "
        "a typing error, and no question would ever find the statement.",
        "Eine Klasse, Eigenschaft oder ein Begriff dieses Projekts wird benutzt, aber nirgends "
        "festgelegt: meist ein Tippfehler, und keine Frage fände die Aussage.",
    ),
    "Y02": Rule(
        "style", "http-schema", _BAD,
        "schema.org is written with https here; the http form is another address.",
        "schema.org wird hier mit https geschrieben; die Form mit http ist eine andere Adresse.",
    ),
    "Y03": Rule(
        "style", "unknown-foreign-term", _POOR,
        "A well-known vocabulary has no such term.",
        "Ein bekanntes Vokabular hat keinen solchen Ausdruck.",
    ),
    "Y04": Rule(
        "style", "unknown-kind", _BAD,
        "The address of a thing is …/id/KIND/NAME, and KIND is one of a fixed list.",
        "Die Adresse eines Dings ist …/id/ART/NAME, und ART steht in einer festen Liste.",
    ),
    "Y05": Rule(
        "style", "ill-formed-name", _BAD,
        "The name in an address has small ASCII letters, digits and single hyphens alone.",
        "Der Name in einer Adresse hat nur kleine ASCII-Buchstaben, Ziffern und einzelne "
        "Bindestriche.",
    ),
    "Y06": Rule(
        "style", "not-registered", _BAD,
        "Authorities, places and countries are described in data/registers/, so that nobody "
        "invents a second one.",
        "Gebietskörperschaften, Orte und Länder stehen in data/registers/, damit niemand sie ein "
        "zweites Mal erfindet.",
    ),
    "Y07": Rule(
        "style", "not-described", _BAD,
        "A thing is referred to that no file describes with a type.",
        "Es wird auf ein Ding verwiesen, das keine Datei mit einem Typ beschreibt.",
    ),
    "Y08": Rule(
        "style", "kind-and-class", _BAD,
        "The kind in the address and the class of the thing belong together.",
        "Die Art in der Adresse und die Klasse des Dings gehören zusammen.",
    ),
    "Y09": Rule(
        "style", "ill-typed-literal", _BAD,
        "The text of a value is none of its datatype, so no comparison would work.",
        "Der Text eines Werts passt nicht zu seinem Datentyp; kein Vergleich würde gelingen.",
    ),
    "Y10": Rule(
        "style", "evidence-range", _BAD,
        "Evidence is the address of a passage, document#char=START,END, inside its document.",
        "Ein Beleg ist die Adresse einer Stelle, Dokument#char=ANFANG,ENDE, im Dokument.",
    ),
    "Y11": Rule(
        "style", "prefix-with-another-iri", _BAD,
        "One prefix stands for one address everywhere in the repository.",
        "Ein Präfix steht überall im Bestand für dieselbe Adresse.",
    ),
    "Y12": Rule(
        "style", "blank-node", _BAD,
        "Things in data/ have names: nobody can refer to, correct or cite a blank node.",
        "Dinge in data/ haben Namen: auf einen leeren Knoten kann niemand verweisen.",
    ),
    "Q01": Rule(
        "answers", "no-query", _BAD,
        "The file of a question is no SPARQL query.",
        "Die Datei einer Frage ist keine SPARQL-Abfrage.",
    ),
    "Q02": Rule(
        "answers", "unexpected-answer", _BAD,
        "A question gives fewer or more rows on the data than its header expects.",
        "Eine Frage gibt weniger oder mehr Zeilen, als ihr Kopf erwartet.",
    ),
}  # fmt: skip


def make_finding(code: str, message: str, position: Position | None, **more: Any) -> Finding:
    """Give a finding of a rule, whose stage, name and severity stand in `CODES`; `more` are the
    other fields of a finding, and win over those."""
    rule = CODES[code]
    fields: dict[str, Any] = {"stage": rule.stage, "name": rule.name} | more
    return Finding(code, rule.severity, message, position, **fields)
