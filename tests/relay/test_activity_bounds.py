"""What polling may cost a relay, what is remembered for pollers and for how long, and what memory must not say."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from nullabona.drills.search import memory_chunks
from nullabona.processes.servers import RelayProcess
from nullabona.relay.activity import CLIENT_S, DIGEST_S, KEEP_S, digest_s
from nullabona.relay.core.digests import Digests
from nullabona.relay.core.limits import Limits
from nullabona.relay.websocket import WebSocket
from nullabona.wire.messages import MAX_WAIT_S, ActivityDigests, AwaitWake, Frames, PollActivity, Refusal
from nullabona.wire.wakes import wake_token
from tests.relay.peers import Box, Client, RunningRelay
from tests.relay.pollers import (
    OTHER,
    SECRET,
    activity_of,
    bytes_below,
    now,
    over,
    polls,
    told,
    under_way,
    waiting,
    wakes,
)


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """ActivityService are over when a test says so (`over`), and otherwise not."""
    monkeypatch.setattr("nullabona.relay.activity.DIGEST_S", 3_600.0)


def test_hearing_counts_among_what_a_connection_waits_for(run: Callable[..., RunningRelay], box: Box) -> None:
    """Up to the limit it waits, beyond it is refused; but whoever waits may ask anew, and one may always not wait."""
    relay = run(None, Limits(waiting_per_connection=1))
    poller, reader = relay.client(), relay.client()
    begin = now(poller)
    first, second = poller.start(PollActivity(begin, 60), PollActivity(begin, 60))
    assert ActivityDigests(begin + 1, ()) == poller.result(first)
    assert Refusal("slow-down", 1) == poller.ask(box.read(wait_s=60))
    [reading] = reader.start(box.read(wait_s=60))
    assert Refusal("slow-down", 1) == reader.ask(PollActivity(begin, 60))
    assert ActivityDigests(begin + 1, ()) == reader.ask(PollActivity(begin, 0))
    wakes(relay.client(), box)
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(poller.result(second), SECRET)
    assert isinstance(reader.result(reading), Frames)
    assert {(0, 0)} == set(under_way(relay))


def test_hearing_counts_among_what_the_relay_waits_for(run: Callable[..., RunningRelay], box: Box) -> None:
    """Reads, tokens and pollers share one limit; refused waits cost nothing, and room that is left can be taken."""
    relay = run(None, Limits(waiting_total=3))
    poller, reader, late = relay.client(), relay.client(), relay.client()
    begin = now(poller)
    reader.start(AwaitWake(wake_token(OTHER, 0), 60), box.read(wait_s=60))
    numbers = [polls(poller, begin)]
    while relay.relay.boxes._waiters() < 3:
        relay.call(lambda: None)
    assert Refusal("busy", 10) == late.ask(PollActivity(begin, 60))
    assert Refusal("busy", 10) == late.ask(Box().read(wait_s=60))
    assert Refusal("busy", 1) == late.ask(AwaitWake(wake_token(OTHER, 1), 60))
    reader.close()
    while relay.relay.boxes._waiters() > 1:
        relay.call(lambda: None)
    numbers.append(polls(late, begin))
    wakes(relay.client(), box)
    over(relay)
    answers = [client.result(number) for client, number in zip((poller, late), numbers, strict=True)]
    assert [(begin + 1, [{SECRET}])] * 2 == [told(answer, SECRET) for answer in answers]
    assert {(0, 0)} == set(under_way(relay))


@pytest.mark.parametrize(
    ("pollers", "expected"),
    [(0, DIGEST_S), (3_999, DIGEST_S), (4_000, DIGEST_S), (4_001, 4_001 * CLIENT_S), (40_000, 2.0)],
)
def test_a_digest_is_long_enough_to_answer_all(pollers: int, expected: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of a second for up to four thousand who hear; beyond, 50 microseconds for each."""
    monkeypatch.setattr("nullabona.relay.activity.DIGEST_S", DIGEST_S)
    assert expected == pytest.approx(digest_s(pollers))


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_digest_waits_for_as_many_as_poll_when_its_time_comes(
    relay: RunningRelay, box: Box, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """Whether they came before the first append or after; in the end every client is sent the same digest."""
    pollers = [relay.client() for _ in range(2)]
    begin = now(pollers[0])
    numbers = [polls(client, begin) for client in pollers[:before]]
    waiting(relay, before)
    wakes(relay.client(), box)
    numbers += [polls(client, begin) for client in pollers[before:]]
    waiting(relay, 2)
    monkeypatch.setattr("nullabona.relay.activity.DIGEST_S", 0.0)
    monkeypatch.setattr("nullabona.relay.activity.CLIENT_S", 3_600.0)
    times_up(relay)
    closing = activity_of(relay)._closing
    assert closing is not None
    assert 7_200 == pytest.approx(closing.when() - activity_of(relay)._begun, abs=1)
    assert 2 == len(activity_of(relay))
    monkeypatch.setattr("nullabona.relay.activity.CLIENT_S", 0.0)
    times_up(relay)
    answers = [client.result(number) for client, number in zip(pollers, numbers, strict=True)]
    assert [(begin + 1, [{SECRET}])] * 2 == [told(answer, SECRET) for answer in answers]


def test_a_digest_that_nobody_waits_for_is_not_longer(
    relay: RunningRelay, client: Client, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is not there costs nothing, and hears it when they ask again."""
    begin = now(client)
    wakes(client, box)
    monkeypatch.setattr("nullabona.relay.activity.DIGEST_S", 0.0)
    monkeypatch.setattr("nullabona.relay.activity.CLIENT_S", 3_600.0)
    times_up(relay)
    assert activity_of(relay)._closing is None
    assert (begin + 1, [{SECRET}]) == told(client.ask(PollActivity(begin, 0)), SECRET)


def times_up(relay: RunningRelay) -> None:
    """The shortest time of a digest has passed."""
    relay.call(activity_of(relay)._close_in_time)


def test_requests_and_refusals_are_counted(run: Callable[..., RunningRelay]) -> None:
    """As those of any kind, and nothing more."""
    relay = run(None, Limits(waiting_total=1))
    client, other = relay.client(), relay.client()
    begin = now(client)
    polls(client, begin)
    waiting(relay, 1)
    assert Refusal("busy", 10) == other.ask(PollActivity(begin, 60))
    metrics = relay.relay.metrics
    assert (3, {"busy": 1}) == (metrics.requests["poll_activity"], dict(metrics.refusals))


def test_who_does_not_read_is_told_that_they_missed_it(
    relay: RunningRelay, client: Client, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose answers pile up gets a short one, waiting or not; what they missed is there when they have read."""
    begin = now(client)
    number = polls(client, begin)
    waiting(relay, 1)
    [peer] = relay.relay._sockets
    with monkeypatch.context() as patch:
        patch.setattr(peer, "is_full", lambda: True)
        wakes(relay.client(), box)
        over(relay)
        assert [ActivityDigests(begin + 2, ())] * 2 == [client.result(number), client.ask(PollActivity(begin, 60))]
    assert (begin + 1, [{SECRET}]) == told(client.ask(PollActivity(begin, 60)), SECRET)


@pytest.mark.parametrize("slow", [0, 1, 2])
def test_who_does_not_read_changes_nothing_for_others(
    relay: RunningRelay, box: Box, monkeypatch: pytest.MonkeyPatch, slow: int
) -> None:
    """Of three who wait one is told that they missed it, whichever began first, and the others the activity."""
    pollers, numbers = [relay.client() for _ in range(3)], []
    begin = now(pollers[0])
    peers = dict[WebSocket, None]()
    for client in pollers:
        numbers.append(polls(client, begin))
        waiting(relay, len(numbers))
        peers |= dict.fromkeys(peer for peer in relay.relay._sockets if peer.budget.waiting)
    monkeypatch.setattr(list(peers)[slow], "is_full", lambda: True)
    wakes(relay.client(), box)
    over(relay)
    answers = [client.result(number) for client, number in zip(pollers, numbers, strict=True)]
    assert ActivityDigests(begin + 2, ()) == answers.pop(slow)
    assert [(begin + 1, [{SECRET}])] * 2 == [told(answer, SECRET) for answer in answers]


def test_who_does_not_read_waits_all_the_same(
    relay: RunningRelay, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If there is nothing that they missed."""
    begin = now(client)
    [peer] = relay.relay._sockets
    monkeypatch.setattr(peer, "is_full", lambda: True)
    number = polls(client, begin)
    waiting(relay, 1)
    relay.tick(seconds=60)
    assert ActivityDigests(begin + 1, ()) == client.result(number)


# -- what is remembered


def test_nothing_is_remembered_while_nobody_hears(relay: RunningRelay, client: Client, box: Box) -> None:
    """No salt, no tag, no secret and no time: the relay does not even reckon what nobody asked for."""
    wakes(client, box)
    assert set() == kept_of(relay)
    assert 0 == len(activity_of(relay)._digests)
    assert activity_of(relay)._closing is None


@pytest.mark.parametrize("forgets", [False, True])
def test_activity_is_forgotten_when_nobody_polls_any_more(
    relay: RunningRelay, client: Client, box: Box, *, forgets: bool
) -> None:
    """Until then whoever comes back is told all of it, and from then on that they missed something."""
    begin = now(client)
    wakes(client, box)
    over(relay)
    wakes(client, box, OTHER)
    relay.tick(seconds=KEEP_S - 1 + forgets)
    assert forgets == (set() == kept_of(relay))
    if forgets:
        assert [ActivityDigests(begin + 4, ())] * 4 == [
            client.ask(PollActivity(begin + heard, 0)) for heard in range(4)
        ]
    else:
        assert (begin + 1, [{SECRET}]) == told(client.ask(PollActivity(begin, 0)), SECRET)


def test_activity_after_that_is_not_remembered(relay: RunningRelay, client: Client, box: Box) -> None:
    """Until a client polls again: it is told that it missed something, and then of activity."""
    begin = now(client)
    relay.tick(seconds=KEEP_S)
    wakes(client, box)
    assert 0 == len(activity_of(relay)._digests)
    assert ActivityDigests(begin + 2, ()) == client.ask(PollActivity(begin, 60))
    number = polls(client, begin + 1)
    wakes(relay.client(), box, OTHER)
    over(relay)
    assert (begin + 2, [{OTHER}]) == told(client.result(number), OTHER)


def test_who_waits_again_is_somebody_who_hears(
    relay: RunningRelay, client: Client, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as one connection does, nothing is forgotten, however long others are away."""
    monkeypatch.setattr("nullabona.relay.activity.KEEP_S", MAX_WAIT_S + 1)
    begin = now(client)
    for _ in range(3):
        number = polls(client, begin, MAX_WAIT_S)
        waiting(relay, 1)
        relay.tick(seconds=MAX_WAIT_S)
        assert ActivityDigests(begin + 1, ()) == client.result(number)
    wakes(relay.client(), box)
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(relay.client().ask(PollActivity(begin, 0)), SECRET)


def test_nothing_is_forgotten_while_somebody_waits(
    relay: RunningRelay, client: Client, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even if they may wait longer than the activity is kept otherwise."""
    monkeypatch.setattr("nullabona.relay.activity.KEEP_S", 1)
    begin = now(client)
    number = polls(client, begin, 60)
    waiting(relay, 1)
    relay.tick(seconds=59)
    wakes(relay.client(), box)
    over(relay)
    assert (begin + 1, [{SECRET}]) == told(client.result(number), SECRET)


@pytest.mark.parametrize("leaves", [False, True], ids=["answered", "hung-up"])
def test_after_the_longest_wait_nothing_is_forgotten(relay: RunningRelay, *, leaves: bool) -> None:
    """Who waited as long as a relay lets them, and comes again soon after, is not told that they missed anything."""
    client = relay.client()
    begin = now(client)
    number = polls(client, begin, MAX_WAIT_S)
    waiting(relay, 1)
    relay.tick(seconds=MAX_WAIT_S - leaves)
    if leaves:
        client.close()
        waiting(relay, 0)
        relay.tick(seconds=1)
        client = relay.client()
    else:
        assert ActivityDigests(begin + 1, ()) == client.result(number)
    assert ActivityDigests(begin + 1, ()) == client.ask(PollActivity(begin, 0))


def test_too_much_is_not_remembered(run: Callable[..., RunningRelay], box: Box) -> None:
    """Of activity digests beyond the limit the newest are kept; who is further behind learns that they missed
    something.
    """
    relay = run(None, Limits(activity_bytes=250))
    client = relay.client()
    begin = now(client)
    for _ in range(3):
        wakes(client, box)
        over(relay)
    assert ActivityDigests(begin + 4, ()) == client.ask(PollActivity(begin, 60))
    assert (begin + 2, [{SECRET}, {SECRET}]) == told(client.ask(PollActivity(begin + 1, 60)), SECRET)


def test_activity_half_a_day_ago_is_not_remembered(relay: RunningRelay, client: Client, box: Box) -> None:
    """Though somebody polls all the time; later activity is."""
    begin = now(client)
    wakes(client, box)
    over(relay)
    for _ in range(13):
        relay.tick(seconds=3_600)
        assert (begin + 2, []) == told(client.ask(PollActivity(begin + 1, 0)), SECRET)
    assert ActivityDigests(begin + 2, ()) == client.ask(PollActivity(begin, 0))
    wakes(client, box)
    over(relay)
    assert (begin + 2, [{SECRET}]) == told(client.ask(PollActivity(begin + 1, 0)), SECRET)


# -- what memory must not say


def test_no_secret_stays_with_what_is_remembered(relay: RunningRelay, client: Client, box: Box) -> None:
    """During a digest and after it the relay keeps salts and tags for pollers: no secret, wake token or address."""
    begin = now(client)
    number = polls(client, begin)
    waiting(relay, 1)
    wakes(relay.client(), box)
    during = kept_of(relay) - {b""}
    over(relay)
    answer = client.result(number)
    assert isinstance(answer, ActivityDigests)
    [(salt, tags)] = answer.digests
    assert [{salt, tags}] * 2 == [during, kept_of(relay)]


def kept_of(relay: RunningRelay) -> set[bytes]:
    """All byte strings that are kept for pollers, but for what signs: the public key and the last signature."""
    kept: set[bytes] = set()
    relay.call(lambda: kept.update(bytes_below(activity_of(relay), relay)))
    digests = activity_of(relay)._digests
    assert isinstance(digests, Digests)
    return kept - bytes_below(digests._key, relay) - {digests._signed[1]}


@pytest.mark.skipif(os.geteuid() != 0, reason="a relay's memory is read as root only")
def test_no_secret_stays_in_the_memory_of_a_process(spawn: Callable[..., RelayProcess]) -> None:
    """Several people appended while somebody polled: the secrets are gone, but for what came last, which nothing has
    overwritten yet; the salts are there, as long as they are remembered.
    """
    process = spawn(None)
    poller = Client(process.address)
    begin = at = now(poller)
    secrets, salts = [os.urandom(32) for _ in range(6)], []
    for secret in secrets:
        number = polls(poller, at)
        writer = Client(process.address)
        wakes(writer, Box(), secret)
        writer.close()
        answer = poller.result(number)
        assert (at + 1, [{secret}]) == told(answer, secret)
        assert isinstance(answer, ActivityDigests)
        salts.append(answer.digests[0][0])
        at += 1
    assert begin + 6 == at
    chunks = [bytes(chunk.data) for chunk in memory_chunks(process.pid)]
    copies = [[sum(chunk.count(one) for chunk in chunks) for one in each] for each in (secrets[:-1], salts)]
    assert ([0] * 5, True) == (copies[0], all(copies[1]))
