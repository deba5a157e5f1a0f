"""What a device remembers of a directory, and what it believes of it from then on: keys, witnesses, place and time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from nullabona.client.core.directory.errors import LogForked, LogReplaced, LogRolledBack, LogStale, PromiseInvalid
from nullabona.client.core.directory.pinned import (
    SKEW_S,
    Pinned,
    Sighting,
    check_fresh,
    check_position,
    moved,
    pin,
    see,
)
from nullabona.client.core.directory.promises import AHEAD, Expected, check_promise
from nullabona.errors import Malformed, PeerError
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import SignerKey
from nullabona.log.note import sign_note
from nullabona.log.policy import NotWitnessed, PolicyInvalid
from nullabona.log.tree import Frontier, inclusion_proof, leaf_hash
from nullabona.log.vrf import VrfInvalid, VrfKey
from nullabona.wire.epoch import Promise, encode_genesis, encode_promise, origin_of
from nullabona.wire.messages import LogDescribed
from tests.log.trees import PlainNodes
from tests.sequencer.logs import policy_text
from tests.witness.running import log_signers, witness_signers

HOST = "relay.example"
ORIGIN = origin_of(HOST)
NOW = 1_000_000
PERIOD_S = 600
FRESH_S = 2 * PERIOD_S + 60
SIGNERS = log_signers(ORIGIN, "directory")
WITNESSES = ["w.example/1", "w.example/2"]
POLICY = policy_text(SIGNERS)
WITNESSED = policy_text(SIGNERS, WITNESSES, quorum=1)
GENESIS = encode_genesis(HOST, VrfKey.of(bytes(32)).public, PERIOD_S, 30)
LEAVES = [leaf_hash(GENESIS), *(leaf_hash(b"epoch %d" % number) for number in range(1, 6))]


def frontier(leaves: Sequence[bytes]) -> Frontier:
    """Of a log with these entries."""
    return Frontier().extend(b"".join(leaves))


def checkpoint(
    leaves: Sequence[bytes] = LEAVES,
    *more: SignerKey,
    origin: str = ORIGIN,
    by: Sequence[SignerKey] = SIGNERS,
    time_s: int = NOW,
) -> bytes:
    """Signed by the log, and by whoever else."""
    text = Checkpoint(origin, len(leaves), frontier(leaves).root).encode()
    return sign_note(text, [*by, *more], time_s).encode()


NOTE = checkpoint()


def described(**about: object) -> LogDescribed:
    """What an honest directory says of its log."""
    proof = tuple(inclusion_proof(PlainNodes(LEAVES), 0, len(LEAVES)))
    plain = LogDescribed(POLICY, GENESIS, proof, frontier(LEAVES).peaks, NOTE)
    return msgspec.structs.replace(plain, **about)


PINNED = Pinned(
    HOST,
    POLICY,
    by_hand=False,
    genesis=GENESIS,
    size=len(LEAVES),
    peaks=frontier(LEAVES).peaks,
    checkpoint=NOTE,
    seen_s=NOW,
    genesis_proof=described().genesis_proof,
    began=NOTE,
)


# -- the first sight ----------------------------------------------------------------------------------------------


def test_a_directory_is_remembered_as_it_was_first_seen() -> None:
    """By its own policy, unless the person has one: that is known then."""
    assert PINNED == pin(HOST, described(), None, NOW)
    by_hand = pin(HOST, described(policy="nonsense"), POLICY, NOW)
    assert msgspec.structs.replace(PINNED, by_hand=True) == by_hand
    assert (PERIOD_S, HOST, False) == (PINNED.rules.period_s, PINNED.rules.host, PINNED.witnessed)
    assert msgspec.structs.replace(PINNED, policy=WITNESSED).witnessed


def foreign_genesis() -> LogDescribed:
    """A log that begins as another directory's."""
    genesis = encode_genesis("two.example", VrfKey.of(bytes(32)).public, PERIOD_S, 30)
    leaves = [leaf_hash(genesis), *LEAVES[1:]]
    proof = tuple(inclusion_proof(PlainNodes(leaves), 0, len(leaves)))
    return LogDescribed(POLICY, genesis, proof, frontier(leaves).peaks, checkpoint(leaves))


def keyless_genesis() -> LogDescribed:
    """One whose key for labels is none."""
    genesis = encode_genesis(HOST, b"\xff" * 32, PERIOD_S, 30)
    leaves = [leaf_hash(genesis), *LEAVES[1:]]
    proof = tuple(inclusion_proof(PlainNodes(leaves), 0, len(leaves)))
    return LogDescribed(POLICY, genesis, proof, frontier(leaves).peaks, checkpoint(leaves))


@pytest.mark.parametrize(
    ("shown", "error"),
    [
        (described(policy="nonsense"), PolicyInvalid),
        (described(policy=policy_text(log_signers("two.example/x"))), PolicyInvalid),
        (described(policy=WITNESSED), NotWitnessed),
        (described(policy=policy_text(log_signers(ORIGIN, "other"))), LogReplaced),
        (described(checkpoint=b"nonsense"), Malformed),
        (foreign_genesis(), LogReplaced),
        (keyless_genesis(), VrfInvalid),
        (described(genesis=b"nonsense"), Malformed),
        (described(genesis_proof=()), LogForked),
        (described(edge=tuple(reversed(frontier(LEAVES).peaks))), LogForked),
    ],
    ids=["policy", "names", "witness", "keys", "note", "host", "key", "genesis", "proof", "edge"],
)
def test_a_directory_that_does_not_hold_together_is_not_remembered(shown: LogDescribed, error: type[PeerError]) -> None:
    """Each part of what it says of itself is checked."""
    with pytest.raises(error):
        pin(HOST, shown, None, NOW)


# -- every later sight --------------------------------------------------------------------------------------------


def test_a_checkpoint_is_seen_with_who_vouches_for_it_and_when() -> None:
    """Nobody and never, where the policy demands no witness."""
    root = frontier(LEAVES).root
    assert Sighting(len(LEAVES), root, None, ()) == see(PINNED, checkpoint())
    witnessed = msgspec.structs.replace(PINNED, policy=WITNESSED)
    note = checkpoint(LEAVES, *witness_signers(WITNESSES[1]), time_s=77)
    assert Sighting(len(LEAVES), root, 77, ("w1",)) == see(witnessed, note)
    with pytest.raises(NotWitnessed):
        see(witnessed, checkpoint())


@pytest.mark.parametrize(
    ("policy", "note", "error"),
    [
        (POLICY, checkpoint(by=log_signers(ORIGIN, "other")), LogReplaced),
        (POLICY, checkpoint(origin="two.example/x", by=log_signers("two.example/x")), LogReplaced),
        (
            policy_text([*SIGNERS, *log_signers("two.example/x")]),
            checkpoint(origin="two.example/x", by=log_signers("two.example/x")),
            LogReplaced,
        ),
        (POLICY, b"nonsense", Malformed),
    ],
    ids=["keys", "unknown", "other", "nonsense"],
)
def test_another_log_is_not_believed(policy: str, note: bytes, error: type[PeerError]) -> None:
    """Whoever signed it, even if the policy knows it."""
    with pytest.raises(error):
        see(msgspec.structs.replace(PINNED, policy=policy), note)


def sighting(leaves: Sequence[bytes] = LEAVES, time_s: int | None = None) -> Sighting:
    """A checkpoint of a log with these entries."""
    return Sighting(len(leaves), frontier(leaves).root, time_s, ())


def test_a_log_only_grows() -> None:
    """Less than was seen is a step back, another of the same size a fork; more is to be followed."""
    other = [*LEAVES[:-1], leaf_hash(b"another")]
    for leaves in (LEAVES, [*LEAVES, LEAVES[1]], [*other, LEAVES[1]]):
        check_position(PINNED, sighting(leaves))
    with pytest.raises(LogRolledBack):
        check_position(PINNED, sighting(LEAVES[:-1]))
    with pytest.raises(LogForked):
        check_position(PINNED, sighting(other))


@pytest.mark.parametrize(
    ("closed_s", "time_s", "believed"),
    [
        (NOW - FRESH_S, None, True),
        (NOW - FRESH_S - 1, None, False),
        (NOW + SKEW_S, None, True),
        (NOW + SKEW_S + 1, None, False),
        (NOW, NOW - FRESH_S, True),
        (NOW, NOW - FRESH_S - 1, False),
        (NOW - FRESH_S - 1, NOW, False),
        (NOW, NOW + 10 * SKEW_S, True),
    ],
)
def test_what_is_shown_is_of_now(closed_s: int, time_s: int | None, *, believed: bool) -> None:
    """Neither the newest epoch nor the witnesses' signatures are too old, and no epoch closes in the future."""
    if believed:
        check_fresh(PINNED, sighting(time_s=time_s), closed_s, NOW)
    else:
        with pytest.raises(LogStale):
            check_fresh(PINNED, sighting(time_s=time_s), closed_s, NOW)


def test_what_was_reached_is_remembered() -> None:
    """If it is what was seen."""
    longer = [*LEAVES, leaf_hash(b"epoch 6")]
    now = moved(PINNED, frontier(longer), sighting(longer), b"note", NOW + 9, listed=True)
    reached: dict[str, object] = {"size": 7, "peaks": frontier(longer).peaks, "checkpoint": b"note"}
    assert msgspec.structs.replace(PINNED, **reached, seen_s=NOW + 9, listed=True) == now
    for other in (LEAVES, [*LEAVES, leaf_hash(b"another")]):
        with pytest.raises(LogForked):
            moved(PINNED, frontier(other), sighting(longer), b"note", NOW, listed=False)


# -- promises -----------------------------------------------------------------------------------------------------


def promised(epoch: int = 7, *, by: Sequence[SignerKey] = SIGNERS[:1], **about: str) -> bytes:
    """A card will stand in the record by an epoch."""
    said = Promise(about.get("origin", ORIGIN), about.get("handle", f"mina@{HOST}"), b"d" * 32, epoch)
    return sign_note(encode_promise(said), by, NOW).encode()


@pytest.mark.parametrize(("ahead", "holds"), [(0, False), (1, True), (AHEAD, True), (AHEAD + 1, False)])
def test_a_promise_is_for_one_of_the_next_epochs(ahead: int, *, holds: bool) -> None:
    """It is due two seconds after that has closed."""
    newest = frontier(LEAVES)
    note = promised(newest.size - 1 + ahead)
    if not holds:
        with pytest.raises(PromiseInvalid):
            check_promise(PINNED, f"mina@{HOST}", b"d" * 32, note, newest, NOW)
        return
    due_s = {1: NOW + 602, AHEAD: NOW + 2_402}[ahead]
    assert Expected(
        HOST, f"mina@{HOST}", b"d" * 32, newest.size - 1, newest.size - 1 + ahead, note, newest.peaks, due_s
    ) == check_promise(PINNED, f"mina@{HOST}", b"d" * 32, note, newest, NOW)


@pytest.mark.parametrize(
    ("note", "handle", "digest"),
    [
        (b"nonsense", f"mina@{HOST}", b"d" * 32),
        (promised(by=log_signers(ORIGIN, "other")[:1]), f"mina@{HOST}", b"d" * 32),
        (promised(origin="two.example/x"), f"mina@{HOST}", b"d" * 32),
        (promised(), f"jun@{HOST}", b"d" * 32),
        (promised(), f"mina@{HOST}", b"e" * 32),
        (checkpoint(), f"mina@{HOST}", b"d" * 32),
    ],
    ids=["nonsense", "keys", "origin", "handle", "digest", "checkpoint"],
)
def test_what_the_directory_did_not_promise_is_no_promise(note: bytes, handle: str, digest: bytes) -> None:
    """Its own key has signed it, for this very card."""
    with pytest.raises(PromiseInvalid):
        check_promise(PINNED, handle, digest, note, frontier(LEAVES), NOW)
