"""A device for tests: it keeps rows as an application would, and loads its groups again after every step."""

import os
from collections.abc import Iterable

from nullabona_mls import (
    KEY_PACKAGE_SCOPE,
    SUITE_CLASSIC,
    SUITE_PQ,
    CommitBundle,
    Config,
    Delta,
    Group,
    Member,
    Processed,
    Signer,
    group_scope,
    make_key_package,
)

ROOM_STATE = 0xF4E0
SUITES = [SUITE_CLASSIC, SUITE_PQ]
SUITE_NAMES = ["classic", "pq"]

Rows = list[tuple[bytes, bytes, bytes]]


def new_signer() -> Signer:
    return Signer.from_seed(os.urandom(32))


class Device:
    def __init__(self, name: bytes, cfg: Config, signer: Signer | None = None) -> None:
        self.name = name
        self.cfg = cfg
        self.signer = signer or new_signer()
        self.kept: dict[tuple[bytes, bytes], bytes] = {}

    def rows(self, *scopes: bytes) -> Rows:
        return [(scope, key, value) for (scope, key), value in self.kept.items() if scope in scopes]

    def write(self, delta: Delta) -> None:
        for row in delta.dels:
            self.kept.pop(row, None)
        for scope, key, value in delta.puts:
            self.kept[scope, key] = value

    def save(self, group: Group) -> Delta:
        """The transaction: the delta is written, then the handle is told."""
        delta = group.take_delta()
        self.write(delta)
        group.saved(delta.new_gen)
        return delta

    def load(self, group_id: bytes, generation: int) -> Group:
        return Group.load(group_id, self.rows(group_scope(group_id), b"ek", b"psk"), generation)

    def keep(self, group: Group) -> Group:
        """Save, forget the handle, and return a fresh one made from rows alone."""
        self.save(group)
        group_id, generation = group.id, group.gen
        group.close()
        return self.load(group_id, generation)

    def key_package(self, *, last_resort: bool = True) -> bytes:
        package, delta = make_key_package(self.signer, self.name, self.cfg, last_resort)
        self.write(delta)
        return package

    def create(self) -> Group:
        return self.keep(Group.create(self.signer, self.name, self.cfg))

    def join(self, bundle: CommitBundle) -> Group:
        assert bundle.welcome is not None
        assert bundle.tree is not None
        group, _sender = Group.join(bundle.welcome, bundle.tree, self.rows(KEY_PACKAGE_SCOPE), self.cfg)
        return self.keep(group)

    def add(self, group: Group, others: Iterable["Device"]) -> tuple[Group, CommitBundle]:
        """Add `others` with fresh key packages; the commit wins at once."""
        bundle = group.commit(self.signer, add=[other.key_package() for other in others])
        return self.merge(self.keep(group)), bundle

    def merge(self, group: Group) -> Group:
        group.merge_pending()
        return self.keep(group)

    def follow(self, group: Group, commit: bytes) -> tuple[Group, Processed]:
        """Process somebody's commit and accept it."""
        processed = group.process(commit)
        group.accept(processed)
        return self.keep(group), processed


def config(suite: int = SUITE_CLASSIC, *, allow_proposals: bool = False) -> Config:
    return Config(
        suite=suite,
        extensions=[ROOM_STATE],
        group_ext=[(ROOM_STATE, b"room")],
        allow_proposals=allow_proposals,
    )


def pair(suite: int) -> tuple[Device, Group, Device, Group]:
    """Alice and Bob in one group, epoch 1."""
    alice, bob = Device(b"alice", config(suite)), Device(b"bob", config(suite))
    ours, bundle = alice.add(alice.create(), [bob])
    return alice, ours, bob, bob.join(bundle)


def same(left: Group, right: Group) -> bool:
    """Whether two handles are in the same state of the same group."""
    return (left.id, left.epoch, left.epoch_authenticator) == (right.id, right.epoch, right.epoch_authenticator)


def roster(members: Iterable[Member]) -> list[tuple[int, bytes]]:
    return [(member.leaf, member.identity) for member in members]
