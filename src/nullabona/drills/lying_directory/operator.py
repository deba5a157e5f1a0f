"""A relay whose operator lies: the real one, with a directory that does what a line on stdin tells it.

It has everything a real operator has: the database, the keys, the program. Orders and answers are JSON, one a line.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace as replaced

from nullabona.directory.core.records import Erase, Hold, Keep, Place, StoredCard, held_mark
from nullabona.directory.core.refusal import BUSY, refuse
from nullabona.directory.opening import NOBODY, RecordOptions, open_record, open_store
from nullabona.directory.service import DirectoryService, Options
from nullabona.drills.lying_directory.short_lists import HIDDEN, make_short_lists
from nullabona.drills.operator.serving import serve_begun
from nullabona.drills.stage.stubborn import asking_no_witness
from nullabona.errors import NullabonaError
from nullabona.log.keys import Kind, new_signer
from nullabona.log.note import Note, parse_note, sign_note
from nullabona.log.prefix import LABEL_BYTES
from nullabona.sequencer import NoQuorum
from nullabona.wire.card import card_hash, decode_card
from nullabona.wire.changes import HEAD_BYTES
from nullabona.wire.epoch import Promise, encode_promise, origin_of
from nullabona.wire.handle import Handle, parse_handle
from nullabona.wire.messages import AnyResponse, CardFound, CardTaken, LookupCard, PublishCard, WatchHandle

_FAR: Final = 1_000
"""Epochs ahead for which nobody may be put off."""
_SECONDS: Final = 8
"""Bytes of a cosignature that say when, before those that sign it."""


class LyingDirectory(DirectoryService):
    """The real directory, and what its operator can make of it."""

    obeying: asyncio.Task[None]

    def __init__(self, data: Path, host: str, options: Options) -> None:
        self.data, self.host, self.chosen = data, host, options.record
        store = open_store(data)
        super().__init__(store, open_record(data, host, store, self.chosen), host, options)
        self._faces: dict[str, CardFound] = {}
        self._hidden: dict[str, bytes] = {}
        self._withheld = ""
        self._deaf: set[str] = set()
        self._lines: dict[str, str] = {}
        self._forged: set[str] = set()
        self._folders: list[Path] = []
        self._reasons: dict[str, str] = {}
        self._named: Counter[str] = Counter()

    async def advance(self, *, force: bool = False) -> None:
        """As the real one, and remember why witnesses do not sign."""
        try:
            await super().advance(force=force)
        except NoQuorum as error:
            self._reasons = error.reasons
            raise

    # -- what is answered

    async def publish(self, request: PublishCard) -> AnyResponse:
        """Confirm and discard the cards of a person who is to be hidden."""
        card = decode_card(request.card)
        if card.handle.name != self._withheld:
            return await super().publish(request)
        self._hidden[card.handle.name] = request.card
        return CardTaken(self._false_promise(request.card))

    async def look_up(self, request: LookupCard) -> AnyResponse:
        """The false face of a name, if it has one."""
        if request.name in self._faces:
            return self._faces[request.name]
        answer = await super().look_up(request)
        if request.name in self._lines and isinstance(answer, CardFound):
            return replaced(answer, proof=replaced(answer.proof, checkpoint=self._cosigned(request.name, answer)))
        hidden = self._hidden.get(request.name)
        if hidden and isinstance(answer, CardFound):
            return CardFound(hidden, answer.proof, self._false_promise(hidden))
        return answer

    async def watch(self, request: WatchHandle) -> AnyResponse:
        """Answer nothing to those who are to see nothing for a while; count who names which handle."""
        self._named[request.name] += 1
        return refuse(BUSY, 1) if request.name in self._deaf else await super().watch(request)

    def _cosigned(self, name: str, answer: CardFound) -> bytes:
        """The checkpoint without the line of one witness, or with one that it never signed."""
        note, by = parse_note(answer.proof.checkpoint), self._lines[name]
        lines = [each for each in note.signatures if each.name != by]
        if name in self._forged:
            (theirs,) = (each for each in note.signatures if each.name == by)
            blob = theirs.blob[:_SECONDS] + bytes(len(theirs.blob) - _SECONDS)
            lines.append(replace(theirs, blob=blob))
        return Note(note.text, tuple(lines)).encode()

    def _false_promise(self, card: bytes) -> bytes:
        served = self._record.served
        assert served is not None
        return self._record.promise(decode_card(card).handle, card_hash(card), served.number + 2)

    # -- orders

    async def honest(self) -> None:
        """Stop lying in answers."""
        self._faces.clear()
        self._hidden.clear()
        self._lines.clear()
        self._deaf.clear()
        self._forged.clear()
        HIDDEN.clear()
        self._withheld = ""

    async def enter(self, card: str) -> int:
        """Enter a card in the record, whatever the rules say; the epoch."""
        handle = decode_card(bytes.fromhex(card)).handle
        return await self._enter(handle, card, self._record.place(handle))

    async def enter_under(self, name: str, card: str) -> None:
        """Enter a card at the place of another handle of this directory, and wait until it is there."""
        other = parse_handle(f"{name}@{self.host}")
        await self._enter(other, card, self._record.place(other))
        await self.epochs(2)

    async def enter_beside(self, name: str, card: str) -> int:
        """Enter a card at a label that is no handle's and begins like a name's; the epoch."""
        there = self._record.place(parse_handle(f"{name}@{self.host}"))
        label = there.label[:HEAD_BYTES] + bytes(LABEL_BYTES - HEAD_BYTES)
        return await self._enter(decode_card(bytes.fromhex(card)).handle, card, Place(label, there.nonce))

    async def _enter(self, handle: Handle, card: str, place: Place) -> int:
        data = bytes.fromhex(card)
        found: list[int] = []

        def work() -> None:
            with self._store.transaction():
                keep = Keep(StoredCard.of(handle, data, 0), card_hash(data))
                found.append(self._store.apply(keep, place))

        await self._in_writer(work)
        return found[0]

    async def named(self, name: str) -> int:
        """How often somebody asked for the epochs of this name."""
        return self._named[name]

    async def newest(self) -> int:
        """The newest epoch that is served."""
        served = self._record.served
        return 0 if served is None else served.number

    async def leave_out(self, name: str) -> None:
        """Leave what changes at a name out of the lists of changes."""
        label, _ = self._record.label(parse_handle(f"{name}@{self.host}"))
        self._reasons = {}
        HIDDEN.add(label)

    async def refused(self, reason: str, within_s: float) -> bool:
        """Whether a witness refuses to sign for this reason, within this time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while reason not in self._reasons.values():  # noqa: ASYNC110 - the clock closes the epoch
                    await asyncio.sleep(0.05)
                return True
        return False

    async def erase(self, name: str) -> None:
        """Enter that a handle was deleted, and wait until that is in the record."""
        handle = parse_handle(f"{name}@{self.host}")

        def work() -> None:
            with self._store.transaction():
                self._store.apply(Erase(name, Hold(held_mark(handle), 0)), self._record.place(handle))

        await self._in_writer(work)
        await self.epochs(2)

    async def epochs(self, count: int) -> None:
        """Wait until so many more are served."""
        for _ in range(count):
            await self._wait_next()

    async def turn_away(self, name: str) -> None:
        """Do not tell of a name's epochs for now."""
        self._deaf.add(name)

    async def show_at(self, name: str, there: str) -> None:
        """For a name, show the entry at another name's place, with the proof of that place."""
        answer = await super().look_up(LookupCard(there))
        assert isinstance(answer, CardFound)
        self._faces[name] = answer

    async def show_with(self, name: str, card: str, promise: str) -> None:
        """Show a card of a name that has none, with a promise of some kind: see `_promise`."""
        answer = await super().look_up(LookupCard(name))
        assert isinstance(answer, CardFound)
        data = bytes.fromhex(card)
        self._faces[name] = CardFound(data, answer.proof, self._promise(promise, data))

    def _promise(self, kind: str, card: bytes) -> bytes:
        """``none``; ``unsigned``: by a key of the same name; ``other``: of another card; ``far``: for some day."""
        served, handle = self._record.served, decode_card(card).handle
        assert served is not None
        soon, digest = served.number + 2, card_hash(card)
        if kind == "none":
            return b""
        if kind == "unsigned":
            text = encode_promise(Promise(origin_of(self.host), str(handle), digest, soon))
            return sign_note(
                text, [new_signer(Kind.ED25519, origin_of(self.host), secrets.token_bytes(32))], 0
            ).encode()
        if kind == "other":
            return self._record.promise(handle, secrets.token_bytes(32), soon)
        return self._record.promise(handle, digest, soon + _FAR)

    async def strip(self, name: str, witness: str, *, forge: bool) -> None:
        """Show the true answer without the line of one witness, or with a forged one."""
        self._lines[name] = witness
        if forge:
            self._forged.add(name)

    async def show(self, name: str, card: str) -> None:
        """Show a card that is in no record, with the proof of the real one."""
        answer = await super().look_up(LookupCard(name))
        assert isinstance(answer, CardFound)
        self._faces[name] = CardFound(bytes.fromhex(card), answer.proof)

    async def remember(self, name: str) -> None:
        """Keep today's true answer, to show it again tomorrow."""
        answer = await super().look_up(LookupCard(name))
        assert isinstance(answer, CardFound)
        self._old = answer

    async def roll_back(self, name: str) -> None:
        """Show yesterday's answer."""
        self._faces[name] = self._old

    async def withhold(self, name: str) -> None:
        """Confirm whatever is published for a name, and never enter it."""
        self._withheld = name

    async def fork(self, name: str, card: str) -> dict[str, str]:
        """Keep a second record with a false card in it, and show that; what witnesses said when asked to sign it."""
        folder = Path(tempfile.mkdtemp(prefix="lying-"))
        self._folders.append(folder)
        self._copy(folder)
        await self._wait_next()
        reasons = await self._second(folder, card, replace(self.chosen, folder=folder / "record"), name)
        unwitnessed = replace(self.chosen, folder=folder / "record", witnesses=NOBODY)
        await self._second(folder, "", unwitnessed, name)
        return reasons

    def _copy(self, folder: Path) -> None:
        source = self.chosen.folder
        assert source is not None
        shutil.copytree(source, folder / "record", ignore=shutil.ignore_patterns("*.db*", "lock"))
        for path, copy in ((self.data / "cards.db", "cards.db"), (source / "log.db", "record/log.db")):
            with closing(sqlite3.connect(path)) as real, closing(sqlite3.connect(folder / copy)) as twin:
                real.backup(twin)

    async def _wait_next(self) -> None:
        """Until the true record has gone on, so that the witnesses have seen it."""
        before = self._record.served
        while self._record.served is before:  # noqa: ASYNC110 - the clock closes the epoch
            await asyncio.sleep(0.05)

    async def _second(self, folder: Path, card: str, record: RecordOptions, name: str) -> dict[str, str]:
        store = open_store(folder)
        twin = DirectoryService(store, open_record(folder, self.host, store, record), self.host, Options(record=record))
        reasons: dict[str, str] = {}
        try:
            if card:
                data = bytes.fromhex(card)
                handle = decode_card(data).handle
                with store.transaction():
                    store.apply(Keep(StoredCard.of(handle, data, 0), card_hash(data)), twin._record.place(handle))  # noqa: SLF001 - his own program
            with asking_no_witness():
                await twin.advance(force=bool(card))
            answer = await twin.look_up(LookupCard(name))
            assert isinstance(answer, CardFound)
            self._faces[name] = answer
        except NoQuorum as error:
            reasons = error.reasons
        finally:
            await twin.close()
        return reasons

    async def close(self) -> None:
        await super().close()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)


async def _obey(directory: LyingDirectory) -> None:
    orders = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        order: dict[str, Any] = json.loads(line)
        try:
            done = await getattr(directory, order.pop("do"))(**order)
        except NullabonaError as error:
            done = {"error": error.code}
        sys.stdout.write(json.dumps({"ok": done}) + "\n")
        sys.stdout.flush()


def _opened(data: Path | None, host: str, options: Options) -> LyingDirectory:
    assert data is not None
    directory = LyingDirectory(data, host, options)
    directory.obeying = asyncio.get_running_loop().create_task(_obey(directory))
    return directory


def main() -> None:
    """Serve until stopped."""
    make_short_lists()
    serve_begun(json.loads(sys.argv[1]), _opened)


if __name__ == "__main__":
    main()
