"""The form in which a country cites its laws. A citation in another form is refused: lawyers read hyphens and
abbreviations of our own differently, or not at all.
"""

from __future__ import annotations

import re
from typing import Final

from nullabona.words.laws import law_of

_KOREAN: Final = r"제\d+조(의\d+)?(제\d+항)?(제\d+호)?( 및 제\d+항|부터 제\d+조(의\d+)?까지)?"
_AMERICAN: Final = r"§ \d+[a-z]?(\(\w+\))*"
_EUROPEAN: Final = r"Art\. \d+(\(\w+\))*"
_PLACE: Final = {
    "KR": re.compile(rf"{_KOREAN}(, {_KOREAN})*\Z"),
    "US": re.compile(rf"{_AMERICAN}(, {_AMERICAN})*\Z"),
    "EU": re.compile(rf"({_EUROPEAN}(, {_EUROPEAN})*)?\Z"),
}

_RULE: Final = re.compile(r"\d+(\(\w+\))*\Z")
"""A rule of procedure is cited by its number alone: ``Fed. R. Civ. P. 45``."""


def cites(citation: str, jurisdiction: str, names: list[str]) -> bool:
    """Whether ``citation`` names one of the laws, and each of its provisions as ``jurisdiction`` writes them."""
    rest = citation
    while name := law_of(rest, names):
        inner = rest.removeprefix(name).removesuffix(name).strip()
        here, found, rest = _until_next(inner, names)
        form = _RULE if name.endswith(" P.") else _PLACE[jurisdiction]
        if form.match(here) is None:
            return False
        if not found:
            return True
    return False


def _until_next(text: str, names: list[str]) -> tuple[str, bool, str]:
    """What stands before the next law that ``text`` names, whether there is one, and the text from there on."""
    starts = [at for name in names if (at := text.find(f", {name} ")) >= 0]
    return (text[: min(starts)], True, text[min(starts) + 2 :]) if starts else (text, False, "")
