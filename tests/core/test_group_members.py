"""A room's devices as rows, equal to the leaves of its tree; reports who joined and left (spec/room.md §3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

import pytest

from nullabona.client.core.group import members
from nullabona.client.core.identity import claims
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.mls_port import Mls
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from tests.core.stage import Other, Stage, told

JUN, DORA = Other("jun"), Other("dora")
JUN_TOO = Other("jun", 1)
News: TypeAlias = list[tuple[str, object]]


@dataclass(frozen=True)
class Leaf:
    leaf: int
    identity: bytes
    signature_key: bytes
    encryption_key: bytes


def leaf(other: Other, place: int, key: bytes = b"") -> Leaf:
    return Leaf(place, other.identity, other.signature_key, key or other.encryption_key)


@dataclass
class Tree:
    """A group whose tree has these leaves, beside ours."""

    leaves: Sequence[Leaf]

    def group(self, _room: bytes) -> Tree:
        return self

    def members(self) -> Sequence[Leaf]:
        return self.leaves


def sync(
    stage: Stage, step: Step, state: RoomState, *leaves: Leaf, rejoined: bytes = b"", epoch: int = 5
) -> list[Device]:
    """The tree has these leaves beside ours from an epoch on: the rows of others afterwards, by leaf."""
    state.boxes = [BoxTrack(epoch, b"5" * 32)]
    certificate = stage.person.card.devices[0].certificate.encode()
    ours = Leaf(0, certificate, stage.me.signature_key, stage.row.encryption_key)
    step.mls = cast("Mls", Tree([ours, *leaves]))
    members.sync(step, state, rejoined)
    rows = step.store.devices(state.id)
    assert {row.leaf: row for row in rows} == step.roster(state.id)
    return sorted((row for row in rows if row.leaf), key=lambda row: row.leaf)


def changes(step: Step) -> News:
    return sorted((kind, data["account"]) for kind, data in told(step) if kind.startswith("member-"))


def run(
    stage: Stage, room: bytes, *leaves: Leaf, rejoined: bytes = b""
) -> tuple[list[Device], list[tuple[str, object]]]:
    """The rows and what is told."""
    with stage.step() as step:
        rows = sync(stage, step, step.room(room), *leaves, rejoined=rejoined)
        step.mls = stage.mls
        return rows, changes(step)
    raise AssertionError


def test_whoever_came_in_has_a_row_since_that_epoch() -> None:
    """And is told of, with the handle of their certificate, by which they are known from now on."""
    stage = Stage()
    room = stage.room(JUN)
    rows, news = run(stage, room, leaf(JUN, 1), leaf(DORA, 2))
    assert ([JUN.row(room, 1), DORA.row(room, 2, since=5)], [("member-added", DORA.account)]) == (rows, news)
    with stage.step() as step:
        person = step.store.person(DORA.account)
        assert person is not None
        assert DORA.handle == person.handle


def test_where_nobody_came_or_went_nothing_is_told() -> None:
    """Rows stay as they are."""
    stage = Stage()
    room = stage.room(JUN, JUN_TOO)
    rows, news = run(stage, room, leaf(JUN, 1), leaf(JUN_TOO, 2))
    assert ([JUN.row(room, 1), JUN_TOO.row(room, 2)], []) == (rows, news)


def test_a_device_that_renews_its_key_is_in_as_long_as_before() -> None:
    """At its leaf; those before and behind it are looked at, too."""
    stage = Stage()
    room = stage.room(JUN, DORA)
    rows, news = run(stage, room, leaf(JUN, 1, b"new key"), leaf(DORA, 2))
    assert [replace(JUN.row(room, 1), encryption_key=b"new key"), DORA.row(room, 2)] == rows
    with stage.inside(room) as (_, state, _track):
        assert ([], {}) == (news, state.former)


@pytest.mark.parametrize(("place", "rejoined"), [(3, b""), (1, JUN.device), (3, JUN.device)])
def test_a_device_that_comes_anew_is_in_from_now_on(place: int, rejoined: bytes) -> None:
    """At another leaf, or if it rejoined at the same."""
    stage = Stage()
    room = stage.room(JUN)
    rows, news = run(stage, room, leaf(JUN, place, b"new key"), rejoined=rejoined)
    assert [replace(JUN.row(room, place, since=5), encryption_key=b"new key")] == rows
    assert [] == news


def test_another_leaf_of_an_account_goes_by_the_handle_that_the_account_has() -> None:
    """Certificates that it makes later name any host."""
    stage = Stage()
    room = stage.room(JUN)
    elsewhere = Other("jun", 1, "far.example")
    rows, news = run(stage, room, leaf(JUN, 1), leaf(elsewhere, 2), leaf(Other("jun", 2), 3))
    assert ([JUN.handle] * 3, []) == ([row.handle for row in rows], news)


def test_whoever_went_is_told_of_and_remembered_for_a_while() -> None:
    """By their device's key; the account is out once its last device is. What they had not read is looked at anew."""
    stage = Stage()
    room = stage.room(JUN, JUN_TOO)
    with stage.inside(room) as (step, state, _):
        rows = sync(stage, step, state, leaf(JUN_TOO, 2))
        helper = Helper(JUN.account, JUN.handle)
        assert ([JUN_TOO.row(room, 2)], [], True) == (rows, changes(step), state.current.check_acks)
        assert {JUN.signature_key.hex(): helper} == state.former
        rows = sync(stage, step, state)
        assert ([], [("member-removed", JUN.account)]) == (rows, changes(step))
        assert [JUN.signature_key.hex(), JUN_TOO.signature_key.hex()] == list(state.former)
        sync(stage, step, state)
        assert state.current.check_acks is False
        step.mls = stage.mls


def test_of_many_who_went_the_newest_are_remembered() -> None:
    """Sixty-four devices."""
    stage = Stage()
    others = [Other(f"p{n}") for n in range(3)]
    room = stage.room(*others, former={f"{n}": Helper(b"a", "h") for n in range(62)})
    with stage.inside(room) as (step, state, _):
        sync(stage, step, state)
        kept = list(state.former)
        assert (["1", "2"], [each.signature_key.hex() for each in others]) == (kept[:2], kept[-3:])
        assert 64 == len(kept)
        step.mls = stage.mls


def test_newcomers_have_not_heard_what_we_are_called() -> None:
    """Another device of ours is none."""
    stage = Stage()
    for other, late in ((DORA, True), (stage.also(), False)):
        room = stage.room(JUN)
        with stage.inside(room) as (step, state, _):
            sync(stage, step, state, leaf(JUN, 1), leaf(other, 2))
            assert late is state.profile_late
            step.mls = stage.mls


@pytest.mark.parametrize(("known", "asked"), [("", True), (claims.PROVEN, False)])
def test_whoever_comes_in_under_a_contacts_handle_is_looked_up(known: claims.Standing, *, asked: bool) -> None:
    """Told, and the record is asked, if it has not said anything of them yet; the contact itself is no matter of it."""
    stage = Stage()
    stage.contact(JUN)
    impostor = JUN.impostor()
    room = stage.room(DORA)
    with stage.inside(room) as (step, state, _):
        if known:
            claims.note(step, impostor.account, known)
        sync(stage, step, state, leaf(DORA, 1), leaf(impostor, 2))
        warned = [data for kind, data in told(step) if kind == "warning"]
        assert [{"code": "handle-of-contact", "detail": {"handle": JUN.handle}}] == warned
        assert [impostor.account] * asked == [each.account for each in claims.claims(step)]
        step.told.clear()
        sync(stage, step, state, leaf(DORA, 1), leaf(JUN, 2))
        assert [] == [data for kind, data in told(step) if kind == "warning"]
        step.mls = stage.mls
