"""Any sequence of calls, with transactions undone and stores opened again in between, does what the model does."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from nullabona.client.core.model.errors import StaleState
from nullabona.client.core.model.records import UNPLACED, MessageState, OutboxItem
from nullabona.client.store import SqliteStore
from tests.store.model import Model
from tests.store.samples import BOX, JUN, KEY, MINA, OTHER_BOX, OTHER_ROOM, ROOM, frame, message, to_room, view

rooms = st.sampled_from([ROOM, OTHER_ROOM])
boxes = st.sampled_from([BOX, OTHER_BOX])
accounts = st.sampled_from([MINA, JUN])
names = st.sampled_from([b"a", b"b", b"c", b"d"])
blobs = st.one_of(st.binary(max_size=40), st.integers(1, 9_000).map(bytes))
numbers = st.integers(0, 12)
positions = st.one_of(st.integers(0, 20), st.integers(UNPLACED, UNPLACED + 5))
states = st.sampled_from(list(MessageState))


class _Undone(Exception):
    """Raised inside a transaction to undo it."""


class StoreMachine(RuleBasedStateMachine):
    """Every rule is one transaction, done on the store and on the model."""

    ids: Bundle[int] = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.store = self.make()

    def make(self) -> SqliteStore:
        return SqliteStore.testing_in_memory()

    @rule(name=st.sampled_from(["x", "y"]), value=blobs, undo=st.booleans())
    def values(self, name: str, value: bytes, *, undo: bool) -> None:
        before = self.model.values.get(name)
        try:
            with self.store.transaction():
                self.store.set_value(name, value)
                assert value == self.store.get_value(name)
                if undo:
                    raise _Undone  # noqa: TRY301 — raised to leave the transaction
            self.model.values[name] = value
        except _Undone:
            assert before == self.store.get_value(name)

    @rule(name=st.sampled_from(["x", "y"]))
    def delete_value(self, name: str) -> None:
        with self.store.transaction():
            self.store.delete_value(name)
        self.model.values.pop(name, None)

    @rule(
        puts=st.lists(st.tuples(names, names, blobs), max_size=4),
        dels=st.lists(st.tuples(names, names), max_size=3),
        group=names,
        base=st.one_of(st.none(), st.integers(1, 3)),
        new=st.integers(1, 3),
    )
    def mls_step(self, puts: list[Any], dels: list[Any], group: bytes, base: int | None, new: int) -> None:
        """As the core does: the generation and its rows together, or neither."""
        stale = base != self.model.groups.get(group)
        try:
            with self.store.transaction():
                self.store.mls_write(puts, dels)
                self.store.mls_advance(group, base, new)
            assert not stale
        except StaleState:
            assert stale
            return
        self.model.mls |= {(scope, key): value for scope, key, value in puts}
        for pair in dels:
            self.model.mls.pop(pair, None)
        self.model.groups[group] = new

    @rule(group=names, scopes=st.lists(names, max_size=2))
    def mls_drop(self, group: bytes, scopes: list[bytes]) -> None:
        with self.store.transaction():
            self.store.mls_drop(group, scopes)
        self.model.groups.pop(group, None)
        self.model.mls = {pair: value for pair, value in self.model.mls.items() if pair[0] not in scopes}

    @rule(box=boxes, hash=names, seq=numbers, data=blobs)
    def put_frame(self, box: bytes, hash: bytes, seq: int, data: bytes) -> None:
        """A place has one frame: the machine takes the place from whoever has it."""
        if seq and any(f.seq == seq for f in self.model.in_box(box)):
            return
        kept = frame(hash, box=box, seq=seq, data=data)
        with self.store.transaction():
            self.store.put_frame(kept)
        self.model.frames[box, hash] = kept

    @rule(box=boxes)
    def unplace(self, box: bytes) -> None:
        with self.store.transaction():
            self.store.unplace_frames(box)
        self.model.change_frames(box, seq=0, chain=b"")

    @rule(box=boxes, upto=numbers)
    def erase(self, box: bytes, upto: int) -> None:
        with self.store.transaction():
            self.store.erase_frame_data(box, upto)
        self.model.erase(box, upto)

    @rule(box=boxes)
    def drop_box(self, box: bytes) -> None:
        with self.store.transaction():
            self.store.drop_box(box)
        self.model.drop_box(box)

    @rule(box=boxes, device=names, seq=numbers)
    def put_view(self, box: bytes, device: bytes, seq: int) -> None:
        said = view(device, box=box, seq=seq)
        with self.store.transaction():
            self.store.put_view(said)
        self.model.views[box, device] = said

    @rule(target=ids, box=boxes, ref=names, at=numbers, data=blobs)
    def add_outbox(self, box: bytes, ref: bytes, at: int, data: bytes) -> int:
        with self.store.transaction():
            id = self.store.add_outbox(to_room(box), ref=ref, data=data, not_before=at)
        assert id not in self.model.outbox
        first = min((item.not_before for item in self.model.outbox.values() if item.target == to_room(box)), default=at)
        self.model.outbox[id] = OutboxItem(id, to_room(box), ref, data, max(at, first), 0)
        return id

    @rule(id=ids, at=numbers, drop=st.booleans())
    def answer_outbox(self, id: int, at: int, *, drop: bool) -> None:
        with self.store.transaction():
            if drop:
                self.store.drop_outbox(id)
            else:
                self.store.delay_outbox(id, at)
        if not drop:
            for item in self.model.waiting(id):
                later = at if item.id == id else max(item.not_before, at)
                self.model.outbox[item.id] = replace(item, not_before=later, attempts=item.attempts + (item.id == id))
        else:
            self.model.outbox.pop(id, None)

    @rule(box=boxes, now=numbers)
    def release_outbox(self, box: bytes, now: int) -> None:
        with self.store.transaction():
            self.store.release_outbox(OutboxItem(0, to_room(box), b"", b"", 0, 0), now)
        for item in self.model.outbox.values():
            if item.target == to_room(box):
                self.model.outbox[item.id] = replace(item, not_before=min(item.not_before, now))

    @rule(box=boxes, ref=names)
    def drop_ref(self, box: bytes, ref: bytes) -> None:
        with self.store.transaction():
            self.store.drop_outbox_ref(box, ref)
        self.model.outbox = {id: i for id, i in self.model.outbox.items() if (i.target, i.ref) != (to_room(box), ref)}

    @rule(
        room=rooms,
        id=names,
        account=accounts,
        position=positions,
        state=states,
        body=blobs,
        shown=st.booleans(),
        unread=st.integers(0, 2),
        together=st.sampled_from([b"", b"album", b"another"]),
    )
    def put_message(
        self,
        room: bytes,
        id: bytes,
        account: bytes,
        position: int,
        state: MessageState,
        body: bytes,
        unread: int,
        *,
        together: bytes,
        shown: bool,
    ) -> None:
        """A position has one message, as in a room."""
        if any(m.position == position and m.id != id for m in self.model.in_room(room)):
            return
        kept = message(
            id, room=room, account=account, position=position, state=state, body=body, shown=shown, unread=unread
        )
        kept = replace(kept, together=together)
        with self.store.transaction():
            self.store.put_message(kept)
        self.model.messages[room, id] = kept

    @rule(room=rooms, account=accounts, position=positions)
    def put_marker(self, room: bytes, account: bytes, position: int) -> None:
        with self.store.transaction():
            self.store.put_marker(room, account, position)
        self.model.markers[room, account] = max(position, self.model.markers.get((room, account), 0))

    @rule(hash=names, day=numbers)
    def saw(self, hash: bytes, day: int) -> None:
        with self.store.transaction():
            assert (("s", hash) not in self.model.seen) == self.store.saw("s", hash, day)
        self.model.seen["s", hash] = max(day, self.model.seen.get(("s", hash), 0))

    @rule(day=numbers)
    def forget_seen(self, day: int) -> None:
        with self.store.transaction():
            self.store.forget_seen(day)
        self.model.seen = {pair: kept for pair, kept in self.model.seen.items() if kept >= day}

    @rule(room=rooms, after=st.integers(-1, 20), before=st.one_of(st.none(), positions), limit=st.integers(1, 5))
    def page(self, room: bytes, after: int, before: int | None, limit: int) -> None:
        inside = [
            m for m in self.model.shown(room) if after < m.position < (UNPLACED * 2 if before is None else before)
        ]
        expected = inside[:limit] if before is None else inside[-limit:]
        assert expected == self.store.messages(room, after=after, before=before, limit=limit)

    @rule(room=rooms, after=positions, chosen=st.lists(states, max_size=3))
    def ask_room(self, room: bytes, after: int, chosen: list[MessageState]) -> None:
        model, store = self.model, self.store
        assert model.own(room, chosen) == store.own_messages(room, chosen)
        assert model.unread(room, after) == store.count_unread(room, after)
        assert model.next_unplaced(room) == store.next_unplaced(room)
        assert next(iter(model.shown(room)[::-1]), None) == store.last_message(room)
        assert {a: p for (r, a), p in model.markers.items() if r == room} == store.markers(room)

    @rule(now=numbers)
    def ask_outbox(self, now: int) -> None:
        assert self.model.due(now) == self.store.outbox(now)
        assert min((i.not_before for i in self.model.outbox.values()), default=None) == self.store.outbox_next()
        assert self.model.of_room(ROOM) == self.store.outbox_of(ROOM)
        times = [(i.not_before, i.target) for i in self.model.outbox.values()]
        assert sorted(times, key=repr) == sorted(self.store.outbox_times(), key=repr)

    @invariant()
    def same(self) -> None:
        model, store = self.model, self.store
        for name in ("x", "y"):
            assert model.values.get(name) == store.get_value(name)
        for scope in (b"a", b"b", b"c", b"d"):
            assert model.rows(scope) == store.mls_rows([scope])
            assert model.groups.get(scope) == store.mls_generation(scope)
        for box in (BOX, OTHER_BOX):
            expected = [f.hash for f in model.in_box(box) if f.seq] + sorted(
                f.hash for f in model.in_box(box) if not f.seq
            )
            found = store.frames(box)
            assert expected == [f.hash for f in found if f.seq] + sorted(f.hash for f in found if not f.seq)
            assert all(model.frames[box, f.hash] == f for f in found)
            assert sorted(model.views.items()) == [
                ((box, v.device), v) for box in (BOX, OTHER_BOX) for v in store.views(box)
            ]
        for room in (ROOM, OTHER_ROOM):
            assert model.shown(room) == store.messages(room)

    def teardown(self) -> None:
        self.store.close()


class FileMachine(StoreMachine):
    """The same on an encrypted file, closed and opened again at any time."""

    def make(self) -> SqliteStore:
        self.folder = Path(tempfile.mkdtemp())
        return SqliteStore.create(self.folder / "store.db", KEY)

    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = SqliteStore.open(self.folder / "store.db", KEY)

    @rule()
    def checkpoint(self) -> None:
        self.store.checkpoint()

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.folder)


TestMemory = StoreMachine.TestCase
TestMemory.settings = settings(max_examples=8, stateful_step_count=30, deadline=None)
TestFile = pytest.mark.slow(FileMachine.TestCase)
TestFile.settings = settings(
    max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
