"""Longer stories with real apps: files, tabs, a lost connection, groups, drafts, search, hostile names and texts."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pytest
from PIL import Image

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import people_calls as c
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import talk_calls as t
from nullabona.app.protocol import views as v
from tests.app.person import PASSPHRASE, Person
from tests.app.test_lock import upload
from tests.app.wire import Refusal, request

MakePerson = Callable[..., Person]
pytestmark = pytest.mark.slow


@pytest.fixture
def pair(person: MakePerson) -> tuple[Person, Person, str]:
    """Two friends with their direct room open."""
    mina, junho = person("mina"), person("준호", lang="ko")
    room = mina.befriend(junho)
    junho.page.told(p.ChatChanged, lambda push: push.chat.room == room and push.chat.phase == "joined")
    mina.open(room)
    junho.open(room)
    return mina, junho, room


def picture() -> bytes:
    """A photo that says which camera made it, as cameras do (an EXIF segment after the first marker)."""
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (120, 160, 200)).save(out, "JPEG")
    maker = b"SecretCamera\0"
    ifd = b"\x01\x00" + struct.pack("<HHII", 0x010F, 2, len(maker), 26) + b"\0" * 4
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8) + ifd + maker
    data = out.getvalue()
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def arrived(person: Person, room: str, id: str) -> v.FileView:
    """The file of a message once it is here; waits for it."""

    def look() -> v.FileView | None:
        shown = next(m for m in person.call(t.GetMessages(room)).messages if m.id == id)
        assert isinstance(shown, v.Message)
        return shown.file if shown.file is not None and shown.file.url else None

    found = look()
    if found is None:
        person.page.told(p.TransferChanged, lambda push: push.message == id and push.file.state == "here")
        found = look()
    assert found is not None
    return found


def test_a_photo_arrives_without_what_it_tells_of_its_maker(pair: tuple[Person, Person, str]) -> None:
    """It is shown by signed paths that live only while the app is unlocked, and says nothing of its camera."""
    mina, junho, room = pair
    sent = mina.call(t.SendFile(room, upload(mina, "me.jpg", picture()).upload, "client", "바다", kind="photo"))
    assert ("photo", "바다", "client") == (sent.kind, sent.text, sent.client)
    junho.page.told(p.MessagesChanged, lambda push: any(m.id == sent.id for m in push.messages))
    file = arrived(junho, room, sent.id)
    status, headers, data = request(junho.app.port, "GET", file.url)
    assert (200, True) == (status, headers["content-type"] in {"image/jpeg", "image/webp"})
    assert b"SecretCamera" not in data
    status, headers, _ = request(junho.app.port, "GET", file.download)
    assert (200, "application/octet-stream") == (status, headers["content-type"])
    assert headers["content-disposition"].startswith("attachment")
    assert 403 == request(junho.app.port, "GET", file.url[:-1] + ("0" if file.url[-1] != "0" else "1"))[0]


def test_two_tabs_and_a_lost_connection(pair: tuple[Person, Person, str]) -> None:
    """A page that comes back is told exactly what it missed; another tab saw it all along."""
    mina, junho, room = pair
    tab = junho.new_tab()
    tab.call(t.OpenRoom(room))
    last = junho.page.seq
    junho.page.cut()
    sent = mina.send(room, "while you were away")
    tab.told(p.MessagesChanged, lambda push: any(m.id == sent.id for m in push.messages))
    back = junho.new_page(after=last)
    back.told(p.MessagesChanged, lambda push: any(m.id == sent.id for m in push.messages))
    seqs = [pushed.seq for pushed in back.pushes]
    assert list(range(last + 1, last + 1 + len(seqs))) == seqs


def test_replies_reactions_edits_and_deletions(pair: tuple[Person, Person, str]) -> None:
    """Each shows on the other's page, on the message itself."""
    mina, junho, room = pair
    first = mina.send(room, "점심 뭐 먹지?")
    junho.reads(room, first.text)
    answer = junho.call(t.SendText(room, "냉면!", "x", reply_to=first.id))
    assert answer.quote is not None
    assert (first.id, first.text) == (answer.quote.message, answer.quote.text)
    junho.call(t.React(room, first.id, "👍"))
    reacted = mina.page.told(
        p.MessagesChanged, lambda push: any(m.id == first.id and m.reactions for m in push.messages)
    )
    assert [("👍", 1, False)] == [
        (r.emoji, r.count, r.mine) for m in reacted.messages if m.id == first.id for r in m.reactions
    ]
    mina.call(t.EditMessage(room, first.id, "저녁 뭐 먹지?"))
    assert junho.reads(room, "저녁 뭐 먹지?").edited_at
    mina.call(t.DeleteMessages(room, [first.id], for_all=True))
    junho.page.told(
        p.MessagesChanged, lambda push: any(m.id == first.id and m.kind == "deleted" for m in push.messages)
    )


def test_drafts_pins_and_search(pair: tuple[Person, Person, str]) -> None:
    """A draft and a pinned chat are remembered; a word of two syllables is found."""
    mina, _, room = pair
    mina.send(room, "주말에 회의 있어요")
    mina.call(t.SetDraft(room, "아직"))
    mina.call(t.SetRoom(room, pinned=True))
    (chat,) = mina.state().chats
    assert ("아직", True) == (chat.draft, chat.pinned)
    (match,) = mina.call(t.Search("회의")).messages
    assert ["주말에 ", "회의", " 있어요"] == match.parts


def test_hostile_texts_and_names_are_harmless(pair: tuple[Person, Person, str]) -> None:
    """A long text is cut and can be had whole; marks, controls and direction tricks of names are gone."""
    mina, junho, room = pair
    long = "가" * 30_000
    sent = mina.send(room, long)
    got = junho.page.told(p.MessagesChanged, lambda push: any(m.id == sent.id for m in push.messages)).messages[0]
    assert (True, 20_000) == (got.cut, len(got.text))
    assert long == junho.call(t.GetText(room, sent.id)).text
    with pytest.raises(Refusal) as refused:
        mina.call(c.CreateGroup("evil\u202egnp.exe\n\x07", []))
    assert "bad-request" == refused.value.code
    made = mina.call(c.CreateGroup("z" + "\u0301" * 40, [junho.me.handle]))
    row = junho.page.told(p.ChatChanged, lambda push: push.chat.room == made.room).chat
    assert ["z" + "\u0301" * 4] * 2 == [made.title, row.title]


def test_a_group_is_made_and_left(pair: tuple[Person, Person, str]) -> None:
    """Members, rights and the leaving show in both apps."""
    mina, junho, _ = pair
    made = mina.call(c.CreateGroup("여행", [junho.me.handle]))
    row = junho.page.told(p.ChatChanged, lambda push: push.chat.room == made.room and push.chat.phase == "joined").chat
    assert ("여행", False, 2) == (row.title, row.direct, row.members)
    shown = junho.open(made.room).room
    assert {"send", "leave", "poll"} <= set(shown.may)
    assert "remove" not in shown.may
    junho.call(c.LeaveRoom(made.room))
    junho.page.told(p.ChatChanged, lambda push: push.chat.room == made.room and push.chat.phase == "left")


def test_the_record_and_the_handle_check(person: MakePerson) -> None:
    """A taken handle is told apart from a free one; the privacy page shows the record of the operator's own code."""
    mina = person("mina")
    check = mina.call(a.CheckHandle(mina.me.handle))
    assert ("taken", False) == (check.trouble, check.free)
    assert mina.call(a.CheckHandle("somebodynew")).free
    privacy = mina.call(a.GetPrivacy())
    assert mina.me.handle in privacy.record
    assert ["warrant", "tap", "raid", "laptop"] == [one.name for one in privacy.adversaries]


def test_a_bare_name_asks_for_its_relay(newcomer: Callable[..., Person]) -> None:
    """Where no relay is meant by itself, the person is told how to write one, with an example."""
    nari = newcomer("나리", lang="ko")
    check = nari.call(a.CheckHandle("나리"))
    assert ("handle-lacks-relay", "예: 나은@127.0.0.1:8440") == (check.trouble, check.hint)
    assert "서버 주소" in check.message
    assert "" == nari.state().host


def test_a_relay_that_does_not_answer_is_an_error_of_its_own(newcomer: Callable[..., Person]) -> None:
    """Checking a handle there fails; the account can be made, and what follows is told as news, not as an alarm."""
    nari = newcomer("nari", "--relay", "127.0.0.1:1")
    with pytest.raises(Refusal, match="timed-out"):
        nari.call(a.CheckHandle("nari"))
    nari.call(a.CreateProfile(PASSPHRASE))
    nari.call(a.CreateAccount("nari", ""))
    told = nari.page.told(p.Told, lambda push: push.code == "unregistered")
    assert ("news", "This device has not reached the server yet.") == (told.level, told.message)
