"""Letters to one's own inbox, with a real relay: when they are written, and that they are read and gone."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

from nullabona.client.runner.own_letters import MEAN_S, write_own_letters
from nullabona.wire.messages import POLICY_INBOX, Append
from tests.api.middle import pair
from tests.api.people import play
from tests.api.service import Service


def test_the_pauses_are_exponential_and_drawn_at_each_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written at a start; a pause says nothing of the one before."""
    pauses: list[float] = []

    class Enough(Exception):
        pass

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        raise Enough

    monkeypatch.setattr(asyncio, "sleep", sleep)
    for drawn in (0.0, 0.5, 0.999):
        with pytest.raises(Enough):
            asyncio.run(write_own_letters(None, lambda drawn=drawn: drawn))  # type: ignore[arg-type, misc]
    assert pauses == pytest.approx([0.0, MEAN_S * math.log(2), -MEAN_S * math.log(0.001)])


def test_a_letter_is_put_into_the_own_inbox_and_read_there(service: Service, tmp_path: Path) -> None:
    """As large as the request with which the two became contacts; their chat does not notice it."""

    async def story() -> None:
        async with pair(service, tmp_path) as (middle, a, b, room):
            (request,) = [one for one in middle.asked if isinstance(one, Append) and one.policy == POLICY_INBOX]
            runner = a._session._runner
            assert runner is not None
            drawn = iter([0.0])
            writing = asyncio.ensure_future(write_own_letters(runner, lambda: next(drawn, 0.999_999)))
            await a._session.until(lambda: len(letters(middle.asked)) > 1, 20.0, "no letter was written")
            writing.cancel()
            assert len(request.frame) == len(letters(middle.asked)[-1].frame)
            message = await b.messages.send(room, "still here")
            await b.messages.wait_delivered(room, message)

    play(story())


def letters(asked: object) -> list[Append]:
    return [one for one in asked if isinstance(one, Append) and one.policy == POLICY_INBOX]  # type: ignore[attr-defined]
