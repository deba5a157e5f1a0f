"""KakaoTalk's own words: days, times, heads, signs of files, what it says of a room; in Korean and in English."""

from __future__ import annotations

import unicodedata

import pytest

from nullabona.client.importing import kakao_stamps as stamps
from nullabona.client.importing import kakao_words as words
from nullabona.client.importing.records import MAX_TITLE, Chat

MARCH_15 = 1_741_996_800_000
HOUR = 3_600_000


@pytest.mark.parametrize(
    "text",
    [
        "2025년 3월 15일 토요일",
        "2025년3월15일",
        "2025. 3. 15. 오후 1:00",
        "March 15, 2025",
        "Saturday, Mar 15, 2025",
        "15 March 2025",
        "Foo 1, 2025, Mar 15, 2025",
    ],
)
def test_a_day_in_every_way_of_writing_it(text: str) -> None:
    """Words around it do not matter; what only looks like an English day is passed over."""
    assert MARCH_15 == stamps.day_of(text)


@pytest.mark.parametrize("text", ["", "3월 15일", "2025년 2월 30일", "2025. 13. 1.", "Foo 15, 2025", "Feb 30, 2025"])
def test_what_is_no_day(text: str) -> None:
    """A part of one, one that never was, a month that is none."""
    assert stamps.day_of(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("오후 1:05", 13 * HOUR + 300_000),
        ("오전 12:05", 300_000),
        ("1:05 PM", 13 * HOUR + 300_000),
        ("1:05pm", 13 * HOUR + 300_000),
        ("PM 1:05", 13 * HOUR + 300_000),
        ("13:05", 13 * HOUR + 300_000),
        ("13:05:07", 13 * HOUR + 307_000),
        ("24:05", None),
        ("1305", None),
        ("", None),
    ],
)
def test_a_time_of_day(text: str, found: int | None) -> None:
    """The half of the day before it or behind it, with seconds or without."""
    assert found == stamps.clock_of(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2025년 3월 15일 오후 1:00", MARCH_15 + 13 * HOUR),
        ("1:00pm, March 15, 2025", MARCH_15 + 13 * HOUR),
        ("2025년 3월 15일 오후 1:60", None),
        ("2025년 2월 30일 오후 1:00", None),
    ],
)
def test_a_stamp_is_a_day_and_a_time(text: str, found: int | None) -> None:
    """If one of them cannot be, it is none."""
    assert found == stamps.stamp_of(text)


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ("저장한 날짜 : 2026-04-05 01:36:14", True),
        ("Date Saved : 2026", True),
        (unicodedata.normalize("NFD", " 저장한 날짜: 2026 "), True),
        ("저장한 날짜", False),
        ("날짜 : 2026", False),
    ],
)
def test_the_date_of_saving(line: str, *, fits: bool) -> None:
    """However it is composed."""
    assert fits is words.is_saved(line)


@pytest.mark.parametrize(
    ("line", "chat"),
    [
        ("산책 모임 3 님과 카카오톡 대화", Chat("산책 모임", "산책 모임")),
        (unicodedata.normalize("NFD", " 산책 님과 카카오톡 대화 "), Chat("산책", "산책")),
        ("Walkers 12 with KakaoTalk Chats", Chat("Walkers", "Walkers")),
        ("산책 (3명)과 카카오톡 대화-2.txt", Chat("산책", "산책")),
        ("산책님과 카카오톡 대화.txt", Chat("산책", "산책")),
        ("KakaoTalk Chats with Walkers (4 people)-1.txt", Chat("Walkers", "Walkers")),
        ("KakaoTalk Chats with A,B (4)", Chat("A,B", "A,B")),
        ("Talk_2026.4.1 15:32-1.txt", Chat("")),
        (f"{'a' * (MAX_TITLE + 1)} with KakaoTalk Chats", Chat("a" * MAX_TITLE, "a" * MAX_TITLE)),
        ("산책", None),
        ("", None),
    ],
)
def test_a_first_line_names_the_chat(line: str, chat: Chat | None) -> None:
    """Without the number of its people and of the file; a file that is named after a moment names none."""
    assert chat == words.header(line)


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ("준호님이 나갔습니다.", True),
        ("민아님이 준호님을 초대했습니다", True),
        ("방장이 메시지를 가렸습니다.", True),
        ("Jun has left the chatroom.", True),
        ("Jun invited Mina.", True),
        ("This message was deleted.", True),
        ("준호는 나갔습니다", False),
        ("안녕", False),
        ("Jun left.\nMina", False),
    ],
)
def test_what_kakaotalk_says_of_a_room(line: str, *, fits: bool) -> None:
    """A whole line in words of its own."""
    assert fits is words.is_system(line)


@pytest.mark.parametrize(
    ("text", "kind", "media"),
    [
        ("사진", "photo", ""),
        ("<Photo>", "photo", ""),
        ("(동영상)", "video", ""),
        ("Emoticons", "sticker", ""),
        ("Voice Message", "voice", ""),
        ("Voice message", "voice", ""),
        ("삭제된 메시지입니다.", "deleted", ""),
        ("This message has been deleted.", "deleted", ""),
        ("사진 3장", "photo", ""),
        ("<사진 12장>", "photo", ""),
        ("3 photos", "photo", ""),
        ("(30 photos)", "photo", ""),
        ("사진 어때?", "text", ""),
        ("3 nice photos", "text", ""),
        ("<3 nice photos>", "text", ""),
        ("파일: 보고서.pdf", "file", "보고서.pdf"),
        ("<File: a b.pdf >", "file", "a b.pdf"),
        ("(파일 : x)", "file", "x"),
        ("File: x", "file", "x"),
        ("파일 어디 있어?", "text", ""),
        ("파일어디있어", "text", "파일어디있어"),
        ("a.jpg", "text", "a.jpg"),
        ("a1b2c3.jpeg", "text", "a1b2c3.jpeg"),
        ("2025.pdf", "text", "2025.pdf"),
        ("see a.jpg", "text", ""),
        ("see\na.jpg", "text", ""),
        ("a.exe", "text", ""),
        ("a.html", "text", ""),
        ("사진\n사진", "text", ""),
        ("안녕", "text", ""),
        ("", "text", ""),
        ("a" * 251 + ".jpg", "text", "a" * 251 + ".jpg"),
        ("a" * 252 + ".jpg", "text", ""),
        ("파일: " + "a" * 255, "file", "a" * 255),
        ("파일: " + "a" * 256, "text", ""),
        ("파일: " + "a" * 297, "text", ""),
        ("파일: 가" + " " * 295 + ".", "text", ""),
        ("사진" + " " * 298 + "장", "text", ""),
    ],
)
def test_what_a_text_stands_for(text: str, kind: str, media: str) -> None:
    """A sign of something that is not there, the name of a file, or words."""
    assert (kind, media) == words.meaning(text)
