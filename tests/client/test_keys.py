"""The recovery phrase and what is derived from it."""

from __future__ import annotations

import unicodedata

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from nullabona.client.core.model.errors import BadPhrase
from nullabona.client.keys import LANGUAGES, TESTING_COST, AccountRoot, Language, passphrase_key

roots = st.binary(min_size=32, max_size=32).map(AccountRoot)
languages = st.sampled_from(LANGUAGES)
forms = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])
ROOT = AccountRoot(bytes(range(32)))
ENGLISH = (
    "abandon amount liar amount expire adjust cage candy arch gather drum bullet "
    "absurd math era live bid rhythm alien crouch range attend journey unaware"
)


@given(root=roots, language=languages, form=forms, space=st.sampled_from([" ", "  ", "\n", "\u3000"]))
def test_a_phrase_restores_its_account(root: AccountRoot, language: Language, form: str, space: str) -> None:
    """In either language, any Unicode form, any capitals, any spacing."""
    typed = unicodedata.normalize(form, root.phrase(language)).replace(" ", space)  # type: ignore[arg-type]
    assert root == AccountRoot.from_phrase(f" {typed.title()}\n")


def test_the_words_are_those_of_bip39() -> None:
    """Another program gives the same words for the same bytes."""
    assert ENGLISH == ROOT.phrase()
    assert ROOT.secret == bytes(Mnemonic("english").to_entropy(ENGLISH))
    korean = ROOT.phrase("korean")
    assert unicodedata.is_normalized("NFC", korean)
    assert ROOT.secret == bytes(Mnemonic("korean").to_entropy(unicodedata.normalize("NFKD", korean)))


def test_generated_accounts_differ() -> None:
    """Each is new."""
    assert AccountRoot.generate() != AccountRoot.generate()


@pytest.mark.parametrize(
    ("phrase", "told"),
    [
        ("", "24 words, not 0"),
        (ENGLISH + " abandon", "24 words, not 25"),
        (ENGLISH.replace("expire", "expirre"), "word 5 .* English"),
        (ENGLISH.replace("unaware", "unable"), "do not belong together"),
        (ROOT.phrase("korean").rsplit(" ", 1)[0] + " abandon", "word 24 .* Korean"),
    ],
    ids=["none", "too-many", "unknown", "checksum", "mixed"],
)
def test_a_bad_phrase_is_told_without_its_words(phrase: str, told: str) -> None:
    """The place of a wrong word helps the person; the word itself would help whoever reads the screen or the log."""
    with pytest.raises(BadPhrase, match=told) as caught:
        AccountRoot.from_phrase(phrase)
    shown = caught.value.render()
    assert caught.value.__cause__ is None
    assert [] == [word for word in ("expirre", "abandon", "unable") if word in shown]


@given(root=roots, place=st.integers(0, 22))
def test_exchanged_words_are_noticed(root: AccountRoot, place: int) -> None:
    """Two neighbours exchanged are refused, or (1 in 256) another account, or were the same word."""
    words = root.phrase().split()
    words[place], words[place + 1] = words[place + 1], words[place]
    try:
        found = AccountRoot.from_phrase(" ".join(words))
    except BadPhrase:
        return
    assert (found == root) == (words[place] == words[place + 1])


def test_keys_are_derived_as_written() -> None:
    """The table in the module, computed anew."""

    def derived(info: bytes) -> bytes:
        return HKDF(SHA256(), 32, b"nullabona account v1", info).derive(ROOT.secret)

    inbox = ROOT.inbox(3)
    assert derived(b"identity ed25519") == ROOT.identity_seed() == ROOT.identity_key().private_bytes_raw()
    assert derived(b"inbox hpke\0\0\0\3") == inbox.hpke_seed
    assert derived(b"inbox read\0\0\0\3") == inbox.read_secret
    assert derived(b"inbox write\0\0\0\3") == inbox.write_secret


def test_derived_keys_do_not_change() -> None:
    """A later version must find the same account: these are fixed for ever."""
    assert "37f802d6a29cbe8e9b7d2686fbf705aed0639f1d2345c92d1247a232c7025c34" == ROOT.identity_seed().hex()
    assert "452c34974a5abd6b0a0d5c564eae9f2e2d76af10371342161c231c34d68cf239" == ROOT.inbox().hpke_seed.hex()


@given(root=roots, index=st.integers(0, 2**32 - 1))
def test_no_two_keys_are_the_same(root: AccountRoot, index: int) -> None:
    """Nor is one the root itself."""
    inbox, other = root.inbox(index), root.inbox((index + 1) % 2**32)
    keys = [root.secret, root.identity_seed()]
    keys += [key for box in (inbox, other) for key in (box.hpke_seed, box.read_secret, box.write_secret)]
    assert len(keys) == len(set(keys))


def test_reprs_show_nothing() -> None:
    """Neither bytes nor words."""
    assert "AccountRoot() InboxSecrets(index=0)" == f"{ROOT!r} {ROOT.inbox()!r}"


def test_a_root_has_its_size() -> None:
    """A shorter secret would be a weaker account."""
    with pytest.raises(ValueError, match="32 bytes"):
        AccountRoot(bytes(16))


def test_a_passphrase_gives_one_key_per_salt() -> None:
    """Salted, and the same in every Unicode form."""
    key = passphrase_key("é비밀", bytes(16), TESTING_COST)
    assert key == passphrase_key(unicodedata.normalize("NFD", "é비밀"), bytes(16), TESTING_COST)
    assert key != passphrase_key("é비밀", bytes(15) + b"1", TESTING_COST)
