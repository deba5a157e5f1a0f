"""Fuzz what comes from strangers beside boxes: cards, proofs, certificates, statements, frames, handles, responses.

Any bytes give a value or a `PeerError` (any text a handle or a `HandleError`), and what is accepted encodes to itself.
"""

from __future__ import annotations

import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fuzz._harness import fuzz, mutate
from nullabona.client.net.ledger import decode_answer
from nullabona.errors import Malformed, PeerError
from nullabona.wire.card import (
    CardDevice,
    issue_certificate,
    sign_card,
    sign_delete,
    verify_card,
    verify_certificate,
    verify_delete,
)
from nullabona.wire.carried import decode_carried, encode_carried
from nullabona.wire.handle import HandleError, format_handle, parse_handle
from nullabona.wire.messages import (
    MAX_RESPONSE,
    Appended,
    CardFound,
    Done,
    Frames,
    HandleProof,
    LookupCard,
    Read,
    Refusal,
    encode,
)
from nullabona.wire.padding import BUCKETS
from nullabona.wire.records import Assembly, split_records
from nullabona.wire.seal import Inbox, inbox_keypair, open_inbox_frame, seal_to_inbox

TODAY = 20_000
EVEN = 0.5
SEED = bytes(32)
OWNER = Ed25519PrivateKey.from_private_bytes(SEED)
HANDLE = parse_handle("민아@relay.example")
INBOX = Inbox(SEED, SEED, inbox_keypair(SEED).public)
CERTIFICATE = issue_certificate(OWNER, handle=HANDLE, device_id=bytes(16), device_key=SEED, issued_day=TODAY)
CARD = verify_card(
    sign_card(OWNER, handle=HANDLE, issued_day=TODAY, devices=(CardDevice(CERTIFICATE, b"key package"),), inbox=INBOX),
    today=TODAY,
)
STATEMENT = sign_delete(OWNER, CARD, day=TODAY)
FRAME = seal_to_inbox(INBOX, b"a contact request")
RESPONSES = [encode(each) for each in (Appended(1, b"i"), Frames(b"i", 2, ((2, b"f"),)), Done(), Refusal("busy", 5))]
NO_PROOF = HandleProof(bytes(80), bytes(16), 1, (bytes(32),), (), 0, (bytes(32),), b"checkpoint")
RESPONSES.append(encode(CardFound(CARD.encoded, NO_PROOF)))
HANDLES = ["민아@relay.example:8443", "josé.garcía@[::1]:80", "mina@127.0.0.1", "adm1n@x", "pаypal@x", "ᄆ\u3164@x"]


def cards(rng: random.Random) -> None:
    """Only the one real card verifies; it comes back as it was."""
    data = mutate(rng, rng.choice([CARD.encoded, CERTIFICATE.encode(), STATEMENT]))
    for decode in (_card, _certificate, _statement):
        try:
            encoded = decode(data)
        except PeerError:
            continue
        assert encoded == data


def carried(rng: random.Random) -> None:
    """A carried proof that is accepted is in its one form."""
    data = mutate(rng, encode_carried(NO_PROOF))
    try:
        proof = decode_carried(data)
    except Malformed:
        return
    assert encode_carried(proof) == data


def _card(data: bytes) -> bytes:
    return verify_card(data, today=TODAY).encoded


def _certificate(data: bytes) -> bytes:
    return verify_certificate(data, SEED).encode()


def _statement(data: bytes) -> bytes:
    verify_delete(data, today=TODAY, card=CARD)
    return STATEMENT


def frames(rng: random.Random) -> None:
    """Nothing but the real frame opens."""
    data = mutate(rng, FRAME)
    data = data.ljust(rng.choice(BUCKETS), b"\0") if rng.random() < EVEN else data
    try:
        open_inbox_frame(SEED, INBOX.address, data)
    except Malformed:
        return
    assert data == FRAME


def handles(rng: random.Random) -> None:
    """What is a handle is one in its normal form."""
    text = list(rng.choice(HANDLES))
    for _ in range(rng.randrange(4)):
        text.insert(rng.randrange(len(text) + 1), chr(rng.choice([rng.randrange(0x250), rng.randrange(0xD800)])))
    try:
        handle = parse_handle("".join(text))
    except HandleError:
        return
    assert parse_handle(format_handle(handle)) == handle


def responses(rng: random.Random) -> None:
    """A client takes an answer of the right kind or raises `Malformed`, however a message is split."""
    data = mutate(rng, rng.choice(RESPONSES))
    message = b"".join(n.to_bytes(4, "big") + len(data).to_bytes(4, "big") + data for n in range(3))
    message = mutate(rng, message)
    cut = rng.randrange(len(message) + 1)
    try:
        assembly = Assembly(MAX_RESPONSE)
        assembly.add(message[:cut], first=True, last=False)
        whole = assembly.add(message[cut:], first=False, last=True)
        assert whole is not None
        assert bytes(whole) == message
        for _, body in split_records(message, MAX_RESPONSE):
            decode_answer(LookupCard if rng.random() < EVEN else Read, body)
    except Malformed:
        return


if __name__ == "__main__":
    fuzz("card", __doc__, (cards, carried, frames, handles, responses))
