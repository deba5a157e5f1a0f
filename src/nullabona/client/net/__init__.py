"""How a client reaches a relay: over one WebSocket or one POST per request, encrypted, never with less than asked for.

``connect`` and `PostCarrier` carry, `Link` reconnects, `parse_endpoint` and `endpoint_of` say where a relay is.
"""

from nullabona.client.net.answers import Answers
from nullabona.client.net.backoff import Backoff, Policy
from nullabona.client.net.carrier import Carrier
from nullabona.client.net.connection import Connection, connect
from nullabona.client.net.dial import NetOptions
from nullabona.client.net.errors import (
    ProxyRefused,
    RelayUntrusted,
    TimedOut,
    TooManyRequests,
    Unreachable,
)
from nullabona.client.net.link import Link, World
from nullabona.client.net.post import PostCarrier
from nullabona.wire.endpoint import Endpoint, EndpointRefused, endpoint_of, parse_endpoint

__all__ = [
    "Answers",
    "Backoff",
    "Carrier",
    "Connection",
    "Endpoint",
    "EndpointRefused",
    "Link",
    "NetOptions",
    "Policy",
    "PostCarrier",
    "ProxyRefused",
    "RelayUntrusted",
    "TimedOut",
    "TooManyRequests",
    "Unreachable",
    "World",
    "connect",
    "endpoint_of",
    "parse_endpoint",
]
