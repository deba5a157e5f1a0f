"""Checkpoints: three lines, or more that are not recommended, in one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.log.checkpoint import MAX_CHECKPOINT, MAX_ORIGIN, Checkpoint, parse_checkpoint
from nullabona.log.strict import MAX_NUMBER

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
LINES = st.text(st.characters(min_codepoint=0x20, codec="utf-8"), min_size=1, max_size=30)


def text(origin: str = "example.com/log", size: str = "20852163", root: str = ROOT, *more: str) -> bytes:
    return "".join(f"{line}\n" for line in (origin, size, root, *more)).encode()


def test_a_checkpoint_is_three_lines() -> None:
    """Origin, size, root hash."""
    checkpoint = parse_checkpoint(text())
    assert ("example.com/log", 20_852_163, "0ac5186a", ()) == (
        checkpoint.origin,
        checkpoint.size,
        checkpoint.root[:4].hex(),
        checkpoint.extensions,
    )


@given(LINES, st.integers(0, MAX_NUMBER), st.binary(min_size=32, max_size=32), st.lists(LINES, max_size=3))
def test_a_checkpoint_comes_back(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    """Encoding and parsing are each other's inverse; spaces and U+2028 in an origin are the log's business."""
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert checkpoint == parse_checkpoint(checkpoint.encode())


@pytest.mark.parametrize("size", ["", "05", "+5", " 5", "5_0", "-5", "٥", "5 ", "9223372036854775808", "5.0"])
def test_a_size_has_one_spelling(size: str) -> None:
    """What ``int`` would take is refused."""
    with pytest.raises(Malformed):
        parse_checkpoint(text(size=size))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"a\n", b"a\n5\n", text()[:-1], text(origin=""), text(root=""), text().replace(b"\n", b"\r\n"),
        text() + b"\n", text("a", "5", ROOT, "", "x"), text(root=ROOT[:-2] + "J="), text(root="AA" * 20 + "AA=="),
        text(root="CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw=="), text(root=ROOT + " "), text(root=ROOT[:-1]),
        b"\n" + text(), text(origin="a\x07"), text() + b"\xff\n", text("a", "5", ROOT, "a\rb"),
        text("a\u2028" + "5", "5\u20280", ROOT),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(data: bytes) -> None:
    """Empty lines, other line ends, a root of 31 or 33 bytes, stray bits, control characters."""
    with pytest.raises(Malformed):
        parse_checkpoint(data)


def test_origin_and_text_have_limits() -> None:
    """Both sides of both."""
    assert MAX_ORIGIN == len(parse_checkpoint(text(origin="o" * MAX_ORIGIN)).origin)
    with pytest.raises(Malformed):
        parse_checkpoint(text(origin="o" * (MAX_ORIGIN + 1)))
    room = MAX_CHECKPOINT - len(text()) - 1
    assert room == len(parse_checkpoint(text() + b"x" * room + b"\n").extensions[0])
    with pytest.raises(Malformed):
        parse_checkpoint(text() + b"x" * (room + 1) + b"\n")


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 0, bytes(32), ()), ("a\nb", 0, bytes(32), ()), ("a", -1, bytes(32), ()), ("a", 2**63, bytes(32), ()),
        ("a", 0, bytes(31), ()), ("a", 0, bytes(32), ("",)), ("a", 0, bytes(32), ("a\nb",)), ("a\0", 0, bytes(32), ()),
    ],
)  # fmt: skip
def test_none_is_made_that_could_not_be_read(origin: str, size: int, root: bytes, extensions: tuple[str, ...]) -> None:
    """The same rules for what is written."""
    with pytest.raises(Malformed):
        Checkpoint(origin, size, root, extensions)
