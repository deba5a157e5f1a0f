"""Who comes back to a room whose keys changed meanwhile, and writes at once, over a real relay."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path

from nullabona.wire.address import box_address
from nullabona.wire.messages import POLICY_ROOM, Append, Read
from tests.api.people import PATIENCE_S, befriend, opened, people, play, reads, texts
from tests.api.service import Service
from tests.api.test_apart import Asked, asked, place

__all__ = ["asked"]

CHANGES = 4


def test_what_is_written_at_once_goes_where_the_room_is_now(service: Service, tmp_path: Path, asked: Asked) -> None:
    """Each box it comes to know is read, once; nothing is put into one whose epoch is over, or that was not read.

    So the line stands below what was said meanwhile, for everybody.
    """

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await b.messages.wait_delivered(room, await b.messages.send(room, "before"), timeout_s=PATIENCE_S)
        meanwhile = [f"in epoch {change}" for change in range(CHANGES)]
        async with opened(tmp_path / "b") as b:
            for text in meanwhile:
                await b.rooms.update_keys(room)
                await b.rooms.wait_changed(room, timeout_s=PATIENCE_S)
                await b.messages.wait_sent(room, await b.messages.send(room, text), timeout_s=PATIENCE_S)
        newest = _newest(asked)
        asked.posts.clear()
        async with opened(tmp_path / "a") as a:
            await a.messages.wait_sent(room, await a.messages.send(room, "back"), timeout_s=PATIENCE_S)
            assert ["before", *meanwhile, "back"] == texts(a, room)
        _looked_before_writing(asked, newest)
        async with opened(tmp_path / "b") as b:
            await reads(b, room, "before", *meanwhile, "back")

    play(story(), 90)


def _written(append: Append) -> bytes:
    return box_address(append.policy, append.read_hash, sha256(append.write_secret).digest())


def _newest(asked: Asked) -> bytes:
    """The box into which was written last."""
    return [_written(request) for request in asked.posts if isinstance(request, Append)][-1]


def _looked_before_writing(asked: Asked, newest: bytes) -> None:
    of_rooms = [request for request in asked.posts if getattr(request, "policy", None) == POLICY_ROOM]
    written = [_written(request) for request in of_rooms if isinstance(request, Append)]
    assert {newest} == set(written)
    first = next(at for at, request in enumerate(of_rooms) if isinstance(request, Append))
    way = Counter(place(request) for request in of_rooms[:first] if isinstance(request, Read))
    (_, known), *learned = way.items()
    assert newest in way
    assert [1] * CHANGES == [times for _, times in learned]
    assert known <= 2, "it was active meanwhile, which may be told after it was read"
