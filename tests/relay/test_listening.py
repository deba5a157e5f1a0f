"""The bookkeeping of listeners, against a plain model; and what it must not say."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nullabona.relay.core.listening import KEEP_S, Listening

CALLERS = "abc"
BELLS = [bytes((row, 0, number)) + bytes(13) for row in (0, 255) for number in range(3)]
callers, bells = st.sampled_from(CALLERS), st.sampled_from(BELLS)


class Listeners(RuleBasedStateMachine):
    """Whoever listens is named exactly once: when it rings, when time is up, or never after leaving."""

    def __init__(self) -> None:
        super().__init__()
        self.real: Listening[str] = Listening()
        self.waits: dict[tuple[str, bytes], int] = {}
        self.rests: dict[tuple[str, bytes], tuple[int, bool]] = {}
        self.now = 0
        self.count = 0

    @rule(caller=callers, bell=bells, wait_s=st.integers(1, 9))
    def listens(self, caller: str, bell: bytes, wait_s: int) -> None:
        self.count += 1
        known = self.real.find(caller, bell)
        assert (known is None) == ((caller, bell) not in self.waits and (caller, bell) not in self.rests)
        if known is None:
            self.real.add(caller, bell, self.count, self.now + wait_s)
        elif known.request_id is None:
            assert known.rang == self.rests.pop((caller, bell))[1]
            self.real.listen(known, self.count, self.now + wait_s)
        else:
            return
        self.waits[caller, bell] = self.now + wait_s

    @rule(rung=st.lists(bells, unique=True))
    def rings(self, rung: list[bytes]) -> None:
        heard = self.real.ring(rung)
        assert {key for key in self.waits if key[1] in rung} == {(one.caller, one.bell) for one in heard}
        for one in heard:
            assert self.real.rest(one, self.now) is not None
            del self.waits[one.caller, one.bell]
            self.rests[one.caller, one.bell] = self.now + KEEP_S, False
        for (caller, bell), (until, _) in list(self.rests.items()):
            if bell in rung and (caller, bell) not in {(one.caller, one.bell) for one in heard}:
                self.rests[caller, bell] = until, True

    @rule(seconds=st.sampled_from((1, 5, KEEP_S)))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds
        due = self.real.due(self.now)
        assert {key for key, until in self.waits.items() if until <= self.now} == {(o.caller, o.bell) for o in due}
        self.rests = {key: rest for key, rest in self.rests.items() if rest[0] > self.now}
        for one in due:
            self.real.rest(one, self.now)
            del self.waits[one.caller, one.bell]
            self.rests[one.caller, one.bell] = self.now + KEEP_S, False

    @rule(caller=callers)
    def leaves(self, caller: str) -> None:
        gone = [key for key in (*self.waits, *self.rests) if key[0] == caller]
        assert len(gone) == self.real.leave(caller)
        for key in gone:
            self.waits.pop(key, None)
            self.rests.pop(key, None)

    @invariant()
    def counts_agree(self) -> None:
        assert len(self.waits) + len(self.rests) == len(self.real)
        assert sorted(self.waits) == sorted((one.caller, one.bell) for one in self.real.everyone())
        for caller in CALLERS:
            known = [key for key in (*self.waits, *self.rests) if key[0] == caller]
            assert len(known) == self.real.count_of(caller)


TestListeners = Listeners.TestCase


def _shown(order: Sequence[tuple[str, bytes]]) -> list[list[bytes]]:
    """Every list of bells that a relay holds after these began to listen in this order."""
    real: Listening[str] = Listening()
    for number, (caller, bell) in enumerate(order):
        real.add(caller, bell, number, 100)
    rows = [[one.bell for one in row] for row in real._rows if row]
    return [*rows, *([one.bell for one in real._by_caller[caller]] for caller in sorted(real._by_caller))]


@given(st.lists(st.tuples(callers, st.binary(min_size=16, max_size=16)), unique=True), st.randoms())
def test_the_order_of_coming_is_not_kept(every: list[tuple[str, bytes]], chance: random.Random) -> None:
    """Whoever reads the lists learns nothing of which bells began together: any order of coming leaves the same."""
    shuffled = chance.sample(every, len(every))
    assert _shown(every) == _shown(shuffled)
