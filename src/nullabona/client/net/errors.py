"""What can go wrong between a client and a relay. None of it ever makes the client try something less private."""

from __future__ import annotations

from nullabona.errors import PeerError, UserError


class ProxyRefused(UserError):
    """A proxy is not one that the client connects through, or one is needed."""

    code = "proxy-refused"
    default_hint = "name a SOCKS5 proxy on this machine, for Tor usually socks5://127.0.0.1:9050"


class TooManyRequests(UserError):
    """More requests were started on one carrier than it keeps track of."""

    code = "too-many-requests"
    default_hint = "finish or cancel some requests first, or open another connection"
    retryable = True


class Unreachable(PeerError):
    """The relay cannot be reached, or was lost before it answered. The request may or may not have been carried out."""

    code = "unreachable"
    default_hint = "nothing is lost; it is retried automatically"
    retryable = True


class TimedOut(Unreachable):
    """The relay did not answer in time. The request may or may not have been carried out."""

    code = "timed-out"


class RelayUntrusted(Unreachable):
    """The relay's certificate does not prove that it is the relay. Nothing was sent to it."""

    code = "relay-untrusted"
    default_hint = "somebody may intercept the connection; try another network, and compare the address"
