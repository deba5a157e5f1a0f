"""The page's source: words in both languages and in one place, no markup or style that the page's policy forbids."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from nullabona.words.warnings import GRAVE
from tests.browser.states import CODES

UI: Final = Path(__file__).parents[2] / "ui/src"
WORDS: Final = sorted((UI / "lib/words").glob("*.ts"))
COMPONENTS: Final = sorted(UI.rglob("*.svelte"))
SCRIPTS: Final = sorted(path for path in UI.rglob("*.ts") if path.parent.name != "words")
HOW_TO: Final = UI.parents[1] / "docs/how-to"
LONGEST: Final = 200
HANGUL: Final = re.compile(r"[ㄱ-ㆎ가-힣]")
OWN_NAMES: Final = {"한국어", "English"}
"""Languages are named in themselves."""
BETWEEN_TAGS: Final = re.compile(r">([^<>{}]*[A-Za-z]{2,} [A-Za-z]{2,}[^<>{}]*)<")
_ENTRY: Final = re.compile(r'^    (?:"([\w-]+)"|(\w+)):', re.MULTILINE)


def _name(path: Path) -> str:
    return str(path.relative_to(UI))


def _markup(source: str) -> str:
    """A component without its script, style and comments."""
    return re.sub(r"<script.*?</script>|<style.*?</style>|<!--.*?-->", "", source, flags=re.DOTALL)


def _code(source: str) -> str:
    """Without comments."""
    return re.sub(r"<!--.*?-->|/\*.*?\*/|(?<![:\w])//[^\n]*", "", source, flags=re.DOTALL)


def _languages(source: str) -> list[tuple[str, str]]:
    """The Korean and the English half of every `words` in a file."""
    return re.findall(r"words\(\{\n  ko: \{\n(.*?)\n  \},\n  en: \{\n(.*?)\n  \},\n\}\)", source, re.DOTALL)


def _keys(half: str) -> list[str]:
    return [quoted or plain for quoted, plain in _ENTRY.findall(half)]


@pytest.mark.parametrize("path", [path for path in WORDS if "words({" in path.read_text("utf-8")], ids=_name)
def test_every_word_is_there_in_both_languages(path: Path) -> None:
    """The same keys in the same order; English has Hangul only where it gives an example."""
    halves = _languages(path.read_text("utf-8"))
    assert halves
    for korean, english in halves:
        assert _keys(korean) == _keys(english)
        assert len(_keys(korean)) == len(set(_keys(korean)))
        assert [] == [line for line in english.splitlines() if HANGUL.search(line) and "e.g." not in line]


INFRASTRUCTURE: Final = re.compile(
    r"릴레이|디렉터리|명함|회차|대화방|\b(?:relays?|director(?:y|ies)|(?:name )?cards?|epochs?)\b(?!\.)", re.IGNORECASE
)
IN_DETAIL: Final = {"held.ts", "privacy.ts"}
"""The screen about what a server has: there its cards are the subject."""


@pytest.mark.parametrize("path", [path for path in WORDS if path.name not in IN_DETAIL], ids=_name)
def test_infrastructure_has_no_name_on_a_screen(path: Path) -> None:
    """There is a server, and nobody who chats needs more than that."""
    said = [text for half in _languages(path.read_text("utf-8")) for text in half]
    values = [line.partition(":")[2] for text in said for line in text.splitlines()]
    assert [] == [value for value in values if INFRASTRUCTURE.search(re.sub(r"\(\w+: string\)|\$\{\w+\}", "", value))]


@pytest.mark.parametrize("path", COMPONENTS, ids=_name)
def test_a_component_has_no_words_of_its_own(path: Path) -> None:
    """They come from `lib/words`, or they would be in one language only."""
    source = path.read_text("utf-8")
    found = [text for text in re.findall(r"[^\n\"'`<>]*[가-힣][^\n\"'`<>]*", _code(source)) if text not in OWN_NAMES]
    assert [] == found
    assert [] == BETWEEN_TAGS.findall(_markup(source))
    assert [] == re.findall(r"(?:aria-label|title|alt|placeholder)=\"[^\"{}]+\"", _markup(source))


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_a_module_has_no_korean_words_of_its_own(path: Path) -> None:
    """Search by first consonants needs letters, not words."""
    assert [] == re.findall(r"[가-힣]{2,}", _code(path.read_text("utf-8")))


@pytest.mark.parametrize("path", COMPONENTS, ids=_name)
def test_a_component_keeps_the_policy_of_the_page(path: Path) -> None:
    """No raw markup, no inline style or script, no colour but the tokens', and short enough to read at once."""
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= LONGEST
    code = _code(source)
    assert [] == re.findall(r"\{@html|\bstyle=|\bon\w+=\"|javascript:|innerHTML|insertAdjacentHTML", code)
    assert [] == COLOUR.findall(code)


COLOUR: Final = re.compile(
    r"#[0-9a-fA-F]{3,8}\b(?![\w-])(?=[;\s,)])|\b(?:rgba?|hsla?|oklch|oklab|color-mix|light-dark)\("
)


def test_colours_are_only_in_the_tokens() -> None:
    """One file decides how both themes look."""
    styles = {path.name: COLOUR.findall(_code(path.read_text("utf-8"))) for path in (UI / "styles").glob("*.css")}
    tokens = styles.pop("tokens.css")
    assert len(tokens) > 50
    assert {name: [] for name in styles} == styles


def test_every_grave_warning_is_among_the_screens_that_are_looked_at() -> None:
    """A device that was signed out has a page of its own."""
    assert set() == GRAVE - {"signed-out"} - {code for codes in CODES.values() for code in codes}


@pytest.mark.parametrize("page", ["use-the-app.md", "use-the-app.ko.md"])
def test_what_the_how_to_says_to_press_is_on_the_screen(page: str) -> None:
    """Each word in italics is one that the app shows, in the language of the page."""
    halves = [half for path in WORDS for half in _languages(path.read_text("utf-8"))]
    shown = "".join(half[not page.endswith(".ko.md")] for half in halves)
    text = re.sub(r"`[^`]+`|\*\*[^*]+\*\*", "", (HOW_TO / page).read_text("utf-8"))
    named = [" ".join(part.split()) for words in re.findall(r"\*([^*]+)\*", text) for part in words.split("→")]
    assert len(named) >= 20
    assert [] == [name for name in named if f'"{name}"' not in shown and f"`{name} (${{" not in shown]
