"""One question about all activity that is answered again and again (spec/relay.md §4.5)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial

import pytest
from msgspec.structs import replace

from nullabona.client.runner.signed_stream import SignedStream
from nullabona.relay.core.limits import Limits
from nullabona.wire.messages import ActivityDigests, FollowActivity, PollActivity, Refusal
from tests.relay.peers import Box, Client, RunningRelay, ask_http
from tests.relay.pollers import OTHER, SECRET, activity_of, follows, now, over, polls, told, under_way, waiting, wakes


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A digest is over when a test says so (`over`), and otherwise not."""
    monkeypatch.setattr("nullabona.relay.activity.DIGEST_S", 3_600.0)


def active(relay: RunningRelay, writer: Client, *secrets: bytes) -> None:
    """A digest for each of these, and nothing else."""
    for secret in secrets:
        wakes(writer, Box(), secret)
        over(relay)


def test_who_follows_is_told_at_once_and_of_every_digest(relay: RunningRelay, client: Client) -> None:
    """One question; the first answer says that the relay does it, and each digest is an answer of its own."""
    begin = now(client)
    number = follows(client, begin)
    assert ActivityDigests(begin + 1, ()) == client.result(number)
    writer = relay.client()
    for count, secret in enumerate((SECRET, OTHER, SECRET), 1):
        active(relay, writer, secret)
        assert (begin + count, [{secret}]) == told(client.result(number), SECRET, OTHER)


def test_it_is_told_at_once_what_it_missed(relay: RunningRelay, client: Client) -> None:
    """And that something is not remembered any more."""
    begin = now(client)
    active(relay, relay.client(), SECRET, OTHER)
    assert (begin + 1, [{SECRET}, {OTHER}]) == told(client.result(follows(client, begin)), SECRET, OTHER)
    for unknown in (begin - 1, begin + 3):
        assert ActivityDigests(begin + 3, ()) == client.result(follows(client, unknown))


def test_all_that_is_told_is_one_signed_stream(relay: RunningRelay) -> None:
    """On whichever connection; who follows is not given the key again, but where there is a gap."""
    poller, follower, stream = relay.client(), relay.client(), SignedStream()
    begin = now(poller)
    poller.signed = follower.signed = True
    number = follows(follower, begin)
    answers = [poller.ask(PollActivity(begin, 0)), follower.result(number)]
    for count in range(2):
        active(relay, relay.client(), SECRET)
        answers += [follower.result(number), poller.ask(PollActivity(begin + count, 0))]
    answers.append(follower.result(follows(follower, begin - 1)))
    keys = []
    for answer in answers:
        assert isinstance(answer, ActivityDigests)
        stream.take(stream.check(answer))
        keys.append(bool(answer.key))
    assert [True, False, False, True, False, True, True] == keys


def test_who_polls_and_who_follows_are_told_the_same(relay: RunningRelay) -> None:
    """The digests, and the signature."""
    poller, follower = relay.client(), relay.client()
    poller.signed = follower.signed = True
    begin = now(relay.client())
    number = follows(follower, begin)
    follower.result(number)
    asked = polls(poller, begin)
    waiting(relay, 2)
    active(relay, relay.client(), SECRET)
    polled = poller.result(asked)
    assert isinstance(polled, ActivityDigests)
    assert replace(polled, key=b"", before=b"") == follower.result(number)


@pytest.mark.parametrize("again", [PollActivity, FollowActivity])
def test_a_newer_question_ends_it(relay: RunningRelay, client: Client, again: type) -> None:
    """Of one connection one question counts: the last."""
    begin = now(client)
    first = follows(client, begin)
    client.result(first)
    newer = (polls if again is PollActivity else follows)(client, begin)
    waiting(relay, 1)
    active(relay, relay.client(), SECRET)
    answers = [client.result(newer)] if again is PollActivity else [client.result(newer), client.result(newer)]
    assert (begin + 1, [{SECRET}]) == told(answers[-1], SECRET)
    assert {} == client.answers


def test_a_post_cannot_follow(relay: RunningRelay) -> None:
    """It has one answer."""
    assert Refusal("unsupported") == ask_http(relay.address, FollowActivity(0))
    assert 0 == len(activity_of(relay))


def test_it_counts_as_one_who_waits(run: Callable[..., RunningRelay]) -> None:
    """While it lasts, among those of any kind; not for each answer, and not when it is gone."""
    relay = run(None, Limits(waiting_total=1))
    client, other = relay.client(), relay.client()
    begin = now(client)
    number = follows(client, begin)
    active(relay, other, SECRET, OTHER)
    told_so_far = [client.result(number) for _ in range(3)]
    assert 3 == len(told_so_far)
    assert [(0, 0), (0, 1)] == sorted(under_way(relay))
    assert Refusal("busy", 10) == other.result(follows(other, begin))
    client.close()
    waiting(relay, 0)
    assert ActivityDigests(begin + 3, ()) == other.result(follows(other, begin + 2))


def test_one_connection_has_a_share(run: Callable[..., RunningRelay], box: Box) -> None:
    """Who waits for as much as a connection may is refused, and waits on."""
    relay = run(None, Limits(waiting_per_connection=1))
    client = relay.client()
    begin = now(client)
    client.start(box.read(wait_s=600))
    assert Refusal("slow-down", 1) == client.result(follows(client, begin))
    assert 0 == len(activity_of(relay))


def test_nothing_is_forgotten_while_somebody_follows(
    relay: RunningRelay, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long they ask for nothing."""
    monkeypatch.setattr("nullabona.relay.activity.KEEP_S", 5)
    begin = now(client)
    number = follows(client, begin)
    client.result(number)
    for _ in range(3):
        relay.tick(seconds=4)
    active(relay, relay.client(), SECRET)
    assert (begin + 1, [{SECRET}]) == told(client.result(number), SECRET)


# -- who does not read


def deaf(relay: RunningRelay, after: int) -> tuple[Client, int]:
    """A client that follows and whose system takes little while it does not read."""
    client = relay.client()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    number = follows(client, after)
    waiting(relay, 1)
    return client, number


def test_who_does_not_read_makes_the_relay_hold_one_answer(relay: RunningRelay) -> None:
    """And the system no more than a few; when they read again, nothing is missing, in few answers."""
    begin = now(relay.client())
    client, number = deaf(relay, begin)
    most, digests, tags = 0, 500, bytes(range(256))
    for count in range(digests):
        relay.call(partial(close_one, relay, count, tags))
        most = max(most, sum(peer.unsent() for peer in list(relay.relay._sockets)))
    [follower] = activity_of(relay)._followers._all.values()
    assert 0 < most < 5 * len(tags)
    assert (follower.after - begin) * 4 * len(tags) < 2**20
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)
    reached, answers = begin, 0
    while reached < begin + digests:
        relay.tick()
        answer = client.result(number)
        assert isinstance(answer, ActivityDigests)
        assert reached + 1 == answer.first
        reached, answers = reached + len(answer.digests), answers + 1
    assert answers < digests / 2


def close_one(relay: RunningRelay, count: int, tags: bytes) -> None:
    """A digest with as many tags as these are bytes."""
    service = activity_of(relay)
    for box, tag in enumerate(tags):
        service._digests.record(bytes([tag]) * 31 + bytes([count % 256]), box, box)
    service._close()


def test_who_does_not_read_changes_nothing_for_others(relay: RunningRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are told at once; the slow one when there is nothing unread, and not before."""
    clients = [relay.client() for _ in range(3)]
    begin = now(clients[0])
    numbers = []
    for client in clients:
        numbers.append(follows(client, begin))
        client.result(numbers[-1])
    slow = list(relay.relay._sockets)[1]
    with monkeypatch.context() as patch:
        patch.setattr(slow, "has_unread", lambda: True)
        patch.setattr(slow, "offer", lambda *_: False)
        active(relay, relay.client(), SECRET)
        relay.tick()
        behind = {id(follower.caller) for follower in activity_of(relay)._followers._behind}
    assert {id(slow)} == behind
    relay.tick()
    for client, number in zip(clients, numbers, strict=True):
        assert (begin + 1, [{SECRET}]) == told(client.result(number), SECRET)


def test_an_answer_that_was_cut_short_is_followed_by_the_rest(relay: RunningRelay, client: Client) -> None:
    """Within a second, though nothing more happens; the last one says that this was all."""
    begin = now(client)
    digests = 2_500
    for count in range(digests):
        relay.call(partial(close_one, relay, count, b"x"))
    number = follows(client, begin)
    sizes: list[int] = []
    while not sizes or sizes[-1] >= 1_024:
        answer = client.result(number)
        assert isinstance(answer, ActivityDigests)
        assert begin + 1 + sum(sizes) == answer.first
        sizes.append(len(answer.digests))
        relay.tick(seconds=1)
    assert (digests, True) == (sum(sizes), len(sizes) > 1)


def test_who_follows_counts_for_how_long_a_digest_is(relay: RunningRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that telling them takes half of the process's time at most, as with those who poll."""
    asked: list[int] = []

    def note(clients: int) -> float:
        asked.append(clients)
        return 0.0

    monkeypatch.setattr("nullabona.relay.activity.digest_s", note)
    client, other = relay.client(), relay.client()
    begin = now(client)
    client.result(follows(client, begin))
    polls(other, begin)
    waiting(relay, 2)
    wakes(relay.client(), Box())
    relay.call(activity_of(relay)._close_in_time)
    assert [2] == asked
