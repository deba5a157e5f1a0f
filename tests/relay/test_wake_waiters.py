"""The bookkeeping of wake waiters, against a plain model; and what it must not say."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nullabona.relay.core.wake_waiters import KEEP_S, BatchAnswer, WakeWaiters
from nullabona.wire.messages import Frames

CALLERS = "abc"
TOKENS = [bytes((row, 0, number)) + bytes(13) for row in (0, 255) for number in range(3)]
callers, tokens = st.sampled_from(CALLERS), st.sampled_from(TOKENS)


class Waiters(RuleBasedStateMachine):
    """A waiter is named exactly once: when it is woken, when time is up, or never after leaving."""

    def __init__(self) -> None:
        super().__init__()
        self.real: WakeWaiters[str] = WakeWaiters(3)
        self.waits: dict[tuple[str, bytes], int] = {}
        self.rests: dict[tuple[str, bytes], int] = {}
        self.missed: dict[tuple[str, bytes], list[int] | None] = {}
        """The numbers of frames that were missed; None: only that it was woken."""
        self.now = 0
        self.count = 0
        self.seq = 0

    @rule(caller=callers, token=tokens, wait_s=st.integers(1, 9))
    def waits_for(self, caller: str, token: bytes, wait_s: int) -> None:
        self.count += 1
        key = caller, token
        known = self.real.find(caller, token)
        assert (known is None) == (key not in self.waits and key not in self.rests)
        if known is None:
            self.real.add(caller, token, self.count, self.now + wait_s)
        elif known.request_id is None:
            woken, missed = self.real.catch_up(known)
            numbers = [seq for batch in missed for seq, _ in batch.answer.frames]
            expected = self.missed.pop(key, [])
            assert (expected is None, expected or []) == (woken, numbers)
            self.real.wait_again(known, self.count, self.now + wait_s)
            del self.rests[key]
        else:
            return
        self.waits[key] = self.now + wait_s

    @rule(woken=st.lists(tokens, unique=True), skipped=st.integers(0, 1))
    def is_woken(self, woken: list[bytes], skipped: int) -> None:
        self.seq += 1 + skipped
        batch = BatchAnswer(Frames(b"12345678", self.seq, ((self.seq, b"f"),)), b"")
        for one in self.real.waiting_for(woken):
            if one.request_id is None:
                self.real.miss(one, batch)
            else:
                assert self.real.rest(one, self.now) is not None
        for key in [key for key in self.rests if key[1] in woken]:
            before = self.missed.get(key, [])
            joins = before is not None and len(before) < 3 and (not before or before[-1] == self.seq - 1)
            self.missed[key] = [*(before or []), self.seq] if joins else None
        for key in [key for key in self.waits if key[1] in woken]:
            self._rests(key)

    @rule()
    def what_was_missed_is_forgotten(self) -> None:
        self.real.forget_missed()
        self.missed = dict.fromkeys(self.missed)

    @rule(seconds=st.sampled_from((1, 5, KEEP_S)))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds
        due = self.real.due(self.now)
        assert {key for key, until in self.waits.items() if until <= self.now} == {(o.caller, o.token) for o in due}
        self.rests = {key: until for key, until in self.rests.items() if until > self.now}
        self.missed = {key: missed for key, missed in self.missed.items() if key in self.rests}
        for one in due:
            self.real.rest(one, self.now)
            self._rests((one.caller, one.token))

    @rule(caller=callers)
    def leaves(self, caller: str) -> None:
        gone = [key for key in (*self.waits, *self.rests) if key[0] == caller]
        assert len(gone) == self.real.leave(caller)
        for key in gone:
            for known in (self.waits, self.rests, self.missed):
                known.pop(key, None)

    def _rests(self, key: tuple[str, bytes]) -> None:
        del self.waits[key]
        self.rests[key] = self.now + KEEP_S

    @invariant()
    def counts_agree(self) -> None:
        assert len(self.waits) + len(self.rests) == len(self.real)
        assert sorted(self.waits) == sorted((one.caller, one.token) for one in self.real.everyone())
        for caller in CALLERS:
            known = [key for key in (*self.waits, *self.rests) if key[0] == caller]
            assert len(known) == self.real.count_of(caller)


TestListeners = Waiters.TestCase


def _shown(order: Sequence[tuple[str, bytes]]) -> list[list[bytes]]:
    """Every list of tokens that a relay holds after these began to wait in this order."""
    real: WakeWaiters[str] = WakeWaiters(0)
    for number, (caller, token) in enumerate(order):
        real.add(caller, token, number, 100)
    rows = [[one.token for one in row] for row in real._rows if row]
    return [*rows, *([one.token for one in real._by_caller[caller]] for caller in sorted(real._by_caller))]


@given(st.lists(st.tuples(callers, st.binary(min_size=16, max_size=16)), unique=True), st.randoms())
def test_the_order_of_coming_is_not_kept(every: list[tuple[str, bytes]], rng: random.Random) -> None:
    """Whoever reads the lists learns nothing of which tokens began together: any order of coming leaves the same."""
    shuffled = rng.sample(every, len(every))
    assert _shown(every) == _shown(shuffled)
