"""A relay that refuses one box alone learns nothing of the device's other boxes by when they are read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from nullabona.client.api import NetOptions, Policy
from nullabona.client.net import Endpoint, PostCarrier, Unreachable
from nullabona.wire.address import box_address
from nullabona.wire.messages import AnyRequest, AnyResponse, Append, Read
from tests.api.people import PATIENCE_S, QUICK, play, two_contacts, until
from tests.api.service import Service
from tests.api.test_apart import becomes, boxes, talk


@dataclass
class Refusing:
    """A relay that ends each connection on which one of some boxes is read or written."""

    boxes: set[bytes] = field(default_factory=set)
    refused: int = 0

    def post(self, endpoint: Endpoint, options: NetOptions) -> PostCarrier:
        return _Posts(self, endpoint, options)


class _Posts(PostCarrier):
    def __init__(self, relay: Refusing, endpoint: Endpoint, options: NetOptions) -> None:
        super().__init__(endpoint, options)
        self._relay = relay

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        if _place(request) in self._relay.boxes:
            self._relay.refused += 1
            raise Unreachable("the connection was ended")
        return await super().request(request, timeout_s)


def _place(request: AnyRequest) -> bytes:
    match request:
        case Read(policy=policy, read_secret=read, write_hash=write):
            return box_address(policy, sha256(read).digest(), write)
        case Append(policy=policy, write_secret=write, read_hash=read):
            return box_address(policy, read, sha256(write).digest())
        case _:
            return b""


def test_a_box_that_is_refused_holds_up_no_other(service: Service, tmp_path: Path) -> None:
    """All that a device reads and writes would else come in the moment in which it tries that box again, and be known
    to be one device's: its rooms, and its inbox, which a card names.
    """

    async def story() -> None:
        relay = Refusing()
        patient = replace(QUICK, post=relay.post, policy=Policy(first_s=4 * PATIENCE_S, most_s=4 * PATIENCE_S))
        async with two_contacts(service, tmp_path, patient) as (a, [(b, refused), (c, other)]):
            await talk(a, b, refused, rounds=1)
            await talk(a, c, other, rounds=1)
            relay.boxes = boxes(a, refused)
            await b.messages.send(refused, "not read")
            await becomes(lambda: relay.refused > 0)
            await c.messages.send(other, "read")
            await until(a, lambda: "read" in [each.text for each in a.messages.page(other)])
            await c.messages.wait_delivered(other, await c.messages.send(other, "and written"))
            assert "not read" not in [each.text for each in a.messages.page(refused)]

    play(story(), 90)
