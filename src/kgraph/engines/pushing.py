"""A data set written into a store elsewhere: Graph Store Protocol, or SPARQL update."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pyoxigraph import BlankNode, Triple

from kgraph.engines.remote_request import SHOWN_CHARACTERS
from kgraph.errors import BadConfig, EndpointFailure

#: Virtuoso's compiler gives up near 5,000 triples in one text.
_BATCH_TRIPLES = 1_000

#: Graph name -> its triples; the empty name is the default graph.
Graphs = dict[str, list[Triple]]


@dataclass(frozen=True)
class Destination:
    """A store that can be written: the address of its graph store or of its update operation.

    `seconds` is how long it may take for one request; user and password go to no other address.
    """

    address: str
    seconds: float = 300.0
    user: str = ""
    password: str = ""

    def __post_init__(self) -> None:
        if not self.address.startswith(("http://", "https://")):
            raise BadConfig(f"{self.address}: a store's address begins with http:// or https://.")

    def send(self, method: str, address: str, body: bytes, media_type: str) -> None:
        """Send one request. Errors: EndpointFailure with what the store said."""
        request = urllib.request.Request(address, body, {"Content-Type": media_type}, method=method)
        try:
            with self._opener().open(request, timeout=self.seconds) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            said = " ".join(error.read(4096).decode(errors="replace").split())[:SHOWN_CHARACTERS]
            raise EndpointFailure(f"{address}: status {error.code}: {said}") from error
        except OSError as error:
            raise EndpointFailure(f"{address}: {error}.") from error

    def _opener(self) -> urllib.request.OpenerDirector:
        if not self.user:
            return urllib.request.build_opener()
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        known.add_password(None, self.address, self.user, self.password)
        return urllib.request.build_opener(
            urllib.request.HTTPDigestAuthHandler(known), urllib.request.HTTPBasicAuthHandler(known)
        )


def push_graphs(to: Destination, graphs: Graphs) -> Iterator[str]:
    """Replace each graph by PUT (Graph Store Protocol); give the name of each that is done."""
    for name, triples in graphs.items():
        which = f"graph={quote(name, safe='')}" if name else "default"
        joint = "&" if "?" in to.address else "?"
        body = "".join(f"{triple} .\n" for triple in triples).encode()
        to.send("PUT", f"{to.address}{joint}{which}", body, "application/n-triples")
        yield name


def push_updates(to: Destination, graphs: Graphs) -> Iterator[str]:
    """Replace each graph by SPARQL update, in batches; give the name of each that is done."""
    for name, triples in graphs.items():
        _update(to, f"CLEAR SILENT GRAPH <{name}>" if name else "CLEAR SILENT DEFAULT")
        for verb, batch, end in _batches(triples):
            data = f"GRAPH <{name}> {{ {batch} }}" if name else batch
            _update(to, f"{verb} {{ {data} }}{end}")
        yield name


#: How a store takes data -> what writes them there.
WAYS: dict[str, Callable[[Destination, Graphs], Iterator[str]]] = {
    "graph-store": push_graphs,
    "update": push_updates,
}


def _update(to: Destination, text: str) -> None:
    # As a form: Virtuoso never answers an update that is the body itself.
    form = urlencode({"update": text}).encode()
    to.send("POST", to.address, form, "application/x-www-form-urlencoded")


def _batches(triples: Iterable[Triple]) -> Iterator[tuple[str, str, str]]:
    """Give the triples in texts of bounded size, with what stands before and after them.

    All with blank nodes come in the first one, because a blank node of the next one would be
    another node; and as a template, because Virtuoso takes none as data.
    """
    blank: list[str] = []
    plain: list[str] = []
    for triple in triples:
        anonymous = isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode)
        (blank if anonymous else plain).append(f"{triple} .\n")
    if blank:
        yield "INSERT", "".join(blank), " WHERE {}"
    for batch in _batched(plain, _BATCH_TRIPLES):
        yield "INSERT DATA", "".join(batch), ""


def _batched(lines: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(lines), size):
        yield lines[start : start + size]
