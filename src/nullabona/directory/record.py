"""The directory's public record: closes epochs, has them witnessed, and proves its answers (spec/map.md).

An epoch takes four steps, each repeatable: its root and its log entry are stored in one transaction; the entry is
staged in the log under the epoch's number; the log is published with its witnesses; the replaced cards are erased.
After an interruption, the progress of the cards and of the log shows which step comes next.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from nullabona.directory.core.closing import Ahead, Sight, close_epoch, describe_steps, opening_of, other_of, work_ahead
from nullabona.directory.core.records import Place, Shown
from nullabona.directory.epoch_lists import EpochLists
from nullabona.directory.keys import RecordKeys
from nullabona.directory.store.interface import CardStore, ClosedEpoch
from nullabona.errors import UserError
from nullabona.log.note import sign_note
from nullabona.log.prefix import LABEL_BYTES, NONCE_BYTES
from nullabona.log.prefix_pages import Part, walk_to
from nullabona.log.proof import parse_proof
from nullabona.log.tree import Frontier, leaf_hash
from nullabona.log.vrf import output_of
from nullabona.sequencer import Log, Published
from nullabona.wire.changes import ChangeList
from nullabona.wire.epoch import (
    Genesis,
    Promise,
    decode_epoch,
    encode_epoch,
    encode_genesis,
    encode_promise,
    label_input,
)
from nullabona.wire.handle import Handle
from nullabona.wire.message import MAX_WATCHED
from nullabona.wire.messages import CardFound, HandleProof, HandleWatched, LogDescribed

DAY_S: Final = 86_400
KEPT_AT_ONCE: Final = 1_000
"""Most pages in one transaction while cards are being published; it bounds a publisher's wait."""


class RecordBroken(UserError):
    """The cards and the log do not match: one of them is an older copy."""

    code = "record-broken"
    default_hint = (
        "if the cards are the older ones, move cards.db, cards.db-wal and cards.db-shm away, never record/, and run "
        "nulla relay init --cards-lost. If the record is, restore it from the newest mirror "
        "(docs/how-to/keep-the-record.md)"
    )


@dataclass(frozen=True, slots=True)
class Served:
    """The newest published epoch, under which every answer is proven."""

    number: int
    closed_s: int
    checkpoint: bytes
    before: Frontier
    """The log's frontier without the epoch's entry."""
    frontier: Frontier
    """The log's frontier with it."""
    genesis_proof: tuple[bytes, ...]
    """Proves that the log begins with its genesis."""
    listed: bytes
    """The hash of the epoch's list of changes; empty: it is from before there were lists."""


class PublicRecord:
    """Owned by the directory service; ``writer`` methods run in its writer thread, the rest on the loop."""

    def __init__(
        self,
        store: CardStore,
        log: Log,
        keys: RecordKeys,
        genesis: Genesis,
        policy: str,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self.public = log.public
        """The folder of the log's files."""
        self._end = end
        self._store = store
        self._log = log
        self._keys = keys
        self.genesis = genesis
        self._policy = policy
        self.lists = EpochLists(store, log)
        """What is told of epochs without naming anybody."""
        self._served: Served | None = None
        self._closed_s: int | None = None
        self._anew = False
        self._ahead: Ahead | None = None
        self._kept: dict[int, Part] = {}
        self._rest: Iterator[tuple[int, Part]] = iter(())

    # -- epochs ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Determine the progress of the cards and of the log. Raises `RecordBroken`, or what the log raises."""
        if not self._log.status().integrated:
            self._log.stage([self._genesis_entry()], key=b"genesis")
        elif self._log.entry(0) != self._genesis_entry():
            hint = "start the directory with the keys, the host and the period that its log began with"
            raise RecordBroken("the log begins otherwise than this directory would begin it", hint=hint)
        status = self._log.status()
        end = status.staged + status.integrated
        if not self._store.progress().closed and end > 1:
            self._begin_anew(end - 1)
        progress = self._store.progress()
        if end > progress.closed + 1:
            raise RecordBroken("the log has epochs that the cards do not know")
        newest = self._store.epoch(progress.closed, writing=True)
        self._closed_s = newest.closed_s if newest else None
        self._anew = newest is not None and not newest.root

    @property
    def begins_anew(self) -> bool:
        """Whether the cards were lost and not the log, and the epoch with the empty map that says so is not closed yet.

        Nothing may enter before: readers know from the empty map that the directory lost its cards (spec/map.md §8).
        """
        return self._anew

    def _begin_anew(self, number: int) -> None:
        """The cards were lost but the log was not: continue the log with an empty map, visibly to everyone."""
        self._log.integrate()
        last = decode_epoch(self._log.entry(number))
        with self._store.transaction():
            self._store.close_epoch(ClosedEpoch(number, b"", last.closed_s), {})
            self._store.serve(number)

    @property
    def closed_s(self) -> int | None:
        """When the newest epoch was closed, in seconds of POSIX time; None: no epoch was closed."""
        return self._closed_s

    def closes_in(self, now_s: int) -> int:
        """Seconds until the open epoch is to be closed; 0: now. The first epoch is closed at once."""
        return 0 if self._closed_s is None else max(0, self._closed_s + self.genesis.period_s - now_s)

    def close(self, now_s: int) -> None:
        """Close the open epoch. In the writer's thread. Raises `StoreFailed`."""
        store, number = self._store, self._store.progress().closed + 1
        closed_s = now_s if self._closed_s is None else max(now_s, self._closed_s)
        with store.transaction():
            before = store.map_at(number - 1, writing=True)
            closing = close_epoch(
                before, store.root_at(number - 1), store.changes(number, writing=True), number, self._ahead
            )
            rest = {place: part for place, part in closing.parts.items() if self._kept.get(place) != part}
            store.close_epoch(ClosedEpoch(number, closing.root, closed_s), rest)
            store.forget(now_s - self.genesis.history_days * DAY_S)
        self._closed_s, self._ahead, self._kept, self._anew = closed_s, None, {}, False

    def work_ahead(self) -> None:
        """Compute the changes of the open epoch so far, so that `close` only has to add later ones.

        Runs in a separate thread while cards are published. The result is kept only in memory. Raises
        `StoreFailed`.
        """
        with self._store.aside() as aside:
            if aside is not None:
                number = aside.progress().closed + 1
                last = self._ahead
                ahead = work_ahead(number, aside.map_at(number - 1), aside.changes(number), last)
                known = self._kept
                self._rest = iter([each for each in ahead.parts.items() if known.get(each[0]) != each[1]])
                self._ahead = ahead

    def keep_ahead(self) -> bool:
        """Store some of the work done ahead; False once all is stored. In the writer's thread. Raises `StoreFailed`.

        It is not visible before the epoch is closed. Closing also replaces what a crash leaves of it, because the same
        places change.
        """
        if self._ahead is None:
            return False
        some = dict(islice(self._rest, KEPT_AT_ONCE))
        if some:
            with self._store.transaction():
                self._store.keep_pages(self._ahead.number, some)
            self._kept |= some
        return len(some) == KEPT_AT_ONCE

    def stage(self) -> None:
        """Stage every closed epoch in the log. In the writer's thread. Raises `RecordBroken`, or the log's errors."""
        status, closed = self._log.status(), self._store.progress().closed
        for number in range(status.staged + status.integrated, closed + 1):
            epoch = self._store.epoch(number, writing=True)
            if epoch is None:
                raise RecordBroken("the log lacks epochs that the cards do not know any more")
            listed = ChangeList.of(self._store.changes(number, writing=True)).hash
            entry = encode_epoch(epoch.number, epoch.root, epoch.closed_s, listed)
            (index,) = self._log.stage([entry], key=b"epoch %d" % number)
            if index != number:
                raise RecordBroken("an epoch would be at another place of the log than its number")

    async def recall(self) -> None:
        """Ask witnesses what they hold of this record, before anything is signed. Raises as `Log.recall`."""
        await self._log.recall()

    async def publish(self, now_s: int) -> Published:
        """Publish everything staged with cosignatures; `show` is to follow.

        Raises `NoQuorum` or another of the log's errors; then the served epoch stays the same.
        """
        return await self._log.publish(now_s)

    def show(self, published: Published) -> None:
        """From now on, answers are proven under this. In the writer's thread. Raises `StoreFailed`."""
        self._served = self._load(published.size - 1, published.note, writing=True)

    def behind(self) -> bool:
        """Whether there is a closed epoch that is not served yet. In the writer's thread. Raises `StoreFailed`."""
        return self._served is None or self._served.number < self._store.progress().closed

    def settle(self) -> None:
        """Erase the cards that the served epoch has replaced. In the writer's thread. Raises `StoreFailed`."""
        if self._served is not None:
            with self._store.transaction():
                self._store.serve(self._served.number)

    def resume(self) -> None:
        """Serve the epoch published before this process began, if any.

        Not where the cards were lost: nothing can be shown of any epoch before the one that says so.
        """
        if self._anew:
            return
        note = self._log.checkpoint()
        size = self._log.status().published
        if note is not None and size > 1 and self._root_known(size - 1):
            self._served = self._load(size - 1, note)

    def _root_known(self, number: int) -> bool:
        epoch = self._store.epoch(number)
        return epoch is None or bool(epoch.root)

    def _load(self, number: int, note: bytes, *, writing: bool = False) -> Served:
        epoch = self._store.epoch(number, writing=writing)
        if epoch is None:
            raise RecordBroken("the cards do not know the epoch that is published")
        before = Frontier(number, tuple(reversed(parse_proof(self._log.inclusion(number)).hashes)))
        listed = decode_epoch(self._log.entry(number)).listed
        entry = leaf_hash(encode_epoch(number, epoch.root, epoch.closed_s, listed))
        genesis = parse_proof(self._log.inclusion(0)).hashes
        return Served(number, epoch.closed_s, note, before, before.extend(entry), genesis, listed)

    @property
    def served(self) -> Served | None:
        """The newest published epoch, if there is one."""
        return self._served

    def witness_failures(self) -> dict[str, int]:
        """See `Log.witness_failures`."""
        return self._log.witness_failures()

    async def end(self) -> None:
        """Release the log."""
        await self._log.close()
        self._end()

    # -- answers --------------------------------------------------------------------------------------------------

    def place(self, handle: Handle) -> Place:
        """The position of a change of ``handle`` in the record."""
        return Place(self._keys.labels.output(label_input(handle))[:LABEL_BYTES], secrets.token_bytes(NONCE_BYTES))

    def label(self, handle: Handle) -> tuple[bytes, bytes]:
        """The handle's label and its proof."""
        proof = self._keys.labels.prove(label_input(handle))
        return output_of(proof)[:LABEL_BYTES], proof

    def promise(self, handle: Handle, digest: bytes, epoch: int) -> bytes:
        """The signed promise that a card is in the record by ``epoch``; empty if that epoch is already served."""
        if self._served is not None and epoch <= self._served.number:
            return b""
        text = encode_promise(Promise(self._log.origin, str(handle), digest, epoch))
        return sign_note(text, [self._keys.classical], 0).encode()

    def answer(self, handle: Handle, served: Served, shown: Shown, promise: bytes) -> CardFound:
        """The answer to a lookup, proven under ``served``. Inside `CardStore.reading`."""
        label, proof = self.label(handle)
        opening = opening_of(self._store.entry_at(label, served.number))
        walk = walk_to(self._store.map_at(served.number), label)
        proven = HandleProof(
            proof,
            opening.nonce if opening else b"",
            opening.version if opening else 0,
            walk.siblings,
            other_of(walk),
            served.closed_s,
            served.before.peaks,
            served.checkpoint,
            served.listed,
        )
        return CardFound(shown.card or shown.promised, proven, promise)

    async def watch(self, handle: Handle, after: int, served: Served) -> HandleWatched:
        """The entries of a handle in the epochs after ``after``, as many as fit one answer."""
        label, proof = self.label(handle)
        sights = []
        epochs = self._store.epochs(after, served.number, MAX_WATCHED)
        for epoch in epochs:
            sights.append(self._sight(label, epoch))
            await asyncio.sleep(0)
        first = epochs[0].number if epochs else served.number + 1
        return HandleWatched(proof, served.checkpoint, first, describe_steps(sights))

    def watch_at_once(self, handle: Handle, after: int, served: Served) -> HandleWatched:
        """As `watch`, in a thread that nobody else waits for."""
        label, proof = self.label(handle)
        epochs = self._store.epochs(after, served.number, MAX_WATCHED)
        first = epochs[0].number if epochs else served.number + 1
        steps = describe_steps([self._sight(label, epoch) for epoch in epochs])
        return HandleWatched(proof, served.checkpoint, first, steps)

    def _sight(self, label: bytes, epoch: ClosedEpoch) -> Sight:
        entry = opening_of(self._store.entry_at(label, epoch.number))
        listed = self.lists.listed(epoch.number)
        return Sight(epoch.closed_s, entry, walk_to(self._store.map_at(epoch.number), label), listed)

    def describe(self, served: Served) -> LogDescribed:
        """The identity of this log, and its current state."""
        return LogDescribed(
            self._policy, self._genesis_entry(), served.genesis_proof, served.frontier.peaks, served.checkpoint
        )

    def _genesis_entry(self) -> bytes:
        genesis = self.genesis
        return encode_genesis(genesis.host, genesis.vrf_key, genesis.period_s, genesis.history_days)
