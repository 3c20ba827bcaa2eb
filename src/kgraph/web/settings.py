"""What an operator may set: by KGRAPH_… variables of the environment or in kgraph.toml.

Each name carries its unit. A client may lower a limit for its own query, never raise it.
"""

from __future__ import annotations

import difflib
import ipaddress
import logging
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from kgraph.errors import BadConfig
from kgraph.serving.federation.allowed_endpoints import (
    OutsideEndpoints,
    OutsideLimits,
    read_allowed,
)
from kgraph.serving.isolation.memory_copies import find_free_bytes
from kgraph.serving.limits import PoolLimits
from kgraph.web.http.connections import ConnectionLimits

CONFIG_FILE = "kgraph.toml"
_PREFIX = "KGRAPH_"
#: Variables of other commands.
_OTHERS = ("KGRAPH_PUSH_USER", "KGRAPH_PUSH_PASSWORD")
_log = logging.getLogger("kgraph.settings")


class ServeSettings(BaseSettings):
    """The settings of one server; the environment wins over the file."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid")

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port; 0 takes a free one")
    public_base: str = Field("", description="address under which clients see the server")
    root: Path = Field(Path(), description="folder with queries/questions")
    snapshot: Path = Field(Path("build"), description="folder of snapshots, or one of them")
    in_memory: bool = Field(
        True,
        description="answer from memory, about 580 bytes a triple; `false`: from disk",
    )
    endpoint: str = Field(
        "",
        description="SPARQL endpoint to answer from, in place of a snapshot",
    )
    endpoint_default_graph: str = Field(
        "", description="graph of that endpoint that is the default graph, where it has none itself"
    )
    service_endpoints: str = Field(
        "",
        description="whole addresses of the SPARQL endpoints that SERVICE may name, separated by "
        "spaces; none: SERVICE is off",
    )
    service_private: str = Field(
        "",
        description="more of them, whose network addresses may be private: those of your own "
        "network",
    )
    service_seconds: float = Field(
        10.0, gt=0, description="time of one request to such an endpoint"
    )
    service_mebibytes: int = Field(8, ge=1, le=1024, description="size of one answer from there")
    service_rows: int = Field(10_000, ge=1, description="rows of one answer from there")
    service_clauses: int = Field(4, ge=1, description="SERVICE clauses of one query")
    service_queries: int = Field(
        8, ge=1, le=256, description="queries with SERVICE under way at once"
    )
    workers: int = Field(
        0,
        ge=0,
        le=256,
        description="queries of each class (quick, unknown, long, heavy) that run at once; three "
        "processes for each are always there; 0: one for each processor, two at least",
    )
    processes: int = Field(
        0,
        ge=0,
        le=4096,
        description="worker processes alive at once, whatever they do, those being ended too; what "
        "is left beyond three for each of `workers` goes on with queries that outgrew their class; "
        "0: eight for each of `workers`",
    )
    queue: int = Field(256, ge=0, description="queries that may wait for a worker; more get 503")
    query_seconds: float = Field(
        30.0, gt=0, description="time of one query, waiting and planning included"
    )
    memory_mebibytes: int = Field(
        2048,
        ge=64,
        description="memory of one worker beyond the data; times `processes`: of all queries",
    )
    copied_mebibytes: int | None = Field(
        None,
        ge=0,
        description="memory of all copies of the data that workers make in advance; not set: a "
        "quarter of what is free at the start",
    )
    answer_mebibytes: int = Field(
        256, ge=1, description="size of one answer; times `connections`: of all on the disk"
    )
    answer_rows: int = Field(1_000_000, ge=1, description="rows of one answer")
    request_kibibytes: int = Field(512, ge=1, description="size of one request")
    request_seconds: float = Field(
        10.0, gt=0, description="time for the head of a request to arrive, and as much for its body"
    )
    stall_seconds: float = Field(
        30.0, gt=0, description="time a client may read nothing of its answer"
    )
    connections: int = Field(512, ge=1, description="connections open at once")
    trusted_proxies: str = Field(
        "", description="addresses of proxies whose X-Forwarded-For and -Proto are believed"
    )
    budget_seconds: float = Field(
        120.0, ge=0, description="query seconds per client and minute; 0 switches it off"
    )
    prepared_mebibytes: int = Field(256, ge=0, description="memory for prepared answers")
    switch_seconds: float = Field(2.0, gt=0, description="how often a new snapshot is looked for")

    @field_validator("public_base")
    @classmethod
    def _check_base(cls, value: str) -> str:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        if value and (not whole or parts.query or parts.fragment or not value.isprintable()):
            raise ValueError("write an address such as https://data.example.org/graph")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: str) -> str:
        for each in filter(None, (each.strip() for each in value.split(","))):
            if each != "*":
                ipaddress.ip_network(each, strict=False)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read options first, then the environment, then the file."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=CONFIG_FILE)
        return init_settings, env_settings, file

    def pool_limits(self) -> PoolLimits:
        """Give the limits of the pool in its own units. Errors: BadConfig."""
        workers = self.workers or max(2, len(os.sched_getaffinity(0)))
        return PoolLimits(
            workers=workers,
            processes=self.processes or 8 * workers,
            queue=self.queue,
            query_seconds=self.query_seconds,
            memory_bytes=self.memory_mebibytes << 20,
            copied_bytes=(
                find_free_bytes() // 4
                if self.copied_mebibytes is None
                else self.copied_mebibytes << 20
            ),
            answer_bytes=self.answer_mebibytes << 20,
            answer_rows=self.answer_rows,
        )

    def outside_endpoints(
        self, on_end: Callable[[str], None] = lambda _: None
    ) -> OutsideEndpoints | None:
        """Give the endpoints that SERVICE may name; None where it is off.

        `on_end` is told how each request to one of them ended. Errors: BadConfig.
        """
        allowed = read_allowed(self.service_endpoints, self.service_private)
        if not allowed:
            return None
        if self.endpoint:
            raise BadConfig(
                "service_endpoints and service_private go with a snapshot, not with an endpoint: "
                "what answers the query there would reach out by itself; unset one of them"
            )
        limits = OutsideLimits(
            seconds=self.service_seconds,
            answer_bytes=self.service_mebibytes << 20,
            rows=self.service_rows,
            clauses=self.service_clauses,
            queries=self.service_queries,
        )
        return OutsideEndpoints(allowed, limits, on_end)

    def connection_limits(self) -> ConnectionLimits:
        """Give the limits of a connection."""
        head_bytes = self.request_kibibytes << 10
        return ConnectionLimits(
            self.request_seconds, self.stall_seconds, self.connections, head_bytes
        )


def read_settings(**options: object) -> ServeSettings:
    """Give the settings; an option that is None is left to the environment and the file. Variables
    that look like settings and are none are told in the log.

    Errors: BadConfig naming the setting, what it was and what it may be.
    """
    known = {f"{_PREFIX}{name.upper()}" for name in ServeSettings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(_PREFIX) and name not in known and name not in _OTHERS:
            close = difflib.get_close_matches(name, known, 1)
            meant = f"; did you mean {close[0]}?" if close else ""
            _log.warning("%s is no setting of the server%s", name, meant)
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return ServeSettings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadConfig(
            f"the setting {name} cannot be {first['input']!r}: {first['msg']} "
            f"(set as KGRAPH_{name.upper()}, or {name} in {CONFIG_FILE})"
        ) from error
    except ValueError as error:
        raise BadConfig(f"{CONFIG_FILE} cannot be read: {error}") from error
