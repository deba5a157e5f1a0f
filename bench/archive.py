"""What moving costs: a profile is filled, exported, backed up, wiped, restored and exported again, byte for byte.

Run: ``python -m bench.archive [--messages 1000000] [--media 2000] [--folder DIR]``. Prints sizes and times, keeps
nothing. Fails if a byte differs.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from nullabona.client.api import Client, Options, Unprotected, open_client, restore_backup
from nullabona.client.core.model.content import Text
from nullabona.client.profile import create_profile
from tests.archive.filled import WORDS, Life, fill, put, put_file, talk

T = TypeVar("T")
OFFLINE = Options(online=False)
ROOMS = 8


def timed(what: str, count: int, unit: str, work: Callable[[], T]) -> T:
    """Run ``work`` and print how long it took."""
    start = time.perf_counter()
    result = work()
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    print(f"  {what:<34}{took:9.1f} s {count / took:12,.0f} {unit}/s   peak {peak:6,.0f} MiB", flush=True)
    return result


def size_of(path: Path) -> int:
    """Bytes of a file or of everything in a folder."""
    return (
        sum(each.stat().st_size for each in path.rglob("*") if each.is_file()) if path.is_dir() else path.stat().st_size
    )


def digest(folder: Path) -> str:
    """A hash over the names and bytes of everything in a folder."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            whole.update(f"{path.relative_to(folder)}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def make(path: Path, messages: int, media: int) -> None:
    """A profile: mostly text, every twentieth row of another kind, photos of 100 to 300 kB."""
    rng = random.Random(1)
    with create_profile(path, Unprotected()) as profile:
        life = fill(profile.store, 1, messages=0, rooms=ROOMS)
        for start in range(0, messages, 5_000):
            with profile.store.transaction():
                for number in range(start, min(messages, start + 5_000)):
                    one(life, rng, number, photo=media > 0 and number % max(1, messages // media) == 0)


def one(life: Life, rng: random.Random, number: int, *, photo: bool) -> None:
    """One row."""
    room, account = rng.choice(life.rooms), rng.choice([life.me, *life.people[:4]])
    if photo:
        put_file(life, room, account, data=b"\xff\xd8\xff" + rng.randbytes(rng.randint(100_000, 300_000)))
    elif number % 20 == 7:
        talk(life, room)
    else:
        put(life, room, Text(" ".join(rng.choices(WORDS, k=rng.randint(2, 14)))), account)


def with_client(path: Path, work: Callable[[Client], object]) -> None:
    """Open a profile, without the network, for one thing."""

    async def run() -> None:
        async with open_client(path, unlock=Unprotected(), options=OFFLINE) as client:
            await work(client)  # type: ignore[misc]

    asyncio.run(run())


def measure(folder: Path, messages: int, media: int) -> bool:
    """The whole way; whether both exports are the same."""
    old, new, file = folder / "old", folder / "new", folder / "backup.age"
    timed("fill a profile", messages, "messages", lambda: make(old, messages, media))
    timed(
        "export (JSON, text, pages)",
        messages,
        "messages",
        lambda: with_client(old, lambda c: c.archive.export(folder / "a", forms=("json", "text", "html"))),
    )
    keys: list[object] = []

    async def back_up(client: Client) -> None:
        keys.append(client.archive.backup_key())
        await client.archive.backup(file, verify=False)

    async def check(client: Client) -> None:
        await client.archive.backup(folder / "later.age", after=file)

    timed("back up", messages, "messages", lambda: with_client(old, back_up))
    timed("back up after that one, and check", messages, "messages", lambda: with_client(old, check))
    print(f"  profile {size_of(old) / 1e6:,.1f} MB, backup {size_of(file) / 1e6:,.1f} MB, the later one "
          f"{size_of(folder / 'later.age') / 1e6:,.2f} MB, export {size_of(folder / 'a') / 1e6:,.1f} MB")  # fmt: skip
    shutil.rmtree(old)
    restore = restore_backup(new, Unprotected(), [file], keys[0], options=OFFLINE)  # type: ignore[arg-type]
    timed("wipe and restore", messages, "messages", lambda: asyncio.run(restore))
    timed(
        "export again",
        messages,
        "messages",
        lambda: with_client(new, lambda c: c.archive.export(folder / "b", forms=("json", "text", "html"))),
    )
    same = digest(folder / "a") == digest(folder / "b")
    print(f"  both exports: {'the same, byte for byte' if same else 'DIFFERENT'}")
    return same


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--media", type=int, default=-1, help="photos (default: one for 500 messages)")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    given = parser.parse_args()
    media = given.media if given.media >= 0 else given.messages // 500
    print(f"{given.messages:,} messages, {media:,} photos, {ROOMS} rooms; load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        if not measure(Path(folder), given.messages, media):
            raise SystemExit("the exports differ")


if __name__ == "__main__":
    main()
