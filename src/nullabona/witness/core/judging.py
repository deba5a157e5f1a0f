"""What a witness answers to a request, and what of it is evidence against a log (spec/witness.md §2).

The decision itself is `nullabona.log.witnessing`'s. Here stands which logs are known, and what is kept: evidence is
only what the log itself has signed.
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
    """A log that this witness cosigns, and the keys that its checkpoints must be signed with."""

    origin: str
    verifiers: tuple[VerifierKey, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What the witness cosigned last of a log: with the log's own signatures, and its own."""

    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to answer, and what kind of evidence the request is, if any."""

    answer: Accept | Refuse
    evidence: EvidenceKind | None = None


def judge(request: AddCheckpoint, held: Held | None, log: WatchedLog | None) -> Judgement:
    """Whether to cosign. On `Accept` the caller persists the checkpoint before anything leaves.

    ``two-roots``: the log has signed two roots of one size; that alone proves the fork. ``no-consistency``: it has
    signed a larger checkpoint, and whoever brought it could not show that it grew from ours; that may be the asker's
    mistake, and the log's files decide.
    """
    known = Cosigned(held.size, held.root) if held is not None else None
    answer = decide(request, known, log.verifiers if log is not None else ())
    if isinstance(answer, Accept) or answer.reason in _NOT_THE_LOGS or held is None:
        return Judgement(answer)
    if request.checkpoint.size == held.size and request.checkpoint.root != held.root:
        return Judgement(answer, "two-roots")
    return Judgement(answer, "no-consistency" if answer.reason == "unproven" else None)


def own_lines(note: Note, log: WatchedLog) -> Note:
    """The note with the log's known signatures only: what strangers add is neither kept nor shown."""
    known = {(each.name, each.key_id) for each in log.verifiers}
    return Note(note.text, tuple(each for each in note.signatures if (each.name, each.key_id) in known))


def cosigned_s(held: Held | None, signers: Sequence[SignerKey]) -> int:
    """When one of these keys cosigned what is held, by its own word; 0 if none did."""
    if held is None:
        return 0
    own = {(each.name, each.key_id) for each in signers}
    signatures = parse_note(held.note).signatures
    times = [each.blob[:TIME_SIZE] for each in signatures if (each.name, each.key_id) in own]
    return max((int.from_bytes(time, "big") for time in times), default=0)


def log_id(origin: str) -> str:
    """How a log is named in the read API: the hex SHA-256 of its origin."""
    return sha256(origin.encode()).hexdigest()


def encode_evidence(kind: EvidenceKind, held: Held, request: AddCheckpoint, log: WatchedLog) -> tuple[str, bytes]:
    """A name and the content of a file that shows what was signed; the same request gives the same file."""
    shown = AddCheckpoint(request.old_size, request.proof, own_lines(request.note, log), request.checkpoint)
    keys = tuple(each.encode() for each in log.verifiers)
    data = Fork(kind, log.origin, parse_note(held.note), shown, keys).encode()
    pair = held.root + request.checkpoint.size.to_bytes(8, "big") + request.checkpoint.root
    return f"{kind}-{sha256(pair).hexdigest()[:32]}.json", data
