"""What an operator who helps in full can do with the relay's files: look for something, erase it, put others there.

Blobs can be erased while the relay runs. For boxes it is stopped: it remembers how far they have come.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from nullabona.drills.expert.places import open_database
from nullabona.drills.search import (
    Chunk,
    Finding,
    Hunt,
    MemoryDenied,
    Searched,
    Secret,
    files_below,
    memory_chunks,
    open_files,
    program_files,
)
from nullabona.processes.servers import ANY_PORT, RelayProcess
from nullabona.relay.core.boxes import LAST_SEQ, SEQ_BITS

_LOOK_S: Final = 0.02


@dataclass(slots=True)
class Sought:
    """What a search brought."""

    findings: list[Finding]
    searched: Searched
    memory: bool = False
    """Whether the memory of the process could be searched."""
    able: bool = False
    """Whether the same search finds all of it where it was put on purpose."""


class Operator:
    """Of one relay. The process is another one after each `stopped`."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "relay"
        self._log, self._temporary = folder / "relay.log", folder / "relay-tmp"
        self.relay = self._serve()

    def close(self) -> None:
        """End it."""
        self.relay.stop()

    @contextmanager
    def stopped(self) -> Iterator[sqlite3.Connection]:
        """The boxes, while nobody serves them."""
        listen = self.relay.authority
        self.relay.stop()
        try:
            with closing(sqlite3.connect(self.data / "boxes.db", isolation_level=None)) as boxes:
                yield boxes
        finally:
            self.relay = self._serve(listen)

    def _serve(self, listen: str = ANY_PORT) -> RelayProcess:
        return RelayProcess(self.data, listen=listen, log=self._log, temporary=self._temporary)

    # -- looking

    def seek(self, wanted: Iterable[Secret], unused: int | None = None) -> Sought:
        """Every file and, if it may be read, the memory. ``unused``: a relay whose words do not count."""
        wanted = list(wanted)
        hunt = Hunt(wanted)
        sought = Sought([], Searched(), able=_finds(hunt, wanted))
        for place in (self.data, self._log, self._temporary):
            sought.findings += hunt.search(files_below(place), sought.searched)
        try:
            if unused is not None:
                hunt.learn(memory_chunks(unused))
                hunt.learn(program_files())
            sought.findings += hunt.search(open_files(self.relay.pid), sought.searched)
            sought.findings += hunt.search(memory_chunks(self.relay.pid), sought.searched)
            sought.memory = True
        except MemoryDenied:
            sought.memory = False
        return sought

    def blobs_named(self, digests: Sequence[str]) -> list[Path]:
        """The files of chunks with these hashes."""
        names = {digest[2:] for digest in digests}
        return [path for path in (self.data / "blobs").rglob("*") if path.is_file() and path.name in names]

    @staticmethod
    def frames_like(boxes: sqlite3.Connection, digest: str) -> list[int]:
        """The rows whose ciphertext has this hash: a holder of the bytes finds them."""
        rows = boxes.execute("SELECT id, body FROM frame").fetchall()
        return [id for id, body in rows if sha256(body).hexdigest() == digest]

    # -- erasing

    def erase_frame(self, digest: str) -> int:
        """Erase the one frame; how many there were."""
        with self.stopped() as boxes:
            found = self.frames_like(boxes, digest)
            boxes.executemany("DELETE FROM frame WHERE id = ?", [(id,) for id in found])
        return len(found)

    def hold_chunk(self, digests: Iterable[str]) -> bool:
        """Whether a chunk with one of these hashes is here."""
        return bool(self.blobs_named(list(digests)))

    def hold_box(self, addresses: Iterable[bytes]) -> bool:
        """Whether a box at one of these addresses is here."""
        with closing(open_database(self.data / "boxes.db")) as boxes:
            known = {address for (address,) in boxes.execute("SELECT address FROM box")}
        return not known.isdisjoint(addresses)

    def spoil_frame(self, digest: str, words: str, instead: str) -> int:
        """Put other bytes of the same length in its place, or other words where its own stand; how many there were."""
        assert len(words.encode()) == len(instead.encode())
        with self.stopped() as boxes:
            found = self.frames_like(boxes, digest)
            for id in found:
                (body,) = boxes.execute("SELECT body FROM frame WHERE id = ?", (id,)).fetchone()
                altered = body.replace(words.encode(), instead.encode())
                other = secrets.token_bytes(len(body)) if altered == body else altered
                boxes.execute("UPDATE frame SET body = ? WHERE id = ?", (other, id))
        return len(found)

    def erase_box(self, address: str) -> int:
        """Erase a whole box; how many frames were in it."""
        with self.stopped() as boxes:
            row = boxes.execute("SELECT num FROM box WHERE address = ?", (bytes.fromhex(address),)).fetchone()
            if row is None:
                return 0
            span = (row[0] << SEQ_BITS, row[0] << SEQ_BITS | LAST_SEQ)
            frames = boxes.execute("DELETE FROM frame WHERE id BETWEEN ? AND ?", span).rowcount
            boxes.execute("DELETE FROM box WHERE num = ?", (row[0],))
        return frames

    def erase_blobs(self, digests: Sequence[str]) -> int:
        """Erase chunks by their hashes; how many there were."""
        found = self.blobs_named(digests)
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)

    @contextmanager
    def blocking(self, digests: Sequence[str]) -> Iterator[None]:
        """Keep a list of hashes and erase whatever is on it, as soon as it is there, until the block ends."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(_LOOK_S):
                self.erase_blobs(digests)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _finds(hunt: Hunt, wanted: Sequence[Secret]) -> bool:
    """A search that cannot find is no proof."""
    planted = b"".join(bytes(100) + secret.value for secret in wanted)
    found = hunt.search([Chunk("planted", 0, planted)], Searched())
    return {finding.label for finding in found} == {secret.label for secret in wanted}
