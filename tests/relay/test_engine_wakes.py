"""What an engine's answers make of a wake left at an inbox: none is lost without a word (spec/engine.md §3)."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.engine.asked import Write
from nullabona.relay.shelves.engine.driver import EngineFailed, EngineFull, Reply
from nullabona.relay.shelves.engine.shelf import EngineShelf
from nullabona.relay.shelves.port import Answers, Kept
from tests.relay.shelves import Asker

INBOX = bytes(range(32))
SILENT = EngineFailed("no answer")


class Told:
    """A shelf that is asked nothing, and what it reports."""

    def __init__(self) -> None:
        self.shelf = EngineShelf(cast(Any, None), cast(Any, None), Limits(), rng=lambda _: 1)
        self.omitted, self.recorded = 0, list[bytes]()
        self.kept_wakes, self.failures = list[bytes](), list[Exception]()
        shelf = cast(Any, self.shelf)
        shelf._writes = SimpleNamespace(node_of=lambda _: "node")
        shelf._watches = SimpleNamespace(get=lambda _: None)
        shelf._nodes = frozenset({"node"})
        shelf.digests = SimpleNamespace(omit=self.omit, record=lambda secret, *_: self.recorded.append(bytes(secret)))
        self.shelf.report_to(cast(Any, self))

    def omit(self) -> None:
        self.omitted += 1

    def kept(self, kept: Kept) -> None:
        self.kept_wakes += [bytes(wake[0]) for arrival in kept.arrivals for wake in arrival.wakes]

    def failed(self, error: Exception, answers: Answers) -> None:
        del answers
        self.failures.append(error)

    def answered(self, *pairs: tuple[bytes | None, Reply], secret: bytes = b"") -> None:
        """Appends to an inbox (a frame), or secrets left there (None), were answered so."""
        caller, batch, replies = Asker(Limits()), list[Write](), list[Reply]()
        for frame, reply in pairs:
            wake = (bytearray(secret), 0, self.shelf)
            command = (b"FCALL", b"f", b"1", b"b:" + INBOX)
            self.shelf._flying[INBOX] = self.shelf._flying.get(INBOX, 0) + (frame is not None)
            batch.append(Write(command, 1, caller if frame else None, 1, INBOX, frame, wake))
            replies.append(reply)
        self.shelf._written(batch, cast(Sequence[Reply], replies))
        assert not any(any(write.wake[0]) for write in batch if write.wake is not None)


@pytest.mark.parametrize(
    ("frame", "reply", "omitted"),
    [
        (None, 1, 0),
        (None, SILENT, 1),
        (None, EngineFull("full"), 1),
        (b"letter", SILENT, 1),
        (b"letter", EngineFull("full"), 0),
        (b"letter", b"day-quota", 0),
        (b"letter", [7, b"i" * 8, 0], 0),
    ],
)
def test_digests_omit_what_may_be_lost(frame: bytes | None, reply: Reply, omitted: int) -> None:
    """A secret that may not be left, and one that an unanswered append may have used up; not what is surely refused."""
    told = Told()
    told.answered((frame, reply), secret=b"" if frame else b"s" * 32)
    assert (omitted, [], []) == (told.omitted, told.recorded, told.kept_wakes)


def test_what_came_since_a_look_is_told_at_once_and_what_an_append_uses_up_with_it() -> None:
    """Each with its own secret."""
    told = Told()
    told.answered((None, 0), secret=b"s" * 32)
    told.answered((b"letter", [8, b"i" * 8, 0, b"t" * 32]))
    assert (0, [b"s" * 32], [b"t" * 32]) == (told.omitted, told.recorded, told.kept_wakes)


def test_a_shard_that_takes_no_wakes_is_not_one_that_cannot_write() -> None:
    """As one whose rights are of an earlier release: it neither is in trouble by that, nor out of it."""
    told = Told()
    told.answered((None, SILENT), secret=b"s" * 32)
    assert ("", []) == (told.shelf.trouble, told.failures)
    told.answered((b"letter", SILENT))
    told.answered((None, SILENT), secret=b"s" * 32)
    assert ("cannot write", [SILENT]) == (told.shelf.trouble, told.failures)
    told.answered((b"letter", [9, b"i" * 8, 0]))
    assert "" == told.shelf.trouble
