"""Evidence that a log has two histories: a file with two checkpoints that it signed (spec/witness.md §2.4).

Anyone who reads it believes nothing but their own policy. Two roots of one size contradict each other by themselves.
Two sizes do so only if the file shows what root the larger tree has at the smaller size; else the log's own files
decide (`nullabona.reading.forks`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.errors import Malformed, PeerError
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.note import Note, parse_note
from nullabona.log.policy import Policy, Seen
from nullabona.log.strict import decode_base64, encode_base64
from nullabona.log.tree import HASH_SIZE, ProofInvalid, verify_consistency
from nullabona.log.witnessing import AddCheckpoint, add_checkpoint, parse_request

LARGEST: Final = 1_048_576
"""Bytes of a file."""
Kind = Literal["two-roots", "no-consistency"]
_Text = Annotated[str, Meta(max_length=LARGEST)]


class ForkInvalid(PeerError):
    """A file is no evidence against a log, or does not show what it says under this policy."""

    code = "fork-evidence-invalid"
    default_hint = "do not believe it; check whether it was meant for another log or policy"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Kind
    origin: _Text
    held: _Text
    shown: _Text
    keys: tuple[_Text, ...] = ()
    other_root: _Text = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """Two checkpoints. ``shown`` says how the larger is claimed to have grown from the other one.

    ``other_root``: the root that the larger tree has at the smaller size, which ``shown``'s proof leads from; empty if
    the file does not know it. ``keys`` are those that anyone who wrote the file knew, and prove nothing.
    """

    kind: Kind
    origin: str
    held: Note
    shown: AddCheckpoint
    keys: tuple[str, ...] = ()
    other_root: bytes = b""

    def encode(self) -> bytes:
        """The file."""
        content = {
            "kind": self.kind,
            "origin": self.origin,
            "keys": list(self.keys),
            "held": self.held.encode().decode(),
            "shown": self.shown.encode().decode(),
        }
        if self.other_root:
            content["other_root"] = encode_base64(self.other_root)
        return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Weighed:
    """Two checkpoints that the log has signed, the smaller first. ``proven``: they contradict each other."""

    old: Seen
    new: Seen
    proven: bool

    @property
    def origin(self) -> str:
        return self.old.checkpoint.origin


def parse_fork(data: bytes) -> Fork:
    """The evidence in a file. Raises `ForkInvalid`; nothing of what it says is checked yet."""
    try:
        if len(data) > LARGEST:
            raise ForkInvalid("the file is too large for evidence")
        found = msgspec.json.decode(data, type=_File)
        shown = parse_request(found.shown.encode())
        other = decode_base64(found.other_root, HASH_SIZE) if found.other_root else b""
        return Fork(found.kind, found.origin, parse_note(found.held.encode()), shown, found.keys, other)
    except (msgspec.MsgspecError, UnicodeError, Malformed) as error:
        raise ForkInvalid("the file does not have the form of evidence against a log") from error


def fork_of(first: bytes, second: bytes) -> Fork:
    """Evidence of two notes, without a proof. Raises `ForkInvalid`."""
    try:
        pair = [add_checkpoint(0, (), parse_note(data)) for data in (first, second)]
    except Malformed as error:
        raise ForkInvalid("a file is no checkpoint") from error
    old, new = sorted(pair, key=lambda each: each.checkpoint.size)
    shown = add_checkpoint(old.checkpoint.size, (), new.note)
    kind: Kind = "two-roots" if old.checkpoint.size == new.checkpoint.size else "no-consistency"
    return Fork(kind, old.checkpoint.origin, old.note, shown)


def weigh(fork: Fork, policy: Policy) -> Weighed:
    """What the file shows to anyone who believes the policy: both are the log's own, and whether they contradict.

    Raises `ForkInvalid` unless the log has signed both, and they may contradict each other.
    """
    try:
        held, shown = policy.signed(fork.held), policy.signed(fork.shown.note)
    except PeerError as error:
        raise ForkInvalid(f"the log has not signed both: {error.message}") from error
    old, new = held.checkpoint, shown.checkpoint
    if {old.origin, new.origin} != {fork.origin}:
        raise ForkInvalid("the checkpoints are of other logs than the file says")
    if old.size > new.size:
        raise ForkInvalid("the checkpoint that was shown is older than the one that was held: that is no fork")
    if (fork.kind == "two-roots") != (old.size == new.size):
        raise ForkInvalid("the file is not of the kind that it says")
    return Weighed(held, shown, _contradict(fork, old, new))


def _contradict(fork: Fork, old: Checkpoint, new: Checkpoint) -> bool:
    """Raises `ForkInvalid` if they agree."""
    if old.size == new.size:
        if old.root == new.root:
            raise ForkInvalid("both checkpoints are the same")
        return True
    if _grew(old.size, old.root, new, fork.shown.proof):
        raise ForkInvalid("the larger checkpoint has grown from the smaller one: they agree")
    return bool(fork.other_root) and _grew(old.size, fork.other_root, new, fork.shown.proof)


def _grew(size: int, root: bytes, new: Checkpoint, proof: tuple[bytes, ...]) -> bool:
    try:
        verify_consistency(size, root, new.size, new.root, proof)
    except ProofInvalid:
        return False
    return True
