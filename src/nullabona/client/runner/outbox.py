"""Sends what is in the store's outbox: of each queue one item at a time, in order, until the relay has answered.

A relay that is out of reach costs no attempt: the item waits for the connection. One that refuses or does not answer
costs one, and the item's queue waits with it, so that a frame never overtakes the blobs it refers to.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Final, assert_never

from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.outbox_targets import (
    FilePiece,
    InboxBlob,
    InboxFrame,
    InboxTrim,
    Queue,
    ReplyFrame,
    RoomBlob,
    RoomFrame,
    RoomTrim,
    WelcomeBlob,
    queue_of,
)
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.net import EndpointRefused, TimedOut, TooManyRequests
from nullabona.client.runner.connections import RelayConnection
from nullabona.client.runner.context import RunnerContext
from nullabona.errors import PeerError
from nullabona.wire.address import EpochKeys, epoch_keys
from nullabona.wire.messages import POLICY_INBOX, POLICY_ROOM, AnyRequest, AnyResponse, Append, PutBlob, Refusal, Trim

ANSWER_S: Final = 60.0
HOLD_MS: Final = 60_000
"""Seconds that a queue waits for its first item's next attempt before the next item may try."""
_LOST_MOST: Final = 3
"""After so many connections lost with it, an item waits like one that was refused."""


class Outbox:
    """The outbox pump of one client."""

    def __init__(self, context: RunnerContext) -> None:
        self._context = context
        self._busy: set[Queue] = set()
        self._under_way: dict[int, tuple[Queue, asyncio.Task[None]]] = {}
        """Queue and task by the items' ids."""
        self._held: dict[Queue, int] = {}

    @property
    def busy(self) -> int:
        """How many items are under way or wait for a connection."""
        return len(self._busy)

    def pump(self) -> None:
        """Start sending whatever is due and not held up; what goes to one person, and may need a blob, after blobs, but
        for those that wait for a relay which is out of reach.
        """
        now = self._context.now()
        blobs = False
        due = self._context.engine.due(now)
        self._let_go({item.id for item in due})
        for item in due:
            target, queue = item.target, queue_of(item.target)
            if isinstance(target, RoomBlob | WelcomeBlob | InboxBlob):
                blobs = blobs or self._may_be_there(target.relay)
            personal = isinstance(target, InboxFrame | ReplyFrame)
            if queue in self._busy or self._held.get(queue, 0) > now or (blobs and personal):
                continue
            if isinstance(target, RoomFrame) and not self._context.may_send(target.room, target.relay, target.box):
                continue
            self._held.pop(queue, None)
            self._start(queue, item)

    def _start(self, queue: Queue, item: OutboxItem) -> None:
        try:
            connection = self._connection(item)
        except EndpointRefused as error:
            self._context.warn(error.code, relay=item.target.relay)
            self._postpone(queue, item)
            return
        self._busy.add(queue)
        task = self._context.spawn(self._send(queue, item, connection))
        self._under_way[item.id] = queue, task
        # Not in the task's own `finally`: one that is cancelled before it began never comes there.
        task.add_done_callback(lambda _: self._ended(item.id))

    def _ended(self, id: int) -> None:
        found = self._under_way.pop(id, None)
        if found is not None:
            self._busy.discard(found[0])

    def _let_go(self, due: set[int]) -> None:
        """Items that were redirected to another relay no longer wait for the old one, which may never return."""
        for id in [id for id in self._under_way if id not in due]:
            with self._context.store.reading():
                gone = self._context.store.outbox_item(id) is None
            if gone:
                _, task = self._under_way[id]
                self._ended(id)
                task.cancel()

    def _may_be_there(self, relay: str) -> bool:
        """Whether to try: not while the relay is known to be out of reach."""
        known = [state for state in self._context.connections.states() if state.relay == relay]
        return not known or any(state.connected or state.error is None for state in known)

    def _connection(self, item: OutboxItem) -> RelayConnection:
        relay, route = item.target.relay, item.target.route
        if route == "one-shot":
            return self._context.connections.one_shot(relay)
        return self._context.connections.for_lane(relay, route)

    async def _send(self, queue: Queue, item: OutboxItem, connection: RelayConnection) -> None:
        touched = await self._deliver(queue, item, connection)
        self._ended(item.id)
        self._context.happened(touched)

    async def _deliver(self, queue: Queue, item: OutboxItem, connection: RelayConnection) -> ChangeSet:
        for _ in range(_LOST_MOST):
            carrier = await connection.ready()
            request = self._request(item)
            if request is None:
                return ChangeSet(frozenset())
            try:
                answer = await carrier.request(request, ANSWER_S)
            except (TimedOut, TooManyRequests) as error:
                await connection.failed(carrier, error)
                break
            except PeerError as error:
                await connection.failed(carrier, error)
                continue
            connection.worked()
            return self._answered(queue, item, answer)
        return self._postpone(queue, item)

    def _request(self, item: OutboxItem) -> AnyRequest | None:
        """The request for the item; None if it must not be sent any more."""
        with self._context.store.transaction():
            if self._context.store.outbox_item(item.id) is None:
                return None
            if not isinstance(item.target, FilePiece):
                return request_for(item)
            chunk = self._context.store.chunk(item.ref)
            if chunk is None:
                self._context.store.drop_outbox(item.id)
                return None
            return PutBlob(item.ref, chunk)

    def _answered(self, queue: Queue, item: OutboxItem, answer: AnyResponse) -> ChangeSet:
        touched = self._context.engine.on_sent(item, answer, self._context.now())
        if isinstance(answer, Refusal):
            self._hold(queue, item)
        elif isinstance(item.target, RoomFrame):
            self._context.appended(item.target.room, item.target.relay, item.target.box)
        return touched

    def _postpone(self, queue: Queue, item: OutboxItem) -> ChangeSet:
        touched = self._context.engine.on_unsent(item, self._context.now())
        self._hold(queue, item)
        return touched

    def _hold(self, queue: Queue, item: OutboxItem) -> None:
        with self._context.store.reading():
            later = self._context.store.outbox_item(item.id)
        if later is not None:
            self._held[queue] = min(later.not_before, self._context.now() + HOLD_MS)


def request_for(item: OutboxItem) -> AnyRequest:
    """The request that carries an outbox item."""
    target = item.target
    match target:
        case RoomFrame() | ReplyFrame():
            return _append(epoch_keys(target.secret), item.data, target.leaves)
        case InboxFrame():
            return Append(POLICY_INBOX, target.write_secret, target.read_hash, item.data)
        case RoomTrim():
            return Trim(POLICY_ROOM, target.read_secret, target.write_hash, target.upto)
        case InboxTrim():
            return Trim(POLICY_INBOX, target.read_secret, target.write_hash, target.upto)
        case RoomBlob() | WelcomeBlob() | InboxBlob() | FilePiece():
            return PutBlob(sha256(item.data).digest(), item.data)
        case _:
            assert_never(target)


def _append(keys: EpochKeys, frame: bytes, leaves: int) -> Append:
    wake = keys.wake_secret, leaves
    return Append(keys.box.policy, keys.box.write_secret, keys.box.read_hash, frame, wake=wake)
