"""Proofs that something is in a log (C2SP tlog-proof): one text that is checked offline against a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nullabona.errors import Malformed
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import MAX_NOTE, Note, parse_note
from nullabona.log.policy import Policy, Seen
from nullabona.log.strict import decimal, decode_base64, decode_text, encode_base64
from nullabona.log.tree import HASH_SIZE, MAX_PROOF, leaf_hash, verify_inclusion

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_EXTRA: Final = 64 * 1024
"""Bytes of extra data."""
_MAX: Final = MAX_NOTE + 2 * MAX_EXTRA


@dataclass(frozen=True, slots=True)
class LogProof:
    """An entry's place, the hashes beside its way to the root, and the checkpoint with that root.

    ``extra`` is authenticated by nothing. Nothing else is believed either before `verify`.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes = b""

    def encode(self) -> bytes:
        """The text of a ``.tlog-proof`` file."""
        extra = [f"extra {encode_base64(self.extra)}"] if self.extra else []
        lines = (HEADER, *extra, f"index {self.index}", *(encode_base64(each) for each in self.hashes), "", "")
        return "\n".join(lines).encode() + self.note.encode()

    def verify(self, entry: bytes, policy: Policy) -> Seen:
        """The checkpoint whose log holds ``entry``; see `verify_leaf`."""
        return self.verify_leaf(leaf_hash(entry), policy)

    def verify_leaf(self, leaf: bytes, policy: Policy) -> Seen:
        """The checkpoint whose log holds the entry with this leaf hash.

        Raises what `Policy.check` raises, and `ProofInvalid` if the entry is not there.
        """
        seen = policy.check(self.note)
        verify_inclusion(leaf, self.index, seen.checkpoint.size, self.hashes, seen.checkpoint.root)
        return seen


def parse_proof(data: bytes) -> LogProof:
    """The proof in ``data``; its encoding is ``data`` again. Raises `Malformed`."""
    head, empty, note = decode_text(data, _MAX, "proof").partition("\n\n")
    header, *lines = head.split("\n")
    extra = _parse_extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else b""
    if not empty or header != HEADER or not lines or not lines[0].startswith("index "):
        raise Malformed("a proof begins with its version, an index and an empty line before the checkpoint")
    if len(lines) > 1 + MAX_PROOF:
        raise Malformed("a proof has too many hashes")
    index = decimal(lines[0].removeprefix("index "))
    hashes = tuple(decode_base64(line, HASH_SIZE) for line in lines[1:])
    proof = LogProof(index, hashes, parse_note(note.encode()), extra)
    parse_checkpoint(proof.note.text)
    return proof


def _parse_extra(line: str) -> bytes:
    extra = decode_base64(line.removeprefix("extra "))
    if not 0 < len(extra) <= MAX_EXTRA:
        raise Malformed("a proof's extra data is empty or too large")
    return extra
