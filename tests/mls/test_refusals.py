"""Whatever bytes arrive, the seam answers with a value or a `CoreError`, and says nothing of keys or contents."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nullabona_mls import (
    KEY_PACKAGE_SCOPE,
    SUITE_CLASSIC,
    SUITE_PQ,
    Config,
    Duplicate,
    Group,
    Invalid,
    NotMember,
    PendingCommit,
    StaleHandle,
    WrongEpoch,
    key_package_info,
)

from tests.mls.device import SUITE_NAMES, SUITES, Device, config, pair, same
from tests.mls.tls import HEAD, Forger, KeyPackage, Reader, parse, vector

suites = pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
FOREVER = 2**64 - 1
LEAF_CAP = 4096


class Scene:
    """One of everything that travels, and somebody to receive it."""

    def __init__(self) -> None:
        self.alice, self.ours, self.bob, self.theirs = pair(SUITE_PQ)
        carol = Device(b"carol", config(SUITE_PQ))
        self.package = carol.key_package()
        self.carol = carol
        self.message = self.ours.encrypt(self.alice.signer, b"text", b"aad")
        bundle = self.ours.commit(self.alice.signer, add=[self.package], update=True)
        assert bundle.welcome is not None
        assert bundle.tree is not None
        self.commit, self.welcome, self.tree = bundle.commit, bundle.welcome, bundle.tree
        self.info, self.now = self.ours.group_info(self.alice.signer), self.ours.ratchet_tree()
        self.rows = carol.rows(KEY_PACKAGE_SCOPE)

    def join(self, welcome: bytes, tree: bytes) -> object:
        return Group.join(welcome, tree, self.rows, self.carol.cfg)

    def join_external(self, info: bytes, tree: bytes) -> object:
        return Group.join_external(self.bob.signer, b"bob", info, tree, self.bob.cfg)

    def doors(self) -> dict[str, tuple[Callable[[bytes], object], bytes]]:
        """Every way in for outside bytes, with bytes that it accepts."""
        return {
            "process message": (self.theirs.process, self.message),
            "process commit": (self.theirs.process, self.commit),
            "key package": (key_package_info, self.package),
            "join": (lambda data: self.join(data, self.tree), self.welcome),
            "tree": (lambda data: self.join(self.welcome, data), self.tree),
            "external": (lambda data: self.join_external(data, self.now), self.info),
            "external tree": (lambda data: self.join_external(self.info, data), self.now),
        }


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def attempt(door: Callable[[bytes], object], data: bytes) -> None:
    """Only a caught panic, which is a bug, or something that is no `CoreError` gets out."""
    with suppress(StaleHandle, NotMember, PendingCommit, WrongEpoch, Duplicate, Invalid):
        door(data)


@pytest.mark.parametrize("name", list(Scene().doors()))
def test_trailing_bytes_are_refused(scene: Scene, name: str) -> None:
    """One byte too many or too few is `Invalid` "syntax"."""
    door, good = scene.doors()[name]
    for bad in (good + b"\0", good[:-1], b""):
        with pytest.raises(Invalid) as caught:
            door(bad)
        assert "syntax" == caught.value.code


@pytest.mark.parametrize("name", list(Scene().doors()))
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_give_a_value_or_a_core_error(scene: Scene, name: str, data: bytes) -> None:
    attempt(scene.doors()[name][0], data)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(Scene().doors()))
@settings(max_examples=300, deadline=None)
@given(place=st.integers(0), change=st.integers(1, 255), cut=st.booleans())
def test_any_change_gives_a_value_or_a_core_error(
    scene: Scene, name: str, place: int, change: int, *, cut: bool
) -> None:
    """A changed byte, or a message that breaks off, is never worse than refused."""
    door, good = scene.doors()[name]
    place %= len(good)
    attempt(door, good[:place] if cut else good[:place] + bytes([good[place] ^ change]) + good[place + 1 :])


def test_a_huge_input_is_refused_before_it_is_read(scene: Scene) -> None:
    """More than 8 MiB, 16 MiB for a tree, is "too-large"."""
    for name, (door, good) in scene.doors().items():
        size = (16 if "tree" in name else 8) << 20
        with pytest.raises(Invalid) as caught:
            door(good + bytes(size))
        assert "too-large" == caught.value.code


def private_message(message: bytes, *, sender_data: int | None = None, ciphertext: int | None = None) -> bytes:
    """`message` with its encrypted parts cut to that many bytes."""
    reader = Reader(message)
    head = reader.take(4) + vector(reader.vector()) + reader.take(9) + vector(reader.vector())
    return head + vector(reader.vector()[:sender_data]) + vector(reader.vector()[:ciphertext])


@pytest.mark.parametrize("length", [0, 1, 11, 12, 15, 16, 17])
def test_a_short_tag_is_refused(scene: Scene, length: int) -> None:
    """An encrypted part cut to about the length of its tag does not verify; the real message still does."""
    _alice, ours, _bob, theirs = pair(SUITE_PQ)
    message = ours.encrypt(_alice.signer, b"text")
    assert message == private_message(message)
    for bad in (private_message(message, sender_data=length), private_message(message, ciphertext=length)):
        with pytest.raises(Invalid):
            theirs.process(bad)
    assert b"text" == theirs.process(message).plaintext


@suites
@pytest.mark.parametrize("size", [0, 1, 0x3E, 0x3F, 0x40, 0x3FFE, 0x3FFF, 0x4000, 0x4001])
def test_lengths_at_the_edges_of_their_encoding(suite: int, size: int) -> None:
    """Plaintext, authenticated data, identity and group id of any length around the steps of the length encoding; an
    identity as far as a leaf may go.
    """
    alice, ours, _bob, theirs = pair(suite)
    seen = theirs.process(ours.encrypt(alice.signer, bytes(size), bytes(size)))
    assert (bytes(size), bytes(size)) == (seen.plaintext, seen.aad)
    identity = bytes(size if size < LEAF_CAP else 2_000)
    long = Device(identity, config(suite))
    group = long.keep(Group.create(long.signer, long.name, long.cfg, b"i" * size))
    friend = Device(b"friend", config(suite))
    group, bundle = long.add(group, [friend])
    assert b"i" * size == group.id
    assert identity == friend.join(bundle).members()[0].identity


def test_a_length_written_too_long_is_refused(scene: Scene) -> None:
    """RFC 9420 section 2.1.2: lengths are minimal."""
    assert scene.package[8:10] == (0x4000 | 1216).to_bytes(2, "big")
    padded = scene.package[:8] + (0x80000000 | 1216).to_bytes(4, "big") + scene.package[10:]
    with pytest.raises(Invalid) as caught:
        key_package_info(padded)
    assert "syntax" == caught.value.code


@pytest.mark.parametrize("size", [0, 1, 32, 1184, 1215, 1217, 2432])
@pytest.mark.parametrize("which", ["init_key", "encryption_key"])
def test_an_x_wing_key_of_the_wrong_length_is_refused(scene: Scene, size: int, which: str) -> None:
    """A validly signed key package whose X-Wing key is not 1216 bytes is "key-length", looked at or added."""
    mallory = Forger()
    parts = parse(scene.package)
    parts = replace(parts, init_key=bytes(size)) if which == "init_key" else replace(parts, encryption_key=bytes(size))
    forged = parts.signed(mallory)
    alice = Device(b"alice", config(SUITE_PQ))
    group = alice.create()
    for use in (lambda: key_package_info(forged), lambda: group.commit(alice.signer, add=[forged])):
        with pytest.raises(Invalid) as caught:
            use()
        assert "key-length" == caught.value.code


def test_a_tree_with_a_short_key_is_refused(scene: Scene) -> None:
    """Joining looks at every HPKE key of the tree."""
    key = scene.ours.members()[1].encryption_key
    for door, tree in (scene.doors()["tree"], scene.doors()["external tree"]):
        body = Reader(tree).vector()
        assert 1 == body.count(vector(key))
        bad = vector(body.replace(vector(key), vector(key[:-1])))
        with pytest.raises(Invalid) as caught:
            door(bad)
        assert "key-length" == caught.value.code


@pytest.mark.parametrize("lifetime", [(0, 1), (FOREVER - 1, FOREVER), (0, FOREVER), (FOREVER, 0), (0, 0)])
def test_lifetimes_of_any_kind_are_judged(scene: Scene, lifetime: tuple[int, int]) -> None:
    """An expired or future key package is "verify", looked at or added."""
    package = replace(parse(scene.package), lifetime=lifetime).signed(Forger())
    alice = Device(b"alice", config(SUITE_PQ))
    group = alice.create()
    uses: list[Callable[[], object]] = [
        lambda: key_package_info(package),
        lambda: group.commit(alice.signer, add=[package]),
    ]
    for use in uses:
        if lifetime == (0, FOREVER):
            use()
        else:
            with pytest.raises(Invalid) as caught:
                use()
            assert "verify" == caught.value.code


def test_a_key_package_says_what_it_is(scene: Scene) -> None:
    """What the verified summary shows comes from the bytes."""
    parts = parse(scene.package)
    *whose, until = key_package_info(scene.package)
    assert [parts.suite, parts.identity, scene.carol.signer.public_key] == whose
    assert parts.lifetime[1] == until
    reference = hashlib.sha384(vector(b"MLS 1.0 KeyPackage Reference") + vector(scene.package[4:])).digest()
    assert [(KEY_PACKAGE_SCOPE, reference)] == [row[:2] for row in scene.rows]
    assert tuple(bytes.fromhex(part) for part in ("0001", "004e", "f4e0000a", "", "0001")) == parts.capabilities


def test_a_credential_that_is_not_basic_is_refused(scene: Scene) -> None:
    forged = replace(parse(scene.package), credential_type=2).signed(Forger())
    with pytest.raises(Invalid) as caught:
        key_package_info(forged)
    assert "credential" == caught.value.code


def test_a_broken_signature_is_refused(scene: Scene) -> None:
    """Either signature of a key package, the leaf's or the whole, is checked."""
    parts, good, other = parse(scene.package), Forger(), Forger()
    signed = parts.signed(good)
    swapped = signed.replace(vector(good.public_key), vector(other.public_key))
    for bad in (swapped, signed[:-1] + bytes([signed[-1] ^ 1])):
        with pytest.raises(Invalid) as caught:
            key_package_info(bad)
        assert "verify" == caught.value.code


def test_suites_do_not_mix(scene: Scene) -> None:
    """A key package, Welcome or GroupInfo of another suite than asked for is "suite"."""
    classic = Device(b"classic", config(SUITE_CLASSIC))
    group = classic.create()
    for use in (
        lambda: group.commit(classic.signer, add=[scene.package]),
        lambda: Group.join(scene.welcome, scene.tree, scene.rows, classic.cfg),
        lambda: Group.join_external(classic.signer, b"x", scene.info, scene.now, classic.cfg),
        lambda: Config(suite=7),
    ):
        with pytest.raises(Invalid) as caught:
            use()
        assert "suite" == caught.value.code


def test_a_welcome_for_somebody_else_is_refused(scene: Scene) -> None:
    with pytest.raises(Invalid) as caught:
        Group.join(scene.welcome, scene.tree, [], scene.carol.cfg)
    assert "no-key-package" == caught.value.code


def test_a_message_of_another_group_is_refused(scene: Scene) -> None:
    alice, ours, _bob, _theirs = pair(SUITE_PQ)
    with pytest.raises(Invalid) as caught:
        scene.theirs.process(ours.encrypt(alice.signer, b"x"))
    assert "wrong-group" == caught.value.code


def test_a_member_without_our_extension_cannot_be_added() -> None:
    """The room's required capabilities bind every member."""
    alice = Device(b"alice", config(SUITE_PQ))
    stranger = Device(b"stranger", Config())
    group = alice.create()
    with pytest.raises(Invalid) as caught:
        group.commit(alice.signer, add=[stranger.key_package()])
    assert "verify" == caught.value.code
    friend = Device(b"friend", config(SUITE_PQ))
    group, bundle = alice.add(group, [friend])
    assert same(group, friend.join(bundle))


def leaf_of(size: int, scene: Scene) -> bytes:
    """A validly signed key package whose leaf has so many bytes, for what its device says of itself."""
    parts = replace(parse(scene.package), identity=bytes(2_000))
    bare = LeafSize(parts)
    return replace(parts, identity=bytes(2_000 + size - bare.size)).signed(Forger())


class LeafSize:
    """How long a leaf is: what is signed of it, and the signature with its length."""

    def __init__(self, parts: KeyPackage) -> None:
        whole = parts.signed(Forger())
        around = len(HEAD) + 4 + len(vector(parts.init_key)) + len(vector(parts.extensions)) + len(vector(bytes(64)))
        self.size = len(whole) - around


@pytest.mark.parametrize("more", [0, 1])
def test_a_leaf_has_a_bound_of_its_own(scene: Scene, more: int) -> None:
    """Everybody in a group keeps everybody's leaf: one of 4,096 bytes is looked at and added, one of 4,097 is not."""
    package = leaf_of(LEAF_CAP + more, scene)
    alice = Device(b"alice", config(SUITE_PQ))
    group = alice.create()
    for use in (lambda: key_package_info(package), lambda: group.commit(alice.signer, add=[package])):
        if more:
            with pytest.raises(Invalid) as caught:
                use()
            assert "too-large" == caught.value.code
        else:
            use()


@pytest.mark.parametrize(("size", "taken"), [(2_000, True), (4_000, False)])
def test_whoever_comes_in_by_a_commit_of_their_own_brings_no_larger_leaf(size: int, taken: bool) -> None:  # noqa: FBT001
    """A changed client may make it; nobody who is in follows it."""
    alice, bob = Device(b"alice", config(SUITE_PQ)), Device(b"bob", config(SUITE_PQ))
    ours = alice.create()
    info, tree = ours.group_info(alice.signer), ours.ratchet_tree()
    _, bundle = Group.join_external(bob.signer, bytes(size), info, tree, config(SUITE_PQ))
    if taken:
        assert "commit" == ours.process(bundle.commit).kind
    else:
        with pytest.raises(Invalid) as caught:
            ours.process(bundle.commit)
        assert "too-large" == caught.value.code
