"""Which requests of a connection wait for which answers.

Every request gets one answer or one error, never both; one that follows something gets answers until it is refused or
the connection ends.
"""

from __future__ import annotations

import asyncio
import os
from typing import Final, TypeAlias

from nullabona.client.net.answers import Answers
from nullabona.client.net.errors import TooManyRequests
from nullabona.errors import Malformed, PeerError
from nullabona.wire.map_messages import EpochsListed, LeavesShown, ListEpochs, ShowLeaves
from nullabona.wire.messages import (
    ActivityDigests,
    AnyRequest,
    AnyResponse,
    Append,
    Appended,
    AwaitWake,
    Blob,
    CardFound,
    CardTaken,
    DeleteCard,
    DescribeLog,
    Done,
    FollowActivity,
    Frames,
    GetBlob,
    HandleWatched,
    LogDescribed,
    LogFile,
    LookupCard,
    PollActivity,
    PublishCard,
    PutBlob,
    Read,
    Refusal,
    Trim,
    WatchHandle,
    decode_response,
)

Answer: TypeAlias = "asyncio.Future[AnyResponse]"

_ANSWERS: Final[dict[type[AnyRequest], type[AnyResponse]]] = {
    Append: Appended,
    Read: Frames,
    AwaitWake: Frames,
    PollActivity: ActivityDigests,
    FollowActivity: ActivityDigests,
    Trim: Done,
    PutBlob: Done,
    GetBlob: Blob,
    PublishCard: CardTaken,
    LookupCard: CardFound,
    DeleteCard: Done,
    WatchHandle: HandleWatched,
    ListEpochs: EpochsListed,
    ShowLeaves: LeavesShown,
    DescribeLog: LogDescribed,
    LogFile: Blob,
}


def decode_answer(request: type[AnyRequest], body: bytes | memoryview) -> AnyResponse:
    """The response in ``body``, which must be one that answers ``request``. Raises `Malformed`."""
    response = decode_response(body)
    if not isinstance(response, (_ANSWERS[request], Refusal)):
        raise Malformed("a response does not answer its request")
    return response


class Ledger:
    """The open requests of one connection, at most ``most``."""

    __slots__ = ("_most", "_open")

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[int, tuple[type[AnyRequest], Answer | Answers]] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def is_forsaken(self) -> bool:
        """Whether it is full, mostly of requests that nobody waits for any more: the relay does not answer."""
        if len(self._open) < self._most:
            return False
        given_up = sum(not isinstance(answer, Answers) and answer.done() for _, answer in self._open.values())
        return given_up * 2 > self._most

    def enter(self, request: type[AnyRequest], answer: Answer | Answers) -> int:
        """The id under which ``answer`` will be given. Raises `TooManyRequests`.

        An answer that nobody waits for any more keeps its place until it comes or the connection ends, so that a late
        response is told from one that was never asked for. Ids are random: those of what waits at a relay must not say
        in which order it was asked for.
        """
        if len(self._open) >= self._most:
            raise TooManyRequests("too many requests are waiting for this server")
        while (request_id := int.from_bytes(os.urandom(4), "big")) in self._open:
            pass
        self._open[request_id] = request, answer
        return request_id

    def settle(self, request_id: int, body: bytes | memoryview) -> None:
        """Give the response in ``body`` to the request that it answers. Raises `Malformed` if there is none."""
        if request_id not in self._open:
            raise Malformed("a response answers no open request")
        request, answer = self._open[request_id]
        response = decode_answer(request, body)
        if isinstance(answer, Answers):
            answer.put(response)
            if isinstance(response, Refusal):
                del self._open[request_id]
            return
        del self._open[request_id]
        if not answer.done():
            answer.set_result(response)

    def fail(self, error: PeerError) -> None:
        """Give ``error`` to everybody who still waits."""
        waiting, self._open = list(self._open.values()), {}
        for _, answer in waiting:
            if isinstance(answer, Answers):
                answer.end(again(error))
            elif not answer.done():
                answer.set_exception(again(error))


def again(error: PeerError) -> PeerError:
    """A copy of ``error``, because one exception cannot be raised in many tasks at once."""
    copy = type(error)(error.message, hint=error.hint)
    copy.__cause__ = error.__cause__
    return copy
