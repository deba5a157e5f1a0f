"""Every finding that verification can make is explained, in both languages and on the page."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import nullabona.reading
from nullabona.docket.core.findings import SENTENCES, Finding
from nullabona.docket.taxonomy import load
from nullabona.errors import Malformed, PeerError
from nullabona.log.note import NoteInvalid
from nullabona.log.policy import NotWitnessed, WrongOrigin
from nullabona.log.tree import ProofInvalid
from nullabona.words.catalogue import Language
from nullabona.words.laws import LAWS, law_of, law_words
from nullabona.words.recounted import FINDINGS, WHERE, where

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "spec/docket.md").read_text("utf-8")
BATCHES = (ROOT / "src/nullabona/docket/core/batches.py").read_text("utf-8")
MAPS = {"nullabona.log.vrf", "nullabona.log.prefix"}
"""What only the directory's map uses."""
assert nullabona.reading.__name__  # its errors are among those that are looked for
SOURCES = [*(ROOT / "src/nullabona/docket/core").glob("recount*.py"), ROOT / "src/nullabona/docket/verify.py"]


def test_every_code_has_its_words() -> None:
    """Those of the program, those of the page and those that are explained are the same."""
    made = set(re.findall(r'(?:Finding|fault)\(\s*"([a-z-]+)"', "".join(path.read_text("utf-8") for path in SOURCES)))
    table = re.findall(r"^\| `([a-z-]+)` \|", PAGE.partition("## 8.")[2].partition("## 9.")[0], re.MULTILINE)
    assert (made, table) == (set(FINDINGS), list(FINDINGS))


def test_korean_is_korean() -> None:
    """No sentence is left in the other language."""
    for code in FINDINGS:
        assert re.search("[가-힣]", FINDINGS[code].ko)
        assert not re.search("[가-힣]", FINDINGS[code].en)


def sentences() -> set[str]:
    """The keys that the program uses."""
    text = "".join(path.read_text("utf-8") for path in SOURCES)
    used = set(re.findall(r'(?:Finding|fault)\(\s*"[a-z-]+", "([a-z-]+)"', text))
    used |= set(re.findall(r'(?:BatchWrong\(|yield |_because\(error, )"([a-z-]+)"', text + BATCHES))
    return used | {"entries-from", "entries"}


def test_every_sentence_is_used_and_said_in_both_languages() -> None:
    """With the same values, and nothing in it of the other language."""
    assert sentences() == set(SENTENCES) == set(WHERE)
    for key, english in SENTENCES.items():
        korean = WHERE[key].ko
        assert fields(english) == fields(korean), key
        plain = re.sub(r"\{\w+\}", "", korean)
        assert not re.search("[A-Za-z]", plain), key
        assert re.search("[가-힣]", plain) or not plain.strip(" :"), key
        assert not re.search("[가-힣]", english), key


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_why_is_said_in_korean_too() -> None:
    """Whatever another part can say of a log's files has its own sentence."""
    assert {Malformed, NoteInvalid, NotWitnessed, WrongOrigin, ProofInvalid} <= set(causes())
    for error in causes():
        found = Finding("log-broken", "checkpoint", {"period": 3, "why": "in English"}, error.code)
        assert re.fullmatch(r"3회차: [^A-Za-z]*[가-힣][^A-Za-z]*", where(found, "ko")), error.code
        assert "period 3: in English" == where(found, "en")


def causes() -> list[type[PeerError]]:
    """The errors that a log's files can be refused with."""
    found, pending = [], [PeerError]
    while pending:
        for child in pending.pop().__subclasses__():
            pending.append(child)
            own = child.__module__.startswith(("nullabona.log", "nullabona.reading", "nullabona.machine.http"))
            if child is Malformed or (own and child.__module__ not in MAPS):
                found.append(child)
    return found


def test_laws_have_the_titles_of_the_taxonomy() -> None:
    """Clients say them too, and do not have its files."""
    titles = {short: (title.ko, title.en) for short, title in LAWS.items()}
    assert {source.name: (source.label.ko, source.label.en) for source in load().sources} == titles


CITED = (
    "통신비밀보호법 제5조부터 제9조까지",
    "통신비밀보호법 제9조의2",
    "통신비밀보호법 시행령 제21조",
    "18 U.S.C. § 2703(d)",
    "Art. 10 Regulation (EU) 2023/1543",
    "Art. 13 Regulation (EU) 2023/1543",
    "민법 제1조",
)
EUROPE = "Art. 10, Art. 13 Regulation (EU) 2023/1543"
KOREAN = (
    "통신비밀보호법 제5조부터 제9조까지, 제9조의2, 통신비밀보호법 시행령 제21조, "
    f"18 U.S.C. § 2703(d) (미국 연방법전 제18편), {EUROPE} (전자증거 규정), 민법 제1조"
)
ENGLISH = (
    "통신비밀보호법 제5조부터 제9조까지, 제9조의2 (Protection of Communications Secrets Act), "
    "통신비밀보호법 시행령 제21조 (Enforcement Decree of the Protection of Communications Secrets Act), "
    f"18 U.S.C. § 2703(d), {EUROPE}, 민법 제1조"
)


@pytest.mark.parametrize(("language", "said"), [("ko", KOREAN), ("en", ENGLISH)])
def test_a_law_is_cited_as_its_country_does(language: Language, said: str) -> None:
    """With its title for readers of another language; what is no known law stays as it is."""
    assert said == law_words(CITED, language)


def test_every_law_of_the_taxonomy_is_known() -> None:
    """No citation of the shipped rows is without its title."""
    assert [] == [each for row in load().rows for each in row.law if not law_of(each)]
