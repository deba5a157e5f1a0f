"""Abuse reports: what is written is what is read, nothing else is read, and a signature is over every word."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullabona.errors import Malformed, PeerError
from nullabona.wire.abuse_report import (
    MAX_ABUSE_REPORT,
    MAX_REPORTED_FILE,
    MOST_MESSAGES,
    AbuseReportBody,
    AbuseReportInvalid,
    ReportedFile,
    ReportedMessage,
    read_abuse_report,
    write_abuse_report,
)
from nullabona.wire.blob import PIECE, BlobRef, piece_count
from nullabona.wire.canonical import canonical
from nullabona.wire.signed import CardInvalid
from tests.wire.abuse_reports import KEY, PHONE, SAID_AT, body, certificate, cut, reported, signed
from tests.wire.cards import MINA, TODAY

REF, _ = cut(b"picture")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
MESSAGES = st.builds(
    ReportedMessage,
    st.integers(0, 2**53 - 1),
    TEXT,
    st.sampled_from([None, str(MINA)]),
    st.sampled_from([None, reported(REF), reported(REF, REF)]),
)
BODIES = st.builds(
    AbuseReportBody,
    st.sampled_from(["wss://relay.example", "ws://127.0.0.1:8443"]),
    st.integers(0, 1_000_000),
    st.lists(MESSAGES, min_size=1, max_size=4).map(tuple),
)


@given(BODIES, st.booleans())
def test_a_report_comes_back(said: AbuseReportBody, sign: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    """read(write(x)) == x, signed or not."""
    found = read_abuse_report(signed(said) if sign else write_abuse_report(said))
    assert (said, certificate() if sign else None) == (found.body, found.reporter)


JSON = st.recursive(
    st.none() | st.integers() | TEXT, lambda x: st.lists(x, max_size=3) | st.dictionaries(TEXT, x, max_size=3)
)


@settings(max_examples=40)
@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_refused_with_an_error_of_ours(data: bytes) -> None:
    """No bytes and no JSON of somebody else end in anything but `Malformed`."""
    with pytest.raises(Malformed):
        read_abuse_report(data)


@given(st.data())
def test_a_changed_byte_is_never_taken_for_what_was_signed(data: st.DataObject) -> None:
    """Wherever the byte is: the report is refused, or it is the very same one."""
    whole = bytearray(signed(body(REF, sender=str(MINA))))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(PeerError):
        read_abuse_report(bytes(whole))


def test_words_that_somebody_else_signed_are_refused() -> None:
    """Neither a signature over other words nor one by another key holds; nor a certificate that nobody issued."""
    said, other = body(REF), body()
    taken = json.loads(signed(other)) | {"body": json.loads(write_abuse_report(said))["body"]}
    with pytest.raises(AbuseReportInvalid):
        read_abuse_report(canonical(taken))
    false = certificate().encode()[:-1] + bytes([certificate().encode()[-1] ^ 1])
    with pytest.raises(CardInvalid):
        read_abuse_report(write_abuse_report(said, false, PHONE.sign))


def _with(**changed: Any) -> bytes:  # noqa: ANN401 - any field
    plain = json.loads(write_abuse_report(body(REF)))
    return canonical(plain | {"body": plain["body"] | changed})


@pytest.mark.parametrize(
    "data",
    [
        _with(v=2),
        _with(kind="something else"),
        _with(messages=[]),
        _with(relay=""),
        _with(relay="two lines\n"),
        _with(room="more than the form has"),
        write_abuse_report(AbuseReportBody("r", TODAY, (ReportedMessage(SAID_AT, "x"),) * (MOST_MESSAGES + 1))),
        write_abuse_report(body()) + b" ",
        b" " * (MAX_ABUSE_REPORT + 1),
    ],
)
def test_what_the_form_does_not_allow_is_refused(data: bytes) -> None:
    """Another version or kind, no messages, too many, a field too much, one byte too many."""
    with pytest.raises(Malformed):
        read_abuse_report(data)


def test_the_largest_report_is_read() -> None:
    """As many messages as are allowed, of the largest file."""
    sizes = (64 * PIECE, MAX_REPORTED_FILE - 64 * PIECE)
    blobs = (BlobRef(size, KEY, (b"h" * 32,) * piece_count(size)) for size in sizes)
    said = ReportedMessage(SAID_AT, "", None, reported(*blobs))
    whole = AbuseReportBody("r", TODAY, (said,) * MOST_MESSAGES)
    assert whole == read_abuse_report(write_abuse_report(whole)).body


@pytest.mark.parametrize(
    "file",
    [
        ReportedFile("a", "b", REF.size + 1, (REF,)),
        ReportedFile("a", "b", REF.size, (msgspec.structs.replace(REF, chunks=REF.chunks * 2),)),
        ReportedFile("a", "b", PIECE + 1, (BlobRef(PIECE + 1, KEY, REF.chunks),)),
    ],
)
def test_a_file_whose_parts_do_not_add_up_is_refused(file: ReportedFile) -> None:
    """So that nobody is made to look for more pieces than the size has."""
    said = AbuseReportBody("r", TODAY, (ReportedMessage(SAID_AT, "", None, file),))
    with pytest.raises(AbuseReportInvalid):
        read_abuse_report(write_abuse_report(said))


def test_nothing_of_it_is_in_a_repr() -> None:
    """Neither words nor names nor keys reach a log or a traceback."""
    found = read_abuse_report(signed(body(REF, sender=str(MINA))))
    shown = repr((found.body.messages, found.body, found)) + repr(found.body.messages[1].file)
    assert [] == [secret for secret in ("나쁜", "바다", "kkkk") if secret in shown]
