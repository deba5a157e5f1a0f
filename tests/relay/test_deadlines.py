"""Deadlines are looked at once a second: never early, and at most a second late (spec/relay.md §8)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullabona.machine.deadlines import EVERY_S, NEVER, Deadlines
from nullabona.relay.core.limits import Limits
from nullabona.relay.front import Front
from nullabona.wire.messages import encode
from tests.relay.fronts import HandLoop, Talk
from tests.relay.peers import Box, post
from tests.relay.test_post_head import Parsed

HEAD_S, BODY_S = Limits().head_timeout_s, Limits().body_timeout_s
REQUEST = post(encode(Box().read()))
LAST = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.fixture
def loop() -> Iterator[HandLoop]:
    """A loop whose time is moved by hand."""
    made = HandLoop()
    yield made
    made.close()


@pytest.fixture(params=[Front, Parsed], ids=["recognised", "parsed"])
def talk(request: pytest.FixtureRequest, loop: HandLoop) -> Talk:
    """A connection, read in either way."""
    loop.now += 0.4  # not at a look
    return Talk(loop, request.param)


def ends_in_time(talk: Talk, seconds: float) -> None:
    """It is there until just before ``seconds`` have passed, and a second later it is not."""
    talk.loop.later(seconds - 0.01)
    assert not talk.pipe.ended
    talk.loop.later(EVERY_S + 0.02)
    assert talk.pipe.ended


def test_who_says_nothing_is_cut_off(talk: Talk) -> None:
    """Without a word: nothing was asked."""
    ends_in_time(talk, HEAD_S)
    assert b"" == talk.pipe.written


def test_a_head_in_drops_is_refused(talk: Talk) -> None:
    """However often a little of it comes, the time counts from the begin."""
    for at in range(HEAD_S - 1):
        talk.say(REQUEST[at : at + 1])
        talk.loop.later(1)
    ends_in_time(talk, 1)
    assert talk.pipe.written.startswith(b"HTTP/1.1 408 ")


def test_a_body_in_drops_is_refused(talk: Talk) -> None:
    """The time counts from the end of the head, and what comes later is not taken."""
    head = REQUEST.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    talk.say(head + b"x")
    for _ in range(BODY_S - 1):
        talk.say(b"x")
        talk.loop.later(1)
    ends_in_time(talk, 1)
    assert talk.pipe.written.startswith(b"HTTP/1.1 408 ")
    assert [] == talk.owner.asked


def test_the_next_request_has_its_own_time(talk: Talk) -> None:
    """Counted from the last answer; a connection on which requests come in time lasts."""
    for _ in range(3):
        talk.say(REQUEST)
        talk.loop.later(HEAD_S - 1)
    assert 3 == len(talk.owner.asked)
    talk.say(REQUEST)
    ends_in_time(talk, HEAD_S)
    assert b" 408 " not in talk.pipe.written


def test_a_request_that_waits_has_no_deadline(loop: HandLoop) -> None:
    """Its answer decides when it ends: a read may wait for long."""
    talk = Talk(loop, Front, at_once=False)
    loop.call_soon(talk.front.data_received, REQUEST)
    loop.settle()
    loop.later(10 * BODY_S)
    assert not talk.pipe.ended
    assert NEVER == talk.front.due


def test_a_last_answer_has_the_time_of_a_body_each_time_some_of_it_is_taken(talk: Talk) -> None:
    """Who takes a little stays; who takes nothing for so long is given up."""
    cut: list[float] = []
    talk.pipe.close = lambda: None  # type: ignore[method-assign]  # nothing is taken: the transport cannot end yet
    talk.pipe.abort = lambda: cut.append(talk.loop.now)  # type: ignore[method-assign]
    talk.pipe.unread = 1_000
    talk.say(LAST)
    talk.loop.later(BODY_S - 0.01)
    talk.pipe.unread = 900
    talk.loop.later(BODY_S)
    assert [] == cut
    talk.loop.later(2 * EVERY_S + 0.02)
    assert 1 == len(cut)


class Late:
    """Something with a deadline, which fails when it is told."""

    def __init__(self, due: float) -> None:
        self.due = due
        self.told = 0

    def too_slow(self) -> None:
        self.told += 1
        raise RuntimeError


def test_one_that_fails_does_not_keep_others_from_being_told(loop: HandLoop) -> None:
    """At the latest a look later; nobody is told twice of one deadline."""
    loop.set_exception_handler(lambda _loop, _context: None)
    deadlines, all_of_them = Deadlines(), [Late(loop.now + 1) for _ in range(3)]

    async def add() -> None:
        for one in all_of_them:
            deadlines.add(one)

    loop.run_until_complete(add())
    loop.later(5)
    assert [1, 1, 1] == [one.told for one in all_of_them]


def test_its_timer_ends_with_the_last_connection(loop: HandLoop) -> None:
    """An idle server is not woken, and begins again with the next connection."""
    talk = Talk(loop, Front)
    talk.pipe.ended = True
    talk.front.connection_lost(None)
    loop.later(2)
    assert (0, False) == (len(talk.owner.deadlines), talk.owner.deadlines._running)
    ends_in_time(Talk(loop, Front), HEAD_S)
