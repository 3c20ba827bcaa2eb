"""The triple stores that validation is tried on, each started once per run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from triplestores import TripleStore, explain_absence, run_store


@pytest.fixture(scope="session", params=["oxigraph", "fuseki"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TripleStore]:
    """A running store of each kind; what its default graph holds is left by the test before."""
    reason = explain_absence(request.param)
    if reason:
        pytest.skip(reason)
    with run_store(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running
