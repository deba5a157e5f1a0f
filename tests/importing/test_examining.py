"""What files are together: told by what they say, read in one order, and named by a digest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nullabona.client.importing import detecting, exports, kakao, kakao_csv, surveying, telegram, whatsapp
from nullabona.client.importing.detecting import HEAD, detect, layout_of
from nullabona.client.importing.errors import NotAnExport
from nullabona.client.importing.exports import Export, examine
from nullabona.client.importing.reading import orders, read
from nullabona.client.importing.records import Chat, DayOrder, Layout, Line, Reading
from nullabona.client.importing.sources import Given, Source
from nullabona.client.importing.surveying import Stopped

ASK = Reading()
KAKAO = "2025년 3월 15일 오후 1:00, 민아 : {}\n"
IOS = "[15/03/25, 13:00:00] a: b\n"
ANDROID = "15/03/25, 13:00 - a: b\n"
LONE = "03/04/25, 13:00 - a: b\n"


def source(text: str, name: str = "a.txt") -> Source:
    return Source(name, Given(name, data=text.encode()))


def looked(*files: tuple[str, str], reading: Reading = ASK) -> list[Export]:
    return examine([Given(name, data=text.encode()) for name, text in files], reading)


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ('{"messages": []}', telegram.LAYOUT),
        ('\ufeff \r\n\t{ "x": 1, "chats" : {}}', telegram.LAYOUT),
        ('{"a": 1}', None),
        ('x {"messages": []}', None),
        ("Date,User,Message\r\n", kakao_csv.LAYOUT),
        (f"x\n{KAKAO}", kakao.LAYOUT),
        (f"x\r\n{IOS}", whatsapp.IOS),
        (ANDROID, whatsapp.ANDROID),
        (KAKAO + ANDROID * 2, whatsapp.ANDROID),
        (KAKAO * 2 + ANDROID, kakao.LAYOUT),
        (IOS + ANDROID * 2, whatsapp.ANDROID),
        ("hello", None),
        ("", None),
        ("\n" * 399 + KAKAO, kakao.LAYOUT),
        ("\n" * 400 + KAKAO, None),
    ],
)
def test_a_layout_is_told_by_most_of_the_first_lines(text: str, layout: Layout | None) -> None:
    """Of the first four hundred; a document and a table by how they begin."""
    assert layout == layout_of(text.encode())
    assert layout == layout_of(text.encode("utf-16"))


def test_a_layout_is_told_by_the_beginning_of_a_file() -> None:
    """What stands behind it says nothing; a file that says nothing is no export."""
    line = KAKAO.encode()
    within, behind = (" " * (HEAD - len(line) + more) + "\n" + KAKAO for more in (-1, 60))
    assert kakao.LAYOUT == detect(source(within))
    with pytest.raises(NotAnExport):
        detect(source(behind))
    assert 65_536 == detecting.HEAD


def test_parts_are_put_together_in_the_order_of_their_numbers() -> None:
    """Of one name in one folder; all others stand alone, in the order in which they were given."""
    names = ["b-10.TXT", "b-2.TXT", "a-1.csv", "a.txt", "b-3x.txt", "c-12345.txt", "b.TXT"]
    found = looked(*((name, KAKAO.format(name)) for name in names))
    together = [["b.TXT", "b-2.TXT", "b-10.TXT"], ["a-1.csv"], ["a.txt"], ["b-3x.txt"], ["c-12345.txt"]]
    assert together == [[one.name for one in export.sources] for export in found]
    assert [each[0] for each in together] == [export.name for export in found]
    assert ["b.TXT", "b-2.TXT", "b-10.TXT"] == [line.text for _, line in found[0].lines()]


def test_a_part_without_a_number_is_the_first() -> None:
    """In whatever order they are given."""
    (found,) = looked(("b-1.txt", KAKAO.format("둘")), ("b.txt", KAKAO.format("하나")))
    assert ["하나", "둘"] == [line.text for _, line in found.lines()]


def test_files_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    """And a path that is given twice is one."""
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a-1.txt").write_text(KAKAO.format(name))
    paths = [tmp_path / "x" / "a-1.txt", tmp_path / "y" / "a-1.txt", tmp_path / "x" / "a-1.txt"]
    assert ["x", "y"] == [line.text for export in examine(paths, ASK) for _, line in export.lines()]


def test_lines_come_with_the_number_of_their_chat() -> None:
    """In the order of the file; a chat without a line has its number too."""
    record = {"id": 1, "type": "message", "date_unixtime": "5", "from": "a", "from_id": "b", "text": "x"}
    chats = [{"id": n, "messages": [record] * n} for n in (1, 0, 2)]
    (export,) = looked(("result.json", json.dumps({"chats": {"list": chats}})))
    assert [0, 2, 2] == [number for number, _ in export.lines()]
    assert [1, 0, 2] == [chat.lines for chat in export.chats]


def test_an_order_of_dates_is_found_or_asked_for() -> None:
    """Where nothing tells, the likeliest is taken and said to be a guess; an answer is not doubted."""
    (asked,), (told,) = looked(("a.txt", LONE)), looked(("a.txt", ANDROID))
    assert (True, Reading(DayOrder.DAY_FIRST)) == (asked.ambiguous, asked.reading)
    assert (False, Reading(DayOrder.DAY_FIRST)) == (told.ambiguous, told.reading)
    (answered,) = looked(("a.txt", LONE), reading=Reading(DayOrder.MONTH_FIRST))
    assert (False, Reading(DayOrder.MONTH_FIRST)) == (answered.ambiguous, answered.reading)
    assert [1_741_093_200_000] == [line.at for _, line in answered.lines()]
    (other,) = looked(("a.txt", KAKAO))
    assert (False, ASK) == (other.ambiguous, other.reading)


def test_only_whatsapp_s_dates_have_orders() -> None:
    """And without an answer a text is read with the day first."""
    both = [DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST]
    assert both == orders(source(LONE), whatsapp.ANDROID) == orders(source(LONE), whatsapp.IOS)
    for layout in (kakao.LAYOUT, kakao_csv.LAYOUT, telegram.LAYOUT):
        assert [] == orders(source(LONE), layout)
    _, line = read([source(ANDROID)], whatsapp.ANDROID, ASK)
    assert Line(1_742_043_600_000, "a", "b", "text", 1) == line


def test_files_that_are_no_parts_of_one_another_are_chats_of_their_own() -> None:
    """Each begins one; texts of KakaoTalk go on with one another."""
    two = [source(ANDROID), source(ANDROID, "b.txt")]
    assert [Chat(""), Chat("")] == [item for item in read(two, whatsapp.ANDROID, ASK) if isinstance(item, Chat)]
    two = [source("Date,User,Message\n"), source("Date,User,Message\n", "b.csv")]
    assert [Chat(""), Chat("")] == list(read(two, kakao_csv.LAYOUT, ASK))
    two = [source(KAKAO), source(KAKAO, "b.txt")]
    assert [Chat("")] == [item for item in read(two, kakao.LAYOUT, ASK) if isinstance(item, Chat)]


def test_the_same_files_read_in_the_same_way_have_one_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """For ever; another byte, part or order is another one. How it is read in parts does not matter."""

    def digest(*texts: str, reading: Reading = ASK) -> bytes:
        (export,) = looked(*((f"a-{n}.txt", text) for n, text in enumerate(texts)), reading=reading)
        return export.digest

    first = digest(LONE)
    assert "a4a40baff103052bfc0e9ec5022d16c9b4ca46289518a353e263faf56c7e3a6b" == first.hex()
    assert (32, first) == (len(first), digest(LONE))
    answered = digest(LONE, reading=Reading(DayOrder.MONTH_FIRST))
    others = [digest(LONE + "x"), digest(KAKAO, KAKAO * 2), digest(KAKAO * 2, KAKAO), digest(KAKAO * 3), answered]
    assert 6 == len({first, *others})
    assert first == digest(LONE, reading=Reading(DayOrder.DAY_FIRST))
    monkeypatch.setattr(exports, "_CHUNK", 3)
    assert [first, others[1]] == [digest(LONE), digest(KAKAO, KAKAO * 2)]


def test_whoever_asked_can_stop_the_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many lines."""
    monkeypatch.setattr(surveying, "_EVERY", 2)
    told: list[int] = []

    def stop(count: int) -> bool:
        told.append(count)
        return False

    with pytest.raises(Stopped):
        examine([Given("a.txt", data=ANDROID.encode() * 5)], ASK, stop)
    assert [2] == told
