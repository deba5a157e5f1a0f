"""Changes of a log's keys for tests, made of labels; each may be spoiled as an attacker would."""

from __future__ import annotations

from collections.abc import Sequence

from nullabona.log.key_change import KeyChange, draft_change, key_log_origin, make_change
from nullabona.log.keys import SignerKey
from nullabona.log.note import signatures_of
from nullabona.log.proof import LogProof
from nullabona.log.tree import Frontier, leaf_hash
from tests.sequencer.logs import policy_text
from tests.witness.running import START, log_signers, witness_signers

ORIGIN = "relay.example/nullabona/directory"
WITNESSES = ("w.example/1", "w.example/2", "w.example/3")


def policy(label: str, witnesses: Sequence[str] = WITNESSES, quorum: int = 2) -> str:
    """Of the log with the keys of this label."""
    return policy_text(log_signers(ORIGIN, label), witnesses, quorum)


def change(
    before: str = "first",
    after: str = "second",
    number: int = 0,
    witnesses: tuple[Sequence[str], Sequence[str]] = (WITNESSES, WITNESSES),
    quorum: tuple[int, int] = (2, 2),
) -> KeyChange:
    """From the keys of one label to those of another."""
    old, new = policy(before, witnesses[0], quorum[0]), policy(after, witnesses[1], quorum[1])
    return make_change(ORIGIN, number, old, new)


def signed(
    what: KeyChange,
    logs: Sequence[str] = ("first", "second"),
    witnesses: Sequence[str] = WITNESSES[:2],
    before: Frontier | None = None,
) -> LogProof:
    """The change with the signatures of the logs with these labels and of these witnesses."""
    keys: list[SignerKey] = [key for label in logs for key in log_signers(key_log_origin(ORIGIN), label)]
    proof = draft_change(what, before or Frontier(), tuple(keys), START)
    more = signatures_of(proof.note.text, [key for name in witnesses for key in witness_signers(name)], START)
    return LogProof(proof.index, proof.hashes, proof.note.plus(more), proof.extra)


def tree(*changes: KeyChange) -> Frontier:
    """The key log with these changes."""
    return Frontier().extend(b"".join(leaf_hash(each.encode()) for each in changes))
