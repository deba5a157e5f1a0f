"""Signed notes: one text for one note, and only signatures of known keys that hold are believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Bug, Malformed
from nullabona.log.keys import Kind, new_signer, parse_vkey
from nullabona.log.note import (
    MAX_NOTE,
    MAX_SIGNATURES,
    Note,
    NoteInvalid,
    NoteSignature,
    Verified,
    encode_signatures,
    parse_note,
    parse_signatures,
    sign_note,
    verify_note,
)

ALICE = new_signer(Kind.ED25519, "alice.example", b"a" * 32)
BOB = new_signer(Kind.ED25519, "bob.example", b"b" * 32)
TEXT = "Ognuno sta solo\n\ned è subito sera.\n".encode()
NOTE = sign_note(TEXT, [ALICE, BOB], 0)
LINE = NOTE.signatures[0].line().encode()
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
NAMES = st.text(min_size=1, max_size=9).filter(lambda name: "+" not in name and not any(map(str.isspace, name)))
LINES = st.builds(
    NoteSignature,
    NAMES.filter(lambda name: min(name) > "\x1f"),
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=90),
)


def test_the_example_of_the_specification_holds() -> None:
    """The published key signed the published note."""
    note = parse_note(EXAMPLE.encode())
    [verified] = verify_note(note, [parse_vkey(EXAMPLE_KEY)])
    assert ("example.com/foo", "530d903a", None) == (verified.name, verified.key_id.hex(), verified.time_s)


@given(text=st.text(st.characters(min_codepoint=0x20, codec="utf-8")), lines=st.lists(LINES, min_size=1, max_size=5))
def test_a_note_comes_back(text: str, lines: list[NoteSignature]) -> None:
    """Encoding and parsing are each other's inverse, also of the lines alone."""
    note = Note(f"{text}\n".encode(), tuple(lines))
    assert note == parse_note(note.encode())
    assert note.signatures == parse_signatures(encode_signatures(lines))


@given(st.text(alphabet="— a\nA=+", max_size=40))
def test_what_is_read_as_a_note_is_written_the_same(text: str) -> None:
    """Whatever the text."""
    try:
        note = parse_note(text.encode())
    except Malformed:
        return
    assert text.encode() == note.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"\n\n", TEXT, TEXT + b"\n", TEXT + LINE, TEXT + b"\n" + LINE[:-1], TEXT + b"\n" + LINE + b"\n",
        TEXT + b"\n" + LINE + b"trailing\n", TEXT + b"\n" + LINE + b" ", TEXT + b"\n" + LINE.replace(b"\n", b"\r\n"),
        TEXT.replace(b"\n", b"\r\n") + b"\r\n" + LINE, b"\xff" + TEXT + b"\n" + LINE, b"\t" + TEXT + b"\n" + LINE,
        TEXT + b"\n" + LINE.replace("— ".encode(), b"- "), TEXT + b"\n" + LINE.replace(b"example ", b"example  "),
        TEXT + b"\n" + LINE.replace(b"alice", b"al+ice"), TEXT + b"\n" + LINE.replace(b"alice", b"al\xe2\x80\xa8ice"),
        TEXT + b"\n" + LINE.replace(b"=\n", b"\n"), TEXT + b"\n" + "— a AAAAAA==\n".encode(),
        TEXT + b"\n" + "— AAAAAAA=\n".encode(), TEXT + b"\n" + "—  AAAAAAA=\n".encode(),
        TEXT + b"\n" + LINE.rstrip() * 2,
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(data: bytes) -> None:
    """Missing or doubled newlines, other line ends, control characters, stray characters, empty signatures."""
    with pytest.raises(Malformed):
        parse_note(data)


def test_a_note_has_a_limit_of_bytes_and_of_signatures() -> None:
    """Both sides of both."""
    many = Note(TEXT, (NoteSignature("a", bytes(4), b"s"),) * MAX_SIGNATURES)
    assert MAX_SIGNATURES == len(parse_note(many.encode()).signatures)
    with pytest.raises(Malformed):
        parse_note(Note(TEXT, (*many.signatures, NoteSignature("a", bytes(4), b"s"))).encode())
    room = MAX_NOTE - len(NOTE.encode())
    assert MAX_NOTE == len(parse_note(b"x" * room + NOTE.encode()).encode())
    with pytest.raises(Malformed):
        parse_note(b"x" * (room + 1) + NOTE.encode())


def test_signatures_alone_end_with_a_newline() -> None:
    """As a witness sends them."""
    with pytest.raises(Malformed):
        parse_signatures(LINE[:-1])
    with pytest.raises(Malformed):
        parse_signatures(b"")


def test_lines_of_unknown_keys_are_ignored() -> None:
    """Even if they do not hold, and even if they have the name or the key id of a known key (but not both)."""
    first, second = NOTE.signatures
    others = (NoteSignature(BOB.name, first.key_id, b"bad"), NoteSignature("eve", second.key_id, b"bad"))
    note = Note(TEXT, (*others, *NOTE.signatures))
    assert (Verified(ALICE.name, ALICE.key_id),) == verify_note(note, [ALICE.verifier])


def test_a_known_key_that_does_not_hold_spoils_the_note() -> None:
    """Another's good line does not save it, nor does a good line of the same key before or after."""
    first, second = NOTE.signatures
    bad = NoteSignature(BOB.name, BOB.key_id, first.blob)
    for lines in ((first, bad), (first, second, bad), (first, bad, second)):
        with pytest.raises(NoteInvalid):
            verify_note(Note(TEXT, lines), [ALICE.verifier, BOB.verifier])


def test_a_known_key_signs_once() -> None:
    """A second line of it is refused, even if both hold."""
    with pytest.raises(NoteInvalid):
        verify_note(Note(TEXT, (*NOTE.signatures, NOTE.signatures[0])), [ALICE.verifier])


def test_a_note_that_nobody_known_signed_is_refused() -> None:
    """Nothing to believe."""
    carol = new_signer(Kind.ED25519, "carol.example", b"c" * 32)
    with pytest.raises(NoteInvalid):
        verify_note(NOTE, [carol.verifier])
    with pytest.raises(NoteInvalid):
        verify_note(NOTE, [])


def test_no_byte_of_a_note_can_be_changed() -> None:
    """Every flipped bit of a note that one key signed makes it unreadable or unsigned."""
    data = sign_note(TEXT, [ALICE], 0).encode()
    for at in range(len(data)):
        for bit in (1, 16, 128):
            changed = bytearray(data)
            changed[at] ^= bit
            with pytest.raises((Malformed, NoteInvalid)):
                verify_note(parse_note(bytes(changed)), [ALICE.verifier])


@pytest.mark.parametrize("text", [b"", b"a", b"a\r\n", b"a\n\xff\n", b"a\n\n" + LINE[:-1]])
def test_only_what_can_be_read_is_signed(text: bytes) -> None:
    """A text that no note may have is not signed."""
    with pytest.raises(Malformed):
        sign_note(text, [ALICE], 0)


def test_a_newer_signature_takes_the_place_of_the_older() -> None:
    """One line per key, in the order they came."""
    newer = NoteSignature(ALICE.name, ALICE.key_id, b"newer")
    assert Note(TEXT, (newer, NOTE.signatures[1])) == NOTE.plus([newer])


def test_a_reader_does_not_ask_with_the_same_key_twice() -> None:
    """That would be a mistake of ours."""
    with pytest.raises(Bug):
        verify_note(NOTE, [ALICE.verifier, ALICE.verifier])
