"""The prototype's own bodies: an operation, a box's number, and bytes. No secrets, no names, no limits."""

from __future__ import annotations

from struct import Struct

APPEND, READ, APPENDED, FRAMES = 1, 2, 3, 4
REQUEST = Struct(">BQQ")
"""Operation, box, and for a read the number after which to begin."""
TAKEN = Struct(">BQ")
FEW = Struct(">BQI")
"""Operation, number of the last frame, how many frames follow."""
SIZE = Struct(">I")


def append(box: int, payload: bytes) -> bytes:
    """Ask for ``payload`` to be kept."""
    return REQUEST.pack(APPEND, box, 0) + payload


def read(box: int, after: int) -> bytes:
    """Ask for what comes after a number."""
    return REQUEST.pack(READ, box, after)


def appended(seq: int) -> bytes:
    """It is kept under this number."""
    return TAKEN.pack(APPENDED, seq)


def frames(last: int, bodies: list[bytes]) -> bytes:
    """Frames up to and with number ``last``."""
    parts = [FEW.pack(FRAMES, last, len(bodies))]
    for body in bodies:
        parts += (SIZE.pack(len(body)), body)
    return b"".join(parts)


class BareCodec:
    """See `bench.peers.records.Codec`."""

    def __init__(self, *, asks_again: bool = False) -> None:
        self.asks_again = asks_again

    def append(self, number: int, payload: bytes, readers: int = 1) -> bytes:  # noqa: ARG002 - it wakes nobody
        return append(number, payload)

    def listen(self, number: int, reader: int, wait_s: int = 600) -> bytes | None:  # noqa: ARG002 - it has no wake tokens
        return None

    def read(self, number: int, after: int, wait_s: int) -> bytes:  # noqa: ARG002 - it always waits
        return read(number, after)

    def is_appended(self, body: memoryview) -> bool:
        return body[0] == APPENDED

    def frames(self, body: memoryview) -> tuple[int, int]:
        _, last, count = FEW.unpack_from(body)
        return count, last

    def address(self, number: int) -> bytes:
        return number.to_bytes(8, "big")
