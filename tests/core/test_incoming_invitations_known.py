"""By which handle an inviter is looked up, and what is told of one who is known (spec/room.md §9)."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core.contacts import held_invitations
from nullabona.client.core.contacts.join_requests import JoinRequest
from nullabona.client.core.identity import device_certificates, inbox_addresses
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.state import LEFT, REJOINING, RoomState
from nullabona.client.core.restore import returning
from tests.core.invited import MISSING, Invited
from tests.core.stage import START, Other, Stage

BO = Other("boo")
ROWS, TOLD, LINK = "jun@row.example", "jun@told.example", "jun@link.example"


def foreign() -> Invited:
    """Jun's handle is at a host that Mina has nothing to do with."""
    return Invited(host="jun.example")


def was_in(invited: Invited, phase: str, *handles: str) -> None:
    """Mina knew of the room; Jun is its admin and was in it under the last of these handles, Bo under the first."""
    key = invited.sender
    with invited.mina.step() as step:
        step.add_room(RoomState(invited.id, invited.info, phase, []))
        for leaf, handle in enumerate(handles, 1):
            row = replace(BO.row(invited.id, leaf), handle=handle)
            row = row if leaf < len(handles) else replace(row, device=key.device_id, account=key.account_id)
            step.store.put_devices([row])


def looked_up(invited: Invited) -> list[str]:
    """Whom Mina's device looks up, as an invitation came that it cannot believe yet."""
    assert MISSING is invited.comes()
    with invited.mina.step() as step:
        return inbox_addresses.wanted(step)


def test_who_was_asked_to_let_us_in_is_looked_up_by_the_links_handle() -> None:
    """Whatever their device calls itself."""
    invited = foreign()
    with invited.mina.step() as step:
        wish = JoinRequest(invited.id, invited.jun.me.account, LINK, b"t" * 16, START)
        step.store.set_value("join-requests", msgspec.msgpack.encode([wish]))
    assert [LINK] == looked_up(invited)


def test_whom_another_device_named_is_looked_up_by_what_it_said() -> None:
    """Of this very room, and of this very account."""
    invited = foreign()
    jun = invited.jun.me.account
    with invited.mina.step() as step:
        returning.expect(step, b"n" * 32, invited.info, [Helper(jun, "jun@elsewhere.example")])
        returning.expect(step, invited.id, invited.info, [Helper(BO.account, BO.handle), Helper(jun, TOLD)])
    assert [TOLD] == looked_up(invited)


@pytest.mark.parametrize("phase", [LEFT, REJOINING])
def test_a_former_member_is_looked_up_by_the_handle_they_had_there(phase: str) -> None:
    """Not by that of another member."""
    invited = foreign()
    was_in(invited, phase, BO.handle, ROWS)
    assert [ROWS] == looked_up(invited)


def test_who_is_new_in_a_room_that_we_knew_counts_by_a_host_that_we_know() -> None:
    """Else they are a stranger, whose invitation waits for the person though they are its admin."""
    known = Invited()
    was_in(known, LEFT)
    assert [known.jun.me.handle] == looked_up(known)
    unknown = foreign()
    was_in(unknown, LEFT)
    assert None is unknown.comes()
    with unknown.mina.step() as step:
        assert held_invitations.load(step, unknown.id) is not None


def refusals(invited: Invited) -> list[str]:
    return [about["detail"]["reason"] for kind, about in invited.told() if kind == "warning"]


@pytest.mark.parametrize(("phase", "reasons"), [(LEFT, ["mls-refused"]), (REJOINING, [])])
def test_what_a_known_member_sends_in_vain_is_told(phase: str, reasons: list[str]) -> None:
    """Unless we only seek a way into the room: then it may have been for what this device was."""
    invited = Invited(Stage("boo"), adds_mina=False)
    was_in(invited, phase)
    with invited.mina.step() as step:
        device_certificates.note(step, invited.jun.person.card)
    assert (None, phase) == (invited.comes(), invited.phase)
    assert reasons == refusals(invited)
