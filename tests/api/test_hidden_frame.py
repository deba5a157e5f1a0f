"""A relay hides one frame of a box, and looks into whose inboxes something is put because of it (spec/room.md §7.1)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import msgspec

from nullabona.client.api import NetOptions
from nullabona.client.net import Endpoint, PostCarrier
from nullabona.wire.address import box_address
from nullabona.wire.messages import POLICY_INBOX, POLICY_ROOM, AnyRequest, AnyResponse, Append, Frames, Read
from tests.api.people import PATIENCE_S, QUICK, befriend, new_name, opened, play, until
from tests.api.service import Service
from tests.api.test_apart import becomes, talk

QUESTION, TICKET = 2_048, 16_384
"""Sizes of a question with the key for its answer, and of a ticket into a room of two, in bytes."""


@dataclass
class Hiding:
    """A relay that hides the next frame of a room from all but its first reader, the one who put it there."""

    on: bool = False
    hidden: tuple[bytes, int] | None = None
    letters: list[bytes] = field(default_factory=list)
    """The inboxes into which something was put."""
    sizes: list[int] = field(default_factory=list)
    """Of what was put into the box of which a frame is hidden, since then: in bytes."""

    def post(self, endpoint: Endpoint, options: NetOptions) -> PostCarrier:
        return _Posts(self, endpoint, options)

    def shown(self, read: Read, answer: Frames) -> Frames:
        """What a reader is shown in place of the answer."""
        box = box_address(read.policy, sha256(read.read_secret).digest(), read.write_hash)
        if self.on and self.hidden is None and answer.frames:
            self.hidden = box, answer.frames[0][0]
            return answer
        return msgspec.structs.replace(
            answer, frames=tuple(each for each in answer.frames if (box, each[0]) != self.hidden)
        )


class _Posts(PostCarrier):
    def __init__(self, relay: Hiding, endpoint: Endpoint, options: NetOptions) -> None:
        super().__init__(endpoint, options)
        self._relay = relay

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        if isinstance(request, Append) and request.policy == POLICY_INBOX:
            self._relay.letters.append(
                box_address(POLICY_INBOX, request.read_hash, sha256(request.write_secret).digest())
            )
        elif isinstance(request, Append) and self._relay.hidden is not None:
            box = box_address(request.policy, request.read_hash, sha256(request.write_secret).digest())
            if box == self._relay.hidden[0]:
                self._relay.sizes.append(len(request.frame))
        answer = await super().request(request, timeout_s)
        if isinstance(request, Read) and request.policy == POLICY_ROOM and isinstance(answer, Frames):
            return self._relay.shown(request, answer)
        return answer


def test_a_frame_that_is_hidden_has_nobody_put_anything_into_an_inbox(service: Service, tmp_path: Path) -> None:
    """Who lacks it asks for a way back in the room's box, and is answered there. Cards name inboxes."""

    async def story() -> None:
        relay = Hiding()
        async with AsyncExitStack() as stack:
            options = replace(QUICK, post=relay.post)
            a, b = [await stack.enter_async_context(opened(tmp_path / name, options)) for name in "ab"]
            for client, name in ((a, "a"), (b, "b")):
                await client.account.create(service.handle(new_name(name)))
                await client.account.wait_published(timeout_s=PATIENCE_S)
            room = await befriend(a, b)
            await talk(a, b, room)
            for client in (a, b):
                await client.sync(timeout_s=PATIENCE_S)
            relay.letters.clear()
            relay.on = True
            await a.messages.wait_sent(room, await a.messages.send(room, "hidden"))
            await until(b, lambda: "hidden" in [each.text for each in b.messages.page(room)])
            await becomes(lambda: {QUESTION, TICKET} <= set(relay.sizes))
            await talk(a, b, room)
            assert [] == relay.letters

    play(story())
