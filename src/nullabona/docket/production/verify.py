"""Checks a package as its recipient: every byte must follow from something signed, logged and witnessed.

Works offline on the files alone. It states what it cannot know: whose policy it is, and whether a demand was handled
outside the desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from nullabona.docket.core.receipt import check_receipt
from nullabona.docket.core.records import ClassAnswer
from nullabona.docket.production.bag import NOTE, TAG_MANIFEST, TAGGED, bag
from nullabona.docket.production.certificate import CERTIFICATE, MANIFEST, make_certificate
from nullabona.docket.production.classes import FIELDS
from nullabona.docket.production.evidence import (
    CUSTODY,
    POLICY,
    PROOF,
    RECEIPT,
    read_custody,
    read_receipt,
    require_receipt,
    standard_files,
)
from nullabona.docket.production.manifest import Manifest, listed, read_manifest
from nullabona.docket.production.package import record_files
from nullabona.docket.production.pdfcheck import CertificateBroken, SignedBy, check_certificate
from nullabona.docket.production.seal import tree_of
from nullabona.docket.production.statement import make_statement, statement_path
from nullabona.errors import PeerError, UserError
from nullabona.log.keys import VerifierKey
from nullabona.log.note import NoteInvalid, Verified, parse_note, verify_note
from nullabona.log.policy import Policy, Seen, require_log

MAX_FILE: Final = 4 << 20
MAX_FILES: Final = 200
EVIDENCE: Final = frozenset({RECEIPT, PROOF, POLICY, CUSTODY})


class PackageBroken(PeerError):
    """A file of a package is missing, extra or changed."""

    code = "docket-package-broken"
    default_hint = "do not rely on the package; ask the operator for it again"


class PackageUnreadable(UserError):
    """The path holds no package."""

    code = "docket-package-unreadable"
    default_hint = "name the folder that holds bagit.txt"


@dataclass(frozen=True, slots=True)
class Checked:
    """The verified facts. ``policy_given`` False: they depend on the policy that the package itself contains."""

    manifest: Manifest
    signed_by: SignedBy
    signatures: tuple[Verified, ...]
    seen: Seen
    custody_lines: int
    policy_given: bool
    custodian_given: bool


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder``. Raises `PackageUnreadable`, or `PackageBroken` for links or excess size."""
    if not (folder / "bagit.txt").is_file():
        raise PackageUnreadable("there is no package in this folder")
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = PurePosixPath(path.relative_to(folder)).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise PackageBroken(f"{name} is neither a file nor a folder")
        if path.is_file():
            if path.stat().st_size > MAX_FILE or len(found) == MAX_FILES:
                raise PackageBroken("the package is larger than packages are")
            found[name] = path.read_bytes()
    return found


def verify_package(files: Mapping[str, bytes], policy: Policy | None = None, custodian: str | None = None) -> Checked:
    """The facts that the package proves. Raises a `PeerError` that says what is wrong.

    ``policy``: the checker's trusted policy, by default the package's own; ``custodian``: the SHA-256 of the
    certificate that the operator publishes.
    """
    payload = {path: data for path, data in files.items() if path.startswith("data/")}
    _require_set(files, payload)
    manifest = read_manifest(payload[MANIFEST])
    _require_content(payload, manifest)
    _require_tags(files, payload, manifest)
    receipt = read_receipt(payload[RECEIPT])
    require_receipt(receipt, manifest)
    if any(payload[path] != data for path, data in standard_files(receipt).items()):
        raise PackageBroken(f"{PROOF} and {POLICY} are not those of the receipt")
    trusted = policy or Policy.parse(receipt.policy)
    seen = check_receipt(receipt, trusted)
    signatures = _require_signed(files[NOTE], payload, manifest, trusted.keys_of(seen.checkpoint.origin))
    signed_by = _require_certificate(payload[CERTIFICATE], manifest, custodian)
    custody = read_custody(payload[CUSTODY])
    return Checked(manifest, signed_by, signatures, seen, len(custody), policy is not None, custodian is not None)


def _require_set(files: Mapping[str, bytes], payload: Mapping[str, bytes]) -> None:
    wanted = {*TAGGED, TAG_MANIFEST, MANIFEST, CERTIFICATE, *EVIDENCE}
    if missing := wanted - files.keys():
        raise PackageBroken(f"missing from the package: {', '.join(sorted(missing))}")
    if extra := files.keys() - payload.keys() - wanted:
        raise PackageBroken(f"not of the package: {', '.join(sorted(extra))}")


def _require_content(payload: Mapping[str, bytes], manifest: Manifest) -> None:
    """Check that statement and records equal those made from the manifest, which lists exactly these files."""
    statement = make_statement(manifest.docket_no, manifest.operator.name, manifest.decided_s, manifest.answers)
    made = {statement_path(manifest.answers): statement, **record_files(manifest.fields)}
    content = {path: data for path, data in payload.items() if path not in {MANIFEST, CERTIFICATE, *EVIDENCE}}
    for path in sorted(made.keys() | content.keys()):
        if made.get(path) != content.get(path):
            raise PackageBroken(f"{path} is not what the manifest says")
    if manifest.files != tuple(listed(path, made[path]) for path in sorted(made)):
        raise PackageBroken("the manifest lists other files than it describes")
    if any(not _fits(answer, manifest) for answer in manifest.answers):
        raise PackageBroken("the manifest produces what its class cannot hold, or holds back what it produces")


def _fits(answer: ClassAnswer, manifest: Manifest) -> bool:
    fields = {field.field for field in manifest.fields if field.data_class == answer.data_class}
    return bool(fields) == (answer.answer == "produced") and fields <= set(FIELDS.get(answer.data_class, ()))


def _require_tags(files: Mapping[str, bytes], payload: Mapping[str, bytes], manifest: Manifest) -> None:
    for path, data in bag(payload, manifest, files[NOTE]).items():
        if files[path] != data:
            raise PackageBroken(f"{path} does not fit the files of the package")


def _require_signed(
    encoded: bytes, payload: Mapping[str, bytes], manifest: Manifest, keys: tuple[VerifierKey, ...]
) -> tuple[Verified, ...]:
    """The operator's signatures over exactly these files, by every kind of key in the policy for its log."""
    tree, note = tree_of(payload, manifest), parse_note(encoded)
    if note.text != tree.encode():
        raise PackageBroken("the signatures are over other files than these")
    verified = verify_note(note, keys)
    require_log(tree, keys, verified)
    if len(note.signatures) != len(verified):
        raise NoteInvalid("the package is signed by somebody the policy does not know")
    return verified


def _require_certificate(pdf: bytes, manifest: Manifest, custodian: str | None) -> SignedBy:
    signed_by = check_certificate(pdf)
    if not pdf.startswith(make_certificate(manifest)):
        raise CertificateBroken("the certificate says something else than the manifest")
    if custodian is not None and signed_by.fingerprint != custodian:
        raise CertificateBroken("the certificate was signed with another key than the operator's custodian has")
    return signed_by
