"""What the client's store costs: calls in memory, durable steps on disk, pages of a long room, opening a profile.

Run: ``python bench/store.py [directory]``; the directory's disk is the one measured. Prints figures, keeps nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import Frame, Message, MessageState
from nullabona.client.profile import Passphrase, create_profile, open_profile
from nullabona.client.store import SqliteStore
from nullabona.wire.address import Address

ROOM, BOX = b"r" * 32, b"b" * 32
CALLS, STEPS, LONG = 20_000, 2_000, 100_000


def message(n: int) -> Message:
    body = ("오늘 저녁에 만날까요? See you at seven." * 2).encode()
    id, sender = n.to_bytes(16, "big"), b"a" * 32
    return Message(ROOM, id, sender, b"d" * 32, n, n, 1, MessageState.RECEIVED, BOX, b"f" * 32, 0, body)


def frame(n: int) -> Frame:
    hash = n.to_bytes(32, "big")
    return Frame(BOX, hash, n + 1, b"c" * 32, 1, mine=False, message=b"m" * 16, day=20_000, data=b"d" * 1_024)


def each(count: int, call: Callable[[int], object]) -> float:
    """Microseconds per call."""
    start = time.perf_counter()
    for n in range(count):
        call(n)
    return (time.perf_counter() - start) / count * 1e6


def step(store: SqliteStore, n: int) -> None:
    """What sending a message writes: ratchet rows, the message, its outbox item."""
    with store.transaction():
        store.mls_advance(b"group", n or None, n + 1)
        store.mls_write([(b"s", b"tree", os.urandom(600)), (b"s", b"epoch", os.urandom(300))], [(b"s", b"old")])
        store.put_message(message(n))
        store.add_outbox(RoomFrame("r", ROOM, Address(BOX), b"t" * 32, 2), ref=b"%d" % n, data=os.urandom(1_024))


def empty(store: SqliteStore) -> None:
    with store.transaction():
        pass


def print_calls() -> None:
    store = SqliteStore.testing_in_memory()
    calls: dict[str, Callable[[int], object]] = {
        "set_value": lambda _: store.set_value("name", b"value"),
        "get_value": lambda _: store.get_value("name"),
        "mls_rows (none)": lambda _: store.mls_rows([b"s"]),
        "put_frame": lambda n: store.put_frame(frame(n)),
        "frame_at": lambda n: store.frame_at(BOX, n + 1),
        "put_message": lambda n: store.put_message(message(n)),
        "message": lambda n: store.message(ROOM, n.to_bytes(16, "big")),
        "last_message": lambda _: store.last_message(ROOM),
        "saw": lambda n: store.saw("box", n.to_bytes(32, "big"), 20_000),
    }
    print(f"in memory, microseconds per call ({CALLS:,} calls each, records made and read included)")
    for name, call in calls.items():
        with store.transaction():
            print(f"  {name:<28}{each(CALLS, call):8.2f}")
    print(f"  {'transaction (empty)':<28}{each(CALLS, lambda _: empty(store)):8.2f}")
    print(f"  {'a new store':<28}{each(200, lambda _: SqliteStore.testing_in_memory().close()):8.2f}")


def print_fsync(folder: Path) -> None:
    fd = os.open(folder / "plain", os.O_CREAT | os.O_WRONLY)

    def write(n: int) -> None:
        os.pwrite(fd, bytes(4_096), n * 4_096)
        os.fsync(fd)

    took = each(500, write)
    os.close(fd)
    print(f"  {'this disk: write 4 KiB, fsync':<44}{1e6 / took:10,.0f} /s")


def print_steps(folder: Path) -> None:
    print("on disk, encrypted (ChaCha20-Poly1305, WAL, synchronous=FULL)")
    print_fsync(folder)
    start = time.perf_counter()
    profile = create_profile(folder / "profile", Passphrase("bench"))
    print(f"  {'create a profile (Argon2id twice)':<44}{(time.perf_counter() - start) * 1e3:10.1f} ms")
    store = profile.store
    print(f"  {'send: 5 writes in 1 durable step':<44}{1e6 / each(STEPS, lambda n: step(store, n)):10,.0f} /s")
    store.count_generations(None)
    unwitnessed = each(STEPS, lambda n: step(store, n + STEPS))
    print(f"  {'the same, no generation, no witness':<44}{1e6 / unwitnessed:10,.0f} /s")
    start = time.perf_counter()
    with store.transaction():
        for n in range(LONG):
            store.put_message(message(n))
    print(f"  {'messages in one step':<44}{LONG / (time.perf_counter() - start):10,.0f} /s")
    start = time.perf_counter()
    profile.idle()
    print(f"  {'checkpoint of that':<44}{(time.perf_counter() - start) * 1e3:10.1f} ms")
    profile.close()


def print_pages(folder: Path) -> None:
    start = time.perf_counter()
    with open_profile(folder / "profile", Passphrase("bench"), allow_stale=True) as profile:
        store = profile.store
        print(f"  {'open a profile (Argon2id)':<44}{(time.perf_counter() - start) * 1e3:10.1f} ms")
        cold = each(1, lambda _: store.messages(ROOM, before=LONG // 2)) / 1e3
        warm = each(200, lambda n: store.messages(ROOM, after=n * 400)) / 1e3
        print(f"  {f'page of 100 from {LONG:,} messages, cold':<44}{cold:10.2f} ms")
        print(f"  {f'page of 100 from {LONG:,} messages':<44}{warm:10.2f} ms")
        count = each(20, lambda _: store.count_unread(ROOM, -1)) / 1e3
        print(f"  {f'count {LONG:,} unread':<44}{count:10.2f} ms")
    print(f"  {'size of the store':<44}{(folder / 'profile' / 'store.db').stat().st_size / 1e6:10.1f} MB")


def main() -> None:
    """Print everything."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        print_calls()
        print_steps(Path(folder))
        print_pages(Path(folder))


if __name__ == "__main__":
    main()
