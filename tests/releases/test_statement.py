"""Statements of a release log: one encoding, strict reading (spec/release.md §2)."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed, PeerError
from nullabona.releases.drafting import describe
from nullabona.releases.statement import (
    MAX_ENTRY,
    Entry,
    KeyPair,
    Statement,
    encode_statement,
    parse_entry,
    read_statement,
    sign,
)
from tests.releases.signing import NOW, PEOPLE, entry, file, keys, pair, rebuilt, release, revoke, signers

ALL: list[Statement] = [keys(), release(), revoke(), rebuilt()]


@pytest.mark.parametrize("statement", ALL, ids=lambda each: type(each).__name__)
def test_a_statement_comes_back_as_it_was(statement: Statement) -> None:
    """Alone and as an entry; the entry's encoding is the same again."""
    assert statement == read_statement(encode_statement(statement))
    data = entry(statement)
    assert data == parse_entry(data).encode()
    assert 2 == data.count(b"\n") - data.count(b"\n\xe2")


@pytest.mark.parametrize(
    "changed", [{"version": "1.0\n"}, {"tree": "a" * 40 + "\n"}, {"python": "3.11\n"}, {"sbom": "b" * 64 + "\n"}]
)
def test_no_field_ends_in_a_line_break(changed: dict[str, str]) -> None:
    """Which a pattern's $ would let through: two versions that look the same, and readers that disagree."""
    with pytest.raises(Malformed):
        read_statement(encode_statement(msgspec.structs.replace(release(), **changed)))


def test_a_wheel_of_several_platforms_can_be_listed() -> None:
    """Wheels of aarch64 name three, in more than 64 characters; as long as a file's name may be, and no longer."""
    three = "manylinux2014_aarch64.manylinux_2_17_aarch64.manylinux_2_28_aarch64"
    wheel = describe(f"a-1-cp311-cp311-{three}.whl", 1, "a" * 64)
    assert three == wheel.platform
    for platform in (three, "a" * 128):
        listed = release(files=(msgspec.structs.replace(wheel, platform=platform),))
        assert listed == read_statement(encode_statement(listed))
    with pytest.raises(Malformed):
        read_statement(encode_statement(release(files=(msgspec.structs.replace(wheel, platform="a" * 129),))))


@given(st.binary(max_size=400))
def test_any_bytes_are_an_entry_or_malformed(data: bytes) -> None:
    """Nothing else comes out."""
    with contextlib.suppress(Malformed):
        assert data == parse_entry(data).encode()


@given(st.integers(0, 6_000), st.integers(0, 255))
def test_an_altered_entry_is_malformed_or_another_one(place: int, byte: int) -> None:
    """One byte changed: either no entry at all, or one that encodes to these bytes."""
    good = entry(release(0))
    place %= len(good)
    altered = good[:place] + bytes([byte]) + good[place + 1 :]
    with contextlib.suppress(PeerError):
        assert altered == parse_entry(altered).encode()


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (keys(threshold=4), "more release keys"),
        (keys(keys=(pair(PEOPLE[0]), pair(PEOPLE[0]))), "same name"),
        (keys(rebuilders=(pair(PEOPLE[0]),)), "same name"),
        (keys(keys=(pair(PEOPLE[0]), KeyPair(pair(PEOPLE[1]).ed25519, pair(PEOPLE[2]).mldsa44))), "under one name"),
        (keys(keys=(pair(PEOPLE[0]), KeyPair(pair(PEOPLE[1]).mldsa44, pair(PEOPLE[1]).ed25519))), "under one name"),
        (release(files=(file("b.whl"), file("a.whl"))), "order of their names"),
        (release(files=(file("a.whl"), file("a.whl"))), "order of their names"),
        (release(reads=(5, 4)), "reads no version"),
        (msgspec.structs.replace(revoke(), reason=""), "for a reason"),
    ],
)
def test_what_does_not_agree_with_itself_is_malformed(statement: Statement, why: str) -> None:
    """Neither read nor signed."""
    with pytest.raises(Malformed, match=why):
        read_statement(encode_statement(statement))
    with pytest.raises(Malformed, match=why):
        sign(statement, signers(PEOPLE[0]), NOW)


@pytest.mark.parametrize("threshold", [1, 0, 9])
def test_one_key_is_never_enough(threshold: int) -> None:
    """A statement that says so has no form."""
    with pytest.raises(Malformed, match="form"):
        read_statement(encode_statement(keys(threshold=threshold)))


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", "a b", "", "C:x", "a" * 129])
def test_a_files_name_leads_nowhere(name: str) -> None:
    """It is written to a folder under this name."""
    with pytest.raises(Malformed, match="form"):
        read_statement(encode_statement(release(files=(file(name),))))


def test_an_entry_fits_into_a_log() -> None:
    """At most as large as an entry may be, and not one byte more."""
    statement = release(notes="n" * 4_000)
    lines = sign(statement, signers(PEOPLE[0]), NOW)
    room = MAX_ENTRY - len(Entry(statement, lines).encode())
    many = lines + lines[1:] * (room // len(lines[1].line().encode()))
    assert Entry(statement, many).encode()
    with pytest.raises(Malformed, match="larger"):
        Entry(statement, (*many, lines[1])).encode()
