"""Facts in the log: every kind is read back as it was told, from bytes that an older profile may hold."""

from __future__ import annotations

from pathlib import Path
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
    JoinRequestChanged,
    LinkUsed,
    ProfileChanged,
    RoomRequested,
    RoomRequestGone,
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
from nullabona.client.core.model.facts.union import Fact, LoggedFact, encode_fact, logged_fact
from nullabona.client.core.model.records import LoggedEvent

ROOM, ID, JUN = b"room", b"id", b"jun"
FACTS: list[LoggedFact] = [
    MessageStored(ROOM, ID, JUN, "jun@x"),
    MessageChanged(ROOM, ID),
    MessageGone(ROOM, ID),
    NoticeAdded(ROOM, ID),
    MessageStateChanged(ROOM, ID, "sent"),
    ReadMarker(ROOM, JUN),
    HistoryImported(ROOM),
    ContactRequested(JUN, "jun@x", "hi"),
    ContactAccepted(JUN, "jun@x"),
    ContactChanged(JUN, "jun@x", "blocked"),
    CardChecked(JUN, "jun@x", "proven"),
    IdentityChanged(ROOM, JUN, "jun@x", was_verified=True),
    ProfileChanged(JUN),
    RoomRequested(ROOM, JUN, "jun@x", "tea"),
    RoomRequestGone(ROOM),
    LinkUsed(ROOM, JUN, "jun@x"),
    JoinRequestChanged(ROOM, JUN, "jun@x", "over"),
    Joined(ROOM, "tea", direct=False, handle="jun@x"),
    MemberAdded(ROOM, JUN, "jun@x"),
    MemberRemoved(ROOM, JUN, "jun@x"),
    RoomChanged(ROOM, "tea", (JUN,), 60),
    EpochChanged(ROOM, 4),
    Removed(ROOM),
    Leaving(ROOM),
    Left(ROOM),
    Rejoined(ROOM, "fork", 4),
    RequestRefused(ROOM, "frame", "quota"),
    ChangeFailed(ROOM, "bad"),
    RelayLostBox(ROOM, 4),
    RoomMoved(ROOM, "wss://x/v1", JUN),
    Warned(room=ROOM, code="room-forked", detail={"epoch": 4}),
    Warned(code="log-stale"),
    RelayMoved("wss://x/v1", "wss://y/v1"),
    Published("mina@x"),
    PreferencesChanged("profile"),
    DevicesChanged(),
    HistoryCame(9, whole=True),
    SignedOut(),
    OperatorNoticeChanged(ID, put_away=False),
]
"""One of each kind that the log keeps."""
GOLDEN = Path(__file__).with_name("logged_facts.txt").read_text("utf-8").splitlines()
"""Kind and bytes of each of them."""


@pytest.mark.parametrize(("fact", "line"), list(zip(FACTS, GOLDEN, strict=True)), ids=[fact.kind for fact in FACTS])
def test_a_fact_is_kept_and_read_in_bytes_that_do_not_change(fact: LoggedFact, line: str) -> None:
    """Its place in the log is its id; a field that a later version adds is passed over."""
    data = encode_fact(fact)
    assert line == f"{fact.kind} {data.hex()}"
    assert msgspec.structs.replace(fact, id=7) == logged_fact(LoggedEvent(7, fact.kind, fact.room, data))
    later = msgspec.msgpack.encode(msgspec.msgpack.decode(data) | {"later": 1})
    assert msgspec.structs.replace(fact, id=8) == logged_fact(LoggedEvent(8, fact.kind, fact.room, later))


def test_every_kind_that_the_log_keeps_is_in_the_list() -> None:
    """Kinds are names of one fact each."""
    kinds = {type(fact): fact.kind for fact in FACTS}
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
        logged_fact(LoggedEvent(1, kind, ROOM, msgspec.msgpack.encode({"kind": kind, "room": ROOM, **data})))


def test_what_somebody_wrote_stands_in_no_log() -> None:
    """A fact shows only what sort it is."""
    assert "<ContactRequested>" == repr(ContactRequested(b"a" * 32, "mina@relay.example", "a greeting"))
