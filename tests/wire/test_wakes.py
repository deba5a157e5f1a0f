"""Wake tokens: one for each leaf, the same for everybody who holds the secret, unrelated to whoever does not."""

from __future__ import annotations

from hashlib import shake_128

from hypothesis import given
from hypothesis import strategies as st

from nullabona.wire.address import epoch_keys
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, SALT_SIZE, WAKE_TOKEN_SIZE
from nullabona.wire.wakes import activity_tag, wake_token, wake_tokens

SECRET = bytes(range(32))
secrets = st.binary(min_size=32, max_size=32)
salts = st.binary(min_size=SALT_SIZE, max_size=SALT_SIZE)


@given(secrets, st.integers(1, 300), st.data())
def test_a_device_listens_for_what_others_ring(secret: bytes, count: int, data: st.DataObject) -> None:
    """The token that a leaf knows as its own is the one that an append wakes for it, however many it wakes."""
    leaf = data.draw(st.integers(0, count - 1))
    assert wake_token(secret, leaf) == wake_tokens(secret, count)[leaf]
    assert [WAKE_TOKEN_SIZE] * count == [len(token) for token in wake_tokens(secret, count)]


@given(st.lists(secrets, min_size=2, max_size=4, unique=True))
def test_no_two_devices_and_no_two_epochs_have_one_wake_token(several: list[bytes]) -> None:
    """Of several secrets, all wake tokens differ."""
    every = [token for secret in several for token in wake_tokens(secret, 50)]
    assert len(every) == len(set(every))


def test_the_derivation_is_the_one_that_is_written_down() -> None:
    """spec/room.md §2: SHAKE-128 over the domain and the secret, 16 bytes for each leaf."""
    output = shake_128(b"nullabona bells v1" + SECRET).digest(64)
    assert [output[at : at + 16] for at in (0, 16, 32, 48)] == wake_tokens(SECRET, 4)


def test_the_wake_secret_opens_nothing_else() -> None:
    """What an append tells the relay is not the read secret, the frame key or what they come from."""
    keys = epoch_keys(SECRET)
    others = {SECRET, keys.box.read_secret, keys.box.write_secret, keys.frame_key}
    assert keys.wake_secret not in others
    assert keys.wake_secret.hex() not in repr(keys)


# -- tags


@given(salts, secrets)
def test_a_tag_is_known_to_who_holds_the_secret(salt: bytes, secret: bytes) -> None:
    """spec/relay.md: SHAKE-128 over a domain of its own, the salt and the secret, cut to four bytes."""
    assert shake_128(b"nullabona mark v1" + salt + secret).digest(ACTIVITY_TAG_SIZE) == activity_tag(salt, secret)


def test_a_tag_stays_as_it_is() -> None:
    """Clients and relays of any version agree: these values are for good."""
    known = {
        (bytes(8), SECRET): "07157a6b",
        (bytes(range(8)), SECRET): "8b8b2ee0",
        (bytes(8), bytes(32)): "3e45d210",
    }
    assert list(known.values()) == [activity_tag(salt, secret).hex() for salt, secret in known]


def test_tags_of_one_box_and_of_one_digest_are_unrelated() -> None:
    """Of many boxes in many activity digests, no two tags are the same."""
    numbers = range(20)
    tags = {activity_tag(bytes([salt]) * SALT_SIZE, bytes([secret]) * 32) for salt in numbers for secret in numbers}
    assert len(numbers) ** 2 == len(tags)


def test_a_tag_is_no_part_of_a_wake_token() -> None:
    """Whoever waits for a wake token does not know the tags by it, whatever the salt is."""
    every = b"".join(wake_tokens(SECRET, 1_000))
    assert all(activity_tag(number.to_bytes(SALT_SIZE, "big"), SECRET) not in every for number in range(100))
