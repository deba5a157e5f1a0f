"""Packages: only what is held goes in, the same order gives the same bytes, every answer is said in words."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from nullabona.docket.core.records import ClassAnswer, Decision
from nullabona.docket.production import certificate
from nullabona.docket.production.certificate import CERTIFICATE, MANIFEST
from nullabona.docket.production.classes import CLASSES, FIELDS, AnswerImpossible, answer_of, field_of
from nullabona.docket.production.glyphs import shown
from nullabona.docket.production.manifest import Operator, read_manifest
from nullabona.docket.production.package import Packager
from nullabona.docket.production.statement import NO_DATA_STATEMENT, STATEMENT
from nullabona.docket.production.words import CERTIFICATE as CERTIFICATE_WORDS
from nullabona.docket.production.words import (
    DECLARATION,
    HOW,
    NO_DATA,
    SIGNED,
    SYSTEM,
)
from nullabona.docket.taxonomy import load
from nullabona.wire.data_held import DIRECTORY_COLUMNS
from nullabona.wire.demands import DataClass, RefusalReason
from nullabona.words.demands import ANSWER, DATA_CLASS, FIELD, REASON
from tests.docket.packages import HANDLE, contents, match, needs_poppler, order, packager


def test_the_same_order_gives_the_same_bytes() -> None:
    """Certificate included: whoever has the order can make the package again and compare."""
    asked = order("subscriber", "content")
    assert packager()(asked) == packager()(asked)


def test_another_order_gives_other_bytes() -> None:
    """Nothing of the order is left out."""
    one, other = (contents(packager()(order(asked))) for asked in ("content", "contacts"))
    assert {MANIFEST, CERTIFICATE, NO_DATA_STATEMENT} == {path for path in one if one[path] != other[path]}


def test_what_is_produced_is_the_output_of_producible_and_nothing_else() -> None:
    """Every value of the record comes from the directory's own function, every one of them is there."""
    record = json.loads(contents(packager()(order("subscriber")))["data/records/001-subscriber.json"])
    assert {field["field"]: field["value"] for field in record} == {
        name: value for name, value in match().record.items() if name != "handle"
    }


def test_the_classes_know_every_stored_column() -> None:
    """A column that the directory keeps of an account is in exactly one class, and no class has another one."""
    of_nobody = {
        "held.mark",
        *(f"{c.table}.{c.name}" for c in DIRECTORY_COLUMNS if c.table in {"page", "epoch", "spent"}),
    }
    held = {field_of(c): f"{c.table}.{c.name}" for c in DIRECTORY_COLUMNS}
    assert of_nobody == {f"{c.table}.{c.name}" for c in DIRECTORY_COLUMNS if field_of(c) is None}
    assert sorted(name for name in held if name is not None) == sorted(n for fields in FIELDS.values() for n in fields)


@pytest.mark.parametrize("asked", [asked for asked in CLASSES if asked != "subscriber"])
def test_everything_but_subscriber_data_is_not_held(asked: DataClass) -> None:
    """By construction, for an account that is there: content, contacts, rooms, traffic, taps, preservation, removal."""
    made = order(asked)
    files = contents(packager()(made))
    statement = STATEMENT if asked in {"removal", "account_action"} else NO_DATA_STATEMENT
    assert {MANIFEST, CERTIFICATE, statement} == set(files)
    assert (ClassAnswer(asked, "not_held"),) == read_manifest(files[MANIFEST]).answers
    with pytest.raises(AnswerImpossible):
        packager()(replace(made, decision=Decision("produce", (ClassAnswer(asked, "produced"),))))


@pytest.mark.parametrize("instrument", ["KR.REMOVAL.TEMPORARY", "EU.DSA9", "EU.TCO"])
def test_a_private_message_cannot_be_removed(instrument: str) -> None:
    """The demand goes the same way and ends in *not held*."""
    manifest = read_manifest(contents(packager()(order("removal", "content", instrument=instrument)))[MANIFEST])
    assert ["not_held", "not_held"] == [answer.answer for answer in manifest.answers]


@pytest.mark.parametrize("classes", [("removal",), ("account_action",), ("removal", "account_action")])
def test_a_demand_for_removal_has_its_own_letter(classes: tuple[DataClass, ...]) -> None:
    """It asked for no data: a certificate of no records would answer something else."""
    made = order(*classes, instrument="EU.DSA9")
    files = contents(packager()(made))
    told = certificate._told(read_manifest(files[MANIFEST]))
    assert ("삭제 요청 회신서", "Reply to a Demand for Removal") == (told["title"]["ko"], told["title"]["en"])
    assert "neither find nor remove" in told["nothing"]["en"]
    assert "찾거나 지울 수 없습니다" in files[STATEMENT].decode()
    refused = read_manifest(contents(packager()(order(*classes, instrument="EU.DSA9", refused="overbroad")))[MANIFEST])
    assert "거절 통지서" == certificate._told(refused)["title"]["ko"]


NAMED = Operator("Example", "relay.example", "nullabona", "김보관", "기록 보관 책임자")


@pytest.mark.parametrize(
    ("instrument", "sworn"),
    [("KR.WARRANT", "사실과 다름없음"), ("US.WARRANT", "penalty of perjury"), ("EU.EPOC", "I confirm that the above")],
)
def test_a_named_person_signs_as_the_country_wants_it(instrument: str, sworn: str) -> None:
    """Name and position from docket.toml, the words of the country whose authority demanded, and the day of signing."""
    files = contents(Packager(NAMED, load())(order("subscriber", instrument=instrument)))
    told = certificate._told(read_manifest(files[MANIFEST]))
    assert ["김보관", "기록 보관 책임자"] == [each["value"] for each in told["custodian"]]
    assert sworn in told["sworn"]["ko"] + told["sworn"]["en"]
    if instrument != "US.WARRANT":
        assert "perjury" not in str(told)


@needs_poppler
def test_name_and_position_stand_on_the_letter(tmp_path: Path) -> None:
    """Beside the line for the signature."""
    path = tmp_path / "letter.pdf"
    path.write_bytes(contents(Packager(NAMED, load())(order("subscriber")))[CERTIFICATE])
    text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    assert ("김보관" in text, "Executed on" in text) == (True, True)


def test_an_unknown_handle_gives_a_statement_and_no_records() -> None:
    """The certificate is one of no records."""
    files = contents(packager()(order("subscriber", found=False)))
    assert {MANIFEST, CERTIFICATE, NO_DATA_STATEMENT} == set(files)
    assert "보유하는 것이 없습니다" in files[NO_DATA_STATEMENT].decode()


def test_a_refusal_refuses_every_class_for_its_reason() -> None:
    """Nothing of what is held goes in."""
    files = contents(packager()(order("subscriber", "content", refused="gate_not_met")))
    answers = read_manifest(files[MANIFEST]).answers
    assert [("refused", "gate_not_met")] * 2 == [(answer.answer, answer.reason) for answer in answers]
    assert not [path for path in files if path.startswith("data/records")]


WRONG: list[tuple[str, Decision]] = [
    ("an answer too few", Decision("produce", ())),
    ("an answer twice", Decision("produce", (ClassAnswer("subscriber", "produced"),) * 2)),
    ("another class", Decision("produce", (ClassAnswer("rooms", "not_held"),))),
    ("held but denied", Decision("produce", (ClassAnswer("subscriber", "not_held"),))),
    ("refused without reason", Decision("produce", (ClassAnswer("subscriber", "refused"),))),
    ("produced for a reason", Decision("produce", (ClassAnswer("subscriber", "produced", "incomplete"),))),
    ("refusal without reason", Decision("refuse")),
    ("refusal that produces", Decision("refuse", (ClassAnswer("subscriber", "produced"),), "incomplete")),
    ("produced with a reason of all", Decision("produce", (ClassAnswer("subscriber", "produced"),), "incomplete")),
]


@pytest.mark.parametrize("decision", [decision for _, decision in WRONG], ids=[name for name, _ in WRONG])
def test_a_decision_that_does_not_fit_makes_no_package(decision: Decision) -> None:
    """What was asked is answered, once each, and truthfully."""
    with pytest.raises(AnswerImpossible):
        packager()(replace(order("subscriber"), decision=decision))


def test_a_class_of_a_found_account_may_be_refused_or_out_of_scope() -> None:
    """What is held need not be produced, if the answer says so."""
    answers = (ClassAnswer("subscriber", "refused", "offence_not_covered"), ClassAnswer("content", "not_in_scope"))
    made = replace(order("subscriber", "content"), decision=Decision("produce", answers))
    files = contents(packager()(made))
    assert answers == read_manifest(files[MANIFEST]).answers
    assert {MANIFEST, CERTIFICATE, NO_DATA_STATEMENT} == set(files)


def test_every_answer_has_words_in_both_languages() -> None:
    """No certificate has a hole where a word should be."""
    labels = [*ANSWER.values(), *DATA_CLASS.values(), *REASON.values(), *FIELD.values()]
    assert set(get_args(RefusalReason)) == set(REASON)
    assert (set(CLASSES), set(FIELDS["subscriber"])) == (set(DATA_CLASS), set(FIELD))
    assert [label for label in labels if not label.ko or not label.en] == []


def text_of(pdf: bytes, folder: Path) -> str:
    """What `pdftotext` reads."""
    path = folder / "certificate.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode()


@needs_poppler
def test_the_certificate_can_be_read_by_machine_in_both_languages(tmp_path: Path) -> None:
    """Hangul is text, not a picture of it, and hashes are whole."""
    files = contents(packager()(order("subscriber", "content")))
    text = text_of(files[CERTIFICATE], tmp_path)
    manifest = read_manifest(files[MANIFEST])
    said = ("제출 확인서", "Certificate of Production", "보유하지 않음", "압수수색영장", "서울중앙 2026-1234", HANDLE)
    assert [word for word in said if word not in text] == []
    assert manifest.files[0].sha256 in text


@needs_poppler
def test_every_letter_of_the_certificate_is_embedded(tmp_path: Path) -> None:
    """It looks the same on a machine without Korean fonts."""
    path = tmp_path / "certificate.pdf"
    path.write_bytes(contents(packager()(order("subscriber", refused="withdrawn")))[CERTIFICATE])
    listing = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout
    fonts = [line for line in listing.splitlines()[2:] if line.strip()]
    assert [line for line in fonts if " yes yes yes " not in line] == []
    assert {"NotoSerifKR", "NotoSansKR"} <= {line.split("+")[1].split("-")[0] for line in fonts}


@pytest.mark.parametrize(
    ("text", "said"),
    [("서울 2026 漢字 é", "서울 2026 漢字 é"), ("a؍b", "a[U+060D]b"), ("\u202e", "[U+202E]"), ("🙂", "[U+1F642]")],
)
def test_a_letter_that_the_fonts_lack_is_written_out(text: str, said: str) -> None:
    """Nothing is left blank, nothing turns the line around."""
    assert said == shown(text)


def test_every_word_of_the_certificate_can_be_shown() -> None:
    """The fonts have all letters of our own sentences."""
    own = [*CERTIFICATE_WORDS.values(), *ANSWER.values(), *DATA_CLASS.values(), *REASON.values(), *FIELD.values()]
    own += [SYSTEM, DECLARATION, HOW, SIGNED, NO_DATA]
    assert [label for label in own if shown(label.ko + label.en) != label.ko + label.en] == []


@pytest.mark.slow
@settings(deadline=None, max_examples=12, phases=[Phase.explicit, Phase.generate])
@example('#text(9pt)[x] $ @ref <label> ` \\ " ] )')
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
def test_what_an_authority_writes_cannot_change_the_certificate(text: str) -> None:
    """Markup in a reference stays text; whatever is written, the package is made."""
    made = order("content")
    files = contents(packager()(replace(made, demand=msgspec.structs.replace(made.demand, authority_ref=text))))
    assert text == read_manifest(files[MANIFEST]).authority_ref
    assert files[CERTIFICATE].startswith(b"%PDF-1.7")


@settings(deadline=None)
@given(st.sets(st.sampled_from(CLASSES), min_size=1), st.booleans())
def test_possible_answers_are_the_two(asked: set[DataClass], found: bool) -> None:  # noqa: FBT001 - a strategy
    """Produced for subscriber data of a known account, not held for all else."""
    held = {one for one in asked if answer_of(one, (match(found=found),)) == "produced"}
    assert held == (asked & {"subscriber"} if found else set())
