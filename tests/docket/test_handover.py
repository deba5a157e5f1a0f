"""A sealed package: standard tools check it, every altered byte is noticed, and what it rests on is said."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nullabona.docket.core.receipt import Receipt
from nullabona.docket.production.bag import TAG_MANIFEST, bag, zipped
from nullabona.docket.production.certificate import CERTIFICATE, MANIFEST
from nullabona.docket.production.evidence import CUSTODY, POLICY, PROOF, RECEIPT, ReceiptWrong, read_custody
from nullabona.docket.production.identity import CustodianKeyWrong, new_custodian, read_custodian
from nullabona.docket.production.manifest import encode_manifest, read_manifest
from nullabona.docket.production.pdfcheck import CertificateBroken, check_certificate
from nullabona.docket.production.seal import seal_package
from nullabona.docket.production.verify import PackageBroken, PackageUnreadable, read_folder, verify_package
from nullabona.errors import Malformed, PeerError
from nullabona.log.note import NoteInvalid
from nullabona.log.policy import NotWitnessed
from nullabona.wire.slots import NullRecord
from tests.docket.packages import NOON, contents, desk, evidence, needs_poppler, order, packager, sealed

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def made() -> Files:
    """One package, sealed."""
    return sealed(order("subscriber", "content", "removal"))


@pytest.fixture
def files(made: Files) -> Files:
    """A copy to spoil."""
    return dict(made)


@pytest.fixture
def folder(made: Files, tmp_path: Path) -> Path:
    """The package on disk."""
    return written(made, tmp_path / "package")


def written(files: Files, folder: Path) -> Path:
    """``files`` below ``folder``."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A tool that is not ours."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_a_package_holds_under_the_checkers_own_policy(folder: Path) -> None:
    """Who signed, who witnessed and when is what the checker learns."""
    checked = verify_package(read_folder(folder), desk().policy, desk().custodian.fingerprint)
    assert (True, True, 2, 2) == (
        checked.policy_given, checked.custodian_given, len(checked.signatures), checked.custody_lines,
    )  # fmt: skip
    assert (("w1", NOON + 60),) == checked.seen.witnesses
    assert (False, desk().custodian.fingerprint) == (checked.signed_by.timestamped, checked.signed_by.fingerprint)


def test_without_a_policy_of_ones_own_that_is_said(made: Files) -> None:
    """Then all that is shown is that the package agrees with itself."""
    checked = verify_package(made)
    assert (False, False) == (checked.policy_given, checked.custodian_given)


@pytest.mark.parametrize(("tool", "listing"), [
    ("sha256sum", "manifest-sha256.txt"), ("sha512sum", "manifest-sha512.txt"), ("sha256sum", TAG_MANIFEST),
])  # fmt: skip
def test_standard_tools_check_every_file(folder: Path, tool: str, listing: str) -> None:
    """And notice a file that was altered."""
    done = run(tool, "--strict", "-c", listing, cwd=folder)
    lines = (folder / listing).read_text("utf-8").splitlines()
    assert (0, len(lines)) == (done.returncode, done.stdout.count(": OK"))
    (folder / lines[0].split("  ")[1]).write_bytes(b"other")
    assert 0 != run(tool, "--strict", "-c", listing, cwd=folder).returncode


def test_every_payload_file_is_listed(made: Files) -> None:
    """Hashes of each file, not only of an archive."""
    listed = {line.split("  ")[1] for line in made["manifest-sha256.txt"].decode().splitlines()}
    assert {path for path in made if path.startswith("data/")} == listed


@needs_poppler
def test_a_pdf_tool_confirms_the_signature(folder: Path) -> None:
    """Poppler's pdfsig: valid, over the whole document, ETSI.CAdES.detached."""
    said = run("pdfsig", str(folder / CERTIFICATE), cwd=folder).stdout
    wanted = ("Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "Oct 08 2026")
    assert [words for words in wanted if words not in said] == []


def test_openssl_confirms_the_custodians_certificate(tmp_path: Path) -> None:
    """Its public key, hash and purpose are what is published."""
    pem = tmp_path / "custodian.pem"
    pem.write_bytes(desk().custodian.encode())
    said = run("openssl", "x509", "-in", str(pem), "-noout", "-fingerprint", "-sha256", cwd=tmp_path).stdout
    assert desk().custodian.fingerprint == said.strip().rpartition("=")[2].replace(":", "").lower()


def test_sealing_again_gives_the_same_but_for_the_note() -> None:
    """ML-DSA-44 takes chance; the certificate's signature does not."""
    package = packager()(order("content"))
    laid = evidence(package, desk())
    one, again = (seal_package(package, laid, desk().seals, NOON) for _ in range(2))
    assert {"package.note", TAG_MANIFEST} == {path for path in one if one[path] != again[path]}


def test_the_zip_is_the_same_every_time_and_can_be_read(made: Files) -> None:
    """Stored, sorted, without times."""
    data = zipped(made, "package")
    assert data == zipped(dict(reversed(made.items())), "package")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert (None, made) == (
            archive.testzip(),
            {name.removeprefix("package/"): archive.read(name) for name in archive.namelist()},
        )


def places(files: Files) -> list[tuple[str, int]]:
    """Bytes to alter: some of each file, always the first and the last."""
    random_bytes = random.Random(7)
    return [
        (path, at)
        for path, data in sorted(files.items())
        for at in sorted({0, len(data) - 1, *(random_bytes.randrange(len(data)) for _ in range(6))})
    ]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_any_altered_byte_is_noticed(made: Files) -> None:
    """Of every file, at the beginning, at the end and in between."""
    unnoticed = []
    for path, at in places(made):
        data = made[path]
        spoilt = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            verify_package({**made, path: spoilt}, desk().policy, desk().custodian.fingerprint)
        except PeerError:
            continue
        unnoticed.append((path, at))
    assert unnoticed == []


@pytest.mark.parametrize("path", [MANIFEST, CERTIFICATE, CUSTODY, RECEIPT, PROOF, POLICY, "package.note", "bagit.txt"])
def test_a_missing_file_is_named(files: Files, path: str) -> None:
    """The sentence says which."""
    del files[path]
    with pytest.raises(PackageBroken, match=path):
        verify_package(files)


@pytest.mark.parametrize("path", ["readme.txt", "data/records/002-content.json"])
def test_a_file_too_much_is_named(files: Files, path: str) -> None:
    """Beside the payload or in it."""
    with pytest.raises(PackageBroken, match=path):
        verify_package({**files, path: b"[]"})


def rebagged(files: Files, **changed: bytes) -> Files:
    """The package with other contents and hash lists made anew, as a forger would."""
    payload = {path: data for path, data in files.items() if path.startswith("data/")}
    names = {"manifest": MANIFEST, "certificate": CERTIFICATE, "custody": CUSTODY, "receipt": RECEIPT}
    payload |= {names[name]: data for name, data in changed.items()}
    return bag(payload, read_manifest(payload[MANIFEST]), files["package.note"])


def test_new_hash_lists_do_not_hide_an_altered_file(files: Files) -> None:
    """The signatures are over the lists."""
    with pytest.raises(PackageBroken, match="signatures are over other files"):
        verify_package(rebagged(files, custody=files[CUSTODY].replace(b"minsu", b"other")))


def test_a_manifest_that_produces_what_cannot_be_held_is_noticed(files: Files) -> None:
    """Even before any signature is looked at."""
    manifest = read_manifest(files[MANIFEST])
    answers = tuple(msgspec.structs.replace(answer, answer="produced") for answer in manifest.answers)
    forged = encode_manifest(msgspec.structs.replace(manifest, answers=answers))
    with pytest.raises(PackageBroken):
        verify_package(rebagged(files, manifest=forged))


def test_keys_of_another_operator_do_not_do(made: Files) -> None:
    """Somebody else's policy knows neither log nor signer."""
    with pytest.raises(PeerError):
        verify_package(made, desk(41).policy)


def test_another_custodian_is_noticed(made: Files) -> None:
    """The certificate must be by the key that the operator publishes."""
    with pytest.raises(CertificateBroken, match="another key"):
        verify_package(made, desk().policy, "00" * 32)


def test_a_package_that_one_kind_of_key_has_not_signed_is_refused() -> None:
    """Ed25519 alone is not enough where ML-DSA-44 is known."""
    package = packager()(order("content"))
    seals = replace(desk().seals, signers=desk().signers[:1])
    files = seal_package(package, evidence(package, desk()), seals, NOON + 90_000)
    with pytest.raises(NoteInvalid):
        verify_package(files, desk().policy)


def test_a_package_without_witnesses_is_refused() -> None:
    """The receipt's checkpoint needs the policy's quorum."""
    package = packager()(order("content"))
    files = seal_package(package, evidence(package, desk(), witnessed=False), desk().seals, NOON + 90_000)
    with pytest.raises(NotWitnessed):
        verify_package(files, desk().policy)


def test_a_receipt_of_another_demand_is_not_laid_in() -> None:
    """The slot commits to authority, reference, document and identifiers."""
    package, other = packager()(order("content")), packager()(order("content", instrument="KR.COURT"))
    with pytest.raises(ReceiptWrong):
        seal_package(package, evidence(other, desk()), desk().seals, NOON)


def _slot(**fields: Any) -> Callable[[Receipt], Receipt]:  # noqa: ANN401 - any field
    return lambda receipt: msgspec.structs.replace(receipt, slot=msgspec.structs.replace(receipt.slot, **fields))


SPOILT_RECEIPTS: dict[str, Callable[[Receipt], Receipt]] = {
    "blinding": _slot(blind=b"\x08" * 32),
    "slot": _slot(leaf=bytes(160)),
    "nothing": _slot(record=NullRecord()),
    "salt": lambda receipt: msgspec.structs.replace(receipt, salt=b"\x08" * 32),
    "number": lambda receipt: msgspec.structs.replace(receipt, number="2026-0008"),
    "authority": lambda receipt: msgspec.structs.replace(receipt, private={**receipt.private, "authority": "busan"}),
    "policy": lambda receipt: msgspec.structs.replace(receipt, policy=desk(41).policy_text),
}


@pytest.mark.parametrize("spoil", SPOILT_RECEIPTS.values(), ids=SPOILT_RECEIPTS.keys())
def test_a_receipt_that_does_not_hold_is_noticed(spoil: Callable[[Receipt], Receipt]) -> None:
    """Whatever of it is altered, and however well it is sealed again by the operator itself."""
    package = packager()(order("content"))
    laid = evidence(package, desk())
    forged = msgspec.structs.replace(laid, receipt=spoil(laid.receipt))
    with pytest.raises(PeerError):
        verify_package(seal_package(package, forged, desk().seals, NOON + 90_000))


NOT_CUSTODY = [
    b'{"act":"x","at_s":1,"by":""}\n',
    b'{"act":"x","at_s":1,"by":"y"}\n',
    b'{"act":"x"}\n',
    b'{"act":"x","at_s":-1,"by":"y"}\n',
    b"[]\n",
    b"\n",
    b"{",
]


@pytest.mark.parametrize("line", NOT_CUSTODY)
def test_a_chain_of_custody_is_read_strictly(made: Files, line: bytes) -> None:
    """Nothing that is not a whole line of it, and no line that goes back in time."""
    with pytest.raises(Malformed):
        read_custody(made[CUSTODY] + line)


def test_something_added_to_the_signed_certificate_is_noticed(made: Files) -> None:
    """An update after the signature is not covered by it."""
    with pytest.raises(CertificateBroken):
        check_certificate(made[CERTIFICATE] + b"\n%more\n")


def test_a_certificate_without_a_signature_is_noticed() -> None:
    """What was typeset is not yet signed."""
    with pytest.raises(CertificateBroken):
        check_certificate(contents(packager()(order("content")))[CERTIFICATE])


def test_any_bytes_are_a_certificate_or_broken() -> None:
    """Truncated, shuffled or nothing at all."""
    pdf = sealed(order("content"))[CERTIFICATE]
    for data in (b"", b"%PDF-1.7", pdf[: len(pdf) // 2], pdf[::-1], b"\0" * 4096):
        with pytest.raises(CertificateBroken):
            check_certificate(data)


def test_a_link_in_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    """A package is files."""
    outside = tmp_path / "outside"
    shutil.move(folder / CUSTODY, outside)
    (folder / CUSTODY).symlink_to(outside)
    with pytest.raises(PackageBroken, match="neither a file"):
        read_folder(folder)


def test_a_folder_without_a_package_is_said_to_be_one(tmp_path: Path) -> None:
    """A sentence and a hint."""
    with pytest.raises(PackageUnreadable):
        read_folder(tmp_path)


def test_a_custodians_key_is_read_as_it_was_written() -> None:
    """And shows nothing of itself."""
    custodian = desk().custodian
    again = read_custodian(custodian.encode())
    assert (custodian.fingerprint, custodian.key.private_numbers()) == (again.fingerprint, again.key.private_numbers())
    assert "key=" not in repr(custodian)


@pytest.mark.slow
def test_a_key_without_its_certificate_is_refused() -> None:
    """Nor with that of another key, nor what is no key."""
    key, other = desk().custodian, new_custodian("other", NOON)
    for pem in (b"", b"-----", key.encode().split(b"-----BEGIN CERT")[0], replace(key, chain=other.chain).encode()):
        with pytest.raises(CustodianKeyWrong):
            read_custodian(pem)
