"""Changes that change nothing, in period after period, to have devices name their handles (spec/map.md §6.1).

Every list is true, and nothing false is entered meanwhile. One person's own card enters again; beside another's label a
leaf enters that belongs to no handle. The directory counts how often each handle is named to it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from nullabona.client.api import Client, Warned
from nullabona.client.core.directory.evidence import EvidenceInvalid, Proven, verify_evidence
from nullabona.client.core.directory.keeping import load_expected, load_pinned
from nullabona.drills.lying_directory.findings import Caught
from nullabona.drills.lying_directory.lists import LOOK_S, found_when_drawn, position_of, warned
from nullabona.drills.lying_directory.relay import LyingRelay
from nullabona.drills.reporting.text import Sentences, Text
from nullabona.log.policy import Policy

_say: Final = Sentences("drill_lying_directory")

EMPTY: Final = "empty-change"
QUIET: Final = 2
"""In so many periods nothing enters ..."""
CHANGES: Final = 3
"""... and in so many after them what changes nothing. Each is read by itself before the next one enters."""
_SOONEST_S: Final = LOOK_S / 2 - 60
"""The next look is drawn for no earlier than this after one, less what the drill takes."""
_OWNER: Final = _say("owner-s-device")


@dataclass(frozen=True, slots=True)
class Prodded:
    """A person whose device is to name its handle. ``deed``: what is ordered, each time; ``lie``: its words."""

    client: Client
    deed: str
    order: dict[str, str]
    lie: Text

    @property
    def name(self) -> str:
        """Of the handle."""
        return self.client.me.handle.partition("@")[0]


async def enter_what_changes_nothing(
    relay: LyingRelay, people: Sequence[Prodded], false: bytes, patience_s: float, within_s: float
) -> AsyncIterator[Caught]:
    """How often their devices name their handles, and what they tell; at last a false card is entered for the first."""
    # An operator who is honest again tells lists whole that were signed without a label: everybody looks at these once.
    await _read_through(people, await relay.operator.do("newest"), patience_s)
    before = await _named(relay, people)
    read = await _quiet_periods(relay, people, patience_s)
    quiet = await _named(relay, people)
    count = sum(quiet) - sum(before)
    yield counted("M-18", _say("named-while-quiet", periods=QUIET, named=count), count, most=0, read=read)
    marks = [each.client.last_event() for each in people]
    begun = time.monotonic()
    telling = [_told(each, after, begun, within_s) for each, after in zip(people, marks, strict=True)]
    looking = [asyncio.create_task(each) for each in telling]
    read = await _changes(relay, people, patience_s)
    for each, (code, seconds) in zip(people, await asyncio.gather(*looking), strict=True):
        kept = _keeps_evidence(each.client)
        more = _say("two-files-of-one-card" if kept else "no-two-files")
        expected = frozenset({EMPTY} if kept else set())
        yield Caught("M-08", each.lie, _OWNER, code, expected, seconds, more, within_s)
    named = [now - then for now, then in zip(await _named(relay, people), quiet, strict=True)]
    for each, count in zip(people, named, strict=True):
        yield _drawn(each, count)
    first, *_ = people
    deed = "M-08", _say("false-after-empty")
    yield await found_when_drawn(relay, first.client, false, patience_s, within_s, deed)
    for each, count, after in zip(people, named, marks, strict=True):
        warnings = await _warnings(each.client, after)
        yield counted("M-08", said_of(each.lie, count, warnings), max(count, warnings), most=1, read=read)


# -- what is entered


async def _quiet_periods(relay: LyingRelay, people: Sequence[Prodded], patience_s: float) -> bool:
    await relay.operator.do("epochs", count=QUIET)
    return await _read_through(people, await relay.operator.do("newest"), patience_s)


async def _changes(relay: LyingRelay, people: Sequence[Prodded], patience_s: float) -> bool:
    read = True
    for _ in range(CHANGES):
        epochs = [int(await relay.operator.do(each.deed, **each.order)) for each in people]
        read = await _read_through(people, max(epochs), patience_s) and read
    return read


async def _read_through(people: Sequence[Prodded], epoch: int, patience_s: float) -> bool:
    """Until all of them have read the lists up to this epoch, and looked at whatever handle was due for it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            for each in people:
                while not _has_read(each.client, epoch):  # noqa: ASYNC110 - it reads in its own time
                    await asyncio.sleep(0.1)
        return True
    return False


def _has_read(client: Client, epoch: int) -> bool:
    position = position_of(client)
    with client._session.look() as store:  # noqa: SLF001 - what the owner's own device keeps
        expects = load_expected(store)  # who was promised a card names its handle to see whether it entered
    return position is not None and position.epoch >= epoch and position.look_s > time.time() and not expects


# -- what comes of it


async def _named(relay: LyingRelay, people: Sequence[Prodded]) -> list[int]:
    return [int(await relay.operator.do("named", name=each.name)) for each in people]


async def _told(prodded: Prodded, after: int, begun: float, within_s: float) -> tuple[str, float]:
    code = await warned(prodded.client, after, EMPTY, within_s)
    return code, time.monotonic() - begun


async def _warnings(client: Client, after: int) -> int:
    """How often the person was told of changes that change nothing."""
    last, count = client.last_event(), 0
    if last > after:
        async for event in client.events(after=after):
            count += isinstance(event, Warned) and event.code == EMPTY
            if event.id >= last:
                break
    return count


def said_of(lie: Text, named: int, warnings: int) -> Text:
    """How often a device named its handle because of it, and how often its owner was warned."""
    return _say("named-by-changes", lie=lie, periods=CHANGES, named=named, warnings=warnings)


def counted(id: str, said: Text, count: int, *, most: int, read: bool) -> Caught:
    """A line that holds if something happened no more often than this, and the devices read every list meanwhile."""
    code = str(count) if read else "unread"
    said = said if read else said.because(_say("lists-not-read"))
    return Caught(id, said, _OWNER, code, frozenset(map(str, range(most + 1))), 0.0, said=said)


def _drawn(prodded: Prodded, named: int) -> Caught:
    """Whether the next look after that of the first change is drawn for 6 to 12 hours later."""
    position = position_of(prodded.client)
    ahead_s = 0.0 if position is None else position.look_s - time.time()
    said = _say("next-look-drawn", lie=prodded.lie, named=named, hours=ahead_s / 3_600)
    code = str(named) if _SOONEST_S <= ahead_s <= LOOK_S else "soon"
    return Caught("M-18", said, _OWNER, code, frozenset({"0", "1"}), 0.0, said=said)


def _keeps_evidence(client: Client) -> bool:
    """Whether two files prove to anybody that in two epochs, one after the other, one card was there."""
    with client._session.look() as store:  # noqa: SLF001 - as above
        pinned = load_pinned(store, client.me.handle.partition("@")[2])
    assert pinned is not None
    policy = Policy.parse(pinned.policy)
    try:
        proven = [verify_evidence(each.shown, policy) for each in client.record.evidence() if each.code == EMPTY]
    except EvidenceInvalid:
        return False
    return len(proven) == 2 and _changes_nothing(*proven)


def _changes_nothing(before: Proven, after: Proven) -> bool:
    return before.digest == after.digest is not None and before.epoch + 1 == after.epoch
