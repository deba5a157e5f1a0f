"""What the command of the desk and the sentences about notices say, in both languages."""

from __future__ import annotations

import dataclasses
import json

import pytest

from nullabona.cli.docket.public import _say_delivery
from nullabona.cli.settings import Settings
from nullabona.client.api.operator import PRODUCIBLE, OperatorNoticeInfo
from nullabona.docket.cases.notices import Delivery, HeldNotice
from nullabona.docket.production.classes import FIELDS
from nullabona.errors import Refused
from nullabona.words.catalogue import Language
from nullabona.words.demands import FIELD
from nullabona.words.operator_notice import notice_words, summary_words
from tests.operator.forging import NOW_S, ORIGIN

INFO = OperatorNoticeInfo(
    id=bytes(32), handle="mina@relay.example", origin=ORIGIN, authority="US Marshals", instrument="US.WARRANT",
    label={"ko": "수색영장", "en": "search warrant"}, basis="18 U.S.C. § 2703(a)", reference="26-mj-0001",
    number="2026-00007", contact="legal@relay.example", received_day=20_000, told_day=20_001,
    refused=False, reason="", asked=("subscriber", "content"),
    answers={"subscriber": "produced", "content": "not_held"},
    given=("encoded",), unknown=(), size=577, slot=(63, 2), witnesses=("press",), witnessed_s=NOW_S, by_hand=False,
    came_s=NOW_S, put_away=False, item=b"",
)  # fmt: skip


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_outcome_of_a_delivery_has_words(language: Language, capsys: pytest.CaptureFixture[str]) -> None:
    """The number on stdout; what was not delivered, and why, on stderr."""
    held = [HeldNotice("2026-00001", "log"), HeldNotice("2026-00002", "gag"), HeldNotice("2026-00004", "log")]
    held += [HeldNotice(f"2026-0001{n}", Refused("day-quota")) for n in range(2)]
    done = Delivery(delivered=2, gone=5, held=tuple(held))
    _say_delivery(Settings(language=language), done)
    said = capsys.readouterr()
    assert "2\n" == said.out
    assert 4 == len(said.err.splitlines())
    assert all(
        part in said.err for part in ("2026-00001, 2026-00004", "2026-00002", "day-quota", "2026-00010, 2026-00011")
    )
    _say_delivery(Settings(as_json=True), done)
    row = json.loads(capsys.readouterr().out)
    assert (2, 2, 1, 5, {"day-quota": 2}) == tuple(row[n] for n in ("delivered", "waiting", "barred", "gone", "failed"))
    assert {"case": "2026-00002", "why": "gag"} in row["held"]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_cannot_be_held_is_said_to_be_strange(language: Language) -> None:
    """An operator that handed over more than this software holds is named for it."""
    plain = notice_words(language, INFO)
    strange = notice_words(language, dataclasses.replace(INFO, given=("messages",), unknown=("messages",)))
    assert ("", True) == (plain.warning, "messages" in strange.warning)


@pytest.mark.parametrize(
    ("instrument", "says"),
    [
        ("KR.WARRANT", "제417조"),
        ("KR.SUBSCRIBER", "요청한 기관에 사유"),
        ("US.CIVIL", "취소나 변경"),
        ("EU.EPOC", "명령을 내린 나라"),
        ("JP.WARRANT", "나라의 법에 따라요"),
    ],
)
def test_a_person_learns_how_to_object(instrument: str, says: str) -> None:
    """By the kind of demand, else by the country, else in general; and that no lawyer has reviewed it."""
    words = notice_words("ko", dataclasses.replace(INFO, instrument=instrument))
    assert says in words.advice[1][1]
    assert "검토하지 않았어요" in words.unreviewed


@pytest.mark.parametrize("contact", ["", "legal@relay.example"])
def test_a_person_learns_whom_to_ask(contact: str) -> None:
    """By the number of the case, which the desk finds it by."""
    asked = notice_words("en", dataclasses.replace(INFO, contact=contact)).advice[-1][1]
    assert "2026-00007" in asked
    assert contact in asked


def test_a_notice_names_document_case_and_law() -> None:
    """The law is the one that the demand names, with its title for a reader of another language."""
    rows = dict(notice_words("ko", INFO).rows)
    assert ("26-mj-0001", "2026-00007", "18 U.S.C. § 2703(a) (미국 연방법전 제18편)") == (
        rows["기관의 문서번호"],
        rows["접수번호"],
        rows["법적 근거"],
    )


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_log_without_witnesses_is_called_so(language: Language) -> None:
    """The sentence about the check never says more than was checked."""
    first = notice_words(language, dataclasses.replace(INFO, witnesses=(), witnessed_s=None)).checked[0]
    assert ("증인이 없어요" if language == "ko" else "It has no witnesses") in first


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_empty_list_says_why_it_may_be_empty(language: Language) -> None:
    """No notice, no policy to check with, what waits, what was not believed: a sentence each."""
    assert 4 == len(summary_words(language, notices=0, unchecked=1, refused=2, checkable=False))
    assert [] == summary_words(language, notices=1, unchecked=0, refused=0, checkable=True)


def test_every_field_that_can_be_produced_is_known_and_named() -> None:
    """What a package may contain, a device knows and can say."""
    produced = {field for fields in FIELDS.values() for field in fields}
    assert (set(), set()) == (produced - PRODUCIBLE, produced - FIELD.keys())
