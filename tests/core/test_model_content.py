"""What a message says, as bytes: it decodes to what was encoded, or it is refused (room.md §6)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model.content import (
    Attachment,
    Body,
    Deleted,
    Envelope,
    File,
    Profile,
    React,
    Stored,
    Text,
    View,
    decode_body,
    decode_envelope,
    encode_body,
    encode_envelope,
)
from nullabona.errors import Malformed
from nullabona.wire.blob import BlobRef

ATTACHMENT = Attachment("file", "salary.txt", "text/plain", 5, (BlobRef(5, bytes(32), (bytes(32),)),))
DEEP = b"\x91" * 100_000


def envelope(body: Body) -> Envelope:
    """Somebody says this."""
    return Envelope(b"i" * 16, 7, (View(b"b" * 8, b"i" * 8, 3, b"c" * 16),), b"m" * 16, body)


@pytest.mark.parametrize("body", [Text("hello"), React(b"t" * 16, "👍"), File(ATTACHMENT, "see")])
def test_an_envelope_decodes_to_what_was_encoded(body: Body) -> None:
    """Words, annotations and files."""
    assert envelope(body) == decode_envelope(encode_envelope(envelope(body)))


@pytest.mark.parametrize("body", [Text("hello"), Deleted(b"a" * 32), File(ATTACHMENT)])
def test_a_stored_body_decodes_to_what_was_encoded(body: Body | Stored) -> None:
    """What is sent, and what only a device writes."""
    assert body == decode_body(encode_body(body))


@pytest.mark.parametrize("data", [b"", b"\xc1", DEEP, msgspec.msgpack.encode([1, 2])])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    """As an envelope and as a body, however it is broken."""
    with pytest.raises(Malformed):
        decode_envelope(data)
    with pytest.raises(Malformed):
        decode_body(data)


def test_nothing_that_only_a_device_writes_is_received() -> None:
    """A note of what was deleted stands in a store, and in no message."""
    forged = msgspec.msgpack.encode((b"i" * 16, 7, (), b"", Deleted(b"a" * 32)))
    with pytest.raises(Malformed):
        decode_envelope(forged)


def test_what_was_said_stands_in_no_log() -> None:
    """The texts that Python shows of a message name sizes and kinds, no words."""
    assert ["<Attachment file, 5 bytes>", "<Profile>", "<Envelope Text>"] == [
        repr(ATTACHMENT),
        repr(Profile("미나", b"picture")),
        repr(envelope(Text("secret"))),
    ]
