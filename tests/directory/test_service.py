"""The directory as a service: commit, then speak; anonymous lookups; failures that lose nothing and say so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nullabona.directory.core.limits import Limits, Rate
from nullabona.directory.core.records import HOLD_DAYS, Shown
from nullabona.directory.opening import RecordOptions, open_record
from nullabona.directory.service import Clock, DirectoryService, Options, open_directory, read_producible
from nullabona.directory.store.interface import StoreFailed
from nullabona.directory.store.memory import MemoryCardStore
from nullabona.directory.store.schema import COLUMNS
from nullabona.wire.card import sign_delete, verify_card
from nullabona.wire.handle import HandleError, parse_handle
from nullabona.wire.messages import (
    AnyResponse,
    CardFound,
    CardTaken,
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
        return Clock(today=lambda: self.day, seconds=lambda: self.second, now=lambda: int(self.second))


@asynccontextmanager
async def directory(
    data: Path | None = None, time: FakeTime | None = None, limits: Limits | None = None
) -> AsyncIterator[DirectoryService]:
    """A directory with its first epoch served; others are closed when the test says so."""
    options = Options(limits=limits or Limits(), clock=(time or FakeTime()).clock())
    service = open_directory(data, HOST, options)
    try:
        await service.advance()
        yield service
    finally:
        await service.close()


async def ask(service: DirectoryService, request: PublishCard | LookupCard | DeleteCard) -> AnyResponse:
    """Ask as a carrier does: by the request's type, after a trip over the wire."""
    received = decode_request(encode(request))
    return await service.handlers()[type(received)](received)


def plain(answers: list[AnyResponse]) -> list[AnyResponse | bytes]:
    """The answers without their proofs: the card that was shown (empty: none), or that one was taken."""
    found: list[AnyResponse | bytes] = []
    for answer in answers:
        if isinstance(answer, CardFound):
            found.append(answer.card)
        else:
            found.append(CardTaken() if isinstance(answer, CardTaken) else answer)
    return found


NONE = b""
TAKEN = CardTaken()


def publish(data: bytes) -> PublishCard:
    return PublishCard(data)


DELETE = DeleteCard(sign_delete(identity("mina"), FIRST, day=TODAY))


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_published_card_is_found_by_anybody(tmp_path: Path, *, on_disk: bool) -> None:
    """Publish, look up, update, look up, delete: a new card is shown at once, a change once its epoch is served."""

    async def play() -> list[AnyResponse]:
        async with directory(tmp_path if on_disk else None) as service:
            answers = []
            for request in (
                LookupCard("민아"),
                publish(FIRST.encoded),
                LookupCard("민아"),
                None,
                publish(SECOND.encoded),
                publish(SECOND.encoded),
                LookupCard("민아"),
                None,
                LookupCard("민아"),
                DELETE,
                DeleteCard(sign_delete(identity("mina"), SECOND, day=TODAY)),
                DeleteCard(sign_delete(identity("mina"), SECOND, day=TODAY)),
                LookupCard("민아"),
                None,
                LookupCard("민아"),
                publish(FIRST.encoded),
            ):
                if request is None:
                    await service.advance(force=True)
                else:
                    answers.append(await ask(service, request))
            return answers

    assert plain(asyncio.run(play())) == [
        NONE, TAKEN, FIRST.encoded, TAKEN, TAKEN, FIRST.encoded, SECOND.encoded,
        Refusal("card-stale"), Done(), Done(), SECOND.encoded, NONE, Refusal("handle-taken"),
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

    assert plain(asyncio.run(play())) == [
        Refusal("card-invalid"), Refusal("card-invalid"), Refusal("card-invalid"), Refusal("handle-refused"), TAKEN,
        Refusal("handle-taken"), Refusal("handle-taken"), NONE,
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

    assert plain(asyncio.run(play())) == [TAKEN, Done(), Refusal("handle-taken"), TAKEN]


def test_many_publishers_at_once_are_all_answered(tmp_path: Path) -> None:
    """Changes that arrive together share transactions; exactly one of the rivals for a handle wins."""
    handles = [parse_handle(f"user-{number}@relay.example") for number in range(100)]

    async def play() -> tuple[list[AnyResponse], list[AnyResponse]]:
        async with directory(tmp_path) as service:
            rivals = [publish(card_bytes(owner, MINA)) for owner in ("mina", "jun", "new")]
            many = [publish(card_bytes("mina", handle)) for handle in handles]
            answers = await asyncio.gather(*(ask(service, request) for request in rivals + many))
            assert len(service._store.changes(2)) == len(handles) + 1
            return answers[:3], answers[3:]

    rivals, many = asyncio.run(play())
    assert sorted(map(repr, plain(rivals))) == sorted(
        map(repr, [TAKEN, Refusal("handle-taken"), Refusal("handle-taken")])
    )
    assert plain(many) == [TAKEN] * 100


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

    assert plain(asyncio.run(play())) == [
        *[NONE] * 2, Refusal("slow-down", 1), *[Refusal("card-invalid")] * 3, TAKEN,
        Refusal("slow-down", 10), TAKEN, Refusal("slow-down", 1),
    ]  # fmt: skip


def test_the_queue_is_bounded() -> None:
    """More waiting changes than allowed are refused at once."""

    async def play() -> list[AnyResponse]:
        async with directory(limits=Limits(waiting_changes=1)) as service:
            return await asyncio.gather(*(ask(service, publish(card_bytes("jun", h))) for h in (MINA, JUN)))

    assert plain(asyncio.run(play())) == [TAKEN, Refusal("busy", 5)]


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

    def shown(self, name: str, served: int) -> Shown:
        if self.fail == "find":
            raise StoreFailed("cannot read")
        return super().shown(name, served)

    def scrub(self) -> None:
        if self.fail == "scrub":
            raise StoreFailed("cannot scrub")


def faulty() -> tuple[FaultyStore, DirectoryService]:
    store, options = FaultyStore(), Options(clock=FakeTime().clock())
    return store, DirectoryService(store, open_record(None, HOST, store, RecordOptions()), HOST, options)


@pytest.mark.parametrize(("fault", "kept"), [("before", NONE), ("after", FIRST.encoded)])
def test_a_failed_commit_is_never_called_done(fault: str, kept: bytes) -> None:
    """Whether the failed commit happened or not, the publisher hears ``busy``, and asking again completes it."""

    async def play() -> list[AnyResponse]:
        store, service = faulty()
        await service.advance()
        store.fail = fault
        answers = [await ask(service, publish(FIRST.encoded))]
        store.fail = ""
        answers += [await ask(service, LookupCard("민아")), await ask(service, publish(FIRST.encoded))]
        answers.append(await ask(service, LookupCard("민아")))
        await service.close()
        return answers

    assert plain(asyncio.run(play())) == [Refusal("busy", 5), kept, TAKEN, FIRST.encoded]


def test_a_lookup_that_fails_is_not_an_absence() -> None:
    """An error on reading is ``busy``, never ``not-found``; a failed scrub does not disturb an answer."""

    async def play() -> list[AnyResponse]:
        store, service = faulty()
        await service.advance()
        store.fail = "find"
        answers = [await ask(service, LookupCard("민아"))]
        store.fail = "scrub"
        answers.append(await ask(service, publish(FIRST.encoded)))
        store.fail = ""
        await service.close()
        return answers

    assert plain(asyncio.run(play())) == [Refusal("busy", 5), TAKEN]


def test_a_damaged_row_refuses_and_disturbs_nobody_else() -> None:
    """One row that does not verify makes its own update ``busy``; others in the same transaction go on."""

    async def play() -> list[AnyResponse]:
        store, service = faulty()
        await ask(service, publish(FIRST.encoded))
        store._writer.execute("UPDATE card SET encoded = ?", (FIRST.encoded[:-3] + b"\x00\xc4\x00",))
        requests = [publish(SECOND.encoded), publish(card_bytes("jun", JUN))]
        answers = await asyncio.gather(*(ask(service, request) for request in requests))
        await service.close()
        return answers

    assert plain(asyncio.run(play())) == [Refusal("busy", 5), TAKEN]


def test_the_producible_record_is_every_row_and_nothing_else(tmp_path: Path) -> None:
    """A warrant yields every row of the handle: its card, the one still shown, what stands in the record; no more."""

    async def play() -> list[dict[str, object]]:
        async with directory(tmp_path) as service:
            records = [service.producible(str(MINA))]
            for request in (publish(FIRST.encoded), publish(SECOND.encoded)):
                await ask(service, request)
                records.append(service.producible(str(MINA)))
                assert records[-1] == read_producible(tmp_path, str(MINA))
                await service.advance(force=True)
            await ask(service, DeleteCard(sign_delete(identity("mina"), SECOND, day=TODAY)))
            await service.advance(force=True)
            return [*records, service.producible(str(MINA))]

    unknown, first, second, deleted = asyncio.run(play())
    assert {"handle": str(MINA)} == unknown
    assert {
        "name": "민아",
        "skeleton": "민아",
        "encoded": FIRST.encoded.hex(),
        "registered_day": TODAY,
        "epoch": 2,
    }.items() <= (first.items())
    assert [{"epoch": 2, "until_epoch": 3, "encoded": FIRST.encoded.hex()}] == second["replaced"]
    assert [(2, FIRST.hash.hex()), (3, SECOND.hash.hex())] == _entries(second)
    assert [(2, FIRST.hash.hex()), (3, SECOND.hash.hex()), (4, bytes(32).hex())] == _entries(deleted)
    assert {"handle", "until_day", "label", "entries"} == set(deleted)


def _entries(record: dict[str, object]) -> list[tuple[int, str]]:
    entries = record["entries"]
    assert isinstance(entries, list)
    return [(entry["epoch"], entry["digest"]) for entry in entries]


def test_the_producible_record_has_every_declared_column() -> None:
    """No column about a handle is added without being handed over; those of `page` and `epoch` are of nobody."""

    async def play() -> dict[str, object]:
        async with directory() as service:
            for request in (publish(FIRST.encoded), publish(SECOND.encoded)):
                await ask(service, request)
                await service.advance(force=True) if request.card == FIRST.encoded else None
            return service.producible(str(MINA))

    record = asyncio.run(play())
    tables = {"card": record, "replaced": record["replaced"], "entry": record["entries"]}
    for table, rows in tables.items():
        row = rows[0] if isinstance(rows, list) else rows
        assert isinstance(row, dict)
        declared = {column.name for column in COLUMNS if column.table == table}
        assert declared - set(row) <= {"name", "label"} & set(record), table
    assert {column.table for column in COLUMNS} == {*tables, "held", "page", "epoch", "spent"}


def test_a_host_must_be_one() -> None:
    """A directory cannot be opened for something that no handle can name."""
    with pytest.raises(HandleError):
        open_directory(None, "not a host")


def test_the_real_clock_counts_days_since_1970() -> None:
    """The clock's day is the calendar's, in UTC."""
    first = datetime(1970, 1, 1, tzinfo=UTC)
    before, today, after = datetime.now(UTC), Clock().today(), datetime.now(UTC)
    assert (before - first).days <= today <= (after - first).days
