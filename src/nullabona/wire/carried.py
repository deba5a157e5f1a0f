"""The proof of its own card that an account carries to those it asks (spec/map.md §9.1).

It is what the directory answers about a handle, without the card, which comes beside it. What merely decodes proves
nothing: `nullabona.client.core.directory.carried` checks it.
"""

from __future__ import annotations

from typing import Final, Literal

from nullabona.wire.messages import HandleProof
from nullabona.wire.signed import Record, decode_record, encode_record

MAX_CARRIED: Final = 16_384
"""Most bytes of a carried proof. One under a log with a dozen witnesses has about 6,000."""


class CarriedProof(Record, frozen=True):
    """A proof as it is carried, with the version of this form."""

    version: Literal[1]
    proof: HandleProof


def encode_carried(proof: HandleProof) -> bytes:
    """The bytes that are carried; empty if they would be more than `MAX_CARRIED`."""
    data = encode_record(CarriedProof(1, proof))
    return data if len(data) <= MAX_CARRIED else b""


def decode_carried(data: bytes) -> HandleProof:
    """The proof in it. Raises `Malformed` for another version, another form, or more than `MAX_CARRIED` bytes."""
    return decode_record(CarriedProof, data, MAX_CARRIED).proof
