"""Cards: a card is used only if every signature, chain and size holds; anything else ends in a `PeerError`."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullabona.errors import Malformed, PeerError
from nullabona.wire.card import (
    Card,
    CardForked,
    CardInvalid,
    CardStale,
    DeleteStatement,
    card_hash,
    check_update,
    decode_card,
    decode_delete,
    issue_certificate,
    sign_card,
    sign_delete,
    verify_card,
    verify_certificate,
    verify_delete,
    verify_update,
)
from nullabona.wire.messages import MAX_CARD
from tests.wire.cards import (
    JUN,
    MINA,
    TODAY,
    TwinCard,
    card_bytes,
    device,
    digest,
    first_card,
    identity,
    inbox_of,
    next_bytes,
    twin_certificate,
    twin_device,
)

PHONE_KEY = digest("device phone")


def test_a_card_says_what_its_owner_signed() -> None:
    """Everything that was signed comes back, and nothing else."""
    phone = device("mina", MINA)
    card = verify_card(card_bytes(), today=TODAY)
    owner = identity("mina").public_key().public_bytes_raw()
    assert card == Card(MINA, 0, bytes(32), owner, TODAY, (phone,), inbox_of("mina"), card_bytes())
    assert card.account_id == owner


def test_a_twin_without_changes_is_a_real_card() -> None:
    """The twin encodes like the real one, so what its changes break is their doing."""
    assert TwinCard().encode() == card_bytes()
    assert twin_certificate(device_id=digest("id phone")[:16]) == device("mina", MINA).certificate.encode()


def test_sixteen_devices_with_real_sizes_fit() -> None:
    """A full account fits the largest card."""
    devices = tuple(device("mina", MINA, str(i)) for i in range(16))
    full = tuple(type(d)(d.certificate, bytes(2_700)) for d in devices)
    data = sign_card(identity("mina"), handle=MINA, issued_day=TODAY, devices=full, inbox=inbox_of("mina"))
    assert len(data) < MAX_CARD
    assert verify_card(data, today=TODAY).devices == full


MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "not-msgpack": b"\xc1",
    "trailing-byte": card_bytes() + b"\x00",
    "cut": card_bytes()[:-1],
    "too-large": bytes(MAX_CARD + 1),
    "other-revision": TwinCard(rev=2).encode(),
    "extra-field": TwinCard(extra=(1,)).encode(),
    "no-devices": TwinCard(devices=[]).encode(),
    "negative-sequence": TwinCard(sequence=-1).encode(),
    "short-identity": TwinCard(identity_key=bytes(31)).encode(),
    "empty-key-package": TwinCard(devices=[[device("mina", MINA).certificate.encode(), b""]]).encode(),
    "handle-not-normal": TwinCard(handle="Mina@relay.example").encode(),
    "handle-reserved": TwinCard(handle="admin@relay.example").encode(),
    "handle-confusable": TwinCard(handle="pаypal@relay.example").encode(),
    "seventeen-devices": TwinCard(devices=[twin_device(device("mina", MINA, str(i))) for i in range(17)]).encode(),
    "relay-with-line-break": TwinCard(inbox=[bytes(32), bytes(32), inbox_of("mina").hpke_key, "wss://a\r\nb"]).encode(),
    "inbox-key-not-x-wing": TwinCard(inbox=[bytes(32), bytes(32), b"\xff" * 1216, ""]).encode(),
    "non-canonical-integer": msgspec.msgpack.encode(
        [TwinCard().body().replace(b"\xcd\x4e\x20", b"\xce\x00\x00\x4e\x20", 1), bytes(64), b""]
    ),
    "short-signature": msgspec.msgpack.encode([TwinCard().body(), bytes(63), b""]),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_a_card_is_malformed(name: str) -> None:
    """A card that breaks the form is refused before any of it is used."""
    with pytest.raises(Malformed):
        verify_card(MALFORMED[name], today=TODAY)


PHONE = device("mina", MINA, "phone").certificate.encode()
INVALID: dict[str, bytes] = {
    "signed-by-another": TwinCard().encode("jun"),
    "signed-for-another-purpose": TwinCard().encode(domain=b"nullabona handover v1"),
    "from-the-day-after-tomorrow": TwinCard(issued_day=TODAY + 2).encode(),
    "first-with-previous": TwinCard(previous=digest("card")).encode(),
    "second-without-previous": TwinCard(sequence=1).encode(),
    "first-with-handover": TwinCard().encode(handover=bytes(64)),
    "half-a-handover": TwinCard(sequence=1, previous=digest("card")).encode(handover=bytes(32)),
    "device-of-another-account": TwinCard(devices=[twin_device(device("jun", MINA))]).encode(),
    "device-of-another-handle": TwinCard(devices=[twin_device(device("mina", JUN))]).encode(),
    "device-signed-by-another": TwinCard(
        devices=[[twin_certificate("jun", identity_key=TwinCard().identity_key), b"k"]]
    ).encode(),
    "device-certificate-of-a-card-domain": TwinCard(
        devices=[[twin_certificate(domain=b"nullabona card v1"), b"k"]]
    ).encode(),
    "device-from-the-future": TwinCard(devices=[[twin_certificate(issued_day=TODAY + 2), b"k"]]).encode(),
    "two-devices-one-id": TwinCard(
        devices=[[PHONE, b"k"], [twin_certificate(device_id=digest("id phone")[:16], device_key=bytes(32)), b"k"]]
    ).encode(),
    "two-devices-one-key": TwinCard(devices=[[PHONE, b"k"], [twin_certificate(device_id=b"x" * 16), b"k"]]).encode(),
}


@pytest.mark.parametrize("name", INVALID)
def test_a_card_that_breaks_a_rule_is_invalid(name: str) -> None:
    """A well-formed card with a wrong signature, day, start or device is refused."""
    with pytest.raises(CardInvalid):
        verify_card(INVALID[name], today=TODAY)


def test_a_clock_one_day_ahead_is_forgiven() -> None:
    """Somebody else's midnight may come before ours."""
    assert verify_card(TwinCard(issued_day=TODAY + 1).encode(), today=TODAY).issued_day == TODAY + 1


def test_the_next_card_continues_the_chain() -> None:
    """A card whose number and previous hash follow is accepted."""
    first = first_card()
    second = verify_card(next_bytes(first), today=TODAY, previous=first)
    assert (second.sequence, second.previous) == (1, first.hash)


def test_a_new_identity_key_needs_the_old_ones_signature() -> None:
    """An account keeps its chain over a change of identity key only if the old key agreed."""
    first = first_card()
    assert verify_card(next_bytes(first, "new", old_owner="mina"), today=TODAY, previous=first).account_id != (
        first.account_id
    )
    for forged in (next_bytes(first, "new"), next_bytes(first, "new", old_owner="jun")):
        with pytest.raises(CardInvalid):
            verify_card(forged, today=TODAY, previous=first)


def test_a_handover_without_a_change_is_refused() -> None:
    """There is one encoding of each card: no signature where none belongs."""
    first = first_card()
    with pytest.raises(CardInvalid):
        verify_card(next_bytes(first, old_owner="mina"), today=TODAY, previous=first)


def test_an_older_or_equal_card_is_stale() -> None:
    """Nobody can put an account back to a card it has left."""
    first = first_card()
    second = verify_card(next_bytes(first), today=TODAY, previous=first)
    for old in (first.encoded, second.encoded):
        with pytest.raises(CardStale):
            verify_card(old, today=TODAY, previous=second)


def test_a_card_that_follows_another_is_forked() -> None:
    """A chain with another card in it, a gap or another handle is noticed."""
    first = first_card()
    other = verify_card(card_bytes("mina", MINA, "laptop"), today=TODAY)
    elsewhere = TwinCard(
        handle=str(JUN), sequence=1, previous=first.hash, devices=[twin_device(device("mina", JUN))]
    ).encode()
    gap = TwinCard(sequence=2, previous=first.hash).encode()
    for data in (next_bytes(other), elsewhere, gap):
        with pytest.raises(CardForked):
            verify_card(data, today=TODAY, previous=first)


def test_an_update_may_be_several_steps_ahead() -> None:
    """A client that was away accepts a later card of the same identity key, and the same card again."""
    known = first_card()
    second = verify_card(next_bytes(known), today=TODAY, previous=known)
    third = verify_card(next_bytes(second), today=TODAY, previous=second)
    assert verify_update(third.encoded, today=TODAY, known=known) == third
    assert verify_update(second.encoded, today=TODAY, known=known) == second
    assert verify_update(known.encoded, today=TODAY, known=known) is known
    for later in (known, second, third):
        check_update(later, known)


def test_an_unseen_change_of_identity_is_forked() -> None:
    """A key that changed in a card nobody showed us is never silently accepted."""
    known = first_card()
    second = verify_card(next_bytes(known, "new", old_owner="mina"), today=TODAY, previous=known)
    third = next_bytes(second, "new")
    with pytest.raises(CardForked):
        verify_update(third, today=TODAY, known=known)
    with pytest.raises(CardForked):
        check_update(verify_card(third, today=TODAY), known)
    with pytest.raises(CardStale):
        verify_update(known.encoded, today=TODAY, known=second)
    with pytest.raises(CardStale):
        check_update(known, second)
    check_update(second, known)


def test_a_certificate_is_for_one_device_key() -> None:
    """A certificate verifies beside its own signature key and beside no other."""
    certificate = device("mina", MINA).certificate
    assert verify_certificate(certificate.encode(), PHONE_KEY) == certificate
    assert certificate.account_id == identity("mina").public_key().public_bytes_raw()
    with pytest.raises(CardInvalid):
        verify_certificate(certificate.encode(), digest("device laptop"))


def test_a_certificate_of_another_name_does_not_verify() -> None:
    """Nobody can take a certificate and write another handle into it (identity binding)."""
    forged = twin_certificate("jun", identity_key=identity("mina").public_key().public_bytes_raw())
    with pytest.raises(CardInvalid):
        verify_certificate(forged, PHONE_KEY)


def test_the_owner_deletes_exactly_one_card() -> None:
    """A delete statement counts for the card it names and for no other."""
    first = first_card()
    statement = sign_delete(identity("mina"), first, day=TODAY)
    assert verify_delete(statement, today=TODAY, card=first) == DeleteStatement(MINA, first.hash, TODAY)
    second = verify_card(next_bytes(first), today=TODAY, previous=first)
    with pytest.raises(CardStale):
        verify_delete(statement, today=TODAY, card=second)


def test_nobody_else_deletes_a_card() -> None:
    """A statement of another key, day or handle is refused."""
    first = first_card()
    elsewhere = first_card("mina", JUN)
    for data in (sign_delete(identity("jun"), first, day=TODAY), sign_delete(identity("mina"), first, day=TODAY + 2)):
        with pytest.raises(CardInvalid):
            verify_delete(data, today=TODAY, card=first)
    with pytest.raises(CardInvalid):
        verify_delete(sign_delete(identity("mina"), elsewhere, day=TODAY), today=TODAY, card=first)


def test_no_repr_shows_bytes_that_open_anything() -> None:
    """Neither a card nor a decoded one prints keys of inboxes or signatures."""
    shown = repr(first_card()) + repr(decode_card(card_bytes())) + repr(decode_delete(_statement()))
    assert inbox_of("mina").write_secret.hex() not in shown
    assert repr(inbox_of("mina").write_secret) not in shown


def _statement() -> bytes:
    return sign_delete(identity("mina"), first_card(), day=TODAY)


DECODERS: list[Callable[[bytes], object]] = [
    lambda data: verify_card(data, today=TODAY),
    lambda data: verify_update(data, today=TODAY, known=first_card()),
    lambda data: verify_certificate(data, PHONE_KEY),
    lambda data: verify_delete(data, today=TODAY, card=first_card()),
]


@pytest.mark.parametrize("decoder", DECODERS)
@given(data=st.binary(max_size=300))
@settings(max_examples=50)
def test_any_bytes_give_a_value_or_a_peer_error(decoder: Callable[[bytes], object], data: bytes) -> None:
    """No input makes a decoder fail in another way."""
    with pytest.raises(PeerError):
        decoder(data)


@pytest.mark.parametrize("decoder", DECODERS)
@given(seed=st.data())
@settings(max_examples=30)
def test_any_damage_is_noticed(decoder: Callable[[bytes], object], seed: st.DataObject) -> None:
    """A real record with one byte changed is refused by every decoder."""
    real = seed.draw(st.sampled_from([card_bytes(), PHONE, _statement()]))
    at = seed.draw(st.integers(0, len(real) - 1))
    flip = seed.draw(st.integers(1, 255))
    damaged = real[:at] + bytes((real[at] ^ flip,)) + real[at + 1 :]
    with pytest.raises(PeerError):
        decoder(damaged)


@given(
    device_id=st.binary(min_size=16, max_size=16),
    key=st.binary(min_size=32, max_size=32),
    day=st.integers(0, 1_000_000),
)
@settings(max_examples=50)
def test_a_certificate_comes_back_as_it_was(device_id: bytes, key: bytes, day: int) -> None:
    """verify(encode(x)) == x for every certificate."""
    certificate = issue_certificate(identity("mina"), handle=MINA, device_id=device_id, device_key=key, issued_day=day)
    assert verify_certificate(certificate.encode(), key) == certificate


def test_the_hash_covers_every_byte() -> None:
    """Cards that differ only in a signature have different hashes."""
    data = card_bytes()
    hashes = [card_hash(data), card_hash(data[:-1]), card_hash(b"")]
    assert len(set(hashes)) == len(hashes)
