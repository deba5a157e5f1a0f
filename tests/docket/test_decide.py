"""What each act makes of a case, and every reason for which one is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from nullabona.docket.core import decide
from nullabona.docket.core.acts import AmendDetails, GagDetails, IntakeDetails, Stale
from nullabona.docket.core.decide import DecisionInvalid, DemandIncomplete, GateNotMet, NotYetPublic
from nullabona.docket.core.instrument import DAY, Instrument, Taxonomy
from nullabona.docket.core.records import (
    CaseContent,
    ClassAnswer,
    Decision,
    File,
    Gag,
    GagProposal,
    Gate,
    Match,
    Package,
)
from nullabona.wire.slots import Outcome
from tests.docket.demands import FOUND, HANDLE, NOW, OTHER, content, demand, produce, refuse
from tests.docket.desks import row

TAXONOMY = Taxonomy(
    (
        row("KR.WARRANT", valid_to=20_800),
        row("KR.WARRANT", valid_from=20_801, gates=()),
        row("KR.SECRET", default_gag=True, law=("형사소송법 제215조", "CPA 106"), emergency_form=True),
        row("KR.BARE", default_gag=True, law=(), gates=("a", "b")),
    ),
    bytes(32),
)
GAG = Gag("court", NOW + DAY)
GATES = (Gate("a", met=True), Gate("b", met=False))


def take_in(**more: Any) -> CaseContent:  # noqa: ANN401
    return decide.take_in(IntakeDetails(demand(**more)), TAXONOMY, NOW)


def test_a_demand_becomes_a_case() -> None:
    """With nothing found and nothing decided; corrected, it begins again."""
    whole = CaseContent(demand())
    assert whole == take_in() == decide.take_in(AmendDetails(demand(), "typo"), TAXONOMY, NOW)


@pytest.mark.parametrize(
    ("instrument", "own", "gag"),
    [
        ("KR.WARRANT", None, None),
        ("KR.WARRANT", GAG, GAG),
        ("KR.SECRET", None, Gag("형사소송법 제215조, CPA 106")),
        ("KR.SECRET", GAG, GAG),
    ],
)
def test_silence_is_ordered_by_the_document_or_by_the_law(instrument: str, own: Gag | None, gag: Gag | None) -> None:
    """The document comes first; the law's has no end."""
    assert gag == take_in(instrument=instrument, gag=own).gag


def test_a_gag_by_law_without_a_name_is_named_after_its_instrument() -> None:
    """Its basis is never empty, and never longer than one may be."""
    assert Gag("KR.BARE") == take_in(instrument="KR.BARE", gates=GATES).gag
    long = Taxonomy((row("KR.LONG", default_gag=True, law=("x" * 199, "y")),), bytes(32))
    taken = decide.take_in(IntakeDetails(demand(instrument="KR.LONG")), long, NOW)
    assert Gag("x" * 199 + ",") == taken.gag


@pytest.mark.parametrize(
    ("more", "good"),
    [
        ({"received_s": NOW + 1}, False),
        ({"received_s": NOW - 1}, True),
        ({"issued_day": 20_801}, True),
        ({"issued_day": 20_802}, False),
        ({"gates": ()}, False),
        ({"gates": (Gate("other", met=True),)}, False),
        ({"gates": (Gate("cover_copy_received", met=True), Gate("cover_copy_received", met=False))}, False),
        ({"gates": (Gate("cover_copy_received", met=False),)}, True),
        ({"instrument": "KR.BARE", "gates": GATES[::-1]}, True),
        ({"instrument": "KR.BARE", "gates": GATES[:1]}, False),
        ({"classes": ("subscriber", "subscriber")}, False),
        ({"classes": ("subscriber", "identification")}, True),
        ({"from_day": 5}, False),
        ({"to_day": 5}, False),
        ({"from_day": 5, "to_day": 5}, True),
        ({"from_day": 6, "to_day": 5}, False),
        ({"emergency": True}, False),
        ({"emergency": False}, True),
        ({"instrument": "KR.SECRET", "emergency": True}, True),
        ({"instrument": "KR.NONE"}, False),
    ],
)
def test_a_demand_that_contradicts_itself_is_incomplete(more: dict[str, Any], *, good: bool) -> None:
    """Or the clock, or the law of its kind; a day that is one ahead is another zone's."""
    if good:
        assert demand(**more) == take_in(**more).demand
    else:
        with pytest.raises(DemandIncomplete):
            take_in(**more)


def test_the_law_is_the_one_of_the_day_of_receipt() -> None:
    """Overnight there is another one."""
    last, first = 20_801 * DAY - 1, 20_801 * DAY
    for received_s, gates in ((last, ("cover_copy_received",)), (first, ())):
        found = decide.instrument_of(demand(received_s=received_s), TAXONOMY)
        assert gates == found.gates


@pytest.mark.parametrize(("of", "good"), [("KR", True), ("US", False)])
def test_an_authority_demands_by_its_own_law(of: str, *, good: bool) -> None:
    """By another's it cannot."""
    if good:
        decide.check_jurisdiction(row("KR.WARRANT"), of)
    else:
        with pytest.raises(DemandIncomplete):
            decide.check_jurisdiction(row("KR.WARRANT"), of)


def test_what_is_found_is_kept_as_it_is_and_tables_as_text() -> None:
    """Canonically, so that it is the same bytes whenever it is written."""
    record = {"name": "a", "epoch": 7, "entries": [{"b": 1, "a": "x"}]}
    assert {"name": "a", "epoch": 7, "entries": '[{"a":"x","b":1}]'} == decide.as_kept(record)


def test_each_identifier_leads_to_something_or_to_nothing() -> None:
    """In the order of the demand; a record that has only the handle is nothing kept."""
    known: dict[str, str | int] = {"handle": "mina@relay.example", "name": "x"}
    bare: dict[str, str | int] = {"handle": OTHER.text}
    asked = content((), identifiers=(HANDLE, OTHER))
    first, second = decide.matched(asked, {HANDLE.text: known, OTHER.text: bare}, {OTHER.text: "00"}).matches
    assert (Match(HANDLE, found=True, record=known), Match(OTHER, found=False, record=bare)) == (first, second)
    nothing = tuple(Match(one, found=False, record={}) for one in (HANDLE, OTHER))
    assert nothing == decide.matched(asked, {HANDLE.text: None}, {}).matches


PRODUCED = ClassAnswer("subscriber", "produced")
WITHHELD = ClassAnswer("subscriber", "refused", "gate_not_met")
NOT_HELD = ClassAnswer("subscriber", "not_held")


@pytest.mark.parametrize(
    ("case", "decision", "refused"),
    [
        (content(), produce(PRODUCED), None),
        (content(), produce(NOT_HELD), None),
        (content(), produce(WITHHELD), None),
        (content(), refuse(), None),
        (content(called_back=False), refuse(), None),
        (content(gates=(Gate("a", met=False),)), refuse(), None),
        (content(), refuse("third_country_conflict", grounds="a law"), None),
        (content(), refuse(None), DecisionInvalid),
        (content(), refuse(answers=(NOT_HELD,)), DecisionInvalid),
        (content(), refuse("third_country_conflict"), DecisionInvalid),
        (content(gates=(Gate("a", met=True), Gate("b", met=False))), produce(PRODUCED), GateNotMet),
        (content(called_back=False), produce(PRODUCED), GateNotMet),
        (content(), produce(PRODUCED, reason="gate_not_met"), DecisionInvalid),
        (content(), produce(), DecisionInvalid),
        (content(), produce(PRODUCED, PRODUCED), DecisionInvalid),
        (content(), produce(ClassAnswer("identification", "produced")), DecisionInvalid),
        (content(classes=("subscriber", "identification")),
         produce(ClassAnswer("identification", "produced"), PRODUCED), DecisionInvalid),
        (content(classes=("identification",)), produce(ClassAnswer("identification", "produced")), None),
        (content(), produce(ClassAnswer("subscriber", "refused")), DecisionInvalid),
        (content(), produce(ClassAnswer("subscriber", "produced", "gate_not_met")), DecisionInvalid),
        (content(()), produce(PRODUCED), DecisionInvalid),
        (content((Match(HANDLE, found=False, record={}),)), produce(PRODUCED), DecisionInvalid),
        (content((Match(OTHER, found=False, record={}), FOUND)), produce(PRODUCED), None),
        (content(()), produce(NOT_HELD), None),
        (content(classes=("traffic",)), produce(ClassAnswer("traffic", "produced")), DecisionInvalid),
        (content(classes=("traffic",)), produce(ClassAnswer("traffic", "not_held")), None),
        (content(classes=("subscriber", "traffic")), produce(PRODUCED, ClassAnswer("traffic", "produced")),
         DecisionInvalid),
    ],
)  # fmt: skip
def test_a_decision_answers_what_was_asked(
    case: CaseContent, decision: Decision, refused: type[Exception] | None
) -> None:
    """Each class in its order, with a reason where it is refused and only there; nothing that is not held."""
    if refused is None:
        decide.check_decision(case, decision)
    else:
        with pytest.raises(refused):
            decide.check_decision(case, decision)


def test_gates_that_are_not_met_are_named() -> None:
    """All of them; or that nobody called back."""
    gates = (Gate("a", met=False), Gate("b", met=True), Gate("c", met=False))
    with pytest.raises(GateNotMet, match="a, c"):
        decide.check_decision(content(gates=gates), produce(PRODUCED))
    with pytest.raises(GateNotMet, match="called back"):
        decide.check_decision(content(called_back=False), produce(PRODUCED))


def test_a_decision_is_kept_with_the_digest_of_its_package() -> None:
    """All else stays."""
    case = decide.decided(content(), produce(PRODUCED), b"p" * 32)
    assert (produce(PRODUCED), b"p" * 32, content()) == (
        case.decision,
        case.package_sha256,
        msgspec.structs.replace(case, decision=None, package_sha256=None),
    )


def test_a_gag_is_so_once_the_one_that_was_proposed_last_is_confirmed() -> None:
    """Until then the old one stands; any other confirmation is stale, and so is one of nothing."""
    case = decide.gag_proposed(content(), GagDetails(GAG, "longer"), b"c" * 32)
    assert (None, GagProposal(GAG, "longer", b"c" * 32)) == (case.gag, case.proposed_gag)
    confirmed = decide.gag_confirmed(case, b"c" * 32)
    assert (GAG, None) == (confirmed.gag, confirmed.proposed_gag)
    lifted = decide.gag_confirmed(decide.gag_proposed(confirmed, GagDetails(None, "over"), b"d" * 32), b"d" * 32)
    assert content() == lifted
    for stale in (case, confirmed, content()):
        with pytest.raises(Stale):
            decide.gag_confirmed(stale, b"d" * 32)


def test_what_is_approved_is_all_but_the_gag() -> None:
    """A gag may be renewed or lifted meanwhile; an old text with a new number is another. It is the same for ever."""
    case = content(legal_basis="PCSA 9-3")
    version = decide.version_of(case, 1)
    proposed = decide.gag_proposed(msgspec.structs.replace(case, gag=GAG), GagDetails(None, "x"), b"c" * 32)
    assert (32, version) == (len(version), decide.version_of(proposed, 1))
    assert "79dac9859a26d583710bc40d7efae80621c20ac9f34227734952dfc8e5be18f2" == version.hex()
    others = [decide.version_of(case, 2), decide.version_of(content(()), 1)]
    others.append(decide.version_of(decide.decided(case, produce(PRODUCED), b"p" * 32), 1))
    assert 4 == len({version, *others})


def test_a_package_is_its_files_by_their_names() -> None:
    """In whatever order; another byte or name is another package, and no two files have one name."""
    a, b = File("a", b"1"), File("b", b"2")
    first = decide.package_digest(Package((a, b)))
    assert first == decide.package_digest(Package((b, a)))
    others = [Package((a,)), Package((a, File("b", b"3"))), Package((a, File("c", b"2"))), Package(())]
    assert 5 == len({first, *(decide.package_digest(one) for one in others)})
    with pytest.raises(Stale):
        decide.package_digest(Package((a, File("a", b"2"))))


@pytest.mark.parametrize(
    ("gag", "silent"),
    [(None, False), (Gag("x"), True), (Gag("x", NOW + 1), True), (Gag("x", NOW), False), (Gag("x", 0), False)],
)
@pytest.mark.parametrize("notice", ["never", "after_answer"])
@pytest.mark.parametrize("item", ["never", "at_horizon", "at_close", "after_gag"])
def test_nobody_is_told_and_nothing_is_shown_while_silence_is_ordered(
    gag: Gag | None, notice: str, item: str, *, silent: bool
) -> None:
    """Up to the end of the gag; nor where the law of the kind never lets it."""
    case = msgspec.structs.replace(content(), gag=gag)
    instrument: Instrument = row("KR.WARRANT", notice=notice, item=item)
    assert silent is decide.gagged(case, NOW)
    if silent or notice == "never":
        with pytest.raises(decide.NoticeBarred):
            decide.check_notice(case, instrument, NOW)
    else:
        decide.check_notice(case, instrument, NOW)
    if silent or item in {"never", "at_horizon"}:
        with pytest.raises(NotYetPublic):
            decide.check_public(case, instrument, NOW)
    else:
        decide.check_public(case, instrument, NOW)


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        (refuse(), "refused"),
        (produce(PRODUCED, PRODUCED), "produced_full"),
        (produce(PRODUCED, NOT_HELD), "produced_partial"),
        (produce(NOT_HELD, WITHHELD), "answered_no_data"),
    ],
)
def test_an_outcome_is_what_was_produced(decision: Decision, outcome: Outcome) -> None:
    """All of it, some of it, nothing; or it was refused as a whole."""
    assert outcome == decide.outcome_of(decision)
