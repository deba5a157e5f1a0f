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
    [b"", b"   ", b"[1]", b'{"a": ', b'{"a"', b'{"a": "b', b'{"a": [1, 2', b"{7: 1}", b'{"a": ]}', b'{"a": 1', b"7"],
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
