"""The operator's notice to a person: what it says, and how their own device checks it (spec/docket.md §7.8).

The notice is sealed to the person's inbox. It says nothing that the slot in the log does not bind.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.docket.core.canonical import canonical, digest, read_canonical
from nullabona.docket.core.instrument import Label
from nullabona.docket.core.receipt import ReceiptInvalid, SlotProof
from nullabona.docket.core.records import Decision
from nullabona.docket.core.slots import private_hash
from nullabona.errors import PeerError
from nullabona.log.policy import Policy, Seen

MAX_NOTICE: Final = 48 * 1024
HEADER: Final = b"nullabona operator notice v1\0"
"""What an inbox item begins with that is one."""


class NoticeInvalid(PeerError):
    """A notice is not for this handle, or not what the operator entered in the docket log."""

    code = "docket-notice-invalid"
    default_hint = "do not believe it; ask the operator in another way"


class NoticeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the person is told. ``answer``: per class of data, what the authority was answered."""

    handle: Annotated[str, Meta(max_length=320)]
    host: Annotated[str, Meta(max_length=255)]
    instrument: Annotated[str, Meta(max_length=100)]
    label: Label
    authority: Annotated[str, Meta(max_length=200)]
    received_day: int
    decided: Literal["produce", "refuse"]
    answer: dict[str, str]
    text: Label
    nonce: Annotated[bytes, Meta(min_length=16, max_length=16)]
    v: Literal[1] = 1


class OperatorNotice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sealed item: the body, the digests of all notices of this event, and the event's slot."""

    body: NoticeBody
    salt: bytes
    notices: tuple[bytes, ...]
    slot: SlotProof


def notices_fields(digests: tuple[bytes, ...]) -> dict[str, str | tuple[str, ...]]:
    """What the event's ``private`` hash binds."""
    return {"notices": tuple(each.hex() for each in digests)}


def encode_notice(notice: OperatorNotice) -> bytes:
    """The inbox item."""
    return HEADER + canonical(notice)


def parse_notice(item: bytes) -> OperatorNotice:
    """Raises `Malformed`."""
    if not item.startswith(HEADER) or len(item) > MAX_NOTICE:
        raise NoticeInvalid("not an operator's notice")
    return read_canonical(item.removeprefix(HEADER), OperatorNotice, "an operator's notice")


def check_notice_item(notice: OperatorNotice, handle: str, policy: Policy) -> Seen:
    """The checkpoint that holds the notice's event. Raises `NoticeInvalid` or what the log's checks raise."""
    if notice.body.handle != handle:
        raise NoticeInvalid("the notice is for another handle")
    try:
        record, seen = notice.slot.check(policy)
    except ReceiptInvalid as error:
        raise NoticeInvalid(error.message) from error
    if record.event != "notified" or record.instrument != notice.body.instrument:
        raise NoticeInvalid("the slot is not the entry of this notice")
    if digest(notice.body) not in notice.notices:
        raise NoticeInvalid("the notice is not one of those that were entered")
    if private_hash(notice.salt, notices_fields(notice.notices)) != record.private:
        raise NoticeInvalid("the notice is not what was entered in the log")
    return seen


def words(label: Label, authority: str, decision: Decision) -> Label:
    """The sentences, Korean and English."""
    produced = any(answer.answer == "produced" for answer in decision.answers)
    ko = "공개 명함과 가입일을 제공했습니다" if produced else "제공한 자료가 없습니다"
    en = "your public card and the day of its registration were handed over" if produced else "nothing was handed over"
    return Label(
        ko=f"{authority}에서 이 계정에 대해 {label.ko} 요청을 보냈습니다. 운영자는 대화, 연락처, 방을 가지고 있지 "
        f"않습니다. {ko}.",
        en=f"{authority} made a demand about this account ({label.en}). The operator holds no messages, contacts or "
        f"rooms; {en}.",
    )
