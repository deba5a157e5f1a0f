"""What the other devices are told of a contact who has answered: also where the answer lies (room.md §9.1)."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.sync_items import ContactItem
from tests.core.home import Home
from tests.core.talk import JUN, Talk
from tests.core.test_devices_sync_out import KNOWN, contact, tell


def test_a_contact_who_has_answered_is_told_with_the_box_of_the_answer(home: Home, at: Talk) -> None:
    """Once, as asked before: who had not heard that looks there for its own invitation."""
    contact(at)
    at.step.store.set_value(f"reply-came:{JUN.account.hex()}", b"s" * 32)
    told = ContactItem(JUN.account, 77, JUN.handle, "준", "accepted", at.direct.id, "hi", b"", b"")
    first = msgspec.structs.replace(told, state="requested", reply=b"s" * 32)
    assert [[first, told], [told]] == [tell(at, home, KNOWN), tell(at, home, KNOWN)]


def test_of_a_contact_who_is_blocked_by_now_no_box_is_told(home: Home, at: Talk) -> None:
    """Nor later."""
    known = contact(at)
    at.step.store.set_value(f"reply-came:{JUN.account.hex()}", b"s" * 32)
    at.step.store.put_contact(replace(known, state=ContactState.BLOCKED))
    assert ["blocked"] == [each.state for each in tell(at, home, KNOWN) if isinstance(each, ContactItem)]
    at.step.store.put_contact(known)
    assert ["accepted"] == [each.state for each in tell(at, home, KNOWN) if isinstance(each, ContactItem)]
