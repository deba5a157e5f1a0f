"""Invite links: the one text that each has, and which of those we gave out are still good (spec/room.md, "Links")."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec import structs

from nullabona.client.core.contacts import links
from nullabona.client.core.contacts.links import HOUR_MS
from nullabona.client.core.identity import claims
from nullabona.client.core.model import invite_link
from nullabona.client.core.model.errors import BadRequest, NotAllowed
from nullabona.client.core.model.invite_link import Link, LinkError, LinkHandle, LinkKindUnknown, LinkMismatch
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import LEFT
from tests.core.stage import Other, Stage, set_time

JUN, DORA, EVE = Other("jun"), Other("dora"), Other("eve")
CHECK, TOKEN, ROOM = bytes(range(10)), bytes(range(16)), bytes(range(32))
C, T, R = "aaaqeayeaudaocaj", "aaaqeayeaudaocajbifqydiob4", "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"
DAYS_30 = 30 * 24 * HOUR_MS


# -- text -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "text"),
    [
        (Link("contact", "mina@relay.example", CHECK), f"nullabona:contact/mina@relay.example#{C}"),
        (Link("contact", "mina@relay.example", CHECK, TOKEN), f"nullabona:contact/mina@relay.example#{C}.{T}"),
        (Link("room", "mina@relay.example", CHECK, TOKEN, ROOM), f"nullabona:room/mina@relay.example#{C}.{T}.{R}"),
        (Link("contact", "미나@relay.example", CHECK), f"nullabona:contact/%EB%AF%B8%EB%82%98@relay.example#{C}"),
        (Link("contact", "a-b.c_9@relay.example", CHECK), f"nullabona:contact/a-b.c_9@relay.example#{C}"),
    ],
)
def test_a_link_has_one_text_and_is_read_back_from_it(link: Link, text: str) -> None:
    """With spaces around it or without."""
    assert (text, link, link) == (
        invite_link.format_link(link),
        invite_link.parse_link(text),
        invite_link.parse_link(f" {text}\n"),
    )


def test_a_korean_name_may_stand_in_a_link_as_it_is_written() -> None:
    """Whole or in part."""
    link = Link("contact", "미나@relay.example", CHECK)
    assert link == invite_link.parse_link(f"nullabona:contact/미나@relay.example#{C}")
    assert link == invite_link.parse_link(f"nullabona:contact/미%EB%82%98@relay.example#{C}")


@pytest.mark.parametrize(
    ("plain", "web"),
    [
        (
            f"nullabona:contact/mina@relay.example#{C}.{T}",
            f"https://relay.example/i#contact/mina@relay.example/{C}.{T}",
        ),
        (
            f"nullabona:room/mina@relay.example#{C}.{T}.{R}",
            f"https://relay.example/i#room/mina@relay.example/{C}.{T}.{R}",
        ),
        (f"nullabona:contact/al@r.example:8443#{C}", f"https://r.example:8443/i#contact/al@r.example:8443/{C}"),
        (f"nullabona:contact/al@127.0.0.1:7700#{C}", f"http://127.0.0.1:7700/i#contact/al@127.0.0.1:7700/{C}"),
        (
            f"nullabona:contact/%EB%AF%B8%EB%82%98@relay.example#{C}",
            f"https://relay.example/i#contact/%EB%AF%B8%EB%82%98@relay.example/{C}",
        ),
    ],
)
def test_a_link_has_a_form_that_browsers_open(plain: str, web: str) -> None:
    """Everything that it says stands in the fragment, which no browser sends; both forms are the same link."""
    assert web == invite_link.web_link(plain)
    assert invite_link.parse_link(plain) == invite_link.parse_link(f" {web}\n")
    assert "/i" == urlsplit(web).path
    assert "" == urlsplit(web).query


@pytest.mark.parametrize(
    "text",
    [
        f"https://other.example/i#contact/mina@relay.example/{C}",
        f"http://relay.example/i#contact/mina@relay.example/{C}",
        f"https://relay.example/j#contact/mina@relay.example/{C}",
        f"https://relay.example/i?contact/mina@relay.example/{C}",
        f"https://relay.example/i#account/mina@relay.example/{C}",
        f"https://relay.example/i#contact/mina@relay.example/{C}/x",
        f"https://x@relay.example/i#contact/mina@relay.example/{C}",
    ],
)
def test_no_other_address_is_a_link(text: str) -> None:
    """Another server than the handle's, no TLS, another path: one link has one text in each form."""
    with pytest.raises(LinkError):
        invite_link.parse_link(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", LinkError),
        ("hello", LinkError),
        (f"nullabona:contact/mina@relay.example#{C}x", LinkError),
        (f"x nullabona:contact/mina@relay.example#{C}", LinkError),
        (f"nullabona:contact/mina@relay.example#{C}.{R}", LinkError),
        (f"nullabona:contact/mina@relay.example#{C}.{T}.{R}", LinkError),
        (f"nullabona:room/mina@relay.example#{C}", LinkError),
        (f"nullabona:room/mina@relay.example#{C}.{T}", LinkError),
        (f"nullabona:room/mina@relay.example#{C}.{R}", LinkError),
        (f"nullabona:contact/mina@relay.example#{C}.{T[:-1]}5", LinkError),
        (f"nullabona:account/mina@relay.example#{C}", LinkKindUnknown),
        (f"nullabona:contact/nobody#{C}", LinkHandle),
        (f"nullabona:contact/%FF@relay.example#{C}", LinkHandle),
        (f"nullabona:contact/MINA@relay.example#{C}", LinkHandle),
        (f"nullabona:contact/mina%@relay.example#{C}", LinkHandle),
    ],
)
def test_what_is_no_link_is_refused(text: str, error: type[LinkError]) -> None:
    """Incomplete, changed on the way, of another kind, or with a handle that is none."""
    with pytest.raises(LinkError) as refused:
        invite_link.parse_link(text)
    assert error is type(refused.value)


@pytest.mark.parametrize(("length", "right"), [(512, LinkHandle), (513, LinkError)])
def test_a_handle_in_a_link_is_no_longer_than_it_may_be(length: int, right: type[LinkError]) -> None:
    """Longer text is not looked into."""
    with pytest.raises(LinkError) as refused:
        invite_link.parse_link(f"nullabona:contact/{'a' * length}#{C}")
    assert right is type(refused.value)


def test_an_escape_that_is_none_stays_as_it_is() -> None:
    """No handle has one."""
    assert "50% é%2" == invite_link.unescaped("50% %C3%A9%2")


def test_a_link_fits_the_account_it_was_made_for_alone() -> None:
    """Its check is ten bytes of a hash of the identity key that is used for nothing else."""
    check = invite_link.key_check(JUN.account)
    assert (10, True) == (len(check), check == hashlib.sha256(b"nullabona link check v1" + JUN.account).digest()[:10])
    assert [True, False] == [Link("contact", "", check).fits(key) for key in (JUN.account, bytes(32))]


def test_the_card_under_a_links_handle_must_be_the_one_it_was_made_for() -> None:
    """The handle may show another account by now."""
    invite_link.check_card(Link("contact", JUN.handle, invite_link.key_check(JUN.account)), JUN.card())
    with pytest.raises(LinkMismatch):
        invite_link.check_card(Link("contact", JUN.handle, invite_link.key_check(bytes(32))), JUN.card())


# -- given out ------------------------------------------------------------------------------------------------------


def test_a_contact_link_without_an_end_is_the_same_text_each_time() -> None:
    """Nothing is kept of it: it names the account and lets nobody in unasked."""
    stage = Stage()
    with stage.step() as step:
        given = links.make_contact_link(step, hours=0, uses=0)
        assert given == links.make_contact_link(step, hours=0, uses=5)
        link = invite_link.parse_link(given.text)
        assert (stage.me.handle, b"", b"", True) == (link.handle, link.token, link.room, link.fits(stage.me.account))
        assert (b"", "contact", b"", b"", None, None) == (
            given.id,
            given.kind,
            given.token,
            given.room,
            given.expires_at,
            given.uses_left,
        )
        assert [] == links.given_links(step)


@pytest.mark.parametrize(("uses", "left"), [(0, 1), (1, 1), (7, 7)])
def test_a_contact_link_with_an_end_is_good_once_unless_more_is_said(uses: int, left: int) -> None:
    """It is kept, and its text gives it back."""
    stage = Stage()
    with stage.step() as step:
        given = links.make_contact_link(step, hours=2, uses=uses)
        link = invite_link.parse_link(given.text)
        assert (given.token, b"", "contact", 16, 8) == (
            link.token,
            link.room,
            link.kind,
            len(given.token),
            len(given.id),
        )
        assert (left, 2 * HOUR_MS, False) == (given.uses_left, set_time(given.expires_at) - step.now, given.revoked)
        assert [given] == links.given_links(step)


@pytest.mark.parametrize(("uses", "left"), [(0, None), (1, 1), (1_000, 1_000)])
def test_a_link_into_a_group_is_good_for_all_unless_less_is_said(uses: int, left: int | None) -> None:
    """Until it ends."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        given = links.make_room_link(step, room, hours=720, uses=uses)
        assert (left, room, "room", invite_link.parse_link(given.text).room) == (
            given.uses_left,
            given.room,
            given.kind,
            room,
        )


@pytest.mark.parametrize(("hours", "uses"), [(-1, 1), (721, 1), (1, 1_001)])
def test_a_link_ends_within_a_month_and_a_thousand_uses(hours: int, uses: int) -> None:
    """Refused, and nothing is kept."""
    stage = Stage()
    with stage.step() as step:
        with pytest.raises(BadRequest):
            links.make_contact_link(step, hours=hours, uses=uses)
        assert [] == links.given_links(step)


def test_only_an_admin_of_a_group_that_they_are_in_gives_links_into_it() -> None:
    """No member, nobody who has left, and nobody into a room of two."""
    stage = Stage()
    info = stage.info(JUN)
    member = stage.room(JUN, info=type(info)(1, info.kind, info.name, info.relay, (JUN.account,)))
    left, direct = stage.room(JUN, phase=LEFT), stage.room(JUN, kind=DIRECT)
    for room in (member, left, direct):
        with pytest.raises(NotAllowed), stage.step() as step:
            links.make_room_link(step, room, hours=1, uses=0)


# -- good no more ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "now", "trouble"),
    [
        ({}, 99, None),
        ({}, 100, "expired"),
        ({}, 101, "expired"),
        ({"expires_at": None}, 101, None),
        ({"uses_left": 0}, 99, "used"),
        ({"uses_left": 0}, 101, "used"),
        ({"uses_left": None}, 99, None),
        ({"revoked": True, "uses_left": 0}, 101, "closed"),
    ],
)
def test_why_a_link_is_good_no_more(about: dict[str, Any], now: int, trouble: str | None) -> None:
    """Taken back before used up, used up before over."""
    link = links.GivenLink(b"id", "room", "text", TOKEN, ROOM, 100, 1)
    assert trouble == structs.replace(link, **about).trouble(now)


def test_a_link_shows_no_token() -> None:
    """Neither in a log nor in an error."""
    assert "<GivenLink room>" == repr(links.GivenLink(b"id", "room", "text", TOKEN, ROOM, 100, 1))


def test_a_link_that_is_taken_back_leads_nowhere() -> None:
    """Its text is forgotten, the others stay; it cannot be taken back twice, nor can what never was."""
    stage = Stage()
    with stage.step() as step:
        kept, other = (links.make_contact_link(step, hours=1, uses=2) for _ in range(2))
        links.revoke(step, kept.id)
        assert [other] == links.given_links(step)
        assert not links.vouches(step, kept.token)
        for id in (kept.id, b"none"):
            with pytest.raises(BadRequest):
                links.revoke(step, id)
        assert b"nullabona:contact" in (step.store.get_value("links") or b"")
        links.revoke(step, other.id)
        assert b"nullabona:contact" not in (step.store.get_value("links") or b"")


def test_a_link_vouches_as_often_as_it_was_given_for() -> None:
    """Its token, not another one nor none; never after its end."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        link = links.make_contact_link(step, hours=1, uses=2)
        into = links.make_room_link(step, room, hours=1, uses=0)
        tokens = [b"", bytes(16), into.token, link.token, link.token, link.token]
        assert [False, False, False, True, True, False] == [links.vouches(step, token) for token in tokens]
        late = links.make_contact_link(step, hours=1, uses=2)
        step.now += HOUR_MS
        assert not links.vouches(step, late.token)


def test_uses_that_are_not_counted_stay_uncounted() -> None:
    """Whoever follows a link into a group that is for all leaves it as it was."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        into = links.make_room_link(step, room, hours=1, uses=0)
        links.let_in(step, EVE.card(), claims.LetIn(room, into.token))
        links.let_in(step, DORA.card(), claims.LetIn(room, into.token))
        assert [into] == links.given_links(step)


def test_an_ended_link_is_remembered_for_a_month() -> None:
    """So that whoever follows it is told why; then nothing is left of it."""
    stage = Stage()
    with stage.step() as step:
        old = links.make_contact_link(step, hours=1, uses=1)
        step.now = set_time(old.expires_at) + DAYS_30 - 1
        first = links.make_contact_link(step, hours=1, uses=1)
        assert old.token in (step.store.get_value("links") or b"")
        step.now += 1
        second = links.make_contact_link(step, hours=1, uses=1)
        assert old.token not in (step.store.get_value("links") or b"")
        assert [first, second] == links.given_links(step)


def test_of_many_links_the_newest_are_kept() -> None:
    """256 good ones, and those that ended push none of them out."""
    stage = Stage()
    with stage.step() as step:
        ends = step.now + HOUR_MS
        old = [links.GivenLink(b"%d" % n, "contact", f"{n}", b"%016d" % n, b"", ends, 1) for n in range(256)]
        links._save(step, old)
        assert old == links.given_links(step)
        made = [*old, links.make_contact_link(step, hours=1, uses=1)]
        assert made[1:] == links.given_links(step)
        for link in made[1:4]:
            links.revoke(step, link.id)
        assert made[4:] == links.given_links(step)
