"""A message as a page shows it: its words and pieces, what may be done with it, and what of it is whose."""

# ruff: noqa: FBT003 (views are written as the page gets them)

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.app.presenting.messages import Around, all_words, place_of, position_of, quote_of, to_last, to_message
from nullabona.app.protocol import views as v
from nullabona.app.protocol.talk_calls import Words
from nullabona.client.api.import_records import ImportedInfo
from nullabona.client.api.records import (
    AttachmentInfo,
    MessageInfo,
    NoticeInfo,
    PollInfo,
    QuoteInfo,
    Reaction,
)

ME, JUN, NARI = b"m" * 32, b"j" * 32, b"n" * 32
ROOM, ID = b"r" * 32, b"i" * 16
AROUND = Around(
    me=ME,
    joined=True,
    direct=False,
    admin=False,
    may_pin=False,
    receipts=True,
    names={JUN: ("jun@relay.example", "준호"), ME: ("mina@relay.example", "미나"), NARI: ("", "")},
    picture=lambda account: f"/picture/{account[:1].decode()}",
    media=lambda what, room, message: f"/{what}/{room[:1].decode()}/{message[:1].decode()}",
    client=lambda message: f"c{message[:1].decode()}",
)
TEXT = MessageInfo(ID, ROOM, JUN, "jun@relay.example", False, 1_000, "received", 3, 5, b"", "hi", name="준호")
MINE = replace(TEXT, account=ME, handle="mina@relay.example", mine=True, state="sent", name="미나")
PERSON = v.Person(JUN.hex(), "jun@relay.example", "준호", "준", 7, "/picture/j")
FILE = AttachmentInfo("file", "plan.pdf", "application/pdf", 9, 1, 2, 3, b"\x01\x02", b"", "here", 9)
PHOTO = replace(FILE, kind="photo", name="sea.jpg", thumb=b"t")


def show(info: MessageInfo, around: Around = AROUND) -> v.Message:
    """As the page gets it."""
    return to_message(info, around)


# -- one line -----------------------------------------------------------------------------------------------------


def test_photos_of_an_album_are_said_to_be_together() -> None:
    """The page puts them into one bubble; nothing but a photo is part of one."""
    album = b"a" * 16
    shown = replace(TEXT, kind="photo", attachment=PHOTO, album=album)
    assert album.hex() == show(shown).album
    assert show(replace(shown, kind="deleted")).album == ""
    assert to_last(shown, direct=True, photos=3).photos == 3


def test_a_line_of_somebody_elses_is_shown_with_all_that_is_known_of_it() -> None:
    """Whose it is, its place, its words in pieces, its times and marks."""
    info = replace(TEXT, edited_at=7, forwarded=True, pinned=True, expires_at=8, timer_s=9, mentions_me=True)
    shown = show(info)
    expected = v.Message(
        id=ID.hex(),
        room=ROOM.hex(),
        place="8000000000000005",
        kind="text",
        person=replace_colour(shown.person),
        mine=False,
        at=1_000,
        state="received",
        reason="",
        unread_by=3,
        spans=[v.Span("text", "hi")],
        text="hi",
        big=False,
        edited_at=7,
        forwarded=True,
        pinned=True,
        expires_at=8,
        timer_s=9,
        mentions_me=True,
        may=["reply", "react", "copy", "forward", "delete-me"],
    )
    assert expected == shown


def replace_colour(person: v.Person) -> v.Person:
    """Jun in his own colour, whichever that is."""
    return v.Person(PERSON.account, PERSON.handle, "준호", "준", person.colour, PERSON.picture)


def test_a_line_of_mine_has_the_pages_own_id() -> None:
    """So that its bubble is not doubled; with receipts off nobody is counted."""
    shown = show(MINE, replace(AROUND, receipts=False))
    assert ("ci", True, None) == (shown.client, shown.person.me, shown.unread_by)
    assert ("", False, 3) == (show(TEXT).client, show(TEXT).person.me, show(TEXT).unread_by)


def test_emoji_are_big_in_a_text_only() -> None:
    """Not as the caption of a photo."""
    assert [True, False, False] == [
        show(replace(TEXT, text="👍")).big,
        show(replace(TEXT, text="👍 ok")).big,
        show(replace(TEXT, text="👍", kind="photo")).big,
    ]


@pytest.mark.parametrize(("length", "cut"), [(20_000, False), (20_001, True)])
def test_a_long_text_is_shown_cut(length: int, *, cut: bool) -> None:
    """Twenty thousand characters of it; all of them are there when they are asked for."""
    info = replace(TEXT, text="a" * length)
    shown = show(info)
    assert ("a" * 20_000, [v.Span("text", "a" * 20_000)], cut) == (shown.text, shown.spans, shown.cut)
    assert Words("a" * length, [v.Span("text", "a" * length)]) == all_words(info, AROUND)


@pytest.mark.parametrize(("kind", "state"), [("text", "received"), ("odd", "odd"), ("told", "delivered")])
def test_what_this_page_does_not_know_is_a_text_that_was_received(kind: str, state: str) -> None:
    """A newer program may have stored it."""
    shown = show(replace(TEXT, kind=kind, state=state))
    assert ("text" if kind == "odd" else kind, "received" if state == "odd" else state) == (shown.kind, shown.state)


def test_people_are_mentioned_by_name_and_by_handle() -> None:
    """Whoever is named in the message; me in another way; nobody by an empty name."""
    info = replace(TEXT, text="@준호 @jun @미나 @mina @ @nari", mentions=(JUN, ME, NARI, b"x" * 32))
    mentions = [(span.kind, span.text, span.target) for span in show(info).spans if span.kind != "text"]
    assert [
        ("mention", "@준호", JUN.hex()),
        ("mention", "@jun", JUN.hex()),
        ("mention-me", "@미나", ME.hex()),
        ("mention-me", "@mina", ME.hex()),
    ] == mentions
    whole = show(replace(info, text="@jun@relay.example @mina@relay.example")).spans
    assert [("mention", "@jun@relay.example"), ("text", " "), ("mention-me", "@mina@relay.example")] == [
        (span.kind, span.text) for span in whole
    ]
    assert show(info).spans == all_words(info, AROUND).spans
    assert ["text"] == [span.kind for span in show(replace(info, mentions=())).spans]


def test_reactions_are_counted_with_who_gave_them() -> None:
    """And whether I am among them."""
    given = (Reaction("👍", (JUN, ME), ("준호\n", "미나")), Reaction("🎉", (JUN,), ("준호",)))
    assert [v.Reaction("👍", 2, True, ["준호", "미나"]), v.Reaction("🎉", 1, False, ["준호"])] == show(
        replace(TEXT, reactions=given)
    ).reactions


def test_a_poll_is_shown_with_its_votes_by_name() -> None:
    """How many voted is counted without those who took their vote back."""
    votes: dict[bytes, tuple[int, ...]] = {JUN: (0, 1), ME: (1,), NARI: ()}
    poll = PollInfo("lunch?", ("soup", "rice", "bread"), True, votes, {JUN: "준호", ME: "미나"}, False, True)
    assert (
        v.PollView(
            "lunch?",
            [
                v.PollOption("soup", 1, False, ["준호"]),
                v.PollOption("rice", 2, True, ["준호", "미나"]),
                v.PollOption("bread", 0, False, []),
            ],
            True,
            False,
            2,
            True,
        )
        == show(replace(TEXT, kind="poll", poll=poll)).poll
    )


def test_a_notice_is_shown_with_clean_names() -> None:
    """A relay is called by its host; other texts stay, on one line."""
    notice = NoticeInfo("renamed", JUN, "준호\n", False, (ME,), ("미나\u202e",), "wss://two.example:443/v1\n")
    shown = show(replace(TEXT, kind="notice", notice=notice)).notice
    assert v.Notice("renamed", "준호", False, ["미나"], "wss://two.example:443/v1") == shown
    moved = replace(notice, what="relay-changed", text="wss://two.example:443/v1", me=True)
    shown = show(replace(TEXT, kind="notice", notice=moved)).notice
    assert v.Notice("relay-changed", "준호", True, ["미나"], "two.example") == shown


# -- files --------------------------------------------------------------------------------------------------------


def test_a_file_that_is_here_can_be_saved() -> None:
    """A photo is seen and a voice note heard at once, too; a thumb is there before the rest."""
    shown = show(replace(TEXT, kind="file", attachment=FILE)).file
    assert (
        v.FileView(
            name="plan.pdf",
            size=9,
            mime="application/pdf",
            width=1,
            height=2,
            duration_ms=3,
            levels=[1, 2],
            thumb="",
            url="",
            download="/save/r/i",
            state="here",
            done=9,
            reason="",
        )
        == shown
    )
    photo, voice = (show(replace(TEXT, kind=kind, attachment=PHOTO)).file for kind in ("photo", "voice"))
    assert photo is not None
    assert voice is not None
    assert ("/photo/r/i", "/thumb/r/i", "/save/r/i") == (photo.url, photo.thumb, photo.download)
    assert "/voice/r/i" == voice.url


@pytest.mark.parametrize("kind", ["file", "photo", "voice"])
def test_of_a_file_that_is_not_here_there_is_no_path(kind: str) -> None:
    """But to its thumb. A state that is not known is a failure."""
    file = replace(PHOTO, state="moving", done=4, reason="slow")
    shown = show(replace(TEXT, kind=kind, attachment=file)).file
    assert shown is not None
    assert ("", "", "/thumb/r/i", "moving", 4, "slow") == (
        shown.url,
        shown.download,
        shown.thumb,
        shown.state,
        shown.done,
        shown.reason,
    )
    odd = show(replace(TEXT, kind=kind, attachment=replace(file, state="odd"))).file
    assert odd is not None
    assert "failed" == odd.state


@pytest.mark.parametrize(
    ("state", "attachment", "reason"),
    [
        ("sent", None, ""),
        ("failed", None, "refused"),
        ("failed", replace(FILE, reason="size"), "size"),
        ("received", replace(FILE, reason="gone"), "gone"),
        ("received", FILE, ""),
    ],
)
def test_why_something_failed(state: str, attachment: AttachmentInfo | None, reason: str) -> None:
    """The file's own reason; else that the relay refused it."""
    assert reason == show(replace(TEXT, state=state, attachment=attachment)).reason


# -- quotes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("text", v.Quote("71" * 16, "준호", "text", "hi there", "", False)),
        ("photo", v.Quote("71" * 16, "준호", "photo", "hi there", "/thumb/r/q", False)),
        ("gone", v.Quote("71" * 16, "준호", "deleted", "hi there", "", True)),
        ("odd", v.Quote("71" * 16, "준호", "text", "hi there", "", False)),
    ],
)
def test_what_is_answered_is_quoted(kind: str, shown: v.Quote) -> None:
    """Clean and on one line, with a photo's thumb; what is gone as such."""
    quote = QuoteInfo(b"q" * 16, JUN, "준호\n", kind, "hi\nthere")
    assert shown == show(replace(TEXT, quote=quote)).quote


@pytest.mark.parametrize(
    ("info", "shown"),
    [
        (TEXT, v.Quote(ID.hex(), "준호", "text", "hi", "", False)),
        (replace(TEXT, kind="photo", attachment=PHOTO), v.Quote(ID.hex(), "준호", "photo", "hi", "/thumb/r/i", False)),
        (
            replace(TEXT, kind="file", text="", attachment=FILE),
            v.Quote(ID.hex(), "준호", "file", "plan.pdf", "", False),
        ),
        (replace(TEXT, kind="deleted", text=""), v.Quote(ID.hex(), "준호", "deleted", "", "", True)),
    ],
)
def test_a_message_is_quoted_while_it_is_answered(info: MessageInfo, shown: v.Quote) -> None:
    """As its answer will show it; a file without words by its name."""
    assert shown == quote_of(info, AROUND)


# -- the newest line of a chat row ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "direct", "name", "text"),
    [
        (TEXT, False, "준호", "hi"),
        (TEXT, True, "", "hi"),
        (MINE, False, "", "hi"),
        (replace(TEXT, kind="notice"), False, "", "hi"),
        (replace(TEXT, kind="told"), False, "", "hi"),
        (replace(TEXT, kind="deleted"), False, "준호", ""),
        (replace(TEXT, kind="file", attachment=FILE), False, "준호", "hi"),
        (replace(TEXT, kind="file", text="", attachment=FILE), False, "준호", "plan.pdf"),
        (replace(TEXT, kind="photo", text="", attachment=PHOTO), False, "준호", ""),
    ],
)
def test_a_row_shows_its_newest_line(info: MessageInfo, name: str, text: str, *, direct: bool) -> None:
    """With who said it where that needs saying; of a file its name if there are no words."""
    assert v.LastLine(info.kind, name, text, 1_000, info.state, None, info.mine) == to_last(info, direct=direct)  # type: ignore[arg-type]


def test_a_row_shows_a_notice_as_such() -> None:
    """The page words it."""
    notice = NoticeInfo("left", JUN, "준호", False, (), (), "")
    assert (
        v.Notice("left", "준호", False, [], "")
        == to_last(replace(TEXT, kind="notice", notice=notice), direct=False).notice
    )


# -- places -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [-(1 << 63), -5, 0, 5, (1 << 63) - 1])
def test_a_place_is_a_position(position: int) -> None:
    """There and back; imported history too."""
    assert position == position_of(place_of(position))


def test_places_sort_as_positions() -> None:
    """As text, all of one length."""
    places = [place_of(position) for position in (-(1 << 63), -5, -1, 0, 1, 17, 1 << 40)]
    assert (places, {16}) == (sorted(places), {len(place) for place in places})
    assert "8000000000000000" == place_of(0)


@pytest.mark.parametrize("place", ["", "8" * 15, "8" * 17, "8" * 15 + "G", "8" * 15 + "A", " " + "8" * 15])
def test_what_is_no_place_is_refused(place: str) -> None:
    """A page makes none up."""
    with pytest.raises(ValueError, match=place or "^$"):
        position_of(place)


# -- what may be done ---------------------------------------------------------------------------------------------


def may(info: MessageInfo, **around: bool) -> list[str]:
    """What the page offers."""
    return list(show(info, replace(AROUND, **around)).may)  # type: ignore[arg-type]


FORWARD = ["forward", "delete-me"]


@pytest.mark.parametrize(
    ("info", "around", "offered"),
    [
        (TEXT, {}, ["reply", "react", "copy", *FORWARD]),
        (TEXT, {"joined": False}, ["copy", *FORWARD]),
        (TEXT, {"may_pin": True}, ["reply", "react", "pin", "copy", *FORWARD]),
        (TEXT, {"admin": True, "may_pin": True}, ["reply", "react", "delete-all", "pin", "copy", *FORWARD]),
        (TEXT, {"direct": True, "may_pin": True}, ["reply", "react", "pin", "copy", *FORWARD]),
        (TEXT, {"direct": True, "admin": True, "may_pin": True}, ["reply", "react", "pin", "copy", *FORWARD]),
        (MINE, {}, ["reply", "react", "edit", "delete-all", "copy", *FORWARD]),
        (replace(MINE, state="delivered"), {}, ["reply", "react", "edit", "delete-all", "copy", *FORWARD]),
        (replace(MINE, state="waiting"), {"admin": True}, ["copy", "delete-me"]),
        (replace(MINE, state="failed"), {"admin": True}, ["copy", "retry", "discard", "delete-me"]),
        (replace(MINE, kind="poll"), {}, ["reply", "react", "delete-all", "copy", "delete-me"]),
        (
            replace(MINE, kind="file", text="", attachment=FILE),
            {},
            ["reply", "react", "delete-all", "forward", "save", "delete-me"],
        ),
        (
            replace(TEXT, kind="file", text="", attachment=replace(FILE, state="remote")),
            {},
            ["reply", "react", *FORWARD],
        ),
        (replace(TEXT, kind="notice"), {"admin": True}, []),
        (replace(TEXT, kind="deleted"), {"admin": True}, ["delete-me"]),
    ],
)
def test_what_may_be_done_with_a_message(info: MessageInfo, around: dict[str, bool], offered: list[str]) -> None:
    """By whom it is, what it is, how far it has come, and who I am in the room."""
    assert offered == may(info, **around)


@pytest.mark.parametrize(
    ("text", "attachment", "offered"),
    [
        ("hi", None, ["copy", "delete-me"]),
        ("", FILE, ["save", "delete-me"]),
        ("hi", replace(FILE, state="remote"), ["copy", "delete-me"]),
        ("", None, ["delete-me"]),
    ],
)
def test_imported_lines_are_kept_to_oneself(text: str, attachment: AttachmentInfo | None, offered: list[str]) -> None:
    """Nobody else has them: nothing of them is answered, changed or passed on."""
    imported = ImportedInfo("kakao", "준호", "text", precise=True)
    info = replace(TEXT, text=text, attachment=attachment, imported=imported)
    assert ("kakao", offered) == (show(info).imported, may(info, admin=True, direct=True))
    assert "" == show(TEXT).imported
