"""The operator's notice to a person: what it says, and what binds it to its slot (spec/operator-notice.md).

The notice is sealed to the person's inbox. It says nothing that the slot does not bind; that the slot is in a log
which the operator signed and others witnessed is for the reader to check (`nullabona.log.proof`).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nullabona.errors import PeerError
from nullabona.wire.canonical import canonical, digest, read_canonical
from nullabona.wire.demands import Answer, DataClass, RefusalReason
from nullabona.wire.slots import CommitmentWrong, EventRecord, NotAnEvent, SlotProof, private_hash

MAX_NOTICE: Final = 48 * 1024
HEADER: Final = b"nullabona operator notice v1\0"
"""What an inbox item begins with that is one."""
_NAME: Final = r"^[^\x00-\x1f\x7f]*\Z"

Day = Annotated[int, Meta(ge=0, le=1_000_000)]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_NAME)]


class NoticeInvalid(PeerError):
    """A notice is not for this handle, or not what the operator entered in the docket log."""

    code = "docket-notice-invalid"
    default_hint = "do not believe it; ask the operator in another way"


class Title(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the law calls such a demand, in both languages."""

    ko: Name
    en: Name


class NoticeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the person is told."""

    handle: Annotated[str, Meta(max_length=320)]
    origin: Annotated[str, Meta(max_length=255)]
    """The docket log that the notice is entered in."""
    instrument: Annotated[str, Meta(max_length=100)]
    label: Title
    basis: Name
    """The law or order that the demand itself names."""
    authority: Name
    reference: Name
    """What the authority calls its document."""
    number: Name
    """The docket's number of the case, to name when asking the desk."""
    contact: Annotated[str, Meta(max_length=200, pattern=_NAME)]
    """How the desk is reached; empty: the operator names nothing."""
    received_day: Day
    told_day: Day
    """When the operator decided to tell."""
    decided: Literal["produce", "refuse"]
    reason: RefusalReason | None
    """Why all of it was refused; None: it was not."""
    asked: Annotated[tuple[DataClass, ...], Meta(max_length=16)]
    answer: dict[DataClass, Answer]
    """Per class of data that was asked for; empty where all of it was refused."""
    given: Annotated[tuple[Annotated[str, Meta(max_length=40, pattern=r"^[a-z_]+\Z")], ...], Meta(max_length=32)]
    """The fields of the producible record that were handed over, sorted; empty: nothing was."""
    nonce: Annotated[bytes, Meta(min_length=16, max_length=16)]
    v: Literal[1] = 1
    hand_over_day: Day | UnsetType = UNSET
    """Told before the answer: nothing is handed over before this day. Not encoded if the answer was handed over."""


class OperatorNotice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sealed item: the body, the digests of all notices of this event, and the event's slot."""

    body: NoticeBody
    salt: Annotated[bytes, Meta(min_length=16, max_length=64)]
    notices: Annotated[tuple[Annotated[bytes, Meta(min_length=32, max_length=32)], ...], Meta(max_length=256)]
    slot: SlotProof


def notices_fields(digests: tuple[bytes, ...]) -> dict[str, str | tuple[str, ...]]:
    """What the event's ``private`` hash binds."""
    return {"notices": tuple(each.hex() for each in digests)}


def encode_notice(notice: OperatorNotice) -> bytes:
    """The inbox item."""
    return HEADER + canonical(notice)


def is_notice(item: bytes) -> bool:
    """Whether an inbox item claims to be an operator's notice."""
    return item.startswith(HEADER)


def parse_notice(item: bytes) -> OperatorNotice:
    """What the item says; nothing of it is checked but its form. Raises `NoticeInvalid` or `Malformed`."""
    if not is_notice(item) or len(item) > MAX_NOTICE:
        raise NoticeInvalid("not an operator's notice")
    return read_canonical(item.removeprefix(HEADER), OperatorNotice, "an operator's notice")


def check_binding(notice: OperatorNotice, handle: str) -> EventRecord:
    """The event that the notice opens, once everything it says is bound by the slot's commitment.

    Raises `NoticeInvalid` or `Malformed`. The caller must still check that the slot is in the log
    (``notice.slot.proof`` over ``notice.slot.leaf``), under the caller's own policy.
    """
    if notice.body.handle != handle:
        raise NoticeInvalid("the notice is for another handle")
    try:
        record = notice.slot.event()
    except (CommitmentWrong, NotAnEvent) as error:
        raise NoticeInvalid(error.message) from error
    if record.event != "notified" or record.instrument != notice.body.instrument:
        raise NoticeInvalid("the slot is not the entry of this notice")
    if digest(notice.body) not in notice.notices:
        raise NoticeInvalid("the notice is not one of those that were entered")
    if private_hash(notice.salt, notices_fields(notice.notices)) != record.private:
        raise NoticeInvalid("the notice is not what was entered in the log")
    return record
