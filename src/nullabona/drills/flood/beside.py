"""Who is there beside a stranger, over connections of their own: asks for little, hears all, looks at the process."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.drills.flood.line import HungUp, Line
from nullabona.wire.card import CardDevice, issue_certificate, sign_card
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import (
    ACTIVITY_TAG_SIZE,
    ActivityDigests,
    AnyRequest,
    Append,
    LookupCard,
    PollActivity,
    PublishCard,
    PutBlob,
    Read,
    Refusal,
)
from nullabona.wire.seal import Inbox, inbox_keypair
from nullabona.wire.wakes import activity_tag

GIVE_UP_S: Final = 30.0
"""What is refused for so long counts as refused for good."""
_AGAIN_S: Final = 0.5
_MIB: Final = 2**20


class Bystander:
    """Does one of each, again and again, each on a new connection; notes how long each was refused or out of reach."""

    def __init__(self, port: int, handle: str, appended: Callable[[bytes], None]) -> None:
        self.done = 0
        self._slowest: dict[str, float] = {}
        self._asking: tuple[str, float] | None = None
        self._port, self._handle, self._appended = port, handle, appended
        self._read = os.urandom(32)
        self._write = os.urandom(32)
        self._run = "".join("abcdefghjk"[byte % 10] for byte in os.urandom(6))

    @property
    def slowest(self) -> dict[str, float]:
        """Of each kind of request, the longest time until it was taken, or until now, in seconds."""
        asking = [self._asking] if self._asking else []
        still = {kind: max(self._slowest.get(kind, 0.0), time.monotonic() - begun) for kind, begun in asking}
        return self._slowest | still

    async def live(self) -> None:
        """Until cancelled."""
        number = 0
        while True:
            await self._append()
            await self._until_taken("read", Read(0, self._read, sha256(self._write).digest(), 0, 10, 0))
            await self._until_taken("look-up", LookupCard(self._handle.partition("@")[0]))
            await self._until_taken("small blob", _blob(b"%d" % number + os.urandom(1_000)))
            if number % 3 == 0:
                await self._until_taken("large blob", _blob(os.urandom(_MIB)))
                await self._until_taken("registration", PublishCard(self._card(number)))
            number += 1
            await asyncio.sleep(_AGAIN_S)

    async def _append(self) -> None:
        secret = os.urandom(32)
        append = Append(0, self._write, sha256(self._read).digest(), os.urandom(500), wake=(secret, 2))
        await self._until_taken("append", append)
        self._appended(secret)

    async def _until_taken(self, kind: str, request: AnyRequest) -> None:
        begun = time.monotonic()
        self._asking = kind, begun
        while not await self._is_taken(request) and time.monotonic() - begun < GIVE_UP_S:  # noqa: ASYNC110
            await asyncio.sleep(_AGAIN_S)  # a relay says nothing of when there is room again
        self._slowest[kind] = max(self._slowest.get(kind, 0.0), time.monotonic() - begun)
        self._asking = None
        self.done += 1

    async def _is_taken(self, request: AnyRequest) -> bool:
        try:
            async with asyncio.timeout(GIVE_UP_S):
                line = await Line.open(self._port)
                try:
                    [answer] = await line.ask(request)
                finally:
                    line.close()
        except (HungUp, TimeoutError):
            return False
        return not isinstance(answer, Refusal)

    def _card(self, number: int) -> bytes:
        """A card as a device of the post-quantum suite makes it, in its size."""
        name = "".join("abcdefghjk"[int(digit)] for digit in f"{number:04d}")
        handle = parse_handle(f"honest{self._run}{name}@{self._handle.partition('@')[2]}")
        identity, day = Ed25519PrivateKey.generate(), int(time.time() // 86_400)
        key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        certificate = issue_certificate(
            identity, handle=handle, device_id=os.urandom(16), device_key=key, issued_day=day
        )
        inbox = Inbox(os.urandom(32), os.urandom(32), inbox_keypair(os.urandom(32)).public, "")
        device = CardDevice(certificate, os.urandom(2_900))
        return sign_card(identity, handle=handle, issued_day=day, devices=(device,), inbox=inbox)


class Poller:
    """Polls all activity, as every device does, and looks for that of honest people."""

    def __init__(self, port: int) -> None:
        self.told = 0
        """How many of the honest appends a digest reported."""
        self.appended = 0
        self.peak = 0.0
        """The most bytes of activity digests in one second, over some seconds."""
        self._port = port
        self._waiting: dict[bytes, float] = {}
        self._early: list[tuple[bytes, set[bytes]]] = []
        self._bytes = 0

    def expect(self, secret: bytes) -> None:
        """Somebody appended with this secret; the digest may have come before."""
        self.appended += 1
        if any(activity_tag(salt, secret) in tags for salt, tags in self._early):
            self.told += 1
        else:
            self._waiting[secret] = time.monotonic()

    def lacking(self, since_s: float) -> int:
        """How many appends are so long ago and were not reported."""
        return sum(time.monotonic() - at > since_s for at in self._waiting.values())

    async def live(self) -> None:
        """Until cancelled."""
        line = await Line.open(self._port)
        [answer] = await line.ask(PollActivity(0, 0))
        after = answer.first - 1 if isinstance(answer, ActivityDigests) else 0
        begun = time.monotonic()
        while True:
            [answer] = await line.ask(PollActivity(after, 10))
            if isinstance(answer, ActivityDigests):
                after = answer.first + len(answer.digests) - 1
                self._hear(answer)
            lasted = time.monotonic() - begun
            if lasted > 3.0:
                self.peak = max(self.peak, self._bytes / lasted)
                self._bytes, begun = 0, time.monotonic()

    def _hear(self, answer: ActivityDigests) -> None:
        for salt, told in answer.digests:
            self._bytes += len(salt) + len(told)
            tags = {told[at : at + ACTIVITY_TAG_SIZE] for at in range(0, len(told), ACTIVITY_TAG_SIZE)}
            found = [secret for secret in self._waiting if activity_tag(salt, secret) in tags]
            self.told += len(found)
            for secret in found:
                del self._waiting[secret]
            self._early = [*self._early[-20:], (salt, tags)]


class Gauge:
    """The most memory and disk that a process takes."""

    def __init__(self, pid: int, data: Path) -> None:
        self._pid, self._data = pid, data
        self.memory_mb = self.memory_before_mb = memory_mb(pid)
        self.disk_mb = self.disk_before_mb = disk_mb(data)

    async def live(self) -> None:
        """Until cancelled."""
        for beat in range(10**9):
            self.memory_mb = max(self.memory_mb, memory_mb(self._pid))
            if beat % 8 == 0:
                self.disk_mb = max(self.disk_mb, await asyncio.to_thread(disk_mb, self._data))
            await asyncio.sleep(0.25)


def waited_s(pid: int) -> float:
    """How long a process was ready and got no processor, as others had them; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def memory_mb(pid: int) -> float:
    """The memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1_024


def disk_mb(data: Path) -> float:
    """What the files below a folder take; those that are gone meanwhile take nothing."""
    size = 0
    for folder, _, files in os.walk(data):
        for name in files:
            try:
                size += (Path(folder) / name).stat().st_size
            except OSError:
                continue
    return size / _MIB


def _blob(data: bytes) -> PutBlob:
    return PutBlob(sha256(data).digest(), data)
