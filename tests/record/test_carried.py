"""Somebody who asks brings the proof of their card: it is checked like an answer, and nobody is asked about them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from nullabona.client.core.contacts import links
from nullabona.client.core.directory.keeping import load_pinned, save_pinned
from nullabona.client.core.directory.leaves import Leaves, forget_leaves, note_leaves
from nullabona.client.core.directory.own_answer import RENEW_S
from nullabona.client.core.model.inbox_items import ContactRequest
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.log.tree import Frontier
from nullabona.wire.card import issue_certificate
from nullabona.wire.carried import decode_carried, encode_carried
from tests.record.carrying import DAY_S, Town, play
from tests.record.directories import HOST, PERIOD_S
from tests.rooms.hostile import to_inbox, warnings
from tests.rooms.test_people import accept, ask, state_of


async def arrive(town: Town, *, proof: bytes | None = None) -> None:
    """Jun's request is read by Mina's device; ``proof`` in place of the one that his device kept."""
    if proof is None:
        ask(town.jun, town.mina)
        while town.world.turn(town.jun):
            pass
    else:
        to_inbox(town.jun, town.mina, ContactRequest(town.jun.card.encoded, "hello", b"", b"", proof))
    town.read()


def lookups(town: Town) -> list[str]:
    """What Mina's device would look up now, or within the time in which it looks at claims."""
    return town.mina.engine.lookups(town.world.now + town.world.timing.claim)


async def known(town: Town) -> None:
    """Both are in the record; each device has watched it, so that Jun's has the proof of his card."""
    await town.publish(town.mina, town.jun)
    await town.watch(town.jun)
    await town.watch()


def test_who_asks_brings_the_proof_and_nobody_is_looked_up() -> None:
    """The request is proven when it is read. The yes is carried out at once; nothing was asked in between."""

    async def story(town: Town) -> None:
        await known(town)
        town.device.asked.clear()
        await arrive(town)
        assert ("proven", [], []) == (town.standing(town.jun), lookups(town), town.device.asked)
        assert accept(town.mina, town.jun).state is ContactState.ACCEPTED
        assert ([], []) == (lookups(town), town.device.asked)

    play(story)


@pytest.mark.parametrize("periods", [1, 4])
def test_a_proof_may_be_older_than_what_is_known_of_the_log(periods: int) -> None:
    """The hashes of the epochs in between were seen by the watch."""

    async def story(town: Town) -> None:
        await known(town)
        proof = town.kept(town.jun)
        await town.advance(periods)
        await town.watch()
        await arrive(town, proof=proof)
        assert ("proven", []) == (town.standing(town.jun), lookups(town))

    play(story)


def test_a_proof_may_be_newer_than_what_is_known_of_the_log() -> None:
    """It waits. What is then asked names nobody, and is the same whatever the proof is."""

    async def story(town: Town) -> list[str]:
        await town.publish(town.mina)
        await town.watch()
        await town.publish(town.jun)
        await town.watch(town.jun)
        await town.advance(2)
        await arrive(town)
        assert ("pending", [town.jun.me.handle]) == (town.standing(town.jun), lookups(town))
        asked = await town.fetch(town.jun)
        assert ("proven", []) == (town.standing(town.jun), lookups(town))
        return asked

    assert ["checkpoint", "ListEpochs"] == play(story)


def test_where_nothing_is_kept_of_the_log_the_newest_hashes_are_fetched() -> None:
    """A device that did not see the epochs in between: the same questions, and no name."""

    async def story(town: Town) -> list[str]:
        await known(town)
        await town.advance(3)
        await town.watch()
        with town.mina.store.transaction():
            forget_leaves(town.mina.store, HOST)
        await arrive(town)
        assert "pending" == town.standing(town.jun)
        asked = await town.fetch(town.jun)
        assert "proven" == town.standing(town.jun)
        return asked

    assert ["checkpoint", "ListEpochs"] == play(story)


def test_a_yes_that_came_first_is_carried_out_by_the_proof() -> None:
    """The person answers while the proof still waits for the log."""

    async def story(town: Town) -> None:
        await town.publish(town.mina)
        await town.watch()
        await town.publish(town.jun)
        await town.watch(town.jun)
        await arrive(town)
        assert accept(town.mina, town.jun).state is ContactState.ASKING
        assert town.jun.card.handle.name not in await town.fetch(town.jun)
        assert state_of(town.mina, town.jun) is ContactState.ACCEPTED

    play(story)


def test_who_has_a_link_is_accepted_without_a_look_up() -> None:
    """The yes was said before anybody asked."""

    async def story(town: Town) -> None:
        await known(town)
        with town.mina.engine.step(town.world.now) as step:
            link = links.make_contact_link(step, hours=1, uses=1)
        request = ContactRequest(town.jun.card.encoded, "hello", link.token, b"", town.kept(town.jun))
        to_inbox(town.jun, town.mina, request)
        town.read()
        assert (ContactState.ACCEPTED, []) == (state_of(town.mina, town.jun), lookups(town))

    play(story)


# -- what does not hold -------------------------------------------------------------------------------------------


def test_a_proof_that_does_not_hold_settles_nothing_and_warns_nobody() -> None:
    """The record is asked as if none had come, at the same time as before."""

    async def story(town: Town) -> None:
        await known(town)
        await arrive(town, proof=_with_another_time(town.kept(town.jun)))
        assert ("pending", [town.jun.me.handle]) == (town.standing(town.jun), lookups(town))
        assert [] == town.mina.engine.lookups(town.world.now)
        assert [] == warnings(town.mina)
        assert [town.jun.card.handle.name] == await town.fetch(town.jun)
        assert "proven" == town.standing(town.jun)

    play(story)


def _with_another_time(proof: bytes) -> bytes:
    found = decode_carried(proof)
    return encode_carried(replace(found, closed_s=found.closed_s + 1))


@pytest.mark.parametrize(("late", "standing"), [(0, "proven"), (1, "pending")])
def test_a_proof_is_good_for_a_day_and_no_longer(late: int, standing: str) -> None:
    """To the second; then the record is asked. The account's own device does not even send it."""

    async def story(town: Town) -> tuple[str, bytes]:
        await known(town)
        proof = town.kept(town.jun)
        await town.sleep(DAY_S)
        await town.watch()
        town.world.now += late * 1_000
        await arrive(town, proof=proof)
        return town.standing(town.jun), town.kept(town.jun)

    assert (standing, b"") == play(story)


def test_the_proof_of_somebody_else_settles_nothing() -> None:
    """It is public, so anybody can bring it: beside one's own card it does not hold, and beside the other card the
    request is not its account's.
    """

    async def story(town: Town) -> None:
        await known(town)
        impostor = town.world.person("sora")
        await town.publish(impostor)
        await town.watch()
        proof, card = await town.proof_of(town.jun), town.jun.card.encoded
        to_inbox(impostor, town.mina, ContactRequest(impostor.card.encoded, "", b"", b"", proof))
        to_inbox(impostor, town.mina, ContactRequest(card, "", b"", b"", proof))
        town.read()
        assert ("pending", "") == (town.standing(impostor), town.standing(town.jun))

    play(story)


def test_an_impostor_with_the_same_handle_is_not_proven_by_its_owners_proof() -> None:
    """An account of its own under Jun's handle, with the proof of Jun's card."""

    async def story(town: Town) -> None:
        await known(town)
        proof = town.kept(town.jun)
        impostor = town.world.person("jun")
        to_inbox(impostor, town.mina, ContactRequest(impostor.card.encoded, "", b"", b"", proof))
        town.read()
        assert "pending" == town.standing(impostor)

    play(story)


def test_a_device_that_the_card_does_not_name_settles_nothing() -> None:
    """It was revoked: the newer card and its proof are public, and it may bring both."""

    async def story(town: Town) -> None:
        await known(town)
        stranger = town.world.person("sora")
        proof = town.kept(town.jun)
        certificate = issue_certificate(
            town.jun.identity,
            handle=town.jun.card.handle,
            device_id=bytes(16),
            device_key=stranger.me.signature_key,
            issued_day=town.jun.card.issued_day,
        )
        request = ContactRequest(town.jun.card.encoded, "", b"", b"", proof)
        to_inbox(stranger, town.mina, request, certificate=certificate.encode())
        town.read()
        assert ("pending", [town.jun.me.handle]) == (town.standing(town.jun), lookups(town))

    play(story)


def test_an_older_card_than_we_know_is_not_proven_again() -> None:
    """A replayed request with the proof that was good when it was made."""

    async def story(town: Town) -> None:
        await known(town)
        old, proof = town.jun.card, town.kept(town.jun)
        town.renew(town.jun)
        await town.publish(town.jun)
        await town.watch(town.jun)
        await town.watch()
        await arrive(town)
        assert "proven" == town.standing(town.jun)
        with town.mina.engine.step(town.world.now) as step:
            step.store.drop_contact(town.jun.account)
        town.jun.card = old
        await arrive(town, proof=proof)
        assert "pending" == town.standing(town.jun)

    play(story)


def test_a_proof_of_another_history_of_the_log_is_told_and_kept() -> None:
    """The log has signed two: one for Jun's device, and the one that Mina's knows. Each alone could not tell."""

    async def story(town: Town) -> None:
        await known(town)
        proof = town.kept(town.jun)
        know_another_log(town)
        for _ in range(2):
            await arrive(town, proof=proof)
        assert ("pending", ["log-forked"]) == (town.standing(town.jun), warnings(town.mina))
        assert [("log-forked", True)] == town.device.kept()

    play(story)


def test_of_two_histories_the_person_is_told_once_an_hour() -> None:
    """However many proofs of the other one come: each is evidence, and a directory can have any number made."""

    async def story(town: Town) -> tuple[list[object], int]:
        await known(town)
        others = [town.world.person(name) for name in ("sora", "hana", "dabi")]
        await town.publish(*others)
        await town.watch()
        proofs = [await town.proof_of(person) for person in others]
        know_another_log(town)
        for person, proof in zip(others, proofs, strict=True):
            to_inbox(person, town.mina, ContactRequest(person.card.encoded, "", b"", b"", proof))
            town.read()
        return warnings(town.mina), len(town.device.kept())

    assert (["log-forked"], 3) == play(story)


@pytest.mark.parametrize("first", [True, False])
def test_an_account_that_only_claims_the_handle_has_nobody_looked_up(*, first: bool) -> None:
    """A false request under Jun's handle, before or after his: the record refutes it, and what he brings holds."""

    async def story(town: Town) -> tuple[str, str, list[str]]:
        await known(town)
        impostor = town.world.person("jun")
        proof = town.kept(town.jun)
        if not first:
            await arrive(town, proof=proof)
        to_inbox(impostor, town.mina, ContactRequest(impostor.card.encoded, "", b"", b"", b""))
        town.read()
        await town.fetch(impostor)
        await arrive(town, proof=proof)
        return town.standing(impostor), town.standing(town.jun), lookups(town)

    assert ("refuted", "proven", []) == play(story)


def test_a_proof_against_a_contact_of_that_handle_has_the_record_asked() -> None:
    """Also if an account that only claims the handle has been known for longer than the contact."""

    async def story(town: Town) -> str:
        await known(town)
        claimer, contact = town.world.person("jun"), town.world.person("jun")
        handle = str(town.jun.card.handle)
        with town.mina.engine.step(town.world.now) as step:
            for person, state in ((claimer, ContactState.ASKING), (contact, ContactState.ACCEPTED)):
                step.store.put_contact(Contact(person.account, handle, "", state, b"", "", b"", ()))
        await arrive(town)
        return town.standing(town.jun)

    assert "pending" == play(story)


def know_another_log(town: Town) -> None:
    """Mina's device remembers another log of the same keys and size."""
    store = town.mina.store
    with store.transaction():
        pinned = load_pinned(store, HOST)
        assert pinned is not None
        hashes = b"".join(bytes([number]) * 32 for number in range(pinned.size))
        other = replace(pinned, peaks=Frontier().extend(hashes).peaks)
        save_pinned(store, other)
        forget_leaves(store, HOST)
        note_leaves(store, other, Leaves(0, hashes))


def test_the_own_proof_is_renewed_with_the_watch_and_not_before() -> None:
    """After some hours, or when the record has a newer card of ours."""

    async def story(town: Town) -> list[int]:
        await known(town)
        counts = []
        device = await town.watch(town.jun)
        for seconds in (PERIOD_S, RENEW_S - 2 * PERIOD_S, PERIOD_S, PERIOD_S):
            await town.sleep(seconds)
            device.asked.clear()
            await device.own_key_monitor._watch_through(town.jun.card.handle, whole=True)
            counts.append(sum(type(each).__name__ == "LookupCard" for each in device.asked))
        return counts

    assert [0, 0, 1, 0] == play(story)
