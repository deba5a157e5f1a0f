"""Notices that lie: each part of one forged, another's, of another log, unwitnessed, old. None is ever shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from nullabona.client.core.directory.keeping import load_evidence, save_pinned
from nullabona.client.core.directory.pinned import SKEW_S, Pinned
from nullabona.client.core.operator_notices import taking
from nullabona.client.core.operator_notices.checking import OLDEST_S
from nullabona.client.core.operator_notices.keeping import MOST_HELD, load_counts, load_held, load_notices
from nullabona.client.runner import own_key_monitor
from nullabona.client.runner.own_key_monitor import OwnKeyMonitor
from nullabona.log.policy import NO_QUORUM
from nullabona.wire.operator_notice import HEADER, NoticeBody, OperatorNotice, encode_notice
from nullabona.wire.seal import ITEM_DIRECT
from nullabona.wire.slots import NullRecord
from tests.operator.forging import HOST, NOW_S, ORIGIN, WITNESSES, Docket, body
from tests.rooms.hostile import drop_in, warnings
from tests.rooms.world import Person as Member
from tests.rooms.world import World
from tests.sequencer.logs import policy_text
from tests.witness.running import log_signers

DAY_S = 86_400
BARE = policy_text(log_signers(f"{HOST}/nullabona/directory", "directory"), WITNESSES, quorum=2)
"""What a device pins of a directory whose operator names no docket yet."""
replace = msgspec.structs.replace


class Told:
    """Somebody whose device knows the docket's policy, and what reaches their inbox."""

    def __init__(self, policy: str | None = "", *, by_hand: bool = False) -> None:
        self.world = World(3)
        self.world.now = NOW_S * 1_000
        self.mina: Member = self.world.person("mina")
        self.handle = self.mina.me.handle
        if policy is not None:
            self.pin(policy or Docket().policy, by_hand=by_hand)

    def pin(self, policy: str, *, by_hand: bool = False) -> None:
        with self.mina.store.transaction():
            save_pinned(self.mina.store, Pinned(HOST, policy, by_hand, b"", 0, (), b"", 0))

    def gets(self, item: bytes) -> None:
        """Somebody puts it into the inbox; the device reads it."""
        drop_in(self.world, self.mina, ITEM_DIRECT + item)
        self.world.settle(span=1_000)

    def look_again(self) -> None:
        with self.mina.engine.step(self.world.now) as step:
            taking.look_again(step, told=True)

    @property
    def shown(self) -> int:
        with self.mina.store.transaction():
            return len(load_notices(self.mina.store))

    @property
    def events(self) -> int:
        return sum(kind == "operator-notice" for kind, _, _ in self.mina.events())

    @property
    def refused(self) -> dict[str, int]:
        with self.mina.store.transaction():
            return load_counts(self.mina.store)

    @property
    def held(self) -> int:
        with self.mina.store.transaction():
            return len(load_held(self.mina.store))

    @property
    def state(self) -> tuple[int, int, dict[str, int], int, list[object]]:
        """Shown, events, refused, held, warnings."""
        return self.shown, self.events, self.refused, self.held, warnings(self.mina)


def test_a_genuine_notice_is_shown_once_however_often_it_comes() -> None:
    """Sealed anew, proven under a later checkpoint, before and after a restart of the engine: it is one notice."""
    told, docket = Told(), Docket()
    notice = docket.notice(body(told.handle))
    told.gets(encode_notice(notice))
    told.gets(encode_notice(notice))
    docket.enter(NullRecord())
    later = replace(notice, slot=replace(notice.slot, proof=docket.prove(2)))
    told.gets(encode_notice(later))
    assert (1, 1, {}, 0, []) == told.state
    with told.mina.store.transaction():
        (kept,) = load_notices(told.mina.store)
    assert (3, ("w0", "w1"), NOW_S, False) == (kept.size, kept.witnesses, kept.time_s, kept.put_away)


def _body(**more: Any) -> Callable[[OperatorNotice], OperatorNotice]:  # noqa: ANN401 - fields of a body
    return lambda notice: replace(notice, body=replace(notice.body, **more))


def _slot(**more: Any) -> Callable[[OperatorNotice], OperatorNotice]:  # noqa: ANN401 - fields of a slot
    return lambda notice: replace(notice, slot=replace(notice.slot, **more))


def _record(**more: Any) -> Callable[[OperatorNotice], OperatorNotice]:  # noqa: ANN401 - fields of a record
    return lambda notice: replace(notice, slot=replace(notice.slot, record=replace(notice.slot.record, **more)))


def _proof(old: str, new: str) -> Callable[[OperatorNotice], OperatorNotice]:
    return lambda notice: replace(notice, slot=replace(notice.slot, proof=notice.slot.proof.replace(old, new, 1)))


FORGED: dict[str, Callable[[OperatorNotice], OperatorNotice]] = {
    "authority": _body(authority="somebody else"),
    "basis": _body(basis=""),
    "label": lambda notice: replace(notice, body=replace(notice.body, label=replace(notice.body.label, en="nothing"))),
    "given": _body(given=()),
    "answer": _body(answer={"subscriber": "not_held", "content": "produced"}),
    "asked": _body(asked=("content",)),
    "decided": _body(decided="refuse"),
    "reason": _body(reason="incomplete"),
    "received": _body(received_day=1),
    "told": _body(told_day=1),
    "nonce": _body(nonce=bytes(15) + b"\x01"),
    "instrument": _body(instrument="KR.WARRANT"),
    "origin": _body(origin=f"{HOST}/another"),
    "another-handle": _body(handle="jun@relay.example"),
    "salt": lambda notice: replace(notice, salt=bytes(32)),
    "digests": lambda notice: replace(notice, notices=(bytes(32), *notice.notices)),
    "no-digests": lambda notice: replace(notice, notices=()),
    "leaf": lambda notice: replace(notice, slot=replace(notice.slot, leaf=b"\x01" + bytes(159))),
    "no-leaf": lambda notice: replace(notice, slot=replace(notice.slot, leaf=bytes(160))),
    "place": lambda notice: replace(
        notice, slot=replace(notice.slot, leaf=notice.slot.leaf[:5] + b"\0\x09" + notice.slot.leaf[7:])
    ),
    "blind": _slot(blind=bytes(32)),
    "record": _record(accounts=9),
    "null": _slot(record=NullRecord()),
    "event": _record(event="closed"),
    "index": _proof("index 2", "index 1"),
    "size": _proof("\n3\n", "\n4\n"),
    "proof": _slot(proof="rubbish"),
    "no-signature": lambda notice: replace(
        notice, slot=replace(notice.slot, proof=notice.slot.proof.partition("\u2014")[0])
    ),
}


@pytest.mark.parametrize("part", FORGED)
def test_no_part_of_a_notice_can_be_forged(part: str) -> None:
    """It is counted and nothing else: anybody can put such a thing into an inbox."""
    told = Told()
    told.gets(encode_notice(FORGED[part](Docket().notice(body(told.handle)))))
    (code,) = told.refused
    assert (0, 0, {code: 1}, 0, []) == told.state


@pytest.mark.parametrize("event", ["received", "answered", "notice-barred", "closed"])
def test_another_event_of_the_docket_is_no_notice(event: str) -> None:
    """Though it is truly entered, with the notice's own digest."""
    told = Told()
    told.gets(encode_notice(Docket().notice(body(told.handle), event=event)))
    assert (0, 0, {"docket-notice-invalid": 1}, 0, []) == told.state


def test_anothers_notice_sent_on_is_nothing() -> None:
    """Genuine for Jun; in Mina's inbox it is refused, also where both were told of one demand."""
    told, docket = Told(), Docket()
    jun = body("jun@relay.example")
    told.gets(encode_notice(docket.notice(jun)))
    told.gets(encode_notice(docket.notice(jun, body(told.handle))))
    assert (0, 0, {"docket-notice-invalid": 2}, 0, []) == told.state
    told.gets(encode_notice(docket.notice(body(told.handle), jun)))
    assert 1 == told.shown


@pytest.mark.parametrize(
    ("docket", "code"),
    [
        (Docket(label="mallory"), "note-invalid"),
        (Docket(origin="mallory.example/docket"), "docket-notice-invalid"),
        (Docket(origin=f"{HOST}.evil.example/docket"), "docket-notice-invalid"),
        (Docket(origin=f"{HOST}/nullabona/directory"), "docket-notice-invalid"),
    ],
    ids=["other-keys", "other-operator", "longer-name", "the-directory's-log"],
)
def test_another_log_proves_nothing(docket: Docket, code: str) -> None:
    """With other keys under the right name, or under another operator's."""
    told = Told()
    told.gets(docket.item(told.handle, origin=docket.origin))
    assert (0, 0, {code: 1}, 0, []) == told.state


@pytest.mark.parametrize("witnesses", [(), ("witness.example/a",), ("witness.example/a", "mallory.example/x")])
def test_an_unwitnessed_notice_is_told_of_and_not_shown(witnesses: tuple[str, ...]) -> None:
    """Only the operator's own keys can have made it: a warning, once, with the evidence kept."""
    told = Told()
    item = Docket(witnesses=witnesses).item(told.handle)
    told.gets(item)
    told.gets(item)
    assert (0, 0, {"operator-notice-unwitnessed": 2}, 0, ["operator-notice-unwitnessed"]) == told.state
    with told.mina.store.transaction():
        (evidence,) = load_evidence(told.mina.store)
    assert item == evidence.shown


def test_a_docket_with_two_histories_is_told_of() -> None:
    """Of one size and two roots, both witnessed: the second is not shown, and both are kept."""
    told = Told()
    told.gets(Docket().item(told.handle))
    forked = Docket()
    forked.leaves[1] = bytes(32)
    told.gets(forked.item(told.handle, authority="somebody else"))
    assert (1, 1, {"docket-forked": 1}, 0, ["docket-forked"]) == told.state
    with told.mina.store.transaction():
        (evidence,) = load_evidence(told.mina.store)
    assert ORIGIN.encode() in evidence.before


@pytest.mark.parametrize(("age_s", "shown"), [(OLDEST_S - 60, 1), (OLDEST_S + 60, 0)])
def test_a_kept_notice_is_not_shown_as_if_it_were_new(age_s: int, shown: int) -> None:
    """Longer than a relay keeps an item: somebody else kept it."""
    told = Told()
    told.gets(Docket(time_s=NOW_S - age_s).item(told.handle))
    assert (shown, {} if shown else {"operator-notice-stale": 1}) == (told.shown, told.refused)


def test_a_clock_that_is_behind_loses_nothing() -> None:
    """The notice waits, and is shown once the clock is right."""
    told = Told()
    told.gets(Docket(time_s=NOW_S + DAY_S).item(told.handle))
    assert (0, 0, {}, 1, []) == told.state
    told.world.now += DAY_S * 1_000
    told.look_again()
    assert (1, 1, {}, 0, []) == told.state


def test_a_clock_that_is_behind_is_no_reason_to_ask_anybody() -> None:
    """The device looks again by itself, when its clock is there; the directory is not asked."""
    told = Told()
    told.gets(Docket(time_s=NOW_S + DAY_S).item(told.handle))
    context = Alone(told)
    watch = OwnKeyMonitor(context, context.directories)  # type: ignore[arg-type]
    pause = NOW_S + DAY_S - SKEW_S - told.world.now // 1_000
    assert pause == asyncio.run(watch._look_after_notices(HOST))
    told.world.now += int(pause) * 1_000
    assert float(DAY_S) == asyncio.run(watch._look_after_notices(HOST))
    assert (1, 0, 0) == (told.shown, told.held, context.asked)


class Alone:
    """What a watch stands on where no directory can be asked."""

    def __init__(self, told: Told) -> None:
        self.engine, self.store, self._told, self.asked = told.mina.engine, told.mina.store, told, 0

    @property
    def directories(self) -> Alone:
        return self

    async def learn_docket(self, host: str) -> None:
        del host
        self.asked += 1
        with self.engine.step(self.now()) as step:
            taking.look_again(step, told=True, asked=True)

    def now(self) -> int:
        return self._told.world.now

    def happened(self, touched: object) -> None:
        """Nobody listens."""


def test_without_a_policy_a_notice_waits_and_that_is_said_once() -> None:
    """Nothing of it is shown; with the policy it is. Rubbish beside it is told apart then."""
    told, docket = Told(BARE), Docket()
    told.gets(docket.item(told.handle))
    told.gets(Docket(label="mallory", witnesses=()).item(told.handle))
    assert (0, 0, {}, 2, []) == told.state
    told.look_again()
    told.look_again()
    assert (0, 0, {}, 2, ["operator-notice-unchecked"]) == told.state
    told.pin(docket.policy, by_hand=True)
    told.look_again()
    assert (1, 1, {"note-invalid": 1}, 0, ["operator-notice-unchecked"]) == told.state


def forged(handle: str, number: int = 0) -> bytes:
    """What a stranger can make: a log of its own under the operator's name, which no witness cosigns."""
    log = Docket(origin=f"{HOST}/z{number}", label=f"mallory{number}", witnesses=())
    return encode_notice(log.notice(body(handle, origin=log.origin)))


def test_of_another_docket_than_the_operators_a_stranger_can_say_nothing() -> None:
    """Where the policy names the docket such an item is nothing: it neither waits nor warns."""
    told = Told()
    told.gets(forged(told.handle))
    told.look_again()
    assert (0, 0, {"docket-notice-invalid": 1}, 0, []) == told.state


@pytest.mark.parametrize("policy", [None, "BARE"])
def test_what_a_stranger_can_have_made_warns_nobody(policy: str | None) -> None:
    """With no policy, and with one that names no docket: it waits in silence, for as long as a notice is taken."""
    told = Told(BARE if policy else None)
    told.gets(forged(told.handle))
    told.look_again()
    assert (0, 0, {}, 1, []) == told.state
    told.world.now += (OLDEST_S - 60) * 1_000
    told.look_again()
    assert 1 == told.held
    told.world.now += 120_000
    told.look_again()
    assert (0, 0, {"operator-notice-unchecked": 1}, 0, []) == told.state


@pytest.mark.parametrize("first", [True, False], ids=["flood-first", "flood-after"])
def test_a_flood_of_forged_notices_keeps_no_genuine_one_out(first: bool) -> None:  # noqa: FBT001 - a parameter
    """Its witnesses vouch for it before the docket's own keys are known: it has a place of its own."""
    told, flood = Told(BARE), range(2 * MOST_HELD)
    forgeries = [forged(told.handle, number) for number in flood]
    forgeries += [
        Docket(label="mallory", witnesses=()).item(told.handle, nonce=bytes([number] * 16)) for number in flood
    ]
    genuine = Docket().item(told.handle)
    for item in [*forgeries, genuine] if first else [genuine, *forgeries]:
        told.gets(item)
    assert MOST_HELD + 1 == told.held
    told.pin(Docket().policy)
    told.look_again()
    assert (1, 1, 0, []) == (told.shown, told.events, told.held, warnings(told.mina))


def test_a_directory_is_asked_once_for_what_a_stranger_can_have_made() -> None:
    """Within an hour, at a time of its own; what witnesses vouch for is asked for again, about every hour."""
    told = Told(BARE)
    context = Alone(told)
    watch = OwnKeyMonitor(context, context.directories)  # type: ignore[arg-type]

    def for_hours(hours: int) -> int:
        asked, until = context.asked, told.world.now + hours * 3_600_000
        while told.world.now < until:
            pause = asyncio.run(watch._look_after_notices(HOST))
            told.world.now = min(until, told.world.now + int(pause * 1_000) + 1)
        return context.asked - asked

    told.gets(forged(told.handle))
    watch.inbox_read()
    assert watch._ask_s is not None
    assert 0.0 < watch._ask_s - told.world.now / 1_000 <= own_key_monitor.ASK_S
    assert (1, 0) == (for_hours(2), for_hours(48))
    told.gets(Docket().item(told.handle))
    assert 12 <= for_hours(24) <= 48


def test_what_waits_is_bounded() -> None:
    """Whoever fills the inbox with claims fills no disk."""
    told = Told(None)
    for number in range(MOST_HELD + 3):
        told.gets(Docket().item(told.handle, nonce=number.to_bytes(16, "big")))
    assert (0, 0, {"operator-notice-unchecked": 3}, MOST_HELD, []) == told.state


def test_a_policy_without_a_quorum_is_believed_and_shown_for_what_it_is() -> None:
    """Nobody vouches for the time then, and the notice says that nobody witnessed it."""
    docket = Docket(witnesses=())
    lines = [line for line in docket.policy.splitlines() if line.startswith("log ")]
    told = Told("\n".join([*lines, f"quorum {NO_QUORUM}", ""]))
    told.gets(docket.item(told.handle))
    with told.mina.store.transaction():
        (kept,) = load_notices(told.mina.store)
    assert ((), None) == (kept.witnesses, kept.time_s)


@pytest.mark.parametrize("rubbish", [HEADER, HEADER + b"{}", HEADER + b"\xff" * 90, HEADER + b"[" * 9_000])
def test_rubbish_with_the_right_beginning_is_counted(rubbish: bytes) -> None:
    """And nothing else comes of it."""
    told = Told()
    told.gets(rubbish)
    (code,) = told.refused
    assert (0, 0, {code: 1}, 0, []) == told.state


def test_every_bit_of_a_notice_counts() -> None:
    """No item with one bit changed is shown: a sample over the whole of it."""
    told = Told()
    item = Docket().item(told.handle)
    for at in range(len(HEADER), len(item), 97):
        changed = bytearray(item)
        changed[at] ^= 1 << at % 7
        with told.mina.engine.step(told.world.now) as step:
            taking.take(step, bytes(changed))
    assert (0, 0) == (told.shown, told.events)
    assert isinstance(Docket().notice(body(told.handle)).body, NoticeBody)
