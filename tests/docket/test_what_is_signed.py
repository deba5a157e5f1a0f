"""What officers sign, and whether a case still says what they signed; what law is in force on a day."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.docket.core import decide, period
from nullabona.docket.core.acts import (
    ACT_LIFETIME_S,
    Act,
    BarDetails,
    DetailsWrong,
    GagDetails,
    RecuseDetails,
    check_form,
)
from nullabona.docket.core.entered import CaseAltered, Entered, check_entered
from nullabona.docket.core.instrument import Taxonomy
from nullabona.docket.core.pointers import NONCE_SIZE, next_ratchet, open_pointer, seal_pointer
from nullabona.docket.core.records import CaseContent, File, Gag, GagProposal, Package
from nullabona.docket.core.roles import (
    DeskAction,
    NotAllowed,
    Role,
    allowed,
    can_read,
    check_desk_allowed,
    desk_permits,
    who_may,
)
from nullabona.docket.core.states import STEPS, Action, State, WrongState, after, diagram
from nullabona.wire.canonical import canonical, digest
from nullabona.wire.slots import POINTER_SIZE, CommitmentWrong, NullRecord, Record, RenewalRecord, SlotRef
from tests.docket.demands import content, produce
from tests.docket.desks import row
from tests.docket.made_logs import CASE, event

GAG = Gag("court")
PACKAGE = Package((File("a", b"1"),))


def act(number: int, action: Action, approves: int | None = None, details: str = "") -> Entered:
    return Entered(action, bytes([number]), None if approves is None else bytes([approves]), details)


def check(case: CaseContent, *acts: Entered, package: Package | None = None, by_law: bool = False) -> None:
    check_entered(case, package, acts, (3, decide.version_of(case, 3)), by_law=by_law)


INTAKE, AMEND = act(0, Action.INTAKE), act(1, Action.AMEND)
RENEW, LIFT = act(2, Action.RENEW_GAG), act(3, Action.LIFT_GAG)


@pytest.mark.parametrize(
    ("own", "acts", "by_law", "gagged"),
    [
        (None, (INTAKE,), False, False),
        (GAG, (INTAKE,), False, True),
        (None, (INTAKE,), True, True),
        (None, (INTAKE, RENEW), False, False),
        (None, (INTAKE, RENEW, act(9, Action.CONFIRM_GAG, 2)), False, True),
        (GAG, (INTAKE, LIFT), False, True),
        (GAG, (INTAKE, LIFT, act(9, Action.CONFIRM_GAG, 3)), False, False),
        (None, (INTAKE, LIFT, act(9, Action.CONFIRM_GAG, 3)), True, False),
        (None, (INTAKE, RENEW, act(9, Action.CONFIRM_GAG, 7)), False, False),
        (None, (INTAKE, RENEW, act(9, Action.CONFIRM_GAG)), False, False),
        (None, (INTAKE, RENEW, act(8, Action.CONFIRM_GAG, 2), LIFT, act(9, Action.CONFIRM_GAG, 3)), False, False),
        (GAG, (INTAKE, AMEND), False, True),
        (None, (INTAKE, RENEW, act(9, Action.CONFIRM_GAG, 2), AMEND), False, True),
        (GAG, (INTAKE, LIFT, act(9, Action.CONFIRM_GAG, 3), AMEND), False, True),
        (None, (INTAKE, LIFT, act(9, Action.CONFIRM_GAG, 3), AMEND), False, False),
        (None, (INTAKE, AMEND), True, True),
        (None, (INTAKE, act(4, Action.REVIEW)), False, False),
        (None, (), False, False),
    ],
)
def test_a_case_is_gagged_as_it_was_signed(
    own: Gag | None, acts: tuple[Entered, ...], *, by_law: bool, gagged: bool
) -> None:
    """By the demand, the law, or two; a case that says otherwise was altered."""
    case = content(gag=own)
    check(msgspec.structs.replace(case, gag=Gag("whatever") if gagged else None), *acts, by_law=by_law)
    with pytest.raises(CaseAltered):
        check(msgspec.structs.replace(case, gag=None if gagged else GAG), *acts, by_law=by_law)


@pytest.mark.parametrize("gag", [None, GAG])
def test_nobody_can_tell_what_an_amended_demand_had_brought(gag: Gag | None) -> None:
    """The first demand is gone: with a gag or without one, nothing was altered."""
    check(msgspec.structs.replace(content(), gag=gag), INTAKE, AMEND)


def test_what_two_made_of_a_gag_after_the_amendment_is_known() -> None:
    """Their signatures are there."""
    acts = (INTAKE, AMEND, LIFT, act(9, Action.CONFIRM_GAG, 3))
    check(content(), *acts)
    with pytest.raises(CaseAltered):
        check(msgspec.structs.replace(content(), gag=GAG), *acts)


def test_a_version_and_a_package_are_those_that_were_approved() -> None:
    """Another text, another number, another file: altered. A case without package has none to compare."""
    case = decide.decided(content(), produce(), decide.package_digest(PACKAGE))
    check(case, INTAKE, package=PACKAGE)
    check(case, INTAKE)
    with pytest.raises(CaseAltered):
        check(case, INTAKE, package=Package((File("a", b"2"),)))
    for made in ((4, decide.version_of(case, 3)), (3, decide.version_of(content(), 3))):
        with pytest.raises(CaseAltered):
            check_entered(case, None, (INTAKE,), made, by_law=False)


def test_a_change_that_waits_is_the_one_that_was_signed() -> None:
    """With its gag, its basis and its signature."""
    waits = GagProposal(GAG, "longer", bytes([2]))
    case = msgspec.structs.replace(content(), proposed_gag=waits)
    signed = act(2, Action.RENEW_GAG, details=digest(GagDetails(GAG, "longer")).hex())
    check(case, INTAKE, signed)
    others = [RENEW, act(3, Action.RENEW_GAG, details=signed.details)]
    for other in others:
        with pytest.raises(CaseAltered):
            check(case, INTAKE, other)
    with pytest.raises(CaseAltered):
        check(case, INTAKE, *others)


def test_an_act_is_signed_as_a_whole() -> None:
    """Its challenge is the digest of what is shown, and any change of it is another; it says when it was made."""
    made = Act("review", "aa" * 16, "bb" * 32, "rea", "cc" * 32, "dd" * 32, 5_000)
    assert (canonical(made), digest(made)) == (made.encode(), made.challenge)
    assert (5_000 - ACT_LIFETIME_S, 600) == (made.made_s, ACT_LIFETIME_S)
    changes: list[dict[str, object]] = [
        {name: "ee"} for name in ("action", "case", "version", "officer", "details", "nonce")
    ]
    changes += [{"expires_s": 5_001}, {"confirms": True}]
    assert 9 == len({made.challenge, *(msgspec.structs.replace(made, **more).challenge for more in changes)})


def test_what_could_not_be_read_again_is_not_signed() -> None:
    """It is named; what has its form passes."""
    check_form(BarDetails("형사소송법 제215조"))
    check_form(RecuseDetails("x" * 2_000))
    for wrong, where in (
        (BarDetails(""), "basis"),
        (BarDetails("x" * 201), "basis"),
        (RecuseDetails("x" * 2_001), "why"),
    ):
        with pytest.raises(DetailsWrong, match=f"kept: {where}$"):
            check_form(wrong)


# -- law ---------------------------------------------------------------------------------------------------------------


def test_a_row_is_in_force_from_its_first_day_to_its_last() -> None:
    """Both included; without a last day, for good."""
    bounded, open_ended = row("KR.OLD", valid_from=5, valid_to=7), row("KR.OLD", valid_from=8)
    assert [False, True, True, False] == [bounded.valid_on(day) for day in (4, 5, 7, 8)]
    assert [False, True, True] == [open_ended.valid_on(day) for day in (7, 8, 10**6)]
    law = Taxonomy((open_ended, row("US.NSL"), bounded), bytes(32))
    assert [None, bounded, bounded, open_ended, None] == [
        law.find(name, day) for name, day in [("KR.OLD", 4), ("KR.OLD", 5), ("KR.OLD", 7), ("KR.OLD", 8), ("EU.OLD", 8)]
    ]
    assert {"KR.OLD": open_ended, "US.NSL": row("US.NSL")} == law.by_id()
    assert ("KR", "EU") == (bounded.jurisdiction, row("EU.EPOC.A1").jurisdiction)


DAYS = {1: 10, 2: 20, 3: 30}


def test_of_a_record_there_is_what_lies_in_the_span() -> None:
    """Both ends included; what is not dated stays, what nobody can date does not."""
    rows = [{"epoch": n, "x": n} for n in (1, 2, 3, 4, "2")]
    record = {"handle": "a", "epoch": 2, "entries": [*rows, "odd", 7], "replaced": rows[:1], "n": 3}
    first = {"handle": "a", "epoch": 2, "entries": rows[:2], "replaced": rows[:1], "n": 3}
    assert first == period.within(record, 10, 20, DAYS.get)
    assert {"handle": "a", "entries": rows[2:3], "n": 3} == period.within(record, 21, 30, DAYS.get)
    assert {"handle": "a", "n": 3} == period.within(record, 11, 19, DAYS.get)
    other = {"epoch": "2", "entries": "none", "replaced": None, "n": 3}
    assert {"n": 3} == period.within(other, 0, 100, DAYS.get)


# -- pointers ----------------------------------------------------------------------------------------------------------

RENEWAL = RenewalRecord(SlotRef(0, 0), ("1" * 64, "2" * 64))


@pytest.mark.parametrize(
    ("record", "kind", "tag"),
    [(NullRecord(), 0, bytes(16)), (event(), 1, bytes.fromhex(CASE)), (RENEWAL, 2, bytes(16))],
)
def test_a_pointer_tells_the_auditor_what_a_slot_holds(record: Record, kind: int, tag: bytes) -> None:
    """With that period's key alone; it is as long whatever it says."""
    key, blind = b"k" * 32, b"b" * 32
    pointer = seal_pointer(key, b"n" * NONCE_SIZE, blind, record)
    assert (POINTER_SIZE, b"n" * NONCE_SIZE) == (len(pointer), pointer[:NONCE_SIZE])
    assert (kind, blind, tag) == open_pointer(key, pointer)
    for other, given in ((next_ratchet(key), pointer), (key, pointer[:-1]), (key, b""), (key, b"x" + pointer[1:])):
        with pytest.raises(CommitmentWrong):
            open_pointer(other, given)


def test_keys_of_periods_follow_from_one_another() -> None:
    """Each from the one before, none is the same."""
    keys = [b"k" * 32]
    for _ in range(3):
        keys.append(next_ratchet(keys[-1]))
    assert (4, keys[1]) == (len(set(keys)), next_ratchet(b"k" * 32))


# -- states and roles --------------------------------------------------------------------------------------------------


def test_a_step_that_is_not_in_the_table_cannot_be_made() -> None:
    """From nowhere only the intake leads anywhere."""
    assert {step: end for step, end in STEPS.items() if after(*step) == end} == STEPS
    assert State.RECEIVED == after(None, Action.INTAKE)
    for state, action in ((None, Action.REVIEW), (State.CLOSED, Action.DECIDE), (State.RECEIVED, Action.INTAKE)):
        with pytest.raises(WrongState):
            after(state, action)


def test_the_diagram_has_every_step_that_leads_elsewhere() -> None:
    """And none that leaves a case where it is."""
    first, *steps, last = diagram().split("\n")
    assert ("stateDiagram-v2", "    closed --> [*]") == (first, last)
    assert len([step for step, end in STEPS.items() if step[0] != end]) == len(steps)
    assert "    [*] --> received: intake" in steps
    assert "    notice_barred --> published: publish" in steps
    assert not [step for step in steps if "-" in step.replace("-->", "").split(":")[0]]


def test_one_role_is_enough_and_none_is_not() -> None:
    """For a case in a state that lets it, for the desk, and for reading."""
    both = [Role.AUDITOR, Role.REVIEWER]
    assert [True, False, False, False] == [
        allowed(both, Action.REVIEW, State.MATCHED),
        allowed(both, Action.REVIEW, State.CLOSED),
        allowed([Role.AUDITOR], Action.REVIEW, State.MATCHED),
        allowed([], Action.REVIEW, State.MATCHED),
    ]
    assert {(Role.ADMIN, DeskAction.ENROL, 0), (Role.COUNSEL, DeskAction.ENROL, 1)} <= set(desk_permits())
    assert {0, 1} == {confirms for *_, confirms in desk_permits()}
    assert [True, False, False] == [can_read(roles) for roles in (both, [Role.ADMIN, Role.KEY_CUSTODIAN], [])]
    assert not who_may(Action.REVIEW).isdisjoint(both)
    check_desk_allowed([Role.ADMIN], DeskAction.ENROL)
    check_desk_allowed([Role.COUNSEL], DeskAction.ENROL, confirming=True)
    assert Role.AUDITOR not in who_may(Action.REVIEW)
    with pytest.raises(NotAllowed):
        check_desk_allowed([Role.COUNSEL], DeskAction.ENROL)
    with pytest.raises(NotAllowed):
        check_desk_allowed([Role.COUNSEL], DeskAction.OPEN, confirming=True)
