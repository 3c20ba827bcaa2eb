"""Starts rdflib-endpoint over N-Triples in an Oxigraph store; run by its own environment's Python.

    python rdflib_server.py DATA.nt PORT

Its command line does the same, but reads the file triple by triple, which takes minutes.
"""

from __future__ import annotations

import sys

import pyoxigraph
import uvicorn
from oxrdflib import OxigraphStore
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint

if __name__ == "__main__":
    store = pyoxigraph.Store()
    store.bulk_load(path=sys.argv[1], format=pyoxigraph.RdfFormat.N_TRIPLES)
    data = Dataset(store=OxigraphStore(store=store), default_union=True)
    app = SparqlEndpoint(graph=data)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
