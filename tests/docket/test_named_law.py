"""The law that is named is the law that was used: what the demand rests on stands in receipt, letter and notice."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.docket.cases.notices import _plain
from nullabona.docket.console.pages.notice_text import Drawn
from nullabona.docket.core.acts import AmendDetails
from nullabona.docket.core.receipt import check_receipt
from nullabona.docket.core.states import Action
from nullabona.log.policy import Policy
from nullabona.wire.operator_notice import Name
from nullabona.words.catalogue import Language
from nullabona.words.operator_notice import said_words
from tests.docket.desks import demand
from tests.docket.publishing import POLICY, PublicOffice

AMENDED = "형사소송법 제215조제2항, 제219조"


def test_the_receipt_binds_the_law(public_office: PublicOffice) -> None:
    """The authority can prove under which law the log holds its demand."""
    case = public_office.answer(public_office.take_in())
    receipt = public_office.desk.receipt(public_office.who("cora"), case)
    assert "형사소송법 제215조" == receipt.private["legal_basis"]


def test_the_receipt_is_of_the_demand_that_is_answered(public_office: PublicOffice) -> None:
    """An amendment, as of a law that was typed wrongly, is another slot: the receipt opens that one."""
    case = public_office.take_in()
    details = AmendDetails(msgspec.structs.replace(demand(public_office.clock), legal_basis=AMENDED), "typed wrongly")
    public_office.sign("ina", public_office.desk.propose(public_office.who("ina"), Action.AMEND, case, details))
    public_office.answer(case)
    receipt = public_office.desk.receipt(public_office.who("cora"), case)
    assert AMENDED == receipt.private["legal_basis"]
    check_receipt(receipt, Policy.parse(POLICY))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_notice_can_be_read_before_it_is_signed(public_office: PublicOffice, language: Language) -> None:
    """The same words as on the person's device: law, document and case of this demand, and what was handed over."""
    case = public_office.take_in()
    assert () == public_office.desk.notice_bodies(public_office.who("nora"), case)
    public_office.register()
    public_office.answer(case)
    (body,) = public_office.desk.notice_bodies(public_office.who("nora"), case)
    text = "\n".join(said for _, said in said_words(language, Drawn(body)))
    wanted = ("서울경찰청", "형사소송법 제215조", "2026-1234", "2026-00001", "mina@relay.example", "제417조")
    assert [each for each in wanted if each not in text] == []


@pytest.mark.parametrize("text", ["형사소송법\n제215조", "a\x7fb", "x" * 300])
def test_what_an_officer_typed_never_makes_a_notice_unreadable(text: str) -> None:
    """Clients refuse control characters and long lines; such a notice would be lost."""
    assert msgspec.convert(_plain(text), Name)
