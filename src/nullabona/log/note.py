"""Signed notes (C2SP signed-note): a text, and lines with signatures over it by named keys.

A note from outside is a `Note` as soon as it has the right shape; that says nothing about who signed it. Only
`verify_note` does, and the text MUST NOT be used before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from nullabona.errors import Bug, Malformed, PeerError
from nullabona.log.strict import decode_base64, decode_text, encode_base64, is_key_name

MAX_NOTE: Final = 512 * 1024
"""Bytes of a whole note: 64 witnesses with two signatures each have room."""
MAX_SIGNATURES: Final = 160
KEY_ID_SIZE: Final = 4
_MARK: Final = "— "


class NoteInvalid(PeerError):
    """A note has the right shape, but a signature that should hold does not, or one that must be there is missing."""

    code = "note-invalid"
    default_hint = "keep the note as evidence; nothing was believed"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line below a note: who is said to have signed, and what."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """The line, with its newline."""
        return f"{_MARK}{self.name} {encode_base64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signature lines below it. Nothing is verified."""

    text: bytes
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The note as it is served."""
        return self.text + b"\n" + encode_signatures(self.signatures)

    def plus(self, signatures: Iterable[NoteSignature]) -> Note:
        """The note with these signatures too; one by the same key replaces the older one in its place."""
        lines = {(each.name, each.key_id): each for each in (*self.signatures, *signatures)}
        return Note(self.text, tuple(lines.values()))


@dataclass(frozen=True, slots=True)
class Verified:
    """A key whose signature holds; ``time_s`` is the time it states (POSIX), None if it states none."""

    name: str
    key_id: bytes
    time_s: int | None = None


class Verifier(Protocol):
    """A public key with the name it signs under."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...

    def verify(self, note_text: bytes, blob: bytes) -> int | None:
        """The time that the signature states, if any. Raises `NoteInvalid` unless it holds over the text."""


class Signer(Protocol):
    """A private key with the name it signs under."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...

    def sign(self, note_text: bytes, time_s: int) -> bytes:
        """The signature's bytes after the key id; a kind without times ignores ``time_s``."""


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """The four bytes that tell keys of one name apart."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:KEY_ID_SIZE]


def parse_note(data: bytes) -> Note:
    """The note in ``data``; its encoding is ``data`` again. Raises `Malformed`."""
    text = decode_text(data, MAX_NOTE, "note")
    cut = text.rfind("\n\n")
    if cut < 0 or not text.endswith("\n") or cut + 2 == len(text):
        raise Malformed("a note needs a text, an empty line and signature lines, each ended by a newline")
    return Note(text[: cut + 1].encode(), _parse_lines(text[cut + 2 :]))


def parse_signatures(data: bytes) -> tuple[NoteSignature, ...]:
    """Signature lines that stand alone, as a witness answers with. Raises `Malformed`."""
    text = decode_text(data, MAX_NOTE, "list of signatures")
    if not text.endswith("\n"):
        raise Malformed("a signature line does not end with a newline")
    return _parse_lines(text)


def encode_signatures(signatures: Iterable[NoteSignature]) -> bytes:
    """The lines of ``signatures``."""
    return "".join(each.line() for each in signatures).encode()


def verify_note(note: Note, verifiers: Sequence[Verifier]) -> tuple[Verified, ...]:
    """Who of ``verifiers`` signed, in the note's order; lines of other keys are ignored.

    Raises `NoteInvalid` if a line of one of them does not hold, if one of them has two lines, or if none of them has
    any.
    """
    known = {(each.name, each.key_id): each for each in verifiers}
    if len(known) != len(verifiers):
        raise Bug("two verifiers have the same name and key id")
    found: dict[tuple[str, bytes], Verified] = {}
    for each in note.signatures:
        key = (each.name, each.key_id)
        if key not in known:
            continue
        if key in found:
            raise NoteInvalid(f"two signatures of one key of {each.name}")
        found[key] = Verified(each.name, each.key_id, known[key].verify(note.text, each.blob))
    if not found:
        raise NoteInvalid("no known key signed this note")
    return tuple(found.values())


def sign_note(text: bytes, signers: Iterable[Signer], time_s: int) -> Note:
    """``text`` with the signature of each signer. Raises `Malformed` if no note can have this text."""
    note = Note(text, signatures_of(text, signers, time_s))
    if parse_note(note.encode()) != note:
        raise Malformed("a note's text ends with one newline")
    return note


def signatures_of(text: bytes, signers: Iterable[Signer], time_s: int) -> tuple[NoteSignature, ...]:
    """The signature of each signer over ``text``."""
    return tuple(NoteSignature(each.name, each.key_id, each.sign(text, time_s)) for each in signers)


def _parse_lines(text: str) -> tuple[NoteSignature, ...]:
    lines = text[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed(f"more than {MAX_SIGNATURES} signatures")
    return tuple(_parse_line(line) for line in lines)


def _parse_line(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not space or not is_key_name(name):
        raise Malformed("not a signature line")
    blob = decode_base64(encoded)
    if len(blob) <= KEY_ID_SIZE:
        raise Malformed("a signature line without a signature")
    return NoteSignature(name, blob[:KEY_ID_SIZE], blob[KEY_ID_SIZE:])
