"""Polls the activity of one relay and reports which of our boxes were active (spec/relay.md §4.5).

Requests and answers here are the same for every client, so they do not show whose boxes ours are. The connection is
replaced at random moments. A relay that tells one client alone of some activity, to see who then reads the box, learns
that only of a connection that nothing else ties to an account.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

from nullabona.client.net import Carrier
from nullabona.client.runner.connections import PersistentConnection
from nullabona.client.runner.randomness import moment_s
from nullabona.errors import PeerError
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, ActivityDigests, PollActivity, Refusal
from nullabona.wire.wakes import activity_tag, may_continue, omits_activity

STAY_S: Final = 120.0
"""Seconds for which one connection is kept, on average."""
GONE_S: Final = 3.0
"""Seconds between two connections, on average. Digests are numbered, so that none is missed."""
WAIT_S: Final = 60
ANSWER_S: Final = 30.0
LATE_S: Final = 20.0
"""After a gap of so many seconds, what the first answer holds happened while this device was away."""
_REFUSED_S: Final = 60.0
"""A relay that refuses to send digests is asked again after so many seconds."""
CALM_FIRST_S: Final = 0.1
"""Seconds between two requests; more and more for a relay that answers at once with nothing."""
CALM_MOST_S: Final = 30.0
MOST_DIGESTS: Final = 2**18
"""More than a relay remembers, twelve hours of a fifth of a second each: a relay that sends more invents them ..."""
MOST_ANSWERS: Final = 4_096
"""... and so does one that takes more answers than this."""

K = TypeVar("K")


class Listener(Protocol[K]):
    """Owns the boxes and is told of their activity."""

    def secrets(self) -> Mapping[K, bytes]:
        """The wake secrets of our boxes, by the boxes' keys."""
        ...

    def active(self, boxes: Sequence[K], *, late: bool) -> None:
        """These were active: just now or, ``late``, while we were away."""
        ...

    def missed(self) -> None:
        """Any of our boxes may have been active."""
        ...

    def omitted(self) -> None:
        """Digests were full and omit activity, though hardly ours: each connection that appends has a share of them."""
        ...

    def up_changed(self) -> None:
        """`ActivityStream.up` changed."""
        ...


class ActivityStream(Generic[K]):
    """The activity digests of one relay after number ``after``, reported to ``listener``. ``rng`` is in [0, 1)."""

    def __init__(
        self, connection: PersistentConnection, listener: Listener[K], rng: Callable[[], float], after: int = 0
    ) -> None:
        self.up = False
        """Whether the relay tells us all activity."""
        self.reported = after
        """The number of the last digest that was reported to ``listener``."""
        self._connection = connection
        self._listener = listener
        self._rng = rng
        self._left = float("-inf")
        self._upto = after
        """The number of the last digest that came."""
        self._found: dict[K, None] = {}
        """Our boxes in digests that came and were not reported yet."""
        self._late = self._omitted = False
        self.tags = 0
        """How many tags came, of any boxes."""
        self._answers = self._count = 0
        """How many answers in a row were cut short, and how many digests they held."""

    async def follow(self) -> None:
        """Poll until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            carrier = await self._connection.ready()
            late = clock() - self._left > LATE_S
            try:
                async with asyncio.timeout(moment_s(STAY_S, self._rng())):
                    await self._poll(carrier, late=late)
            except TimeoutError:
                self._left = clock()
                await self._connection.rest()
                await asyncio.sleep(moment_s(GONE_S, self._rng()))
            except PeerError as error:
                self._left = clock()
                self._set(up=False)
                await self._connection.failed(carrier, error)

    async def _poll(self, carrier: Carrier, *, late: bool) -> None:
        clock = asyncio.get_running_loop().time
        self._late = self._late or late
        wait_s, pause = 0, CALM_FIRST_S
        while True:
            begun = clock()
            answer = await carrier.request(PollActivity(self._upto, wait_s), wait_s + ANSWER_S)
            if isinstance(answer, Refusal):
                self._set(up=False)
                await asyncio.sleep(answer.retry_after_s or _REFUSED_S)
            elif isinstance(answer, ActivityDigests):
                idle = wait_s > 0 and not answer.digests and clock() - begun < 1
                pause = min(CALM_MOST_S, pause * 2) if idle else CALM_FIRST_S
                endless = self._is_endless(answer)
                if self._take(answer, believed=not endless):
                    wait_s = WAIT_S
                    await asyncio.sleep(CALM_MOST_S if endless else pause)

    def _is_endless(self, answer: ActivityDigests) -> bool:
        """Whether the relay claims to have even more digests than any relay remembers."""
        if not may_continue(answer):
            self._answers = self._count = 0
            return False
        self._answers += 1
        self._count += len(answer.digests)
        endless = self._answers > MOST_ANSWERS or self._count > MOST_DIGESTS
        if endless:
            self._answers = self._count = 0
        return endless

    def _take(self, answer: ActivityDigests, *, believed: bool) -> bool:
        """Take one answer; returns whether it was the last. An answer that is not ``believed`` counts as missed."""
        # The listener is told once, of all answers together. Told of each answer, it would read the boxes of each
        # answer at one time, which would show that they belong together.
        whole = believed and answer.first == self._upto + 1
        self._upto = answer.first + len(answer.digests) - 1
        if whole:
            self._found |= dict.fromkeys(_ours(answer, self._listener.secrets()))
            self.tags += sum(len(tags) for _, tags in answer.digests) // ACTIVITY_TAG_SIZE
            self._omitted = self._omitted or omits_activity(answer)
            if may_continue(answer):
                return False
        found, late, omitted = list(self._found), self._late, self._omitted
        self._found, self._late, self._omitted, self.reported = {}, False, False, self._upto
        if not whole:
            self._listener.missed()
        else:
            self._listener.active(found, late=late)
            if omitted:
                self._listener.omitted()
        self._set(up=True)
        return True

    def _set(self, *, up: bool) -> None:
        if up is not self.up:
            self.up = up
            self._listener.up_changed()


def _ours(answer: ActivityDigests, secrets: Mapping[K, bytes]) -> list[K]:
    found: dict[K, None] = {}
    for salt, tags in answer.digests:
        active = {tags[at : at + ACTIVITY_TAG_SIZE] for at in range(0, len(tags), ACTIVITY_TAG_SIZE)}
        found |= dict.fromkeys(box for box, secret in secrets.items() if activity_tag(salt, secret) in active)
    return list(found)
