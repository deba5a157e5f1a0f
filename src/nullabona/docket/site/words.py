"""The sentences of the pages: read strictly from ``words.toml``, in Korean and English."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from nullabona.errors import Bug
from nullabona.wire.demands import Label
from nullabona.words.catalogue import Language

Words = Mapping[str, Label]


def parse_words(text: str) -> Words:
    """``section.name`` → both languages. Raises `Bug`: the file comes with the program."""
    try:
        sections = msgspec.convert(tomllib.loads(text), dict[str, dict[str, Label]], strict=True)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Bug("the sentences of the pages cannot be read") from error
    words = {f"{section}.{name}": label for section, named in sections.items() for name, label in named.items()}
    for name, label in words.items():
        if not (label.ko and label.en) or _places(label.ko) != _places(label.en):
            raise Bug(f"the sentence {name} differs between the languages in what it takes")
    return words


@cache
def load_words() -> Words:
    """The sentences that came with the program."""
    return parse_words((files("nullabona.docket.site") / "words.toml").read_text(encoding="utf-8"))


def pick(label: Label, language: Language) -> str:
    """The label in one language."""
    return label.ko if language == "ko" else label.en


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
