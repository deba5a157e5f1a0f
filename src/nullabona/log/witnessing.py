"""What a witness decides (C2SP tlog-witness v1.1): whether to cosign a checkpoint that a log asks it to.

Pure: the caller finds what the witness cosigned last, and on `Accept` keeps the new checkpoint, in one transaction with
that look-up, before it signs or answers. The request and the answers are written and read here too, for both ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.keys import VerifierKey
from nullabona.log.note import MAX_NOTE, Note, NoteInvalid, parse_note, verify_note
from nullabona.log.policy import require_log
from nullabona.log.strict import decimal, decode_base64, decode_text, encode_base64
from nullabona.log.tree import EMPTY_ROOT, HASH_SIZE, MAX_PROOF, ProofInvalid, verify_consistency

MAX_REQUEST: Final = MAX_NOTE + 4096
"""Bytes of a request."""
TEXT: Final = "text/plain; charset=utf-8"
SIZE_TYPE: Final = "text/x.tlog.size"
"""Content type of a 409's body."""

Reason = Literal["malformed", "unknown-log", "unsigned", "shrinks", "out-of-step", "forked", "unproven"]
STATUS: Final[dict[Reason, int]] = {
    "malformed": 400,
    "shrinks": 400,
    "unsigned": 403,
    "unknown-log": 404,
    "out-of-step": 409,
    "forked": 422,
    "unproven": 422,
}


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A log's request: cosign this, which grew from a tree of ``old_size`` as ``proof`` shows."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    def encode(self) -> bytes:
        """The body of the request."""
        lines = (f"old {self.old_size}", *(encode_base64(each) for each in self.proof), "", "")
        return "\n".join(lines).encode() + self.note.encode()


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a witness has cosigned last of a log."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Accept:
    """Keep this as the last one of its origin, then sign it and answer 200 with the signature lines."""

    checkpoint: Checkpoint
    note: Note


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with this. A reason of ``forked`` means that the log signed two trees of one size: keep both as evidence.

    ``unproven`` may be evidence too, or a mistake of the caller.
    """

    reason: Reason
    body: bytes = b""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.reason]

    @property
    def content_type(self) -> str:
        """The content type of the body."""
        return SIZE_TYPE if self.reason == "out-of-step" else TEXT


def add_checkpoint(old_size: int, proof: tuple[bytes, ...], note: Note) -> AddCheckpoint:
    """The request to cosign ``note``. Raises `Malformed` if it is no checkpoint."""
    return AddCheckpoint(old_size, proof, note, parse_checkpoint(note.text))


def parse_request(body: bytes) -> AddCheckpoint:
    """The request in ``body``. Raises `Malformed` (answer 400)."""
    head, empty, note = decode_text(body, MAX_REQUEST, "request").partition("\n\n")
    first, *hashes = head.split("\n")
    if not empty or not first.startswith("old ") or len(hashes) > MAX_PROOF:
        raise Malformed("a request begins with an old size, a proof and an empty line")
    proof = tuple(decode_base64(line, HASH_SIZE) for line in hashes)
    return add_checkpoint(decimal(first.removeprefix("old ")), proof, parse_note(note.encode()))


def parse_size(body: bytes) -> int:
    """The size in the body of a 409. Raises `Malformed`."""
    text = decode_text(body, 32, "size")
    if not text.endswith("\n"):
        raise Malformed("a size ends with a newline")
    return decimal(text[:-1])


def decide(request: AddCheckpoint, known: Cosigned | None, verifiers: tuple[VerifierKey, ...]) -> Accept | Refuse:
    """Whether to cosign. ``known`` is the last one of its origin, ``verifiers`` the keys known of it (none: unknown).

    Of each kind of key that is known one must have signed. The order of the checks is that of tlog-witness.
    """
    checkpoint = request.checkpoint
    if not verifiers:
        return Refuse("unknown-log", b"this witness does not know this log\n")
    try:
        require_log(checkpoint, verifiers, verify_note(request.note, verifiers))
    except NoteInvalid as error:
        return Refuse("unsigned", f"{error.message}\n".encode())
    if request.old_size > checkpoint.size:
        return Refuse("shrinks", b"the old size is larger than the checkpoint's\n")
    last = known or Cosigned(0, EMPTY_ROOT)
    if request.old_size != last.size:
        return Refuse("out-of-step", b"%d\n" % last.size)
    return _grown(request, last)


def _grown(request: AddCheckpoint, last: Cosigned) -> Accept | Refuse:
    checkpoint = request.checkpoint
    if checkpoint.size == last.size and checkpoint.root != last.root:
        return Refuse("forked", b"this witness has cosigned another root of this size\n")
    try:
        verify_consistency(last.size, last.root, checkpoint.size, checkpoint.root, request.proof)
    except ProofInvalid as error:
        return Refuse("unproven", f"{error.message}\n".encode())
    return Accept(checkpoint, request.note)
