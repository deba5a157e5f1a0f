"""A package that was handed over is altered by somebody without the keys of log and custodian: who notices.

Sums and a PDF's signature are in the package and prove nothing to anyone who compares them with each other only: sums
can be written again, and everything signed with other keys under the same names. `nulla docket package verify` with the
checker's own policy and the published custodian has to refuse all of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import File, Package
from nullabona.docket.production.bag import NOTE, bag
from nullabona.docket.production.certificate import CERTIFICATE, MANIFEST, make_certificate
from nullabona.docket.production.evidence import CUSTODY, RECEIPT, Evidence, read_custody, read_receipt
from nullabona.docket.production.folder import write_folder
from nullabona.docket.production.identity import Custodian, new_custodian
from nullabona.docket.production.manifest import encode_manifest, listed, read_manifest
from nullabona.docket.production.package import record_files
from nullabona.docket.production.seal import Seals, seal_package, tree_of
from nullabona.docket.production.statement import make_statement, statement_path
from nullabona.docket.production.verify import read_folder
from nullabona.drills.docket.packages import Looked, look_at
from nullabona.log.keys import Kind, SignerKey, new_signer
from nullabona.log.note import Note, parse_note
from nullabona.log.policy import Policy

Files = Mapping[str, bytes]
_ED25519: Final = 64
"""Bytes of a signature of this kind."""


class Spoiling(StrEnum):
    """What is altered, and what is recomputed with it."""

    FILE = "file"
    CERTIFICATE = "certificate"
    SUMS = "sums"
    SEALS = "seals"
    NOTE = "note"
    ONE_KIND = "one-kind"
    STRANGERS = "strangers"
    CUSTODIAN = "custodian"


ACCEPTED: Final[Mapping[Spoiling, tuple[bool, bool]]] = {
    Spoiling.FILE: (False, True),
    Spoiling.CERTIFICATE: (True, False),
    Spoiling.SUMS: (True, True),
    Spoiling.SEALS: (True, True),
    Spoiling.NOTE: (True, True),
    Spoiling.ONE_KIND: (True, True),
    Spoiling.STRANGERS: (True, True),
    Spoiling.CUSTODIAN: (True, True),
}
"""Whether `sha256sum`, and readers of PDF signatures, accept what was altered: they know no key of the operator's."""


def spoil(folder: Path, into: Path, policy: Policy, seals: Seals) -> dict[Spoiling, Looked]:
    """What is said of each altered copy of the package in ``folder``; the copies come to lie below ``into``. ``seals``:
    the true ones, of which some copies get some.
    """
    files, found = read_folder(folder), {}
    for spoiling in Spoiling:
        copy = into / f"{folder.name}-{spoiling}"
        write_folder(copy, _HOW[spoiling](files) if spoiling in _HOW else _with_some(spoiling, files, seals))
        found[spoiling] = look_at(copy, policy, seals.custodian.fingerprint)
    return found


def noticed(spoiled: Mapping[Spoiling, Looked]) -> bool:
    """Whether each alteration is refused; and other tools accept what they must, or it was not done well enough."""
    seen = {spoiling: (looked.summed, looked.signed) for spoiling, looked in spoiled.items()}
    return seen == ACCEPTED and not taken(spoiled)


def taken(spoiled: Mapping[Spoiling, Looked]) -> list[Spoiling]:
    """What was altered and is not refused."""
    return [spoiling for spoiling, looked in spoiled.items() if looked.checked is not None]


def _file(files: Files) -> Files:
    """One bit of the manifest, and no sum."""
    return {**files, MANIFEST: _flipped(files[MANIFEST])}


def _certificate(files: Files) -> Files:
    """One bit of what the custodian signed, and every sum of it."""
    payload = {**_payload(files), CERTIFICATE: _flipped(files[CERTIFICATE])}
    return bag(payload, read_manifest(files[MANIFEST]), files[NOTE])


def _sums(files: Files) -> Files:
    """The day of the decision, and everything that follows from it but signatures: the signed root is a sum too."""
    payload = {**_payload(files), **_altered(files)}
    manifest = read_manifest(payload[MANIFEST])
    note = Note(tree_of(payload, manifest).encode(), parse_note(files[NOTE]).signatures)
    return bag(payload, manifest, note.encode())


def _seals(files: Files) -> Files:
    """The same, sealed as the desk does it, with keys of the same names."""
    return _sealed(files, Seals(_other_custodian(files), _strangers(files)))


def _with_some(spoiling: Spoiling, files: Files, seals: Seals) -> Files:
    """The same with some of the true keys, which are not enough: of the custodian's and the log's the one, or of the
    log's one kind, or a note that the log signed of what was there before.
    """
    if spoiling is Spoiling.ONE_KIND:
        text = parse_note(files[NOTE]).text
        (classical,) = (signer for signer in seals.signers if len(signer.sign(text, 0)) == _ED25519)
        return _sealed(files, Seals(seals.custodian, (classical,)))
    if spoiling is Spoiling.CUSTODIAN:
        return _sealed(files, Seals(_other_custodian(files), seals.signers))
    sealed = _sealed(files, Seals(seals.custodian, _strangers(files)))
    if spoiling is Spoiling.STRANGERS:
        return sealed
    return bag(_payload(sealed), read_manifest(sealed[MANIFEST]), files[NOTE])


def _sealed(files: Files, seals: Seals) -> Files:
    made = _altered(files)
    manifest = read_manifest(made[MANIFEST])
    made[CERTIFICATE] = make_certificate(manifest)
    package = Package(tuple(File(path, data) for path, data in sorted(made.items())))
    evidence = Evidence(read_receipt(files[RECEIPT]), read_custody(files[CUSTODY]))
    return seal_package(package, evidence, seals, manifest.decided_s)


def _other_custodian(files: Files) -> Custodian:
    manifest = read_manifest(files[MANIFEST])
    return new_custodian(manifest.operator.name, manifest.decided_s)


def _strangers(files: Files) -> tuple[SignerKey, ...]:
    name, kinds = parse_note(files[NOTE]).signatures[0].name, (Kind.ED25519, Kind.COSIGN_MLDSA44)
    return tuple(new_signer(kind, name, secrets.token_bytes(32)) for kind in kinds)


_HOW: Final[Mapping[Spoiling, Callable[[Files], Files]]] = {
    Spoiling.FILE: _file,
    Spoiling.CERTIFICATE: _certificate,
    Spoiling.SUMS: _sums,
    Spoiling.SEALS: _seals,
}


def _altered(files: Files) -> dict[str, bytes]:
    """What two people approved, decided a day earlier: every file of it but the certificate."""
    before = read_manifest(files[MANIFEST])
    decided_s = before.decided_s - DAY
    statement = make_statement(before.docket_no, before.operator.name, decided_s, before.answers)
    content = {statement_path(before.answers): statement, **record_files(before.fields)}
    listing = tuple(listed(path, content[path]) for path in sorted(content))
    manifest = msgspec.structs.replace(before, decided_s=decided_s, files=listing)
    return {**content, MANIFEST: encode_manifest(manifest)}


def _payload(files: Files) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if path.startswith("data/")}


def _flipped(data: bytes) -> bytes:
    """One bit in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
