"""Whether a device that signed something still is its account's (spec/devices.md §4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core import acquaintance
from nullabona.client.core.account import own_devices
from nullabona.client.core.identity import device_certificates, inbox_addresses
from nullabona.client.core.model.records import ContactState
from tests.core.stage import DAY, START, Other, Stage

JUN, SECOND, EVE = Other("jun"), Other("jun", 1), Other("eve")
SENDER = JUN.certificate
HOUR = 3_600_000


def test_a_card_names_a_device_by_its_very_certificate() -> None:
    """Not one of the same account with another key, nor one of another account."""
    card = JUN.card()
    assert [True, False, False] == [device_certificates.names(card, each.certificate) for each in (JUN, SECOND, EVE)]
    assert device_certificates.names(JUN.card(SECOND), SECOND.certificate)
    assert not device_certificates.names(card, replace(SENDER, issued_day=DAY - 1))


def test_a_device_is_in_a_room_by_account_and_key() -> None:
    """The id alone is no proof, nor is another room."""
    stage = Stage()
    room, other = stage.room(JUN), stage.room(EVE)
    with stage.step() as step:
        assert (True, False) == (
            device_certificates.in_room(step, SENDER, room),
            device_certificates.in_room(step, SENDER, other),
        )
        for wrong in (replace(SENDER, device_key=EVE.signature_key), replace(SENDER, identity_key=EVE.account)):
            assert not device_certificates.in_room(step, wrong, room)


def believed(stage: Stage, *rooms: bytes, known_as: str = "", since: int = START, now: int = START) -> bool | None:
    with stage.step(now) as step:
        return device_certificates.believed(step, SENDER, since, *rooms, known_as=known_as)


def wanted(stage: Stage) -> list[str]:
    with stage.step() as step:
        return inbox_addresses.wanted(step)


def test_who_is_in_one_of_the_rooms_is_believed() -> None:
    """Without a look-up. Who is in none of them is a member that we know, whose card is looked up."""
    stage = Stage()
    room, other = stage.room(JUN), stage.room(EVE)
    assert (True, []) == (believed(stage, b"", other, room), wanted(stage))
    assert (None, [JUN.handle]) == (believed(stage, b"", other), wanted(stage))


def test_an_unknown_account_is_not_believed_and_not_looked_up() -> None:
    """By no handle, so nobody is asked."""
    stage = Stage()
    assert (False, []) == (believed(stage), wanted(stage))


@pytest.mark.parametrize(
    ("state", "known_as", "handle"),
    [
        (ContactState.ACCEPTED, "", JUN.handle),
        (ContactState.ACCEPTED, "other@relay.example", JUN.handle),
        (None, "other@relay.example", "other@relay.example"),
    ],
)
def test_a_known_account_is_looked_up(state: ContactState | None, known_as: str, handle: str) -> None:
    """By the handle by which it is known here, else by what the caller knows."""
    stage = Stage()
    if state is not None:
        stage.contact(JUN, state)
    assert (None, [handle]) == (believed(stage, known_as=known_as), wanted(stage))


def test_what_one_device_sends_causes_no_flood_of_look_ups() -> None:
    """It is not decided then, and nothing more is looked up."""
    stage = Stage()
    stage.contact(JUN)
    with stage.step() as step:
        assert acquaintance.may_look_up(step, JUN.account, JUN.signature_key)
    assert (None, []) == (believed(stage), wanted(stage))


def note(stage: Stage, *devices: Other) -> None:
    """The account's card was looked up: it names these devices."""
    with stage.step() as step:
        device_certificates.note(step, devices[0].card(*devices[1:]))


@pytest.mark.parametrize(
    ("devices", "age", "since", "expected"),
    [
        ((JUN,), 0, 0, True),
        ((SECOND, JUN), 0, 0, True),
        ((JUN,), HOUR, 0, True),
        ((JUN,), HOUR + 1, 0, False),
        ((JUN,), HOUR + 1, 1, None),
        ((SECOND,), 0, 0, False),
        ((SECOND,), 0, -1, False),
        ((SECOND,), 0, 1, None),
    ],
)
def test_a_card_that_was_looked_up_decides(
    devices: tuple[Other, ...],
    age: int,
    since: int,
    expected: bool | None,  # noqa: FBT001
) -> None:
    """One that names the device is good for an hour; one that does not, if it is from after the device wrote."""
    stage = Stage()
    stage.contact(JUN)
    note(stage, *devices)
    assert expected is believed(stage, since=START + since, now=START + age)
    assert ([JUN.handle] if expected is None else []) == wanted(stage)


def test_the_newest_look_up_counts() -> None:
    """A device that a later card does not name is not believed any more; of other accounts nothing changes."""
    stage = Stage()
    note(stage, JUN)
    note(stage, EVE)
    assert believed(stage) is True
    note(stage, SECOND)
    assert believed(stage) is False


def test_a_device_of_our_own_account_is_believed_while_our_card_names_it() -> None:
    """By id and key; not one that was revoked, nor one of somebody else."""
    stage = Stage()
    mine = stage.person.card.devices[0].certificate
    with stage.step() as step:
        assert [True, False, False] == [
            device_certificates.is_ours(step, each)
            for each in (mine, replace(mine, device_id=JUN.device), replace(mine, device_key=JUN.signature_key))
        ]
        assert device_certificates.believed(step, mine, START) is True
        assert device_certificates.believed(step, replace(mine, identity_key=EVE.account), START) is False
        own_devices.note_gone(step.store, [mine.device_id])
        assert not device_certificates.is_ours(step, mine)
        assert device_certificates.believed(step, mine, START) is False


def test_our_own_account_is_looked_up_by_our_handle() -> None:
    """A device that our card does not name may be new."""
    stage = Stage()
    with stage.step() as step:
        new = replace(stage.person.card.devices[0].certificate, device_id=JUN.device)
        assert device_certificates.believed(step, new, START) is None
        assert [stage.me.handle] == inbox_addresses.wanted(step)
