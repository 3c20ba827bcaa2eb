"""The OpenAPI document: the protocol, and each saved question with its typed parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph.formats import GRAPH_TYPES, RESULT_TYPES
from kgraph.questions.parameters import Parameter
from kgraph.questions.question import Question

#: The type of a parameter in a question's header -> its JSON schema.
SCHEMAS: dict[str, dict[str, Any]] = {
    "iri": {"type": "string", "format": "iri-reference"},
    "string": {"type": "string"},
    "xsd:string": {"type": "string"},
    "lang": {"type": "string", "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"},
    "xsd:boolean": {"type": "boolean"},
    "xsd:date": {"type": "string", "format": "date"},
    "xsd:decimal": {"type": "number"},
    "xsd:gYear": {"type": "string", "pattern": "^[0-9]{4}$"},
    "xsd:integer": {"type": "integer"},
}
_PROBLEMS = {
    "400": "The request or its query cannot be read.",
    "403": "Updates, graphs from elsewhere, and SERVICE for endpoints not listed are refused.",
    "404": "There is no such thing.",
    "406": "None of the formats asked for is offered.",
    "408": "The request did not arrive in time.",
    "413": "The request is too large.",
    "415": "The body's type or coding is not understood.",
    "422": "A limit of time, memory, rows or bytes was exceeded.",
    "429": "The client has used its query seconds; Retry-After says when to come back.",
    "503": "Too many queries at once; Retry-After says when to come back.",
}
_TEXT = {"schema": {"type": "string"}}


def add_questions(document: dict[str, Any], questions: Mapping[str, Question]) -> dict[str, Any]:
    """Give the document with the endpoint, the graphs and one path for each question."""
    paths = document.setdefault("paths", {})
    for number, question in enumerate(questions.values()):
        paths[f"/questions/{question.id}"] = {"get": _describe_question(question, number)}
    paths["/sparql"] = {"get": _describe_get(), "post": _describe_post()}
    paths["/data"] = {"get": _describe_data()}
    paths["/graph/{name}"] = {"get": _describe_graph()}
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _problem()
    return document


def _describe_question(question: Question, number: int) -> dict[str, Any]:
    return {
        "summary": question.question["en"],
        "description": f"{question.question['de']}\n\nOne row: {question.row}",
        "operationId": f"question_{number}_{question.id.replace('-', '_')}",
        "tags": ["questions"],
        "parameters": [
            *(_describe_parameter(parameter) for parameter in question.parameters),
            _format([*RESULT_TYPES, "html"]),
        ],
        "responses": _responses(
            [m.type for m in RESULT_TYPES.values()], "400", "406", "422", "429", "503"
        ),
    }


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.note,
        "schema": SCHEMAS[parameter.type],
    }


def _describe_get() -> dict[str, Any]:
    return {
        "summary": "Answer a query (SPARQL 1.1 Protocol); without one, describe the endpoint.",
        "operationId": "query_by_get",
        "tags": ["SPARQL"],
        "parameters": [
            _text("query", "A SPARQL query: SELECT, ASK, CONSTRUCT or DESCRIBE."),
            _text("default-graph-uri", "A graph to be the default graph; repeat it for more."),
            _text("named-graph-uri", "A graph to be a named graph; repeat it for more."),
            _text("timeout", "Seconds the query may take; lowers the server's own limit."),
            _format([*RESULT_TYPES, *GRAPH_TYPES, "html"]),
        ],
        "responses": _responses(_all_types(), "400", "403", "406", "422", "429", "503"),
    }


def _describe_post() -> dict[str, Any]:
    form = {
        "type": "object",
        "required": ["query"],
        "properties": {"query": {"type": "string"}, "timeout": {"type": "string"}},
    }
    return {
        "summary": "Answer a query (SPARQL 1.1 Protocol). The method QUERY does the same.",
        "operationId": "query_by_post",
        "tags": ["SPARQL"],
        "requestBody": {
            "required": True,
            "content": {
                "application/sparql-query": _TEXT,
                "application/x-www-form-urlencoded": {"schema": form},
            },
        },
        "responses": _responses(
            _all_types(), "400", "403", "406", "408", "413", "415", "422", "429", "503"
        ),
    }


def _describe_data() -> dict[str, Any]:
    return {
        "summary": "Give one graph (SPARQL 1.1 Graph Store Protocol), or all of them.",
        "operationId": "read_graph",
        "tags": ["graphs"],
        "parameters": [
            _text("graph", "The IRI of a named graph."),
            {**_text("default", "The default graph."), "allowEmptyValue": True},
            _format([*GRAPH_TYPES]),
        ],
        "responses": _responses(
            [m.type for m in GRAPH_TYPES.values()], "400", "404", "406", "422", "429", "503"
        ),
    }


def _describe_graph() -> dict[str, Any]:
    name = {**_text("name", "What follows …/graph/ in its IRI."), "in": "path", "required": True}
    return {
        "summary": "Give one of the project's own graphs by its name.",
        "operationId": "read_own_graph",
        "tags": ["graphs"],
        "parameters": [name, _format([*GRAPH_TYPES])],
        "responses": _responses(
            [m.type for m in GRAPH_TYPES.values()], "400", "404", "406", "422", "429", "503"
        ),
    }


def _text(name: str, note: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": note, "schema": {"type": "string"}}


def _format(suffixes: list[str]) -> dict[str, Any]:
    return _text("format", "Wins over the Accept header.") | {
        "schema": {"type": "string", "enum": suffixes}
    }


def _all_types() -> list[str]:
    return [media.type for media in (*RESULT_TYPES.values(), *GRAPH_TYPES.values())]


def _responses(types: list[str], *problems: str) -> dict[str, Any]:
    content = {"$ref": "#/components/schemas/Problem"}
    return {
        "200": {
            "description": "The whole answer.",
            "content": dict.fromkeys([*types, "text/html"], _TEXT),
        },
        "304": {"description": "The client holds this answer."},
        **{
            status: {
                "description": _PROBLEMS[status],
                "content": {"application/problem+json": {"schema": content}},
            }
            for status in problems
        },
    }


def _problem() -> dict[str, Any]:
    """Give the schema of a problem document (RFC 9457) with this server's own members."""
    text, number = {"type": "string"}, {"type": "integer"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": number,
            "detail": text,
            "line": number,
            "column": number,
            "limit": text,
            "retryAfterSeconds": number,
        },
    }
