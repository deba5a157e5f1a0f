"""Sentences for people, in Korean and English: one TOML file for each area, and one way to say them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, Protocol, get_args

from nullabona.errors import Bug

Language = Literal["ko", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

_PLACE: Final = re.compile(r"\{(\w+)")


class Bilingual(Protocol):
    """Whatever is in both languages."""

    @property
    def ko(self) -> str: ...
    @property
    def en(self) -> str: ...


def pick(both: Bilingual, language: Language) -> str:
    """The text in one language. Nothing else in the program asks which language it is."""
    return both.ko if language == "ko" else both.en


def translated(words: Mapping[str, Sentence], key: str, own: str, language: Language) -> str:
    """The text of ``key``, or ``own`` where the catalogue has none in this language: the code states it."""
    known = words.get(key)
    return (pick(known, language) if known is not None else "") or own


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, and what the person can do. A hint may be empty; words in braces are replaced by values."""

    ko: str
    en: str
    ko_hint: str = ""
    en_hint: str = ""

    def say(self, language: Language, **values: object) -> str:
        """The sentence with its values."""
        return pick(self, language).format_map(values)

    @property
    def hint(self) -> Sentence:
        """The hint as a sentence of its own."""
        return Sentence(self.ko_hint, self.en_hint)


class Words(Mapping[str, Sentence]):
    """The sentences of some areas, or of one section of them, by key. Files are read when one is said first."""

    def __init__(self, *areas: str, section: str = "") -> None:
        self._areas, self._prefix = areas, f"{section}." if section else ""

    def say(self, key: str, language: Language, **values: object) -> str:
        """The sentence of ``key`` with its values."""
        return self._all[key].say(language, **values)

    @cached_property
    def _all(self) -> dict[str, Sentence]:
        folder = Path(__file__).parent
        every = parse_words(*((folder / f"{area}.toml").read_text("utf-8") for area in self._areas))
        return {key.removeprefix(self._prefix): one for key, one in every.items() if key.startswith(self._prefix)}

    def __getitem__(self, key: str) -> Sentence:
        return self._all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def parse_words(*texts: str) -> dict[str, Sentence]:
    """Key → sentence. Raises `Bug` for what is malformed, double, or takes other values in one of the languages.

    English may be missing where it is the program's own, as of errors.
    """
    import tomllib  # not for commands that say nothing

    words: dict[str, Sentence] = {}
    try:
        for key, given in (pair for text in texts for pair in _entries(tomllib.loads(text))):
            if key in words:
                raise Bug(f"the sentence {key} is there twice")
            words[key] = _checked(key, Sentence(**{"en": "", **given}))
    except (tomllib.TOMLDecodeError, AttributeError, TypeError) as error:
        raise Bug("a file of sentences cannot be read") from error
    return words


def _entries(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """``section.name`` → a sentence, of tables in tables."""
    for name, inner in table.items():
        if any(isinstance(value, str) for value in inner.values()):
            yield prefix + name, inner
        else:
            yield from _entries(inner, f"{prefix}{name}.")


def _checked(key: str, sentence: Sentence) -> Sentence:
    for ko, en in ((sentence.ko, sentence.en), (sentence.ko_hint, sentence.en_hint)):
        if not sentence.ko or (en and set(_PLACE.findall(ko)) != set(_PLACE.findall(en))):
            raise Bug(f"the sentence {key} is empty or takes other values in one of its languages")
    return sentence
