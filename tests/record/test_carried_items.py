"""Uses of links and strangers' invitations bring the proof of their card, as requests do."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from nullabona.client.core import commands
from nullabona.client.core.contacts import held_invitations
from nullabona.client.core.identity import claims
from nullabona.client.core.model.inbox_items import ContactRequest, Invitation, LinkUse
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.wire.blob import BlobRef
from nullabona.wire.certificate import open_certificate
from tests.record.carrying import Town, play
from tests.record.test_carried import known, lookups
from tests.rooms.hostile import to_inbox
from tests.rooms.test_join_requests import follow, give, rooms


def test_who_follows_a_link_into_a_group_is_let_in_without_a_look_up() -> None:
    """Their own device sends the proof with the use of the link."""

    async def story(town: Town) -> None:
        await known(town)
        with town.mina.engine.step(town.world.now) as step:
            room = commands.create_group(step, "readers")
        town.world.settle(span=1_000)
        follow(town.jun, town.mina, give(town.mina, room))
        while town.world.turn(town.jun):
            pass
        town.read()
        assert ("proven", []) == (town.standing(town.jun), lookups(town))
        town.world.settle(span=60_000)
        assert [room] == rooms(town.jun)

    play(story)


def test_a_link_used_with_the_proof_of_another_card_waits_for_the_record() -> None:
    """The card beside it is the follower's own."""

    async def story(town: Town) -> None:
        await known(town)
        with town.mina.engine.step(town.world.now) as step:
            room = commands.create_group(step, "readers")
        other = town.world.person("sora")
        use = LinkUse(room, give(town.mina, room).token, other.card.encoded, town.kept(town.jun))
        to_inbox(other, town.mina, use)
        town.read()
        assert ("pending", [other.me.handle]) == (town.standing(other), lookups(town))

    play(story)


def test_a_strangers_invitation_brings_the_proof_of_its_sender() -> None:
    """It waits for the person, who knows at once whose it is; nobody is looked up."""

    async def story(town: Town) -> None:
        await known(town)
        with town.jun.engine.step(town.world.now) as step:
            room = commands.create_group(step, "readers")
            commands.add_account(step, room, town.mina.card)
        while town.world.turn(town.jun):
            pass
        town.read()
        with town.mina.engine.step(town.world.now) as step:
            assert held_invitations.load(step, room) is not None
        assert ("proven", []) == (town.standing(town.jun), lookups(town))

    play(story)


@pytest.mark.parametrize("whose", ["another account's", "none"])
def test_an_invitation_with_another_card_than_its_senders_proves_nothing(whose: str) -> None:
    """Nor does a card without a proof change what is asked."""

    async def story(town: Town) -> str:
        await known(town)
        sora = town.world.person("sora")
        brought = (town.jun.card.encoded, town.kept(town.jun)) if whose == "another account's" else (b"", b"")
        item = Invitation(bytes(16), bytes(32), "wss://one.example", BlobRef(1, bytes(32), (bytes(32),)))
        item = replace(item, card=brought[0], proof=brought[1])
        info = RoomInfo(1, GROUP, "readers", "wss://one.example", (sora.account,))
        with town.mina.engine.step(town.world.now) as step:
            held_invitations.hold(step, open_certificate(sora.certificate), item, b"pack", info)
        return town.standing(sora)

    assert "pending" == play(story)


def test_a_person_is_told_whether_a_yes_makes_the_device_look_somebody_up() -> None:
    """Only where no proof came along that may hold, and only until the record has answered."""

    async def story(town: Town) -> list[bool]:
        await town.publish(town.mina, town.jun)
        await town.watch(town.jun)
        proof = town.kept(town.jun)
        asks = []
        for brought in (b"", proof):
            to_inbox(town.jun, town.mina, ContactRequest(town.jun.card.encoded, "", b"", b"", brought))
            town.read()
            with town.mina.engine.step(town.world.now) as step:
                asks.append(claims.asks(step, town.jun.account))
                commands.decline_contact(step, town.jun.account)
        await town.watch()
        to_inbox(town.jun, town.mina, ContactRequest(town.jun.card.encoded, "again", b"", b"", proof))
        town.read()
        with town.mina.engine.step(town.world.now) as step:
            asks.append(claims.asks(step, town.jun.account))
        assert "proven" == town.standing(town.jun)
        return asks

    assert [True, False, False] == play(story)
