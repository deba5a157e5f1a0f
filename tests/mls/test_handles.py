"""What a handle promises about rows, generations, failures and threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nullabona_mls import (
    SUITE_PQ,
    CoreError,
    Duplicate,
    Group,
    Invalid,
    NotMember,
    Panic,
    PendingCommit,
    Signer,
    StaleHandle,
    WrongEpoch,
    group_scope,
    make_key_package,
)

from tests.mls.device import ROOM_STATE, SUITE_NAMES, SUITES, Device, config, new_signer, pair, same

MESSAGE_DELTA = 2048


@pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
def test_a_message_changes_little(suite: int) -> None:
    """In a group of two, sending or reading a message rewrites one row of less than two kilobytes."""
    alice, ours, bob, theirs = pair(suite)
    for _ in range(3):
        message = ours.encrypt(alice.signer, b"text")
        for device, group in ((alice, ours), (bob, theirs)):
            if device is bob:
                group.process(message)
            delta = device.save(group)
            assert (1, []) == (len(delta.puts), delta.dels)
            assert sum(len(part) for row in delta.puts for part in row) < MESSAGE_DELTA


@pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
def test_a_commit_leaves_no_patch(suite: int) -> None:
    """Message secrets are written whole with every commit, so nothing of a forgotten epoch stays in the rows."""
    alice, ours, bob, theirs = pair(suite)
    whole, patch = (group_scope(ours.id), b"secrets"), (group_scope(ours.id), b"secrets+")
    patches = []
    for _ in range(5):
        before = bob.kept[whole]
        update = ours.commit(alice.signer, update=True)
        ours = alice.merge(alice.keep(ours))
        theirs, _ = bob.follow(theirs, update.commit)
        assert patch not in bob.kept
        assert before != bob.kept[whole]
        theirs.process(ours.encrypt(alice.signer, b"text"))
        theirs = bob.keep(theirs)
        patches.append(patch in bob.kept)
    assert patches[2:] == [True] * 3


@pytest.mark.slow
def test_a_room_of_a_thousand_devices() -> None:
    """They are added at once, the last one joins, a message still changes little, and a removal fits in one message."""
    alice, last = Device(b"alice", config(SUITE_PQ)), Device(b"last", config(SUITE_PQ))
    others = [make_key_package(new_signer(), b"device %d" % number, alice.cfg)[0] for number in range(998)]
    ours = alice.create()
    bundle = ours.commit(alice.signer, add=[*others, last.key_package()])
    ours = alice.merge(alice.keep(ours))
    theirs = last.join(bundle)
    assert (1000, 999) == (len(theirs.members()), theirs.own_leaf)
    removal = ours.commit(alice.signer, remove=[500])
    ours = alice.merge(alice.keep(ours))
    theirs, seen = last.follow(theirs, removal.commit)
    assert [b"device 499"] == [member.identity for member in seen.removes]
    assert same(ours, theirs)
    message = ours.encrypt(alice.signer, b"text")
    assert sum(len(part) for row in alice.save(ours).puts for part in row) < 4 * MESSAGE_DELTA
    assert b"text" == theirs.process(message).plaintext


def test_a_failed_transaction_takes_nothing_with_it() -> None:
    """After closing an unsaved handle, the group loads as it was: same epoch, same pending state, same keys."""
    alice, ours, bob, theirs = pair(SUITE_PQ)
    before, generation = dict(alice.kept), ours.gen
    lost = ours.encrypt(alice.signer, b"never sent")
    ours.commit(alice.signer, update=True)
    assert ours.take_delta().puts
    ours.close()
    assert before == alice.kept
    again = alice.load(theirs.id, generation)
    assert (False, 1) == (again.pending, again.epoch)
    sent = again.encrypt(alice.signer, b"sent")
    assert b"sent" == theirs.process(sent).plaintext
    with pytest.raises(Duplicate):
        theirs.process(lost)
    assert same(again, theirs)
    bob.keep(theirs)


def test_a_delta_grows_until_it_is_saved() -> None:
    """`take_delta` repeats what was not saved; changes made after it are in the next one even if it is saved."""
    alice, ours, _bob, theirs = pair(SUITE_PQ)
    generation = ours.gen
    ours.encrypt(alice.signer, b"1")
    first = ours.take_delta()
    ours.commit(alice.signer, update=True)
    second = ours.take_delta()
    assert (generation, generation + 1) == (first.base_gen, first.new_gen) == (second.base_gen, second.new_gen)
    assert {row[:2] for row in first.puts} < {row[:2] for row in second.puts}
    late = ours.encrypt(alice.signer, b"2")
    alice.write(second)
    ours.saved(second.new_gen)
    alice.save(ours)
    fresh = alice.load(ours.id, ours.gen)
    assert (generation + 2, True) == (fresh.gen, fresh.pending)
    theirs.process(late)
    assert b"3" == theirs.process(fresh.encrypt(alice.signer, b"3")).plaintext
    delta = ours.take_delta()
    assert ([], []) == (delta.puts, delta.dels)


def test_saved_wants_the_generation_of_the_delta() -> None:
    _alice, ours, _bob, _theirs = pair(SUITE_PQ)
    for wrong in (0, ours.gen, ours.gen + 2):
        with pytest.raises(Invalid):
            ours.saved(wrong)


def test_a_panic_poisons_the_handle_only() -> None:
    """It becomes `Panic`, without the panic's own text; the handle is stale and the group loads again from its rows."""
    alice, ours, _bob, theirs = pair(SUITE_PQ)
    group_id, generation = ours.id, ours.gen
    with pytest.raises(Panic) as caught:
        ours.testing_panic()
    assert "panic" == caught.value.code
    assert "asked" not in str(caught.value)
    with pytest.raises(StaleHandle):
        ours.encrypt(alice.signer, b"x")
    assert same(alice.load(group_id, generation), theirs)


def test_a_closed_handle_is_stale() -> None:
    """Everything but a second `close` is `StaleHandle`."""
    alice, ours, _bob, _theirs = pair(SUITE_PQ)
    ours.close()
    ours.close()
    uses: list[Callable[[], object]] = [
        lambda: ours.epoch,
        ours.members,
        ours.take_delta,
        lambda: ours.encrypt(alice.signer, b"x"),
    ]
    for use in uses:
        with pytest.raises(StaleHandle) as caught:
            use()
        assert "stale-handle" == caught.value.code


def test_rows_that_do_not_load_are_refused() -> None:
    """A missing, mutilated or foreign row, or one of another revision, is `Invalid` "state", not a broken group."""
    alice, ours, _bob, _theirs = pair(SUITE_PQ)
    rows = alice.rows(group_scope(ours.id))
    needed = {b"config", b"context", b"epoch", b"leaf", b"meta", b"secrets", b"state", b"tree", b"tag"}
    scope = group_scope(ours.id)
    assert needed <= {key for _scope, key, _value in rows}
    broken = [[row for row in rows if row[1] != key] for key in sorted(needed)]
    broken += [
        [(scope, key, value[:-1]) if key == bad else (scope, key, value) for _, key, value in rows] for bad in needed
    ]
    broken += [[(scope, key, b"\xff\0" if key == b"meta" else value) for _, key, value in rows], []]
    for bad_rows in broken:
        with pytest.raises(Invalid) as caught:
            Group.load(ours.id, bad_rows, 1)
        assert "state" == caught.value.code
    with pytest.raises(Invalid):
        Group.load(b"another id", rows, 1)


def test_a_staged_commit_belongs_to_its_handle_and_epoch() -> None:
    """Accepting it elsewhere is refused, twice does nothing, and too late is `WrongEpoch`."""
    alice, ours, bob, theirs = pair(SUITE_PQ)
    first, other = ours.commit(alice.signer, update=True), theirs.commit(bob.signer, update=True)
    theirs = bob.keep(theirs)
    twin = bob.load(theirs.id, theirs.gen)
    seen, rival = theirs.process(first.commit), twin.process(first.commit)
    with pytest.raises(Invalid):
        twin.accept(seen)
    late = theirs.process(first.commit)
    theirs.accept(seen)
    theirs.accept(seen)
    with pytest.raises(WrongEpoch):
        theirs.accept(late)
    assert 2 == theirs.epoch
    twin.accept(rival)
    assert same(theirs, twin)
    with pytest.raises(WrongEpoch):
        ours.process(theirs.commit(bob.signer, update=True).commit)
    assert other.commit != first.commit


def test_only_the_leafs_own_key_may_sign() -> None:
    """Another signer is refused before anything is made, so no unreadable message can be sent."""
    _alice, ours, bob, _theirs = pair(SUITE_PQ)
    for use in (
        lambda: ours.encrypt(bob.signer, b"x"),
        lambda: ours.commit(bob.signer, update=True),
        lambda: ours.group_info(bob.signer),
    ):
        with pytest.raises(Invalid) as caught:
            use()
        assert "argument" == caught.value.code


def test_reserved_extensions_cannot_be_set() -> None:
    """Required capabilities survive a change of the group extensions, and cannot be changed by it."""
    alice, ours, _bob, _theirs = pair(SUITE_PQ)
    with pytest.raises(Invalid):
        ours.commit(alice.signer, group_ext=[(3, b"\0\0\0")])
    required = dict(ours.group_ext())[3]
    ours.commit(alice.signer, group_ext=[(ROOM_STATE, b"new")])
    ours = alice.merge(alice.keep(ours))
    assert {3: required, ROOM_STATE: b"new"} == dict(ours.group_ext())


def test_a_handle_may_be_shared_by_threads() -> None:
    """Calls wait for each other: every message gets its own key, and all can be read."""
    alice, ours, _bob, theirs = pair(SUITE_PQ)
    with ThreadPoolExecutor(4) as pool:
        messages = list(pool.map(lambda number: ours.encrypt(alice.signer, b"%d" % number), range(40)))
    assert {b"%d" % number for number in range(40)} == {theirs.process(message).plaintext for message in messages}


def test_nothing_secret_is_shown() -> None:
    """No `repr` holds a seed, a plaintext or a row's value."""
    alice, ours, _bob, theirs = pair(SUITE_PQ)
    seed = os.urandom(32)
    signer = Signer.from_seed(seed)
    seen = theirs.process(ours.encrypt(alice.signer, b"plaintext"))
    shown = " ".join(repr(value) for value in (signer, ours, seen, ours.take_delta(), alice.cfg, theirs.members()))
    for secret in (seed.hex(), repr(seed)[2:-1], "plaintext", "alice"):
        assert secret not in shown
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert public == signer.public_key
    with pytest.raises(Invalid):
        Signer.from_seed(seed[:31])


def test_the_errors_are_one_tree() -> None:
    for error in (StaleHandle, NotMember, PendingCommit, WrongEpoch, Duplicate, Invalid, Panic):
        assert (CoreError,) == error.__bases__
    assert (Exception,) == CoreError.__bases__


def test_a_welcome_is_one_message_for_all() -> None:
    """Three joiners share one Welcome; the tree is not inside it."""
    alice = Device(b"alice", config(SUITE_PQ))
    friends = [Device(b"f%d" % number, config(SUITE_PQ)) for number in range(3)]
    group, bundle = alice.add(alice.create(), friends)
    assert bundle.welcome is not None
    assert group.members()[1].encryption_key not in bundle.welcome
    assert all(same(group, friend.join(bundle)) for friend in friends)
