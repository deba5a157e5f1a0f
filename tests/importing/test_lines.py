"""The lines of a text in any encoding: none lost, none ended by anything but its end, long ones in pieces."""

from __future__ import annotations

import codecs
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullabona.client.importing import lines
from nullabona.client.importing.lines import Page, encoding_of, pages, texts


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (codecs.BOM_UTF8 + "가".encode(), "utf-8-sig"),
        ("가".encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + "가".encode("utf-16-be"), "utf-16"),
        ("가나다".encode(), "utf-8"),
        ("가나다".encode()[:-1], "utf-8"),
        ("가나다".encode("cp949"), "cp949"),
        (b"a\xff\xff\xff", "utf-8"),
        (b"", "utf-8"),
    ],
)
def test_an_encoding_is_told_by_the_beginning(head: bytes, name: str) -> None:
    """By its mark, else by what it can be; a character that is cut at the end is none that is broken."""
    assert name == encoding_of(head)


def test_only_the_beginning_tells_the_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is broken behind it is replaced, not read otherwise."""
    monkeypatch.setattr(lines, "_HEAD", 3)
    assert "utf-8" == encoding_of("abc가".encode("cp949"))
    assert "cp949" == encoding_of("ab가".encode("cp949"))
    assert "abc\ufffd\ufffd" == "".join(texts(io.BytesIO(b"abc\xff\xff")))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig", "cp949"])
def test_a_text_is_whole_however_it_is_cut(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a character lies in two parts, and at the end of the file."""
    monkeypatch.setattr(lines, "_CHUNK", 3)
    monkeypatch.setattr(lines, "_HEAD", 5)
    assert "가나다 abc 라" == "".join(texts(io.BytesIO("가나다 abc 라".encode(encoding))))


def test_a_character_that_is_cut_off_at_the_end_is_replaced() -> None:
    """It is not lost without a sign."""
    assert "a\ufffd" == "".join(texts(io.BytesIO(b"a" + "가".encode()[:2])))


def flat(data: bytes) -> Page:
    return [line for page in pages(io.BytesIO(data)) for line in page]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\n\nb", ["a", "", "b"]),
        (b"\n", [""]),
        (b"a\rb\x0bc\x0cd\xc2\x85e\xe2\x80\xa8f", ["a\rb\x0bc\x0cd\x85e\u2028f"]),
        (b"a\r", ["a"]),
        (b"a\r\r\n", ["a\r"]),
        (b"a\0b\0\nc", ["ab", "c"]),
    ],
)
def test_a_line_ends_with_its_end_alone(data: bytes, found: list[str]) -> None:
    """Nothing else that looks like an end is one; NUL is left out."""
    assert [(text, False) for text in found] == flat(data)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"abcd", [("abcd", False)]),
        (b"abcde", [("abcd", False), ("e", True)]),
        (b"abcdefgh\nij", [("abcd", False), ("efgh", True), ("ij", False)]),
        (b"abcdefghi\n\nj", [("abcd", False), ("efgh", True), ("i", True), ("", False), ("j", False)]),
    ],
)
def test_a_line_that_is_too_long_comes_in_pieces(data: bytes, found: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each says that it only goes on; the next line is one again."""
    monkeypatch.setattr(lines, "LONGEST", 4)
    assert found == [line for line in flat(data) if line != ("", True)]


def whole(found: Page) -> list[str]:
    """The lines that these pieces are of."""
    out: list[str] = []
    for text, joined in found:
        if joined:
            out[-1] += text
        else:
            out.append(text)
    return out


@settings(max_examples=50)
@given(st.text(st.sampled_from("ab\r\n\0가"), max_size=40), st.integers(1, 7), st.integers(1, 7), st.integers(1, 9))
def test_lines_are_whole_however_long_and_however_they_come(text: str, longest: int, chunk: int, head: int) -> None:
    """Their pieces, put together, are what the file says; none is longer than may be."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("LONGEST", longest), ("_CHUNK", chunk), ("_HEAD", head)):
            patch.setattr(lines, name, value)
        found = flat(text.encode())
    *ended, rest = text.replace("\0", "").split("\n")
    assert [line.removesuffix("\r") for line in (*ended, *([rest] if rest else []))] == whole(found)
    assert all(len(piece) <= longest for piece, _ in found)


def test_many_lines_come_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One page for each part that is read, and none without a line."""
    monkeypatch.setattr(lines, "_HEAD", 4)
    monkeypatch.setattr(lines, "_CHUNK", 8)
    assert [2, 4, 3] == [len(page) for page in pages(io.BytesIO(b"a\n" * 9))]
    assert [1] == [len(page) for page in pages(io.BytesIO(b"x" * 40))]
