"""What a removed member can do who kept everything and accepted nothing: neither read nor derive the next epoch."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from cryptography.exceptions import InvalidTag
from nullabona_mls import KEY_PACKAGE_SCOPE, SUITE_PQ, CommitBundle, Group, WrongEpoch, group_scope

from tests.mls.by_hand import ByHand, Context, Epoch, open_welcome, seeds
from tests.mls.device import SUITE_NAMES, SUITES, Device, config, pair

LEAVES = 4


@pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
def test_who_never_accepts_their_removal_does_not_read_on(suite: int) -> None:
    """Such a handle stays in its epoch and reads what is said there; of the next one it reads nothing. After a commit
    that only updates keys, the same handle does.
    """
    alice, ours, bob, theirs = pair(suite)
    update = ours.commit(alice.signer, update=True)
    ours = alice.merge(alice.keep(ours))
    theirs, _ = bob.follow(theirs, update.commit)
    assert b"after an update" == theirs.process(ours.encrypt(alice.signer, b"after an update")).plaintext
    late = ours.encrypt(alice.signer, b"before the removal")
    removal = ours.commit(alice.signer, remove=[1])
    ours = alice.merge(alice.keep(ours))
    assert theirs.process(removal.commit).self_removed
    theirs = bob.keep(theirs)
    for text in (b"first", b"second"):
        with pytest.raises(WrongEpoch):
            theirs.process(ours.encrypt(alice.signer, text))
    assert (True, b"before the removal") == (theirs.active, theirs.process(late).plaintext)


def test_no_key_that_a_removed_member_kept_leads_into_the_next_epoch() -> None:
    """By hand, with every private key, path secret and epoch secret they ever had on every ciphertext of the commit.

    In the same way they come into the epoch after an update, and who stays in comes into the one after the removal.
    """
    alice, ours, bob, carol = _three()
    bobs, carols = bob[1], carol[1]
    ours, update = _commit(alice, ours)
    assert [True, True] == [each.follow(update.commit, _context(alice, ours), LEAVES) for each in (bobs, carols)]
    assert [ours.epoch_authenticator] * 2 == [each.epochs[-1].authenticator for each in (bobs, carols)]
    for device, hand in (bob, carol):
        device_group = device.load(ours.id, 1)
        device.follow(device_group, update.commit)
        hand.keys += _kept(device, ours)
    assert 3 == len(set(bobs.keys))  # his leaf's, and those of both nodes above it

    ours, removal = _commit(alice, ours, remove=[1])
    after = _context(alice, ours)
    assert not bobs.follow(removal.commit, after, LEAVES)
    assert carols.follow(removal.commit, after, LEAVES)
    assert ours.epoch_authenticator == carols.epochs[-1].authenticator
    room = ours.export_secret("nullabona room", b"", 32)
    assert room == carols.epochs[-1].exported("nullabona room")
    guessed = list(bobs.guesses(after))
    assert not {room, ours.epoch_authenticator} & {
        secret for epoch in guessed for secret in (epoch.exported("nullabona room"), epoch.authenticator)
    }

    message = ours.encrypt(alice.signer, b"the lock is changed")
    assert b"the lock is changed" in carols.epochs[-1].open(message, LEAVES)
    for epoch in (*bobs.epochs, *guessed):
        with pytest.raises(InvalidTag):
            epoch.open(message, LEAVES)


def _three() -> tuple[Device, Group, tuple[Device, ByHand], tuple[Device, ByHand]]:
    """Alice, Bob and Carol in one group, epoch 1; the latter two have come in by hand, too."""
    alice, bob, carol = (Device(name, config(SUITE_PQ)) for name in (b"alice", b"bob", b"carol"))
    ours, bundle = alice.add(alice.create(), [bob, carol])
    return alice, ours, (bob, _joined(bob, bundle)), (carol, _joined(carol, bundle))


def _joined(device: Device, bundle: CommitBundle) -> ByHand:
    """A member who opened the Welcome by hand, before the device does; its rows are kept beside."""
    assert bundle.welcome is not None
    [(_, _, row)] = device.rows(KEY_PACKAGE_SCOPE)  # ends with two seeds, each with its length in front
    joiner_secret, context = open_welcome(bundle.welcome, row[-65:-33])
    group = device.join(bundle)
    return ByHand([Epoch.begun(context, joiner_secret)], _kept(device, group), [])


def _kept(device: Device, group: Group) -> list[bytes]:
    """Every private key that lies in a device's rows of a group."""
    rows = device.rows(group_scope(group.id))
    return [seed for _, key, row in rows if key.startswith(b"keys:") for seed in seeds(row)]


def _commit(alice: Device, group: Group, remove: Sequence[int] = ()) -> tuple[Group, CommitBundle]:
    bundle = group.commit(alice.signer, remove=remove, update=True)
    return alice.merge(alice.keep(group)), bundle


def _context(alice: Device, group: Group) -> Context:
    """The context of the group's epoch, as a member gives it away."""
    return Context.of(group.group_info(alice.signer)[4:])
