"""Links that we follow into groups: a wish to be let in, from the asking to the answer or its end.

A wish is told plainly how it stands: asked, without answer for `Timing.link_answer`, or refused with a reason. It is
never more than a wish: only an invitation by the admin who was asked fulfils it (spec/room.md, "Links").
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.inbox_items import LinkRefusal, LinkUse
from nullabona.client.core.model.invite_link import Link, check_card
from nullabona.client.core.step import DAY_MS, Step
from nullabona.wire.card import Card

WISH_DAYS: Final = 30
"""How long after we asked an invitation is still taken without a question."""
MAX_WISHES: Final = 64
_WISHES: Final = "wishes"
WishState = Literal["waiting", "silent", "used", "expired", "closed", "withdrawn"]
OPEN: Final = frozenset({"waiting", "silent"})


class Wish(msgspec.Struct, array_like=True, frozen=True):
    """Whom we asked to be let into a group. ``withdrawn`` is kept so that a late invitation is not taken unasked."""

    room: bytes
    account: bytes
    handle: str
    token: bytes
    asked_at: int
    state: WishState = "waiting"

    def ends_at(self) -> int:
        """The time from which on it means nothing, in ms."""
        return self.asked_at + WISH_DAYS * DAY_MS

    def __repr__(self) -> str:
        return f"<Wish {self.state}>"


_lists = msgspec.msgpack.Decoder(list[Wish])


def wishes(step: Step) -> list[Wish]:
    """Every wish of this account, the longest asked first."""
    data = step.store.get_value(_WISHES)
    return _lists.decode(data) if data else []


def _save(step: Step, kept: list[Wish]) -> None:
    if kept:
        step.store.set_value(_WISHES, msgspec.msgpack.encode(kept[-MAX_WISHES:]))
    else:
        step.store.delete_value(_WISHES)


def _find(step: Step, room: bytes) -> Wish | None:
    return next((wish for wish in wishes(step) if wish.room == room), None)


def _become(step: Step, wish: Wish, state: WishState | Literal["over"]) -> None:
    """Replace a wish, or let it go when it is over; whoever watches is told."""
    kept = [other for other in wishes(step) if other.room != wish.room]
    if state != "over":
        kept.append(msgspec.structs.replace(wish, state=state))
    _save(step, kept)
    step.event("wish", wish.room, account=wish.account, handle=wish.handle, state=state)


# -- what the person does -----------------------------------------------------------------------------------------


def ask(step: Step, link: Link, card: Card, own_card: bytes) -> None:
    """Ask the link's admin to add us; the invitation is then taken without asking. Raises `LinkMismatch`."""
    check_card(link, card)
    _ask(step, Wish(link.room, card.account_id, str(card.handle), link.token, step.now), own_card)


def ask_again(step: Step, room: bytes, own_card: bytes) -> None:
    """Put the same wish into the admin's inbox once more. Raises `BadRequest` if there is none that is open."""
    wish = _find(step, room)
    if wish is None or wish.state not in OPEN:
        raise BadRequest("nobody is being asked to let you into this group")
    _ask(step, msgspec.structs.replace(wish, asked_at=step.now), own_card)


def _ask(step: Step, wish: Wish, own_card: bytes) -> None:
    _become(step, wish, "waiting")
    step.wished.append(wish.room)
    inbox_sending.post(step, wish.account, wish.handle, LinkUse(wish.room, wish.token, own_card))


def withdraw(step: Step, room: bytes) -> None:
    """What was asked cannot be unsaid, but an invitation that still comes is held for the person.

    A wish that was refused is forgotten. Raises `BadRequest` if there is none.
    """
    wish = _find(step, room)
    if wish is None or wish.state == "withdrawn":
        raise BadRequest("nobody is being asked to let you into this group")
    _become(step, wish, "withdrawn" if wish.state in OPEN else "over")


# -- what comes of it ---------------------------------------------------------------------------------------------


def handle_of(step: Step, room: bytes, account: bytes) -> str:
    """The handle of whom we asked to be let into a room, if that is this account; else empty."""
    wish = _find(step, room)
    return wish.handle if wish is not None and wish.account == account else ""


def refused(step: Step, account: bytes, answer: LinkRefusal) -> None:
    """Somebody says that a link does not lead in any more. Only the admin we asked is believed, about that link."""
    wish = _find(step, answer.room)
    if wish is not None and wish.state in OPEN and (wish.account, wish.token) == (account, answer.token):
        _become(step, wish, answer.reason)


def judged(step: Step, room: bytes, account: bytes) -> bool | None:
    """Whether an invitation by an account was wished for (True) or is not wanted any more (False); None: neither."""
    wish = _find(step, room)
    if wish is None or wish.account != account or wish.ends_at() <= step.now:
        return None
    return {"waiting": True, "silent": True, "withdrawn": False}.get(wish.state)


def fulfilled(step: Step, room: bytes) -> None:
    """We are in the group: nothing is left to wish for."""
    wish = _find(step, room)
    if wish is not None:
        _become(step, wish, "over")


def awaits_another(step: Step, room: bytes, account: bytes) -> bool:
    """Whether we asked another account to be let into a room and still wait for it."""
    wish = _find(step, room)
    return wish is not None and wish.account != account and wish.state in OPEN and step.now < wish.ends_at()


# -- time ---------------------------------------------------------------------------------------------------------


def _due(step: Step, wish: Wish) -> int:
    return wish.asked_at + step.timing.link_answer if wish.state == "waiting" else wish.ends_at()


def next_due(step: Step) -> int | None:
    """When `sweep` has something to do, in ms; None: not at all."""
    return min((_due(step, wish) for wish in wishes(step)), default=None)


def sweep(step: Step) -> None:
    """A wish that waited long enough is told to be without answer; one whose days are over goes."""
    for wish in wishes(step):
        if _due(step, wish) <= step.now:
            _become(step, wish, "silent" if wish.state == "waiting" else "over")
