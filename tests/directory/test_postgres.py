"""A directory whose cards and log are in PostgreSQL: the same answers, another machine, a server that hangs."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.directory import looking_up
from nullabona.directory.opening import RecordOptions
from nullabona.directory.producing import read_producible_from
from nullabona.directory.service import DirectoryService, Options, open_directory
from nullabona.errors import NullabonaError
from nullabona.machine.database import LeadershipLost
from nullabona.wire.messages import AnyResponse, Blob, CardFound, CardTaken, LogFile, LookupCard, PublishCard, Refusal
from tests.directory.test_service import FIRST, HOST, SECOND, FakeTime
from tests.postgres.server import programs
from tests.postgres.test_standby import Pair
from tests.wire.cards import MINA

pytestmark = [
    pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed: tools/need_programs.sh"),
    pytest.mark.timeout(180),  # two servers start, on a machine that may be busy
]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A primary and its standby."""
    made = Pair()
    yield made
    made.remove()


def test_a_desk_reads_what_is_held_of_a_handle(pair: Pair, tmp_path: Path) -> None:
    """From the database, while the directory runs: the same as the directory itself hands over, and no more."""

    async def play() -> list[dict[str, object]]:
        url = pair.first.url(pair.name)
        service = opened(tmp_path, url)
        await service.advance()
        await service.publish(PublishCard(FIRST.encoded))
        told = [service.producible(str(MINA)), read_producible_from(url, str(MINA))]
        told.append(read_producible_from(url, "jiwon@relay.example"))
        await service.close()
        return told

    ours, theirs, nobody = asyncio.run(play())
    assert ours == theirs
    assert FIRST.encoded.hex() == ours["encoded"]
    assert {"handle": "jiwon@relay.example"} == nobody


class Ended:
    """A carrier that only hears why it is to end."""

    def __init__(self) -> None:
        self.why: list[NullabonaError] = []

    def end(self, error: NullabonaError) -> None:
        self.why.append(error)

    def note(self, _kind: str, _error: BaseException) -> None:
        pass


def opened(folder: Path, url: str) -> DirectoryService:
    """The directory on one machine."""
    return open_directory(folder, HOST, Options(clock=FakeTime().clock(), record=RecordOptions(store=url)))


def found(answer: AnyResponse) -> bytes:
    """The card that was shown."""
    assert isinstance(answer, CardFound)
    return answer.card


def test_another_machine_goes_on(pair: Pair, tmp_path: Path) -> None:
    """With the record's key and an empty folder it shows what was published, and takes the next card."""

    async def play() -> tuple[list[bytes], bytes, bytes]:
        first = opened(tmp_path / "first", pair.first.url(pair.name))
        await first.advance()
        assert isinstance(await first.publish(PublishCard(FIRST.encoded)), CardTaken)
        await first.advance(force=True)
        shown = [found(await first.look_up(LookupCard("민아")))]
        before = await first.log_file(LogFile("checkpoint"))
        await first.close()
        (tmp_path / "second/record").mkdir(parents=True)
        shutil.copy(tmp_path / "first/record/record.key", tmp_path / "second/record/record.key")
        second = opened(tmp_path / "second", pair.first.url(pair.name))
        after = await second.log_file(LogFile("checkpoint"))
        await second.advance()
        shown.append(found(await second.look_up(LookupCard("민아"))))
        assert isinstance(await second.publish(PublishCard(SECOND.encoded)), CardTaken)
        await second.advance(force=True)
        shown.append(found(await second.look_up(LookupCard("민아"))))
        await second.close()
        assert isinstance(before, Blob)
        assert isinstance(after, Blob)
        return shown, before.data, after.data

    shown, before, after = asyncio.run(play())
    assert [FIRST.encoded, FIRST.encoded, SECOND.encoded] == shown
    assert before == after
    assert [] == [path.name for path in tmp_path.rglob("*.db")]


def test_who_was_taken_over_answers_nothing_and_ends(pair: Pair, tmp_path: Path) -> None:
    """Also a look-up: what the successor has entered since is not for the older process to show."""

    async def play() -> list[AnyResponse]:
        service = opened(tmp_path, pair.first.url(pair.name))
        service.settle_in(carrier)
        await service.advance()
        await service.publish(PublishCard(FIRST.encoded))
        await service.advance(force=True)
        pair.first.sql("UPDATE cards.lease SET term = term + 1", pair.name)
        answers = [await service.look_up(LookupCard("민아")), await service.publish(PublishCard(SECOND.encoded))]
        await service.close()
        return answers

    carrier = Ended()
    answers = asyncio.run(play())
    assert ["busy", "busy"] == [answer.code for answer in answers if isinstance(answer, Refusal)]
    assert {LeadershipLost} == {type(error) for error in carrier.why}


def test_a_server_that_hangs_stops_nobody_else(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up is told to come again; the event loop, on which boxes are served, goes on meanwhile."""
    monkeypatch.setattr(looking_up, "PATIENCE_S", 0.3)

    async def play() -> tuple[AnyResponse, int, bytes]:
        service = opened(tmp_path, pair.first.url(pair.name))
        await service.advance()
        await service.publish(PublishCard(FIRST.encoded))
        await service.advance(force=True)
        pair.first.pause()
        turns = 0
        asked = asyncio.create_task(service.look_up(LookupCard("민아")))
        while not asked.done():
            await asyncio.sleep(0.01)
            turns += 1
        pair.first.go_on()
        shown = found(await service.look_up(LookupCard("민아")))
        await service.close()
        return asked.result(), turns, shown

    answer, turns, shown = asyncio.run(play())
    assert isinstance(answer, Refusal)
    assert ("busy", FIRST.encoded) == (answer.code, shown)
    assert turns > 3
