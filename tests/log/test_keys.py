"""Keys: vkeys in one spelling, three kinds, no key under which anything holds."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from nullabona.errors import Malformed
from nullabona.log.keys import Kind, SignerKey, VerifierKey, new_signer, parse_vkey, vkey
from nullabona.log.note import NoteInvalid, Verified, sign_note, verify_note
from tests.log.logs import NOON, SmallLog

P = 2**255 - 19
TEXT = SmallLog(5).checkpoint.encode()
ED, COSIGN, ML = (new_signer(kind, "key.example/1", b"k" * 32) for kind in Kind)
SIGNERS = (ED, COSIGN, ML)


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.verifier.kind.name)
def test_a_vkey_comes_back(signer: SignerKey) -> None:
    """And verifies what its signer signs."""
    key = parse_vkey(vkey(signer))
    assert (signer.verifier, vkey(signer)) == (key, key.encode())
    [verified] = verify_note(sign_note(TEXT, [signer], NOON), [key])
    assert Verified(signer.name, signer.key_id, None if signer is ED else NOON) == verified


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.verifier.kind.name)
def test_a_signature_is_over_this_text_this_time_and_this_name(signer: SignerKey) -> None:
    """Changed text, changed time, shortened or longer signatures do not hold."""
    blob = signer.sign(TEXT, NOON)
    other = SmallLog(6).checkpoint.encode()
    later = (int.from_bytes(blob[:8], "big") + 1).to_bytes(8, "big") + blob[8:]
    for text, changed in ((other, blob), (TEXT, later), (TEXT, blob[:-1]), (TEXT, blob + b"\0"), (TEXT, b"")):
        with pytest.raises(NoteInvalid):
            signer.verifier.verify(text, changed)


def test_an_ml_dsa_cosignature_covers_the_cosigners_name() -> None:
    """Under another name the same key's signature does not hold; Ed25519 leaves that to the key id."""
    renamed = VerifierKey("key.example/2", Kind.COSIGN_MLDSA44, ML.verifier.public_key)
    with pytest.raises(NoteInvalid):
        renamed.verify(TEXT, ML.sign(TEXT, NOON))


@pytest.mark.parametrize("signer", [COSIGN, ML])
def test_a_time_is_at_most_half_of_what_its_bytes_could_say(signer: SignerKey) -> None:
    """2^63 - 1 holds, 2^63 does not; and zero states no time."""
    assert 2**63 - 1 == signer.verifier.verify(TEXT, signer.sign(TEXT, 2**63 - 1))
    assert signer.verifier.verify(TEXT, signer.sign(TEXT, 0)) is None
    with pytest.raises(NoteInvalid):
        signer.verifier.verify(TEXT, signer.sign(TEXT, 2**63))


@pytest.mark.parametrize("signer", [COSIGN, ML])
def test_a_cosigner_signs_checkpoints_only(signer: SignerKey) -> None:
    """And a line of it below another text does not hold."""
    with pytest.raises(Malformed):
        signer.sign(b"a text\n", NOON)
    with pytest.raises(NoteInvalid):
        signer.verifier.verify(b"a text\n", signer.sign(TEXT, NOON))


def test_one_key_signs_as_log_and_as_witness_without_confusion() -> None:
    """The two kinds have different key ids and messages."""
    assert ED.verifier.public_key == COSIGN.verifier.public_key
    assert ED.key_id != COSIGN.key_id
    for one, other in ((ED, COSIGN), (COSIGN, ED)):
        with pytest.raises(NoteInvalid):
            other.verifier.verify(TEXT, one.sign(TEXT, NOON))


def parts(name: str = "a", kind: int = 1, key: bytes = ED.verifier.public_key) -> str:
    """A vkey whose key id is right, whatever else is not."""
    identifier = sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4].hex()
    return f"{name}+{identifier}+{base64.b64encode(bytes([kind]) + key).decode()}"


GOOD = parts()


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a+", "a+b", "a+b+", GOOD + "\n", " " + GOOD, GOOD.replace("+", "+0", 1), GOOD[:-1], GOOD + "=",
        GOOD.replace("a+", "b+", 1), "a+00000000+" + GOOD.split("+", 2)[2], parts(""), parts("a b"), parts("a\u2028b"),
        parts("a\nb"), parts("n" * 256), parts(kind=0), parts(kind=2), parts(kind=3), parts(kind=5), parts(kind=255),
        parts(key=bytes(31)), parts(key=b"\x02" * 33), parts(kind=6, key=bytes(1311)), parts(kind=6, key=bytes(1313)),
        parts(kind=4, key=b""), "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "n" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_vkey_is_refused(text: str) -> None:
    """Wrong key id, other types, wrong lengths, bad names, second spellings."""
    with pytest.raises(Malformed):
        parse_vkey(text)


def edwards_add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Points of edwards25519, added by its law."""
    d = -121665 * pow(121666, -1, P) % P
    (x1, y1), (x2, y2) = one, other
    cross = d * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + cross, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - cross, -1, P) % P


def small_points() -> list[tuple[int, int]]:
    """The eight points of small order: the multiples of one of order eight."""
    y = int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
    d = -121665 * pow(121666, -1, P) % P
    square = (y * y - 1) * pow(d * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    found = [(0, 1)]
    while len(found) < 8:
        found.append(edwards_add(found[-1], (x, y)))
    assert (0, 1) == edwards_add(found[-1], (x, y))
    return found


@pytest.mark.parametrize(("x", "y"), small_points())
@pytest.mark.parametrize("kind", [Kind.ED25519, Kind.COSIGN_ED25519])
def test_keys_of_small_order_are_refused(x: int, y: int, kind: Kind) -> None:
    """With either sign, for both kinds; all eight points, and there are no others."""
    for sign in {x & 1, 1 - (x & 1)}:
        with pytest.raises(Malformed):
            VerifierKey("a", kind, (y | sign << 255).to_bytes(32, "little"))


def test_why_keys_of_small_order_are_refused() -> None:
    """The library takes such a key, and one signature then holds over every text."""
    key = Ed25519PublicKey.from_public_bytes((1).to_bytes(32, "little"))
    forged = (1).to_bytes(32, "little") + bytes(32)
    key.verify(forged, b"one text")
    key.verify(forged, b"another text")


@pytest.mark.parametrize("y", [P, P + 1, P + 3, 2**255 - 1])
def test_keys_in_a_second_spelling_are_refused(y: int) -> None:
    """A y of p or more would be another spelling of a smaller one."""
    with pytest.raises(Malformed):
        VerifierKey("a", Kind.ED25519, y.to_bytes(32, "little"))


def test_a_seed_has_32_bytes() -> None:
    """No more, no fewer; and no key says what it was made of."""
    for size in (0, 31, 33):
        with pytest.raises(Malformed):
            new_signer(Kind.ED25519, "a", bytes(size))
    assert "k" * 8 not in repr(ED)
    assert (b"k" * 32).hex() not in repr(ML)
    with pytest.raises(Malformed):
        new_signer(Kind.ED25519, "a b", bytes(32))
