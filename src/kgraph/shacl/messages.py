"""What a result says: the messages of a shape, or those of its component."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode

from kgraph.rdf.terms import RDF_LANG_STRING, XSD_STRING, Term, show
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.vocabulary import ShapesError, sh

# Local name of the component to its message in English and German.
DEFAULTS: dict[str, tuple[str, str]] = {
    "And": (
        "The value does not meet all required shapes.",
        "Der Wert erfüllt nicht alle verlangten Formen.",
    ),
    "Class": (
        "The value is not of the required class.",
        "Der Wert gehört nicht zur verlangten Klasse.",
    ),
    "Closed": ("This property is not allowed here.", "Diese Eigenschaft ist hier nicht erlaubt."),
    "Datatype": (
        "The value does not have the required datatype, or is not a form of it.",
        "Der Wert hat nicht den verlangten Datentyp oder keine Form davon.",
    ),
    "Disjoint": (
        "The value must not also be a value of the other property.",
        "Der Wert darf nicht zugleich Wert der anderen Eigenschaft sein.",
    ),
    "Equals": (
        "Both properties must have the same values.",
        "Beide Eigenschaften müssen dieselben Werte haben.",
    ),
    "HasValue": ("The required value is missing.", "Der verlangte Wert fehlt."),
    "In": ("The value is not one of those allowed.", "Der Wert gehört nicht zu den erlaubten."),
    "LanguageIn": (
        "The language of the value is not one of those allowed.",
        "Die Sprache des Wertes gehört nicht zu den erlaubten.",
    ),
    "LessThan": (
        "The value must be less than that of the other property.",
        "Der Wert muss kleiner sein als der der anderen Eigenschaft.",
    ),
    "LessThanOrEquals": (
        "The value must not be greater than that of the other property.",
        "Der Wert darf nicht größer sein als der der anderen Eigenschaft.",
    ),
    "MaxCount": ("There are too many values.", "Es gibt zu viele Werte."),
    "MaxExclusive": ("The value is too great.", "Der Wert ist zu groß."),
    "MaxInclusive": ("The value is too great.", "Der Wert ist zu groß."),
    "MaxLength": ("The value is too long.", "Der Wert ist zu lang."),
    "MinCount": ("There are too few values.", "Es gibt zu wenige Werte."),
    "MinExclusive": ("The value is too small.", "Der Wert ist zu klein."),
    "MinInclusive": ("The value is too small.", "Der Wert ist zu klein."),
    "MinLength": ("The value is too short.", "Der Wert ist zu kurz."),
    "Node": (
        "The value does not meet the required shape.",
        "Der Wert erfüllt die verlangte Form nicht.",
    ),
    "NodeKind": (
        "The value is not of the required kind (IRI, blank node, literal).",
        "Der Wert ist nicht von der verlangten Art (IRI, leerer Knoten, Literal).",
    ),
    "Not": (
        "The value meets a shape that is forbidden here.",
        "Der Wert erfüllt eine Form, die hier verboten ist.",
    ),
    "Or": (
        "The value meets none of the possible shapes.",
        "Der Wert erfüllt keine der möglichen Formen.",
    ),
    "Pattern": (
        "The value does not match the required pattern.",
        "Der Wert passt nicht zum verlangten Muster.",
    ),
    "QualifiedMaxCount": (
        "There are too many values of the described kind.",
        "Es gibt zu viele Werte der beschriebenen Art.",
    ),
    "QualifiedMinCount": (
        "There are too few values of the described kind.",
        "Es gibt zu wenige Werte der beschriebenen Art.",
    ),
    "SPARQL": (
        "The value breaks a rule written in SPARQL.",
        "Der Wert verletzt eine in SPARQL geschriebene Regel.",
    ),
    "UniqueLang": (
        "There are several values in one language.",
        "Es gibt mehrere Werte in einer Sprache.",
    ),
    "Xone": (
        "The value must meet exactly one of the possible shapes.",
        "Der Wert muss genau eine der möglichen Formen erfüllen.",
    ),
}


def default_messages(component: NamedNode) -> tuple[Literal, ...]:
    """Give the English and the German message for a component; for others its name.

    >>> default_messages(NamedNode("http://www.w3.org/ns/shacl#InConstraintComponent"))[0].value
    'The value is not one of those allowed.'
    """
    name = component.value.rpartition("#")[2].removesuffix("ConstraintComponent")
    if name not in DEFAULTS:
        return (Literal(f"The value breaks the constraint {component.value}.", language="en"),)
    english, german = DEFAULTS[name]
    return (Literal(english, language="en"), Literal(german, language="de"))


def read_messages(graph: ShapesGraph, node: Term) -> tuple[Literal, ...]:
    """Give the messages of a node. Errors: ShapesError when one is no text."""
    found = []
    for message in graph.objects(node, sh("message")):
        if not isinstance(message, Literal) or message.datatype not in (
            XSD_STRING,
            RDF_LANG_STRING,
        ):
            raise ShapesError(
                f"{show(node)}: sh:message must be a text, not {show(message)}.", node
            )
        found.append(message)
    return tuple(found)
