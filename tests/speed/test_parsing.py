"""The load generator's parsers count right however the bytes are cut."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.peers import mosquitto, nats, streams, synapse, xmpp

PAYLOAD = b"p" * 60


def cut(data: bytes, step: int, parse: Callable[[bytes], int]) -> bytes:
    """Feed ``data`` in pieces, as `bench.peers.wire.Wire` does; what stays unparsed."""
    held = b""
    for at in range(0, len(data), step):
        held += data[at : at + step]
        held = held[parse(held) :]
    return held


@pytest.mark.parametrize("step", [1, 7, 64, 10_000])
def test_messages_of_nats(step: int) -> None:
    """Acknowledgements, messages with and without a reply, and lines that are neither."""
    data = b"PING\r\n" + b"MSG box.1 2 60\r\n%s\r\nMSG box.1 2 reply.1 60\r\n%s\r\n+OK\r\n" % (PAYLOAD, PAYLOAD)
    found: list[bytes] = []
    assert b"" == cut(data, step, lambda held: nats.messages(held, lambda subject, _at: found.append(subject)))
    assert [b"box.1"] * 2 == found


@pytest.mark.parametrize("step", [1, 7, 64, 10_000])
def test_packets_of_mqtt(step: int) -> None:
    """Lengths of one byte and of two."""
    data = mosquitto.packet(mosquitto.PUBACK, b"\0\1") + mosquitto.packet(mosquitto.PUBLISH, bytes(300))
    found: list[tuple[int, int]] = []
    each = lambda first, at, end: found.append((first, end - at))  # noqa: E731 - as short as it gets
    assert b"" == cut(data, step, lambda held: mosquitto.packets(held, each))
    assert [(mosquitto.PUBACK, 2), (mosquitto.PUBLISH, 300)] == found


@pytest.mark.parametrize("step", [1, 7, 64, 10_000])
def test_entries_of_a_stream(step: int) -> None:
    """Two answers of two entries each, and the place to go on from."""
    entry = b"*2\r\n$3\r\n%d-0\r\n*2\r\n$1\r\nd\r\n$60\r\n" + PAYLOAD + b"\r\n"
    answer = b"*1\r\n*2\r\n$5\r\nbox-1\r\n*2\r\n"
    data = answer + entry % 1 + entry % 2 + answer + entry % 3 + entry % 4
    entries, found = streams.Entries(b"box-1"), 0

    def parse(held: bytes) -> int:
        nonlocal found
        count, used = entries.parse(held)
        found += count
        return used

    held = cut(data, step, parse)
    while held:
        held = held[parse(held) :]
    assert (4, b"4-0") == (found, entries.last)


@pytest.mark.parametrize("step", [1, 7, 64, 10_000])
def test_messages_of_xmpp(step: int) -> None:
    """Only those with a body: a room's subject is none."""
    data = (b"<message><body>%s</body></message>" % PAYLOAD + b"<message><subject/></message>") * 3
    found: list[int] = []
    cut(data, step, xmpp.counting(found.append))
    assert 3 == sum(found)


@pytest.mark.parametrize("step", [1, 7, 64, 10_000])
def test_responses_of_synapse(step: int) -> None:
    """With a length, and in chunks."""
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    data += b'6\r\n{"a":1\r\n1\r\n}\r\n0\r\n\r\n'
    found: list[bytes] = []
    assert b"" == cut(data, step, lambda held: synapse.responses(held, found.append))
    assert [b"{}", b'{"a":1}'] == found
