"""The one door to the crate: MLS handles whose state is in the device's store (crates/mls, spec/room.md §8).

Every handle a step touched is written by `Mls.flush` in the step's own transaction. If that transaction fails,
`abandon` drops those handles, so that no handle is ever ahead of what is stored and no ratchet position is used twice.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import msgspec
import nullabona_mls as native
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.core.model.errors import EXPIRED, MlsRefused
from nullabona.client.core.model.mls_port import Candidate, Group, Invitation, Leaf, Processed, Staged
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION
from nullabona.errors import Bug

SUITE: Final = native.SUITE_PQ
EXPORT_LABEL: Final = "nullabona room"
LEAST_LIFETIME_S: Final = 365 * 86_400
"""Shortest rest of a key package's lifetime with which it may be used, in seconds. A member that processes the commit
after the package has expired refuses it, and is alone on its branch.
"""
KEY_PACKAGE_LIFETIME_S: Final = 10 * 365 * 86_400
"""Members check a key package's lifetime when they process its commit, perhaps long after; how old a published one may
be is decided by the card's day instead (spec/directory.md)."""
SMALL_ROOM: Final = 250
SAID_SIZE: Final = 4
"""An application message carries, signed, how many this leaf had sent in the epoch before it (spec/room.md §6)."""
KEPT_KEY_PACKAGES: Final = 10
"""A key package is published for a week and may be used for 30 days: ten weeks of private halves are enough."""
_KEY_PACKAGES: Final = "key-packages"


def _refuse(error: native.CoreError) -> MlsRefused:
    # The crate has one code for all that does not verify. Of this one alone others may have judged otherwise before.
    expired = error.code in {"verify", "commit"} and "Lifetime is in the past" in str(error)
    return MlsRefused("MLS refused a message or a change", EXPIRED if expired else error.code)


def _guard(error: native.CoreError) -> Exception:
    """What a failed call means: our own fault, or bytes that are of no use."""
    if isinstance(error, native.Panic | native.StaleHandle):
        return Bug("the MLS handle failed and was dropped")
    return _refuse(error)


class MlsGroup:
    """One group's handle inside steps. Implements `nullabona.client.core.model.mls_port.Group`."""

    def __init__(self, owner: Mls, handle: native.Group) -> None:
        self._owner = owner
        self.handle = handle

    @property
    def epoch(self) -> int:
        return self.handle.epoch

    @property
    def own_leaf(self) -> int:
        return self.handle.own_leaf

    @property
    def pending(self) -> bool:
        return self.handle.pending

    @property
    def active(self) -> bool:
        return self.handle.active

    def members(self) -> Sequence[Leaf]:
        return self.handle.members()

    def encrypt(self, plaintext: bytes) -> bytes:
        try:
            return self.handle.encrypt(self._owner.signer, plaintext, self.handle.said.to_bytes(SAID_SIZE, "big"))
        except native.CoreError as error:
            raise _guard(error) from error

    def process(self, message: bytes) -> Processed:
        try:
            return self.handle.process(message)
        except native.CoreError as error:
            raise _guard(error) from error

    def is_later(self, processed: Processed) -> bool:
        if not isinstance(processed, native.Processed):
            raise Bug("a processed message of another implementation")
        number = processed.aad
        return len(number) == SAID_SIZE and int.from_bytes(number, "big") >= processed.said

    def accept(self, processed: Processed) -> None:
        if not isinstance(processed, native.Processed):
            raise Bug("a processed message of another implementation")
        try:
            self.handle.accept(processed)
        except native.CoreError as error:
            raise _guard(error) from error

    def commit(
        self,
        *,
        add: Sequence[bytes] = (),
        remove: Sequence[int] = (),
        update: bool = False,
        info: bytes | None = None,
        aad: bytes = b"",
    ) -> Staged:
        extensions = None if info is None else [(ROOM_INFO_EXTENSION, info)]
        try:
            return self.handle.commit(
                self._owner.signer, add=add, remove=remove, update=update, group_ext=extensions, aad=aad
            )
        except native.CoreError as error:
            raise _guard(error) from error

    def merge_pending(self) -> None:
        try:
            self.handle.merge_pending()
        except native.CoreError as error:
            raise _guard(error) from error

    def clear_pending(self) -> None:
        self.handle.clear_pending()

    def room_secret(self) -> bytes:
        return self.handle.export_secret(EXPORT_LABEL, b"", 32)

    def room_info(self) -> bytes:
        return dict(self.handle.group_ext()).get(ROOM_INFO_EXTENSION, b"")

    def group_info(self) -> bytes:
        return self.handle.group_info(self._owner.signer)

    def ratchet_tree(self) -> bytes:
        return self.handle.ratchet_tree()


class MlsInvitation:
    """A group joined in memory only. Implements `nullabona.client.core.model.mls_port.Invitation`."""

    def __init__(self, owner: Mls, handle: native.Group, sender: Leaf) -> None:
        self._owner = owner
        self._handle = handle
        self.sender = sender
        self.group_id = handle.id
        self.epoch = handle.epoch
        self.members: Sequence[Leaf] = handle.members()
        self.room_info = dict(handle.group_ext()).get(ROOM_INFO_EXTENSION, b"")

    def accept(self) -> Group:
        return self._owner.replace(self.group_id, self._handle)


class MlsCandidate:
    """An external commit that has not won. Implements `nullabona.client.core.model.mls_port.Candidate`."""

    def __init__(self, owner: Mls, handle: native.Group, commit: bytes) -> None:
        self._owner = owner
        self._handle = handle
        self.commit = commit
        self.group_id = handle.id
        self.group: Group = MlsGroup(owner, handle)

    def adopt(self) -> Group:
        return self._owner.replace(self._handle.id, self._handle)

    def discard(self) -> None:
        self._handle.close()


class Mls:
    """A device's MLS. ``seed`` is the device's 32-byte Ed25519 seed, ``identity`` its encoded certificate."""

    def __init__(self, store: Store, seed: bytes, identity: bytes, *, suite: int = SUITE) -> None:
        self._store = store
        self._suite = suite
        self.signer = native.Signer.from_seed(seed)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._identity = identity
        self._groups: dict[bytes, MlsGroup] = {}
        self._touched: set[bytes] = set()
        self._written: dict[bytes, int] = {}

    def __repr__(self) -> str:
        return f"<Mls {len(self._groups)} groups>"

    @property
    def identity(self) -> bytes:
        return self._identity

    def _config(self, *, info: bytes | None = None, devices: int = 0) -> native.Config:
        return native.Config(
            suite=self._suite,
            past_epochs=2 if devices <= SMALL_ROOM else 1,
            extensions=(ROOM_INFO_EXTENSION,),
            group_ext=() if info is None else ((ROOM_INFO_EXTENSION, info),),
            lifetime_s=KEY_PACKAGE_LIFETIME_S,
        )

    # -- groups ---------------------------------------------------------------------------------------------------

    def create(self, group_id: bytes, info: bytes) -> Group:
        handle = native.Group.create(self.signer, self._identity, self._config(info=info), group_id)
        return self.replace(group_id, handle)

    def replace(self, group_id: bytes, handle: native.Group) -> Group:
        """Make ``handle`` the group, whatever was stored of it before."""
        self._drop(group_id)
        self._store.mls_drop(group_id, [native.group_scope(group_id)])
        group = self._groups[group_id] = MlsGroup(self, handle)
        self._touched.add(group_id)
        return group

    def group(self, group_id: bytes) -> Group:
        self._touched.add(group_id)
        cached = self._groups.get(group_id)
        if cached is not None:
            return cached
        generation = self._store.mls_generation(group_id)
        if generation is None:
            raise Bug("a room has no MLS state")
        rows = self._store.mls_rows([native.group_scope(group_id)])
        try:
            handle = native.Group.load(group_id, rows, generation)
        except native.CoreError as error:
            raise Bug("a room's MLS state does not load") from error
        group = self._groups[group_id] = MlsGroup(self, handle)
        return group

    def forget(self, group_id: bytes) -> None:
        self._drop(group_id)
        self._touched.discard(group_id)
        self._store.mls_drop(group_id, [native.group_scope(group_id)])

    def _drop(self, group_id: bytes) -> None:
        old = self._groups.pop(group_id, None)
        if old is not None:
            old.handle.close()

    # -- joining --------------------------------------------------------------------------------------------------

    def key_package(self) -> bytes:
        try:
            package, delta = native.make_key_package(self.signer, self._identity, self._config())
        except native.CoreError as error:
            raise _guard(error) from error
        self._store.mls_write(delta.puts, delta.dels)
        [(_scope, reference, _private)] = delta.puts
        self._retire_key_packages(reference)
        return package

    def _retire_key_packages(self, newest: bytes) -> None:
        """Forget private halves too old for an invitation to be still on its way: a thief could open old Welcomes."""
        known = self._store.get_value(_KEY_PACKAGES)
        refs = [*(msgspec.msgpack.decode(known, type=list[bytes]) if known else []), newest]
        self._store.mls_write([], [(native.KEY_PACKAGE_SCOPE, ref) for ref in refs[:-KEPT_KEY_PACKAGES]])
        self._store.set_value(_KEY_PACKAGES, msgspec.msgpack.encode(refs[-KEPT_KEY_PACKAGES:]))

    def key_package_owner(self, key_package: bytes) -> bytes:
        try:
            return native.key_package_info(key_package)[2]
        except native.CoreError as error:
            raise _guard(error) from error

    def check_key_package(self, key_package: bytes, identity: bytes, signature_key: bytes) -> None:
        try:
            found = native.key_package_info(key_package)
        except native.CoreError as error:
            raise _guard(error) from error
        *whose, until = found
        if whose != [self._suite, identity, signature_key]:
            raise MlsRefused("a key package is not the device's own", "key-package")
        if until < time.time() + LEAST_LIFETIME_S:
            raise MlsRefused("a key package expires too soon", "lifetime")

    def open_welcome(self, welcome: bytes, tree: bytes) -> Invitation:
        rows = self._store.mls_rows([native.KEY_PACKAGE_SCOPE])
        try:
            handle, sender = native.Group.join(welcome, tree, rows, self._config())
            return MlsInvitation(self, handle, sender)
        except native.CoreError as error:
            raise _guard(error) from error

    def join_external(self, group_info: bytes, tree: bytes) -> Candidate:
        try:
            handle, bundle = native.Group.join_external(self.signer, self._identity, group_info, tree, self._config())
        except native.CoreError as error:
            raise _guard(error) from error
        return MlsCandidate(self, handle, bundle.commit)

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)

    def caught_up(self, group_id: bytes) -> None:
        if (group := self._groups.get(group_id)) is not None:
            group.handle.caught_up()

    # -- steps ----------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        for group_id in self._touched:
            group = self._groups.get(group_id)
            if group is None:
                continue
            delta = group.handle.take_delta()
            if delta.puts or delta.dels:
                stored = self._store.mls_generation(group_id)
                self._store.mls_write(delta.puts, delta.dels)
                self._store.mls_advance(group_id, None if stored is None else delta.base_gen, delta.new_gen)
                self._written[group_id] = delta.new_gen

    def committed(self) -> None:
        for group_id, generation in self._written.items():
            group = self._groups.get(group_id)
            if group is not None:
                group.handle.saved(generation)
        self._written.clear()
        self._touched.clear()

    def abandon(self) -> None:
        for group_id in self._touched:
            self._drop(group_id)
        self._written.clear()
        self._touched.clear()
