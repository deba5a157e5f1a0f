"""What strangers wrote, cut into pieces: where a link ends, who is meant by a name, and what stands for whom."""

from __future__ import annotations

import pytest

from nullabona.app.presenting.links import show_link
from nullabona.app.presenting.text import clean, clean_name, colour, initial, is_big, one_line, spans
from nullabona.app.protocol.views import Span

SITE = "https://example.org/"


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("a", "a"),
        ("a.", "a"),
        ("a,b", "a,b"),
        ("a...!?", "a"),
        ("a)", "a"),
        ("(a)", "(a)"),
        ("(a))", "(a)"),
        ("(a)).", "(a)"),
        ("a.)", "a"),
        ("a).b", "a).b"),
        ("(a", "(a"),
        ("a]", "a"),
        ("[a]", "[a]"),
        ("a」", "a"),
        ("「a」", "「a」"),
        ("a)]", "a"),
        ("[a)", "[a"),
        ("[a)]", "[a)]"),
    ],
)
def test_a_link_ends_where_the_sentence_around_goes_on(written: str, link: str) -> None:
    """Punctuation behind it, and brackets that it did not open, are the sentence's."""
    found = spans(SITE + written, {})
    rest = written.removeprefix(link)
    assert [Span("link", SITE + link, SITE + link), *([Span("text", rest)] if rest else [])] == found


def test_an_address_without_a_host_is_text() -> None:
    """As is one whose host could not be looked up; the words around it are whole."""
    for text in ("https:// x", "see https://'. ok", "https://a_한.example/ here"):
        assert [Span("text", text)] == join(spans(text, {}))
    assert show_link("https://a_한.example/") is None


def join(found: list[Span]) -> list[Span]:
    """Pieces of text that follow one another as one."""
    texts = "".join(span.text for span in found)
    return [Span("text", texts)] if {span.kind for span in found} == {"text"} else found


def test_of_two_names_the_longer_one_is_meant() -> None:
    """And a name inside of a word or of a link is nobody's."""
    mentions = {"mina": ("ab", False), "mina kim": ("cd", True), "a.b": ("ef", False)}
    assert [Span("mention-me", "@mina kim", "cd"), Span("text", ", "), Span("mention", "@mina", "ab")] == spans(
        "@mina kim, @mina", mentions
    )
    text = f"{SITE}@mina x@mina @@mina @aXb @mina"
    assert [
        Span("link", f"{SITE}@mina", f"{SITE}@mina"),
        Span("text", " x@mina @@mina @aXb "),
        Span("mention", "@mina", "ab"),
    ] == spans(text, mentions)


@pytest.mark.parametrize(
    ("name", "letter"), [("ßeta", "S"), ("ŉ", "ʼ"), ("7up", "7"), ("\u1100\u1161나", "가"), ("-é", "É")]
)
def test_what_stands_for_a_name_is_one_letter(name: str, letter: str) -> None:
    """The first that there is, large and composed."""
    assert letter == initial(name)


def test_a_tint_is_the_same_everywhere_and_always() -> None:
    """Other devices and later versions show somebody in the same colour."""
    assert [5, 8, 7, 1] == [colour(id) for id in (b"", b"j" * 32, bytes(32), b"\xff" * 32)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n b\t\tc", "a b c"),
        ("x" * 160, "x" * 160),
        ("x" * 161, "x" * 159 + "…"),
        (" " * 1_279 + "x", "x"),
        (" " * 1_280 + "x", ""),
    ],
)
def test_a_line_is_the_beginning_of_a_text(text: str, line: str) -> None:
    """Up to 160 characters, of the first 1,280."""
    assert line == one_line(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\rb\r\nc", "a\nb\nc"),
        ("\u200bx\u200c\u200d\u202e", "x\u200c\u200d\u202e"),
        ("a\ud800\ue000\u0085b", "ab"),
        ("한\u0301" + "\u0301" * 8, "한" + "\u0301" * 8),
        ("\u0301" * 9, "\u0301" * 8),
        ("\U0001f3f4\U000e0020\U000e0001", "\U0001f3f4\U000e0020"),
        ("한\u20dd" * 3, "한\u20dd" * 3),
        ("\U0001f3f4\U000e0067\U000e007f\U000e0001", "\U0001f3f4\U000e0067\U000e007f"),
        ("\u05d0\ufe0f" * 2 + "\ufe0f" * 9, "\u05d0\ufe0f" * 2 + "\ufe0f" * 9),
    ],
)
def test_what_is_not_seen_goes(text: str, cleaned: str) -> None:
    """But joiners, marks of direction, tags of flags and what makes a sign an emoji."""
    assert cleaned == clean(text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\tb\nc", "a b c"), ("x" * 79 + " yz", "x" * 79), ("x" * 90, "x" * 80), ("\u2067a\u2069", "a")],
)
def test_a_name_is_one_line(name: str, shown: str) -> None:
    """Eighty characters, no end in a space, nothing that turns direction."""
    assert shown == clean_name(name)


@pytest.mark.parametrize(
    ("text", "big"), [(" 😀 😀\n", True), ("😀" * 5, True), ("😀" * 6, False), ("😀x", False), ("  ", False)]
)
def test_up_to_five_emoji_are_big(text: str, *, big: bool) -> None:
    """With any space between and around them."""
    assert big is is_big(text)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("HTTPS://Example.org/A", ("HTTPS://example.org/A", "https://example.org/A")),
        ("https://Example.org/Example.org", ("https://example.org/Example.org", "https://example.org/Example.org")),
        ("https://example.org:8443/a", ("https://example.org:8443/a", "https://example.org:8443/a")),
        ("https://한국.example:1/", ("https://한국.example:1/", "https://xn--3e0b707e.example:1/")),
        ("https://user:pw@example.org/", None),
        ("https:///a", None),
        ("https://xn--zzzzzzzzzz.example/", ("https://xn--zzzzzzzzzz.example/", "https://xn--zzzzzzzzzz.example/")),
        ("https://æø.example/", ("https://æø.example/", "https://xn--6ca0b.example/")),
        ("https://i\u0301.example/", ("https://xn--eda.example/", "https://xn--eda.example/")),
    ],
)
def test_a_link_is_shown_as_what_it_leads_to(raw: str, shown: tuple[str, str] | None) -> None:
    """With its port; its scheme and host in small letters; nothing that names a person."""
    assert shown == show_link(raw)
