"""The triple stores that validation is tried on, each started once per run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from endpoints import Endpoint, run_endpoint


@pytest.fixture(scope="session", params=["oxigraph", "fuseki"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    """A running store of each kind; what its default graph holds is left by the test before."""
    with run_endpoint(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running
