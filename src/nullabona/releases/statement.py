"""What an entry of the release log says, and who signed it (spec/release.md §§2, 3).

A statement is canonical JSON on one line. Below an empty line follow the signatures, as in a signed note. Each release
key signs the checkpoint of a log with this one entry, because ML-DSA-44 keys of logs sign nothing but checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from nullabona.errors import Malformed, PeerError
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import Kind, SignerKey, VerifierKey, parse_vkey
from nullabona.log.note import Note, NoteInvalid, NoteSignature, encode_signatures, parse_signatures, signatures_of
from nullabona.log.note import verify_note as _verify_note
from nullabona.log.tree import leaf_hash
from nullabona.wire.canonical import canonical, read_canonical

MAX_ENTRY: Final = 65_535
"""Bytes of an entry (spec/log.md §3)."""
MOST_FILES: Final = 200
MOST_KEYS: Final = 8
LEAST_SIGNERS: Final = 2
"""One stolen key must not be enough."""
_PARTS: Final = (Kind.COSIGN_ED25519, Kind.COSIGN_MLDSA44)

# \Z and not $, which would let a line break through at the end.
Sha256: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Number: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Version: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,39}\Z")]
FileName: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z._+-]{0,127}\Z")]
Sentence: TypeAlias = Annotated[str, Meta(max_length=4_000)]
Vkey: TypeAlias = Annotated[str, Meta(max_length=4_096)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]


class SignedByTooFew(PeerError):
    """A statement lacks signatures of enough release keys, or one of them does not hold."""

    code = "release-signed-by-too-few"
    default_hint = "nothing was installed. Get the release from its public log"


class KeyPair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody's release key: an Ed25519 and an ML-DSA-44 key under one name. Both have to sign."""

    ed25519: Vkey
    mldsa44: Vkey

    @property
    def keys(self) -> tuple[VerifierKey, VerifierKey]:
        """Both keys. Raises `Malformed` if they are not of these two kinds, or not under one name."""
        first, second = parse_vkey(self.ed25519), parse_vkey(self.mldsa44)
        if (first.kind, second.kind) != _PARTS or first.name != second.name:
            raise Malformed("a release key is an Ed25519 and an ML-DSA-44 cosigning key under one name")
        return first, second

    @property
    def name(self) -> str:
        """Whose it is. Raises as `keys`."""
        return self.keys[0].name


class ReleaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a release. Only its hash and size decide, wherever it comes from."""

    name: FileName
    sha256: Sha256
    size: Annotated[int, Meta(ge=1, le=2**40)]
    platform: Annotated[str, Meta(max_length=128)] = ""
    """As in a wheel's name (``manylinux_2_17_x86_64``, or several with dots between them); empty: any."""


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="keys"):
    """Who may release from now on: ``threshold`` of ``keys``. ``number`` counts these statements from 0."""

    log: Name
    number: Number
    threshold: Annotated[int, Meta(ge=LEAST_SIGNERS, le=MOST_KEYS)]
    keys: Annotated[tuple[KeyPair, ...], Meta(min_length=LEAST_SIGNERS, max_length=MOST_KEYS)]
    rebuilders: Annotated[tuple[KeyPair, ...], Meta(max_length=MOST_KEYS)] = ()
    """Who may say what they got when they built a release themselves."""


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="release"):
    """One version with all its files. ``number`` counts releases from 0; a later release has a higher one."""

    log: Name
    number: Number
    version: Version
    day: Annotated[int, Meta(ge=0, le=10**6)]
    """Days since 1970 (UTC), by those who released it."""
    tree: Annotated[str, Meta(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})\Z")]
    """The git tree that it was built from."""
    files: Annotated[tuple[ReleaseFile, ...], Meta(min_length=1, max_length=MOST_FILES)]
    python: Annotated[str, Meta(pattern=r"^[0-9]{1,2}\.[0-9]{1,3}\Z")]
    """The oldest Python that it runs on."""
    reads: tuple[Number, Number]
    """The oldest and the newest version of a profile that it can open."""
    sbom: Sha256
    notes: Sentence = ""


class Revoke(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="revoke"):
    """Nobody may install this version any more."""

    log: Name
    version: Version
    reason: Sentence


class Rebuilt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="rebuilt"):
    """What a rebuilder got from the tree of a release, whether it is the same or not; every file, or it is a part."""

    log: Name
    version: Version
    by: Name
    files: Annotated[tuple[ReleaseFile, ...], Meta(min_length=1, max_length=MOST_FILES)]


class LogKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="log-keys"):
    """The log's own keys may change in this way; those who hold release keys say so beside the log's witnesses."""

    log: Name
    change: Sha256
    """Of the entry of the log's key log (spec/log.md §9), whose fingerprint it begins with."""


Statement: TypeAlias = Keys | Release | Revoke | Rebuilt | LogKeys


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement and the signatures below it, of which nothing is checked yet."""

    statement: Statement
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The entry of the log. Raises `Malformed` if it is too large for one."""
        data = encode_statement(self.statement) + b"\n\n" + encode_signatures(self.signatures)
        if len(data) > MAX_ENTRY:
            raise Malformed(f"a release statement with its signatures is larger than {MAX_ENTRY} bytes")
        return data

    def signers(self, keys: Iterable[KeyPair]) -> frozenset[str]:
        """The names of those of whom both keys have signed. Raises `SignedByTooFew` if a line of one does not hold."""
        pairs = {pair.name: pair.keys for pair in keys}
        known = [key for pair in pairs.values() for key in pair]
        try:
            found = _verify_note(Note(signed_text(self.statement), self.signatures), known)
        except NoteInvalid as error:
            raise SignedByTooFew(f"a release statement is not signed: {error.message}") from error
        lines = {(each.name, each.key_id) for each in found}
        return frozenset(name for name, pair in pairs.items() if all((name, key.key_id) in lines for key in pair))


def encode_statement(statement: Statement) -> bytes:
    """One line of canonical JSON without its end."""
    return canonical(statement)


def read_statement(data: bytes) -> Statement:
    """The statement in ``data``, and that it agrees with itself. Raises `Malformed`."""
    statement: Statement = read_canonical(data, Statement, "a release statement")  # type: ignore[arg-type]
    _check(statement)
    return statement


def parse_entry(data: bytes) -> Entry:
    """The entry in ``data``; its encoding is ``data`` again. Raises `Malformed`."""
    if len(data) > MAX_ENTRY:
        raise Malformed(f"an entry of a release log is larger than {MAX_ENTRY} bytes")
    head, cut, lines = data.partition(b"\n\n")
    if not cut:
        raise Malformed("an entry of a release log has an empty line between statement and signatures")
    return Entry(read_statement(head), parse_signatures(lines))


def signed_text(statement: Statement) -> bytes:
    """What release keys sign: the checkpoint of a log with this one entry."""
    return Checkpoint(f"{statement.log}/statement", 1, leaf_hash(encode_statement(statement))).encode()


def sign(statement: Statement, signers: Iterable[SignerKey], time_s: int) -> tuple[NoteSignature, ...]:
    """The lines of these keys. Raises `Malformed` if the statement does not agree with itself."""
    _check(statement)
    return signatures_of(signed_text(statement), signers, time_s)


def _check(statement: Statement) -> None:
    match statement:
        case Keys():
            _check_keys(statement)
        case Release():
            _check_files(statement.files)
            if statement.reads[0] > statement.reads[1]:
                raise Malformed("a release reads no version of a profile")
        case Rebuilt():
            _check_files(statement.files)
        case Revoke():
            if not statement.reason:
                raise Malformed("a release is revoked for a reason")
        case LogKeys():
            pass


def _check_keys(statement: Keys) -> None:
    pairs = (*statement.keys, *statement.rebuilders)
    if len({pair.name for pair in pairs}) != len(pairs):
        raise Malformed("two release keys have the same name")
    if len({key.public_key for pair in pairs for key in pair.keys}) != 2 * len(pairs):
        raise Malformed("two release keys are the same")
    if statement.threshold > len(statement.keys):
        raise Malformed("more release keys have to sign than there are")


def _check_files(files: tuple[ReleaseFile, ...]) -> None:
    names = [file.name for file in files]
    if names != sorted(set(names)):
        raise Malformed("the files of a release are in the order of their names, each once")
