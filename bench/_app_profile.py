"""A profile as years of use leave it: 200 rooms, one of them with 100,000 messages, all inside the encrypted store."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nullabona.client.api import Unprotected, open_client
from nullabona.client.core import commands
from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import search
from nullabona.client.core.timeline.kinds import filled

LINES: Final = (
    "오늘 저녁에 뭐 먹을까?",
    "주말에 시간 되면 같이 산에 가자. 날씨가 좋대.",
    "네, 알겠습니다. 내일 회의 때 뵐게요.",
    "ㅋㅋㅋㅋ 진짜?",
    "See you at the station at half past six.",
    "The parcel came, thank you so much!",
    "사진 잘 받았어요. 아이가 많이 컸네요 😊",
    "I will call you when the train leaves; it is late again, of course, and the heating does not work.",
    "👍",
    "엄마가 김치 보내셨어. 반은 네 거야.",
)
_START_MS: Final = 1_600_000_000_000
_MINUTE_MS: Final = 60_000


async def fill(profile: Path, handle: str, relay: str, *, rooms: int, long: int, short: int) -> str:
    """Make the profile with ``rooms`` rooms: one of ``long`` messages, the others of ``short``. The long one's name."""
    rng = random.Random(7)
    async with open_client(profile, unlock=Unprotected(), create=True) as client:
        await client.account.create(handle, relay=relay)
        await client.account.wait_published()
        others = [rng.randbytes(32) for _ in range(12)]
        names = [f"방 {number}" for number in range(1, rooms)] + ["오래된 방"]
        for name in names:
            room = (await client.rooms.create_group(name)).id
            with client._session.step() as step:  # noqa: SLF001 - a bench plants what years would bring
                plant(step, room, others, long if name == names[-1] else short, rng)
    return names[-1]


def plant(step: Step, room: bytes, others: list[bytes], count: int, rng: random.Random) -> None:
    """Put ``count`` messages of a room's past into the store, in the index too, all of them read."""
    last = b""
    for message, body in _history(step, room, others, count, rng):
        step.store.put_message(message)
        search.index(step.store, message, body)
        last = message.id
    commands.mark_read(step, room, last)


def _history(
    step: Step, room: bytes, others: list[bytes], count: int, rng: random.Random
) -> Iterator[tuple[Message, Text]]:
    for number in range(1, count + 1):
        body = Text(f"{rng.choice(LINES)} {number}")
        mine = number % 5 == 0
        account = step.local.account if mine else rng.choice(others)
        message = Message(
            room=room,
            id=rng.randbytes(16),
            account=account,
            device=account[:16],
            sent_at=_START_MS + number * _MINUTE_MS,
            position=number,
            epoch=0,
            state=MessageState.DELIVERED if mine else MessageState.RECEIVED,
            box=b"",
            frame=b"",
            resent=0,
            body=encode_body(body),
        )
        yield filled(step, message, body), body
