"""A small log with its keys, three witnesses and a policy, for tests; and its proofs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from nullabona.log.checkpoint import Checkpoint
from nullabona.log.edge import Edge
from nullabona.log.keys import Kind, SignerKey, new_signer, vkey
from nullabona.log.note import Note, signatures_of
from nullabona.log.policy import Policy
from nullabona.log.proof import LogProof
from nullabona.log.tiles import HashReader, Tile
from nullabona.log.tree import consistency_proof, inclusion_proof, leaf_hashes

ORIGIN = "log.example/docket"
NOON = 1_793_000_000
ED = new_signer(Kind.ED25519, ORIGIN, b"\x01" * 32)
ML = new_signer(Kind.COSIGN_MLDSA44, ORIGIN, b"\x02" * 32)
WITNESSES = [
    new_signer(Kind.COSIGN_ED25519, "bar.example", b"\x03" * 32),
    new_signer(Kind.COSIGN_ED25519, "university.example", b"\x04" * 32),
    new_signer(Kind.COSIGN_MLDSA44, "press.example", b"\x05" * 32),
]
NAMES = ["bar", "university", "press"]
LINES = [f"log {vkey(ED)}", f"log {vkey(ML)}"]
LINES += [f"witness {name} {vkey(witness)}" for name, witness in zip(NAMES, WITNESSES, strict=True)]


def policy(*more: str, lines: list[str] | None = None) -> Policy:
    """The log and its witnesses; by default two of three are the quorum."""
    more = more or ("group all-of-them 2 bar university press", "quorum all-of-them")
    return Policy.parse("\n".join([*(LINES if lines is None else lines), *more, ""]))


@dataclass(frozen=True)
class SmallLog:
    """A log of ``size`` entries that are their own numbers."""

    size: int

    @cached_property
    def entries(self) -> list[bytes]:
        """What is in it."""
        return [b"entry %d" % number for number in range(self.size)]

    @cached_property
    def grown(self) -> tuple[Edge, dict[Tile, bytes]]:
        """Its edge and its tiles."""
        edge, tiles = Edge().extend(leaf_hashes(self.entries))
        return edge, dict(tiles)

    @property
    def root(self) -> bytes:
        """Its root hash."""
        return self.grown[0].root

    @property
    def nodes(self) -> HashReader:
        """Its hashes."""
        return HashReader(self.size, self.grown[1].__getitem__)

    @property
    def checkpoint(self) -> Checkpoint:
        """Its unsigned checkpoint."""
        return Checkpoint(ORIGIN, self.size, self.root)

    def note(self, *witnesses: SignerKey, log: tuple[SignerKey, ...] = (ED, ML), time_s: int = NOON) -> Note:
        """Its checkpoint, signed by ``log`` and cosigned by ``witnesses``."""
        text = self.checkpoint.encode()
        return Note(text, signatures_of(text, (*log, *witnesses), time_s))

    def proof(self, index: int, note: Note | None = None) -> LogProof:
        """That the entry is in it, by default under a checkpoint that everybody cosigned."""
        hashes = inclusion_proof(self.nodes, index, self.size)
        return LogProof(index, hashes, note or self.note(*WITNESSES))

    def grew_from(self, old_size: int) -> tuple[bytes, ...]:
        """That it begins with its first ``old_size`` entries."""
        return consistency_proof(self.nodes, old_size, self.size)
