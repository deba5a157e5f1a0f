"""What strangers wrote is made safe to show: links, mentions, emoji, marks, control characters, length."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.app.presenting.finding import parts
from nullabona.app.presenting.links import show_link
from nullabona.app.presenting.text import (
    COLOURS,
    LONGEST_LINE,
    LONGEST_NAME,
    clean,
    clean_name,
    colour,
    initial,
    is_big,
    one_line,
    spans,
)
from nullabona.app.protocol.views import Span


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("just words", [Span("text", "just words")]),
        ("", []),
        (
            "see https://example.org/a?b=c#d, ok",
            [
                Span("text", "see "),
                Span("link", "https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
                Span("text", ", ok"),
            ],
        ),
        (
            "(https://example.org/x_(y))",
            [
                Span("text", "("),
                Span("link", "https://example.org/x_(y)", "https://example.org/x_(y)"),
                Span("text", ")"),
            ],
        ),
        (
            "javascript:alert(1) file:///etc data:text/html,x",
            [Span("text", "javascript:alert(1) file:///etc data:text/html,x")],
        ),
        ("https://user@evil.example/", [Span("text", "https://user@evil.example/")]),
        ("https://good.example\u202e/x", [Span("text", "https://good.example\u202e/x")]),
        ("@준호 안녕", [Span("mention", "@준호", "ab"), Span("text", " 안녕")]),
        ("mail@준호", [Span("text", "mail@준호")]),
        ("@mina!", [Span("mention-me", "@mina", "cd"), Span("text", "!")]),
    ],
)
def test_texts_fall_into_pieces(text: str, pieces: list[Span]) -> None:
    """Links of the web and mentions are pieces of their own; everything else is text."""
    assert pieces == spans(text, {"준호": ("ab", False), "mina": ("cd", True)})


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://example.org에서 봤어", "https://example.org"),
        ("https://example.org을.", "https://example.org"),
        ("(https://example.org)입니다", "https://example.org"),
        ("(https://example.org/a)입니다", "https://example.org/a"),
        ("http://192.0.2.7:8080에 접속해 봐", "http://192.0.2.7:8080"),
        ("https://한국.example에서", "https://한국.example"),
        ("https://example.org/에서 봤어", "https://example.org/"),
        ("여기https://example.org/x를 봐", "https://example.org/x"),
        ("https://example.org/watch?v=a1이에요", "https://example.org/watch?v=a1"),
        ("https://example.org/wiki/한국은", "https://example.org/wiki/한국은"),
        ("https://example.org/wiki/K팝", "https://example.org/wiki/K팝"),
        ("https://k팝.example/", "https://xn--k-991g.example/"),
        ("https://한국/", "https://한국/"),
    ],
)
def test_a_korean_ending_is_no_part_of_an_address(text: str, link: str) -> None:
    """Korean writes particles right behind a word; what they stand behind is opened without them."""
    (found,) = [span for span in spans(text, {}) if span.kind == "link"]
    assert link == found.text


@given(st.text())
def test_no_word_is_lost(text: str) -> None:
    """The pieces of a text together show all of it, unless a link's host is shown in another form."""
    found = spans(clean(text), {})
    if all(span.kind == "text" for span in found):
        assert clean(text) == "".join(span.text for span in found)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("https://example.org/", ("https://example.org/", "https://example.org/")),
        ("https://한국.example/", ("https://한국.example/", "https://xn--3e0b707e.example/")),
        ("https://pаypal.example/", ("https://xn--pypal-4ve.example/", "https://xn--pypal-4ve.example/")),
        ("https://аррӏе.example/", ("https://xn--80ak6aa92e.example/", "https://xn--80ak6aa92e.example/")),
        ("https://a\u200db.example/", None),
        ("https://a\u00adb.example/", None),
        ("https://münchen.example/", ("https://münchen.example/", "https://xn--mnchen-3ya.example/")),
        ("https://München.example/A", ("https://münchen.example/A", "https://xn--mnchen-3ya.example/A")),
        ("https://paypaI.example/Ix", ("https://paypai.example/Ix", "https://paypai.example/Ix")),
        ("https://fa\u00df.example/", ("https://xn--fa-hia.example/", "https://xn--fa-hia.example/")),
        ("https://example.org\u2215login.example/", None),
        ("https://example\u3002org/", ("https://example.org/", "https://example.org/")),
        ("https://\uff45xample.org/", ("https://example.org/", "https://example.org/")),
        ("https://xn--80ak6aa92e.example/", ("https://xn--80ak6aa92e.example/", "https://xn--80ak6aa92e.example/")),
        ("https://[::1]/", None),
        ("ftp://example.org/", None),
        ("https://example.org:99999/", None),
    ],
)
def test_hosts_that_could_pass_for_others_are_shown_plainly(raw: str, shown: tuple[str, str] | None) -> None:
    """A host of one honest script is shown as written; mixed or look-alike ones in punycode; odd ones are no link."""
    assert shown == show_link(raw)


@pytest.mark.parametrize(
    "host",
    "ᏢᎪᎩᏢᎪᏞ.example ⲅⲟⲟⲅⲗⲉ.example օոӏіոе.example ստ.example ɑpple.example ρaypal.example οοο.example ꓮꓡꓲ.example "
    "ıntel.example paypaĺ.example google.example.со ƅank.example ໐໐.example ᐯᐯ.example".split(),
)
def test_letters_that_pass_for_latin_are_shown_in_punycode(host: str) -> None:
    """Cherokee, Coptic, Armenian, Cyrillic, Greek, Lisu, Lao, Canadian syllables, Latin without its dot or accent."""
    shown = show_link(f"https://{host}/")
    assert shown is None or (shown[0] == shown[1] and shown[0].isascii() and "xn--" in shown[0])


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S"]), min_size=1, max_size=6))
def test_what_is_shown_is_where_a_link_leads(label: str) -> None:
    """Looked up by what is shown, one comes to the target; and what is not ASCII in it is of no other alphabet."""
    shown = show_link(f"https://{label}.example/")
    if shown is None:
        return
    host = urlsplit(shown[0]).hostname or ""
    target = urlsplit(shown[1]).hostname or ""
    assert target == (host if host.isascii() else idna.encode(host).decode())
    known = ("LATIN", "HANGUL", "CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC")
    assert all(char.isascii() or unicodedata.name(char).startswith(known) for char in host)


@pytest.mark.parametrize("text", ["👍", "❤️", "👨‍👩‍👧‍👦", "🇰🇷", "1️⃣", "👋🏽 👋🏽", "😀😀😀😀😀"])
def test_a_few_emoji_are_big(text: str) -> None:
    """Up to five emoji and nothing else."""
    assert is_big(text)


@pytest.mark.parametrize("text", ["", " ", "a", "👍 ok", "1", "123", "😀" * 6, "ㅋㅋ", "가"])
def test_words_are_not_big(text: str) -> None:
    """Digits, letters and many emoji are text."""
    assert not is_big(text)


def test_towers_of_marks_are_cut_down() -> None:
    """A character carries at most four marks in a name, eight in a text; Hangul and emoji stay whole."""
    tower = "a" + "\u0301" * 50
    assert ("a" + "\u0301" * 4, "a" + "\u0301" * 8) == (clean_name(tower), clean(tower))
    assert "각 ❤️ 한" == clean_name("각 ❤️ 한")


@given(st.text())
def test_names_stay_on_their_line(name: str) -> None:
    """No control or direction character, no line break, no more than 80 characters."""
    shown = clean_name(name)
    assert len(shown) <= LONGEST_NAME
    assert shown.isprintable() or not {"\n", "\r", "\u202e", "\u2066", "\x00"} & set(shown)


def test_control_characters_go_and_line_breaks_stay() -> None:
    """Bells, escapes and NUL are dropped from texts."""
    assert "a\nb\tc" == clean("a\r\n\x07b\tc\x00\x1b")


def test_a_megabyte_is_one_short_line() -> None:
    """A chat row shows the beginning of a long text only."""
    line = one_line("가나다 " * 300_000)
    assert (LONGEST_LINE, "…") == (len(line), line[-1])


@pytest.mark.parametrize(
    ("name", "letter"), [("김지우", "김"), ("mina", "M"), ("🐶 준호", "준"), ("", "?"), ("!!", "?")]
)
def test_initials(name: str, letter: str) -> None:
    """The first syllable, letter or digit."""
    assert letter == initial(name)


@given(st.binary())
def test_a_tint_is_one_of_twelve(id: bytes) -> None:
    """And always the same."""
    assert colour(id) == colour(id) < COLOURS


def test_matches_alternate_with_what_is_between() -> None:
    """Plain first, then matching, and so on."""
    assert ["오늘 ", "회의", " 몇 시? ", "회의", ""] == parts("오늘 회의 몇 시? 회의", [(3, 5), (11, 13)])
