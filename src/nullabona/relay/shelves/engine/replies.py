"""What the functions of boxes answered, in the words of the wire (`boxes.lua`)."""

from __future__ import annotations

from typing import Final

from nullabona.relay.core.boxes import TOMORROW_S
from nullabona.relay.core.refusal import BOX_FULL, BUSY, DAY_QUOTA, refuse
from nullabona.relay.core.space import AGAIN_S
from nullabona.relay.shelves.engine.driver import EngineFull, Reply
from nullabona.wire.messages import AnyResponse, Done, Frames

_DONE: Final = Done()
_NOTHING: Final = Frames(b"", 0, ())


def answer_of(reply: Reply) -> AnyResponse:
    """What to answer to a write that was not an append, or that the engine refused."""
    if isinstance(reply, EngineFull):
        return refuse(BUSY, AGAIN_S)
    if reply == b"day-quota":
        return refuse(DAY_QUOTA, TOMORROW_S)
    return refuse(BOX_FULL) if reply == b"box-full" else _DONE


def found_in(reply: Reply) -> tuple[Frames, int]:
    """Frames and own day in an answer of the function that reads."""
    if not isinstance(reply, list) or not reply:
        return _NOTHING, 0
    own_day, incarnation, head, first, *frames = reply
    return Frames(incarnation, head, tuple((first + at, frame[2:]) for at, frame in enumerate(frames))), own_day
