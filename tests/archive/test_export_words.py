"""Lines about a room as an export says them."""

from __future__ import annotations

from datetime import UTC

import pytest

from nullabona.client.api.records import NoticeInfo
from nullabona.words.room_notices import room_notice


@pytest.mark.parametrize(
    ("what", "name", "ours", "said"),
    [
        ("removed", "미나", False, "미나 님이 나를 내보냈어요"),
        ("removed", "", False, "채팅방에서 나왔어요"),
        ("joined", "미나", False, "미나 님의 초대로 들어왔어요"),
        ("joined", "준호", True, "채팅방에 들어왔어요"),
    ],
)
def test_nobody_is_named_where_nobody_is_known(what: str, name: str, ours: bool, said: str) -> None:  # noqa: FBT001
    """A sentence never begins with an honorific that belongs to no name."""
    assert said == room_notice(NoticeInfo(what, b"", name, ours, (), (), ""), "ko")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("86400000-90000000", "Messages between 1970-01-02 00:00 and 1970-01-02 01:00 may be missing"),
        ("86400000-0", "Messages after 1970-01-02 00:00 may be missing"),
        ("0-90000000", "Messages from before 1970-01-02 01:00 may be missing"),
        ("0-0", "Earlier messages may be missing"),
        ("", "Earlier messages may be missing"),
        (f"1-{2**63}", "Messages between 1970-01-01 00:00 and 9999-12-31 00:00 may be missing"),
    ],
)
def test_a_gap_is_told_with_the_times_that_are_known(text: str, said: str) -> None:
    """Those of the backup and of the return."""
    assert said == room_notice(NoticeInfo("gap", b"", "", False, (), (), text), "en", UTC)  # noqa: FBT003


def test_a_gap_names_those_whose_lines_are_still_to_come() -> None:
    """As long as their devices may hand them over."""
    gap = NoticeInfo("gap", b"", "", False, (b"j", b"s"), ("준호", "소라"), "86400000-90000000")  # noqa: FBT003
    said = "1970-01-02 00:00부터 1970-01-02 01:00까지 나눈 메시지가 빠졌을 수 있어요"
    assert f"{said}. 준호, 소라 님의 기기가 켜지면 받아 와요" == room_notice(gap, "ko", UTC)
