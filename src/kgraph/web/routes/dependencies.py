"""What routes need of a request: the site, the format in the address, the Accept header."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Query, Request

from kgraph.web.http.sparql_protocol import find_wanted_suffix, read_address
from kgraph.web.site import Site


async def find_site(request: Request) -> Site:
    """Give the site that this application serves."""
    site: Site = request.app.state.site
    return site


async def read_suffix(
    request: Request,
    _: Annotated[
        str | None, Query(alias="format", description="Wins over the Accept header.")
    ] = None,
) -> str | None:
    """Give the format named in the address; None where it names none. Errors: NotAcceptable."""
    return find_wanted_suffix(read_address(request.scope["query_string"]))


CurrentSite = Annotated[Site, Depends(find_site)]
WantedSuffix = Annotated[str | None, Depends(read_suffix)]
AcceptHeader = Annotated[
    str | None, Header(alias="accept", description="Media types with weights (RFC 9110).")
]
