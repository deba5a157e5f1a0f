"""Invite links between real clients: to a person, into a group, spent, expired, revoked, for another account."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.client.api import Client, JoinRequestChanged, LinkUsed, qr_rows
from nullabona.client.core.model.errors import BadRequest, NotAllowed
from nullabona.client.core.model.invite_link import Link, LinkError, LinkMismatch, format_link, key_check, parse_link
from tests.api.people import happens, opened, people, play, until
from tests.api.service import Service


def test_a_lasting_link_says_who_it_means(service: Service, tmp_path: Path) -> None:
    """Following it asks to talk; a link for another account under the same handle sends nothing."""

    async def story() -> None:
        async with people(service, tmp_path, "민아", "b") as (mina, b):
            link = (await mina.links.make(hours=0)).text
            assert (link.isascii(), "%EB%AF%BC") == (True, link.partition("/")[2][:9])
            assert ("contact", mina.me.handle, "new") == (
                b.links.read(link).kind,
                b.links.read(link).handle,
                b.links.read(link).state,
            )
            assert "own" == mina.links.read(link).state
            wrong = format_link(Link("contact", mina.me.handle, key_check(bytes(32))))
            with pytest.raises(LinkMismatch):
                await b.links.open(wrong)
            assert [] == b.contacts.all()
            await b.links.open(f"  {link}\n", "안녕하세요")
            await until(mina, lambda: [c.state for c in mina.contacts.all()] == ["asking"])
            assert ["other"] == [b.links.read(wrong).state]

    play(story())


def test_a_contact_link_with_a_token_is_accepted_once(service: Service, tmp_path: Path) -> None:
    """The first follower talks at once; the second one waits like any stranger."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", "c") as (a, b, c):
            link = await a.links.make(hours=1)
            assert [link] == a.links.all()
            await b.links.open(link.text)
            await until(b, lambda: [r.phase for r in b.rooms.all()] == ["joined"])
            await c.links.open(link.text)
            await until(a, lambda: {x.handle: x.state for x in a.contacts.all()}.get(c.me.handle) == "asking")
            assert ("accepted", []) == (
                next(x.state for x in a.contacts.all() if x.handle == b.me.handle),
                a.links.all(),
            )

    play(story())


def test_a_group_link_brings_people_in_while_it_is_good(service: Service, tmp_path: Path) -> None:
    """Two uses let two strangers in without a question; the third, and whoever comes after a revocation, stays out."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", "c", "d") as (a, b, c, d):
            room = (await a.rooms.create_group("동호회")).id
            link = await a.links.make(room, hours=1, uses=1)
            other = await a.links.make(room, hours=1)
            assert ({link.id, other.id}, []) == ({x.id for x in a.links.all(room)}, a.links.all())
            assert (link.id, 1) == (link.id, link.uses_left)
            opened = await b.links.open(link.text)
            assert ("room", room) == (opened.kind, opened.room)
            await until(b, lambda: [r.id for r in b.rooms.all()] == [room])
            assert "known" == b.links.read(link.text).state
            await c.links.open(link.text)
            await a.links.revoke(other.id)
            await d.links.open(other.text)
            message = await a.messages.send(room, "hello")
            await a.messages.wait_delivered(room, message)
            await c.sync()
            await d.sync()
            await a.sync()
            assert {a.me.handle, b.me.handle} == {member.handle for member in a.rooms.members(room)}
            assert ([], [], []) == (c.rooms.all(), d.rooms.all(), a.links.all(room))
            with pytest.raises(NotAllowed):
                await b.links.make(room, hours=1)
            with pytest.raises(BadRequest):
                await a.links.make(room, hours=0)

    play(story())


def test_a_join_request_says_how_it_stands(service: Service, tmp_path: Path) -> None:
    """Waiting; without answer while the admin is away; asked again and let in; or refused by name of the reason."""

    async def story() -> None:
        async with people(service, tmp_path, "b") as (b,):
            async with people(service, tmp_path, "a") as (a,):
                room = (await a.rooms.create_group("닫힌 방")).id
                good, bad = await a.links.make(room, hours=1), await a.links.make(room, hours=1)
                await a.links.revoke(bad.id)
                admin = a.me
            await b.links.open(good.text)
            assert [(room, admin.handle, "waiting", 2_000)] == standing(b)
            await happens(b, JoinRequestChanged, lambda event: event.state == "silent")
            assert [(room, admin.handle, "silent", 2_000)] == standing(b)
            async with opened(tmp_path / "a") as a:
                await b.links.ask_again(room)
                await until(b, lambda: [r.id for r in b.rooms.all()] == [room])
                assert [] == b.links.join_requests()
                async with people(service, tmp_path, "c") as (c,):
                    await c.links.open(bad.text)
                    await until(c, lambda: [request.state for request in c.links.join_requests()] == ["closed"])
                    with pytest.raises(BadRequest):
                        await c.links.ask_again(room)
                    await c.links.withdraw(room)
                    assert ([], []) == (c.links.join_requests(), c.rooms.all())

    play(story())


def standing(client: Client) -> list[tuple[bytes, str, str, int]]:
    return [
        (request.room, request.handle, request.state, request.patience_ms) for request in client.links.join_requests()
    ]


def test_a_used_group_link_is_told(service: Service, tmp_path: Path) -> None:
    """The admin's listener hears who came by a link."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = (await a.rooms.create_group("열린 방")).id
            await b.links.open((await a.links.make(room, hours=1)).text)
            used = await happens(a, LinkUsed)
            assert (room, b.me.handle) == (used.room, used.handle)

    play(story())


GOOD = format_link(Link("room", "민아@relay.example", bytes(range(10)), bytes(range(16)), bytes(range(32))))


def test_a_link_has_one_text() -> None:
    """What was formatted parses back; Korean may come unescaped; a QR code of it is a square with a quiet zone."""
    link = parse_link(GOOD)
    assert (GOOD, link) == (format_link(link), parse_link(GOOD.replace("%EB%AF%BC%EC%95%84", "민아")))
    rows = qr_rows(GOOD)
    assert ({len(rows)}, {"0"}, {"0", "1"}) == ({len(row) for row in rows}, set(rows[0]), set("".join(rows)))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "link-syntax"),
        ("https://example.com", "link-syntax"),
        (GOOD[:-1], "link-syntax"),
        (GOOD + "a", "link-syntax"),
        (GOOD.replace("nullabona:", "NULLABONA:"), "link-syntax"),
        (GOOD.replace("room/", "channel/"), "link-kind"),
        (GOOD.replace("room/", "contact/"), "link-syntax"),
        (GOOD.replace("%EB", "%FF"), "link-handle"),
        (GOOD.replace("@relay.example", ""), "link-handle"),
        ("nullabona:contact/Mina@relay.example#aaaaaaaaaaaaaaaa", "link-handle"),
        ("nullabona:room/mina@relay.example#aaaaaaaaaaaaaaaa", "link-syntax"),
        ("nullabona:contact/mina@relay.example#aaaaaaaaaaaaaaaa." + "b" * 26, "link-syntax"),
        (GOOD * 20, "link-syntax"),
    ],
)
def test_other_texts_are_refused_with_a_code(text: str, code: str) -> None:
    """Whatever is not a whole link says so, with a hint."""
    with pytest.raises(LinkError) as caught:
        parse_link(text)
    assert (code, True) == (caught.value.code, bool(caught.value.hint))
