"""Verifies the answer to a lookup, whole: label, place in the map, epoch, log, witnesses, age (spec/map.md §3)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nullabona.client.core.directory.errors import CardNotInLog
from nullabona.client.core.directory.pinned import Pinned, Sighting, check_fresh, check_position, see
from nullabona.client.core.directory.promises import Expected, check_promise
from nullabona.errors import Malformed
from nullabona.log.following import read_frontier
from nullabona.log.prefix import LABEL_BYTES, TOMBSTONE, Leaf, MapProofInvalid, Opening, Walk, root_with, root_without
from nullabona.log.tree import Frontier, leaf_hash
from nullabona.log.vrf import VrfInvalid, verify
from nullabona.wire.card import card_hash
from nullabona.wire.epoch import encode_epoch, label_input
from nullabona.wire.handle import Handle
from nullabona.wire.messages import CardFound, HandleProof


@dataclass(frozen=True, slots=True)
class Checked:
    """What an answer proves, once `frontier` was reached from the one that is remembered.

    ``card`` is empty if there is none. ``promise``: the card is not in the record yet.
    """

    card: bytes = field(repr=False)
    label: bytes
    epoch: int
    opening: Opening | None
    promise: Expected | None
    sighting: Sighting
    frontier: Frontier
    proof: HandleProof = field(repr=False)

    @property
    def checkpoint(self) -> bytes:
        """The signed checkpoint that came with the answer."""
        return self.proof.checkpoint

    @property
    def listed(self) -> bool:
        """Whether the epoch has a list of changes."""
        return bool(self.proof.listed)


def check_answer(pinned: Pinned, handle: Handle, answer: CardFound, now_s: int) -> Checked:
    """What the answer proves, under the pinned policy.

    Raises `NotWitnessed`, `LogReplaced`, `LogRolledBack`, `LogForked`, `LogStale`, `CardNotInLog`, `PromiseInvalid` or
    `Malformed`. The caller must still reach its frontier from the remembered one (`nullabona.log.following`).
    """
    sighting = see(pinned, answer.proof.checkpoint)
    check_position(pinned, sighting)
    if pinned.listed and not answer.proof.listed:
        raise Malformed("an epoch of the record has no list of changes, and one before it has")
    checked = check_placed(pinned, handle, answer, sighting)
    check_fresh(pinned, sighting, answer.proof.closed_s, now_s)
    if not answer.card or (checked.opening is not None and checked.opening.digest != TOMBSTONE):
        return checked
    promise = check_promise(pinned, str(handle), card_hash(answer.card), answer.promise, checked.frontier, now_s)
    return replace(checked, promise=promise)


def check_placed(pinned: Pinned, handle: Handle, answer: CardFound, sighting: Sighting) -> Checked:
    """What the answer proves of the epoch of the checkpoint ``sighting``, however old that is. No promise is checked.

    Raises `CardNotInLog` or `Malformed`.
    """
    proof = answer.proof
    label = label_of(pinned, handle, proof.label_proof)
    opening = _opening(answer)
    epoch = sighting.size - 1
    frontier = _frontier(proof, epoch, _root(label, opening, proof))
    if frontier.root != sighting.root:
        raise CardNotInLog(f"what the server shows for {handle} is not in its record")
    return Checked(answer.card, label, epoch, opening, None, sighting, frontier, proof)


def label_of(pinned: Pinned, handle: Handle, proof: bytes) -> bytes:
    """The handle's label in the record. Raises `CardNotInLog` if the directory does not prove it."""
    try:
        return verify(pinned.rules.vrf_key, label_input(handle), proof)[:LABEL_BYTES]
    except VrfInvalid as error:
        raise CardNotInLog(f"the server does not prove where {handle} is in its record") from error


def _opening(answer: CardFound) -> Opening | None:
    """The expected entry at the label: the card that came with the answer, or a tombstone if none did."""
    proof = answer.proof
    if not proof.version:
        return None
    standing = answer.card and not answer.promise
    return Opening(proof.nonce, proof.version, card_hash(answer.card) if standing else TOMBSTONE)


def _root(label: bytes, opening: Opening | None, proof: HandleProof) -> bytes:
    walk = walk_of(proof.siblings, proof.other)
    try:
        return root_without(label, walk) if opening is None else root_with(label, opening.commitment, walk)
    except MapProofInvalid as error:
        raise CardNotInLog("the server does not prove what is in its record") from error


def walk_of(siblings: tuple[bytes, ...], other: tuple[bytes, ...]) -> Walk:
    """The walk of a message. Raises `CardNotInLog`."""
    if len(other) == 1:
        raise CardNotInLog("a leaf in the way has a label and a commitment")
    return Walk(siblings, Leaf(other[0], other[1]) if other else None)


def _frontier(proof: HandleProof, epoch: int, root: bytes) -> Frontier:
    if epoch < 1:
        raise CardNotInLog("the server's log has no epoch")
    return read_frontier(epoch, proof.edge).extend(leaf_hash(encode_epoch(epoch, root, proof.closed_s, proof.listed)))
