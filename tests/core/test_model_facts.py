"""Facts in the log: every kind is read back as it was told, from bytes that an older profile may hold."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from nullabona.client.core.model.facts.account import (
    DevicesChanged,
    HistoryCame,
    OperatorNoticeChanged,
    PreferencesChanged,
    Published,
    RelayMoved,
    SignedOut,
    Warned,
)
from nullabona.client.core.model.facts.base import Logged, Signal
from nullabona.client.core.model.facts.messages import (
    HistoryImported,
    MessageChanged,
    MessageGone,
    MessageStateChanged,
    MessageStored,
    NoticeAdded,
    PassingFact,
    ReadMarker,
)
from nullabona.client.core.model.facts.people import (
    CardChecked,
    ContactAccepted,
    ContactChanged,
    ContactRequested,
    IdentityChanged,
    LinkUsed,
    ProfileChanged,
    RoomRequested,
    RoomRequestGone,
    WishChanged,
)
from nullabona.client.core.model.facts.rooms import (
    ChangeFailed,
    EpochChanged,
    Joined,
    Leaving,
    Left,
    MemberAdded,
    MemberRemoved,
    Rejoined,
    RelayLostBox,
    Removed,
    RequestRefused,
    RoomChanged,
    RoomMoved,
)
from nullabona.client.core.model.facts.signals import SignalFact
from nullabona.client.core.model.facts.union import Fact, LoggedFact, as_row, from_row
from nullabona.client.core.model.records import LoggedEvent

ROOM, NOWHERE, ID, JUN = b"room", b"", b"id", b"jun"
GOLDEN: list[tuple[LoggedFact, str, bytes, str]] = [
    (
        MessageStored(ROOM, ID, JUN, "jun@x"),
        "message",
        ROOM,
        "83a76d657373616765c4026964a76163636f756e74c4036a756ea668616e646c65a56a756e4078",
    ),
    (MessageChanged(ROOM, ID), "message-changed", ROOM, "81a76d657373616765c4026964"),
    (MessageGone(ROOM, ID), "message-gone", ROOM, "81a76d657373616765c4026964"),
    (NoticeAdded(ROOM, ID), "notice", ROOM, "81a76d657373616765c4026964"),
    (MessageStateChanged(ROOM, ID, "sent"), "message-state", ROOM, "82a76d657373616765c4026964a57374617465a473656e74"),
    (ReadMarker(ROOM, JUN), "read", ROOM, "81a76163636f756e74c4036a756e"),
    (HistoryImported(ROOM), "imported", ROOM, "80"),
    (
        ContactRequested(JUN, "jun@x", "hi"),
        "contact-request",
        NOWHERE,
        "83a76163636f756e74c4036a756ea668616e646c65a56a756e4078a86772656574696e67a26869",
    ),
    (
        ContactAccepted(JUN, "jun@x"),
        "contact-accepted",
        NOWHERE,
        "82a76163636f756e74c4036a756ea668616e646c65a56a756e4078",
    ),
    (
        ContactChanged(JUN, "jun@x", "blocked"),
        "contact-changed",
        NOWHERE,
        "83a76163636f756e74c4036a756ea668616e646c65a56a756e4078a57374617465a7626c6f636b6564",
    ),
    (
        CardChecked(JUN, "jun@x", "proven"),
        "card-checked",
        NOWHERE,
        "83a76163636f756e74c4036a756ea668616e646c65a56a756e4078a87374616e64696e67a670726f76656e",
    ),
    (
        IdentityChanged(ROOM, JUN, "jun@x", was_verified=True),
        "identity-changed",
        ROOM,
        "83a76163636f756e74c4036a756ea668616e646c65a56a756e4078ac7761735f7665726966696564c3",
    ),
    (ProfileChanged(JUN), "profile", NOWHERE, "81a76163636f756e74c4036a756e"),
    (
        RoomRequested(ROOM, JUN, "jun@x", "tea"),
        "room-request",
        ROOM,
        "83a76163636f756e74c4036a756ea668616e646c65a56a756e4078a46e616d65a3746561",
    ),
    (RoomRequestGone(ROOM), "room-request-gone", ROOM, "80"),
    (LinkUsed(ROOM, JUN, "jun@x"), "link-used", ROOM, "82a76163636f756e74c4036a756ea668616e646c65a56a756e4078"),
    (
        WishChanged(ROOM, JUN, "jun@x", "over"),
        "wish",
        ROOM,
        "83a76163636f756e74c4036a756ea668616e646c65a56a756e4078a57374617465a46f766572",
    ),
    (
        Joined(ROOM, "tea", direct=False, handle="jun@x"),
        "joined",
        ROOM,
        "83a46e616d65a3746561a6646972656374c2a668616e646c65a56a756e4078",
    ),
    (MemberAdded(ROOM, JUN, "jun@x"), "member-added", ROOM, "82a76163636f756e74c4036a756ea668616e646c65a56a756e4078"),
    (
        MemberRemoved(ROOM, JUN, "jun@x"),
        "member-removed",
        ROOM,
        "82a76163636f756e74c4036a756ea668616e646c65a56a756e4078",
    ),
    (
        RoomChanged(ROOM, "tea", (JUN,), 60),
        "room-changed",
        ROOM,
        "83a46e616d65a3746561a661646d696e7391c4036a756ea774696d65725f733c",
    ),
    (EpochChanged(ROOM, 4), "epoch", ROOM, "81a565706f636804"),
    (Removed(ROOM), "removed", ROOM, "80"),
    (Leaving(ROOM), "leaving", ROOM, "80"),
    (Left(ROOM), "left", ROOM, "80"),
    (Rejoined(ROOM, "fork", 4), "rejoined", ROOM, "82a6726561736f6ea4666f726ba565706f636804"),
    (RequestRefused(ROOM, "frame", "quota"), "refused", ROOM, "82a477686174a56672616d65a4636f6465a571756f7461"),
    (ChangeFailed(ROOM, "bad"), "change-failed", ROOM, "81a6726561736f6ea3626164"),
    (RelayLostBox(ROOM, 4), "relay-lost-box", ROOM, "81a565706f636804"),
    (
        RoomMoved(ROOM, "wss://x/v1", JUN),
        "room-moved",
        ROOM,
        "82a572656c6179aa7773733a2f2f782f7631a76163636f756e74c4036a756e",
    ),
    (
        Warned(room=ROOM, code="room-forked", detail={"epoch": 4}),
        "warning",
        ROOM,
        "82a4636f6465ab726f6f6d2d666f726b6564a664657461696c81a565706f636804",
    ),
    (Warned(code="log-stale"), "warning", NOWHERE, "82a4636f6465a96c6f672d7374616c65a664657461696c80"),
    (
        RelayMoved("wss://x/v1", "wss://y/v1"),
        "relay-moved",
        NOWHERE,
        "82a572656c6179aa7773733a2f2f782f7631a46c656674aa7773733a2f2f792f7631",
    ),
    (Published("mina@x"), "published", NOWHERE, "81a668616e646c65a66d696e614078"),
    (PreferencesChanged("profile"), "preferences", NOWHERE, "81a573636f7065a770726f66696c65"),
    (DevicesChanged(), "devices-changed", NOWHERE, "80"),
    (HistoryCame(9, whole=True), "history-came", NOWHERE, "82a86d6573736167657309a577686f6c65c3"),
    (SignedOut(), "signed-out", NOWHERE, "80"),
    (
        OperatorNoticeChanged(ID, put_away=False),
        "operator-notice",
        NOWHERE,
        "82a66e6f74696365c4026964a87075745f61776179c2",
    ),
]
"""What is told, and its row in the log: kind, room, and the MessagePack map of the rest in hex."""


@pytest.mark.parametrize(("fact", "kind", "room", "data"), GOLDEN, ids=lambda part: getattr(part, "kind", None))
def test_a_fact_is_kept_and_read_in_bytes_that_do_not_change(
    fact: LoggedFact, kind: str, room: bytes, data: str
) -> None:
    """Its place in the log is its id; a field that a later version adds is passed over."""
    assert (kind, room, bytes.fromhex(data)) == as_row(fact)
    kept = bytes.fromhex(data)
    assert msgspec.structs.replace(fact, id=7) == from_row(LoggedEvent(7, kind, room, kept))
    later = msgspec.msgpack.encode(msgspec.msgpack.decode(kept) | {"later": 1})
    assert msgspec.structs.replace(fact, id=8) == from_row(LoggedEvent(8, kind, room, later))


def test_every_kind_that_the_log_keeps_is_in_the_list() -> None:
    """Kinds are names of one fact each."""
    kinds = {type(fact): kind for fact, kind, _, _ in GOLDEN}
    assert set(get_args(LoggedFact)) == set(kinds)
    assert len(kinds) == len(set(kinds.values()))


def test_of_all_facts_the_log_keeps_those_that_are_named_so() -> None:
    """What is seen at once, or inside the step alone, is no row."""
    assert {fact for fact in get_args(Fact) if issubclass(fact, Logged)} == set(get_args(LoggedFact))
    assert {fact for fact in get_args(Fact) if issubclass(fact, Signal)} == set(get_args(SignalFact))
    assert not set(get_args(PassingFact)) & {*get_args(LoggedFact), *get_args(SignalFact)}


@pytest.mark.parametrize(
    ("kind", "data"), [("brand-new", {}), ("joined", {"name": "x"}), ("epoch", {"epoch": "four"}), ("both-asked", {})]
)
def test_what_this_version_does_not_know_is_no_fact(kind: str, data: dict[str, object]) -> None:
    """A kind of a later version, one with other fields, one of another type; a signal is in no log."""
    with pytest.raises(msgspec.ValidationError):
        from_row(LoggedEvent(1, kind, ROOM, msgspec.msgpack.encode(data)))
