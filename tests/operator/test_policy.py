"""Where a profile learns its operator's docket from: the directory's policy may grow by it, and by nothing else."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.directory.pinned import Pinned, with_docket
from nullabona.wire.epoch import origin_of
from nullabona.wire.messages import LogDescribed
from tests.operator.forging import HOST, ORIGIN
from tests.sequencer.logs import policy_text
from tests.witness.running import log_signers

DIRECTORY = log_signers(origin_of(HOST), "directory")
DOCKET = log_signers(ORIGIN, "docket")
BEFORE = policy_text(DIRECTORY, ["w1", "w2"], quorum=2)
AFTER = policy_text([*DIRECTORY, *DOCKET], ["w1", "w2"], quorum=2)
PINNED = Pinned(HOST, BEFORE, by_hand=False, genesis=b"", size=0, peaks=(), checkpoint=b"", seen_s=0)


def described(policy: str) -> LogDescribed:
    """What the directory says now."""
    return LogDescribed(policy, b"", (), (), b"")


def test_a_docket_that_is_new_is_learnt() -> None:
    """Its keys stand in the policy from then on; everything else is as it was."""
    assert msgspec.structs.replace(PINNED, policy=AFTER) == with_docket(PINNED, described(AFTER))


@pytest.mark.parametrize(
    "policy",
    [
        BEFORE,
        policy_text([*DIRECTORY, *DOCKET], ["w1", "w2"], quorum=1),
        policy_text([*DIRECTORY, *DOCKET], ["w1", "w3"], quorum=2),
        policy_text([*DIRECTORY, *DOCKET]),
        policy_text([*log_signers(origin_of(HOST), "mallory"), *DOCKET], ["w1", "w2"], quorum=2),
        policy_text([*DIRECTORY, *log_signers(origin_of(HOST), "mallory")], ["w1", "w2"], quorum=2),
        policy_text([*DIRECTORY, *log_signers("mallory.example/docket")], ["w1", "w2"], quorum=2),
        policy_text([*DIRECTORY, *DOCKET, *log_signers("mallory.example/docket")], ["w1", "w2"], quorum=2),
        policy_text([*DIRECTORY[:1], *DOCKET], ["w1", "w2"], quorum=2),
    ],
    ids=["same", "quorum", "witness", "none", "keys", "more-keys", "other-host", "other-host-too", "fewer-keys"],
)
def test_nothing_else_is_taken_over(policy: str) -> None:
    """Whoever must witness, and every key that was known, stays as it is pinned."""
    assert PINNED == with_docket(PINNED, described(policy))


def test_a_policy_by_hand_is_never_changed() -> None:
    """The person's word counts."""
    by_hand = msgspec.structs.replace(PINNED, by_hand=True)
    assert by_hand == with_docket(by_hand, described(AFTER))


def test_known_docket_keys_are_never_exchanged() -> None:
    """Other keys under the docket's name are not taken, whether they replace the known ones or join them."""
    known = msgspec.structs.replace(PINNED, policy=AFTER)
    others = log_signers(ORIGIN, "mallory")
    for signers in ([*DIRECTORY, *others], [*DIRECTORY, *DOCKET, *others]):
        assert known == with_docket(known, described(policy_text(signers, ["w1", "w2"], quorum=2)))
