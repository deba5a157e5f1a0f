"""A repository at a relay: chunks are blobs, heads are frames of a box (spec/repository.md §7).

The relay sees blobs as of any file, and a box as of any room. It forgets what is not put again: chunks are put again
long before that.
"""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import CancelledError, Future
from hashlib import sha256
from typing import Final

from nullabona.client.archive.errors import BackupRelayRefused, BackupUnreachable
from nullabona.client.archive.repository.chunks import ChunkRef, is_chunk
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.places import MOST_HEADS
from nullabona.client.archive.repository.snapshot import head_digest
from nullabona.client.runner.connections import RelayConnection
from nullabona.client.runner.requests import ask
from nullabona.errors import PeerError
from nullabona.wire.address import epoch_keys
from nullabona.wire.messages import (
    AnyRequest,
    Append,
    Appended,
    Blob,
    Done,
    Frames,
    GetBlob,
    PutBlob,
    Read,
    Refusal,
    Trim,
)

RELAY_PLACE: Final = sha256(b"nullabona relay repository").digest()[:16]
"""The id of every account's repository at its relay; the keys differ by account."""
MOST_BYTES: Final = 512 * 1_048_576
"""Largest snapshot at a relay: people share what it takes in a day."""
KEPT_DAYS: Final = 30
"""So long a relay keeps a blob, unless its operator chose otherwise."""
RENEW_DAYS: Final = 8
"""Chunks that were put so long ago are put again."""
_SAMPLED: Final = 8
"""One of so many chunks that are left as they are is fetched, in every run."""
_READS: Final = 8
"""Most pages of heads that are read."""
_WAIT_S: Final = 120.0
_PAUSE_S: Final = 2
_PAUSES_S: Final = 600
"""So long a relay that is busy may put us off, for one request."""
_FOR_NOW: Final = frozenset({"busy", "slow-down", "stopping"})


class RelayPlace:
    """One account's repository at a relay. Its methods block, and must be called from another thread than the loop's.

    They raise `BackupUnreachable` and `BackupRelayRefused`.
    """

    def __init__(self, connection: RelayConnection, keys: RepositoryKeys, loop: asyncio.AbstractEventLoop) -> None:
        self._connection = connection
        self._box = epoch_keys(keys.box).box
        self._loop = loop
        self._seqs: dict[bytes, int] = {}
        self._doubted = False
        self._stopped = False
        self._asked: Future[object] | None = None

    @property
    def id(self) -> bytes:
        """See `Place.id`."""
        return RELAY_PLACE

    @property
    def most_bytes(self) -> int:
        """See `Place.most_bytes`."""
        return MOST_BYTES

    def stop(self) -> None:
        """Raise in the method that runs, or in the next one. Called on the loop."""
        self._stopped = True
        if self._asked is not None:
            self._asked.cancel()

    def heads(self) -> list[bytes]:
        """See `Place.heads`."""
        box, after, found = self._box, 0, list[tuple[int, bytes]]()
        for _ in range(_READS):
            answer = self._ask(Read(box.policy, box.read_secret, box.write_hash, after, limit=MOST_HEADS))
            if not isinstance(answer, Frames):
                raise BackupRelayRefused("the server does not show the backups")
            found = [*found, *answer.frames][-MOST_HEADS:]
            if not answer.frames or (after := answer.frames[-1][0]) >= answer.head:
                break
        self._seqs = {head_digest(frame): seq for seq, frame in found}
        return [frame for _, frame in found]

    def read(self, ref: ChunkRef) -> bytes | None:
        """See `Place.read`."""
        answer = self._ask(GetBlob(ref.name))
        if isinstance(answer, Blob):
            return answer.data
        if isinstance(answer, Refusal) and answer.code == "not-found":
            return None
        raise BackupRelayRefused("the server does not give the backup")

    def keeps(self, ref: ChunkRef, today: int) -> bool:
        """See `Place.keeps`: until it has to be put again, and as long as none that was asked for was missing."""
        if not 0 <= today - ref.day < RENEW_DAYS:
            return False
        if not self._doubted and secrets.randbelow(_SAMPLED):
            return True
        if is_chunk(ref, self.read(ref)):
            return True
        self._doubted = True
        return False

    def write(self, ref: ChunkRef, sealed: bytes) -> None:
        """See `Place.write`."""
        if not isinstance(self._ask(PutBlob(ref.name, sealed)), Done):
            raise BackupRelayRefused("the server does not take the backup")

    def write_head(self, number: int, sealed: bytes) -> None:  # noqa: ARG002 - the box numbers its frames itself
        """See `Place.write_head`."""
        box = self._box
        if not isinstance(self._ask(Append(box.policy, box.write_secret, box.read_hash, sealed)), Appended):
            raise BackupRelayRefused("the server does not take the backup")

    def prune(self, heads: frozenset[bytes], names: frozenset[bytes]) -> int:  # noqa: ARG002 - blobs expire
        """See `Place.prune`: a box is erased from its beginning only, and blobs that are not put again expire."""
        upto = min((seq for digest, seq in self._seqs.items() if digest in heads), default=1) - 1
        if upto > 0:
            box = self._box
            self._ask(Trim(box.policy, box.read_secret, box.write_hash, upto))
        return 0

    def _ask(self, request: AnyRequest) -> object:
        self._asked = asyncio.run_coroutine_threadsafe(self._answer(request), self._loop)
        # Looked at once it can be cancelled: `stop` may come from the loop at any time.
        if self._stopped:
            self._asked.cancel()
        try:
            return self._asked.result()
        except CancelledError:
            raise BackupUnreachable("a backup was given up") from None

    async def _answer(self, request: AnyRequest) -> object:
        """The relay's answer, however often it puts us off for a moment."""
        if self._stopped:
            raise BackupUnreachable("a backup was given up")
        waited = 0
        while True:
            try:
                async with asyncio.timeout(_WAIT_S):
                    answer = await ask(self._connection, request)
            except (TimeoutError, PeerError) as error:
                raise BackupUnreachable("the server could not be reached") from error
            if answer is None:
                raise BackupUnreachable("the server did not answer")
            if not isinstance(answer, Refusal) or answer.code not in _FOR_NOW or self._stopped:
                return answer
            pause = max(_PAUSE_S, answer.retry_after_s or 0)
            if waited + pause > _PAUSES_S:
                return answer
            waited += pause
            await asyncio.sleep(pause)
