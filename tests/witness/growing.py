"""A log in memory that can also lie: checkpoints of any history, and requests to cosign them."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from dataclasses import dataclass, field

from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import SignerKey
from nullabona.log.note import Note, sign_note
from nullabona.log.tree import Frontier, consistency_proof, leaf_hashes, node_hash
from nullabona.log.witnessing import add_checkpoint
from tests.witness.running import START, RunningWitness, log_signers

ORIGIN = "log.example/watched"


@dataclass
class Growing:
    """Entries and the keys that sign them. ``branch`` changes every entry from number ``branch_at`` on."""

    signers: Sequence[SignerKey] = field(default_factory=lambda: log_signers(ORIGIN))
    branch: bytes = b""
    branch_at: int = 0

    def leaves(self, size: int) -> bytes:
        """Leaf hashes of the first ``size`` entries."""
        named = (b"%d" % n + (self.branch if n >= self.branch_at else b"") for n in range(size))
        return leaf_hashes(named)

    def checkpoint(self, size: int) -> Checkpoint:
        """The checkpoint of this size."""
        return Checkpoint(ORIGIN, size, Frontier().extend(self.leaves(size)).root)

    def note(self, size: int, signers: Sequence[SignerKey] | None = None) -> Note:
        """That checkpoint, signed."""
        return sign_note(self.checkpoint(size).encode(), signers or self.signers, START)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof that this log grew from one size to the other."""
        leaves = self.leaves(new)

        def node(level: int, index: int) -> bytes:
            if level == 0:
                return leaves[index * 32 : index * 32 + 32]
            return node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

        return consistency_proof(node, old, new)

    def request(self, old: int, new: int) -> bytes:
        """The body that asks to cosign ``new``."""
        return add_checkpoint(old, self.proof(old, new), self.note(new)).encode()


@dataclass(frozen=True, slots=True)
class Said:
    """What a witness answered."""

    status: int
    body: bytes
    kind: str
    retry_after: str | None


def ask(witness: RunningWitness, method: str, path: str, body: bytes = b"") -> Said:
    """One request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=10)
    try:
        connection.request(method, path, body or None)
        reply = connection.getresponse()
        return Said(reply.status, reply.read(), reply.getheader("content-type") or "", reply.getheader("retry-after"))
    finally:
        connection.close()


def add(witness: RunningWitness, body: bytes) -> Said:
    """Ask to cosign."""
    return ask(witness, "POST", "/add-checkpoint", body)
