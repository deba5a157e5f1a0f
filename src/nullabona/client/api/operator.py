"""The operator's notices about demands for this account, as its docket log proves them (spec/operator-notice.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec import UNSET

from nullabona.client.api.session import Session
from nullabona.client.core.directory.keeping import load_pinned
from nullabona.client.core.operator_notices import taking
from nullabona.client.core.operator_notices.checking import own_docket
from nullabona.client.core.operator_notices.keeping import KeptNotice, load_counts, load_held, load_notice, load_notices
from nullabona.errors import UserError
from nullabona.log.policy import Policy
from nullabona.wire.data_held import DIRECTORY_COLUMNS
from nullabona.wire.handle import parse_handle
from nullabona.wire.operator_notice import parse_notice
from nullabona.wire.slots import parse_slot_leaf

_TABLES: Final = frozenset({"card", "held"})
PRODUCIBLE: Final = frozenset(
    {"handle", "replaced", "entries", *(column.name for column in DIRECTORY_COLUMNS if column.table in _TABLES)}
)
"""The fields of the producible record: there are no others that an operator of this software could hand over."""


class NoSuchNotice(UserError):
    """There is no operator notice with this id."""

    code = "no-such-operator-notice"
    default_hint = "list them: nulla operator-notices list"


@dataclass(frozen=True, slots=True)
class OperatorNoticeInfo:
    """One notice. Days are counted since 1970-01-01, UTC; times are in seconds since then."""

    id: bytes
    handle: str
    origin: str
    """The docket log that proves it."""
    authority: str
    instrument: str
    label: Mapping[str, str]
    """What the law calls such a demand, by language: ``ko`` and ``en``."""
    basis: str
    """The law or order that the demand itself names."""
    reference: str
    """What the authority calls its document."""
    number: str
    """The docket's number of the case."""
    contact: str
    """How the desk is reached; empty: the operator names nothing."""
    received_day: int
    told_day: int
    refused: bool
    """The operator refused all of it."""
    reason: str
    """Why, as a code; empty where nothing was refused."""
    asked: tuple[str, ...]
    """Classes of data that were asked for."""
    answers: Mapping[str, str]
    """Per class: ``produced``, ``not_held``, ``not_in_scope`` or ``refused``."""
    given: tuple[str, ...]
    """Fields of the producible record that were handed over, or will be (``hand_over_day``); empty: nothing."""
    unknown: tuple[str, ...]
    """Of ``given``, what this software does not know that it could be held: an operator with another software."""
    size: int
    """Of the docket at the checkpoint that proves it."""
    slot: tuple[int, int]
    """Its period and slot in the docket."""
    witnesses: tuple[str, ...]
    """Who cosigned that checkpoint, of those that the policy demands; empty: it demands none."""
    witnessed_s: int | None
    """For when they vouch; None: nobody does."""
    by_hand: bool
    """The policy was given by the person, not by the directory when it was first seen."""
    came_s: int
    put_away: bool
    item: bytes = field(repr=False)
    """The notice as it came, so that others can check it again."""
    hand_over_day: int | None = None
    """The person was told before the answer: nothing is handed over before this day. None: told afterwards."""


@dataclass(frozen=True, slots=True)
class OperatorNotices:
    """All of them, oldest first; and what claimed to be one."""

    notices: tuple[OperatorNoticeInfo, ...]
    unchecked: int
    """What waits because no policy on this device names the docket, or because its clock is behind."""
    refused: int
    """What claimed to be an operator's notice and was not one: anybody can put such a thing into an inbox."""
    checkable: bool
    """A policy on this device names a docket of the operator."""


class ReceivedNotices:
    """The operator's notices about demands for this account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> OperatorNotices:
        """All proven notices, and how many could not be checked or were refused."""
        handle = parse_handle(self._session.account().record.handle)
        with self._session.look() as store:
            pinned = load_pinned(store, handle.authority)
            known = Policy.parse(pinned.policy).logs if pinned is not None else ()
            return OperatorNotices(
                tuple(_info(each) for each in load_notices(store)),
                unchecked=len(load_held(store)),
                refused=sum(load_counts(store).values()),
                checkable=any(own_docket(log.key.name, handle) for log in known),
            )

    def get(self, id: bytes) -> OperatorNoticeInfo:
        """One notice. Raises `NoSuchNotice`."""
        with self._session.look() as store:
            kept = load_notice(store, id)
        if kept is None:
            raise NoSuchNotice("there is no such operator notice")
        return _info(kept)

    def put_away(self, id: bytes) -> None:
        """Note that the person has read a notice. It stays listed. Raises `NoSuchNotice`."""
        with self._session.step() as step:
            if not taking.put_away(step, id):
                raise NoSuchNotice("there is no such operator notice")


def _info(kept: KeptNotice) -> OperatorNoticeInfo:
    notice = parse_notice(kept.item)
    body, leaf = notice.body, parse_slot_leaf(notice.slot.leaf)
    return OperatorNoticeInfo(
        id=kept.id,
        handle=body.handle,
        origin=body.origin,
        authority=body.authority,
        instrument=body.instrument,
        label={"ko": body.label.ko, "en": body.label.en},
        basis=body.basis,
        reference=body.reference,
        number=body.number,
        contact=body.contact,
        received_day=body.received_day,
        told_day=body.told_day,
        refused=body.decided == "refuse",
        reason=body.reason or "",
        asked=body.asked,
        answers={str(asked): str(answer) for asked, answer in body.answer.items()},
        given=body.given,
        unknown=tuple(each for each in body.given if each not in PRODUCIBLE),
        size=kept.size,
        slot=(leaf.at.period, leaf.at.slot),
        witnesses=kept.witnesses,
        witnessed_s=kept.time_s,
        by_hand=kept.by_hand,
        came_s=kept.came_s,
        put_away=kept.put_away,
        item=kept.item,
        hand_over_day=None if body.hand_over_day is UNSET else body.hand_over_day,
    )
