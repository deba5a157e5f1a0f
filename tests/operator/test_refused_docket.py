"""An operator that keeps its docket from a device is told of, whatever it answers: a fork would go unseen else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from msgspec.structs import replace

from nullabona.client.core.directory.keeping import load_pinned, save_pinned
from nullabona.client.core.operator_notices.following import LOOKS
from nullabona.client.net import TimedOut, Unreachable
from nullabona.client.runner.directories import Directories
from nullabona.errors import PeerError
from nullabona.wire.messages import AnyRequest, AnyResponse, Blob, LogDescribed, LogFile, Refusal
from tests.operator.forging import HOST, Docket
from tests.operator.test_following import Following, checkpoint, grown

Answer = Callable[[AnyRequest], AnyResponse]
DESCRIBED = LogDescribed("", b"", (), (), b"")


class Asking(Following):
    """Somebody whose device was told of two notices, and asks an operator that answers as it likes."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        docket = Docket()
        for authority in ("a", "b"):
            self.gets(grown(docket, 3).item(self.handle, authority=authority))
        with self.mina.store.transaction():
            pinned = load_pinned(self.mina.store, HOST)
            assert pinned is not None
            save_pinned(self.mina.store, replace(pinned, began=b"a checkpoint"))
        self.engine, self.store, self.connections = self.mina.engine, self.mina.store, self
        self._answer = answer

    def look_often(self) -> None:
        """As often as a docket may be missing."""
        for _ in range(LOOKS):
            try:
                asyncio.run(Directories(cast(Any, self)).follow_docket(HOST))
            except TimedOut:
                continue

    # -- what it stands on

    def now(self) -> int:
        return self.world.now

    def one_shot(self, relay: str) -> Asking:
        del relay
        return self

    async def ready(self) -> Asking:
        return self

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        del timeout_s
        return self._answer(request)

    def worked(self) -> None: ...

    async def failed(self, carrier: object, error: PeerError) -> None: ...


def out_of_reach(request: AnyRequest) -> AnyResponse:
    raise Unreachable(f"{type(request).__name__} does not get there")


def silent(request: AnyRequest) -> AnyResponse:
    return out_of_reach(request) if isinstance(request, LogFile) else DESCRIBED


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda _: Refusal("not-found"), ["docket-unproven"] * 2),
        (lambda _: Refusal("busy"), ["docket-unproven"] * 2),
        (lambda _: Blob(b"no checkpoint"), ["docket-unproven"] * 2),
        (lambda _: Blob(checkpoint(grown(Docket(label="another"), 9))), ["docket-unproven"] * 2),
        (silent, ["docket-unproven"] * 2),
        (out_of_reach, []),
    ],
    ids=["not there", "busy", "rubbish", "other keys", "silent", "out of reach"],
)
def test_a_docket_that_is_kept_back_is_told_of(answer: Answer, told: list[str]) -> None:
    """Its person was told of two notices, and after four looks nothing shows that they stand in one docket."""
    device = Asking(answer)
    device.look_often()
    assert told == device.told
