"""Rooms bench: create, add in bulk, send, remove, at 2, 10, 100 and 1,000 devices, in time and bytes.

The committer and a sample of the devices are whole clients with MLS, store and core; in large rooms the others exist as
key packages and leaves only. The relay is the model of the tests, so that the figures are the clients' own; what it
holds at the end is the relay's side of the bill. Stores are in memory: `bench/store.py` has the price of the disk.
"""

from __future__ import annotations

import argparse
import sys
import time

from nullabona_mls import SUITE_PQ

from bench.client.bars import RELAY_LIMIT
from bench.client.memory import most_mib
from bench.client.reports import Rooms, RoomSize
from bench.speed.machine import describe
from nullabona.client.core import commands
from nullabona.client.core.model.outbox_targets import Blob
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.step import Timing
from nullabona.wire.messages import MAX_FRAME, Appended, Done, Refusal
from tests.rooms.world import Person, World

SIZES = (2, 10, 100, 1_000)
SAMPLE = 20
"""Most devices of a room that are whole clients, the committer aside."""
MESSAGES = 20


class CountingWorld(World):
    """A world that counts what is handed to the relay."""

    def __init__(self) -> None:
        quiet = 10**12
        super().__init__(
            1,
            suite=SUITE_PQ,
            timing=Timing(
                receipt=quiet, receipt_unread=quiet, reply=quiet, announcement=quiet, update=quiet, invite=quiet
            ),
        )
        self.sent = 0
        self.largest = 0

    def deliver(self, person: Person, item: OutboxItem) -> Appended | Done | Refusal | None:
        self.sent += len(item.data)
        if not isinstance(item.target, Blob):
            self.largest = max(self.largest, len(item.data))
        return super().deliver(person, item)

    def taken(self) -> int:
        """Bytes handed over since the last call."""
        sent, self.sent = self.sent, 0
        return sent


class Watch:
    """Milliseconds since it was last read."""

    def __init__(self) -> None:
        self._at = time.perf_counter()

    def read(self) -> float:
        at, self._at = self._at, time.perf_counter()
        return (self._at - at) * 1e3


def let(world: World, *people: Person) -> None:
    """Let these devices do all they can now."""
    for _ in range(50):
        if not sum(world.turn(person) for person in people):
            return


def measure(devices: int) -> RoomSize:
    """Everything for one size of room."""
    world = CountingWorld()
    committer, *others = (world.person(f"p{index:04}") for index in range(devices))
    sample = others[-SAMPLE:]
    leaver = others[0]
    watch = Watch()
    with committer.engine.step(world.now) as step:
        room = commands.create_group(step, "bench")
    create = watch.read()
    with committer.engine.step(world.now, room) as step:
        for other in others:
            commands.add_account(step, room, other.card)
    let(world, committer)
    add, add_bytes = watch.read(), world.taken()
    for person in sample:
        with person.engine.step(world.now) as step:
            commands.request_contact(step, committer.card, person.card.encoded, "")
        drop_outbox(person)
    watch.read()
    let(world, *sample)
    join = watch.read() / len(sample)
    assert {committer.where(room)} == {person.where(room) for person in sample}
    return finish(world, room, committer, leaver, sample, (create, add, join, add_bytes))


def drop_outbox(person: Person) -> None:
    with person.store.transaction():
        for item in person.store.outbox(person.world.now):
            person.store.drop_outbox(item.id)


def finish(
    world: CountingWorld,
    room: bytes,
    committer: Person,
    leaver: Person,
    sample: list[Person],
    before: tuple[float, float, float, int],
) -> RoomSize:
    """Send and remove in the room that was built."""
    create, add, join, add_bytes = before
    world.taken()
    watch = Watch()
    for number in range(MESSAGES):
        committer.send(room, f"message {number}: 오늘 저녁에 만날까요?")
    let(world, committer)
    send, send_bytes = watch.read() / MESSAGES, world.taken() // MESSAGES
    let(world, *sample)
    receive = watch.read() / MESSAGES / len(sample)
    assert {MESSAGES} == {len(person.texts(room)) for person in sample}
    world.taken()
    watch.read()
    with committer.engine.step(world.now, room) as step:
        commands.remove_account(step, room, leaver.account)
    let(world, committer)
    remove, remove_bytes = watch.read(), world.taken()
    stayed = [person for person in sample if person is not leaver]
    watch.read()
    let(world, *stayed)
    follow = watch.read() / len(stayed) if stayed else None
    assert {committer.where(room)} >= {person.where(room) for person in stayed}
    held = sum(len(data) for box in world.relay.boxes.values() for data in box.frames.values())
    held += sum(len(data) for data in world.relay.blobs.values())
    return RoomSize(
        len(world.people), len(sample) + 1, create, add, join, add_bytes, send, receive, send_bytes, remove, follow,
        remove_bytes, world.largest, held, most_mib(),
    )  # fmt: skip


def _or_dash(took_ms: float | None) -> str:
    return f"{'-':>8}" if took_ms is None else f"{took_ms:8.1f}"


def print_rows(rows: list[RoomSize]) -> None:
    print(
        "devices  real  create    add/dev     add KB   join   send  recv   send B   remove   follow     rm KB  relay MB"
    )
    for row in rows:
        print(
            f"{row.devices:7,} {row.real_devices:5} {row.create_ms:7.1f} {row.add_ms / max(1, row.devices - 1):10.2f}"
            f" {row.add_bytes / 1e3:10,.0f} {row.join_ms:6.1f} {row.send_ms:6.2f} {row.receive_ms:5.2f}"
            f" {row.send_bytes:8,} {row.remove_ms:8.1f} {_or_dash(row.follow_ms)} {row.remove_bytes / 1e3:10,.0f}"
            f" {row.relay_bytes / 1e6:9.2f}"
        )
    print("times in ms; add per device added, join, receive and follow per real device; the rest are key packages only")
    print(f"memory of all devices and the relay, in this one process: {rows[-1].peak_rss_mb:,.0f} MiB at most")
    first, last = rows[0], rows[-1]
    print(
        f"{last.devices:,} devices against {first.devices}: send x{last.send_ms / first.send_ms:.1f},"
        f" remove x{last.remove_ms / first.remove_ms:.1f}, join x{last.join_ms / first.join_ms:.1f}"
    )
    print(f"largest frame {max(row.largest_frame for row in rows):,} of {MAX_FRAME:,} bytes")
    print(f"relay holds {max(row.relay_bytes for row in rows) / RELAY_LIMIT:.2%} of 2 GiB at most")


def main() -> None:
    """Measure, print, and fail if a frame or the relay's memory is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [measure(size) for size in options.sizes]
    if options.json:
        print(Rooms("post-quantum", rows).as_json())
    else:
        print(f"rooms on {describe()}, post-quantum suite")
        print_rows(rows)
    if any(row.largest_frame > MAX_FRAME or row.relay_bytes >= RELAY_LIMIT for row in rows):
        sys.exit("a limit was exceeded")


if __name__ == "__main__":
    main()
