"""Handles: Korean and Latin names in one normal form, and no two that look alike."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.wire.handle import (
    MAX_NAME,
    Handle,
    HandleCharacter,
    HandleConfusable,
    HandleError,
    HandleHost,
    HandleLength,
    HandleMixedScript,
    HandleReserved,
    HandleSyntax,
    check_name,
    format_handle,
    parse_handle,
)

HOST = "@relay.example"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mina@relay.example", Handle("mina", "relay.example")),
        ("Mina@Relay.Example", Handle("mina", "relay.example")),
        ("민아@relay.example:8443", Handle("민아", "relay.example", 8443)),
        (unicodedata.normalize("NFD", "민아") + HOST, Handle("민아", "relay.example")),
        ("ｍｉｎａ" + HOST, Handle("mina", "relay.example")),
        ("김철수_84" + HOST, Handle("김철수_84", "relay.example")),
        ("josé.garcía" + HOST, Handle("josé.garcía", "relay.example")),
        ("Straße" + HOST, Handle("strasse", "relay.example")),
        ("1004" + HOST, Handle("1004", "relay.example")),
        ("ab@localhost:9", Handle("ab", "localhost", 9)),
        ("ab@127.0.0.1:8443", Handle("ab", "127.0.0.1", 8443)),
        ("ab@[0:0::1]:80", Handle("ab", "[::1]", 80)),
        ("ab@[::1]", Handle("ab", "[::1]")),
        ("ab@" + "a" * 56 + ".onion", Handle("ab", "a" * 56 + ".onion")),
    ],
)
def test_a_handle_has_one_normal_form(text: str, expected: Handle) -> None:
    """However it is typed, the same handle comes out."""
    assert parse_handle(text) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("mina", HandleSyntax),
        ("m" * 600 + HOST, HandleSyntax),
        ("a" + HOST, HandleLength),
        (HOST, HandleLength),
        ("a" * 33 + HOST, HandleLength),
        ("가" * 33 + HOST, HandleLength),
        ("ab@", HandleHost),
        ("ab@c@d", HandleHost),
        ("ab@-x.example", HandleHost),
        ("ab@a..b", HandleHost),
        ("ab@" + "a" * 64, HandleHost),
        ("ab@" + "a." * 127 + "b", HandleHost),
        ("ab@민아.example", HandleHost),
        ("ab@1.2.3", HandleHost),
        ("ab@1.2.3.4.5", HandleHost),
        ("ab@host:0", HandleHost),
        ("ab@host:65536", HandleHost),
        ("ab@host:08", HandleHost),
        ("ab@host:", HandleHost),
        ("ab@[::g]", HandleHost),
        ("ab@[fe80::1%eth0]", HandleHost),
        ("mi na" + HOST, HandleCharacter),
        ("mi\u200bna" + HOST, HandleCharacter),
        ("mi\u200dna" + HOST, HandleCharacter),
        ("mi\u00adna" + HOST, HandleCharacter),
        ("\u202emina" + HOST, HandleCharacter),
        ("mina\ufe0f" + HOST, HandleCharacter),
        ("mina\u3164" + HOST, HandleCharacter),
        ("ㄱㅏㄴ" + HOST, HandleCharacter),
        ("\u1112\u1161\u11ff" + HOST, HandleCharacter),
        ("みな" + HOST, HandleCharacter),
        ("mina😀" + HOST, HandleCharacter),
        ("m\u0301\u0302ina" + HOST, HandleCharacter),
        ("mina\U0010ffff" + HOST, HandleCharacter),
        (".mina" + HOST, HandleCharacter),
        ("mina-" + HOST, HandleCharacter),
        ("mi._na" + HOST, HandleCharacter),
        ("민아_" + HOST, HandleCharacter),
        ("p\u0430ypal" + HOST, HandleConfusable),
        ("\u0440\u0430\u0443\u0440\u0430l" + HOST, HandleConfusable),
        ("\u0455\u0441\u043e\u0440\u0435" + HOST, HandleConfusable),
        ("\u03bfmina" + HOST, HandleConfusable),
        ("m\u0131na" + HOST, HandleConfusable),
        ("\u0251lice" + HOST, HandleConfusable),
        ("민아kim" + HOST, HandleMixedScript),
        ("é민" + HOST, HandleMixedScript),
        ("Admin" + HOST, HandleReserved),
        ("adm1n" + HOST, HandleReserved),
        ("ádmin" + HOST, HandleReserved),
        ("no_reply" + HOST, HandleReserved),
        ("관리자" + HOST, HandleReserved),
        (unicodedata.normalize("NFD", "운영자") + HOST, HandleReserved),
    ],
)
def test_a_refused_handle_says_which_rule(text: str, error: type[HandleError]) -> None:
    """Each rule has its own error, with a sentence and a hint."""
    with pytest.raises(HandleError) as caught:
        parse_handle(text)
    assert type(caught.value) is error
    assert caught.value.hint


def test_a_handle_cannot_be_built_in_another_form() -> None:
    """Who has a `Handle` has a normal one."""
    for parts in (("Mina", "relay.example"), ("mina", "Relay.example")):
        with pytest.raises(HandleSyntax):
            Handle(*parts)
    for port in (0, 65_536):
        with pytest.raises(HandleHost):
            Handle("mina", "relay.example", port)


@given(st.text(max_size=40))
def test_any_text_gives_a_handle_or_a_handle_error(text: str) -> None:
    """Parsing fails in no other way, and what it gives is normal already."""
    try:
        name = check_name(text)
    except HandleError:
        return
    assert check_name(name) == name
    assert unicodedata.is_normalized("NFKC", name)


@given(st.text("abcdefgh0123456789_.-@:[]가나é ", max_size=30))
def test_parse_and_format_are_inverse(text: str) -> None:
    """parse(format(x)) == x for every handle."""
    try:
        handle = parse_handle(text)
    except HandleError:
        return
    assert parse_handle(format_handle(handle)) == handle
    assert str(handle) == format_handle(handle)


def test_the_longest_name_is_allowed() -> None:
    """The limit itself is inside."""
    assert check_name("가" * MAX_NAME) == "가" * MAX_NAME
