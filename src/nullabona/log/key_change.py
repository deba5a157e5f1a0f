"""Changes of a log's keys and witnesses, which its readers follow without being asked (spec/log.md §9).

Each change is an entry of a small log of its own, the *key log*. No witness cosigns that log by itself: each witness's
operator compares the change by other means and signs it by hand. So somebody who stole the log's keys cannot name
others in their place, although witnesses cosign whatever the log signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nullabona.errors import Malformed, PeerError
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import SignerKey, VerifierKey, parse_vkey
from nullabona.log.note import Note, NoteInvalid, sign_note
from nullabona.log.policy import NO_QUORUM, NotWitnessed, Policy, PolicyLog
from nullabona.log.proof import LogProof, parse_proof
from nullabona.log.strict import decimal, decode_text
from nullabona.log.tree import Frontier, ProofInvalid, leaf_hash

FOLDER: Final = "keys"
"""Where a log's public folder has its changes: the file ``keys/<number>`` for each."""
MOST: Final = 64
"""Changes of one log."""
MAX_CHANGE: Final = 512 * 1024
"""Bytes of a change's file."""
_MARK: Final = "nullabona key change v1"
_MAX_ENTRY: Final = 65_535
_SPACE: Final = re.compile(r"[ \t]+")


class KeysUnproven(PeerError):
    """A change of a log's keys does not hold: a signature is missing, or too few witnesses confirmed it by hand."""

    code = "keys-unproven"
    default_hint = "nothing was believed. Ask the operator in another way what happened to the keys"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """Change ``number`` (from 0) of the keys of the log ``origin``: who must have signed before it, and from then on.

    Both are policies that name this log only. Each change draws other keys for the log, so no policy comes back.
    """

    origin: str
    number: int
    before: Policy
    after: Policy
    text: tuple[str, str]
    """The lines of both policies as they were written."""

    def encode(self) -> bytes:
        """The entry of the key log."""
        return f"{_MARK}\n{self.origin}\n{self.number}\n\n{self.text[0]}\n{self.text[1]}".encode()

    @property
    def fingerprint(self) -> str:
        """What people compare by other means: 32 hexadecimal digits."""
        return sha256(self.encode()).hexdigest()[:32]


def key_log_origin(origin: str) -> str:
    """The name of the log of changes of a log's keys."""
    return f"{origin}/keys"


def make_change(origin: str, number: int, before: str, after: str) -> KeyChange:
    """The change from one policy to another. Raises `Malformed` if they are not two policies of this log alone."""
    old, new = Policy.parse(before), Policy.parse(after)
    if {log.key.name for log in (*old.logs, *new.logs)} != {origin} or not (old.logs and new.logs):
        raise Malformed("a change of keys names one log")
    if {log.key.public_key for log in old.logs} & {log.key.public_key for log in new.logs}:
        raise Malformed("a change of keys draws new keys for the log")
    if not {log.key.kind for log in old.logs} <= {log.key.kind for log in new.logs}:
        raise Malformed("a change of keys leaves out a kind of key")
    change = KeyChange(origin, number, old, new, (before, after))
    if len(change.encode()) > _MAX_ENTRY or "" in f"{before}{after}"[:-1].split("\n"):
        raise Malformed("a change of keys is too long, or one of its policies has an empty line")
    return change


def parse_change(entry: bytes) -> KeyChange:
    """The change that an entry is; its encoding is ``entry`` again. Raises `Malformed`."""
    head, *policies = decode_text(entry, _MAX_ENTRY, "change of keys").split("\n\n")
    lines = head.split("\n")
    if len(policies) != 2 or len(lines) != 3 or lines[0] != _MARK:
        raise Malformed("this is no change of keys")
    return make_change(lines[1], decimal(lines[2]), f"{policies[0]}\n", policies[1])


def read_change(data: bytes) -> tuple[KeyChange, LogProof]:
    """The change in a file, and the proof that it is the newest entry of the key log that the file shows.

    Who signed is not checked. Raises `KeysUnproven`.
    """
    try:
        proof = parse_proof(data)
        change = parse_change(proof.extra)
        text = _checkpoint(change, before_of(proof)).encode()
    except (Malformed, ProofInvalid) as error:
        raise KeysUnproven(f"this is no change of keys: {error.message}") from error
    if proof.index != change.number or proof.note.text != text:
        raise KeysUnproven("a change of keys is not the newest entry of its log")
    return change, proof


def before_of(proof: LogProof) -> Frontier:
    """The key log before its newest entry, whose proof this is. Raises `Malformed`."""
    if len(proof.hashes) != proof.index.bit_count():
        raise Malformed("a change of keys is not at the end of its log")
    return Frontier(proof.index, tuple(reversed(proof.hashes)))


def draft_change(change: KeyChange, before: Frontier, signers: tuple[SignerKey, ...], now_s: int) -> LogProof:
    """The change as the log's old and new keys sign it; ``signers`` are those of the key log."""
    note = sign_note(_checkpoint(change, before).encode(), signers, now_s)
    return LogProof(change.number, tuple(reversed(before.peaks)), note, change.encode())


def check_drafted(change: KeyChange, note: Note) -> None:
    """Raises `KeysUnproven` unless the log's old and new keys have signed the change."""
    for policy in (change.before, change.after):
        _check(Policy(policy.logs, policy.witnesses, policy.groups, NO_QUORUM), change, note)


def check_change(change: KeyChange, note: Note, known: Policy, then: Policy) -> None:
    """Raises `KeysUnproven` unless a reader that holds the log to ``known`` may go over to ``then``.

    The old and the new keys have signed, and a quorum of the witnesses of each policy. As many witnesses as before are
    needed at least; where none were known, nobody could have confirmed it.
    """
    if {log.key for log in change.before.logs} != set(known.keys_of(change.origin)):
        raise KeysUnproven("a change of keys begins with other keys than those that are known")
    if known.quorum == NO_QUORUM:
        raise KeysUnproven("nobody witnesses this record, so nobody could confirm a change of its keys")
    if then.least < known.least:
        raise KeysUnproven("a change of keys would ask for fewer witnesses than before")
    for policy in (known, then):
        _check(policy, change, note)


def successor(text: str, change: KeyChange, *, by_hand: bool) -> str:
    """The policy ``text`` after the change.

    Other logs stay. Witnesses that the person chose (``by_hand``) stay too; else they are those of the change.
    """
    fresh = change.text[1].splitlines()
    kept = [line for line in text.splitlines() if _keyword(line) == "log" or by_hand]
    kept = [line for line in kept if not _is_of(line, change.origin)]
    if by_hand:
        fresh = [line for line in fresh if _keyword(line) == "log"]
    return "".join(f"{line}\n" for line in (*fresh, *kept))


def _check(policy: Policy, change: KeyChange, note: Note) -> None:
    name = key_log_origin(change.origin)
    keys = (VerifierKey(name, key.kind, key.public_key) for key in policy.keys_of(change.origin))
    try:
        Policy(tuple(map(PolicyLog, keys)), policy.witnesses, policy.groups, policy.quorum).check(note)
    except (NoteInvalid, NotWitnessed, Malformed) as error:
        raise KeysUnproven(f"a change of keys is not confirmed: {error.message}") from error


def _checkpoint(change: KeyChange, before: Frontier) -> Checkpoint:
    tree = before.extend(leaf_hash(change.encode()))
    return Checkpoint(key_log_origin(change.origin), tree.size, tree.root)


def _keyword(line: str) -> str:
    return _SPACE.split(line.strip(" \t"))[0]


def _is_of(line: str, origin: str) -> bool:
    return _keyword(line) == "log" and parse_vkey(_SPACE.split(line.strip(" \t"))[1]).name == origin
