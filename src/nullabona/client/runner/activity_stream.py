"""Follows the activity of one relay and reports which of our boxes were active (spec/relay.md §4.5).

It polls until it has all that there is, and then has the relay tell what comes. A relay that does not know how to is
polled on: that shows it nothing more, and costs both more. Requests name no box, and an honest relay's answers are the
same for every client, so they do not show whose boxes ours are. But requests name the last number that was told, and a
relay that gives one connection alone other numbers knows its device by them. The connection is replaced at random
moments, and what is told on the next one has to go on from what was signed on this one (`SignedStream`): a relay that
tells one connection alone of some activity, to see who then reads the box, contradicts itself unless it knows which is
the same device's next one. Now and then this device asks as somebody does who has no number yet (`compare`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

from nullabona.client.net import Answers, TimedOut
from nullabona.client.runner.connections import PersistentCarrier, PersistentConnection
from nullabona.client.runner.randomness import moment_s
from nullabona.client.runner.signed_stream import DigestsContradict, DigestsUnsigned, SignedStream
from nullabona.errors import PeerError
from nullabona.log.digest_chain import FEW, Contradiction
from nullabona.wire.messages import (
    ACTIVITY_TAG_SIZE,
    MAX_ACTIVITY_DIGESTS,
    ActivityDigests,
    AnyResponse,
    FollowActivity,
    PollActivity,
    Refusal,
)
from nullabona.wire.wakes import activity_tag, may_continue, omits_activity

STAY_S: Final = 120.0
"""Seconds for which one connection is kept, on average."""
GONE_S: Final = 3.0
"""Seconds between two connections, on average. Digests are numbered, so that none is missed."""
MOST_GONE_S: Final = 60.0
"""The pause doubles with each connection in a row that is doubted, up to this."""
ENOUGH: Final = 2
"""So many connections in a row that brought nothing to believe end `ActivityStream.up`. One alone does not: a relay
could do that to a single one, and see what is read.
"""
MOST_GONES: Final = 3
"""At most so many times as long is the pause after which a second connection is to confirm what was missed."""
WAIT_S: Final = 60
ANSWER_S: Final = 30.0
LATE_S: Final = 20.0
"""After a gap of so many seconds, what the first answer holds happened while this device was away."""
LATELY_S: Final = 60.0
"""Longer than an answer to a read may take."""
MOST_LATELY: Final = 1_024
"""So many digests of these seconds are remembered; honest relays close five in one."""
_REFUSED_S: Final = 60.0
"""A relay that refuses to send digests is asked again after so many seconds."""
_UNKNOWN: Final = "unsupported"
"""The refusal of a relay that is to be polled."""
CALM_FIRST_S: Final = 0.1
"""Seconds between two requests, or two answers that were not asked for one by one; more and more for a relay that
answers at once with nothing.
"""
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

    def contradicted(self, found: Contradiction) -> None:
        """The relay signed different digests under the same numbers."""
        ...


class _Doubtful(Exception):
    """The relay tells of another stream, or of numbers that do not go on."""


class _Refused(Exception):
    """The relay refuses to tell on this connection; another one may be told."""


class ActivityStream(Generic[K]):
    """The activity digests of one relay after number ``after``, reported to ``listener``. ``rng`` is in [0, 1).

    ``signed`` is what the relay has signed so far.
    """

    def __init__(
        self,
        connection: PersistentConnection,
        listener: Listener[K],
        rng: Callable[[], float],
        after: int,
        signed: SignedStream,
    ) -> None:
        self.up = False
        """Whether the relay tells us all activity."""
        self.reported = after
        """The number of the last digest that was reported to ``listener``."""
        self._connection = connection
        self._listener = listener
        self._rng = rng
        self._signed = signed
        self._doubted: bytes | None = None
        """The key of the stream of which one connection told that it does not go on from where this device is."""
        self._few = False
        """Whether a second connection told, too, that digests lost most of their tags; until all that is past came."""
        self._doubts = self._failures = 0
        """How many connections in a row were doubted, and how many were told nothing or nothing that is signed."""
        self._unsigned = False
        """Whether the relay does not sign, as far as is known: it is asked as by a newcomer, and has little to send."""
        self._left = float("-inf")
        self._upto = after
        """The number of the last digest that came."""
        self._found: dict[K, None] = {}
        """Our boxes in digests that came and were not reported yet."""
        self._late = self._omitted = False
        self._lately: deque[tuple[float, bytes, bytes]] = deque()
        """The digests of the last `LATELY_S` seconds: when each came, its salt and its tags."""
        self.tags = 0
        """How many tags came, of any boxes."""
        self._answers = self._count = 0
        """How many answers in a row were cut short, and how many digests they held."""

    async def follow(self) -> None:
        """Poll and follow until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            carrier = await self._connection.ready()
            late = clock() - self._left > LATE_S
            try:
                async with asyncio.timeout(moment_s(STAY_S, self._rng())):
                    await self._poll(carrier, late=late)
            except (TimeoutError, _Refused):
                self._left = clock()
                await self._rest(moment_s(GONE_S, self._rng()))
            except _Doubtful:
                self._left = clock()
                await self._rest(self._doubted_s())
            except DigestsUnsigned:
                self._left = clock()
                self._unsigned = self._failed()
                await self._rest(_REFUSED_S if self._unsigned else moment_s(GONE_S, self._rng()))
            except DigestsContradict as error:
                self._left = clock()
                self._listener.contradicted(error.found)
                await self._rest(_REFUSED_S)
            except PeerError as error:
                self._left = clock()
                self._failed()
                await self._connection.failed(carrier, error)

    def compare(self, answer: AnyResponse | None) -> None:
        """Somebody who asked for the first time was answered so; None: time and again not at all."""
        try:
            if isinstance(answer, ActivityDigests):
                self._signed.compare(answer)
            else:
                self._signed.astray = True
        except DigestsUnsigned:
            self._signed.astray = True
        except DigestsContradict as error:
            self._listener.contradicted(error.found)
        if self._signed.astray:
            self._set(up=False)

    def _failed(self) -> bool:
        """Note that this connection was told nothing to believe. Returns whether that is true of enough in a row."""
        self._failures += 1
        if self._failures >= ENOUGH or not self.up:
            self._set(up=False)
            return True
        return False

    def _doubted_s(self) -> float:
        self._doubts += 1
        if self._doubts >= ENOUGH:
            self._set(up=False)
        first_s = min(moment_s(GONE_S, self._rng()), MOST_GONES * GONE_S)
        return min(first_s * 2.0 ** min(self._doubts - 1, 10), max(first_s, MOST_GONE_S))

    async def _rest(self, pause_s: float) -> None:
        await self._connection.rest()
        await asyncio.sleep(pause_s)

    async def _poll(self, carrier: PersistentCarrier, *, late: bool) -> None:
        clock = asyncio.get_running_loop().time
        self._late = self._late or late
        wait_s, pause, tells = 0, CALM_FIRST_S, True
        while True:
            begun = clock()
            after = 0 if self._unsigned else self._upto
            answer = await carrier.request(PollActivity(after, wait_s), wait_s + ANSWER_S)
            if isinstance(answer, Refusal):
                await self._wait_out(answer)
            elif isinstance(answer, ActivityDigests) and self._unsigned:
                self._signed.check(answer)
                self._unsigned = False
            elif isinstance(answer, ActivityDigests):
                idle = wait_s > 0 and not answer.digests and clock() - begun < 1
                pause = min(CALM_MOST_S, pause * 2) if idle else CALM_FIRST_S
                endless = self._is_endless(answer)
                if self._take(answer, believed=not endless):
                    self._failures = 0 if wait_s else self._failures
                    wait_s = WAIT_S
                    await asyncio.sleep(CALM_MOST_S if endless else pause)
                    tells = tells and await self._be_told(carrier)

    async def _be_told(self, carrier: PersistentCarrier) -> bool:
        """Take what the relay tells by itself, until it refuses to. Returns whether it knows how to."""
        answers = carrier.follow(FollowActivity(self._upto))
        pause, taken, due = CALM_FIRST_S, 0, True
        while True:
            answer = await _next(answers, ANSWER_S if due else None)
            if not isinstance(answer, ActivityDigests):
                break
            pause = CALM_FIRST_S if answer.digests or due else min(CALM_MOST_S, pause * 2)
            endless = self._is_endless(answer)
            due = not self._take(answer, believed=not endless)
            self._failures = 0
            taken += len(answer.digests)
            # What came while this device slept is taken at once, but not without end.
            if endless or pause > CALM_FIRST_S or taken >= MAX_ACTIVITY_DIGESTS or not answers.waiting:
                taken = 0
                await asyncio.sleep(CALM_MOST_S if endless else pause)
        if isinstance(answer, Refusal) and answer.code != _UNKNOWN:
            await self._wait_out(answer)
            return True
        return False

    async def _wait_out(self, refusal: Refusal) -> None:
        if not self._failed():
            raise _Refused
        await asyncio.sleep(refusal.retry_after_s or _REFUSED_S)

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
        """Take one answer; returns whether it was the last. An answer that is not ``believed`` counts as missed.

        Raises `DigestsUnsigned`, `DigestsContradict` or `_Doubtful`; nothing is taken then.
        """
        goes_on = self._goes_on(answer)
        # The listener is told once, of all answers together. Told of each answer, it would read the boxes of each
        # answer at one time, which would show that they belong together.
        whole = believed and goes_on
        self._upto = answer.first + len(answer.digests) - 1
        self._remember(answer)
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
        self._set(up=not self._signed.astray)
        return True

    def _goes_on(self, answer: ActivityDigests) -> bool:
        """Whether an answer goes on from where this device is.

        Two connections have to tell of one that does not, and of one with digests that lost tags.
        """
        head = self._signed.check(answer)
        goes_on = answer.first == self._upto + 1 and self._signed.key in {b"", head.key}
        # Told of a gap, or that tags are lost, a device reads all its boxes: a relay that tells it to one connection
        # alone would see which.
        short = any(other[:1] == FEW for other in answer.others)
        sure = goes_on and (self._few or not short)
        if not sure and self._upto and self._doubted != head.key:
            self._doubted = head.key
            self._signed.doubt(head)
            raise _Doubtful
        self._doubted, self._doubts = None, 0
        self._few = may_continue(answer) and (self._few or short)
        self._signed.take(head)
        return goes_on

    def told_lately(self, secret: bytes) -> bool:
        """Whether a digest of the last `LATELY_S` seconds has this secret's tag."""
        return any(_has(tags, activity_tag(salt, secret)) for _, salt, tags in self._lately)

    def _remember(self, answer: ActivityDigests) -> None:
        now = asyncio.get_running_loop().time()
        self._lately.extend((now, salt, tags) for salt, tags in answer.digests)
        while self._lately and (self._lately[0][0] < now - LATELY_S or len(self._lately) > MOST_LATELY):
            self._lately.popleft()

    def _set(self, *, up: bool) -> None:
        if up is not self.up:
            self.up = up
            self._listener.up_changed()


async def _next(answers: Answers, within_s: float | None) -> AnyResponse:
    """The next answer. Raises `TimedOut` if it is due and does not come."""
    try:
        async with asyncio.timeout(within_s):
            return await answers.take()
    except TimeoutError:
        raise TimedOut("the server does not tell what it promised to") from None


def _has(tags: bytes, tag: bytes) -> bool:
    return any(tags[at : at + ACTIVITY_TAG_SIZE] == tag for at in range(0, len(tags), ACTIVITY_TAG_SIZE))


def _ours(answer: ActivityDigests, secrets: Mapping[K, bytes]) -> list[K]:
    found: dict[K, None] = {}
    for salt, tags in answer.digests:
        active = {tags[at : at + ACTIVITY_TAG_SIZE] for at in range(0, len(tags), ACTIVITY_TAG_SIZE)}
        found |= dict.fromkeys(box for box, secret in secrets.items() if activity_tag(salt, secret) in active)
    return list(found)
