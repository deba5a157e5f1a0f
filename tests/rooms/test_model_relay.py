"""The relay that schedules are played with does to boxes what the real one does."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.relay.service import BoxService
from nullabona.relay.shelves.stored import StoredShelf
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.relay.writer import InlineWriter
from nullabona.wire.address import BoxSecrets
from nullabona.wire.message import Request
from nullabona.wire.messages import POLICY_INBOX, POLICY_ROOM, AnyResponse, Append, Appended, Frames, Read, Trim
from tests.rooms.model_relay import Dice, ModelRelay

BOXES = [
    BoxSecrets(policy, bytes([2 * at]) * 32, bytes([2 * at + 1]) * 32)
    for at, policy in enumerate((POLICY_ROOM, POLICY_ROOM, POLICY_INBOX, POLICY_INBOX))
]
OPERATIONS = 200


class Side:
    """One of the two, and what was seen of it, with what is drawn taken out: incarnations are counted, and numbers of
    an inbox begin at one.
    """

    def __init__(self, ask: Callable[[Request], AnyResponse]) -> None:
        self._ask = ask
        self._incarnations = {b"": 0}
        self._before = {b"": 0}
        self._last: dict[BoxSecrets, int] = {}

    def append(self, box: BoxSecrets, frame: bytes) -> object:
        answer = self._ask(Append(box.policy, box.write_secret, box.read_hash, frame))
        assert isinstance(answer, Appended)
        before = self._before.setdefault(answer.incarnation, answer.seq - 1)
        self._last[box] = answer.seq
        return self._number(answer.incarnation), answer.seq - before

    def read(self, box: BoxSecrets, back: int, limit: int) -> object:
        """From so many numbers before the last that was seen of it."""
        after = max(0, self._last.get(box, 0) - back)
        answer = self._ask(Read(box.policy, box.read_secret, box.write_hash, after, limit))
        assert isinstance(answer, Frames)
        before = self._before.setdefault(answer.incarnation, answer.head)
        self._last[box] = answer.head
        frames = [(seq - before, data) for seq, data in answer.frames]
        return self._number(answer.incarnation), answer.head - before, frames

    def trim(self, box: BoxSecrets, back: int) -> object:
        upto = max(0, self._last.get(box, 0) - back)
        return self._ask(Trim(box.policy, box.read_secret, box.write_hash, upto))

    def _number(self, incarnation: bytes) -> int:
        return self._incarnations.setdefault(incarnation, len(self._incarnations))


class Act:
    """One thing that a client does."""

    def __init__(self, dice: random.Random, number: int) -> None:
        self.kind = dice.choice(("append", "read", "read", "trim"))
        self.box = dice.choice(BOXES)
        self.back = dice.choice((-1, 0, 0, 1, 3, 10**7))
        self.limit = dice.choice((1, 2, 1_000))
        self.frame = b"%d" % number

    def __repr__(self) -> str:
        return f"<{self.kind} policy={self.box.policy} back={self.back} limit={self.limit}>"

    def on(self, side: Side) -> object:
        if self.kind == "append":
            return side.append(self.box, self.frame)
        if self.kind == "read":
            return side.read(self.box, self.back, self.limit)
        return side.trim(self.box, self.back)


def of_model(relay: ModelRelay) -> Side:
    def ask(request: Request) -> AnyResponse:
        (box,) = (box for box in BOXES if secret_of(request) in {box.write_secret, box.read_secret})
        address, inbox = bytes(box.address), box.policy == POLICY_INBOX
        if isinstance(request, Append):
            return relay.append(address, request.frame, inbox=inbox)
        if isinstance(request, Trim):
            return relay.trim(address, request.upto)
        assert isinstance(request, Read)
        return relay.read(address, request.after, request.limit, inbox=inbox)

    return Side(ask)


def secret_of(request: Request) -> bytes:
    if isinstance(request, Append):
        return request.write_secret
    assert isinstance(request, Read | Trim)
    return request.read_secret


async def begin(folder: Path) -> BoxService:
    store, writer = SqliteBoxStore(folder), InlineWriter(asyncio.get_running_loop())
    shelf = StoredShelf(store, writer, Limits(), rng=secrets.randbits, on_gone=lambda _: None)
    service = BoxService(shelf, Limits(), Metrics(), rng=secrets.randbits)
    service.tick(1, 100)
    return service


def of_service(service: BoxService, runner: asyncio.Runner) -> Side:
    handlers = service.handlers()

    async def answered(request: Request) -> AnyResponse:
        answer = await handlers[type(request)](request)
        if isinstance(request, Read):  # until what it begins is kept
            await handlers[Trim](Trim(request.policy, request.read_secret, request.write_hash, 0))
        return answer

    return Side(lambda request: runner.run(answered(request)))


@pytest.mark.parametrize("seed", range(8))
def test_both_answer_alike(tmp_path: Path, seed: int) -> None:
    """Appends, reads from anywhere and trims, of rooms' boxes and inboxes, in any order."""
    with asyncio.Runner() as runner:
        service = runner.run(begin(tmp_path))
        dice, sides = random.Random(seed), (of_model(ModelRelay(Dice(seed))), of_service(service, runner))
        for turn in range(OPERATIONS):
            act = Act(dice, turn)
            model, real = map(act.on, sides)
            assert model == real, (turn, act)
        runner.run(service.stop())
