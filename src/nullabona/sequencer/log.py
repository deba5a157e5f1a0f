"""An operator's log: stage, integrate, persist, publish (spec/witness.md §1).

``stage`` numbers entries and keeps them in the database. ``publish`` writes their tiles, syncs them, and only then
records the grown tree in the database. Only the tree in the database is ever signed, so one size never gets two roots.
The signed checkpoint goes to the witnesses, and with their quorum replaces the previous one. Every interrupted step is
repeated with the same bytes.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.keys import SignerKey, VerifierKey
from nullabona.log.note import Note, parse_note, sign_note
from nullabona.log.policy import Policy
from nullabona.log.proof import LogProof
from nullabona.log.tiles import ENTRIES, MAX_ENTRY, WIDTH, HashReader, Tile, decode_bundle
from nullabona.log.tree import consistency_proof, inclusion_proof, root_hash
from nullabona.machine.disk import Disk, DiskFailed
from nullabona.machine.failures import reason_of
from nullabona.machine.http_client import Route
from nullabona.machine.lock import FolderLock
from nullabona.sequencer.addresses import WitnessAddress
from nullabona.sequencer.errors import EntryRefused, HistoryElsewhere, LogDamaged, NoQuorum
from nullabona.sequencer.growing import End, finished, grow, read_end
from nullabona.sequencer.history import OwnHistory
from nullabona.sequencer.mirrors import PENDING, MirrorOptions, Mirrors
from nullabona.sequencer.store.rows import LogRows, LogStoreFailed, Tree
from nullabona.sequencer.store.sqlite import LogStore
from nullabona.sequencer.telling import Telling
from nullabona.sequencer.witnesses import Answers, Circle, Question, Quorum

CHECKPOINT: Final = "checkpoint"
AT_ONCE: Final = 65_536
"""Entries per step of integrating."""
_MAX_KEY: Final = 64
_TILES_IN_MEMORY: Final = 512
"""Cached for proofs, 16 KiB each. A log of 10 million entries has 154 tiles above the lowest level."""


@dataclass(frozen=True, slots=True)
class Published:
    """A public checkpoint with its cosignatures."""

    note: bytes
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a log. ``failures``: failed publishes since the start, counted by reason."""

    staged: int
    integrated: int
    published: int
    failures: dict[str, int]


def open_log(
    folder: Path,
    signers: Sequence[SignerKey],
    origin: str,
    *,
    witnesses: Sequence[WitnessAddress] = (),
    policy: Policy | None = None,
    route: Route | None = None,
    absent: Collection[str] = (),
    mirrors: MirrorOptions | None = None,
    former: Sequence[VerifierKey] = (),
    make_store: Callable[[str], LogRows] | None = None,
) -> Log:
    """The log in ``folder``, created if missing. Locked by this process until closed.

    A checkpoint is published if ``policy`` is satisfied; without one, if every witness has cosigned. ``absent``: keys
    (`WitnessAddress.key`) of witnesses that the operator knows to be gone: nobody waits for what they hold.
    ``mirrors`` get entries before witnesses do. ``former``: the log's keys before they were changed. ``make_store``
    opens the database of the log with this origin; None: SQLite, in the folder.
    Raises `FolderInUse`, `NotThisLog`, `LogDamaged`, `DiskFailed`, or
    `BadUrl` for an address.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        lock = FolderLock(folder)
    except OSError as error:
        raise DiskFailed(f"the log's folder cannot be used: {reason_of(error)}") from error
    try:
        circle = Circle(witnesses, route or Route())
        others = Others(circle, Quorum(tuple(witnesses), policy), Mirrors(mirrors or MirrorOptions(), route or Route()),
                        frozenset(absent), tuple(former))  # fmt: skip
        store = LogStore(folder, origin) if make_store is None else make_store(origin)
        return Log(folder, lock, store, signers, others)
    except BaseException:
        lock.close()
        raise


@dataclass(frozen=True, slots=True)
class Others:
    """Who else has a part in a log: its witnesses and when they suffice, its mirrors, witnesses that are gone.

    ``former``: keys that the log signed with before.
    """

    circle: Circle
    quorum: Quorum
    mirrors: Mirrors
    absent: frozenset[str]
    former: tuple[VerifierKey, ...]


class Log:
    """Created by `open_log`. ``public``: the folder that a web server may serve."""

    def __init__(
        self,
        folder: Path,
        lock: FolderLock,
        store: LogRows,
        signers: Sequence[SignerKey],
        others: Others,
    ) -> None:
        self.public = folder / "public"
        self.origin = store.tree().origin
        self._lock = lock
        self._store = store
        self._signers = tuple(signers)
        self._quorum = others.quorum
        self._circle = others.circle
        self._mirrors = others.mirrors
        self._absent = others.absent
        self._former = others.former
        self._elsewhere: HistoryElsewhere | None = None
        self._recalled = False
        self._failures: Counter[str] = Counter()
        self._telling = Telling()
        self._end: End | None = None
        self._said: Published | None = None
        self._integrating = threading.Lock()
        self._publishing = asyncio.Lock()
        self._proving = threading.Lock()
        self._reader = self._nodes(0)  # of the published size
        try:
            self._disk = Disk(self.public, folder / "incoming")
            self._fill()
            self._load_end()
            self._said = self._load_published()
        except BaseException:
            store.close()
            raise

    # -- what the owner of the log calls

    def stage(self, entries: Sequence[bytes], *, key: bytes | None = None) -> range:
        """Stage ``entries`` and return their permanent numbers; the next checkpoint includes them, even after a crash.

        With a ``key``, repeating a call returns the same numbers; other entries under it raise `KeyTaken`. Without a
        key, the entries of a call that raised `LogStoreFailed` may or may not be staged.
        """
        if any(len(entry) > MAX_ENTRY for entry in entries):
            raise EntryRefused(f"an entry of a log has at most {MAX_ENTRY} bytes")
        if key is not None and not 0 < len(key) <= _MAX_KEY:
            raise EntryRefused(f"a staging key has 1 to {_MAX_KEY} bytes")
        return self._store.stage(entries, key)

    async def recall(self) -> None:
        """Compare the log here with what its witnesses and mirrors hold; `publish` does this first.

        Raises `LogOlder` or `LogSplit`, and then nothing is signed any more. Raises `NoQuorum` while witnesses that
        did not answer could hold a published checkpoint that is not here; the next call asks those again.
        """
        if self._elsewhere is not None:
            raise self._elsewhere
        history = self._history(await asyncio.to_thread(self._store.tree))
        try:
            silent = await self._circle.meet(history, self._absent)
            if not self._recalled:
                await self._mirrors.recall(history)
        except HistoryElsewhere as error:
            self._elsewhere = error
            raise
        self._recalled = True
        if self._quorum.may_have_more(silent.keys()):
            raise self._refused(
                NoQuorum("witnesses have not said yet what they hold; nothing is signed before", silent)
            )

    async def publish(self, now_s: int) -> Published:
        """Publish a newly signed and cosigned checkpoint over everything staged so far, even if nothing was staged.

        Raises `NoQuorum`, `DiskFailed`, `LogStoreFailed` or `LogDamaged`. Then the previous checkpoint stays (if the
        last step failed, the new one may already be there), nothing is lost, and the next call continues. Raises
        `LogOlder` or `LogSplit` if somebody holds what is not here; then nothing is signed any more.
        """
        async with self._publishing:
            await self.recall()
            tree = await asyncio.to_thread(self.integrate)
            await asyncio.to_thread(self._store.confirm)
            text = Checkpoint(self.origin, tree.size, tree.root).encode()
            note = await asyncio.to_thread(sign_note, text, self._signers, now_s)
            answers = await self._cosigned(note, tree)
            note = note.plus(answers.signatures)
            self._check_quorum(note, answers)
            return await asyncio.to_thread(self._announce, Published(note.encode(), tree.size, tree.root))

    def keep(self, name: str, data: bytes) -> None:
        """Keep a public file beside the log's own: on the disk, and where the next process that leads gets it."""
        self._store.keep(name, data)
        self._disk.put(name, data)
        self._disk.settle()

    def integrate(self) -> Tree:
        """Write everything staged so far into tiles; return the tree that may be signed. `publish` does this first."""
        with self._integrating:
            try:
                target = self._store.end()
                while (end := self._load_end()).size < target:
                    self._integrate_some(end)
                return self._store.tree()
            except BaseException:
                self._end = None  # read the state of disk and database again
                raise

    # -- what is read

    def checkpoint(self) -> bytes | None:
        """The published note, or None before the first."""
        said = self._published()
        return None if said is None else said.note

    def entry(self, index: int) -> bytes:
        """The integrated entry with this number. Raises `LogDamaged` if its file is missing."""
        number, at = divmod(index, WIDTH)
        size = self._store.tree().size
        if not 0 <= index < size:
            raise LogDamaged(f"there is no entry {index} in a log of {size}", hint="")
        width = min(WIDTH, size - number * WIDTH)
        return decode_bundle(self._read(Tile(ENTRIES, number, width)), width)[at]

    def inclusion(self, index: int) -> bytes:
        """The tlog-proof that the published checkpoint covers the entry with this number. For any thread.

        Raises `ProofInvalid` if it does not, `LogDamaged` if nothing is published yet.
        """
        said = self._published()
        if said is None:
            raise LogDamaged("nothing is published yet", hint="publish first")
        with self._proving:
            if self._reader.size != said.size:
                self._reader = HashReader(said.size, self._read, _TILES_IN_MEMORY)
            hashes = inclusion_proof(self._reader, index, said.size)
        return LogProof(index, hashes, parse_note(said.note)).encode()

    def status(self) -> Status:
        """Counts for the operator."""
        tree, said = self._store.tree(), self._published()
        return Status(self._store.end() - tree.size, tree.size, said.size if said else 0, dict(self._failures))

    def witness_failures(self) -> dict[str, int]:
        """By the name of each witness: how often it was asked and did not cosign, since the process started."""
        return self._circle.failures()

    async def hang_up(self) -> None:
        """Close the connections to witnesses before their event loop ends; the next publish reopens them."""
        await self._circle.close()

    async def close(self) -> None:
        """Close the connections and release the folder."""
        await self.hang_up()
        self.release()

    def release(self) -> None:
        """Release the folder, outside an event loop."""
        self._store.close()
        self._lock.close()

    # -- inside

    def _history(self, tree: Tree) -> OwnHistory:
        keys = tuple(signer.verifier for signer in self._signers)
        return OwnHistory(self.origin, keys, tree.size, lambda size: root_hash(self._nodes(tree.size), size),
                          self._former)  # fmt: skip

    async def _cosigned(self, note: Note, tree: Tree) -> Answers:
        def proof(known: int) -> tuple[bytes, ...]:
            return consistency_proof(self._nodes(tree.size), known, tree.size)

        try:
            await self._show_mirrors(note, tree)
            return await self._circle.cosign(Question(note, tree.size, self._history(tree), proof))
        except HistoryElsewhere as error:
            self._elsewhere = error
            raise

    async def _show_mirrors(self, note: Note, tree: Tree) -> None:
        """Let mirrors have the entries before witnesses sign: a copy that lacks them could not go on."""
        if self._mirrors.options.addresses:
            await asyncio.to_thread(self._disk.put, PENDING, note.encode())
            await asyncio.to_thread(self._disk.settle)
            await self._mirrors.wait(self._history(tree))

    def _integrate_some(self, end: End) -> None:
        grown, files = grow(end, self._store.staged(end.size, AT_ONCE))
        named = [(tile.path, data) for tile, data in files]
        self._disk.put_all(named)
        self._disk.settle()
        self._store.integrate(grown.size, grown.edge.root, named)
        self._end = grown

    def _fill(self) -> None:
        """Write what the store keeps and this machine lacks: another machine led before."""
        for path, data in self._store.missing(lambda path: (self.public / path).exists()):
            self._disk.put(path, data)
        self._disk.settle()

    def _announce(self, published: Published) -> Published:
        before = self._published()
        self._store.announce(published.note)
        self._said = None  # if a step fails, the file shows whether it happened
        self._disk.put(CHECKPOINT, published.note)
        self._disk.settle()
        self._said = published
        try:
            self._prune(before.size if before else 0)
        except (DiskFailed, LogStoreFailed) as error:
            self._failures[error.code] += 1
        return published

    def _prune(self, size: int) -> None:
        """Remove partial tiles that are contained in full tiles, also for readers of the previous checkpoint."""
        pruned = self._store.tree().pruned
        if size <= pruned:
            return
        for tile in finished(pruned, size):
            self._disk.remove_folder(f"{tile.path}.p")
            self._store.drop_folder(f"{tile.path}.p")
        self._store.note_pruned(size)

    def _check_quorum(self, note: Note, answers: Answers) -> None:
        try:
            self._quorum.check(note, answers)
        except NoQuorum as error:
            raise self._refused(error) from error.__cause__

    def _refused(self, error: NoQuorum) -> NoQuorum:
        """Count and say why a checkpoint is not published."""
        self._failures["no-quorum"] += 1
        self._failures.update(error.reasons.values())
        self._telling.say(error)
        return error

    def _published(self) -> Published | None:
        if self._said is None:
            self._said = self._load_published()
        return self._said

    def _load_published(self) -> Published | None:
        data = self._disk.read(CHECKPOINT)
        if data is None:
            return None
        tree = self._store.tree()
        try:
            checkpoint = parse_checkpoint(parse_note(data).text)
        except Malformed as error:
            raise LogDamaged("the published checkpoint cannot be read") from error
        if checkpoint.origin != self.origin or checkpoint.size > tree.size:
            raise LogDamaged("what is published is ahead of the log's database: an old copy of it was put back")
        if root_hash(self._nodes(checkpoint.size), checkpoint.size) != checkpoint.root:
            raise LogDamaged("the log's files are not those of the published checkpoint")
        return Published(data, checkpoint.size, checkpoint.root)

    def _load_end(self) -> End:
        if self._end is None:
            tree = self._store.tree()
            try:
                end = read_end(tree.size, self._read)
            except Malformed as error:
                raise LogDamaged("the files at the log's end are missing or changed") from error
            if end.edge.root != tree.root:
                raise LogDamaged("the files at the log's end are not those of its tree")
            self._end = end
        return self._end

    def _nodes(self, size: int) -> HashReader:
        return HashReader(size, self._read)

    def _read(self, tile: Tile) -> bytes:
        data = self._disk.read(tile.path)
        if data is None:
            raise LogDamaged(f"the file {tile.path} is missing")
        return data
