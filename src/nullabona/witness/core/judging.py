"""Decides a witness's answer to a request, and whether it is evidence against a log (spec/witness.md §2).

`nullabona.log.witnessing` makes the decision itself. This module knows the logs, and chooses what to keep: evidence is
only what the log itself signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nullabona.log.cosignature import TIME_SIZE
from nullabona.log.forks import Fork
from nullabona.log.forks import Kind as EvidenceKind
from nullabona.log.keys import SignerKey, VerifierKey
from nullabona.log.note import Note, parse_note
from nullabona.log.witnessing import Accept, AddCheckpoint, Cosigned, Refuse, decide

_NOT_THE_LOGS: Final = frozenset({"unsigned", "unknown-log"})


@dataclass(frozen=True, slots=True)
class WatchedLog:
    """A log that this witness cosigns, and the keys that must sign its checkpoints."""

    origin: str
    verifiers: tuple[VerifierKey, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The last checkpoint of a log that the witness cosigned, with the log's signatures and its own."""

    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer, and the kind of evidence in the request, if any."""

    answer: Accept | Refuse
    evidence: EvidenceKind | None = None


def judge(request: AddCheckpoint, held: Held | None, log: WatchedLog | None) -> Judgement:
    """Whether to cosign. On `Accept` the caller persists the checkpoint before anything leaves.

    ``two-roots``: the log signed two roots of one size; that alone proves the fork. ``no-consistency``: it signed a
    larger checkpoint, and the requester could not prove that it grew from ours. That may be the requester's mistake;
    the log's files decide.
    """
    known = Cosigned(held.size, held.root) if held is not None else None
    answer = decide(request, known, log.verifiers if log is not None else ())
    if isinstance(answer, Accept) or answer.reason in _NOT_THE_LOGS or held is None:
        return Judgement(answer)
    if request.checkpoint.size == held.size and request.checkpoint.root != held.root:
        return Judgement(answer, "two-roots")
    return Judgement(answer, "no-consistency" if answer.reason == "unproven" else None)


def own_lines(note: Note, log: WatchedLog) -> Note:
    """The note with only the log's known signatures, so that strangers' additions are neither kept nor shown."""
    known = {(each.name, each.key_id) for each in log.verifiers}
    return Note(note.text, tuple(each for each in note.signatures if (each.name, each.key_id) in known))


def cosigned_s(held: Held | None, signers: Sequence[SignerKey]) -> int:
    """The time that one of these keys put into its cosignature of the held checkpoint; 0 if none cosigned."""
    if held is None:
        return 0
    own = {(each.name, each.key_id) for each in signers}
    signatures = parse_note(held.note).signatures
    times = [each.blob[:TIME_SIZE] for each in signatures if (each.name, each.key_id) in own]
    return max((int.from_bytes(time, "big") for time in times), default=0)


def log_id(origin: str) -> str:
    """A log's name in the read API: the hex SHA-256 of its origin."""
    return sha256(origin.encode()).hexdigest()


def encode_evidence(kind: EvidenceKind, held: Held, request: AddCheckpoint, log: WatchedLog) -> tuple[str, bytes]:
    """Name and content of a file that shows what was signed; the same request gives the same file."""
    shown = AddCheckpoint(request.old_size, request.proof, own_lines(request.note, log), request.checkpoint)
    keys = tuple(each.encode() for each in log.verifiers)
    data = Fork(kind, log.origin, parse_note(held.note), shown, keys).encode()
    pair = held.root + request.checkpoint.size.to_bytes(8, "big") + request.checkpoint.root
    return f"{kind}-{sha256(pair).hexdigest()[:32]}.json", data
