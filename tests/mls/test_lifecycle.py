"""A group's life, loaded again from rows after every step, in both suites. See `_native.pyi` for the contract."""

import itertools

import pytest
from nullabona_mls import (
    KEY_PACKAGE_SCOPE,
    SUITE_PQ,
    Config,
    Duplicate,
    Group,
    Invalid,
    NotMember,
    PendingCommit,
    WrongEpoch,
    group_scope,
)

from tests.mls.device import ROOM_STATE, SUITE_NAMES, SUITES, Device, config, pair, roster, same

suites = pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)


@suites
def test_two_devices_talk(suite: int) -> None:
    """What one member encrypts the other reads, both ways, with its sender and authenticated data."""
    alice, ours, bob, theirs = pair(suite)
    for number in range(3):
        message = ours.encrypt(alice.signer, b"hello %d" % number, b"aad")
        ours = alice.keep(ours)
        got = theirs.process(message)
        theirs = bob.keep(theirs)
        assert ("app", b"hello %d" % number, b"aad") == (got.kind, got.plaintext, got.aad)
        assert (0, b"alice", alice.signer.public_key) == (
            got.sender_leaf,
            got.sender_identity,
            got.sender_signature_key,
        )
        answer = theirs.encrypt(bob.signer, b"answer")
        theirs = bob.keep(theirs)
        assert b"answer" == ours.process(answer).plaintext
        ours = alice.keep(ours)


@suites
def test_a_commit_shows_what_it_will_change(suite: int) -> None:
    """Adds, removes, updates and group extensions are visible before acceptance and true after it."""
    alice, ours, bob, theirs = pair(suite)
    carol, dave = Device(b"carol", config(suite)), Device(b"dave", config(suite))
    ours, bundle = alice.add(ours, [carol, dave])
    seen = theirs.process(bundle.commit)
    assert ("commit", False, False, 1) == (seen.kind, seen.external, seen.self_removed, seen.epoch)
    assert [(2, b"carol"), (3, b"dave")] == roster(seen.adds)
    assert ([], None) == (seen.updates, seen.new_group_ext)
    assert [(0, b"alice"), (1, b"bob")] == roster(theirs.members())
    theirs.accept(seen)
    theirs = bob.keep(theirs)
    assert [member.encryption_key for member in seen.adds] == [m.encryption_key for m in theirs.members()[2:]]
    assert same(ours, theirs)
    assert same(ours, carol.join(bundle))
    assert same(ours, dave.join(bundle))
    removal = ours.commit(alice.signer, remove=[2], group_ext=[(ROOM_STATE, b"renamed")], aad=b"why")
    ours = alice.merge(alice.keep(ours))
    before = theirs.members()[0]
    theirs, seen = bob.follow(theirs, removal.commit)
    assert ([(2, b"carol")], [(0, b"alice")], b"why") == (roster(seen.removes), roster(seen.updates), seen.aad)
    assert before.encryption_key != seen.updates[0].encryption_key
    assert seen.new_group_ext is not None
    assert b"renamed" == dict(seen.new_group_ext)[ROOM_STATE]
    assert seen.new_group_ext == theirs.group_ext()
    assert [(0, b"alice"), (1, b"bob"), (3, b"dave")] == roster(theirs.members())
    assert same(ours, theirs)


@suites
def test_a_freed_leaf_is_announced_for_the_next_member(suite: int) -> None:
    """Removing and adding in one commit puts the newcomer where the announcement said."""
    alice, ours, bob, theirs = pair(suite)
    others = [Device(b"d%d" % number, config(suite)) for number in range(4)]
    ours, bundle = alice.add(ours, others[:2])
    theirs, _ = bob.follow(theirs, bundle.commit)
    swap = ours.commit(alice.signer, add=[other.key_package() for other in others[2:]], remove=[2])
    ours = alice.merge(alice.keep(ours))
    theirs, seen = bob.follow(theirs, swap.commit)
    assert [(2, b"d2"), (4, b"d3")] == roster(seen.adds)
    assert roster(theirs.members()) == [(0, b"alice"), (1, b"bob"), (2, b"d2"), (3, b"d1"), (4, b"d3")]
    there = {member.leaf: member.encryption_key for member in theirs.members()}
    assert [member.encryption_key for member in seen.adds] == [there[2], there[4]]
    assert same(ours, others[2].join(swap))


@suites
def test_an_update_changes_the_leaf_key_and_nothing_else(suite: int) -> None:
    alice, ours, bob, theirs = pair(suite)
    update = theirs.commit(bob.signer, update=True)
    theirs = bob.merge(bob.keep(theirs))
    ours, seen = alice.follow(ours, update.commit)
    assert ([], [], [(1, b"bob")], None) == (seen.adds, seen.removes, roster(seen.updates), seen.new_group_ext)
    assert same(ours, theirs)


@suites
def test_an_own_commit_comes_back(suite: int) -> None:
    """The pending commit, byte for byte, is recognised as ours and accepting it merges it; another own message is an
    echo that changes nothing.
    """
    alice, ours, _bob, _theirs = pair(suite)
    chatter = ours.encrypt(alice.signer, b"x")
    update = ours.commit(alice.signer, update=True)
    ours = alice.keep(ours)
    assert "own_echo" == ours.process(chatter).kind
    ours, seen = alice.follow(ours, update.commit)
    assert ("own_commit", 0, 1, 2, False) == (seen.kind, seen.sender_leaf, seen.epoch, ours.epoch, ours.pending)
    with pytest.raises(WrongEpoch) as caught:
        ours.process(update.commit)
    assert 1 == caught.value.epoch


@suites
def test_a_losing_commit_gives_way(suite: int) -> None:
    """Somebody else's commit can be processed while our own is pending; accepting it forgets ours."""
    alice, ours, bob, theirs = pair(suite)
    lost = ours.commit(alice.signer, update=True)
    ours = alice.keep(ours)
    assert ours.pending
    with pytest.raises(PendingCommit):
        ours.commit(alice.signer, update=True)
    won = theirs.commit(bob.signer, update=True)
    theirs = bob.merge(bob.keep(theirs))
    ours, _ = alice.follow(ours, won.commit)
    assert not ours.pending
    assert same(ours, theirs)
    with pytest.raises(WrongEpoch):
        ours.process(lost.commit)
    again = ours.commit(alice.signer, update=True)
    ours = alice.merge(alice.keep(ours))
    assert same(ours, bob.follow(theirs, again.commit)[0])


@suites
def test_a_pending_commit_can_be_dropped(suite: int) -> None:
    """After `clear_pending` the group is as before and can commit again; messages flow meanwhile."""
    alice, ours, _bob, theirs = pair(suite)
    ours.commit(alice.signer, update=True)
    ours = alice.keep(ours)
    message = ours.encrypt(alice.signer, b"while pending")
    ours = alice.keep(ours)
    ours.clear_pending()
    ours = alice.keep(ours)
    ours.clear_pending()
    assert same(ours, theirs)
    assert b"while pending" == theirs.process(message).plaintext
    with pytest.raises(Invalid):
        ours.merge_pending()
    ours.commit(alice.signer, update=True)


def test_a_dropped_commit_leaves_the_group_unchanged() -> None:
    """A processed commit that nobody accepts changes no row: it can be processed again, here or after a crash."""
    alice, ours, bob, theirs = pair(SUITE_PQ)
    update = ours.commit(alice.signer, update=True)
    message = ours.encrypt(alice.signer, b"x")
    before = dict(bob.kept)
    for _ in range(2):
        seen = theirs.process(update.commit)
        assert ("commit", 1) == (seen.kind, seen.epoch)
        theirs = bob.keep(theirs)
        assert (before, 1) == (bob.kept, theirs.epoch)
    seen = theirs.process(update.commit)
    assert b"x" == theirs.process(message).plaintext
    theirs.accept(seen)
    with pytest.raises(Duplicate):
        theirs.process(message)
    assert same(alice.merge(ours), theirs)


@suites
def test_messages_may_arrive_in_any_order_but_once(suite: int) -> None:
    """Within the window order does not matter; a second copy is `Duplicate`, also after a reload."""
    alice, ours, bob, theirs = pair(suite)
    messages = [ours.encrypt(alice.signer, b"%d" % number) for number in range(8)]
    for number in (7, 0, 3, 1, 6, 2, 5, 4):
        assert b"%d" % number == theirs.process(messages[number]).plaintext
        theirs = bob.keep(theirs)
        with pytest.raises(Duplicate):
            theirs.process(messages[number])


def test_the_window_behind_the_newest_message_is_limited() -> None:
    """Older than the out-of-order window is `Invalid`, code "too-old"."""
    alice, ours, _bob, theirs = pair(SUITE_PQ)
    messages = [ours.encrypt(alice.signer, b"%d" % number) for number in range(70)]
    theirs.process(messages[-1])
    with pytest.raises(Invalid) as caught:
        theirs.process(messages[0])
    assert "too-old" == caught.value.code
    assert b"10" == theirs.process(messages[10]).plaintext


@suites
def test_closed_epochs_can_be_read_for_a_while(suite: int) -> None:
    """Messages of the last two epochs are read, with the sender's key of that time; older ones are `WrongEpoch`."""
    alice, ours, bob, theirs = pair(suite)
    late = []
    for number in range(3):
        late.append(ours.encrypt(alice.signer, b"%d" % number))
        update = ours.commit(alice.signer, update=True)
        ours = alice.merge(alice.keep(ours))
        theirs, _ = bob.follow(theirs, update.commit)
    with pytest.raises(WrongEpoch) as caught:
        theirs.process(late[0])
    assert 1 == caught.value.epoch
    for number in (2, 1):
        got = theirs.process(late[number])
        theirs = bob.keep(theirs)
        assert (number + 1, b"%d" % number, alice.signer.public_key) == (
            got.epoch,
            got.plaintext,
            got.sender_signature_key,
        )
        with pytest.raises(Duplicate):
            theirs.process(late[number])


def test_a_message_from_the_future_waits() -> None:
    """A message or commit of an epoch that is not here yet is `WrongEpoch` and can be processed later."""
    alice, ours, bob, theirs = pair(SUITE_PQ)
    first = ours.commit(alice.signer, update=True)
    ours = alice.merge(alice.keep(ours))
    later, second = ours.encrypt(alice.signer, b"later"), ours.commit(alice.signer, update=True)
    for message in (later, second.commit):
        with pytest.raises(WrongEpoch) as caught:
            theirs.process(message)
        assert 2 == caught.value.epoch
    theirs, _ = bob.follow(theirs, first.commit)
    assert b"later" == theirs.process(later).plaintext
    assert "commit" == theirs.process(second.commit).kind


@suites
def test_a_removed_member_is_out(suite: int) -> None:
    """It sees its removal, keeps no key of the new epoch, and everything afterwards is `NotMember`."""
    alice, ours, bob, theirs = pair(suite)
    removal = ours.commit(alice.signer, remove=[1])
    ours = alice.merge(alice.keep(ours))
    seen = theirs.process(removal.commit)
    assert seen.self_removed
    theirs.accept(seen)
    theirs = bob.keep(theirs)
    assert not theirs.active
    message = ours.encrypt(alice.signer, b"secret")
    for use in (
        lambda: theirs.process(message),
        lambda: theirs.encrypt(bob.signer, b"x"),
        lambda: theirs.commit(bob.signer, update=True),
        lambda: theirs.export_secret("label", b"", 32),
        lambda: theirs.group_info(bob.signer),
    ):
        with pytest.raises(NotMember):
            use()


@suites
def test_a_last_resort_key_package_serves_many_welcomes(suite: int) -> None:
    """Joining does not use up its private row; a one-time key package's row is deleted by the joined group's delta."""
    bob = Device(b"bob", config(suite))
    package = bob.key_package()
    for number in range(2):
        friend = Device(b"friend%d" % number, config(suite))
        group = friend.create()
        bundle = group.commit(friend.signer, add=[package])
        group = friend.merge(friend.keep(group))
        assert same(group, bob.join(bundle))
        assert 1 == len(bob.rows(KEY_PACKAGE_SCOPE))
    once = Device(b"once", config(suite))
    alice = Device(b"alice", config(suite))
    group = alice.create()
    bundle = group.commit(alice.signer, add=[once.key_package(last_resort=False)])
    once.join(bundle)
    assert [] == once.rows(KEY_PACKAGE_SCOPE)


@suites
def test_a_welcome_is_inspected_before_it_is_accepted(suite: int) -> None:
    """The group, its members and the sender are visible; dropping it writes nothing, and it can be joined again."""
    alice, bob = Device(b"alice", config(suite)), Device(b"bob", config(suite))
    ours, bundle = alice.add(alice.create(), [bob])
    before = dict(bob.kept)
    assert bundle.welcome is not None
    assert bundle.tree is not None
    joined, sender = Group.join(bundle.welcome, bundle.tree, bob.rows(KEY_PACKAGE_SCOPE), bob.cfg)
    assert (ours.id, 1) == (joined.id, joined.epoch)
    assert ((0, b"alice"), [(0, b"alice"), (1, b"bob")]) == (roster([sender])[0], roster(joined.members()))
    assert ours.members()[0].encryption_key == sender.encryption_key
    assert ours.group_ext() == joined.group_ext()
    joined.close()
    assert before == bob.kept
    assert same(ours, bob.join(bundle))


@suites
def test_a_lost_device_rejoins_in_place_of_itself(suite: int) -> None:
    """With the same key it joins by an external commit that removes its old leaf, and everybody sees both."""
    alice, ours, bob, old = pair(suite)
    bob.cfg = Config(suite=suite, extensions=[ROOM_STATE])
    info, tree = ours.group_info(alice.signer), ours.ratchet_tree()
    theirs, bundle = Group.join_external(bob.signer, bob.name, info, tree, bob.cfg)
    for row in bob.rows(group_scope(theirs.id)):
        del bob.kept[row[:2]]
    theirs = bob.keep(theirs)
    ours, seen = alice.follow(ours, bundle.commit)
    assert (True, b"bob", 1) == (seen.external, seen.sender_identity, seen.sender_leaf)
    assert ([(1, b"bob")], [(1, b"bob")], []) == (roster(seen.adds), roster(seen.removes), seen.updates)
    assert [member.encryption_key for member in seen.adds] != [member.encryption_key for member in seen.removes]
    assert bob.signer.public_key == seen.sender_signature_key
    assert same(ours, theirs)
    assert [(0, b"alice"), (1, b"bob")] == roster(theirs.members())
    assert old.process(bundle.commit).self_removed
    message = theirs.encrypt(bob.signer, b"back")
    assert b"back" == ours.process(message).plaintext


@suites
def test_a_new_device_joins_from_outside(suite: int) -> None:
    """Without an old leaf an external commit only adds; its place is announced rightly."""
    alice, ours, bob, theirs = pair(suite)
    carol = Device(b"carol", config(suite))
    group, bundle = Group.join_external(
        carol.signer, carol.name, ours.group_info(alice.signer), ours.ratchet_tree(), carol.cfg
    )
    group = carol.keep(group)
    ours, seen = alice.follow(ours, bundle.commit)
    theirs, _ = bob.follow(theirs, bundle.commit)
    assert ([(2, b"carol")], [], 2) == (roster(seen.adds), seen.removes, group.own_leaf)
    assert all(same(left, right) for left, right in itertools.pairwise([ours, theirs, group]))


def test_a_rejoin_replaces_the_rows_of_the_old_group() -> None:
    """Rows of the old group may be passed with the key package's: the delta leaves exactly the new group's rows."""
    alice, ours, bob, theirs = pair(SUITE_PQ)
    theirs.commit(bob.signer, update=True)
    theirs = bob.keep(theirs)
    removal = ours.commit(alice.signer, remove=[1])
    assert removal.welcome is None
    ours, bundle = alice.add(alice.merge(alice.keep(ours)), [bob])
    assert bundle.welcome is not None
    assert bundle.tree is not None
    rows = bob.rows(KEY_PACKAGE_SCOPE, group_scope(ours.id))
    theirs = bob.keep(Group.join(bundle.welcome, bundle.tree, rows, bob.cfg)[0])
    assert same(ours, theirs)
    assert not theirs.pending
    fresh = Device(b"bob", config(SUITE_PQ), bob.signer)
    fresh.kept = {row[:2]: row[2] for row in bob.rows(KEY_PACKAGE_SCOPE)}
    again = fresh.join(bundle)
    assert [row[:2] for row in sorted(fresh.rows(group_scope(again.id)))] == [
        row[:2] for row in sorted(bob.rows(group_scope(again.id)))
    ]
