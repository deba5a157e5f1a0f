"""Join requests: links that we follow into groups, from the request to its answer or end.

The person sees the state of a request: sent, without answer for `Timing.link_answer`, or refused with a reason. Only an
invitation by the admin whom we asked fulfils it (spec/room.md, "Links").
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.directory import own_answer
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.people import JoinRequestChanged
from nullabona.client.core.model.facts.signals import JoinRequested
from nullabona.client.core.model.inbox_items import LinkRefusal, LinkUse
from nullabona.client.core.model.invite_link import Link, check_card
from nullabona.client.core.step import DAY_MS, Step
from nullabona.wire.card import Card

JOIN_REQUEST_DAYS: Final = 30
"""How long after the request we accept its invitation without asking the person."""
MAX_JOIN_REQUESTS: Final = 64
_JOIN_REQUESTS: Final = "join-requests"
JoinRequestState = Literal["waiting", "silent", "used", "expired", "closed", "withdrawn"]
OPEN: Final = frozenset({"waiting", "silent"})


class JoinRequest(msgspec.Struct, array_like=True, frozen=True):
    """A request to join a group. We keep a ``withdrawn`` one so that we do not accept a late invitation unasked."""

    room: bytes
    account: bytes
    handle: str
    token: bytes
    asked_at: int
    state: JoinRequestState = "waiting"

    def ends_at(self) -> int:
        """When it expires, in ms."""
        return self.asked_at + JOIN_REQUEST_DAYS * DAY_MS

    def __repr__(self) -> str:
        return f"<JoinRequest {self.state}>"


_lists = msgspec.msgpack.Decoder(list[JoinRequest])


def kept(step: Step) -> list[JoinRequest]:
    """Every join request of this account, oldest first."""
    data = step.store.get_value(_JOIN_REQUESTS)
    return _lists.decode(data) if data else []


def _save(step: Step, found: list[JoinRequest]) -> None:
    if found:
        step.store.set_value(_JOIN_REQUESTS, msgspec.msgpack.encode(found[-MAX_JOIN_REQUESTS:]))
    else:
        step.store.delete_value(_JOIN_REQUESTS)


def _find(step: Step, room: bytes) -> JoinRequest | None:
    return next((request for request in kept(step) if request.room == room), None)


def _become(step: Step, request: JoinRequest, state: JoinRequestState | Literal["over"]) -> None:
    """Give a request a new state, or delete it when it is over, and tell listeners."""
    found = [other for other in kept(step) if other.room != request.room]
    if state != "over":
        found.append(msgspec.structs.replace(request, state=state))
    _save(step, found)
    step.tell(JoinRequestChanged(request.room, request.account, request.handle, state))


# -- what the person does -----------------------------------------------------------------------------------------


def ask(step: Step, link: Link, card: Card, own_card: bytes) -> None:
    """Ask the link's admin to add us; we then accept the invitation automatically. Raises `LinkMismatch`."""
    check_card(link, card)
    _ask(step, JoinRequest(link.room, card.account_id, str(card.handle), link.token, step.now), own_card)


def ask_again(step: Step, room: bytes, own_card: bytes) -> None:
    """Send the same request to the admin again. Raises `BadRequest` if there is no open one."""
    request = _find(step, room)
    if request is None or request.state not in OPEN:
        raise BadRequest("nobody is being asked to let you into this group")
    _ask(step, msgspec.structs.replace(request, asked_at=step.now), own_card)


def _ask(step: Step, request: JoinRequest, own_card: bytes) -> None:
    _become(step, request, "waiting")
    step.tell(JoinRequested(request.room))
    proof = own_answer.to_carry(step.store, own_card, step.now // 1_000)
    inbox_sending.post(step, request.account, request.handle, LinkUse(request.room, request.token, own_card, proof))


def withdraw(step: Step, room: bytes) -> None:
    """Withdraw a request. The admin has it already, but we hold an invitation that still comes for the person.

    A refused request is deleted. Raises `BadRequest` if there is none.
    """
    request = _find(step, room)
    if request is None or request.state == "withdrawn":
        raise BadRequest("nobody is being asked to let you into this group")
    _become(step, request, "withdrawn" if request.state in OPEN else "over")


# -- what comes of it ---------------------------------------------------------------------------------------------


def handle_of(step: Step, room: bytes, account: bytes) -> str:
    """This account's handle, if it is the one that we asked to let us into the room; else empty."""
    request = _find(step, room)
    return request.handle if request is not None and request.account == account else ""


def refused(step: Step, account: bytes, answer: LinkRefusal) -> None:
    """An account says that a link is no longer valid. We believe only the admin we asked, about that link."""
    request = _find(step, answer.room)
    if request is not None and request.state in OPEN and (request.account, request.token) == (account, answer.token):
        _become(step, request, answer.reason)


def judged(step: Step, room: bytes, account: bytes) -> bool | None:
    """Whether we requested this account's invitation (True) or withdrew that request (False); None: neither."""
    request = _find(step, room)
    if request is None or request.account != account or request.ends_at() <= step.now:
        return None
    return {"waiting": True, "silent": True, "withdrawn": False}.get(request.state)


def fulfilled(step: Step, room: bytes) -> None:
    """We are in the group: delete the request."""
    request = _find(step, room)
    if request is not None:
        _become(step, request, "over")


def awaits_another(step: Step, room: bytes, account: bytes) -> bool:
    """Whether we asked another account to let us into the room and still wait for it."""
    request = _find(step, room)
    return request is not None and request.account != account and request.state in OPEN and step.now < request.ends_at()


# -- time ---------------------------------------------------------------------------------------------------------


def _due(step: Step, request: JoinRequest) -> int:
    return request.asked_at + step.timing.link_answer if request.state == "waiting" else request.ends_at()


def next_due(step: Step) -> int | None:
    """When `sweep` has something to do, in ms; None: never."""
    return min((_due(step, request) for request in kept(step)), default=None)


def sweep(step: Step) -> None:
    """Mark requests that waited long enough as unanswered; delete expired ones."""
    for request in kept(step):
        if _due(step, request) <= step.now:
            _become(step, request, "silent" if request.state == "waiting" else "over")
