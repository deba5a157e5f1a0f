"""Orders, keys and logs of which tests make packages: real keys, a real log of a few leaves, a real witness."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from hashlib import sha256, sha512
from typing import Final

import pytest

from nullabona.docket.core.decide import as_kept
from nullabona.docket.core.receipt import Receipt
from nullabona.docket.core.records import (
    ClassAnswer,
    Decision,
    Demand,
    Document,
    Gate,
    Identifier,
    Match,
    Package,
)
from nullabona.docket.ports import PackageOrder
from nullabona.docket.production.certificate import MANIFEST
from nullabona.docket.production.classes import answer_of
from nullabona.docket.production.evidence import Custody, Evidence, private_of
from nullabona.docket.production.identity import Custodian, new_custodian
from nullabona.docket.production.manifest import Operator, read_manifest
from nullabona.docket.production.package import Packager
from nullabona.docket.production.seal import Seals, seal_package
from nullabona.docket.taxonomy import load
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import Kind, SignerKey, new_signer, vkey
from nullabona.log.note import sign_note
from nullabona.log.policy import Policy
from nullabona.log.proof import LogProof
from nullabona.log.tree import leaf_hash, node_hash
from nullabona.wire.demands import DataClass, RefusalReason
from nullabona.wire.handle import parse_handle
from nullabona.wire.producible import StoredCard, StoredEntry, produce
from nullabona.wire.slots import EventRecord, SlotLeaf, SlotProof, SlotRef, commit, private_hash

HOST: Final = "relay.example"
ORIGIN: Final = f"{HOST}/docket"
HANDLE: Final = f"mina@{HOST}"
NOON: Final = 1_791_374_400
"""2026-10-07 12:00 UTC."""
DOCUMENT: Final = b"%PDF-1.4 the warrant"
OPERATOR: Final = Operator("눌라보나 릴레이", HOST, "nullabona 0.1.0")
SALT: Final = b"\x05" * 32
BLIND: Final = b"\x07" * 32


needs_poppler = pytest.mark.skipif(
    shutil.which("pdfsig") is None, reason="no poppler-utils on this machine: run tools/need_programs.sh"
)


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that seals and checks."""

    custodian: Custodian
    signers: tuple[SignerKey, ...]
    witness: SignerKey
    policy_text: str

    @property
    def policy(self) -> Policy:
        return Policy.parse(self.policy_text)

    @property
    def seals(self) -> Seals:
        return Seals(self.custodian, self.signers)


@cache
def desk(seed: int = 1) -> Desk:
    """One operator's keys; made once, because an RSA key takes its time."""
    signers = (
        new_signer(Kind.ED25519, ORIGIN, bytes([seed]) * 32),
        new_signer(Kind.COSIGN_MLDSA44, ORIGIN, bytes([seed + 1]) * 32),
    )
    witness = new_signer(Kind.COSIGN_ED25519, "witness.example", bytes([seed + 2]) * 32)
    logs = "".join(f"log {vkey(signer)}\n" for signer in signers)
    return Desk(new_custodian(OPERATOR.name, NOON), signers, witness, f"{logs}witness w1 {vkey(witness)}\nquorum w1\n")


@cache
def packager() -> Packager:
    """Makes this operator's packages."""
    return Packager(OPERATOR, load())


def match(text: str = HANDLE, *, found: bool = True) -> Match:
    """What the directory's own ``produce`` says of a handle."""
    handle = parse_handle(text)
    card = StoredCard.of(handle, b"\x82\xa4card" * 90, 20_501) if found else None
    entries = (StoredEntry(7, 1, bytes(16), bytes(32)),)
    record = as_kept(produce(handle, card, entries=entries if found else ()))
    return Match(Identifier("handle", text), found, record)


def demand(*classes: DataClass, instrument: str = "KR.WARRANT", match: Match) -> Demand:
    """A demand for these classes."""
    document = Document(sha256(DOCUMENT).digest(), sha512(DOCUMENT).digest(), len(DOCUMENT))
    return Demand(
        instrument=instrument,
        authority="seoul-central",
        authority_ref="서울중앙 2026-1234",
        legal_basis="통신비밀보호법 제9조의3",
        issued_day=20_730,
        received_s=NOON,
        identifiers=(match.identifier,),
        classes=classes,
        gates=(Gate("warrant_shown", met=True),),
        document=document,
        called_back=True,
        from_day=20_640,
        to_day=20_700,
    )


def order(
    *classes: DataClass, found: bool = True, instrument: str = "KR.WARRANT", refused: RefusalReason | None = None
) -> PackageOrder:
    """What the desk hands to the packager, answered as far as anything is held."""
    found_ = match(found=found)
    decision = (
        Decision("produce", tuple(ClassAnswer(asked, answer_of(asked, (found_,))) for asked in classes))
        if refused is None
        else Decision("refuse", reason=refused)
    )
    asked = demand(*classes, instrument=instrument, match=found_)
    return PackageOrder(
        case=b"\x09" * 16,
        number="2026-0007",
        demand=asked,
        matches=(found_,),
        decision=decision,
        received_s=NOON,
        decided_s=NOON + 86_400,
        decided_by="counsel/jiwon",
        taxonomy_sha256=load().sha256,
    )


def opened(package: Package) -> tuple[bytes, EventRecord, dict[str, str | list[str]]]:
    """The slot of a package's demand: leaf, record, and the fields that it binds."""
    manifest = read_manifest(contents(package)[MANIFEST])
    private = private_of(manifest)
    record = EventRecord(
        case="0a" * 16,
        n=0,
        event="received",
        at=1,
        instrument=manifest.instrument,
        previous="",
        private=private_hash(SALT, private),
    )
    return SlotLeaf(SlotRef(1, 0), commit(BLIND, record), bytes(121)).encode(), record, private


def evidence(package: Package, by: Desk, *, witnessed: bool = True) -> Evidence:
    """What is laid in: the receipt under a cosigned checkpoint of a log of two."""
    leaf, record, private = opened(package)
    other = leaf_hash(b"another leaf")
    root = node_hash(other, leaf_hash(leaf))
    signers = [*by.signers, *([by.witness] if witnessed else [])]
    note = sign_note(Checkpoint(ORIGIN, 2, root).encode(), signers, NOON + 60)
    proof = SlotProof(leaf, BLIND, record, LogProof(1, (other,), note).encode().decode())
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in private.items()}
    custody = (
        Custody(NOON, "intake", "minsu"),
        Custody(NOON + 86_400, "decide", "jiwon", "k1", "ab" * 32),
    )
    return Evidence(Receipt("2026-0007", proof, SALT, fields, by.policy_text), custody)


def contents(package: Package) -> dict[str, bytes]:
    """A package's files by path."""
    return {file.path: file.data for file in package.files}


def sealed(made: PackageOrder, by: Desk | None = None) -> dict[str, bytes]:
    """A package as it is handed over."""
    package, by = packager()(made), by or desk()
    return seal_package(package, evidence(package, by), by.seals, NOON + 90_000)
