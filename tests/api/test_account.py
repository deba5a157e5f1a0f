"""The account: made, published, renewed weekly, guarded, restored."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from nullabona.client import account as accounts
from nullabona.client import next_card
from nullabona.client.account import NewDevice
from nullabona.client.api import SignedOut, Warned, errors
from nullabona.client.api.events import Published
from nullabona.client.core.account import own_devices
from nullabona.client.core.directory.keeping import own_cards
from nullabona.client.core.step import DAY_MS
from nullabona.client.keys import AccountRoot
from nullabona.client.runner import now_ms, publishing
from nullabona.client.store import SqliteStore
from nullabona.wire.card import CardDevice, CardForked, verify_card
from nullabona.wire.certificate import open_certificate
from nullabona.wire.handle import parse_handle
from tests.api.people import PATIENCE_S, happens, new_name, opened, people, play, until
from tests.api.service import Service

TODAY = 20_000
HANDLE = parse_handle("mina@relay.example")
RELAY = "wss://relay.example:443/v1"


@pytest.fixture
def store() -> SqliteStore:
    """An empty profile's store."""
    return SqliteStore.testing_in_memory()


def create(store: SqliteStore, today: int = TODAY, token: bytes = b"") -> accounts.Account:
    """A new account in ``store``."""
    return accounts.create_account(store, handle=HANDLE, relay=RELAY, today=today, token=token)


def publish(store: SqliteStore) -> accounts.Account:
    """Pretend that the directory took the card."""
    with store.transaction():
        accounts.note_published(store, accounts.need_account(store).card, 1)
        return accounts.need_account(store)


def test_an_account_is_whole_before_anybody_hears_of_it(store: SqliteStore) -> None:
    """Card, certificate, inbox and words are stored together and agree; nothing is published yet."""
    made = create(store)
    loaded = accounts.load_account(store)
    assert loaded == made
    card = made.card
    (device,) = card.devices
    assert (HANDLE, 0, TODAY, RELAY) == (card.handle, card.sequence, card.issued_day, card.inbox.relay)
    assert (made.local.device, made.local.signature_key) == (
        device.certificate.device_id,
        device.certificate.device_key,
    )
    assert (False, False) == (made.published, made.ever_published)
    assert made.record.root.hex() not in repr(made) + repr(made.record)


def test_an_unpublished_account_may_take_another_handle(store: SqliteStore) -> None:
    """The words stay; a published one is not replaced."""
    words = create(store).root.phrase()
    other = accounts.create_account(store, handle=parse_handle("nabi@relay.example"), relay=RELAY, today=TODAY)
    assert (words, "nabi@relay.example") == (other.root.phrase(), str(other.handle))
    publish(store)
    with pytest.raises(accounts.AccountExists):
        create(store)


@pytest.mark.parametrize(("days", "due"), [(0, False), (6, False), (7, True), (400, True)])
def test_a_card_is_renewed_weekly(store: SqliteStore, days: int, *, due: bool) -> None:
    """A week after the last key package, and only once the last card was taken."""
    assert not accounts.renewal_due(create(store), TODAY + days)
    assert due is accounts.renewal_due(publish(store), TODAY + days)


def test_the_next_card_follows_the_last(store: SqliteStore) -> None:
    """Same device, fresh key package, next in the hash chain; until it is taken no further one is made."""
    create(store)
    old = publish(store)
    with store.transaction():
        new = accounts.renew_card(store, old.mls(store), old, TODAY + 7)
    verified = verify_card(new.card.encoded, today=TODAY + 7, previous=old.card)
    assert (1, old.card.hash) == (verified.sequence, verified.previous)
    assert new.card.devices[0].certificate == old.card.devices[0].certificate
    assert new.card.devices[0].key_package != old.card.devices[0].key_package
    assert (False, False) == (new.published, accounts.renewal_due(new, TODAY + 99))


def test_restoring_needs_the_right_words(store: SqliteStore) -> None:
    """With another account's words the card is refused and nothing is stored."""
    card = create(store).card.encoded
    other = SqliteStore.testing_in_memory()
    with pytest.raises(CardForked):
        accounts.restore_account(other, root=AccountRoot.generate(), card=card, today=TODAY)
    assert accounts.load_account(other) is None


def test_words_replace_an_account_that_was_never_published(store: SqliteStore) -> None:
    """The directory refused it, so it has no use; a published one stays, whatever the words."""
    elsewhere = SqliteStore.testing_in_memory()
    accounts.create_account(elsewhere, handle=parse_handle("nabi@relay.example"), relay=RELAY, today=TODAY)
    theirs = publish(elsewhere)
    create(store, token=b"spent")
    restored = accounts.restore_account(store, root=theirs.root, card=theirs.card.encoded, today=TODAY)
    assert (theirs.local.account, b"") == (restored.local.account, accounts.registration_token(store))
    assert [restored.local.device] == [device.certificate.device_id for device in restored.card.devices]
    publish(store)
    with pytest.raises(accounts.AccountExists):
        accounts.restore_account(store, root=theirs.root, card=theirs.card.encoded, today=TODAY)


def test_an_account_that_another_device_lets_in_replaces_one_that_was_never_published(store: SqliteStore) -> None:
    """The card is the new one's, which names both devices; a published account stays."""
    elsewhere = SqliteStore.testing_in_memory()
    accounts.create_account(elsewhere, handle=parse_handle("nabi@relay.example"), relay=RELAY, today=TODAY)
    theirs = publish(elsewhere)
    device = NewDevice.draw()
    certificate = next_card.certify(theirs, device.id, device.public_key, TODAY)
    package = b"a key package"
    card = next_card.card_with(theirs, CardDevice(open_certificate(certificate), package), TODAY)

    def join() -> accounts.Account:
        with store.transaction():
            return accounts.join_account(
                store,
                root=theirs.root,
                handle=theirs.handle,
                relay=RELAY,
                device=device,
                certificate=certificate,
                card=card.encoded,
                today=TODAY,
            )

    create(store, token=b"spent")
    joined = join()
    assert (theirs.local.account, b"") == (joined.local.account, accounts.registration_token(store))
    with store.reading():
        assert [theirs.local.device, device.id] == [each.id for each in own_devices.listed(store)]
    with pytest.raises(accounts.AccountExists):
        join()


def test_a_device_of_a_refused_account_is_none_of_the_next(store: SqliteStore) -> None:
    """Whether the next one has the same words and another handle, or other words: its card names this device alone."""
    elsewhere = SqliteStore.testing_in_memory()
    accounts.create_account(elsewhere, handle=parse_handle("nabi@relay.example"), relay=RELAY, today=TODAY)
    theirs = publish(elsewhere)
    create(store)
    again = accounts.create_account(store, handle=parse_handle("nuri@relay.example"), relay=RELAY, today=TODAY)
    with store.reading():
        assert [again.local.device] == [each.id for each in own_devices.listed(store)]
    restored = accounts.restore_account(store, root=theirs.root, card=theirs.card.encoded, today=TODAY)
    with store.reading():
        assert [restored.local.device] == [each.id for each in own_devices.listed(store)]


def test_a_lost_card_is_published_again(store: SqliteStore) -> None:
    """What the directory lost counts as not published, but the account as one that was."""
    create(store)
    publish(store)
    with store.transaction():
        accounts.note_lost(store)
        lost = accounts.need_account(store)
    assert (False, True) == (lost.published, lost.ever_published)


def test_a_card_that_was_only_followed_is_not_one_that_we_made(store: SqliteStore) -> None:
    """Whatever the directory says next, the record's entry of it stays foreign: whoever has the words can sign one."""
    create(store)
    account = publish(store)
    certificate = open_certificate(next_card.certify(account, bytes(16), bytes(32), TODAY))
    ghost = next_card.card_with(account, CardDevice(certificate, b"a key package"), TODAY)
    with store.transaction():
        own_devices.note_card(store, ghost.encoded)
        accounts.note_lost(store)
        accounts.note_published(store, accounts.need_account(store).card, 1)
        assert ghost == accounts.need_account(store).card
        assert [account.card.hash] == own_cards(store)
        renewed = accounts.take_card(store, next_card.card_at(accounts.need_account(store), RELAY, TODAY))
        assert [account.card.hash, renewed.card.hash] == own_cards(store)


def age(path_store: SqliteStore, days: int) -> None:
    """Make the last key package older."""
    with path_store.transaction():
        account = accounts.need_account(path_store)
        accounts._save(path_store, replace(account.record, package_day=account.record.package_day - days))


def test_a_running_client_renews_its_card(swift: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A week later the directory shows a card with a fresh key package, as soon as it stands in the record.

    At a time that is drawn, which comes at once here.
    """
    monkeypatch.setattr(publishing, "LATE_S", 0)

    async def story() -> None:
        async with people(swift, tmp_path, "a", "b") as (a, _):
            handle, first = a.me.handle, (await a.contacts.look_up(a.me.handle)).sequence
            age(a._session.profile.store, 8)
        async with opened(tmp_path / "a") as a, opened(tmp_path / "b") as b:
            await happens(a, Published, after=a.last_event())
            while (renewed := await b.contacts.look_up(handle)).sequence == first:  # noqa: ASYNC110 - another process changes it
                await asyncio.sleep(0.2)
            assert (first + 1, now_ms() // DAY_MS) == (renewed.sequence, renewed.issued_day)

    play(story())


def test_another_device_of_ours_is_noticed(swift: Service, tmp_path: Path) -> None:
    """Somebody restores the account elsewhere: the old device finds an entry in the record that it did not make.

    It also finds that the account's card does not name it any more, and is out.
    """

    async def story() -> None:
        async with people(swift, tmp_path, "a") as (a,):
            words, handle, old = a.account.phrase(), a.me.handle, a.me.device
            async with opened(tmp_path / "new") as new:
                await new.account.restore(words, handle)
                await new.account.wait_published(timeout_s=PATIENCE_S)
                assert (a.me.account, True) == (new.me.account, new.me.device != old)
            warned = await happens(a, Warned, lambda event: event.code == "foreign-entry")
            assert (handle, "unknown-card") == (warned.detail["handle"], warned.detail["reason"])
            for _ in range(2):
                with pytest.raises(errors.BadRequest, match="revoked"):
                    await a.account.wait_published(anew=True, timeout_s=PATIENCE_S)
            await happens(a, SignedOut)

    play(story())


def test_a_taken_handle_is_told_to_whoever_waits(service: Service, tmp_path: Path) -> None:
    """The second account of one handle is refused with the directory's reason."""

    async def story() -> None:
        async with people(service, tmp_path, "a") as (a,), opened(tmp_path / "b") as b:
            await b.account.create(a.me.handle)
            with pytest.raises(errors.Refused) as refused:
                await b.account.wait_published(timeout_s=PATIENCE_S)
            assert "handle-taken" == refused.value.wire_code
            await b.account.create(service.handle(new_name("b")))
            await until(b, lambda: b.me.published)

    play(story())
