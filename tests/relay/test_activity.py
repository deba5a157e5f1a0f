"""Polling all activity over real sockets: every client is sent the same, as soon as it is stored; how waits end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.processes.servers import RelayProcess
from nullabona.relay.activity import DIGEST_S
from nullabona.relay.core.boxes import Batch
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.relay.server import Stores
from nullabona.relay.service import BoxService
from nullabona.relay.shelves.stored import StoredShelf
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.memory import MemoryBlobStore, MemoryBoxStore
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.relay.writer import InlineWriter
from nullabona.wire.messages import (
    ACTIVITY_TAG_SIZE,
    MAX_WAIT_S,
    ActivityDigests,
    AnyResponse,
    Appended,
    PollActivity,
    Refusal,
    decode_response,
    encode,
)
from nullabona.wire.records import split_records
from tests.relay.peers import TIMEOUT_S, Box, Client, RunningRelay, Wire, ask_http, plain, post, read_answer
from tests.relay.pollers import OTHER, SECRET, activity_of, now, over, polls, told, under_way, waiting, wakes


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """ActivityService are over when a test says so (`over`), and otherwise not."""
    monkeypatch.setattr("nullabona.relay.activity.DIGEST_S", 3_600.0)


def test_a_poller_is_told_of_activity(
    run: Callable[..., RunningRelay], box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the frame is kept and the digest's time is over: the box's tag, and nothing else."""
    monkeypatch.setattr("nullabona.relay.activity.DIGEST_S", DIGEST_S)
    relay = run()
    client = relay.client()
    begin = now(client)
    number = polls(client, begin)
    wakes(relay.client(), box)
    assert (begin + 1, [{SECRET}]) == told(client.result(number), SECRET)
    assert ActivityDigests(begin + 2, ()) == client.ask(PollActivity(begin + 1, 0))


def test_activity_together_is_told_together(relay: RunningRelay, client: Client) -> None:
    """Two boxes within one digest are two tags in it; one that two members append to has one."""
    begin = now(client)
    number = polls(client, begin)
    writer, one, two = relay.client(), Box(), Box()
    for box, secret in ((one, SECRET), (two, OTHER), (one, SECRET)):
        wakes(writer, box, secret)
    over(relay)
    answer = client.result(number)
    assert (begin + 1, [{SECRET, OTHER}]) == told(answer, SECRET, OTHER)
    assert isinstance(answer, ActivityDigests)
    assert 2 * ACTIVITY_TAG_SIZE == len(answer.digests[0][1])


def test_a_box_has_one_tag_of_each_who_appends(relay: RunningRelay, client: Client, box: Box) -> None:
    """Whatever secrets come: of one connection the first counts. So nobody keeps another's from being told."""
    begin = now(client)
    secrets = [bytes([number]) * 32 for number in range(50)]
    one, other = relay.client(), relay.client()
    for number in one.start(*[box.append(b"frame", (secret, 1)) for secret in secrets]):
        one.result(number)
    wakes(other, box, SECRET)
    over(relay)
    assert (begin + 1, [{secrets[0], SECRET}]) == told(client.ask(PollActivity(begin, 60)), secrets[0], SECRET)


def test_an_append_without_wake_tokens_is_not_told(relay: RunningRelay, client: Client, box: Box) -> None:
    """Nobody is woken, and no digest begins."""
    begin = now(client)
    number = polls(client, begin)
    waiting(relay, 1)
    relay.client().append(box, b"frame")
    over(relay)
    waiting(relay, 1)
    relay.tick(seconds=60)
    assert ActivityDigests(begin + 1, ()) == client.result(number)


def test_activity_between_two_waits_is_told(relay: RunningRelay, client: Client, box: Box) -> None:
    """What came meanwhile is the answer to the next request, each digest in its order, and told once."""
    begin = now(client)
    writer = relay.client()
    for secret in (SECRET, OTHER, SECRET):
        wakes(writer, box, secret)
        over(relay)
    answer = client.ask(PollActivity(begin, 60))
    assert (begin + 1, [{SECRET}, {OTHER}, {SECRET}]) == told(answer, SECRET, OTHER)
    assert (begin + 3, [{SECRET}]) == told(client.ask(PollActivity(begin + 2, 0)), SECRET)
    assert ActivityDigests(begin + 4, ()) == client.ask(PollActivity(begin + 3, 0))


def test_a_connection_that_ends_misses_nothing(relay: RunningRelay, box: Box) -> None:
    """Numbers are the relay's, not the connection's: the activity in between is told on the next one."""
    client = relay.client()
    begin = now(client)
    client.close()
    wakes(relay.client(), box)
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(relay.client().ask(PollActivity(begin, 60)), SECRET)


def body(client: Client) -> bytes:
    """The bytes of the one answer that is under way."""
    _, payload = client.take_frame()
    [(_, answer)] = split_records(payload, 2**20)
    return bytes(answer)


def test_everybody_is_told_the_same_bytes(relay: RunningRelay, box: Box) -> None:
    """Whether their box is in it or not, and whether they waited or asked later."""
    pollers = [relay.client() for _ in range(4)]
    begins = [now(client) for client in pollers]
    for client in pollers[:3]:
        polls(client, begins[0])
    waiting(relay, 3)
    wakes(relay.client(), box)
    over(relay)
    polls(pollers[3], begins[0], 0)
    answers = [body(client) for client in pollers]
    assert (1, 1) == (len(set(begins)), len(set(answers)))
    assert (begins[0] + 1, [{SECRET}]) == told(decode_response(answers[0]), SECRET)


class Held(SqliteBoxStore):
    """Writes wait until the test lets them, or fail if it says so."""

    entered: threading.Event
    go: threading.Event
    fails = False

    def commit(self, batch: Batch) -> None:
        self.entered.set()
        assert self.go.wait(TIMEOUT_S)
        if self.fails:
            raise StoreFailed("broken")
        super().commit(batch)


@pytest.fixture
def held(run: Callable[..., RunningRelay], tmp_path: Path) -> tuple[RunningRelay, Held]:
    """A relay whose store writes when told to."""
    store = Held(tmp_path)
    store.entered, store.go = threading.Event(), threading.Event()
    return run(stores=Stores(store, MemoryBlobStore())), store


def test_nothing_is_told_before_it_is_kept(held: tuple[RunningRelay, Held], box: Box) -> None:
    """While a batch is being written nobody hears of it; what is told can be read."""
    relay, store = held
    client, writer = relay.client(), relay.client()
    begin = now(client)
    number = polls(client, begin)
    [appending] = writer.start(box.append(b"frame", (SECRET, 1)))
    assert store.entered.wait(TIMEOUT_S)
    over(relay)
    assert ActivityDigests(begin + 1, ()) == relay.client().ask(PollActivity(begin, 0))
    store.go.set()
    assert isinstance(writer.result(appending), Appended)
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(client.result(number), SECRET)
    assert ((1, b"frame"),) == client.read(box).frames


def test_what_is_not_kept_is_not_told(held: tuple[RunningRelay, Held], box: Box) -> None:
    """A batch that fails wakes nobody."""
    relay, store = held
    client = relay.client()
    begin = now(client)
    store.fails = True
    store.go.set()
    assert Refusal("busy", 1) == client.ask(box.append(b"frame", (SECRET, 1)))
    over(relay)
    assert ActivityDigests(begin + 1, ()) == client.ask(PollActivity(begin, 0))
    assert 0 == len(activity_of(relay)._digests)


# -- how waits end


@pytest.mark.parametrize("wait_s", [1, MAX_WAIT_S - 1])
def test_a_wait_lasts_as_long_as_was_asked(relay: RunningRelay, client: Client, wait_s: int) -> None:
    """Not a second less; then the answer is empty, and the next request goes on from there."""
    begin = now(client)
    number = polls(client, begin, wait_s)
    waiting(relay, 1)
    relay.tick(seconds=wait_s - 1)
    waiting(relay, 1)
    relay.tick(seconds=1)
    assert ActivityDigests(begin + 1, ()) == client.result(number)
    assert ActivityDigests(begin + 1, ()) == client.ask(PollActivity(begin, 0))


def test_who_does_not_wait_is_answered_at_once(relay: RunningRelay, client: Client, box: Box) -> None:
    """Also while an activity digest is not over: it is for the next request."""
    begin = now(client)
    wakes(relay.client(), box)
    assert ActivityDigests(begin + 1, ()) == client.ask(PollActivity(begin, 0))
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(client.ask(PollActivity(begin, 0)), SECRET)


@pytest.mark.parametrize("ahead", [-1, 1, 2**40])
def test_a_number_that_means_nothing_is_answered_at_once(relay: RunningRelay, client: Client, ahead: int) -> None:
    """However long the wait was to be: who may have missed something looks into their boxes now."""
    begin = now(client)
    assert ActivityDigests(begin + 1, ()) == client.ask(PollActivity(begin + ahead, 60))
    assert 0 == len(activity_of(relay))


def test_the_newer_of_two_requests_counts(relay: RunningRelay, client: Client, box: Box) -> None:
    """Asked twice on one connection, the first is answered with nothing, and the second gets the activity."""
    begin = now(client)
    first, second = client.start(PollActivity(begin, 60), PollActivity(begin, 60))
    assert ActivityDigests(begin + 1, ()) == client.result(first)
    wakes(relay.client(), box)
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(client.result(second), SECRET)
    assert {(0, 0)} == set(under_way(relay))


def test_who_leaves_is_forgotten(relay: RunningRelay, box: Box) -> None:
    """Nothing waits for a connection that is gone, and later activity troubles nobody."""
    client, stays = relay.client(), relay.client()
    begin = now(client)
    polls(client, begin)
    number = polls(stays, begin)
    waiting(relay, 2)
    client.close()
    waiting(relay, 1)
    wakes(relay.client(), box)
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(stays.result(number), SECRET)


def test_a_stop_answers_who_hears(run: Callable[..., RunningRelay], box: Box) -> None:
    """Nobody is left hanging when the relay stops, and activity until then is told."""
    relay = run()
    early, late = relay.client(), relay.client()
    begin = now(early)
    numbers = [polls(early, begin)]
    wakes(late, box)
    numbers.append(polls(late, begin))
    waiting(relay, 2)
    relay.stop()
    answers = [client.result(number) for client, number in zip((early, late), numbers, strict=True)]
    assert [(begin + 1, [{SECRET}])] * 2 == [told(answer, SECRET) for answer in answers]


def test_a_stop_answers_though_nothing_rang(run: Callable[..., RunningRelay]) -> None:
    """With nothing, rather than with a connection that ends."""
    relay = run()
    client = relay.client()
    begin = now(client)
    number = polls(client, begin)
    waiting(relay, 1)
    relay.stop()
    assert ActivityDigests(begin + 1, ()) == client.result(number)


def test_after_a_stop_nobody_waits() -> None:
    """Whoever asks within this process while what is left is written is answered at once."""

    async def ask() -> tuple[AnyResponse, AnyResponse]:
        writer = InlineWriter(asyncio.get_running_loop())
        shelf = StoredShelf(MemoryBoxStore(), writer, Limits(), rng=lambda bits: 7, on_gone=lambda error: None)
        service = BoxService(shelf, Limits(), Metrics(), rng=lambda bits: 7)
        service.tick(1, 100)
        await service.stop()
        hear = service.handlers()[PollActivity]
        return plain(await hear(PollActivity(0, 60))), plain(await hear(PollActivity(7, 60)))

    assert (ActivityDigests(8, ()), ActivityDigests(8, ())) == asyncio.run(ask())


# -- other carriers, and the real thing


def test_hearing_over_post_is_short(run: Callable[..., RunningRelay], box: Box) -> None:
    """A POST that may not wait is answered with what there is."""
    relay = run(None, Limits(http_wait_s=0))
    writer = relay.client()
    begin = now(writer)
    assert ActivityDigests(begin + 1, ()) == plain(ask_http(relay.address, PollActivity(begin, 60)))
    wakes(writer, box)
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(ask_http(relay.address, PollActivity(begin, 60)), SECRET)


def test_a_post_may_hear(relay: RunningRelay, client: Client, box: Box) -> None:
    """It waits for activity, or no longer than that carrier allows; one that is hung up on is forgotten."""
    begin = now(client)
    waits, leaves = Wire(relay.address), Wire(relay.address)
    for wire in (waits, leaves):
        wire.send(post(encode(PollActivity(begin, MAX_WAIT_S))))
    waiting(relay, 2)
    leaves.close()
    waiting(relay, 1)
    wakes(client, box)
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(decode_response(read_answer(waits)[1]), SECRET)
    waits.send(post(encode(PollActivity(begin + 1, MAX_WAIT_S))))
    waiting(relay, 1)
    relay.tick(seconds=Limits().http_wait_s)
    assert ActivityDigests(begin + 2, ()) == plain(decode_response(read_answer(waits)[1]))


def test_a_process_tells_all_that_rings(spawn: Callable[..., RelayProcess], tmp_path: Path) -> None:
    """From an append to a polling client; after another start, numbers of the run before are known to mean nothing."""
    data, host = tmp_path / "data", ("--host", "relay.example")
    process = spawn(data, *host)
    pollers, writer = [Client(process.address) for _ in range(2)], Client(process.address)
    at = now(writer)
    for secret in (SECRET, OTHER):
        numbers = [polls(client, at) for client in pollers]
        for client in pollers:
            client.ask(Box().read())  # so that both wait before the append
        wakes(writer, Box(), secret)
        answers = [client.result(number) for client, number in zip(pollers, numbers, strict=True)]
        at += 1
        assert [(at, [{secret}])] * 2 == [told(answer, SECRET, OTHER) for answer in answers]
        assert encode(answers[0]) == encode(answers[1])
    process.stop()
    answer = Client(spawn(data, *host).address).ask(PollActivity(at, 60))
    assert isinstance(answer, ActivityDigests)
    assert (True, ()) == (answer.first != at + 1, answer.digests)
