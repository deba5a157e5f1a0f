"""``nulla contact`` when a contact's handle leads to other keys: said with every command, and never mixed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.client.api import ContactRequested, IdentityChanged
from tests.api.anew import erase_card, let_the_hold_pass, register
from tests.api.people import PATIENCE_S, befriend, happens, opened, people, play
from tests.api.service import Service
from tests.cli.shell import nulla


@pytest.mark.slow
def test_whose_handle_leads_to_other_keys_is_marked_until_the_person_knows(tmp_path: Path) -> None:
    with Service(tmp_path / "relay", period_s=1) as service:
        handle, old, new = play(_changed(service, tmp_path), 90)
        mina = tmp_path / "mina"
        listed = nulla("contact", "list", profile=mina)
        assert (0, 1) == (listed.code, listed.out.count("! another account"))
        assert {old[:12], new[:12]} <= set(listed.out.split())
        warning = f"! {handle} now belongs to another account. Your room's messages still go only to account {old[:12]}"
        assert warning in listed.err
        assert warning in nulla("contact", "verify", old[:12], profile=mina).err
        for either in (("send", handle, "for whom?", "--no-wait"), ("contact", "verify", handle, "--yes")):
            refused = nulla(*either, profile=mina)
            assert (1, True) == (refused.code, "[ambiguous]" in refused.err), refused.err
        assert warning in nulla("send", old[:12], "to the one I know", "--no-wait", profile=mina).err
        known = nulla("contact", "verify", old[:12], "--confirm", profile=mina)
        assert (0, True) == (known.code, f"This number is of {old[:12]}" in known.err)
        after = nulla("contact", "list", profile=mina)
        assert (0, 1, "") == (after.out.count("! another account"), after.out.count("known before"), after.err)


async def _changed(service: Service, folder: Path) -> tuple[str, str, str]:
    """Mina knows two accounts by one handle: the first was verified, the second asks. The handle, and both ids."""
    async with people(service, folder, "mina", "jun") as (mina, jun), opened(folder / "anew") as anew:
        await befriend(mina, jun)
        await mina.contacts.verify(jun.me.account)
        await erase_card(jun)
        let_the_hold_pass(service)
        await register(anew, jun.me.handle)
        await anew.contacts.request(mina.me.handle, "it is me")
        await happens(mina, ContactRequested, lambda event: event.account == anew.me.account)
        await happens(mina, IdentityChanged)
        await mina.contacts.accept(anew.me.account)
        await mina.sync(timeout_s=PATIENCE_S)
        return jun.me.handle, jun.me.account.hex(), anew.me.account.hex()
