"""One spelling for each value: what Python's own readers would take is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.log.strict import MAX_NUMBER, decimal, decode_base64, decode_text, encode_base64, is_key_name


@pytest.mark.parametrize("number", [0, 1, 10, MAX_NUMBER])
def test_a_number_has_one_spelling(number: int) -> None:
    """The usual one."""
    assert number == decimal(str(number))


@pytest.mark.parametrize(
    "text",
    [
        "", "05", "00", "+5", "-5", "-0", " 5", "5 ", "5_0", "٥", "5.0", "5e1", "0x5", "５", "5\n", "²", "1" * 20,
        "9" * 19, str(MAX_NUMBER + 1), "1" * 5000,
    ],
)  # fmt: skip
def test_no_other_number_is_read(text: str) -> None:
    """Signs, zeros, spaces, separators, other digits, and what is too large."""
    with pytest.raises(Malformed):
        decimal(text)


@given(st.binary(max_size=70))
def test_base64_comes_back(data: bytes) -> None:
    """With its size or without."""
    assert [data, data] == [decode_base64(encode_base64(data)), decode_base64(encode_base64(data), len(data))]
    with pytest.raises(Malformed):
        decode_base64(encode_base64(data), len(data) + 1)


@pytest.mark.parametrize(
    "text",
    [
        "AA", "AA=", "AB==", "AAB=", "A", "====", "AA==AA==", "AA== ", " AA==", "AA\n==", "AA==\n", "A-_A", "ÀA==",
        "AA===", "A=A=", "=AAA", "AA==A", "\u2028AA==",
    ],
)  # fmt: skip
def test_no_other_base64_is_read(text: str) -> None:
    """Missing padding, stray bits, stray characters, the other alphabet."""
    with pytest.raises(Malformed):
        decode_base64(text)


@given(st.text(alphabet="ABab01+/=-_ \n", max_size=12))
def test_what_is_read_as_base64_is_written_the_same(text: str) -> None:
    """Whatever the text."""
    try:
        data = decode_base64(text)
    except Malformed:
        return
    assert text == encode_base64(data)


@pytest.mark.parametrize("data", [b"a\r\n", b"a\tb", b"\0", b"\x1f", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"12345"])
def test_text_is_utf_8_without_control_characters(data: bytes) -> None:
    """And not over its limit, which is 4 here."""
    with pytest.raises(Malformed):
        decode_text(data, 4, "test")


def test_a_line_ends_with_a_newline_only() -> None:
    """U+2028 and U+0085 are characters like others."""
    assert "a\u2028b\u0085\n" == decode_text("a\u2028b\u0085\n".encode(), 10, "test")


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("a", True), ("log.example/도켓", True), ("", False), ("a+b", False), ("a b", False), ("a\u00a0b", False),
        ("a\u2028", False), ("a\u3000", False), ("a\u0085", False), ("a\nb", False), ("a\x07", False),
    ],
)  # fmt: skip
def test_a_keys_name_has_no_space_and_no_plus(name: str, *, allowed: bool) -> None:
    """No Unicode space either."""
    assert allowed == is_key_name(name)
