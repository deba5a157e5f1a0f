"""The contract of the Rust seam: Messaging Layer Security (RFC 9420) through OpenMLS.

Bytes in, bytes out: no network, no files, no SQL, no policy. Every function that reads bytes from outside refuses
trailing bytes and more than 8 MiB (16 MiB for a tree) and raises `CoreError`, never anything else.

State is rows `(scope, key, value)` that the caller keeps. A handle (`Group`) holds them in memory; what changed since
the last `saved()` comes out of `take_delta()`. The caller writes the delta and its own rows in one transaction, then
calls `saved(delta.new_gen)`; if that transaction fails it must `close()` the handle and load it again. Values are
secret: keep them in an authenticated, encrypted store. The rows of one group all have the scope `group_scope(id)`;
the private half of a key package is the single row `(KEY_PACKAGE_SCOPE, reference)`.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias, final

Row: TypeAlias = tuple[bytes, bytes, bytes]

SUITE_PQ: int
"""0x004E: ML-KEM-768 + X25519, AES-256-GCM, SHA-384, Ed25519 (draft code point)."""
SUITE_CLASSIC: int
"""0x0001: X25519, AES-128-GCM, SHA-256, Ed25519. For interop tests."""
KEY_PACKAGE_SCOPE: bytes
"""The scope of the rows that `make_key_package` returns; the key of such a row is the key package reference."""

class CoreError(Exception):
    """Everything the seam raises on purpose. Texts hold no keys and no message bytes.

    CoreError
    ├─ StaleHandle    the handle is closed or poisoned: load it again          "stale-handle"
    ├─ NotMember      this device was removed from the group                   "not-member"
    ├─ PendingCommit  merge or clear the own pending commit first              "pending-commit"
    ├─ WrongEpoch     `.epoch` is the message's epoch, not the group's         "wrong-epoch"
    ├─ Duplicate      the message's key was used already: seen before          "duplicate"
    ├─ Invalid        bad bytes, signature, argument: drop the message         see `Invalid`
    └─ Panic          a bug, caught; the handle is poisoned                    "panic"
    """

    code: str
    """Stable, short, for programs."""

class StaleHandle(CoreError): ...
class NotMember(CoreError): ...
class PendingCommit(CoreError): ...

class WrongEpoch(CoreError):
    epoch: int
    """The epoch that the refused message (or staged commit) belongs to."""

class Duplicate(CoreError): ...

class Invalid(CoreError):
    """`code` is one of: "syntax" (does not decode, or trailing bytes), "too-large", "suite", "key-length" (an HPKE
    public key of the wrong length), "credential" (not a basic credential), "proposal" (a proposal or kind of proposal
    that we refuse), "too-old" (behind the out-of-order window), "too-far" (ahead of it), "commit" (it opened and
    its sender signed it, but what it does cannot be followed), "no-key-package" (no private row for this Welcome),
    "wrong-group", "argument", "state" (rows that do not load), "verify" (OpenMLS refused: signature, tree,
    confirmation tag, lifetime ...)."""

class Panic(CoreError): ...

def group_scope(group_id: bytes) -> bytes:
    """The scope of all rows of that group."""

def key_package_info(key_package: bytes) -> tuple[int, bytes, bytes, int]:
    """Decode and verify a key package (an MLS message of that kind, as `make_key_package` returns).

    Returns its suite, the bytes of its basic credential, its signature key (32 bytes, Ed25519) and the last second
    (since the epoch) in which it holds.

    Both signatures, the suite (one of ours), key lengths, the declared capabilities and, by the machine's clock, the
    lifetime: what passes here can be added.
    """

def make_key_package(
    signer: Signer,
    identity: bytes,
    cfg: Config,
    last_resort: bool = True,
) -> tuple[bytes, Delta]:
    """Return a key package message and its private row, `(KEY_PACKAGE_SCOPE, reference)`: the only put of the delta.

    A last-resort package can be used by any number of Welcomes: joining never deletes its row. Otherwise the delta of
    the joined group deletes it. Valid from a day ago for `cfg.lifetime_s` from now. Every member that processes the
    adding commit needs the package to be unexpired *at that moment* (OpenMLS has no switch), so declare far more than
    the time you publish it for, and let the adder refuse old ones.
    """

@final
class Signer:
    """A device's Ed25519 key. Wiped when dropped."""

    @staticmethod
    def from_seed(seed: bytes) -> Signer:
        """From the 32-byte Ed25519 seed; another length is `Invalid` ("argument")."""
    @property
    def public_key(self) -> bytes:
        """32 bytes."""

@final
class Config:
    """How groups are created and joined, and what leaves declare. Times in seconds, sizes in bytes."""

    def __new__(
        cls,
        *,
        suite: int = ...,
        past_epochs: int = 2,
        lifetime_s: int = 7_776_000,
        group_ext: Sequence[tuple[int, bytes]] = (),
        extensions: Sequence[int] = (),
        allow_proposals: bool = False,
    ) -> Config:
        """`suite` defaults to `SUITE_PQ`. `past_epochs`: how many closed epochs can still be read. `lifetime_s`: how
        long leaves and key packages that we make are valid.

        `group_ext`: group context extensions of a new group; their types must be in `extensions`. `extensions`:
        extension types (not 1 to 5) that our leaves and key packages declare and that a group we create requires of
        every member. `allow_proposals`: accept standalone proposals, PublicMessage handshakes, PSKs and trees inside
        Welcomes; for vectors and interop tests, never in the product.

        Fixed: application messages are padded to a multiple of 256 bytes; a message may be 64 behind or 128 ahead of
        the newest that was seen of its sender, or 8 ahead once 8 messages that named its leaf, or 64 that named any,
        did not open in that epoch (counted anew by each handle).
        """

@final
class Delta:
    """What to write: plain data. Apply `dels` and `puts` in one transaction; no row is in both."""

    @property
    def puts(self) -> list[Row]: ...
    @property
    def dels(self) -> list[tuple[bytes, bytes]]: ...
    @property
    def base_gen(self) -> int:
        """The generation this delta is on top of: refuse to write if the stored one differs. 0 for a new group."""
    @property
    def new_gen(self) -> int: ...

@final
class Member:
    @property
    def leaf(self) -> int: ...
    @property
    def identity(self) -> bytes:
        """The bytes of the basic credential."""
    @property
    def signature_key(self) -> bytes: ...
    @property
    def encryption_key(self) -> bytes: ...

@final
class CommitBundle:
    @property
    def commit(self) -> bytes: ...
    @property
    def welcome(self) -> bytes | None:
        """One Welcome for all joiners, without a tree; None if nobody was added."""
    @property
    def tree(self) -> bytes | None:
        """The ratchet tree of the next epoch, which joiners need; None if nobody was added."""

@final
class Processed:
    """A verified message. Nothing of it is in the group's state until `Group.accept`.

    "app": an application message; nothing to accept. "commit": somebody else's commit, staged. "own_commit": our
    pending commit came back byte for byte; `accept` merges it. "own_echo": claims to be from this leaf, and anybody in
    its epoch could have made it: skip it. "own_other": of the current epoch, from this leaf, at a generation that this
    handle has not used (or not before the epoch's box was read to its end, see `caught_up`), and signed by this leaf's
    key, so another handle of the same leaf made it; but who else is in the epoch can seal again, at that generation,
    what this handle signed before in it: `said` numbers that. The same bytes are one only once. "proposal": only with
    `allow_proposals`; `accept` queues it.
    """

    @property
    def kind(self) -> Literal["app", "proposal", "commit", "own_commit", "own_echo", "own_other"]: ...
    @property
    def epoch(self) -> int:
        """The epoch the message was sent in."""
    @property
    def sender_leaf(self) -> int | None:
        """For an external commit: the leaf the joiner gets. None for an external proposal."""
    @property
    def sender_identity(self) -> bytes: ...
    @property
    def sender_signature_key(self) -> bytes:
        """The key that signed the message. Empty for a "proposal" from outside."""
    @property
    def external(self) -> bool:
        """Sent by somebody who was not a member: an external commit (or, with `allow_proposals`, proposal)."""
    @property
    def aad(self) -> bytes: ...
    @property
    def said(self) -> int:
        """Of an "own_other": how many application messages this handle had sent when it had the keys to read it."""
    @property
    def plaintext(self) -> bytes | None:
        """Set for "app"."""
    @property
    def adds(self) -> list[Member]:
        """New members with the leaf they will have; includes the joiner of an external commit."""
    @property
    def removes(self) -> list[Member]:
        """Members that leave, as they are now."""
    @property
    def updates(self) -> list[Member]:
        """Members whose leaf is replaced, as they will be; `leaf` is the (unchanged) place in the tree.
        The committer whenever the commit has a path; nobody else, for other updates are standalone proposals."""
    @property
    def self_removed(self) -> bool: ...
    @property
    def new_group_ext(self) -> list[tuple[int, bytes]] | None:
        """All group context extensions after the commit; None if it does not change them."""

@final
class Group:
    """A handle on one device's state in one group. Thread-safe; calls on one handle wait for each other.

    All methods raise `StaleHandle` after `close()` or a `Panic`.
    """

    @staticmethod
    def create(signer: Signer, identity: bytes, cfg: Config, group_id: bytes | None = None) -> Group:
        """A new group of one member, epoch 0; a random 32-byte id unless given."""
    @staticmethod
    def load(group_id: bytes, rows: Sequence[Row], gen: int) -> Group:
        """From all rows of `group_scope(group_id)`. Missing or foreign rows: `Invalid` ("state")."""
    @staticmethod
    def join(
        welcome: bytes,
        tree: bytes,
        rows: Sequence[Row],
        cfg: Config,
    ) -> tuple[Group, Member]:
        """Open and verify a Welcome with the private row of one of its key packages: the joined group (gen 0 and dirty)
        and who signed the Welcome. Inspect both; dropping the group without writing its delta changes nothing.

        `rows` are those of the key packages; they may also hold the rows of an old group with the same id: the delta
        deletes them. Lifetimes of the members' leaves are not checked. A tree inside the Welcome is refused ("syntax").
        """
    @staticmethod
    def join_external(
        signer: Signer,
        identity: bytes,
        group_info: bytes,
        tree: bytes,
        cfg: Config,
    ) -> tuple[Group, CommitBundle]:
        """Join by an external commit. The returned group is already in the new epoch (gen 0): keep it only if the
        commit wins, otherwise `close()` it. A leaf that has the signer's own key is always removed by that commit
        (OpenMLS can remove no other here; to replace a leaf with another key, join and then commit its removal).
        Delete the rows of the old group in the transaction that keeps the new.
        """
    @property
    def id(self) -> bytes: ...
    @property
    def epoch(self) -> int: ...
    @property
    def own_leaf(self) -> int: ...
    @property
    def active(self) -> bool:
        """False once a commit that removes us was accepted."""
    @property
    def gen(self) -> int: ...
    @property
    def said(self) -> int:
        """How many application messages this leaf has encrypted in the current epoch."""
    @property
    def pending(self) -> bool:
        """Whether an own commit waits for `merge_pending` or `clear_pending`."""
    @property
    def epoch_authenticator(self) -> bytes: ...
    def group_ext(self) -> list[tuple[int, bytes]]:
        """All group context extensions, the required capabilities (type 3) included."""
    def members(self) -> list[Member]: ...
    def encrypt(self, signer: Signer, plaintext: bytes, aad: bytes = b"") -> bytes:
        """An application message of the current epoch, also while a commit is pending. `aad` is authenticated, not
        hidden. Take and store the delta before the bytes leave the device."""
    def process(self, msg: bytes) -> Processed:
        """Decrypt and verify. Never merges: see `accept`. Works while an own commit is pending.

        On an error no ratchet moves. Reading an application message uses up its key: a second copy is `Duplicate`. A
        commit changes nothing at all until it is accepted, and can be processed again until then.
        `WrongEpoch`: a handshake of another epoch, or an application message of a future or forgotten epoch.
        """
    def accept(self, processed: Processed) -> None:
        """Merge the commit (this clears an own pending one) or queue the proposal. "app", "own_echo" and "own_other":
        nothing.

        Only on the handle that processed it (`Invalid`, "argument") and while that epoch is current (`WrongEpoch`).
        """
    def commit(
        self,
        signer: Signer,
        *,
        add: Sequence[bytes] = (),
        remove: Sequence[int] = (),
        update: bool = False,
        group_ext: Sequence[tuple[int, bytes]] | None = None,
        aad: bytes = b"",
    ) -> CommitBundle:
        """Stage a commit; the epoch changes only with `merge_pending`. `PendingCommit` if one is staged already.

        `add`: key package messages, verified again here; expired ones are `Invalid` ("verify"). `remove`: leaves other
        than our own. `update`: renew our own leaf key even if nothing else does. `group_ext`: replaces all group
        context extensions except the required capabilities. With nothing to change an empty commit opens a new epoch.
        """
    def merge_pending(self) -> None:
        """Make the pending commit the current epoch. `Invalid` ("argument") if none is pending."""
    def caught_up(self) -> None:
        """The box of the current epoch was read to its end. Until then it is remembered, in memory, where this leaf
        stood when it first sent something: what a copy of this device said from there on is an "own_other"."""
    def clear_pending(self) -> None:
        """Forget the pending commit; harmless if there is none."""
    def export_secret(self, label: str, context: bytes, length: int) -> bytes:
        """RFC 9420 exporter of the current epoch."""
    def group_info(self, signer: Signer) -> bytes:
        """GroupInfo of the current epoch, with external_pub, without a tree. A secret: it lets its holder join."""
    def ratchet_tree(self) -> bytes: ...
    def take_delta(self) -> Delta:
        """What changed since the last `saved()`. May be called again before `saved()`; includes later changes then."""
    def saved(self, gen: int) -> None:
        """The transaction with that delta committed. `Invalid` ("argument") if `gen` is not that delta's `new_gen`."""
    def close(self) -> None:
        """Wipe and forget, saving nothing. May be called twice."""
    def testing_panic(self) -> None:
        """Panics inside Rust, to prove what a panic does."""
