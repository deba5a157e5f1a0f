"""Addresses of content: good for one thing, until the lock, and they do not say of which room it is."""

from __future__ import annotations

import pytest

from nullabona.app.session.media import MediaKey

ROOM = bytes(range(32))
MESSAGE = bytes(range(32, 64))


def test_an_address_is_good_for_what_it_was_given_for() -> None:
    """The same thing keeps its address; the ids are not in it."""
    key = MediaKey()
    path = key.sign("save", ROOM, MESSAGE)
    assert ("save", (ROOM, MESSAGE)) == key.read(path)
    assert path == key.sign("save", ROOM, MESSAGE)
    assert path.isascii()
    assert ROOM.hex()[:12] not in path


@pytest.mark.parametrize("change", ["photo", "cut", "more", "pad", "star", "plain", "nothing", "no", "hangul", "half"])
def test_no_other_address_is_good(change: str) -> None:
    """Another kind of content, a cut or longer one, another way to write it, or something else altogether."""
    key = MediaKey()
    path = key.sign("save", ROOM, MESSAGE)
    changed = {
        "photo": path.replace("/save/", "/photo/"),
        "cut": path[:-4],
        "more": f"{path}AAAA",
        "pad": f"{path}=",
        "star": f"{path[:-8]}*{path[-8:]}",
        "plain": f"/media/save/{ROOM.hex()}/{MESSAGE.hex()}",
        "nothing": "/media/save/",
        "no": "/other/save/x",
        "hangul": f"{path}가",
        "half": f"{path}\udcff",
    }[change]
    assert key.read(changed) is None


def test_the_key_of_another_unlocking_opens_nothing() -> None:
    assert MediaKey().read(MediaKey().sign("face", ROOM)) is None
