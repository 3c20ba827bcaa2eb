"""Connections to public addresses alone: a name is resolved once, and dialled as it was checked."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import httpcore

from kgraph.errors import EndpointFailure

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Gives the addresses of a host and port. Errors: OSError.
Resolve = Callable[[str, int], Awaitable[list[Address]]]

#: All public addresses of version 6 are in here (RFC 4291), but for those that tunnel to version 4
#: and those for documentation.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2002::/16", "3fff::/20")))
_SPECIAL_V4 = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))


def is_public(address: Address) -> bool:
    """Tell whether an address is one host of the public internet.

    >>> is_public(ipaddress.ip_address("10.0.0.1")), is_public(ipaddress.ip_address("9.9.9.9"))
    (False, True)
    """
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def is_one_host(address: Address) -> bool:
    """Tell whether an address is one host at all, of the public internet or a network of one's own.

    >>> is_one_host(ipaddress.ip_address("127.0.0.1")), is_one_host(ipaddress.ip_address("0.0.0.0"))
    (True, False)
    """
    version_4 = isinstance(address, ipaddress.IPv4Address)
    return not (
        address.is_unspecified or address.is_multicast or (version_4 and address.is_reserved)
    )


class Resolver:
    """Names resolved by the system, in threads of their own: a slow answer holds up nobody else."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, "resolver")

    async def resolve(self, host: str, port: int) -> list[Address]:
        """Give the addresses of a name, in the system's order. Errors: OSError."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        # An address of a single link carries the link's name after a percent sign.
        texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
        return [ipaddress.ip_address(text) for text in texts]


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Dials the addresses of a name only if each of them is allowed.

    The name is resolved once, and the connection is made to an address that was checked: another
    answer for the same name later changes nothing. TLS is still checked against the name.
    """

    def __init__(self, resolve: Resolve, allows: Callable[[Address], bool]) -> None:
        self._resolve = resolve
        self._allows = allows
        self._behind = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that takes it.

        Errors: EndpointFailure when an address is not allowed; those of httpcore.
        """
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise EndpointFailure("its name cannot be resolved") from error
        if not all(map(self._allows, addresses)):
            raise EndpointFailure("its name leads to an address that is not a public one")
        last: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            try:
                return await self._behind.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or EndpointFailure("its name has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: an endpoint has a name or an address. Errors: EndpointFailure, always."""
        raise EndpointFailure("it is no address in a network")

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks between attempts."""
        await asyncio.sleep(seconds)
