"""The union of all facts, and what the profile's log keeps of one."""

from __future__ import annotations

from typing import Final, TypeAlias

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

encode_fact: Final = msgspec.msgpack.Encoder().encode
"""The MessagePack map that the log keeps: the fields, and the kind; without defaults, and so without the id."""
_facts: Final = msgspec.msgpack.Decoder(LoggedFact)


def logged_fact(row: LoggedEvent) -> LoggedFact:
    """The fact of a row. Raises `msgspec.ValidationError` if this version does not know it."""
    fact: LoggedFact = _facts.decode(row.data)
    return msgspec.structs.replace(fact, id=row.id)
