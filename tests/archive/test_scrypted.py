"""Files that a passphrase opens: as the age format has them, whole or refused at the byte where they are not."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable

import pyrage
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from nullabona.client.archive import scrypted
from nullabona.client.archive.agekey import PassphraseKey
from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTruncated, BackupLocked, BackupNotAge
from nullabona.client.archive.scrypted import CHUNK, is_passphrase_file, seal_with_passphrase, unseal_with_passphrase
from nullabona.client.core.model.errors import BadPassphrase

TEXT = "비밀 암호"
SEALED = CHUNK + 16
HEAD = len(scrypted._VERSION) + len("-> scrypt ") + 22 + len(" 1\n") + 43 + 1 + len("--- ") + 43 + 1 + 16


def key(text: str = TEXT, work: int = 1) -> PassphraseKey:
    return PassphraseKey(text, work)


class Slow(io.BytesIO):
    """Gives a part of what is asked for at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 40_000) if size and size > 0 else size)


def sealed(data: bytes, of: PassphraseKey | None = None) -> bytes:
    out = io.BytesIO()
    seal_with_passphrase(Slow(data), out, of or key())
    return out.getvalue()


def opened(data: bytes, of: PassphraseKey | None = None) -> bytes:
    out = io.BytesIO()
    unseal_with_passphrase(Slow(data), out, of or key())
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])
def test_what_is_sealed_is_opened(size: int) -> None:
    """Around every border of a part, by this and by the other implementation; a part is no larger than it must be."""
    data = bytes(range(256)) * (size // 256 + 1)
    whole = sealed(data[:size])
    assert (data[:size], data[:size]) == (opened(whole), pyrage.passphrase.decrypt(whole, TEXT))
    assert HEAD + size + 16 * max(1, -(-size // CHUNK)) == len(whole)


def test_a_file_with_more_work_needs_more_memory_and_gets_it() -> None:
    """Four mebibytes at twelve."""
    assert b"x" == opened(sealed(b"x", key(work=12)), key())


def test_no_two_files_are_alike() -> None:
    """Neither their heads nor what is behind them."""
    one, other = sealed(b"same"), sealed(b"same")
    assert one[40:62] != other[40:62]
    assert one[-20:] != other[-20:]


def test_a_passphrase_is_the_same_however_it_is_composed() -> None:
    """And no other opens it; an empty one is none."""
    whole = sealed(b"x", key(unicodedata.normalize("NFD", TEXT)))
    assert b"x" == opened(whole, key(unicodedata.normalize("NFC", TEXT)))
    with pytest.raises(BackupLocked):
        opened(whole, key("other"))
    with pytest.raises(BadPassphrase):
        sealed(b"x", key(""))
    with pytest.raises(BadPassphrase):
        opened(whole, key(""))


def test_a_passphrase_is_worked_out_once_for_a_file() -> None:
    """By its salt and its work; another file has another salt."""
    of = key(work=2)
    first, second = sealed(b"1", of), sealed(b"2", of)
    assert [2, 2] == [work for _, work in of.stretched]
    other = key(work=7)
    assert [b"1", b"1", b"2"] == [opened(data, other) for data in (first, first, second)]
    assert [2, 2] == [work for _, work in other.stretched]
    known = next(iter(other.stretched))
    other.stretched[known] = bytes(32)
    with pytest.raises(BackupLocked):
        opened(first, other)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"age-encryption.org/v1\n-> scrypt abc", True),
        (b"age-encryption.org/v1\n-> X25519 abc", False),
        (b"age-encryption.org/v1\n", False),
        (b"age-encryption.org/v2\n-> scrypt abc", None),
        (b"", None),
    ],
)
def test_the_beginning_tells_what_opens_a_file(head: bytes, *, found: bool | None) -> None:
    """A passphrase, something else, or nothing that is known here."""
    assert found is is_passphrase_file(head)


WHOLE = sealed(bytes(2 * CHUNK + 100))


@pytest.mark.parametrize(
    ("spoil", "error", "kept"),
    [
        (lambda d: d[:-1], ArchiveDamaged, 2 * CHUNK),
        (lambda d: d[:-1] + bytes([d[-1] ^ 1]), ArchiveDamaged, 2 * CHUNK),
        (lambda d: d[: HEAD + 2 * SEALED], ArchiveTruncated, CHUNK),
        (lambda d: d[: HEAD + SEALED], ArchiveTruncated, 0),
        (lambda d: d[: HEAD + SEALED + 5], ArchiveDamaged, CHUNK),
        (lambda d: d[: HEAD + 5], ArchiveDamaged, 0),
        (lambda d: d[:HEAD], ArchiveDamaged, 0),
        (lambda d: d[: HEAD - 1], ArchiveTruncated, 0),
        (lambda d: d[: HEAD - 16], ArchiveTruncated, 0),
        (lambda d: d + b"x", ArchiveDamaged, 2 * CHUNK),
        (lambda d: d[: HEAD + 3] + bytes([d[HEAD + 3] ^ 1]) + d[HEAD + 4 :], ArchiveDamaged, 0),
        (lambda d: d[:HEAD] + d[HEAD + SEALED : HEAD + 2 * SEALED] + d[HEAD : HEAD + SEALED] + d[HEAD + 2 * SEALED :],
         ArchiveDamaged, 0),
        (lambda d: d[: HEAD - 20] + (b"A" if d[HEAD - 20] != 65 else b"B") + d[HEAD - 19 :], ArchiveDamaged, 0),
    ],
)  # fmt: skip
def test_what_was_changed_or_cut_is_refused_where_it_was(
    spoil: Callable[[bytes], bytes], error: type[Exception], kept: int
) -> None:
    """Parts before it were right, and were handed out; nothing behind it is."""
    out = io.BytesIO()
    with pytest.raises(error):
        unseal_with_passphrase(io.BytesIO(spoil(WHOLE)), out, KNOWN)
    assert bytes(kept) == out.getvalue()


KNOWN = key()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"age-encryption.org/v1\n",
        b"hello" * 100,
        WHOLE.replace(b"-> scrypt ", b"-> script "),
        WHOLE.replace(b" 1\n", b" 01\n", 1),
        WHOLE.replace(b" 1\n", b" 0\n", 1),
        WHOLE.replace(b" 1\n", b" 100\n", 1),
        b"x" + WHOLE,
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    """Another format, another kind, work that is written as none is."""
    with pytest.raises(BackupNotAge):
        opened(data)


@pytest.mark.parametrize(("work", "asked"), [(22, True), (23, False), (99, False)])
def test_no_more_work_is_done_than_any_backup_asks_for(work: int, *, asked: bool) -> None:
    """A head that asks for more is refused before it is tried."""
    whole = WHOLE.replace(b" 1\n", b" %d\n" % work, 1)
    salt = scrypted._bytes(whole[32:54])
    known = PassphraseKey(TEXT, 1, {(salt, work): bytes(32)})
    with pytest.raises(BackupLocked if asked else BackupNotAge):
        opened(whole, known)


def test_a_head_has_one_way_of_being_written() -> None:
    """Bits that mean nothing are not set."""
    at = WHOLE.index(b" 1\n") - 1
    with pytest.raises(BackupNotAge):
        opened(WHOLE[:at] + (b"B" if WHOLE[at : at + 1] in b"AQgw" else b"C") + WHOLE[at + 1 :])


def test_an_empty_part_behind_others_is_refused() -> None:
    """A file of nothing is one empty part; no other has one."""
    file_key, nonce = scrypted._opened(io.BytesIO(WHOLE), KNOWN)
    aead = ChaCha20Poly1305(scrypted._hkdf(file_key, nonce, b"payload"))
    last = aead.encrypt(scrypted._nonce(1, last=True), b"", None)
    out = io.BytesIO()
    with pytest.raises(ArchiveDamaged, match="empty"):
        unseal_with_passphrase(io.BytesIO(WHOLE[: HEAD + SEALED] + last), out, KNOWN)
    assert CHUNK == len(out.getvalue())
