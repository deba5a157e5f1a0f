"""What is believed of what others say about a room: counts, limits, proofs; where a ticket may lead (room.md §15)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import pytest

from nullabona.client.core.group import evidence
from nullabona.client.core.group.evidence import LAST_RESORT, MAX_ATTEMPTS, PATIENCE
from nullabona.client.core.model.branches import Helper, Rejoin, Tries
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.intents import RemoveAccount, UpdateKeys
from nullabona.client.core.model.proofs import Claim, RemovalOrder, decode_claim, make_claim, make_order, make_ruling
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo, encode_info
from nullabona.client.core.model.state import JOINED, REJOINING, Merged
from tests.core.stage import RELAY, START, Other, Stage

JUN, SORA, YUNA = Other("jun"), Other("sora"), Other("yuna")
WEEK = 7 * 86_400_000
COMMIT = b"c" * 32


@dataclass(frozen=True)
class Place:
    """Somebody's leaf as MLS would show it."""

    leaf: int
    identity: bytes
    signature_key: bytes
    encryption_key: bytes


def places(stage: Stage, *others: Other) -> list[Place]:
    """The leaves of a room with us and these."""
    ours = Place(0, stage.mls.identity, stage.me.signature_key, bytes(32))
    return [ours, *(Place(n, o.identity, o.signature_key, o.encryption_key) for n, o in enumerate(others, 1))]


def rejoin(*helpers: Other, commit: bytes = COMMIT, attempts: int = 0) -> Rejoin:
    """We look for a branch of which these told us."""
    return Rejoin("fork", 3, commit, [], [Helper(each.account, each.handle) for each in helpers], START, attempts)


def group(*admins: bytes, name: str = "family") -> RoomInfo:
    """A group with these admins."""
    return RoomInfo(1, GROUP, name, RELAY, admins)


# -- what an account says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tries", "spent"),
    [
        (Tries(MAX_ATTEMPTS - 1, START), False),
        (Tries(MAX_ATTEMPTS, START), True),
        (Tries(MAX_ATTEMPTS, START - WEEK + 1), True),
        (Tries(MAX_ATTEMPTS, START - WEEK), False),
    ],
)
def test_an_account_is_doubted_once_its_word_cost_enough_within_a_week(tries: Tries, *, spent: bool) -> None:
    """So many questions, and not one less; a week later they count no more. Nobody else is doubted for it."""
    stage = Stage()
    room = stage.room(JUN, SORA, tries={JUN.account.hex(): tries})
    with stage.step() as step:
        state = step.room(room)
        found = evidence.doubts(step, state, JUN.account), evidence.doubts(step, state, SORA.account)
        assert (spent, False) == found
        assert not evidence.misled_before(step, state, JUN.account)


@pytest.mark.parametrize(("now", "doubted"), [(START + WEEK - 1, True), (START + WEEK, False)])
def test_who_led_to_nowhere_is_doubted_for_a_week(now: int, *, doubted: bool) -> None:
    """Everybody who said that the branch is there; their tickets are not: they may have been off, and prove more."""
    stage = Stage()
    room = stage.room(JUN, SORA, YUNA, doubted={YUNA.account.hex(): START + 1})
    with stage.step() as step:
        evidence.led_nowhere(step, step.room(room), rejoin(JUN, SORA))
    with stage.step(now) as step:
        state = step.room(room)
        found = [evidence.doubts(step, state, each.account) for each in (JUN, SORA, YUNA)]
        assert [doubted, doubted, False] == found
        assert not any(evidence.misled_before(step, state, each.account) for each in (JUN, SORA))
        assert START + 1 == state.doubted[YUNA.account.hex()]


def test_a_question_is_charged_to_everybody_who_caused_it() -> None:
    """Counts go on within a week and begin anew after it; what is older than that is forgotten of others, too."""
    stage = Stage()
    old, young = Tries(5, START - WEEK), Tries(5, START - WEEK + 1)
    before = {JUN.account.hex(): young, SORA.account.hex(): old, YUNA.account.hex(): old, "other": young}
    room = stage.room(JUN, SORA, YUNA, tries=before, vain=young)
    with stage.step() as step:
        state = step.room(room)
        evidence.charge(step, state, rejoin(JUN, SORA))
        expected = {JUN.account.hex(): Tries(6, young.since), "other": young, SORA.account.hex(): Tries(1, START)}
        assert expected == state.tries
        assert Tries(6, young.since) == state.vain


def test_a_question_of_our_own_is_charged_to_nobody() -> None:
    """We lost the thread ourselves: nobody claimed anything."""
    stage = Stage()
    room = stage.room(JUN, vain=Tries(5, START), tries={"old": Tries(1, START - WEEK)})
    with stage.step() as step:
        state = step.room(room)
        evidence.charge(step, state, rejoin(JUN, commit=b""))
        assert ({}, Tries(5, START)) == (state.tries, state.vain)


@pytest.mark.parametrize(
    ("spent", "helpers", "commit", "attempts", "expected"),
    [
        ((), (JUN,), COMMIT, 7, False),
        ((), (JUN,), COMMIT, 8, True),
        ((), (JUN,), b"", 8, True),
        ((JUN,), (JUN,), COMMIT, 0, True),
        ((JUN,), (JUN, SORA), COMMIT, 0, False),
        ((JUN, SORA), (JUN, SORA), COMMIT, 0, True),
        ((JUN,), (JUN,), b"", 0, False),
        ((), (), COMMIT, 0, False),
    ],
)
def test_when_enough_was_asked(
    spent: tuple[Other, ...], helpers: tuple[Other, ...], commit: bytes, attempts: int, *, expected: bool
) -> None:
    """For this branch, or for all who said that it is there; one who may still be asked is enough to go on."""
    stage = Stage()
    room = stage.room(JUN, SORA, tries={each.account.hex(): Tries(MAX_ATTEMPTS, START) for each in spent})
    with stage.step() as step:
        found = evidence.exhausted(step, step.room(room), rejoin(*helpers, commit=commit, attempts=attempts), 8)
    assert expected is found


@pytest.mark.parametrize(
    ("seeks", "vain", "puts_out", "waits"),
    [
        (None, 0, False, False),
        (rejoin(commit=b""), PATIENCE, False, True),
        (rejoin(), PATIENCE - 1, False, True),
        (rejoin(), PATIENCE, False, False),
        (rejoin(), 0, True, False),
        (rejoin(commit=b""), 0, True, False),
    ],
)
def test_when_a_commit_waits(seeks: Rejoin | None, vain: int, *, puts_out: bool, waits: bool) -> None:
    """For as long as we ask of ourselves, a while for somebody's word; what removes somebody waits for nothing."""
    stage = Stage()
    intents = [UpdateKeys(), *([RemoveAccount(JUN.account)] if puts_out else [])]
    room = stage.room(JUN, rejoin=seeks, vain=Tries(vain, START), intents=intents)
    with stage.step() as step:
        assert waits is evidence.commits_wait(step.room(room))


# -- claims and moves ---------------------------------------------------------------------------------------------


def test_an_epoch_ended_before_we_joined() -> None:
    """The epoch in which this device joined, and later ones, it can compare itself; who is in no room cannot tell."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        row = step.store.device(room, stage.me.device)
        assert row is not None
        step.store.put_devices([JUN.row(room, 1, since=9), replace(row, since=3)])
        state = step.room(room)
        assert [True, False] == [evidence.joined_after(step, state, epoch) for epoch in (2, 3)]
        step.store.drop_devices(room, [stage.me.device])
        assert not evidence.joined_after(step, state, 2)


def order(stage: Stage, room: bytes, who: Other, by: Other | None = None) -> RemovalOrder:
    """An order that ``who`` goes; by us, unless somebody else gives it."""
    mls, signer = (stage.mls, stage.me.signature_key) if by is None else (by.mls, by.signature_key)
    return make_order(mls, signer, room, who.account, [who.encryption_key])


def claim(room: bytes, removed: tuple[bytes, ...], *orders: RemovalOrder) -> Claim:
    """Jun claims a commit that removed these."""
    return decode_claim(make_claim(JUN.mls, JUN.signature_key, room, b"commit", removed, orders))


def test_what_proves_a_removal_to_us() -> None:
    """An order by an admin or by who goes, of whom the claim names; not one against ourselves, nor a plain member's."""
    stage = Stage()
    room = stage.room(JUN, SORA, YUNA)
    by_admin, by_self, by_member = (
        order(stage, room, SORA),
        order(stage, room, YUNA, YUNA),
        order(stage, room, SORA, JUN),
    )
    us = make_order(stage.mls, stage.me.signature_key, room, stage.me.account, [stage.row.encryption_key])
    elsewhere = order(stage, b"x" * 32, SORA)
    everybody = (SORA.account, YUNA.account, stage.me.account)
    given = (by_admin, by_self, by_member, us, elsewhere)
    with stage.step() as step:
        state = step.room(room)
        assert [by_admin, by_self] == evidence.proven(step, state, claim(room, everybody, *given))
        assert [by_self] == evidence.proven(step, state, claim(room, (YUNA.account,), *given))
        assert [] == evidence.proven(step, state, claim(room, (), *given))


def test_what_an_admin_has_ordered() -> None:
    """By the admin's key, for this room, of somebody who is in and whom the claim names, and properly signed."""
    stage = Stage()
    room = stage.room(JUN, SORA)
    good, forged = order(stage, room, SORA), order(stage, room, SORA)
    forged = msgspec.structs.replace(forged, signature=bytes(64))
    tries = [
        ((SORA.account,), (good,)),
        ((SORA.account,), (forged, good)),
        ((SORA.account,), (forged,)),
        ((JUN.account,), (good,)),
        ((SORA.account,), (order(stage, room, SORA, JUN),)),
        ((SORA.account,), (order(stage, room, SORA, SORA),)),
        ((YUNA.account,), (order(stage, room, YUNA),)),
        ((SORA.account,), (order(stage, b"x" * 32, SORA),)),
        ((SORA.account,), ()),
    ]
    with stage.step() as step:
        found = [evidence.ordered(step, step.room(room), claim(room, removed, *given)) for removed, given in tries]
    assert [True, True, *[False] * 7] == found


# -- tickets ------------------------------------------------------------------------------------------------------


def test_who_may_say_what_a_room_is() -> None:
    """We, its admins, or both of two; of the room of our devices nobody else."""
    stage = Stage()
    ours, group_of_jun = stage.info(kind="devices"), group(JUN.account)
    two = RoomInfo(1, DIRECT, "", RELAY, (), (JUN.account, stage.me.account))
    with stage.step() as step:
        found = {
            (info.kind, who): evidence.vouches(step, info, account)
            for info in (ours, group_of_jun, two)
            for who, account in (("we", stage.me.account), ("jun", JUN.account), ("sora", SORA.account))
        }
    yes = {("devices", "we"), ("group", "we"), ("group", "jun"), ("direct", "we"), ("direct", "jun")}
    assert yes == {key for key, said in found.items() if said}


def judged(
    stage: Stage,
    room: bytes,
    info: RoomInfo,
    *there: Other,
    by: Other = JUN,
    seeks: Rejoin | None = None,
    ticket: Ticket | None = None,
) -> str:
    """Why a branch to which somebody leads is refused; empty: it is not."""
    with stage.step() as step:
        try:
            evidence.check_branch(
                step, step.room(room), seeks or rejoin(JUN, commit=b""), by.account, info, places(stage, *there), ticket
            )
        except MlsRefused as refused:
            return refused.reason
    return ""


def test_anybody_may_lead_to_the_room_as_we_know_it() -> None:
    """Same roles, same people; the relay is another matter."""
    stage = Stage()
    room = stage.room(JUN, SORA)
    info = group(stage.me.account)
    moved = msgspec.structs.replace(info, relay="wss://two.example:443/v1", moves=5)
    assert ["", ""] == [judged(stage, room, info, JUN, SORA), judged(stage, room, moved, JUN, SORA)]


def test_nobody_but_an_admin_leads_to_other_roles_or_people() -> None:
    """A plain member's word changes neither; an admin's does both."""
    stage = Stage()
    room = stage.room(JUN, SORA, info=group(stage.me.account, SORA.account))
    same = group(stage.me.account, SORA.account)
    tries = [(group(JUN.account), (JUN, SORA)), (same, (JUN,)), (same, (JUN, SORA, YUNA))]
    assert ["unproven-roles", "unproven-members", "unproven-members"] == [
        judged(stage, room, info, *there) for info, there in tries
    ]
    assert [""] * 3 == [judged(stage, room, info, *there, by=SORA) for info, there in tries]


def test_whom_a_proven_removal_names_may_be_in_or_not() -> None:
    """The order holds for us, too: either way is justified."""
    stage = Stage()
    room = stage.room(JUN, SORA)
    info, seeks = group(stage.me.account), rejoin(JUN)
    seeks.proven = [SORA.account]
    assert ["", ""] == [judged(stage, room, info, *there, seeks=seeks) for there in ((JUN, SORA), (JUN,))]


def test_a_ruling_of_an_admin_leads_to_what_it_says() -> None:
    """The ticket of a plain member carries it: roles and people are as it says, and no others."""
    stage = Stage()
    room = stage.room(JUN, SORA, info=group(stage.me.account, SORA.account))
    new = group(SORA.account, name="friends")
    people = [stage.me.account, JUN.account, SORA.account, YUNA.account]
    with stage.step() as step:
        step.store.put_devices([replace(stage.row, room=room, since=1)])
    ruling = make_ruling(SORA.mls, room, 4, encode_info(new), people)
    ticket = Ticket(room, 5, bytes(32), b"", b"", b"", 0, (), rulings=(ruling,))
    found = [
        judged(stage, room, new, JUN, SORA, YUNA, ticket=ticket),
        judged(stage, room, new, JUN, SORA, ticket=ticket),
        judged(stage, room, group(stage.me.account, SORA.account), JUN, SORA, ticket=ticket),
    ]
    assert ["", "unproven-members", "unproven-roles"] == found


@pytest.mark.parametrize(
    ("old", "attempts", "new", "expected"),
    [
        ((SORA,), 0, (YUNA,), None),
        ((SORA,), PATIENCE - 1, (YUNA,), None),
        ((SORA,), PATIENCE, (YUNA,), True),
        ((SORA,), PATIENCE - 1, (SORA,), None),
        ((SORA,), PATIENCE, (SORA,), True),
        ((SORA,), 0, (JUN,), True),
        ((SORA, YUNA), 0, (SORA, JUN), True),
        ((JUN,), 0, (SORA,), False),
        ((JUN,), PATIENCE, (SORA,), True),
        ((JUN,), PATIENCE - 1, (JUN,), None),
        ((JUN,), PATIENCE, (JUN,), True),
        ((), 0, (JUN,), True),
    ],
)
def test_which_of_two_branches_is_asked_for(
    old: tuple[Other, ...],
    attempts: int,
    new: tuple[Other, ...],
    expected: bool | None,  # noqa: FBT001
) -> None:
    """Jun is an admin: his word goes first. What was asked for long enough in vain gives way to any other."""
    stage = Stage()
    room = stage.room(JUN, SORA, YUNA, info=group(JUN.account))
    with stage.step() as step:
        before, after = rejoin(*old, attempts=attempts), rejoin(*new, commit=b"n" * 32)
        assert expected is evidence.prefers(step, step.room(room), before, after)


def test_whom_we_took_a_role_from_does_not_lead_to_where_they_have_it_still() -> None:
    """Anybody else may: the other branch may know nothing of it."""
    stage = Stage()
    was = group(stage.me.account, JUN.account)
    ours = Merged(3, b"ours" * 8, [], [], [UpdateKeys()], was=was)
    room = stage.room(JUN, SORA, info=group(stage.me.account), history=[ours])
    found = [judged(stage, room, was, JUN, SORA, by=by, seeks=rejoin(by)) for by in (JUN, SORA)]
    assert ["unproven-roles", ""] == found


@pytest.mark.parametrize(
    ("there", "same"),
    [
        ({}, True),
        ({"relay": "wss://other.example:443/v1", "name": "another"}, True),
        ({"relay": "wss://127.0.0.1:443/v1"}, False),
        ({"relay": "no relay"}, False),
        ({"kind": DIRECT}, False),
        ({"pair": (JUN.account, SORA.account)}, False),
    ],
)
def test_what_no_commit_makes_of_a_room_is_not_the_room(there: dict[str, object], same: bool) -> None:  # noqa: FBT001
    """Whoever says so: another kind, another pair, or a relay that is this machine itself."""
    known = group(JUN.account)
    assert same is evidence.may_be(msgspec.structs.replace(known, **there), known)


@pytest.mark.parametrize(
    ("phase", "helpers", "attempts", "expected"),
    [
        (REJOINING, (JUN, SORA), 2 * LAST_RESORT, ""),
        (REJOINING, (JUN, SORA), 2 * LAST_RESORT - 1, "unproven-roles"),
        (REJOINING, (), 2 * LAST_RESORT, "unproven-roles"),
        (REJOINING, (SORA, YUNA), 2 * LAST_RESORT, "unproven-roles"),
        (JOINED, (JUN, SORA), 2 * LAST_RESORT, "unproven-roles"),
    ],
)
def test_the_last_resort_of_who_has_no_keys(
    phase: str, helpers: tuple[Other, ...], attempts: int, expected: str
) -> None:
    """Everybody was asked for two days, and no admin has answered: then whoever was asked may lead."""
    stage = Stage()
    room = stage.room(JUN, SORA, phase=phase)
    seeks = rejoin(*helpers, commit=b"", attempts=attempts)
    assert expected == judged(stage, room, group(JUN.account), JUN, SORA, seeks=seeks)
