"""What a connection sent last does not stay in its buffer, where it would say which box the connection spoke of."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from nullabona.drills.search import memory_chunks
from nullabona.relay.wiping import wipe
from nullabona.wire.bells import bell_of
from nullabona.wire.messages import Listen
from tests.relay.peers import Box, Client, RelayProcess


def test_what_may_only_be_read_is_wiped() -> None:
    """Exactly the bytes below the view, and nothing of the memory around them."""
    memory = bytearray(b"before secret after")
    wipe(memoryview(memory).toreadonly()[7:13])
    assert bytearray(b"before \0\0\0\0\0\0 after") == memory
    wipe(memoryview(memory)[:0])


@pytest.fixture
def relay() -> Iterator[RelayProcess]:
    running = RelayProcess("--volatile")
    yield running
    running.kill()


def _copies(pid: int, secrets: list[bytes]) -> list[int]:
    """How often each is found in the memory of a process."""
    found = [0] * len(secrets)
    for chunk in memory_chunks(pid):
        for at, secret in enumerate(secrets):
            found[at] += bytes(chunk.data).count(secret)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="a relay's memory is read as root only")
def test_no_connection_keeps_the_secrets_of_a_box(relay: RelayProcess) -> None:
    """Several people wrote to a room of theirs, read it and listen: neither a box's secrets nor what ties its bells
    together are in memory, but for what the very last of them asked for, which nothing has overwritten yet.
    """
    secrets: list[list[bytes]] = []
    clients = [Client(relay.address) for _ in range(5)]
    for client in clients:
        box, bells = Box(), os.urandom(32)
        client.ask(box.append(os.urandom(512), (bells, 2)))
        client.ask(box.read(after=1))
        client.start(Listen(bell_of(bells, 0), 600))
        client.ask(box.read(after=1))
        secrets.append([box.secrets.read_secret, box.secrets.write_secret, bells, bell_of(bells, 0)])
    found = [_copies(relay.process.pid, person) for person in secrets[:-1]]
    assert [[0, 0, 0]] * 4 == [copies[:3] for copies in found]
    assert [True] * 4 == [copies[3] >= 1 for copies in found]  # what is there is found: the bells that are listened for
