"""Hears all that rings at one relay and says which of our boxes were among it (spec/relay.md §4.5).

What is asked and answered here is the same for everybody, so it says nothing of whose boxes ours are. The connection is
left and made anew at drawn moments: a relay that told one of us alone of a ring, to see who reads then, would learn it
of a connection that nothing else ties to anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

from nullabona.client.net import Carrier
from nullabona.client.runner.chance import moment_s
from nullabona.client.runner.connections import PersistentConnection
from nullabona.errors import PeerError
from nullabona.wire.bells import mark, may_go_on, rang_more
from nullabona.wire.messages import MARK_SIZE, Hear, Pealed, Refusal

STAY_S: Final = 120.0
"""So long one connection is kept, on average."""
GONE_S: Final = 3.0
"""So long nobody hears between two connections, on average. Peals are numbered: none is missed."""
WAIT_S: Final = 60
ANSWER_S: Final = 30.0
LATE_S: Final = 20.0
"""What rang before this device was there again after so long rang while it was away."""
_UNHEARD_S: Final = 60.0
"""A relay that knows nothing of peals is asked again after so long."""
CALM_FIRST_S: Final = 0.1
"""Nobody is asked more often than that, and a relay that answers at once with nothing ever less often."""
CALM_MOST_S: Final = 30.0
MOST_PEALS: Final = 2**18
"""More than a relay remembers: twelve hours of a fifth of a second each. What goes on after so many is made up ..."""
MOST_ANSWERS: Final = 4_096
"""... and so is what takes more answers than this."""

K = TypeVar("K")


class Listener(Protocol[K]):
    """Whose boxes they are, and who is told."""

    def secrets(self) -> Mapping[K, bytes]:
        """Those of our boxes' bells, by what the boxes are called here."""
        ...

    def rang(self, boxes: Sequence[K], *, late: bool) -> None:
        """These rang, just now or ``late``, while we were away."""
        ...

    def missed(self) -> None:
        """Any of our boxes may have rung."""
        ...

    def more(self) -> None:
        """More rang than is told, as so much did that it is divided among those who ring: hardly any of ours."""
        ...

    def turned(self) -> None:
        """`Hearing.up` changed."""
        ...


class Hearing(Generic[K]):
    """One relay's peals, those after number ``after`` first. ``listener`` is told of what is in them.

    ``chance`` gives numbers in [0, 1).
    """

    def __init__(
        self, connection: PersistentConnection, listener: Listener[K], chance: Callable[[], float], after: int = 0
    ) -> None:
        self.up = False
        """Whether we are told of whatever rings."""
        self.heard = after
        """The number of the last peal of which ``listener`` was told."""
        self._connection = connection
        self._listener = listener
        self._chance = chance
        self._left = float("-inf")
        self._upto = after
        """The number of the last peal that came."""
        self._found: dict[K, None] = {}
        """Our boxes in peals that came and of which the listener was not told."""
        self._late = self._more = False
        self.marks = 0
        """How many marks came, of whatever boxes."""
        self._answers = self._peals = 0
        """How many answers in a row were not all, and how many peals were in them."""

    async def follow(self) -> None:
        """Hear, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            carrier = await self._connection.ready()
            late = clock() - self._left > LATE_S
            try:
                async with asyncio.timeout(moment_s(STAY_S, self._chance())):
                    await self._hear(carrier, late=late)
            except TimeoutError:
                self._left = clock()
                await self._connection.rest()
                await asyncio.sleep(moment_s(GONE_S, self._chance()))
            except PeerError as error:
                self._left = clock()
                self._set(up=False)
                await self._connection.failed(carrier, error)

    async def _hear(self, carrier: Carrier, *, late: bool) -> None:
        clock = asyncio.get_running_loop().time
        self._late = self._late or late
        wait_s, pause = 0, CALM_FIRST_S
        while True:
            begun = clock()
            answer = await carrier.request(Hear(self._upto, wait_s), wait_s + ANSWER_S)
            if isinstance(answer, Refusal):
                self._set(up=False)
                await asyncio.sleep(answer.retry_after_s or _UNHEARD_S)
            elif isinstance(answer, Pealed):
                idle = wait_s > 0 and not answer.peals and clock() - begun < 1
                pause = min(CALM_MOST_S, pause * 2) if idle else CALM_FIRST_S
                endless = self._is_endless(answer)
                if self._take(answer, believed=not endless):
                    wait_s = WAIT_S
                    await asyncio.sleep(CALM_MOST_S if endless else pause)

    def _is_endless(self, answer: Pealed) -> bool:
        """Whether an answer says that it is not all, after more than a relay can have to say."""
        if not may_go_on(answer):
            self._answers = self._peals = 0
            return False
        self._answers += 1
        self._peals += len(answer.peals)
        endless = self._answers > MOST_ANSWERS or self._peals > MOST_PEALS
        if endless:
            self._answers = self._peals = 0
        return endless

    def _take(self, answer: Pealed, *, believed: bool) -> bool:
        """Whether that was all. The listener is told once, of all there is: who comes back after long hears much, and
        what is read at once, piece by piece, would be read together. What is not ``believed`` counts as missed.
        """
        whole = believed and answer.first == self._upto + 1
        self._upto = answer.first + len(answer.peals) - 1
        if whole:
            self._found |= dict.fromkeys(_ours(answer, self._listener.secrets()))
            self.marks += sum(len(marks) for _, marks in answer.peals) // MARK_SIZE
            self._more = self._more or rang_more(answer)
            if may_go_on(answer):
                return False
        found, late, more = list(self._found), self._late, self._more
        self._found, self._late, self._more, self.heard = {}, False, False, self._upto
        if not whole:
            self._listener.missed()
        else:
            self._listener.rang(found, late=late)
            if more:
                self._listener.more()
        self._set(up=True)
        return True

    def _set(self, *, up: bool) -> None:
        if up is not self.up:
            self.up = up
            self._listener.turned()


def _ours(answer: Pealed, secrets: Mapping[K, bytes]) -> list[K]:
    found: dict[K, None] = {}
    for salt, marks in answer.peals:
        rung = {marks[at : at + MARK_SIZE] for at in range(0, len(marks), MARK_SIZE)}
        found |= dict.fromkeys(box for box, secret in secrets.items() if mark(salt, secret) in rung)
    return list(found)
