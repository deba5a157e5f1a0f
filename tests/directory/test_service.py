"""The directory as a service: commit, then speak; anonymous lookups; failures that lose nothing and say so."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nullabona.directory.core.limits import Limits, Rate
from nullabona.directory.core.records import HOLD_DAYS, LogEntry, StoredCard
from nullabona.directory.service import Clock, DirectoryService, Options, open_directory, read_producible
from nullabona.directory.store.interface import StoreFailed
from nullabona.directory.store.memory import MemoryCardStore
from nullabona.directory.store.schema import COLUMNS
from nullabona.errors import Bug
from nullabona.wire.card import sign_delete, verify_card
from nullabona.wire.handle import HandleError, parse_handle
from nullabona.wire.messages import (
    AnyResponse,
    CardFound,
    DeleteCard,
    Done,
    LookupCard,
    PublishCard,
    Refusal,
    decode_request,
    encode,
)
from tests.wire.cards import JUN, MINA, TODAY, TwinCard, card_bytes, first_card, identity, next_bytes

HOST = "relay.example"
FIRST = first_card()
SECOND = verify_card(next_bytes(FIRST), today=TODAY, previous=FIRST)


class FakeTime:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.day = TODAY
        self.second = 0.0

    def clock(self) -> Clock:
        return Clock(today=lambda: self.day, seconds=lambda: self.second)


class ListLog:
    """A log in a list."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []

    def append(self, entry: LogEntry) -> None:
        self.entries.append(entry)


@asynccontextmanager
async def directory(
    data: Path | None = None, time: FakeTime | None = None, limits: Limits | None = None, log: ListLog | None = None
) -> AsyncIterator[DirectoryService]:
    options = Options(limits=limits or Limits(), clock=(time or FakeTime()).clock(), log=log or ListLog())
    service = open_directory(data, HOST, options)
    try:
        yield service
    finally:
        await service.close()


async def ask(service: DirectoryService, request: PublishCard | LookupCard | DeleteCard) -> AnyResponse:
    """Ask as a carrier does: by the request's type, after a trip over the wire."""
    received = decode_request(encode(request))
    return await service.handlers()[type(received)](received)


def publish(data: bytes) -> PublishCard:
    return PublishCard(data)


DELETE = DeleteCard(sign_delete(identity("mina"), FIRST, day=TODAY))


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_published_card_is_found_by_anybody(tmp_path: Path, *, on_disk: bool) -> None:
    """Publish, look up, update, look up, delete: each answer is what the next request sees."""

    async def play() -> list[AnyResponse]:
        async with directory(tmp_path if on_disk else None) as service:
            return [
                await ask(service, request)
                for request in (
                    LookupCard("민아"),
                    publish(FIRST.encoded),
                    LookupCard("민아"),
                    publish(SECOND.encoded),
                    publish(SECOND.encoded),
                    LookupCard("민아"),
                    DELETE,
                    DeleteCard(sign_delete(identity("mina"), SECOND, day=TODAY)),
                    DeleteCard(sign_delete(identity("mina"), SECOND, day=TODAY)),
                    LookupCard("민아"),
                    publish(FIRST.encoded),
                )
            ]

    assert asyncio.run(play()) == [
        Refusal("not-found"), Done(), CardFound(FIRST.encoded), Done(), Done(), CardFound(SECOND.encoded),
        Refusal("card-stale"), Done(), Done(), Refusal("not-found"), Refusal("handle-taken"),
    ]  # fmt: skip


def test_refusals_have_clear_codes() -> None:
    """Garbage, forged signatures, bad handles and look-alikes each get their own code."""
    mina, m1na = parse_handle("mina@relay.example"), parse_handle("m1na@relay.example")

    async def play() -> list[AnyResponse]:
        async with directory() as service:
            return [
                await ask(service, request)
                for request in (
                    publish(b"garbage"),
                    DeleteCard(b"garbage"),
                    publish(TwinCard().encode("jun")),
                    publish(TwinCard(handle="admin@relay.example").encode()),
                    publish(card_bytes("mina", mina)),
                    publish(card_bytes("jun", m1na)),
                    publish(card_bytes("jun", mina)),
                    LookupCard("m1na"),
                )
            ]

    assert asyncio.run(play()) == [
        Refusal("card-invalid"), Refusal("card-invalid"), Refusal("card-invalid"), Refusal("handle-refused"), Done(),
        Refusal("handle-taken"), Refusal("handle-taken"), Refusal("not-found"),
    ]  # fmt: skip


def test_a_held_handle_is_free_after_its_time() -> None:
    """Nobody takes a deleted handle within the stated days; afterwards anybody may."""

    async def play() -> list[AnyResponse]:
        time = FakeTime()
        async with directory(time=time) as service:
            answers = [await ask(service, publish(FIRST.encoded)), await ask(service, DELETE)]
            for day in (TODAY + HOLD_DAYS, TODAY + HOLD_DAYS + 1):
                time.day = day
                answers.append(await ask(service, publish(card_bytes("jun", MINA))))
            return answers

    assert asyncio.run(play()) == [Done(), Done(), Refusal("handle-taken"), Done()]


def test_many_publishers_at_once_are_all_answered(tmp_path: Path) -> None:
    """Changes that arrive together share transactions; exactly one of the rivals for a handle wins."""
    handles = [parse_handle(f"user-{number}@relay.example") for number in range(100)]

    async def play() -> tuple[list[AnyResponse], list[AnyResponse]]:
        log = ListLog()
        async with directory(tmp_path, log=log) as service:
            rivals = [publish(card_bytes(owner, MINA)) for owner in ("mina", "jun", "new")]
            many = [publish(card_bytes("mina", handle)) for handle in handles]
            answers = await asyncio.gather(*(ask(service, request) for request in rivals + many))
            assert len(log.entries) == len(handles) + 1
            return answers[:3], answers[3:]

    rivals, many = asyncio.run(play())
    assert sorted(map(repr, rivals)) == sorted(map(repr, [Done(), Refusal("handle-taken"), Refusal("handle-taken")]))
    assert many == [Done()] * 100


def test_rate_limits_count_no_addresses() -> None:
    """Too many lookups or changes are told to wait, and wrong cards use up nobody's handle."""
    requests: list[PublishCard | LookupCard] = [
        *[LookupCard("민아")] * 3,
        *[publish(TwinCard().encode("jun"))] * 3,
        publish(FIRST.encoded),
        publish(SECOND.encoded),
        publish(card_bytes("jun", JUN)),
        publish(card_bytes("jun", JUN)),
    ]
    limits = Limits(lookups=Rate(2, 1), changes=Rate(6, 1), changes_per_handle=Rate(1, 0.1))

    async def play() -> list[AnyResponse]:
        async with directory(limits=limits) as service:
            return [await ask(service, request) for request in requests]

    assert asyncio.run(play()) == [
        *[Refusal("not-found")] * 2, Refusal("slow-down", 1), *[Refusal("card-invalid")] * 3, Done(),
        Refusal("slow-down", 10), Done(), Refusal("slow-down", 1),
    ]  # fmt: skip


def test_the_queue_is_bounded() -> None:
    """More waiting changes than allowed are refused at once."""

    async def play() -> list[AnyResponse]:
        async with directory(limits=Limits(waiting_changes=1)) as service:
            return await asyncio.gather(*(ask(service, publish(card_bytes("jun", h))) for h in (MINA, JUN)))

    assert asyncio.run(play()) == [Done(), Refusal("busy", 5)]


class FaultyStore(MemoryCardStore):
    """Fails its next commit, before or after it happened, or its lookups and scrubs."""

    def __init__(self) -> None:
        super().__init__()
        self.fail: str = ""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self.fail == "before":
            raise StoreFailed("did not happen")
        with super().transaction():
            yield
        if self.fail == "after":
            raise StoreFailed("did happen")

    def find(self, name: str) -> StoredCard | None:
        if self.fail == "find":
            raise StoreFailed("cannot read")
        return super().find(name)

    def scrub(self) -> None:
        if self.fail == "scrub":
            raise StoreFailed("cannot scrub")


@pytest.mark.parametrize(("fault", "kept"), [("before", Refusal("not-found")), ("after", CardFound(FIRST.encoded))])
def test_a_failed_commit_is_never_called_done(fault: str, kept: AnyResponse) -> None:
    """Whether the failed commit happened or not, the publisher hears ``busy``, and asking again completes it."""

    async def play() -> list[AnyResponse]:
        store = FaultyStore()
        service = DirectoryService(store, HOST, Options(clock=FakeTime().clock()))
        store.fail = fault
        answers = [await ask(service, publish(FIRST.encoded))]
        store.fail = ""
        answers += [await ask(service, LookupCard("민아")), await ask(service, publish(FIRST.encoded))]
        answers.append(await ask(service, LookupCard("민아")))
        await service.close()
        return answers

    assert asyncio.run(play()) == [Refusal("busy", 5), kept, Done(), CardFound(FIRST.encoded)]


def test_a_lookup_that_fails_is_not_an_absence() -> None:
    """An error on reading is ``busy``, never ``not-found``; a failed scrub does not disturb an answer."""

    async def play() -> list[AnyResponse]:
        store = FaultyStore()
        service = DirectoryService(store, HOST, Options(clock=FakeTime().clock()))
        store.fail = "find"
        answers = [await ask(service, LookupCard("민아"))]
        store.fail = "scrub"
        answers.append(await ask(service, publish(FIRST.encoded)))
        store.fail = ""
        await service.close()
        return answers

    assert asyncio.run(play()) == [Refusal("busy", 5), Done()]


class FailingLog(ListLog):
    """A log that cannot take the entry."""

    def append(self, entry: LogEntry) -> None:
        raise Bug("the log is full")


def test_a_card_is_kept_only_with_its_log_entry() -> None:
    """When the log refuses, the card is not kept either, and the caller learns that it is our fault."""

    async def play() -> AnyResponse:
        async with directory(log=FailingLog()) as service:
            with pytest.raises(Bug):
                await ask(service, publish(FIRST.encoded))
            return await ask(service, LookupCard("민아"))

    assert asyncio.run(play()) == Refusal("not-found")


def test_a_damaged_row_refuses_and_disturbs_nobody_else() -> None:
    """One row that does not verify makes its own update ``busy``; others in the same transaction go on."""

    async def play() -> list[AnyResponse]:
        store = MemoryCardStore()
        service = DirectoryService(store, HOST, Options(clock=FakeTime().clock()))
        await ask(service, publish(FIRST.encoded))
        store._committed.cards["민아"] = StoredCard("민아", "민아", FIRST.encoded[:-3] + b"\x00\xc4\x00", TODAY)
        requests = [publish(SECOND.encoded), publish(card_bytes("jun", JUN))]
        answers = await asyncio.gather(*(ask(service, request) for request in requests))
        await service.close()
        return answers

    assert asyncio.run(play()) == [Refusal("busy", 5), Done()]


def test_the_producible_record_is_the_row_and_nothing_else(tmp_path: Path) -> None:
    """A warrant yields every declared column of the card, and for a deleted handle only its hold."""

    async def play() -> list[dict[str, object]]:
        async with directory(tmp_path) as service:
            unknown = service.producible("민아@relay.example")
            await ask(service, publish(FIRST.encoded))
            known = service.producible("민아@relay.example")
            assert known == read_producible(tmp_path, "민아@relay.example")
            await ask(service, DELETE)
            return [unknown, known, service.producible("민아@relay.example")]

    assert asyncio.run(play()) == [
        {"handle": str(MINA)},
        {"handle": str(MINA), "name": "민아", "skeleton": "민아", "encoded": FIRST.encoded.hex(),
         "registered_day": TODAY},
        {"handle": str(MINA), "until_day": TODAY + HOLD_DAYS},
    ]  # fmt: skip


def test_the_producible_record_has_every_declared_column() -> None:
    """No column of the card table can be added without appearing in what is handed over."""

    async def play() -> dict[str, object]:
        async with directory() as service:
            await ask(service, publish(FIRST.encoded))
            return service.producible(str(MINA))

    declared = {column.name for column in COLUMNS if column.table == "card"}
    assert set(asyncio.run(play())) == declared | {"handle"}


def test_a_host_must_be_one() -> None:
    """A directory cannot be opened for something that no handle can name."""
    with pytest.raises(HandleError):
        open_directory(None, "not a host")


def test_the_real_clock_counts_days_since_1970() -> None:
    """The clock's day is the calendar's, in UTC."""
    first = datetime(1970, 1, 1, tzinfo=UTC)
    before, today, after = datetime.now(UTC), Clock().today(), datetime.now(UTC)
    assert (before - first).days <= today <= (after - first).days


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.wire.cards import card_bytes
from nullabona.directory.service import open_directory
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import Done, PublishCard

async def one(service, number):
    handle = parse_handle(f"user-{number}@relay.example")
    if await service.publish(PublishCard(card_bytes("mina", handle, day=0))) == Done():
        print(number, flush=True)

async def main():
    service = open_directory(Path(sys.argv[1]), "relay.example")
    for start in range(0, 10_000, 8):
        await asyncio.gather(*(one(service, start + i) for i in range(8)))

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("answers", [1, 9, 40, 101, 200])
def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path, answers: int) -> None:
    """Kill -9 in the middle of publishing: every card that was answered is there when the directory opens again."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as lines:
        said = [next(lines).strip() for _ in range(answers)]
        process.kill()
        said += [line.strip() for line in lines if line.endswith("\n")]
    process.wait()

    async def look() -> list[AnyResponse]:
        async with directory(tmp_path) as service:
            return [await ask(service, LookupCard(f"user-{number}")) for number in said]

    assert all(isinstance(answer, CardFound) for answer in asyncio.run(look()))
