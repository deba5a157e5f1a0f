"""What a model relay does with an outbox item, by where the item goes."""

from __future__ import annotations

from hashlib import sha256
from typing import assert_never

from nullabona.client.core.model.outbox_targets import (
    FilePiece,
    InboxBlob,
    InboxFrame,
    InboxTrim,
    ReplyFrame,
    RoomBlob,
    RoomFrame,
    RoomTrim,
    WelcomeBlob,
)
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.store import SqliteStore
from nullabona.wire.address import box_address, epoch_keys
from nullabona.wire.messages import POLICY_INBOX, POLICY_ROOM, Appended, Done, Refusal
from tests.rooms.model_relay import ModelRelay


def handed(relay: ModelRelay, store: SqliteStore, item: OutboxItem) -> Appended | Done | Refusal:
    """The relay's answer."""
    target = item.target
    match target:
        case RoomFrame() | ReplyFrame():
            return relay.append(epoch_keys(target.secret).box.address, item.data)
        case InboxFrame():
            address = box_address(POLICY_INBOX, target.read_hash, sha256(target.write_secret).digest())
            return relay.append(address, item.data, inbox=True)
        case RoomTrim() | InboxTrim():
            policy = POLICY_ROOM if isinstance(target, RoomTrim) else POLICY_INBOX
            return relay.trim(box_address(policy, sha256(target.read_secret).digest(), target.write_hash), target.upto)
        case FilePiece():
            with store.transaction():
                chunk = store.chunk(item.ref)
            assert chunk is not None
            return relay.put_blob(chunk)
        case RoomBlob() | WelcomeBlob() | InboxBlob():
            return relay.put_blob(item.data)
        case _:
            assert_never(target)
