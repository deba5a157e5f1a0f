"""A device goes over to new keys of a record only along changes that its witnesses confirmed, and never back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from nullabona.client.core.directory.errors import LogReplaced, LogRolledBack
from nullabona.client.core.directory.key_changes import follow_changes, with_policy
from nullabona.client.core.directory.pinned import see
from nullabona.log.key_change import KeysUnproven, successor
from nullabona.log.vrf import VrfKey
from nullabona.wire.epoch import encode_genesis
from nullabona.wire.messages import LogDescribed
from tests.core.test_directory_pinned import GENESIS, LEAVES, NOW, PINNED, checkpoint, described, frontier
from tests.log.key_changes import ORIGIN, WITNESSES, change, policy, signed, tree
from tests.witness.running import log_signers, witness_signers

FIRST, SECOND = change(), change("second", "third", 1)
FILES = [signed(FIRST).encode(), signed(SECOND, ("second", "third"), before=tree(FIRST)).encode()]
KNOWN = replace(PINNED, policy=policy("first"))


def test_a_device_that_was_away_for_two_changes_follows_both() -> None:
    """In their order; where it is after the first one, only the second."""
    once = replace(KNOWN, policy=policy("second"))
    assert [policy("third")] * 2 == [follow_changes(known, FILES) for known in (KNOWN, once)]


def test_nothing_leads_back_or_round() -> None:
    """A device at the newest keys is shown the older changes: it stays. So it does where none is shown."""
    newest = replace(KNOWN, policy=policy("third"))
    assert [None, None, None] == [follow_changes(newest, files) for files in (FILES, FILES[:1], [])]


@pytest.mark.parametrize(
    "files",
    [
        [signed(FIRST, witnesses=WITNESSES[:1]).encode()],
        [signed(FIRST, ("second",)).encode()],
        [FILES[0], signed(SECOND, ("second", "third"), (), before=tree(FIRST)).encode()],
        [signed(change(after="third"), ("first", "third"), ()).encode()],
        [b"no change"],
    ],
    ids=["too-few", "old-key-missing", "second-unproven", "other-successor", "junk"],
)
def test_an_unproven_change_is_refused(files: Sequence[bytes]) -> None:
    """One witness, no old key, an unproven one after a proven one, a second successor that nobody confirmed."""
    with pytest.raises(KeysUnproven):
        follow_changes(KNOWN, files)


def test_a_policy_of_the_persons_own_keeps_its_witnesses() -> None:
    """Only keys of the log change, and only if the person's own witnesses confirmed it."""
    mine = replace(KNOWN, policy=policy("first", WITNESSES[2:], 1), by_hand=True)
    with pytest.raises(KeysUnproven):
        follow_changes(mine, FILES[:1])
    told = follow_changes(mine, [signed(FIRST, witnesses=WITNESSES).encode()])
    assert successor(mine.policy, FIRST, by_hand=True) == told
    assert told is not None
    assert WITNESSES[2] in told
    assert WITNESSES[0] not in told


def shown(leaves: Sequence[bytes] = LEAVES, genesis: bytes = GENESIS) -> LogDescribed:
    """What the directory says of itself under its second keys."""
    signers = [key for name in WITNESSES for key in witness_signers(name)]
    note = checkpoint(leaves, *signers, by=log_signers(ORIGIN, "second"))
    proof = described().genesis_proof if len(leaves) == len(LEAVES) else ()
    return described(checkpoint=note, edge=frontier(leaves).peaks, genesis=genesis, genesis_proof=proof)


def test_the_same_record_goes_on_under_the_new_keys() -> None:
    """Its beginning is proven under the new keys too, for evidence; the old keys are believed no more."""
    moved = with_policy(KNOWN, policy("second"), shown(), NOW)
    assert (policy("second"), KNOWN.size, KNOWN.peaks, False) == (moved.policy, moved.size, moved.peaks, moved.by_hand)
    old = checkpoint(LEAVES, *(key for name in WITNESSES for key in witness_signers(name)),
                     by=log_signers(ORIGIN, "first"))  # fmt: skip
    assert KNOWN.size == see(KNOWN, old).size
    with pytest.raises(LogReplaced):
        see(moved, old)


def test_new_keys_do_not_bring_an_older_or_another_record() -> None:
    """Fewer entries than were seen; another beginning."""
    with pytest.raises(LogRolledBack):
        with_policy(KNOWN, policy("second"), shown(LEAVES[:1]), NOW)
    other = encode_genesis("relay.example", VrfKey.of(bytes([1] * 32)).public, 600, 30)
    with pytest.raises(LogReplaced):
        with_policy(replace(KNOWN, genesis=other), policy("second"), shown(), NOW)
