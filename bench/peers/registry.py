"""Every server and configuration that is compared; ours first."""

from __future__ import annotations

from bench.peers.ejabberd import Ejabberd
from bench.peers.interface import Peer
from bench.peers.mosquitto import Mosquitto
from bench.peers.nats import Nats
from bench.peers.prosody import Prosody
from bench.peers.prototype import Prototype
from bench.peers.relay import Relay
from bench.peers.streams import Streams
from bench.peers.synapse import Synapse

OURS = "nullabona"
VOLATILE = "nullabona-volatile"
CEILING = "prototype"


def peers() -> tuple[Peer, ...]:
    """In the order of tables."""
    return (
        Relay(volatile=False),
        Relay(volatile=True),
        Prototype(),
        Ejabberd(archive=False),
        Ejabberd(archive=True),
        Prosody(archive=False),
        Prosody(archive=True),
        Synapse(),
        Streams("always"),
        Streams("everysec"),
        Nats(always=True),
        Nats(always=False),
        Mosquitto(),
    )
