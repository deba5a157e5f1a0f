"""The page for authorities: made from what is stored, from the law's rows, and from docket.toml; nothing by hand."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from nullabona.docket.production.classes import CLASSES, FIELDS
from nullabona.docket.site import build
from nullabona.docket.site.publication import Guidelines, SignedRow
from nullabona.docket.taxonomy import load
from nullabona.machine.settings import BadConfig
from nullabona.operating.desk import read_guidelines
from nullabona.words.catalogue import Language, pick
from nullabona.words.demands import DATA_CLASS, FIELD
from nullabona.words.laws import law_words
from tests.docket.example_site import example

TOML = """
operator = "Example"
[guidelines]
serve_at = { ko = "서울시 중구 세종대로 110, 법무 담당", en = "Legal, 110 Sejong-daero, Seoul" }
hours = { ko = "평일 9시부터 18시까지", en = "weekdays, 9 to 18 KST" }
languages = ["ko", "en"]
emergency = "+82-2-000-0000"
"""


def guide(language: Language, told: Guidelines) -> str:
    """The page as text."""
    pages = build(msgspec.structs.replace(example(), guidelines=told), load())
    return pages[f"{language}/guide.html"].decode().replace("&#39;", "'").replace("&amp;", "&")


@pytest.fixture
def told(tmp_path: Path) -> Guidelines:
    """As docket.toml says."""
    path = tmp_path / "docket.toml"
    path.write_text(TOML, "utf-8")
    return read_guidelines(path)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_authority_learns_how_to_reach_the_desk(language: Language, told: Guidelines) -> None:
    """Where to serve, in which languages, when, and whom to call where life is in danger."""
    page = guide(language, told)
    assert told.serve_at is not None
    wanted = [told.emergency, pick(told.serve_at, language), example().contact]
    wanted += {"ko": ["한국어, 영어"], "en": ["Korean, English"]}[language]
    assert [each for each in wanted if str(each) not in page] == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_authority_learns_what_is_held(language: Language, told: Guidelines) -> None:
    """Every class that a demand can ask for, and every field that can be produced: a new one comes by itself."""
    page = guide(language, told)
    classes = [pick(DATA_CLASS[one], language) for one in CLASSES]
    fields = [pick(FIELD[name], language) for names in FIELDS.values() for name in names]
    assert [each for each in (*classes, *fields) if each not in page] == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_authority_learns_which_instruments_are_known(language: Language, told: Guidelines) -> None:
    """Each with its law, in its country's notation."""
    page = guide(language, told)
    missing = [row.id for row in load().newest() if law_words(row.law, language) not in page]
    assert [] == missing
    assert "형사소송법 제215조" in page


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_nobody_compared_with_the_law_is_marked(language: Language, told: Guidelines) -> None:
    """Of every row its law, its requirements and its notice; the mark goes once counsel signed the row off."""
    mark, rows = {"ko": "법률 검토 필요", "en": "to be checked by counsel"}[language], load().newest()
    found = re.findall(r'law\.html#([\w-]+)".*?</th>(.*?)</tr>', guide(language, told))
    assert {row.id.lower().replace(".", "-") for row in rows} == set(dict(found))
    for row in rows:
        cells = dict(found)[row.id.lower().replace(".", "-")].split("<td")[1:]
        assert [name in row.counsel for name in ("law", "gates", "notice")] == [mark in cell for cell in cells], row.id
    signed = {row.sha256.hex(): SignedRow(1, "counsel") for row in rows}
    pages = build(msgspec.structs.replace(example(), guidelines=told, signed_off=signed), load())
    assert mark not in pages[f"{language}/guide.html"].decode()


@pytest.mark.parametrize(
    ("language", "said"), [("ko", "이 운영자가 밝히지 않음"), ("en", "not stated by this operator")]
)
def test_what_an_operator_does_not_say_is_said_to_be_missing(language: Language, said: str) -> None:
    """No number is made up and no line left out."""
    assert 4 == guide(language, Guidelines()).count(said)


@pytest.mark.parametrize("wrong", ['languages = ["fr"]', 'emergency = ""', 'surprise = "x"', 'hours = "nine to five"'])
def test_wrong_guidelines_are_refused(tmp_path: Path, wrong: str) -> None:
    """And the field is named."""
    path = tmp_path / "docket.toml"
    path.write_text(f"[guidelines]\n{wrong}\n", "utf-8")
    with pytest.raises(BadConfig, match=r"guidelines of docket\.toml"):
        read_guidelines(path)


@pytest.mark.parametrize("custodian", [None, "ab" * 32])
def test_a_signature_is_promised_only_where_somebody_signs(custodian: str | None) -> None:
    """A desk without a custodian's key hands packages over unsigned; its page promised a signed certificate."""
    made = msgspec.structs.replace(example(), custodian_sha256=custodian)
    page = build(made, load())["en/guide.html"].decode()
    assert (custodian is not None) == ("The answer is a signed certificate" in page)
    assert (custodian is None) == ("names no certificate by which it signs" in page)
