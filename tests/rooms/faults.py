"""Devices that die at any write: a store that fails on request, and a world that goes on after every death."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final, cast

import pytest

from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.mls_port import Processed
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.model.requests import ReadFor, ReadRequest
from nullabona.client.core.step import Step
from nullabona.client.mls import MlsGroup
from nullabona.client.store import SqliteStore
from tests.rooms.world import Person, World

WRITES: Final = frozenset(
    "set_value delete_value mls_write mls_advance mls_drop save_room delete_room put_devices drop_devices put_frame "
    "unplace_frames erase_frame_data drop_box put_view add_outbox delay_outbox release_outbox drop_outbox "
    "drop_outbox_ref put_message drop_message put_marker put_file drop_file put_pieces put_preference drop_preferences "
    "put_contact drop_contact saw forget_seen put_chunk drop_chunks "
    "log_event".split()
)


class DeadError(Exception):
    """The device died here."""


class FailingStore:
    """A store that dies at one write, or at one commit: before it happened or after."""

    def __init__(self, inner: SqliteStore) -> None:
        self.inner = inner
        self.writes = 0
        self.commits = 0
        self.die_at_write: int | None = None
        self.die_at_commit: int | None = None
        self.late = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands for any method of the store
        method = getattr(self.inner, name)
        if name not in WRITES:
            return method

        def write(*args: object, **named: object) -> object:
            self.writes += 1
            if self.writes == self.die_at_write:
                raise DeadError(name)
            return method(*args, **named)

        return write

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = self.writes
        with self.inner.transaction():
            yield
            dies = self._dies_at_commit(before)
            if dies and not self.late:
                raise DeadError("commit")
        if dies:
            raise DeadError("commit")

    def _dies_at_commit(self, before: int) -> bool:
        if self.writes == before:
            return False
        self.commits += 1
        return self.commits == self.die_at_commit


def make_mortal(person: Person) -> FailingStore:
    """Give the device a store that can fail."""
    failing = FailingStore(person.store)
    person.store = cast("SqliteStore", failing)
    person.boot()
    return failing


class MortalWorld(World):
    """A world in which a device that died starts again from its store."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.deaths = 0
        self.restarts = True
        """Whether a failed step ends the process; otherwise the same engine goes on, as after a full disk."""

    def _died(self, person: Person) -> bool:
        self.deaths += 1
        if self.restarts:
            person.crash()
        return True

    def read(self, person: Person, of: ReadFor, want: ReadRequest, limit: int = 1_000) -> bool:
        try:
            return super().read(person, of, want, limit)
        except DeadError:
            return self._died(person)

    def post(self, person: Person, item: OutboxItem, *, lose_request: bool = False, lose_answer: bool = False) -> None:
        try:
            super().post(person, item, lose_request=lose_request, lose_answer=lose_answer)
        except DeadError:
            self._died(person)

    def turn(self, person: Person) -> bool:
        try:
            return super().turn(person)
        except DeadError:
            return self._died(person)

    def do(self, person: Person, *rooms: bytes, command: Callable[[Step], object]) -> bool:
        """A person's command; False if the device died over it (it may have happened or not)."""
        try:
            with person.engine.step(self.now, *rooms) as step:
                command(step)
        except DeadError:
            self._died(person)
            return False
        return True


@contextmanager
def watched_ratchets(patch: pytest.MonkeyPatch) -> Iterator[list[tuple[bytes, bytes]]]:
    """(receiver, hash) of every message that came as new and yet used a ratchet position that was used before."""
    reused: list[tuple[bytes, bytes]] = []
    opened: set[tuple[bytes, bytes]] = set()
    process = MlsGroup.process

    def watching(self: MlsGroup, message: bytes) -> Processed:
        key = (self._owner.identity, sha256(message).digest())
        try:
            processed = process(self, message)
        except MlsRefused as refused:
            if refused.reason == "duplicate" and key not in opened:
                reused.append(key)
            raise
        opened.add(key)
        return processed

    with patch.context() as patched:
        patched.setattr(MlsGroup, "process", watching)
        yield reused
