"""Rows, people, imports, the privacy page and settings, as a page shows them."""

# ruff: noqa: FBT003 (views are written as the page gets them)

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

import pytest

from nullabona.app.presenting.adversaries import adversaries
from nullabona.app.presenting.chats import order_of, room_may, to_chat
from nullabona.app.presenting.imports import to_done, to_view
from nullabona.app.presenting.people import to_person
from nullabona.app.presenting.privacy import to_privacy
from nullabona.app.presenting.refusals import said
from nullabona.app.presenting.settings import to_settings
from nullabona.app.presenting.warned import warned
from nullabona.app.protocol import import_calls as c
from nullabona.app.protocol import privacy_views as pv
from nullabona.app.protocol import views as v
from nullabona.app.session.errors import HandleLacksRelay, HandleTaken
from nullabona.client.api import Preferences, PrivacyReport, RoomPreferences, RoomSummary
from nullabona.client.api.errors import BadRequest
from nullabona.client.api.import_records import ImportChat, ImportInfo, ImportPerson, ImportPreview, Oddity
from nullabona.client.api.records import MessageInfo
from nullabona.client.api.standing import RecordStanding
from nullabona.errors import UserError
from nullabona.wire.data_held import Column, DataFile

Mute: TypeAlias = int | Literal["always"] | None
ROOM, JUN = bytes(range(32)), b"j" * 32
NOW = 1_000_000
SUMMARY = RoomSummary(ROOM, "fam\nily", False, "joined", 3, 2, False, False, 1, 4, 60)


def no_picture(account: bytes) -> str:
    """A path that names whose it is."""
    return f"/picture/{account[:1].decode()}"


# -- chats --------------------------------------------------------------------------------------------------------


def test_a_row_of_the_chat_list() -> None:
    """What is known of the room, what was chosen for it, and its newest line."""
    last = MessageInfo(b"i" * 16, ROOM, JUN, "jun@relay.example", False, 77, "received", 0, 5, b"", "hi", name="준호")
    chosen = RoomPreferences(pinned=3, muted_until="always", archived=True, draft="to do", marked_unread=True)
    assert v.Chat(
        room=ROOM.hex(),
        title="fam ily",
        person=None,
        faces=[],
        phase="joined",
        direct=False,
        members=3,
        unread=2,
        mentions=1,
        marked_unread=False,
        pinned=True,
        muted=True,
        muted_until="always",
        archived=True,
        draft="to do",
        failed=4,
        timer_s=60,
        order="000000000003-000000000000077-00010203",
        last=v.LastLine("text", "준호", "hi", 77, "received"),
    ) == to_chat(replace(SUMMARY, last=last), chosen, None, [], NOW)


def test_a_row_of_a_room_of_two_is_called_as_the_other_one() -> None:
    """Whatever the room's title says. Without a line it sorts last."""
    person = to_person(JUN, "jun@relay.example", "준호", me=False, picture=no_picture)
    shown = to_chat(replace(SUMMARY, direct=True, phase="odd"), RoomPreferences(), person, [person], NOW)
    assert ("준호", person, [person], "left", None) == (shown.title, shown.person, shown.faces, shown.phase, shown.last)
    assert (False, "000000000000-000000000000000-00010203") == (shown.pinned, shown.order)
    assert to_chat(SUMMARY, RoomPreferences(pinned=1), None, [], NOW).pinned


@pytest.mark.parametrize(
    ("until", "muted", "shown"),
    [("always", True, "always"), (None, False, None), (NOW, False, None), (NOW + 1, True, NOW + 1)],
)
def test_a_room_is_muted_for_a_time_or_for_ever(until: Mute, shown: Mute, *, muted: bool) -> None:
    """Over is over."""
    row = to_chat(SUMMARY, RoomPreferences(muted_until=until), None, [], NOW)
    assert (muted, shown) == (row.muted, row.muted_until)


@pytest.mark.parametrize(("marked", "unread", "shown"), [(True, 0, True), (True, 1, False), (False, 0, False)])
def test_what_is_marked_as_unread_is_shown_so_unless_it_is(unread: int, *, marked: bool, shown: bool) -> None:
    """A number says more."""
    row = to_chat(replace(SUMMARY, unread=unread), RoomPreferences(marked_unread=marked), None, [], NOW)
    assert shown is row.marked_unread


def test_pinned_rooms_come_first_then_the_newest() -> None:
    """Of two alike always the same one."""
    rows = [
        order_of(0, 5, ROOM),
        order_of(0, 50, ROOM),
        order_of(1, 0, ROOM),
        order_of(10, 0, ROOM),
        order_of(10, 0, JUN),
    ]
    assert rows == sorted(rows)


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, ["send", "files", "poll", "leave"]),
        ({"may_pin": True}, ["send", "files", "poll", "leave", "pin"]),
        ({"admin": True}, ["send", "files", "poll", "leave", "add", "remove", "rename", "admins", "timer", "link"]),
        ({"direct": True, "admin": True}, ["send", "files", "timer", "pin", "poll", "leave"]),
        ({"phase": "removed", "admin": True}, ["delete"]),
        ({"leaving": True}, ["delete"]),
    ],
)
def test_what_may_be_done_in_a_room(changes: dict[str, object], may: list[str]) -> None:
    """By its kind, and whether I am an admin of it; where I am not, it may be deleted."""
    assert may == room_may(replace(SUMMARY, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("friend", [True, False])
@pytest.mark.parametrize(
    ("phase", "opening", "may"),
    [
        ("left", "left", ["send", "delete"]),
        ("removed", "asked", ["send", "delete"]),
        ("joined", "alone", ["send", "leave"]),
        ("joined", "adding", ["send", "files", "timer", "pin", "poll", "leave"]),
    ],
)
def test_a_chat_that_one_of_two_left_is_written_in_by_friends(
    phase: str, opening: str, may: list[str], *, friend: bool
) -> None:
    """Whom the person knows no more has to be asked first."""
    room = replace(SUMMARY, direct=True, phase=phase, opening=opening)
    others = ["delete"] if "delete" in may else ["leave"]
    assert (may if friend else others) == room_may(room, friend=friend)


# -- people and settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handle", "name", "shown"),
    [("jun@relay.example", " 준호\n", "준호"), ("jun@relay.example", "\u202e", "jun"), ("", "", "6a6a6a6a")],
)
def test_somebody_is_called_by_name_by_handle_or_by_id(handle: str, name: str, shown: str) -> None:
    """Whatever there is to read."""
    person = to_person(JUN, handle, name, me=True, picture=no_picture)
    assert (JUN.hex(), handle, shown, shown[0].upper(), "/picture/j", True) == (
        person.account,
        person.handle,
        person.name,
        person.initial,
        person.picture,
        person.me,
    )


def test_settings_are_shown_as_they_were_chosen() -> None:
    """The language in which the page is shown stands where none was chosen."""
    chosen = Preferences(
        theme="dark",
        receipts=False,
        typing=True,
        notify="name",
        default_timer_s=5,
        lock_minutes=6,
        enter_sends=False,
        quiet_hours="22:00-07:00",
    )
    assert v.Settings("en", "dark", False, True, "name", "22:00-07:00", 5, 6, False) == to_settings(chosen, "en")
    assert "ko" == to_settings(replace(chosen, language="ko"), "en").language


# -- imports ------------------------------------------------------------------------------------------------------


def test_what_was_found_in_an_export() -> None:
    """Its chats with their people, files and oddities, and what has to be asked."""
    people = (
        ImportPerson("me", 9, b"", me=True),
        ImportPerson("준호", 8, JUN, me=False),
        ImportPerson("a", 1, b"", me=False),
    )
    chat = ImportChat(
        "kakaotalk",
        "fam\nily",
        18,
        1,
        2,
        people,
        {},
        3,
        4,
        5,
        (Oddity("lost", 2, (7, 8)),),
        ROOM,
        known=True,
        asks_me=True,
    )
    assert c.ImportView(
        [
            c.ImportChat(
                service="kakaotalk",
                title="fam ily",
                lines=18,
                first_at=1,
                last_at=2,
                people=[
                    c.ImportPerson("me", 9, "me"),
                    c.ImportPerson("준호", 8, JUN.hex()),
                    c.ImportPerson("a", 1, ""),
                ],
                files=4,
                missing=5,
                continued=3,
                oddities=[c.ImportOddity("lost", 2, [7, 8])],
                room=ROOM.hex(),
                known=True,
                asks_me=True,
                kinds={},
            )
        ],
        ["me", "order"],
    ) == to_view(ImportPreview((chat,), ("me", "order")))


def test_of_a_crowd_in_an_export_200_are_shown() -> None:
    """Those who said most, as they come."""
    people = tuple(ImportPerson(str(number), 1, b"", me=False) for number in range(201))
    chat = ImportChat("kakaotalk", "x", 1, 1, 2, people, {}, 0, 0, 0, (), b"", known=False, asks_me=False)
    (shown,) = to_view(ImportPreview((chat,), ())).chats
    assert [str(number) for number in range(200)] == [person.name for person in shown.people]


def test_an_import_that_was_made() -> None:
    """How far it has come."""
    info = ImportInfo(b"i" * 16, "kakaotalk", " fam\nily", ROOM, "running", 9, 8, 7, 6, 5)
    done = c.ImportDone((b"i" * 16).hex(), "kakaotalk", "fam ily", ROOM.hex(), "running", 9, 8, 7, 5)
    assert done == to_done(info)


# -- the privacy page ---------------------------------------------------------------------------------------------


def column(table: str, name: str) -> Column:
    """One that is declared."""
    return Column(table, name, f"why {name}", "a day", "none")


STANDING = RecordStanding("relay.example", known=True, demanded=True, witnesses=("w",), by_hand=False, watched_epoch=0)
REPORT = PrivacyReport(
    handle="mina@relay.example",
    relay="wss://relay.example:443/v1",
    record={"handle": "mina", "devices": ["폰"], "entries": [{"epoch": 1}, {"epoch": 2, "nonce": "n"}, {}]},
    text="{}",
    relay_columns=(column("card", "handle"), column("box", "num")),
    directory_columns=(
        column("card", "handle"),
        column("card", "devices"),
        column("card", "absent"),
        column("entry", "epoch"),
        column("entry", "nonce"),
        column("entry", "absent"),
        column("day", "epoch"),
    ),
    relay_files=(DataFile("boxes.db", "boxes", "a day", "none"),),
    directory_files=(DataFile("cards.db", "cards", "a week", "none"),),
    standing=STANDING,
)


def test_everything_that_is_held_is_shown_with_its_value() -> None:
    """The directory's columns of the card and of its entries have one; the relay's never do."""
    shown = to_privacy(REPORT, "en")
    assert [
        ("directory.card", "handle", "mina"),
        ("directory.card", "devices", '["폰"]'),
        ("directory.card", "absent", ""),
        ("directory.entry", "epoch", "1, 2"),
        ("directory.entry", "nonce", "n"),
        ("directory.entry", "absent", ""),
        ("directory.day", "epoch", ""),
        ("relay.card", "handle", ""),
        ("relay.box", "num", ""),
        ("directory", "cards.db", ""),
        ("relay", "boxes.db", ""),
    ] == [(row.record, row.column, row.value) for row in shown.rows]
    assert pv.PrivacyRow("directory.card", "handle", "why handle", "a day", "mina") == shown.rows[0]
    assert pv.PrivacyRow("relay", "boxes.db", "boxes", "a day", "") == shown.rows[-1]
    assert (REPORT.handle, REPORT.relay, "{}", adversaries("en")) == (
        shown.handle,
        shown.relay,
        shown.record,
        shown.adversaries,
    )
    nothing = replace(REPORT, record={"entries": "odd"})
    assert {""} == {row.value for row in to_privacy(nothing, "en").rows}


def test_witnesses_are_named_if_they_are_demanded() -> None:
    """Who signs unasked vouches for nothing; what was set by hand and watched is said."""
    assert ["Witnessed by w."] == to_privacy(REPORT, "en").standing[:1]
    unasked = replace(REPORT, standing=replace(STANDING, demanded=False, by_hand=True, watched_epoch=7))
    nobody, by_hand, watched = to_privacy(unasked, "en").standing
    assert nobody.startswith("It has no witnesses")
    assert "set its witnesses on this device" in by_hand
    assert "epoch 7" in watched
    (unknown,) = to_privacy(replace(REPORT, standing=replace(STANDING, known=False)), "ko").standing
    assert "relay.example" in unknown
    assert not unknown.isascii()


def test_adversaries_speak_the_language_of_the_page() -> None:
    """Four of them, each with what they can and what they cannot."""
    english, korean = adversaries("en"), adversaries("ko")
    assert ["warrant", "tap", "raid", "laptop"] == [one.name for one in english] == [one.name for one in korean]
    for ours, theirs in zip(english, korean, strict=True):
        assert {True, False} == {line.can for line in ours.lines}
        assert [(line.id, line.can, line.shown_by) for line in ours.lines] == [
            (line.id, line.can, line.shown_by) for line in theirs.lines
        ]
        assert all(line.text.isascii() for line in ours.lines)
        assert not any(line.text.isascii() for line in theirs.lines)


# -- refusals and warnings ----------------------------------------------------------------------------------------


def test_a_refusal_is_said_in_the_language_of_the_page() -> None:
    """With the error's own words only where there are no better ones."""
    taken = HandleTaken("mina@relay.example belongs to somebody")
    assert "Someone already has this handle." == said(taken, "en")[0]
    assert ("이미 쓰는 사람이 있어요.", "") == said(taken, "ko")
    lacking = ("Add @ and the server's address.", "E.g. mina@127.0.0.1:8440")
    assert lacking == said(HandleLacksRelay("mina names no relay"), "en")
    assert ("아이디 뒤에 @와 서버 주소를 붙여 주세요.", "예: 나은@127.0.0.1:8440") == said(HandleLacksRelay("x"), "ko")
    assert ("A message needs some text", "") == said(BadRequest("a message needs some text"), "en")
    assert "보낼 내용이 없어요." == said(BadRequest("a message needs some text"), "ko")[0]
    assert ("Odd", "Do this") == said(UserError("odd", hint="do this"), "en")


def test_a_warning_is_said_in_the_language_of_the_page() -> None:
    """With the page's own hint where another place would name a command."""
    values = {"host": "relay.example", "handle": "mina@relay.example"}
    assert warned("identity-changed", "en", values) == (
        "The handle mina@relay.example now belongs to another account.",
        "Ask them in another way, then look at their profile.",
    )
    assert warned("identity-changed", "ko", values)[0].startswith("mina@relay.example 아이디가 다른 계정으로")
    assert "save it on the Privacy page" in warned("log-forked", "en", values)[1]
    assert "화면에서 저장" in warned("log-forked", "ko", values)[1]
    sentence, hint = warned("log-stale", "en", values)
    assert "relay.example" in sentence
    assert hint
