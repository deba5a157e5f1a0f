"""The entry of a handle in one epoch, as a file that proves it to a third person (spec/map.md §10).

To verify the file, a person needs only the log's policy: no account, no network, no trust in its source. The file
proves the content of the record. Only the owner can say that they did not make the entry, but anybody can see if
another key signed it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.client.core.directory.pinned import Pinned
from nullabona.errors import NullabonaError, PeerError
from nullabona.log.following import read_frontier
from nullabona.log.keys import Kind
from nullabona.log.note import parse_note, verify_note
from nullabona.log.policy import Policy, Seen
from nullabona.log.prefix import LABEL_BYTES, Leaf, Opening, Walk, root_with, root_without
from nullabona.log.tree import leaf_hash, verify_inclusion
from nullabona.log.vrf import verify
from nullabona.wire.epoch import decode_genesis, decode_promise, encode_epoch, label_input, origin_of
from nullabona.wire.handle import parse_handle
from nullabona.wire.message import MAX_CHECKPOINT, Listed
from nullabona.wire.messages import Entry

FORM: Final = "nullabona record evidence v2"
LARGEST: Final = 4 * MAX_CHECKPOINT
"""Most bytes of a file: two checkpoints of any number of lines, and the epochs of a device that was away for long."""
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]


class EvidenceInvalid(PeerError):
    """A file is no evidence, or does not prove what it says under this policy."""

    code = "evidence-invalid"
    default_hint = "do not believe it; check whether it was meant for another policy"


class View(msgspec.Struct, array_like=True, frozen=True):
    """One epoch as it was proven: the entry at the handle (version 0: nothing), and the path to the map's root.

    ``peaks`` are the frontier of the log before the epoch; ``listed`` is the hash of the epoch's list of changes.
    """

    epoch: int
    closed_s: int
    entry: Entry
    siblings: tuple[Hash, ...]
    other: tuple[Hash, ...]
    peaks: tuple[Hash, ...]
    leaf: Hash
    listed: Listed = b""


class EntryEvidence(msgspec.Struct, array_like=True, frozen=True):
    """The file. ``began`` is a checkpoint under which the log begins with ``genesis``.

    ``after`` are the leaf hashes that lead from the epoch to ``checkpoint``; ``promise`` is the signed note that was
    broken, or empty.
    """

    form: Literal["nullabona record evidence v1", "nullabona record evidence v2"]
    handle: str
    genesis: bytes
    genesis_proof: tuple[Hash, ...]
    began: bytes
    label_proof: bytes
    view: View
    after: tuple[Hash, ...]
    checkpoint: bytes
    promise: bytes = b""


@dataclass(frozen=True, slots=True)
class Trail:
    """Epochs in a row as an owner's device was shown them, up to a checkpoint."""

    label_proof: bytes
    views: tuple[View, ...]
    checkpoint: bytes

    def evidence(self, pinned: Pinned, handle: str, epoch: int, promise: bytes = b"") -> bytes:
        """The file about one of these epochs; empty if it is not among them."""
        view = next((each for each in self.views if each.epoch == epoch), None)
        if view is None:
            return b""
        after = tuple(each.leaf for each in self.views if each.epoch > epoch)
        found = EntryEvidence(
            FORM,
            handle,
            pinned.genesis,
            pinned.genesis_proof,
            pinned.began,
            self.label_proof,
            view,
            after,
            self.checkpoint,
            promise,
        )
        return msgspec.msgpack.encode(found)


@dataclass(frozen=True, slots=True)
class Proven:
    """What evidence proves. ``digest``: the card's hash, 32 zero bytes for a deleted one, None where nothing stood.

    ``promised``: the hash that the directory promised for ``promised_epoch``; empty if it is not about a promise.
    """

    host: str
    handle: str
    epoch: int
    closed_s: int
    version: int
    digest: bytes | None
    size: int
    witnesses: tuple[str, ...]
    promised: bytes = b""
    promised_epoch: int = 0


def is_evidence(data: bytes) -> bool:
    """Whether bytes are such a file; nothing of it is checked."""
    return subject_of(data) is not None


def subject_of(data: bytes) -> tuple[str, int] | None:
    """The handle and the epoch that such a file is about; None: it is none. Nothing of it is checked."""
    try:
        found = msgspec.msgpack.decode(data, type=EntryEvidence)
    except msgspec.MsgspecError:
        return None
    return found.handle, found.view.epoch


def verify_evidence(data: bytes, policy: Policy) -> Proven:
    """What the file proves under the policy. Raises `EvidenceInvalid`."""
    try:
        return _verify(msgspec.msgpack.decode(data[: LARGEST + 1], type=EntryEvidence), policy)
    except (NullabonaError, msgspec.MsgspecError) as error:
        raise EvidenceInvalid(f"this does not hold as evidence: {error}") from error


def _verify(found: EntryEvidence, rules: Policy) -> Proven:
    genesis, handle = decode_genesis(found.genesis), parse_handle(found.handle)
    origin = origin_of(handle.authority)
    began = _believed(rules, found.began, origin)
    verify_inclusion(leaf_hash(found.genesis), 0, began.checkpoint.size, found.genesis_proof, began.checkpoint.root)
    if genesis.host != handle.authority:
        raise EvidenceInvalid("the log is not that of the handle's server")
    label = verify(genesis.vrf_key, label_input(handle), found.label_proof)[:LABEL_BYTES]
    seen = _believed(rules, found.checkpoint, origin)
    _check_epoch(found, label, seen)
    _, version, digest = found.view.entry
    proven = Proven(
        handle.authority,
        str(handle),
        found.view.epoch,
        found.view.closed_s,
        version,
        digest if version else None,
        seen.checkpoint.size,
        tuple(name for name, _ in seen.witnesses),
    )
    return _with_promise(proven, found.promise, rules, origin) if found.promise else proven


def _believed(rules: Policy, note: bytes, origin: str) -> Seen:
    seen = rules.check(parse_note(note))
    if seen.checkpoint.origin != origin:
        raise EvidenceInvalid("a checkpoint is of another log")
    return seen


def _check_epoch(found: EntryEvidence, label: bytes, seen: Seen) -> None:
    """Check that the epoch's log entry, computed from the entry at the label, leads to the checkpoint's root."""
    view = found.view
    other = Leaf(view.other[0], view.other[1]) if len(view.other) == 2 else None
    walk, (nonce, version, digest) = Walk(view.siblings, other), view.entry
    opening = Opening(nonce, version, digest) if version else None
    root = root_without(label, walk) if opening is None else root_with(label, opening.commitment, walk)
    frontier = read_frontier(view.epoch, view.peaks).extend(
        leaf_hash(encode_epoch(view.epoch, root, view.closed_s, view.listed))
    )
    for leaf in found.after:
        frontier = frontier.extend(leaf)
    if (frontier.size, frontier.root) != (seen.checkpoint.size, seen.checkpoint.root):
        raise EvidenceInvalid("what it shows is not in the log that was signed")


def _with_promise(proven: Proven, note: bytes, rules: Policy, origin: str) -> Proven:
    signed = parse_note(note)
    promise = decode_promise(signed.text)
    keys = [key for key in rules.keys_of(origin) if key.kind is Kind.ED25519]
    if not verify_note(signed, keys) or (promise.origin, promise.handle) != (origin, proven.handle):
        raise EvidenceInvalid("the promise is not the server's, or is about another handle")
    if promise.epoch != proven.epoch:
        raise EvidenceInvalid("the promise is for another epoch than is shown")
    return replace(proven, promised=promise.digest, promised_epoch=promise.epoch)
