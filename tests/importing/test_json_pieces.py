"""Large JSON in pieces: as `json` reads it, however it is cut and written, and an error where it is none."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.client.importing import json_pieces
from nullabona.client.importing.errors import ExportUnreadable
from nullabona.client.importing.json_pieces import Pieces

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=12) | st.floats(0, 1),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", min_size=1, max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


class Slow(io.BytesIO):
    """Gives a few bytes at a time, whatever is asked for."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self._most = most

    def read(self, _size: int | None = -1, /) -> bytes:
        return super().read(self._most)


def objects(data: bytes, most: int = 7) -> dict[str, Any]:
    """The object that a document is, each value taken and decoded."""
    pieces = Pieces(Slow(data, most))
    found = {key: json.loads(pieces.take() or b"null") for key in pieces.members()}
    assert pieces.peek() == 0
    return found


@given(st.dictionaries(st.text("abc가", min_size=1, max_size=5), VALUES, max_size=5), st.integers(1, 40), st.booleans())
def test_an_object_is_what_json_says_it_is(value: dict[str, Any], most: int, wide: bool) -> None:  # noqa: FBT001
    """Whatever it holds, with spaces or without, however few bytes come at a time."""
    text = json.dumps(value, ensure_ascii=False, indent=2 if wide else None)
    assert value == objects(text.encode("utf-8", "surrogatepass"), most)


@given(st.lists(VALUES, max_size=6), st.integers(1, 40), st.integers(0, 6))
def test_elements_are_taken_or_passed_over_one_by_one(values: list[Any], most: int, skipped: int) -> None:
    """What is skipped is gone, and what follows it is not touched by that."""
    pieces = Pieces(Slow(json.dumps([*values, "end"]).encode(), most))
    found = []
    for number, _ in enumerate(pieces.elements()):
        if number == skipped and number < len(values):
            pieces.skip()
        else:
            found.append(json.loads(pieces.take() or b"null"))
    assert [
        value for number, value in enumerate([*values, "end"]) if number != skipped or number == len(values)
    ] == found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"[1]",
        b'{"a": ',
        b'{"a"',
        b'{"a": "b',
        b'{"a": [1, 2',
        b"{7: 1}",
        b'{"a": ]}',
        b'{"a": 1',
        b'["a": 1}',
        b"7",
    ],
)
def test_a_document_that_is_none_or_ends_early_is_a_clear_error(data: bytes) -> None:
    """Wherever it ends: no half of a value is ever taken for a whole."""
    with pytest.raises(ExportUnreadable):
        objects(data)


@pytest.mark.parametrize(("digits", "fits"), [(64, True), (65, False)])
def test_a_bare_word_is_short(digits: int, *, fits: bool) -> None:
    """No number of an export is longer than 64 characters."""
    data = b'{"a": ' + b"1" * digits + b"}"
    if fits:
        assert {"a": int("1" * digits)} == objects(data)
    else:
        with pytest.raises(ExportUnreadable):
            objects(data)


@pytest.mark.parametrize(("size", "kept"), [(20, True), (21, False)])
def test_a_value_that_is_too_large_is_passed_over_and_the_next_is_read(
    size: int, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    """As many bytes as may be are kept; with one more it is left out."""
    monkeypatch.setattr(json_pieces, "LARGEST", 20)
    inner = b'"' + b"x" * (size - 2) + b'"'
    pieces = Pieces(Slow(b'{"a": ' + inner + b', "b": 7}', 3))
    assert [inner if kept else None, b"7"] == [pieces.take() for _ in pieces.members()]


def test_no_text_is_looked_through_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """One string that goes on beyond twice the largest value ends the reading."""
    monkeypatch.setattr(json_pieces, "LARGEST", 1_000)
    pieces = Pieces(Slow(b'{"a": "' + b"x" * 10_000 + b'"}', 100))
    with pytest.raises(ExportUnreadable):
        [pieces.take() for _ in pieces.members()]


class Ends(io.BytesIO):
    """Must not be asked again once it has ended; remembers how much was asked for."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.asked: list[int] = []
        self._over = False

    def read(self, size: int | None = -1, /) -> bytes:
        assert not self._over
        self.asked.append(size or 0)
        data = super().read(size)
        self._over = not data
        return data


def test_the_end_is_the_end() -> None:
    """It is seen again and again, and nothing is read behind it."""
    pieces = Pieces(Ends(b" ,\n: "))
    assert [0, 0, 0] == [pieces.peek(), pieces.peek(), pieces.peek()]


def test_what_comes_next_is_seen_and_not_taken() -> None:
    """Behind spaces, commas, colons and the mark of an encoding."""
    pieces = Pieces(Slow(b'\xef\xbb\xbf , [1, {}, "x", tru]', 1))
    assert [ord("["), ord("[")] == [pieces.peek(), pieces.peek()]
    assert [ord("1"), ord("{"), ord('"'), ord("t")] == [(pieces.peek(), pieces.take())[0] for _ in pieces.elements()]
    assert 0 == pieces.peek()


def test_values_are_taken_as_they_are_written() -> None:
    """Spaces inside stay; brackets and escapes in a string are its own."""
    values = [b'{ "a" : [1 , 2] }', rb'"]\"}{\\"', b"[]", b"-1.5e3", b"null", b'[[["]"]], "{"]']
    pieces = Pieces(Slow(b"[" + b" , ".join(values) + b"]", 2))
    assert values == [pieces.take() for _ in pieces.elements()]


def test_a_long_string_is_looked_through_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time about twice as much is read; what is passed over is read in parts of one size."""
    monkeypatch.setattr(json_pieces, "_CHUNK", 16)
    text = b'"' + b"x" * 1_000 + b'"'
    stream = Ends(b"[" + text + b"]")
    pieces = Pieces(stream)
    assert [text] == [pieces.take() for _ in pieces.elements()]
    assert (True, 16) == (len(stream.asked) < 9, stream.asked[0])
    stream = Ends(b"[" + b"[1, 2, 3]," * 50 + b"4]")
    Pieces(stream).skip()
    assert {16} == set(stream.asked)


@pytest.mark.parametrize(("size", "fits"), [(21, True), (22, False)])
def test_a_string_that_is_passed_over_has_a_longest_too(
    size: int, monkeypatch: pytest.MonkeyPatch, *, fits: bool
) -> None:
    """More of one string than twice the largest value is never held."""
    monkeypatch.setattr(json_pieces, "LARGEST", 10)
    pieces = Pieces(Slow(b"[" + b'"' + b"x" * (size - 2) + b'", 7]', 1))
    if fits:
        assert [None, b"7"] == [pieces.take() for _ in pieces.elements()]
    else:
        with pytest.raises(ExportUnreadable):
            [pieces.take() for _ in pieces.elements()]


def test_many_small_values_that_are_too_large_together_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, whatever their depth; the next one is read."""
    monkeypatch.setattr(json_pieces, "LARGEST", 10)
    inner = b"[" + b'{"a": ["b"]}, ' * 50 + b"1]"
    pieces = Pieces(Slow(b"[" + inner + b', "next"]', 3))
    assert [None, b'"next"'] == [pieces.take() for _ in pieces.elements()]


def test_a_string_behind_small_values_may_be_as_long_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before it in the same value does not make it longer."""
    monkeypatch.setattr(json_pieces, "LARGEST", 20)
    inner = b"[" + b"[]," * 5 + b'"' + b"x" * 28 + b'"]'
    pieces = Pieces(Slow(b"[" + inner + b", 7]", 3))
    assert [None, b"7"] == [pieces.take() for _ in pieces.elements()]


@pytest.mark.parametrize(("digits", "fits"), [(64, True), (65, False)])
def test_a_bare_word_is_short_wherever_it_stands(digits: int, *, fits: bool) -> None:
    """Behind others, in what was read at once."""
    pieces = Pieces(io.BytesIO(b'["some", "words", ' + b"1" * digits + b"]"))
    if fits:
        assert [b'"some"', b'"words"', b"1" * 64] == [pieces.take() for _ in pieces.elements()]
    else:
        with pytest.raises(ExportUnreadable):
            [pieces.take() for _ in pieces.elements()]


def test_a_key_that_is_too_large_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its value is there to be passed over."""
    monkeypatch.setattr(json_pieces, "LARGEST", 10)
    pieces = Pieces(Slow(b'{"' + b"x" * 9 + b'": 1, "y\xff": 2}', 3))
    assert [("", b"1"), ("y\ufffd", b"2")] == [(key, pieces.take()) for key in pieces.members()]


@pytest.mark.parametrize("data", [b"[", b"{1]", b"[1", b"[1,", b"[}", b'["a', b"[[1]", b"]", b"", b"[" + b"1" * 65])
def test_an_array_that_is_none_or_ends_early_is_a_clear_error(data: bytes) -> None:
    """Also where its elements are passed over."""
    taken, skipped = Pieces(Slow(data, 2)), Pieces(Slow(data, 2))
    with pytest.raises(ExportUnreadable):
        [taken.take() for _ in taken.elements()]
    with pytest.raises(ExportUnreadable):
        [skipped.skip() for _ in skipped.elements()]  # type: ignore[func-returns-value]
