"""Lines about a room as an export says them."""

from __future__ import annotations

import pytest

from nullabona.client.api.records import NoticeInfo
from nullabona.words.room_notices import room_notice


@pytest.mark.parametrize(
    ("what", "name", "ours", "said"),
    [
        ("removed", "미나", False, "미나 님이 나를 내보냈어요"),
        ("removed", "", False, "방에서 나왔어요"),
        ("joined", "미나", False, "미나 님의 초대로 들어왔어요"),
        ("joined", "준호", True, "방에 들어왔어요"),
    ],
)
def test_nobody_is_named_where_nobody_is_known(what: str, name: str, ours: bool, said: str) -> None:  # noqa: FBT001
    """A sentence never begins with an honorific that belongs to no name."""
    assert said == room_notice(NoticeInfo(what, b"", name, ours, (), (), ""), "ko")
