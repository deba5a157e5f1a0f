"""Names, emoji and words: pure rules."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.emoji import is_one_emoji
from nullabona.client.core.model.hangul import matches_name
from nullabona.client.core.timeline.names import MAX_NAME, clean_name
from nullabona.client.core.timeline.search import grams


@pytest.mark.parametrize(
    ("query", "name", "fits"),
    [
        ("ㄱㅈㅇ", "김지우", True),
        ("김ㅈ", "김지우", True),
        ("ㅈㅇ", "김지우", True),
        ("기", "김지우", True),
        ("지", "김지우", True),
        ("기지", "김지우", False),
        ("ㄱㅈ ㅇ", "김 지우", True),
        ("ㄱㅇㅈ", "김지우", False),
        ("ㄲ", "김지우", False),
        ("MIN", "mina", True),
        ("ｍｉｎ", "Mina", True),
        ("", "mina", False),
        ("지우야", "지우", False),
    ],
)
def test_names_are_found_as_koreans_type_them(query: str, name: str, fits: bool) -> None:  # noqa: FBT001
    """By first consonants, syllables, unfinished syllables, in any case and width."""
    assert fits is matches_name(query, name)


@pytest.mark.parametrize("text", ["👍", "❤️", "❤", "🇰🇷", "1️⃣", "👩‍👩‍👧‍👦", "👍🏽", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🙆‍♀️"])
def test_one_emoji(text: str) -> None:
    """However many code points it takes."""
    assert is_one_emoji(text)


@pytest.mark.parametrize("text", ["", "a", "1", "👍👍", "👍 ", "ㅋ", "가", "\u200d", "🇰", "👍\u200d", "<", "\ufe0f"])
def test_not_one_emoji(text: str) -> None:
    """Letters, digits, two of them, parts of one."""
    assert not is_one_emoji(text)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("  미나 \n", "미나"),
        ("\u1106\u1175\u1102\u1161", "미나"),
        ("mina\u202egnp.exe", "minagnp.exe"),
        ("a\x00b\u200bc", "abc"),
        ("\u2028x", "x"),
        ("엄마👩\u200d👧", "엄마👩\u200d👧"),
        ("a\u200db", "ab"),
        ("e" + "\u0301" * 20, "é" + "\u0301" * 3),
        ("x" * 100, "x" * MAX_NAME),
    ],
)
def test_names_are_cleaned(given: str, shown: str) -> None:
    """Composed, one line, nothing hidden, nothing that turns or piles up; clean again is itself."""
    assert shown == clean_name(given)
    assert shown == clean_name(shown)


def test_words_are_cut_into_pairs() -> None:
    """Within words, folded, each once; signs and single characters give none."""
    assert "이번 번주 주말 말에" == grams("이번주말에 이번, 주말! a")
    assert "ab bc" == grams("ＡＢＣ abc")
