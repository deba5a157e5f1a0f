"""What exports have in them that nobody asked for, each by its name: kept as it is, or refused; never a crash."""

from __future__ import annotations

import asyncio
import json
import os
import unicodedata
from pathlib import Path

import pytest

from nullabona.client.api import ImportAnswers
from nullabona.client.importing.errors import ExportUnreadable, NotAnExport
from nullabona.client.importing.exports import Export, examine
from nullabona.client.importing.json_pieces import LARGEST
from nullabona.client.importing.kakao import KakaoReader
from nullabona.client.importing.lines import pages
from nullabona.client.importing.records import MAX_TEXT, DayOrder, Line, LineKind, Reading
from nullabona.client.importing.sources import Given
from tests.importing.profiles import mover
from tests.importing.writing import FORMS, Said

BY_NAME = {form.name: form for form in FORMS}
START = 1_742_000_040_000


def export_of(text: str | bytes, name: str = "KakaoTalk.txt") -> Export:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    (export,) = examine([Given(name, data=data)], Reading())
    return export


def lines_of(text: str | bytes, name: str = "KakaoTalk.txt") -> list[Line]:
    return [line for _, line in export_of(text, name).lines()]


def windows(*rows: str) -> str:
    head = ["산책 님과 카카오톡 대화", "저장한 날짜 : 2026-04-05 01:36:14", ""]
    return "\r\n".join([*head, "--------------- 2025년 3월 15일 토요일 ---------------", *rows, ""])


def telegram(*messages: str) -> str:
    return '{"name": "산책", "type": "private_group", "id": 7, "messages": [' + ",\n".join(messages) + "]}"


def record(**more: object) -> str:
    base = {
        "id": 1,
        "type": "message",
        "date_unixtime": "1742000040",
        "from": "민아",
        "from_id": "user1",
        "text": "안녕",
    }
    return json.dumps(base | more, ensure_ascii=False)


def test_half_past_midnight_is_in_the_morning() -> None:
    """오전 12:30 is 00:30, 오후 12:30 is 12:30."""
    night, noon = lines_of(windows("[민아] [오전 12:30] 밤", "[민아] [오후 12:30] 낮"))
    assert 12 * 3_600_000 == noon.at - night.at
    assert 30 * 60_000 == night.at % 86_400_000


def test_a_colon_in_a_name_ends_it_where_the_layout_cannot_tell() -> None:
    """In brackets a name is whole; elsewhere the first colon ends it, unless the title is that name."""
    (bracketed,) = lines_of(windows("[민아 : 팀장] [오후 1:00] 안녕 : 여러분"))
    assert ("민아 : 팀장", "안녕 : 여러분") == (bracketed.author, bracketed.text)
    ios = "2025. 4. 4. 오후 11:42, 민아 : 팀장 : 안녕"
    assert [("민아", "팀장 : 안녕")] == [(line.author, line.text) for line in lines_of(ios)]
    head = "민아 : 팀장 님과 카카오톡 대화\n저장한 날짜 : 2026년 2월 16일 오후 4:45\n\n\n"
    titled = head + "2025년 4월 4일 오후 11:42, 민아 : 팀장 : 안녕"
    assert [("민아 : 팀장", "안녕")] == [(line.author, line.text) for line in lines_of(titled)]


def test_a_pasted_export_loses_no_word() -> None:
    """A line that goes on and looks like one that begins cannot be told from it; its words are all there."""
    pasted = lines_of(windows("[민아] [오후 1:00] 이것 봐", "[준호] [오전 9:00] 옛날 이야기", "끝"))
    assert ["이것 봐", "옛날 이야기\n끝"] == [line.text for line in pasted]


def test_lines_before_the_first_are_kept_and_counted() -> None:
    """As not understood, at the time of the first that is."""
    export = export_of("알 수 없는 줄\n또 하나\n2025. 4. 4. 오후 11:42, 민아 : 안녕\n")
    lines = [line for _, line in export.lines()]
    assert ["알 수 없는 줄", "또 하나", "안녕"] == [line.text for line in lines]
    assert {LineKind.UNPARSED: 2, LineKind.TEXT: 1} == dict(export.chats[0].kinds)
    assert {"unparsed": [1, 2]} == export.chats[0].odd


def test_lines_that_go_on_are_counted() -> None:
    (chat,) = export_of(windows("[민아] [오후 1:00] 하나", "둘", "셋")).chats
    assert 2 == chat.continued


@pytest.mark.parametrize("day", ["2025년 13월 45일", "0001년 1월 1일", "9999년 12월 31일", "2025년 2월 30일"])
def test_an_absurd_date_is_text(day: str) -> None:
    """Nothing is dated by it, its line goes on with the one before, and it is counted."""
    text = f"2025년 4월 4일 오후 1:00, 민아 : 안녕\n{day} 오후 1:00, 준호 : 이상한 날\n"
    export = export_of(text)
    assert [f"안녕\n{day} 오후 1:00, 준호 : 이상한 날"] == [line.text for _, line in export.lines()]
    assert {"odd-date": 1} == dict(export.chats[0].oddities)


def test_ten_megabytes_in_one_line_are_kept_in_parts() -> None:
    """Every character, none twice, each part bounded."""
    long = "가" * 3_500_000
    found = lines_of(windows(f"[민아] [오후 1:00] {long}", "[준호] [오후 1:01] 다음"))
    assert max(len(line.text) for line in found) <= MAX_TEXT
    assert [long, "다음"] == ["".join(line.text for line in found if line.author == who) for who in ("민아", "준호")]


def test_decomposed_hangul_is_kept_as_it_is_and_found(tmp_path: Path) -> None:
    """File names and words of macOS: what is searched for is found however it is composed."""
    word = unicodedata.normalize("NFD", "주말산책")
    name = unicodedata.normalize("NFD", "KakaoTalk_Chat_산책 모임_2026-04-01-15-32-01.csv")
    data = f'Date,User,Message\n2025-03-15 13:00:00,"민아","{word}"\n'.encode()

    async def story() -> None:
        async with mover(tmp_path) as client:
            (done,) = await client.imports.run([Given(name, data=data)], ImportAnswers(me=""))
            assert word == client.messages.page(done.room)[0].text
            assert 1 == len(client.messages.search("주말"))

    asyncio.run(story())


def test_lone_surrogates_and_broken_bytes_become_signs_of_replacement() -> None:
    """In texts and in JSON; what is around them stays."""
    (line,) = lines_of(windows("[민아] [오후 1:00] 앞\ud83d뒤"))
    assert line.text.startswith("앞\ufffd")
    assert line.text.endswith("뒤")
    (told,) = lines_of(telegram(record().replace("안녕", "앞\\ud83d뒤 \\ud83d\\ude00")), "result.json")
    assert "앞\ufffd뒤 😀" == told.text


def test_escapes_that_json_does_not_have_are_mended() -> None:
    r"""Telegram writes control characters as ``\xNN``; a written backslash is none."""
    export = export_of(telegram(record().replace("안녕", "a\\x07b \\\\x41")), "result.json")
    assert ["a\x07b \\x41"] == [line.text for _, line in export.lines()]
    assert {"mended": 1} == dict(export.chats[0].oddities)


def test_a_text_of_telegram_is_a_string_or_pieces() -> None:
    pieces = ["see ", {"type": "link", "text": "https://example.org"}, 7]
    assert "see https://example.org" == lines_of(telegram(record(text=pieces)), "result.json")[0].text


def test_telegram_s_time_is_the_one_with_a_zone() -> None:
    """``date`` is somebody's wall clock."""
    (line,) = lines_of(telegram(record(date="1999-01-01T00:00:00")), "result.json")
    assert 1_742_000_040_000 == line.at


@pytest.mark.parametrize("more", [{"from": None}, {"from": 7}, {"text": None}, {"text": [None]}, {"photo": 5},
                                  {"poll": []}, {"members": 3}, {"id": "x"}, {"from_id": None}])  # fmt: skip
def test_fields_of_other_types_break_nothing(more: dict[str, object]) -> None:
    """A line all the same."""
    assert 1 == len(lines_of(telegram(record(**more)), "result.json"))


def test_what_telegram_does_not_support_is_kept_and_counted() -> None:
    export = export_of(
        telegram(record(), record(type="unsupported", text=""), '{"id": 9, "type": "unsupported"}'), "result.json"
    )
    assert {LineKind.TEXT: 1, LineKind.UNPARSED: 1} == dict(export.chats[0].kinds)
    assert {"unparsed": 1, "unreadable": 1} == dict(export.chats[0].oddities)


def test_sessions_and_addresses_are_left_out_and_said_to_be() -> None:
    """Nothing of them is in any line."""
    data = BY_NAME["telegram-all"].write([Said(START, "민아", "안녕")])
    export = export_of(data, "result.json")
    assert ["안녕"] == [line.text for _, line in export.lines()]
    assert {"sessions-left-out": 2, "contacts-left-out": 1, "personal-left-out": 1} == dict(export.chats[0].oddities)


def test_two_people_of_one_name_stay_two_in_telegram() -> None:
    both = telegram(record(), record(id=2, from_id="user2"))
    assert ["민아", "민아 (user2)"] == [line.author for line in lines_of(both, "result.json")]


def test_a_message_larger_than_any_is_passed_over_and_counted() -> None:
    export = export_of(telegram(record(text=["x"] * (LARGEST // 4)), record(id=2)), "result.json")
    assert ["안녕"] == [line.text for _, line in export.lines()]
    assert {"too-large": 1} == dict(export.chats[0].oddities)


@pytest.mark.parametrize("cut", [40, 90, 140])
def test_a_truncated_document_is_a_clear_error(cut: int) -> None:
    with pytest.raises(ExportUnreadable):
        export_of(telegram(record())[:cut], "result.json")


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"hello\nworld", b"{}", b'{"a": 1}', b"\xff\xfe", os.urandom(4_000)])
def test_what_is_no_export_is_refused(data: bytes) -> None:
    with pytest.raises(NotAnExport):
        export_of(data, "some.txt")


def test_day_and_month_are_asked_for_where_nothing_tells() -> None:
    """And told by a day above 12, or by days that would go back."""
    asked = export_of("03/04/2025, 10:00 - 민아: 안녕\n", "WhatsApp Chat with A.txt")
    assert asked.ambiguous
    told = export_of("03/04/2025, 10:00 - 민아: 안녕\n13/04/2025, 10:00 - 민아: 또\n", "WhatsApp Chat with A.txt")
    assert (False, DayOrder.DAY_FIRST) == (told.ambiguous, told.reading.order)
    forward = export_of("03/04/2025, 10:00 - a: 1\n04/01/2025, 10:00 - a: 2\n04/02/2025, 10:00 - a: 3\n", "x.txt")
    assert (False, DayOrder.MONTH_FIRST) == (forward.ambiguous, forward.reading.order)


def test_marks_of_direction_do_not_hide_a_line() -> None:
    """U+200E before a line, U+202F and U+00A0 in its time."""
    text = "\u200e[22/09/25, 1:54:29\u202fPM] 민아: \u200eimage omitted\n[22/09/25, 1:54:30\u00a0PM] 준호: 봤어\n"
    assert [("민아", LineKind.PHOTO), ("준호", LineKind.TEXT)] == [
        (line.author, line.kind) for line in lines_of(text, "_chat.txt")
    ]


def test_a_subject_that_mimics_an_author_is_nobody() -> None:
    text = '20/09/2026, 21:15 - Gil changed the subject from "A: b" to "C"\n20/09/2026, 21:40 - Gil: Yes!\n'
    first, second = lines_of(text, "WhatsApp Chat with Gil.txt")
    assert ("", LineKind.SYSTEM) == (first.author, first.kind)
    assert "Gil" == second.author


def test_parts_of_an_export_are_one_chat_in_their_order(tmp_path: Path) -> None:
    """``-1`` and ``-2``, and a line that goes on from the end of one in the other."""
    head = "Talk_2026.4.1 15:32-{}.txt\n저장한 날짜 : 2026. 5. 24. 오전 12:47\n\n\n\n"
    one = head.format(1) + "2025년 4월 4일 금요일\n2025. 4. 4. 오후 11:42, 민아 : 하나\n"
    two = head.format(2) + "2025년 4월 5일 토요일\n2025. 4. 5. 오후 11:42, 민아 : 둘\n"
    for number, text in ((10, two), (2, one)):
        (tmp_path / f"Talk_2026.4.1 15:32-{number}.txt").write_text(text)
    exports = examine(sorted(tmp_path.iterdir()), Reading())
    assert 1 == len(exports)
    assert ["하나", "둘"] == [line.text for _, line in exports[0].lines()]


def test_other_encodings_are_read() -> None:
    """UTF-16 as Notepad saves it, and CP949."""
    text = windows("[민아] [오후 1:00] 안녕")
    for encoding in ("utf-16", "cp949", "utf-8-sig"):
        assert ["안녕"] == [line.text for line in lines_of(text.encode(encoding))]


def test_memory_is_bounded_by_the_part_that_is_read() -> None:
    """However long the file: what is not handed out yet is one page and one line."""

    class Endless:
        left = 400

        def read(self, size: int, /) -> bytes:
            self.left -= 1
            return b"x" * size if self.left > 0 else b""

    reader = KakaoReader("x.txt")
    assert 0 < sum(len(page) for page in pages(Endless()))
    assert [] == list(reader.read(iter([])))
