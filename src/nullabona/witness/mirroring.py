"""Mirrors the maps of directories, and refuses epochs whose lists leave a change out (spec/witness.md §2.8).

Before the witness decides about a checkpoint, the map here follows the epochs up to it: the directory shows the leaves
that changed in each. A map that is not here yet is built first, in the background; its directory has to wait meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from msgspec.structs import replace

from nullabona.errors import Malformed, PeerError
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.note import NoteInvalid, verify_note
from nullabona.log.prefix_pages import changed_parts
from nullabona.log.tree import Frontier
from nullabona.log.witnessing import parse_request
from nullabona.machine.http_client import HttpClient, HttpMisbehaved, Route, parse_url
from nullabona.wire.map_messages import LEAF_BYTES, MAX_LEAVES, LeavesShown, ShowLeaves
from nullabona.wire.messages import MAX_RESPONSE, Refusal, decode_response, encode
from nullabona.witness.core.judging import WatchedLog
from nullabona.witness.core.mirroring import Mirrored, edge_of, entered, follow, read_leaves
from nullabona.witness.cosigner import Answer
from nullabona.witness.store.map.rows import MapRows
from nullabona.witness.store.rows import WitnessStoreFailed

PATIENCE_S: Final = 10.0
"""How long a log waits for the mirror of its map, before it is told to ask again."""
MOST_CHANGES: Final = 64
"""Answers of `MAX_LEAVES` leaves that the changes of one epoch may take, which are in memory together: a million."""
MOST_WHOLE: Final = 4_096
"""The same of a whole map, which goes to the disk piece by piece: 67 million leaves."""
WRONG: Final = "map-wrong"
BEHIND: Final = "map-behind"
_PATH: Final = "v1"
_KIND: Final = "application/octet-stream"
_log: Final = logging.getLogger("nullabona.witness")


class Shows(Protocol):
    """Asks a directory for leaves of its map."""

    async def ask(self, request: ShowLeaves) -> LeavesShown | None:
        """The answer; None: the epoch is not there, or not any more. Raises `PeerError`."""
        ...

    async def close(self) -> None: ...


class DirectoryAt:
    """The directory whose server is at ``url``. Raises `BadUrl`."""

    def __init__(self, url: str, route: Route | None = None) -> None:
        self._client = HttpClient(parse_url(url), route)

    async def ask(self, request: ShowLeaves) -> LeavesShown | None:
        """See `Shows`."""
        reply = await self._client.post(_PATH, encode(request), MAX_RESPONSE, _KIND)
        if reply.status != 200:
            raise HttpMisbehaved(f"the directory's server answers {reply.status}")
        answer = decode_response(reply.body)
        if isinstance(answer, Refusal) and answer.code == "not-found":
            return None
        if not isinstance(answer, LeavesShown):
            raise HttpMisbehaved("the directory does not show its leaves now")
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


class MapMirror:
    """The mirror of one directory's map."""

    def __init__(self, directory: Shows, rows: MapRows) -> None:
        self._directory = directory
        self._rows = rows
        self._turn = asyncio.Lock()

    async def follow(self, checkpoint: Checkpoint) -> None:
        """The map here is that of the checkpoint afterwards, and no list up to it leaves a change out.

        Raises `Malformed` if one does or what is shown is not in the log, another `PeerError` if the directory cannot
        be asked, or `WitnessStoreFailed`. Then the map is as it was.
        """
        async with self._turn:
            with self._rows.transaction():
                mirrored = self._rows.mirrored()
                if mirrored is not None and mirrored.frontier.size > checkpoint.size:
                    return  # an older one, of which the witness says what it knows
                reached = mirrored.frontier if mirrored else Frontier()
                if reached.size < checkpoint.size:
                    reached = await self._go_on(mirrored or await self._begin(checkpoint.size), checkpoint.size)
                if reached.root != checkpoint.root:
                    raise Malformed("the epochs that the directory shows are not in the log that it signed")

    async def close(self) -> None:
        """Close the connections and the file."""
        await self._directory.close()
        self._rows.close()

    async def _go_on(self, mirrored: Mirrored, size: int) -> Frontier:
        for number in range(mirrored.frontier.size, size):
            shown = await self._whole_answer(number)
            if shown is None:
                raise HttpMisbehaved(f"the directory does not show the changes of epoch {number} any more")
            followed = follow(mirrored, self._rows, self._rows.root, shown, read_leaves(shown.leaves))
            self._rows.go_on(followed)
            mirrored = followed.mirrored
        return mirrored.frontier

    async def _begin(self, size: int) -> Mirrored:
        """From the first epoch, if the directory still shows it; else from all leaves of the last one but one."""
        first = await self._directory.ask(ShowLeaves(1, whole=False))
        if first is not None:
            return Mirrored(edge_of(1, first))
        number, shown = size - 2, None
        self._rows.clear()
        async for shown in self._pieces(number, MOST_WHOLE, whole=True):
            leaves = read_leaves(shown.leaves)
            self._rows.enter(leaves, changed_parts(self._rows, leaves) if leaves else {})
        if shown is None:
            raise HttpMisbehaved("the directory does not show the leaves of its map")
        if self._rows.root != shown.root:
            raise Malformed("the leaves of the map do not give its root")
        return entered(edge_of(number, shown), shown)

    async def _whole_answer(self, number: int) -> LeavesShown | None:
        """All that changed in an epoch, in one; None: the epoch is not there."""
        pieces = [piece async for piece in self._pieces(number, MOST_CHANGES, whole=False)]
        return replace(pieces[0], leaves=b"".join(piece.leaves for piece in pieces)) if pieces else None

    async def _pieces(self, number: int, most: int, *, whole: bool) -> AsyncIterator[LeavesShown]:
        """At most ``most`` answers: a directory that shows leaves without end must not fill a witness of other logs."""
        after = b""
        for _ in range(most):
            shown = await self._directory.ask(ShowLeaves(number, whole, after))
            if shown is None:
                return
            if shown.leaves[: LEAF_BYTES // 2] <= after and shown.leaves:
                raise Malformed("the leaves of a map are not in order")
            yield shown
            if len(shown.leaves) < LEAF_BYTES * MAX_LEAVES:
                return
            after = shown.leaves[-LEAF_BYTES : -LEAF_BYTES // 2]
        raise HttpMisbehaved(f"the directory shows leaves of epoch {number} without end")


@dataclass(frozen=True, slots=True)
class _Following:
    """A mirror on its way to a checkpoint."""

    checkpoint: Checkpoint
    task: asyncio.Task[None]


class Mirrors:
    """The mirrors of one witness, by the origin of their logs. ``counts``: what was answered."""

    def __init__(self, mirrors: Mapping[str, MapMirror], logs: Sequence[WatchedLog], counts: Counter[str]) -> None:
        self._mirrors = mirrors
        self._logs = {log.origin: log for log in logs}
        self._counts = counts
        self._following: dict[str, _Following] = {}

    async def refusal(self, body: bytes) -> Answer | None:
        """What a mirror has against a request to cosign; None: nothing, and the witness decides."""
        with suppress(Malformed, NoteInvalid):  # of which the witness says what is wrong
            request = parse_request(body)
            log = self._logs.get(request.checkpoint.origin)
            if log is not None and log.origin in self._mirrors and request.checkpoint.size > 1:
                verify_note(request.note, log.verifiers)
                return await self._against(log.origin, request.checkpoint)
        return None

    async def close(self) -> None:
        """Stop what is on its way, and release everything."""
        for following in self._following.values():
            following.task.cancel()
        await asyncio.gather(*(each.task for each in self._following.values()), return_exceptions=True)
        for mirror in self._mirrors.values():
            await mirror.close()

    async def _against(self, origin: str, checkpoint: Checkpoint) -> Answer | None:
        following = self._following.get(origin)
        if following is None or following.task.done():
            task = asyncio.get_running_loop().create_task(self._mirrors[origin].follow(checkpoint))
            following = self._following[origin] = _Following(checkpoint, task)
        done, _ = await asyncio.wait([following.task], timeout=PATIENCE_S)
        if not done or following.checkpoint != checkpoint:
            return self._said(BEHIND, Answer(503, b"the mirror of the map is being built\n", retry_after_s=5))
        error = following.task.exception()
        if error is None:
            return None
        if isinstance(error, Malformed):
            _log.error("the map of %s is wrong: %s", origin, error.message)
            return self._said(WRONG, Answer(403, b"the map is not what the log says of it\n"))
        if isinstance(error, PeerError | WitnessStoreFailed):
            _log.warning("the map of %s cannot be mirrored: %s", origin, error.code)
            return self._said(BEHIND, Answer(503, b"the mirror of the map cannot follow\n", retry_after_s=5))
        raise error

    def _said(self, what: str, answer: Answer) -> Answer:
        self._counts[what] += 1
        return answer
