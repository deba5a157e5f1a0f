"""Our relay, over its real protocol. Limits of a day and of registrations are raised, or they would end the bench."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from subprocess import PIPE

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.peers.apart import Follower, KeptPoster, Poller, Poster, Waiter
from bench.peers.interface import About
from bench.peers.process import HERE, Process
from bench.peers.records import RecordSession, Socket, record
from nullabona.wire.address import BoxSecrets
from nullabona.wire.card import CardDevice, issue_certificate, sign_card
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import (
    Append,
    Appended,
    AwaitWake,
    CardTaken,
    Frames,
    PublishCard,
    Read,
    decode_response,
    encode,
)
from nullabona.wire.seal import Inbox, inbox_keypair
from nullabona.wire.wakes import wake_token

DAYS = dt.date(1970, 1, 1)


class Messages:
    """The product's own messages. Without ``wakes`` clients wait with a read."""

    asks_again = True

    def __init__(self, *, wakes: bool = False) -> None:
        self._boxes: dict[int, BoxSecrets] = {}
        self._wakes = wakes

    def append(self, number: int, payload: bytes, readers: int = 1) -> bytes:
        box = self._box(number)
        wake = (_wake_secret(number), readers + 1) if self._wakes else None
        return encode(Append(0, box.write_secret, box.read_hash, payload, wake=wake))

    def listen(self, number: int, reader: int, wait_s: int = 600) -> bytes | None:
        # The writer has a leaf too, the first, as everybody in a room has.
        return encode(AwaitWake(wake_token(_wake_secret(number), reader + 1), wait_s)) if self._wakes else None

    def read(self, number: int, after: int, wait_s: int) -> bytes:
        box = self._box(number)
        return encode(Read(0, box.read_secret, box.write_hash, after, wait_s=wait_s))

    def is_appended(self, body: memoryview) -> bool:
        return type(decode_response(body)) is Appended

    def frames(self, body: memoryview) -> tuple[int, int]:
        answer = decode_response(body)
        assert type(answer) is Frames, answer
        return len(answer.frames), answer.frames[-1][0] if answer.frames else 0

    def address(self, number: int) -> bytes:
        return self._box(number).address

    def _box(self, number: int) -> BoxSecrets:
        box = self._boxes.get(number)
        if box is None:
            seed = number.to_bytes(8, "big")
            box = BoxSecrets(0, sha256(b"read" + seed).digest(), sha256(b"write" + seed).digest())
            self._boxes[number] = box
        return box


class RelaySession(RecordSession):
    """Clients of a relay, and of the directory beside it."""

    def __init__(self, url: str, host: str) -> None:
        self.codec = Messages(wakes=True)
        super().__init__(url, self.codec)
        self._host = host
        self._cards: dict[int, bytes] = {}

    def poster(self) -> Poster:
        """Somebody who posts."""
        return Poster(self._host)

    def kept_poster(self) -> KeptPoster:
        """Somebody who posts on one connection."""
        return KeptPoster(self._host)

    async def hear(self, pause_s: float, told: Callable[[int], None]) -> None:
        """One more who polls all activity; see `bench.peers.apart.Poller`."""
        poller = Poller(pause_s, told)
        await self.connect(poller.socket)
        poller.ask()

    async def follow(self, told: Callable[[int], None]) -> None:
        """One more who is told of all activity; see `bench.peers.apart.Follower`."""
        follower = Follower(told)
        await self.connect(follower.socket)
        follower.ask()

    async def wait_at(self, number: int, wait_s: int, ended: Callable[[], None]) -> None:
        """One more who waits at an inbox; see `bench.peers.apart.Waiter`."""
        waiter = Waiter(self.codec.read(number, 0, wait_s), ended)
        await self.connect(waiter.socket)
        waiter.ask()

    async def prepare(self, numbers: Sequence[int]) -> None:
        """Sign the cards, as each client does for itself."""
        today = (dt.datetime.now(dt.UTC).date() - DAYS).days
        inbox = Inbox(os.urandom(32), os.urandom(32), inbox_keypair(os.urandom(32)).public)
        for number in numbers:
            self._cards[number] = encode(PublishCard(_card(f"p{_letters(number)}@{self._host}", today, inbox)))

    async def register(self, number: int) -> None:
        """On a connection of its own, as everybody who registers comes."""
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def answered(_: int, body: memoryview) -> None:
            answer = decode_response(body)
            if type(answer) is CardTaken:
                taken.set_result(None)
            else:
                taken.set_exception(RuntimeError(f"a card was not taken: {answer}"))

        desk = Socket(answered, lambda: None)
        await self.connect(desk)
        desk.send(record(self._cards[number]))
        await taken
        self.hang_up(desk)


def _wake_secret(number: int) -> bytes:
    return sha256(b"bells" + number.to_bytes(8, "big")).digest()


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:08}")


def _card(handle_text: str, today: int, inbox: Inbox) -> bytes:
    identity, handle = Ed25519PrivateKey.generate(), parse_handle(handle_text)
    certificate = issue_certificate(
        identity, handle=handle, device_id=os.urandom(16), device_key=os.urandom(32), issued_day=today
    )
    device = CardDevice(certificate, os.urandom(600))
    return sign_card(identity, handle=handle, issued_day=today, devices=(device,), inbox=inbox)


class RunningRelay:
    """A relay process."""

    def __init__(self, folder: Path, core: int, *, volatile: bool, env: Mapping[str, str] = HERE) -> None:
        kept = "--volatile" if volatile else folder
        command = [sys.executable, "-m", "bench.peers.relay_serve", kept]
        self.process = Process(command, folder, core, env=env, stdout=PIPE)
        assert self.process.popen.stdout is not None
        url = self.process.popen.stdout.readline().decode().strip()
        if not url:
            self.process.stop()
            raise RuntimeError(f"the relay did not start: {self.process.log.read_text()[-2_000:]}")
        self._url, self._host = url.replace("http", "ws") + "/v1", url.partition("//")[2]

    def session(self) -> RelaySession:
        return RelaySession(self._url, self._host)


class Relay:
    """`nulla relay serve`."""

    def __init__(self, *, volatile: bool) -> None:
        self._volatile = volatile
        self.about = (
            About("nullabona-volatile", "--volatile: boxes in memory", "taken into memory", durable=False)
            if volatile
            else About("nullabona", "SQLite, WAL, synchronous=FULL, group commit", "on disk, synced", durable=True)
        )

    def version(self) -> str:
        return version("nullabona")

    def start(self, folder: Path, core: int) -> RunningRelay:
        return RunningRelay(folder, core, volatile=self._volatile)
