"""Rulings followed from what is known, and who may be in by them (spec/room.md §15)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from nullabona.client.core.group import evidence, rulings
from nullabona.client.core.group.rulings import Known, Ruled
from nullabona.client.core.model.branches import Helper, KnownUpTo
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.proofs import make_order, make_ruling, members_hash
from tests.core.stage import Other, Stage
from tests.core.test_group_evidence import places
from tests.core.test_group_evidence import rejoin as sought
from tests.core.test_group_rulings import JUN, SORA, YUNA, group, leaving, ruling, ticket


def followed(stage: Stage, room: bytes, ours: Known, given: Ticket | None) -> Ruled:
    """What the room may be, whatever is kept of the rulings."""
    with stage.step() as step:
        return replace(rulings.follow(step, step.room(room), ours, given), rulings=())


def test_of_a_ticket_those_rulings_are_kept_that_were_followed_or_are_old() -> None:
    """Not what nobody may say, or another room's: who took it for heard would not hear what comes."""
    stage = Stage()
    room = stage.room(JUN, SORA)
    ours = Known(group(JUN.account), frozenset({JUN.account}), 3)
    old, news = ruling(JUN, room, group(JUN.account), epoch=3), ruling(JUN, room, group(JUN.account), epoch=5)
    lies = [
        ruling(SORA, room, group(SORA.account), epoch=4),
        ruling(SORA, room, group(SORA.account), epoch=2**40),
        ruling(JUN, b"x" * 32, group(JUN.account), epoch=4),
        structs.replace(old, signature=bytes(64)),
        structs.replace(news, signature=bytes(64)),
    ]
    given = ticket(room, old, *lies, news)
    with stage.step() as step:
        assert (old, news) == rulings.follow(step, step.room(room), ours, given).rulings
        assert (old, *lies[:2], news) == rulings.well_signed(step.room(room), given)
        assert () == rulings.well_signed(step.room(room), None)


def test_rulings_are_followed_as_far_as_each_is_by_an_admin_of_the_one_before() -> None:
    """Jun makes Sora the admin, Sora renames; then Jun has nothing to say any more."""
    stage = Stage()
    room = stage.room(JUN, SORA)
    ours = Known(group(JUN.account), frozenset({JUN.account}), 3)
    first, second, third = group(SORA.account), group(SORA.account, name="b"), group(JUN.account, name="c")
    said = [
        ruling(SORA, room, third, b"0" * 32, epoch=4),
        ruling(JUN, room, first, b"1" * 32, epoch=4),
        ruling(SORA, room, second, b"2" * 32, epoch=5),
        ruling(JUN, room, third, b"3" * 32, epoch=6),
    ]
    expected = Ruled(second, members_hash([b"2" * 32]), frozenset())
    assert expected == followed(stage, room, ours, ticket(room, *said))
    nothing = Ruled(ours.info, members_hash(ours.accounts), frozenset())
    assert [nothing, nothing] == [followed(stage, room, ours, given) for given in (None, ticket(room))]


@pytest.mark.parametrize("wrong", ["old", "again", "room", "signature", "info", "former"])
def test_a_ruling_that_does_not_count_is_passed_over_and_the_next_is_not(wrong: str) -> None:
    """One from before, of another room, forged, of no room info, or of a device that was revoked."""
    stage = Stage()
    second = Other("jun", 1)
    room = stage.room(JUN, former={second.signature_key.hex(): Helper(JUN.account, JUN.handle)})
    ours = Known(group(JUN.account), frozenset({JUN.account}), 3)
    bad, good = group(JUN.account, name="bad"), group(JUN.account, name="good")
    by = second if wrong == "former" else JUN
    said = ruling(by, b"x" * 32 if wrong == "room" else room, bad, epoch=3 if wrong == "old" else 4)
    if wrong == "signature":
        said = structs.replace(said, signature=bytes(64))
    if wrong == "info":
        said = make_ruling(JUN.mls, room, 4, b"", ())
    before = [ruling(JUN, room, good, epoch=4)] if wrong == "again" else []
    last = ruling(JUN, room, good, JUN.account, epoch=5)
    assert Ruled(good, members_hash([JUN.account]), frozenset()) == followed(
        stage, room, ours, ticket(room, *before, said, last)
    )
    if wrong == "again":
        assert good == followed(stage, room, ours, ticket(room, *before, said)).info


@pytest.mark.parametrize(("since", "name"), [(0, "c"), (None, "family")])
def test_who_does_not_remember_how_old_rulings_are_begins_with_what_it_knows(since: int | None, name: str) -> None:
    """The first must be in the words that we know; else a ruling that is over would give a role back."""
    stage = Stage()
    room = stage.room(JUN)
    ours = Known(group(JUN.account), frozenset({JUN.account}), since)
    said = [
        ruling(JUN, room, group(JUN.account, name=name), b"%d" % n * 32, epoch=n) for n, name in ((4, "b"), (5, "c"))
    ]
    assert name == followed(stage, room, ours, ticket(room, *said)).info.name
    known_first = ruling(JUN, room, ours.info, b"k" * 32, epoch=3)
    assert Ruled(group(JUN.account, name="c"), members_hash([b"5" * 32]), frozenset()) == followed(
        stage, room, ours, ticket(room, known_first, *said)
    )


def test_whoever_left_by_an_order_is_no_admin_any_more() -> None:
    """Their own order, or one of an admin's; not of somebody unknown, of another room, a plain member's, or forged."""
    stage = Stage()
    room = stage.room(JUN, SORA, YUNA, info=group(JUN.account, SORA.account))
    ours = Known(group(JUN.account, SORA.account), frozenset({JUN.account}), 3)
    by_admin = make_order(JUN.mls, JUN.signature_key, room, YUNA.account, [YUNA.encryption_key])
    by_member = make_order(YUNA.mls, YUNA.signature_key, room, JUN.account, [JUN.encryption_key])
    nari = Other("nari")
    by_nobody = make_order(nari.mls, nari.signature_key, room, nari.account, [nari.encryption_key])
    forged = structs.replace(leaving(room, JUN), signature=bytes(64))
    went = (leaving(room, SORA), by_admin, by_member, by_nobody, forged, leaving(b"x" * 32, JUN))
    found = followed(stage, room, ours, ticket(room, went=went))
    assert (group(JUN.account), frozenset({SORA.account, YUNA.account})) == (found.info, found.went)


@pytest.mark.parametrize(("epoch", "counts"), [(0, False), (6, False), (7, True), (2**40, True)])
def test_an_order_about_leaves_that_we_do_not_know_is_news_or_does_not_count(epoch: int, *, counts: bool) -> None:
    """What we know ourselves, up to epoch 7, is not undone by what was said before."""
    stage = Stage()
    room = stage.room(JUN, YUNA, info=group(JUN.account))
    ours = Known(group(JUN.account), frozenset({JUN.account, YUNA.account}), 3, epoch=7)
    order = make_order(YUNA.mls, YUNA.signature_key, room, YUNA.account, [b"another leaf"], epoch)
    assert counts is (YUNA.account in followed(stage, room, ours, ticket(room, went=(order,))).went)


def test_a_group_whose_admins_have_all_left_keeps_their_names() -> None:
    """Who follows them is agreed by all who are in; a ticket does not decide it."""
    stage = Stage()
    room = stage.room(JUN, SORA, info=group(JUN.account))
    ours = Known(group(JUN.account), frozenset({JUN.account}), 3)
    found = followed(stage, room, ours, ticket(room, went=(leaving(room, JUN),)))
    assert (group(JUN.account), frozenset({JUN.account})) == (found.info, found.went)


@pytest.mark.parametrize(
    ("accounts", "proven", "expected"),
    [
        ("abw", "", True),
        ("ab", "", True),
        ("a", "", False),
        ("abwx", "", False),
        ("aw", "b", True),
        ("a", "b", True),
        ("a", "bx", False),
        ("ab", "bx", True),
        ("abx", "x", False),
    ],
)
def test_who_may_be_in_by_the_rulings(accounts: str, proven: str, *, expected: bool) -> None:
    """Exactly those whom they name; of who went by an order, or whose removal is proven, it is known either way."""

    def names(letters: str) -> set[bytes]:
        return {letter.encode() * 32 for letter in letters}

    ruled = Ruled(group(), members_hash(names("abw")), frozenset(names("w")))
    assert expected is ruled.has(names(accounts), names(proven))


@pytest.mark.parametrize("since", [None, 3])
def test_who_is_led_by_one_who_is_no_admin_keeps_how_far_it_knew_the_room(since: int | None) -> None:
    """Also where it does not remember: that is not the trust which it has in an admin's ticket."""
    stage = Stage()
    room = stage.room(JUN, SORA, info=group(SORA.account))
    with stage.step() as step:
        step.room(room).as_of = KnownUpTo(since)
        found = [
            evidence.check_branch(
                step, step.room(room), sought(JUN), by.account, group(SORA.account), places(stage, JUN, SORA)
            ).as_of
            for by in (JUN, SORA)
        ]
    assert [KnownUpTo(since), None] == found
