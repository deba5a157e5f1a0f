"""Telegram's document, field by field: what is a line, of whom and when; what is passed over, and said to be."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from nullabona.client.importing import json_pieces, telegram
from nullabona.client.importing.errors import ExportUnreadable
from nullabona.client.importing.records import LATEST, MAX_AUTHOR, MAX_MEDIA, MAX_TEXT, MAX_TITLE, Chat, Item, Line, Odd

AT = 1_742_000_040_000
GROUP: dict[str, Any] = {"name": "산책", "type": "private_group", "id": 7}
CHAT = Chat("산책", "private_group:7")


def message(number: int = 1, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    base = {"id": number, "type": "message", "date_unixtime": str(AT // 1_000), "from": "민아", "from_id": "user1"}
    return {**base, "text": "안녕", **more}


def read(document: object) -> list[Item]:
    data = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    return list(telegram.read(io.BytesIO(data)))


def group(*messages: object, **more: object) -> dict[str, Any]:
    return {**GROUP, **more, "messages": list(messages)}


def lines(*messages: object) -> list[Line]:
    return [item for item in read(group(*messages)) if isinstance(item, Line)]


def line(text: str = "안녕", kind: str = "text", number: int = 1, **more: Any) -> Line:  # noqa: ANN401
    return Line(AT, more.pop("author", "민아"), text, kind, number, native=more.pop("native", str(number)), **more)


def test_one_chat() -> None:
    """Its title, by what it is known again, and its lines in their order, each with the number it has there."""
    assert [CHAT, line(), line("또", number=2, native="9")] == read(group(message(), message(9, text="또")))


def test_everything_at_once() -> None:
    """Chats that are there and that were left; the person is known by the number; what else there is, is left out."""
    whole: dict[str, Any] = {
        "about": "x",
        "personal_information": {"user_id": 1, "first_name": "나", "last_name": "김", "phone_number": "7"},
        "profile_pictures": [],
        "stories": [{}],
        "contacts": {"list": [{"first_name": "Nobody"}]},
        "frequent_contacts": {},
        "sessions": {"list": [7]},
        "web_sessions": None,
        "other_data": {"x": 1},
        "chats": {"about": "y", "list": [group(message(), extra={"messages": 1}), group(message(3), id=8)]},
        "left_chats": {"list": [group(message(4), name=None, id=9)]},
    }
    left_out = ["personal"] * 3 + ["contacts"] * 2 + ["sessions"] * 2 + ["personal"]
    assert [
        *[Odd(0, f"{what}-left-out") for what in left_out],
        Chat("산책", "private_group:7", "나 김"),
        line(author="나 김"),
        Chat("산책", "private_group:8", "나 김"),
        line(number=2, native="3", author="나 김"),
        Chat("Telegram", "private_group:9", "나 김"),
        line(number=3, native="4", author="나 김"),
    ] == read(whole)


@pytest.mark.parametrize(
    ("known", "chat"),
    [
        ({"name": "산책", "type": "private_group", "id": 7}, CHAT),
        ({"name": "산책", "type": "private_group"}, Chat("산책")),
        ({"name": "산책", "id": 7}, Chat("산책", ":7")),
        ({"type": "saved_messages", "id": 0}, Chat("Saved Messages", "saved_messages:0")),
        ({"name": 7, "type": ["x"], "id": "x"}, Chat("Telegram", ":x")),
        ({"name": "a" * (MAX_TITLE + 1), "type": "b" * MAX_TITLE, "id": 1}, Chat("a" * MAX_TITLE, "b" * MAX_TITLE)),
    ],
)
def test_a_chat_has_a_title_and_what_it_is_known_by(known: dict[str, Any], chat: Chat) -> None:
    """Whatever of it is there; each bounded."""
    whole = known | {"messages": []}
    assert [chat] == read(whole) == read({"chats": {"list": [whole]}})


@pytest.mark.parametrize(
    "document",
    [
        {"chats": []},
        {"chats": None},
        {"chats": "x", "left_chats": 7},
        {"chats": {"list": {"messages": []}}},
        {"chats": {"about": [group(message())]}},
        {"chats": {"list": [7, "x", None, [group(message())]]}},
        {"chats": {"list": [{"messages_": [message()]}]}},
        {"about": group(message())},
    ],
)
def test_what_stands_where_chats_should_is_passed_over(document: dict[str, Any]) -> None:
    """And the chat behind it is read."""
    assert [] == read(document)
    assert [CHAT, line()] == read(document | group(message()))
    assert [CHAT, line()] == read({"chats": {"x": document, "list": [document, group(message())]}})


@pytest.mark.parametrize("messages", [None, 7, {"a": [message()]}, "x"])
def test_messages_that_are_no_list_are_none(messages: object) -> None:
    """The chat is there all the same, and so is the next."""
    assert [CHAT, CHAT, line()] == read(
        {"chats": {"list": [GROUP | {"messages": messages, "more": 1}, group(message())]}}
    )


@pytest.mark.parametrize(
    ("own", "me"),
    [
        ({"user_id": 1, "first_name": "나", "last_name": ""}, "나"),
        ({"user_id": 1, "last_name": "김"}, "김"),
        ({"user_id": 1}, "user1"),
        ({"user_id": 1, "first_name": 5, "last_name": None}, "user1"),
        ({"user_id": 1, "first_name": "a" * (MAX_AUTHOR + 1)}, "a" * MAX_AUTHOR),
        ({"user_id": "1", "first_name": "나"}, ""),
        ({"first_name": "나"}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_who_exported_is_told_by_the_own_number(own: object, me: str) -> None:
    """Without number nobody is; the name is what all their lines bear."""
    document = {"personal_information": own, "chats": {"list": [group(message())]}}
    odd, chat, only = read(document)
    assert (Odd(0, "personal-left-out"), Chat("산책", "private_group:7", me)) == (odd, chat)
    assert line(author=me or "민아") == only


def test_somebody_of_one_s_own_name_is_somebody_else() -> None:
    """The number is behind the name."""
    own = {"user_id": 2, "first_name": "민아"}
    found = read({"personal_information": own, "chats": {"list": [group(message(), message(2, from_id="user2"))]}})
    assert ["민아 (user1)", "민아"] == [item.author for item in found if isinstance(item, Line)]


@pytest.mark.parametrize(
    ("more", "author"),
    [
        ({}, "민아"),
        ({"from": None}, "user1"),
        ({"from": None, "from_id": None}, ""),
        ({"from_id": None}, "민아"),
        ({"from_id": 7}, "민아"),
        ({"from": "a" * (MAX_AUTHOR + 1)}, "a" * MAX_AUTHOR),
        ({"from": "", "from_id": "u" * 61}, "u" * 60),
    ],
)
def test_an_author_is_a_name_else_a_number_else_nobody(more: dict[str, Any], author: str) -> None:
    """Each bounded."""
    assert [author] == [found.author for found in lines(message(**more))]


def test_a_person_keeps_the_first_name_of_the_document() -> None:
    """Renamed later, they are the same; another of the first name is told by the number, in every line."""
    found = lines(
        message(),
        message(2, **{"from": "개명"}),
        message(3, from_id="user2"),
        message(4, from_id="user2"),
        {"id": 5, "type": "service", "date_unixtime": "1742000040", "actor": "x", "actor_id": "user1", "action": "y"},
    )
    assert ["민아", "민아", "민아 (user2)", "민아 (user2)", "민아"] == [one.author for one in found]


@pytest.mark.parametrize(
    ("more", "text", "kind"),
    [
        ({"photo": "photos/1.jpg"}, "안녕", "photo"),
        ({"photo": "", "text": ""}, "", "photo"),
        ({"file": "a.pdf"}, "안녕", "file"),
        ({"file": "a.pdf", "text": "", "file_name": "b.pdf"}, "b.pdf", "file"),
        ({"file": "a.pdf", "text": "", "file_name": "b" * 256}, "b" * 255, "file"),
        ({"file": "a.webp", "media_type": "sticker", "text": "", "sticker_emoji": "🐳", "file_name": "x"},
         "🐳", "sticker"),
        ({"media_type": "voice_message", "text": ""}, "", "voice"),
        ({"media_type": "video_message"}, "안녕", "video"),
        ({"media_type": "video_file"}, "안녕", "video"),
        ({"media_type": "animation"}, "안녕", "video"),
        ({"media_type": "audio_file"}, "안녕", "file"),
        ({"media_type": "hologram"}, "안녕", "file"),
        ({"media_type": 7}, "안녕", "file"),
        ({"text": ["a ", {"type": "bold", "text": "b"}, 7, None, {"text": 7}, {}, " c"]}, "a b c", "text"),
        ({"text": {"a": 1}}, "", "text"),
        ({"poll": {"question": "언제?", "answers": [{"text": "내일"}, 7, {"text": ["모", {"text": "레"}]}]}},
         "안녕\n언제?\n- 내일\n- 모레", "text"),
        ({"text": "", "poll": {"question": 7, "answers": 7}}, "", "text"),
        ({"text": "", "poll": [1]}, "", "text"),
        ({"location_information": {"latitude": 1.5, "longitude": 2}}, "안녕\n1.5, 2", "text"),
        ({"text": "", "location_information": [1]}, "", "text"),
        ({"text": "", "contact_information": {"first_name": "준", "last_name": 7, "phone_number": "12"}},
         "준  12", "text"),
        ({"text": "", "contact_information": "x"}, "", "text"),
        ({"type": "unsupported", "text": ""}, "unsupported", "unparsed"),
        ({"type": "unsupported"}, "안녕", "unparsed"),
        ({"type": 7, "text": ""}, "", "unparsed"),
    ],
)  # fmt: skip
def test_what_a_record_says(more: dict[str, Any], text: str, kind: str) -> None:
    """Its words, or what stands for them; fields of other types say nothing."""
    assert [(text, kind)] == [(found.text, found.kind) for found in lines(message(**more))]


def test_a_poll_shows_no_more_than_32_answers() -> None:
    """In their order."""
    (found,) = lines(message(text="", poll={"question": "?", "answers": [{"text": str(n)} for n in range(33)]}))
    assert ["?", *(f"- {n}" for n in range(32))] == found.text.split("\n")


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"actor": "민아", "action": "invite_members", "members": ["준호", 7, None, "서연"]},
         "민아 invite members 준호, 서연"),
        ({"actor": "민아", "action": "edit_group_title", "title": "산책"}, "민아 edit group title 산책"),
        ({"action": "pin", "members": "준호", "actor": None}, "pin"),
        ({"action": 7}, ""),
        ({"action": "a", "members": [str(n) for n in range(101)]}, "a " + ", ".join(str(n) for n in range(100))),
        ({"action": "a" * (MAX_TEXT + 1)}, "a" * MAX_TEXT),
    ],
)  # fmt: skip
def test_what_telegram_says_itself(more: dict[str, Any], text: str) -> None:
    """Who did what, to whom; bounded."""
    (found,) = lines({"id": 1, "type": "service", "date_unixtime": "1742000040", "text": "no", **more})
    assert (text, "system") == (found.text, found.kind)


@pytest.mark.parametrize(
    ("more", "media"),
    [
        ({"photo": "p.jpg", "file": "f.pdf"}, "p.jpg"),
        ({"photo": "", "file": "f.pdf"}, "f.pdf"),
        ({"photo": 7, "file": "f.pdf"}, "f.pdf"),
        ({"file": "(File not included. Change data exporting settings to download.)"}, ""),
        ({"photo": "p" * MAX_MEDIA}, "p" * MAX_MEDIA),
        ({"photo": "p" * (MAX_MEDIA + 1)}, ""),
        ({}, ""),
    ],
)
def test_the_file_of_a_record(more: dict[str, Any], media: str) -> None:
    """A path of a possible length; a remark that it is not there is none."""
    assert [media] == [found.media for found in lines(message(**more))]


def test_a_long_text_goes_on_in_further_lines() -> None:
    """Each has a number of its own, the file belongs to the first; as long as may be is one line."""
    whole = "a" * MAX_TEXT + "b" * MAX_TEXT + "c"
    found = lines(message(3, text=whole, photo="p.jpg"), message(4, text="d" * MAX_TEXT))
    numbers = ["3", f"3+{MAX_TEXT}", f"3+{2 * MAX_TEXT}", "4"]
    assert numbers == [one.native for one in found]
    assert [("a", "p.jpg", 1), ("b", "", 1), ("c", "", 1), ("d", "", 2)] == [
        (one.text[-1], one.media, one.number) for one in found
    ]
    assert [MAX_TEXT, MAX_TEXT, 1, MAX_TEXT] == [len(one.text) for one in found]


@pytest.mark.parametrize(("id", "native"), [(5, "5"), ("5", ""), (None, ""), (10**45, "1" + "0" * 39), (1.5, "")])
def test_a_number_is_the_other_messenger_s_own(id: object, native: str) -> None:
    """Only where it is a number; bounded. A long text without number has none in any part."""
    assert [native] == [found.native for found in lines(message() | {"id": id})]
    parts = lines(message(text="a" * (MAX_TEXT + 1)) | {"id": id})
    assert [native, f"{native}+{MAX_TEXT}" if native else ""] == [found.native for found in parts]


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"date_unixtime": "0"}, 0),
        ({"date_unixtime": "60"}, 60_000),
        ({"date_unixtime": 60}, 60_000),
        ({"date_unixtime": "x", "date": "1970-01-02T01:02:03"}, 86_400_000 + 3_723_000),
        ({"date_unixtime": None, "date": "1970-01-01T00:00:00"}, 0),
    ],
)
def test_a_moment(more: dict[str, Any], at: int) -> None:
    """In seconds; by the wall clock only where those are not there."""
    assert [at] == [found.at for found in lines(message(**more))]


@pytest.mark.parametrize(
    "bad",
    [
        7,
        "x",
        None,
        [],
        {},
        {"type": "message"},
        message(date_unixtime="-1"),
        message(date_unixtime=f"{LATEST // 1_000}"),
    ],
)
def test_a_record_that_is_none_is_counted_and_the_next_is_read(bad: object) -> None:
    """Wherever it stands."""
    found = read(group(message(), bad, message(3)))
    odd = [Odd(2, "mended")] if not isinstance(bad, dict) else []
    assert [CHAT, line(), *odd, Odd(2, "unreadable"), line(number=3)] == found


def test_a_record_too_large_is_counted_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is kept."""
    monkeypatch.setattr(json_pieces, "LARGEST", 300)
    assert [CHAT, line(), Odd(2, "too-large"), line(number=3)] == read(
        group(message(), message(2, text="x" * 300), message(3))
    )


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (rb"a\x07b", rb"a\u0007b"),
        (rb"\\x07", rb"\\x07"),
        (rb"\ud83d\ude00", rb"\ud83d\ude00"),
        (rb"\ud83d", rb"\ufffd"),
        (rb"\ude00\ud83d", rb"\ufffd\ufffd"),
        (rb"\ud83d\u0041", rb"\ufffd\u0041"),
        (rb"\n\"", rb"\n\""),
        (b"a\xffb", "a\ufffdb".encode()),
        ("안녕".encode(), "안녕".encode()),
    ],
)
def test_what_json_does_not_allow_is_mended(raw: bytes, whole: bytes) -> None:
    """And nothing else is touched."""
    assert whole == telegram.mended(raw)


def test_a_record_that_was_mended_is_counted() -> None:
    """And is a line like any other; a title is mended too, and a name that cannot be is none."""
    raw = json.dumps(group(message()), ensure_ascii=False).replace("안녕", r"\x07").encode()
    assert [CHAT, Odd(1, "mended"), line("\x07")] == read(raw)
    assert [Chat("\x07", "private_group:7")] == read(
        rb'{"name": "\x07", "type": "private_group", "id": 7, "messages": []}'
    )
    assert [Chat("Telegram", "x:7")] == read(rb'{"name": tru, "type": "x", "id": 7, "messages": []}')


@pytest.mark.parametrize("data", [b"", b"[]", b'{"messages": [', b'{"messages": [{"id": 1}', b'{"chats": {"list": ['])
def test_a_document_that_ends_too_early_says_so(data: bytes) -> None:
    """Wherever that is."""
    with pytest.raises(ExportUnreadable):
        read(data)
