"""A docket that enters whatever it is asked to, signed and witnessed as wanted: genuine notices, and false ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import SignerKey
from nullabona.log.note import sign_note
from nullabona.log.proof import LogProof
from nullabona.log.tree import inclusion_proof, leaf_hash
from nullabona.wire.canonical import digest
from nullabona.wire.operator_notice import NoticeBody, OperatorNotice, Title, encode_notice, notices_fields
from nullabona.wire.slots import EventRecord, Record, SlotLeaf, SlotProof, SlotRef, commit, private_hash
from tests.log.trees import PlainNodes, plain_root
from tests.sequencer.logs import policy_text
from tests.witness.running import log_signers, witness_signers

HOST = "relay.example"
ORIGIN = f"{HOST}/docket"
WITNESSES = ("witness.example/a", "witness.example/b")
NOW_S = 1_790_000_000
SALT = bytes(range(32))


def body(handle: str, **more: Any) -> NoticeBody:  # noqa: ANN401 - fields of a body
    """A search warrant that was answered with the record of the handle."""
    plain = NoticeBody(
        handle=handle, origin=ORIGIN, instrument="US.WARRANT", label=Title("수색영장", "search warrant"),
        basis="18 U.S.C. § 2703(a)", authority="US Marshals", reference="26-mj-0001", number="2026-00007",
        contact="legal@relay.example", received_day=NOW_S // 86_400 - 3, told_day=NOW_S // 86_400,
        decided="produce", reason=None, asked=("subscriber", "content"),
        answer={"subscriber": "produced", "content": "not_held"}, given=("encoded", "name"), nonce=bytes(16),
    )  # fmt: skip
    return msgspec.structs.replace(plain, **more)


def event(private: str, **more: Any) -> EventRecord:  # noqa: ANN401 - fields of a record
    """The entry of a notice."""
    plain = EventRecord(
        case="ab" * 16, n=3, event="notified", at=7, instrument="US.WARRANT", previous="cd" * 32, private=private
    )
    return msgspec.structs.replace(plain, **more)


@dataclass
class Docket:
    """A log of slots. Its keys are those of ``label``; others have other ones."""

    origin: str = ORIGIN
    label: str = "docket"
    witnesses: Sequence[str] = WITNESSES
    time_s: int = NOW_S
    leaves: list[bytes] = field(default_factory=lambda: [leaf_hash(b"genesis"), leaf_hash(b"header")])

    @property
    def signers(self) -> tuple[SignerKey, ...]:
        return log_signers(self.origin, self.label)

    @property
    def policy(self) -> str:
        """Both witnesses must have signed."""
        return policy_text(log_signers(self.origin, "docket"), WITNESSES, quorum=2)

    def enter(self, record: Record) -> SlotProof:
        """One more slot, with its proof under a checkpoint of now."""
        blind = sha256(b"%d" % len(self.leaves)).digest()
        leaf = SlotLeaf(SlotRef(7, len(self.leaves)), commit(blind, record), bytes(121)).encode()
        self.leaves.append(leaf_hash(leaf))
        return SlotProof(leaf, blind, record, self.prove(len(self.leaves) - 1))

    def prove(self, index: int) -> str:
        """The proof of an entry."""
        size = len(self.leaves)
        text = Checkpoint(self.origin, size, plain_root(self.leaves)).encode()
        signers = [*self.signers, *(key for name in self.witnesses for key in witness_signers(name))]
        hashes = inclusion_proof(PlainNodes(self.leaves), index, size)
        return LogProof(index, hashes, sign_note(text, signers, self.time_s)).encode().decode()

    def notice(self, said: NoticeBody, *others: NoticeBody, **more: Any) -> OperatorNotice:  # noqa: ANN401 - of a record
        """A notice that stands in this docket."""
        digests = tuple(digest(each) for each in (said, *others))
        record = event(private_hash(SALT, notices_fields(digests)), **more)
        return OperatorNotice(said, SALT, digests, self.enter(record))

    def item(self, handle: str, **more: Any) -> bytes:  # noqa: ANN401 - fields of a body
        """What comes into the inbox."""
        return encode_notice(self.notice(body(handle, **more)))
