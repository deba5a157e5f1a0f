"""Deleting the account: rooms are left, the card is erased, every device is out (spec/devices.md §10)."""

from __future__ import annotations

from nullabona.client.api.errors import BadRequest
from nullabona.client.api.finding import room_states
from nullabona.client.api.session import Session
from nullabona.client.core import commands
from nullabona.client.core.devices import membership, sync_out
from nullabona.client.core.model.errors import LastAdmin
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.model.sync_items import EndItem
from nullabona.client.core.step import Step


class EndingCalls:
    """The part of `Client` about the end of the account."""

    _session: Session

    async def delete_account(self, handle: str, *, timeout_s: float | None = 60.0) -> None:
        """Delete the account for good; ``handle`` is its own, so that nobody does it by a slip.

        Groups whose last admin this is get another one; every room is left; the directory erases the card and keeps
        the handle from others for 90 days. What others have they keep, and this profile stays readable until its folder
        is erased. Raises `BadRequest`, `PendingStill` while others could not be told yet (call it again: what was done
        is not done twice), `Refused` or `TimedOut` from the directory.
        """
        if handle != str(self._session.account().handle):
            raise BadRequest("that is not the handle of this account", hint="type it as it is shown")
        with self._session.step() as step:
            for room in room_states(step.store):
                _hand_over(step, room)
        await self._settled(timeout_s)
        with self._session.step() as step:
            sync_out.tell_now(step, EndItem())
            for room in room_states(step.store):
                _leave(step, room)
        await self._settled(timeout_s)
        # First out, then off the directory: whatever stops us between the two, no new card of ours follows.
        with self._session.step() as step:
            membership.sign_out(step, unasked=False)
        await self._session.runner.publishing.delete()

    async def _settled(self, timeout_s: float | None) -> None:
        await self._session.until(
            lambda: self._session.settled(receipts=False) or None, timeout_s, "not everybody could be told yet"
        )


def _hand_over(step: Step, room: RoomState) -> None:
    """Of a group whose only admin we are, somebody else has to be one first: the lowest account."""
    others = sorted({device.account for device in step.roster(room.id).values()} - {step.me.account})
    if room.phase == JOINED and others and set(room.info.admins) == {step.me.account}:
        commands.set_admin(step, room.id, others[0], admin=True)


def _leave(step: Step, room: RoomState) -> None:
    if room.phase != JOINED:
        return
    try:
        commands.leave(step, room.id)
    except LastAdmin:
        # The one who was appointed has gone meanwhile, or is us on another device: the room stays as it is.
        return
