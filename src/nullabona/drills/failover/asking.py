"""One who asks a shelf as a relay's service does, and is told what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from itertools import count
from typing import Final, Self

from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.port import Answers, Kept, MaybeWake, Shelf
from nullabona.wire.messages import AnyResponse, Done, Frames

PATIENCE_S: Final = 40.0
DAY: Final = 20_000


class Asker:
    """A caller, and the answers that it was given."""

    max_wait_s = 600
    may_follow = False

    def __init__(self, limits: Limits) -> None:
        self.budget = Budget(limits)
        self.answers: dict[int, asyncio.Future[AnyResponse]] = {}

    def answer(self, request_id: int, response: AnyResponse) -> None:
        if not self.answers[request_id].done():  # who asked may have gone
            self.answers[request_id].set_result(response)

    def answer_encoded(self, request_id: int, body: bytes) -> None:  # noqa: ARG002 - a `Caller`
        raise AssertionError("a shelf encodes nothing")

    def is_full(self) -> bool:
        return False

    def keep_little(self) -> None: ...

    def offer(self, request_id: int, body: bytes) -> bool:  # noqa: ARG002 - a `Caller`
        return False

    def has_unread(self) -> bool:
        return False


class Desk:
    """A shelf on the running loop, asked as `BoxService` asks it."""

    def __init__(self, shelf: Shelf, limits: Limits) -> None:
        self.shelf = shelf
        self.limits = limits
        self.caller = Asker(limits)
        self.day = DAY
        self._now = 0
        self._ids = count(1)
        shelf.report_to(self)

    async def begin(self) -> Self:
        """Ready to be asked."""
        await self.shelf.begin()
        self.tick()
        return self

    # -- what it asks

    def tick(self, days: int = 0) -> None:
        self.day += days
        self._now += 1
        self.shelf.tick(self._now, self.day)

    def start(
        self, address: bytes, frame: bytes, wake: MaybeWake = None, *, inbox: bool = False
    ) -> Awaitable[AnyResponse]:
        number, future = self.asked()
        self.shelf.append(self.caller, number, address, frame, wake, inbox=inbox)
        return future

    async def append(self, address: bytes, frame: bytes, *, inbox: bool = False) -> AnyResponse:
        answer = await asyncio.wait_for(self.start(address, frame, inbox=inbox), PATIENCE_S)
        for number in [number for number, future in self.caller.answers.items() if future.done()]:
            del self.caller.answers[number]  # nobody waits for it any more
        return answer

    async def look(self, address: bytes, after: int = 0, limit: int = 1_000) -> tuple[Frames | None, int]:
        future = asyncio.get_running_loop().create_future()

        def done(found: Frames | None, own_day: int) -> None:
            if not future.done():  # who asked may have gone
                future.set_result((found, own_day))

        self.shelf.look(address, after, limit, done)
        found: tuple[Frames | None, int] = await asyncio.wait_for(future, PATIENCE_S)
        return found

    def asked(self) -> tuple[int, asyncio.Future[AnyResponse]]:
        number = next(self._ids)
        future = self.caller.answers[number] = asyncio.get_running_loop().create_future()
        return number, future

    # -- what it is told

    def begun(self) -> None: ...

    def kept(self, kept: Kept) -> None:
        for caller, number, answer in kept.answers:
            caller.answer(number, answer)

    def failed(self, error: Exception, answers: Answers) -> None:  # noqa: ARG002 - `Reports`
        for caller, number, _ in answers:
            caller.answer(number, Done())

    def moved(self, address: bytes) -> None: ...

    def waits_at(self, address: bytes) -> bool:  # noqa: ARG002 - `Reports`
        return False

    def fault(self, kind: str, error: Exception) -> None: ...
