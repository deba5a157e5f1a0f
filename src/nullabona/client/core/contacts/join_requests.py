"""Join requests: links that we follow into groups, from the request to its answer or end.

The person sees the state of a request: sent, without answer for `Timing.link_answer`, or refused with a reason. Only an
invitation by the admin whom we asked fulfils it (spec/room.md, "Links").
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.people import WishChanged
from nullabona.client.core.model.facts.signals import JoinRequested
from nullabona.client.core.model.inbox_items import LinkRefusal, LinkUse
from nullabona.client.core.model.invite_link import Link, check_card
from nullabona.client.core.step import DAY_MS, Step
from nullabona.wire.card import Card

WISH_DAYS: Final = 30
"""How long after the request we accept its invitation without asking the person."""
MAX_WISHES: Final = 64
_WISHES: Final = "wishes"
WishState = Literal["waiting", "silent", "used", "expired", "closed", "withdrawn"]
OPEN: Final = frozenset({"waiting", "silent"})


class Wish(msgspec.Struct, array_like=True, frozen=True):
    """A request to join a group. We keep a ``withdrawn`` one so that we do not accept a late invitation unasked."""

    room: bytes
    account: bytes
    handle: str
    token: bytes
    asked_at: int
    state: WishState = "waiting"

    def ends_at(self) -> int:
        """When it expires, in ms."""
        return self.asked_at + WISH_DAYS * DAY_MS

    def __repr__(self) -> str:
        return f"<Wish {self.state}>"


_lists = msgspec.msgpack.Decoder(list[Wish])


def wishes(step: Step) -> list[Wish]:
    """Every join request of this account, oldest first."""
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
    """Give a request a new state, or delete it when it is over, and tell listeners."""
    kept = [other for other in wishes(step) if other.room != wish.room]
    if state != "over":
        kept.append(msgspec.structs.replace(wish, state=state))
    _save(step, kept)
    step.tell(WishChanged(wish.room, wish.account, wish.handle, state))


# -- what the person does -----------------------------------------------------------------------------------------


def ask(step: Step, link: Link, card: Card, own_card: bytes) -> None:
    """Ask the link's admin to add us; we then accept the invitation automatically. Raises `LinkMismatch`."""
    check_card(link, card)
    _ask(step, Wish(link.room, card.account_id, str(card.handle), link.token, step.now), own_card)


def ask_again(step: Step, room: bytes, own_card: bytes) -> None:
    """Send the same request to the admin again. Raises `BadRequest` if there is no open one."""
    wish = _find(step, room)
    if wish is None or wish.state not in OPEN:
        raise BadRequest("nobody is being asked to let you into this group")
    _ask(step, msgspec.structs.replace(wish, asked_at=step.now), own_card)


def _ask(step: Step, wish: Wish, own_card: bytes) -> None:
    _become(step, wish, "waiting")
    step.tell(JoinRequested(wish.room))
    inbox_sending.post(step, wish.account, wish.handle, LinkUse(wish.room, wish.token, own_card))


def withdraw(step: Step, room: bytes) -> None:
    """Withdraw a request. The admin has it already, but we hold an invitation that still comes for the person.

    A refused request is deleted. Raises `BadRequest` if there is none.
    """
    wish = _find(step, room)
    if wish is None or wish.state == "withdrawn":
        raise BadRequest("nobody is being asked to let you into this group")
    _become(step, wish, "withdrawn" if wish.state in OPEN else "over")


# -- what comes of it ---------------------------------------------------------------------------------------------


def handle_of(step: Step, room: bytes, account: bytes) -> str:
    """This account's handle, if it is the one that we asked to let us into the room; else empty."""
    wish = _find(step, room)
    return wish.handle if wish is not None and wish.account == account else ""


def refused(step: Step, account: bytes, answer: LinkRefusal) -> None:
    """An account says that a link is no longer valid. We believe only the admin we asked, about that link."""
    wish = _find(step, answer.room)
    if wish is not None and wish.state in OPEN and (wish.account, wish.token) == (account, answer.token):
        _become(step, wish, answer.reason)


def judged(step: Step, room: bytes, account: bytes) -> bool | None:
    """Whether we requested this account's invitation (True) or withdrew that request (False); None: neither."""
    wish = _find(step, room)
    if wish is None or wish.account != account or wish.ends_at() <= step.now:
        return None
    return {"waiting": True, "silent": True, "withdrawn": False}.get(wish.state)


def fulfilled(step: Step, room: bytes) -> None:
    """We are in the group: delete the request."""
    wish = _find(step, room)
    if wish is not None:
        _become(step, wish, "over")


def awaits_another(step: Step, room: bytes, account: bytes) -> bool:
    """Whether we asked another account to let us into the room and still wait for it."""
    wish = _find(step, room)
    return wish is not None and wish.account != account and wish.state in OPEN and step.now < wish.ends_at()


# -- time ---------------------------------------------------------------------------------------------------------


def _due(step: Step, wish: Wish) -> int:
    return wish.asked_at + step.timing.link_answer if wish.state == "waiting" else wish.ends_at()


def next_due(step: Step) -> int | None:
    """When `sweep` has something to do, in ms; None: never."""
    return min((_due(step, wish) for wish in wishes(step)), default=None)


def sweep(step: Step) -> None:
    """Mark requests that waited long enough as unanswered; delete expired ones."""
    for wish in wishes(step):
        if _due(step, wish) <= step.now:
            _become(step, wish, "silent" if wish.state == "waiting" else "over")
