"""Which devices may be in where a ticket leads: none that was removed here, but for our own (spec/room.md §15)."""

from __future__ import annotations

from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.model.state import Merged
from tests.core.stage import Stage
from tests.core.test_group_evidence import JUN, SORA, group, judged, rejoin


def test_no_way_leads_to_a_device_that_went() -> None:
    """Its account is still in; but it went by a commit of ours that the other branch may not have, then it may."""
    stage = Stage()
    former = {JUN.signature_key.hex(): Helper(JUN.account, JUN.handle)}
    room = stage.room(JUN, SORA, former=former)
    info = group(stage.me.account)
    assert "unproven-device" == judged(stage, room, info, JUN, SORA)
    undone = Merged(3, b"ours" * 8, [], [], [UpdateKeys()], changed=[JUN.account])
    again = stage.room(SORA, former=former, history=[undone])
    assert "" == judged(stage, again, info, JUN, SORA, seeks=rejoin(JUN))


def test_a_device_of_our_own_that_went_keeps_us_from_no_branch() -> None:
    """Only we could remove it there: as long as it is in, nobody would ever lead us to where the others are."""
    stage = Stage()
    lost = stage.also()
    former = {lost.signature_key.hex(): Helper(stage.me.account, lost.handle)}
    room = stage.room(JUN, SORA, former=former)
    assert "" == judged(stage, room, group(stage.me.account), JUN, SORA, lost)
