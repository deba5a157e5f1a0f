"""The union of all facts, and what the profile's log keeps of one."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

from nullabona.client.core.model.facts.account import AccountFact
from nullabona.client.core.model.facts.messages import HistoryImported, MessageFact, MessageStored, PassingFact
from nullabona.client.core.model.facts.people import PersonFact
from nullabona.client.core.model.facts.rooms import RoomFact
from nullabona.client.core.model.facts.signals import SignalFact
from nullabona.client.core.model.records import LoggedEvent

PublicFact: TypeAlias = MessageFact | PersonFact | RoomFact | AccountFact
"""What listeners get as it is."""
LoggedFact: TypeAlias = PublicFact | MessageStored | HistoryImported
"""What the profile keeps until a listener has handled it."""
Fact: TypeAlias = LoggedFact | PassingFact | SignalFact

_maps: Final = msgspec.msgpack.Decoder(dict[str, Any])
_encode: Final = msgspec.msgpack.Encoder().encode


def as_row(fact: LoggedFact) -> tuple[str, bytes, bytes]:
    """What the log keeps of a fact: its kind, its room, and a MessagePack map of its other fields."""
    said = msgspec.structs.asdict(fact)
    del said["id"]  # the log gives it
    return str(fact.__struct_config__.tag), said.pop("room", b""), _encode(said)


def from_row(row: LoggedEvent) -> LoggedFact:
    """The fact of a row. Raises `msgspec.ValidationError` if this version does not know it."""
    said = {**_maps.decode(row.data), "kind": row.kind, "room": row.room, "id": row.id}
    return msgspec.convert(said, LoggedFact)  # type: ignore[no-any-return]
