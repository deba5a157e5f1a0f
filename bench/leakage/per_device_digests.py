"""Activity digests of which each device is told only those that name one of its own boxes.

A real relay sends every digest to every client. A device does nothing with digests of foreign boxes, but they would
cost a simulation the square of its accounts. The numbers are the real ones, and so is what is remembered and for how
long; nothing is signed, as what each is told leads to no common chain. What differs in time: a device that is not sent
a foreign digest is not busy with it, for a tenth of a second, when its own one comes.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any, TypeAlias, cast

from nullabona.client.runner.signed_stream import SignedStream
from nullabona.log.digest_chain import DigestHead
from nullabona.relay.activity import ActivityService
from nullabona.relay.caller import Caller
from nullabona.relay.core.boxes import PendingWake
from nullabona.relay.core.digests import Digests
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.wire.messages import ActivityDigests, PollActivity
from nullabona.wire.wakes import activity_tag

Digest: TypeAlias = tuple[bytes, bytes]
Who: TypeAlias = "defaultdict[bytes, dict[Secrets, None]]"
"""The devices that know each secret."""


class Secrets:
    """The wake secrets that one device knows, and the numbered digests that name one of them.

    ``who`` leads from each secret to the devices that know it.
    """

    def __init__(self, who: Who) -> None:
        self._who = who
        self.rooms: dict[bytes, frozenset[bytes]] = {}
        self.all: frozenset[bytes] = frozenset()
        self.active: deque[tuple[int, Digest]] = deque()

    def wanted(self, room: bytes, secrets: Iterable[bytes]) -> None:
        """These are now the ones by which a device knows a room's boxes."""
        kept = frozenset(secrets)
        if kept == self.rooms.get(room):
            return
        self.rooms[room] = kept
        before, self.all = self.all, frozenset().union(*self.rooms.values())
        for secret in before - self.all:
            del self._who[secret][self]
        for secret in self.all - before:
            self._who[secret][self] = None

    def after(self, number: int) -> list[Digest]:
        """The digests after a number that name one of the secrets, oldest first."""
        found = [digest for at, digest in takewhile(lambda each: each[0] > number, reversed(self.active))]
        found.reverse()
        return found


class Unsigned(SignedStream):
    """What a device makes of digests that nobody signed: all of them are of one stream."""

    compares = False

    def check(self, answer: ActivityDigests) -> DigestHead:
        """See `SignedStream.check`; nothing is checked."""
        return DigestHead(bytes(32), answer.first - 1 + len(answer.digests), bytes(32), bytes(64))


class PerDeviceDigests(ActivityService):
    """See `nullabona.relay.activity.ActivityService`. A caller has ``secrets`` (`Secrets`), or is sent nothing."""

    def __init__(self, limits: Limits, metrics: Metrics, rng: Callable[[int], int]) -> None:
        self._own = Digests(rng, limits.activity_bytes)
        super().__init__(limits, metrics, rng, lambda: 0, self._own)
        self._active: dict[bytes, None] = {}
        """As a set that keeps its order: secrets are others in each life."""
        self._who: Who = defaultdict(dict)
        self._polling: dict[Secrets, Caller] = {}
        """The caller with which each device asked last."""

    def secrets(self) -> Secrets:
        """For one device."""
        return Secrets(self._who)

    def poll(self, request: PollActivity, caller: Caller, request_id: int) -> None:
        """See `ActivityService.poll`."""
        self._polling[_secrets(caller)] = caller
        super().poll(request, caller, request_id)

    def record(self, wakes: Iterable[PendingWake], box: int, *, new: bool) -> None:
        """See `ActivityService.record`."""
        kept = tuple(wakes)
        super().record(kept, box, new=new)
        if self._polled:
            self._active.update(dict.fromkeys(bytes(secret) for secret, _, _ in kept))

    def _close(self) -> None:
        self._closing = None
        salt = self._own._open.salt if self._own._open else b""  # noqa: SLF001 - of the digest that ends here
        self._digests.close(self._most_tags())
        active, self._active = self._active, {}
        number, oldest = self._digests.head, self._digests.head - len(self._own._past)  # noqa: SLF001
        concerned: dict[Secrets, None] = {}
        for secret in active:
            digest = (salt, activity_tag(salt, secret))
            for device in self._who.get(secret, ()):
                concerned[device] = None
                device.active.append((number, digest))
        for device in concerned:
            while device.active[0][0] <= oldest:
                device.active.popleft()
            for waiter in self._waiting.leave(self._polling[device]) if device in self._polling else ():
                self._answer(waiter)

    def _digests_after(self, after: int, caller: Caller) -> ActivityDigests:
        head = self._digests.head
        behind = head - after
        if not 0 < behind <= len(self._own._past):  # noqa: SLF001 - to look only, without going through them
            return self._digests.after(after, 0)
        return ActivityDigests(after + 1, cast(Any, _Sparse(behind, _secrets(caller).after(after))))


class _Sparse:
    """So many digests, of which only those that matter are visible."""

    def __init__(self, count: int, ours: list[Digest]) -> None:
        self._count = count
        self._ours = ours

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Digest]:
        return iter(self._ours)


def _secrets(caller: Caller) -> Secrets:
    return cast(Secrets, cast(Any, caller).secrets)
