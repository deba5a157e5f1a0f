"""Seals a package: adds evidence, signs the certificate, signs a tree over every file, and makes the bag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pyhanko.sign.timestamps import TimeStamper

from nullabona.docket.core.records import Package
from nullabona.docket.production.bag import bag, payload_manifest, sha256_hex
from nullabona.docket.production.certificate import CERTIFICATE, MANIFEST
from nullabona.docket.production.evidence import Evidence, require_receipt
from nullabona.docket.production.identity import Custodian
from nullabona.docket.production.manifest import Manifest, read_manifest
from nullabona.docket.production.pdfsign import sign_certificate
from nullabona.errors import Bug
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.note import Signer, sign_note
from nullabona.log.tree import Frontier, leaf_hashes

ORIGIN: Final = "production"


@dataclass(frozen=True, slots=True)
class Seals:
    """The signing keys: the custodian's for the certificate, the operator's (Ed25519 and ML-DSA-44) for the whole."""

    custodian: Custodian
    signers: Sequence[Signer] = field(repr=False)
    timestamper: TimeStamper | None = None


def seal_package(package: Package, evidence: Evidence, seals: Seals, now_s: int) -> dict[str, bytes]:
    """Every file of the folder that is handed over. Raises `ReceiptWrong` if the evidence is of another demand.

    The same input gives the same files, except ``package.note``: ML-DSA-44 signatures are randomised.
    """
    payload = {file.path: file.data for file in package.files}
    manifest = read_manifest(payload[MANIFEST])
    require_receipt(evidence.receipt, manifest)
    laid = evidence.files()
    if laid.keys() & payload.keys():
        raise Bug("a package already has evidence")
    payload |= laid
    payload[CERTIFICATE] = sign_certificate(payload[CERTIFICATE], seals.custodian, now_s, seals.timestamper)
    note = sign_note(tree_of(payload, manifest).encode(), seals.signers, now_s)
    return bag(payload, manifest, note.encode())


def tree_of(payload: Mapping[str, bytes], manifest: Manifest) -> Checkpoint:
    """The signed checkpoint of a Merkle tree over the lines of ``manifest-sha256.txt``.

    Its origin names the operator's host and the package, so that no log's checkpoint can be mistaken for it.
    """
    lines = payload_manifest(payload, sha256_hex).split(b"\n")[:-1]
    root = Frontier().extend(leaf_hashes(lines)).root
    return Checkpoint(f"{manifest.operator.host}/{ORIGIN}/{manifest.package_id}", len(lines), root)
