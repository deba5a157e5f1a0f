"""What the product adds to the prototype, one by one, and all of it together."""

from __future__ import annotations

from bench.ceiling.server import ADDITIONS
from bench.peers.interface import Peer
from bench.peers.prototype import PADDING, Prototype

STEPS = (*ADDITIONS, PADDING)
ALL = "prototype + everything but padding"


def steps() -> tuple[Peer, ...]:
    """The prototype with each addition alone, then with all that the server makes."""
    everything = Prototype(*ADDITIONS)
    return (*(Prototype(step) for step in STEPS), everything)
