"""Invitations into a room that we are in: another branch of it, or another version (spec/room.md §§7, 9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from nullabona.client.core.contacts import held_invitations
from nullabona.client.core.delivery.blobs import Missing
from nullabona.client.core.delivery.box_log import open_box
from nullabona.client.core.identity import claims, device_certificates
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.room_info import encode_info
from nullabona.client.core.model.state import JOINED, LEFT, Merged, RoomState
from tests.core.invited import MISSING, Invited
from tests.core.stage import RELAY, START, Other, Stage

BO = Other("boo")
OURS, THEIRS = b"\xff" * 32, b"\x01" * 32
WEEK = 7 * 86_400_000
ELSEWHERE = "wss://other.example:443/v1"


class Inside(Invited):
    """Mina is in the room already, since a commit of another branch than Jun's; his device is in it or not."""

    def __init__(self, *, jun: bool = True, **about: Any) -> None:  # noqa: ANN401 (fields of the room)
        super().__init__(history=((0, THEIRS, ()),))
        with self.mina.step() as step:
            room = RoomState(self.id, self.info, JOINED, [], history=[Merged(0, OURS, [], [], [])])
            group = step.mls.create(self.id, encode_info(self.info))
            open_box(room, group)
            for name, value in about.items():
                setattr(room, name, value)
            step.add_room(room)
            if jun:
                key = self.sender
                row = replace(BO.row(self.id, 1), device=key.device_id, account=key.account_id)
                step.store.put_devices([replace(row, signature_key=key.device_key)])

    def looked_for(self) -> Rejoin | None:
        """The branch that is looked for."""
        return self.room.rejoin if self.room is not None else None


# -- another branch -----------------------------------------------------------------------------------------------


def test_a_members_invitation_tells_of_another_branch() -> None:
    """If that one wins, its way is asked for; the room stays."""
    inside = Inside()
    assert None is inside.comes()
    jun = Helper(inside.jun.me.account, BO.handle)  # by which the room knows him, whatever his certificate says
    assert Rejoin("fork", 0, THEIRS, [], [jun], START) == inside.looked_for()
    assert (JOINED, []) == (inside.phase, inside.told())


def test_it_is_heard_once() -> None:
    """Another invitation tells anew."""
    inside = Inside()
    inside.comes()
    for id, heard in ((b"1" * 16, False), (b"2" * 16, True)):
        with inside.mina.step() as step:
            step.room(inside.id).rejoin = None
        inside.comes(inside.item(id))
        assert heard is (inside.looked_for() is not None)


def test_what_it_tells_is_fetched_first_and_only_where_our_inbox_is() -> None:
    """Nothing is asked for elsewhere."""
    inside = Inside()
    assert MISSING is inside.comes(fetched=False)
    assert None is Inside().comes(inside.item(relay=ELSEWHERE), fetched=False)
    assert None is inside.looked_for()


def test_who_is_not_in_the_room_tells_nothing_of_it() -> None:
    """Nothing is fetched for them."""
    inside = Inside(jun=False)
    assert (None, None) == (inside.comes(fetched=False), inside.looked_for())


def test_what_does_not_make_up_a_pack_tells_nothing() -> None:
    """Chunks that are something else."""
    inside = Inside()
    with inside.mina.step() as step:
        for digest, _ in inside.chunks:
            step.store.put_chunk(digest, b"noise", step.day)
    assert (None, None) == (inside.comes(fetched=False), inside.looked_for())


# -- another version ----------------------------------------------------------------------------------------------


class Contested(Inside):
    """Bo let us into the room, and nobody else whom we know has shown up; then a contact invites us, Jun."""

    def __init__(self, *, jun: bool = False, admin: bool = False, **about: Any) -> None:  # noqa: ANN401 (of the room)
        super().__init__(jun=jun, **{"let_in_by": BO.account, **about})
        self.contact()
        with self.mina.step() as step:
            room = step.room(self.id)
            admins = (self.jun.me.account,) if admin else (BO.account,)
            room.info = msgspec.structs.replace(room.info, admins=admins)

    def waits(self) -> bool:
        """Whether the person is asked."""
        with self.mina.step() as step:
            found = held_invitations.load(step, self.id)
        assert found is None or found.contested
        return found is not None

    def doubted(self) -> dict[str, int]:
        return self.room.doubted if self.room is not None else {}


def test_of_two_versions_of_a_room_the_person_is_told() -> None:
    """Both cannot be the room; the one that we are in stays until they say."""
    contested = Contested()
    assert (None, True, BO.account) == (contested.comes(), contested.waits(), let_in_by(contested))
    assert ("warning", {"code": "two-versions", "detail": {"handle": contested.jun.me.handle}}) in contested.told()


def let_in_by(contested: Contested) -> bytes:
    return contested.room.let_in_by if contested.room is not None else b""


def test_whom_even_that_one_names_as_an_admin_is_believed() -> None:
    """We go there at once."""
    contested = Contested(admin=True)
    contested.comes()
    assert (False, contested.jun.me.account) == (contested.waits(), let_in_by(contested))


@pytest.mark.parametrize("why", ["ours", "no admin there", "stranger", "removed", "met", "noise"])
def test_what_is_no_other_version_is_not_told(why: str) -> None:
    """It leads to our own branch, is by somebody who could not have added us, or whom nobody knows."""
    history = [Merged(0, THEIRS if why == "ours" else OURS, [], [], [])]
    contested = Contested(history=history, let_in_by=b"" if why == "met" else BO.account)
    if why == "stranger":
        with contested.mina.step() as step:
            step.store.drop_contact(contested.jun.me.account)
    elif why == "removed":
        with contested.mina.step() as step:
            named = device_certificates.Named((), START)
            step.store.set_value(f"named:{contested.jun.me.account.hex()}", msgspec.msgpack.encode(named))
    elif why == "no admin there":
        contested = foreign()
    elif why == "noise":
        other = Invited(Stage("boo"), adds_mina=False)
        contested.ref, contested.chunks = other.ref, other.chunks
    assert (None, False) == (contested.comes(), contested.waits())
    assert [] == [about for kind, about in contested.told() if kind == "warning"]


def foreign() -> Contested:
    """Where Jun leads, Bo alone is an admin."""
    contested = Contested()
    other = Invited(admins=(BO.account,), mina=contested.mina)
    contested.ref, contested.chunks = other.ref, other.chunks
    return contested


def test_who_says_that_there_is_another_version_is_looked_up_first() -> None:
    """If their card was not seen since."""
    contested = Contested()
    with contested.mina.step() as step:
        step.store.delete_value(f"named:{contested.jun.me.account.hex()}")
    found: Missing | None = contested.comes()
    assert (MISSING, False) == (found, contested.waits())


def test_a_member_may_tell_of_a_branch_and_of_a_version_at_once() -> None:
    """Both are heard."""
    contested = Contested(jun=True)
    contested.comes()
    assert (True, True) == (contested.waits(), contested.looked_for() is not None)


def test_whoever_goes_to_the_other_version_believes_who_let_them_in_no_more() -> None:
    """For a week."""
    contested = Contested()
    contested.comes()
    with contested.mina.step() as step:
        claims.note(step, contested.jun.me.account, "proven")
        invitations.accept_request(step, contested.id)
    assert (contested.jun.me.account, {BO.account.hex(): START + WEEK}) == (let_in_by(contested), contested.doubted())


def test_whoever_declines_the_other_version_believes_who_told_of_it_no_more() -> None:
    """And stays where they are."""
    contested = Contested()
    contested.comes()
    with contested.mina.step() as step:
        invitations.decline_request(step, contested.id)
    assert {contested.jun.me.account.hex(): START + WEEK} == contested.doubted()
    assert (False, BO.account) == (contested.waits(), let_in_by(contested))


def test_an_invitation_that_the_person_declined_does_not_come_again() -> None:
    """Also when we are out of the room by then."""
    contested = Contested()
    contested.comes()
    with contested.mina.step() as step:
        invitations.decline_request(step, contested.id)
        step.room(contested.id).phase = LEFT
    contested.comes()
    assert (False, LEFT) == (contested.waits(), contested.phase)


def test_another_version_waits_for_the_person_alone() -> None:
    """Where our other devices are says nothing of it, as long as we are in the one."""
    contested = Contested()
    contested.comes()
    with contested.mina.step() as step:
        invitations.enter_too(step, contested.id)
    assert (True, RELAY) == (contested.waits(), contested.room.relay if contested.room is not None else "")
