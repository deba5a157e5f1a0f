"""The verifiable random function: the RFC's vectors, an independent model in plain integers, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullabona.errors import Bug
from nullabona.log.vrf import PROOF_BYTES, VrfInvalid, VrfKey, check_public, output_of, verify
from tests.log import vrf_model as model

VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        ("8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f"
         "26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805"),
        ("90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff"
         "66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae"),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        ("f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed593"
         "3bf0864a62558b3ed7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02"),
        ("eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb"
         "5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031"),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        ("9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf80"
         "96bb474e53895c362d8628ee9f9ea3c0e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e"),
        ("645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c45"
         "2118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f"),
    ),
]  # fmt: skip
"""RFC 9381, appendix B.3, examples 16 to 18: secret key, public key, input, proof, output."""

KEY = VrfKey.of(bytes(range(32)))
PROOF = KEY.prove(b"alpha")
ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL_ORDER = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"


@pytest.mark.parametrize(("secret", "public", "alpha", "proof", "output"), VECTORS)
def test_the_vectors_of_the_rfc(secret: str, public: str, alpha: str, proof: str, output: str) -> None:
    """Key, proof and output are those of the RFC, byte for byte."""
    key = VrfKey.of(bytes.fromhex(secret))
    made = key.prove(bytes.fromhex(alpha))
    assert (public, proof, output) == (key.public.hex(), made.hex(), output_of(made).hex())
    assert output == verify(key.public, bytes.fromhex(alpha), made).hex()
    assert output == key.output(bytes.fromhex(alpha)).hex()


@settings(max_examples=12, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80))
def test_an_independent_model_agrees(secret: bytes, alpha: bytes) -> None:
    """A model in plain integers, which shares no code, makes the same proof and accepts ours."""
    key = VrfKey.of(secret)
    proof = key.prove(alpha)
    assert model.prove(secret, alpha) == (key.public, proof)
    assert model.verify(key.public, alpha, proof) == verify(key.public, alpha, proof) == key.output(alpha)


@pytest.mark.parametrize("place", range(0, PROOF_BYTES, 7))
def test_an_altered_proof_is_refused(place: int) -> None:
    """Whatever byte of a proof is changed, it does not hold."""
    altered = bytearray(PROOF)
    altered[place] ^= 1
    with pytest.raises(VrfInvalid):
        verify(KEY.public, b"alpha", bytes(altered))


@pytest.mark.parametrize(
    ("public", "alpha", "proof"),
    [
        (KEY.public, b"beta", PROOF),
        (VrfKey.of(bytes(32)).public, b"alpha", PROOF),
        (KEY.public, b"alpha", PROOF[:-1]),
        (KEY.public, b"alpha", PROOF + b"\0"),
        (KEY.public, b"alpha", PROOF[:48] + ORDER.to_bytes(32, "little")),
        (KEY.public, b"alpha", PROOF[:48] + (int.from_bytes(PROOF[48:], "little") + ORDER).to_bytes(32, "little")),
        (KEY.public, b"alpha", b"\x01" + bytes(31) + PROOF[32:]),
        (KEY.public, b"alpha", bytes.fromhex(SMALL_ORDER) + PROOF[32:]),
        (bytes.fromhex(SMALL_ORDER), b"alpha", PROOF),
        (b"\x01" + bytes(31), b"alpha", PROOF),
        (bytes(31), b"alpha", PROOF),
        (KEY.public, b"alpha", PROOF[:32] + bytes(16) + PROOF[48:]),
    ],
    ids=[
        "other input", "other key", "short", "long", "s too large", "s in another form", "identity", "small order",
        "key of small order", "identity as key", "short key", "no challenge",
    ],
)  # fmt: skip
def test_what_is_no_proof_is_refused(public: bytes, alpha: bytes, proof: bytes) -> None:
    """Another input, another key, another form of a number, a point out of the group: nothing of it holds."""
    with pytest.raises(VrfInvalid):
        verify(public, alpha, proof)


def test_a_point_with_torsion_is_refused() -> None:
    """A proof whose point differs by a point of small order would give the same output; here it is refused."""
    with pytest.raises(VrfInvalid):
        output_of(model.add_encoded(PROOF[:32], bytes.fromhex(SMALL_ORDER)) + PROOF[32:])


@given(st.binary(max_size=100))
def test_any_bytes_are_no_proof(data: bytes) -> None:
    """Whatever is not a proof is refused and nothing else happens."""
    with pytest.raises(VrfInvalid):
        verify(KEY.public, b"alpha", data)


def test_a_seed_has_its_length() -> None:
    """A key is made of 32 bytes, which its repr does not show."""
    with pytest.raises(Bug):
        VrfKey.of(bytes(31))
    check_public(KEY.public)
    assert repr(KEY) == f"VrfKey(public={KEY.public!r})"
